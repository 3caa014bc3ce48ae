# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounded concurrency with one deadline: the fan-out over a class happens here, inside one task."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from .deadline import Deadline
from .errors import DeadlineExceeded

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How long after the deadline the fleet waits for items that watch the same deadline and are just writing their result.
LAST_WORDS = 0.4
#: Seconds between two calls of while_waiting.
TICK = 0.5


def run_fleet(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    *,
    concurrency: int,
    deadline: Deadline,
    on_error: Callable[[Item, BaseException], Result],
    on_deadline: Callable[[Item, bool], Result],
    lane: Callable[[Item], Hashable] | None = None,
    lane_width: int = 1,
    while_waiting: Callable[[int], None] | None = None,
) -> list[Result]:
    """Runs work on every item, at most `concurrency` at a time, and returns the results in the order of the items.

    One item's exception becomes that item's result through on_error and never stops the others. Items without a result
    at the deadline get on_deadline(item, begun); their threads are daemons and are left behind, so that not even
    a call that blocks for ever can hold the task up.

    Args:
        lane: items of one lane are run at most lane_width at a time; lanes take turns. None means no lanes.
        while_waiting: called every TICK seconds, by who waits for the results, with how many there are.
    """
    lanes = [lane(item) if lane else index for index, item in enumerate(items)]
    board = _Board(lanes, lane_width, deadline)

    def serve() -> None:
        while True:
            index = board.take()
            if index is None:
                return
            try:
                result = work(items[index])
            except BaseException as exc:  # pylint: disable=broad-except
                result = on_error(items[index], exc)
            board.put(index, result)

    for number in range(max(1, min(concurrency, len(items)))):
        threading.Thread(target=serve, name=f"fleet-{number}", daemon=True).start()
    done, begun = board.wait(while_waiting)
    return [done[index] if index in done else on_deadline(item, index in begun) for index, item in enumerate(items)]


def run_bounded(work: Callable[[], Result], deadline: Deadline) -> Result:
    """Runs one thing in a thread of its own, so that not even a peer that sends a byte now and then can hold it up.

    Raises:
        DeadlineExceeded: it had not ended by then.
        BaseException: what the work itself raised.
    """
    results: list[Result] = []

    def run(item: Callable[[], Result]) -> BaseException | None:
        results.append(item())
        return None

    (failure,) = run_fleet(
        [work],
        run,
        concurrency=1,
        deadline=deadline,
        on_error=lambda item, exc: exc,
        on_deadline=lambda item, begun: DeadlineExceeded("There was no answer in time."),
    )
    if failure is not None:
        raise failure
    return results[0]


class _Board:
    """Which items are waiting, running and done; the only thing the threads share."""

    def __init__(self, lanes: list[Hashable], width: int, deadline: Deadline) -> None:
        self._lanes = lanes
        self._width = max(1, width)
        self._deadline = deadline
        self._waiting: dict[Hashable, deque[int]] = {}
        for index, lane in enumerate(lanes):
            self._waiting.setdefault(lane, deque()).append(index)
        self._running = dict.fromkeys(self._waiting, 0)
        #: Lanes that have an item waiting and room for it, each once.
        self._open = deque(self._waiting)
        self._begun: set[int] = set()
        self._done: dict[int, Any] = {}
        self._changed = threading.Condition()

    def take(self) -> int | None:
        """The next item; None when nothing is left to begin. Waits while all lanes that have something are full."""
        with self._changed:
            while not self._open:
                if len(self._begun) == len(self._lanes) or not self._changed.wait(self._deadline.remaining()):
                    return None
            if self._deadline.expired:
                return None
            lane = self._open.popleft()
            index = self._waiting[lane].popleft()
            self._begun.add(index)
            self._running[lane] += 1
            if self._waiting[lane] and self._running[lane] < self._width:
                self._open.append(lane)
            return index

    def put(self, index: int, result: Any) -> None:
        with self._changed:
            lane = self._lanes[index]
            self._done[index] = result
            self._running[lane] -= 1
            if self._waiting[lane] and lane not in self._open:
                self._open.append(lane)
            self._changed.notify_all()

    def wait(self, meanwhile: Callable[[int], None] | None = None) -> tuple[dict[int, Any], set[int]]:
        """Blocks until everything is done or the deadline has passed; the results so far and what was begun."""
        patience = self._deadline.remaining() + LAST_WORDS
        end = time.monotonic() + patience
        while meanwhile is not None and not self._wait_for_all(min(TICK, patience)):
            # Not with the lock, which those who work need.
            meanwhile(len(self._done))
            patience = end - time.monotonic()
            if patience <= 0:
                break
        self._wait_for_all(patience)
        with self._changed:
            return dict(self._done), set(self._begun)

    def _wait_for_all(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self._done) == len(self._lanes), seconds)
