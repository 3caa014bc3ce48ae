# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import client as client_module
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client, core_path
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    ConfigurationError,
    DeadlineExceeded,
    TransportError,
    Unreachable,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import (
    drip_body,
    half_open,
    hang_up,
    in_order,
    refuse,
    reply,
    reset,
    send,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client


@pytest.mark.parametrize(
    "words, path",
    [
        (("pods",), "/api/v1/pods"),
        (("pods", "lab-alice"), "/api/v1/namespaces/lab-alice/pods"),
        (("pods", "lab-alice", "web"), "/api/v1/namespaces/lab-alice/pods/web"),
        (("namespaces", "", "lab-alice"), "/api/v1/namespaces/lab-alice"),
        (("pods", "a/b", "c?d"), "/api/v1/namespaces/a%2Fb/pods/c%3Fd"),
    ],
    ids=["all", "of a namespace", "one", "not in a namespace", "what is no name"],
)
def test_paths(words, path):
    assert core_path(*words) == path


def test_get(api):
    assert make_client(api).get("/version", deadline=Deadline(2)) == {"gitVersion": "v1.99.0"}
    assert api.requests[-1].headers["authorization"] == ["Bearer secret"]


def test_impersonation(api):
    make_client(api).get("/version", deadline=Deadline(2), as_user="alice", as_groups=["a", "b"])
    headers = api.requests[-1].headers
    assert (headers["impersonate-user"], headers["impersonate-group"]) == (["alice"], ["a", "b"])


def test_basic_authentication(api):
    client = Client(load_connection({"host": api.url, "username": "u", "password": "p"}))
    client.hello(Deadline(2))
    assert api.requests[-1].headers["authorization"] == ["Basic dTpw"]
    assert client.summary() == {"context": None, "server": api.url, "version": "v1.99.0"}


# --- what is repeated, and when ---


@pytest.mark.parametrize(
    "status, method, asked",
    [
        (502, "GET", 3),
        (503, "GET", 3),
        (504, "GET", 3),
        (500, "GET", 3),
        (429, "GET", 3),
        (503, "DELETE", 3),
        (429, "POST", 3),
        (503, "POST", 1),
        (500, "POST", 1),
        (400, "GET", 1),
        (401, "GET", 1),
        (403, "GET", 1),
        (404, "GET", 1),
        (409, "DELETE", 1),
        (410, "GET", 1),
    ],
)
def test_what_is_repeated(api, clock, status, method, asked):
    client = make_client(api, sleep=clock.sleep)
    api.fault("^/version", refuse(status), method=method, times=2)
    if asked == 3:
        client.request(method, "/version", deadline=Deadline(5, clock))
    else:
        with pytest.raises(ApiError) as caught:
            client.request(method, "/version", deadline=Deadline(5, clock))
        assert (caught.value.status, caught.value.reason, caught.value.message) == (status, "Reason", "message")
    assert (len(api.requests), len(clock.pauses)) == (asked, asked - 1)


def test_a_500_that_stays_is_reported(api, clock):
    api.fault("^/version", refuse(500), times=99)
    with pytest.raises(ApiError):
        make_client(api, sleep=clock.sleep).get("/version", deadline=Deadline(60, clock))
    assert len(api.requests) == client_module.MAX_ATTEMPTS_500


def test_pauses_grow_to_a_bound_and_end_before_the_deadline(api, clock):
    api.fault("^/version", refuse(503), times=99)
    with pytest.raises(ApiError):
        make_client(api, sleep=clock.sleep).get("/version", deadline=Deadline(60, clock))
    assert clock.pauses[0] < 0.3 and 3.4 < clock.pauses[-1] <= 6.5
    assert sum(clock.pauses) < 60


def test_retry_after_is_obeyed(api, clock):
    api.fault("^/version", refuse(429, headers={"Retry-After": "3"}))
    api.fault("^/version", refuse(504, details={"retryAfterSeconds": 4}))
    make_client(api, sleep=clock.sleep).get("/version", deadline=Deadline(60, clock))
    assert clock.pauses == [3, 4]


def test_retry_after_beyond_the_deadline_is_not_waited_for(api, clock):
    api.fault("^/version", refuse(429, headers={"Retry-After": "60"}))
    with pytest.raises(ApiError) as caught:
        make_client(api, sleep=clock.sleep).get("/version", deadline=Deadline(5, clock))
    assert (caught.value.status, clock.pauses) == (429, [])


@pytest.mark.parametrize(
    "fault",
    [reset, hang_up, in_order(send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), reset)],
    ids=["reset", "hang up", "half an answer"],
)
def test_broken_connections_are_repeated_when_harmless(api, clock, fault):
    client = make_client(api, sleep=clock.sleep)
    api.fault("^/version", fault, times=2)
    assert client.get("/version", deadline=Deadline(5, clock))
    api.fault("^/version", fault, method="POST")
    with pytest.raises(TransportError):
        client.request("POST", "/version", deadline=Deadline(5, clock))
    assert len(clock.pauses) == 2


