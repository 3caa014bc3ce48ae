# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the statuses of a container to the history of its runs. Pure.

Statuses are samples of a history: some are never seen, restartCount can jump, and lastState holds just one past run.
What follows from the statuses is kept, what does not is left open.

Rule of Kubernetes (pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses): while a container is running or
terminated, lastState is the run before it; while it is waiting, lastState is the run that restartCount counts, since
the count goes up when the next run begins (seen on 1.20 and 1.36).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from .._ground.json_reading import as_text
from .._ground.times import parse_time
from .status import LOST, container_status, in_back_off, last_terminated, restart_count, state_of

_BACK_OFF = re.compile(r"^back-off (?P<duration>[0-9hmsµun.]+) restarting failed")
_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|µs|us|ns|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}
#: Times before this are Go's zero time or the epoch: containerd reports them for a run that never started.
_REAL_TIMES = datetime(1971, 1, 1, tzinfo=UTC)


def go_duration(text: str) -> float | None:
    """Seconds in a Go duration such as `5m0s`; None when it is none."""
    parts = _GO_DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class KnownFrom(StrEnum):
    """How a run came to be known: as the container's state at the time, or only as its last state, afterwards."""

    STATE = "state"
    LAST_STATE = "last_state"


@dataclass
class Run:
    """One run of the container; number 0 is the first."""

    number: int
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    known_from: KnownFrom = KnownFrom.LAST_STATE

    @property
    def duration(self) -> float | None:
        """Seconds; None when its start or its end is not known."""
        if self.started is None or self.finished is None:
            return None
        return max(0.0, (self.finished - self.started).total_seconds())


@dataclass
class Timeline:
    """The history of one container, built status by status in any order.

    Attributes:
        container: its name.
        restarts: how often it has begun again, as far as was seen.
        in_back_off: whether it was ever seen waiting for its restart.
        runs: by number.
        announced: the back-offs that the kubelet announced, in seconds, by the number of the restart they precede.
    """

    container: str
    restarts: int = 0
    in_back_off: bool = False
    runs: dict[int, Run] = field(default_factory=dict)
    announced: dict[int, float] = field(default_factory=dict)

    def observe(self, pod: Mapping[str, Any]) -> None:
        """Takes in one status of the pod."""
        status = container_status(pod, self.container)
        if not status:
            return
        number = restart_count(pod, status)
        self.restarts = max(self.restarts, number)
        self.in_back_off = self.in_back_off or in_back_off(pod, self.container)
        state, details = state_of(status)
        last = last_terminated(status)
        if state == "running":
            self._run(number).known_from = KnownFrom.STATE
            self._learn_times(number, started=details.get("startedAt"))
        elif state == "terminated":
            self._run(number).known_from = KnownFrom.STATE
            self._learn_end(number, details)
        if last:
            # One container cannot be lost twice: both are made up for the same run then.
            both_lost = details.get("reason") == last.get("reason") == LOST
            self._learn_end(number if state == "waiting" or both_lost else number - 1, last)
        if state == "waiting":
            self._learn_announcement(number + 1, as_text(details.get("message")))

    def _run(self, number: int) -> Run:
        return self.runs.setdefault(number, Run(number))

    def _learn_end(self, number: int, details: Mapping[str, Any]) -> None:
        if number < 0:
            return  # a lastState before any restart: the node was restarted and counts anew
        run = self._run(number)
        if details.get("reason") == LOST and run.exit_code is not None:
            return  # what was seen is better than what the kubelet makes up
        self._learn_times(number, started=details.get("startedAt"), finished=details.get("finishedAt"))
        code = details.get("exitCode")
        if isinstance(code, int) and not isinstance(code, bool):
            run.exit_code = code
        run.reason = as_text(details.get("reason")) or run.reason

    def _learn_times(self, number: int, started: object = None, finished: object = None) -> None:
        run = self._run(number)
        run.started = _real_time(started) or run.started
        run.finished = _real_time(finished) or run.finished

    def _learn_announcement(self, restart: int, message: str) -> None:
        match = _BACK_OFF.match(message)
        seconds = go_duration(match.group("duration")) if match else None
        if seconds is not None:
            self.announced[restart] = seconds

    def ordered_runs(self) -> list[Run]:
        return [self.runs[number] for number in sorted(self.runs)]

    @property
    def completed(self) -> bool:
        """Whether a run has ended with exit code 0."""
        return any(run.exit_code == 0 for run in self.runs.values())


def _real_time(value: object) -> datetime | None:
    moment = parse_time(value)
    return moment if moment is not None and moment > _REAL_TIMES else None
