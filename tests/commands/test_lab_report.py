# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role lab_report, which keeps, shows and judges the checks, without any cluster."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import check

CHECKOUT = pathlib.Path(__file__).parents[2]
CLUSTER = {"context": "x", "server": "https://192.0.2.1:6443", "version": "v1.36.2", "nodes": []}
ANNA = {"name": "Anna Müller", "label": "anna", "namespace": "monday-anna"}
REPORT = {
    "class": "monday",
    "cluster": CLUSTER,
    "started": "2026-01-01T00:00:00Z",
    "finished": "2026-01-01T00:00:00Z",
    "students": [
        {
            "name": "Anna Müller",
            "namespace": "monday-anna",
            "checks": [check("Anna Müller", "exec", True, note="It came late.")],
            "restarts": [],
        }
    ],
}


@pytest.fixture(name="playbook")
def fixture_playbook(tmp_path):
    """Runs a playbook; returns its exit status and what it printed, in one line."""

    def run(playbook, *options, callback="kubelabs.pods.progress", **variables):
        given = {"pods_lab_class": "monday", "pods_lab_report_dir": str(tmp_path), **variables}
        done = subprocess.run(
            [
                os.path.join(os.path.dirname(sys.executable), "ansible-playbook"),
                str(playbook),
                "--extra-vars",
                json.dumps({**given, "ansible_python_interpreter": sys.executable}),
                *options,
            ],
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible/collections"),
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
                "ANSIBLE_STDOUT_CALLBACK": callback,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    return run


@pytest.fixture(name="record")
def fixture_record(tmp_path, playbook):
    """Records checks of Anna as a phase does."""

    def run(checks, *options, **variables):
        include = {"name": "kubelabs.pods.lab_report", "tasks_from": "record"}
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {
                "lab_class_cluster": CLUSTER,
                "lab_class_students": [ANNA],
                "lab_class_results_file": str(tmp_path / "results.json"),
            },
            "tasks": [
                {"name": "Record", "ansible.builtin.include_role": include, "vars": {"lab_report_checks": checks}}
            ],
        }
        (tmp_path / "play.json").write_text(json.dumps([play]))
        return playbook(tmp_path / "play.json", *options, **variables)

    return run


def test_the_report_is_written_the_same_by_every_version_of_ansible(tmp_path, record):
    """Also where what is written looks like Python, which ansible-core 2.18 would read."""
    made = check("Anna Müller", "exec", True, evidence="{'a': True}\n")
    status, output = record([made], callback="ansible.builtin.default")
    assert status == 0, output
    assert "changed=0" in output
    text = (tmp_path / "results.json").read_text()
    written = json.loads(text)
    assert text == json.dumps(written, indent=1, ensure_ascii=False) + "\n"
    assert written["students"] == [
        {"name": "Anna Müller", "namespace": "monday-anna", "checks": [made], "restarts": []}
    ]


@pytest.mark.parametrize("later, told", [(True, True), (False, False)], ids=["is judged later", "is judged now"])
def test_what_failed_in_a_phase_is_told_at_its_end(record, later, told):
    status, output = record([check("Anna Müller", "exec", False, "No.")], lab_report_judge_later=later)
    assert status == 0, output
    assert ("Failed so far: exec: Anna Müller. The report at the end says why." in output) == told, output


def test_check_mode_records_nothing(tmp_path, record):
    status, output = record([check("Anna Müller", "exec", True)], "--check", lab_report_start=True)
    assert status == 0, output
    assert not (tmp_path / "results.json").exists()


def test_a_report_of_another_class_is_not_added_to(tmp_path, record):
    (tmp_path / "results.json").write_text(json.dumps({**REPORT, "class": "tuesday"}))
    status, output = record([check("Anna Müller", "exec", True)])
    assert status != 0
    assert "results.json is the report of the class tuesday, and not of monday. Move it away" in output
    assert json.loads((tmp_path / "results.json").read_text())["class"] == "tuesday"


def test_a_report_that_cannot_be_read_is_told_in_one_sentence(tmp_path, playbook):
    (tmp_path / "results.json").write_text("{")
    status, output = playbook(CHECKOUT / "playbooks/report.yml")
    assert status != 0
    assert output.count("results.json is not JSON") == 1, output


