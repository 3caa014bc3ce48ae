# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a watch of pods does not show, asked of an API server without sockets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError, TransportError
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.events import FIELD_SELECTOR, VOLUME_PATIENCE
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.inquiry import (
    decide_by_volumes,
    explained,
    why_no_pods,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.ready_judge import ReadyJudge
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.roll import LOOK_EVERY
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.selection import Selection
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.verdict import (
    OUT_OF_SIGHT,
    Ending,
    Verdict,
    VerdictWord,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.feed import follow
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_event, make_pod, waiting

EVERYWHERE = Selection("class=c", None, [], 10.0)
IN_ALICES = Selection("class=c", None, ["lab-alice"], 10.0)
EVENTS = "/api/v1/events"
MISSING = 'MountVolume.SetUp failed for volume "config" : configmap "no-such" not found'
SLOW = "failed to sync secret cache: timed out waiting for the condition"
REFUSAL = 'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: exceeded quota: none'


class FakeClient:
    """Answers by path; what it has no answer for was not to be asked."""

    def __init__(self, answers):
        self._answers = answers
        self.asked = []

    def get(self, path, *, query=(), deadline=None):
        self.asked.append((path, *query))
        answer = self._answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def says(*events, path=EVENTS):
    return FakeClient({path: {"items": list(events)}})


def creating(name="web"):
    return make_pod(name, ready=False, phase="Pending", containers=[waiting(reason="ContainerCreating")])


def ending(pod, word=VerdictWord.TIMEOUT, name="web"):
    return Ending(("lab-alice", name), pod, ReadyJudge() if pod else None, Verdict(word, "not ready in time"), 5.0)


def explain(client, *endings, selection=EVERYWHERE):
    return explained(client, selection, endings, Deadline(5.0))


# --- the events of a pod ---


def test_a_timeout_gives_the_cause_that_only_events_know():
    client = says(make_event("FailedMount", MISSING))
    web, other = explain(client, ending(creating()), ending(creating("other"), name="other"))
    assert web.verdict.reason == f"not ready in time; FailedMount: {MISSING}"
    assert "ConfigMap" in web.verdict.hint
    assert other.verdict.reason == "not ready in time"
    assert client.asked == [(EVENTS, ("fieldSelector", FIELD_SELECTOR))]


def test_an_event_that_is_over_explains_nothing():
    (web,) = explain(says(make_event("FailedMount", "was late")), ending(make_pod(ready=False)))
    assert (web.verdict.reason, web.verdict.hint) == ("not ready in time", "")


def test_what_is_explained_is_not_asked_about():
    client = FakeClient({})
    explain(client, ending(make_pod(), VerdictWord.REACHED), ending(creating(), VerdictWord.NEVER_STARTED))
    assert client.asked == []


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ApiError(403, "Forbidden", "may not list events"), id="forbidden"),
        pytest.param(TransportError("The connection broke."), id="broken"),
    ],
)
def test_events_that_cannot_be_read_change_nothing(error):
    before = ending(creating())
    assert explain(FakeClient({EVENTS: error}), before) == [before]


# --- the events of its controller ---


def test_a_pod_that_could_not_be_created_says_what_its_controller_said():
    events = [
        make_event("FailedCreate", 'pods "web-0" of another', namespace="lab-bob"),
        make_event("FailedCreate", REFUSAL),
    ]
    (web,) = explain(says(*events), ending({}, VerdictWord.NEVER_STARTED, name="web-0"))
    assert web.verdict.reason == f"not ready in time: {REFUSAL}"
    assert web.verdict.hint == "raise the quota none of the namespace, or lower what its pods ask for"


def test_a_refusal_of_another_kind_leaves_the_hint():
    refused = make_event("FailedCreate", 'pods "web-0" is forbidden: no reason that is known')
    before = ending({}, VerdictWord.NEVER_STARTED, name="web-0")
    before = replace(before, verdict=replace(before.verdict, hint="look"))
    (web,) = explain(says(refused), before)
    assert (web.verdict.reason, web.verdict.hint) == (f"not ready in time: {refused['message']}", "look")


def test_a_refusal_about_another_pod_is_not_this_ones():
    refused = make_event("FailedCreate", 'pods "web-0" is forbidden: exceeded quota')
    (web,) = explain(says(refused), ending({}, VerdictWord.NEVER_STARTED, name="web"))
    assert web.verdict.reason == "not ready in time"


# --- pods that drop out of the watch ---


def dropped_out(answer):
    """What becomes of a pod that the watch lost sight of, where asking for it is answered like this."""
    client = FakeClient({"/api/v1/namespaces/lab-alice/pods/a": answer})
    pod = make_pod("a")
    (found,) = explain(client, Ending(("lab-alice", "a"), pod, ReadyJudge(), OUT_OF_SIGHT, 5.0))
    return found


