# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounded concurrency with one deadline: the fan-out over a class happens here, inside one task."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from .deadline import Deadline

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How long after the deadline the fleet waits for items that watch the same deadline and are just writing their result.
LAST_WORDS = 0.4


def run_fleet(
    items: Sequence[Item],
    work: Callable[[Item], Result],
    *,
    concurrency: int,
    deadline: Deadline,
    on_error: Callable[[Item, BaseException], Result],
    on_deadline: Callable[[Item, bool], Result],
) -> list[Result]:
    """Runs work on every item, at most `concurrency` at a time, and returns the results in the order of the items.

    One item's exception becomes that item's result through on_error and never stops the others. Items without a result
    at the deadline get on_deadline(item, begun); their threads are daemons and are left behind, so that not even
    a call that blocks for ever can hold the task up.
    """
    board = _Board(list(items), deadline)

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
    done, begun = board.wait()
    return [done[index] if index in done else on_deadline(item, index < begun) for index, item in enumerate(items)]


class _Board:
    """Which items are taken and which are done; the only thing the threads share."""

    def __init__(self, items: list, deadline: Deadline) -> None:
        self._total = len(items)
        self._deadline = deadline
        self._next = 0
        self._done: dict = {}
        self._changed = threading.Condition()

    def take(self) -> int | None:
        with self._changed:
            if self._next >= self._total or self._deadline.expired:
                return None
            self._next += 1
            return self._next - 1

    def put(self, index: int, result: object) -> None:
        with self._changed:
            self._done[index] = result
            if len(self._done) == self._total:
                self._changed.notify_all()

    def wait(self) -> tuple[dict, int]:
        """Blocks until everything is done or the deadline has passed; the results so far and how many were begun."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._done) == self._total, self._deadline.remaining() + LAST_WORDS)
            return dict(self._done), self._next
