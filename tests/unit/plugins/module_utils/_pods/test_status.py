# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given

from ansible_collections.kubelabs.pods.plugins.module_utils._pods import status as pod_status
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.obstacles import describe, obstacle
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.status import (
    columns,
    default_container,
    is_ready,
    restarts_on,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import JSON
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    VERSIONS,
    crash_loop,
    make_pod,
    recording,
    running,
    terminated,
    waiting,
)


@pytest.mark.parametrize("version", VERSIONS)
def test_columns_are_what_kubectl_printed(version):
    """kubectl watched, too, and printed the same sequence of rows."""
    printed = [tuple(row) for row in recording(f"crash-loop-{version}")["kubectl_columns"]]
    derived = [columns(pod) for _when, pod in crash_loop(version)]
    rows = [(f"{row.ready}/{row.total}", row.status, str(row.restarts)) for row in derived]
    assert len(printed) > 10
    assert [row for row, _same in groupby(rows)] == [row for row, _same in groupby(printed)]


def with_init(init, specs, **more):
    pod = make_pod(**more)
    pod["status"]["initContainerStatuses"] = init
    pod["spec"]["initContainers"] = specs
    return pod


COLUMNS = [
    *("running", "pending", "terminating", "terminating when completed", "node lost", "evicted", "error", "image pull"),
    *("one of two has completed", "one of two is ready", "scheduling gate", "init running", "init crash loop"),
    *("init error", "sidecar", "nothing known"),
]


@pytest.mark.parametrize(
    "pod, expected",
    [
        (make_pod(), ("Running", 1, 1, 0)),
        (make_pod(phase="Pending", ready=False, containers=[]), ("Pending", 0, 1, 0)),
        (make_pod(deleting=True), ("Terminating", 1, 1, 0)),
        (
            make_pod(deleting=True, phase="Succeeded", ready=False, containers=[terminated(code=0)]),
            ("Completed", 0, 1, 0),
        ),
        (make_pod(deleting=True, reason="NodeLost"), ("Unknown", 1, 1, 0)),
        (make_pod(phase="Failed", ready=False, reason="Evicted", containers=[]), ("Evicted", 0, 1, 0)),
        (make_pod(ready=False, containers=[terminated(code=1, reason="")]), ("Error", 0, 1, 0)),
        (make_pod(ready=False, containers=[waiting(reason="ImagePullBackOff")]), ("ImagePullBackOff", 0, 1, 0)),
        (make_pod(ready=False, containers=[terminated("a", code=0), running("b", ready=True)]), ("NotReady", 1, 2, 0)),
        (make_pod(ready=True, containers=[terminated("a", code=0), running("b", restarts=2)]), ("Running", 1, 2, 2)),
        (
            make_pod(
                conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
                ready=False,
                containers=[],
                phase="Pending",
            ),
            ("SchedulingGated", 0, 1, 0),
        ),
        (
            with_init(
                [running("setup", ready=False)],
                [{"name": "setup"}],
                phase="Pending",
                ready=False,
                containers=[waiting(reason="PodInitializing")],
            ),
            ("Init:0/1", 0, 1, 0),
        ),
        (
            with_init(
                [terminated("setup", code=0), waiting("next", reason="CrashLoopBackOff", restarts=3)],
                [{"name": "setup"}, {"name": "next"}],
                phase="Pending",
                ready=False,
                containers=[waiting()],
            ),
            ("Init:CrashLoopBackOff", 0, 1, 3),
        ),
        (
            with_init(
                [terminated("setup", code=2)], [{"name": "setup"}], phase="Pending", ready=False, containers=[waiting()]
            ),
            ("Init:Error", 0, 1, 0),
        ),
        # A sidecar counts in READY and RESTARTS.
        (with_init([running("side", restarts=2)], [{"name": "side", "restartPolicy": "Always"}]), ("Running", 2, 2, 2)),
        ({}, ("Unknown", 0, 0, 0)),
    ],
    ids=COLUMNS,
)
def test_columns(pod, expected):
    shown = columns(pod)
    assert (shown.status, shown.ready, shown.total, shown.restarts) == expected


def test_ready_is_the_condition_and_not_being_deleted():
    assert is_ready(make_pod())
    assert not is_ready(make_pod(ready=False))
    assert not is_ready(make_pod(deleting=True))
    assert not is_ready({"status": {"phase": "Running"}})


def test_default_container():
    pod = make_pod(containers=[running("a"), running("b")])
    assert default_container(pod) == "a"
    pod["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "b"}
    assert default_container(pod) == "b"
    pod["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "nosuch"}
    assert default_container(pod) == "a"
    assert default_container({}) is None


def rule(operator, *codes):
    """A container that never restarts but for these exit codes."""
    codes = {"operator": operator, "values": list(codes)}
    return {"restartPolicy": "Never", "restartPolicyRules": [{"action": "Restart", "exitCodes": codes}]}


@pytest.mark.parametrize(
    "spec, pod_policy, code, expected",
    [
        pytest.param({}, "Always", 0, True, id="Always-0"),
        pytest.param({}, "OnFailure", 0, False, id="OnFailure-0"),
        pytest.param({}, "OnFailure", 1, True, id="OnFailure-1"),
        pytest.param({}, "Never", 1, False, id="Never-1"),
        pytest.param({}, None, 1, True, id="the default-1"),
        pytest.param({"restartPolicy": "Never"}, "Always", 1, False, id="the container's own-1"),
        pytest.param(rule("In", 42), "Always", 42, True, id="a rule for 42-42"),
        pytest.param(rule("In", 42), "Always", 1, False, id="a rule for 42-1"),
        pytest.param(rule("NotIn", 42), "Always", 1, True, id="a rule for all but 42-1"),
    ],
)
def test_restart_policies(spec, pod_policy, code, expected):
    assert (
        restarts_on({"spec": {"restartPolicy": pod_policy, "containers": [{"name": "app", **spec}]}}, "app", code)
        is expected
    )


def test_init_containers_restart_on_failure_and_sidecars_always():
    pod = {
        "spec": {
            "restartPolicy": "Always",
            "initContainers": [{"name": "setup"}, {"name": "side", "restartPolicy": "Always"}],
        }
    }
    assert restarts_on(pod, "setup", 1) and not restarts_on(pod, "setup", 0)
    assert restarts_on(pod, "side", 0)


@given(JSON, JSON, JSON)
def test_no_pod_crashes_it(one, two, three):
    for pod in (
        {"metadata": one, "spec": two, "status": three},
        {
            "metadata": {"annotations": one},
            "spec": {"containers": two, "initContainers": [two]},
            "status": {"containerStatuses": three, "initContainerStatuses": [three], "conditions": one},
        },
        {
            "spec": {"containers": [{"name": "app", "restartPolicyRules": [two]}]},
            "status": {
                "containerStatuses": [{"name": "app", "restartCount": 1, "state": three, "lastState": one}],
                "conditions": [one],
                "podIPs": [two],
            },
        },
    ):
        assert isinstance(columns(pod).status, str)
        assert isinstance(describe(pod), str)
        obstacle(pod)
        default_container(pod)
        pod_status.pod_ips(pod)
        pod_status.in_back_off(pod, "app")
