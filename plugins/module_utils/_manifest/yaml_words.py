# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a YAML parser complains about, in words for somebody who writes their first manifest. Pure.

The parser's own words never come in: they quote the file, and the file may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .letters import BLANK_AFTER, false_mark
from .problem import Place, Problem, place_at

#: `name:web`: a key whose colon has no blank after it. Not a URL, and not a time or an image with its tag.
GLUED = re.compile(r"^\s*(?:- +)*(?P<key>[A-Za-z][A-Za-z0-9_-]*):(?![\s/]|$)(?!\d+[\s:.-])")
#: `-name: web`: a dash without a blank after it is the first letter of a key, and no list begins. Not `--all` or `-1`.
_GLUED_DASH = re.compile(r"^(?P<before>\s*(?:- +)*)-(?:(?P<key>[A-Za-z][\w./-]*):(?!/)|[A-Za-z])")
_KEY = re.compile(r"^\s*(?:- +)*[\"']?[A-Za-z][\w./-]*[\"']?\s*:(?:\s|$)")
_TWO_COLONS = re.compile(r"^\s*(?:- +)*[\w./-]+:\s+[^\"'#]*:(?:\s|$)")

_IMAGE_AND_TAG = re.compile(r"(?:^|[\s{,])[\"']?image[\"']?:\s+[^\s\"'#,{}]+(:\s)")
#: Fields of a list of mappings, as learners write them. Source: the API reference of Pod, Service and RBAC.
_LISTS = re.compile(
    r"\s*(?:- +)*(?P<key>containers|initContainers|ports|env|envFrom|volumes|volumeMounts|items|imagePullSecrets|"
    r"tolerations|rules|subjects):\s*(?:#.*)?$"
)

TEMPLATE = "This looks like a template: fill in what stands in {{ }}, or put it in quotes."
NO_BLANK = "There is a character here that looks like a blank and is none."
QUOTES = "Put the whole value in quotes."
NO_BLANK_AFTER_DASH = "There is no blank after the dash."
ENGLISH = "Type it anew, with the keyboard set to English."


def glued_dash(line: str) -> tuple[int, str] | None:
    """Where a line, or a key, begins with a dash that has no blank after it: its column from 1, and what to do."""
    found = _GLUED_DASH.match(line)
    if found is None:
        return None
    told = f"Write: - {found['key'][:100]}: ..." if found["key"] else "Write a blank after it."
    return found.end("before") + 1, told


