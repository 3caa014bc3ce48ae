# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a pod does not start, and what it is doing, in words. Pure: pod JSON in, sentences out.

Every function takes whatever JSON a server may send; what is missing or of the wrong type counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._ground.json_reading import as_count, as_map, as_text
from .._ground.wording import one_line
from .status import (
    Pod,
    columns,
    condition,
    container_statuses,
    in_back_off,
    is_deleting,
    last_terminated,
    metadata,
    namespace_of,
    phase_of,
    state_of,
    terminated_reason,
)


@dataclass(frozen=True)
class Obstacle:
    """Why a pod is not getting ready.

    Attributes:
        cause: the word of Kubernetes, such as ImagePullBackOff.
        reason: one sentence with the container and the message.
        hint: what to do about it.
        patience: seconds that the obstacle must last before it counts as final; 0 is final at once.
        failed: it had started, or ended, rather than never got there.
        container: whose it is; '' when it is the whole pod's.
    """

    cause: str
    reason: str
    hint: str
    patience: float
    failed: bool = False
    container: str = ""

    def goes_on(self, before: Obstacle | None) -> bool:
        """Whether it is the same as before. ErrImagePull and ImagePullBackOff alternate while a pull keeps failing."""
        pulls = ("ErrImagePull", "ImagePullBackOff")
        return before is not None and (self.cause == before.cause or (self.cause in pulls and before.cause in pulls))


#: Characters of Kubernetes' own messages that are kept.
LONGEST_MESSAGE = 600
#: An image error that a second attempt may cure. The kubelet's second attempt comes about 10 s after the first.
TRANSIENT_IMAGE_PATIENCE = 15.0
#: A ConfigMap or Secret that is applied a moment after the pod; the kubelet looks again every few seconds.
CONFIG_PATIENCE = 3.0
#: Creating a container can fail for a moment when the runtime is overloaded.
CREATE_PATIENCE = 5.0
#: Nodes that are starting, or still full of pods that are going, make pods unschedulable for a while.
SCHEDULING_PATIENCE = 15.0

_TRANSIENT_IMAGE = re.compile(
    r"timeout|timed out|deadline exceeded|connection (?:refused|reset)|temporary failure|try again|too ?many ?requests"
    r"|\b429\b|\b50[0234]\b|unexpected EOF|unavailable|pull QPS exceeded|no route to host|network is unreachable",
    re.IGNORECASE,
)
#: From 1.31 the kubelet adds the cause to its `Back-off pulling image "x"`: `: ErrImagePull: pull access denied for x`.
_NAMES_THE_CAUSE = re.compile("ErrImagePull", re.IGNORECASE)
_FINAL_IMAGE = re.compile(
    r"not found|denied|unauthorized|forbidden|no match for platform|invalid reference|does not exist|no such image",
    re.IGNORECASE,
)

_IMAGE_HINT = (
    "check the image's name and tag, whether the registry can be reached from the nodes, and the pull secret; "
    "without a registry, load the image into the nodes"
)
_HINTS = {
    "ErrImagePull": _IMAGE_HINT,
    "ImagePullBackOff": _IMAGE_HINT,
    "ErrImageNeverPull": (
        "imagePullPolicy is Never and the image is not on the node: load it there, or let it be pulled"
    ),
    "InvalidImageName": "correct the image's name in the manifest",
    "ImageInspectError": "the image on the node is damaged: remove it there and load it again",
    "RegistryUnavailable": "the registry does not answer: check it, or load the image into the nodes",
    "SignatureValidationFailed": "the image's signature is not accepted on the node",
    "CreateContainerConfigError": (
        "create the ConfigMap, Secret or key that the message names, or correct the reference"
    ),
    "CreateContainerError": (
        "the container runtime refuses the container: read the message, usually the command or a mount is wrong"
    ),
    "RunContainerError": (
        "the container runtime cannot start the container: usually the command does not exist in the image"
    ),
    "OOMKilled": (
        "it was killed for want of memory: raise its memory limit, or have it use less; the log of that run may say at "
        "what (kubectl logs --previous)"
    ),
}
#: What the container runtime says of a memory limit under which not even its own `init` can start. Source: runc's
#: libcontainer; `already dead` is what is left of it when the kernel was faster.
TOO_LITTLE_MEMORY = re.compile(r"OOM-killed|memory limit too low|already dead|start a stopped process")
TOO_LITTLE_MEMORY_HINT = "its memory limit is too low for it to start at all: raise the limit"
_NO_COMMAND = re.compile(
    r"executable file not found|no such file or directory|permission denied|is a directory|exec format", re.IGNORECASE
)
#: Of the others, those that are not final at once.
_PATIENCE = {
    "CreateContainerConfigError": CONFIG_PATIENCE,
    "CreateContainerError": CREATE_PATIENCE,
    "RunContainerError": CREATE_PATIENCE,
}


