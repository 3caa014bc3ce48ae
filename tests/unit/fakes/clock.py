# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time in the hands of a test."""

from __future__ import annotations


class FakeClock:
    """Monotonic seconds: call it to read it, as time.monotonic. It moves only when somebody sleeps.

    Attributes:
        now: what it shows.
        pauses: how long each sleep was.
    """

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """In place of time.sleep."""
        self.pauses.append(seconds)
        self.now += seconds
