# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the cluster about the work of a class: its namespaces, the pods in them, logs, and what is gone."""

from __future__ import annotations

import email.utils
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._cluster.client import Client, core_path
from .._cluster.list_watch import DELETED, SYNCED, Event, Feed, ListWatch
from .._cluster.pages import list_pages
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, DeadlineExceeded, KubelabsError
from .._ground.fleet import run_fleet
from .._ground.json_reading import as_count, as_list, as_map, as_text
from .._ground.times import iso_seconds, parse_time, utc_now
from .._pods.http_log import Served, served_requests
from .._pods.status import metadata, namespace_of, uid_of
from .facts import LogOf, Past

#: Of a log the last lines, and of those so many bytes. Who reads on begins where the last look was.
LOG_LINES, LOG_BYTES = 2000, 512 * 1024
#: Seconds for what is asked of one namespace or one log.
ONE_WITHIN = 15.0
#: The events of pods, which are kept for an hour.
OF_PODS = "involvedObject.kind=Pod"
#: In what the kubelet says of an image. Source: pkg/kubelet/images/image_manager.go.
_IMAGE = re.compile(r'\bimage (?:name |tag )?"([^"]+)"')

Item = Mapping[str, Any]


@dataclass
class Pods:
    """The pods of a class.

    Attributes:
        by_namespace: the pods that are there, slim.
        troubles: why those of a namespace are not known, by namespace.
    """

    by_namespace: dict[str, list[Item]] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)


def class_namespaces(client: Client, selector: str, deadline: Deadline) -> tuple[list[Item] | None, datetime]:
    """The Namespace objects that the selector finds, None where they may not be listed; and the API server's time.

    Raises:
        KubelabsError: there was no usable answer.
    """
    query = [("labelSelector", selector)] if selector else []
    try:
        answer = client.request("GET", core_path("namespaces"), query=query, deadline=deadline)
    except ApiError as exc:
        if exc.status != 403:
            raise
        return None, utc_now()
    said = email.utils.parsedate_tz(answer.headers.get("Date") or "")
    now = datetime.fromtimestamp(email.utils.mktime_tz(said)).astimezone() if said else utc_now()
    return [as_map(item) for item in as_list(as_map(answer.json()).get("items"))], now


