# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as results.csv, for a spreadsheet: a row for each student, as in a book of marks. Pure."""

from __future__ import annotations

import csv
import io

from ._checks import NAMES, Status
from ._harmless import harmless_line
from ._report import Report

#: By it Excel knows that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"
#: The first columns, by which a file of ours is known. After them comes one for each check.
FIRST = ("student", "student_namespace", "checks_passed", "checks_failed", "checks_skipped")
LAST = ("times_restarted", "what_failed")
#: With one of them a spreadsheet begins a formula: also in full width, as East Asian input methods write it.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
#: Between what failed. At a semicolon Excel parts columns in many languages, and a line feed would end a row for many
#: tools.
BETWEEN = " | "
#: Excel takes 32,767 characters in a cell; nobody reads as many.
LONGEST_CELL = 4000


def results_csv(report: Report) -> str:
    """The text of the file, with the byte order mark at its beginning and lines as RFC 4180 ends them."""
    present = list(dict.fromkeys(made["check"] for student in report["students"] for made in student["checks"]))
    checks = [*(name for name in NAMES if name in present), *(name for name in present if name not in NAMES)]
    stream = io.StringIO()
    stream.write(BYTE_ORDER_MARK)
    writer = csv.writer(stream, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow([*FIRST, *(cell(name) for name in checks), *LAST])
    for student in report["students"]:
        statuses = {made["check"]: str(made["status"]) for made in student["checks"]}
        counts = [sum(found == status for found in statuses.values()) for status in Status]
        restarts = [timeline.get("restarts") for timeline in student.get("restarts") or []]
        why = [f"{made['check']}: {made['reason']}" for made in student["checks"] if made["status"] == Status.FAILED]
        writer.writerow(
            [
                cell(student["name"]),
                cell(student["namespace"]),
                *counts,
                *(statuses.get(name, "") for name in checks),
                restarts[0] if restarts and isinstance(restarts[0], int) else "",
                cell(BETWEEN.join(why)),
            ]
        )
    return stream.getvalue()


def cell(text: str) -> str:
    """Any text as the content of a cell, in one line, which no spreadsheet takes for a formula.

    The apostrophe in front is what OWASP names against CSV injection; Excel and LibreOffice show it.
    """
    said = harmless_line(text, LONGEST_CELL)
    return f"'{said}" if said.startswith(_FORMULA) else said
