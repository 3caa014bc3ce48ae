#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: manifest_check
short_description: Check the YAML of students as a teacher would, and say what is wrong and where
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Reads manifests, one or those of a whole class, and says in words what is wrong with them, each problem with its line and,
    where it is known, with what was probably meant.
  - It looks at the YAML itself; at the fields that every object has; at every field, against the descriptions that the cluster
    itself gives of its objects (OpenAPI); at what the API server says to a dry run, which makes nothing; and at the Pod
    Security level that the pods satisfy.
  - It warns of what is accepted and never runs, such as names that no image has or that are well-known ones with a slip, a
    command that is one word with blanks in it, a probe at a port that has no such name, and an object that the file makes twice.
  - A file is read as kubectl reads it, be it YAML or JSON, UTF-8 or UTF-16. Where kubectl takes it and it is not as it should
    be, there is a warning. A file that begins with an opening brace and is YAML, but no JSON, is refused by kubectl up to 1.32
    and taken by later ones.
  - It is checked as a new object. Where there is one of its name already, that it cannot be changed to what the file says is a
    problem of its own, at C(metadata.name).
  - Several documents in one file, and the objects of a C(kind) V(List), are checked each.
  - Nothing is ever changed. A manifest with problems is a result, and fails the task only with O(fail_on_problems=true).
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
  - kubelabs.pods.attributes.info_module
options:
  path:
    description:
      - A file to check. It is read where the module runs.
      - One of O(path), O(content) and O(manifests) is needed.
    type: path
  content:
    description:
      - A manifest as text, instead of a file.
    type: str
  namespace:
    description:
      - The namespace in which the manifest is to be used, and in which the API server is asked. For O(manifests), of those that
        name none.
      - A manifest that names another one has a problem.
      - One that is not on the cluster is no problem of the manifest. The task warns, RV(results[].namespace_missing) is V(true),
        and nothing is tried there.
      - Without it that which the manifest names, else V(default).
    type: str
  manifests:
    description:
      - Many manifests, checked side by side. The results keep this order.
      - An empty list is refused, since it would prove nothing. A file that is not there is a result with a problem.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - A name for the result and for messages, such as V(alice). The default is the name of the file.
        type: str
      path:
        description:
          - A file to check. It is read where the module runs. Either this or O(manifests[].content) is needed.
        type: path
      content:
        description:
          - A manifest as text, instead of a file.
        type: str
      namespace:
        description:
          - As O(namespace), for this one.
        type: str
  concurrency:
    description:
      - How many manifests are checked at the same time.
    type: int
    default: 32
  timeout:
    description:
      - Seconds for the whole task.
    type: float
    default: 300
  fail_on_problems:
    description:
      - Whether the task fails when a manifest has an error. It does so after all have been checked, and returns the same.
    type: bool
    default: false
requirements:
  - PyYAML >= 6.0
notes:
  - With which rights a dry run is asked are those of the connection, and they have to allow what is tried, as in
    C(create pods), and C(patch pods) where there is one of the name. Where they do not,
    RV(results[].documents[].dry_run.verdict) is V(unknown).
  - A file of more than 256 KiB, or one that is larger with all its aliases written out, is not read.
  - What is in a manifest is never shown, apart from the names of fields, and numbers to be put in quotes that are no values of
    variables or Secrets. The API server's own words in RV(results[].documents[].dry_run.message) may quote more.
seealso:
  - name: Pod Security Standards
    description: What the three levels ask for.
    link: https://kubernetes.io/docs/concepts/security/pod-security-standards/
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: Check one file
  kubelabs.pods.manifest_check:
    context: kind-kubelabs
    path: web.yaml

- name: Check what every student has handed in, each in the student's namespace
  kubelabs.pods.manifest_check:
    context: kind-kubelabs
    manifests: "{{ students | map('combine', homework) }}"
  vars:
    # Each student is a mapping with name and namespace.
    homework:
      content: "{{ lookup('ansible.builtin.file', 'homework.yaml') }}"
  register: checked

- name: Show the problems, line by line
  ansible.builtin.debug:
    msg: "{{ dict(checked.results | map(attribute='name') | zip(checked.results | map(attribute='lines'))) }}"

- name: Keep what is wrong out of a repository
  kubelabs.pods.manifest_check:
    manifests:
      - path: deploy/web.yaml
      - path: deploy/service.yaml
    namespace: shop
    fail_on_problems: true
