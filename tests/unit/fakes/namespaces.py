# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces and their pods in a cluster without sockets, on a clock that moves only when somebody waits."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.list_watch import DELETED, MODIFIED, SYNCED, Event
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError, DeadlineExceeded
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import utc_now
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.explain import Held
from ansible_collections.kubelabs.pods.tests.unit.fakes.clock import FakeClock
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod

OURS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "c"}
SELECTOR = "app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=c"
NOW = "2026-11-22T08:31:41Z"


class FakeNamespaces:
    """What `Steps` asks for, and the changes that a watch would show.

    Attributes:
        did: every request that changes something, in order, in words; without those of
        keys_ended: whose service accounts were deleted, by which selector, after how many of the others.
        refuse: errors to raise, by the name of the method, as long as they are there.
        silent_from: from when on, on the clock, nothing about single namespaces is answered.
        watch_refused: whether watching is forbidden.
        trouble: what keeps the watch from telling anything, while it may come back.
        listed_after: seconds until the watch has made its list, of which what has gone before is no part.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.did: list[str] = []
        self.keys_ended: list[tuple[str, str, int]] = []
        self.refuse: dict[str, ApiError] = {}
        self.silent_from = float("inf")
        self.watch_refused = False
        self.trouble = ""
        self.held: list[Held] = []
        self.listed_after = 0.0
        self._namespaces: dict[str, dict[str, Any]] = {}
        self._pods: dict[str, dict[str, dict[str, Any]]] = {}
        self._ends: dict[str, float] = {}
        self._ends_after: dict[str, float] = {}
        self._makers: dict[str, Callable[[int], dict[str, Any]]] = {}
        self._made = 0
        self._stopped: set[str] = set()
        self._events: list[Event] | None = None
        self._list_at = 0.0
        self._looks_again: dict[str, float] = {}

    # --- what a test says ---

    def namespace(self, name: str, labels: dict[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
        item = {
            "metadata": {"name": name, "uid": f"uid-{name}", "labels": labels if labels is not None else dict(OURS)},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        item["metadata"].update(metadata)
        self._namespaces[name] = item
        self._pods.setdefault(name, {})
        return item

    def pod(
        self,
        namespace: str,
        name: str = "web",
        *,
        ends_after: float = 0.3,
        grace: int | None = None,
        controller: str = "",
        **metadata: Any,
    ) -> dict[str, Any]:
        """A pod that has gone so many seconds after it was told to, if it is given that time."""
        pod = make_pod(name, namespace=namespace)
        pod["metadata"].update(metadata)
        if grace is not None:
            pod["spec"]["terminationGracePeriodSeconds"] = grace
        if controller:
            pod["metadata"]["ownerReferences"] = [{"kind": controller, "controller": True}]
        self._pods[namespace][name] = pod
        self._ends_after[pod["metadata"]["uid"]] = ends_after
        return pod

    def recreate(self, namespace: str, make: Callable[[int], dict[str, Any]]) -> None:
        """Something that makes a new pod whenever one goes, until it is stopped or the namespace is deleted."""
        self._makers[namespace] = make

    def relabel(self, name: str, labels: dict[str, str]) -> None:
        """What the watch shows of it: that it has gone, with its new labels."""
        item = self._namespaces[name]
        item["metadata"]["labels"] = labels
        self._tell(DELETED, item)

    def is_there(self, name: str) -> bool:
        self._settle()
        return name in self._namespaces

    # --- Steps ---

    def list_namespaces(self, selector: str) -> list[dict[str, Any]]:
        self._check("list_namespaces")
        return [copy.deepcopy(item) for _name, item in sorted(self._namespaces.items())]

    def read_namespace(self, name: str, deadline: Any = None) -> dict[str, Any] | None:
        self._settle()
        self._answer()
        return copy.deepcopy(self._namespaces.get(name))

    def list_pods(self, namespace: str, *, cached: bool = False) -> list[dict[str, Any]]:
        self._check("list_pods")
        self._settle()
        return [copy.deepcopy(pod) for pod in self._pods.get(namespace, {}).values()]

    def end_keys(self, namespace: str, selector: str) -> None:
        self._check("end_keys")
        self.keys_ended.append((namespace, selector, len(self.did)))

    def stop_controllers(self, namespace: str, kinds: set[str]) -> None:
        for kind in sorted(kinds):
            self.did.append(f"stop {kind} in {namespace}")
            if kind == "ReplicaSet":
                self._makers.pop(namespace, None)

    def delete_pods(self, namespace: str) -> None:
        self._check("delete_pods")
        self.did.append(f"delete pods of {namespace}")
        for pod in list(self._pods[namespace].values()):
            self._send_away(pod, None)

    def delete_pod(self, pod: dict[str, Any], namespace: str, grace: int | None) -> None:
        name = pod["metadata"]["name"]
        self.did.append(f"delete pod {name}" + (f" in {grace} s" if grace is not None else ""))
        current = self._pods.get(namespace, {}).get(name)
        if current is None or current["metadata"]["uid"] != pod["metadata"]["uid"]:
            return
        if grace == 0 and not current["metadata"].get("finalizers"):
            self._remove_pod(namespace, name)
        else:
            self._send_away(current, grace)

    def delete_namespace(self, item: dict[str, Any]) -> bool:
        self._check("delete_namespace")
        name = item["metadata"]["name"]
        self.did.append(f"delete namespace {name}")
        current = self._namespaces.get(name)
        if current is None or current["metadata"]["uid"] != item["metadata"]["uid"]:
            return False
        self.terminate(name)
        return True

    def touch_namespace(self, item: dict[str, Any]) -> None:
        self._check("touch_namespace")
        name = item["metadata"]["name"]
        self.did.append(f"touch namespace {name}")
        # The controller looks at what has changed after 5 s.
        self._looks_again[name] = min(self._looks_again.get(name, float("inf")), self.clock() + 5)

    def held_objects(self, namespace: str, resources: Any, deadline: Any) -> list[Held]:
        self._answer()
        return self.held

    # --- Changes ---

    def watch(self, selector: str) -> FakeNamespaces:
        self._list_at = self.clock() + self.listed_after
        return self

    def next(self, patience: float) -> Event | None:
        if self.watch_refused:
            raise ApiError(403, "Forbidden", "may not watch namespaces")
        self._settle()
        self._list()
        if self._events and not self.trouble:
            return self._events.pop(0)
        self.clock.sleep(max(patience, 0.01))
        self._settle()
        self._list()
        return self._events.pop(0) if self._events and not self.trouble else None

    def _list(self) -> None:
        """What a watch shows first: all that is there when it begins."""
        if self._events is None and self.clock() >= self._list_at:
            self._events = []
            for item in list(self._namespaces.values()):
                self._tell(MODIFIED, item)
            self._events.append(Event(SYNCED, {}, utc_now()))

    # --- the cluster ---

    def terminate(self, name: str) -> None:
        """As `kubectl delete namespace` does, whoever it was."""
        item = self._namespaces[name]
        item["metadata"]["deletionTimestamp"] = NOW
        item["status"]["phase"] = "Terminating"
        self._makers.pop(name, None)
        pods = list(self._pods[name].values())
        for pod in pods:
            self._send_away(pod, None)
        # As the namespace controller does: half of the longest time that a pod asks for, and a second.
        asked = [pod["spec"].get("terminationGracePeriodSeconds", 30) for pod in pods]
        self._looks_again[name] = self.clock() + (max(asked) // 2 + 1 if asked else 0)
        self._settle()

    def _check(self, method: str) -> None:
        if method in self.refuse:
            raise self.refuse[method]

    def _answer(self) -> None:
        if self.clock() >= self.silent_from:
            raise DeadlineExceeded("There was no answer in time.")

    def _tell(self, event: str, item: dict[str, Any]) -> None:
        if self._events is not None:
            self._events.append(Event(event, copy.deepcopy(item), utc_now()))

    def _send_away(self, pod: dict[str, Any], grace: int | None) -> None:
        meta = pod["metadata"]
        asked = pod["spec"].get("terminationGracePeriodSeconds", 30)
        granted = asked if grace is None else grace
        meta["deletionTimestamp"] = NOW
        meta["deletionGracePeriodSeconds"] = min(granted, meta.get("deletionGracePeriodSeconds", granted))
        ends_after = min(self._ends_after[meta["uid"]], float(meta["deletionGracePeriodSeconds"]))
        self._ends[meta["uid"]] = min(self.clock() + ends_after, self._ends.get(meta["uid"], float("inf")))

    def _settle(self) -> None:
        """Lets happen what is due."""
        for name in list(self._pods):
            for pod in list(self._pods[name].values()):
                due = self._ends.get(pod["metadata"]["uid"], float("inf")) <= self.clock()
                if due and not pod["metadata"].get("finalizers"):
                    self._remove_pod(name, pod["metadata"]["name"])
        for name, item in list(self._namespaces.items()):
            looked = self._looks_again.get(name, 0.0) <= self.clock()
            gone = item["metadata"].get("deletionTimestamp") and not self._pods[name] and looked
            if gone and not item["metadata"].get("finalizers"):
                del self._namespaces[name]
                self._tell(DELETED, item)

    def _remove_pod(self, namespace: str, name: str) -> None:
        del self._pods[namespace][name]
        if namespace in self._makers:
            self._made += 1
            self.pod(namespace, **self._makers[namespace](self._made))
