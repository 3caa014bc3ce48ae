#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pod_log_probe
short_description: Read the logs of many containers at once and judge them
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Reads the logs of a list of containers, many at a time, over one set of connections and under one deadline.
  - M(kubernetes.core.k8s_log) reads one log in a task; this module reads those of a whole class.
  - One probe that fails never stops the others. The task fails at the end, with the list, unless O(fail_on_unmet=false).
  - Bytes that are not UTF-8 are replaced and never an error.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
  - kubelabs.pods.attributes.info_module
options:
  probes:
    description:
      - Which logs to read. The results keep this order.
      - An empty list is refused, since it would prove nothing.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - A name for the result and for messages, such as V(alice/logs).
        type: str
        required: true
      namespace:
        description:
          - The namespace of the pod.
        type: str
        required: true
      pod:
        description:
          - The name of the pod.
        type: str
        required: true
      container:
        description:
          - The name of the container. Without it the container that kubectl takes.
        type: str
      previous:
        description:
          - Read the log of the run before the last restart.
          - The kubelet keeps one ended run per container. While a container waits for its restart, its last run's log is the
            one without this option, and of the run before that there is none any more.
        type: bool
        default: false
      tail_lines:
        description:
          - At most this many lines, from the end of the log.
        type: int
      expect:
        description:
          - What the log has to be. Every part that is given must hold.
        type: dict
        suboptions:
          outcome:
            description:
              - The outcomes that are accepted. Without it V(ok).
              - V(ok) means that the log was read, V(container_not_running) that there is no log yet or no previous run; the
                others are those of M(kubelabs.pods.pod_exec_probe).
            type: list
            elements: str
            choices:
              - ok
              - container_not_running
              - pod_not_found
              - forbidden
              - timeout
              - transport_lost
              - api_error
          contains:
            description:
              - Texts that the log must contain, as a list. One text alone need be no list, and is not split.
            type: raw
          regex:
            description:
              - A regular expression that must be found in the log. C(^) and C($) match at every line.
            type: str
          not_empty:
            description:
              - Whether there must be something other than white space.
            type: bool
            default: false
      timeout:
        description:
          - Seconds for one attempt.
        type: float
        default: 10
      retries:
        description:
          - How many more attempts to make while the expectation is not met.
        type: int
        default: 0
      delay:
        description:
          - Seconds between attempts.
        type: float
        default: 1
      as_user:
        description:
          - Impersonate this user. Which container is meant is asked with the connection's own rights.
        type: str
      as_groups:
        description:
          - Groups to impersonate together with O(probes[].as_user), which they need.
        type: list
        elements: str
  max_output:
    description:
      - How many bytes of a log are read. The result says when there was more.
    type: int
    default: 65536
  timeout:
    description:
      - Seconds for the whole task. Probes that have not ended by then have the outcome V(timeout).
    type: float
    default: 300
  concurrency:
    description:
      - How many probes run at the same time. In the same pod it is never more than 4, whatever is given here, because container
        runtimes gain nothing from more, and some hang.
    type: int
    default: 32
  fail_on_unmet:
    description:
      - Whether the task fails when a probe does not meet its expectation. It does so after all have run, and returns the same.
    type: bool
    default: true
seealso:
  - module: kubelabs.pods.pod_exec_probe
  - module: kubernetes.core.k8s_log
"""

EXAMPLES = r"""
- name: The web pods of alice and bob have said that they are up
  kubelabs.pods.pod_log_probe:
    context: kind-kubelabs
    probes:
      - name: alice/web
        namespace: lab-alice
        pod: web
        expect:
          contains: ['Listening on']
        retries: 5
      - name: bob/web
        namespace: lab-bob
        pod: web
        tail_lines: 20
        expect:
          not_empty: true

- name: What the failing app said before it gave up
  kubelabs.pods.pod_log_probe:
    probes:
      - name: alice/failing
        namespace: lab-alice
        pod: failing
        expect:
          regex: '^Giving up'
        # It lives for three seconds. While it waits for its restart, this is the log of the run that has ended.
        retries: 5
        delay: 2
    fail_on_unmet: false
  register: logs
