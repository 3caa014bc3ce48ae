# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ours to touch: only what carries the labels of the class. Pure."""

from __future__ import annotations

import re
from typing import Any

from .errors import ArgumentError

#: Nothing without this label and value is ever changed or deleted.
OWNER_LABEL = "app.kubernetes.io/managed-by"
OWNER = "kubelabs.pods"


def check_selector(selector: str) -> None:
    """Refuses a selector that could match a namespace which is not ours.

    Raises:
        ArgumentError: it lacks our label.
    """
    requirements = [part.strip() for part in re.split(r",(?![^()]*\))", selector)]
    for requirement in requirements:
        key, sign, value = requirement.partition("=")
        if sign and key.strip() == OWNER_LABEL and value.lstrip("=").strip() == OWNER:
            return
    raise ArgumentError(
        f"The label_selector {selector!r} is refused: it must contain {OWNER_LABEL}={OWNER}, because nothing without our label is ever deleted."
    )


def namespace_problems(
    existing: list[dict[str, Any]], students: list[dict[str, Any]], labels: dict[str, str]
) -> list[str]:
    """Why the students' namespaces cannot be used, a sentence for each kind of reason; [] if they can.

    `existing` are the cluster's Namespace objects, `labels` those that everything of the class carries.
    """
    wanted = {student["namespace"] for student in students}
    ours = {
        namespace["metadata"]["name"]: namespace for namespace in existing if namespace["metadata"]["name"] in wanted
    }
    foreign = [name for name, namespace in ours.items() if not _carries(namespace, labels)]
    going = [
        name
        for name, namespace in ours.items()
        if name not in foreign and namespace["metadata"].get("deletionTimestamp")
    ]
    problems = []
    if foreign:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        problems.append(
            f"Namespace(s) that exist and do not carry the labels {selector} are not touched: {', '.join(sorted(foreign))}."
            " Give those students another `namespace`, choose another pods_lab_class, or delete the namespaces yourself."
        )
    if going:
        problems.append(
            f"Namespace(s) of the class that are still being deleted: {', '.join(sorted(going))}. Run again when they are gone."
        )
    return problems


def _carries(namespace: dict[str, Any], labels: dict[str, str]) -> bool:
    # Key by key: what Ansible hands to a filter are lazy mappings, whose items() are no sets.
    own = namespace["metadata"].get("labels") or {}
    return all(own.get(key) == value for key, value in labels.items())
