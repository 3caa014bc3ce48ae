# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster says of itself: its kinds, their fields, and how strict a namespace is. Each is asked for once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from .._cluster.client import Client, core_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, KubelabsError
from .._ground.json_reading import as_list, as_map, as_text
from .kinds import Kind, aggregated_kinds, listed_kinds
from .schema import SchemaBook

Value = TypeVar("Value")

#: Aggregated discovery where the server has it (1.26 as v2beta1, 1.30 as v2), else the lists of before.
_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
#: Seconds for a group's list of kinds: one that another server answers for may be down, and is then left out.
GROUP_WITHIN = 5.0
ENFORCE = "pod-security.kubernetes.io/enforce"


class Catalog:
    """What one cluster has.

    Args:
        client: of the cluster.
        deadline: of the task.

    Every method raises what Client.request does, and again for whoever asks again.
    """

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline
        self._once = _Once()

    def kinds(self) -> list[Kind]:
        """All kinds that are served, the core's first."""
        return self._once.get("kinds", lambda: list(self._all_kinds()))

    def book(self, api_version: str) -> SchemaBook:
        """The schemas of a group and version, such as `v1` and `apps/v1`; none where the cluster has none."""
        paths = self._once.get("paths", self._openapi_paths)
        if paths is None:
            # Before 1.27 there may be no v3; v2 is one document for everything.
            return self._once.get("v2", lambda: SchemaBook(self._get("/openapi/v2")))
        where = as_map(paths.get(f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"))
        url = as_text(where.get("serverRelativeURL"))
        return self._once.get(url, lambda: SchemaBook(self._get(url) if url else {}))

    def enforced(self, namespace: str) -> tuple[str, str]:
        """The Pod Security level that a namespace enforces and its version, such as `baseline` and `latest`.

        Both are '' where it has none, there is no such namespace, or one may not look.
        """
        return self._once.get(f"namespace {namespace}", lambda: self._enforced(namespace))

    def _enforced(self, namespace: str) -> tuple[str, str]:
        try:
            found = self._get(core_path("namespaces", name=namespace))
        except ApiError:
            return "", ""
        labels = as_map(as_map(as_map(found).get("metadata")).get("labels"))
        return as_text(labels.get(ENFORCE)), as_text(labels.get(f"{ENFORCE}-version"))

    def _all_kinds(self) -> Iterator[Kind]:
        for path in ("/api", "/apis"):
            answer = as_map(self._client.request("GET", path, accept=_AGGREGATED, deadline=self._deadline).json())
            if answer.get("kind") == "APIGroupDiscoveryList":
                yield from aggregated_kinds(answer)
            elif path == "/api":
                yield from listed_kinds(self._get("/api/v1"))
            else:
                for group in map(as_map, as_list(answer.get("groups"))):
                    yield from self._kinds_of(group)

    def _kinds_of(self, group: Any) -> Iterator[Kind]:
        preferred = as_map(group.get("preferredVersion")).get("groupVersion")
        versions = [as_text(as_map(one).get("groupVersion")) for one in as_list(group.get("versions"))]
        for version in sorted(versions, key=lambda one: one != preferred):
            try:
                path = f"/apis/{version}"
                yield from listed_kinds(self._client.get(path, deadline=self._deadline.within(GROUP_WITHIN)))
            except KubelabsError:
                continue

    def _openapi_paths(self) -> Any:
        try:
            return as_map(as_map(self._get("/openapi/v3")).get("paths"))
        except ApiError as exc:
            if exc.status in (403, 404, 406):
                return None
            raise

    def _get(self, url: str) -> Any:
        parts = urlsplit(url)
        return self._client.get(parts.path, query=parse_qsl(parts.query), deadline=self._deadline)


class _Once:
    """What was asked for, by its name: whoever comes while it is on its way waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._answers: dict[str, Any] = {}

    def get(self, name: str, ask: Callable[[], Value]) -> Value:
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._answers:
                try:
                    self._answers[name] = ask()
                except KubelabsError as exc:
                    self._answers[name] = exc
            answer = self._answers[name]
        if isinstance(answer, KubelabsError):
            raise answer
        return answer  # type: ignore[no-any-return]
