# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    DeadlineExceeded,
    TransportError,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.log_prober import LogProber
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import LogProbe
from ansible_collections.kubelabs.pods.tests.unit.fakes.client import FakeClient, refusal
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod, terminated, waiting

LOG = "/api/v1/namespaces/lab-alice/pods/web/log"


@pytest.fixture(name="client")
def fake_client():
    client = FakeClient()
    client.put(make_pod("web"))
    client.answers[LOG] = b"listening on :8080\n"
    return client


@pytest.fixture(name="attempt")
def prober(client, clock):
    def attempt(*, max_output=100, seconds=10, **options):
        probe = LogProbe(**{"name": "p", "namespace": "lab-alice", "pod": "web", **options})
        return LogProber(client, max_output, Deadline(60, clock)).perform(probe, Deadline(seconds, clock))

    return attempt


def test_a_log(attempt, client):
    made = attempt(seconds=7)
    assert (made.outcome.word, made.outcome.reason, made.outcome.rc) == ("ok", "the log has 19 bytes", None)
    assert (made.stdout.text, made.stdout.truncated, made.stderr.text) == ("listening on :8080\n", False, "")
    assert (made.container, made.protocol) == ("app", None)
    assert client.asked[1].path == LOG and client.asked[1].seconds == 7


@pytest.mark.parametrize(
    "options, query",
    [
        pytest.param({}, {"container": "app"}, id="the default container"),
        pytest.param({"container": "c"}, {"container": "c"}, id="a container"),
        pytest.param({"previous": True}, {"container": "app", "previous": "true"}, id="previous"),
        pytest.param({"tail_lines": 3}, {"container": "app", "tailLines": "3"}, id="lines"),
        pytest.param({"tail_lines": 0}, {"container": "app", "tailLines": "0"}, id="no lines"),
    ],
)
def test_options_reach_the_server(attempt, client, options, query):
    attempt(**options)
    log = next(asked for asked in client.asked if asked.path == LOG)
    assert dict(log.more["query"]) == {"limitBytes": "101", **query}


def test_impersonation_is_for_the_log_and_not_for_the_pod(attempt, client):
    attempt(as_user="alice", as_groups=("g",))
    pod, log = client.asked
    assert (log.more["as_user"], log.more["as_groups"]) == ("alice", ("g",))
    assert "as_user" not in pod.more


def test_who_may_not_read_pods_leaves_the_container_to_the_server(attempt, client):
    client.answers["/api/v1/namespaces/lab-alice/pods/web"] = refusal(403, "Forbidden", "may not")
    made = attempt()
    assert (made.outcome.word, made.container) == ("ok", None)
    assert "container" not in dict(client.asked[1].more["query"])


def test_a_limit_cuts_no_character(attempt, client):
    client.answers[LOG] = "aé€".encode()
    made = attempt(max_output=5)
    assert (made.stdout.text, made.stdout.truncated) == ("aé", True)
    assert made.outcome.reason == "the log has more than 5 bytes"


@pytest.mark.parametrize(
    "answer, word, reason",
    [
        pytest.param(
            refusal(400, "BadRequest", 'container "app" in pod "web" is waiting to start: ContainerCreating'),
            "container_not_running",
            "container app is waiting (ContainerCreating)",
            id="no log yet",
        ),
        pytest.param(refusal(403, "Forbidden", "may not"), "forbidden", "may not", id="forbidden"),
        pytest.param(
            ApiError(403, "", "<html>not here</html>"), "api_error", "bare 403", id="a proxy's 403 forbids nothing"
        ),
        pytest.param(refusal(404, "NotFound", 'pods "web" not found'), "pod_not_found", "not found", id="no pod"),
        pytest.param(
            refusal(404, "NotFound", "no such resource", kind="gadgets"), "api_error", "404", id="404 about another"
        ),
        pytest.param(ApiError(404, "", "<html>not here</html>"), "api_error", "404", id="a proxy's 404"),
        pytest.param(refusal(409, "Conflict", "busy"), "api_error", "busy", id="error"),
        pytest.param(DeadlineExceeded("late."), "timeout", "did not arrive in time (10 s)", id="late"),
        pytest.param(
            TransportError("Connection reset."), "transport_lost", "could not be read: Connection reset.", id="lost"
        ),
    ],
)
def test_refusals(attempt, client, answer, word, reason):
    client.put(make_pod("web", ready=False, containers=[waiting()]))
    client.answers[LOG] = answer
    made = attempt()
    assert (made.outcome.word, made.stdout.text) == (word, "")
    assert reason in made.outcome.reason


def test_no_previous_run(attempt, client):
    client.answers[LOG] = refusal(400, "BadRequest", 'previous terminated container "app" in pod "web" not found')
    outcome = attempt(previous=True).outcome
    assert outcome.word == "container_not_running"
    assert outcome.reason.startswith("there is no run before this one: previous terminated container")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            b"unable to retrieve container logs for containerd://3652a6356775fcb478d11184cf3e7c29", id="retrieve"
        ),
        pytest.param(
            b'failed to try resolving symlinks in path "/var/log/pods/a/app/0.log": lstat /var/log/pods/a/app/0.log: '
            b"no such file or directory",
            id="symlinks",
        ),
    ],
)
def test_what_the_kubelet_says_in_place_of_a_log_is_none(attempt, client, text):
    client.answers[LOG] = text
    made = attempt(previous=True, max_output=1000)
    assert (made.outcome.word, made.stdout.text) == ("container_not_running", "")
    assert "no log any more" in made.outcome.reason
    client.answers[LOG] = b"log says: " + text
    assert attempt(previous=True, max_output=1000).outcome.word == "ok"


def test_an_empty_log_of_a_pod_that_has_not_started(attempt, client):
    """The API server answers 200 and nothing for a pod without a node."""
    client.answers[LOG] = b""
    assert attempt().outcome.word == "ok"
    client.put(make_pod("web", ready=False, phase="Pending", containers=[]))
    assert attempt().outcome.word == "container_not_running"


def test_the_pod_says_why_there_is_no_log(attempt, client):
    client.put(make_pod("web", ready=False, containers=[terminated(code=3)], restart_policy="Never"))
    client.answers[LOG] = refusal(400, "BadRequest", 'container "app" in pod "web" is terminated')
    assert attempt().outcome.reason == "container app has ended with exit code 3 (Error)"


def test_the_line_for_a_person(client, clock):
    prober = LogProber(client, 100, Deadline(1, clock))
    plain = LogProbe(name="p", namespace="n", pod="x")
    assert prober.line(plain, None) == "kubectl -n n logs x"
    every = LogProbe(name="p", namespace="n", pod="x", previous=True, tail_lines=0, as_user="alice")
    assert prober.line(every, "app") == "kubectl --as=alice -n n logs x -c app --previous --tail=0"
