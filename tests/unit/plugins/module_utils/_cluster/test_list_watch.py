# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from collections import deque

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import list_watch
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.list_watch import (
    ADDED,
    DELETED,
    MODIFIED,
    SYNCED,
    Feed,
    ListWatch,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    DeadlineExceeded,
    KubelabsError,
    TransportError,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import (
    begin_stream,
    half_open,
    in_order,
    refuse,
    reset,
    status_object,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod

# --- what a server says, and what comes of it: no socket, and no time but the clock's ---

#: A watch in which nothing happens until it ends by itself.
QUIET = object()


class ScriptedClient:
    """Says what the test has written down: to lists a page or an exception, to watches lines, exceptions, and QUIET.

    Attributes:
        asked: (`list` or `watch`, the query) of every request.
    """

    def __init__(self, clock):
        self.lists, self.watches, self.asked = deque(), deque(), []
        self._clock = clock

    def get(self, path, *, query, deadline):
        self.asked.append(("list", dict(query)))
        answer = self.lists.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def open_stream(self, path, *, query, deadline, read_timeout):
        self.asked.append(("watch", dict(query)))
        script = (self.watches or deque([[QUIET]])).popleft()
        if isinstance(script, Exception):
            raise script
        return Stream(script, self._clock)

    def count(self, what):
        return [verb for verb, _query in self.asked].count(what)


class Stream:
    def __init__(self, script, clock):
        self._script, self._clock = script, clock

    def lines(self):
        for entry in self._script:
            if entry is QUIET:
                self._clock.now += list_watch.WATCH_SECONDS
            elif isinstance(entry, Exception):
                raise entry
            else:
                yield entry if isinstance(entry, bytes) else json.dumps(entry).encode()


@pytest.fixture(name="server")
def scripted_client(clock):
    return ScriptedClient(clock)


@pytest.fixture(name="watch")
def followed_watch(server, clock):
    """The events until the deadline, as (type, name); `watch.source` is the ListWatch."""

    def run(seconds=25.0, selector=""):
        run.source = ListWatch(server, "/api/v1/pods", selector, sleep=clock.sleep, clock=clock)
        return run.source.events(Deadline(seconds, clock))

    return run


def shown(events):
    return [(event.type, event.object["metadata"]["name"] if event.object else "") for event in events]


def page(*pods, version="100", onward=""):
    return {"items": list(pods), "metadata": {"resourceVersion": version, **({"continue": onward} if onward else {})}}


def change(kind, item, version=None):
    item = json.loads(json.dumps(item))
    if version:
        item["metadata"]["resourceVersion"] = str(version)
    return {"type": kind, "object": item}


def error(**status):
    return {"type": "ERROR", "object": status}


def test_list_then_watch(server, watch):
    server.lists.append(page(make_pod("a")))
    server.watches.append(
        [
            change("ADDED", make_pod("b"), 101),
            change("MODIFIED", make_pod("a"), 102),
            change("DELETED", make_pod("b"), 103),
            QUIET,
        ]
    )
    assert shown(watch(selector="class=x")) == [
        (ADDED, "a"),
        (SYNCED, ""),
        (ADDED, "b"),
        (MODIFIED, "a"),
        (DELETED, "b"),
    ]
    assert server.asked == [
        ("list", {"labelSelector": "class=x", "limit": str(list_watch.PAGE)}),
        (
            "watch",
            {
                "labelSelector": "class=x",
                "watch": "true",
                "allowWatchBookmarks": "true",
                "resourceVersion": "100",
                "timeoutSeconds": str(list_watch.WATCH_SECONDS),
            },
        ),
    ]


def test_a_watch_that_ends_goes_on_from_the_last_version(server, watch):
    server.lists.append(page())
    server.watches += [[change("ADDED", make_pod("a"), 500), QUIET], [QUIET]]
    assert shown(watch(50)) == [(SYNCED, ""), (ADDED, "a")]
    assert [query["resourceVersion"] for verb, query in server.asked if verb == "watch"] == ["100", "500"]


def test_managed_fields_are_dropped(server, watch):
    pod = make_pod("a")
    pod["metadata"]["managedFields"] = [{"x": 1}]
    server.lists.append(page(pod))
    server.watches.append([change("MODIFIED", pod, 101), QUIET])
    assert not any("managedFields" in event.object.get("metadata", {}) for event in watch())


def test_pages(server, watch):
    server.lists += [page(make_pod("a"), onward="x"), page(make_pod("b"), onward="y"), page(make_pod("c"), version="7")]
    assert shown(watch()) == [(ADDED, "a"), (ADDED, "b"), (ADDED, "c"), (SYNCED, "")]
    assert [query.get("continue") for verb, query in server.asked if verb == "list"] == [None, "x", "y"]
    assert server.asked[-1][1]["resourceVersion"] == "7"


def test_410_between_pages_reads_everything_at_once(server, watch):
    server.lists += [page(make_pod("a"), onward="x"), ApiError(410, "Expired", ""), page(make_pod("a"), make_pod("b"))]
    assert shown(watch()) == [(ADDED, "a"), (ADDED, "b"), (SYNCED, "")]
    assert server.asked[2] == ("list", {})


@pytest.mark.parametrize(
    "expired",
    [
        ApiError(410, "Expired", "too old resource version"),
        ApiError(410, "", "gone"),
        [error(**status_object(410, "Expired", "too old resource version"))],
        [error(**status_object(410, "Gone"))],
        [error(reason="Expired")],
    ],
    ids=["status", "status without a Status", "in the stream", "gone in the stream", "reason alone"],
)
def test_410_lists_again_and_reports_the_difference(server, watch, expired):
    """a is changed, b is gone, c is new, d was replaced, e is as it was."""
    server.lists += [
        page(make_pod("a"), make_pod("b"), make_pod("d", uid="one"), make_pod("e")),
        page(make_pod("a", version=2), make_pod("c"), make_pod("d", uid="two"), make_pod("e"), version="200"),
    ]
    server.watches.append(expired)
    events = shown(watch())
    assert events[:5] == [(ADDED, "a"), (ADDED, "b"), (ADDED, "d"), (ADDED, "e"), (SYNCED, "")]
    assert events[5:] == [(DELETED, "b"), (DELETED, "d"), (MODIFIED, "a"), (ADDED, "c"), (ADDED, "d"), (SYNCED, "")]
    assert server.asked[-1][1]["resourceVersion"] == "200"


@pytest.mark.parametrize(
    "trouble",
    [
        ApiError(504, "Timeout", "Too large resource version"),
        ApiError(429, "TooManyRequests", "", 1.0),
        ApiError(500, "", ""),
        ApiError(503, "", ""),
        TransportError("Connection reset by peer."),
        DeadlineExceeded("There was no answer in time."),
        [],
        [TransportError("The stream broke.")],
        [b'{"type": "MODIF', TransportError("The stream broke.")],
        [b"<html>"],
        [b'"text"'],
        [b"[" * 100_000],
        [{"type": "ADDED", "object": None}],
        [{"type": "ADDED", "object": {"metadata": {}}}],
        [error(**status_object(500, "InternalError"))],
        [error()],
        [{"type": "NONSENSE", "object": {"metadata": {"resourceVersion": "1"}}}],
        [change("ADDED", {"metadata": {"resourceVersion": "1", "name": "without a UID"}})],
    ],
    ids=[
        "504",
        "429",
        "500",
        "503",
        "reset",
        "no answer",
        "silent end",
        "reset in the stream",
        "half a line",
        "html",
        "no mapping",
        "too deep",
        "no object",
        "no version",
        "error 500",
        "an error that says nothing",
        "unknown type",
        "no uid",
    ],
)
def test_trouble_passes_without_a_new_list(server, watch, clock, trouble):
    server.lists.append(page(make_pod("a")))
    server.watches += [trouble, trouble, [change("ADDED", make_pod("b"), 101), QUIET]]
    assert shown(watch()) == [(ADDED, "a"), (SYNCED, ""), (ADDED, "b")]
    assert server.count("list") == 1
    assert len(clock.pauses) == 2 and 0.1 < clock.pauses[0] < 1.1
    assert watch.source.trouble == ""


@pytest.mark.parametrize("trouble", [ApiError(503, "", ""), TransportError("reset"), DeadlineExceeded("late")])
def test_a_list_that_fails_is_made_again(server, watch, clock, trouble):
    server.lists += [trouble, trouble, page(make_pod("a"))]
    assert shown(watch()) == [(ADDED, "a"), (SYNCED, "")]
    assert len(clock.pauses) == 2


def test_retry_after_is_obeyed(server, watch, clock):
    server.lists.append(page())
    server.watches.append(ApiError(429, "TooManyRequests", "", 7.0))
    list(watch())
    assert clock.pauses == [7.0]


def test_pauses_grow_and_end_with_the_deadline(server, watch, clock):
    server.lists.append(page())
    server.watches += [ApiError(503, "", "")] * 99
    began = clock.now
    assert shown(watch(60)) == [(SYNCED, "")]
    assert clock.now == began + 60
    assert clock.pauses[0] < 0.3 and max(clock.pauses) > 3.4
    assert len(clock.pauses) < 30


def test_a_watch_that_ends_every_time_is_no_busy_loop(server, watch, clock):
    server.lists.append(page())
    server.watches += [[]] * 99
    assert shown(watch(30)) == [(SYNCED, "")]
    assert server.count("watch") < 20


def test_pauses_begin_anew_after_a_watch_that_lasted(server, watch, clock):
    server.lists.append(page())
    server.watches += [ApiError(503, "", "")] * 3 + [[QUIET], ApiError(503, "", ""), [QUIET]]
    list(watch(70))
    assert clock.pauses[2] > 0.5 and clock.pauses[3] < 0.3


def test_trouble_is_told_until_there_is_an_answer(server, watch, clock):
    server.lists.append(page(make_pod("a")))
    server.watches += [ApiError(503, "ServiceUnavailable", "etcd is away")] * 2 + [
        [change("ADDED", make_pod("b"), 101)]
    ]
    troubles = {event.object.get("metadata", {}).get("name", ""): watch.source.trouble for event in watch(5)}
    assert troubles == {"a": "", "": "", "b": ""}
    server.watches += [ApiError(503, "ServiceUnavailable", "etcd is away")] * 99
    server.lists.append(page())
    list(watch(5))
    assert "etcd is away" in watch.source.trouble


def test_what_breaks_because_the_time_is_over_is_no_trouble(server, watch):
    server.lists.append(page())
    server.watches.append([QUIET, TransportError("The stream broke: no byte came for too long.")])
    assert shown(watch(25)) == [(SYNCED, "")]
    assert watch.source.trouble == ""


def test_bookmarks_only_move_on(server, watch):
    marks = [
        change("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": version}}) for version in ("500", "600")
    ]
    server.lists.append(page())
    server.watches += [[*marks, QUIET], [QUIET]]
    assert shown(watch(50)) == [(SYNCED, "")]
    assert server.asked[-1][1]["resourceVersion"] == "600"


