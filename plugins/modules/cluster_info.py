#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Say which cluster a lab is about to run on, and what one may do there
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Reaches the API server, within seconds, and returns its address, version and nodes. A cluster that cannot be reached, a
    context that does not exist or credentials that are refused end in one sentence that names them and the remedy.
  - Who may not list nodes gets everything else, and the reason.
  - With O(capacity) it says what every node has for pods, and what the pods on it ask for.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
  - kubelabs.pods.attributes.info_module
options:
  access:
    description:
      - What the API server is asked about, whether it would be allowed. Nothing of it is done.
    type: list
    elements: dict
    default: []
    suboptions:
      verb:
        description:
          - What would be done, such as V(create).
        type: str
        required: true
      resource:
        description:
          - With what, in the plural, such as V(pods).
        type: str
        required: true
      subresource:
        description:
          - With which part of it, such as V(exec).
        type: str
        default: ""
      group:
        description:
          - The API group of the resource. The default is the core group, which has no name.
        type: str
        default: ""
      namespace:
        description:
          - Where. The default is the whole cluster.
        type: str
        default: ""
  capacity:
    description:
      - Whether to sum up what the pods of the whole cluster ask for, node by node. They are read page by page, so that a large
        cluster takes time and no memory. What did not come within O(timeout) is not known, and RV(capacity_reason) says so.
    type: bool
    default: false
  capacity_labels:
    description:
      - With O(capacity), the pods that carry all these labels are named in RV(capacity_pods).
    type: dict
    default: {}
  timeout:
    description:
      - Seconds for the whole task.
    type: float
    default: 30
seealso:
  - module: kubernetes.core.k8s_cluster_info
"""

EXAMPLES = r"""
- name: Ask the cluster for its version and nodes
  kubelabs.pods.cluster_info:
    context: kind-kubelabs
  register: info

- name: Say how many nodes are ready
  ansible.builtin.debug:
    msg: "{{ info.cluster.nodes | selectattr('ready') | length }} nodes are ready."

- name: Ask what one may do
  kubelabs.pods.cluster_info:
    context: kind-kubelabs
    access:
      - verb: create
        resource: namespaces
      - verb: get
        resource: pods
        subresource: exec
        namespace: lab-alice
  register: info

- name: Say what is missing
  ansible.builtin.debug:
    msg: "{{ info.access | rejectattr('allowed') }}"

- name: Ask how much room there is
  kubelabs.pods.cluster_info:
    context: kind-kubelabs
    capacity: true
  register: info

- name: Say on which nodes no pod is put, and why
  ansible.builtin.debug:
    msg: "{{ info.capacity_reason or info.capacity | rejectattr('schedulable') | items2dict('name', 'reason') }}"
"""

RETURN = r"""
cluster:
  description: The cluster that was asked.
  returned: success
  type: dict
  contains:
    context:
      description: The context in use. V(null) when no kubeconfig was.
      type: str
      sample: kind-kubelabs
    server:
      description: The URL of the API server.
      type: str
      sample: https://127.0.0.1:6443
    version:
      description: The version of the API server. Empty when it does not say.
      type: str
      sample: v1.36.2
    kubectl:
      description: How a line for a shell begins that leads to the same cluster with the same identity.
      type: str
      sample: kubectl --kubeconfig ~/.kube/kind-kubelabs --context=kind-kubelabs
    nodes:
      description: The nodes, by name. V(null) when they may not be listed.
      type: list
      elements: dict
      contains:
        name:
          description: The name of the node.
          type: str
          sample: kubelabs-control-plane
        ready:
          description: Whether its Ready condition is true.
          type: bool
          sample: true
        version:
          description: The version of its kubelet. Empty when it does not say.
          type: str
          sample: v1.36.2
    nodes_reason:
      description: Why the nodes may not be listed, with the remedy. Empty when they may.
      type: str
      sample: ""
api_server:
  description:
    - Where pods find the API server, which is what a network policy for them has to allow. The addresses of the service
      C(kubernetes) and those behind it, each with its port. V(null) when they may not be seen.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: An IP address.
      type: str
      sample: 172.18.0.2
    port:
      description: Its port.
      type: int
      sample: 6443
access:
  description: What O(access) asked about, in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    verb:
      description: As it was asked.
      type: str
      sample: create
    resource:
      description: As it was asked.
      type: str
      sample: namespaces
    subresource:
      description: As it was asked.
      type: str
      sample: ""
    group:
      description: As it was asked.
      type: str
      sample: ""
    namespace:
      description: As it was asked.
      type: str
      sample: ""
    allowed:
      description: Whether the API server would allow it. V(null) when it did not say.
      type: bool
      sample: true
    reason:
      description: Why, in its words. Often empty.
      type: str
      sample: ""
