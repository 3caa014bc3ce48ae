# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done next with a namespace on its way out, and with each of its pods. Pure: facts in, steps out.

Rules of Kubernetes behind it: in a namespace that is being deleted nothing can be created any more (admission plugin
NamespaceLifecycle), so deleting it also ends what recreates its pods; the namespace controller looks again at content
that is left only after half of the longest grace period (pkg/controller/namespace), so pods are sent away first; a
pod that is already being deleted can only be given less time, never more (apiserver, registry/rest/delete.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from .._ground.json_reading import as_count, as_list, as_map, as_text
from .._ground.ownership import is_ours, labels_of
from .._pods.status import container_statuses, is_deleting, last_terminated, metadata, state_of, uid_of

#: Seconds that a pod's object may outlive its grace period.
OVERDUE = 1.5
#: Seconds that a pod has which does not say; Kubernetes' own default.
DEFAULT_GRACE = 30

#: The workloads whose controllers make pods anew, by the kind that a pod names as its controller: what to delete so
#: that they stop, the outer ones first. Each is the API's group and versions, newest first, and the resource.
CONTROLLERS: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "ReplicaSet": ((("apps/v1",), "deployments"), (("apps/v1",), "replicasets")),
    "StatefulSet": ((("apps/v1",), "statefulsets"),),
    "DaemonSet": ((("apps/v1",), "daemonsets"),),
    "Job": ((("batch/v1", "batch/v1beta1"), "cronjobs"), (("batch/v1",), "jobs")),  # CronJobs are v1 from 1.21 on
    "ReplicationController": ((("v1",), "replicationcontrollers"),),
}


class Phase(StrEnum):
    """How far a namespace is."""

    FOUND = "found"
    EMPTYING = "emptying"
    DELETING = "deleting"
    GONE = "gone"
    EMPTIED = "emptied"
    LEFT_ALONE = "left_alone"


class Standing(StrEnum):
    """What a namespace is now, compared with when it was found."""

    OURS = "ours"
    UNLABELLED = "unlabelled"
    TERMINATING = "terminating"
    ABSENT = "absent"


class Move(StrEnum):
    """What to do with a namespace."""

    SEND_PODS_AWAY = "send pods away"
    WAIT = "wait"
    DELETE = "delete"
    TEND_PODS = "tend pods"
    FINISH = "finish"
    LEAVE = "leave"


class PodStep(StrEnum):
    """What to do with a pod."""

    DELETE = "delete"
    SHORTEN = "shorten"
    WAIT = "wait"
    REMOVE = "remove"
    HELD = "held"


def standing(item: Mapping[str, Any] | None, found: Mapping[str, Any]) -> Standing:
    """What has become of a namespace.

    Args:
        item: what the API server has under its name now; None where it has nothing.
        found: the namespace as it was found. Another one under the same name is none of ours to delete: the one that
            was found is absent.
    """
    if item is None or uid_of(item) != uid_of(found):
        return Standing.ABSENT
    if is_deleting(item):
        return Standing.TERMINATING
    return Standing.OURS if is_ours(item, like=labels_of(found)) else Standing.UNLABELLED


#: What follows for a namespace. Nothing that lacks our label is ever told to go; one that is already going, whoever
#: sent it away and whatever labels it has lost since, is waited for.
_MOVES: Mapping[tuple[Phase, Standing], Move] = {
    (Phase.FOUND, Standing.OURS): Move.SEND_PODS_AWAY,
    (Phase.FOUND, Standing.UNLABELLED): Move.LEAVE,
    (Phase.FOUND, Standing.TERMINATING): Move.TEND_PODS,
    (Phase.FOUND, Standing.ABSENT): Move.FINISH,
    (Phase.EMPTYING, Standing.OURS): Move.DELETE,
    (Phase.EMPTYING, Standing.UNLABELLED): Move.LEAVE,
    (Phase.EMPTYING, Standing.TERMINATING): Move.TEND_PODS,
    (Phase.EMPTYING, Standing.ABSENT): Move.FINISH,
    # Deleted, and read from a cache that does not know it yet.
    (Phase.DELETING, Standing.OURS): Move.WAIT,
    (Phase.DELETING, Standing.UNLABELLED): Move.WAIT,
    (Phase.DELETING, Standing.TERMINATING): Move.TEND_PODS,
    (Phase.DELETING, Standing.ABSENT): Move.FINISH,
}


def next_move(phase: Phase, seen: Standing) -> Move:
    """What to do with a namespace of which nothing is waited for first."""
    return _MOVES[phase, seen]


def pod_step(pod: Mapping[str, Any], *, deleting_for: float, max_grace: float) -> PodStep:
    """What to do with a pod of a namespace that is to go.

    Args:
        pod: as the API server has it.
        deleting_for: seconds since it was first seen being deleted; 0 when it was not.
        max_grace: seconds that a pod gets at the most, whatever it asks for.
    """
    if not is_deleting(pod):
        return PodStep.DELETE
    granted = as_count(metadata(pod).get("deletionGracePeriodSeconds"))
    if not has_stopped(pod) and deleting_for <= min(granted, max_grace) + OVERDUE:
        return PodStep.SHORTEN if granted > max_grace else PodStep.WAIT
    # Its kubelet has ended it, or has had the time for it.
    return PodStep.HELD if as_list(metadata(pod).get("finalizers")) else PodStep.REMOVE


def is_settled(steps: Iterable[PodStep]) -> bool:
    """Whether nothing more can be won by waiting for these pods before their namespace is deleted."""
    return all(step in (PodStep.HELD, PodStep.REMOVE) for step in steps)


def asked_grace(pod: Mapping[str, Any]) -> int:
    """Seconds that the pod asks for to end in good order."""
    value = as_map(pod.get("spec")).get("terminationGracePeriodSeconds")
    return as_count(value) if value is not None else DEFAULT_GRACE


def controller_kinds(pods: Iterable[Mapping[str, Any]]) -> set[str]:
    """The kinds of the controllers that would make these pods anew, such as ReplicaSet."""
    return {
        as_text(owner.get("kind"))
        for pod in pods
        for owner in map(as_map, as_list(metadata(pod).get("ownerReferences")))
        if owner.get("controller") is True
    }


def has_stopped(pod: Mapping[str, Any]) -> bool:
    """Whether a pod that is being deleted has no process left: its kubelet has reported the end of every container.

    A container that waits for its restart counts as ended: no kubelet restarts anything in a pod that is being deleted.
    Older kubelets leave the object of such a pod for 10 to 30 s on a busy node, until a later round of their status
    manager; what they report meanwhile is "running" or even "ContainerCreating" (seen on 1.20.2).
    """
    if not is_deleting(pod):
        return False
    states = [(state_of(status), last_terminated(status)) for _init, status in container_statuses(pod)]
    return bool(states) and all(
        state == "terminated" or (state == "waiting" and details.get("reason") == "CrashLoopBackOff" and bool(last))
        for (state, details), last in states
    )
