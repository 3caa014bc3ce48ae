# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables for a terminal, in whatever script. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def text_table(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table.

    Args:
        header: the words of each column's heading, which stand one upon the other to keep the column narrow.
        rows: the cells.
    """
    height = max((len(words) for words in header), default=1)
    stacks = [[""] * (height - len(words)) + [*words] for words in header]
    widths = [
        max(columns_of(text) for text in [*column, *(row[index] for row in rows)])
        for index, column in enumerate(stacks)
    ]
    lines = [_line([column[level] for column in stacks], widths) for level in range(height)]
    lines.append(_line(["-" * width for width in widths], widths))
    return lines + [_line(row, widths) for row in rows]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(cell + " " * (width - columns_of(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def columns_of(text: str) -> int:
    """Columns of a terminal: two for an East Asian character (Unicode's TR 11), none for a mark upon the one before."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