def test_a_label_that_changes_takes_the_pod_out_of_sight():
    found = dropped_out(make_pod("a", labels={}))
    assert found.verdict.word == VerdictWord.DESELECTED and found.verdict.hint
    assert "did not match 'class=c' any more" in found.verdict.reason
    assert found.pod["metadata"]["labels"] == {}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ApiError(404, "NotFound", ""), id="gone"),
        pytest.param(make_pod("a", deleting=True), id="going"),
    ],
)
def test_a_pod_that_was_deleted_is_no_label_that_changed(answer):
    found = dropped_out(answer)
    assert (found.verdict.word, found.verdict.reason) == ("deleted", "the pod was deleted during the wait")


def test_a_pod_of_the_same_name_with_other_labels():
    found = dropped_out(make_pod("a", uid="another", labels={}))
    assert (found.verdict.word, found.uid) == (VerdictWord.REPLACED, "uid-lab-alice-a")
    assert "now another" in found.verdict.reason


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ApiError(403, "Forbidden", ""), id="forbidden"),
        pytest.param(TransportError("The connection broke."), id="broken"),
    ],
)
def test_where_it_cannot_be_asked_both_are_named(answer):
    assert dropped_out(answer).verdict == OUT_OF_SIGHT


# --- volumes ---


def test_a_volume_that_somebody_has_to_create_first():
    """Said when the kubelet has said so for a while, and not when the time is over; what may pass is waited for."""
    client = says(
        make_event("FailedMount", MISSING, uid="uid-lab-alice-no-map"),
        make_event("FailedMount", SLOW, uid="uid-lab-alice-slow"),
    )
    told = follow(
        lambda pod: ReadyJudge(),
        *[(0, creating(name)) for name in ("no-map", "slow", "no-event")],
        timeout=30,
        look=lambda roll, now: decide_by_volumes(client, EVERYWHERE, roll, now, Deadline(5.0)),
    )
    assert {name: one.verdict.word for name, one in told.items()} == {
        "no-event": "timeout",
        "no-map": "never_started",
        "slow": "timeout",
    }
    assert VOLUME_PATIENCE <= told["no-map"].after <= VOLUME_PATIENCE + LOOK_EVERY
    assert told["no-map"].verdict.reason == f"container app is waiting (ContainerCreating); FailedMount: {MISSING}"
    assert "ConfigMap" in told["no-map"].verdict.hint


def test_volumes_are_not_asked_about_before_they_have_been_missing_for_a_while():
    client = FakeClient({})
    follow(
        lambda pod: ReadyJudge(),
        (0, creating()),
        (VOLUME_PATIENCE - 1, make_pod(ready=False)),
        timeout=30,
        look=lambda roll, now: decide_by_volumes(client, EVERYWHERE, roll, now, Deadline(5.0)),
    )
    assert client.asked == []


# --- no pod at all ---


def test_no_pod_because_of_a_quota():
    """The names of a Deployment's pods are not known beforehand, so no list in `pods` can have them."""
    message = 'Error creating: pods "web-5d4f-abcde" is forbidden: exceeded quota: none'
    refused = make_event("FailedCreate", message)
    in_alices = "/api/v1/namespaces/lab-alice/events"
    assert why_no_pods(says(refused, path=in_alices), IN_ALICES, 10.02, Deadline(5.0)) == (
        "No pod matching 'class=c' appeared in lab-alice within 10 s; "
        f"a controller in lab-alice was refused its pods: {message}. "
        "Raise the quota none of the namespace, or lower what its pods ask for."
    )
    assert why_no_pods(says(refused), EVERYWHERE, 10.02, Deadline(5.0)) == (
        "No pod matching 'class=c' appeared within 10 s; perhaps because a controller was refused its pods, "
        f"as one in lab-alice was: {message}. "
        "Raise the quota none of the namespace, or lower what its pods ask for."
    )


def test_no_pod_and_no_reason_for_it():
    many = Selection("class=c", None, [f"lab-{number}" for number in range(9)], 0.5)
    assert why_no_pods(says(), EVERYWHERE, 10.02, Deadline(5.0)) == "No pod matching 'class=c' appeared within 10 s."
    assert why_no_pods(says(make_event("FailedCreate", REFUSAL)), many, 10.02, Deadline(5.0)) == (
        "No pod matching 'class=c' appeared in lab-0, lab-1, lab-2, lab-3, lab-4 and others within 0.5 s."
    )


@pytest.mark.parametrize(
    "waited, said",
    [(2.97, "3 s"), (0.31, "0.3 s"), (9.99, "10 s"), (10.4, "10 s")],
    ids=["timeout", "less", "grace", "more"],
)
def test_no_pod_within_what_was_really_waited(waited, said):
    assert why_no_pods(says(), EVERYWHERE, waited, Deadline(5.0)).endswith(f"appeared within {said}.")