def explain(error: Any, lines: Sequence[str], first_line: int = 1) -> Problem:
    """The problem that an exception of PyYAML describes.

    Args:
        error: a YAMLError, of which `problem`, `context` and their marks are looked at where it has them.
        lines: of the text that was parsed.
        first_line: the number in the file of its first line.
    """
    problem = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None)
    started = getattr(error, "context_mark", None)
    if mark is None:
        return _control(error, lines, first_line)
    number = min(mark.line, max(0, len(lines) - 1))
    # At the end of a text, and where a line goes on, the culprit is the last line above that has anything.
    above = number
    while above > 0 and not _text(lines, above):
        above -= 1
    place = Place(first_line + number, mark.column + 1)
    here, before = _text(lines, above), _text(lines, _previous(lines, above))
    since = f" (see line {first_line + started.line})" if started is not None else ""

    directive = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    if _text(lines, directive).startswith("%"):
        return Problem(
            Place(first_line + directive, 1),
            "A line that begins with % is a directive of YAML, and kubectl takes none.",
            "Delete this line.",
        )
    tab = next((n for n in (number, above) if "\t" in _indent(lines, n)), None)
    if tab is not None or "'\\t'" in problem:
        tab = number if tab is None else tab
        return Problem(
            Place(first_line + tab, mark.column + 1 if "'\\t'" in problem else lines[tab].find("\t") + 1),
            "There is a tab here. YAML is indented with blanks only.",
            "Replace the tab by two blanks, and set your editor to write blanks.",
        )
    if "{{" in here or "{%" in here:
        return Problem(place, "This is not YAML.", TEMPLATE)
    if "quoted scalar" in context:
        where = Place(first_line + started.line, started.column + 1) if started is not None else place
        if "escape" in problem:
            return Problem(
                place,
                "A backslash in double quotes begins a code, and this is none.",
                "Write it twice, or use single quotes.",
            )
        return Problem(where, "The quotation mark that begins here is never closed.", "Write the second one.")
    tagged = _IMAGE_AND_TAG.search(here)
    if tagged:
        return Problem(
            Place(first_line + above, tagged.start(1) + 1),
            "There is a blank between the image's name and its tag.",
            "Write no blank after that colon, as in nginx:1.29.",
        )
    for index, text in ((above, here), (_previous(lines, above), before)):
        false_blank, mistyped = BLANK_AFTER.match(text), false_mark(text)
        if false_blank:
            place = Place(first_line + index, false_blank.start(1) + 1)
            return Problem(place, NO_BLANK, "Delete it and type a blank.")
        if mistyped:
            column, said = mistyped
            return Problem(Place(first_line + index, column), said, ENGLISH)
    if "flow" in context and ("expected" in problem or "stream" in problem):
        where = Place(first_line + started.line, started.column + 1) if started is not None else place
        return Problem(
            where,
            "The bracket that begins here is not closed, or a comma is missing in it.",
            "Close every [ with ] and every { with }, and put commas between the entries.",
        )
    if "alias" in problem or "alias" in context or "anchor" in context:
        return Problem(place, "A value that begins with * or & stands for another one in YAML.", QUOTES)
    if "tag" in context or "tag" in problem:
        return Problem(place, "A value that begins with ! has a meaning of its own in YAML.", QUOTES)
    if "cannot start any token" in problem:
        return Problem(place, "A value cannot begin with this character in YAML.", QUOTES)
    for index, text in ((above, here), (_previous(lines, above), before)):
        glued = GLUED.match(text)
        if glued:
            return Problem(
                Place(first_line + index, glued.end()),
                f"There is no blank after the colon of {glued['key']}.",
                f"Write a blank after it: {glued['key']}: ...",
            )
    for index in (above, _previous_but_comments(lines, above)):
        dash = glued_dash(_text(lines, index))
        if dash:
            column, told = dash
            return Problem(Place(first_line + index, column), NO_BLANK_AFTER_DASH, told)
    if "mapping values are not allowed" in problem:
        without_dash = _without_dash(lines, above)
        if without_dash is not None:
            number, field = without_dash
            return Problem(
                Place(first_line + number, len(_indent(lines, number)) + 1),
                f"{field} is a list, and every entry of a list begins with a dash, which is missing here.",
                "Write a dash and a blank before this line.",
            )
        if before and above > 0 and ":" not in before and not before.lstrip().startswith(("-", "#")):
            return _no_colon(lines, _previous(lines, above), first_line)
        if _TWO_COLONS.match(here):
            return Problem(
                place, "There is a second colon in this line.", f"{QUOTES} A second key has a line of its own."
            )
        return Problem(
            place,
            "This line is indented deeper than the one above, and cannot belong to it.",
            "Begin it in the same column as the lines that it stands beside.",
        )
    if "could not find expected ':'" in problem or "expected ':'" in problem:
        culprit = above if here and not _KEY.match(here) else _previous(lines, above)
        return _no_colon(lines, culprit, first_line)
    if "'-'" in problem or "block entry" in problem or "sequence entries are not allowed" in problem:
        return Problem(
            place,
            f"A dash begins an entry of a list, and there can be none here{since}.",
            "Put the dashes of one list below each other, and nothing else in their column.",
        )
    if "block end" in problem or "block" in context or "document start" in problem:
        return Problem(
            place,
            f"This line is not indented as the lines that it belongs to{since}.",
            "Lines of one level begin in the same column, and deeper ones two blanks further right.",
        )
    return Problem(place, "This is not YAML.", "Compare this line and the one above with an example.")


def _control(error: Any, lines: Sequence[str], first_line: int) -> Problem:
    """Of a reader's error, which knows how many characters are before it, and no line."""
    place = place_at("\n".join(lines), max(0, getattr(error, "position", 0) or 0))
    return Problem(
        Place(first_line + place.line - 1, place.column),
        "This is not YAML: it has a character that cannot be shown.",
        "Remove it.",
    )


def _without_dash(lines: Sequence[str], number: int) -> tuple[int, str] | None:
    """Where the dash of the first entry is missing: right below the field of a list, above a line that is deeper."""
    first = _previous(lines, number)
    field = _LISTS.match(_text(lines, _previous(lines, first))) if first else None
    if field is None or not _KEY.match(_text(lines, first)) or _text(lines, first).lstrip().startswith("-"):
        return None
    deeper = len(_indent(lines, number)) > len(_indent(lines, first))
    return (first, field["key"]) if deeper else None


def _no_colon(lines: Sequence[str], number: int, first_line: int) -> Problem:
    return Problem(
        Place(first_line + number, len(_indent(lines, number)) + 1),
        "This line has no colon.",
        "Write it as a key, a colon, a blank and a value, as in name: web.",
    )


def _text(lines: Sequence[str], number: int) -> str:
    return lines[number].rstrip() if 0 <= number < len(lines) else ""


def _indent(lines: Sequence[str], number: int) -> str:
    text = _text(lines, number)
    return text[: len(text) - len(text.lstrip(" \t"))]


def _previous(lines: Sequence[str], number: int) -> int:
    """The number of the last line before that has anything."""
    number -= 1
    while number > 0 and not _text(lines, number).strip():
        number -= 1
    return max(0, number)


def _previous_but_comments(lines: Sequence[str], number: int) -> int:
    """The number of the last line before that YAML reads."""
    number = _previous(lines, number)
    while number > 0 and lines[number].lstrip().startswith("#"):
        number = _previous(lines, number)
    return number
