# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods as the API server sends them, for tests: real recordings and small ones made up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.restart_timeline import Timeline

RECORDINGS = Path(__file__).parent.parent / "recordings"
#: The oldest Kubernetes that is supported, and the newest that could be had.
VERSIONS = ("1.20", "1.37")
START = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    """A time as the API writes it, so many seconds after START."""
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_pod(
    name="web",
    namespace="lab-alice",
    uid="",
    labels=None,
    phase="Running",
    ready=True,
    containers=None,
    restart_policy="Always",
    deleting=False,
    version=1,
    **status,
) -> dict[str, Any]:
    """A pod with one running container `app`, unless told otherwise."""
    if containers is None:
        containers = [running("app", ready=ready)]
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "uid": uid or f"uid-{namespace}-{name}",
        "resourceVersion": str(version),
        "labels": labels if labels is not None else {"class": "c"},
    }
    if deleting:
        metadata["deletionTimestamp"] = "2026-11-22T08:31:41Z"
    return {
        "metadata": metadata,
        "spec": {
            "restartPolicy": restart_policy,
            "nodeName": "node-1",
            "containers": [{"name": entry["name"]} for entry in containers] or [{"name": "app"}],
        },
        "status": {
            "phase": phase,
            "podIP": "10.0.0.7",
            "podIPs": [{"ip": "10.0.0.7"}, {"ip": "fd00::7"}],
            "containerStatuses": containers,
            "conditions": [
                {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": "2020-01-01T00:00:00Z"},
                {"type": "PodScheduled", "status": "True"},
            ],
            **status,
        },
    }


def running(name="app", restarts=0, started="2026-11-22T08:31:38Z", ready=True, last=None) -> dict[str, Any]:
    return {
        "name": name,
        "ready": ready,
        "started": True,
        "restartCount": restarts,
        "state": {"running": {"startedAt": started}},
        "lastState": {"terminated": last} if last else {},
    }


def waiting(name="app", reason="ContainerCreating", message="", restarts=0, last=None) -> dict[str, Any]:
    details = {"reason": reason, **({"message": message} if message else {})}
    return {
        "name": name,
        "ready": False,
        "started": False,
        "restartCount": restarts,
        "state": {"waiting": details},
        "lastState": {"terminated": last} if last else {},
    }


def ended(code=1, reason="", started="2026-11-22T08:31:38Z", finished="2026-11-22T08:31:41Z") -> dict[str, Any]:
    return {
        "exitCode": code,
        "reason": reason or ("Error" if code else "Completed"),
        "startedAt": started,
        "finishedAt": finished,
    }


def terminated(name="app", restarts=0, last=None, **details) -> dict[str, Any]:
    return {
        "name": name,
        "ready": False,
        "started": False,
        "restartCount": restarts,
        "state": {"terminated": ended(**details)},
        "lastState": {"terminated": last} if last else {},
    }


#: What is left of a pod that was evicted, by who left it.
EVICTED = ("1.20", "1.36", "1.36 half a minute later")


def evicted(left_by: str, restarts: int = 0, **pod: Any) -> dict[str, Any]:
    """A pod whose container has restarted so often when it was evicted for what it wrote into an emptyDir.

    Up to about 1.21 no status of the container is left. Later it is that of its end, until the container is removed and
    the kubelet makes up what it cannot find any more, a restart included.
    """
    message = 'Usage of EmptyDir volume "kept" exceeds the limit "1Mi". '
    lost = {"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": None, "finishedAt": None}
    where = "The container could not be located when the pod was"
    last = {**lost, "message": f"{where} deleted.  The container used to be Running"}
    containers = {
        "1.20": [],
        "1.36": [terminated(code=137, restarts=restarts)],
        "1.36 half a minute later": [
            {
                **terminated(restarts=restarts + 1, last=last),
                "state": {"terminated": {**lost, "message": f"{where} terminated"}},
            }
        ],
    }
    return make_pod(
        ready=False, phase="Failed", reason="Evicted", message=message, containers=containers[left_by], **pod
    )


def recording(name: str) -> dict[str, Any]:
    with open(RECORDINGS / f"{name}.json", encoding="utf-8") as stream:
        return json.load(stream)


def crash_loop(version: str) -> list[tuple[datetime, dict[str, Any]]]:
    """(observed at, pod) for every change that was recorded."""
    recorded = recording(f"crash-loop-{version}")
    return [
        (
            datetime.fromisoformat(change["at"]),
            {
                **recorded["pod"],
                "metadata": {**recorded["pod"]["metadata"], "resourceVersion": change["resourceVersion"]},
                "status": change["status"],
            },
        )
        for change in recorded["changes"]
    ]


def timeline_of(*containers: dict[str, Any], **pod: Any) -> Timeline:
    """The timeline of the container `app` that follows from these statuses of it."""
    timeline = Timeline("app")
    for container in containers:
        timeline.observe(make_pod(containers=[container], **pod))
    return timeline


def restarting(
    pauses: Sequence[float],
    announced: Mapping[int, float] | None = None,
    lasting: Mapping[int, float] | None = None,
) -> Timeline:
    """The timeline of a container that restarted after these pauses in seconds, every run seen.

    Args:
        announced: the back-off that the kubelet named before a restart, by its number.
        lasting: seconds that a run lasted, by its number; 3 where it is not there.
    """
    statuses, now = [], 0.0
    for restart, pause in enumerate(pauses, 1):
        ran = (lasting or {}).get(restart - 1, 3)
        last = ended(started=at(now), finished=at(now + ran))
        if restart in (announced or {}):
            statuses.append(waiting(**backing_off(announced[restart]), restarts=restart - 1, last=last))
        now += ran + pause
        statuses.append(running(restarts=restart, started=at(now), last=last))
    return timeline_of(*statuses)


def backing_off(seconds: float) -> dict[str, str]:
    """Reason and message of a container in back-off."""
    return {
        "reason": "CrashLoopBackOff",
        "message": f"back-off {go_duration(seconds)} restarting failed container=app pod=crash_lab-alice(uid)",
    }


def go_duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"


def make_event(
    reason, message="", uid="uid-lab-alice-web", namespace="lab-alice", last="2026-11-22T08:31:41Z", **more
) -> dict[str, Any]:
    """An event about a pod."""
    involved = {"kind": "Pod", "namespace": namespace, "uid": uid}
    return {
        "metadata": {"namespace": namespace},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "involvedObject": involved,
        "lastTimestamp": last,
        **more,
    }
