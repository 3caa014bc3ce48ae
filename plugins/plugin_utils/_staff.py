# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People of a class who are no students: who they are, what they may do, and what is wrong with them. Pure."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.json_reading import as_map, as_text
from ..module_utils._ground.ownership import STAFF, carries, is_of_staff, labels_of, selector_of
from ._labels import RFC_1123_LENGTH, identity, slug, visible, with_hash
from ._roster import FORMULA, NO_SLUG

#: Rules as a Role has them.
Rules = list[dict[str, list[str]]]

_SEE = ["get", "list", "watch"]
_TO_SEE: Rules = [
    {"apiGroups": [""], "resources": ["pods"], "verbs": _SEE},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": _SEE},
]
# From Kubernetes 1.35 on exec asks for create where a websocket had needed get.
_TO_ENTER: Rules = [{"apiGroups": [""], "resources": ["pods/exec", "pods/portforward"], "verbs": ["get", "create"]}]

#: What each role may do in every student's namespace, and nothing elsewhere.
RULES: dict[str, Rules] = {"co-teacher": _TO_SEE + _TO_ENTER, "projector": _TO_SEE}
KEYS = ("name", "role")
#: The longest name of a class beside which its staff has a namespace.
LONGEST_CLASS = RFC_1123_LENGTH - len(f"-{STAFF}")


class Member(TypedDict):
    """One of the staff.

    Attributes:
        name: as given, but for white space and what shows nothing.
        label: the value of the label kubelabs.pods/staff.
        role: one of RULES.
        account: the name of the service account. The role is in it, so that who changes roles is somebody else to the
            cluster, and has nothing left of what the former one may do.
        namespace: that of the service account.
    """

    name: str
    label: str
    role: str
    account: str
    namespace: str


class StaffRole(TypedDict):
    """A role, with the service accounts that have it."""

    name: str
    rules: Rules
    members: list[Member]


def staff_namespace(class_name: str) -> str:
    return f"{class_name}-{STAFF}"


def staff_setting_problems(staff: Any, class_name: str) -> list[str]:
    """A sentence for every reason why `pods_lab_staff` cannot be used; [] if it can."""
    return _read(staff, class_name)[1]


def staff_members(staff: Any, class_name: str) -> list[Member]:
    """The staff, in its order.

    Args:
        staff: a list of mappings with `name` and `role`.
        class_name: the start of the namespace's name.

    Raises:
        ArgumentError: it cannot be used; with every reason.
    """
    members, problems = _read(staff, class_name)
    if problems:
        raise ArgumentError(" ".join(problems))
    return members


def staff_roles(members: Sequence[Member]) -> list[StaffRole]:
    """Every role, also one that nobody has: who had it is taken out of it."""
    return [
        {"name": role, "rules": rules, "members": [member for member in members if member["role"] == role]}
        for role, rules in RULES.items()
    ]


def _read(staff: Any, class_name: str) -> tuple[list[Member], list[str]]:
    if not isinstance(staff, Sequence) or isinstance(staff, (str, bytes)):
        return [], [
            f"pods_lab_staff is {staff!r} and no list. Set it as in"
            ' {"pods_lab_staff": [{"name": "Eva", "role": "co-teacher"}]}, or to [] for nobody.'
        ]
    members: list[Member] = []
    problems: list[str] = []
    for index, entry in enumerate(staff):
        place = f"pods_lab_staff[{index}]"
        wrong = _entry_problems(entry, place)
        if not wrong:
            name = visible(str(entry["name"]))
            label, problem = _label(name, place)
            same = [member for member in members if member["label"] == label]
            if problem:
                wrong = [problem]
            elif same and identity(same[0]["name"]) == identity(name):
                wrong = [f"{place}: {name!r} is there already. Take one of them out."]
            elif same:
                wrong = [f"{place}: {name!r} and {same[0]['name']!r} are both {label!r} to the cluster. Rename one."]
            else:
                role = str(entry["role"])
                account = f"{role}-{label}"
                namespace = staff_namespace(class_name)
                members.append({"name": name, "label": label, "role": role, "account": account, "namespace": namespace})
        problems += wrong
    if members and len(class_name) > LONGEST_CLASS:
        problems.append(
            f"pods_lab_class: {class_name!r} leaves no room for {staff_namespace(class_name)!r}, the namespace of"
            f" pods_lab_staff. Use at most {LONGEST_CLASS} characters."
        )
    return members, problems


def _entry_problems(entry: Any, place: str) -> list[str]:
    if not isinstance(entry, Mapping):
        return [f"{place}: {entry!r} has no `role`. Write it as in {{name: Eva, role: co-teacher}}."]
    problems = []
    for key in entry:
        if key not in KEYS:
            problems.append(f"{place}: the key {key!r} is not known. {_nearest(key, KEYS, 'keys')}")
    name = entry.get("name")
    if isinstance(name, (bool, float)):
        # A name such as No or 1e5 is not text to YAML.
        problems.append(f"{place}: the name {name!r} is not text. Put it in quotes.")
    elif not isinstance(name, (str, int)) or not visible(str(name)):
        problems.append(f"{place}: {dict(entry)!r} has no `name`. Give everybody a name.")
    elif visible(str(name)).startswith(FORMULA):
        problems.append(f"{place}: the name {name!r} begins as a spreadsheet's formula does. Write the name itself.")
    role = entry.get("role")
    if role not in list(RULES):
        said = f"the role {role!r} is not known" if role else f"{dict(entry)!r} has no `role`"
        problems.append(f"{place}: {said}. {_nearest(role or '', RULES, 'roles')}")
    return problems


