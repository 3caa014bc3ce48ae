# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kubeconfigs of students and staff open, and whether pods of other students can be reached. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils._ground.wording import listed
from ._access import RBAC_GROUP, Question, Right, rights_of_rules
from ._checks import Check, Result, check
from ._placement import url_host
from ._roster import Student
from ._staff import RULES, Member

#: Up to so many students each is tried against all others; of a larger class against so many who follow in the roster,
#: as in a ring, so that everybody's namespace is tried by as many.
ALL_PAIRS = 12
NEIGHBOURS = 3

#: What nobody may do in the namespace of another, or of the cluster itself ...
ELSEWHERE = (
    Right("get", "pods"),
    Right("list", "pods"),
    Right("create", "pods"),
    Right("delete", "pods"),
    Right("get", "pods", "log"),
    Right("create", "pods", "exec"),
    Right("get", "secrets"),
    Right("list", "secrets"),
    Right("create", "rolebindings", group=RBAC_GROUP),
)
#: ... nor in their own: what widens their rights, or takes down the walls.
AT_HOME = (
    Right("get", "secrets"),
    Right("create", "serviceaccounts", "token"),
    Right("create", "roles", group=RBAC_GROUP),
    Right("escalate", "roles", group=RBAC_GROUP),
    Right("create", "rolebindings", group=RBAC_GROUP),
    Right("patch", "resourcequotas"),
    Right("delete", "resourcequotas"),
    Right("delete", "limitranges"),
    Right("delete", "networkpolicies", group="networking.k8s.io"),
)
#: ... nor in the whole cluster.
EVERYWHERE = (
    Right("list", "namespaces"),
    Right("create", "namespaces"),
    Right("delete", "namespaces"),
    Right("list", "pods"),
    Right("list", "secrets"),
    Right("get", "nodes", "proxy"),
    Right("impersonate", "users"),
    Right("create", "clusterrolebindings", group=RBAC_GROUP),
    Right("escalate", "clusterroles", group=RBAC_GROUP),
)
SYSTEM_NAMESPACE = "kube-system"

#: What the staff may not do even where students may, whatever its Roles say: it looks, and changes nothing ...
STAFF_NEVER = (
    Right("create", "pods"),
    Right("update", "pods"),
    Right("patch", "pods"),
    Right("delete", "pods"),
    Right("deletecollection", "pods"),
    Right("create", "pods", "attach"),
    Right("list", "secrets"),
    Right("create", "resourcequotas"),
    Right("create", "serviceaccounts"),
    *AT_HOME,
)
#: ... and a screen that everybody sees enters nothing.
STAFF_ROLE_NEVER = {
    "projector": (
        Right("get", "pods", "exec"),
        Right("create", "pods", "exec"),
        Right("get", "pods", "portforward"),
        Right("create", "pods", "portforward"),
    )
}

NOT_ENFORCED = (
    "This cluster's network does not enforce network policies: every student's pods can reach those of all others."
)


