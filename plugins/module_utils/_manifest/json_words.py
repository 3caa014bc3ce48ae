# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kubectl makes of a file that begins with {. Pure.

It takes one for JSON: k8s.io/apimachinery/pkg/util/yaml/decoder.go, GuessJSONStream and IsJSONBuffer, which look at the
first character after white space. Up to 1.32 it then reads JSON only, one value behind the other. From 1.33 on it goes
on with YAML where the first or second of them is no JSON (YAMLOrJSONDecoder.Decode). So what is YAML and not JSON is
refused by one kubectl and taken by another, and by the libraries of other tools.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from .problem import ERROR, WARNING, Problem, place_at

_READ_AS_JSON = "kubectl up to 1.32 reads a file that begins with { as JSON, and refuses this"
_WAY_OUT = "Or write a line --- above it all, and it is read as YAML."


def begins_as_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def json_values(text: str) -> tuple[list[tuple[int, int]], int | None]:
    """Where the values of a text that begins as JSON begin and end, and where it is JSON no more, None if all is."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    spans: list[tuple[int, int]] = []
    start = _next(text, 0)
    while start < len(text):
        try:
            end = decoder.raw_decode(text, start)[1]
        except json.JSONDecodeError as exc:
            return spans, exc.pos
        except ValueError:
            return spans, start
        except RecursionError:
            # How deep that is differs from Python to Python: the reader of YAML has a limit, and says so.
            return spans, len(text)
        spans.append((start, end))
        start = _next(text, end)
    return spans, None


def separately(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, list[str]]]:
    """Each value with the number of its first line, in lines in which it has its column."""
    for start, end in spans:
        place = place_at(text, start)
        yield place.line, (" " * (place.column - 1) + text[start:end]).split("\n")


def not_json(text: str, position: int, *, yaml: bool) -> Problem:
    """The problem where a text is no JSON.

    Args:
        yaml: whether it is at least YAML.
    """
    place = place_at(text, position)
    said, what_to_do = _what(text, position)
    if yaml:
        return Problem(place, f"{_READ_AS_JSON}: {said}.", f"{what_to_do} {_WAY_OUT}", level=WARNING)
    message = f"A file that begins with {{ is read as JSON, and here it is none: {said}."
    return Problem(place, message, what_to_do, level=ERROR)


def _what(text: str, position: int) -> tuple[str, str]:
    here, before = text[position : position + 1], text[:position].rstrip()[-1:]
    behind = text[position + 1 :].lstrip()[:1]
    if (here in "}]" and before == ",") or (here == "," and behind in "}]"):
        return "there is a comma with nothing behind it", "Take the comma away."
    if here == "#" or text.startswith(("//", "/*"), position):
        return "JSON has no comments", "Take the comment away."
    if here == "'":
        return "texts of JSON stand in double quotes", "Write \" in the place of '."
    if here in "\n\t" and here:
        return "a text of JSON has no tab and no end of a line in it", 'Write \\t or \\n, or close the text with ".'
    if text.startswith("---", position) or text.startswith("---", position - 1):
        return "between two objects of JSON there is no line ---", "Take the line away."
    if here == '"' or (before in '"}]' and here in "{["):
        return "there is no comma between two entries", "Put a comma between them."
    if here.isalnum():
        return "words and keys of JSON stand in double quotes", 'Write " around them.'
    return "here is something that JSON does not have", "Compare this place with an example."


def _next(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _refuse(_name: str) -> None:
    """NaN and Infinity, which Python takes and JSON does not have."""
    raise ValueError
