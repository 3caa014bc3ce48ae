# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for, and what is answered, where those who judge have to know it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Past:
    """A pod that events speak of.

    Attributes:
        name, uid: of the pod.
        at: when it was given a node.
    """

    name: str
    uid: str
    at: datetime | None


@dataclass(frozen=True)
class LogOf:
    """A log to read.

    Attributes:
        namespace, pod, container: whose.
        since: from when on; None from its beginning.
    """

    namespace: str
    pod: str
    container: str
    since: datetime | None = None
