# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a lab as results.json holds it, and the table that people read. Pure.

docs/results.schema.json describes the form.
"""

from __future__ import annotations

from typing import Any

from ._checks import NAMES, Check

Results = dict[str, Any]

MARKS = {"passed": "ok", "failed": "FAIL", "skipped": "-"}
MOST_ROWS = 40  # students in the console's table; of more, those with a failed check


def merge(
    previous: Results,
    class_name: str,
    cluster: dict[str, Any],
    students: list[dict[str, Any]],
    checks: list[Check],
    restarts: list[dict[str, Any]],
    now: str,
) -> Results:
    """`previous` (results, or {} at the start of a lab) with `checks` put in the place of those of the same name.

    `restarts` are results of `pod_restart_watch`; a student's earlier ones stay where there are no new ones. `now` is
    the time as ISO 8601 in UTC. Students no longer in `students` are left out.
    """
    before = {student["name"]: student for student in previous.get("students", [])}
    new_checks = _grouped(checks, "student")
    new_restarts = _grouped(restarts, "namespace")
    merged = []
    for student in students:
        old = before.get(student["name"], {})
        by_name = {check["check"]: check for check in old.get("checks", [])}
        by_name.update({check["check"]: check for check in new_checks.get(student["name"], [])})
        merged.append(
            {
                "name": student["name"],
                "namespace": student["namespace"],
                "checks": sorted(by_name.values(), key=lambda check: NAMES.index(check["check"])),
                "restarts": new_restarts.get(student["namespace"], old.get("restarts", [])),
            }
        )
    return {
        "class": class_name,
        "cluster": cluster,
        "started": previous.get("started", now),
        "finished": now,
        "students": merged,
    }


def failed_checks(results: Results) -> list[Check]:
    return [check for student in results["students"] for check in student["checks"] if check["status"] == "failed"]


def table(results: Results) -> str:
    """Students by checks, as text: a row a student, a column a check, its name stacked word upon word to keep it narrow."""
    students = results["students"]
    done = [
        name for name in NAMES if any(check["check"] == name for student in students for check in student["checks"])
    ]
    shown = students if len(students) <= MOST_ROWS else [student for student in students if _failed(student)]
    height = max((len(name.split("_")) for name in done), default=1)
    header = [_stacked(name, height) for name in ["student", *done]]
    body = [[student["name"]] + [_mark(student, name) for name in done] for student in shown]
    widths = [
        max(len(text) for text in [*column, *(row[index] for row in body)]) for index, column in enumerate(header)
    ]
    lines = [_line([column[level] for column in header], widths) for level in range(len(header[0]))]
    lines.append(_line(["-" * width for width in widths], widths))
    lines += [_line(row, widths) for row in body]
    if len(shown) < len(students):
        lines.append(f"({len(students) - len(shown)} more students, with no failed check)")
    return "\n".join(lines)


def summary(results: Results) -> str:
    """One sentence: how many students passed every check."""
    students = results["students"]
    checks = [check for student in students for check in student["checks"]]
    counts = {status: sum(check["status"] == status for check in checks) for status in MARKS}
    fine = sum(not _failed(student) for student in students)
    return (
        f"{fine} of {len(students)} students passed every check"
        f" ({counts['passed']} checks passed, {counts['failed']} failed, {counts['skipped']} skipped)."
    )


def failures(results: Results, most: int = 20) -> list[str]:
    """The failed checks, a sentence each: who, what and why; at most `most`, then how many more."""
    failed = failed_checks(results)
    lines = [f"{check['student']}: {check['check']}: {check['reason']}" for check in failed[:most]]
    if len(failed) > most:
        lines.append(f"... and {len(failed) - most} more")
    return lines


def _grouped(items: list[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        groups.setdefault(item[key], []).append(item)
    return groups


def _failed(student: dict[str, Any]) -> bool:
    return any(check["status"] == "failed" for check in student["checks"])


def _mark(student: dict[str, Any], name: str) -> str:
    status = next((check["status"] for check in student["checks"] if check["check"] == name), None)
    return MARKS[status] if status else ""


def _stacked(name: str, height: int) -> list[str]:
    words = name.split("_")
    return [""] * (height - len(words)) + words


def _line(cells: list[str], widths: list[int]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()
