# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say which pods are watched, the same for every module that watches."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragments."""

    DOCUMENTATION = r"""
options:
  label_selector:
    description:
      - Which pods to watch, in all namespaces, such as V(kubelabs.pods/class=pods-lab). It must not be empty.
      - Where O(pods) or O(namespaces) name just one namespace, only that one is asked, with no rights needed beyond it.
    type: str
    required: true
  pods:
    description:
      - Exactly these pods are waited for, whatever else the selector matches. Those that never appear are reported.
      - An empty list is refused, since it would prove nothing.
      - Without it every pod that the selector matches is waited for, of which there must be at least one. Those that are
        already being deleted do not count.
    type: list
    elements: dict
    suboptions:
      namespace:
        description:
          - The namespace of the pod.
        type: str
        required: true
      name:
        description:
          - The name of the pod.
        type: str
        required: true
  namespaces:
    description:
      - Without O(pods), only pods in these namespaces count. Empty means all.
    type: list
    elements: str
    default: []
  grace:
    description:
      - Seconds that a pod in O(pods), or without O(pods) the first one, may be missing.
    type: float
    default: 10
"""
