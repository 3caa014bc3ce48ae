# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The class's students: from a number, a list or the entries of a file to names and namespaces. Pure."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, cast

from ..module_utils._ground.wording import one_line

# A namespace's name and a label's value: an RFC 1123 label. Source: Kubernetes' "Object Names and IDs".
RFC_1123_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
RFC_1123_LENGTH = 63
MOST_STUDENTS = 10_000  # the number of namespaces Kubernetes is tested with, see its scalability thresholds
# Letters of European names that Unicode does not decompose into an ASCII letter and a mark.
UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
#: What an entry says of a student that is used here. Whatever else it says is kept.
KEYS = ("name", "namespace")
# Between `nmae` or `name_space`, which are misspelt, and `surname` or `workspace`, which are other words.
NEAR_MISS = 0.75
SYSTEM_NAMESPACES = ("default", "kube-")

#: What stands at one place of a roster: the place, as an error names it, and a name or a mapping.
Entry = tuple[str, Any]


class Student(TypedDict):
    """One student. Besides these keys it has whatever else the roster says of them.

    Attributes:
        name: as given.
        label: the value of the label kubelabs.pods/student.
        namespace: as given, or CLASS-LABEL.
    """

    name: str
    label: str
    namespace: str


class RosterError(ValueError):
    """The roster cannot be used. `problems` holds one sentence for each reason, with the place and the fix."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def entries(source: Any, place: str = "pods_lab_students") -> list[Entry]:
    """The entries of a roster that stands in a variable.

    Args:
        source: a number of students, or a list of names or of mappings with `name`.
        place: names the source in errors.

    Raises:
        RosterError: it is neither.
    """
    if isinstance(source, str) and source.strip().isdecimal():
        source = int(source)  # `-e pods_lab_students=20` arrives as text
    if isinstance(source, int) and not isinstance(source, bool):
        if not 1 <= source <= MOST_STUDENTS:
            raise RosterError([f"{place}: {source} is not a number of students from 1 to {MOST_STUDENTS}."])
        return [(place, f"student-{number}") for number in range(1, source + 1)]
    if not isinstance(source, Sequence) or isinstance(source, (str, bytes)):
        raise RosterError([f"{place}: {source!r} is neither a number of students nor a list of them."])
    if not source:
        raise RosterError([f"{place}: the list is empty. Name at least one student."])
    return [(f"{place}[{index}]", entry) for index, entry in enumerate(source)]


def students(roster: Iterable[Entry], class_name: str) -> list[Student]:
    """The students of the class, in the order of the roster.

    Args:
        roster: from `entries`, or from a file. An entry is a name, or a mapping with `name` and, if wanted, `namespace`
            and anything else, which is kept.
        class_name: the start of the namespaces that are not given.

    Raises:
        RosterError: with every problem found.
    """
    if class_problems(class_name):
        raise RosterError(class_problems(class_name))  # every namespace's name would be wrong for the same reason
    problems: list[str] = []
    found: list[tuple[str, Student]] = []
    for place, entry in roster:
        try:
            found.append((place, _student(entry, class_name, place)))
        except RosterError as error:
            problems += error.problems
    problems += _collisions(found, "name", "Give each student a name of their own.")
    problems += _collisions(found, "namespace", "Change one of the names, or give one of them a `namespace`.")
    if problems:
        raise RosterError(problems)
    return [student for _place, student in found]


def class_problems(class_name: Any) -> list[str]:
    """Why the class's name cannot be a label's value and the start of the namespaces' names; [] if it can."""
    if is_rfc_1123_label(class_name):
        return []
    return [
        f"pods_lab_class: {class_name!r} cannot be the name of a class: use at most {RFC_1123_LENGTH} lower-case"
        " letters, digits and '-', starting and ending with a letter or digit, as in 'pods-monday'."
    ]


