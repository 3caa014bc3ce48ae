# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Characters that look like others, or like nothing, as web pages and keyboards of other scripts have them. Pure."""

from __future__ import annotations

import re
import unicodedata

#: Letters of other scripts that look like Latin ones. Source: Unicode's confusables.txt, as far as keyboards have them.
_LOOK_LIKE_LATIN = str.maketrans(
    # Cyrillic, then Greek.
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u04bb\u043a\u043c\u0442"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423\u0406\u0405\u0408"
    "\u03bf\u03b1\u03bd\u03b9\u03ba\u03c1\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcxyijshkmtABEKMHOPCTXYISJoavikpABEZHIKMNOPTYX",
)
#: Marks of punctuation that stand where YAML wants another, by what was meant.
_MEANT = {
    ":": "\uff1a\ufe55\ufe13\u2236\ua789",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2022\u2212\ufe63\uff0d",
    ",": "\uff0c\u3001\ufe50",
    "[": "\uff3b\u3010",
    "]": "\uff3d\u3011",
    "{": "\uff5b",
    "}": "\uff5d",
}
_MARKS = {mark: meant for meant, marks in _MEANT.items() for mark in marks}
_INDENT = r"\s*(?:- +)*"
_TEXTS = r"(?:[^\"'#]|\"[^\"]*\"|'[^']*')*?"
#: A dash before an entry, a colon behind a key, a bracket that begins a value, and what is between brackets. Elsewhere
#: they may be part of a text.
_MISTYPED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_INDENT}([{_MEANT['-']}])\s",
        rf"{_INDENT}[\"']?[\w./-]+[\"']?\s*([{_MEANT[':']}])",
        rf"{_INDENT}(?:[\w./-]+:\s+)?([{_MEANT['[']}{_MEANT['{']}])",
        rf"{_TEXTS}[\[{{]{_TEXTS}([{_MEANT[':']}{_MEANT[',']}{_MEANT[']']}{_MEANT['}']}])",
    )
)
#: Characters of a line that are looked at: the last of these expressions would take long over a longer one.
_LONGEST = 300
#: White space that looks like a blank and is none, as web pages and word processors have it: at the beginning of a
#: line, and behind a dash or a key, where a blank has to be.
_FALSE_BLANK = r"([\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff])"
FALSE_BLANK = re.compile(rf"[ \t]*(?:- +)*{_FALSE_BLANK}")
BLANK_AFTER = re.compile(rf"{_INDENT}(?:-|[\w./-]+:){_FALSE_BLANK}")


def invisible(character: str) -> bool:
    """Whether nothing is seen of a character, though it counts: zero width spaces, marks of direction, soft hyphens."""
    return unicodedata.category(character) == "Cf" or character in "\u115f\u1160\u2800\u3164\uffa0"


def visible(text: str) -> str:
    """The text without what cannot be seen, and what would turn the rest of a line around."""
    return "".join(one for one in text if not invisible(one))


def plain(text: str) -> str:
    """The text with Latin letters in the place of those that look like them."""
    return visible(unicodedata.normalize("NFKC", text).translate(_LOOK_LIKE_LATIN))


def strange(word: str) -> str:
    """What is strange about a word that has only ASCII letters where it is right; '' where nothing is.

    ``letter 1 of it is no c but CYRILLIC SMALL LETTER ES``
    """
    for index, one in enumerate(word[:_LONGEST]):
        if invisible(one):
            behind = f"behind {visible(word[:index])[-20:]}" if index else "at its beginning"
            return f"{behind} it has a character that cannot be seen, {_name(one)}"
        if not one.isascii() and plain(one) != one:
            return f"letter {index + 1} of it is no {plain(one)} but {_name(one)}"
    return ""


def with_strange(message: str, word: object) -> str:
    """The sentence, with what is strange about the word that it speaks of."""
    found = strange(word) if isinstance(word, str) else ""
    return f"{message.rstrip('.')}: {found}." if found else message


def false_mark(line: str) -> tuple[int, str] | None:
    """The first mark of a line that stands where YAML wants another: its column from 1, and a sentence with both."""
    for pattern in _MISTYPED:
        found = pattern.match(line[:_LONGEST])
        if found:
            mark = found[1]
            return found.start(1) + 1, f"The {_name(mark)} here only looks like {_MARKS[mark]}, which YAML wants."
    return None


def _name(character: str) -> str:
    return f"{unicodedata.name(character, 'a character without a name')} (U+{ord(character):04X})"