"""

RETURN = r"""
results:
  description: One result for each probe, in the order of O(probes).
  returned: success, or when O(fail_on_unmet) fails the task
  type: list
  elements: dict
  contains:
    name:
      description: The name of the probe.
      type: str
      sample: alice/web
    namespace:
      description: The namespace of the pod.
      type: str
      sample: lab-alice
    pod:
      description: The name of the pod.
      type: str
      sample: web
    container:
      description: The container that was named or chosen; V(null) when it never came to choosing one.
      type: str
      sample: web
    met:
      description: Whether the log meets the expectation.
      type: bool
      sample: true
    outcome:
      description:
        - What came of it; see O(probes[].expect.outcome).
        - V(internal_error) is a fault of this collection, and nothing that the cluster did. RV(results[].reason) names it, and says
          where to report it. Nobody can expect it.
      type: str
      sample: ok
    rc:
      description: Always V(null); here so that the results look like those of M(kubelabs.pods.pod_exec_probe).
      type: int
      sample: null
    stdout:
      description: The log.
      type: str
      sample: "listening on :8080\n"
    stderr:
      description: Always empty, for the same reason.
      type: str
      sample: ""
    stdout_truncated:
      description: Whether there was more than O(max_output).
      type: bool
      sample: false
    stderr_truncated:
      description: Always V(false).
      type: bool
      sample: false
    protocol:
      description: Always V(null).
      type: str
      sample: null
    attempts:
      description: How many attempts were made.
      type: int
      sample: 1
    started:
      description: When the first attempt began. V(null) when none was made.
      type: str
      sample: '2026-11-22T08:31:41.460Z'
    duration:
      description: Seconds, all attempts together.
      type: float
      sample: 0.021
    reason:
      description: One sentence that says what was seen, and where the expectation is not met, why not.
      type: str
      sample: The log has 19 bytes.
    kubectl:
      description: The line to type to see the same.
      type: str
      sample: kubectl --context=kind-kubelabs -n lab-alice logs web -c web
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
  description: Which probes did not meet their expectation, at most ten by name.
  returned: when some did not, and always when the task fails
  type: str
  sample: "1 of 2 probes did not meet their expectation: alice/web (Stdout lacks 'listening on' (stdout: ''))."
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, bulk_argument_spec, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.log_prober import LogProber
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.options import (
    given_probes,
    log_probe,
    probe_argument_spec,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import EXPECTABLE, Word
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import LogProbe
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.result import unmet_summary
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.run import run_probes

#: The probes, the bytes of log to keep, and how many run at a time.
Request = tuple[list[LogProbe], int, int]


def argument_spec() -> dict[str, Any]:
    only_of_commands = (Word.NONZERO_EXIT, Word.NO_SUCH_EXECUTABLE)
    probes = probe_argument_spec(
        outcomes=[word for word in EXPECTABLE if word not in only_of_commands],
        expect={
            "contains": {"type": "raw"},
            "regex": {"type": "str"},
            "not_empty": {"type": "bool", "default": False},
        },
        own={
            "previous": {"type": "bool", "default": False},
            "tail_lines": {"type": "int"},
        },
    )
    return {**bulk_argument_spec(300), **probes}


def read(params: Mapping[str, Any]) -> Request:
    return [log_probe(options) for options in given_probes(params)], params["max_output"], params["concurrency"]


def work(request: Request, task: Task) -> Answer:
    probes, max_output, concurrency = request
    prober = LogProber(task.client, max_output, task.deadline)
    results = run_probes(probes, prober, concurrency=concurrency, deadline=task.deadline, tell=task.tell)
    return Answer({"results": results}, unmet_summary(results))


def main() -> None:
    run_module(argument_spec(), read, work)


if __name__ == "__main__":
    main()
