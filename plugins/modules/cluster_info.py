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
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.access_review import (
    Access,
    argument_spec,
    read_access,
    review,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import core_path, group_path
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    DeadlineExceeded,
    KubelabsError,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet import run_bounded, run_fleet
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.json_reading import as_list, as_map, as_text
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.wording import one_line, sentence
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.status import condition, metadata

#: Questions about access that are asked at the same time.
CONCURRENCY = 16


def node_summary(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": as_text(metadata(node).get("name")),
        "ready": condition(node, "Ready").get("status") == "True",
        "version": as_text(as_map(as_map(node.get("status")).get("nodeInfo")).get("kubeletVersion")),
    }


def list_nodes(task: Task) -> tuple[list[dict[str, Any]] | None, str]:
    """(the nodes by name, None where they may not be listed; why not, '' where they may)."""
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
    nodes = [node_summary(as_map(node)) for node in as_list(as_map(answer).get("items"))]
    return sorted(nodes, key=lambda node: str(node["name"])), ""


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


def read(params: Mapping[str, Any]) -> list[Access]:
    return [read_access(access) for access in params["access"]]


def work(asked: list[Access], task: Task) -> Answer:
    nodes, nodes_reason = list_nodes(task)
    cluster = {"kubectl": task.client.kubectl.line(), "nodes": nodes, "nodes_reason": nodes_reason}
    return Answer({"cluster": cluster, "api_server": api_server_addresses(task), "access": ask_access(asked, task)})


def main() -> None:
    spec = {
        "access": {"type": "list", "elements": "dict", "default": [], "options": argument_spec()},
        "timeout": {"type": "float", "default": 30},
    }
    run_module(spec, read, work)


if __name__ == "__main__":
    main()
