# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List and watch, as every controller does it, on raw JSON.

A list gives the state and a resourceVersion; the watch goes on from there. When the server no longer knows that version
(410, as an HTTP status or inside the stream) the list is made again and compared with what was known, so that whoever
follows the events misses no final state. Sources: Kubernetes API concepts, "Efficient detection of changes"; KEP-956
for bookmarks.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._ground.api_status import ApiStatus
from .._ground.deadline import Clock, Deadline, backoff
from .._ground.errors import ApiError, DeadlineExceeded, KubelabsError, TransportError
from .._ground.json_reading import as_list, as_map, as_text
from .._ground.times import utc_now
from .client import Client

ADDED = "ADDED"
MODIFIED = "MODIFIED"
DELETED = "DELETED"
#: After every list: what has been reported is now complete.
SYNCED = "SYNCED"

#: The server is asked to end every watch after so many seconds. That costs one request and bounds how long a connection
#: that is dead without anybody knowing can go unnoticed.
WATCH_SECONDS = 30
#: Seconds beyond that without the end of the watch after which the connection counts as dead.
SILENCE_ALLOWED = 5.0
PAGE = 500
#: Seconds for one page of a list, attempts included; then the trouble is noted and the list begun anew.
PAGE_WITHIN = 20.0
#: Answers that asking again does not change.
REFUSALS = frozenset({400, 401, 403, 404, 405})
#: Seconds of nothing but refusals after which they count, once a watch has begun: an API server that is starting knows
#: neither users nor roles for a moment. Before that, who may list may be refused the watch, and is to know soon.
REFUSED_FOR, REFUSED_AT_FIRST = 20.0, 2.0
#: A watch that was shorter, over and over, must not become a busy loop.
SHORTEST_WATCH = 0.2


@dataclass(frozen=True)
class Event:
    """A change.

    Attributes:
        type: ADDED, MODIFIED, DELETED, or SYNCED, which has no object.
        object: the JSON, slim; on DELETED the last known state.
        at: when it arrived here, UTC.
    """

    type: str
    object: Mapping[str, Any]
    at: datetime


