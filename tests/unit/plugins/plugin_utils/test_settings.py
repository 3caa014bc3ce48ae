# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _settings
from ansible_collections.kubelabs.pods.plugins.plugin_utils._settings import (
    local_path,
    setting_problems,
    unknown_variables,
)


def test_known_variables_are_fine():
    assert unknown_variables(["pods_lab_class"], ["pods_lab_class", "pods_lab_students"]) == []


def test_a_misspelt_variable_is_named_with_the_nearest():
    assert unknown_variables(["pods_lab_student"], ["pods_lab_class", "pods_lab_students"]) == [
        "pods_lab_student is not a variable of kubelabs.pods. Did you mean pods_lab_students?"
    ]


def test_one_that_is_like_no_other_gets_the_list():
    (problem,) = unknown_variables(["pods_lab_zzzzzzzzzzzz"], ["a_class", "b_students"])
    assert problem.endswith("The variables are: a_class, b_students.")


# --- values ---


def test_values_that_can_be_used(tmp_path):
    least = {name: str(value) for name, value in _settings.LEAST.items()}  # `-e name=1` arrives as text
    assert setting_problems({"pods_lab_class": "lab", "pods_lab_report_dir": str(tmp_path / "a/b"), **least}) == []


def test_an_address_of_hand_outs_that_cannot_be_printed_is_named():
    (problem,) = setting_problems({"pods_lab_class": "lab", "pods_lab_handout_url": "https://anna:pw@example.org"})
    assert problem.startswith("pods_lab_handout_url: it has a user name or a password in it")
    assert "pw@" not in problem


@pytest.mark.parametrize("name", ["pods_lab_report_dir", "pods_lab_handout_dir"])
def test_no_directory_at_all_is_not_the_root(name):
    (problem,) = setting_problems({"pods_lab_class": "lab", name: ""})
    assert problem.startswith(f"{name} is empty.")


def test_an_address_for_students_that_is_none_is_named():
    assert setting_problems({"pods_lab_class": "lab", "pods_lab_student_server": "https://192.0.2.10:6443"}) == []
    for server in ("foo", "https://anna:secret@192.0.2.10"):
        (problem,) = setting_problems({"pods_lab_class": "lab", "pods_lab_student_server": server})
        assert problem.startswith("pods_lab_student_server is not the URL")
        assert "secret" not in problem


def test_credentials_for_images_that_cannot_be_used_are_told(tmp_path):
    (problem,) = setting_problems({"pods_lab_class": "lab", "pods_lab_image_pull_config": str(tmp_path / "none.json")})
    assert problem.startswith(f"pods_lab_image_pull_config: {tmp_path}/none.json cannot be read (No such file")
    given = {"pods_lab_image_pull_config": "x", "pods_lab_use_existing_namespaces": True}
    (problem,) = setting_problems({"pods_lab_class": "lab", **given})
    assert "nothing is added there" in problem


@pytest.mark.parametrize("points", ["restarts=2", {"restart": 2}, {"restarts": "many"}], ids=repr)
def test_points_that_cannot_be_used_are_named(points):
    (problem,) = setting_problems({"pods_lab_class": "lab", "pods_lab_grade_points": points})
    assert problem.startswith("pods_lab_grade_points: ")
    assert setting_problems({"pods_lab_class": "lab", "pods_lab_grade_points": {"restarts": 2}}) == []


@pytest.mark.parametrize("name", _settings.LEAST)
def test_a_number_that_is_too_small_is_named(name):
    least = _settings.LEAST[name]
    (problem,) = setting_problems({"pods_lab_class": "lab", name: least - 1})
    assert problem == f"{name} is {least - 1}. Set it to {least} or more."


def test_columns_of_a_roster_for_keys_that_mean_nothing_are_refused():
    columns = {"name": "Naam", "namspace": "Raum"}
    assert setting_problems({"pods_lab_class": "lab", "pods_lab_roster_columns": columns}) == [
        "pods_lab_roster_columns: 'namspace' is nothing that a column is needed for. The keys are: name, namespace."
        " Other columns are kept under their own names."
    ]
    good = {"name": ["Vorname", "Nachname"], "namespace": "Raum"}
    assert setting_problems({"pods_lab_class": "lab", "pods_lab_roster_columns": good}) == []