def test_before_the_first_answer_a_broken_connection_means_a_wrong_address(api, clock):
    api.fault("^/version", reset)
    with pytest.raises(TransportError):
        make_client(api, answered=False, sleep=clock.sleep).get("/version", deadline=Deadline(5, clock))
    assert not clock.pauses


# --- real time: servers that fall silent ---


@pytest.mark.against_the_clock
def test_a_silent_server_costs_no_more_than_the_deadline(api):
    api.fault("^/version", half_open, times=9)
    began = time.monotonic()
    with pytest.raises((DeadlineExceeded, TransportError)):
        make_client(api).get("/version", deadline=Deadline(0.3))
    assert time.monotonic() - began < 1.3


def body_of_known_length(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n")
    connection.drip(b" " * 200, 0.05)


@pytest.mark.against_the_clock
@pytest.mark.parametrize("drip", [drip_body, body_of_known_length], ids=["chunks", "known length"])
def test_a_body_that_drips_costs_no_more_than_the_deadline(api, drip):
    api.fault("^/version", drip)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        make_client(api).get("/version", deadline=Deadline(0.3))
    assert time.monotonic() - began < 1.3


def test_no_time_left(api):
    with pytest.raises(DeadlineExceeded):
        make_client(api).get("/version", deadline=Deadline(0))
    assert not api.requests


def test_not_json(api):
    api.fault("^/version", reply(200, "<html>"))
    with pytest.raises(TransportError, match="not JSON"):
        make_client(api).get("/version", deadline=Deadline(2))


def test_an_error_that_is_no_status_is_told_in_its_own_words(api):
    api.fault("^/version", reply(403, "denied by a proxy\n"))
    with pytest.raises(ApiError, match=r"The API server answered 403: denied by a proxy$"):
        make_client(api).get("/version", deadline=Deadline(2))


# --- the first contact ---


def hello(url):
    Client(load_connection({"host": url, "api_key": "secret"})).hello(Deadline(1))


def test_hello_nobody_there(api):
    api.stop()
    with pytest.raises(
        Unreachable, match=r"cannot be reached: Connection refused\. Is the cluster up, and is this the ri"
    ):
        hello(api.url)


@pytest.mark.against_the_clock
@pytest.mark.parametrize("fault", [half_open, hang_up], ids=["silence", "hangs up"])
def test_hello_no_answer(api, fault):
    api.fault("", fault)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        hello(api.url)
    assert time.monotonic() - began < 2


def test_hello_wrong_credentials(api):
    api.fault("", refuse(401))
    with pytest.raises(ConfigurationError, match="refused the credentials"):
        hello(api.url)


@pytest.mark.parametrize("answer", [refuse(403), reply(200, []), reply(200, {"gitVersion": 1})])
def test_hello_version_may_be_secret(api, answer):
    api.fault("", answer)
    hello(api.url)


def test_hello_something_else(api):
    api.fault("", reply(404, "nginx"))
    with pytest.raises(Unreachable, match="not usable"):
        hello(api.url)


# --- no credential in a message ---


def test_what_a_library_says_is_scrubbed(api, monkeypatch):
    """A ValueError with the header in it, as http.client makes it."""
    client = make_client(api, api_key="s3cret-token")

    def complain(*_args, **_more):
        raise ValueError("Invalid header value b'Bearer s3cret-token\\n'")

    client.log_in(Deadline(2))
    monkeypatch.setattr("urllib3.PoolManager.request", complain)
    with pytest.raises(ConfigurationError) as caught:
        client.get("/version", deadline=Deadline(2))
    assert str(caught.value) == ("The request GET /version cannot be sent: Invalid header value b'Bearer ********\\n'.")
