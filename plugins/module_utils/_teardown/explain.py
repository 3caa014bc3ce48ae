# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a namespace is still there, and the command that would free it. Pure: objects in, sentences out.

The namespace controller says what holds a namespace in its conditions (k8s.io/api/core/v1, NamespaceConditionType; the
texts are those of pkg/controller/namespace/deletion/status_condition_utils.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._ground.json_reading import as_list, as_map, as_text
from .._ground.wording import one_line
from .._pods.status import metadata, name_of

#: How many objects are named; after that they are counted.
SHOWN = 5
#: `Some resources are remaining: configmaps. has 1 resource instances, widgets.example.com has 2 resource instances`
_REMAINING = re.compile(r"([a-z0-9-]+)\.([a-z0-9.-]*) has (\d+) resource instances")
#: `unable to retrieve the complete list of server APIs: metrics.example.com/v1: the server is currently unable to ...`,
#: or in newer versions `stale GroupVersion discovery: metrics.example.com/v1`.
_GROUP_VERSION = re.compile(r"(?<![\w./-])([a-z0-9-]+(?:\.[a-z0-9-]+)+)/(v\d+(?:(?:alpha|beta)\d+)?)(?![\w/])")
_DISCOVERY = "NamespaceDeletionDiscoveryFailure"
_CONTENT_REMAINING = "NamespaceContentRemaining"
#: Taking a finalizer off is what frees an object whose controller never will.
_NO_FINALIZERS = '{"metadata":{"finalizers":null}}'


@dataclass(frozen=True)
class Held:
    """An object that finalizers keep.

    Attributes:
        resource: as kubectl takes it, such as `pod` or `widgets.example.com`.
        name: of the object; the namespace itself has the resource `namespace`.
        finalizers: what has to be taken off.
    """

    resource: str
    name: str
    finalizers: tuple[str, ...]

    @classmethod
    def of(cls, resource: str, items: Iterable[Mapping[str, Any]]) -> list[Held]:
        """Those of the objects that have finalizers."""
        found = [cls(resource, name_of(item), finalizers_of(item)) for item in items]
        return [held for held in found if held.finalizers]


@dataclass(frozen=True)
class Explanation:
    """Why a namespace is still there: clauses for a sentence, and the words of the kubectl lines that would free it."""

    reasons: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]


def finalizers_of(item: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(as_text(name) for name in as_list(metadata(item).get("finalizers")))


def remaining_resources(namespace: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(resource, API group) of what the namespace controller says is left, '' being the core group."""
    message = _conditions(namespace).get(_CONTENT_REMAINING, "")
    return [(resource, group) for resource, group, _count in _REMAINING.findall(message)]


def explain(namespace: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], held: Sequence[Held]) -> Explanation:
    """What holds a namespace.

    Args:
        namespace: as it is now.
        pods: those that are still there.
        held: other objects with finalizers in what is left of it.
    """
    conditions = _conditions(namespace)
    reasons = [f"{condition_type}: {message}" for condition_type, message in conditions.items()]
    commands: list[tuple[str, ...]] = []
    own = finalizers_of(namespace)
    holders = [*Held.of("pod", pods), *held, *([Held("namespace", name_of(namespace), own)] if own else [])]
    reasons += [_held_words(one) for one in holders[:SHOWN]]
    if len(holders) > SHOWN:
        reasons.append(f"and {len(holders) - SHOWN} more objects with finalizers")
    commands += [_free(one, name_of(namespace)) for one in holders[:SHOWN]]
    spec = [as_text(name) for name in as_list(as_map(namespace.get("spec")).get("finalizers")) if name != "kubernetes"]
    if spec:
        reasons.append(f"the namespace's spec has the finalizer {', '.join(spec)}")
        commands.append(("get", "namespace", name_of(namespace), "-o", "yaml"))
    free_pods = [name_of(pod) for pod in pods if not finalizers_of(pod)]
    if free_pods:
        more = f" and {len(free_pods) - SHOWN} more" if len(free_pods) > SHOWN else ""
        reasons.append(f"pods still there: {', '.join(free_pods[:SHOWN])}{more}")
    for group, version in dict.fromkeys(_GROUP_VERSION.findall(conditions.get(_DISCOVERY, ""))):
        # Its server may be mended as well; whoever knows that will not type this.
        commands.append(("delete", "apiservice", f"{version}.{group}"))
    return Explanation(tuple(reasons), tuple(commands))


def _conditions(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The messages of the namespace controller's conditions that say that something holds it, by their types."""
    return {
        as_text(entry.get("type")): one_line(as_text(entry.get("message")))
        for entry in map(as_map, as_list(as_map(namespace.get("status")).get("conditions")))
        if entry.get("status") == "True" and as_text(entry.get("type")).startswith("Namespace")
    }


def _held_words(held: Held) -> str:
    word = "finalizer" if len(held.finalizers) == 1 else "finalizers"
    what = "the namespace" if held.resource == "namespace" else f"{held.resource} {held.name}"
    return f"{what} has the {word} {', '.join(held.finalizers)}"


def _free(held: Held, namespace: str) -> tuple[str, ...]:
    where = () if held.resource == "namespace" else ("-n", namespace)
    return (*where, "patch", held.resource, held.name, "--type=merge", "-p", _NO_FINALIZERS)
