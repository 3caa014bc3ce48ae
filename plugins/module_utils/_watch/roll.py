# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for many pods at once: what the two watching modules share.

A *judge* decides about one pod; the *roll* keeps track of all of them. Neither reads a clock nor a socket, so both
can be tested with a list of events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from .._cluster.list_watch import DELETED, SYNCED, Event, Feed
from .._ground.deadline import Clock, Deadline
from .._ground.errors import KubelabsError
from .._ground.progress import Progress, causes
from .._pods.status import columns, condition, is_deleting, name_of, namespace_of, uid_of
from .verdict import DELETED_MEANWHILE, OUT_OF_SIGHT, Ending, JudgeT, Key, Verdict, VerdictWord, replaced

#: Seconds for a pod's successor to appear. Controllers replace at once, and `replaced` says more than `deleted`.
REPLACEMENT_PATIENCE = 1.0
#: Seconds between looks at the clock, at most.
TICK = 0.5
#: Seconds between looks at what the watch does not show.
LOOK_EVERY = 4.0


@dataclass
class Entry(Generic[JudgeT]):
    """One pod on the roll.

    Attributes:
        judge: None until the pod has appeared.
        pod: its last known state, {} until it has appeared.
        since: when it first appeared, on the monotonic clock.
        verdict: None while undecided.
        decided: when, on the monotonic clock.
    """

    key: Key
    judge: JudgeT | None = None
    pod: Mapping[str, Any] = field(default_factory=dict)
    since: float = 0.0
    verdict: Verdict | None = None
    decided: float = 0.0

    @property
    def uid(self) -> str:
        return uid_of(self.pod)

    @property
    def settled(self) -> bool:
        """Whether nothing that may still come changes the verdict."""
        if self.verdict is None:
            return False
        return self.verdict.word != VerdictWord.REACHED or self.judge is None or not self.judge.must_hold


class Roll(Generic[JudgeT]):
    """The pods that are waited for.

    Args:
        make_judge: a judge for a pod that has appeared.
        expected: exactly these pods, in this order; None takes every pod that appears, but for those that are already
            being deleted then.
        namespaces: only pods in these count; empty for all.
        grace: seconds that an expected pod, or the first one, may be missing.
        started: the monotonic clock at the beginning.

    Attributes:
        entries: by (namespace, name).
        synced: whether everything that was there at the beginning has been taken in.
    """

    def __init__(
        self,
        make_judge: Callable[[Mapping[str, Any]], JudgeT],
        *,
        expected: Sequence[Key] | None,
        namespaces: Sequence[str],
        grace: float,
        started: float,
    ) -> None:
        self._make_judge = make_judge
        self._exact = expected is not None
        self._namespaces = frozenset(namespaces)
        self._grace = grace
        self._started = started
        self.synced = False
        self.entries: dict[Key, Entry[JudgeT]] = {key: Entry(key) for key in expected or ()}
        self._open = set(self.entries)
        self._last_gone = started - REPLACEMENT_PATIENCE

    def observe(self, event: Event, now: float) -> None:
        """Takes in one event of the watch."""
        if event.type == SYNCED:
            self.synced = True
            return
        entry = self._entry(event)
        if entry is None:
            return
        if event.type == DELETED:
            self._last_gone = now
            self._gone(entry, event, now)
        elif entry.pod and uid_of(event.object) != entry.uid:
            self._replaced(entry, event, now)
        elif not entry.settled:
            self._seen(entry, event, now)

    def _entry(self, event: Event) -> Entry[JudgeT] | None:
        key = (namespace_of(event.object), name_of(event.object))
        if key not in self.entries and not self._exact and (not self._namespaces or key[0] in self._namespaces):
            if event.type == DELETED or is_deleting(event.object):
                return None  # it belongs to what was there before, as during a rollout
            self.entries[key] = Entry(key)
            self._open.add(key)
        return self.entries.get(key)

    def _seen(self, entry: Entry[JudgeT], event: Event, now: float) -> None:
        if entry.judge is None:
            entry.judge, entry.since = self._make_judge(event.object), now
        entry.pod = event.object
        entry.judge.observe(event.object, event.at, now)
        verdict = entry.judge.verdict(now)
        if verdict is None and is_deleting(event.object):
            self._last_gone = now
            verdict = Verdict(VerdictWord.DELETED, "the pod is being deleted", "find out who deletes it, and run again")
        if verdict != entry.verdict:
            self._revise(entry, verdict, now)

    def _gone(self, entry: Entry[JudgeT], event: Event, now: float) -> None:
        if entry.settled or entry.uid != uid_of(event.object):
            return
        self._revise(entry, DELETED_MEANWHILE if is_deleting(event.object) else OUT_OF_SIGHT, now)

    def _revise(self, entry: Entry[JudgeT], verdict: Verdict | None, now: float) -> None:
        """Takes back what was decided, if anything was, for another verdict or for none yet."""
        entry.verdict = None
        self._open.add(entry.key)
        self.decide(entry, verdict, now)

    def _replaced(self, entry: Entry[JudgeT], event: Event, now: float) -> None:
        """Another pod has the name. Pods are told apart by UID: what is decided about one is not about the other."""
        if not entry.settled or (entry.verdict is not None and entry.verdict.word == VerdictWord.DELETED):
            self._revise(entry, replaced(entry.uid, uid_of(event.object)), now)

    def decide(self, entry: Entry[JudgeT], verdict: Verdict | None, now: float) -> None:
        """Settles an undecided pod; None leaves it undecided."""
        if verdict is not None and entry.verdict is None:
            entry.verdict, entry.decided = verdict, now
            self._open.discard(entry.key)

    def undecided(self) -> list[Entry[JudgeT]]:
        """The pods that are there and not decided."""
        return [self.entries[key] for key in self._open if self.entries[key].pod]

    def tick(self, now: float) -> None:
        """Decides what time decides: obstacles that have lasted long enough, pods that never appeared."""
        for key in list(self._open):
            entry = self.entries[key]
            if entry.judge is not None:
                self.decide(entry, entry.judge.verdict(now), now)
            elif self.synced and now - self._started >= self._grace:
                self.decide(
                    entry,
                    Verdict(
                        VerdictWord.NEVER_STARTED,
                        f"no such pod appeared within {self._grace:.0f} s",
                        "check whether it was created and carries the labels of the selector; a quota or an admission "
                        "rule may have refused it",
                    ),
                    now,
                )

    def done(self, now: float) -> bool:
        """Whether every pod is decided. Without a list of pods one must have appeared, or the grace have passed."""
        if not self.synced or self._open or now - self._last_gone < REPLACEMENT_PATIENCE:
            return False
        return bool(self.entries) or self._exact or now - self._started >= self._grace

    def close(self, now: float, trouble: str = "") -> None:
        """No time is left: whatever is undecided is decided now."""
        for key in list(self._open):
            entry = self.entries[key]
            verdict = (
                entry.judge.at_timeout()
                if entry.judge
                else Verdict(VerdictWord.TIMEOUT, "the pod was not seen in time")
            )
            if trouble:
                verdict = replace(verdict, reason=f"{verdict.reason}; the watch was disturbed: {trouble}")
            self.decide(entry, verdict, now)

    def endings(self) -> list[Ending[JudgeT]]:
        """Of the pods that are decided, in the order in which they were expected; else by namespace and name."""
        entries = self.entries.values() if self._exact else sorted(self.entries.values(), key=lambda entry: entry.key)
        return [
            Ending(entry.key, entry.pod, entry.judge, entry.verdict, entry.decided)
            for entry in entries
            if entry.verdict
        ]


