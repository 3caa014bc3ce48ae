# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods are waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._cluster.client import core_path
from .._ground.errors import ArgumentError
from .verdict import Key


@dataclass(frozen=True)
class Selection:
    """Which pods are waited for.

    Attributes:
        selector: the label selector.
        expected: exactly these; None takes every pod that the selector matches.
        namespaces: without expected, only these count; empty for all.
        grace: seconds that an expected pod, or without expected the first one, may be missing.
    """

    selector: str
    expected: Sequence[Key] | None
    namespaces: Sequence[str]
    grace: float

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Selection:
        """From the options of a module that watches.

        Raises:
            ArgumentError: the selector is empty, or the list of pods is, or a pod is listed twice.
        """
        if not options["label_selector"].strip():
            raise ArgumentError(
                "label_selector is empty, which would match every pod of the cluster: give a label that your pods "
                "carry."
            )
        return cls(options["label_selector"], _expected(options["pods"]), options["namespaces"], options["grace"])

    def path(self, resource: str) -> str:
        """Where the API has them. In one namespace that of the namespace, which asks for no rights beyond it."""
        namespaces = (
            set(self.namespaces) if self.expected is None else {namespace for namespace, _name in self.expected}
        )
        return core_path(resource, namespaces.pop() if len(namespaces) == 1 else "")


def _expected(pods: Sequence[Mapping[str, Any]] | None) -> list[Key] | None:
    """The option `pods`, None when it was not given.

    Raises:
        ArgumentError: there is no pod in it, or one twice.
    """
    if pods is None:
        return None
    if not pods:
        raise ArgumentError(
            "pods is an empty list, and a wait for no pod would prove nothing: name the pods, skip the task where "
            "there are none, or leave the option out to wait for all that match label_selector."
        )
    keys = [(str(pod["namespace"]), str(pod["name"])) for pod in pods]
    twice = sorted(key for key, count in Counter(keys).items() if count > 1)
    if twice:
        raise ArgumentError(f"pods lists {', '.join('/'.join(key) for key in twice)} more than once.")
    return keys