def column_problems(columns: Mapping[str, Any]) -> list[str]:
    """A sentence for every key of `pods_lab_roster_columns` that would mean nothing, or that names no column."""
    problems = []
    for key, names in columns.items():
        if key not in KEYS:
            problems.append(
                f"pods_lab_roster_columns: {key!r} is nothing that a column is needed for. The keys are:"
                f" {', '.join(KEYS)}. Other columns are kept under their own names."
            )
        elif not names or not all(isinstance(one, str) for one in (names if isinstance(names, list) else [names])):
            problems.append(
                f"pods_lab_roster_columns: {key} is {names!r} and no column. Give the name of one, or a list of names."
            )
    return problems


def near_miss(key: Any, given: Iterable[Any]) -> str:
    """The key that is meant where `key` is misspelt, as no other of those that are given says it; '' where none is."""
    missing = [known for known in KEYS if known not in given]
    return next(iter(difflib.get_close_matches(str(key).casefold(), missing, n=1, cutoff=NEAR_MISS)), "")


def is_rfc_1123_label(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= RFC_1123_LENGTH and bool(RFC_1123_LABEL.fullmatch(text))


def slug(name: str) -> str:
    """`name` as an RFC 1123 label: 'Anna Müller' becomes 'anna-muller'; '' where nothing of it has an ASCII form."""
    ascii_name = (
        unicodedata.normalize("NFKD", name.casefold().translate(UNDECOMPOSED)).encode("ascii", "ignore").decode()
    )
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")


def _student(entry: Any, class_name: str, place: str) -> Student:
    """One entry as a student. Raises RosterError where it is none."""
    given = dict(entry) if isinstance(entry, dict) else {"name": entry}
    misspelt = {key: meant for key, value in given.items() if value and (meant := near_miss(key, given))}
    if misspelt:
        raise RosterError(
            [f"{place}: {entry!r} has the key {key!r}. Did you mean {meant!r}?" for key, meant in misspelt.items()]
        )
    name = _name(given.get("name"), entry, place)
    label = slug(name)
    namespace = given.get("namespace") or (f"{class_name}-{label}" if label else "")
    if not namespace:
        raise RosterError(
            [
                f"{place}: no namespace can be made of the name {name!r}: it has no letter or digit of a-z, 0-9."
                " Give the student a `namespace`."
            ]
        )
    culprit = f"{place}: {namespace!r}, the namespace of {name!r},"
    if not is_rfc_1123_label(namespace):
        raise RosterError(
            [
                f"{culprit} is not a namespace's name: at most {RFC_1123_LENGTH} lower-case letters, digits and '-',"
                " starting and ending with a letter or digit. Give the student another `namespace`."
            ]
        )
    if namespace.startswith(SYSTEM_NAMESPACES):
        raise RosterError([f"{culprit} belongs to Kubernetes itself. Give the student another `namespace`."])
    label = (label or namespace)[:RFC_1123_LENGTH].rstrip("-")
    return cast(Student, {**given, "name": name, "label": label, "namespace": namespace})


def _name(name: Any, entry: Any, place: str) -> str:
    if isinstance(name, (bool, float)):
        # A name such as No or 1e5 is not text to YAML.
        raise RosterError([f"{place}: the name {name!r} is not text. Put it in quotes."])
    if isinstance(name, int):
        name = str(name)  # such as 7
    text = one_line(name) if isinstance(name, str) else ""
    if not text:
        raise RosterError([f"{place}: {entry!r} has no `name`. Give every student a name."])
    return text


def _collisions(found: Iterable[tuple[str, Student]], key: str, remedy: str) -> list[str]:
    """A sentence for each value of `key` that several students share."""
    holders: dict[str, list[str]] = {}
    for place, student in found:
        holders.setdefault(cast(dict[str, Any], student)[key], []).append(f"{student['name']!r} ({place})")
    return [
        f"{' and '.join(who)} have the same {key} {value!r}. {remedy}" for value, who in holders.items() if len(who) > 1
    ]
