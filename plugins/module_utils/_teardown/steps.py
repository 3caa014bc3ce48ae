# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests of a teardown, each of which can be repeated: what is gone stays gone, what is going goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._cluster.client import Client, Query, core_path, group_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError
from .._ground.json_reading import as_list, as_map, as_text
from .._ground.times import iso, utc_now
from .._pods.status import metadata, name_of, uid_of
from .explain import Held
from .states import CONTROLLERS

Item = Mapping[str, Any]

#: When a namespace that is being deleted was seen without pods.
EMPTIED = "kubelabs.pods/emptied"


class Steps:
    """What a teardown asks of one cluster.

    Args:
        client: the API server.
        deadline: of the whole task.
        pod_selector: only pods that match are touched; '' for all of a namespace.

    All methods raise KubelabsError where the cluster refuses or does not answer.
    """

    def __init__(self, client: Client, deadline: Deadline, pod_selector: str = "") -> None:
        self._client = client
        self._deadline = deadline
        self._pod_query: Query = [("labelSelector", pod_selector)] if pod_selector else []

    def list_namespaces(self, selector: str) -> list[Item]:
        return self._items(core_path("namespaces"), [("labelSelector", selector)])

    def read_namespace(self, name: str, deadline: Deadline | None = None) -> Item | None:
        """The namespace as it is now; None where there is none."""
        try:
            return as_map(self._client.get(core_path("namespaces", name=name), deadline=deadline or self._deadline))
        except ApiError as exc:
            if exc.status == 404:
                return None
            raise

    def list_pods(self, namespace: str, *, cached: bool = False) -> list[Item]:
        """The pods of a namespace; cached asks the API server's cache, in which what has gone may still be."""
        return self._items(core_path("pods", namespace), [*self._pod_query, *([("resourceVersion", "0")] * cached)])

    def end_keys(self, namespace: str, selector: str) -> None:
        """Deletes the service accounts of the class, and with them what their tokens open, whoever has a copy.

        Whoever may not do that goes without: they go with the namespace, which may be kept up by what is in it.
        """
        query: Query = [("labelSelector", selector)]
        try:
            self._client.request(
                "DELETE", core_path("serviceaccounts", namespace), query=query, deadline=self._deadline
            )
        except ApiError as exc:
            if exc.status not in (403, 404, 405):
                raise

    def stop_controllers(self, namespace: str, kinds: set[str]) -> None:
        """Deletes the workloads whose controllers would make pods anew, and leaves their pods.

        Whoever may not do that goes without: in a namespace that is being deleted nothing is made anew either.
        """
        collections = dict.fromkeys(one for kind in CONTROLLERS if kind in kinds for one in CONTROLLERS[kind])
        for versions, resource in collections:
            for version in versions:
                path = core_path(resource, namespace) if version == "v1" else group_path(version, resource, namespace)
                try:
                    # In the background: the pods are sent away by us, with what time they get.
                    self._delete(path, propagationPolicy="Background")
                    break
                except ApiError as exc:
                    if exc.status not in (403, 404, 405):
                        raise

    def delete_pods(self, namespace: str) -> None:
        """Sends all pods away, each with the time that it asks for."""
        self._client.request("DELETE", core_path("pods", namespace), query=self._pod_query, deadline=self._deadline)

    def delete_pod(self, pod: Item, namespace: str, grace: int | None) -> None:
        """Sends one pod away, this very one, with the given seconds; None gives it what it asks for."""
        body: dict[str, Any] = {"preconditions": {"uid": uid_of(pod)}}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            self._delete(core_path("pods", namespace, name_of(pod)), **body)
        except ApiError as exc:
            if exc.status not in (404, 409):  # gone, or another pod by now
                raise

    def delete_namespace(self, item: Item) -> bool:
        """Deletes the namespace exactly as it was read, labels included; False where it has changed since."""
        preconditions = {"uid": uid_of(item), "resourceVersion": metadata(item).get("resourceVersion")}
        try:
            self._delete(core_path("namespaces", name=name_of(item)), preconditions=preconditions)
        except ApiError as exc:
            if exc.status in (404, 409):
                return False
            raise
        return True

    def touch_namespace(self, item: Item) -> None:
        """Changes an annotation of a namespace that is being deleted, so that its controller looks at it again.

        Whoever may not do that waits for as long as the controller does.
        """
        change = {"metadata": {"uid": uid_of(item), "annotations": {EMPTIED: iso(utc_now())}}}
        try:
            self._client.request(
                "PATCH", core_path("namespaces", name=name_of(item)), body=change, deadline=self._deadline
            )
        except ApiError as exc:
            if exc.status not in (403, 404, 405, 409):  # not allowed, gone, or another namespace by now
                raise

    def held_objects(self, namespace: str, resources: Sequence[tuple[str, str]], deadline: Deadline) -> list[Held]:
        """The objects with finalizers among what is left of a namespace; what may not be read is left out."""
        held = []
        for resource, group in resources:
            if (resource, group) == ("pods", ""):
                continue  # those are known
            try:
                if group:
                    found = as_map(self._client.get(f"/apis/{group}", deadline=deadline))
                    version = as_text(as_map(found.get("preferredVersion")).get("groupVersion"))
                    path = group_path(version, resource, namespace)
                else:
                    path = core_path(resource, namespace)
                answer = as_map(self._client.get(path, deadline=deadline))
            except ApiError:
                continue
            items = [as_map(item) for item in as_list(answer.get("items"))]
            held += Held.of(f"{resource}.{group}" if group else resource, items)
        return held

    def _items(self, path: str, query: Query) -> list[Item]:
        answer = self._client.get(path, query=query, deadline=self._deadline)
        return [as_map(item) for item in as_list(as_map(answer).get("items"))]

    def _delete(self, path: str, **options: Any) -> None:
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        self._client.request("DELETE", path, deadline=self._deadline, body=body)
