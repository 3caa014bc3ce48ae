# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.states import (
    OVERDUE,
    Move,
    Phase,
    PodStep,
    Standing,
    asked_grace,
    controller_kinds,
    has_stopped,
    is_settled,
    next_move,
    pod_step,
    standing,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import ended, make_pod, running, terminated, waiting

OURS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "c"}
OPEN = (Phase.FOUND, Phase.EMPTYING, Phase.DELETING)


def namespace(uid="u", labels=None, deleting=False):
    meta = {"name": "lab-a", "uid": uid, "labels": OURS if labels is None else labels}
    return {"metadata": {**meta, **({"deletionTimestamp": "2026-11-22T08:31:41Z"} if deleting else {})}}


@pytest.mark.parametrize(
    "item, expected",
    [
        pytest.param(namespace(), Standing.OURS, id="as it was"),
        pytest.param(None, Standing.ABSENT, id="nothing under its name"),
        pytest.param(namespace(uid="other"), Standing.ABSENT, id="another one under its name"),
        pytest.param(namespace(labels={"kubelabs.pods/class": "c"}), Standing.UNLABELLED, id="our label is off"),
        pytest.param(namespace(labels={}), Standing.UNLABELLED, id="all labels are off"),
        pytest.param(namespace(labels={**OURS, "kubelabs.pods/class": "d"}), Standing.UNLABELLED, id="another class's"),
        pytest.param(namespace(labels={**OURS, "more": "x"}), Standing.OURS, id="other labels do not matter"),
        pytest.param(namespace(deleting=True), Standing.TERMINATING, id="being deleted"),
        pytest.param(namespace(labels={}, deleting=True), Standing.TERMINATING, id="being deleted without labels"),
    ],
)
def test_standing(item, expected):
    assert standing(item, namespace()) == expected


@pytest.mark.parametrize(
    "phase, seen, expected",
    [
        pytest.param(Phase.FOUND, Standing.OURS, Move.SEND_PODS_AWAY, id="first its pods"),
        pytest.param(Phase.FOUND, Standing.UNLABELLED, Move.LEAVE, id="lost its label before anything"),
        pytest.param(Phase.FOUND, Standing.TERMINATING, Move.TEND_PODS, id="was being deleted already"),
        pytest.param(Phase.FOUND, Standing.ABSENT, Move.FINISH, id="went before anything"),
        pytest.param(Phase.EMPTYING, Standing.OURS, Move.DELETE, id="its pods have gone"),
        pytest.param(Phase.EMPTYING, Standing.UNLABELLED, Move.LEAVE, id="lost its label meanwhile"),
        pytest.param(Phase.EMPTYING, Standing.TERMINATING, Move.TEND_PODS, id="somebody else deleted it"),
        pytest.param(Phase.EMPTYING, Standing.ABSENT, Move.FINISH, id="somebody else was faster"),
        pytest.param(Phase.DELETING, Standing.OURS, Move.WAIT, id="read from an old cache"),
        pytest.param(Phase.DELETING, Standing.UNLABELLED, Move.WAIT, id="read from an old cache, without its label"),
        pytest.param(
            Phase.DELETING, Standing.TERMINATING, Move.TEND_PODS, id="new pods were made before it was deleted"
        ),
        pytest.param(Phase.DELETING, Standing.ABSENT, Move.FINISH, id="gone"),
    ],
)
def test_next_move(phase, seen, expected):
    assert next_move(phase, seen) == expected


def test_every_open_phase_has_a_move_for_everything_that_can_be_seen():
    for phase, seen in itertools.product(OPEN, Standing):
        assert next_move(phase, seen) in Move


def test_nothing_that_is_not_ours_is_told_to_go():
    told = {(phase, seen) for phase, seen in itertools.product(OPEN, Standing)
            if next_move(phase, seen) in (Move.SEND_PODS_AWAY, Move.DELETE)}  # fmt: skip
    assert {seen for _phase, seen in told} == {Standing.OURS}


