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
  - Before anything else it deletes the service accounts that O(label_selector) matches in them, so that nobody's token opens
    anything any more, whatever keeps a namespace up.
  - What makes pods anew (Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, ReplicationControllers) is deleted
    before its pods. Whatever else does is ended by the deletion of its namespace, which does not wait for pods that are new.
  - Every pod gets its own grace period, but at the most O(max_grace_period). When that is over, or when all its containers have
    ended, its object is removed; older kubelets would leave it for up to half a minute. After that Kubernetes itself waits 5
    seconds with every namespace.
  - Nothing that lacks the label C(app.kubernetes.io/managed-by=kubelabs.pods) is ever deleted. Every namespace is read again
    just before it is deleted, and deleted only if it is still the same one with the labels of its class.
  - What cannot go is named with its cause and the command that would free it; everything else goes.
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
      - With O(keep_namespaces), which pods to delete.
    type: str
    required: true
  namespaces:
    description:
      - Only these namespaces. Each is read by its name, so that no right to list or watch namespaces is needed. One that does
        not carry the labels of O(label_selector), which must then be made of C(key=value), is V(left_alone). One that does not
        exist has no result.
      - Without it all namespaces that O(label_selector) matches.
    type: list
    elements: str
  keep_namespaces:
    description:
      - The O(namespaces) are somebody else's and stay. Only the pods in them that O(label_selector) matches are deleted.
    type: bool
    default: false
  max_grace_period:
    description:
      - Seconds that a pod gets at the most to end in good order, whatever its C(terminationGracePeriodSeconds) asks for. The
        result says whose was cut.
    type: int
    default: 30
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
      - Whether the task fails when a namespace is V(stuck) or V(left_alone). It does so at the end, and returns the same.
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
    annotations:
      description: The annotations of the namespace.
      type: dict
      sample: {kubelabs.pods/student-name: Alice}
    state:
      description:
        - V(deleted) means that it is gone.
        - V(emptied) means that the pods in it are gone, see O(keep_namespaces).
        - V(stuck) means that it was still there when O(timeout) had passed.
        - V(left_alone) means that it does not carry, or has lost, the labels of its class, and was not touched.
        - V(would_be_deleted) and V(would_be_emptied) are what check mode says.
      type: str
      sample: deleted
    reason:
      description: One sentence. For a namespace that is stuck, the conditions, finalizers and pods that hold it.
      type: str
      sample: Deleted with 2 pods.
    hint:
      description: The commands that would free a namespace that is stuck. Empty for all others, and where there is none.
      type: str
      sample: ""
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

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import core_path
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.list_watch import Feed, ListWatch
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, bulk_argument_spec, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import check_selector
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.run import (
    Teardown,
    TeardownRequest,
    stuck_summary,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.steps import Steps


def argument_spec() -> dict[str, Any]:
    return {
        **bulk_argument_spec(300),
        "label_selector": {"type": "str", "required": True},
        "namespaces": {"type": "list", "elements": "str"},
        "keep_namespaces": {"type": "bool", "default": False},
        "max_grace_period": {"type": "int", "default": 30},
    }


def read(params: Mapping[str, Any]) -> TeardownRequest:
    check_selector(params["label_selector"])
    if params["keep_namespaces"] and params["namespaces"] is None:
        raise ArgumentError("keep_namespaces needs namespaces: list those in which pods are to be deleted.")
    if params["max_grace_period"] < 1:
        raise ArgumentError(f"max_grace_period is {params['max_grace_period']}, and must be 1 or more.")
    return TeardownRequest(
        selector=params["label_selector"],
        namespaces=params["namespaces"],
        keep_namespaces=params["keep_namespaces"],
        max_grace=params["max_grace_period"],
        concurrency=params["concurrency"],
    )


def work(request: TeardownRequest, task: Task) -> Answer:
    teardown = Teardown(
        Steps(task.client, task.deadline, pod_selector=request.selector if request.keep_namespaces else ""),
        request,
        deadline=task.deadline,
        kubectl=task.client.kubectl,
        watch=lambda selector: Feed(ListWatch(task.client, core_path("namespaces"), selector), task.deadline),
        tell=task.tell,
    )
    if task.check_mode:
        results = teardown.plan()
        return Answer(
            {"results": results}, changed=any(result["pods"] or not request.keep_namespaces for result in results)
        )
    results = teardown.run()
    return Answer({"results": results}, stuck_summary(results), teardown.changed)


def main() -> None:
    run_module(argument_spec(), read, work)


if __name__ == "__main__":
    main()