class Everywhere:
    """The pods of the whole cluster, of which those in the class's namespaces are kept. One list, then one watch.

    Args:
        client: the API server.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._source = self._new_source()
        self._feed: Feed | None = None
        self._pods: dict[str, Item] = {}

    @property
    def trouble(self) -> str:
        """What is wrong with the watch, or with the list before there is one; '' where all is well."""
        return self._feed.trouble if self._feed is not None else self._source.trouble

    def _new_source(self) -> ListWatch:
        return ListWatch(self._client, core_path("pods"), slim=slim)

    def list(self, deadline: Deadline) -> None:
        """Fetches what there is. Until all of it is there, what was known stays.

        Raises:
            ApiError: it may not be listed.
            DeadlineExceeded: there was no whole list in time.
        """
        source = self._new_source()
        pods: dict[str, Item] = {}
        for event in source.events(deadline):
            if event.type == SYNCED:
                self._source, self._pods = source, pods
                return
            pods[uid_of(event.object)] = event.object
        raise DeadlineExceeded(f"The pods of the cluster were not listed in time. {source.trouble}".rstrip())

    def follow(self, deadline: Deadline) -> None:
        """Begins to watch. `wait` takes what comes."""
        self._feed = Feed(self._source, deadline)

    def wait(self, seconds: float) -> None:
        """Takes what changes for so long.

        Raises:
            KubelabsError: the watch cannot go on.
        """
        pause = Deadline(seconds)
        while self._feed is not None:
            event = self._feed.next(pause.remaining())
            if event is not None:
                self._take(event)
            if pause.expired:
                return

    def pods(self, namespaces: Sequence[str]) -> Pods:
        found = Pods({name: [] for name in namespaces})
        for pod in self._pods.values():
            if namespace_of(pod) in found.by_namespace:
                found.by_namespace[namespace_of(pod)].append(pod)
        return found

    def _take(self, event: Event) -> None:
        if event.type == DELETED:
            self._pods.pop(uid_of(event.object), None)
        elif event.type != SYNCED:
            self._pods[uid_of(event.object)] = event.object


def pods_by_namespace(client: Client, namespaces: Sequence[str], concurrency: int, deadline: Deadline) -> Pods:
    """The same for who may not list the pods of the whole cluster: a list for each namespace, side by side."""
    found = Pods()

    def look(namespace: str) -> None:
        pages = list_pages(client, core_path("pods", namespace), (), deadline.within(ONE_WITHIN))
        found.by_namespace[namespace] = [slim(as_map(pod)) for page in pages for pod in page]

    def on_error(namespace: str, exc: BaseException) -> None:
        found.troubles[namespace] = str(exc)

    def on_deadline(namespace: str, begun: bool) -> None:
        found.troubles[namespace] = "There was no answer in time."

    run_fleet(namespaces, look, concurrency=concurrency, deadline=deadline, on_error=on_error, on_deadline=on_deadline)
    return found


def served(client: Client, logs: Sequence[LogOf], concurrency: int, deadline: Deadline) -> list[list[Served] | None]:
    """The requests that each log tells of, in the order of the logs; None for one that could not be read."""

    def read(log: LogOf) -> list[Served] | None:
        query = [("container", log.container), ("timestamps", "true"), ("tailLines", str(LOG_LINES))]
        query.append(("limitBytes", str(LOG_BYTES)))
        if log.since is not None:
            query.append(("sinceTime", iso_seconds(log.since)))
        path = core_path("pods", log.namespace, log.pod) + "/log"
        answer = client.request("GET", path, query=query, deadline=deadline.within(ONE_WITHIN), accept="*/*")
        return served_requests(answer.body)

    return run_fleet(
        logs,
        read,
        concurrency=concurrency,
        deadline=deadline,
        on_error=lambda log, exc: None,
        on_deadline=lambda log, begun: None,
    )


def past_pods(client: Client, namespaces: Iterable[str], deadline: Deadline) -> dict[str, list[Past]]:
    """The pods of which the cluster's events speak, by namespace; nothing where they may not be listed."""
    wanted = set(namespaces)
    where = next(iter(wanted)) if len(wanted) == 1 else ""
    events: dict[tuple[str, str], list[Item]] = {}
    try:
        for page in list_pages(client, core_path("events", where), [("fieldSelector", OF_PODS)], deadline):
            for event in map(as_map, page):
                about = as_map(event.get("involvedObject"))
                namespace = as_text(about.get("namespace"))
                if namespace in wanted:
                    events.setdefault((namespace, as_text(about.get("uid"))), []).append(event)
    except KubelabsError:
        return {}
    found: dict[str, list[Past]] = {}
    for (namespace, _uid), said in events.items():
        past = _past(said)
        if past is not None:
            found.setdefault(namespace, []).append(past)
    return found


def _past(events: Sequence[Item]) -> Past | None:
    """What the events of a pod say. None where none says when it was given a node: it never was, or so long ago that
    others are forgotten as well, and their number says nothing."""
    scheduled = next((event for event in events if event.get("reason") == "Scheduled"), None)
    if scheduled is None:
        return None
    about = as_map(scheduled.get("involvedObject"))
    images = [_IMAGE.search(as_text(event.get("message"))) for event in events]
    starts: Counter[str] = Counter()
    for event in events:
        if event.get("reason") == "Started":
            container = as_text(as_map(event.get("involvedObject")).get("fieldPath"))
            starts[container] += as_count(event.get("count")) or as_count(as_map(event.get("series")).get("count")) or 1
    return Past(
        name=as_text(about.get("name")),
        uid=as_text(about.get("uid")),
        at=_time_of(scheduled),
        images=tuple(sorted({image[1] for image in images if image})),
        starts=max(starts.values(), default=0),
    )


def _time_of(event: Item) -> datetime | None:
    times = (event.get("eventTime"), event.get("firstTimestamp"), metadata(event).get("creationTimestamp"))
    return next((moment for moment in map(parse_time, times) if moment), None)


#: What is kept of a pod: a class has hundreds, and half of each is of no use here.
_META = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "labels",
    "annotations",
    "creationTimestamp",
    "deletionTimestamp",
)
_CONTAINER = ("name", "image", "command", "args", "ports", "stdin", "lifecycle")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def slim(pod: Item) -> Item:
    """The pod with what is judged of it, of the field managers only their names."""
    meta = metadata(pod)
    managers = [
        {key: as_map(entry).get(key) for key in ("manager", "operation", "subresource")}
        for entry in as_list(meta.get("managedFields"))
    ]
    containers = [
        {key: value for key, value in as_map(one).items() if key in (*_CONTAINER, *_PROBES)}
        for one in as_list(as_map(pod.get("spec")).get("containers"))
    ]
    return {
        "metadata": {**{key: meta[key] for key in _META if key in meta}, "managedFields": managers},
        "spec": {"containers": containers},
        "status": as_map(pod.get("status")),
    }
