#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: access_probe
short_description: Ask with many kubeconfigs what each may and may not do
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Logs in with each of the kubeconfigs and asks the API server, with a SelfSubjectAccessReview, about what its owner is meant
    to be allowed and about what is meant to be refused. Nothing of it is done.
  - A kubeconfig that is meant to open one namespace is proved to do so, and to open no other, with the credentials that its
    owner has, for a whole class in one task.
  - One probe that fails never stops the others. The task fails at the end, with the list, unless O(fail_on_unmet=false).
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
  - kubelabs.pods.attributes.info_module
options:
  probes:
    description:
      - The kubeconfigs, and what is asked with each. The results keep this order.
      - An empty list is refused, since it would prove nothing.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - A name for the result and for messages, such as V(alice).
        type: str
        required: true
      namespace:
        description:
          - The namespace of the kubeconfig's owner, for the result.
        type: str
        required: true
      kubeconfig:
        description:
          - The path of the kubeconfig. Its current context is used.
        type: path
        required: true
      may:
        description:
          - What has to be allowed.
        type: list
        elements: dict
        default: []
        suboptions: &access
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
      may_not:
        description:
          - What has to be refused.
        type: list
        elements: dict
        default: []
        suboptions: *access
  concurrency:
    description:
      - How many kubeconfigs are tried at the same time.
    type: int
    default: 32
  timeout:
    description:
      - Seconds for the whole task.
    type: float
    default: 300
  fail_on_unmet:
    description:
      - Whether the task fails when a probe was not met.
    type: bool
    default: true
notes:
  - The connection of the task itself is only used to see that the API server is there.
"""

EXAMPLES = r"""
- name: See that a key opens one room and no other
  kubelabs.pods.access_probe:
    probes:
      - name: alice
        namespace: lab-alice
        kubeconfig: handouts/monday/alice/kubeconfig
        may:
          - {verb: create, resource: pods, subresource: exec, namespace: lab-alice}
        may_not:
          - {verb: get, resource: secrets, namespace: lab-bob}
          - {verb: create, resource: namespaces}
"""

RETURN = r"""
results:
  description: One for each probe, in the same order.
  returned: success, or when O(fail_on_unmet) fails the task
  type: list
  elements: dict
  contains:
    name:
      description: As it was given.
      type: str
      sample: alice
    namespace:
      description: As it was given.
      type: str
      sample: lab-alice
    met:
      description: Whether everything that has to be allowed is, and nothing else that was asked about.
      type: bool
      sample: true
    asked:
      description: How many questions were answered.
      type: int
      sample: 45
    refused:
      description: What has to be allowed and is not, such as V(create pods/exec in lab-alice).
      type: list
      elements: str
      sample: []
    allowed:
      description: What has to be refused and is not, such as V(get secrets in lab-bob).
      type: list
      elements: str
      sample: []
    reason:
      description: Why it is not met, in one sentence. Empty when it is.
      type: str
      sample: ""
    started:
      description: When the probe began, as an ISO 8601 time in UTC. V(null) when it did not.
      type: str
      sample: "2026-01-01T09:00:00.000Z"
    duration:
      description: Seconds that it took. V(null) when it did not begin.
      type: float
      sample: 0.21
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
  sample: "1 of 2 probes did not meet their expectation: alice (Its owner may get secrets in lab-bob)."
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.access_review import (
    Access,
    argument_spec,
    read_access,
    review,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, bulk_argument_spec, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import KubelabsError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet import run_fleet
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress import Progress
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.secrets import Secrets
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso, utc_now
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.wording import sentence
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.options import given_probes
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.result import unmet_summary

#: How many rights a reason names.
MOST = 5


class Probe(NamedTuple):
    """What is asked with one kubeconfig, named for messages; `kubeconfig` is its path."""

    name: str
    namespace: str
    kubeconfig: str
    may: list[Access]
    may_not: list[Access]


#: The probes, and how many run at a time.
Request = tuple[list[Probe], int]


def in_words(access: Access) -> str:
    """``create pods/exec in lab-alice``."""
    resource = "/".join(filter(None, (access["resource"], access["subresource"])))
    where = f"in {access['namespace']}" if access["namespace"] else "in the whole cluster"
    return f"{access['verb']} {'.'.join(filter(None, (resource, access['group'])))} {where}"


def reason(refused: Sequence[str], allowed: Sequence[str]) -> str:
    said = []
    if refused:
        said.append(f"may not {', '.join(refused[:MOST])}{more(refused)}")
    if allowed:
        said.append(f"may {', '.join(allowed[:MOST])}{more(allowed)}")
    return sentence(f"Its owner {', and '.join(said)}") if said else ""


def more(items: Sequence[str]) -> str:
    return f" and {len(items) - MOST} more" * (len(items) > MOST)


def result(probe: Probe, started: datetime | None, asked: int, refused: list[str], allowed: list[str], why: str) -> Any:
    return {
        "name": probe.name,
        "namespace": probe.namespace,
        "met": not why,
        "asked": asked,
        "refused": refused,
        "allowed": allowed,
        "reason": why,
        "started": iso(started),
        "duration": (utc_now() - started).total_seconds() if started else None,
    }


def ask(probe: Probe, task: Task, secrets: Secrets) -> dict[str, Any]:
    """Logs in with the kubeconfig and asks everything, one question after the other."""
    started = utc_now()
    client = Client(load_connection({"kubeconfig": probe.kubeconfig}, secrets), concurrency=1)
    client.log_in(task.deadline)
    refused: list[str] = []
    allowed: list[str] = []
    for access, wanted in [*((one, True) for one in probe.may), *((one, False) for one in probe.may_not)]:
        answer = review(client, access, task.deadline)
        if answer["allowed"] is None:
            raise KubelabsError(f"The API server did not say whether one may {in_words(access)}: {answer['reason']}")
        if answer["allowed"] != wanted:
            (refused if wanted else allowed).append(in_words(access))
    asked = len(probe.may) + len(probe.may_not)
    return result(probe, started, asked, refused, allowed, reason(refused, allowed))  # type: ignore[no-any-return]


def read(params: Mapping[str, Any]) -> Request:
    probes = [
        Probe(
            options["name"],
            options["namespace"],
            options["kubeconfig"],
            [read_access(one) for one in options["may"]],
            [read_access(one) for one in options["may_not"]],
        )
        for options in given_probes(params)
    ]
    return probes, params["concurrency"]


def work(request: Request, task: Task) -> Answer:
    probes, concurrency = request
    secrets = Secrets()
    results = run_fleet(
        probes,
        lambda probe: ask(probe, task, secrets),
        concurrency=concurrency,
        deadline=task.deadline,
        on_error=lambda probe, exc: result(probe, None, 0, [], [], secrets.scrub(sentence(str(exc)))),
        on_deadline=lambda probe, _begun: result(probe, None, 0, [], [], "There was no time left to ask."),
        while_waiting=lambda done: task.tell(lambda: Progress(done, len(probes), "kubeconfigs tried")),
    )
    return Answer({"results": results}, unmet_summary(results))


def main() -> None:
    access = {"type": "list", "elements": "dict", "default": [], "options": argument_spec()}
    probe = {
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str", "required": True},
        "kubeconfig": {"type": "path", "required": True},
        "may": access,
        "may_not": access,
    }
    spec = {
        **bulk_argument_spec(300),
        "probes": {"type": "list", "elements": "dict", "required": True, "options": probe},
    }
    run_module(spec, read, work)


if __name__ == "__main__":
    main()