capacity:
  description:
    - The nodes, by name, with what they have and what is asked of it. V(null) where O(capacity) is false, and where nodes or
      pods may not be listed.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the node.
      type: str
      sample: kubelabs-worker
    schedulable:
      description: Whether pods without tolerations of their own are put there.
      type: bool
      sample: true
    reason:
      description: Why not, such as V(not ready), V(cordoned) or the taint. Empty where they are.
      type: str
      sample: taint node-role.kubernetes.io/control-plane:NoSchedule
    allocatable:
      description: What the node has for pods. V(0) for what it does not say.
      type: dict
      contains:
        cpu:
          description: Millicores.
          type: int
          sample: 4000
        memory:
          description: Bytes.
          type: int
          sample: 8342532096
        ephemeral_storage:
          description: Bytes.
          type: int
          sample: 95491281146
        pods:
          description: A number.
          type: int
          sample: 110
    requested:
      description:
        - What the pods there ask for that have not ended, as the scheduler counts it, init containers, sidecars and overhead
          included.
      type: dict
      contains:
        cpu:
          description: Millicores.
          type: int
          sample: 950
        memory:
          description: Bytes.
          type: int
          sample: 304087040
        ephemeral_storage:
          description: Bytes.
          type: int
          sample: 0
        pods:
          description: A number.
          type: int
          sample: 11
capacity_pods:
  description:
    - The pods that carry O(capacity_labels), have not ended and are not being deleted. V(null) as RV(capacity) is.
  returned: success
  type: list
  elements: dict
  contains:
    namespace:
      description: The namespace of the pod.
      type: str
      sample: lab-alice
    name:
      description: The name of the pod.
      type: str
      sample: web
    node:
      description: The node that it is on. Empty where it is on none yet.
      type: str
      sample: worker
    requested:
      description: What it asks for, as RV(capacity[].requested) has it.
      type: dict
      sample: {cpu: 5, memory: 16777216, ephemeral_storage: 0, pods: 1}
