# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a manifest, where, and what was probably meant. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .letters import plain

#: The way to a value from the top of a document: keys, and numbers in lists.
Path: TypeAlias = "tuple[str | int, ...]"

ERROR, WARNING = "error", "warning"

#: How alike two words have to be to be taken for one with a slip in it, from 0 to 1; and to be taken for it at once.
ALIKE, VERY_ALIKE = 0.6, 0.8
#: Characters of a word that are looked at. Nothing in Kubernetes has a longer name.
LONGEST_WORD = 100


@dataclass(frozen=True)
class Place:
    """Where something stands in a file; both begin with 1, as in an editor."""

    line: int
    column: int


def place_at(text: str, position: int) -> Place:
    """Where the character of this position is, from 0; at the end of the text where it is behind that."""
    before = text[:position]
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        place: where.
        message: a sentence for the person who wrote it.
        suggestion: a sentence that says what to do about it; '' where nothing is known.
        path: the way to the field; () for a whole document.
        level: ERROR for what is or would be refused, else WARNING.
    """

    place: Place
    message: str
    suggestion: str = ""
    path: Path = ()
    level: str = ERROR

    def in_words(self) -> str:
        """``line 7: contaners is no field of spec. Did you mean containers?``"""
        return " ".join(filter(None, (f"line {self.place.line}: {self.message}", self.suggestion)))

    def returned(self) -> dict[str, Any]:
        """As it stands in the results of the module."""
        return {
            "level": self.level,
            "line": self.place.line,
            "column": self.place.column,
            "path": in_dots(self.path),
            "message": self.message,
            "suggestion": self.suggestion,
        }


def in_dots(path: Path) -> str:
    """``spec.containers[0].image``, as Kubernetes writes it; a key that has dots is in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int) or "." in step or "/" in step:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def place_of(path: Path, places: Mapping[Path, Place]) -> Place:
    """Where a field stands, or what it should have stood in."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(1, 1))


def nearest(word: str, known: Iterable[str], alike: float = ALIKE) -> str | None:
    """The word that was probably meant: written in another way (case, dashes, underscores, letters of another script),
    or with a slip in it."""
    if len(word) > LONGEST_WORD:
        return None
    plain = {_plain(one): one for one in known}
    if _plain(word) in plain:
        return plain[_plain(word)]
    found = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=alike)
    return plain[found[0]] if found else None


def _plain(word: str) -> str:
    return plain(word).casefold().replace("-", "").replace("_", "").strip()
