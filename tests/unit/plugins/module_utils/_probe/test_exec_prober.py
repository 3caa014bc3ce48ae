# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.exec_stream import (
    V4,
    V5,
    Capture,
    Ending,
    ExecRecord,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import TransportError
from ansible_collections.kubelabs.pods.plugins.module_utils._probe import exec_prober
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.exec_prober import ExecProber
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import ExecProbe
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import exit_status, status_object
from ansible_collections.kubelabs.pods.tests.unit.fakes.client import FakeClient
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
CANNOT_GET = 'pods "web" is forbidden: User "alice" cannot get resource "pods/exec" in API group ""'


def record(ending=Ending.CLOSED, error=None, stdout=b"", stderr=b"", **more):
    """What run_exec says of a conversation; the Status as JSON where it is given as a dictionary."""
    captures = []
    for data in (stdout, stderr):
        captures.append(Capture(100))
        captures[-1].add(data)
    raw = error if isinstance(error, bytes) else json.dumps(error).encode() if error else b""
    open_ = {"sent": True, "connected": True, "protocol": V5}
    return ExecRecord(*captures, error=raw, ending=ending, **{**open_, **more})


def refused(status, body="", **more):
    text = body if isinstance(body, str) else json.dumps(body)
    closed = {"connected": False, "protocol": None}
    return record(Ending.REFUSED, http_status=status, http_body=text, **{**closed, **more})


def ends(code, stdout=b"", stderr=b""):
    return record(error=exit_status(code), stdout=stdout, stderr=stderr)


def fails(message):
    return record(error=status_object(500, "InternalError", message))


NOT_CONNECTED = {"sent": False, "connected": False, "protocol": None}


@pytest.fixture(name="client")
def fake_client():
    client = FakeClient()
    client.put(make_pod("web"))
    return client


@pytest.fixture(name="attempt")
def prober(client, clock, monkeypatch):
    """One attempt at a probe, with what run_exec is to return each time it is called.

    `attempt.requests` are what it was called with, and what was left of the deadline.
    """
    requests = []

    def attempt(*records, seconds=10, takes=0.0, **options):
        script = list(records)

        def run_exec(_client, request, *, deadline, max_output):
            requests.append((request, deadline.remaining()))
            clock.sleep(min(takes, deadline.remaining()))
            return script.pop(0)

        monkeypatch.setattr(exec_prober, "run_exec", run_exec)
        probe = ExecProbe(**{"name": "p", "namespace": "lab-alice", "pod": "web", "command": ("true",), **options})
        result = ExecProber(client, 100, Deadline(60, clock), clock.sleep).perform(probe, Deadline(seconds, clock))
        assert not script, "asked less often than the test expects"
        return result

    attempt.requests = requests
    return attempt


# --- what an attempt came to ---


