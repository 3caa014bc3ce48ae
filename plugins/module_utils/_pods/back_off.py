# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the history of a container to the delays before its restarts, and whether they are the back-off's. Pure.

Rules of Kubernetes (pkg/kubelet/kuberuntime, pkg/kubelet/images; client-go util/flowcontrol/backoff.go):

- The delay between the end of one run and the start of the next is nominally 0, 10, 20, 40, 80, 160, 300, 300 s: the first
  restart is free, then it doubles. A node can be set to other values (KubeletCrashLoopBackOffMax,
  ReduceDefaultCrashLoopBackOffDecay), so what the kubelet says in `back-off 40s restarting failed container` comes first.
- A run of ten minutes (twice the longest back-off) begins the curve anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .restart_timeline import Run, Timeline

#: Nominal delays of the first restarts in seconds, when the cluster does not say otherwise; the last one stays.
CURVE = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
TOLERANCE_REASON = "times are whole seconds, and the kubelet looks again only every 10 to 15 s"
#: A run that lasted so many seconds begins the curve anew.
RESET_AFTER = 600.0


class Finding(StrEnum):
    """What was found about a back-off."""

    AS_EXPECTED = "as_expected"
    OFF = "off"
    NOT_OBSERVED = "not_observed"


class Source(StrEnum):
    """Where a nominal delay comes from: the kubelet's message, or the curve of Kubernetes."""

    MESSAGE = "message"
    CURVE = "curve"


@dataclass(frozen=True)
class BackOff:
    """Whether the back-off is as it should be.

    Attributes:
        reason: one clause that says what was measured.
    """

    finding: Finding
    reason: str


def tolerance(nominal: float) -> tuple[float, float]:
    """The shortest and longest delay in seconds that is still as it should be; TOLERANCE_REASON says why.

    Doubling is exact, the kubelet's requeue is not: up to 1.34 it looks again every 10 to 15 s until the back-off has
    expired, from 1.35 after the remaining time multiplied by 1 to 1.5. The times of the API have a resolution of one
    second, hence 1 s below; starting a container on a busy node takes a while, hence 5 s above.
    """
    return nominal - 1.0, max(1.5 * nominal, nominal + 15.0) + 5.0


@dataclass(frozen=True)
class Delay:
    """The pause before a restart; restart 1 is the first.

    Attributes:
        observed: seconds from the end of the run before to the start; None when one of them is not known.
        nominal: seconds that the back-off asks for.
        low, high: what is accepted, see tolerance().
        within: whether observed lies between them; None when that cannot be said.
        reason: one clause: where the nominal delay comes from, what is accepted, and why so much.
    """

    restart: int
    observed: float | None
    nominal: float
    low: float
    high: float
    within: bool | None
    source: Source
    reason: str


def delays(timeline: Timeline) -> list[Delay]:
    """One for each restart whose run is known, in order."""
    result = []
    for number in sorted(timeline.runs):
        if number == 0:
            continue
        before, after = timeline.runs.get(number - 1), timeline.runs[number]
        if before is None and after.started is None:
            continue
        result.append(_delay(timeline, number, before, after))
    return result


def _delay(timeline: Timeline, restart: int, before: Run | None, after: Run) -> Delay:
    nominal, source, certain = _nominal(timeline, restart)
    low, high = tolerance(nominal)
    observed = None
    if before is not None and before.finished is not None and after.started is not None:
        observed = (after.started - before.finished).total_seconds()
    within: bool | None = None
    if observed is not None:
        within = low <= observed <= high
        if not within and not (certain and (source == Source.MESSAGE or observed > high)):
            # The node may be set to another curve, or have begun it anew: a kubelet that restarts forgets it, as after
            # a change of the image. Only what it has said itself proves a delay too short.
            within = None
    return Delay(restart, observed, nominal, low, high, within, source, _tolerance_reason(nominal, source, certain))


def _nominal(timeline: Timeline, restart: int) -> tuple[float, Source, bool]:
    """(seconds, source, whether it is certain) of the delay before a restart."""
    announced = timeline.announced
    if restart in announced:
        return announced[restart], Source.MESSAGE, True
    begun = _curve_begins(timeline, restart)
    position = restart - begun
    if position <= 1:
        return 0.0, Source.CURVE, True
    known = [number for number in announced if begun < number]
    if not known:
        return _curve(position), Source.CURVE, False
    nearest = min(known, key=lambda number: (abs(number - restart), number))
    if announced[nearest] == _curve(nearest - begun):
        return _curve(position), Source.CURVE, True
    # Another curve than the default: continued by doubling, or halving, from what the kubelet said.
    steps = max(-64, min(64, restart - nearest))
    top = max(*announced.values(), CURVE[-1]) if steps > 0 else announced[nearest]
    return min(top, announced[nearest] * 2.0**steps), Source.CURVE, False


def _curve_begins(timeline: Timeline, restart: int) -> int:
    """The number of the restart after which the curve that this restart belongs to was begun; 0 for the first."""
    long_runs = [
        run.number
        for run in timeline.runs.values()
        if run.number < restart and run.duration is not None and run.duration >= RESET_AFTER
    ]
    return max(long_runs, default=0)


def back_off(timeline: Timeline) -> BackOff:
    """What was found about the delays after the free first restart."""
    known = delays(timeline)
    off = [delay for delay in known if delay.within is False]
    good = [delay for delay in known if delay.within and delay.nominal > 0]
    if off:
        return BackOff(Finding.OFF, "; ".join(_in_words(delay) for delay in off))
    if good:
        return BackOff(Finding.AS_EXPECTED, "; ".join(_in_words(delay) for delay in good))
    if timeline.restarts == 0:
        return BackOff(Finding.NOT_OBSERVED, "the container was not restarted")
    return BackOff(
        Finding.NOT_OBSERVED,
        "no delay with a back-off was measured: the first restart is free, and no later one was seen from end to start",
    )


def _curve(position: int) -> float:
    return CURVE[min(position, len(CURVE)) - 1]


def _tolerance_reason(nominal: float, source: Source, certain: bool) -> str:
    if source == Source.MESSAGE:
        origin = f"the kubelet announced {nominal:g} s"
    elif nominal == 0:
        origin = "the first restart is free"  # and the first after a run so long that the curve begins anew
    elif certain:
        origin = f"{nominal:g} s is what the default back-off asks for"
    else:
        origin = f"{nominal:g} s would be the default, which the kubelet was not seen to confirm"
    return f"{origin}; accepted are {_accepted(*tolerance(nominal))}: {TOLERANCE_REASON}"


def _in_words(delay: Delay) -> str:
    observed = "unknown" if delay.observed is None else f"{delay.observed:.0f} s"
    accepted = _accepted(delay.low, delay.high)
    return f"restart {delay.restart} came after {observed} (nominal {delay.nominal:.0f} s, accepted {accepted})"


def _accepted(low: float, high: float) -> str:
    return f"{max(0.0, low):.0f} to {high:.0f} s"
