# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Kubernetes the nodes get, on machines that have Go, a registry and images or do not.

Each row is a host of one run of ansible-playbook, with a `docker` and a `go` of its own in its PATH.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

CHECKOUT = pathlib.Path(__file__).parents[2]
ROLE = CHECKOUT / "roles/kind_cluster"
(VERSION,) = re.findall(r"^\tk8s\.io/kubernetes v(\S+)$", (ROLE / "files/go/cluster/go.mod").read_text(), re.MULTILINE)

GO = 'case "$*" in "env GOPROXY") echo https://proxy.example;; esac'
OLD = 'echo "go: go.mod requires go >= 1.26.0 (running go 1.19.8)" >&2; exit 1'
SILENT = f'{GO}; case "$*" in "mod download "*) exit 1;; esac'
HANGS = f'{GO}; case "$*" in "mod download "*) sleep 60;; esac'


class Row(NamedTuple):
    """A machine and what was asked for; where the nodes' Kubernetes then comes from, and what is said."""

    chosen: str | None
    says: str
    go: str | None = GO
    built: bool = False
    registry: bool = False
    variables: dict[str, Any] = {}  # noqa: RUF012


MODERN = f"The nodes get Kubernetes {VERSION}, built from Go modules."
OLDEST = "The nodes get Kubernetes 1.20.2, built from Debian packages"
PUBLIC = "The nodes get Kubernetes from the public image docker.io/kindest/node:"
CANNOT = f"The nodes of the kind cluster 'a' cannot get Kubernetes {VERSION}, built from Go modules: "
ASKED = {"kind_cluster_kubernetes": "go-modules"}
ROWS = {
    "a registry comes first": Row("registry", PUBLIC, registry=True),
    "then Go": Row("go-modules", MODERN),
    "what was built before comes before all": Row("go-modules", MODERN, go=None, built=True, registry=True),
    "no registry may be asked": Row("go-modules", MODERN, registry=True, variables={"kind_cluster_offline": True}),
    "no Go": Row("debian", f"{OLDEST}, since no registry answers and there is no Go here", go=None),
    "an old Go": Row("debian", f"{OLDEST}, since no registry answers and the Go that is here is too old", go=OLD),
    "a silent proxy": Row("debian", f"{OLDEST}, since no registry answers and the Go module proxy does not", go=SILENT),
    "a proxy that hangs": Row("debian", "the Go module proxy does not answer (https://proxy.example)", go=HANGS),
    "asked for, and there": Row("go-modules", MODERN, registry=True, variables=ASKED),
    "asked for, and no Go": Row(
        None, f"{CANNOT}there is no Go here; Go 1.26.0 or later is needed.", go=None, variables=ASKED
    ),
    "asked for, and old": Row(None, f"{CANNOT}the Go that is here is too old", go=OLD, variables=ASKED),
    "Debian's": Row("debian", f"{OLDEST}.", built=True, registry=True, variables={"kind_cluster_kubernetes": "debian"}),
    "the public one": Row("registry", PUBLIC, built=True, variables={"kind_cluster_kubernetes": "registry"}),
    "two answers": Row(
        None,
        "is to run kind_cluster_node_image=b and kind_cluster_kubernetes=debian: give one of them.",
        variables={"kind_cluster_node_image": "b", "kind_cluster_kubernetes": "debian"},
    ),
}


def programs(directory: pathlib.Path, row: Row) -> None:
    """A machine's docker and go; of the rest only what the scripts use."""
    directory.mkdir(parents=True)
    found = "exit 0" if row.built else "exit 1"
    answers = "exit 0" if row.registry else "exit 1"
    scripts = {"docker": f'case "$1" in image) {found};; manifest) {answers};; esac'}
    if row.go is not None:
        scripts["go"] = row.go
    for name, script in scripts.items():
        (directory / name).write_text(f"#!/bin/sh\n{script}\n")
        (directory / name).chmod(0o755)


