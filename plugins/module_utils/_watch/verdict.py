# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the wait for one pod can end, and who decides it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

REACHED = "reached"
TIMEOUT = "timeout"
GONE = "deleted"
DESELECTED = "deselected"
REPLACED = "replaced"
NEVER_STARTED = "never_started"
FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    """The end of the wait for one pod: one of the words above, one sentence, and what to do about it."""

    verdict: str
    reason: str
    hint: str = ""


DELETED_MEANWHILE = Verdict(GONE, "the pod was deleted during the wait", "find out who deletes it, and run again")
#: The watch reports a pod that stops matching the selector in the same way as one deleted without grace: as DELETED, with its
#: last state. Only asking for it tells them apart, which is left to whoever has the client.
OUT_OF_SIGHT = Verdict(
    GONE,
    "the pod was deleted, or its labels no longer match the selector",
    "look whether it is still there, and with which labels",
)


def replaced(uid: str, by: str) -> Verdict:
    """Another pod has the name, by its UIDs."""
    return Verdict(
        REPLACED,
        f"the pod was deleted and another one of the same name was created (UID {uid}, now {by})",
        "find out who replaces it, and run again",
    )


class Judge(Protocol):
    """Decides about one pod from what it is shown.

    Attributes:
        lasting: whether `reached` has to hold until the wait is over, rather than to have come about.
    """

    lasting: bool

    def observe(self, pod: Mapping[str, Any], at: datetime, now: float) -> None:
        """Takes in a state of the pod; now is the monotonic clock."""

    def verdict(self, now: float) -> Verdict | None:
        """The decision, None while there is none."""

    def at_timeout(self) -> Verdict:
        """The decision when there is no time left."""
