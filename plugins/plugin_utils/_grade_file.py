# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grades of a class in their files: grade.json, which goes into the next look, grade.csv for spreadsheets, and the
board. None of them takes the place of a file that is somebody else's."""

from __future__ import annotations

import csv
import io
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from ..module_utils._ground.errors import ArgumentError
from ._arguments import mapping, mappings
from ._grade_points import points_of
from ._grade_terms import NAMES, STEPS, State, StudentGrade
from ._own_files import may_be_written
from ._report_csv import BYTE_ORDER_MARK, cell
from ._report_file import REMEDY, read_json, write_text

JSON, CSV, BOARD = "grade.json", "grade.csv", "board.html"
#: The first columns of grade.csv. After them comes one for each step.
FIRST = ("name", "namespace", "points", "of")
#: How the title of every board ends.
BOARD_TITLE = ": who is where"
#: What stands at the beginning of the files beside grade.json, by which they are known to be ours.
MARKS = {CSV: f"{BYTE_ORDER_MARK}{','.join(FIRST)},", BOARD: f"{BOARD_TITLE}</title>"}

#: All of a class. `class` is its name; `cluster` is which cluster was looked at; `looked` is when, as ISO 8601 in UTC;
#: `points` are those of each step.
Grades = TypedDict(
    "Grades",
    {
        "class": str,
        "cluster": Mapping[str, Any],
        "looked": str,
        "points": Mapping[str, float],
        "students": list[StudentGrade],
    },
)


def read_grades(path: str, class_name: str) -> list[StudentGrade]:
    """The students of grade.json; [] where there is no such file.

    Raises:
        ArgumentError: the file cannot be read, holds no grades, or those of another class.
    """
    grades = read_json(path, _checked, "does not hold the grades of a class")
    if grades is None:
        return []
    if grades["class"] != class_name:
        raise ArgumentError(f"{path} has the grades of the class {grades['class']}, and not of {class_name}. {REMEDY}")
    return cast("list[StudentGrade]", list(grades["students"]))


def _checked(value: Any) -> Mapping[str, Any]:
    grades = mapping(value, "the file", "class", "students")
    students = mappings(grades["students"], "students", "name", "namespace", "uid", "looked", "steps", "pods")
    for index, student in enumerate(students):
        steps = mappings(student["steps"], f"students[{index}].steps", "step", "state", "seen", "evidence")
        if [one["step"] for one in steps] != list(NAMES) or not {one["state"] for one in steps} <= set(State):
            raise ArgumentError(f"students[{index}] has other steps or states than this version knows.")
        mappings(student["pods"], f"students[{index}].pods", "name", "uid", "ips", "created", "seen", "lab")
    return grades


def refuse_foreign(directory: str) -> None:
    """Refuses to write over what is no file of ours.

    Raises:
        ArgumentError: in the place of a file is something else; all of them are as they were.
    """
    for name, mark in MARKS.items():
        file = pathlib.Path(directory) / name
        if not may_be_written(file, mark):
            raise ArgumentError(f"{file} is not of the grades of a class, and stays as it is. {REMEDY}")


def write_board(directory: str, page: str) -> None:
    """Writes board.html as a whole.

    Raises:
        ArgumentError: it cannot be written, and is as it was; or in the place of a file is something else.
    """
    refuse_foreign(directory)
    write_text(str(pathlib.Path(directory) / BOARD), page)


def write_grades(directory: str, grades: Grades) -> None:
    """Writes grade.json and grade.csv, each as a whole.

    Raises:
        ArgumentError: one cannot be written, and is as it was; or in the place of a file is something else.
    """
    refuse_foreign(directory)
    folder = pathlib.Path(directory)
    write_text(str(folder / JSON), json.dumps(grades, indent=1, ensure_ascii=False) + "\n")
    write_text(str(folder / CSV), grade_csv(grades["students"], grades["points"]))


def grade_csv(students: Sequence[StudentGrade], points: Mapping[str, float]) -> str:
    """A row for each student: points, of how many, and those of each step; empty where it cannot be known. The last
    column names the steps that were reached, which may be worth nothing.

    With a byte order mark, without which spreadsheets misread names, and with an apostrophe before what they would take
    for a formula.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    most = sum(points.values())
    table.writerow([*FIRST, *NAMES, "reached"])
    for student in students:
        row = [
            {State.REACHED: points[one["step"]], State.NOT_YET: 0}.get(State(one["state"]), "")
            for one in student["steps"]
        ]
        total = points_of(student["steps"], points)
        reached = " ".join(one["step"] for one in student["steps"] if one["state"] == State.REACHED)
        table.writerow([cell(student["name"]), cell(student["namespace"]), total, most, *row, reached])
    return BYTE_ORDER_MARK + text.getvalue()


def totals(students: Sequence[StudentGrade]) -> dict[str, int]:
    """How many students have reached each step."""
    return {
        step.name: sum(
            one["state"] == State.REACHED
            for student in students
            for one in student["steps"]
            if one["step"] == step.name
        )
        for step in STEPS
    }
