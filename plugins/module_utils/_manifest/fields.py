# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holds a manifest against the cluster's own schema: unknown fields, wrong types, words that are none. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._ground.quantity import parse_quantity
from .letters import false_mark, visible, with_strange
from .problem import VERY_ALIKE, Path, Place, Problem, in_dots, nearest, place_of
from .reader import Document
from .schema import Schema
from .yaml_words import ENGLISH, GLUED, NO_BLANK_AFTER_DASH, glued_dash

#: Problems of one document that are told. Whoever has more has one that makes the others.
MOST = 50

_SHAPES = {"object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false"}
_WORDS = {
    "object": "a mapping: lines with a key, a colon and a value, indented below it",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "int-or-string": "a number or a name",
    "quantity": "an amount, such as 100m for a processor or 64Mi for memory",
}


#: What to write where a field is missing that there has to be; Kubernetes' own descriptions say what it is.
_WRITE = {
    "containers": "Write at least one container below it: - name: ... and, below name, image: ...",
    "name": "Write a name, as in name: web.",
    "containerPort": "Write at which port the program listens, as in containerPort: 80.",
    "port": "Write the number of a port, as in port: 80.",
    "selector": "Write matchLabels below it, with labels that the pods have.",
    "template": "Write the pod below it: metadata with labels, and spec with containers.",
    "mountPath": "Write the directory in the container at which the volume is to be, as in mountPath: /data.",
    "ports": "Write at least one port below it: - port: ...",
    "key": "Write the key in the Secret or ConfigMap.",
}


def check_fields(document: Document, schema: Schema) -> list[Problem]:
    """What the manifest says that its kind does not have, in the order of the file.

    The four fields that every object has are somebody else's business (kinds.missing_fields).
    """
    return _FieldCheck(document, schema).run()


class _FieldCheck:
    def __init__(self, document: Document, schema: Schema) -> None:
        self._document = document
        self._root = schema
        kind = document.value.get("kind") if isinstance(document.value, Mapping) else None
        #: As the manifest says it; where it says none, as the schema is named, such as io.k8s.api.core.v1.Pod.
        self._kind = kind if isinstance(kind, str) and kind else schema.name.rsplit(".", 1)[-1]

    def run(self) -> list[Problem]:
        found: list[Problem] = []
        for problem in self._check(self._document.value, self._root, ()):
            found.append(problem)
            if len(found) >= MOST:
                break
        return sorted(found, key=lambda one: (one.place.line, one.place.column))

    def _problem(self, path: Path, message: str, suggestion: str = "") -> Problem:
        return Problem(place_of(path, self._document.places), message, suggestion, path)

    def _check(self, value: Any, schema: Schema, path: Path) -> Iterator[Problem]:
        # To Kubernetes a field with nothing in it is a field that is not there.
        if value is None:
            return
        if schema.type == "object" and isinstance(value, Mapping):
            yield from self._mapping(value, schema, path)
        elif schema.type == "array" and isinstance(value, list):
            for index, item in enumerate(value):
                if item is None:
                    yield self._problem((*path, index), "There is nothing behind this dash.", "Take the dash away.")
                yield from self._check(item, schema.items, (*path, index))
        elif not _fits(value, schema.type):
            yield self._unfit(value, schema, path)
        elif schema.enum and isinstance(value, str) and value and value not in schema.enum:
            meant = nearest(value, schema.enum)
            told = f"Did you mean {meant}?" if meant else f"Choose one of {', '.join(schema.enum[:8])}."
            message = with_strange(f"{self._name(path)} cannot be {visible(value[:60])}.", value)
            yield self._problem(path, message, told)

    def _unfit(self, value: Any, schema: Schema, path: Path) -> Problem:
        """The problem with a value of another type."""
        mistyped = false_mark(value) if isinstance(value, str) and schema.type in ("object", "array") else None
        if mistyped:
            column, said = mistyped
            begins = self._document.below.get(path)
            place = Place(begins.line, begins.column + column - 1) if begins else place_of(path, self._document.places)
            return Problem(place, said, ENGLISH, path)
        if schema.type == "array":
            glued = self._glued_entry(value, path)
            if glued:
                return glued
        message = f"{self._name(path)} must be {_WORDS[schema.type]}."
        return self._problem(path, message, _how(value, schema, path))

    def _glued_entry(self, value: Any, path: Path) -> Problem | None:
        """Where a list has become a mapping or a text, because its first dash has no blank after it."""
        if isinstance(value, Mapping):
            key = next(iter(value), "")
            dash = glued_dash(f"{key}:")
            return self._problem((*path, key), NO_BLANK_AFTER_DASH, dash[1]) if dash else None
        # What stands in the line of its key, as in `args: -v`, is no entry.
        begins = self._document.below.get(path)
        dash = glued_dash(value) if begins and isinstance(value, str) else None
        return Problem(begins, NO_BLANK_AFTER_DASH, dash[1], path) if begins and dash else None

    def _name(self, path: Path) -> str:
        """The way to a field, with its keys as they are written."""
        written = self._document.written
        steps = [written.get(path[: index + 1], step) for index, step in enumerate(path)]
        return in_dots(tuple(steps)) or "The object"

    def _mapping(self, value: Mapping[str, Any], schema: Schema, path: Path) -> Iterator[Problem]:
        meant_here = set()
        for key, item in value.items():
            below = schema.field(key)
            if below is not None:
                yield from self._check(item, below, (*path, key))
                continue
            problem, meant = self._unknown(key, value, schema, path)
            meant_here.add(meant)
            if problem is not None:
                yield problem
        for key in schema.required:
            if value.get(key) is None and key not in meant_here and path:
                yield self._missing(key, value, path)

    def _unknown(
        self, key: str, value: Mapping[str, Any], schema: Schema, path: Path
    ) -> tuple[Problem | None, str | None]:
        """The problem with a field that there is not, and the one of the same mapping that was meant."""
        where = f" of {in_dots(path)}" if path else f" of a {self._kind}" if self._kind else " of it"
        message = with_strange(f"{visible(key[:100])} is no field{where}.", key)
        free = [name for name in schema.properties if value.get(name) is None]
        slip = nearest(key, free, VERY_ALIKE)
        dash, above = glued_dash(f"{key}:"), _above(key, value)
        list_begins = above is not None and value[above] is None
        # A dash too many at a field that there is, `-image: nginx`, is a slip, but not where a list has to begin.
        if dash and (list_begins or not slip):
            return self._problem((*path, key), NO_BLANK_AFTER_DASH, dash[1]), above if list_begins else None
        if slip:
            return self._problem((*path, key), message, f"Did you mean {slip}?"), slip
        home = self._home(key, path)
        if home is not None:
            return self._problem((*path, key), message, self._move(home, path)), None
        guess = nearest(key, free)
        if guess:
            return self._problem((*path, key), message, f"Did you mean {guess}?"), guess
        glued = GLUED.match(key)
        if glued:
            return self._problem((*path, key), message, f"Write a blank after the colon: {glued['key']}: ..."), None
        return self._problem((*path, key), message, f"Look at: {self._explain(path)}"), None

    def _home(self, key: str, path: Path) -> tuple[str, ...] | None:
        """Where a field of this name may stand: the place that is nearest to where it stands."""
        here = tuple("[]" if isinstance(step, int) else step for step in path)
        homes = [way for way in self._root.homes(key) if way[:1] in ((), ("metadata",), ("spec",), here[:1])]
        return max(homes, key=lambda way: (_common(way, here), -len(way)), default=None)

    def _move(self, home: tuple[str, ...], path: Path) -> str:
        words = in_dots(tuple(home)).replace(".[]", "[]")
        if not home:
            return "It belongs at the very left, at the top of the object."
        here = tuple("[]" if isinstance(step, int) else step for step in path)
        if home[: len(here)] == here:
            return f"It belongs into {words}: indent it deeper."
        if here[: len(home)] == home:
            return f"It belongs into {words}: indent it less."
        return f"It belongs into {words}."

    def _explain(self, path: Path) -> str:
        words = [self._kind.lower(), *(step for step in path if isinstance(step, str))]
        return f"kubectl explain {'.'.join(words)}"

    def _missing(self, key: str, value: Mapping[str, Any], path: Path) -> Problem:
        what_to_do = _WRITE.get(key) or f"Look at: {self._explain((*path, key))}"
        if key in value:
            return self._problem((*path, key), f"{in_dots((*path, key))} has nothing in it.", what_to_do)
        return self._problem((*path, key), f"{in_dots(path)} has no {key}.", what_to_do)