@pytest.mark.parametrize(
    "record, word, rc, reason",
    [
        pytest.param(ends(0), "ok", 0, "the command exited with code 0", id="success"),
        pytest.param(ends(3), "nonzero_exit", 3, "exited with code 3", id="exit code"),
        pytest.param(ends(137), "nonzero_exit", 137, "it was killed (SIGKILL)", id="killed"),
        pytest.param(
            fails('exec failed: exec: "true": executable file not found in $PATH'),
            "no_such_executable",
            None,
            "there is no executable 'true'",
            id="no executable",
        ),
        pytest.param(
            fails("container is in CONTAINER_EXITED state"),
            "container_not_running",
            None,
            "CONTAINER_EXITED",
            id="ended container",
        ),
        pytest.param(fails("strange"), "api_error", None, "strange", id="other failure"),
        pytest.param(
            refused(500, 'container not found ("app")'), "container_not_running", None, "not running", id="no container"
        ),
        pytest.param(refused(403, status_object(403, "Forbidden", "no")), "forbidden", None, "no", id="forbidden"),
        pytest.param(refused(403), "api_error", None, "refused with a bare 403", id="bare 403"),
        pytest.param(refused(401, "Unauthorized"), "api_error", None, "refused the credentials", id="credentials"),
        pytest.param(refused(404, status_object(404, "NotFound", "no pod")), "pod_not_found", None, "no pod", id="404"),
        pytest.param(refused(302), "api_error", None, "answered 302: no reason given", id="redirection"),
        pytest.param(refused(504, "late"), "api_error", None, "answered 504: late", id="a proxy's timeout"),
        pytest.param(record(), "transport_lost", None, "closed without a Status", id="closed without a Status"),
        pytest.param(
            record(Ending.LOST, stdout=b"x", detail="Connection reset by peer"),
            "transport_lost",
            None,
            "the connection was lost: Connection reset by peer",
            id="lost",
        ),
        pytest.param(record(error=b"{broken"), "api_error", None, "something that is no Status", id="no Status"),
        pytest.param(
            record(Ending.TIMEOUT), "timeout", None, "the command had not ended in time (10 s)", id="still running"
        ),
        pytest.param(
            record(Ending.TIMEOUT, connected=False, protocol=None, detail="the deadline has passed"),
            "timeout",
            None,
            "did not begin the command in time (10 s): the deadline has passed",
            id="not begun",
        ),
        pytest.param(
            record(Ending.TIMEOUT, protocol=V4, stdin_closed=False),
            "timeout",
            None,
            "which this API server's protocol (v4) cannot signal",
            id="waits for the end of its input",
        ),
        pytest.param(record(Ending.LOST, error=exit_status(0)), "ok", 0, "code 0", id="lost after the Status"),
        pytest.param(record(Ending.TIMEOUT, error=exit_status(1)), "nonzero_exit", 1, "code 1", id="late to close"),
    ],
)
def test_outcomes(attempt, record, word, rc, reason):
    made = attempt(record)
    assert (made.outcome.word, made.outcome.rc) == (word, rc)
    assert reason in made.outcome.reason


def test_an_attempt_has_what_was_seen_on_the_wire(attempt):
    made = attempt(ends(0, b"x" * 101, b"\xff"))
    assert (made.stdout.data, made.stdout.truncated) == (b"x" * 100, True)
    assert (made.stderr.data, made.stderr.truncated) == (b"\xff", False)
    assert (made.protocol, made.container) == (V5, "app")


def test_the_request_is_the_probe_with_its_container(attempt):
    attempt(ends(0), command=("echo", "a b"), stdin=b"in", as_user="alice", as_groups=("g",), seconds=7)
    ((request, seconds),) = attempt.requests
    assert (request.container, request.command, request.stdin, seconds) == ("app", ("echo", "a b"), b"in", 7)
    assert (request.as_user, request.as_groups) == ("alice", ("g",))


def test_a_shell_line_given_as_a_program(attempt):
    missing = fails('exec: "echo a b": executable file not found in $PATH')
    advice = "; command is a list of words, so was ['echo', 'a', 'b'] meant?"
    assert attempt(missing, command=("echo a b",)).outcome.reason.endswith(advice)
    assert "was" not in attempt(missing, command=("echo a b", "c")).outcome.reason
    assert "was" not in attempt(missing, command=("echo",)).outcome.reason


# --- when the handshake is made again ---


@pytest.mark.parametrize(
    "put_off, pause",
    [
        pytest.param(refused(503), 0.2, id="503"),
        pytest.param(refused(429, retry_after=3.0), 3.0, id="429 with Retry-After"),
        pytest.param(record(Ending.LOST, **NOT_CONNECTED), 0.2, id="no connection"),
    ],
)
def test_a_handshake_that_is_put_off_is_made_again(attempt, clock, put_off, pause):
    assert attempt(put_off, ends(0)).outcome.word == "ok"
    assert clock.pauses[1] == pytest.approx(pause, rel=0.31)


def test_pauses_get_longer_and_stay_below_three_seconds(attempt, clock):
    attempt(*[refused(503)] * 8, ends(0), seconds=100)
    assert clock.pauses[1::2] == [pytest.approx(pause, rel=0.31) for pause in (0.2, 0.4, 0.8, 1.6, 2, 2, 2, 2)]


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(record(Ending.LOST), id="lost while it ran"),
        pytest.param(record(Ending.LOST, connected=False), id="lost in the handshake"),
        pytest.param(refused(504), id="a proxy's timeout"),
        pytest.param(refused(502), id="a proxy's error"),
        pytest.param(record(), id="closed without a Status"),
    ],
)
def test_a_command_that_may_have_begun_is_never_repeated(attempt, ending):
    attempt(ending)
    assert len(attempt.requests) == 1