capacity_reason:
  description: Why RV(capacity) is not known though O(capacity) asked for it, with the remedy. Empty where it is known.
  returned: success
  type: str
  sample: ""
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.access_review import (
    Access,
    argument_spec,
    read_access,
    review,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import core_path, group_path
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.pages import list_pages
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    DeadlineExceeded,
    KubelabsError,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet import run_bounded, run_fleet
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.json_reading import as_list, as_map, as_text
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.wording import one_line, sentence
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.capacity import Capacity
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.status import condition, name_of

#: Questions about access that are asked at the same time.
CONCURRENCY = 16
#: Of pods that have ended nothing is left but the object.
NOT_ENDED = "status.phase!=Succeeded,status.phase!=Failed"
#: How often the list of pods is begun, since the server forgets where a slow reader was.
ATTEMPTS = 3


def node_summary(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name_of(node),
        "ready": condition(node, "Ready").get("status") == "True",
        "version": as_text(as_map(as_map(node.get("status")).get("nodeInfo")).get("kubeletVersion")),
    }


def list_nodes(task: Task) -> tuple[list[Mapping[str, Any]] | None, str]:
    """(the Node objects by name, None where they may not be listed; why not, '' where they may)."""
    try:
        # In a thread of its own, because not even an answer that comes byte by byte may hold the task up.
        answer = run_bounded(lambda: task.client.get(core_path("nodes"), deadline=task.deadline), task.deadline)
    except DeadlineExceeded as exc:
        raise KubelabsError(f"The nodes did not come in time from {task.client.describe()}.") from exc
    except ApiError as exc:
        if exc.status != 403:
            raise KubelabsError(f"The nodes cannot be listed on {task.client.describe()}: {exc}") from exc
        reason = f"The nodes may not be listed ({one_line(exc.message) or 'Forbidden'}): "
        return None, f"{reason}nothing needs them, and a ClusterRole with the verb list on nodes would show them."
    return sorted(map(as_map, as_list(as_map(answer).get("items"))), key=name_of), ""


def pairs(addresses: Iterable[Any], ports: Any) -> list[dict[str, Any]]:
    """Each address with each of the ports, which are objects with `port`."""
    numbers = [as_map(port).get("port") for port in as_list(ports)]
    return [
        {"address": address, "port": number}
        for address in addresses
        for number in numbers
        if isinstance(address, str) and isinstance(number, int)
    ]


def service_addresses(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    spec = as_map(service.get("spec"))
    # The list came with dual-stack.
    return pairs(as_list(spec.get("clusterIPs")) or [spec.get("clusterIP")], spec.get("ports"))


def slices_addresses(slices: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for one in map(as_map, as_list(slices.get("items"))):
        endpoints = map(as_map, as_list(one.get("endpoints")))
        found += pairs(
            (address for endpoint in endpoints for address in as_list(endpoint.get("addresses"))), one.get("ports")
        )
    return found


def endpoints_addresses(endpoints: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for subset in map(as_map, as_list(endpoints.get("subsets"))):
        found += pairs((as_map(address).get("ip") for address in as_list(subset.get("addresses"))), subset.get("ports"))
    return found


def api_server_addresses(task: Task) -> list[dict[str, Any]] | None:
    """Where pods find the API server; None where that may not be seen."""

    def read(path: str) -> Mapping[str, Any]:
        return as_map(run_bounded(lambda: task.client.get(path, deadline=task.deadline), task.deadline))

    try:
        service = service_addresses(read(core_path("services", "default", "kubernetes")))
        try:
            slices = group_path("discovery.k8s.io/v1", "endpointslices", "default")
            behind = slices_addresses(read(f"{slices}?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes"))
        except ApiError as exc:
            if exc.status != 404:
                raise
            # Kubernetes 1.20 has no EndpointSlices of v1 yet.
            behind = endpoints_addresses(read(core_path("endpoints", "default", "kubernetes")))
    except (ApiError, DeadlineExceeded):
        return None
    return [*service, *behind]


def ask_access(asked: Sequence[Access], task: Task) -> list[dict[str, Any]]:
    """Each with `allowed` and `reason`."""

    def unknown(access: Access, why: str) -> dict[str, Any]:
        return {**access, "allowed": None, "reason": sentence(f"not known: {why}")}

    return run_fleet(
        asked,
        lambda access: review(task.client, access, task.deadline),
        concurrency=CONCURRENCY,
        deadline=task.deadline,
        on_error=lambda access, exc: unknown(access, str(exc)),
        on_deadline=lambda access, _begun: unknown(access, "there was no answer in time"),
    )


def read_capacity(
    nodes: Sequence[Mapping[str, Any]] | None, nodes_reason: str, labels: Mapping[str, str], task: Task
) -> tuple[Capacity | None, str]:
    """(what there is and what is asked of it, None where it is not known; why not, '' where it is).

    Args:
        nodes: from list_nodes, as their reason is.
        labels: of the pods that are to be named.
    """
    if nodes is None:
        return None, nodes_reason
    for _attempt in range(ATTEMPTS):
        capacity = Capacity(nodes, labels)
        try:
            run_bounded(partial(count_pods, capacity, task), task.deadline)
        except DeadlineExceeded:
            return None, "The pods of the whole cluster did not come in time: a longer timeout may show them."
        except ApiError as exc:
            if exc.status == 403:
                reason = f"The pods of the whole cluster may not be listed ({one_line(exc.message) or 'Forbidden'}): "
                return None, f"{reason}a ClusterRole with the verb list on pods would show what they ask for."
            if exc.status != 410:
                return None, sentence(f"The pods of the whole cluster cannot be listed: {exc}")
        except KubelabsError as exc:
            return None, sentence(f"The pods of the whole cluster cannot be listed: {exc}")
        else:
            return capacity, ""
    return None, "The pods of the whole cluster change faster than they can be listed: another run may have more luck."


def count_pods(capacity: Capacity, task: Task) -> None:
    """Raises as list_pages does."""
    for page in list_pages(task.client, core_path("pods"), [("fieldSelector", NOT_ENDED)], task.deadline):
        for pod in page:
            capacity.count(as_map(pod))


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        access: questions about it.
        capacity: whether the pods are summed up.
        labels: of those pods that are named.
    """

    access: Sequence[Access]
    capacity: bool
    labels: Mapping[str, str]


def read(params: Mapping[str, Any]) -> Request:
    return Request([read_access(access) for access in params["access"]], params["capacity"], params["capacity_labels"])


def work(asked: Request, task: Task) -> Answer:
    nodes, nodes_reason = list_nodes(task)
    summaries = None if nodes is None else [node_summary(node) for node in nodes]
    answer = {
        "cluster": {"kubectl": task.client.kubectl.line(), "nodes": summaries, "nodes_reason": nodes_reason},
        "api_server": api_server_addresses(task),
        "access": ask_access(asked.access, task),
    }
    # At the end: what may take long, and what a lab can do without.
    capacity, reason = read_capacity(nodes, nodes_reason, asked.labels, task) if asked.capacity else (None, "")
    answer["capacity"] = None if capacity is None else capacity.nodes()
    answer["capacity_pods"] = None if capacity is None else capacity.pods
    return Answer({**answer, "capacity_reason": reason})


def main() -> None:
    spec = {
        "access": {"type": "list", "elements": "dict", "default": [], "options": argument_spec()},
        "capacity": {"type": "bool", "default": False},
        "capacity_labels": {"type": "dict", "default": {}},
        "timeout": {"type": "float", "default": 30},
    }
    run_module(spec, read, work)


if __name__ == "__main__":
    main()
