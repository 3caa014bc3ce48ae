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

UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}


def waits(reason, message="", **more):
    """The status of a pod whose container waits."""
    return {"containers": [waiting(reason=reason, message=message, **more)]}


@pytest.mark.parametrize(
    "status, cause, patience, failed",
    [
        pytest.param(waits("ErrImagePull", "not found"), "ErrImagePull", 0, False, id="no such image"),
        pytest.param(waits("ErrImagePull", "pull access denied"), "ErrImagePull", 0, False, id="no access to it"),
        pytest.param(waits("ErrImagePull", "dial tcp: i/o timeout"), "ErrImagePull", 15, False, id="registry is slow"),
        pytest.param(
            waits("ImagePullBackOff", "Back-off pulling x"), "ImagePullBackOff", 5, False, id="no cause given"
        ),
        pytest.param(waits("ErrImageNeverPull"), "ErrImageNeverPull", 0, False, id="never pulled"),
        pytest.param(waits("InvalidImageName"), "InvalidImageName", 0, False, id="no name of an image"),
        pytest.param(waits("ImageInspectError"), "ImageInspectError", 0, False, id="damaged image"),
        pytest.param(
            waits("CreateContainerConfigError", 'secret "x" not found'),
            "CreateContainerConfigError",
            3,
            False,
            id="no such secret",
        ),
        pytest.param(waits("CreateContainerError"), "CreateContainerError", 5, False, id="refused by the runtime"),
        pytest.param({"containers": [terminated(restarts=1)]}, "CrashLoopBackOff", 0, True, id="has exited again"),
        pytest.param(waits("CrashLoopBackOff", restarts=2, last=ended()), "CrashLoopBackOff", 0, True, id="crash loop"),
        pytest.param({"phase": "Failed", "containers": [terminated(code=3)]}, "Failed", 0, True, id="failed"),
        pytest.param({"phase": "Succeeded", "containers": [terminated(code=0)]}, "Completed", 0, True, id="completed"),
        pytest.param(
            {"phase": "Pending", "containers": [], "conditions": [UNSCHEDULABLE]},
            "Unschedulable",
            15,
            False,
            id="no node",
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
        pytest.param(make_pod(), id="ready"),
        pytest.param(make_pod(ready=False), id="not ready"),
        pytest.param(make_pod(ready=False, phase="Pending", containers=[waiting()]), id="being created"),
        pytest.param(make_pod(ready=False, containers=[terminated()]), id="first exit"),
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


OUT_OF_MEMORY = ended(code=137, reason="OOMKilled")


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(waits("CrashLoopBackOff", restarts=2, last=OUT_OF_MEMORY), id="waits for its restart"),
        pytest.param({"containers": [terminated(restarts=1, code=137, reason="OOMKilled")]}, id="has ended again"),
        pytest.param({"phase": "Failed", "containers": [terminated(code=137, reason="OOMKilled")]}, id="for good"),
    ],
)
def test_a_container_that_ran_out_of_memory_needs_more_or_less_of_it(status):
    found = obstacle(make_pod(ready=False, **status))
    assert "raise its memory limit, or have it use less" in found.hint


def test_a_container_that_ended_otherwise_is_not_about_memory():
    found = obstacle(make_pod(ready=False, **waits("CrashLoopBackOff", restarts=2, last=ended(code=137))))
    assert "memory" not in found.hint


def test_back_off_without_a_cause_takes_it_from_the_attempt_before():
    pod = make_pod(ready=False, containers=[waiting(reason="ImagePullBackOff", message="Back-off pulling image x")])
    found = obstacle(pod, "manifest for x not found")
    assert found.patience == 0 and "manifest for x not found" in found.reason


def test_back_off_that_names_its_cause_needs_no_other():
    """As from Kubernetes 1.31 on."""
    message = 'Back-off pulling image "x": ErrImagePull: pull access denied for x'
    found = obstacle(
        make_pod(ready=False, containers=[waiting(reason="ImagePullBackOff", message=message)]), "i/o timeout"
    )
    assert found.reason == f"container app cannot start: ImagePullBackOff ({message})"


def test_a_scheduling_gate():
    gate = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
    found = obstacle(make_pod(ready=False, phase="Pending", containers=[], conditions=[gate]))
    assert found.reason == "the pod has a scheduling gate"


@pytest.mark.parametrize(
    "pod, words",
    [
        pytest.param(make_pod(deleting=True), "being deleted", id="being deleted"),
        pytest.param(make_pod(ready=False, containers=[running(ready=False)]), "runs and is not ready", id="not ready"),
        pytest.param(make_pod(ready=False, containers=[waiting()]), "waiting (ContainerCreating)", id="being created"),
        pytest.param(make_pod(ready=False, containers=[terminated(code=3)]), "exit code 3", id="has exited"),
        pytest.param({"status": {"phase": "Pending"}}, "waiting for a node", id="no node yet"),
        pytest.param(make_pod(), "the pod is Running", id="all is well"),
    ],
)
def test_describe(pod, words):
    assert words in describe(pod)
