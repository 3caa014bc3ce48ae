# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kinds a cluster has, by its own discovery, and which of them a manifest means. Pure.

Sources: k8s.io/api/apidiscovery/v2 for the aggregated form (Kubernetes 1.26 and later), and
k8s.io/apimachinery/pkg/apis/meta/v1, type APIResourceList, for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._ground.json_reading import as_list, as_map, as_text
from .letters import visible, with_strange
from .problem import Place, Problem, nearest, place_of
from .reader import Document


@dataclass(frozen=True)
class Kind:
    """A kind that the cluster serves.

    Attributes:
        api_version: such as `v1` and `apps/v1`.
        kind: such as `Pod`.
        resource: its name in URLs, such as `pods`.
        namespaced: whether its objects lie in namespaces.
        words: what people also call it: the singular and the short names.
    """

    api_version: str
    kind: str
    resource: str
    namespaced: bool
    words: tuple[str, ...] = ()


def aggregated_kinds(answer: Any) -> Iterator[Kind]:
    """From one APIGroupDiscoveryList."""
    for group in map(as_map, as_list(as_map(answer).get("items"))):
        name = as_text(as_map(group.get("metadata")).get("name"))
        for version in map(as_map, as_list(group.get("versions"))):
            api_version = "/".join(filter(None, (name, as_text(version.get("version")))))
            for resource in map(as_map, as_list(version.get("resources"))):
                yield Kind(
                    api_version,
                    as_text(as_map(resource.get("responseKind")).get("kind")),
                    as_text(resource.get("resource")),
                    resource.get("scope") == "Namespaced",
                    _words(resource, "singularResource"),
                )


def listed_kinds(answer: Any) -> Iterator[Kind]:
    """From one APIResourceList. Parts of resources, such as pods/exec, are left out."""
    api_version = as_text(as_map(answer).get("groupVersion"))
    for resource in map(as_map, as_list(as_map(answer).get("resources"))):
        name = as_text(resource.get("name"))
        if name and "/" not in name:
            yield Kind(
                api_version,
                as_text(resource.get("kind")),
                name,
                resource.get("namespaced") is True,
                _words(resource, "singularName"),
            )


def _words(resource: Mapping[str, Any], singular: str) -> tuple[str, ...]:
    words = [resource.get(singular), *as_list(resource.get("shortNames"))]
    return tuple(word for word in words if isinstance(word, str) and word)


# What each of the four fields is for. Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/
PURPOSES = {
    "apiVersion": "It says which version of the Kubernetes API the object is written for, as v1 or apps/v1.",
    "kind": "It says what kind of object this is, as Pod or Deployment.",
    "metadata": "It identifies the object: its name, and labels if you want some.",
    "spec": "It says what the object is to be: for a pod, its containers.",
}
NAME = "Every object has a name of its own, as in name: web."


def missing_fields(document: Document) -> Iterator[Problem]:
    """The fields that every object has, and this one has not. Its spec is a matter of its kind's schema."""
    value = as_map(document.value)
    for name in ("apiVersion", "kind", "metadata"):
        if value.get(name) in (None, ""):
            yield missing(document, name, similar(name, value))
    metadata = value.get("metadata")
    if isinstance(metadata, Mapping) and not (metadata.get("name") or metadata.get("generateName")):
        yield Problem(place_of(("metadata",), document.places), "metadata has no name.", NAME, ("metadata", "name"))


def missing(document: Document, name: str, instead: str | None = None) -> Problem:
    """A required field at the top of an object that is not there.

    Args:
        instead: the key that stands there and probably means it.
    """
    there = name in as_map(document.value)
    message = f"{name} has nothing in it." if there else f"{name} is missing."
    if instead is not None:
        said = with_strange(f"{visible(instead)} is no field of an object.", instead)
        return Problem(document.places[(instead,)], said, f"Did you mean {name}?", (instead,))
    return Problem(place_of((name,), document.places), message, PURPOSES[name], (name,))


def similar(name: str, value: Mapping[str, Any]) -> str | None:
    """The key in an object that probably means this one; None where there is none."""
    return nearest(name, [key for key in value if key not in PURPOSES], alike=0.8)


def identify(document: Document, kinds: Sequence[Kind]) -> tuple[Kind | None, list[Problem]]:
    """The kind that a manifest means, as far as that can be said, and what is wrong with what it says."""
    value = as_map(document.value)
    api_version = value.get("apiVersion") or value.get(similar("apiVersion", value) or "")
    kind = value.get("kind") or value.get(similar("kind", value) or "")
    if not kind:
        return None, []
    if not isinstance(kind, str):
        return None, [_problem(document, "kind", "kind must be a word, such as Pod.")]
    if api_version and not isinstance(api_version, str):
        text = "apiVersion must be text, such as v1 or apps/v1."
        return _any_version(kind, kinds), [_problem(document, "apiVersion", text)]
    exact = [one for one in kinds if one.kind == kind]
    if not exact:
        return _misspelt(document, kind, api_version, kinds)
    if not api_version:
        return exact[0], []
    for one in exact:
        if one.api_version == api_version:
            return one, []
    return exact[0], [_other_version(document, api_version, kind, exact, kinds)]


def _misspelt(
    document: Document, kind: str, api_version: str | None, kinds: Sequence[Kind]
) -> tuple[Kind | None, list[Problem]]:
    here = [one for one in kinds if one.api_version == api_version]
    meant = _meant(kind, here) or _meant(kind, kinds)
    message = with_strange(f"kind: {_short(kind)}: the cluster has no such kind.", kind)
    if meant is None:
        suggestion = "Look for its name with: kubectl api-resources"
        return None, [_problem(document, "kind", message, suggestion)]
    problems = [_problem(document, "kind", message, f"Did you mean {meant.kind}?")]
    if api_version and api_version != meant.api_version:
        same = [one for one in kinds if one.kind == meant.kind]
        problems.append(_other_version(document, api_version, meant.kind, same, kinds))
    return meant, problems


def _meant(kind: str, kinds: Iterable[Kind]) -> Kind | None:
    kinds = list(kinds)
    by_word = {word: one for one in reversed(kinds) for word in (*one.words, one.resource, one.kind)}
    found = nearest(kind, by_word, alike=0.75)
    return by_word[found] if found else None


def _any_version(kind: str, kinds: Sequence[Kind]) -> Kind | None:
    return next((one for one in kinds if one.kind == kind), None)


def _other_version(
    document: Document, api_version: str, kind: str, exact: Sequence[Kind], kinds: Sequence[Kind]
) -> Problem:
    served = {one.api_version for one in kinds}
    where = " and ".join(one.api_version for one in exact[:3])
    if api_version in served:
        message = f"apiVersion: {api_version} has no {kind}; it is in {where}."
    else:
        message = f"apiVersion: {_short(api_version)} is not served by this cluster; {kind} is in {where}."
    return _problem(
        document, "apiVersion", with_strange(message, api_version), f"Write apiVersion: {exact[0].api_version}"
    )


def _problem(document: Document, field: str, message: str, suggestion: str = "") -> Problem:
    return Problem(document.places.get((field,), Place(1, 1)), message, suggestion, (field,))


def _short(text: str) -> str:
    return visible(re.sub(r"\s+", " ", text))[:60]
