#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: student_kubeconfig
short_description: Write a kubeconfig for every student of a class, with a token that expires
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Asks the cluster for a token for each service account (TokenRequest API) and writes it into a kubeconfig of its own, for the
    whole class side by side.
  - Run again, it renews what would expire within O(renew_before), what was made for a service account that has been made anew
    since, and what leads to another API server or namespace than it is to. Everything else stays as it is.
  - A service account that does not carry the labels of O(label_selector) is never used.
  - Files have the mode 0600 from their first byte on, directories that are made have 0700, and a directory that is open to
    others and holds nothing but such kubeconfigs is closed to 0700. A file is written as a whole or not at all.
  - A file that this module did not write, or wrote for another class, is never overwritten or removed. It knows its own by an
    entry C(kubelabs.pods) under C(extensions) of the context, which C(kubectl) and its libraries leave alone.
  - Before the first token is asked for it is made sure that all files can be written.
  - On a cluster that makes no tokens on request, the one that it has made with the service account is taken. That one does not
    expire before the account is deleted, as RV(results[].note) says.
extends_documentation_fragment:
  - kubelabs.pods.k8s_auth
  - kubelabs.pods.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode files and service accounts are looked at, no token is asked for, and nothing is written. An account that
        is not there counts as one that is made before.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - Until the tokens are due to be renewed.
options:
  accounts:
    description:
      - Whose kubeconfigs. No two may have the same path.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Whose it is, such as the name of a student. It stands in the results only.
        type: str
        required: true
      namespace:
        description:
          - The namespace of the service account.
        type: str
        required: true
      service_account:
        description:
          - The name of the service account. The user in the kubeconfig is called the same.
        type: str
        required: true
      path:
        description:
          - Where to write the kubeconfig. Directories that are missing are made.
        type: path
        required: true
      context_namespace:
        description:
          - The namespace that the kubeconfig leads to, after which its context is called. The default is O(accounts[].namespace).
        type: str
  label_selector:
    description:
      - The labels of the class, as C(key=value) separated by commas. Must contain C(app.kubernetes.io/managed-by=kubelabs.pods).
    type: str
    required: true
  lifetime:
    description:
      - Seconds that a token is to live, 600 at least. A cluster may grant less, as the result then says.
    type: int
    default: 604800
  renew_before:
    description:
      - Seconds before its end from which on a token is renewed. Less than O(lifetime).
      - The default is a third of O(lifetime). Where the cluster has granted less than that, it is at most a third of what was
        granted.
    type: int
  server:
    description:
      - The URL of the API server that the students are to use. Yours may lead through this machine or a proxy.
      - The default is that of the connection in use, with its C(proxy-url) and C(tls-server-name). A proxy that only an
        environment variable names is left out, and so are a user name and a password for a proxy.
    type: str
  server_ca_cert:
    description:
      - Path of the certificate authority's certificates that the students are to trust. They are embedded.
      - The default are those of the connection in use. Where that does not verify certificates, the students' do not either.
    type: path
  state:
    description:
      - V(present) has the kubeconfigs there.
      - V(absent) removes them, and directories that are empty then if they have the mode 0700. The tokens stay good until they
        expire or their service accounts are deleted.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description:
      - Seconds for the whole task. Kubeconfigs that were not written by then are V(failed), and another run goes on with them.
    type: float
    default: 300
  concurrency:
    description:
      - How many requests are made at the same time.
    type: int
    default: 32
  fail_on_unmet:
    description:
      - Whether the task fails when a kubeconfig is V(failed) or V(refused). It does so at the end, and returns the same.
    type: bool
    default: true
notes:
  - No token stands in what the module returns or logs.
  - The right to C(create) C(serviceaccounts/token) is needed in the namespaces of the accounts, and to C(list) or C(get)
    C(serviceaccounts). On clusters without tokens on request, to C(get) C(secrets).
seealso:
  - module: kubelabs.pods.namespace_teardown
"""

EXAMPLES = r"""
- name: A kubeconfig for each student, for two weeks
  kubelabs.pods.student_kubeconfig:
    context: kind-kubelabs
    label_selector: app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=pods-lab
    lifetime: 1209600
    server: https://kube.example.org:6443
    accounts:
      - name: Alice
        namespace: lab-alice
        service_account: student
        path: ~/keys/pods-lab/lab-alice.kubeconfig
      - name: Bob
        namespace: lab-bob
        service_account: student
        path: ~/keys/pods-lab/lab-bob.kubeconfig

- name: Remove them
  kubelabs.pods.student_kubeconfig:
    label_selector: app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=pods-lab
    state: absent
    accounts:
      - name: Alice
        namespace: lab-alice
        service_account: student
        path: ~/keys/pods-lab/lab-alice.kubeconfig
"""

RETURN = r"""
results:
  description: One result for each of O(accounts), in the same order.
  returned: success, or when O(fail_on_unmet) fails the task
  type: list
  elements: dict
  contains:
    name:
      description: As it was given.
      type: str
      sample: Alice
    namespace:
      description: The namespace of the service account.
      type: str
      sample: lab-alice
    path:
      description: Where the kubeconfig is, as an absolute path.
      type: str
      sample: /home/me/keys/pods-lab/lab-alice.kubeconfig
    state:
      description:
        - What became of the kubeconfig, or in check mode, what would.
        - V(created), V(renewed) and V(unchanged) are those that are there.
        - V(removed) and V(absent) are those that are not; V(absent) was not there before either.
        - V(refused) means that the service account does not carry the labels of the class.
        - V(failed) is everything else that kept it from being as it was to be. A file that was there is as it was.
      type: str
      sample: created
    expires:
      description:
        - When the token in it expires. V(null) where there is none, and where it does not expire, as RV(results[].note) then says.
        - In check mode, of the one that is there now.
      type: str
      sample: '2026-11-29T08:31:41.000Z'
    reason:
      description: One sentence, where it was V(renewed), V(refused) or V(failed). Empty for all others.
      type: str
      sample: ""
    note:
      description: What else is to be known. That the cluster granted less time than was asked for, for one. Often empty.
      type: str
      sample: The cluster granted 86400 s of the 604800 s that were asked for.
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
  description: Whose kubeconfigs are not as they were to be, at most ten by name.
  returned: when there are some, and always when the task fails
  type: str
  sample: "1 of 300 kubeconfigs could not be written: Alice (There is no service account student in the namespace lab-alice: make it first)."
"""

from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer, Task, bulk_argument_spec, run_module
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.address import cluster_fields
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.options import (
    KeysRequest,
    keys_argument_spec,
    read_request,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.result import unmet_summary
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.run import Keys
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.tokens import Tokens


def argument_spec() -> dict[str, Any]:
    return {**bulk_argument_spec(300), **keys_argument_spec()}


def work(request: KeysRequest, task: Task) -> Answer:
    connection = task.client.connection
    keys = Keys(
        Tokens(task.client, task.deadline),
        request,
        cluster_fields(connection, request.server, request.server_ca_cert) if request.present else {},
        deadline=task.deadline,
        check_mode=task.check_mode,
        tell=task.tell,
    )
    results = keys.write() if request.present else keys.remove()
    return Answer({"results": results}, unmet_summary(results, present=request.present), keys.changed)


def main() -> None:
    run_module(argument_spec(), read_request, work)


if __name__ == "__main__":
    main()
