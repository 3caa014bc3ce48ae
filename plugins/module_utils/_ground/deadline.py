# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One deadline for everything a task does, and the pauses inside it.

A task holds its timeout within a second. What that rests on: one Deadline is made when a task begins and handed down,
for one item with `within()`; whatever waits, waits for `clip()` or `remaining()` of it. Where a peer could stretch a
wait a byte at a time, it is done by a socket with a budget (budget_socket) or in a thread that is left behind
(run_fleet, run_bounded). Once the deadline has passed nothing new is asked of the cluster, except why something did
not come to an end, and that is bounded too. These are all the seconds that a wait may have beyond a deadline:

    _ground.fleet.LAST_WORDS              0.4   for threads to write down a result
    _watch.run.EXPLAIN_LATE               0.5   for what a watch of pods does not show, where no time is left
    _teardown.run.LATE                    0.2   for a request about a namespace that is still there; twice that for all
    _watch.roll.TICK                      0.5   at most between two looks at the clock of whoever follows a watch
    _frame.OVERTIME                       5.0   until a task is given up that has not ended by itself, which none should

And these are the bounds of single steps inside it:

    _frame.HELLO_WITHIN                  15.0   for the first answer of the API server
    _cluster.endpoint.CONNECT_TIMEOUT     5.0   for a TCP connection, and for a TLS handshake
    _cluster.client.READ_TIMEOUT         30.0   without a byte of an answer
    _cluster.exec_plugin.PLUGIN_WITHIN   30.0   for a program that gives credentials

The clock starts when the connection options have been read: how long Python takes to import what a module needs is not
the cluster's time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

Clock = Callable[[], float]

#: A generator of its own: the one that all of Python shares may have been seeded by somebody, and would repeat itself.
_random = random.Random()


class Deadline:
    """A moment on a monotonic clock after which nothing more is begun.

    Args:
        seconds: from now; negative counts as 0.
        clock: monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + max(0.0, seconds)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - self._clock())

    @property
    def expired(self) -> bool:
        return self.remaining() <= 0.0

    def clip(self, seconds: float) -> float:
        """The given seconds, or what is left when that is less."""
        return min(seconds, self.remaining())

    def within(self, seconds: float) -> Deadline:
        """A deadline of its own for one item, never later than this one."""
        return Deadline(self.clip(seconds), self._clock)


def jittered(seconds: float) -> float:
    """The seconds, up to 30 % less or more, so that many who wait do not all come back in the same instant."""
    return seconds * _random.uniform(0.7, 1.3)


#: Seconds before the second attempt at something, before jitter; they double with every attempt.
FIRST_PAUSE = 0.2


def backoff(attempt: int, longest: float = 5.0) -> float:
    """Seconds to wait after so many attempts (1, 2, ...): 0.2, 0.4, 0.8 and so on up to the longest, jittered."""
    return jittered(min(longest, FIRST_PAUSE * 2.0 ** min(max(attempt, 1) - 1, 10)))