def obstacle(pod: Pod, last_image_message: str = "", containers: Collection[str] | None = None) -> Obstacle | None:
    """What keeps the pod from becoming ready, None when nothing is known to.

    Args:
        pod: as the API server has it.
        last_image_message: what the kubelet said when it last tried to pull; `Back-off pulling image` itself has no
            cause before 1.31, so the caller keeps the message of ErrImagePull.
        containers: only what keeps these, by name, from starting; None for all.
    """
    statuses = [
        status
        for _init, status in container_statuses(pod)
        if containers is None or as_text(status.get("name")) in containers
    ]
    return (
        _ended(pod)
        or _blocked_container(statuses, last_image_message)
        or _crash_loop(pod, statuses)
        or _unschedulable(pod)
    )


def _ended(pod: Pod) -> Obstacle | None:
    status = as_map(pod.get("status"))
    if phase_of(pod) == "Failed":
        why, message = as_text(status.get("reason")), as_text(status.get("message"))
        target = condition(pod, "DisruptionTarget")
        if not why and target.get("reason") == "TerminationByKubelet":
            # The reason can be lost in a race with the statuses of the containers (kubernetes/kubernetes#105467).
            why, message = "Evicted", as_text(target.get("message"))
        said = ": ".join(part for part in (why, message or _exits(pod)) if part)
        return Obstacle(
            why or "Failed",
            f"the pod has failed for good ({one_line(said, LONGEST_MESSAGE) or 'no reason given'})",
            _failed_hint(why, message) or memory_hint(pod) or "read the log of the container and its exit code",
            0.0,
            failed=True,
        )
    if phase_of(pod) == "Succeeded":
        return Obstacle(
            "Completed",
            "the pod has run to its end (Completed)",
            "a pod that is to stay needs a command that stays",
            0.0,
            failed=True,
        )
    return None


def _failed_hint(why: str, message: str) -> str:
    if why == "Evicted" and "exceed" in message:
        # The words of pkg/kubelet/eviction/helpers.go for a pod that is itself the cause.
        return (
            "let it write less, or raise the limit that the message names; evicted pods do not come back by themselves"
        )
    if why == "Evicted":
        return (
            "the node ran short of what the message names: lower the requests of the class or add a node; "
            "evicted pods do not come back by themselves"
        )
    if why.startswith("OutOf") or why in ("NodeAffinity", "UnexpectedAdmissionError"):
        return "the node refused the pod: delete it so that it is scheduled again, or add a node"
    return ""


def memory_hint(pod: Pod) -> str:
    """What to do about a container whose last run was killed for want of memory; '' where there is none."""
    for _init, status in container_statuses(pod):
        state, details = state_of(status)
        last = details if state == "terminated" else last_terminated(status)
        if last and terminated_reason(last) == "OOMKilled":
            return _HINTS["OOMKilled"]
    return ""


def _exits(pod: Pod) -> str:
    parts = []
    for _init, status in container_statuses(pod):
        state, details = state_of(status)
        if state == "terminated":
            name, code = as_text(status.get("name")), details.get("exitCode")
            parts.append(f"container {name} exited with code {code} ({terminated_reason(details)})")
    return ", ".join(parts)


def _blocked_container(statuses: Sequence[Mapping[str, Any]], last_image_message: str) -> Obstacle | None:
    for status in statuses:
        state, details = state_of(status)
        why = as_text(details.get("reason"))
        if state != "waiting" or why not in _HINTS:
            continue
        message = as_text(details.get("message"))
        if why == "ImagePullBackOff" and last_image_message and not _NAMES_THE_CAUSE.search(message):
            message = f"{message}: {last_image_message}" if message else last_image_message
        name = as_text(status.get("name"))
        said = f" ({one_line(message, LONGEST_MESSAGE)})" if message else ""
        reason = f"container {name} cannot start: {why}{said}"
        return Obstacle(why, reason, _HINTS[why], _patience(why, message), container=name)
    return None


