# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nodes have for pods, and what the pods on them ask for. Pure: JSON of nodes and pods in, numbers out.

Amounts are `{cpu, memory, ephemeral_storage}`, with `pods` where they are a node's: millicores, bytes, bytes, a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._ground.json_reading import as_list, as_map, as_text
from .._ground.ownership import carries
from .._ground.quantity import whole
from .status import condition, container_specs, is_deleting, name_of, namespace_of, phase_of

#: What Kubernetes calls the resources, and how many of our units make one of its.
RESOURCES = {"cpu": ("cpu", 1000), "memory": ("memory", 1), "ephemeral_storage": ("ephemeral-storage", 1)}
#: Of these alone a pod as a whole may ask for something. Source: KEP-2837, pod level resources.
OF_PODS = frozenset({"cpu", "memory"})
#: Taints that keep pods away; the third effect, PreferNoSchedule, does not.
KEEPS_AWAY = ("NoSchedule", "NoExecute")
#: With the effect NoExecute every pod tolerates these for five minutes. Source: the admission plugin
#: DefaultTolerationSeconds.
TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")

Amounts = dict[str, int]


def amounts(quantities: Any) -> Amounts:
    """Those that stand in a node's `allocatable` or a container's `requests`; 0 for what does not."""
    given = as_map(quantities)
    return {
        resource: whole(given[name], per_unit) if name in given else 0
        for resource, (name, per_unit) in RESOURCES.items()
    }


def pod_requests(pod: Mapping[str, Any]) -> Amounts:
    """What the scheduler reserves for a pod.

    Containers and sidecars run together; an init container runs beside the sidecars that were started before it, and
    the pod needs whichever is more. What the pod as a whole asks for counts instead, and its overhead besides. A resize
    that is under way counts as what the spec asks for. Sources: Kubernetes' "Sidecar Containers" and "Init Containers",
    on resource sharing within containers; KEP-753; PodRequests in k8s.io/component-helpers/resource/helpers.go.
    """
    together = _sum(_requests(container) for container in container_specs(pod))
    sidecars = most = amounts({})
    for container in container_specs(pod, "initContainers"):
        asked = _requests(container)
        if container.get("restartPolicy") == "Always":
            together, sidecars = _sum((together, asked)), _sum((sidecars, asked))
            most = _most((most, sidecars))
        else:
            most = _most((most, _sum((sidecars, asked))))
    needed = _most((together, most))
    spec = as_map(pod.get("spec"))
    of_all = as_map(as_map(spec.get("resources")).get("requests"))
    needed |= {resource: amounts(of_all)[resource] for resource in OF_PODS & of_all.keys()}
    return _sum((needed, amounts(spec.get("overhead"))))


def _requests(container: Mapping[str, Any]) -> Amounts:
    return amounts(as_map(container.get("resources")).get("requests"))


def _sum(several: Iterable[Amounts]) -> Amounts:
    several = list(several)
    return {resource: sum(one[resource] for one in several) for resource in RESOURCES}


def _most(several: Sequence[Amounts]) -> Amounts:
    return {resource: max(one[resource] for one in several) for resource in RESOURCES}


def reason_against(node: Mapping[str, Any]) -> str:
    """Why no plain pod is put on the node; '' where one may be."""
    spec = as_map(node.get("spec"))
    if condition(node, "Ready").get("status") != "True":
        return "not ready"
    if spec.get("unschedulable") is True:
        return "cordoned"
    for taint in map(as_map, as_list(spec.get("taints"))):
        key, effect = as_text(taint.get("key")), as_text(taint.get("effect"))
        if effect in KEEPS_AWAY and not (effect == "NoExecute" and key in TOLERATED):
            return f"taint {key}:{effect}"
    return ""


class Capacity:
    """What the nodes of a cluster have, and what is asked of them, summed up pod by pod.

    Args:
        nodes: the Node objects.
        labels: of the pods that are to be named.

    Attributes:
        pods: `{namespace, name, node, requested}` of those with the labels that are there to stay, as of a node; none
            where there are no labels.
    """

    def __init__(self, nodes: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> None:
        self._labels = labels
        self._nodes: dict[str, dict[str, Any]] = {}
        self.pods: list[dict[str, Any]] = []
        for node in nodes:
            allocatable = as_map(as_map(node.get("status")).get("allocatable"))
            reason = reason_against(node)
            self._nodes[name_of(node)] = {
                "name": name_of(node),
                "schedulable": not reason,
                "reason": reason,
                "allocatable": {**amounts(allocatable), "pods": whole(allocatable.get("pods"))},
                "requested": {**amounts({}), "pods": 0},
            }

    def count(self, pod: Mapping[str, Any]) -> None:
        """Takes a pod into account, unless it has ended: then it holds nothing any more."""
        if phase_of(pod) in ("Succeeded", "Failed"):
            return
        asked = {**pod_requests(pod), "pods": 1}
        node = as_text(as_map(pod.get("spec")).get("nodeName"))
        if self._labels and carries(pod, self._labels) and not is_deleting(pod):
            self.pods.append({"namespace": namespace_of(pod), "name": name_of(pod), "node": node, "requested": asked})
        if node in self._nodes:
            requested = self._nodes[node]["requested"]
            for resource, amount in asked.items():
                requested[resource] += amount

    def nodes(self) -> list[dict[str, Any]]:
        """By name, each `{name, schedulable, reason, allocatable, requested}`."""
        return [self._nodes[name] for name in sorted(self._nodes)]