def test_the_report_is_shown_without_cluster_roster_and_students(tmp_path, playbook):
    (tmp_path / "results.json").write_text(json.dumps(REPORT))
    status, output = playbook(
        CHECKOUT / "playbooks/report.yml",
        pods_lab_kubeconfig="/no where/config:/nowhere/else",
        pods_lab_context="it's one",
        pods_lab_roster="/nowhere.csv",
        pods_lab_keep=True,
    )
    assert status == 0, output
    assert "student exec ----------- ---- Anna Müller ok" in output
    assert "1 of 1 students passed every check" in output
    assert "Note: exec (shows that a command runs in the shell pod): Anna Müller: It came late." in output
    assert "To try it as Anna Müller:" in output
    # The whole line is one word of the shell; so are its parts once it is the alias.
    alias = output.partition("alias k=")[2].partition(" k get pods")[0]
    assert subprocess.run(["sh", "-c", f"printf %s {alias}"], capture_output=True, text=True, check=True).stdout == (
        "KUBECONFIG='/no where/config':/nowhere/else kubectl --context='it'\"'\"'s one' -n monday-anna"
    )


def test_where_no_lab_has_run_that_is_said(playbook):
    status, output = playbook(CHECKOUT / "playbooks/report.yml")
    assert status != 0
    assert "There is no report of the class monday at" in output


def test_in_check_mode_it_is_shown_and_judged_and_nothing_is_written(tmp_path, playbook):
    failed = [check("Anna Müller", "exec", False, "It said so.")]
    (tmp_path / "results.json").write_text(
        json.dumps({**REPORT, "students": [{**REPORT["students"][0], "checks": failed}]})
    )
    status, output = playbook(CHECKOUT / "playbooks/report.yml", "--check")
    assert status != 0
    assert "exec (shows that a command runs in the shell pod): Anna Müller: It said so." in output
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_a_failure_fails_the_play_with_its_cause_and_notes_do_not(tmp_path, playbook):
    checks = [
        check("Anna Müller", "exec", False, "It said so."),
        check("Anna Müller", "back_off", True, note="Restart 1 came late."),
    ]
    (tmp_path / "results.json").write_text(
        json.dumps({**REPORT, "students": [{**REPORT["students"][0], "checks": checks}]})
    )
    status, output = playbook(CHECKOUT / "playbooks/report.yml")
    assert status != 0
    assert "exec (shows that a command runs in the shell pod): Anna Müller: It said so." in output
    assert (
        "Note: back_off (shows that it waits longer before each restart): Anna Müller: Restart 1 came late." in output
    )
    assert "The whole: " in output


FILES = {"report.html", "junit.xml", "results.csv", "results.json"}


def test_the_files_for_people_and_programs_are_written_with_it(tmp_path, record):
    status, output = record([check("Anna Müller", "exec", False, "<b>Why</b>")])
    assert status == 0, output
    assert {file.name for file in tmp_path.iterdir()} >= FILES
    assert "&lt;b&gt;Why&lt;/b&gt;" in (tmp_path / "report.html").read_text()
    assert '<failure message="&lt;b&gt;Why&lt;/b&gt;"' in (tmp_path / "junit.xml").read_text()
    assert "exec: <b>Why</b>" in (tmp_path / "results.csv").read_text(encoding="utf-8-sig")


def test_report_writes_them_again_and_says_where_the_page_is(tmp_path, playbook):
    (tmp_path / "results.json").write_text(json.dumps(REPORT))
    status, output = playbook(CHECKOUT / "playbooks/report.yml")
    assert status == 0, output
    assert {file.name for file in tmp_path.iterdir()} == FILES
    assert f"To read it: {tmp_path}/report.html" in output


def test_a_file_of_somebody_else_is_refused_before_anything_is_made(tmp_path, playbook):
    pytest.importorskip(
        "ansible_collections.kubernetes.core", reason="the playbook needs the collection kubernetes.core"
    )
    (tmp_path / "report.html").write_text("precious")
    status, output = playbook(CHECKOUT / "playbooks/pods_lab.yml", pods_lab_kubeconfig="/nowhere")
    assert status != 0
    assert f"{tmp_path}/report.html is not of the report of a lab, and stays as it is." in output
    assert "/nowhere" not in output
    assert (tmp_path / "report.html").read_text() == "precious"
