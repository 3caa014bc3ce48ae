# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a teardown returns about each namespace."""

from __future__ import annotations

from enum import StrEnum
from typing import TypedDict


class State(StrEnum):
    """How a teardown left a namespace."""

    DELETED = "deleted"
    EMPTIED = "emptied"
    STUCK = "stuck"
    LEFT_ALONE = "left_alone"
    WOULD_BE_DELETED = "would_be_deleted"
    WOULD_BE_EMPTIED = "would_be_emptied"


#: States in which a namespace is not as it was to be.
UNMET = (State.STUCK, State.LEFT_ALONE)


class TeardownResult(TypedDict):
    """One result of namespace_teardown; its documentation says what each part means."""

    name: str
    namespace: str
    labels: dict[str, str]
    annotations: dict[str, str]
    state: str
    reason: str
    hint: str
    pods: int
    started: str | None
    duration: float
    kubectl: str