def _patience(why: str, message: str) -> float:
    """How long an obstacle must last. The kubelet's own words decide whether another attempt may help."""
    if why in ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"):
        if _FINAL_IMAGE.search(message):
            return 0.0
        # Nothing but "Back-off pulling image" means that we came late: the kubelet has tried already, more than once.
        return TRANSIENT_IMAGE_PATIENCE if _TRANSIENT_IMAGE.search(message) else CREATE_PATIENCE
    return _PATIENCE.get(why, 0.0)


def _crash_loop(pod: Pod, statuses: Sequence[Mapping[str, Any]]) -> Obstacle | None:
    for status in statuses:
        name = as_text(status.get("name"))
        if not in_back_off(pod, name):
            continue
        state, details = state_of(status)
        last = details if state == "terminated" else last_terminated(status)
        ended = f"{last.get('exitCode', 'unknown')} ({terminated_reason(last) if last else 'reason unknown'})"
        return Obstacle(
            "CrashLoopBackOff",
            f"container {name} is crash looping: {_times(as_count(status.get('restartCount')))} restarted, "
            f"last exit code {ended}{_never_began(last)}",
            _crash_hint(pod, name, last),
            0.0,
            failed=True,
            container=name,
        )
    return None


def _crash_hint(pod: Pod, container: str, last: Mapping[str, Any]) -> str:
    message = as_text(last.get("message"))
    if _is_start_error(last):
        if TOO_LITTLE_MEMORY.search(message):
            return TOO_LITTLE_MEMORY_HINT
        if _NO_COMMAND.search(message) or not message:
            return "the command does not exist in the image or is not executable"
        return "the container runtime cannot start the container: read its message"
    of_pod = metadata(pod)
    line = f"kubectl -n {namespace_of(pod)} logs {as_text(of_pod.get('name'))} -c {container} --previous"
    return _HINTS.get(terminated_reason(last), f"read the log of the last run ({line})")


def _is_start_error(last: Mapping[str, Any]) -> bool:
    return terminated_reason(last) in ("StartError", "ContainerCannotRun")


def _never_began(last: Mapping[str, Any]) -> str:
    """What the runtime said of a container whose program could not even be started; otherwise its log tells more."""
    message = one_line(as_text(last.get("message")), LONGEST_MESSAGE)
    return f": {message}" if message and _is_start_error(last) else ""


def _unschedulable(pod: Pod) -> Obstacle | None:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        message = one_line(as_text(scheduled.get("message")), LONGEST_MESSAGE)
        return Obstacle(
            "Unschedulable",
            f"no node takes the pod: {message or 'the scheduler gave no reason'}",
            "free or add nodes, lower the requests, or correct the node selector and tolerations",
            SCHEDULING_PATIENCE,
        )
    if scheduled.get("reason") == "SchedulingGated":
        return Obstacle(
            "SchedulingGated", "the pod has a scheduling gate", "whoever set the gate must lift it", SCHEDULING_PATIENCE
        )
    return None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def image_message(pod: Pod) -> str:
    """What the kubelet says about an image it could not pull, '' when it says nothing."""
    for _init, status in container_statuses(pod):
        state, details = state_of(status)
        if state == "waiting" and details.get("reason") in ("ErrImagePull", "RegistryUnavailable"):
            return as_text(details.get("message"))
    return ""


def describe(pod: Pod) -> str:
    """One clause about what the pod is doing, for reasons of results."""
    if is_deleting(pod):
        return "the pod is being deleted"
    blocked = obstacle(pod)
    if blocked:
        return blocked.reason
    if phase_of(pod) == "Pending" and not as_map(pod.get("spec")).get("nodeName"):
        return "the pod is waiting for a node"
    parts = [
        describe_container(status, init) for init, status in container_statuses(pod) if not _as_it_should_be(status)
    ]
    return ", ".join(parts) or f"the pod is {columns(pod).status}"


def _as_it_should_be(status: Mapping[str, Any]) -> bool:
    state, _details = state_of(status)
    return not state or (state == "running" and bool(status.get("ready")))


def describe_container(status: Mapping[str, Any], init: bool = False) -> str:
    """One clause about what a container is doing."""
    state, details = state_of(status)
    name = f"{'init ' if init else ''}container {as_text(status.get('name'))}"
    if state == "terminated":
        return f"{name} has ended with exit code {details.get('exitCode')} ({terminated_reason(details)})"
    if state == "waiting":
        return f"{name} is waiting ({as_text(details.get('reason')) or 'no reason given'})"
    if state == "running":
        if status.get("ready"):
            return f"{name} is running"
        return f"{name} has not ended" if init else f"{name} runs and is not ready"
    return f"{name} is in no known state"
