# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The class's students: from a number, a list or the entries of a file to names and namespaces. Pure."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict, cast

from ..module_utils._ground.wording import listed
from ._labels import HASH_LENGTH, RFC_1123_LENGTH, identity, is_rfc_1123_label, slug, visible, with_hash

MOST_STUDENTS = 10_000  # the number of namespaces Kubernetes is tested with, see its scalability thresholds
#: The start of a label of which nothing but the hash is left, so that it begins with a letter as all others do.
NO_SLUG = "s"
#: The longest name of a class beside which every student gets a namespace's name: `CLASS-s-1a2b3c` has to fit.
LONGEST_CLASS = RFC_1123_LENGTH - len(f"-{NO_SLUG}-") - HASH_LENGTH
#: How a spreadsheet's formulas begin. In a report that is opened in one they would be formulas again.
FORMULA = ("=", "+", "-", "@")
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
        name: as given, but for white space and what shows nothing.
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
    refuse_too_many(len(source), place)
    return [(f"{place}[{index}]", entry) for index, entry in enumerate(source)]


def refuse_too_many(number: int, place: str) -> None:
    """Raises RosterError where there are more students than a class may have."""
    if number > MOST_STUDENTS:
        raise RosterError(
            [f"{place}: {number} students are more than the {MOST_STUDENTS} of a class. Make several classes of them."]
        )


