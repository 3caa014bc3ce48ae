# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form in which an API server complains of a field: `Invalid value: "Web": a lowercase RFC 1123 subdomain`. Pure.

Source: k8s.io/apimachinery/pkg/util/validation/field/errors.go, Error.ErrorBody. A value is text in quotes, a number,
or a whole object, as JSON or as Go writes it, and may be as long as the file.
"""

from __future__ import annotations

import re

#: Characters of a value that are shown; of a longer one its beginning and its end.
LONGEST_VALUE = 80
_BEGINNING, _END = 40, 20

_BEFORE_VALUE = re.compile(r"\b(?:Invalid value|Unsupported value|Duplicate value|Not found): ")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"?', re.DOTALL)
#: What a value is made of, apart from other characters: texts and brackets; and what stands behind a value.
_PIECE = re.compile(rf"{_QUOTED.pattern}|[{{\[(]|[}}\])]|[:,] ", re.DOTALL)


def shortened(message: str) -> str:
    """The message with long values cut in the middle, so that the reasons behind them are not cut off."""
    result, position = "", 0
    found = _BEFORE_VALUE.search(message)
    while found:
        end = _end_of_value(message, found.end())
        value = message[found.end() : end]
        if len(value) > LONGEST_VALUE:
            value = f"{value[:_BEGINNING]}…{value[-_END:]}"
        result += message[position : found.end()] + value
        position = end
        found = _BEFORE_VALUE.search(message, position)
    return result + message[position:]


def quoted_value(message: str) -> str | None:
    """The text that a message is about, as Go's %q writes it; None where it is about something else."""
    found = _BEFORE_VALUE.match(message)
    quoted = _QUOTED.match(message, found.end()) if found else None
    return quoted[1] if quoted else None


def _end_of_value(message: str, start: int) -> int:
    depth = 0
    for piece in _PIECE.finditer(message, start):
        text = piece[0]
        if text in ("{", "[", "("):
            depth += 1
        elif text in ("}", "]", ")"):
            depth -= 1
        if depth < 0 or (depth == 0 and text in (": ", ", ")):
            return piece.start()
    return len(message)
