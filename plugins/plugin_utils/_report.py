# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a class as results.json holds it, and what people read of it. Pure.

docs/results.schema.json describes the form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypedDict, TypeVar, cast

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.ownership import STUDENT_LABEL, is_of_staff
from ..module_utils._ground.wording import NAMED
from ._arguments import mapping, mappings, text
from ._checks import BY_NAME, NAMES, Check, Result, Status, check
from ._harmless import harmless_line
from ._roster import Student
from ._text_table import cut, fitted_table

MARKS = {Status.PASSED: "ok", Status.FAILED: "FAIL", Status.SKIPPED: "-"}
#: How the marks are written where there is little room.
NARROW = {"ok": "+", "FAIL": "X"}
#: Columns of a name, and characters of a reason, that a terminal is shown: the files have more of them.
LONGEST_NAME, LONGEST_REASON = 40, 2000
MOST_ROWS = 40  # students in the console's table; of more, those with a failed check
MOST_CAUSES = 20  # lines of failures and of notes

STUDENT_NAME_ANNOTATION = "kubelabs.pods/student-name"

Item = TypeVar("Item", bound=Mapping[str, Any])


class StudentReport(TypedDict):
    """What the report says of one student.

    Attributes:
        name, namespace: of the student.
        checks: in the order of the lab.
        restarts: results of `pod_restart_watch`.
    """

    name: str
    namespace: str
    checks: list[Check]
    restarts: list[Result]


#: All of a class. `class` is its name; `cluster` is what `cluster_info` said; `started` and `finished` are when the lab
#: was provisioned and when its last phase so far ended, as ISO 8601 times in UTC.
Report = TypedDict(
    "Report",
    {"class": str, "cluster": Mapping[str, Any], "started": str, "finished": str, "students": list[StudentReport]},
)


def a_report(value: Any, what: str = "the report") -> Report:
    """The value as a report.

    Raises:
        ArgumentError: it is none; `what` names it there.
    """
    report = mapping(value, what, "class", "cluster", "started", "finished", "students")
    text(report["class"], "class")
    mapping(report["cluster"], "cluster")
    for index, student in enumerate(mappings(report["students"], "students", "name", "namespace", "checks")):
        whose = f"students[{index}]"
        for key in ("name", "namespace"):
            text(student[key], f"{whose}.{key}")
        mappings(student.get("restarts") or [], f"{whose}.restarts")
        for made in mappings(student["checks"], f"{whose}.checks", "student", "check", "status", "reason"):
            for key in ("check", "reason"):
                text(made[key], f"{whose}.checks: {key}")
            for key in ("note", "evidence", "kubectl"):
                text(made.get(key) or "", f"{whose}.checks: {key} of {made['check']}")
            if made["status"] not in list(Status):
                raise ArgumentError(f"{whose}: the check {made['check']} has the status {made['status']!r}.")
    return cast(Report, report)


def merge_report(
    previous: Report | None,
    class_name: str,
    cluster: Mapping[str, Any],
    students: Sequence[Student],
    checks: Sequence[Check],
    restarts: Sequence[Result],
    now: str,
) -> Report:
    """`previous`, None at the start of a lab, with the checks of a phase put in the place of those of the same name.

    Each of the students gets each of the phase's checks: one that is missing has failed. A check is skipped where one
    that it needs did not pass, in this phase or an earlier one. Students of `previous` who are not among `students`
    stay as they are.

    Args:
        students: those whom the phase was about.
        restarts: results of `pod_restart_watch`; a student's earlier ones stay where there are no new ones.
        now: the time as ISO 8601 in UTC.

    Raises:
        ArgumentError: a check has a name that is not in the vocabulary.
    """
    unknown = sorted({made["check"] for made in checks} - set(BY_NAME))
    if unknown:
        raise ArgumentError(f"{', '.join(unknown)}: no such check. The checks are: {', '.join(BY_NAME)}.")
    phase = sorted({made["check"] for made in checks}, key=_place)
    new_checks = _grouped(checks, "student")
    new_restarts = _grouped(restarts, "namespace")
    before = {student["name"]: student for student in (previous["students"] if previous else [])}
    about = {student["name"]: student for student in students}
    merged: list[StudentReport] = []
    for name in {**before, **about}:
        old = before.get(name)
        if name not in about:
            merged.append(before[name])
            continue
        namespace = about[name]["namespace"]
        made = {one["check"]: one for one in new_checks.get(name, [])}
        of_phase = [made.get(one) or check(name, one, False, "It was not looked at.") for one in phase]
        merged.append(
            {
                "name": name,
                "namespace": namespace,
                "checks": _merged(old["checks"] if old else [], of_phase),
                "restarts": new_restarts.get(namespace) or (old["restarts"] if old else []),
            }
        )
    return {
        "class": class_name,
        "cluster": cluster,
        "started": previous["started"] if previous else now,
        "finished": now,
        "students": merged,
    }


