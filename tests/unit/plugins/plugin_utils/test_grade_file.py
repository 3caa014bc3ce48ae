# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grades of a class in their files."""

from __future__ import annotations

import csv
import io
import json
import pathlib

import jsonschema
import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _grade_points, _grade_terms
from ansible_collections.kubelabs.pods.plugins.plugin_utils._board import board
from ansible_collections.kubelabs.pods.plugins.plugin_utils._grade_file import (
    grade_csv,
    read_grades,
    refuse_foreign,
    totals,
    write_board,
    write_grades,
)
from ansible_collections.kubelabs.pods.plugins.plugin_utils._grade_terms import NAMES

SCHEMA = json.loads((pathlib.Path(__file__).parents[4] / "docs/grade.schema.json").read_text())
POD = {"name": "my-web", "uid": "u", "ips": ["10.0.0.1"], "created": "", "seen": "", "lab": False}
POINTS = _grade_points.weights({"restarts": 2})


def student(name="Anna", reached=("web_pod_ready",), unknown=("exec",), namespace="lab-anna"):
    steps = [
        {
            "step": step,
            "state": "reached" if step in reached else "unknown" if step in unknown else "not_yet",
            "seen": "2026-11-26T10:42:00Z" if step in reached else None,
            "evidence": "my-web is ready.",
        }
        for step in NAMES
    ]
    return {
        "name": name,
        "namespace": namespace,
        "uid": "u",
        "looked": "2026-11-26T10:42:00Z",
        "points": _grade_points.points_of(steps, POINTS),
        "steps": steps,
        "pods": [],
    }


def grades(*students, class_name="monday"):
    return {"class": class_name, "cluster": {}, "looked": "", "points": POINTS, "students": list(students)}


def rows(text):
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_what_is_written_can_be_read(tmp_path):
    assert read_grades(str(tmp_path / "grade.json"), "monday") == []
    write_grades(str(tmp_path / "new"), grades(student("李雷")))
    assert read_grades(str(tmp_path / "new/grade.json"), "monday") == [student("李雷")]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"grade.json", "grade.csv"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "does not hold the grades of a class: the file is a list"),
        ('{"class": "monday", "students": [{}]}', "has no 'name'"),
        (json.dumps(grades(student(), class_name="tuesday")), "has the grades of the class tuesday, and not of monday"),
        (json.dumps(grades({**student(), "steps": []})), "other steps or states"),
        (json.dumps(grades(student())).replace("not_yet", "perhaps"), "other steps or states"),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_what_to_do(tmp_path, content, problem):
    file = tmp_path / "grade.json"
    file.write_text(content)
    with pytest.raises(ArgumentError, match=problem) as caught:
        read_grades(str(file), "monday")
    assert "Move it away, or set pods_lab_report_dir" in str(caught.value)


def test_a_directory_in_its_place_is_told(tmp_path):
    (tmp_path / "grade.json").mkdir()
    with pytest.raises(ArgumentError, match="cannot be read"):
        read_grades(str(tmp_path / "grade.json"), "monday")


def test_a_spreadsheet_gets_points_and_no_points_where_nothing_is_known():
    header, row = rows(grade_csv([student(reached=("web_pod_ready", "restarts"))], POINTS))
    assert header == ["name", "namespace", "points", "of", *NAMES, "reached"]
    assert row == ["Anna", "lab-anna", "3", "8", "1", "0", "0", "", "0", "2", "0", "web_pod_ready restarts"]


def test_a_spreadsheet_tells_of_a_step_that_is_worth_nothing_whether_it_was_reached():
    points = _grade_points.weights({"exec": 0})
    two = [student(reached=reached, unknown=()) for reached in (("apply", "exec"), ("apply",))]
    assert [row[2:] for row in rows(grade_csv(two, points))[1:]] == [
        ["1", "6", "0", "1", "0", "0", "0", "0", "0", "apply exec"],
        ["1", "6", "0", "1", "0", "0", "0", "0", "0", "apply"],
    ]


def earlier_csv():
    """As version 0.1.0 wrote it before it had the last column."""
    return grade_csv([student()], POINTS).replace(",reached", "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("grade.csv", ""),
        ("grade.csv", "name,namespace,points\nAnna,x,3\n"),
        ("grade.csv", "\n" * 1000 + grade_csv([student()], POINTS)),
        ("board.html", "<title>The board of governors</title>"),
        ("board.html", "<title>report of the class: who is where else</title>"),
    ],
)
def test_a_file_of_somebody_else_stays(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    for write in (
        lambda: refuse_foreign(str(tmp_path)),
        lambda: write_board(str(tmp_path), "x"),
        lambda: write_grades(str(tmp_path), grades(student())),
    ):
        with pytest.raises(ArgumentError, match=r"stays as it is\. Move it away, or set pods_lab_report_dir") as caught:
            write()
        assert str(tmp_path / name) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == content.encode()


def test_what_is_no_file_stays(tmp_path):
    (tmp_path / "board.html").symlink_to(tmp_path / "page.html")
    (tmp_path / "page.html").write_text(board("monday", [student()], POINTS, ""))
    with pytest.raises(ArgumentError, match=r"board\.html is not of the grades"):
        refuse_foreign(str(tmp_path))
    (tmp_path / "board.html").unlink()
    (tmp_path / "grade.csv").mkdir()
    with pytest.raises(ArgumentError, match=r"grade\.csv is not of the grades"):
        refuse_foreign(str(tmp_path))


@pytest.mark.parametrize("table", [earlier_csv(), grade_csv([], POINTS), grade_csv([student("李雷")], POINTS)])
@pytest.mark.parametrize(("class_name", "refresh"), [("monday", 0), ("x" * 63, 3600), ("<" * 63, 3600)])
def test_a_file_of_ours_is_written_anew(tmp_path, table, class_name, refresh):
    (tmp_path / "grade.csv").write_text(table, newline="")
    (tmp_path / "board.html").write_text(board(class_name, [student()], POINTS, "", refresh=refresh, trouble="x"))
    refuse_foreign(str(tmp_path))
    write_board(str(tmp_path), "new")
    assert (tmp_path / "board.html").read_text() == "new"


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "＝1"])
def test_no_name_is_a_formula(name):
    cell = rows(grade_csv([student(name)], POINTS))[1][0]
    assert not cell.startswith(tuple("=+-@\t\r＝")) and cell.endswith(name.strip())


def test_other_names_stay_as_they_are():
    names = ["Zoë, the 2nd", 'Anna "A" O\'Neill', "李雷"]
    assert [row[0] for row in rows(grade_csv([student(name) for name in names], POINTS))[1:]] == names


def test_lines_end_as_spreadsheets_want_it(tmp_path):
    write_grades(str(tmp_path), grades(student()))
    content = (tmp_path / "grade.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfname,") and content.count(b"\r\n") == content.count(b"\n") == 2


def test_the_schema_describes_what_is_written(tmp_path):
    write_grades(str(tmp_path), grades({**student(), "pods": [POD]}))
    written = json.loads((tmp_path / "grade.json").read_text())
    jsonschema.validate(written, SCHEMA)
    for student_of in written["students"]:
        student_of["steps"].pop()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, SCHEMA)
    assert SCHEMA["$defs"]["step"]["properties"]["step"]["enum"] == list(NAMES)
    assert SCHEMA["$defs"]["step"]["properties"]["state"]["enum"] == list(_grade_terms.State)


def test_totals_count_who_has_reached_a_step():
    counts = totals([student(), student(reached=("web_pod_ready", "exec"))])
    assert counts == {**dict.fromkeys(NAMES, 0), "web_pod_ready": 2, "exec": 1}
