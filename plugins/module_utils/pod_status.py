# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a pod: kubectl's columns, readiness, and why a pod cannot start. Pure: pod JSON in, words out.

Every function takes whatever JSON a server may send; what is missing or of the wrong type counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEFAULT_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container"

Pod = Mapping[str, Any]


def as_map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list:
    return value if isinstance(value, list) else []


def as_count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def metadata(pod: Pod) -> Mapping[str, Any]:
    return as_map(pod.get("metadata"))


def name_of(pod: Pod) -> str:
    return as_text(metadata(pod).get("name"))


def namespace_of(pod: Pod) -> str:
    return as_text(metadata(pod).get("namespace"))


def uid_of(pod: Pod) -> str:
    return as_text(metadata(pod).get("uid"))


def is_deleting(pod: Pod) -> bool:
    return bool(metadata(pod).get("deletionTimestamp"))


def phase_of(pod: Pod) -> str:
    return as_text(as_map(pod.get("status")).get("phase"))


def pod_ips(pod: Pod) -> list[str]:
    """All addresses, of both families where there are two."""
    status = as_map(pod.get("status"))
    ips = [as_text(as_map(entry).get("ip")) for entry in as_list(status.get("podIPs"))]
    ips = [ip for ip in ips if ip]
    first = as_text(status.get("podIP"))
    return ips or ([first] if first else [])


def condition(pod: Pod, kind: str) -> Mapping[str, Any]:
    for entry in as_list(as_map(pod.get("status")).get("conditions")):
        if as_map(entry).get("type") == kind:
            return as_map(entry)
    return {}


def is_ready(pod: Pod) -> bool:
    """The Ready condition is True and the pod is not being deleted. The phase proves nothing: a crash loop is Running too."""
    return condition(pod, "Ready").get("status") == "True" and not is_deleting(pod)


def container_specs(pod: Pod, kind: str = "containers") -> list[Mapping[str, Any]]:
    return [as_map(entry) for entry in as_list(as_map(pod.get("spec")).get(kind))]


def container_names(pod: Pod) -> list[str]:
    return [as_text(spec.get("name")) for spec in container_specs(pod)]


def default_container(pod: Pod) -> str | None:
    """The container that kubectl takes when none is named: the annotation's when there is such a one, else the first."""
    names = container_names(pod)
    wanted = as_map(metadata(pod).get("annotations")).get(DEFAULT_CONTAINER_ANNOTATION)
    init_names = [as_text(spec.get("name")) for spec in container_specs(pod, "initContainers")]
    if wanted in names or wanted in init_names:
        return as_text(wanted)
    return names[0] if names else None


def container_statuses(pod: Pod) -> Iterator[tuple[bool, Mapping[str, Any]]]:
    """(is an init container, status) of init containers, then of containers. Ephemeral ones never restart and do not count."""
    status = as_map(pod.get("status"))
    for entry in as_list(status.get("initContainerStatuses")):
        yield True, as_map(entry)
    for entry in as_list(status.get("containerStatuses")):
        yield False, as_map(entry)


def container_status(pod: Pod, name: str) -> Mapping[str, Any]:
    for _init, status in container_statuses(pod):
        if status.get("name") == name:
            return status
    return {}


