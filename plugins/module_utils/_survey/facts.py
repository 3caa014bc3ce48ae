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
        images: those of its containers, as far as they were pulled or there already.
        starts: how often a container of it was started, of several the one that was most often; 0 where none ever was.
    """

    name: str
    uid: str
    at: datetime | None
    images: tuple[str, ...]
    starts: int


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
