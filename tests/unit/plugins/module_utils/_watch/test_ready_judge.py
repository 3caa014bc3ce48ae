# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.obstacles import (
    CONFIG_PATIENCE,
    CREATE_PATIENCE,
    SCHEDULING_PATIENCE,
    TRANSIENT_IMAGE_PATIENCE,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.ready_judge import ReadyJudge
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.verdict import Verdict, VerdictWord
from ansible_collections.kubelabs.pods.tests.unit.fakes.feed import follow
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    EVICTED,
    START,
    backing_off,
    evicted,
    make_pod,
    running,
    terminated,
    waiting,
)

WEB = [("lab-alice", "web")]


def watch(*happenings, min_ready_seconds=0.0, **more):
    return follow(lambda pod: ReadyJudge(min_ready_seconds), *happenings, expected=WEB, **more)["web"]


def pending(**more):
    return make_pod(ready=False, phase="Pending", containers=[waiting(**more)])


def ready(since=None):
    """Ready for so many seconds by its own account."""
    pod = make_pod()
    condition = pod["status"]["conditions"][0]
    del condition["lastTransitionTime"]
    if since is not None:
        condition["lastTransitionTime"] = (START - timedelta(seconds=since)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return pod


UNSCHEDULABLE = make_pod(
    ready=False,
    phase="Pending",
    containers=[],
    conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}],
)


# --- for how long ---


def test_an_instant_is_enough_where_no_time_is_asked_for():
    told = watch((1, ready()))
    assert (told.verdict, told.after) == (Verdict(VerdictWord.REACHED, "the pod is ready"), 1)


def test_a_pod_must_stay_ready_for_the_time_that_is_asked():
    assert watch((1, ready()), min_ready_seconds=2).after == 3


def test_the_time_begins_anew_when_the_pod_was_not_ready_in_between():
    told = watch((0, ready()), (1, make_pod(ready=False)), (3, ready()), min_ready_seconds=2)
    assert (told.verdict.word, told.after) == (VerdictWord.REACHED, 5)


def test_a_pod_that_was_ready_long_before_we_came_is_so_at_once():
    assert watch((0, ready(since=3600)), min_ready_seconds=2).after == 0


def test_a_time_with_a_resolution_of_a_second_does_not_count_for_more_than_it_says():
    assert watch((0, ready(since=2)), min_ready_seconds=2).after == 1  # it may have been 1.1 s


def test_clocks_that_differ_do_not_make_a_pod_ready_for_longer():
    """The cluster's clock is far behind ours. What became ready while we looked has been so for an instant."""
    crashing = make_pod(ready=False, containers=[terminated(restarts=1)])
    told = watch((0, pending()), (1, ready(since=3600)), (2, crashing), min_ready_seconds=1.5)
    assert told.verdict.word == VerdictWord.FAILED


# --- what keeps it from it ---


@pytest.mark.parametrize(
    "pod, word, words",
    [
        pytest.param(
            pending(reason="ErrImagePull", message="pull access denied"),
            "never_started",
            "pull access denied",
            id="no such image",
        ),
        pytest.param(pending(reason="ErrImageNeverPull"), "never_started", "ErrImageNeverPull", id="never pulled"),
        pytest.param(pending(reason="InvalidImageName"), "never_started", "InvalidImageName", id="no name of an image"),
        pytest.param(
            make_pod(ready=False, containers=[terminated(restarts=1)]), "failed", "crash looping", id="crash loop"
        ),
        *[pytest.param(evicted(by), "failed", 'Evicted: Usage of EmptyDir volume "kept"', id=by) for by in EVICTED],
        pytest.param(
            make_pod(ready=False, phase="Succeeded", containers=[terminated(code=0)]),
            "failed",
            "run to its end",
            id="has run to its end",
        ),
        pytest.param(make_pod(deleting=True), "deleted", "being deleted", id="is being deleted"),
    ],
)
def test_what_cannot_become_ready_is_said_at_once(pod, word, words):
    told = watch((0, pod))
    assert (told.verdict.word, told.after) == (word, 0)
    assert words in told.verdict.reason and told.verdict.hint


