# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the statuses of a container to its runs, the delays between them and a verdict on the back-off. Pure.

Statuses are samples of a history: some are never seen, restartCount can jump, and lastState holds just one past run. What
follows from the statuses is kept, what does not is left open.

Rules of Kubernetes (pkg/kubelet/kuberuntime, pkg/kubelet/images; client-go util/flowcontrol/backoff.go):

- While a container is running or terminated, lastState is the run before it; while it is waiting, lastState is the run
  that restartCount counts, since the count goes up when the next run begins (seen on 1.20 and 1.36).
- The delay between the end of one run and the start of the next is nominally 0, 10, 20, 40, 80, 160, 300, 300 s: the first
  restart is free, then it doubles. A node can be set to other values (KubeletCrashLoopBackOffMax,
  ReduceDefaultCrashLoopBackOffDecay), so what the kubelet says in `back-off 40s restarting failed container` comes first.
- A run of ten minutes (twice the longest back-off) begins the curve anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .._ground.json_reading import as_count, as_text
from .._ground.times import iso, parse_time
from .status import container_status, in_back_off, last_terminated, state_of

#: Nominal delays of the first restarts in seconds, when the cluster does not say otherwise; the last one stays.
CURVE = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
TOLERANCE_REASON = "times are whole seconds, and the kubelet looks again only every 10 to 15 s"
#: A run that lasted so many seconds begins the curve anew.
RESET_AFTER = 600.0

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


def tolerance(nominal: float) -> tuple[float, float]:
    """The shortest and longest delay in seconds that is still as it should be; TOLERANCE_REASON says why.

    Doubling is exact, the kubelet's requeue is not: up to 1.34 it looks again every 10 to 15 s until the back-off has
    expired, from 1.35 after the remaining time multiplied by 1 to 1.5. The times of the API have a resolution of one
    second, hence 1 s below; starting a container on a busy node takes a while, hence 5 s above.
    """
    return nominal - 1.0, max(1.5 * nominal, nominal + 15.0) + 5.0


@dataclass
class Run:
    """One run of the container; number 0 is the first.

    Attributes:
        seen: whether it was seen as the current state; False when it is only known from lastState.
    """

    number: int
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    seen: bool = False

    @property
    def duration(self) -> float | None:
        if self.started is None or self.finished is None:
            return None
        return max(0.0, (self.finished - self.started).total_seconds())

    def as_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "started": iso(self.started),
            "finished": iso(self.finished),
            "exit_code": self.exit_code,
            "reason": self.reason,
            "duration": self.duration,
            "seen": "seen" if self.seen else "inferred",
        }


@dataclass(frozen=True)
class Delay:
    """The pause before a restart; restart 1 is the first.

    Attributes:
        observed: seconds from the end of the run before to the start; None when one of them is not known.
        nominal: seconds that the back-off asks for.
        low, high: what is accepted, see tolerance().
        within: whether observed lies between them; None when that cannot be said.
        source: `message` when the kubelet said the nominal delay, `curve` when it was derived.
        reason: one clause: where the nominal delay comes from, what is accepted, and why so much.
    """

    restart: int
    observed: float | None
    nominal: float
    low: float
    high: float
    within: bool | None
    source: str
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "restart": self.restart,
            "observed": self.observed,
            "nominal": self.nominal,
            "low": self.low,
            "high": self.high,
            "within": self.within,
            "source": self.source,
            "reason": self.reason,
        }