def going(granted=5, containers=None, finalizers=()):
    pod = make_pod(containers=containers or [running()], deleting=True)
    pod["metadata"].update(deletionGracePeriodSeconds=granted, finalizers=list(finalizers))
    return pod


@pytest.mark.parametrize(
    "pod, deleting_for, expected",
    [
        pytest.param(make_pod(), 0, PodStep.DELETE, id="nobody has told it"),
        pytest.param(going(5), 1, PodStep.WAIT, id="in its time"),
        pytest.param(going(5), 5 + OVERDUE, PodStep.WAIT, id="just in its time"),
        pytest.param(going(5), 6 + OVERDUE, PodStep.REMOVE, id="its kubelet has forgotten it"),
        pytest.param(going(3600), 1, PodStep.SHORTEN, id="an hour is too much"),
        pytest.param(going(3600), 31 + OVERDUE, PodStep.REMOVE, id="an hour is too much, and it does not listen"),
        pytest.param(going(5, [terminated()]), 0, PodStep.REMOVE, id="has ended"),
        pytest.param(going(3600, [terminated()]), 0, PodStep.REMOVE, id="has ended in its hour"),
        pytest.param(going(5, [terminated()], ["a/b"]), 0, PodStep.HELD, id="has ended, and a finalizer keeps it"),
        pytest.param(going(5, finalizers=["a/b"]), 1, PodStep.WAIT, id="in its time, with a finalizer"),
        pytest.param(going(5, finalizers=["a/b"]), 9, PodStep.HELD, id="out of time, with a finalizer"),
    ],
)
def test_pod_step(pod, deleting_for, expected):
    assert pod_step(pod, deleting_for=deleting_for, max_grace=30) == expected


@pytest.mark.parametrize(
    "steps, expected",
    [
        pytest.param([], True, id="no pods"),
        pytest.param([PodStep.REMOVE, PodStep.HELD], True, id="nothing that waiting would help"),
        pytest.param([PodStep.HELD, PodStep.WAIT], False, id="one in its time"),
        pytest.param([PodStep.DELETE], False, id="one just told"),
        pytest.param([PodStep.SHORTEN], False, id="one told to hurry"),
    ],
)
def test_is_settled(steps, expected):
    assert is_settled(steps) is expected


@pytest.mark.parametrize(
    "spec, expected",
    [
        pytest.param({}, 30, id="Kubernetes' default"),
        pytest.param({"terminationGracePeriodSeconds": 0}, 0, id="none"),
        pytest.param({"terminationGracePeriodSeconds": 3600}, 3600, id="an hour"),
        pytest.param({"terminationGracePeriodSeconds": "x"}, 0, id="nonsense"),
    ],
)
def test_asked_grace(spec, expected):
    assert asked_grace({"spec": spec}) == expected


def test_controller_kinds():
    def owned(kind, **more):
        return {"metadata": {"ownerReferences": [{"kind": kind, **more}]}}

    pods = [owned("ReplicaSet", controller=True), owned("Job", controller=True), owned("Node"), {"metadata": {}}]
    assert controller_kinds(pods) == {"ReplicaSet", "Job"}


@pytest.mark.parametrize(
    "containers, deleting, expected",
    [
        pytest.param([terminated()], True, True, id="ended"),
        pytest.param([terminated()], False, False, id="ended, and will be restarted"),
        pytest.param([terminated("a"), running("b")], True, False, id="one runs"),
        pytest.param([], True, False, id="nothing known"),
        pytest.param([waiting(reason="CrashLoopBackOff", restarts=1, last=ended())], True, True, id="in back-off"),
        pytest.param([waiting()], True, False, id="being created"),
        pytest.param([waiting(last=ended())], True, False, id="being created again"),
    ],
)
def test_has_stopped(containers, deleting, expected):
    assert has_stopped(make_pod(containers=containers, deleting=deleting)) is expected