def progress(entries: Iterable[Entry[JudgeT]], what: str) -> Progress:
    """How many pods are decided, and what those are doing that are not, as kubectl says it.

    Args:
        what: what is waited for, such as `pods ready`.
    """
    every = list(entries)
    reached = sum(1 for entry in every if entry.verdict is not None and entry.verdict.word == VerdictWord.REACHED)
    failed = sum(1 for entry in every if entry.verdict is not None) - reached
    doing = causes(_doing(entry.pod) for entry in every if entry.verdict is None)
    notes = [f"{failed} failed" if failed else "", doing]
    return Progress(reached, len(every), what, "; ".join(filter(None, notes)))


def _doing(pod: Mapping[str, Any]) -> str:
    """kubectl's STATUS, which is the same for a pod that no node takes and for one that its node has not begun."""
    if not pod:
        return "not seen yet"
    if condition(pod, "PodScheduled").get("reason") == "Unschedulable":
        return "Unschedulable"
    return columns(pod).status


def wait(
    roll: Roll[JudgeT],
    feed: Feed,
    deadline: Deadline,
    clock: Clock,
    look: Callable[[Roll[JudgeT]], None] = lambda roll: None,
    tell: Callable[[Roll[JudgeT]], None] = lambda roll: None,
) -> None:
    """Feeds the roll until every pod is decided or the deadline has passed.

    Args:
        clock: that of the deadline.
        look: called every LOOK_EVERY seconds, to decide by what a watch of pods does not show.
        tell: called whenever something may have come about, every TICK seconds at least.

    Raises:
        KubelabsError: the watch cannot go on, and nothing has been seen yet.
    """
    looked = clock()
    while True:
        try:
            _take_in(roll, feed, deadline, clock)
        except KubelabsError as exc:
            if not roll.synced:
                raise
            roll.close(clock(), str(exc))  # what has been seen is worth more than nothing
            return
        roll.tick(clock())
        if roll.done(clock()):
            return
        tell(roll)
        if clock() - looked >= LOOK_EVERY and not deadline.expired:
            look(roll)
            looked = clock()
        if deadline.expired:
            roll.close(clock(), feed.trouble)
            return


def _take_in(roll: Roll[JudgeT], feed: Feed, deadline: Deadline, clock: Clock) -> None:
    event = feed.next(deadline.clip(TICK))
    while event is not None:
        roll.observe(event, clock())
        event = feed.next(0.0)
