# Copyright (c) 2026, The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks as people run them, on the real cluster of the Molecule scenarios."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import time
import typing as t

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).parents[2]
CLUSTER = yaml.safe_load((CHECKOUT / "molecule/cluster.yml").read_text())
KUBECONFIG = os.path.expanduser(CLUSTER["pods_lab_kubeconfig"])


class Run(t.NamedTuple):
    """One run of a playbook: its exit status, all it printed, its results (None where there are none), its seconds."""

    status: int
    output: str
    results: dict[str, t.Any] | None
    seconds: float

    @property
    def tasks(self) -> list[str]:
        """The names of the tasks that ran, in order."""
        return re.findall(r"^TASK \[(.*?)\]", self.output, re.MULTILINE)

    def statuses(self, student: str) -> dict[str, str]:
        assert self.results is not None, self.output
        (found,) = (one for one in self.results["students"] if one["name"] == student)
        return {check["check"]: check["status"] for check in found["checks"]}

    def check(self, student: str, name: str) -> dict[str, t.Any]:
        assert self.results is not None, self.output
        (found,) = (one for one in self.results["students"] if one["name"] == student)
        return next(check for check in found["checks"] if check["check"] == name)


def kubectl(*words: str, stdin: str | None = None) -> str:
    done = subprocess.run(["kubectl", "--kubeconfig", KUBECONFIG, *words], input=stdin, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def namespaces() -> set[str]:
    return set(kubectl("get", "namespaces", "-o", "name").split())


@pytest.fixture(name="run_playbook")
def fixture_run_playbook(tmp_path, request):
    """Runs a playbook of the checkout for a class of the test's own, and tears the class down afterwards."""
    class_name = "live-" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    base = {**CLUSTER, "pods_lab_class": class_name, "pods_lab_kubeconfig": KUBECONFIG, "pods_lab_report_dir": str(tmp_path)}
    ran = []

    def run(playbook: str, **variables: t.Any) -> Run:
        extra = {**base, **variables}
        extra = {name: value for name, value in extra.items() if value is not None}
        ran.append(extra)
        started = time.monotonic()
        done = subprocess.run(
            [str(CHECKOUT / ".venv/bin/ansible-playbook"), str(CHECKOUT / "playbooks" / playbook), "-e", json.dumps(extra)],
            cwd=CHECKOUT, capture_output=True, text=True, timeout=600, check=False,
        )
        results = tmp_path / "results.json"
        return Run(
            done.returncode,
            done.stdout + done.stderr,
            json.loads(results.read_text()) if results.exists() else None,
            time.monotonic() - started,
        )

    run.class_name = class_name
    yield run
    kubectl("delete", "namespaces", "--wait=false", "-l", f"app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class={class_name}")
