# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster's own description of its objects, OpenAPI v3 or v2, read alike. Pure.

Sources: https://kubernetes.io/docs/concepts/overview/kubernetes-api/ and, for what OpenAPI does not have,
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/ (x-kubernetes-*).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._ground.json_reading import as_list, as_map, as_text

#: How deep a field is looked for that stands in the wrong place.
SEARCHED = 8
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


@dataclass(frozen=True)
class Schema:
    """What a value has to be.

    Attributes:
        type: `object`, `array`, `string`, `integer`, `number`, `boolean`; `int-or-string`, `quantity`; '' for anything.
        description: of the field, in the words of Kubernetes.
        name: of the definition that it refers to; '' for one that has none.
    """

    type: str
    description: str
    name: str
    _own: Mapping[str, Any]
    _book: SchemaBook

    @property
    def properties(self) -> Mapping[str, Any]:
        return as_map(self._own.get("properties"))

    @property
    def required(self) -> list[str]:
        return [name for name in as_list(self._own.get("required")) if isinstance(name, str)]

    @property
    def enum(self) -> list[str]:
        return [word for word in as_list(self._own.get("enum")) if isinstance(word, str)]

    @property
    def open(self) -> bool:
        """Whether it may have fields that are not described."""
        preserved = self._own.get("x-kubernetes-preserve-unknown-fields") is True
        return preserved or not (self.properties or "additionalProperties" in self._own)

    def field(self, name: str) -> Schema | None:
        """That of a field; None where there is no such field."""
        if name in self.properties:
            return self._book.read(self.properties[name])
        extra = self._own.get("additionalProperties")
        if isinstance(extra, Mapping):
            return self._book.read(extra)
        return self._book.read({}) if self.open or extra is True else None

    @property
    def items(self) -> Schema:
        """That of each entry of a list."""
        return self._book.read(as_map(self._own.get("items")))

    def homes(self, name: str) -> Iterator[tuple[str, ...]]:
        """The ways from here to where a field of this name may stand, the shortest first; `[]` is a list's entry."""
        waiting: deque[tuple[Schema, tuple[str, ...]]] = deque([(self, ())])
        seen = set()
        while waiting:
            schema, way = waiting.popleft()
            if schema.name:
                if schema.name in seen:
                    continue
                seen.add(schema.name)
            if name in schema.properties:
                yield way
            if len(way) < SEARCHED:
                for key in schema.properties:
                    if key not in ("status", "managedFields"):
                        below = self._book.read(schema.properties[key])
                        step = (*way, key)
                        if below.type == "array":
                            below, step = below.items, (*step, "[]")
                        waiting.append((below, step))


class SchemaBook:
    """The definitions of one OpenAPI document."""

    def __init__(self, document: Any) -> None:
        document = as_map(document)
        modern = as_map(as_map(document.get("components")).get("schemas"))
        self._definitions: Mapping[str, Any] = modern or as_map(document.get("definitions"))
        self._by_kind: dict[tuple[str, str], str] = {}
        for name, definition in self._definitions.items():
            for gvk in map(as_map, as_list(as_map(definition).get("x-kubernetes-group-version-kind"))):
                api_version = "/".join(filter(None, (as_text(gvk.get("group")), as_text(gvk.get("version")))))
                self._by_kind.setdefault((api_version, as_text(gvk.get("kind"))), name)

    def of_kind(self, api_version: str, kind: str) -> Schema | None:
        """The schema of an object; None where the document has none of this kind."""
        name = self._by_kind.get((api_version, kind))
        return self.read(self._definitions[name], name) if name else None

    def read(self, raw: Any, name: str = "") -> Schema:
        """A schema, with what it refers to put in its place."""
        own: dict[str, Any] = {}
        description = ""
        rest: Any = raw
        for _step in range(10):  # references do not go round in a circle, but who knows
            rest = as_map(rest)
            description = description or as_text(rest.get("description"))
            own = {**rest, **own}
            refers = rest.get("$ref")
            parts = as_list(rest.get("allOf"))
            if not isinstance(refers, str) and len(parts) == 1:
                rest = parts[0]
                continue
            if not isinstance(refers, str):
                break
            name = refers.rsplit("/", 1)[-1]
            rest = self._definitions.get(name)
        return Schema(_type(own, name), description, name, own, self)


def _type(own: Mapping[str, Any], name: str) -> str:
    # v2 says of both that they are strings, and v3 that they are one of two.
    if own.get("format") == "int-or-string" or own.get("x-kubernetes-int-or-string") is True:
        return "int-or-string"
    if name == QUANTITY:
        return "quantity"
    return as_text(own.get("type"))