def state_of(status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """('running' | 'waiting' | 'terminated' | '', its details)."""
    state = as_map(status.get("state"))
    for kind in ("running", "terminated", "waiting"):
        if isinstance(state.get(kind), Mapping):
            return kind, state[kind]
    return "", {}


def last_terminated(status: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_map(as_map(status.get("lastState")).get("terminated"))


def restarts_on(pod: Pod, container: str, exit_code: int | None) -> bool:
    """Whether the kubelet starts the container again after this exit code (None: not known).

    Pod lifecycle of the Kubernetes documentation: restartPolicy Always, OnFailure, Never; an init container with
    restartPolicy Always is a sidecar and restarts always, other init containers treat Always as OnFailure;
    a container's own restartPolicy and restartPolicyRules (beta since 1.35) come before the pod's.
    """
    spec, init = _spec_of(pod, container)
    for rule in as_list(spec.get("restartPolicyRules")):
        if as_map(rule).get("action") in ("Restart", "RestartAllContainers") and _rule_matches(as_map(rule), exit_code):
            return True
    policy = as_text(spec.get("restartPolicy"))
    if not policy:
        policy = as_text(as_map(pod.get("spec")).get("restartPolicy")) or "Always"
        if init and policy == "Always":
            policy = "OnFailure"
    if policy == "OnFailure":
        return exit_code != 0
    return policy != "Never"


def _spec_of(pod: Pod, container: str) -> tuple[Mapping[str, Any], bool]:
    for kind in ("containers", "initContainers"):
        for spec in container_specs(pod, kind):
            if spec.get("name") == container:
                return spec, kind == "initContainers"
    return {}, False


def _rule_matches(rule: Mapping[str, Any], exit_code: int | None) -> bool:
    codes = as_map(rule.get("exitCodes"))
    values = as_list(codes.get("values"))
    if exit_code is None:
        return False
    if codes.get("operator") == "In":
        return exit_code in values
    return codes.get("operator") == "NotIn" and exit_code not in values


def in_back_off(pod: Pod, container: str) -> bool:
    """Whether the container waits for its restart, the same on every version.

    On 1.20 `waiting/CrashLoopBackOff` stays until the restart; on 1.36 the container stays `terminated` and
    the reason flashes for 0.1 s (both seen). So: it is not running, it has terminated at least once, its policy restarts it,
    and it has been restarted before (the first restart is free) or the kubelet says that it backs off. In a pod that has
    ended for good, such as one evicted, nothing is restarted; what is being created waits for something else.
    """
    if phase_of(pod) in ("Failed", "Succeeded"):
        return False
    status = container_status(pod, container)
    kind, details = state_of(status)
    if kind == "waiting" and details.get("reason") == "CrashLoopBackOff":
        return True
    if kind == "terminated":
        code = details.get("exitCode")
    elif kind == "waiting" and last_terminated(status) and details.get("reason") not in ("ContainerCreating", "PodInitializing"):
        code = last_terminated(status).get("exitCode")
    else:
        return False
    if is_deleting(pod) or not restarts_on(pod, container, code if isinstance(code, int) else None):
        return False
    says_so = as_text(details.get("message")).startswith("back-off ") and "restarting failed" in as_text(details.get("message"))
    return as_count(status.get("restartCount")) >= 1 or says_so


# --- kubectl get pods ---


@dataclass(frozen=True)
class Columns:
    """What `kubectl get pods` prints: READY is ready/total."""

    status: str
    ready: int
    total: int
    restarts: int


def columns(pod: Pod) -> Columns:
    """The columns of `kubectl get pods`, as pkg/printers/internalversion/printers.go (printPod) derives them."""
    status = as_map(pod.get("status"))
    reason = as_text(status.get("reason")) or phase_of(pod) or "Unknown"
    if condition(pod, "PodScheduled").get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    sidecars = {as_text(spec.get("name")) for spec in container_specs(pod, "initContainers") if spec.get("restartPolicy") == "Always"}
    init = _init_columns(pod, sidecars)
    total = len(container_specs(pod)) + len(sidecars)
    ready, restarts = init.ready, init.restarts
    if init.reason:
        reason = init.reason
    if not init.reason or condition(pod, "Initialized").get("status") == "True":
        restarts = init.sidecar_restarts
        reason, running, main_restarts = _main_columns(as_list(status.get("containerStatuses")), reason)
        ready += running
        restarts += main_restarts
        if reason == "Completed" and running:
            reason = "Running" if condition(pod, "Ready").get("status") == "True" else "NotReady"
    if is_deleting(pod):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif phase_of(pod) not in ("Succeeded", "Failed"):
            reason = "Terminating"
    return Columns(reason, ready, total, restarts)


@dataclass
class _Init:
    reason: str = ""
    ready: int = 0
    restarts: int = 0
    sidecar_restarts: int = 0


def _init_columns(pod: Pod, sidecars: set) -> _Init:
    result = _Init()
    statuses = as_list(as_map(pod.get("status")).get("initContainerStatuses"))
    for index, entry in enumerate(statuses):
        entry = as_map(entry)
        is_sidecar = as_text(entry.get("name")) in sidecars
        result.restarts += as_count(entry.get("restartCount"))
        if is_sidecar:
            result.sidecar_restarts += as_count(entry.get("restartCount"))
        kind, details = state_of(entry)
        if kind == "terminated" and details.get("exitCode") == 0:
            continue
        if is_sidecar and entry.get("started"):
            result.ready += bool(entry.get("ready"))
            continue
        if kind == "terminated":
            result.reason = "Init:" + _terminated_reason(details)
        elif kind == "waiting" and details.get("reason") and details.get("reason") != "PodInitializing":
            result.reason = "Init:" + as_text(details.get("reason"))
        else:
            result.reason = f"Init:{index}/{len(container_specs(pod, 'initContainers'))}"
        break
    return result


def _main_columns(statuses: list, reason: str) -> tuple[str, int, int]:
    """(STATUS, ready containers, restarts) of the containers proper; the first container has the last word."""
    running = restarts = 0
    for entry in reversed(statuses):
        entry = as_map(entry)
        restarts += as_count(entry.get("restartCount"))
        kind, details = state_of(entry)
        if kind == "waiting" and details.get("reason"):
            reason = as_text(details.get("reason"))
        elif kind == "terminated":
            reason = _terminated_reason(details)
        elif kind == "running" and entry.get("ready"):
            running += 1
    return reason, running, restarts


def _terminated_reason(details: Mapping[str, Any]) -> str:
    if details.get("reason"):
        return as_text(details.get("reason"))
    if details.get("signal"):
        return f"Signal:{details['signal']}"
    return f"ExitCode:{details.get('exitCode', 0)}"


# --- why a pod does not start ---


@dataclass(frozen=True)
class Obstacle:
    """Why a pod is not getting ready.

    Attributes:
        kind: the word of Kubernetes, such as ImagePullBackOff.
        reason: one sentence with the container and the message.
        hint: what to do about it.
        patience: seconds that the obstacle must last before it counts as final; 0 is final at once.
        failed: it had started, or ended, rather than never got there.
        container: whose it is; '' when it is the whole pod's.
    """

    kind: str
    reason: str
    hint: str
    patience: float
    failed: bool = False
    container: str = ""

    def goes_on(self, before: Obstacle | None) -> bool:
        """Whether it is the same one as before: ErrImagePull and ImagePullBackOff alternate while the same pull keeps failing."""
        pulls = ("ErrImagePull", "ImagePullBackOff")
        return before is not None and (self.kind == before.kind or (self.kind in pulls and before.kind in pulls))


#: An image error that a second attempt may cure. The kubelet's second attempt comes about 10 s after the first.
TRANSIENT_IMAGE_PATIENCE = 15.0
#: A ConfigMap or Secret that is applied a moment after the pod; the kubelet looks again every few seconds.
CONFIG_PATIENCE = 3.0
#: Creating a container can fail for a moment when the runtime is overloaded.
CREATE_PATIENCE = 5.0
#: Nodes that are starting, or still full of pods that are going, make pods unschedulable for a while.
SCHEDULING_PATIENCE = 15.0

_TRANSIENT_IMAGE = re.compile(
    r"timeout|timed out|deadline exceeded|connection (?:refused|reset)|temporary failure|try again|too ?many ?requests|\b429\b|\b50[0234]\b"
    r"|unexpected EOF|unavailable|pull QPS exceeded|no route to host|network is unreachable",
    re.IGNORECASE,
)
_FINAL_IMAGE = re.compile(r"not found|denied|unauthorized|forbidden|no match for platform|invalid reference|does not exist|no such image", re.IGNORECASE)

_IMAGE_HINT = (
    "check the image's name and tag, whether the registry can be reached from the nodes, and the pull secret; "
    "without a registry, load the image into the nodes"
)
_HINTS = {
    "ErrImagePull": _IMAGE_HINT,
    "ImagePullBackOff": _IMAGE_HINT,
    "ErrImageNeverPull": "imagePullPolicy is Never and the image is not on the node: load it there, or let it be pulled",
    "InvalidImageName": "correct the image's name in the manifest",
    "ImageInspectError": "the image on the node is damaged: remove it there and load it again",
    "RegistryUnavailable": "the registry does not answer: check it, or load the image into the nodes",
    "SignatureValidationFailed": "the image's signature is not accepted on the node",
    "CreateContainerConfigError": "create the ConfigMap, Secret or key that the message names, or correct the reference",
    "CreateContainerError": "the container runtime refuses the container: read the message, usually the command or a mount is wrong",
    "RunContainerError": "the container runtime cannot start the container: usually the command does not exist in the image",
    "StartError": "the command does not exist in the image or is not executable",
    "ContainerCannotRun": "the command does not exist in the image or is not executable",
}
_IMAGE_REASONS = frozenset({
    "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
    "SignatureValidationFailed",
})
_PATIENCE = {"CreateContainerConfigError": CONFIG_PATIENCE, "CreateContainerError": CREATE_PATIENCE, "RunContainerError": CREATE_PATIENCE}


def obstacle(pod: Pod, last_image_message: str = "", containers: Collection[str] | None = None) -> Obstacle | None:
    """What keeps the pod from becoming ready, None when nothing is known to.

    Args:
        pod: as the API server has it.
        last_image_message: what the kubelet said when it last tried to pull; `Back-off pulling image` itself has no cause
            before 1.31, so the caller keeps the message of ErrImagePull.
        containers: only what keeps these, by name, from starting; None for all.
    """
    statuses = [status for _init, status in container_statuses(pod) if containers is None or as_text(status.get("name")) in containers]
    return _ended(pod) or _blocked_container(statuses, last_image_message) or _crash_loop(pod, statuses) or _unschedulable(pod)


def _ended(pod: Pod) -> Obstacle | None:
    status = as_map(pod.get("status"))
    if phase_of(pod) == "Failed":
        why = as_text(status.get("reason"))
        message = as_text(status.get("message"))
        said = ": ".join(part for part in (why, message or _exits(pod)) if part)
        return Obstacle(why or "Failed", f"the pod has failed for good ({_one_line(said) or 'no reason given'})", _failed_hint(why), 0.0, failed=True)
    if phase_of(pod) == "Succeeded":
        return Obstacle("Completed", "the pod has run to its end (Completed)", "a pod that is to stay needs a command that stays", 0.0, failed=True)
    return None


def _failed_hint(why: str) -> str:
    if why == "Evicted":
        return "the node ran short of what the message names: lower the requests of the class or add a node; evicted pods do not come back by themselves"
    if why.startswith("OutOf") or why in ("NodeAffinity", "UnexpectedAdmissionError"):
        return "the node refused the pod: delete it so that it is scheduled again, or add a node"
    return "read the log of the container and its exit code"


def _exits(pod: Pod) -> str:
    parts = []
    for _init, status in container_statuses(pod):
        kind, details = state_of(status)
        if kind == "terminated":
            parts.append(f"container {as_text(status.get('name'))} exited with code {details.get('exitCode')} ({_terminated_reason(details)})")
    return ", ".join(parts)


def _blocked_container(statuses: Sequence[Mapping[str, Any]], last_image_message: str) -> Obstacle | None:
    for status in statuses:
        kind, details = state_of(status)
        why = as_text(details.get("reason"))
        if kind != "waiting" or why not in _HINTS:
            continue
        message = as_text(details.get("message"))
        if why == "ImagePullBackOff" and last_image_message and "rrImagePull" not in message:
            message = f"{message}: {last_image_message}" if message else last_image_message
        name = as_text(status.get("name"))
        sentence = f"container {name} cannot start: {why}" + (f" ({_one_line(message)})" if message else "")
        return Obstacle(why, sentence, _HINTS[why], _patience(why, message), container=name)
    return None


def _patience(why: str, message: str) -> float:
    """How long an obstacle must last. The kubelet's own words decide whether another attempt may help."""
    if why in ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"):
        if _FINAL_IMAGE.search(message):
            return 0.0
        # Nothing but "Back-off pulling image" means that we came late: the kubelet has tried already, more than once.
        return TRANSIENT_IMAGE_PATIENCE if _TRANSIENT_IMAGE.search(message) else CREATE_PATIENCE
    if why in _IMAGE_REASONS:
        return 0.0
    return _PATIENCE.get(why, 0.0)


def _crash_loop(pod: Pod, statuses: Sequence[Mapping[str, Any]]) -> Obstacle | None:
    for status in statuses:
        name = as_text(status.get("name"))
        if not in_back_off(pod, name):
            continue
        kind, details = state_of(status)
        last = details if kind == "terminated" else last_terminated(status)
        return Obstacle(
            "CrashLoopBackOff",
            f"container {name} is crash looping: {_times(as_count(status.get('restartCount')))} restarted, "
            f"last exit code {last.get('exitCode', 'unknown')} ({_terminated_reason(last) if last else 'reason unknown'}){_never_began(last)}",
            _HINTS.get(_terminated_reason(last), "read the log of the last run (kubectl logs --previous)"), 0.0, failed=True, container=name,
        )
    return None


def _never_began(last: Mapping[str, Any]) -> str:
    """What the runtime said of a container whose program could not even be started; otherwise its log tells more."""
    message = _one_line(as_text(last.get("message")))
    return f": {message}" if message and _terminated_reason(last) in ("StartError", "ContainerCannotRun") else ""


def _unschedulable(pod: Pod) -> Obstacle | None:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        message = _one_line(as_text(scheduled.get("message")))
        return Obstacle(
            "Unschedulable", f"no node takes the pod: {message or 'the scheduler gave no reason'}",
            "free or add nodes, lower the requests, or correct the node selector and tolerations", SCHEDULING_PATIENCE,
        )
    if scheduled.get("reason") == "SchedulingGated":
        return Obstacle("SchedulingGated", "the pod has a scheduling gate", "whoever set the gate must lift it", SCHEDULING_PATIENCE)
    return None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def image_message(pod: Pod) -> str:
    """What the kubelet says about an image it could not pull, '' when it says nothing."""
    for _init, status in container_statuses(pod):
        kind, details = state_of(status)
        if kind == "waiting" and details.get("reason") in ("ErrImagePull", "RegistryUnavailable"):
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
    parts = [describe_container(status, init) for init, status in container_statuses(pod) if not _as_it_should_be(status)]
    return ", ".join(parts) or f"the pod is {columns(pod).status}"


def _as_it_should_be(status: Mapping[str, Any]) -> bool:
    kind, _details = state_of(status)
    return not kind or (kind == "running" and bool(status.get("ready")))


def describe_container(status: Mapping[str, Any], init: bool = False) -> str:
    """One clause about what a container is doing."""
    kind, details = state_of(status)
    name = f"{'init ' if init else ''}container {as_text(status.get('name'))}"
    if kind == "terminated":
        return f"{name} has ended with exit code {details.get('exitCode')} ({_terminated_reason(details)})"
    if kind == "waiting":
        return f"{name} is waiting ({as_text(details.get('reason')) or 'no reason given'})"
    if kind == "running":
        return f"{name} is running" if status.get("ready") else f"{name} has not ended" if init else f"{name} runs and is not ready"
    return f"{name} is in no known state"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:600]
