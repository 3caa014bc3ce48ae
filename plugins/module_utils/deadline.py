# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One deadline for everything a task does, pauses, and the times that people read."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

Clock = Callable[[], float]

#: Its own: the global one may be somebody's seeded one.
_random = random.Random()
_RFC3339 = re.compile(r"^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?(?:([Zz])|([+-])(\d\d):(\d\d))$")


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


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def iso(moment: datetime | None) -> str | None:
    """``2026-11-22T08:31:41.460Z``: UTC with milliseconds, or None."""
    if moment is None:
        return None
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_time(text: object) -> datetime | None:
    """A time of the Kubernetes API (RFC 3339, usually with a resolution of one second); None when it is not one."""
    match = _RFC3339.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _zulu, sign, off_hours, off_minutes = match.groups()
    microsecond = int(float(fraction) * 1_000_000) if fraction else 0
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, timezone.utc)
        if sign:
            offset = timedelta(hours=int(off_hours), minutes=int(off_minutes))
            moment = moment - offset if sign == "+" else moment + offset
    except (ValueError, OverflowError):
        return None
    return moment
