# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole lab, as people run it."""

from __future__ import annotations

import json

import jsonschema
from conftest import CHECKOUT, kubectl, namespaces

from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import NAMES


def test_the_tasks_do_not_grow_with_the_class(run_playbook, tmp_path):
    def lab(students):
        name = f"{run_playbook.class_name}-{students}"
        return run_playbook(
            "pods_lab.yml", pods_lab_class=name, pods_lab_students=students, pods_lab_report_dir=str(tmp_path / name)
        )

    one, twenty = lab(1), lab(20)
    assert (one.status, twenty.status) == (0, 0), one.output + twenty.output
    assert len(twenty.results["students"]) == 20
    assert one.tasks == twenty.tasks
    assert set(twenty.statuses("student-20")) == set(NAMES)
    assert set(twenty.statuses("student-20").values()) == {"passed"}
    assert namespaces(run_playbook.class_name) == set()
    jsonschema.validate(twenty.results, json.loads((CHECKOUT / "docs/results.schema.json").read_text()))


def test_one_students_failure_stops_no_other(run_playbook):
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-pods", "namespace": f"{run_playbook.class_name}-ben"},
        "spec": {"hard": {"pods": "0"}},
    }
    students = ["anna", "ben", "carla"]
    # The namespaces, and a quota that lets Ben have no pods.
    labels = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": run_playbook.class_name}
    ours = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": quota["metadata"]["namespace"], "labels": labels},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [ours, quota]}))
    run = run_playbook("pods_lab.yml", pods_lab_students=students)
    assert run.status != 0
    assert set(run.statuses("anna").values()) == set(run.statuses("carla").values()) == {"passed"}
    statuses = run.statuses("ben")
    assert (
        statuses["namespace"],
        statuses["web_pod_ready"],
        statuses["exec"],
        statuses["restarts"],
        statuses["cleanup"],
    ) == (
        "passed",
        "failed",
        "failed",
        "failed",
        "passed",
    )
    assert "exceeded quota" in run.check("ben", "web_pod_ready")["reason"]
    assert "2 of 3 students passed every check" in run.output
    assert "ben: web_pod_ready: Kubernetes refused the pod web" in run.output


def test_an_image_that_cannot_be_pulled_is_reported_within_seconds(run_playbook):
    run = run_playbook("provision.yml", pods_lab_web_image="registry.invalid/no/such:1", pods_lab_students=2)
    assert run.status != 0
    check = run.check("student-1", "web_pod_ready")
    assert check["status"] == "failed"
    assert check["duration"] < 30
    assert "registry.invalid/no/such:1" in check["reason"]
    assert run.statuses("student-1")["shell_pod_ready"] == "passed"


def test_a_lab_that_is_kept_can_be_verified_again_and_torn_down(run_playbook):
    kept = run_playbook("pods_lab.yml", pods_lab_keep=True)
    assert kept.status == 0, kept.output
    assert "cleanup" not in kept.statuses("student-1")
    namespace = f"{run_playbook.class_name}-student-1"
    assert f"-n {namespace}" in kept.output  # the lines to try
    assert kubectl("-n", namespace, "get", "pods", "-o", "name").split() == ["pod/failing", "pod/shell", "pod/web"]
    again = run_playbook("provision.yml")
    assert again.status == 0, again.output
    assert "changed=0" in again.output
    verified = run_playbook("verify.yml")
    assert verified.status == 0, verified.output
    gone = run_playbook("teardown.yml")
    assert gone.status == 0, gone.output
    assert namespaces(run_playbook.class_name) == set()
    assert run_playbook("teardown.yml").status == 0


def test_check_mode_changes_nothing(run_playbook):
    run = run_playbook("pods_lab.yml", "--check", pods_lab_students=2)
    assert run.status == 0, run.output
    assert run.results is None
    assert namespaces(run_playbook.class_name) == set()
