# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.back_off import Finding, back_off, delays
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.obstacles import TRANSIENT_IMAGE_PATIENCE
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.restart_judge import Until
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.verdict import VerdictWord
from ansible_collections.kubelabs.pods.tests.unit.fakes.feed import follow_restarts
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    EVICTED,
    VERSIONS,
    backing_off,
    crash_loop,
    ended,
    evicted,
    make_pod,
    running,
    terminated,
    waiting,
)

ONCE, TWICE = Until(restarts=1), Until(restarts=2)
CRASHING = waiting(**backing_off(10), restarts=1, last=ended())


def pod(*containers, **more):
    return make_pod("crash", containers=list(containers), **more)


# --- reached ---


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "until, restarts",
    [
        pytest.param(Until(restarts=2), 2, id="2 restarts"),
        pytest.param(Until(restarts=2, back_off=True), 2, id="2 restarts and back-off"),
        pytest.param(Until(back_off=True), 1, id="back-off"),
        pytest.param(Until(restarts=5), 5, id="5 restarts"),
    ],
)
def test_recordings_give_the_same_verdict(version, until, restarts):
    history = crash_loop(version)
    begin = history[0][0]
    told = follow_restarts(until, *[((when - begin).total_seconds(), pod) for when, pod in history], timeout=300)
    timeline = told.ending.judge.timeline
    assert (told.verdict.word, timeline.restarts, timeline.in_back_off) == ("reached", restarts, True)
    assert [delay.nominal for delay in delays(timeline)] == [0, 10, 20, 40, 80][:restarts]
    assert [run.number for run in timeline.ordered_runs()] == list(range(restarts + 1))
    assert back_off(timeline).finding == (Finding.NOT_OBSERVED if restarts == 1 else Finding.AS_EXPECTED)


def test_what_was_reached_is_said():
    assert follow_restarts(ONCE, (0, pod(running(restarts=2, last=ended())))).verdict.reason == "2 restarts"
    told = follow_restarts(Until(restarts=1, back_off=True), (0, pod(CRASHING)))
    assert told.verdict.reason == "1 restarts, seen in back-off"
    told = follow_restarts(Until(completed=True), (0, pod(terminated(code=0), ready=False)))
    assert told.verdict.reason == "0 restarts, a run ended with exit code 0"


def test_all_that_is_asked_for_must_hold():
    done = pod(terminated(code=0), ready=False)
    told = follow_restarts(
        Until(restarts=1, completed=True), (0, done), (5, pod(running(restarts=1, last=ended(code=0))))
    )
    assert (told.verdict.word, told.after) == (VerdictWord.REACHED, 5)


# --- what is no obstacle ---


def test_a_crash_loop():
    told = follow_restarts(TWICE, (0, pod(CRASHING, ready=False)), timeout=30)
    assert (told.verdict.word, told.ending.judge.timeline.in_back_off) == (VerdictWord.TIMEOUT, True)
    assert "1 of 2 restarts" in told.verdict.reason


def test_another_container_that_cannot_start():
    """Containers of a pod start independently of each other."""
    beside = waiting("beside", reason="ErrImagePull", message="not found")
    told = follow_restarts(
        ONCE,
        (0, pod(beside, running(), ready=False)),
        (20, pod(beside, running(restarts=1, last=ended()), ready=False)),
        container="app",
    )
    assert (told.verdict.word, told.ending.judge.timeline.restarts) == (VerdictWord.REACHED, 1)


def test_a_program_that_cannot_be_started():
    """It restarts all the same."""
    last = {"exitCode": 128, "reason": "StartError", "finishedAt": "2026-11-22T08:31:41Z"}
    failing = waiting(reason="RunContainerError", message="no such file", restarts=1, last=last)
    again = waiting(reason="CrashLoopBackOff", restarts=2, last=last)
    told = follow_restarts(TWICE, (0, pod(failing, ready=False)), (20, pod(again, ready=False)))
    assert told.verdict.word == VerdictWord.REACHED


# --- what is one ---


@pytest.mark.parametrize(
    "policy, code",
    [
        pytest.param("Never", 1, id="Never-1"),
        pytest.param("Never", 0, id="Never-0"),
        pytest.param("OnFailure", 0, id="OnFailure-0"),
    ],
)
def test_a_container_that_has_ended_for_good_is_not_waited_for(policy, code):
    told = follow_restarts(ONCE, (0, pod(terminated(code=code), ready=False, restart_policy=policy)))
    assert (told.verdict.word, told.after) == (VerdictWord.FAILED, 0)
    assert told.verdict.reason.startswith(
        f"0 of 1 restarts, and container app has ended with exit code {code} for good"
    )


