# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the wait for one pod can end, and who decides it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from .._pods.status import uid_of

#: (namespace, name) of a pod.
Key = tuple[str, str]


class VerdictWord(StrEnum):
    """How the wait for one pod ended, in one word; the modules that watch document each."""

    REACHED = "reached"
    TIMEOUT = "timeout"
    DELETED = "deleted"
    DESELECTED = "deselected"
    REPLACED = "replaced"
    NEVER_STARTED = "never_started"
    FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    """How the wait for one pod ended.

    Attributes:
        word: what programs read.
        reason: one clause that says what was seen.
        hint: one clause that says what to do about it; '' when there is nothing to do.
    """

    word: VerdictWord
    reason: str
    hint: str = ""


DELETED_MEANWHILE = Verdict(
    VerdictWord.DELETED, "the pod was deleted during the wait", "find out who deletes it, and run again"
)
#: A watch reports a pod that stops matching the selector in the same way as one deleted without grace: as DELETED, with
#: its last state. Which of the two it was has to be asked; this is the verdict until then.
OUT_OF_SIGHT = Verdict(
    VerdictWord.DELETED,
    "the pod was deleted, or its labels no longer match the selector",
    "look whether it is still there, and with which labels",
)


def replaced(uid: str, by: str) -> Verdict:
    """Another pod has the name, by its UIDs."""
    return Verdict(
        VerdictWord.REPLACED,
        f"the pod was deleted and another one of the same name was created (UID {uid}, now {by})",
        "find out who replaces it, and run again",
    )


class Judge(Protocol):
    """Decides about one pod from what it is shown.

    Attributes:
        must_hold: whether `reached` has to hold until the wait is over, rather than to have come about.
    """

    must_hold: bool

    def observe(self, pod: Mapping[str, Any], at: datetime, now: float) -> None:
        """Takes in a state of the pod; now is the monotonic clock."""

    def verdict(self, now: float) -> Verdict | None:
        """The decision, None while there is none."""

    def at_timeout(self) -> Verdict:
        """The decision when there is no time left."""


JudgeT = TypeVar("JudgeT", bound=Judge)


@dataclass(frozen=True)
class Ending(Generic[JudgeT]):
    """The end of the wait for one pod.

    Attributes:
        pod: its last known state, {} when it never appeared.
        judge: who decided, None when it never appeared.
        at: when it was decided, on the monotonic clock.
    """

    key: Key
    pod: Mapping[str, Any]
    judge: JudgeT | None
    verdict: Verdict
    at: float

    @property
    def uid(self) -> str:
        return uid_of(self.pod)
