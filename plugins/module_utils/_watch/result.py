# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that watch return about one pod; RETURN of each says what every value means. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from .._ground.json_reading import as_map, as_text
from .._ground.times import iso
from .._ground.wording import sentence
from .._pods.back_off import BackOff, Delay, Finding, Source, back_off, delays
from .._pods.restart_timeline import KnownFrom, Run, Timeline
from .._pods.status import columns, is_ready, metadata, pod_ips
from .ready_judge import ReadyJudge
from .restart_judge import RestartJudge
from .verdict import Ending, JudgeT, VerdictWord


class WatchResult(TypedDict):
    """What both have in common."""

    name: str
    namespace: str
    pod: str
    uid: str
    verdict: VerdictWord
    reason: str
    hint: str
    ready: bool
    status: str
    node: str
    labels: dict[str, str]
    started: str | None
    duration: float
    kubectl: str


class ReadyResult(WatchResult):
    """Of pod_ready_watch."""

    pod_ip: str
    pod_ips: list[str]
    restarts: int


class RunResult(TypedDict):
    """One run of the container."""

    number: int
    started: str | None
    finished: str | None
    exit_code: int | None
    reason: str
    duration: float | None
    known_from: KnownFrom


class DelayResult(TypedDict):
    """The pause before one restart."""

    restart: int
    observed: float | None
    nominal: float
    low: float
    high: float
    within: bool | None
    late: float
    source: Source
    reason: str


class BackOffResult(TypedDict):
    """Whether the back-off was kept to."""

    finding: Finding
    reason: str
    note: str


class RestartResult(WatchResult):
    """Of pod_restart_watch."""

    container: str
    restarts: int
    in_back_off: bool
    runs: list[RunResult]
    delays: list[DelayResult]
    back_off: BackOffResult


def _watch_result(ending: Ending[JudgeT], started: datetime, duration: float, kubectl: str) -> WatchResult:
    namespace, name = ending.key
    pod = ending.pod
    return {
        "name": f"{namespace}/{name}",
        "namespace": namespace,
        "pod": name,
        "uid": ending.uid,
        "verdict": ending.verdict.word,
        "reason": sentence(ending.verdict.reason),
        "hint": sentence(ending.verdict.hint),
        "ready": is_ready(pod),
        "status": columns(pod).status if pod else "",
        "node": as_text(as_map(pod.get("spec")).get("nodeName")),
        "labels": dict(as_map(metadata(pod).get("labels"))),
        "started": iso(started),
        "duration": round(duration, 3),
        "kubectl": kubectl,
    }


def ready_result(ending: Ending[ReadyJudge], started: datetime, duration: float, kubectl: str) -> ReadyResult:
    """The result of pod_ready_watch for one pod.

    Args:
        started: when the wait began.
        duration: seconds from then until the pod was decided.
        kubectl: the line to type to see the same.
    """
    ips = pod_ips(ending.pod)
    return {
        **_watch_result(ending, started, duration, kubectl),
        "pod_ip": ips[0] if ips else "",
        "pod_ips": ips,
        "restarts": columns(ending.pod).restarts,
    }


def restart_result(
    ending: Ending[RestartJudge], container: str | None, started: datetime, duration: float, kubectl: str
) -> RestartResult:
    """The result of pod_restart_watch for one pod.

    Args:
        container: the one that was asked for; see ready_result for the other arguments.
    """
    timeline = ending.judge.timeline if ending.judge else Timeline(container or "")
    return {
        **_watch_result(ending, started, duration, kubectl),
        "container": timeline.container,
        "restarts": timeline.restarts,
        "in_back_off": timeline.in_back_off,
        "runs": [_run_result(run) for run in timeline.ordered_runs()],
        "delays": [_delay_result(delay) for delay in delays(timeline)],
        "back_off": _back_off_result(back_off(timeline)),
    }


def _run_result(run: Run) -> RunResult:
    return {
        "number": run.number,
        "started": iso(run.started),
        "finished": iso(run.finished),
        "exit_code": run.exit_code,
        "reason": run.reason,
        "duration": run.duration,
        "known_from": run.known_from,
    }


def _delay_result(delay: Delay) -> DelayResult:
    return {
        "restart": delay.restart,
        "observed": delay.observed,
        "nominal": delay.nominal,
        "low": delay.low,
        "high": delay.high,
        "within": delay.within,
        "late": delay.late,
        "source": delay.source,
        "reason": sentence(delay.reason),
    }


def _back_off_result(found: BackOff) -> BackOffResult:
    return {"finding": found.finding, "reason": sentence(found.reason), "note": sentence(found.note)}