def neighbours(students: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Of each student those against whom they are tried."""
    total = len(students)
    count = total - 1 if total <= ALL_PAIRS else NEIGHBOURS
    return [[students[(index + step) % total] for step in range(1, count + 1)] for index in range(total)]


def access_probes(
    students: Sequence[Mapping[str, Any]], rules: Iterable[Mapping[str, Any]], kubeconfigs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The probes of the module access_probe; none for a student without a kubeconfig.

    Args:
        rules: those of the students' Role.
        kubeconfigs: paths by the students' namespaces.
    """
    granted = rights_of_rules(rules)
    made = []
    for student, others in zip(students, neighbours(students), strict=True):
        own = student["namespace"]
        if own not in kubeconfigs:
            continue
        # Whoever changes the rules grants what they say.
        at_home = [right for right in AT_HOME if right not in granted]
        made.append(
            {
                "name": student["name"],
                "namespace": own,
                "kubeconfig": kubeconfigs[own],
                "may": _questions(granted, own),
                "may_not": [
                    *_questions(at_home, own),
                    *(one for other in others for one in _questions(ELSEWHERE, other["namespace"])),
                    *_questions(ELSEWHERE, SYSTEM_NAMESPACE),
                    *_questions(EVERYWHERE, ""),
                ],
            }
        )
    return made


def staff_probes(
    members: Sequence[Member], students: Sequence[Mapping[str, Any]], kubeconfigs: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The probes of the module access_probe for the staff.

    Each is tried in up to ALL_PAIRS students' namespaces; of a larger class in so many that lie evenly in the roster,
    each of the staff in those that follow the one's before.

    Args:
        kubeconfigs: paths by the members' labels.
    """
    total = len(students)
    count = min(total, ALL_PAIRS)
    made = []
    for index, member in enumerate(members):
        tried = [students[(index + step * total // count) % total]["namespace"] for step in range(count)]
        granted = rights_of_rules(RULES[member["role"]])
        never = (*STAFF_NEVER, *STAFF_ROLE_NEVER.get(member["role"], ()))
        made.append(
            {
                "name": member["name"],
                "namespace": member["namespace"],
                "kubeconfig": kubeconfigs[member["label"]],
                "may": [one for namespace in tried for one in _questions(granted, namespace)],
                "may_not": [
                    *(one for namespace in tried for one in _questions(never, namespace)),
                    *_questions(ELSEWHERE, member["namespace"]),
                    *_questions(ELSEWHERE, SYSTEM_NAMESPACE),
                    *_questions(EVERYWHERE, ""),
                ],
            }
        )
    return made


def _questions(rights: Iterable[Right], namespace: str) -> list[Question]:
    return [{**right._asdict(), "namespace": namespace} for right in rights]


def access_checks(
    results: Sequence[Result], students: Sequence[Student], refused: Mapping[str, str] | None = None
) -> list[Check]:
    """The check `student_access`, from the results of access_probe.

    Args:
        refused: why a student has no kubeconfig, by namespace.
    """
    by_namespace = {result["namespace"]: result for result in results}
    made = []
    for student in students:
        result = by_namespace.get(student["namespace"])
        if result is None:
            why = (refused or {}).get(student["namespace"]) or "The student has no kubeconfig."
            made.append(check(student["name"], "student_access", False, why))
        else:
            seen = f"{result['asked']} questions asked with the student's kubeconfig"
            made.append(check(student["name"], "student_access", result["met"], result["reason"], seen, result))
    return made


def with_neighbours(students: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The students with `neighbour_hosts`: those of the web pods against which each is tried, with blanks between them.

    Args:
        students: as `students_with_pods` returns them.
    """
    return [
        {**student, "neighbour_hosts": " ".join(url_host(other["web_ip"]) or "" for other in others if other["web_ip"])}
        for student, others in zip(students, neighbours(students), strict=True)
    ]


def network_checks(results: Sequence[Result], students: Sequence[Mapping[str, Any]]) -> list[Check]:
    """The check `network_isolation`.

    Where nobody was kept from anything, the network does not enforce network policies, which is nobody's failure.

    Args:
        results: those of pod_exec_probe; the output of the probes named network_isolation is the hosts they reached.
        students: from `with_neighbours`.
    """
    by_namespace = {result["namespace"]: result for result in results if result["name"] == "network_isolation"}
    owners = {url_host(student["web_ip"]): student["name"] for student in students if student["web_ip"]}
    tried = {student["namespace"]: student["neighbour_hosts"].split() for student in students}
    reached = {
        namespace: [host for host in tried[namespace] if host in result["stdout"].split()]
        for namespace, result in by_namespace.items()
        if result["outcome"] == "ok" and namespace in tried
    }
    pairs = sum(len(tried[namespace]) for namespace in reached)
    open_network = pairs > 0 and sum(map(len, reached.values())) == pairs
    made = []
    for student in students:
        name, namespace = student["name"], student["namespace"]
        result = by_namespace.get(namespace)
        seen = f"{len(tried[namespace]) - len(reached.get(namespace, []))} of {len(tried[namespace])} not reached"
        passed: bool | None = None
        note = ""
        if not tried[namespace]:
            why = "There is no web pod of another student to be kept from."
        elif result is None or namespace not in reached:
            passed, why = False, f"It could not be tried: {result['reason'] if result else 'there is no result.'}"
        elif open_network:
            why = note = NOT_ENFORCED
        else:
            passed, why = not reached[namespace], _reached([owners.get(host, host) for host in reached[namespace]])
        made.append(check(name, "network_isolation", passed, why, seen, result, note))
    return made


def _reached(names: Sequence[str]) -> str:
    return f"Its pods reach the web pod of {listed(names)}." if names else ""