@pytest.mark.parametrize(
    "pod, patience",
    [
        pytest.param(
            pending(reason="CreateContainerConfigError", message='configmap "x" not found'),
            CONFIG_PATIENCE,
            id="config",
        ),
        pytest.param(pending(reason="CreateContainerError"), CREATE_PATIENCE, id="container"),
        pytest.param(
            pending(reason="ImagePullBackOff", message="Back-off pulling image x"), CREATE_PATIENCE, id="no cause given"
        ),
        pytest.param(
            pending(reason="ErrImagePull", message="i/o timeout"), TRANSIENT_IMAGE_PATIENCE, id="registry is slow"
        ),
        pytest.param(UNSCHEDULABLE, SCHEDULING_PATIENCE, id="no node"),
    ],
)
def test_what_may_pass_must_last(pod, patience):
    passes = watch((0, pod), (patience - 0.1, make_pod()))
    assert passes.verdict.word == VerdictWord.REACHED
    lasts = watch((0, pod), (patience + 1, make_pod()))
    assert (lasts.verdict.word, lasts.after) == (VerdictWord.NEVER_STARTED, patience)


def test_what_goes_and_comes_again_has_not_lasted():
    told = watch((0, UNSCHEDULABLE), (10, pending()), (11, UNSCHEDULABLE), (20, make_pod()))
    assert told.verdict.word == VerdictWord.REACHED


def test_pull_and_back_off_are_one_obstacle_and_the_cause_is_kept():
    told = watch(
        (0, pending(reason="ErrImagePull", message="dial tcp: i/o timeout")),
        (10, pending(reason="ImagePullBackOff", message="Back-off pulling image")),
    )
    assert (told.verdict.word, told.after) == (VerdictWord.NEVER_STARTED, TRANSIENT_IMAGE_PATIENCE)
    assert "Back-off pulling image: dial tcp: i/o timeout" in told.verdict.reason


def test_a_program_that_cannot_be_started_is_named():
    message = 'exec: "no-such-program": executable file not found in $PATH'
    last = {"exitCode": 128, "reason": "StartError", "message": message, "finishedAt": "2026-11-22T08:31:41Z"}
    told = watch((0, make_pod(ready=False, containers=[waiting(**backing_off(10), restarts=1, last=last)])))
    assert "no-such-program" in told.verdict.reason


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ('exec: "x": executable file not found in $PATH', "the command does not exist in the image"),
        ("exec /app: exec format error", "the command does not exist in the image"),
        ("", "the command does not exist in the image"),
        ("OCI runtime start failed: container process is already dead: unknown", "its memory limit is too low"),
        ("container init was OOM-killed (memory limit too low?)", "its memory limit is too low"),
        ("something new", "the container runtime cannot start the container: read its message"),
    ],
)
def test_what_to_do_about_a_container_that_cannot_be_started(message, hint):
    last = {"exitCode": 128, "reason": "StartError", "message": message, "finishedAt": "2026-11-22T08:31:41Z"}
    told = watch((0, make_pod(ready=False, containers=[waiting(**backing_off(10), restarts=1, last=last)])))
    assert told.verdict.hint.startswith(hint)


def test_the_line_that_shows_why_a_container_ended_can_be_copied():
    last = {"exitCode": 7, "reason": "Error", "finishedAt": "2026-11-22T08:31:41Z"}
    told = watch((0, make_pod(ready=False, containers=[waiting(**backing_off(10), restarts=1, last=last)])))
    assert "(kubectl -n lab-alice logs web -c app --previous)" in told.verdict.hint


# --- the end of the time ---


def test_a_timeout_says_what_the_pod_was_doing():
    told = watch((0, make_pod(ready=False)), timeout=7)
    assert (told.verdict.word, told.after) == (VerdictWord.TIMEOUT, 7)
    assert told.verdict.reason == "not ready in time: container app runs and is not ready"
    assert "kubectl describe" in told.verdict.hint


def test_a_timeout_between_two_ends_for_want_of_memory_says_so():
    last = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-22T08:31:41Z"}
    told = watch((0, make_pod(ready=False, containers=[running(ready=False, restarts=1, last=last)])), timeout=7)
    assert told.verdict.word == VerdictWord.TIMEOUT
    assert "raise its memory limit" in told.verdict.hint


def test_a_timeout_names_what_has_not_lasted_long_enough():
    told = watch((0, UNSCHEDULABLE), timeout=7)
    assert told.verdict.word == VerdictWord.TIMEOUT
    assert told.verdict.reason == "not ready in time: no node takes the pod: 0/1 nodes"
    assert "free or add nodes" in told.verdict.hint
