# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods as the API server sends them, for tests: real recordings and small ones made up."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parent.parent / "recordings"
VERSIONS = ("1.20", "1.36")


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


def recording(name: str) -> dict[str, Any]:
    with open(RECORDINGS / f"{name}.json", encoding="utf-8") as stream:
        return json.load(stream)


def crash_loop(version: str) -> list[tuple[datetime, dict[str, Any]]]:
    """(observed at, pod) for every change that was recorded."""
    recorded = recording(f"crash-loop-{version}")
    history = []
    for change in recorded["changes"]:
        pod = json.loads(json.dumps(recorded["pod"]))
        pod["metadata"].update(uid="uid-crash", resourceVersion=change["resourceVersion"])
        pod["status"] = {
            "phase": change["phase"],
            "conditions": [
                {"type": kind, "status": value[0], "reason": value[1]} for kind, value in change["conditions"].items()
            ],
            "containerStatuses": [
                {
                    "name": "app",
                    "ready": change["ready"],
                    "started": change["started"],
                    "restartCount": change["restartCount"],
                    "state": change["state"],
                    "lastState": change["lastState"],
                }
            ],
        }
        history.append((datetime.fromisoformat(change["at"]), pod))
    return history


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