def test_events_out_of_date_are_dropped(server, watch):
    server.lists.append(page(make_pod("a", version=100)))
    server.watches.append(
        [
            change("MODIFIED", make_pod("a"), 5),
            change("DELETED", make_pod("never-seen"), 7000),
            change("MODIFIED", make_pod("a"), 8000),
            QUIET,
        ]
    )
    events = list(watch())
    assert shown(events) == [(ADDED, "a"), (SYNCED, ""), (MODIFIED, "a")]
    assert events[-1].object["metadata"]["resourceVersion"] == "8000"


def test_versions_that_are_no_numbers_are_told_apart(server, watch):
    """Aggregated API servers may have such."""
    server.lists.append(page(make_pod("a", version="x1")))
    server.watches.append([change("MODIFIED", make_pod("a"), "x1"), change("MODIFIED", make_pod("a"), "x2"), QUIET])
    assert shown(watch()) == [(ADDED, "a"), (SYNCED, ""), (MODIFIED, "a")]


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"items": None, "metadata": None}, {"items": {"a": 1}, "metadata": []}, {"items": [None, 1, {}]}],
    ids=["null", "list", "empty", "nulls", "wrong types", "no objects"],
)
def test_a_list_that_is_none_is_empty(server, watch, answer):
    server.lists.append(answer)
    server.watches.append([QUIET])
    assert shown(watch(10)) == [(SYNCED, "")]