def forgetting(report: Report, students: Sequence[Student]) -> Report:
    """The report without what it says of these students, who keep their places."""
    names = {student["name"] for student in students}
    return cast(
        Report,
        {
            **report,
            "students": [
                {**one, "checks": [], "restarts": []} if one["name"] in names else one for one in report["students"]
            ],
        },
    )


def _merged(old: Iterable[Check], new: Iterable[Check]) -> list[Check]:
    """One student's checks in the order of the lab."""
    by_name = {one["check"]: one for one in old}
    for one in new:
        before = by_name.get(one["check"])
        if before and BY_NAME[one["check"]].stays and _says_no_more(one, before):
            continue
        by_name[one["check"]] = one
        # In the order of the lab, so what this check needs has been decided.
        missed = _not_passed(one["check"], by_name)
        if missed:
            by_name[one["check"]] = check(one["student"], one["check"], None, f"Needs {missed}.")
    return sorted(by_name.values(), key=lambda one: _place(one["check"]))


def _says_no_more(now: Check, before: Check) -> bool:
    """Whether what was found before stays: it passed and has not failed since, or it failed and now nothing is there to
    be looked at, which is no better reason."""
    if before["status"] == Status.PASSED:
        return now["status"] != Status.FAILED
    return before["status"] == now["status"] == Status.FAILED and now["started"] is None


def _not_passed(name: str, by_name: Mapping[str, Check]) -> str:
    """What keeps a check from being looked at: the first of those that it needs, or they need, which did not pass; ''
    where all passed or are not in the report."""
    for need in BY_NAME[name].needs:
        status = by_name[need]["status"] if need in by_name else Status.PASSED
        if status == Status.FAILED:
            return f"{need}, which failed"
        if status == Status.SKIPPED:
            return _not_passed(need, by_name) or f"{need}, which was skipped"
    return ""


def report_students(report: Report | None, namespaces: Sequence[Mapping[str, Any]]) -> list[Student]:
    """The students of the report, and those whose namespaces are on the cluster and not in the report.

    `namespaces` have `name`, `labels` and `annotations`, as in a Namespace's metadata. That of the staff is not a
    student's.
    """
    found: list[Student] = [
        {"name": student["name"], "namespace": student["namespace"], "label": student["namespace"]}
        for student in (report["students"] if report else [])
    ]
    known = {student["namespace"] for student in found}
    names = {student["name"] for student in found}
    for namespace in namespaces:
        if namespace["name"] in known or is_of_staff(namespace.get("labels") or {}):
            continue
        label = (namespace.get("labels") or {}).get(STUDENT_LABEL) or namespace["name"]
        name = (namespace.get("annotations") or {}).get(STUDENT_NAME_ANNOTATION) or label
        if name in names:
            name = f"{name} ({namespace['name']})"
        found.append({"name": name, "namespace": namespace["name"], "label": label})
        known.add(namespace["name"])
        names.add(name)
    return found


