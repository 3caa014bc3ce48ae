# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.obstacles import describe, obstacle
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    EVICTED,
    ended,
    evicted,
    make_pod,
    running,
    terminated,
    waiting,
)


@pytest.mark.parametrize(
    "status, cause, patience, failed",
    [
        ({"containers": [waiting(reason="ErrImagePull", message="not found")]}, "ErrImagePull", 0, False),
        ({"containers": [waiting(reason="ErrImagePull", message="pull access denied")]}, "ErrImagePull", 0, False),
        ({"containers": [waiting(reason="ErrImagePull", message="dial tcp: i/o timeout")]}, "ErrImagePull", 15, False),
        (
            {"containers": [waiting(reason="ImagePullBackOff", message="Back-off pulling image")]},
            "ImagePullBackOff",
            5,
            False,
        ),
        ({"containers": [waiting(reason="ErrImageNeverPull")]}, "ErrImageNeverPull", 0, False),
        ({"containers": [waiting(reason="InvalidImageName")]}, "InvalidImageName", 0, False),
        (
            {"containers": [waiting(reason="CreateContainerConfigError", message='secret "x" not found')]},
            "CreateContainerConfigError",
            3,
            False,
        ),
        ({"containers": [waiting(reason="CreateContainerError")]}, "CreateContainerError", 5, False),
        ({"containers": [terminated(restarts=1)]}, "CrashLoopBackOff", 0, True),
        ({"containers": [waiting(reason="CrashLoopBackOff", restarts=2, last=ended())]}, "CrashLoopBackOff", 0, True),
        ({"phase": "Failed", "reason": "Evicted", "containers": []}, "Evicted", 0, True),
        ({"phase": "Failed", "containers": [terminated(code=3)]}, "Failed", 0, True),
        ({"phase": "Succeeded", "containers": [terminated(code=0)]}, "Completed", 0, True),
        (
            {
                "phase": "Pending",
                "containers": [],
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
                ],
            },
            "Unschedulable",
            15,
            False,
        ),
    ],
)
def test_obstacles(status, cause, patience, failed):
    found = obstacle(make_pod(ready=False, **status))
    assert (found.cause, found.patience, found.failed) == (cause, patience, failed)
    assert found.reason and found.hint


@pytest.mark.parametrize(
    "pod",
    [
        make_pod(),
        make_pod(ready=False),
        make_pod(ready=False, phase="Pending", containers=[waiting()]),
        make_pod(ready=False, containers=[terminated()]),
    ],
)
def test_no_obstacle(pod):
    """Also not after the first exit: the first restart is free."""
    assert obstacle(pod) is None


@pytest.mark.parametrize("left_by", EVICTED)
def test_an_evicted_pod_says_so_and_why_on_every_version(left_by):
    found = obstacle(evicted(left_by))
    assert (found.cause, found.failed) == ("Evicted", True)
    reason = 'the pod has failed for good (Evicted: Usage of EmptyDir volume "kept" exceeds the limit "1Mi".)'
    assert found.reason == reason
    assert found.hint.startswith("let it write less") and "evicted pods do not come back" in found.hint


def test_an_evicted_pod_whose_reason_was_lost():
    """In a race with the statuses of its containers; a condition still says it."""
    message = "The node was low on resource: ephemeral-storage. "
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet", "message": message}
    found = obstacle(make_pod(ready=False, phase="Failed", containers=[terminated(code=137)], conditions=[condition]))
    assert found.reason == f"the pod has failed for good (Evicted: {message.strip()})"
    assert "add a node" in found.hint


def test_back_off_without_a_cause_takes_it_from_the_attempt_before():
    pod = make_pod(ready=False, containers=[waiting(reason="ImagePullBackOff", message="Back-off pulling image x")])
    found = obstacle(pod, "manifest for x not found")
    assert found.patience == 0 and "manifest for x not found" in found.reason


@pytest.mark.parametrize(
    "pod, words",
    [
        (make_pod(deleting=True), "being deleted"),
        (make_pod(ready=False, containers=[running(ready=False)]), "runs and is not ready"),
        (make_pod(ready=False, containers=[waiting()]), "waiting (ContainerCreating)"),
        (make_pod(ready=False, containers=[terminated(code=3)]), "exit code 3"),
        ({"status": {"phase": "Pending"}}, "waiting for a node"),
        (make_pod(), "the pod is Running"),
    ],
)
def test_describe(pod, words):
    assert words in describe(pod)