class ListWatch:
    """Objects of one collection, across all namespaces when the path says so.

    Args:
        client: the API server.
        path: such as `/api/v1/pods`.
        label_selector: server-side selection; '' for everything.
        slim: what is kept of an object, its resourceVersion among it; without it all but managedFields.
        sleep: waits between attempts.
        clock: monotonic seconds.

    Attributes:
        trouble: what went wrong last and has not been followed by an answer since; '' when all is well.
    """

    def __init__(
        self,
        client: Client,
        path: str,
        label_selector: str = "",
        *,
        slim: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        self._client = client
        self._slim = slim or _slim
        self._path = path
        self._selector = label_selector
        self._sleep = sleep
        self._clock = clock
        self._known: dict[str, Mapping[str, Any]] = {}
        self._version = ""
        self._listed = self._watched = False
        self._refused_since: float | None = None
        self.trouble = ""

    def events(self, deadline: Deadline) -> Iterator[Event]:
        """Changes until the deadline. Trouble that may pass does not end it.

        Raises:
            ApiError: the server refuses for good: 400, 401, 403, 404, 405. The first list at once, the first watch
                after REFUSED_AT_FIRST seconds, later ones after REFUSED_FOR seconds of nothing else.
        """
        failures = 0
        while not deadline.expired:
            try:
                if not self._version:
                    yield from self._list(deadline)
                began = self._clock()
                yield from self._watch(deadline)
                failures = 0 if self._clock() - began > SHORTEST_WATCH else failures + 1
            except ApiError as exc:
                if exc.status in REFUSALS and self._refused_for_good():
                    raise
                failures += 1
                self._note(exc)
                self._pause(failures, deadline, exc.retry_after or 0.0)
                continue
            except (DeadlineExceeded, TransportError) as exc:
                if deadline.expired:
                    return  # that is why, and no trouble
                failures += 1
                self._note(exc)
            if failures:
                self._pause(failures, deadline)

    def _refused_for_good(self) -> bool:
        now = self._clock()
        if self._refused_since is None:
            self._refused_since = now
        patience = REFUSED_FOR if self._watched else REFUSED_AT_FIRST
        return not self._listed or now - self._refused_since >= patience

    def _answered(self) -> None:
        self.trouble, self._refused_since = "", None

    def _note(self, exc: Exception) -> None:
        self.trouble = str(exc)
        if isinstance(exc, ApiError) and (exc.status == 410 or exc.reason in ("Expired", "Gone")):
            self._version = ""

    def _pause(self, failures: int, deadline: Deadline, at_least: float = 0.0) -> None:
        self._sleep(deadline.clip(max(backoff(failures), at_least)))

    # --- list ---

    def _list(self, deadline: Deadline) -> Iterator[Event]:
        objects, version = self._list_pages(deadline)
        at = utc_now()
        self._answered()
        self._listed = True
        for uid in [uid for uid in self._known if uid not in objects]:
            yield Event(DELETED, self._known.pop(uid), at)
        for uid, item in objects.items():
            event = self._take(uid, item, at)
            if event:
                yield event
        self._version = version
        yield Event(SYNCED, {}, at)

    def _list_pages(self, deadline: Deadline) -> tuple[dict[str, Mapping[str, Any]], str]:
        """All objects by UID. In pages, so that a thousand students do not have to fit into one answer."""
        objects: dict[str, Mapping[str, Any]] = {}
        onward, version, limit = "", "", PAGE
        while True:
            query = self._query([("limit", str(limit))] if limit else [])
            if onward:
                query.append(("continue", onward))
            try:
                answer = self._client.get(self._path, query=query, deadline=deadline.within(PAGE_WITHIN))
            except ApiError as exc:
                if exc.status == 410 and onward:
                    objects, onward, limit = {}, "", 0  # the pages took too long: everything at once
                    continue
                raise
            page = as_map(answer)
            for item in as_list(page.get("items")):
                uid = _uid(item)
                if uid:
                    objects[uid] = self._slim(item)
            meta = as_map(page.get("metadata"))
            onward, version = as_text(meta.get("continue")), as_text(meta.get("resourceVersion")) or version
            if not onward:
                return objects, version

    # --- watch ---

    def _watch(self, deadline: Deadline) -> Iterator[Event]:
        query = self._query(
            [
                ("watch", "true"),
                ("allowWatchBookmarks", "true"),
                ("resourceVersion", self._version),
                ("timeoutSeconds", str(WATCH_SECONDS)),
            ]
        )
        stream = self._client.open_stream(
            self._path, query=query, deadline=deadline, read_timeout=WATCH_SECONDS + SILENCE_ALLOWED
        )
        self._watched = True
        for line in stream.lines():
            event = self._read(line)
            self._answered()
            if event:
                yield event
            if deadline.expired:
                return

    def _read(self, line: bytes) -> Event | None:
        """One line of the stream; None when it reports nothing new.

        Raises:
            ApiError: the line is an ERROR.
            TransportError: the line is no event: the stream was cut or something else is talking.
        """
        try:
            parsed = json.loads(line)
            event_type, item = parsed["type"], parsed["object"]
            version = str(item["metadata"]["resourceVersion"]) if event_type != "ERROR" else ""
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise TransportError("The watch sent something that is no event.") from exc
        if event_type == "ERROR":
            raise _stream_error(item)
        if event_type == "BOOKMARK":
            self._version = version
            return None
        uid = _uid(item)
        if not uid or event_type not in (ADDED, MODIFIED, DELETED):
            return None
        self._version = _newer(self._version, version)
        if event_type == DELETED:
            return Event(DELETED, self._slim(item), utc_now()) if self._known.pop(uid, None) is not None else None
        return self._take(uid, self._slim(item), utc_now())

    def _take(self, uid: str, item: Mapping[str, Any], at: datetime) -> Event | None:
        """Remembers the object; None when it is no newer than what is known."""
        before = self._known.get(uid)
        if before is not None and not _is_newer(_version_of(item), _version_of(before)):
            return None
        self._known[uid] = item
        return Event(ADDED if before is None else MODIFIED, item, at)

    def _query(self, more: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return ([("labelSelector", self._selector)] if self._selector else []) + more


class Feed:
    """A ListWatch in a thread of its own, so that whoever follows it can also watch the clock.

    The thread is a daemon: a server that keeps a connection open and says nothing cannot hold the task up.
    """

    def __init__(self, source: ListWatch, deadline: Deadline) -> None:
        self._source = source
        self._deadline = deadline
        self._queue: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    @property
    def trouble(self) -> str:
        """See ListWatch.trouble."""
        return self._source.trouble

    def next(self, patience: float) -> Event | None:
        """The next event; None when there was none for so many seconds.

        Raises:
            KubelabsError: the watch cannot go on.
        """
        try:
            item = self._queue.get(timeout=max(0.0, patience))
        except queue.Empty:
            return None
        if isinstance(item, BaseException):
            raise item
        return item

    def _run(self) -> None:
        try:
            for event in self._source.events(self._deadline):
                self._queue.put(event)
        except KubelabsError as exc:
            self._queue.put(exc)
        except Exception as exc:  # pylint: disable=broad-except
            self._queue.put(KubelabsError(f"The watch failed: {type(exc).__name__}: {exc}"))


def _uid(item: Any) -> str:
    return as_text(as_map(as_map(item).get("metadata")).get("uid"))


def _version_of(item: Mapping[str, Any]) -> str:
    return str(item["metadata"].get("resourceVersion") or "")


def _is_newer(version: str, than: str) -> bool:
    """Versions of one resource are numbers that grow (KEP-5504 made that a promise; etcd had always done it)."""
    if version.isdigit() and than.isdigit():
        return int(version) > int(than)
    return version != than


def _newer(known: str, version: str) -> str:
    return version if not known or _is_newer(version, known) else known


def _slim(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without managedFields, which are half of a pod's size and none of our business."""
    meta = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return {**item, "metadata": meta}


def _stream_error(item: Any) -> ApiError:
    status = ApiStatus.of({"status": "Failure", **as_map(item)}) or ApiStatus(False)
    return ApiError(status.code or 500, status.reason, status.message, status.retry_after)