"""

RETURN = r"""
results:
  description: One result for each manifest, in order.
  returned: success, or when O(fail_on_problems) fails the task
  type: list
  elements: dict
  contains:
    name:
      description: The name of the manifest.
      type: str
      sample: web.yaml
    namespace:
      description: The namespace that was given for it. V(null) when none was.
      type: str
      sample: lab-alice
    namespace_missing:
      description: Whether the namespace that was given is not on the cluster. There is a warning of the task, too.
      type: bool
      sample: false
    valid:
      description: Whether it has no errors. Warnings do not count.
      type: bool
      sample: false
    errors:
      description: How many errors it has.
      type: int
      sample: 1
    warnings:
      description: How many warnings it has.
      type: int
      sample: 0
    documents:
      description: One for each object in the file, in order. There is always at least one.
      type: list
      elements: dict
      contains:
        line:
          description: The line in which it begins.
          type: int
          sample: 1
        api_version:
          description: What it says under C(apiVersion). V(null) when it does not.
          type: str
          sample: v1
        kind:
          description: What it says under C(kind). V(null) when it does not.
          type: str
          sample: Pod
        name:
          description: The name of the object. V(null) when it has none.
          type: str
          sample: web
        problems:
          description: What is wrong, in the order of the file.
          type: list
          elements: dict
          contains:
            level:
              description: V(error) for what is or would be refused, else V(warning).
              type: str
              sample: error
            line:
              description: The line in the file; the first is 1.
              type: int
              sample: 7
            column:
              description: The column in the line; the first is 1.
              type: int
              sample: 3
            path:
              description: The field. Empty for a problem of the whole document.
              type: str
              sample: spec.contaners
            message:
              description: A sentence that says what is wrong.
              type: str
              sample: contaners is no field of spec.
            suggestion:
              description: A sentence that says what to do. Empty when nothing is known.
              type: str
              sample: Did you mean containers?
        dry_run:
          description: What the API server says, which was asked to do it without doing it.
          type: dict
          contains:
            verdict:
              description:
                - V(accepted) or V(refused).
                - V(skipped) when it was not tried, as with a kind that there is not, or in a namespace that the same file makes.
                - V(unknown) when there was no answer, or the connection's user may not do it.
              type: str
              sample: refused
            reason:
              description: A sentence about it.
              type: str
              sample: contaners is no field of spec.
            message:
              description: The API server's own words. Empty when it has accepted it.
              type: str
              sample: 'strict decoding error: unknown field "spec.contaners"'
            code:
              description: The HTTP status of a refusal. V(null) when there was none.
              type: int
              sample: 400
            warnings:
              description: What the API server warns of, in its own words.
              type: list
              elements: str
              sample: []
        pod_security:
          description: How strict a namespace may be that lets in the pods. V(null) when there is no pod in the object.
          type: dict
          contains:
            level:
              description: The strictest level that the pods satisfy, V(privileged), V(baseline) or V(restricted).
              type: str
              sample: baseline
            version:
              description: The version of Kubernetes whose rules were used.
              type: str
              sample: v1.37
            enforced:
              description: The level that the namespace enforces. V(null) when it enforces none, or that is not known.
              type: str
              sample: baseline
            reasons:
              description: Why they do not satisfy a stricter level. Empty for V(restricted).
              type: list
              elements: dict
              contains:
                level:
                  description: The level that asks for it.
                  type: str
                  sample: restricted
                control:
                  description: The control, as the Pod Security Standards name it.
                  type: str
                  sample: Privilege Escalation
                line:
                  description: The line of the field, or of that in which it is missing.
                  type: int
                  sample: 8
                column:
                  description: The column there.
                  type: int
                  sample: 5
                path:
                  description: The field.
                  type: str
                  sample: spec.containers[0].securityContext.allowPrivilegeEscalation
                message:
                  description: What is not allowed.
                  type: str
                  sample: A program in the container could get more rights than it began with.
                suggestion:
                  description: What to write instead.
                  type: str
                  sample: 'Write securityContext.allowPrivilegeEscalation: false in the container.'
    lines:
      description: The problems, each as one line to show to the student.
      type: list
      elements: str
      sample: ['line 7: contaners is no field of spec. Did you mean containers?']
    msg:
      description: One sentence about the manifest.
      type: str
      sample: 'web.yaml has 1 error. It is: line 7: contaners is no field of spec. Did you mean containers?'
cluster:
  description: The cluster that was asked.
  returned: success, or when O(fail_on_problems) fails the task
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
  description: Which manifests have errors, at most ten by name.
  returned: when some have, and always when the task fails
  type: str
  sample: '1 of 30 manifests have errors: alice (line 7: contaners is no field of spec. Did you mean containers?).'
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.warnings import warn

from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, check_argument_spec, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.options import (
    Manifest,
    given_manifests,
    manifest_argument_spec,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.result import (
    invalid_summary,
    namespaces_warning,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.run import check_manifests

#: The manifests, and how many are checked at a time.
Request = tuple[list[Manifest], int]


def read(params: Mapping[str, Any]) -> Request:
    return given_manifests(params), params["concurrency"]


def work(request: Request, task: Task) -> Answer:
    manifests, concurrency = request
    results = check_manifests(manifests, task.client, concurrency=concurrency, deadline=task.deadline)
    warning = namespaces_warning(results)
    if warning:
        # It is the slip of whoever wrote the task, and should not be found in the students' results only.
        warn(warning)
    return Answer({"results": results}, invalid_summary(results))


def main() -> None:
    run_module({**check_argument_spec(300), **manifest_argument_spec()}, read, work)


if __name__ == "__main__":
    main()