def report_table(report: Report, columns: int = 0) -> str:
    """Students by checks, as text: a row for each student, a column for each check, whose name stands word upon word to
    keep it narrow.

    Args:
        columns: of the terminal; 0 where it does not matter. Where the table is wider the checks have numbers, which
            are explained below it.
    """
    students = report["students"]
    present = {made["check"] for student in students for made in student["checks"]}
    done = [name for name in NAMES if name in present] + sorted(present.difference(NAMES))
    failed = [student for student in students if _failed(student)]
    shown = students if len(students) <= MOST_ROWS else failed[:MOST_ROWS]
    body = [[_short(student["name"])] + [_mark(student, name) for name in done] for student in shown]
    lines = fitted_table([["student"], *(name.split("_") for name in done)], body, done, columns, NARROW)
    if len(shown) < len(students):
        hidden = len(failed) - len(shown)
        lines.append(
            f"({hidden} more students with a failed check, {len(students) - len(failed)} with none)"
            if hidden
            else f"({len(students) - len(shown)} more students, with no failed check)"
        )
    return "\n".join(lines)


#: The check with which every lab begins.
FIRST = "namespace"
#: What settings leave out, and what a lab that is kept has not come to.
NOT_ALWAYS_MADE = ("student_access", "network_isolation", "cleanup")


class Totals(NamedTuple):
    """How a class did.

    Attributes:
        students: how many there are.
        fine: how many passed every check that was made. Who lacks a check that others have has not.
        lacking: the names of those.
        checks: how many there are of each status.
        unmade: the checks that every lab makes and that were made for nobody, as where a phase has not run.
    """

    students: int
    fine: int
    lacking: list[str]
    checks: dict[Status, int]
    unmade: list[str]

    @property
    def every(self) -> str:
        """What who is fine has passed."""
        return "every check that was made" if self.checks[Status.SKIPPED] or self.unmade else "every check"


def totals(report: Report) -> Totals:
    students = report["students"]
    counts = Counter(made["status"] for student in students for made in student["checks"])
    done = {made["check"] for student in students for made in student["checks"]}
    lacking = [student["name"] for student in students if _lacks(student, done)]
    fine = sum(is_fine(student, done) for student in students)
    # Of some checks only, as those of a teardown, nothing is amiss.
    whole = FIRST in done
    unmade = [name for name in NAMES if whole and name not in done and name not in NOT_ALWAYS_MADE]
    return Totals(len(students), fine, lacking, {status: counts[status] for status in Status}, unmade)


def is_fine(student: StudentReport, done: Collection[str]) -> bool:
    """Whether a student passed every check that was made.

    Args:
        done: the names of those that were made for anybody. Who lacks one of them has not.
    """
    passed = any(made["status"] == Status.PASSED for made in student["checks"])
    return passed and not _failed(student) and not _lacks(student, done)


def _lacks(student: StudentReport, done: Collection[str]) -> bool:
    return not {made["check"] for made in student["checks"]}.issuperset(done)


def report_summary(report: Report) -> str:
    """How many students passed every check that was made. Who lacks a check that others have has not."""
    of = totals(report)
    counts = of.checks
    if of.students and not counts[Status.PASSED] + counts[Status.FAILED]:
        return f"There was nothing to check for {of.students} student(s) ({counts[Status.SKIPPED]} checks skipped)."
    return (
        f"{of.fine} of {of.students} students passed {of.every}"
        f" (checks: {counts[Status.PASSED]} passed, {counts[Status.FAILED]} failed, {counts[Status.SKIPPED]} skipped)."
        + (f" Not counted, because not every check was made: {_named(of.lacking)}." if of.lacking else "")
    )


def report_failures(report: Report, most: int = MOST_CAUSES) -> list[str]:
    """What failed, a line for each cause: the check, who and why. Causes beyond `most` are counted, with who.

    That nothing was checked at all is a failure, too.
    """
    if not any(student["checks"] for student in report["students"]):
        return ["Nothing was checked: the report has no checks."]
    return _lines(failures(report), most)


def failures(report: Report) -> list[Cause]:
    """What failed, by its cause."""
    return _causes(
        report, lambda made: (made["reason"] or "no reason given") if made["status"] == Status.FAILED else ""
    )


def report_of(report: Report, checks: Sequence[str], students: Sequence[str] = ()) -> Report:
    """What the report says of the checks and the students of these names, of all where none is named.

    Students of whom it says nothing are left out.
    """
    made = [
        {**student, "checks": [one for one in student["checks"] if not checks or one["check"] in checks]}
        for student in report["students"]
        if not students or student["name"] in students
    ]
    return cast(Report, {**report, "students": [student for student in made if student["checks"]]})


