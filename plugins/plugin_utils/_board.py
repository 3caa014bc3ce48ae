# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The board of a class: who has reached what, as one HTML page for a projector; and the same for a terminal. Pure.

Names come from rosters and from whoever made the namespaces; pods are called as students want. All is escaped by
Jinja2. The page may load nothing, and run nothing but the line that fetches it again, known by its hash.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils._ground.times import parse_time
from ._grade_file import BOARD_TITLE, totals
from ._grade_points import points_of
from ._grade_terms import STEPS, State, StudentGrade
from ._labels import visible
from ._templates import source_hash, template
from ._text_table import columns_of, cut, fitted_table

MARKS = {State.REACHED: "ok", State.UNKNOWN: "?", State.NOT_YET: "-"}
SIGNS = {State.REACHED: "✓", State.UNKNOWN: "?", State.NOT_YET: ""}
WORDS = {State.REACHED: "reached", State.UNKNOWN: "cannot be known", State.NOT_YET: "not yet"}
#: Up to how many students stand in how many columns, so that all are on one screen.
COLUMNS = ((8, 1), (24, 2), (54, 3), (100, 4), (math.inf, 5))
#: Parts of a hundred of the screen that the students have, and while there is trouble.
ROOM, ROOM_IN_TROUBLE = 73, 63
#: Pixels of a student's row below which a name is in one line, and em of a name that is not made larger.
TWO_LINES, SHORT = 30, 6.5
#: In em how wide the number of a step is, with what keeps it from the next one.
NUMBER = 1.15
#: Of a bold letter how many em it is wide, rounded up: what is wider than expected is broken in two lines. Others are
#: LETTER, capital letters CAPITAL, and East Asian ones 1. So it is in DejaVu Sans, the widest font that systems usually
#: have: elsewhere a long name is smaller than could be.
WIDTHS = {
    "W": 1.11,
    **dict.fromkeys("mM@%", 1.05),
    "w": 0.93,
    **dict.fromkeys("DGHNOQU", 0.86),
    **dict.fromkeys("aceksvxyz", 0.68),
    **dict.fromkeys("rt", 0.5),
    **dict.fromkeys("fijlI.,:;'-()[]/", 0.46),
    " ": 0.35,
}
LETTER, CAPITAL = 0.72, 0.78
MOST_ROWS = 40  # students in the console's table
LONGEST_NAME = 40  # columns of a name there


def board(
    class_name: str,
    students: Sequence[StudentGrade],
    points: Mapping[str, float],
    looked: str,
    *,
    refresh: int = 0,
    trouble: str = "",
    reason: str = "",
) -> str:
    """The page.

    Args:
        looked: when the cluster was looked at last, as ISO 8601 in UTC.
        refresh: seconds after which a browser fetches it again; 0 for never.
        trouble: what is wrong with the cluster, for the class; '' for nothing.
        reason: the same for who knows about clusters.
    """
    reached = totals(students)
    # A refresh in a meta element would forget whose evidence is open.
    script = f"setTimeout(() => location.reload(), {1000 * refresh});" if refresh else ""
    columns = next(number for most, number in COLUMNS if len(students) <= most)
    height = max(1, math.ceil(len(students) / columns))
    room = ROOM_IN_TROUBLE if trouble else ROOM
    rows = [_row(student, points) for student in students]
    most = _number(sum(points.values()))
    steps = [
        {
            "title": step.title,
            "shows": step.shows,
            "count": reached[step.name],
            "percent": round(100 * reached[step.name] / len(students)) if students else 0,
        }
        for step in STEPS
    ]
    facts = {
        "class_name": class_name,
        "title": BOARD_TITLE,
        "steps": steps,
        "blocks": [rows[first : first + height] for first in range(0, len(rows), height)],
        "columns": columns,
        "height": height,
        "room": room,
        "mark_percent": 8.5 if columns == 1 else 6.5,
        "points_percent": 8 if columns < 4 else 6.5,
        "title_ems": _widest(f"{number} {step.title}" for number, step in enumerate(STEPS, 1)),
        "head_ems": _widest(step.title for step in STEPS) if columns == 1 else NUMBER,
        "points_ems": _widest([f"/{most}", *(row["points"] for row in rows)]),
        "one_line_below": math.ceil(TWO_LINES * (height + 1) * 100 / room),
        "number": len(students),
        "most": most,
        "through": sum(_is_through(student) for student in students),
        "looked": clock(looked),
        "refresh": refresh,
        "script": script,
        "script_source": source_hash(script) if script else "'none'",
        "trouble": trouble,
        "reason": reason,
    }
    return str(template("board.html").render(facts))


def _row(student: StudentGrade, points: Mapping[str, float]) -> dict[str, Any]:
    titles = {step.name: step.title for step in STEPS}
    name = visible(student["name"]) or student["namespace"]
    cells = []
    for one in student["steps"]:
        state = State(one["state"])
        seen = f", seen {clock(one['seen'])}" if one["seen"] else ""
        cells.append(
            {
                "state": str(state).replace("_", "-"),
                "sign": SIGNS[state],
                "step": titles[one["step"]],
                "word": f"{WORDS[state]}{seen}",
                "evidence": visible(one["evidence"]),
            }
        )
    return {
        "name": name,
        "ems": round(max(SHORT, ems(name)), 1),
        "points": _number(points_of(student["steps"], points)),
        "cells": cells,
    }


def ems(text: str) -> float:
    """About how wide the text is in a bold font of 1."""
    widths = [WIDTHS.get(char, CAPITAL if char.isupper() else LETTER) for char in text]
    return sum((0, width, 1)[min(2, columns_of(char))] for char, width in zip(text, widths, strict=True))


def _widest(texts: Iterable[str]) -> float:
    return round(max(map(ems, texts)), 1)


def _is_through(student: StudentGrade) -> bool:
    """Whether every step is reached, but for exec, of which mostly nothing can be known."""
    return all(
        one["state"] == State.REACHED or (one["step"] == "exec" and one["state"] == State.UNKNOWN)
        for one in student["steps"]
    )


def clock(text: str | None) -> str:
    """The time of day where we are: `10:42`; '' for no time."""
    moment = parse_time(text)
    return f"{moment.astimezone():%H:%M}" if moment else ""


def not_answered(looked: str, *, refused: bool) -> str:
    """What stands on the board while the cluster says nothing.

    Args:
        looked: when it said something last, as ISO 8601 in UTC.
        refused: whether it answers, and with errors only.
    """
    return (
        f"The cluster has {'answered with errors' if refused else 'not answered'} since {clock(looked)}. "
        "This is what was known then."
    )


def grade_table(
    students: Sequence[StudentGrade], points: Mapping[str, float], columns: int = 0, most_rows: int = MOST_ROWS
) -> str:
    """Students by steps, as text, with how many have reached each.

    Args:
        columns: of the terminal; 0 where it does not matter.
        most_rows: students of whom there is a row. Of the others it is said where they are.
    """
    shown = students[:most_rows]
    header = [["student"], ["points"], *(step.title.replace("-", " ").lower().split() for step in STEPS)]
    body = [
        [
            cut(visible(student["name"]) or student["namespace"], LONGEST_NAME),
            _number(points_of(student["steps"], points)),
            *(MARKS[State(one["state"])] for one in student["steps"]),
        ]
        for student in shown
    ]
    body.append(["(all)", "", *(str(count) for count in totals(students).values())])
    lines = fitted_table(header, body, [step.title for step in STEPS], columns)
    if len(shown) < len(students):
        lines.append(f"({len(students) - len(shown)} more students, see grade.csv)")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:g}"
