#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pod_ready_watch
short_description: Wait until many pods are ready, or say at once why they never will be
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Lists and watches the pods of a class with one request, and returns as soon as every one of them is decided.
  - Ready means that the pod's condition C(Ready) is true and that it is not being deleted. That a pod is C(Running) proves
    nothing, a crash loop is that too.
  - The task ends when every pod is decided, and a pod must be ready at that time. One that was ready, and is not any more
    while the others are waited for, is waited for again; if it is deleted or crashes, that is its verdict.
  - A pod that cannot become ready is reported with its cause and a hint as soon as the cluster says so, and not when the
    time is over. An image that does not exist, an invalid image name, a crash loop and a failed or evicted pod are final at
    once. A missing ConfigMap or Secret must last 3 seconds, one that a volume names 8 to 12, a container that cannot be
    created or a pull without a given cause 5, a pull that failed for a cause that may pass (such as a timeout) and a pod
    that no node takes 15, because a second attempt may help.
  - Pods are told apart by their UID. One that is replaced by another of the same name has not become ready.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
  - kubelabs.pods.attributes.info_module
  - kubelabs.pods.watch
options:
  min_ready_seconds:
    description:
      - Seconds for which a pod must have been ready, as in a Deployment. A container that exits at once is ready for an
        instant, too.
    type: float
    default: 2
  timeout:
    description:
      - Seconds for the whole task.
    type: float
    default: 120
  fail_on_unmet:
    description:
      - Whether the task fails when a pod has not become ready. It does so after every pod is decided, and returns the same.
    type: bool
    default: true
seealso:
  - module: kubelabs.pods.pod_restart_watch
  - module: kubelabs.pods.pod_exec_probe
"""

EXAMPLES = r"""
- name: Wait for every pod of the class
  kubelabs.pods.pod_ready_watch:
    context: kind-kubelabs
    label_selector: app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=pods-lab
    timeout: 180

- name: Wait for just these
  kubelabs.pods.pod_ready_watch:
    label_selector: kubelabs.pods/class=pods-lab
    pods:
      - namespace: lab-alice
        name: web
      - namespace: lab-alice
        name: shell
    fail_on_unmet: false
  register: ready
"""

RETURN = r"""
results:
  description: One result for each pod, in the order of O(pods); without O(pods), by namespace and name.
  returned: success, or when O(fail_on_unmet) fails the task
  type: list
  elements: dict
  contains:
    name:
      description: Namespace and name of the pod, with a slash between them.
      type: str
      sample: lab-alice/web
    namespace:
      description: The namespace of the pod.
      type: str
      sample: lab-alice
    pod:
      description: The name of the pod.
      type: str
      sample: web
    uid:
      description: The UID of the pod. Empty when it never appeared.
      type: str
      sample: 9eecb7d3-c9a6-46d4-a001-353b8f8cf430
    verdict:
      description:
        - V(reached) means ready.
        - V(never_started) means that it cannot start, or never appeared.
        - V(failed) means that it has started and crashes, has ended, or was evicted.
        - V(deleted) and V(replaced) mean that it is gone, or another one of its name is there.
        - V(deselected) means that it is still there, but its labels no longer match O(label_selector).
        - V(timeout) means that O(timeout) passed while it could still have become ready.
      type: str
      sample: reached
    ready:
      description: Whether the pod was ready when last seen.
      type: bool
      sample: true
    status:
      description: What C(kubectl get pods) shows in the column STATUS. Empty when the pod never appeared.
      type: str
      sample: Running
    reason:
      description: One sentence that says what was seen.
      type: str
      sample: The pod is ready.
    hint:
      description: What to do about it. Empty when there is nothing to do.
      type: str
      sample: ""
    node:
      description: The node that the pod is on. Empty when it has none.
      type: str
      sample: kubelabs-control-plane
    pod_ip:
      description: The first IP address of the pod. Empty when it has none.
      type: str
      sample: 10.244.0.7
    pod_ips:
      description: All IP addresses of the pod, of both families where there are two.
      type: list
      elements: str
      sample: [10.244.0.7]
    restarts:
      description: What C(kubectl get pods) shows in the column RESTARTS.
      type: int
      sample: 0
    labels:
      description: The labels of the pod.
      type: dict
      sample: {kubelabs.pods/class: pods-lab}
    started:
      description: When the wait began.
      type: str
      sample: '2026-11-22T08:31:41.460Z'
    duration:
      description: Seconds until the pod was decided.
      type: float
      sample: 2.31
    kubectl:
      description: The line to type to see the same.
      type: str
      sample: kubectl --context=kind-kubelabs -n lab-alice get pod web -o wide
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
  description: Which pods have not become ready, at most ten by name.
  returned: when some have not, and always when the task fails
  type: str
  sample: "1 of 600 pods did not become ready: lab-alice/web (never_started: Container web cannot start: ErrImagePull (not found))."
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, run_module, watch_argument_spec
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.run import unmet_summary, watch_ready
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.selection import Selection


def read(params: Mapping[str, Any]) -> tuple[Selection, float]:
    return Selection.from_options(params), params["min_ready_seconds"]


def work(request: tuple[Selection, float], task: Task) -> Answer:
    selection, min_ready_seconds = request
    watched = watch_ready(
        task.client, selection, min_ready_seconds=min_ready_seconds, deadline=task.deadline, tell=task.tell
    )
    complaint = watched.no_pods or unmet_summary(watched.results, "did not become ready")
    return Answer({"results": watched.results}, complaint)


def main() -> None:
    run_module({**watch_argument_spec(120), "min_ready_seconds": {"type": "float", "default": 2}}, read, work)


if __name__ == "__main__":
    main()
