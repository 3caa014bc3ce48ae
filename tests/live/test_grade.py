# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A class that does the lab by hand, each student as far as they get, and is graded for it."""

from __future__ import annotations

import csv
import json

import pytest
from conftest import eventually

STUDENTS = ["Nobody", "Run", "Apply", "HTTP", "Restarts", "Through"]
ALL = ["web_pod_ready", "apply", "shell_pod_ready", "exec", "http_between_pods", "restarts", "cleanup"]


@pytest.fixture(name="run_playbook")
def fixture_run_playbook_as_it_is(run_playbook):
    """With what students get by default."""

    def run(*words, **variables):
        return run_playbook(*words, **{"pods_lab_student_access": None, "pods_lab_students": STUDENTS, **variables})

    run.class_name = run_playbook.class_name
    return run


def manifest(name, image, *command):
    container = {"name": "app", "image": image, "imagePullPolicy": "IfNotPresent"}
    # No environment but the port: what there is otherwise, the image says.
    extra = {"command": list(command)} if command else {"env": [{"name": "WHOAMI_PORT_NUMBER", "value": "8080"}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{**container, **extra}]},
    }


@pytest.mark.long
def test_what_students_did_by_hand_is_graded_with_the_evidence(run_playbook, key, images, tmp_path):
    run = run_playbook("provision.yml")
    assert run.status == 0, run.output
    web = manifest("hello", images["web"])
    shell = manifest("box", images["shell"], "sleep", "3600")
    failing = manifest("boom", images["shell"], "sh", "-c", "sleep 1; exit 3")
    applied = {
        "apply": [web],
        "http": [web, shell],
        "restarts": [web, shell, failing],
        "through": [web, shell, failing],
    }
    port = "--env=WHOAMI_PORT_NUMBER=8080"
    key("run").may("run", "hello", f"--image={images['web']}", "--image-pull-policy=IfNotPresent", port)
    for label, pods in applied.items():
        file = tmp_path / f"{label}.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": pods}))
        key(label).may("apply", "-f", str(file))
    for label in ("http", "restarts", "through"):
        key(label).may("wait", "--for=condition=Ready", "pod/hello", "pod/box", "--timeout=60s")
        ip = key(label).may("get", "pod", "hello", "-o", "jsonpath={.status.podIP}")
        assert "Hostname: hello" in key(label).may("exec", "box", "--", "curl", "-s", f"http://{ip}:8080/")
    count = ("get", "pod", "boom", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")
    for label in ("restarts", "through"):
        eventually(lambda label=label: int(key(label).may(*count) or 0) >= 2)

    def graded():
        grades = json.loads((tmp_path / "grade.json").read_text())
        return {
            student["name"]: {one["step"]: one for one in student["steps"] if one["state"] == "reached"}
            for student in grades["students"]
        }

    run = run_playbook("grade.yml", pods_lab_students=None, pods_lab_grade_points={"restarts": 3})
    assert run.status == 0, run.output
    first = graded()
    assert {name: list(steps) for name, steps in first.items()} == {
        "Nobody": [],
        "Run": ALL[:1],
        "Apply": ALL[:2],
        "HTTP": ALL[:5],
        "Restarts": ALL[:6],
        "Through": ALL[:6],
    }
    assert "The log of hello has a request from box (" in first["HTTP"]["http_between_pods"]["evidence"]
    assert "boom was restarted" in first["Restarts"]["restarts"]["evidence"]
    assert "exit code 3" in first["Restarts"]["restarts"]["evidence"]

    key("through").may("delete", "pods", "hello", "box", "boom")
    run = run_playbook("grade.yml", pods_lab_students=None, pods_lab_grade_points={"restarts": 3})
    assert run.status == 0, run.output
    second = graded()
    assert list(second["Through"]) == ALL
    assert second["Through"]["cleanup"]["evidence"] == "Nothing is left of boom, box, hello."
    # What was reached before is as it was, with its time.
    assert {name: {**second[name], **steps} for name, steps in first.items()} == second
    with open(tmp_path / "grade.csv", encoding="utf-8-sig", newline="") as stream:
        points = {row["name"]: (row["points"], row["of"]) for row in csv.DictReader(stream)}
    assert points == {
        "Nobody": ("0", "9"), "Run": ("1", "9"), "Apply": ("2", "9"),
        "HTTP": ("5", "9"), "Restarts": ("8", "9"), "Through": ("9", "9"),
    }  # fmt: skip
    board = (tmp_path / "board.html").read_text()
    assert "6 students, 1 through" in board
    assert "hello was applied with kubectl apply." in board
