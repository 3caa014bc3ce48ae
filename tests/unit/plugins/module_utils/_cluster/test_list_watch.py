# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import list_watch as pod_watch
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.list_watch import (
    ADDED,
    DELETED,
    MODIFIED,
    SYNCED,
    Feed,
    ListWatch,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi, status_object
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod


@pytest.fixture(name="api")
def fake_api():
    with FakeApi() as api:
        yield api


class Follower:
    """Follows a watch and says what came."""

    def __init__(self, api, selector="", seconds=10.0):
        self.source = ListWatch(make_client(api), "/api/v1/pods", selector)
        self.feed = Feed(self.source, Deadline(seconds))

    def next(self, patience=3.0):
        event = self.feed.next(patience)
        return None if event is None else (event.type, event.object["metadata"]["name"] if event.type != SYNCED else "")

    def take(self, count):
        return [self.next() for _index in range(count)]


def test_list_then_watch(api):
    api.put(make_pod("a"))
    follower = Follower(api)
    assert follower.take(2) == [(ADDED, "a"), (SYNCED, "")]
    api.put(make_pod("b"))
    api.put(make_pod("a", ready=False))
    api.remove("b")
    assert follower.take(3) == [(ADDED, "b"), (MODIFIED, "a"), (DELETED, "b")]
    watch = [request for request in api.requests if "watch" in request.query][0]
    assert watch.one("allowWatchBookmarks") == "true" and watch.one("resourceVersion")


def test_selector_is_the_servers_work(api):
    api.put(make_pod("a", labels={"class": "x"}))
    api.put(make_pod("b", labels={"class": "y"}))
    assert Follower(api, "class=y").take(2) == [(ADDED, "b"), (SYNCED, "")]


def test_managed_fields_are_dropped(api):
    pod = make_pod("a")
    pod["metadata"]["managedFields"] = [{"x": 1}]
    api.put(pod)
    event = Follower(api).feed.next(3)
    assert "managedFields" not in event.object["metadata"]


def test_pages(api, monkeypatch):
    monkeypatch.setattr(pod_watch, "PAGE", 2)
    for name in "abcde":
        api.put(make_pod(name))
    assert Follower(api).take(6) == [(ADDED, name) for name in "abcde"] + [(SYNCED, "")]


def test_410_between_pages_reads_everything_at_once(api, monkeypatch):
    monkeypatch.setattr(pod_watch, "PAGE", 2)
    for name in "abc":
        api.put(make_pod(name))

    def expired(connection, request):
        assert request.one("continue")
        connection.error(410, "Expired", "the continue token is too old")

    first = threading.Event()
    api.fault("/pods", lambda connection, request: (connection.reply(200, api._list(request, "pods", "")), first.set()))
    api.fault("/pods", expired)
    assert Follower(api).take(4) == [(ADDED, "a"), (ADDED, "b"), (ADDED, "c"), (SYNCED, "")]


def lists(api):
    return len([request for request in api.requests if request.path == "/api/v1/pods" and "watch" not in request.query])


def change_while_away(api, follower):
    """a is changed, b is gone, c is new: what a new list must bring to light."""
    assert follower.take(3) == [(ADDED, "a"), (ADDED, "b"), (SYNCED, "")]


@pytest.mark.parametrize(
    "answer",
    [
        lambda connection: connection.error(410, "Expired", "too old resource version"),
        lambda connection: connection.reply(410, "gone"),
    ],
)
def test_410_as_a_status_lists_again_and_reports_the_difference(api, answer):
    api.put(make_pod("a"))
    api.put(make_pod("b"))
    away = threading.Event()

    def expired(connection, request):
        away.wait(5)
        answer(connection)

    api.fault("/pods", expired, watch=True)
    follower = Follower(api)
    change_while_away(api, follower)
    api.put(make_pod("a", ready=False))
    api.remove("b")
    api.put(make_pod("c"))
    away.set()
    assert follower.take(4) == [(DELETED, "b"), (MODIFIED, "a"), (ADDED, "c"), (SYNCED, "")]
    assert lists(api) == 2


@pytest.mark.parametrize(
    "error",
    [status_object(410, "Expired", "too old resource version"), status_object(410, "Gone"), {"reason": "Expired"}],
)
def test_410_inside_the_stream_does_the_same(api, error):
    api.put(make_pod("a"))
    api.put(make_pod("b"))
    away = threading.Event()

    def expired(connection, request):
        connection.begin_stream()
        away.wait(5)
        connection.event("ERROR", error)
        connection.end_stream()

    api.fault("/pods", expired, watch=True)
    follower = Follower(api)
    change_while_away(api, follower)
    api.remove("b")
    away.set()
    assert follower.take(2) == [(DELETED, "b"), (SYNCED, "")]
    assert lists(api) == 2


def test_a_pod_replaced_while_away_is_deleted_and_added(api):
    api.put(make_pod("a", uid="one"))
    away = threading.Event()

    def expired(connection, request):
        away.wait(5)
        connection.error(410, "Expired")

    api.fault("/pods", expired, watch=True)
    follower = Follower(api)
    assert follower.take(2) == [(ADDED, "a"), (SYNCED, "")]
    api.put(make_pod("a", uid="two"))
    away.set()
    assert follower.take(3) == [(DELETED, "a"), (ADDED, "a"), (SYNCED, "")]


@pytest.mark.parametrize(
    "fault",
    [
        lambda connection, request: connection.error(
            504, "Timeout", "Too large resource version", details={"retryAfterSeconds": 0}
        ),
        lambda connection, request: connection.error(429, "TooManyRequests", headers={"Retry-After": "0"}),
        lambda connection, request: connection.error(500),
        lambda connection, request: connection.error(503),
        lambda connection, request: connection.reset(),
        lambda connection, request: connection.hang_up(),
        lambda connection, request: (connection.begin_stream(), connection.end_stream()),
        lambda connection, request: (connection.begin_stream(), connection.reset()),
        lambda connection, request: (
            connection.begin_stream(),
            connection.chunk(b'{"type": "MODIF'),
            connection.hang_up(),
        ),
        lambda connection, request: (connection.begin_stream(), connection.chunk(b"<html>\n"), connection.end_stream()),
        lambda connection, request: (
            connection.begin_stream(),
            connection.event("ERROR", status_object(500, "InternalError")),
        ),
        lambda connection, request: (
            connection.begin_stream(),
            connection.event("NONSENSE", {"metadata": {"resourceVersion": "1"}}),
            connection.end_stream(),
        ),
    ],
    ids=[
        "504",
        "429",
        "500",
        "503",
        "reset",
        "hang-up",
        "silent-end",
        "reset-in-stream",
        "half-a-line",
        "html",
        "error-500",
        "unknown-type",
    ],
)
def test_trouble_is_lived_through_without_a_new_list(api, fault):
    api.put(make_pod("a"))
    api.fault("/pods", fault, watch=True, times=2)
    follower = Follower(api)
    assert follower.take(2) == [(ADDED, "a"), (SYNCED, "")]
    api.put(make_pod("b"))
    assert follower.next(5) == (ADDED, "b")
    assert lists(api) == 1


def test_a_list_that_fails_is_made_again(api):
    api.put(make_pod("a"))
    api.fault("/pods", lambda connection, request: connection.error(503), times=2)
    assert Follower(api).take(2) == [(ADDED, "a"), (SYNCED, "")]


def test_bookmarks_only_move_on(api):
    def bookmarks(connection, request):
        connection.begin_stream()
        for version in (500, 600):
            connection.event("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(version)}})
        connection.end_stream()

    api.fault("/pods", bookmarks, watch=True)
    follower = Follower(api)
    assert follower.take(1) == [(SYNCED, "")]
    assert follower.next(0.8) is None
    assert [request.one("resourceVersion") for request in api.requests if "watch" in request.query][1] == "600"


def test_events_out_of_date_are_dropped(api):
    def stale(connection, request):
        connection.begin_stream()
        connection.event(
            "MODIFIED",
            {**make_pod("a", ready=False), "metadata": {**make_pod("a")["metadata"], "resourceVersion": "5"}},
        )
        connection.event("DELETED", make_pod("never-seen", uid="x", version=7000))
        connection.event("MODIFIED", make_pod("a", version=8000))
        connection.half_open()

    api.put(make_pod("a"))
    api.fault("/pods", stale, watch=True)
    follower = Follower(api)
    assert follower.take(2) == [(ADDED, "a"), (SYNCED, "")]
    event = follower.feed.next(3)
    assert event.object["metadata"]["resourceVersion"] == "8000"


def test_a_line_in_pieces(api):
    import json

    def pieces(connection, request):
        connection.begin_stream()
        line = json.dumps({"type": "ADDED", "object": make_pod("é", version=9000)}, ensure_ascii=False).encode() + b"\n"
        for start in range(0, len(line), 7):
            connection.chunk(line[start : start + 7])
        connection.half_open()

    api.fault("/pods", pieces, watch=True)
    assert Follower(api).take(2) == [(SYNCED, ""), (ADDED, "é")]


def test_a_watch_that_ends_every_time_is_no_busy_loop(api):
    api.fault(
        "/pods", lambda connection, request: (connection.begin_stream(), connection.end_stream()), watch=True, times=999
    )
    follower = Follower(api, seconds=1.5)
    assert follower.take(1) == [(SYNCED, "")]
    time.sleep(1.5)
    assert len(api.requests) < 10


def test_half_open_is_noticed_by_silence(api, monkeypatch):
    monkeypatch.setattr(pod_watch, "WATCH_SECONDS", 1)
    monkeypatch.setattr(pod_watch, "SILENCE_ALLOWED", 0.3)

    def half_open(connection, request):
        connection.begin_stream()
        connection.half_open()

    api.fault("/pods", half_open, watch=True)
    follower = Follower(api)
    assert follower.take(1) == [(SYNCED, "")]
    api.put(make_pod("a"))
    assert follower.next(4) == (ADDED, "a")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_for_good_ends_it(api, status):
    api.fault("/pods", lambda connection, request: connection.error(status, "Forbidden", "may not list"))
    with pytest.raises(ApiError) as caught:
        Follower(api).feed.next(3)
    assert caught.value.status == status


def test_trouble_is_told(api):
    api.fault(
        "/pods",
        lambda connection, request: connection.error(503, "ServiceUnavailable", "etcd is away"),
        watch=True,
        times=999,
    )
    follower = Follower(api, seconds=2)
    follower.take(1)
    time.sleep(0.5)
    assert "etcd is away" in follower.feed.trouble


def test_an_api_server_that_goes_away_and_comes_back(api):
    """Reset everything for a while: connections are refused, then the same port answers again."""
    api.put(make_pod("a"))
    follower = Follower(api, seconds=15)
    assert follower.take(2) == [(ADDED, "a"), (SYNCED, "")]
    api.fault("/pods", lambda connection, request: connection.reset(), watch=True, times=3)
    for sock in list(api._sockets):
        try:
            sock.shutdown(2)
        except OSError:
            pass
    time.sleep(0.3)
    api.put(make_pod("b"))
    assert follower.next(8) == (ADDED, "b")
