# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One deadline for everything a task does, and the pauses inside it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

Clock = Callable[[], float]

#: Its own: the global one may be somebody's seeded one.
_random = random.Random()


class Deadline:
    """A moment on a monotonic clock after which nothing more is begun.

    Args:
        seconds: from now; negative counts as 0.
        clock: monotonic seconds; tests pass their own.
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
