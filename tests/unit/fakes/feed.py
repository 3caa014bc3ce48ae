# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch whose events come when a test says so, on a clock that moves only while somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.list_watch import DELETED, MODIFIED, SYNCED, Event
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.restart_judge import RestartJudge, Until
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.roll import Roll, wait
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.verdict import Ending, Judge, Key, Verdict
from ansible_collections.kubelabs.pods.tests.unit.fakes.clock import FakeClock
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import START

#: What comes when: seconds after the beginning, and an event, a pod as it is shown, or what ends the watch.
Happening = tuple[float, "Event | Exception | dict[str, Any]"]
LISTED = Event(SYNCED, {}, START)


def gone(pod: Mapping[str, Any]) -> Event:
    """The pod matches the selector no longer, because it was deleted or for its labels; with its last state."""
    return Event(DELETED, pod, START)


class FakeFeed:
    """In place of list_watch.Feed.

    Attributes:
        trouble: what keeps the watch from telling more.
    """

    def __init__(self, clock: FakeClock, happenings: Iterable[Happening], trouble: str = "") -> None:
        self._clock = clock
        self._due = [
            (clock() + seconds, what if isinstance(what, (Event, Exception)) else Event(MODIFIED, what, START))
            for seconds, what in happenings
        ]
        self.trouble = trouble

    def next(self, patience: float) -> Event | None:
        if not self._due or self._due[0][0] > self._clock() + patience:
            self._clock.sleep(patience)
            return None
        when, what = self._due.pop(0)
        self._clock.now = max(self._clock.now, when)
        if isinstance(what, Exception):
            raise what
        return what


@dataclass(frozen=True)
class Told:
    """How the wait for one pod ended: an Ending, with the seconds that it took."""

    ending: Ending
    after: float

    @property
    def verdict(self) -> Verdict:
        return self.ending.verdict


def follow(
    make_judge: Callable[[Mapping[str, Any]], Judge],
    *happenings: Happening,
    timeout: float = 60.0,
    expected: Sequence[Key] | None = None,
    namespaces: Sequence[str] = (),
    grace: float = 10.0,
    listed: float | None = 0.0,
    trouble: str = "",
    look: Callable[[Roll, float], None] = lambda roll, now: None,
) -> dict[str, Told]:
    """A whole wait, by the name of the pod. It takes no time.

    Args:
        happenings: in order.
        listed: seconds until the first list is complete, which holds all that came until then; None for never.
        trouble: what the watch is disturbed by at the end.
        look: what is done beside the watch, given the roll and the clock.
    """
    clock = FakeClock()
    began = clock()
    come = [(seconds, what) for seconds, what in happenings if listed is not None and seconds <= listed]
    rest = list(happenings)[len(come) :]
    feed = FakeFeed(clock, [*come, *([] if listed is None else [(listed, LISTED)]), *rest], trouble)
    roll = Roll(make_judge, expected=expected, namespaces=namespaces, grace=grace, started=began)
    wait(roll, feed, Deadline(timeout, clock), clock, lambda roll: look(roll, clock()))
    return {ending.key[1]: Told(ending, ending.at - began) for ending in roll.endings()}


def follow_restarts(until: Until, *happenings: Happening, container: str | None = None, **more: Any) -> Told:
    """A whole wait for the restarts of one pod."""
    (told,) = follow(lambda pod: RestartJudge(pod, container, until), *happenings, **more).values()
    return told