@pytest.mark.parametrize("names", [None, "", [], 1, {"a": "b"}, ["Vorname", None]], ids=repr)
def test_columns_that_have_no_name_are_refused(names):
    (problem,) = setting_problems({"pods_lab_class": "lab", "pods_lab_roster_columns": {"name": names}})
    assert problem == (
        f"pods_lab_roster_columns: name is {names!r} and no column. Give the name of one, or a list of names."
    )


def test_columns_that_are_no_mapping_are_refused():
    (problem,) = setting_problems({"pods_lab_class": "lab", "pods_lab_roster_columns": "name=Naam"})
    assert problem == "pods_lab_roster_columns is 'name=Naam' and no mapping. Set it as in {name: COLUMN}."


@pytest.mark.parametrize("name", _settings.LEAST)
@pytest.mark.parametrize(
    "value",
    ["inf", float("inf"), "nan", "1e999", "10**9", "", "5 minutes", 2.5, True, None, [300], 10**400],
    ids=lambda value: repr(value)[:12],
)
def test_what_is_no_number_is_named(name, value):
    (problem,) = setting_problems({"pods_lab_class": "lab", name: value})
    assert problem == f"{name} is {value!r}. Set it to a whole number, {_settings.LEAST[name]} or more."


@pytest.mark.parametrize("value", [300, "300", 300.0, "300.0", "3e2"], ids=repr)
def test_a_number_may_be_written_as_ansible_reads_them(value):
    assert setting_problems({"pods_lab_class": "lab", "pods_lab_timeout": value}) == []


def challenge(restarts, lifetime, timeout):
    return {
        "pods_lab_class": "lab",
        "pods_lab_restarts": restarts,
        "pods_lab_failing_lifetime": lifetime,
        "pods_lab_timeout": timeout,
    }


def test_restarts_that_cannot_come_in_time_are_refused():
    (problem,) = setting_problems(challenge(5, "30", 150))
    assert problem == (
        "pods_lab_timeout is 150, and pods_lab_restarts 5 of an app that lives pods_lab_failing_lifetime 30 s take"
        " longer. Set pods_lab_timeout to more than 300, which is what they take with Kubernetes' usual back-off, or"
        " one of the others to less."
    )
    # A node may be set to a shorter back-off.
    assert setting_problems(challenge(5, "30", 151)) == []


def test_a_number_that_is_wrong_in_itself_is_told_alone():
    (problem,) = setting_problems(challenge(0, 30, 20))
    assert problem.startswith("pods_lab_restarts is 0.")


def test_every_problem_is_told_at_once():
    first, second = setting_problems({"pods_lab_class": "A B", "pods_lab_timeout": 0})
    assert first.startswith("pods_lab_class: 'A B' cannot be the name of a class")
    assert second.startswith("pods_lab_timeout is 0")


@pytest.fixture(name="report_problem")
def fixture_report_problem():
    def report_problem(path):
        (problem,) = setting_problems({"pods_lab_class": "lab", "pods_lab_report_dir": str(path)})
        assert problem.endswith("Name another directory.")
        return problem

    return report_problem


def test_a_report_below_a_file_is_refused(tmp_path, report_problem):
    (tmp_path / "file").touch()
    assert f"in {tmp_path}/file/reports, because {tmp_path}/file is not a directory" in report_problem(
        tmp_path / "file/reports"
    )


def test_a_report_that_is_a_dangling_link_is_refused(tmp_path, report_problem):
    (tmp_path / "link").symlink_to("nowhere")
    assert f"{tmp_path}/link is not a directory" in report_problem(tmp_path / "link")


def test_a_report_where_nothing_may_be_written_is_refused(tmp_path, report_problem, monkeypatch):
    # Not by its mode: root may write everywhere.
    monkeypatch.setattr(_settings.os, "access", lambda path, mode: path != str(tmp_path))
    assert f"because {tmp_path} cannot be written by this user" in report_problem(tmp_path / "a/b")
    assert os.listdir(tmp_path) == []


# --- paths ---


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ""),
        ("/a/b", "/a/b"),
        ("~/Kurs 10:30/b.csv", "/home/anna/Kurs 10:30/b.csv"),
        ("some dir/b", "/start/some dir/b"),
        ("./b/../c", "/start/c"),
        ("a~b", "/start/a~b"),
    ],
)
def test_a_path_starts_at_the_root(path, expected, monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    monkeypatch.setattr(_settings.os, "getcwd", lambda: "/start")
    assert local_path(path) == expected
