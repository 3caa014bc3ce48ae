# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole lab, as people run it."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from conftest import CHECKOUT, kubectl, minor_version, namespaces

from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import NAMES


def not_passed(statuses: dict[str, str]) -> dict[str, str]:
    """What is not as it should be. A student's two pods may share a node, if rarely."""
    fine = {"passed", "skipped"}
    return {
        name: status
        for name, status in statuses.items()
        if status not in (fine if name == "http_across_nodes" else {"passed"})
    }


@pytest.mark.long
def test_the_tasks_do_not_grow_with_the_class(run_playbook, tmp_path):
    def lab(students):
        name = f"{run_playbook.class_name}-{students}"
        return run_playbook(
            "pods_lab.yml",
            pods_lab_class=name,
            pods_lab_students=students,
            pods_lab_report_dir=str(tmp_path / name),
            pods_lab_student_access=None,
        )

    one, five = lab(1), lab(5)
    assert (one.status, five.status) == (0, 0), one.output + five.output
    assert len(five.results["students"]) == 5
    assert one.tasks == five.tasks
    assert set(five.statuses("student-5")) == set(NAMES)
    assert not_passed(five.statuses("student-5")) == {}
    assert namespaces(run_playbook.class_name) == set()
    jsonschema.validate(five.results, json.loads((CHECKOUT / "docs/results.schema.json").read_text()))


@pytest.mark.long
@pytest.mark.oldest
def test_a_lab_that_is_kept_can_be_verified_again_and_torn_down(run_playbook):
    kept = run_playbook(
        "pods_lab.yml",
        callback="kubelabs.pods.progress",
        pods_lab_students=2,
        pods_lab_keep=True,
        pods_lab_restarts=3,
        pods_lab_student_access=None,
    )
    assert kept.status == 0, kept.output
    said = " ".join(kept.output.split())
    # After 5 s a slow module may have told nothing yet; the next line comes after 20 s, and three restarts take 30 s.
    assert re.search(r"\d s: Watch .*: 0 of 2 pods restarted as awaited", said), kept.output
    assert "TASK [" not in kept.output and "ok=" not in kept.output
    # What is skipped as a whole is no phase.
    assert "Delete everything of the class" not in said
    assert kept.output.rstrip().splitlines()[-1].startswith("Done: pods_lab.yml, in ")
    statuses = kept.statuses("student-1")
    assert {*NAMES} - {*statuses} == {"cleanup"}
    if minor_version() == 20:
        assert not_passed(statuses) == {"network_isolation": "skipped"}
        assert "This cluster's network does not enforce network policies" in said
    else:
        assert not_passed(statuses) == {}
    namespace = f"{run_playbook.class_name}-student-1"
    assert f"-n {namespace}" in kept.output  # the lines to try
    assert kubectl("-n", namespace, "get", "pods", "-o", "name").split() == ["pod/failing", "pod/shell", "pod/web"]
    verified = run_playbook("verify.yml", pods_lab_students=2)
    assert verified.status == 0, verified.output
    gone = run_playbook("teardown.yml")
    assert gone.status == 0, gone.output
    assert namespaces(run_playbook.class_name) == set()
    assert run_playbook("teardown.yml").status == 0


@pytest.mark.oldest
def test_where_there_is_nothing_to_tear_down_nobody_has_passed(run_playbook):
    run = run_playbook("teardown.yml")
    assert run.status == 0, run.output
    assert run.results is None
    assert f"There is nothing of the class {run_playbook.class_name} on the cluster." in " ".join(run.output.split())


@pytest.mark.oldest
def test_check_mode_changes_nothing(run_playbook):
    run = run_playbook("pods_lab.yml", "--check", pods_lab_students=2)
    assert run.status == 0, run.output
    assert run.results is None
    assert namespaces(run_playbook.class_name) == set()
    assert "Find where the pods run" not in "".join(run.tasks)  # nothing is waited for


