# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for many pods at once: what the two watching modules share.

A *judge* decides about one pod; the *roll* keeps track of all of them. Neither reads a clock nor a socket, so both can be
tested with a list of events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._cluster.list_watch import DELETED, SYNCED, Event, Feed
from .._ground.deadline import Clock, Deadline
from .._ground.errors import ArgumentError, KubelabsError
from .._pods.status import is_deleting, name_of, namespace_of, uid_of
from .verdict import (
    DELETED_MEANWHILE,
    GONE,
    NEVER_STARTED,
    OUT_OF_SIGHT,
    REACHED,
    TIMEOUT,
    Judge,
    Verdict,
    replaced,
)

#: Seconds that a pod's successor may take to appear: controllers replace at once, and "replaced" says more than "deleted".
REPLACEMENT_PATIENCE = 1.0
#: At least so often the clock is looked at, in seconds.
TICK = 0.5
#: Seconds between looks at what the watch does not show.
LOOK_EVERY = 4.0

Key = tuple[str, str]


@dataclass
class Entry:
    """One pod on the roll.

    Attributes:
        key: (namespace, name).
        pod: its last known state, {} when it never appeared.
        verdict: None while undecided.
        decided: when, on the monotonic clock.
        since: when it was first seen, on the monotonic clock.
    """

    key: Key
    judge: Judge | None = None
    pod: Mapping[str, Any] | None = None
    verdict: Verdict | None = None
    decided: float | None = None
    since: float = 0.0

    @property
    def uid(self) -> str:
        return uid_of(self.pod) if self.pod else ""

    @property
    def settled(self) -> bool:
        """Whether nothing that may still come changes the verdict."""
        return self.verdict is not None and not (
            self.verdict.verdict == REACHED and self.judge is not None and self.judge.lasting
        )


class Roll:
    """The pods that are waited for.

    Args:
        make_judge: a judge for a pod that has appeared.
        expected: exactly these pods, in this order; None takes every pod that appears, but for those on their way out by then.
        namespaces: only pods in these count; empty for all.
        grace: seconds that an expected pod, or the first one, may be missing.
        started: the monotonic clock at the beginning.

    Attributes:
        entries: by (namespace, name).
        synced: whether everything that was there at the beginning has been taken in.
    """

    def __init__(
        self,
        make_judge: Callable[[Mapping[str, Any]], Judge],
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
        self.entries: dict[Key, Entry] = {key: Entry(key) for key in expected or ()}
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
        elif entry.pod is not None and uid_of(event.object) != entry.uid:
            self._replaced(entry, event, now)
        elif not entry.settled:
            self._seen(entry, event, now)

    def _entry(self, event: Event) -> Entry | None:
        key = (namespace_of(event.object), name_of(event.object))
        if key not in self.entries and not self._exact and (not self._namespaces or key[0] in self._namespaces):
            if event.type == DELETED or is_deleting(event.object):
                return None  # the last of what was before, as during a rollout
            self.entries[key] = Entry(key)
            self._open.add(key)
        return self.entries.get(key)

    def _seen(self, entry: Entry, event: Event, now: float) -> None:
        if entry.judge is None:
            entry.judge, entry.since = self._make_judge(event.object), now
        entry.pod = event.object
        entry.judge.observe(event.object, event.at, now)
        verdict = entry.judge.verdict(now)
        if verdict is None and is_deleting(event.object):
            self._last_gone = now
            verdict = Verdict(GONE, "the pod is being deleted", "find out who deletes it, and run again")
        if verdict != entry.verdict:
            self._revise(entry, verdict, now)

    def _gone(self, entry: Entry, event: Event, now: float) -> None:
        if entry.settled or entry.uid != uid_of(event.object):
            return
        self._revise(entry, DELETED_MEANWHILE if is_deleting(event.object) else OUT_OF_SIGHT, now)

    def _revise(self, entry: Entry, verdict: Verdict | None, now: float) -> None:
        """Takes back what was decided, if anything was, for another verdict or for none yet."""
        entry.verdict = entry.decided = None
        self._open.add(entry.key)
        self.decide(entry, verdict, now)

    def _replaced(self, entry: Entry, event: Event, now: float) -> None:
        """Another pod under the same name: pods are told apart by UID, and a verdict about the first is not about the second."""
        if not entry.settled or (entry.verdict is not None and entry.verdict.verdict == GONE):
            self._revise(entry, replaced(entry.uid, uid_of(event.object)), now)

    def decide(self, entry: Entry, verdict: Verdict | None, now: float) -> None:
        """Settles an undecided pod; None leaves it undecided."""
        if verdict is not None and entry.verdict is None:
            entry.verdict, entry.decided = verdict, now
            self._open.discard(entry.key)

    def undecided(self) -> list[Entry]:
        """The pods that are there and not decided."""
        return [self.entries[key] for key in self._open if self.entries[key].pod is not None]

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
                        NEVER_STARTED,
                        f"no such pod appeared within {self._grace:.0f} s",
                        "check whether it was created and carries the labels of the selector; a quota or an admission rule may have refused it",
                    ),
                    now,
                )

    def done(self, now: float) -> bool:
        """Whether every pod is decided; without a list of pods, at least one must have appeared or the grace have passed."""
        if not self.synced or self._open or now - self._last_gone < REPLACEMENT_PATIENCE:
            return False
        return bool(self.entries) or self._exact or now - self._started >= self._grace

    def close(self, now: float, trouble: str = "") -> None:
        """No time is left: whatever is undecided is decided now."""
        for key in list(self._open):
            entry = self.entries[key]
            verdict = entry.judge.at_timeout() if entry.judge else Verdict(TIMEOUT, "the pod was not seen in time", "")
            if trouble:
                verdict = Verdict(
                    verdict.verdict, f"{verdict.reason}; the watch was disturbed: {trouble}", verdict.hint
                )
            self.decide(entry, verdict, now)


def wait(
    roll: Roll, feed: Feed, deadline: Deadline, clock: Clock, look: Callable[[Roll], None] = lambda roll: None
) -> None:
    """Feeds the roll until every pod is decided or the deadline has passed.

    Args:
        look: called every LOOK_EVERY seconds, to decide by what a watch of pods does not show.

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
        if clock() - looked >= LOOK_EVERY and not deadline.expired:
            look(roll)
            looked = clock()
        if deadline.expired:
            roll.close(clock(), feed.trouble)
            return


def _take_in(roll: Roll, feed: Feed, deadline: Deadline, clock: Clock) -> None:
    event = feed.next(deadline.clip(TICK))
    while event is not None:
        roll.observe(event, clock())
        event = feed.next(0.0)


def expected_keys(pods: Sequence[Mapping[str, Any]] | None) -> list[Key] | None:
    """(namespace, name) of the module option `pods`, None when it was not given.

    Raises:
        ArgumentError: a pod is listed twice.
    """
    if pods is None:
        return None
    keys = [(str(pod["namespace"]), str(pod["name"])) for pod in pods]
    twice = sorted({key for key in keys if keys.count(key) > 1}) if len(set(keys)) < len(keys) else []
    if twice:
        raise ArgumentError(f"pods lists {', '.join('/'.join(key) for key in twice)} more than once.")
    return keys
