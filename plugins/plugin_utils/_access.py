# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a teacher must be allowed to do for the lab, and what to say where something of it is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from ..module_utils._ground.json_reading import as_map, as_text
from ..module_utils._ground.ownership import carries


class Right(NamedTuple):
    """One thing that one may be allowed to do."""

    verb: str
    resource: str
    subresource: str = ""
    group: str = ""


RBAC_GROUP = "rbac.authorization.k8s.io"


def _rights(resource: str, *verbs: str, subresource: str = "", group: str = "") -> tuple[Right, ...]:
    return tuple(Right(verb, resource, subresource, group) for verb in verbs)


#: In the whole cluster, to make namespaces, to see when pods are accepted in them, and to delete them.
NAMESPACES = _rights("namespaces", "get", "list", "create", "patch", "delete") + _rights("serviceaccounts", "list")
#: In every student's namespace.
PODS = (
    _rights("pods", "get", "list", "watch", "create", "patch", "delete", "deletecollection")
    + _rights("pods", "get", subresource="log")
    # Up to Kubernetes 1.34 get suffices for a websocket; from 1.35 create is required as well.
    + _rights("pods", "get", "create", subresource="exec")
)
#: In every namespace that the lab makes: for what keeps its student inside, and for an account of the student's own. To
#: make a Role one needs all that it grants. Source: Kubernetes' "Using RBAC Authorization", on privilege escalation.
ISOLATION = (
    _rights("resourcequotas", "get", "create", "patch")
    + _rights("limitranges", "get", "create", "patch")
    + _rights("networkpolicies", "get", "create", "patch", group="networking.k8s.io")
)
ACCOUNTS = (
    _rights("serviceaccounts", "get", "create", "patch")
    + _rights("serviceaccounts", "create", subresource="token")
    + _rights("roles", "get", "create", "patch", group=RBAC_GROUP)
    + _rights("rolebindings", "get", "create", "patch", group=RBAC_GROUP)
)
#: For the staff of a class besides: to end the keys of who is staff no more, and to keep pods out of its namespace.
STAFF = _rights("resourcequotas", "get", "create", "patch") + _rights("serviceaccounts", "list", "delete")
#: For the Secret with a registry's credentials.
PULL_SECRET = _rights("secrets", "get", "create", "patch")
#: In a namespace that is the only one, to see that it is there ...
ONE = _rights("namespaces", "get")
#: ... and in the whole cluster, to see that several are there, and to watch the pods of all of them at once.
SEVERAL = _rights("namespaces", "list") + _rights("pods", "list", "watch")

ROLE = "kubelabs-pods-lab"
#: How many namespaces a sentence names, and for how many there is a RoleBinding.
NAMED = 10

#: An item of the option `access` of the module cluster_info; with `allowed`, what it returned.
Question = dict[str, str]
Answer = Mapping[str, Any]


class Access:
    """What the API server said about a teacher's rights.

    Args:
        answers: `access` as the module cluster_info returned it, of the whole cluster and of namespaces.
    """

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._allowed = {
            (Right(one["verb"], one["resource"], one["subresource"], one["group"]), one["namespace"]): one["allowed"]
            for one in answers
        }

    def __bool__(self) -> bool:
        return bool(self._allowed)

    def allows(self, right: Right, namespace: str = "") -> bool:
        """Whether that is allowed there, or in the whole cluster. Where the server did not say it counts as allowed: if
        it is not, the request itself will be refused, and that is told."""
        answers = [self._allowed[key] for key in ((right, ""), (right, namespace)) if key in self._allowed]
        return any(answer is not False for answer in answers)


def classroom_rights(
    isolation: bool, rules: Iterable[Mapping[str, Any]], staff: bool = False, pull_secret: bool = False
) -> tuple[Right, ...]:
    """What is needed in namespaces that the lab makes, besides its pods.

    Args:
        isolation: whether there are quota, limits and network policies.
        rules: those of the Roles of students and staff; none where nobody gets an account.
        staff: whether there is any.
        pull_secret: whether a Secret with a registry's credentials is made.
    """
    granted = rights_of_rules(rules)
    for_accounts = (*ACCOUNTS, *(STAFF if staff else ()), *granted) if granted else ()
    for_images = PULL_SECRET if pull_secret else ()
    return tuple(dict.fromkeys((*(ISOLATION if isolation else ()), *for_accounts, *for_images)))


def rights_of_rules(rules: Iterable[Mapping[str, Any]]) -> list[Right]:
    """What the rules of a Role grant; without what they grant to resources by name."""
    return [
        Right(verb, *_split(resource), group)
        for rule in map(as_map, rules)
        for group in map(str, rule.get("apiGroups") or ())
        for resource in map(str, rule.get("resources") or ())
        for verb in map(str, rule.get("verbs") or ())
        if not rule.get("resourceNames")
    ]


def _split(resource: str) -> tuple[str, str]:
    """``pods/log`` as (pods, log)."""
    name, _slash, subresource = resource.partition("/")
    return name, subresource


def access_questions(
    access: Access, students: Sequence[Mapping[str, Any]], classroom: Sequence[Right] = ()
) -> list[Question]:
    """What is still to be asked: at first about the whole cluster, then about the students' namespaces.

    What is allowed everywhere is not asked about each of them.

    Args:
        classroom: from `classroom_rights`.
    """
    if not access:
        return [_question(right, "") for right in dict.fromkeys((*NAMESPACES, *PODS, *classroom, *SEVERAL))]
    names = [student["namespace"] for student in students]
    rights = dict.fromkeys((*PODS, *classroom, *(ONE if len(names) == 1 else ())))
    return [_question(right, name) for name in names for right in rights if not access.allows(right)]


