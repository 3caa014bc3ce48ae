# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a module is, told while it works to those who wait. A module never waits for it, and never fails by it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .deadline import Clock

#: Seconds between two messages of one module, at least.
EVERY = 0.5
#: How many causes a note names.
CAUSES = 3


class Progress(NamedTuple):
    """How far something is.

    Attributes:
        done, total: so many of so many.
        what: of what, such as `pods ready`.
        note: what the others wait for, in a few words. No names and no messages of others: it is shown on a screen that
            a class may see.
    """

    done: int
    total: int
    what: str
    note: str = ""


#: Tells how far it is. Called as often as one likes with what finds that out, which is called only when it is time to.
Tell = Callable[[Callable[[], Progress]], None]


def tell_nobody(find_out: Callable[[], Progress]) -> None:
    """Where nobody listens."""


class Teller:
    """Tells it, every half second at the most, and forgets what cannot be told.

    Args:
        send: gives away one message; it does not wait, and may raise whatever it likes.
        clock: monotonic seconds.
    """

    def __init__(self, send: Callable[[bytes], object], clock: Clock = time.monotonic) -> None:
        self._send = send
        self._clock = clock
        self._next = clock()

    def __call__(self, find_out: Callable[[], Progress]) -> None:
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        # Whatever it is: the work goes on, and its result says what became of it.
        with contextlib.suppress(Exception):
            self._send(json.dumps({**find_out()._asdict(), "pid": os.getpid()}).encode())


def causes(words: Iterable[str]) -> str:
    """``120 ContainerCreating, 23 Unschedulable``: what is most often the case comes first."""
    counts = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    more = [f"{sum(count for _word, count in counts[CAUSES:])} more"] if len(counts) > CAUSES else []
    return ", ".join([f"{count} {word}" for word, count in counts[:CAUSES]] + more)