def test_an_image_that_does_not_exist():
    told = follow_restarts(
        ONCE, (0, pod(waiting(reason="ErrImagePull", message="not found"), ready=False, phase="Pending"))
    )
    assert (told.verdict.word, told.after) == (VerdictWord.NEVER_STARTED, 0)
    assert "ErrImagePull" in told.verdict.reason


def test_the_same_pull_that_keeps_failing_is_one_obstacle():
    """ErrImagePull and ImagePullBackOff alternate; the patience is for both together."""
    reasons = ("ErrImagePull", "ImagePullBackOff") * 5
    states = [pod(waiting(reason=reason, message="i/o timeout"), ready=False) for reason in reasons]
    told = follow_restarts(ONCE, *[(4 * index, state) for index, state in enumerate(states)])
    assert (told.verdict.word, told.after) == (VerdictWord.NEVER_STARTED, TRANSIENT_IMAGE_PATIENCE)


@pytest.mark.parametrize("left_by", EVICTED)
def test_an_evicted_pod_has_failed_and_not_restarted(left_by):
    told = follow_restarts(ONCE, (0, evicted(left_by)))
    timeline = told.ending.judge.timeline
    assert (told.verdict.word, told.after, timeline.restarts) == (VerdictWord.FAILED, 0, 0)
    assert told.verdict.reason.startswith(
        "0 of 1 restarts, and the pod has failed for good (Evicted: Usage of EmptyDir"
    )


@pytest.mark.parametrize("left_by", EVICTED)
def test_an_evicted_pod_is_not_in_back_off(left_by):
    told = follow_restarts(Until(restarts=2, back_off=True), (0, evicted(left_by, restarts=2)))
    assert (told.verdict.word, told.ending.judge.timeline.in_back_off) == (VerdictWord.FAILED, False)


def test_a_pod_that_is_being_deleted():
    told = follow_restarts(ONCE, (0, pod(running(), deleting=True)), expected=[("lab-alice", "crash")])
    assert (told.verdict.word, told.after) == (VerdictWord.DELETED, 0)


def test_an_init_container_that_crashes_keeps_the_app_from_starting():
    state = pod(waiting(reason="PodInitializing"), ready=False, phase="Pending")
    state["spec"]["initContainers"] = [{"name": "setup"}]
    state["status"]["initContainerStatuses"] = [waiting("setup", **backing_off(20), restarts=2, last=ended())]
    told = follow_restarts(ONCE, (0, state))
    assert (told.verdict.word, told.after) == (VerdictWord.FAILED, 0)
    assert "setup is crash looping" in told.verdict.reason
    followed = follow_restarts(TWICE, (0, state), container="setup")
    assert (followed.verdict.word, followed.ending.judge.timeline.container) == (VerdictWord.REACHED, "setup")


def test_a_container_that_does_not_exist():
    told = follow_restarts(ONCE, (0, pod(running())), container="nosuch")
    assert (told.verdict.word, told.after) == (VerdictWord.NEVER_STARTED, 0)
    assert told.verdict.reason == "the pod has no container 'nosuch'; it has app"


# --- the end of the time ---


@pytest.mark.parametrize(
    "containers, until, hint",
    [
        pytest.param(
            [running(), running("beside", restarts=3, last=ended())],
            ONCE,
            "container app was followed, and it is beside that restarts: name it with the option container",
            id="another restarts",
        ),
        pytest.param(
            [running()],
            ONCE,
            "container app has never exited: is it the one that was meant, and does it exit at all?",
            id="never exited",
        ),
        pytest.param(
            [running(restarts=1, last=ended())],
            TWICE,
            "wait longer: the back-off doubles up to 5 minutes between restarts",
            id="not long enough",
        ),
    ],
)
def test_hints_at_the_timeout(containers, until, hint):
    told = follow_restarts(until, (0, pod(*containers)), timeout=7)
    assert (told.verdict.word, told.verdict.hint) == (VerdictWord.TIMEOUT, hint)
    assert told.verdict.reason.endswith("in time: container app is running")


def test_a_timeout_names_what_has_not_lasted_long_enough():
    slow = pod(waiting(reason="ErrImagePull", message="i/o timeout"), ready=False)
    told = follow_restarts(ONCE, (0, slow), timeout=7)
    assert told.verdict.word == VerdictWord.TIMEOUT
    assert told.verdict.reason == "0 of 1 restarts in time: container app cannot start: ErrImagePull (i/o timeout)"


def test_a_timeout_before_the_container_has_a_status():
    told = follow_restarts(ONCE, (0, make_pod("crash", ready=False, phase="Pending", containers=[])), timeout=7)
    assert told.verdict.reason == "0 of 1 restarts in time: the pod is Pending"