def _nearest(given: Any, known: Sequence[str] | Mapping[str, Any], what: str) -> str:
    nearest = difflib.get_close_matches(str(given), list(known), n=1)
    return f"Did you mean {nearest[0]!r}?" if nearest else f"The {what} are: {', '.join(known)}."


def _label(name: str, place: str) -> tuple[str, str]:
    """The label of a name by the roster's rule, and '', or a sentence why there is none."""
    try:
        label = slug(name)
    except ImportError:
        return "", (
            f"{place}: the Python library Unidecode is missing, without which no account can be made of {name!r}: `pip"
            " install Unidecode` where Ansible runs, or write the name in Latin letters."
        )
    if label and len(label) <= RFC_1123_LENGTH:
        return label, ""
    return with_hash(label or NO_SLUG, name, RFC_1123_LENGTH), ""


def staff_namespace_problems(
    existing: Sequence[Mapping[str, Any]],
    students: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str],
    class_name: str,
    wanted: bool,
) -> list[str]:
    """Why the staff cannot have its namespace, or a student not that of the staff; [] if there is nothing against it.

    Args:
        existing: the cluster's Namespace objects.
        labels: those that everything of the class carries.
        wanted: whether the class is to have staff.
    """
    namespace = staff_namespace(class_name)
    found = [item for item in existing if as_text(as_map(item.get("metadata")).get("name")) == namespace]
    is_theirs = any(is_of_staff(labels_of(item)) for item in found)
    whose = [student["name"] for student in students if student["namespace"] == namespace]
    if whose and (wanted or is_theirs):
        return [
            f"The roster gives {whose[0]!r} the namespace {namespace}, which is that of the class's staff"
            f" (pods_lab_staff): give {whose[0]!r} another `namespace`."
        ]
    if wanted and any(not is_of_staff(labels_of(item)) or not carries(item, labels) for item in found):
        return [
            f"The namespace {namespace} exists and is not that of the staff, with the labels {selector_of(labels)}: it"
            " is not touched. Choose another pods_lab_class, set pods_lab_staff: [], or delete the namespace yourself."
        ]
    return []


def former_accounts(accounts: Sequence[Mapping[str, Any]], members: Sequence[Member]) -> list[dict[str, Any]]:
    """The service accounts of those who are staff no more, as objects to delete: with them their tokens end.

    Args:
        accounts: ServiceAccount objects. One that is not of the staff is none of them.
    """
    wanted = {(member["namespace"], member["account"]) for member in members}
    former = []
    for item in accounts:
        metadata = as_map(item.get("metadata"))
        namespace, name = as_text(metadata.get("namespace")), as_text(metadata.get("name"))
        if is_of_staff(labels_of(item)) and (namespace, name) not in wanted:
            identified = {"namespace": namespace, "name": name}
            former.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": identified})
    return former


def former_keys(
    paths: Sequence[str], directory: str, namespace: str, wanted: Sequence[str] = ()
) -> list[dict[str, str]]:
    """The kubeconfigs of those who are staff no more, as accounts of the module student_kubeconfig to remove.

    Args:
        paths: the files that were found, of which those count that are LABEL/kubeconfig in the directory.
        directory: that of the staff's kubeconfigs.
        namespace: that of the staff's service accounts.
        wanted: the paths of the kubeconfigs of those who are staff.
    """
    keys = []
    for path in sorted(set(paths) - set(wanted)):
        folder, label = os.path.split(os.path.dirname(path))
        if folder == directory:
            keys.append({"name": label, "namespace": namespace, "service_account": label, "path": path})
    return keys


def staff_key_problems(results: Sequence[Mapping[str, Any]], members: Sequence[Member]) -> list[str]:
    """A sentence for each of the staff whose kubeconfig is not there, or does not open what it is to.

    Args:
        results: those of student_kubeconfig or of access_probe; others' do not count.
    """
    roles = {member["name"]: member["role"] for member in members}
    namespaces = {member["namespace"] for member in members}
    return [
        f"The kubeconfig of {result['name']} ({roles[result['name']]}) is not as it is to be: {result['reason']}"
        for result in results
        if result["namespace"] in namespaces and result["name"] in roles and not _is_met(result)
    ]


def _is_met(result: Mapping[str, Any]) -> bool:
    if "met" in result:
        return bool(result["met"])
    return result["state"] not in ("refused", "failed")


def staff_left(results: Sequence[Mapping[str, Any]], left: Sequence[str]) -> list[str]:
    """A sentence for a namespace of staff that a teardown has left.

    Args:
        results: those of namespace_teardown.
        left: the namespaces of the class that are still there.
    """
    problems = []
    for result in results:
        namespace = result["namespace"]
        if is_of_staff(result["labels"]) and (result["state"] != "deleted" or namespace in left):
            hint = f" To free it: {result['hint']}" if result.get("hint") else ""
            why = result.get("reason") or "Run the teardown again."
            problems.append(f"The namespace {namespace} of the staff is still there: {why}{hint}")
    return problems
