# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables for a terminal, in whatever script. Pure."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence

#: Columns that a name has at least, on however narrow a terminal.
LEAST_NAME = 12


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


def fitted_table(
    header: Sequence[Sequence[str]],
    rows: Sequence[Sequence[str]],
    numbered: Sequence[str],
    columns: int,
    narrow: Mapping[str, str] | None = None,
) -> list[str]:
    """The same for a terminal of so many columns. Where the table is wider its last columns have numbers, which are
    explained below it; and where it still is, the names in the first one are cut.

    Args:
        numbered: what those columns are called, then.
        columns: of the terminal; 0 where it does not matter.
        narrow: what shorter cells stand for others, then.
    """
    lines = text_table(header, rows)
    if not columns or _width_of(lines) <= columns:
        return lines
    short = narrow or {}
    body = [[row[0], *(short.get(cell, cell) for cell in row[1:])] for row in rows]
    heads = [*header[: -len(numbered)], *([str(number)] for number, _name in enumerate(numbered, 1))]
    lines = text_table(heads, body)
    too_wide = _width_of(lines) - columns
    if too_wide > 0:
        longest = max(columns_of(row[0]) for row in body) - too_wide
        body = [[cut(row[0], max(LEAST_NAME, longest)), *row[1:]] for row in body]
        lines = text_table(heads, body)
    # No line ends between a number and what it stands for.
    what = ", ".join(f"{number} {name}".replace(" ", "\0") for number, name in enumerate(numbered, 1))
    # The callback `progress` wraps what is not indented, to a width of its own.
    wrapped = textwrap.wrap(what, columns, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    explained = (line.replace("\0", " ") for line in wrapped)
    return [*lines, "", *explained, ""]


def cut(text: str, columns: int) -> str:
    """The text in at most so many columns, with an ellipsis where something is missing."""
    if columns_of(text) <= columns:
        return text
    while text and columns_of(text) >= columns:
        text = text[:-1]
    return f"{text}…"


def _width_of(lines: Sequence[str]) -> int:
    return max(map(columns_of, lines), default=0)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(cell + " " * (width - columns_of(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def columns_of(text: str) -> int:
    """Columns of a terminal: two for an East Asian character (Unicode's TR 11), none for a mark upon the one before."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
