# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The students' namespaces: what they are to be, and whether pods can be made in them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ..module_utils._ground import ownership
from ..module_utils._ground.json_reading import as_list, as_map, as_text
from ..module_utils._ground.ownership import (
    CLASS_LABEL,
    STUDENT_LABEL,
    carries,
    is_of_staff,
    labels_of,
    of_class,
    selector_of,
)
from ..module_utils._ground.wording import listed
from ._checks import Check, check
from ._kubernetes_version import minor_version
from ._labels import identity, visible
from ._report import STUDENT_NAME_ANNOTATION
from ._roster import Student


class Place(TypedDict):
    """Whose namespace is which."""

    name: str
    namespace: str


class RosterChanges(TypedDict):
    """What a run with a roster means for a class that is there already.

    Attributes:
        new: the students without a namespace of the class.
        stay: those with one.
        gone: the students' namespaces that are nobody's in the roster. No run touches them but a teardown.
        said: all of it in a sentence.
    """

    new: list[Student]
    stay: list[Student]
    gone: list[Place]
    said: str


def namespace_problems(
    existing: Sequence[Mapping[str, Any]],
    students: Sequence[Student],
    labels: Mapping[str, str],
    *,
    must_exist: bool = False,
) -> list[str]:
    """Why the students' namespaces cannot be used: what `ownership` says, and where one is another's.

    The latter is so where the roster was put in another order, as the first of two names with the same slug has it as
    it is. Who is in the roster no more may have been renamed: their namespace is that of the student who has it now,
    unless that one has another already.
    """
    problems = ownership.namespace_problems(existing, students, labels, must_exist=must_exist)
    there = _alive(existing, labels)
    # By class as well: where no labels are asked for, there may be namespaces of several.
    had = {
        (labels_of(item).get(CLASS_LABEL), identity(whose)): name
        for name, item in there.items()
        if (whose := _annotated_name(item))
    }
    in_roster = {identity(student["name"]) for student in students}
    for student in students:
        name, namespace = student["name"], student["namespace"]
        item = there.get(namespace, {})
        whose = _annotated_name(item)
        if not whose or identity(whose) == identity(name):
            continue
        own = had.get((labels_of(item).get(CLASS_LABEL), identity(name)))
        other_order = f"put {whose!r} in front of {name!r} in the roster, or " if identity(whose) in in_roster else ""
        if other_order or own:
            problems.append(
                f"The roster gives {name!r} the namespace {namespace}, which is that of {whose!r} on the cluster:"
                f" {other_order}give {name!r} {f'the `namespace` {own}, as before' if own else 'another `namespace`'}."
            )
    return problems


def _alive(namespaces: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """Those of the Namespace objects that are the class's and are not being deleted, by name."""
    return {
        as_text(as_map(item.get("metadata")).get("name")): item
        for item in of_class(namespaces, labels)
        if not _is_being_deleted(item)
    }


def roster_changes(
    students: Sequence[Student],
    namespaces: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str],
    *,
    remove: bool = False,
) -> RosterChanges:
    """What a run with this roster means for the class as it is on the cluster.

    Args:
        namespaces: Namespace objects, of the class or all. One that is being deleted does not count.
        labels: those that everything of the class carries.
        remove: whether who is gone from the roster will be removed.
    """
    there = _alive(namespaces, labels)
    wanted = {student["namespace"] for student in students}
    new = [student for student in students if student["namespace"] not in there]
    stay = [student for student in students if student["namespace"] in there]
    gone: list[Place] = [
        {"name": _annotated_name(item) or as_text(labels_of(item).get(STUDENT_LABEL)) or name, "namespace": name}
        for name, item in there.items()
        if name not in wanted and not is_of_staff(labels_of(item))
    ]
    fate = "removed" if remove else "kept"
    parts = [
        f"{len(new)} new ({listed([student['name'] for student in new])})" if new else "",
        f"{len(gone)} gone from the roster and {fate} ({listed([place['name'] for place in gone])})" if gone else "",
        f"{len(stay)} as before" if stay else "",
    ]
    said = ", ".join(part for part in parts if part)
    return {"new": new, "stay": stay, "gone": gone, "said": f"{said}." if said else "Nobody."}


def _annotated_name(namespace: Mapping[str, Any]) -> str:
    """The student for whom the lab made a namespace; '' where it did not, as where an administrator has."""
    return visible(as_text(as_map(as_map(namespace.get("metadata")).get("annotations")).get(STUDENT_NAME_ANNOTATION)))


def _is_being_deleted(namespace: Mapping[str, Any]) -> bool:
    return bool(as_map(namespace.get("metadata")).get("deletionTimestamp"))


