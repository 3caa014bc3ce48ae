# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A class as its students see it: with kubeconfigs of their own, inside walls, beside others."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from conftest import Key, eventually, kubectl, namespaces


@pytest.fixture(name="run_playbook")
def fixture_run_playbook_as_it_is(run_playbook):
    """With what students get by default."""

    def run(*words, **variables):
        return run_playbook(*words, **{"pods_lab_student_access": None, **variables})

    run.class_name = run_playbook.class_name
    return run


def web_ip(namespace: str) -> str:
    return kubectl("-n", namespace, "get", "pod", "web", "-o", "jsonpath={.status.podIP}")


@pytest.mark.long
def test_a_kubeconfig_opens_one_namespace_as_long_as_its_student_is_there(run_playbook, key, images):
    students = ["Anna", "Ben", "李雷"]
    run = run_playbook("provision.yml", pods_lab_students=students)
    assert run.status == 0, run.output
    anna, ben = key("anna"), key("ben")
    assert anna.path.stat().st_mode & 0o777 == 0o600
    assert anna.path.parent.stat().st_mode & 0o777 == 0o700
    token = anna.path.read_text().partition("token: ")[2].split()[0]
    assert len(token) > 100 and token not in run.output

    # The lab, as Anna does it.
    assert "web" in anna.may("get", "pods", "-o", "wide")
    assert "Listening" in anna.may("logs", "web")
    assert anna.may("exec", "shell", "--", "hostname").strip() == "shell"
    anna.may("run", "mine", f"--image={images['shell']}", "--command", "--", "sleep", "600")
    anna.may("get", "events")
    anna.may("delete", "pod", "mine", "--wait=false")
    theirs = f"{run_playbook.class_name}-ben"
    for words in (
        ("get", "secrets"),
        ("create", "serviceaccount", "other"),
        ("delete", "resourcequota", "pods-lab"),
        ("delete", "networkpolicy", "pods-lab"),
        ("-n", theirs, "get", "pods"),
        ("-n", theirs, "exec", "shell", "--", "hostname"),
        ("-n", theirs, "delete", "pod", "web"),
        ("-n", "kube-system", "get", "pods"),
        ("get", "namespaces"),
        ("create", "namespace", "hers"),
    ):
        anna.may_not(*words)
    page = ("exec", "shell", "--", "curl", "-s", "--max-time", "3")
    host = web_ip(f"{run_playbook.class_name}-anna")
    assert "Hostname: web" in anna.may(*page, f"http://{host}:8080/")
    assert anna.kubectl(*page, f"http://{web_ip(theirs)}:8080/").returncode != 0

    # A late-comer, and somebody who left: only those.
    before = anna.path.read_text()
    run = run_playbook("provision.yml", pods_lab_students=["Anna", "李雷", "Zoë"], pods_lab_remove_missing=True)
    assert run.status == 0, run.output
    assert "1 new (Zoë), 1 gone from the roster" in " ".join(run.output.split())
    assert namespaces(run_playbook.class_name) == {
        f"{run_playbook.class_name}-{one}" for one in ("anna", "li-lei", "zoe")
    }
    assert anna.path.read_text() == before
    assert not ben.path.exists()

    # One starts again, and the others do not notice.
    uid = ("get", "namespace", f"{run_playbook.class_name}-li-lei", "-o", "jsonpath={.metadata.uid}")
    stays = kubectl(*uid)
    run = run_playbook("reset.yml", pods_lab_students=["Anna", "李雷", "Zoë"], pods_lab_only="anna")
    assert run.status == 0, run.output
    assert kubectl(*uid) == stays
    assert anna.path.read_text() != before
    assert "web" in anna.may("get", "pods")
    assert {student["name"] for student in run.results["students"]} == {"Anna", "李雷", "Zoë"}

    # When it is over, so are the keys.
    copy = Key(anna.path.with_name("copy"))
    copy.path.write_text(anna.path.read_text())
    assert run_playbook("teardown.yml").status == 0
    assert not anna.path.exists()
    eventually(lambda: "Unauthorized" in copy.kubectl("get", "pods").stderr)


@pytest.mark.long
def test_what_a_student_does_wrong_stays_theirs(run_playbook, key, images):
    run = run_playbook("provision.yml", pods_lab_students=["Anna", "Ben"])
    assert run.status == 0, run.output
    anna = key("anna")
    # More processes than a pod may have, or has memory for: it cannot fork, or is killed, and the pod goes on.
    bomb = "i=0; while [ $i -lt 600 ]; do sleep 30 & i=$((i+1)); done; echo all"
    done = anna.kubectl("exec", "shell", "--", "sh", "-c", bomb)
    assert "fork" in done.stdout + done.stderr or done.returncode == 137, done
    # More pods than there is room for.
    made = [
        anna.kubectl("run", f"p{number}", f"--image={images['shell']}", "--command", "--", "sleep", "600")
        for number in range(14)
    ]
    assert "exceeded quota" in made[-1].stderr
    # A full disk: the kubelet evicts the pod that wrote more than it may.
    anna.may("delete", "pods", "-l", "run", "--now", "--wait=false")
    eventually(
        lambda: anna.kubectl(
            "run", "disk", f"--image={images['shell']}", "--command", "--", "sh", "-c",
            "dd if=/dev/zero of=/tmp/full bs=1M count=300; sleep 600",
        ).returncode == 0
    )  # fmt: skip
    reason = ("get", "pod", "disk", "-o", "jsonpath={.status.reason}")
    eventually(lambda: anna.may(*reason) == "Evicted", seconds=120)
    # And everything gone.
    anna.may("delete", "pods", "--all", "--now")
    run = run_playbook("verify.yml", pods_lab_students=["Anna", "Ben"])
    assert run.status != 0
    assert run.statuses("Anna")["web_pod_ready"] == "failed"
    assert "failed" not in run.statuses("Ben").values(), run.output


@pytest.mark.long
def test_only_classes_whose_time_is_over_are_ended(run_playbook, tmp_path):
    over = (datetime.now(UTC) + timedelta(seconds=25)).isoformat()
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    stays = f"{run_playbook.class_name}-2"
    assert run_playbook("provision.yml", pods_lab_expires=over).status == 0
    of_the_other = {"pods_lab_class": stays, "pods_lab_report_dir": str(tmp_path / "other")}
    run = run_playbook("provision.yml", pods_lab_expires=later, **of_the_other)
    assert run.status == 0, run.output
    time.sleep(max(0.0, (datetime.fromisoformat(over) - datetime.now(UTC)).total_seconds()))
    run = run_playbook("expire.yml")
    assert run.status == 0, run.output
    assert namespaces(run_playbook.class_name) == {f"{stays}-student-1"}
    assert f"deleted: {run_playbook.class_name}-student-1." in " ".join(run.output.split())