def _question(right: Right, namespace: str) -> Question:
    return {**right._asdict(), "namespace": namespace}


def access_problem(
    access: Access,
    students: Sequence[Mapping[str, Any]],
    labels: Mapping[str, str],
    existing: Sequence[Mapping[str, Any]] | None,
    use_existing: bool,
    classroom: Sequence[Right] = (),
) -> str:
    """Which rights the lab lacks, and what grants them, as a sentence and YAML; '' where it lacks none.

    Args:
        access: what was said about the whole cluster and about the students' namespaces.
        labels: those that everything of the class carries.
        existing: the Namespace objects of the cluster; None where they may not be seen.
        use_existing: whether the students' namespaces are there already, whatever their labels. Those that carry the
            labels may be used as well, by who may not make others.
        classroom: from `classroom_rights`; needed only in namespaces that the lab makes.
    """
    # Plain texts: what Ansible hands to a filter are texts of its own, which YAML cannot write.
    names = [str(student["namespace"]) for student in students]
    ours = {as_text(as_map(item.get("metadata")).get("name")) for item in existing or () if carries(item, labels)}
    may_make = access.allows(Right("create", "namespaces"))
    handed_over = use_existing or (not may_make and bool(names) and ours.issuperset(names))
    in_cluster = (() if handed_over else NAMESPACES) + (SEVERAL if len(names) > 1 else ())
    of_the_lab = () if handed_over else tuple(right for right in classroom if right not in PODS)
    in_namespaces = (*PODS, *of_the_lab, *(ONE if handed_over and len(names) == 1 else ()))
    # In a namespace that is still to be made nobody can say what will be allowed.
    places = [name for name in names if handed_over or not may_make or name in ours]

    missing = [right for right in dict.fromkeys(in_cluster) if not access.allows(right)]
    lacking = {right: {name for name in places if not access.allows(right, name)} for right in in_namespaces}
    missing_there = [right for right, lacked in lacking.items() if lacked]
    where = sorted(set().union(*lacking.values()))
    if not missing and not missing_there:
        return ""

    said = []
    if missing:
        said.append(f"{_in_words(missing)} in the whole cluster")
    if missing_there:
        more = f" and {len(where) - NAMED} more" if len(where) > NAMED else ""
        said.append(f"{_in_words(missing_there)} in {', '.join(where[:NAMED])}{more}")
    if handed_over:
        objects = _grant(in_cluster if missing else ()) + _grant(in_namespaces if missing_there else (), where[:NAMED])
        other_way = ""
    else:
        objects = _grant(in_cluster + (in_namespaces if missing_there else ()))
        other_way = (
            " Or give the students a `namespace` that is there already, and set pods_lab_use_existing_namespaces: true."
        )
        if {*ISOLATION, *ACCOUNTS}.intersection(missing_there):
            other_way += " Or go without, with pods_lab_isolation: false and pods_lab_student_access: false."
        elif {*STAFF}.intersection(missing_there):
            other_way += " Or go without staff, with pods_lab_staff: []."
        if {*PULL_SECRET}.intersection(missing_there):
            other_way += " Or have the Secret made by whoever may, and name it in pods_lab_image_pull_secret alone."
    documents = yaml.safe_dump_all(objects, sort_keys=False, default_flow_style=None, width=200)
    return (
        f"The lab needs rights that you do not have: to {'; to '.join(said)}.{other_way} Whoever may grant them applies"
        f" this, with your name in the place of YOUR-USER:\n---\n{documents}"
    )


def _in_words(rights: Iterable[Right]) -> str:
    """``get, list namespaces, create pods/exec``."""
    return ", ".join(f"{', '.join(verbs)} {resource}" for (_group, resource), verbs in _verbs(rights).items())


def _verbs(rights: Iterable[Right]) -> dict[tuple[str, str], list[str]]:
    """The verbs for each (group, resource), in the order in which these come first."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in dict.fromkeys(rights):
        verbs.setdefault((right.group, _resource(right)), []).append(right.verb)
    return verbs


def _resource(right: Right) -> str:
    return f"{right.resource}/{right.subresource}" if right.subresource else right.resource


def _grant(rights: Iterable[Right], namespaces: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The objects that grant the rights, in the namespaces or in the whole cluster; none where there are no rights."""
    verbs = _verbs(rights)
    if not verbs:
        return []
    # What is granted in one namespace can be granted by who has a say in that one only.
    kind = "Role" if len(namespaces) == 1 else "ClusterRole"
    name = f"{ROLE}-namespaces" if kind == "ClusterRole" and namespaces else ROLE
    role = {
        "apiVersion": f"{RBAC_GROUP}/v1",
        "kind": kind,
        "metadata": {"name": name, **({"namespace": namespaces[0]} if kind == "Role" else {})},
        "rules": [
            {"apiGroups": [group], "resources": [resource], "verbs": of} for (group, resource), of in verbs.items()
        ],
    }
    bindings = [{"name": name, "namespace": namespace} for namespace in namespaces] or [{"name": name}]
    return [role, *(_binding(kind, metadata) for metadata in bindings)]


def _binding(kind: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC_GROUP}/v1",
        "kind": "RoleBinding" if "namespace" in metadata else "ClusterRoleBinding",
        "metadata": dict(metadata),
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": kind, "name": metadata["name"]},
        "subjects": [{"apiGroup": RBAC_GROUP, "kind": "User", "name": "YOUR-USER"}],
    }
