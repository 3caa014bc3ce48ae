# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs many probes: attempts until the expectation is met, inside the deadline, and a result for each of them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Generic, TypeVar

from .._ground.deadline import Clock, Deadline
from .._ground.errors import KubelabsError
from .._ground.fleet import run_fleet
from .._ground.progress import Progress, Tell, tell_nobody
from .._ground.times import utc_now
from .outcome import Outcome, Word
from .probe import Attempt, PodUnavailable, Probe, Prober
from .result import ProbeResult, make_result

#: Probes of one pod that run at the same time. A runtime starts them one after another anyway: more than 4 at a time
#: gained nothing on containerd 1.6 (22 a second), 32 took twice as long, and 64 left a container in which no exec ever
#: ended again.
PER_POD = 4
ISSUES = "https://github.com/kubelabs/pods/issues"

P = TypeVar("P", bound=Probe)


def run_probes(
    probes: Sequence[P],
    prober: Prober[P],
    *,
    concurrency: int,
    deadline: Deadline,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    tell: Tell = tell_nobody,
) -> list[ProbeResult]:
    """Runs all probes and returns their results in order.

    Args:
        probes: what to run.
        prober: makes the attempts.
        concurrency: how many at a time, of which PER_POD in the same pod.
        deadline: of the whole task.
        clock: monotonic seconds.
        sleep: waits between attempts.
        tell: tells how far it is.
    """
    return run_fleet(
        [_Run(probe, prober, deadline, clock, sleep) for probe in probes],
        _Run.until_met,
        concurrency=concurrency,
        deadline=deadline,
        on_error=_Run.broken_off,
        on_deadline=_Run.out_of_time,
        lane=lambda run: (run.probe.namespace, run.probe.pod),
        lane_width=PER_POD,
        while_waiting=lambda done: tell(lambda: Progress(done, len(probes), "probes")),
    )


def skipped(probes: Sequence[P], prober: Prober[P]) -> list[ProbeResult]:
    """The results in check mode: nothing was asked, so nothing is unmet."""
    attempt = Attempt(Outcome(Word.SKIPPED, "not executed in check mode"))
    return [
        make_result(
            probe, attempt, [], attempts=0, started=None, duration=0.0, kubectl=prober.line(probe, probe.container)
        )
        for probe in probes
    ]


class _Run(Generic[P]):
    """One probe, from its first attempt to its result."""

    def __init__(
        self, probe: P, prober: Prober[P], deadline: Deadline, clock: Clock, sleep: Callable[[float], None]
    ) -> None:
        self.probe = probe
        self._prober = prober
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep
        self._attempts = 0
        self._started: datetime | None = None
        self._began = 0.0
        #: The last attempt that the task's timeout has not cut off.
        self._seen: Attempt | None = None

    def until_met(self) -> ProbeResult:
        """Makes attempts until one meets the expectation, or none are left."""
        self._started, self._began = utc_now(), self._clock()
        while True:
            self._attempts += 1
            latest = self._attempt()
            if self._seen and latest.outcome.word == Word.TIMEOUT and self._deadline.expired:
                return self._cut_off(self._seen)
            self._seen = latest
            unmet = self._unmet(latest)
            if not unmet or self._attempts > self.probe.retries:
                return self._result(latest, unmet)
            if self._deadline.remaining() <= self.probe.delay:
                return self._result(latest, [*unmet, "the task's timeout left no time for another attempt"])
            self._sleep(self.probe.delay)

    def broken_off(self, exc: BaseException) -> ProbeResult:
        """The result where something was raised. That is nothing that the cluster did, so it meets no expectation."""
        if isinstance(exc, KubelabsError):
            outcome = Outcome(Word.API_ERROR, str(exc))
        else:
            outcome = Outcome(Word.INTERNAL_ERROR, _internal_error(exc))
        return self._result(Attempt(outcome), [outcome.reason])

    def out_of_time(self, begun: bool) -> ProbeResult:
        """The result where the task's timeout has passed before there was one."""
        if self._seen:
            return self._cut_off(self._seen)
        outcome = Outcome(
            Word.TIMEOUT, f"the task's timeout passed before the probe {'had ended' if begun else 'could begin'}"
        )
        return self._result(Attempt(outcome), [outcome.reason])

    def _attempt(self) -> Attempt:
        try:
            return self._prober.perform(self.probe, self._deadline.within(self.probe.timeout))
        except PodUnavailable as exc:
            return Attempt(exc.outcome)

    def _cut_off(self, seen: Attempt) -> ProbeResult:
        """What the attempt before the last came to says more than that there was no time for the last."""
        unmet = self._unmet(seen)
        return self._result(seen, unmet and [*unmet, f"the task's timeout cut off attempt {self._attempts}"])

    def _unmet(self, attempt: Attempt) -> list[str]:
        unmet = self.probe.expect.unmet(attempt.outcome, attempt.stdout.text, attempt.stderr.text)
        if unmet and (attempt.stdout.truncated or attempt.stderr.truncated):
            unmet.append("the output was cut off at max_output")
        return unmet

    def _result(self, attempt: Attempt, unmet: Sequence[str]) -> ProbeResult:
        return make_result(
            self.probe,
            attempt,
            unmet,
            attempts=self._attempts,
            started=self._started,
            duration=self._clock() - self._began if self._started else 0.0,
            kubectl=self._prober.line(self.probe, attempt.container or self.probe.container),
        )


def _internal_error(exc: BaseException) -> str:
    """What broke, and where. Not what the exception says: a library may have put a credential into it."""
    what = type(exc).__name__
    ours = [frame for frame in traceback.extract_tb(exc.__traceback__) if "kubelabs/pods/plugins" in frame.filename]
    if ours:
        what += f" in {'/'.join(PurePath(ours[-1].filename).parts[-2:])}, line {ours[-1].lineno}"
    return f"a fault in kubelabs.pods, and nothing that the cluster did ({what}): report it at {ISSUES}"
