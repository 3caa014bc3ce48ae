#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pod_exec_probe
short_description: Run commands in many pods at once and judge the answers
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Runs a list of commands in containers, many at a time, over one set of connections and under one deadline.
  - Every result has an O(probes[].expect.outcome) that means the same on every container runtime and every Kubernetes from
    1.20 on. Expecting V(no_such_executable) makes an image without a shell a lesson and not a crash.
  - One probe that fails never stops the others. The task fails at the end, with the list, unless O(fail_on_unmet=false).
  - Nothing is ever reported as changed, although a command can of course change something in its container.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode nothing is executed, and every result has the outcome V(skipped).
  diff_mode:
    support: N/A
    details:
      - The module reports no change, as it cannot know what a command changes.
  idempotent:
    support: N/A
    details:
      - Whether running twice is the same depends on the commands.
options:
  probes:
    description:
      - What to run. The results keep this order.
      - An empty list is refused, since it would prove nothing.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - A name for the result and for messages, such as V(alice/dns).
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
          - The name of the container.
          - Without it the container that kubectl takes, which is the one that the annotation
            C(kubectl.kubernetes.io/default-container) names, else the first. That costs one request per pod, made with the
            connection's own rights; where it may not read pods, the API server chooses.
        type: str
      command:
        description:
          - The program and its arguments, as a list. There is no shell unless you name one, and so a command that is written as
            one text is refused.
        type: raw
        required: true
      stdin:
        description:
          - Text for the command's standard input. Unless it is long it is shown in RV(results[].kubectl), so set C(no_log) on
            the task when it is a secret.
          - API servers before 1.30 cannot tell the command that its input has ended, so there a command that reads to the
            end, like C(cat), does not end before O(probes[].timeout).
        type: str
      encoding:
        description:
          - V(text) is UTF-8, with replacement characters where output is none.
          - With V(base64), O(probes[].stdin) is given and RV(results[].stdout) and RV(results[].stderr) are returned as
            base64 of the bytes. Expectations look at the text all the same.
        type: str
        choices: [text, base64]
        default: text
      expect:
        description:
          - What the result has to be. Every part that is given must hold.
        type: dict
        suboptions:
          outcome:
            description:
              - The outcomes that are accepted.
              - Without it V(ok), and with O(probes[].expect.rc) also V(nonzero_exit).
              - V(ok) is exit code 0, V(nonzero_exit) any other exit code of the command.
              - V(no_such_executable) means that the container has no such program, for example no shell.
              - V(container_not_running) means that the container has not started, has ended, or waits for its restart.
              - V(pod_not_found) means that there is no such pod or namespace.
              - V(forbidden) means that the user, see O(probes[].as_user), may not do this.
              - V(timeout) means that O(probes[].timeout) or O(timeout) passed. Where O(timeout) cuts off a further attempt
                (O(probes[].retries)), the outcome is that of the attempt before.
              - V(transport_lost) means that the connection broke, so that how the command ended is not known.
              - V(api_error) is everything else that the cluster refused.
              - Results can have two more, which nobody can expect, see RV(results[].outcome).
            type: list
            elements: str
            choices:
              - ok
              - nonzero_exit
              - no_such_executable
              - container_not_running
              - pod_not_found
              - forbidden
              - timeout
              - transport_lost
              - api_error
          rc:
            description:
              - The exit codes that are accepted.
            type: list
            elements: int
          contains:
            description:
              - Texts that standard output must contain, as a list. One text alone need be no list, and is not split.
            type: raw
          stderr_contains:
            description:
              - Texts that standard error must contain, as a list. One text alone need be no list, and is not split.
            type: raw
          regex:
            description:
              - A regular expression that must be found in standard output. C(^) and C($) match at every line.
            type: str
          json:
            description:
              - Values that standard output, read as JSON, must have. The keys are dotted paths such as V(status.ready).
              - A number in a path is an index into a list. The empty path is the whole document.
            type: dict
      timeout:
        description:
          - Seconds for one attempt, from connecting to the end of the command.
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
          - Impersonate this user, really, so that what the user may do is what is tested.
          - Before Kubernetes 1.35 a websocket needs the verb C(get) on C(pods/exec), and kubectl C(create). Who may only
            C(create) gets V(api_error) and not V(forbidden), since kubectl would have let them in.
          - Which container is meant, and what a pod is doing, is asked with the connection's own rights.
          - The connection's own user must be allowed to impersonate; that it is not gives V(api_error), never V(forbidden).
        type: str
      as_groups:
        description:
          - Groups to impersonate together with O(probes[].as_user), which they need.
        type: list
        elements: str
  max_output:
    description:
      - How many bytes of standard output, and how many of standard error, are kept. What is beyond is read and thrown away,
        and the result says so.
    type: int
    default: 65536
  timeout:
    description:
      - Seconds for the whole task. Probes that have not ended their first attempt by then have the outcome V(timeout).
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
requirements:
  - websocket-client >= 1.6
seealso:
  - module: kubelabs.pods.pod_log_probe
  - module: kubelabs.pods.pod_ready_watch
  - module: kubernetes.core.k8s_exec
