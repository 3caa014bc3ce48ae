# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a class is over. Pure but for the zone of the machine, in which times without one are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.json_reading import as_map, as_text
from ..module_utils._ground.ownership import is_ours
from ..module_utils._ground.times import iso_seconds, parse_time

EXPIRES_ANNOTATION = "kubelabs.pods/expires"


def expiry_time(given: str) -> str:
    """The time as ISO 8601 in UTC; '' where none is given. One without a zone is local time, a mere date its end.

    Raises:
        ArgumentError: it is no time.
    """
    text = given.strip()
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentError(
            f"pods_lab_expires: {given!r} is no time. Write it as 2026-12-01T18:00, which is your local time, with a"
            " zone as in 2026-12-01T18:00+01:00, or as a date, at whose end the class is over."
        ) from None
    if len(text) <= len("2026-12-01"):
        moment = moment.replace(hour=23, minute=59, second=59)
    return iso_seconds(moment)


def expired_namespaces(namespaces: Sequence[Mapping[str, Any]], now: str) -> list[str]:
    """The names of those of our namespaces whose class is over.

    Args:
        namespaces: Namespace objects, of all classes.
        now: the time as ISO 8601 in UTC.
    """
    moment = parse_time(now)
    if moment is None:
        raise ArgumentError(f"now is {now!r} and no time.")
    found = []
    for item in namespaces:
        metadata = as_map(item.get("metadata"))
        expires = parse_time(as_map(metadata.get("annotations")).get(EXPIRES_ANNOTATION))
        if is_ours(item) and expires is not None and expires <= moment:
            found.append(as_text(metadata.get("name")))
    return found
