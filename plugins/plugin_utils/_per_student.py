# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One description for the whole class: manifests and probes with placeholders, filled in for each student. Pure.

Doing this here and not in a Jinja2 loop keeps the cost at microseconds a student, and the YAML that an instructor reads
is that of one student.

`@name@` is the student's `name`; `@far_web_host?@` may be missing, and then the whole item is left out for that
student; `@@name@@` is the text `@name@` itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._ground.errors import ArgumentError

PLACEHOLDER = re.compile(r"@@(?P<literal>[a-z_][a-z0-9_]*\??)@@|@(?P<key>[a-z_][a-z0-9_]*)(?P<optional>\??)@")


class _LeftOut(LookupError):
    """The student has nothing for a placeholder that is marked with `?`."""


def for_each_student(items: Sequence[Any], students: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Every item once for each student, student by student, with the placeholders in its strings filled in.

    Args:
        items: any nesting of mappings, lists and scalars; the keys of mappings stay as they are.
        students: mappings with a `name`.

    Raises:
        ArgumentError: a placeholder stands for something that no student has, or that this one lacks although the
            placeholder is not marked as one that may be missing.
    """
    known = {key for student in students for key in student}
    made = []
    for student in students:
        for item in items:
            try:
                made.append(_filled(item, student, known))
            except _LeftOut:
                continue
    return made


def _filled(item: Any, student: Mapping[str, Any], known: set[str]) -> Any:
    if isinstance(item, str):
        return PLACEHOLDER.sub(lambda match: _value(match, student, known), item) if "@" in item else item
    if isinstance(item, Mapping):
        return {key: _filled(value, student, known) for key, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [_filled(value, student, known) for value in item]
    return item


def _value(match: re.Match[str], student: Mapping[str, Any], known: set[str]) -> str:
    if match["literal"]:
        return f"@{match['literal']}@"
    key = match["key"]
    if key not in known:
        nearest = difflib.get_close_matches(key, sorted(known), n=1)
        remedy = f"Did you mean @{nearest[0]}@?" if nearest else f"There are: {', '.join(sorted(known))}."
        raise ArgumentError(
            f"{match[0]} in {match.string!r} stands for nothing that a student has. {remedy}"
            f" If it is meant as it is written, write @@{key}@@."
        )
    value = student.get(key)
    if value not in (None, ""):
        return str(value)
    if match["optional"]:
        raise _LeftOut(key)
    raise ArgumentError(
        f"{student['name']} has no {key}, for which {match[0]} in {match.string!r} stands. Give it in the roster, or"
        f" write @{key}?@ to leave out what needs it."
    )
