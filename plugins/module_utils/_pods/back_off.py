# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the history of a container to the delays before its restarts, and whether they keep to the back-off. Pure.

Rules of Kubernetes (pkg/kubelet/kuberuntime, pkg/kubelet/images; client-go util/flowcontrol/backoff.go):

- The delay between the end of one run and the start of the next is nominally 0, 10, 20, 40, 80, 160, 300, 300 s: the
  first restart is free, then it doubles. A node can be set to other values (KubeletCrashLoopBackOffMax,
  ReduceDefaultCrashLoopBackOffDecay), so what the kubelet says in `back-off 40s restarting failed container` comes
  first.
- A run of ten minutes (twice the longest back-off) begins the curve anew, and so does a kubelet that restarts.

What a back-off promises is that no restart comes earlier. How late one comes is a matter of how busy the node is:
that is told, and never held against the back-off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from .restart_timeline import Run, Timeline

#: Nominal delays of the first restarts in seconds, when the cluster does not say otherwise; the last one stays.
CURVE = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
#: Seconds that a run must have lasted to begin the curve anew.
RESET_AFTER = 600.0
#: Seconds by which a delay can look shorter than it was, since the times of the API have a resolution of one second.
RESOLUTION = 1.0
USUAL_REASON = "times are whole seconds, and the kubelet looks again only every 10 to 15 s"


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
    """Whether the back-off was kept to.

    Attributes:
        reason: one clause that says what was measured.
        note: one clause that names the restarts that came late, with the figures; '' when none did.
    """

    finding: Finding
    reason: str
    note: str = ""


def nominal_seconds(restarts: int, lifetime: float) -> float:
    """Seconds from the start of a container that always lives so long to so many restarts, on the default curve."""
    if lifetime >= RESET_AFTER:
        return restarts * lifetime
    beyond = max(0, restarts - len(CURVE))
    return restarts * lifetime + sum(CURVE[:restarts]) + beyond * CURVE[-1]


def bounds(nominal: float) -> tuple[float, float]:
    """The shortest delay that keeps to the back-off and the longest that the kubelet explains, in seconds.

    Doubling is exact, the kubelet's requeue is not: up to 1.34 it looks again every 10 to 15 s until the back-off has
    expired, from 1.35 after the remaining time multiplied by 1 to 1.5. Starting a container takes a while, hence
    5 s more.
    """
    return nominal - RESOLUTION, max(1.5 * nominal, nominal + 15.0) + 5.0


@dataclass(frozen=True)
class Delay:
    """The pause before a restart; restart 1 is the first.

    Attributes:
        observed: seconds from the end of the run before to the start; None when one of them is not known.
        nominal: seconds that the back-off asks for.
        source: where nominal comes from.
        certain: whether nominal is known, rather than what would come next on the default curve.
    """

    restart: int
    observed: float | None
    nominal: float
    source: Source
    certain: bool

    @property
    def low(self) -> float:
        """The least that keeps to the back-off."""
        return bounds(self.nominal)[0]

    @property
    def high(self) -> float:
        """The most that the kubelet's own rhythm explains."""
        return bounds(self.nominal)[1]

    @property
    def late(self) -> float:
        """Seconds beyond high; 0 when it was not late, or was not measured."""
        return 0.0 if self.observed is None else max(0.0, self.observed - self.high)

    @property
    def early(self) -> bool:
        """Whether the restart is known to have come before its time.

        The node may be set to another curve than the default, or have begun it anew. So only what the kubelet has
        announced proves a delay too short; or a run that began before the one before it had ended.
        """
        if self.observed is None or self.observed >= self.low:
            return False
        return self.source == Source.MESSAGE or self.observed < -RESOLUTION

    @property
    def within(self) -> bool | None:
        """Whether it lies between low and high; None when that cannot be said."""
        if self.observed is None or (self.observed < self.low and not self.early):
            return None
        return not self.early and not self.late

    @property
    def reason(self) -> str:
        """One clause: where nominal comes from, what is usual, and why so much."""
        if self.source == Source.MESSAGE:
            origin = f"the kubelet announced {self.nominal:g} s"
        elif self.nominal == 0:
            origin = "the first restart is free"  # and the first after a run so long that the curve begins anew
        elif self.certain:
            origin = f"{self.nominal:g} s is what the default back-off asks for"
        else:
            origin = f"{self.nominal:g} s would be the default, which the kubelet was not seen to confirm"
        return f"{origin}; {max(0.0, self.low):.0f} to {self.high:.0f} s are usual: {USUAL_REASON}"