# --- refusals ---


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_first_list_that_is_refused_ends_it_at_once(server, watch, clock, status):
    server.lists.append(ApiError(status, "Forbidden", "may not list"))
    with pytest.raises(ApiError) as caught:
        list(watch())
    assert (caught.value.status, clock.pauses) == (status, [])


def collect(events):
    """(events, the ApiError at their end)."""
    seen = []
    with pytest.raises(ApiError) as caught:
        for event in events:
            seen.append(event)
    return shown(seen), caught.value


def test_who_may_list_and_not_watch_learns_it_after_what_was_seen(server, watch, clock):
    server.lists.append(page(make_pod("a")))
    server.watches += [ApiError(403, "Forbidden", "may not watch")] * 99
    began = clock.now
    events, exc = collect(watch(120))
    assert (events, exc.message) == ([(ADDED, "a"), (SYNCED, "")], "may not watch")
    assert list_watch.REFUSED_AT_FIRST <= clock.now - began < 2 * list_watch.REFUSED_AT_FIRST


def test_a_watch_that_is_refused_later_is_given_time(server, watch, clock):
    """An API server that is starting knows neither users nor roles for a moment."""
    server.lists.append(page(make_pod("a")))
    server.watches += [
        [QUIET],
        *[ApiError(403, "Forbidden", "RBAC: not synced")] * 6,
        [change("ADDED", make_pod("b"), 101)],
    ]
    events = shown(watch(60))
    assert events == [(ADDED, "a"), (SYNCED, ""), (ADDED, "b")]