def with_metadata(
    definitions: Sequence[Mapping[str, Any]], labels: Mapping[str, str], annotations: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The objects with further labels and annotations, word by word: an `@` in them is no placeholder.

    Those that an object has already stay as they are.
    """
    made = []
    for definition in definitions:
        metadata = as_map(definition.get("metadata"))
        merged = {
            **metadata,
            "labels": {**labels, **as_map(metadata.get("labels"))},
            "annotations": {**annotations, **as_map(metadata.get("annotations"))},
        }
        made.append({**definition, "metadata": merged})
    return made


def namespaces_without_account(
    accounts: Sequence[Mapping[str, Any]], namespaces: Sequence[str], version: str
) -> list[str]:
    """Those of the namespaces in which pods are refused yet, because there is no service account to give them.

    Up to Kubernetes 1.23 they are refused until the account's token is there as well. Source: the admission plugin
    ServiceAccount, in plugin/pkg/admission/serviceaccount/admission.go.

    Args:
        accounts: the ServiceAccount objects named `default`.
        version: the API server's, such as `v1.20.2`; where it does not say, that of today is assumed.
    """
    minor = minor_version(version)
    needs_token = minor is not None and minor < (1, 24)
    ready = {
        as_text(as_map(account.get("metadata")).get("namespace"))
        for account in accounts
        if not needs_token or as_list(account.get("secrets"))
    }
    return [namespace for namespace in namespaces if namespace not in ready]


def existing_namespace_checks(namespaces: Sequence[Mapping[str, Any]], students: Sequence[Student]) -> list[Check]:
    """The check `namespace` for students whose namespaces were there already.

    Args:
        namespaces: the Namespace objects that were found.
    """
    metadata = {as_text(of.get("name")): of for of in (as_map(item.get("metadata")) for item in namespaces)}
    going = namespaces_being_deleted(namespaces, students)
    made = []
    for student in students:
        namespace = student["namespace"]
        found = metadata.get(namespace)
        reason = going.get(namespace, f"There is no namespace {namespace}.")
        seen = f"made {as_text(found.get('creationTimestamp'))} by somebody else" if found else ""
        made.append(check(student["name"], "namespace", found is not None and namespace not in going, reason, seen))
    return made


def namespaces_being_deleted(namespaces: Sequence[Mapping[str, Any]], students: Sequence[Student]) -> dict[str, str]:
    """Those of the students' namespaces in which nothing can be made any more, each with a sentence that says so.

    Args:
        namespaces: Namespace objects, of the students or others.
    """
    wanted = {student["namespace"] for student in students}
    metadata = [as_map(item.get("metadata")) for item in namespaces]
    going = [as_text(of.get("name")) for of in metadata if of.get("deletionTimestamp")]
    return {
        name: (
            f"The namespace {name} is still being deleted: run again when it is gone. The teardown says what holds it."
        )
        for name in going
        if name in wanted
    }


def left_alone(
    objects: Sequence[Mapping[str, Any]], students: Sequence[Student], labels: Mapping[str, str]
) -> dict[str, str]:
    """What a teardown has not touched since it lacks the labels of the class: a sentence for each such namespace.

    Args:
        objects: Namespace objects, or Pod objects of the names that the lab uses.
        labels: those that everything of the class carries.
    """
    wanted = {student["namespace"] for student in students}
    selector = selector_of(labels)
    found: dict[str, list[str]] = {}
    for item in objects:
        metadata = as_map(item.get("metadata"))
        name, namespace = as_text(metadata.get("name")), as_text(metadata.get("namespace"))
        # In a namespace that others made there may be a pod of the same name that never was of the lab.
        was_ours = not namespace or any(key in labels_of(item) for key in labels)
        if (namespace or name) in wanted and was_ours and not carries(item, labels):
            what = f"pod {name} in {namespace}" if namespace else f"namespace {name}"
            found.setdefault(namespace or name, []).append(what)
    return {
        namespace: f"The {' and the '.join(sorted(whats))} has not the labels {selector}, or has lost them, and was"
        " left alone: delete it yourself, or give it the labels and tear down again."
        for namespace, whats in found.items()
    }


def pod_problems(
    pods: Sequence[Mapping[str, Any]], students: Sequence[Student], labels: Mapping[str, str]
) -> list[str]:
    """Why the lab's pods cannot be made where somebody else's may be: a sentence that names those; [] if they can.

    Args:
        pods: Pod objects of the names that the lab uses, of the students' namespaces or of all.
        labels: those that everything of the class carries.
    """
    namespaces = {student["namespace"] for student in students}
    metadata = [as_map(pod.get("metadata")) for pod in pods if not carries(pod, labels)]
    foreign = sorted(f"{of.get('namespace')}/{of.get('name')}" for of in metadata if of.get("namespace") in namespaces)
    if not foreign:
        return []
    selector = selector_of(labels)
    return [
        f"Pod(s) of the lab's names that exist and do not carry the labels {selector} are not touched:"
        f" {', '.join(foreign)}. Delete them yourself, or give those students another `namespace`."
    ]
