# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The class's students: from a number, a list or a file to names and namespaces. Pure but for `read`."""

from __future__ import annotations

import csv
import io
import pathlib
import re
import unicodedata
from typing import Any

# A namespace's name and a label's value: an RFC 1123 label. Source: Kubernetes' "Object Names and IDs".
RFC_1123_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
RFC_1123_LENGTH = 63
MOST_STUDENTS = 10_000  # the number of namespaces Kubernetes is tested with, see its scalability thresholds
# Letters of European names that Unicode does not decompose into an ASCII letter and a mark.
UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
SYSTEM_NAMESPACES = ("default", "kube-")

Student = dict[str, Any]


class RosterError(ValueError):
    """The roster cannot be used. `problems` holds one sentence for each reason, with the place and the fix."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def students(source: Any, class_name: str, place: str = "pods_lab_students") -> list[Student]:
    """The students of the class, in the order of the roster.

    `source` is a number of students, or a list of names or of mappings with `name` and, if wanted, `namespace` and
    anything else, which is kept. `place` names the source in errors.

    Returns mappings with at least `name` (as given), `label` (the value of the label kubelabs.pods/student) and
    `namespace` (`CLASS-LABEL` where none was given). Raises `RosterError` with every problem found.
    """
    if class_problems(class_name):
        raise RosterError(class_problems(class_name))  # every namespace's name would be wrong for the same reason
    entries, problems = _entries(source, place)
    found = []
    for where, entry in entries:
        student, student_problems = _student(entry, class_name, where)
        problems += student_problems
        if student:
            found.append((where, student))
    problems += _collisions(found, "name", "Give each student a name of their own.")
    problems += _collisions(found, "namespace", "Change one of the names, or give one of them a `namespace`.")
    if problems:
        raise RosterError(problems)
    return [student for _where, student in found]


def class_problems(class_name: str) -> list[str]:
    """Why the class's name cannot be used as a label's value and as the start of the namespaces' names; [] if it can."""
    if is_rfc_1123_label(class_name):
        return []
    return [
        f"pods_lab_class: {class_name!r} cannot be the name of a class: use at most {RFC_1123_LENGTH} lower-case"
        " letters, digits and '-', starting and ending with a letter or digit, as in 'pods-monday'."
    ]


def is_rfc_1123_label(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= RFC_1123_LENGTH and bool(RFC_1123_LABEL.fullmatch(text))


def slug(name: str) -> str:
    """`name` as an RFC 1123 label: 'Anna Müller' becomes 'anna-muller'; '' where no letter or digit has an ASCII form."""
    ascii_name = (
        unicodedata.normalize("NFKD", name.casefold().translate(UNDECOMPOSED)).encode("ascii", "ignore").decode()
    )
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")


def read(path: str) -> list[Any]:
    """The entries of a roster file: CSV with a header that has a column `name`, or a YAML list (`.yml`, `.yaml`).

    Raises `RosterError` where the file cannot be read or is neither.
    """
    try:
        # utf-8-sig: spreadsheets write a byte order mark at the start of a CSV.
        text = pathlib.Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RosterError(
            [f"pods_lab_roster: {path} cannot be read ({error}). Give the path of a CSV or YAML file."]
        ) from error
    if path.endswith((".yml", ".yaml")):
        return _parse_yaml(text, path)
    return _parse_csv(text, path)


def _parse_yaml(text: str, path: str) -> list[Any]:
    import yaml  # here, because ansible-test wants module_utils to be importable without it

    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RosterError(
            [f"pods_lab_roster: {path} is not YAML ({' '.join(str(error).split())}). Correct it there."]
        ) from error
    if not isinstance(entries, list):
        raise RosterError([f"pods_lab_roster: {path} must hold a YAML list of names or of mappings with a `name`."])
    return entries


def _parse_csv(text: str, path: str) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text))
    columns = [(column or "").strip() for column in rows.fieldnames or []]
    if "name" not in columns:
        raise RosterError(
            [
                f"pods_lab_roster: {path} has no column `name` in its first line (it has: {', '.join(columns) or 'nothing'})."
            ]
        )
    rows.fieldnames = columns
    entries = []
    for row in rows:
        if None in row:
            raise RosterError(
                [
                    f"pods_lab_roster: {path} line {rows.line_num} has more fields than the first line. Quote values that hold commas."
                ]
            )
        # An empty cell is a value that was not given.
        entries.append({column: value.strip() for column, value in row.items() if value and value.strip()})
    return entries


def _entries(source: Any, place: str) -> tuple[list[tuple[str, Any]], list[str]]:
    """The roster's entries, each with the place that an error about it names, and what is wrong with the whole."""
    if isinstance(source, str) and source.strip().isdecimal():
        source = int(source)  # `-e pods_lab_students=20` arrives as text
    if isinstance(source, int) and not isinstance(source, bool):
        if not 1 <= source <= MOST_STUDENTS:
            return [], [f"{place}: {source} is not a number of students from 1 to {MOST_STUDENTS}."]
        return [(place, f"student-{number}") for number in range(1, source + 1)], []
    if not isinstance(source, (list, tuple)):
        return [], [f"{place}: {source!r} is neither a number of students nor a list of them."]
    if not source:
        return [], [f"{place}: the list is empty. Name at least one student."]
    return [(f"{place}[{index}]", entry) for index, entry in enumerate(source)], []


def _student(entry: Any, class_name: str, where: str) -> tuple[Student | None, list[str]]:
    """One entry as a student, or None and why it is none."""
    given = dict(entry) if isinstance(entry, dict) else {"name": entry}
    name = given.get("name")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)  # YAML reads a name such as 007 as a number
    if not isinstance(name, str) or not name.strip():
        return None, [f"{where}: {entry!r} has no `name`. Give every student a name."]
    name = name.strip()
    label = slug(name)
    namespace = given.get("namespace") or (f"{class_name}-{label}" if label else "")
    if not namespace:
        return None, [
            f"{where}: no namespace can be made of the name {name!r}: it has no letter or digit of a-z, 0-9. Give the student a `namespace`."
        ]
    if not is_rfc_1123_label(namespace):
        return None, [
            f"{where}: {namespace!r}, the namespace of {name!r}, is not a namespace's name: at most {RFC_1123_LENGTH} lower-case letters,"
            " digits and '-', starting and ending with a letter or digit. Give the student another `namespace`."
        ]
    if namespace.startswith(SYSTEM_NAMESPACES):
        return None, [
            f"{where}: {namespace!r}, the namespace of {name!r}, belongs to Kubernetes itself. Give the student another `namespace`."
        ]
    return {
        **given,
        "name": name,
        "label": (label or namespace)[:RFC_1123_LENGTH].rstrip("-"),
        "namespace": namespace,
    }, []


def _collisions(found: list[tuple[str, Student]], key: str, remedy: str) -> list[str]:
    """A sentence for each value of `key` that several students share."""
    holders: dict[str, list[str]] = {}
    for where, student in found:
        holders.setdefault(student[key], []).append(f"{student['name']!r} ({where})")
    return [
        f"{' and '.join(who)} have the same {key} {value!r}. {remedy}" for value, who in holders.items() if len(who) > 1
    ]