def _above(key: str, value: Mapping[str, Any]) -> str | None:
    """The key that stands before this one in its mapping."""
    keys = list(value)
    index = keys.index(key)
    return keys[index - 1] if index else None


def _fits(value: Any, wanted: str) -> bool:
    if wanted == "object":
        return isinstance(value, Mapping)
    if wanted == "array":
        return isinstance(value, list)
    if wanted == "string":
        return isinstance(value, str)
    if wanted == "boolean":
        return isinstance(value, bool)
    if wanted == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if wanted == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted == "int-or-string":
        return isinstance(value, int | str) and not isinstance(value, bool)
    if wanted == "quantity":
        return parse_quantity(value) is not None
    return True


def _how(value: Any, schema: Schema, path: Path) -> str:
    """What to write instead, without showing what may be a secret."""
    wanted = schema.type
    if wanted == "array":
        if isinstance(value, Mapping) and value:
            return f"Put a dash and a blank before {next(iter(value))[:60]}: every entry of a list begins with a dash."
        inner = schema.items
        if inner.type == "object":
            first = f" {inner.required[0]}: ..." if inner.required else ""
            return f"Write its entries below it, each with a dash: -{first}"
        return "Write its entries below it, each with a dash and a blank, or in brackets: [one, two]"
    if wanted == "object":
        if isinstance(value, list):
            return "Take the dash away."
        glued = GLUED.match(value) if isinstance(value, str) else None
        if glued:
            return f"Write a blank after the colon: {glued['key']}: ..."
        return ""
    if wanted == "string" and isinstance(value, Mapping):
        if path and isinstance(path[-1], int):
            return "Put the whole entry in quotes: a colon with a blank after it makes a key of what stands before it."
        return "Write it in the line of its key, after the colon."
    if wanted == "string" and isinstance(value, bool | int | float):
        # What stands there is not said: of 1.10 YAML has made 1.1, and of 0123 83.
        return "Put quotes around it."
    if wanted in ("integer", "number", "boolean") and isinstance(value, str):
        plain = {"true": "true", "false": "false"} if wanted == "boolean" else {}
        if value.strip().lower() in plain or (wanted != "boolean" and re.fullmatch(r"-?\d+(\.\d+)?", value.strip())):
            return "Take the quotes away."
    if wanted == "quantity" and isinstance(value, str):
        return _amount(value)
    if isinstance(value, list):
        return "Take the dash away."
    return ""


def _amount(value: str) -> str:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKmMgGtT])([iI]?)[bB]?\s*", value)
    if not found:
        return ""
    number, unit, binary = found.groups()
    if unit == "m" and not binary and value.strip().lower().endswith("m"):
        return f"Write it without a blank: {number}m"
    return f"Write {number}{unit.upper()}i, without a blank and without a B."


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    length = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        length += 1
    return length
