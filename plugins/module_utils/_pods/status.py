# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a pod: its parts, readiness, restarts and kubectl's columns. Pure: pod JSON in, facts out.

Every function takes whatever JSON a server may send; what is missing or of the wrong type counts as absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._ground.json_reading import as_count, as_list, as_map, as_text

#: Why a container waits that is on its way to its start.
CREATING = frozenset({"ContainerCreating", "PodInitializing"})
#: The reason of a run whose container the kubelet cannot find any more; the exit code that goes with it is made up.
LOST = "ContainerStatusUnknown"
DEFAULT_CONTAINER_ANNOTATION = "kubectl.kubernetes.io/default-container"

Pod = Mapping[str, Any]


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


def condition(pod: Pod, condition_type: str) -> Mapping[str, Any]:
    for entry in as_list(as_map(pod.get("status")).get("conditions")):
        if as_map(entry).get("type") == condition_type:
            return as_map(entry)
    return {}


def is_ready(pod: Pod) -> bool:
    """Whether the Ready condition is True and the pod is not being deleted.

    The phase proves nothing: a crash loop is Running, too.
    """
    return condition(pod, "Ready").get("status") == "True" and not is_deleting(pod)


def container_specs(pod: Pod, field: str = "containers") -> list[Mapping[str, Any]]:
    """Those under `containers`, or under another field of the spec, such as `initContainers`."""
    return [as_map(entry) for entry in as_list(as_map(pod.get("spec")).get(field))]


def container_names(pod: Pod) -> list[str]:
    return [as_text(spec.get("name")) for spec in container_specs(pod)]


def default_container(pod: Pod) -> str | None:
    """The container that kubectl takes when none is named: the annotation's where there is such a one, or the first."""
    names = container_names(pod)
    wanted = as_map(metadata(pod).get("annotations")).get(DEFAULT_CONTAINER_ANNOTATION)
    init_names = [as_text(spec.get("name")) for spec in container_specs(pod, "initContainers")]
    if wanted in names or wanted in init_names:
        return as_text(wanted)
    return names[0] if names else None


def container_statuses(pod: Pod) -> Iterator[tuple[bool, Mapping[str, Any]]]:
    """(is an init container, status) of init containers, then of containers. Ephemeral ones never restart: left out."""
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
    states = as_map(status.get("state"))
    for state in ("running", "terminated", "waiting"):
        if isinstance(states.get(state), Mapping):
            return state, states[state]
    return "", {}


def last_terminated(status: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_map(as_map(status.get("lastState")).get("terminated"))


def restart_count(pod: Pod, status: Mapping[str, Any]) -> int:
    """How often a container has begun again.

    That is restartCount, but for one case: of a running container that it cannot find any more, the kubelet makes up
    a last state and counts the restart that would follow. In a pod that has ended, such as one evicted, none does;
    there the state is made up as well. Source: pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses),
    pkg/kubelet/status/status_manager.go (TerminatePod).
    """
    count = as_count(status.get("restartCount"))
    state, details = state_of(status)
    began_again = state == "running" or (state == "terminated" and details.get("reason") != LOST)
    counted_ahead = last_terminated(status).get("reason") == LOST and not began_again and not is_deleting(pod)
    return max(0, count - 1) if counted_ahead else count


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
    for field in ("containers", "initContainers"):
        for spec in container_specs(pod, field):
            if spec.get("name") == container:
                return spec, field == "initContainers"
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

    On 1.20 `waiting/CrashLoopBackOff` stays until the restart; on 1.36 the container stays `terminated` and the
    reason flashes for 0.1 s (both seen). So: it is not running, it has terminated at least once, its policy restarts
    it, and it has been restarted before (the first restart is free) or the kubelet says that it backs off. In a pod
    that has ended for good, such as one evicted, nothing is restarted; what is being created waits for something
    else.
    """
    if phase_of(pod) in ("Failed", "Succeeded"):
        return False
    status = container_status(pod, container)
    state, details = state_of(status)
    if state == "waiting" and details.get("reason") == "CrashLoopBackOff":
        return True
    if state == "terminated":
        code = details.get("exitCode")
    elif state == "waiting" and last_terminated(status) and as_text(details.get("reason")) not in CREATING:
        code = last_terminated(status).get("exitCode")
    else:
        return False
    if is_deleting(pod) or not restarts_on(pod, container, code if isinstance(code, int) else None):
        return False
    says_so = as_text(details.get("message")).startswith("back-off ") and "restarting failed" in as_text(
        details.get("message")
    )
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
    sidecars = {
        as_text(spec.get("name"))
        for spec in container_specs(pod, "initContainers")
        if spec.get("restartPolicy") == "Always"
    }
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


def _init_columns(pod: Pod, sidecars: set[str]) -> _Init:
    result = _Init()
    statuses = as_list(as_map(pod.get("status")).get("initContainerStatuses"))
    for index, entry in enumerate(statuses):
        entry = as_map(entry)
        is_sidecar = as_text(entry.get("name")) in sidecars
        result.restarts += as_count(entry.get("restartCount"))
        if is_sidecar:
            result.sidecar_restarts += as_count(entry.get("restartCount"))
        state, details = state_of(entry)
        if state == "terminated" and details.get("exitCode") == 0:
            continue
        if is_sidecar and entry.get("started"):
            result.ready += bool(entry.get("ready"))
            continue
        if state == "terminated":
            result.reason = "Init:" + terminated_reason(details)
        elif state == "waiting" and details.get("reason") and details.get("reason") != "PodInitializing":
            result.reason = "Init:" + as_text(details.get("reason"))
        else:
            result.reason = f"Init:{index}/{len(container_specs(pod, 'initContainers'))}"
        break
    return result


def _main_columns(statuses: list[Any], reason: str) -> tuple[str, int, int]:
    """(STATUS, ready containers, restarts) of the containers proper; the first container decides."""
    running = restarts = 0
    for entry in reversed(statuses):
        entry = as_map(entry)
        restarts += as_count(entry.get("restartCount"))
        state, details = state_of(entry)
        if state == "waiting" and details.get("reason"):
            reason = as_text(details.get("reason"))
        elif state == "terminated":
            reason = terminated_reason(details)
        elif state == "running" and entry.get("ready"):
            running += 1
    return reason, running, restarts


def terminated_reason(details: Mapping[str, Any]) -> str:
    """What kubectl shows of a run that has ended: its reason, else its signal, else its exit code."""
    if details.get("reason"):
        return as_text(details.get("reason"))
    if details.get("signal"):
        return f"Signal:{details['signal']}"
    return f"ExitCode:{details.get('exitCode', 0)}"
