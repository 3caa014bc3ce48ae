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
attributes:
  check_mode:
    description: Can run in check mode without changing anything.
    support: full
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

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline


def node_summary(node: dict[str, Any]) -> dict[str, Any]:
    conditions = {condition["type"]: condition["status"] for condition in node["status"].get("conditions", [])}
    return {
        "name": node["metadata"]["name"],
        "ready": conditions.get("Ready") == "True",
        "version": node["status"]["nodeInfo"]["kubeletVersion"],
    }


def work(module: AnsibleModule, client: Client, deadline: Deadline) -> dict[str, Any]:
    nodes = client.get("/api/v1/nodes", deadline=deadline)["items"]
    return {"cluster": {"nodes": sorted((node_summary(node) for node in nodes), key=lambda node: node["name"])}}


def main() -> None:
    run_module({"timeout": {"type": "float", "default": 30}}, work)


if __name__ == "__main__":
    main()
