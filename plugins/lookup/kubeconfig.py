# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeconfig
short_description: A kubeconfig of which kubernetes.core makes what kubectl does
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - The modules of this collection read a kubeconfig as C(kubectl) does. Those of C(kubernetes.core) leave it to the
    Python library C(kubernetes), which takes the line break at the end of a C(tokenFile) for a part of the token, shows
    the token when that fails, takes another current context where there are several files, and before version 37 goes
    past C(proxy-url).
  - This returns the path as it was given where both mean the same. Where they do not, it writes a kubeconfig that has
    only the context in question, readable by its owner only, into the temporary directory of this run of Ansible,
    which Ansible removes at its end, and returns the path of that.
options:
  _terms:
    description:
      - The path of the kubeconfig, or several joined with C(:).
    type: list
    elements: str
    required: true
  context:
    description:
      - The name of a context. Without it, the current one.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Talk to the same cluster with both collections
  hosts: localhost
  connection: local
  module_defaults:
    group/kubernetes.core.k8s:
      kubeconfig: "{{ lookup('kubelabs.pods.kubeconfig', my_kubeconfig, context=my_context) }}"
      context: "{{ my_context }}"
    group/kubelabs.pods.k8s:
      kubeconfig: "{{ my_kubeconfig }}"
      context: "{{ my_context }}"
"""

RETURN = r"""
_raw:
  description: One path for each term.
  type: list
  elements: str
"""

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible import constants
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.kubeconfig import (
    for_kubernetes_package,
    load_files,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground import whole_file
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError


class LookupModule(LookupBase):
    def run(
        self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, context: str | None = None
    ) -> list[str]:
        try:
            return [_path(str(term), context or None) for term in terms]
        except ConfigurationError as exc:
            raise AnsibleLookupError(str(exc)) from None


def _path(paths: str, context: str | None) -> str:
    content = for_kubernetes_package(load_files(paths, context), _version_of_the_package())
    if content is None:
        return paths
    name = hashlib.sha256(json.dumps([paths, context]).encode()).hexdigest()[:16]
    path = os.path.join(constants.DEFAULT_LOCAL_TMP, f"kubeconfig-{name}")
    # As a whole: another task may be reading the one of before.
    whole_file.write(path, json.dumps(content).encode())
    return path


def _version_of_the_package() -> str:
    try:
        return importlib.metadata.version("kubernetes")
    except importlib.metadata.PackageNotFoundError:
        return "37"  # kubernetes.core will say that it is missing
