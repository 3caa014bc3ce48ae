# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What student_kubeconfig returns about each student. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import TypedDict

from .._ground.secrets import MASK
from .._ground.wording import named

#: A token as it stands in a text: a JWS in its compact form, whose first part is a JSON object (RFC 7515, 7.1).
_TOKEN = re.compile(r"eyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?")


class State(StrEnum):
    """What became of a student's kubeconfig, or in check mode, what would."""

    CREATED = "created"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    ABSENT = "absent"
    REFUSED = "refused"
    FAILED = "failed"


#: States in which a file is written.
WRITTEN = (State.CREATED, State.RENEWED)
#: States in which a kubeconfig is not as it was to be.
UNMET = (State.REFUSED, State.FAILED)


class KeyResult(TypedDict):
    """One result of student_kubeconfig; its documentation says what each part means."""

    name: str
    namespace: str
    path: str
    state: str
    expires: str | None
    reason: str
    note: str


def without_tokens(text: str) -> str:
    """The text with a mask in place of what looks like a token: who answers with an error may repeat one in it, before
    it is known to be one."""
    return _TOKEN.sub(MASK, text)


def unmet_summary(results: Sequence[KeyResult], *, present: bool) -> str:
    """One sentence for `msg` that names at most ten students; '' when all is as it was to be."""
    bad = [f"{one['name']} ({one['reason'].rstrip('.')})" for one in results if one["state"] in UNMET]
    return named(bad, len(results), f"kubeconfigs could not be {'written' if present else 'removed'}")