def delays(timeline: Timeline) -> list[Delay]:
    """One for each restart whose run is known, in order."""
    result = []
    for number in sorted(timeline.runs):
        if number == 0:
            continue
        before, after = timeline.runs.get(number - 1), timeline.runs[number]
        if before is None and after.started is None:
            continue
        result.append(Delay(number, _pause(before, after), *_nominal(timeline, number)))
    return result


def _pause(before: Run | None, after: Run) -> float | None:
    if before is None or before.finished is None or after.started is None:
        return None
    return (after.started - before.finished).total_seconds()


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


def _curve(position: int) -> float:
    return CURVE[min(position, len(CURVE)) - 1]


def back_off(timeline: Timeline) -> BackOff:
    """Whether the delays keep to the back-off: none too early, and what the kubelet announced doubles."""
    measured = [delay for delay in delays(timeline) if delay.observed is not None]
    note = _lateness([delay for delay in measured if delay.late])
    off = [_earliness(delay) for delay in measured if delay.early] + list(_not_doubled(timeline))
    if off:
        return BackOff(Finding.OFF, "; ".join(off), note)
    kept = [delay for delay in measured if delay.nominal > 0 and delay.within is not None]
    if kept:
        return BackOff(Finding.AS_EXPECTED, "; ".join([*map(_in_words, kept), *_announcements(timeline)]), note)
    if timeline.restarts == 0:
        return BackOff(Finding.NOT_OBSERVED, "the container was not restarted", note)
    return BackOff(
        Finding.NOT_OBSERVED,
        "no delay with a back-off was measured: the first restart is free, and no later one was seen from end to start",
        note,
    )


def _not_doubled(timeline: Timeline) -> Iterator[str]:
    """What the kubelet announced that is no doubling up to a longest back-off.

    Where restarts between two announcements were not seen, the later one may be anything up to what doubling leads
    to. One that is lower than the one before it comes from a curve that was begun anew.
    """
    announced = timeline.announced
    longest = max(announced.values(), default=0.0)
    for before, after in pairwise(sorted(announced)):
        first, second = announced[before], announced[after]
        if second < first or _curve_begins(timeline, after) >= before:
            continue
        said = f"the kubelet announced {first:g} s before restart {before} and {second:g} s before restart {after}"
        doubled = first * 2.0 ** min(64, after - before)
        if second > doubled:
            yield f"{said}, and doubling leads to {doubled:g} s"
        elif after == before + 1 and second < doubled and second < longest:
            yield f"{said}, and {longest:g} s elsewhere: it does not double"


def _announcements(timeline: Timeline) -> list[str]:
    seconds = [f"{timeline.announced[number]:g}" for number in sorted(timeline.announced)]
    return [f"the kubelet announced {', '.join(seconds)} s"] if seconds else []


def _in_words(delay: Delay) -> str:
    return f"restart {delay.restart} came after {delay.observed:.0f} s (back-off {delay.nominal:g} s)"


def _earliness(delay: Delay) -> str:
    if delay.source == Source.MESSAGE:
        return f"{_in_words(delay)}, earlier than the kubelet had announced"
    return f"run {delay.restart} began before run {delay.restart - 1} had ended"


def _lateness(late: Sequence[Delay]) -> str:
    if not late:
        return ""
    figures = [
        f"restart {delay.restart} came {delay.late:.0f} s late "
        f"(after {delay.observed:.0f} s, where up to {delay.high:.0f} s are usual)"
        for delay in late
    ]
    return f"{', '.join(figures)}: the node is busy, which says nothing against the back-off"