@pytest.mark.oldest
def test_a_class_is_torn_down_without_its_roster(run_playbook, tmp_path):
    students = ["Anna Müller", {"name": "Ben", "namespace": f"{run_playbook.class_name}-b"}, "Eve"]
    assert run_playbook("provision.yml", pods_lab_students=students).status == 0
    (tmp_path / "results.json").unlink()
    held = ["-n", f"{run_playbook.class_name}-b", "patch", "configmap", "held", "--type=merge", "-p"]
    kubectl("-n", f"{run_playbook.class_name}-b", "create", "configmap", "held")
    kubectl(*held, '{"metadata": {"finalizers": ["example.com/lesson"]}}')
    try:
        stuck = run_playbook("teardown.yml", pods_lab_timeout=20)
        assert stuck.status != 0
        assert {student["name"] for student in stuck.results["students"]} == {"Anna Müller", "Ben", "Eve"}
        assert [stuck.statuses(name)["cleanup"] for name in ("Anna Müller", "Ben", "Eve")] == [
            "passed",
            "failed",
            "passed",
        ]
        assert "example.com/lesson" in stuck.check("Ben", "cleanup")["reason"]
    finally:
        kubectl(*held, '{"metadata": {"finalizers": null}}')
    gone = run_playbook("teardown.yml")
    assert gone.status == 0, gone.output
    # It may have gone by itself before it was looked for again.
    assert gone.statuses("Ben")["cleanup"] in ("passed", "skipped")
    assert namespaces(run_playbook.class_name) == set()


def test_what_has_lost_its_labels_is_not_torn_down_and_not_clean(run_playbook):
    """And what failed before the teardown is not its fault."""
    students = ["Anna", "Ben"]
    assert run_playbook("provision.yml", pods_lab_students=students).status == 0
    mine, lost = (f"{run_playbook.class_name}-{name}" for name in ("anna", "ben"))
    kubectl("-n", mine, "delete", "pod", "web", "--wait=false")
    assert run_playbook("verify.yml", pods_lab_students=students).status != 0
    kubectl("label", "namespace", lost, "kubelabs.pods/class-")
    try:
        run = run_playbook("teardown.yml")
        assert run.status != 0
        assert [run.statuses(name)["cleanup"] for name in students] == ["passed", "failed"]
        assert f"The namespace {lost} has not the labels" in run.check("Ben", "cleanup")["reason"]
        assert namespaces(run_playbook.class_name) == {lost}
    finally:
        kubectl("label", "namespace", lost, f"kubelabs.pods/class={run_playbook.class_name}", "--overwrite")
    run = run_playbook("teardown.yml")
    assert run.status == 0, run.output
    assert run.statuses("Anna")["logs"] in ("failed", "skipped")
    assert namespaces(run_playbook.class_name) == set()


def test_a_namespace_that_does_not_go_keeps_nobody_else_from_their_lab(run_playbook):
    students = ["Anna", "Ben"]
    held = f"{run_playbook.class_name}-ben"
    assert run_playbook("provision.yml", pods_lab_students=students).status == 0
    kubectl("-n", held, "create", "configmap", "held")
    finalizers = ["-n", held, "patch", "configmap", "held", "--type=merge", "-p"]
    kubectl(*finalizers, '{"metadata": {"finalizers": ["example.com/lesson"]}}')
    try:
        kubectl("delete", "namespace", held, "--wait=false")
        run = run_playbook("pods_lab.yml", pods_lab_students=students, pods_lab_timeout=60, pods_lab_restarts=1)
        assert run.status != 0
        assert set(run.statuses("Anna").values()) <= {"passed", "skipped"}, run.output
        assert run.statuses("Ben")["namespace"] == run.statuses("Ben")["cleanup"] == "failed"
        assert "still being deleted" in run.check("Ben", "namespace")["reason"]
        assert run.statuses("Ben")["web_pod_ready"] == "skipped"
    finally:
        kubectl(*finalizers, '{"metadata": {"finalizers": null}}')
