#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pod_restart_watch
short_description: Watch many pods restart, with the time of every run and every back-off
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Lists and watches the pods of a class with one request until O(until) holds for every one of them.
  - Every pod gets a timeline of the runs of one container, with start, end, exit code and reason, and the delay before every
    restart measured against the back-off that Kubernetes promises.
  - The nominal delay is the one that the kubelet announces (C(back-off 40s restarting failed container)); where it was not seen,
    0, 10, 20, 40, 80, 160, 300 s, because the first restart is free and then it doubles.
  - The back-off is kept to when no restart comes more than 1 s earlier than that (times have a resolution of 1 s), no run begins
    before the one before it has ended, and what the kubelet announces doubles, up to the longest back-off of the node.
  - How late a restart comes says how busy the node is, and is noted, never held against the back-off. A restart is late when it
    comes after more than the greater of 1.5 times nominal and 15 s more, plus 5 s, because the kubelet does not look at the
    clock more often.
  - A container is in back-off when it is not running, has ended at least once, will be restarted, and has been restarted
    before or is said to back off. Up to about 1.34 that shows as C(CrashLoopBackOff) all the time, later only for
    an instant; the verdict is the same.
  - Pods are told apart by their UID. What has reached O(until) stays V(reached), whatever becomes of the pod afterwards.
    Nothing but the followed container counts, and what keeps it from starting; other containers of the pod do not.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
  - kubelabs.pods.attributes.info_module
  - kubelabs.pods.watch
options:
  container:
    description:
      - The container to follow, which may be an init container or a sidecar. Without it the container that kubectl takes.
    type: str
  until:
    description:
      - What to wait for. At least one must be given, and all that are given must hold.
    type: dict
    required: true
    suboptions:
      restarts:
        description:
          - At least this many restarts.
        type: int
      state:
        description:
          - The container was seen waiting for its restart.
        type: str
        choices: [CrashLoopBackOff]
      completed:
        description:
          - A run has ended with exit code 0.
        type: bool
        default: false
  timeout:
    description:
      - Seconds for the whole task.
    type: float
    default: 300
  fail_on_unmet:
    description:
      - Whether the task fails when O(until) does not hold for a pod. It does so after every pod is decided, and returns the same.
      - A back-off that is not kept to does not fail the task; look at RV(results[].back_off.finding).
    type: bool
    default: true
seealso:
  - module: kubelabs.pods.pod_ready_watch
  - module: kubelabs.pods.pod_log_probe
"""

EXAMPLES = r"""
- name: Watch the badly configured app restart twice and back off
  kubelabs.pods.pod_restart_watch:
    context: kind-kubelabs
    label_selector: kubelabs.pods/class=pods-lab,kubelabs.pods/app=failing
    until:
      restarts: 2
      state: CrashLoopBackOff
    timeout: 120
  register: watched

