# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ours to touch: only what carries the labels of the class. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import ArgumentError
from .json_reading import as_map

#: Nothing without this label and value is ever changed or deleted.
OWNER_LABEL = "app.kubernetes.io/managed-by"
OWNER = "kubelabs.pods"
#: Whose class an object belongs to.
CLASS_LABEL = "kubelabs.pods/class"
#: Whose of the class, where it is one student's.
STUDENT_LABEL = "kubelabs.pods/student"
#: What is no student's says what it is for: as yet this is the staff.
PART_LABEL = "kubelabs.pods/part"
STAFF = "staff"


def labels_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_map(as_map(item.get("metadata")).get("labels"))


def is_ours(item: Mapping[str, Any], like: Mapping[str, Any] | None = None) -> bool:
    """Whether an object carries our label, and, where labels are given to compare with, the class of those."""
    labels = labels_of(item)
    if labels.get(OWNER_LABEL) != OWNER:
        return False
    return like is None or labels.get(CLASS_LABEL) == like.get(CLASS_LABEL)


def is_of_staff(labels: Mapping[str, Any]) -> bool:
    """Whether what has these labels is for people of a class who are no students."""
    return labels.get(PART_LABEL) == STAFF and STUDENT_LABEL not in labels


def _requirements(selector: str) -> list[str]:
    """The parts of a label selector; commas inside parentheses belong to a part."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", selector)]


def matches(selector: str, labels: Mapping[str, Any]) -> bool:
    """Whether labels match a selector made of `key=value`; any other form matches nothing, to be on the safe side."""
    wanted = [requirement.partition("=") for requirement in _requirements(selector)]
    return all(sign and labels.get(key.strip()) == value.lstrip("=").strip() for key, sign, value in wanted)


def check_selector(selector: str) -> None:
    """Refuses a selector that could match something which is not ours.

    Raises:
        ArgumentError: it lacks our label.
    """
    for requirement in _requirements(selector):
        key, sign, value = requirement.partition("=")
        if sign and key.strip() == OWNER_LABEL and value.lstrip("=").strip() == OWNER:
            return
    raise ArgumentError(
        f"The label_selector {selector!r} is refused: it must contain {OWNER_LABEL}={OWNER}, because nothing without "
        "our label is ever deleted."
    )


def namespace_problems(
    existing: Sequence[Mapping[str, Any]],
    students: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str],
    *,
    must_exist: bool = False,
) -> list[str]:
    """Why the students' namespaces cannot be used, a sentence for each kind of reason; [] if they can.

    Args:
        existing: the cluster's Namespace objects.
        labels: those that a namespace which may be used carries.
        must_exist: whether no others will be made.
    """
    wanted = {student["namespace"] for student in students}
    found = {
        namespace["metadata"]["name"]: namespace for namespace in existing if namespace["metadata"]["name"] in wanted
    }
    foreign = [name for name, namespace in found.items() if not carries(namespace, labels)]
    problems = []
    if must_exist and (missing := sorted(wanted - set(found))):
        problems.append(
            f"Namespace(s) that are to be there and are not: {', '.join(missing)}. Have them made, correct the"
            " `namespace` of those students, or set pods_lab_use_existing_namespaces: false."
        )
    if foreign:
        selector = selector_of(labels)
        problems.append(
            f"Namespace(s) that exist and do not carry the labels {selector} are not touched:"
            f" {', '.join(sorted(foreign))}. Give those students another `namespace`, choose another pods_lab_class,"
            " or delete the namespaces yourself."
        )
    return problems


def selector_of(labels: Mapping[str, str]) -> str:
    """The label selector for what carries all these labels, in their order."""
    return ",".join(f"{key}={value}" for key, value in labels.items())


def of_class(objects: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Those of the objects that carry the labels."""
    return [item for item in objects if carries(item, labels)]


def carries(item: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether an object has all these labels."""
    # Key by key: what Ansible hands to a filter are lazy mappings, whose items() are no sets.
    own = labels_of(item)
    return all(own.get(key) == value for key, value in labels.items())
