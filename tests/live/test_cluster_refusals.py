# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster refuses is one sentence and one failure, or is no longer refused."""

from __future__ import annotations

import json

import pytest
from conftest import kubectl


@pytest.fixture(name="with_quota")
def fixture_with_quota(run_playbook):
    """Makes a student's namespace, as the lab would, with a quota that the cluster knows already.

    And with Pod Security's strictest level, which the lab's pods satisfy; before 1.25 nothing looks at it.
    """

    def make(student, **hard):
        name = f"{run_playbook.class_name}-{student}"
        labels = {
            "app.kubernetes.io/managed-by": "kubelabs.pods",
            "kubelabs.pods/class": run_playbook.class_name,
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
        }
        objects = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
            {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": {"name": "small", "namespace": name},
                "spec": {"hard": hard},
            },
        ]
        kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    return make


def pods(namespace):
    """The UIDs of the pods by their names."""
    found = json.loads(kubectl("-n", namespace, "get", "pods", "-o", "json"))
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in found["items"]}


def failed(run, student):
    return {name for name, status in run.statuses(student).items() if status == "failed"}


def test_the_lab_runs_under_a_quota_on_processors_and_memory_and_restricted(run_playbook, with_quota):
    with_quota("anna", **{"limits.cpu": "2", "limits.memory": "1Gi", "requests.cpu": "1", "requests.memory": "512Mi"})
    run = run_playbook("pods_lab.yml", pods_lab_students=["anna"])
    assert run.status == 0, run.output
    assert "would violate PodSecurity" not in run.output


def test_a_refusal_is_one_sentence_and_one_failure(run_playbook, with_quota):
    with_quota("ben", pods="0")
    run = run_playbook("pods_lab.yml", pods_lab_students=["anna", "ben", "carla"])
    assert run.status != 0
    assert set(run.statuses("anna").values()) == set(run.statuses("carla").values()) == {"passed"}
    assert failed(run, "ben") == {"web_pod_ready", "shell_pod_ready", "restarts"}
    for name, needs in (("exec", "shell_pod_ready"), ("logs", "web_pod_ready"), ("back_off", "restarts")):
        assert (run.statuses("ben")[name], run.check("ben", name)["reason"]) == (
            "skipped",
            f"Needs {needs}, which failed.",
        )
    assert run.statuses("ben")["cleanup"] == "passed"
    reason = run.check("ben", "web_pod_ready")["reason"]
    assert reason.startswith('Kubernetes refused the pod web: Pods "web" is forbidden: exceeded quota: small')
    assert "Change the quota" in reason
    assert "2 of 3 students passed every check" in run.output
    assert f"web_pod_ready (shows that the web pod is ready): ben: {reason}" in " ".join(run.output.split())
    assert '"Status"' not in run.output


def test_one_cause_is_one_line_for_the_whole_class(run_playbook):
    run = run_playbook("provision.yml", pods_lab_web_image="registry.invalid/no/such:1", pods_lab_students=2)
    assert run.status != 0
    check = run.check("student-1", "web_pod_ready")
    assert check["status"] == "failed"
    assert check["duration"] < 30
    assert "registry.invalid/no/such:1" in check["reason"]
    assert failed(run, "student-1") == {"web_pod_ready"}
    assert run.statuses("student-1")["shell_pod_ready"] == "passed"
    assert run.output.count("web_pod_ready (shows that the web pod is ready): 2 students (student-1, student-2): ") <= 2
    assert "web_pod_ready (shows that the web pod is ready): student-" not in run.output


def test_pods_of_the_class_are_replaced_where_they_cannot_be_changed(run_playbook):
    students = {"pods_lab_students": ["anna", "ben"]}
    namespace = f"{run_playbook.class_name}-anna"
    assert run_playbook("provision.yml", **students).status == 0
    before = pods(namespace)
    again = run_playbook("provision.yml", pods_lab_image_pull_secret="regcred", **students)
    assert again.status == 0, again.output
    assert "4 pod(s) of the class are replaced (web, shell)" in " ".join(again.output.split())
    assert "changed=0" not in again.output
    after = pods(namespace)
    assert set(after) == {"web", "shell"}
    assert not set(before.values()) & set(after.values())
    assert again.statuses("anna")["apply_again_unchanged"] == "passed"


def test_a_pod_that_is_not_the_classs_is_never_replaced(run_playbook):
    namespace = f"{run_playbook.class_name}-anna"
    assert run_playbook("provision.yml", pods_lab_students=["anna"]).status == 0
    image = json.loads(kubectl("-n", namespace, "get", "pod", "shell", "-o", "json"))["spec"]["containers"][0]["image"]
    kubectl("-n", namespace, "delete", "pod", "web")
    kubectl("-n", namespace, "run", "web", f"--image={image}", "--image-pull-policy=IfNotPresent", "--", "sleep", "60")
    before = pods(namespace)
    run = run_playbook("provision.yml", pods_lab_students=["anna"])
    assert run.status != 0
    assert pods(namespace) == before
    assert failed(run, "anna") == {"web_pod_ready"}
    reason = run.check("anna", "web_pod_ready")["reason"]
    assert "pod updates may not change fields other than" in reason
    assert "lacks the labels of the class: delete it yourself, then run the playbook again." in reason
    assert "core.PodSpec" not in run.output


def test_the_badly_configured_app_is_replaced_too(run_playbook):
    assert run_playbook("provision.yml").status == 0
    for lifetime, replaced in ((3, False), (2, True)):
        run = run_playbook("challenge.yml", pods_lab_failing_lifetime=lifetime, pods_lab_restarts=1)
        assert run.status == 0, run.output
        assert ("1 pod(s) of the class are replaced (failing)" in " ".join(run.output.split())) is replaced