def test_the_deadline_ends_the_handshakes(attempt):
    made = attempt(refused(429, retry_after=30.0))
    assert made.outcome.word == "api_error" and "429" in made.outcome.reason


# --- what is asked further ---


@pytest.mark.parametrize(
    "answer, word",
    [
        pytest.param({"status": {"allowed": True}}, "api_error", id="kubectl may"),
        pytest.param({"status": {"allowed": False}}, "forbidden", id="kubectl may not either"),
        pytest.param({"status": {}}, "forbidden", id="no answer in it"),
        pytest.param([], "forbidden", id="nonsense"),
        pytest.param(TransportError("broken."), "forbidden", id="cannot be asked"),
    ],
)
def test_forbidden_is_not_said_of_who_may_exec_with_kubectl(attempt, client, answer, word):
    """Before 1.35 a websocket needs get on pods/exec, kubectl create: no isolation test is to pass because of that."""
    client.answers[REVIEW] = answer
    made = attempt(refused(403, status_object(403, "Forbidden", CANNOT_GET)), as_user="alice", as_groups=("g",))
    assert made.outcome.word == word
    assert word == "forbidden" or "grant both verbs" in made.outcome.reason
    review = client.asked[1]
    attributes = review.more["body"]["spec"]["resourceAttributes"]
    assert (attributes["verb"], attributes["subresource"], attributes["name"]) == ("create", "exec", "web")
    assert (review.more["as_user"], review.more["as_groups"]) == ("alice", ("g",))


def test_other_refusals_need_no_review(attempt, client):
    made = attempt(refused(403, status_object(403, "Forbidden", 'cannot create resource "pods/exec"')))
    assert made.outcome.word == "forbidden"
    assert REVIEW not in [asked.path for asked in client.asked]


@pytest.mark.parametrize(
    "record, asked",
    [
        pytest.param(ends(0), False, id="success"),
        pytest.param(ends(1), False, id="the command's own failure"),
        pytest.param(ends(137), True, id="killed"),
        pytest.param(fails('exec: "true": executable file not found in $PATH'), False, id="no executable"),
        pytest.param(fails("container not found ("), True, id="not running"),
        pytest.param(record(), True, id="lost"),
        pytest.param(record(Ending.TIMEOUT), True, id="timeout"),
    ],
)
def test_the_pod_is_asked_where_the_outcome_leaves_a_question(attempt, client, record, asked):
    client.put(make_pod("web", deleting=True))
    made = attempt(record, container="app")
    assert bool(client.asked) == asked
    assert ("the pod is being deleted" in made.outcome.reason) == asked


# --- the line ---


@pytest.mark.parametrize(
    "options, line",
    [
        pytest.param({}, "kubectl -n n exec x -c app -- echo 'a b'", id="plain"),
        pytest.param(
            {"stdin": "ü\n".encode()}, "printf %s 'ü\n' | kubectl -n n exec x -c app -i -- echo 'a b'", id="input"
        ),
        pytest.param(
            {"stdin": b"\x00\xff", "encoding": "base64"},
            "printf %s AP8= | base64 -d | kubectl -n n exec x -c app -i -- echo 'a b'",
            id="bytes",
        ),
        pytest.param(
            {"stdin": b"x" * 5000},
            "kubectl -n n exec x -c app -i -- echo 'a b'  # with the 5000 characters of stdin piped in",
            id="long input",
        ),
        pytest.param(
            {"as_user": "alice", "as_groups": ("g",)},
            "kubectl --as=alice --as-group=g -n n exec x -c app -- echo 'a b'",
            id="as another",
        ),
    ],
)
def test_the_line_for_a_person(client, clock, options, line):
    probe = ExecProbe(name="p", namespace="n", pod="x", command=("echo", "a b"), **options)
    assert ExecProber(client, 100, Deadline(1, clock)).line(probe, "app") == line