def students(roster: Iterable[Entry], class_name: str) -> list[Student]:
    """The students of the class, in the order of the roster.

    Where several names have the same slug, the first in the roster has it as it is, each later one with a hash of its
    own name behind it.

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
            found.append((place, _student(entry, place)))
        except RosterError as error:
            problems += error.problems
    same_name = _alike(found, lambda student: identity(student["name"]))
    problems += [
        f"{who} have the same name. Take one of them out, or give each student a name of their own."
        for who in same_name.values()
    ]
    # Who is there twice has been told, and needs no namespace that might be told as well.
    first: dict[str, tuple[str, Student]] = {}
    for place, student in found:
        first.setdefault(identity(student["name"]), (place, student))
    once = list(first.values())
    problems += _name_namespaces(once, class_name)
    problems += [
        f"{who} have the same namespace {namespace!r}. Give one of them another `namespace`."
        for namespace, who in _alike(once, lambda student: student["namespace"]).items()
        if namespace
    ]
    if problems:
        raise RosterError(problems)
    return [student for _place, student in found]


def chosen(class_: Sequence[Student], wanted: str) -> list[Student]:
    """The students that `wanted` names, by their name, namespace or label: one, or several with commas between them.

    Raises:
        RosterError: one of them is none of the class, or may be several.
    """
    found: dict[str, Student] = {}
    problems = []
    for one in filter(None, (part.strip() for part in wanted.split(","))):
        same = [student for student in class_ if one in (student["name"], student["namespace"])] or [
            student for student in class_ if identity(one) == identity(student["name"]) or one == student["label"]
        ]
        found |= {student["namespace"]: student for student in same}
        if not same:
            known = [known for student in class_ for known in (student["name"], student["label"])]
            nearest = difflib.get_close_matches(one, known, n=1)
            remedy = f"Did you mean {nearest[0]!r}? Else name" if nearest else "Name"
            problems.append(
                f"pods_lab_only: {one!r} is none of the {len(class_)} student(s) of this run. {remedy} one of them, or"
                " give the pods_lab_roster or pods_lab_students of which the student is."
            )
        elif len(same) > 1:
            which = " or ".join(f"{student['name']} ({student['namespace']})" for student in same)
            problems.append(f"pods_lab_only: {one!r} may be {which}. Give the namespace.")
    if problems:
        raise RosterError(problems)
    return [student for student in class_ if student["namespace"] in found]


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
    return _nearest(str(key).casefold(), tuple(known for known in KEYS if known not in given))


@functools.cache  # the same few columns for thousands of students
def _nearest(key: str, missing: tuple[str, ...]) -> str:
    return next(iter(difflib.get_close_matches(key, missing, n=1, cutoff=NEAR_MISS)), "")


def _student(entry: Any, place: str) -> Student:
    """One entry as a student, with a namespace and a label if the namespace is given, else with '' for both.

    Raises:
        RosterError: it is none.
    """
    given = dict(entry) if isinstance(entry, dict) else {"name": entry}
    misspelt = {key: meant for key, value in given.items() if value and (meant := near_miss(key, given))}
    if misspelt:
        raise RosterError(
            [f"{place}: {entry!r} has the key {key!r}. Did you mean {meant!r}?" for key, meant in misspelt.items()]
        )
    name = _name(given.get("name"), entry, place)
    namespace = given.get("namespace") or ""
    if namespace and (problem := _namespace_problem(namespace, name, place)):
        raise RosterError([problem])
    # As it always was, whether Unidecode is installed or not: who gives namespaces needs none.
    label = (slug(name, transliterated=False) or namespace)[:RFC_1123_LENGTH].rstrip("-") if namespace else ""
    return cast(Student, {**given, "name": name, "label": label, "namespace": namespace})


def _name(name: Any, entry: Any, place: str) -> str:
    if isinstance(name, (bool, float)):
        # A name such as No or 1e5 is not text to YAML.
        raise RosterError([f"{place}: the name {name!r} is not text. Put it in quotes."])
    text = visible(str(name)) if isinstance(name, (str, int)) else ""  # a number such as 7
    if not text:
        raise RosterError([f"{place}: {entry!r} has no `name`. Give every student a name."])
    if text.startswith(FORMULA):
        raise RosterError(
            [
                f"{place}: the name {text!r} begins with {text[0]!r}, as a spreadsheet's formula does. Write the name"
                " itself there."
            ]
        )
    return text


def _name_namespaces(found: Iterable[tuple[str, Student]], class_name: str) -> list[str]:
    """Gives those who have none a label and a namespace. Returns a sentence for each reason why one has none still."""
    problems = []
    taken: set[str] = set()
    needing: list[str] = []  # Unidecode, which is missing
    cramped: list[str] = []
    room = RFC_1123_LENGTH - len(class_name) - 1
    for place, student in found:
        if student["namespace"]:
            continue
        who = f"{student['name']!r} ({place})"
        try:
            label = slug(student["name"])
        except ImportError:
            needing.append(who)
            continue
        if not label or len(label) > room or label in taken:
            if len(class_name) > LONGEST_CLASS:
                cramped.append(who)
                continue
            label = with_hash(label or NO_SLUG, student["name"], room)
        taken.add(label)
        namespace = f"{class_name}-{label}"
        if problem := _namespace_problem(namespace, student["name"], place):
            problems.append(problem)
            continue
        student["label"], student["namespace"] = label, namespace
    if needing:
        problems.append(
            f"The Python library Unidecode is missing, without which no namespaces can be made of {listed(needing)}:"
            " `pip install Unidecode` where Ansible runs, or give each of them a `namespace`."
        )
    if cramped:
        problems.append(
            f"pods_lab_class: {class_name!r} leaves no room in a namespace's name, which has at most {RFC_1123_LENGTH}"
            f" characters, for {listed(cramped)}. Use at most {LONGEST_CLASS}, or give each of them a `namespace`."
        )
    return problems


def _namespace_problem(namespace: Any, name: str, place: str) -> str:
    """Why a namespace cannot be that of a student; '' if it can."""
    culprit = f"{place}: {namespace!r}, the namespace of {name!r},"
    if not is_rfc_1123_label(namespace):
        return (
            f"{culprit} is not a namespace's name: at most {RFC_1123_LENGTH} lower-case letters, digits and '-',"
            " starting and ending with a letter or digit. Give the student another `namespace`."
        )
    if namespace.startswith(SYSTEM_NAMESPACES):
        return f"{culprit} belongs to Kubernetes itself. Give the student another `namespace`."
    return ""


def _alike(found: Iterable[tuple[str, Student]], key: Callable[[Student], str]) -> dict[str, str]:
    """Those who share a key, by that key: each with name and place."""
    holders: dict[str, list[str]] = {}
    for place, student in found:
        holders.setdefault(key(student), []).append(f"{student['name']!r} ({place})")
    return {value: " and ".join(who) for value, who in holders.items() if len(who) > 1}