"""

EXAMPLES = r"""
- name: Every student's shell pod resolves the API server's name
  kubelabs.pods.pod_exec_probe:
    context: kind-kubelabs
    probes: "{{ students | map('combine', dns_probe) }}"
  vars:
    # Each student is a mapping with name and namespace.
    dns_probe:
      pod: shell
      command: [nslookup, kubernetes.default.svc.cluster.local]
      retries: 3

- name: Two probes of one student
  kubelabs.pods.pod_exec_probe:
    context: kind-kubelabs
    probes:
      - name: alice/dns
        namespace: lab-alice
        pod: shell
        command: [nslookup, kubernetes.default.svc.cluster.local]
        retries: 3
      - name: alice/web has no shell
        namespace: lab-alice
        pod: web
        command: [sh, -c, 'true']
        expect:
          outcome: [no_such_executable]

- name: A student may not exec into another student's pod
  kubelabs.pods.pod_exec_probe:
    probes:
      - name: alice into bob
        namespace: lab-bob
        pod: shell
        command: ['true']
        as_user: system:serviceaccount:lab-alice:student
        expect:
          outcome: [forbidden]

- name: The API server answers from inside, with JSON
  kubelabs.pods.pod_exec_probe:
    probes:
      - name: alice/api server
        namespace: lab-alice
        pod: shell
        command: [curl, -sSk, --max-time, '5', 'https://kubernetes.default.svc/version']
        expect:
          json:
            major: '1'
    fail_on_unmet: false
  register: probed

- name: The web pod answers the shell pod, by its IP
  kubelabs.pods.pod_exec_probe:
    probes:
      - name: alice/page
        namespace: lab-alice
        pod: shell
        command: [curl, -sS, --max-time, '5', "http://{{ web_ip }}:8080/"]
        expect:
          contains: ['Hostname: web']
  vars:
    # What pod_ready_watch returned for the web pod.
    web_ip: "{{ (ready.results | selectattr('pod', 'eq', 'web') | first).pod_ip }}"
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
      sample: alice/dns
    namespace:
      description: The namespace of the pod.
      type: str
      sample: lab-alice
    pod:
      description: The name of the pod.
      type: str
      sample: shell
    container:
      description: The container that was named or chosen; V(null) when it never came to choosing one.
      type: str
      sample: shell
    met:
      description: Whether the result meets the expectation.
      type: bool
      sample: true
    outcome:
      description:
        - What came of it; see O(probes[].expect.outcome). In check mode V(skipped).
        - V(internal_error) is a fault of this collection, and nothing that the cluster did. RV(results[].reason) names it, and says
          where to report it.
      type: str
      sample: ok
    rc:
      description: The exit code. V(null) where there is none.
      type: int
      sample: 0
    stdout:
      description: What the command wrote, read as UTF-8.
      type: str
      sample: "Name: kubernetes.default.svc.cluster.local\n"
    stderr:
      description: What the command wrote to standard error, read as UTF-8.
      type: str
      sample: ""
    stdout_truncated:
      description: Whether there was more standard output than O(max_output).
      type: bool
      sample: false
    stderr_truncated:
      description: Whether there was more standard error than O(max_output).
      type: bool
      sample: false
    protocol:
      description: The websocket protocol that was agreed on. V(null) when there was no connection.
      type: str
      sample: v5.channel.k8s.io
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
      sample: 0.061
    reason:
      description: One sentence that says what was seen, and where the expectation is not met, why not.
      type: str
      sample: The command exited with code 0.
    kubectl:
      description: The line to type to see the same.
      type: str
      sample: kubectl --context=kind-kubelabs -n lab-alice exec shell -c shell -- nslookup kubernetes.default
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
  sample: '1 of 300 probes did not meet their expectation: alice/dns (Expected ok, got timeout: the command had not ended in time (10 s)).'
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.exec_stream import import_websocket
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, bulk_argument_spec, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.exec_prober import ExecProber
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.options import (
    exec_probe,
    given_probes,
    probe_argument_spec,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import EXPECTABLE
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import BASE64, ExecProbe
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.result import unmet_summary
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.run import run_probes, skipped

#: The probes, the bytes of output to keep, and how many run at a time.
Request = tuple[list[ExecProbe], int, int]


def argument_spec() -> dict[str, Any]:
    probes = probe_argument_spec(
        outcomes=EXPECTABLE,
        expect={
            "rc": {"type": "list", "elements": "int"},
            "contains": {"type": "raw"},
            "stderr_contains": {"type": "raw"},
            "regex": {"type": "str"},
            "json": {"type": "dict"},
        },
        own={
            "command": {"type": "raw", "required": True},
            "stdin": {"type": "str"},
            "encoding": {"type": "str", "choices": ["text", BASE64], "default": "text"},
        },
    )
    return {**bulk_argument_spec(300), **probes}


def read(params: Mapping[str, Any]) -> Request:
    return [exec_probe(options) for options in given_probes(params)], params["max_output"], params["concurrency"]


def work(request: Request, task: Task) -> Answer:
    probes, max_output, concurrency = request
    prober = ExecProber(task.client, max_output, task.deadline)
    if task.check_mode:
        return Answer({"results": skipped(probes, prober)})
    import_websocket()
    results = run_probes(probes, prober, concurrency=concurrency, deadline=task.deadline, tell=task.tell)
    return Answer({"results": results}, unmet_summary(results))


def main() -> None:
    run_module(argument_spec(), read, work)


if __name__ == "__main__":
    main()
