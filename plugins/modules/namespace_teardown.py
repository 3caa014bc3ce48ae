#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: namespace_teardown
short_description: Delete the namespaces of a class, quickly and nothing else
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Deletes the pods of the namespaces that O(label_selector) matches, watches them go, then deletes the namespaces and watches
    them go. Namespaces that are deleted while they hold running pods take minutes.
  - Every pod gets its own grace period. When that is over, or when all its containers have ended, its object is removed;
    older kubelets would leave it for up to half a minute. After that Kubernetes itself waits 5 seconds with every namespace.
  - Nothing that lacks the label C(app.kubernetes.io/managed-by=kubelabs.pods) is ever deleted. Every namespace is read again
    just before it is deleted, and deleted only if it is still the same one with the label.
  - Interrupted and run again, it ends in the same state. Namespaces that are already being deleted are waited for too.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode the namespaces are found and nothing is deleted.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  label_selector:
    description:
      - Which namespaces to delete. Must contain C(app.kubernetes.io/managed-by=kubelabs.pods).
    type: str
    required: true
  timeout:
    description:
      - Seconds for the whole task. Namespaces that are still there are reported as V(stuck), with what holds them.
    type: float
    default: 300
  concurrency:
    description:
      - How many requests are made at the same time.
    type: int
    default: 32
  fail_on_unmet:
    description:
      - Whether the task fails when a namespace is stuck. It does so at the end, and returns the same.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: End the class
  kubelabs.pods.namespace_teardown:
    context: kind-kubelabs
    label_selector: app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=pods-lab

- name: Say what would go
  kubelabs.pods.namespace_teardown:
    label_selector: app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=pods-lab
  check_mode: true
  register: planned
"""

RETURN = r"""
results:
  description: One result for each namespace, by name. Empty when there was none.
  returned: success, or when O(fail_on_unmet) fails the task
  type: list
  elements: dict
  contains:
    name:
      description: The name of the namespace.
      type: str
      sample: lab-alice
    namespace:
      description: The name of the namespace.
      type: str
      sample: lab-alice
    labels:
      description: The labels of the namespace.
      type: dict
      sample: {app.kubernetes.io/managed-by: kubelabs.pods, kubelabs.pods/class: pods-lab}
    verdict:
      description: V(deleted), V(stuck), or in check mode V(would_be_deleted).
      type: str
      sample: deleted
    reason:
      description: One sentence. For a namespace that is stuck, the conditions, finalizers and pods that hold it.
      type: str
      sample: Deleted with 2 pods.
    pods:
      description: How many pods it had.
      type: int
      sample: 2
    started:
      description: When the teardown began.
      type: str
      sample: '2026-11-22T08:31:41.460Z'
    duration:
      description: Seconds until the namespace was gone.
      type: float
      sample: 5.41
    kubectl:
      description: The line to type to see the namespace and what holds it.
      type: str
      sample: kubectl --context=kind-kubelabs get namespace lab-alice -o yaml
cluster:
  description: The cluster that was asked.
  returned: success, or when O(fail_on_unmet) fails the task
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
msg:
  description: Which namespaces are stuck, at most ten by name.
  returned: when there are some, and always when the task fails
  type: str
  sample: "1 of 300 namespaces could not be deleted: lab-alice (Finalizers of the namespace: example.com/hold)."
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, bulk_argument_spec, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import check_selector
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.run import Teardown, stuck_summary


def argument_spec() -> dict[str, Any]:
    return {**bulk_argument_spec(300), "label_selector": {"type": "str", "required": True}}


def read(params: Mapping[str, Any]) -> tuple[str, int]:
    check_selector(params["label_selector"])
    return params["label_selector"], params["concurrency"]


def work(request: tuple[str, int], task: Task) -> Answer:
    selector, concurrency = request
    teardown = Teardown(task.client, selector, deadline=task.deadline, concurrency=concurrency)
    if task.check_mode:
        results = teardown.plan()
        return Answer({"results": results}, changed=bool(results))
    results = teardown.run()
    return Answer({"results": results}, stuck_summary(results), teardown.changed)


def main() -> None:
    run_module(argument_spec(), read, work)


if __name__ == "__main__":
    main()