def report_notes(report: Report, most: int = MOST_CAUSES) -> list[str]:
    """What is worth knowing and nobody's fault, a line for each kind, as in `report_failures`."""
    return _lines(notes(report), most)


def notes(report: Report) -> list[Cause]:
    """The notes, by what they say."""
    return _causes(report, lambda made: made.get("note") or "")


def phase_failures(report: Report, checks: Collection[str]) -> str:
    """Which of the checks of these names failed and for whom, in one line and without reasons; empty where none did."""
    failed: dict[str, list[str]] = {}
    for student in report["students"]:
        for made in student["checks"]:
            if made["check"] in checks and made["status"] == Status.FAILED:
                failed.setdefault(made["check"], []).append(_short(student["name"]))
    parts = [f"{name}: {_named(failed[name])}" for name in sorted(failed, key=_place)]
    return f"Failed so far: {'; '.join(parts)}." if parts else ""


class Cause(NamedTuple):
    """What was said of several students in the same words, but for names and figures.

    Attributes:
        check: the name of the check.
        texts, students, checks: of each of them, in the order of the report.
    """

    check: str
    texts: list[str]
    students: list[StudentReport]
    checks: list[Check]


def _causes(report: Report, said: Callable[[Check], str]) -> list[Cause]:
    """In the order of the lab."""
    causes: dict[tuple[str, str], Cause] = {}
    for student in report["students"]:
        for made in student["checks"]:
            text = said(made)
            if not text:
                continue
            key = made["check"], _kind_of(text, student)
            cause = causes.setdefault(key, Cause(made["check"], [], [], []))
            cause.texts.append(text)
            cause.students.append(student)
            cause.checks.append(made)
    return sorted(causes.values(), key=lambda cause: _place(cause.check))


def _lines(causes: Sequence[Cause], most: int) -> list[str]:
    lines = [_cause_line(cause) for cause in causes[:most]]
    if len(causes) > most:
        others = list(dict.fromkeys(student["name"] for cause in causes[most:] for student in cause.students))
        lines.append(f"... and {len(causes) - most} more, of {_named(others)}")
    return lines


def _cause_line(cause: Cause) -> str:
    known = BY_NAME.get(cause.check)
    what = f"{cause.check} (shows that {known.shows})" if known else cause.check
    names = [_short(student["name"]) for student in cause.students]
    example = "" if len(set(cause.texts)) == 1 else f" (said of {names[0]})"
    return f"{what}: {_named(names)}: {harmless_line(cause.texts[0], LONGEST_REASON)}{example}"


def _short(name: str) -> str:
    """A name in one line of a terminal."""
    return cut(harmless_line(name, 2 * LONGEST_NAME), LONGEST_NAME)


def _kind_of(text: str, student: StudentReport) -> str:
    """The text without what differs from student to student: names, and words that hold figures."""
    for own in (student["namespace"], student["name"]):
        text = re.sub(rf"(?<![\w-]){re.escape(own)}(?![\w-])", "…", text)
    return re.sub(r"\b(?=[a-f]*\d)[0-9a-f]+\b|\d+", "#", text)


def _named(names: Sequence[str]) -> str:
    """One student by name; several counted, and the first of them named."""
    if len(names) == 1:
        return names[0]
    more = f", and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)} students ({', '.join(names[:NAMED])}{more})"


def _place(name: str) -> int:
    """A check's place in the order of the lab; those that this version does not know come last."""
    return NAMES.index(name) if name in BY_NAME else len(NAMES)


def _grouped(items: Iterable[Item], key: str) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item[key], []).append(item)
    return groups


def _failed(student: StudentReport) -> bool:
    return any(made["status"] == Status.FAILED for made in student["checks"])


def _mark(student: StudentReport, name: str) -> str:
    status = next((made["status"] for made in student["checks"] if made["check"] == name), None)
    return MARKS[Status(status)] if status else ""
