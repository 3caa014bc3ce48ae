#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Say which cluster a lab is about to run on
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Reaches the API server, within seconds, and returns its address, version and nodes. A cluster that cannot be reached, a
    context that does not exist or credentials that are refused end in one sentence that names them and the remedy.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
  - kubelabs.pods.attributes.info_module
options:
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
      description: The version of the API server.
      type: str
      sample: v1.36.2
    nodes:
      description: The nodes, by name.
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
          description: The version of its kubelet.
          type: str
          sample: v1.36.2
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import core_path
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet import run_bounded
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.json_reading import as_list, as_map, as_text
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.status import condition, metadata


def node_summary(node: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": as_text(metadata(node).get("name")),
        "ready": condition(node, "Ready").get("status") == "True",
        "version": as_text(as_map(as_map(node.get("status")).get("nodeInfo")).get("kubeletVersion")),
    }


def work(_request: None, task: Task) -> Answer:
    # In a thread of its own, because not even a server that drips may hold the task up.
    answer = run_bounded(lambda: task.client.get(core_path("nodes"), deadline=task.deadline), task.deadline)
    nodes = [node_summary(as_map(node)) for node in as_list(as_map(answer).get("items"))]
    return Answer({"cluster": {"nodes": sorted(nodes, key=lambda node: node["name"])}})


def main() -> None:
    run_module({"timeout": {"type": "float", "default": 30}}, lambda params: None, work)


if __name__ == "__main__":
    main()
