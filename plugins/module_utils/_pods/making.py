# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether YAML was applied for a pod, at once or later, or which command made it. Pure: pod JSON in, a word out.

Sources: `kubectl apply` names its field manager `kubectl-client-side-apply` and writes the annotation (k8s.io/kubectl,
pkg/cmd/apply/apply.go); with `--server-side` the operation is `Apply` (Kubernetes documentation, "Server-Side Apply").
`kubectl run` is `kubectl-run`, `kubectl create` is `kubectl-create` (pkg/cmd/run/run.go, pkg/cmd/create/create.go).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from .._ground.json_reading import as_list, as_map, as_text
from .status import Pod, metadata, name_of

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
CLIENT_SIDE_APPLY = "kubectl-client-side-apply"
#: What makes a pod without a description of the desired state that is kept, and what people typed.
IMPERATIVE = {"kubectl-run": "kubectl run", "kubectl-create": "kubectl create"}


@dataclass(frozen=True)
class Making:
    """How a pod was made.

    Attributes:
        declarative: whether YAML was applied, be it that something else had made the pod before.
        how: what it was applied with, such as `kubectl apply`; or else what made it, `kubectl run` or the name of the
            field manager; '' where nothing is known.
    """

    declarative: bool
    how: str = ""


def making(pod: Pod) -> Making:
    """How the pod was made. A pod that was created and applied later counts as applied."""
    fields = [as_map(entry) for entry in as_list(metadata(pod).get("managedFields"))]
    for entry in fields:
        # Kubernetes itself applies to subresources such as status.
        if entry.get("operation") == "Apply" and not entry.get("subresource"):
            return Making(True, "kubectl apply --server-side or the like")
    managers = [as_text(entry.get("manager")) for entry in fields]
    if CLIENT_SIDE_APPLY in managers:
        return Making(True, "kubectl apply")
    for manager in managers:
        # Before the annotation, which comes along when the YAML of a pod that was applied is copied.
        if manager in IMPERATIVE:
            return Making(False, IMPERATIVE[manager])
    if as_text(as_map(last_applied(pod).get("metadata")).get("name")) == name_of(pod):
        return Making(True, "another client")
    return Making(False, managers[0] if managers else "")


def last_applied(pod: Pod) -> Pod:
    """What was applied last, as the annotation of `apply` has it; empty where there is none."""
    text = as_text(as_map(metadata(pod).get("annotations")).get(LAST_APPLIED))
    try:
        return as_map(json.loads(text))
    except (ValueError, RecursionError):
        return {}