def test_and_ends_when_there_is_nothing_but_refusals(server, watch, clock):
    server.lists.append(page())
    server.watches += [[QUIET], *[ApiError(403, "Forbidden", "taken away")] * 99]
    began = clock.now
    events, _exc = collect(watch(300))
    assert events == [(SYNCED, "")]
    waited = clock.now - began - list_watch.WATCH_SECONDS
    assert list_watch.REFUSED_FOR <= waited < list_watch.REFUSED_FOR + 7


def test_a_refusal_inside_the_stream_is_one_too(server, watch):
    server.lists.append(page())
    server.watches += [[error(**status_object(403, "Forbidden", "revoked"))]] * 99
    _events, exc = collect(watch(300))
    assert (exc.status, exc.message) == (403, "revoked")


# --- a thread of its own ---


class Source:
    """Events that a test writes down."""

    trouble = "x"

    def __init__(self, *entries):
        self._entries = entries

    def events(self, deadline):
        for entry in self._entries:
            if isinstance(entry, Exception):
                raise entry
            yield entry


def test_a_feed_gives_what_comes_and_then_the_refusal():
    feed = Feed(Source("one", "two", ApiError(403, "Forbidden", "may not watch")), Deadline(5))
    assert [feed.next(5), feed.next(5), feed.trouble] == ["one", "two", "x"]
    with pytest.raises(ApiError, match="may not watch"):
        feed.next(5)


def test_a_feed_in_which_nothing_comes():
    assert Feed(Source(), Deadline(5)).next(0.01) is None
    assert Feed(Source(), Deadline(5)).next(-1) is None


def test_a_fault_of_our_own_is_told_and_not_lost():
    with pytest.raises(KubelabsError, match="The watch failed: ValueError: oh"):
        Feed(Source(ValueError("oh")), Deadline(5)).next(5)


# --- on the wire, in real time ---


@pytest.fixture(name="follow")
def feed_on_the_wire(api):
    def follow(selector="", seconds=15.0):
        feed = Feed(ListWatch(make_client(api), "/api/v1/pods", selector), Deadline(seconds))

        def take(count, patience=5.0):
            events = [feed.next(patience) for _index in range(count)]
            return shown(event for event in events if event is not None)

        return take

    return follow


def test_on_the_wire(api, follow):
    api.put(make_pod("a", labels={"class": "x"}))
    take = follow("class=x")
    assert take(2) == [(ADDED, "a"), (SYNCED, "")]
    api.put(make_pod("b", labels={"class": "x"}))
    api.put(make_pod("c", labels={"class": "y"}))
    api.remove("b")
    assert take(2) == [(ADDED, "b"), (DELETED, "b")]


def test_a_line_in_pieces(api, follow):
    def pieces(connection, request):
        connection.begin_stream()
        line = json.dumps(change("ADDED", make_pod("é", version=9000)), ensure_ascii=False).encode() + b"\n"
        for start in range(0, len(line), 7):
            connection.chunk(line[start : start + 7])
        connection.half_open()

    api.fault("/pods", pieces, watch=True)
    assert follow()(2) == [(SYNCED, ""), (ADDED, "é")]


def test_half_open_is_noticed_by_silence(api, follow, monkeypatch):
    monkeypatch.setattr(list_watch, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr(list_watch, "SILENCE_ALLOWED", 0.1)
    api.fault("/pods", in_order(begin_stream, half_open), watch=True)
    take = follow()
    assert take(1) == [(SYNCED, "")]
    api.put(make_pod("a"))
    assert take(1) == [(ADDED, "a")]


def test_an_api_server_that_goes_away_and_comes_back(api, follow):
    """Every connection is cut, new ones are reset for a while, then the same port answers again."""
    api.put(make_pod("a"))
    take = follow()
    assert take(2) == [(ADDED, "a"), (SYNCED, "")]
    api.fault("/pods", reset, watch=True, times=2)
    api.drop_connections()
    api.put(make_pod("b"))
    assert take(1, 8) == [(ADDED, "b")]


@pytest.mark.against_the_clock
def test_a_refused_list_on_the_wire(api, follow):
    api.fault("/pods", refuse(403, "Forbidden", "may not list"))
    began = time.monotonic()
    with pytest.raises(ApiError, match="may not list"):
        follow()(1)
    assert time.monotonic() - began < 1
