# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster's events say that a pod's status does not. Pure: Event JSON in, causes out.

A pod whose volume cannot be mounted stays `ContainerCreating`, and one whose probe fails is just not
ready; a pod that a quota refuses does not exist at all. Only events say why. They are best effort: they may be
missing, and are kept for an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._ground.json_reading import as_map, as_text
from .._ground.wording import one_line
from .obstacles import LONGEST_MESSAGE, TOO_LITTLE_MEMORY, TOO_LITTLE_MEMORY_HINT
from .status import CREATING, container_statuses, is_ready, metadata, namespace_of, state_of

#: Warnings only, and none of those that say what the status says as well: a crash looping class has thousands of them.
FIELD_SELECTOR = "type=Warning,reason!=BackOff,reason!=FailedScheduling,reason!=Failed"

#: Seconds that a volume must have been missing what it names; the kubelet looks again after growing pauses of seconds.
VOLUME_PATIENCE = 8.0
_VOLUME = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
_SANDBOX = frozenset({"FailedCreatePodSandBox", "NetworkNotReady"})
#: What the kubelet says of a pod that is there, and what to do about it. Source: pkg/kubelet/events/event.go.
_HINTS = {
    **dict.fromkeys(_VOLUME, "create the ConfigMap, Secret or claim that the volume names, or correct the volume"),
    **dict.fromkeys(
        _SANDBOX,
        "the node cannot make the pod's sandbox: look at the node, its container runtime and its network plugin",
    ),
    "Unhealthy": "correct the probe, or the app that it asks",
    "FailedPostStartHook": "correct the hook of the container, or what it calls",
}
#: The kubelet sums up a mount that has failed for two minutes without its cause, which the event before it names.
_SUMMARY = "timed out waiting for the condition"
#: What no other attempt cures, in the kubelet's words: `configmap "x" not found`, `references non-existent config key`.
_MISSING = re.compile(r'\b(?:configmap|secret|persistentvolumeclaim)s? "[^"]+" not found|references non-existent')
#: A node that cannot do what the pod asks for. Source: pkg/kubelet/kubelet_pods.go and userns_manager.go.
_NO_USER_NAMESPACES = "runtime does not support user namespaces"

# What to do about a pod that the API server refuses to a controller, by what its message says; the first that is found
# counts. Sources of the messages: staging/src/k8s.io/pod-security-admission, apiserver/pkg/admission/plugin (policy,
# webhook, resourcequota) in kubernetes/kubernetes.
_REFUSAL_HINTS = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (
            r"ValidatingAdmissionPolicy '(?P<name>[^']*)' with binding '[^']*' denied request",
            "change the pod to what the ValidatingAdmissionPolicy {name} asks for, or ask whoever administers the "
            "cluster to change that policy",
        ),
        (
            r'admission webhook "(?P<name>[^"]*)" denied the request',
            "change the pod to what the admission webhook {name} asks for, or ask whoever administers the "
            "cluster to change its rules",
        ),
        (
            r'violates PodSecurity "(?P<name>[^":]*)',
            "Pod Security refuses it: change the pod's securityContext to what the level {name} asks for, or the "
            "namespace's label pod-security.kubernetes.io/enforce",
        ),
        (
            r"exceeded quota: (?P<name>[^\s,]+)",
            "raise the quota {name} of the namespace, or lower what its pods ask for",
        ),
        (
            r"failed quota: (?P<name>[^\s:,]+)",
            "give every container the requests and limits that the quota {name} of the namespace counts",
        ),
    )
)


@dataclass(frozen=True)
class Cause:
    """What an event says.

    Attributes:
        event_reason: the event's reason, such as FailedMount.
        reason: one clause with its message.
    """

    event_reason: str
    reason: str

    @property
    def hint(self) -> str:
        """What to do about it."""
        if _NO_USER_NAMESPACES in self.reason:
            return (
                "leave out hostUsers: false, or give the nodes a container runtime with user namespaces (containerd 2)"
            )
        if self.event_reason in _SANDBOX and TOO_LITTLE_MEMORY.search(self.reason):
            return TOO_LITTLE_MEMORY_HINT
        return _HINTS[self.event_reason]

    @property
    def needs_somebody(self) -> bool:
        """Whether the kubelet tries again in vain until somebody creates or changes something."""
        if _NO_USER_NAMESPACES in self.reason:
            return True
        return self.event_reason in _VOLUME and bool(_MISSING.search(self.reason))

    def explains(self, pod: Mapping[str, Any]) -> bool:
        """Whether it can be why the pod is as it is; events outlive their cause."""
        if self.event_reason in _VOLUME | _SANDBOX:
            return is_creating(pod)
        return not is_creating(pod) and not is_ready(pod)


def is_creating(pod: Mapping[str, Any]) -> bool:
    """Whether the pod has a node, and none of its containers has been started there yet."""
    states = [state_of(status) for _init, status in container_statuses(pod)]
    waiting = all(state == "waiting" and as_text(details.get("reason")) in CREATING for state, details in states)
    return bool(states) and waiting


def causes(events: Iterable[Any]) -> dict[str, Cause]:
    """The latest cause by UID of the pod."""
    latest: dict[str, tuple[tuple[bool, str], Cause]] = {}
    for event in map(as_map, events):
        uid = as_text(as_map(event.get("involvedObject")).get("uid"))
        why, message = as_text(event.get("reason")), _message(event)
        if not uid or why not in _HINTS:
            continue
        rank = (_SUMMARY not in message, _last_seen(event))
        if uid not in latest or rank >= latest[uid][0]:
            latest[uid] = (rank, Cause(why, f"{why}: {message}" if message else why))
    return {uid: cause for uid, (_rank, cause) in latest.items()}


def refusals(events: Iterable[Any]) -> dict[str, list[str]]:
    """What controllers said of pods that they could not create, by namespace, the latest last."""
    said: dict[str, list[str]] = {}
    for event in sorted((as_map(event) for event in events), key=_last_seen):
        if event.get("reason") == "FailedCreate":
            namespace = namespace_of(event) or as_text(as_map(event.get("involvedObject")).get("namespace"))
            said.setdefault(namespace, []).append(_message(event))
    return said


def refusal_hint(message: str) -> str:
    """What to do about such a refusal, one clause; '' for one that is not known."""
    for pattern, hint in _REFUSAL_HINTS:
        if found := pattern.search(message):
            return hint.format(name=found["name"])
    return ""


def about(name: str, messages: Iterable[str]) -> str:
    """The latest of the messages that names the pod, '' when none does."""
    whole_name = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
    return next((message for message in reversed(list(messages)) if whole_name.search(message)), "")


def _message(event: Mapping[str, Any]) -> str:
    return one_line(as_text(event.get("message")), LONGEST_MESSAGE)


def _last_seen(event: Mapping[str, Any]) -> str:
    """A time that sorts as text: all are UTC in the same form, with or without a fraction."""
    series = as_map(event.get("series"))
    times = (
        series.get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("eventTime"),
        metadata(event).get("creationTimestamp"),
    )
    return next((as_text(time) for time in times if as_text(time)), "")