@dataclass
class Timeline:
    """The history of one container, built status by status in any order.

    Attributes:
        container: its name.
        restarts: the highest restartCount seen.
        in_back_off: whether it was ever seen waiting for its restart.
        runs: by number.
        messages: nominal delays that the kubelet named, in seconds, by the number of the restart they precede.
    """

    container: str
    restarts: int = 0
    in_back_off: bool = False
    runs: dict[int, Run] = field(default_factory=dict)
    messages: dict[int, float] = field(default_factory=dict)

    def observe(self, pod: Mapping[str, Any]) -> None:
        """Takes in one status of the pod."""
        status = container_status(pod, self.container)
        if not status:
            return
        number = as_count(status.get("restartCount"))
        self.restarts = max(self.restarts, number)
        self.in_back_off = self.in_back_off or in_back_off(pod, self.container)
        kind, details = state_of(status)
        last = last_terminated(status)
        if kind == "running":
            self._run(number).seen = True
            self._learn(number, started=details.get("startedAt"))
        elif kind == "terminated":
            self._run(number).seen = True
            self._terminated(number, details)
        if last:
            self._terminated(number if kind == "waiting" else number - 1, last)
        if kind == "waiting":
            self._message(number + 1, as_text(details.get("message")))

    def _run(self, number: int) -> Run:
        return self.runs.setdefault(number, Run(number))

    def _terminated(self, number: int, details: Mapping[str, Any]) -> None:
        if number < 0:
            return  # a lastState before any restart: the node was restarted and counts anew
        run = self._run(number)
        self._learn(number, started=details.get("startedAt"), finished=details.get("finishedAt"))
        code = details.get("exitCode")
        if isinstance(code, int) and not isinstance(code, bool):
            run.exit_code = code
        run.reason = as_text(details.get("reason")) or run.reason

    def _learn(self, number: int, started: object = None, finished: object = None) -> None:
        run = self._run(number)
        run.started = _real(started) or run.started
        run.finished = _real(finished) or run.finished

    def _message(self, restart: int, message: str) -> None:
        match = _BACK_OFF.match(message)
        seconds = go_duration(match.group("duration")) if match else None
        if seconds is not None:
            self.messages[restart] = seconds

    # --- what follows ---

    def ordered_runs(self) -> list[Run]:
        return [self.runs[number] for number in sorted(self.runs)]

    @property
    def completed(self) -> bool:
        """Whether a run has ended with exit code 0."""
        return any(run.exit_code == 0 for run in self.runs.values())

    def delays(self) -> list[Delay]:
        """One for each restart whose run is known, in order."""
        result = []
        for number in sorted(self.runs):
            if number == 0:
                continue
            before, after = self.runs.get(number - 1), self.runs[number]
            if before is None and after.started is None:
                continue
            result.append(self._delay(number, before, after))
        return result

    def _delay(self, restart: int, before: Run | None, after: Run) -> Delay:
        nominal, source, certain = self._nominal(restart)
        low, high = tolerance(nominal)
        observed = None
        if before is not None and before.finished is not None and after.started is not None:
            observed = (after.started - before.finished).total_seconds()
        within: bool | None = None
        if observed is not None:
            within = low <= observed <= high
            if not within and not (certain and (source == "message" or observed > high)):
                # The node may be set to another curve, or have begun it anew: a kubelet that restarts forgets it, as after
                # a change of the image. Only what it has said itself proves a delay too short.
                within = None
        return Delay(restart, observed, nominal, low, high, within, source, _tolerance_reason(nominal, source, certain))

    def _nominal(self, restart: int) -> tuple[float, str, bool]:
        """(seconds, source, whether it is certain) of the delay before a restart."""
        if restart in self.messages:
            return self.messages[restart], "message", True
        begun = self._curve_begins(restart)
        position = restart - begun
        if position <= 1:
            return 0.0, "curve", True
        known = [number for number in self.messages if begun < number]
        if not known:
            return _curve(position), "curve", False
        nearest = min(known, key=lambda number: (abs(number - restart), number))
        if self.messages[nearest] == _curve(nearest - begun):
            return _curve(position), "curve", True
        # Another curve than the default: continued by doubling, or halving, from what the kubelet said.
        steps = max(-64, min(64, restart - nearest))
        top = max(*self.messages.values(), CURVE[-1]) if steps > 0 else self.messages[nearest]
        return min(top, self.messages[nearest] * 2.0**steps), "curve", False

    def _curve_begins(self, restart: int) -> int:
        """The number of the restart after which the curve that this restart belongs to was begun; 0 for the first."""
        long_runs = [
            run.number
            for run in self.runs.values()
            if run.number < restart and run.duration is not None and run.duration >= RESET_AFTER
        ]
        return max(long_runs, default=0)

    def back_off(self) -> dict[str, str]:
        """`{verdict: as_expected | off | not_observed, reason: one sentence}` about the delays after the free first restart."""
        delays = self.delays()
        off = [delay for delay in delays if delay.within is False]
        good = [delay for delay in delays if delay.within and delay.nominal > 0]
        if off:
            return {"verdict": "off", "reason": "; ".join(_describe(delay) for delay in off)}
        if good:
            return {"verdict": "as_expected", "reason": "; ".join(_describe(delay) for delay in good)}
        if self.restarts == 0:
            return {"verdict": "not_observed", "reason": "the container was not restarted"}
        return {
            "verdict": "not_observed",
            "reason": "no delay with a back-off was measured: the first restart is free, and no later one was seen from end to start",
        }


def build_timeline(container: str, observations: Iterable[tuple[datetime, Mapping[str, Any]]]) -> Timeline:
    """The timeline that follows from (observed at, pod) pairs; their order does not matter."""
    timeline = Timeline(container)
    for _observed, pod in observations:
        timeline.observe(pod)
    return timeline


def _curve(position: int) -> float:
    return CURVE[min(position, len(CURVE)) - 1]


def _real(value: object) -> datetime | None:
    moment = parse_time(value)
    return moment if moment is not None and moment > _REAL_TIMES else None


def _tolerance_reason(nominal: float, source: str, certain: bool) -> str:
    if source == "message":
        named = f"the kubelet named {nominal:g} s"
    elif nominal == 0:
        named = "the first restart is free"  # and the first after a run so long that the curve begins anew
    elif certain:
        named = f"{nominal:g} s is what the default back-off asks for"
    else:
        named = f"{nominal:g} s would be the default, which the kubelet was not seen to confirm"
    return f"{named}; accepted are {_accepted(*tolerance(nominal))}: {TOLERANCE_REASON}"


def _describe(delay: Delay) -> str:
    observed = "unknown" if delay.observed is None else f"{delay.observed:.0f} s"
    return f"restart {delay.restart} came after {observed} (nominal {delay.nominal:.0f} s, accepted {_accepted(delay.low, delay.high)})"


def _accepted(low: float, high: float) -> str:
    return f"{max(0.0, low):.0f} to {high:.0f} s"
