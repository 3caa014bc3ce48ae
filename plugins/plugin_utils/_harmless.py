# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that anybody may have written, as people can be shown it: names, what programs and servers said. Pure.

This is about what text does to whoever reads it, in a terminal, a browser or a spreadsheet. HTML, XML and CSV are
escaped where they are written, by what writes them.
"""

from __future__ import annotations

import re

#: Characters of one text that are shown; of more it is said how many there are.
LONGEST = 4000

# Colours of a terminal (ECMA-48, SGR): they say nothing.
_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
# What does something or shows nothing where it stands: controls other than line feed and tab, marks of direction
# (Unicode's UAX 9) and other format characters, separators of lines, lone surrogates, and what XML 1.0 cannot write.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def harmless(text: str, longest: int = LONGEST) -> str:
    """The text with everything in it visible, in lines ending with a line feed, and cut with a note of what is missing.

    What does something is written as its picture (an escape is ␛) or its number (`\\u202e`).
    """
    missing = len(text) - longest
    kept = text[:longest] if missing > 0 else text
    if "\r" in kept:
        kept = kept.replace("\r\n", "\n")
    if "\x1b" in kept:
        kept = _COLOURS.sub("", kept)
    kept = _HARMFUL.sub(_shown, kept)
    return f"{kept} … ({missing:,} more characters)" if missing > 0 else kept


def harmless_line(text: str, longest: int = LONGEST) -> str:
    """The same in one line."""
    return " ".join(harmless(text, longest).split())


def _shown(match: re.Match[str]) -> str:
    number = ord(match.group())
    if number < 0x20:
        return chr(0x2400 + number)
    if number == 0x7F:
        return "\u2421"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
