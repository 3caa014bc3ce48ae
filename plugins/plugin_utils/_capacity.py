# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster has room for a class. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.json_reading import as_map
from ..module_utils._ground.quantity import parse_quantity
from ..module_utils._ground.wording import listed
from ..module_utils._pods.capacity import RESOURCES, Amounts, amounts

#: What a pod without a request is given, in this order. Source: SetDefaults_Pod, which takes the limit, and then the
#: LimitRange's defaults, in pkg/apis/core/v1/defaults.go.
LIMIT_RANGE = ("defaultRequest", "default", "max", "min")
#: How the resources are called in sentences.
NAMES = {"cpu": "CPU", "memory": "memory", "ephemeral_storage": "ephemeral storage", "pods": "the number of pods"}

Node = Mapping[str, Any]


def forecast(
    capacity: Sequence[Node] | None,
    students: Sequence[Mapping[str, Any]],
    per_student_pods: Mapping[str, Any],
    existing: Iterable[Mapping[str, Any]],
    reason: str = "",
    limit_range: Mapping[str, Any] | None = None,
    leaving: Iterable[str] = (),
) -> dict[str, Any]:
    """`{needed, fit, short, said}`: pods that the class has in all, pods that the cluster has room for, those that are
    there among them, pods of the class for which it has none, and one sentence.

    Pods that are there count as fitting, wherever they are and whatever they ask for. Where the pods of a student ask
    for different amounts each counts as the largest, resource by resource: it may be said that there is no room for the
    last few where there is just enough, and never the other way round. Whether a quota lets them in is not asked.

    Args:
        capacity: `capacity` as the module cluster_info returned it; None where it is not known: then `fit` is None and
            `short` 0.
        per_student_pods: the `resources` of each container by the name of its pod; each pod has one.
        existing: `{namespace, name, node, requested}` of pods of the class; those of others, or with other names, do
            not count as there.
        reason: why the capacity is not known, a sentence.
        limit_range: what a LimitRange of the class's says of containers.
        leaving: namespaces of the class that are about to be deleted: what their pods hold will be free.

    Raises:
        ArgumentError: an amount is no quantity.
    """
    needed = len(students) * len(per_student_pods)
    wanted = {(student["namespace"], name) for student in students for name in per_student_pods}
    existing, leaving = list(existing), set(leaving)
    there = len(wanted.intersection((pod["namespace"], pod["name"]) for pod in existing))
    begin = f"{_many(len(students), 'student needs', 'students need')} {_many(needed, 'pod', 'pods')}"
    if there == needed:
        return {"needed": needed, "fit": needed, "short": 0, "said": f"{begin}, and all of them are there."}
    if there:
        begin += f", {there} of which {'is' if there == 1 else 'are'} there"
    asked = _largest(per_student_pods, limit_range or {})
    if capacity is None:
        said = f"{begin}. Whether there is room for them is not known. {reason}".rstrip()
        return {"needed": needed, "fit": None, "short": 0, "said": said}
    freed = [pod for pod in existing if pod["namespace"] in leaving]
    takes = [_room(_without(node, freed), asked) for node in capacity if node["schedulable"]]
    room = sum(count for count, _resource in takes)
    fit, more = there + room, " more" if there else ""
    short = max(0, needed - fit)
    if short:
        why = _why(capacity, [resource for _count, resource in takes])
        said = f"{begin}; {room}{more} {'fits' if room == 1 else 'fit'}: {short} short ({why})."
    else:
        said = f"{begin}; there is room for {room}{more}."
    return {"needed": needed, "fit": fit, "short": short, "said": said}


def _largest(pods: Mapping[str, Any], limit_range: Mapping[str, Any]) -> Amounts:
    asked = [_asked(name, as_map(resources), limit_range) for name, resources in pods.items()]
    most = {resource: max((one[resource] for one in asked), default=0) for resource in RESOURCES}
    return {**most, "pods": 1}


def _asked(pod: str, resources: Mapping[str, Any], limit_range: Mapping[str, Any]) -> Amounts:
    """What a pod with this one container asks for, once Kubernetes has filled in what it does not say."""
    sources = [resources.get("requests"), resources.get("limits"), *(limit_range.get(part) for part in LIMIT_RANGE)]
    found = {
        name: next((amount for given in sources if (amount := as_map(given).get(name)) is not None), 0)
        for name, _per_unit in RESOURCES.values()
    }
    for name, amount in found.items():
        if parse_quantity(amount) is None:
            raise ArgumentError(
                f"The pod {pod} asks for {name}: {amount!r}, which is no quantity. Write it as in 100m or 64Mi, in"
                " lab_pods_resources, restart_challenge_resources or classroom_limits."
            )
    return amounts(found)


def _without(node: Node, pods: Iterable[Mapping[str, Any]]) -> Node:
    """The node as it is when those of the pods that are on it are gone."""
    requested: Counter[str] = Counter(node["requested"])
    for pod in pods:
        if pod["node"] == node["name"]:
            requested.subtract(pod["requested"])
    return {**node, "requested": requested}


def _room(node: Node, asked: Amounts) -> tuple[int, str]:
    """(how many more such pods fit on the node, which resource lets no more fit)."""
    free = {name: node["allocatable"][name] - node["requested"][name] for name in asked}
    return min((max(0, free[name]) // amount, name) for name, amount in asked.items() if amount > 0)


def _why(capacity: Sequence[Node], scarce: Iterable[str]) -> str:
    """``memory on 2 nodes, CPU on 1 node; b takes none: cordoned``."""
    on = [f"{NAMES[name]} on {_many(count, 'node', 'nodes')}" for name, count in Counter(scarce).most_common()]
    closed = [f"{node['name']} ({node['reason']})" for node in capacity if not node["schedulable"]]
    parts = [", ".join(on)] if on else []
    parts += [f"no pod is put on {listed(closed)}"] if closed else []
    return "; ".join(parts) or "it has no nodes"


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
