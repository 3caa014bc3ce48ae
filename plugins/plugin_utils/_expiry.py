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
from ..module_utils._ground.ownership import carries, is_ours
from ..module_utils._ground.times import iso_seconds, parse_time

EXPIRES_ANNOTATION = "kubelabs.pods/expires"
#: What takes the end from a class that has one.
NEVER = "never"


def expiry_time(given: str) -> str:
    """The time as ISO 8601 in UTC; '' for none. One without a zone is local time, a mere date its end.

    Raises:
        ArgumentError: it is no time.
    """
    text = given.strip()
    if text in ("", NEVER):
        return ""
    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= len("2026-12-01"):
            moment = moment.replace(hour=23, minute=59, second=59)
        return iso_seconds(moment)
    except (OverflowError, ValueError):
        raise ArgumentError(
            f"pods_lab_expires: {given!r} is no time. Write it as 2026-12-01T18:00, which is your local time, with a"
            f" zone as in 2026-12-01T18:00+01:00, or as a date, at whose end the class is over; or as {NEVER}."
        ) from None


def class_expiry(given: str, namespaces: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> str:
    """When a class is over, as ISO 8601 in UTC; '' for never. Where nothing is given it stays as it is.

    Args:
        given: as `expiry_time` takes it.
        namespaces: Namespace objects, of which those of the class are asked: the last of their times counts.
        labels: those that everything of the class carries.

    Raises:
        ArgumentError: what is given is no time.
    """
    if given.strip():
        return expiry_time(given)
    times = (
        parse_time(as_map(as_map(item.get("metadata")).get("annotations")).get(EXPIRES_ANNOTATION))
        for item in namespaces
        if carries(item, labels)
    )
    last = max((moment for moment in times if moment is not None), default=None)
    return "" if last is None else iso_seconds(last)


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
