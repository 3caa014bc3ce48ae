# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import DeadlineExceeded, TransportError
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.inspector import ASK_WITHIN, PodInspector
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import Outcome, Word
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import PodUnavailable, Probe
from ansible_collections.kubelabs.pods.tests.unit.fakes.client import FakeClient, refusal
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod, running, terminated, waiting

WEB = "/api/v1/namespaces/lab-alice/pods/web"
PROBE = Probe(name="p", namespace="lab-alice", pod="web")
MAY_NOT_READ = refusal(403, "Forbidden", 'User "bob" cannot get resource "pods"')
API_ERROR = Outcome(Word.API_ERROR, "it went wrong")
NOT_RUNNING = Outcome(Word.CONTAINER_NOT_RUNNING, "the container is not running (container not found)")
KILLED = Outcome(Word.NONZERO_EXIT, "it was killed", 137)


@pytest.fixture(name="client")
def fake_client():
    client = FakeClient()
    client.put(make_pod("web", containers=[running("a"), running("b")]))
    return client


@pytest.fixture(name="pods")
def inspector(client, clock):
    return PodInspector(client, Deadline(60, clock))


# --- which container ---


def test_the_first_container_is_taken_and_looked_up_once(client, pods, clock):
    assert [pods.container(PROBE, Deadline(5, clock)) for _time in range(3)] == ["a", "a", "a"]
    assert [(asked.path, asked.seconds) for asked in client.asked] == [(WEB, 5)]


def test_the_annotation_of_kubectl_comes_first(client, pods, clock):
    pod = make_pod("web", containers=[running("a"), running("b")])
    pod["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "b"}
    client.put(pod)
    assert pods.container(PROBE, Deadline(5, clock)) == "b"


def test_one_that_is_named_needs_no_look(client, pods, clock):
    named = Probe(name="p", namespace="lab-alice", pod="web", container="c")
    assert pods.container(named, Deadline(5, clock)) == "c"
    assert not client.asked


def test_who_may_not_read_pods_leaves_the_choice_to_the_api_server(client, pods, clock):
    client.answers[WEB] = MAY_NOT_READ
    assert [pods.container(PROBE, Deadline(5, clock)) for _time in range(2)] == [None, None]
    assert len(client.asked) == 1


@pytest.mark.parametrize(
    "answer, seconds, word, reason",
    [
        pytest.param(
            refusal(404, "NotFound", 'pods "web" not found'),
            5,
            "pod_not_found",
            "there is no pod web in the namespace lab-alice",
            id="no such pod",
        ),
        pytest.param(
            refusal(500, "InternalError", "etcd is away"),
            5,
            "api_error",
            "the pod cannot be read: The API server answered 500 InternalError: etcd is away",
            id="error",
        ),
        pytest.param(
            TransportError("Connection refused."),
            5,
            "transport_lost",
            "the pod cannot be read: Connection refused.",
            id="no connection",
        ),
        pytest.param(
            DeadlineExceeded("There was no answer in time."),
            0,
            "timeout",
            "the pod cannot be read: There was no answer in time.",
            id="no time",
        ),
        pytest.param(["a", "list"], 5, "api_error", "the API server's answer is not a pod", id="something else"),
    ],
)
def test_without_a_pod_there_is_nothing_to_try(client, pods, clock, answer, seconds, word, reason):
    client.answers[WEB] = answer
    with pytest.raises(PodUnavailable) as unavailable:
        pods.container(PROBE, Deadline(seconds, clock))
    assert unavailable.value.outcome == Outcome(Word(word), reason)


def test_a_pod_that_was_not_there_is_looked_up_again(client, pods, clock):
    pod = client.answers.pop(WEB)
    with pytest.raises(PodUnavailable):
        pods.container(PROBE, Deadline(5, clock))
    client.put(pod)
    assert pods.container(PROBE, Deadline(5, clock)) == "a"


# --- why something went wrong ---

NO_TIME = DeadlineExceeded("No time is left.")


@pytest.mark.parametrize(
    "outcome, pod, explained",
    [
        pytest.param(API_ERROR, make_pod("web"), API_ERROR, id="all is well"),
        pytest.param(API_ERROR, MAY_NOT_READ, API_ERROR, id="may not be read"),
        pytest.param(API_ERROR, NO_TIME, API_ERROR, id="no time to ask"),
        pytest.param(
            KILLED,
            refusal(404, "NotFound", "no"),
            Outcome(Word.NONZERO_EXIT, "it was killed; there is no pod web in the namespace lab-alice", 137),
            id="gone",
        ),
        pytest.param(
            KILLED,
            make_pod("web", deleting=True),
            Outcome(Word.NONZERO_EXIT, "it was killed; the pod is being deleted", 137),
            id="being deleted",
        ),
        pytest.param(
            API_ERROR,
            make_pod("web", containers=[terminated("app", code=3)], ready=False, restart_policy="Never"),
            Outcome(Word.API_ERROR, "it went wrong; container app has ended with exit code 3 (Error)"),
            id="has ended",
        ),
        pytest.param(
            NOT_RUNNING,
            make_pod("web", containers=[waiting("app", "ErrImagePull", "not found")], ready=False, phase="Pending"),
            Outcome(Word.CONTAINER_NOT_RUNNING, "container app cannot start: ErrImagePull (not found)"),
            id="cannot start",
        ),
        pytest.param(
            NOT_RUNNING,
            make_pod("web", deleting=True, containers=[terminated("app")]),
            Outcome(Word.CONTAINER_NOT_RUNNING, "container app is not running: the pod is being deleted"),
            id="cannot start, in a pod that says it in other words",
        ),
        pytest.param(NOT_RUNNING, make_pod("web"), NOT_RUNNING, id="runs again"),
    ],
)
def test_the_reason_says_what_the_pod_is_doing(client, pods, outcome, pod, explained):
    client.answers[WEB] = pod
    assert pods.explain(outcome, PROBE, None) == explained
    assert [asked.seconds for asked in client.asked] == [ASK_WITHIN]


def test_a_wrong_name_of_a_container_lists_the_right_ones(client, pods):
    pod = make_pod("web", containers=[running("a"), running("b")])
    pod["spec"]["initContainers"] = [{"name": "setup"}]
    pod["spec"]["ephemeralContainers"] = [{"name": "debugger"}]
    client.put(pod)
    outcome = pods.explain(API_ERROR, PROBE, "x")
    assert outcome.reason == "the pod has no container 'x'; it has a, b, setup, debugger"
    assert pods.explain(API_ERROR, PROBE, "b") == API_ERROR


def test_explanations_never_take_more_than_is_left(client, clock):
    PodInspector(client, Deadline(1, clock)).explain(API_ERROR, PROBE, "a")
    assert client.asked[0].seconds == 1


@pytest.mark.parametrize(
    "pod, word",
    [
        pytest.param(
            make_pod("web", ready=False, phase="Pending", containers=[]), "container_not_running", id="no node"
        ),
        pytest.param(make_pod("web"), "ok", id="quiet"),
        pytest.param(MAY_NOT_READ, "ok", id="may not be read"),
        pytest.param(refusal(404, "NotFound", "no"), "ok", id="gone"),
    ],
)
def test_an_empty_log_may_be_that_of_a_pod_that_has_not_started(client, pods, pod, word):
    client.answers[WEB] = pod
    assert pods.unless_never_started(Outcome(Word.OK, "the log has 0 bytes"), PROBE, None).word == word
