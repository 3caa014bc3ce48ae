# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role refuses, with the ansible-core that runs the tests: its own sentence is shown, and no credential.

Each row is a host of one run of ansible-playbook, so that all rows together cost one start of Ansible.
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
import yaml

CHECKOUT = pathlib.Path(__file__).parents[2]
CREDENTIAL = "t0psecret"


def kubeconfig(*contexts: str) -> str:
    return yaml.safe_dump(
        {
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in contexts],
            "users": [{"name": name, "user": {"token": CREDENTIAL}} for name in contexts],
        }
    )


NEW = kubeconfig("kind-a")


class Row(NamedTuple):
    """What is at the place of the kubeconfig before, and the role's variables."""

    content: str | None = None
    variables: dict[str, Any] = {}  # noqa: RUF012


FINE = {
    "no kubeconfig": Row(),
    "an empty one": Row(""),
    "one without contexts": Row('{"contexts": null}'),
    "the cluster's own": Row(kubeconfig("kind-a").replace(CREDENTIAL, f"old-{CREDENTIAL}")),
}
NOT_A_KUBECONFIG = {
    "no YAML": Row(f"{{{CREDENTIAL}: ["),
    "text": Row(CREDENTIAL),
    "a list": Row(f"[{CREDENTIAL}]"),
    "contexts of another form": Row(f'{{"contexts": ["{CREDENTIAL}"]}}'),
    "contexts without names": Row(f'{{"contexts": [{{"token": "{CREDENTIAL}"}}]}}'),
}
CANNOT_BE = {
    "a name": Row(variables={"kind_cluster_name": "Not A Name"}),
    "too many nodes": Row(variables={"kind_cluster_nodes": "33"}),
    "nodes in words": Row(variables={"kind_cluster_nodes": "two"}),
    "no pods": Row(variables={"kind_cluster_max_pods": "0"}),
    "too few processes": Row(variables={"kind_cluster_pod_pids_limit": "10"}),
    "a version": Row(variables={"kind_cluster_kubernetes": "1.30"}),
    "a misspelt variable": Row(variables={"kind_cluster_kuberntes": "debian"}),
}
CANNOT_BE_WORDS = {
    "a name": "kind_cluster_name is 'Not A Name'. Give it at most 48",
    "too many nodes": "kind_cluster_nodes is '33'. Set it to a whole number, from 1 to 32.",
    "nodes in words": "kind_cluster_nodes is 'two'. Set it to a whole number, from 1 to 32.",
    "no pods": "kind_cluster_max_pods is '0'. Set it to a whole number, from 1 to 2000.",
    "too few processes": "kind_cluster_pod_pids_limit is '10'. Set it to a whole number, 64 or more.",
    "a version": "kind_cluster_kubernetes is '1.30', and says where the nodes' Kubernetes comes from: registry,",
    "a misspelt variable": (
        "kind_cluster_kuberntes is not a variable of kubelabs.pods. Did you mean kind_cluster_kubernetes?"
    ),
}
OTHERS = {
    "of other clusters, too": Row(kubeconfig("kind-a", "work", "home")),
    "a directory": Row(),
}
ROWS = {**FINE, **NOT_A_KUBECONFIG, **CANNOT_BE, **OTHERS}


class Outcome(NamedTuple):
    """Where the rows' kubeconfigs are, the last message of each row that failed, and all that was printed."""

    path: pathlib.Path
    messages: dict[str, str]
    output: str


@pytest.fixture(name="run", scope="module")
def fixture_run(tmp_path_factory):
    """All rows in one run, with a `kind` that knows one kubeconfig."""
    path = tmp_path_factory.mktemp("some dir")
    hosts = {}
    for name, row in ROWS.items():
        if row.content is not None:
            (path / name).write_text(row.content)
        variables = {"kind_cluster_name": "a", "kind_cluster_kubeconfig": str(path / name), **row.variables}
        hosts[name] = {"ansible_connection": "local", **variables}
    (path / "a directory").mkdir()
    inventory, playbook, kind = path / "inventory.yml", path / "playbook.yml", path / "bin/kind"
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": {"ansible_python_interpreter": sys.executable}}}))
    tasks = [
        {"ansible.builtin.include_role": {"name": "kubelabs.pods.kind_cluster", "tasks_from": name}}
        for name in ("validate", "kubeconfig")
    ]
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    kind.parent.mkdir()
    kind.write_text(f"#!/bin/sh\necho '{NEW}'\n")
    kind.chmod(0o755)
    done = subprocess.run(
        [pathlib.Path(sys.executable).parent / "ansible-playbook", "--inventory", inventory, playbook, "-vvv"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "PATH": f"{kind.parent}:{os.environ['PATH']}",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_CALLBACK_FORMAT_PRETTY": "false",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    failed = re.findall(r"^fatal: \[(.*?)\]: FAILED! => (.*)$", done.stdout, re.MULTILINE)
    messages = {name: json.loads(result).get("msg") for name, result in failed}
    assert set(re.findall(r"^(.*?) +: ok=", done.stdout, re.MULTILINE)) == set(ROWS), done.stdout + done.stderr
    return Outcome(path, messages, done.stdout + done.stderr)


@pytest.mark.parametrize("row", FINE)
def test_a_kubeconfig_that_is_replaced(run, row):
    assert row not in run.messages
    assert (run.path / row).read_text() == NEW
    assert (run.path / row).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("row", NOT_A_KUBECONFIG)
def test_a_file_that_is_no_kubeconfig(run, row):
    assert run.messages[row] == (
        f"{run.path / row} is there and is not a kubeconfig, so it is not replaced by that of the kind cluster 'a': "
        "move it away, or set kind_cluster_kubeconfig to another file."
    )


def test_a_kubeconfig_of_other_clusters_too(run):
    assert run.messages["of other clusters, too"] == (
        f"{run.path / 'of other clusters, too'} holds other clusters than the kind cluster 'a' (home, work): set "
        "kind_cluster_kubeconfig to a file of its own."
    )


def test_a_kubeconfig_that_cannot_be_written(run):
    assert run.messages["a directory"] == (
        f"The kubeconfig of the kind cluster 'a' cannot be written to {run.path / 'a directory'}: see that it "
        "is a file that you may write, or set kind_cluster_kubeconfig to another one."
    )


@pytest.mark.parametrize("row", CANNOT_BE)
def test_what_no_cluster_can_have(run, row):
    assert run.messages[row].startswith(CANNOT_BE_WORDS[row])


@pytest.mark.parametrize("row", [*NOT_A_KUBECONFIG, "of other clusters, too"])
def test_what_is_refused_stays_as_it_is(run, row):
    assert (run.path / row).read_text() == ROWS[row].content


def test_no_credential_is_shown(run):
    assert CREDENTIAL not in run.output
