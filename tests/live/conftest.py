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
from ansible_collections.kubelabs.pods.plugins.module_utils.roster import is_rfc_1123_label

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


def namespaces(class_name: str) -> set[str]:
    """The namespaces whose names begin with the class's, with its labels or without."""
    names = {name.removeprefix("namespace/") for name in kubectl("get", "namespaces", "-o", "name").split()}
    return {name for name in names if name.startswith(class_name)}


@pytest.fixture(name="run_playbook")
def fixture_run_playbook(tmp_path, request):
    """Runs a playbook of the checkout for a class of the test's own, and deletes the class afterwards."""
    class_name = "live-" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    base = {**CLUSTER, "pods_lab_class": class_name, "pods_lab_kubeconfig": KUBECONFIG, "pods_lab_report_dir": str(tmp_path)}
    classes = {class_name}

    def run(playbook: str, **variables: t.Any) -> Run:
        extra = {name: value for name, value in {**base, **variables}.items() if value is not None}
        classes.add(extra["pods_lab_class"])
        started = time.monotonic()
        done = subprocess.run(
            [str(CHECKOUT / ".venv/bin/ansible-playbook"), str(CHECKOUT / "playbooks" / playbook), "-e", json.dumps(extra)],
            cwd=CHECKOUT, capture_output=True, text=True, timeout=600, check=False,
        )
        results = pathlib.Path(extra["pods_lab_report_dir"]) / "results.json"
        return Run(
            done.returncode,
            done.stdout + done.stderr,
            json.loads(results.read_text()) if results.exists() else None,
            time.monotonic() - started,
        )

    run.class_name = class_name
    yield run
    ours = f"app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class in ({','.join(sorted(filter(is_rfc_1123_label, classes)))})"
    kubectl("delete", "namespaces", "--wait=false", "-l", ours)