- name: Say how long each took to come back
  ansible.builtin.debug:
    msg: "{{ item.namespace }}: {{ item.delays | map(attribute='observed') | list }} ({{ item.back_off.finding }})"
  loop: "{{ watched.results }}"
  loop_control:
    label: "{{ item.name }}"
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
      sample: lab-alice/failing
    namespace:
      description: The namespace of the pod.
      type: str
      sample: lab-alice
    pod:
      description: The name of the pod.
      type: str
      sample: failing
    uid:
      description: The UID of the pod. Empty when it never appeared.
      type: str
      sample: 9eecb7d3-c9a6-46d4-a001-353b8f8cf430
    container:
      description: The container that was followed. Empty when the pod never appeared.
      type: str
      sample: app
    verdict:
      description:
        - V(reached) means that O(until) holds.
        - V(never_started) means that it cannot start, or never appeared.
        - V(failed) means that it has ended for good, so that O(until) can no longer come to hold.
        - V(deleted) and V(replaced) mean that it is gone, or another one of its name is there.
        - V(deselected) means that it is still there, but its labels no longer match O(label_selector).
        - V(timeout) means that O(timeout) passed.
      type: str
      sample: reached
    reason:
      description: One sentence that says what was seen.
      type: str
      sample: 2 restarts, seen in back-off.
    hint:
      description: What to do about it. Empty when there is nothing to do.
      type: str
      sample: ""
    restarts:
      description: How often the container was restarted.
      type: int
      sample: 2
    in_back_off:
      description: Whether the container was ever seen waiting for its restart.
      type: bool
      sample: true
    ready:
      description: Whether the pod was ready when it was decided, as the status, the node and the labels are of that moment.
      type: bool
      sample: true
    status:
      description: What C(kubectl get pods) showed in the column STATUS. Empty when the pod never appeared.
      type: str
      sample: CrashLoopBackOff
    runs:
      description: The runs of the container that are known, in order.
      type: list
      elements: dict
      contains:
        number:
          description: The number of the run; 0 is the first.
          type: int
          sample: 1
        started:
          description: When it started. V(null) when that is not known or it never did.
          type: str
          sample: '2026-11-22T08:31:41.000Z'
        finished:
          description: When it ended. V(null) when that is not known.
          type: str
          sample: '2026-11-22T08:31:44.000Z'
        exit_code:
          description: Its exit code. V(null) when that is not known.
          type: int
          sample: 1
        reason:
          description: The reason that Kubernetes gives for its end.
          type: str
          sample: Error
        duration:
          description: Seconds. V(null) when that is not known.
          type: float
          sample: 3.0
        known_from:
          description:
            - V(state) when the run was the container's state at the time, V(last_state) when it is only known from its last state,
              afterwards.
          type: str
          sample: state
    delays:
      description: The pause before each restart.
      type: list
      elements: dict
      contains:
        restart:
          description: The number of the restart; 1 is the first.
          type: int
          sample: 2
        observed:
          description: Seconds from the end of the run before to the start. V(null) when one of them is not known.
          type: float
          sample: 13.0
        nominal:
          description: Seconds that the back-off asks for.
          type: float
          sample: 10.0
        low:
          description: The least that keeps to the back-off, in seconds.
          type: float
          sample: 9.0
        high:
          description: The most that the kubelet's own rhythm explains, in seconds.
          type: float
          sample: 30.0
        within:
          description:
            - Whether RV(results[].delays[].observed) lies between RV(results[].delays[].low) and RV(results[].delays[].high). V(null)
              when it was not measured, or when it is less and the kubelet has not announced the back-off itself, because the node
              may be set to a shorter one.
          type: bool
          sample: true
        late:
          description: Seconds beyond RV(results[].delays[].high). V(0) when it was not late, or not measured.
          type: float
          sample: 0.0
        source:
          description: V(message) when the kubelet announced the nominal delay, V(curve) when it was derived.
          type: str
          sample: message
        reason:
          description: Where the nominal delay comes from, what is usual, and why so much.
          type: str
          sample: 'The kubelet announced 10 s; 9 to 30 s are usual: times are whole seconds, and the kubelet looks again only every 10 to 15 s.'
    back_off:
      description: Whether the back-off was kept to.
      type: dict
      contains:
        finding:
          description:
            - V(as_expected) means that it was kept to, however late a restart came.
            - V(off) means that a restart came earlier than the kubelet had announced, that a run began before the one before it
              had ended, or that what the kubelet announced does not double.
            - V(not_observed) means that no delay with a back-off was measured. The first restart is free and has none.
          type: str
          sample: as_expected
        reason:
          description: One sentence that says what was measured.
          type: str
          sample: Restart 2 came after 13 s (back-off 10 s); the kubelet announced 10 s.
        note:
          description: One sentence that names the restarts that came late, with the figures. Empty when none did.
          type: str
          sample: 'Restart 1 came 5 s late (after 25 s, where up to 20 s are usual): the node is busy, which says nothing against the back-off.'
    node:
      description: The node that the pod is on. Empty when it has none.
      type: str
      sample: kubelabs-control-plane
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
      sample: 19.8
    kubectl:
      description: The line to type to see the same.
      type: str
      sample: kubectl --context=kind-kubelabs -n lab-alice describe pod failing
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
  description: For which pods O(until) does not hold, at most ten by name.
  returned: when there are some, and always when the task fails
  type: str
  sample: "1 of 300 pods did not restart as awaited: lab-alice/failing (timeout: 1 of 2 restarts in time)."
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, run_module, watch_argument_spec
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.restart_judge import Until
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.run import unmet_summary, watch_restarts
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.selection import Selection

Request: TypeAlias = "tuple[Selection, Until, str | None]"


def argument_spec() -> dict[str, Any]:
    return {
        **watch_argument_spec(300),
        "container": {"type": "str"},
        "until": {
            "type": "dict",
            "required": True,
            "options": {
                "restarts": {"type": "int"},
                "state": {"type": "str", "choices": ["CrashLoopBackOff"]},
                "completed": {"type": "bool", "default": False},
            },
        },
    }


def make_until(options: dict[str, Any]) -> Until:
    until = Until(options.get("restarts"), bool(options.get("state")), bool(options.get("completed")))
    if until == Until():
        raise ArgumentError("until is empty: give at least one of restarts, state and completed.")
    if until.restarts is not None and until.restarts < 0:
        raise ArgumentError(f"until.restarts is {until.restarts}, and must be 0 or more.")
    return until


def read(params: Mapping[str, Any]) -> Request:
    return Selection.from_options(params), make_until(params["until"]), params["container"]


def work(request: Request, task: Task) -> Answer:
    selection, until, container = request
    watched = watch_restarts(task.client, selection, until, container=container, deadline=task.deadline, tell=task.tell)
    complaint = watched.no_pods or unmet_summary(watched.results, "did not restart as awaited")
    return Answer({"results": watched.results}, complaint)


def main() -> None:
    run_module(argument_spec(), read, work)


if __name__ == "__main__":
    main()