@pytest.fixture(name="run", scope="module")
def fixture_run(tmp_path_factory):
    """What was chosen and said, row by row."""
    path = tmp_path_factory.mktemp("node image")
    hosts = {}
    for number, (name, row) in enumerate(ROWS.items()):
        programs(path / f"bin{number}", row)
        hosts[name] = {
            "ansible_connection": "local",
            "kind_cluster_name": "a",
            "kind_cluster_proxy_timeout": 2,
            "path": f"{path / f'bin{number}'}:/usr/bin:/bin",
            **row.variables,
        }
    inventory, playbook = path / "inventory.yml", path / "playbook.yml"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": {"ansible_python_interpreter": sys.executable}}}))
    role = {"name": "kubelabs.pods.kind_cluster", "public": True}
    variables = {
        "kind_cluster_image_repository": "a",
        "kind_cluster_image_public": "{{ kind_cluster_public_node_image }}",
    }
    tasks = [
        {"ansible.builtin.include_role": {**role, "tasks_from": "validate"}},
        {"ansible.builtin.include_role": {**role, "tasks_from": "node_image_choice"}, "vars": variables},
        {"ansible.builtin.debug": {"msg": "chosen: {{ __kind_cluster_from }}"}},
    ]
    playbook.write_text(
        json.dumps(
            [
                {
                    "hosts": "all",
                    "gather_facts": False,
                    "environment": {"PATH": "{{ path }}", "GO_DIRECTORIES": ""},
                    "tasks": tasks,
                }
            ]
        )
    )
    done = subprocess.run(
        [pathlib.Path(sys.executable).parent / "ansible-playbook", "--inventory", inventory, playbook, "--forks", "20"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_CALLBACK_FORMAT_PRETTY": "false",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said: dict[str, list[str]] = {name: [] for name in ROWS}
    for name, result in re.findall(r"^(?:ok|fatal): \[(.*?)\](?:: FAILED!)? => (.*)$", done.stdout, re.MULTILINE):
        said[name].append(json.loads(result).get("msg", ""))
    assert all(said.values()), done.stdout + done.stderr
    return said


@pytest.mark.parametrize("name", ROWS)
def test_what_the_nodes_get(run, name):
    row, said = ROWS[name], run[name]
    assert any(row.says in words for words in said), said
    assert [words for words in said if words.startswith("chosen: ")] == (
        [f"chosen: {row.chosen}"] if row.chosen else []
    )


def build(tmp_path, go):
    """The exit status and the words of the script that builds a program, with this `go`."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/go").write_text(f"#!/bin/sh\n{go}\n")
    (tmp_path / "bin/go").chmod(0o755)
    done = subprocess.run(
        ["bash", ROLE / "files/scripts/go.sh", "build", "kind", ROLE / "files/go", tmp_path, tmp_path / "log", "1"],
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "GO_DIRECTORIES": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr


DOWNLOADS = 'case "$1" in env) echo https://proxy.example;; list) echo "# get one" >&2'
BUILDS = """build) while [ "$1" != -o ]; do shift; done; echo program > "$2";; esac"""


def test_a_program_is_built(tmp_path):
    assert build(tmp_path, f"{DOWNLOADS};; {BUILDS}") == (0, "")
    assert (tmp_path / "kind").read_text() == "program\n"


@pytest.mark.parametrize(
    "go, says",
    [
        pytest.param(
            f"{DOWNLOADS}; exec sleep 60;; {BUILDS}",
            "has been silent for 1 s (https://proxy.example)",
            id="silent proxy",
        ),
        pytest.param(
            f"{DOWNLOADS}; echo 'go: a@v1: reading it: 503 Busy' >&2; exit 1;; {BUILDS}",
            "503 Busy",
            id="proxy that fails",
        ),
        pytest.param(
            # Other packages are still compiled meanwhile, and named.
            f"{DOWNLOADS};; build) (echo write: no space left on device; seq -f some/package/%g 9) >&2; exit 1;; esac",
            "no space left",
            id="disk",
        ),
    ],
)
def test_a_build_that_cannot_go_on_says_why(tmp_path, go, says):
    status, said = build(tmp_path, go)
    assert status == 1 and says in said
    assert not (tmp_path / "kind").exists()
