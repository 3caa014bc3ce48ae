# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._pods import obstacles
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.back_off import USUAL_REASON
from ansible_collections.kubelabs.pods.plugins.modules import pod_restart_watch
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    VERSIONS,
    crash_loop,
    ended,
    make_pod,
    running,
    terminated,
    waiting,
)


@pytest.fixture(name="api")
def fake_api():
    with FakeApi() as api:
        yield api


@pytest.fixture(name="watch")
def watcher(api, capfd):
    def run(until, check_mode=False, **args):
        return run_module(
            pod_restart_watch.main,
            capfd,
            api,
            check_mode,
            until=until,
            **{"label_selector": "app=crash", "fail_on_unmet": False, "timeout": 4, "grace": 0.3, **args},
        )

    return run


def pod(*containers, **more):
    return make_pod("crash", labels={"app": "crash"}, containers=list(containers), **more)


def play(api, history):
    """The statuses one after another, faster than they happened; all of them arrive in the watch."""
    api.put(history[0])
    api.on_watch("/pods", lambda: [api.put(state) for state in history[1:]])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "until, restarts",
    [
        ({"restarts": 2}, 2),
        ({"restarts": 2, "state": "CrashLoopBackOff"}, 2),
        ({"state": "CrashLoopBackOff"}, 1),
        ({"restarts": 5}, 5),
    ],
)
def test_recordings_give_the_same_verdict(api, watch, version, until, restarts):
    history = [
        {**state, "metadata": {**state["metadata"], "namespace": "crash-rec"}} for _when, state in crash_loop(version)
    ]
    play(api, history)
    one = watch(until)["results"][0]
    assert (one["verdict"], one["restarts"], one["in_back_off"]) == ("reached", restarts, True)
    assert one["back_off"]["finding"] == ("not_observed" if restarts == 1 else "as_expected")
    assert [delay["nominal"] for delay in one["delays"]] == [0, 10, 20, 40, 80][:restarts]
    assert [run["number"] for run in one["runs"]] == list(range(restarts + 1))


def test_result(api, watch):
    api.put(pod(running(restarts=2, started="2026-11-22T08:31:54Z", last=ended())))
    result = watch({"restarts": 2}, check_mode=True)
    one = result["results"][0]
    assert result["changed"] is False and "msg" not in result
    assert one.pop("started").endswith("Z") and one.pop("duration") < 2
    assert one == {
        "name": "lab-alice/crash",
        "namespace": "lab-alice",
        "pod": "crash",
        "uid": "uid-lab-alice-crash",
        "container": "app",
        "verdict": "reached",
        "reason": "2 restarts.",
        "hint": "",
        "ready": True,
        "status": "Running",
        "restarts": 2,
        "in_back_off": False,
        "node": "node-1",
        "labels": {"app": "crash"},
        "runs": [
            {
                "number": 1,
                "started": "2026-11-22T08:31:38.000Z",
                "finished": "2026-11-22T08:31:41.000Z",
                "exit_code": 1,
                "reason": "Error",
                "duration": 3.0,
                "known_from": "last_state",
            },
            {
                "number": 2,
                "started": "2026-11-22T08:31:54.000Z",
                "finished": None,
                "exit_code": None,
                "reason": "",
                "duration": None,
                "known_from": "state",
            },
        ],
        "delays": [
            {
                "restart": 1,
                "observed": None,
                "nominal": 0.0,
                "low": -1.0,
                "high": 20.0,
                "within": None,
                "late": 0.0,
                "source": "curve",
                "reason": "The first restart is free; 0 to 20 s are usual: " + USUAL_REASON + ".",
            },
            {
                "restart": 2,
                "observed": 13.0,
                "nominal": 10.0,
                "low": 9.0,
                "high": 30.0,
                "within": True,
                "late": 0.0,
                "source": "curve",
                "reason": "10 s would be the default, which the kubelet was not seen to confirm; "
                "9 to 30 s are usual: " + USUAL_REASON + ".",
            },
        ],
        "back_off": {
            "finding": "as_expected",
            "reason": "Restart 2 came after 13 s (back-off 10 s).",
            "note": "",
        },
        "kubectl": f"kubectl --server={api.url} -n lab-alice describe pod crash",
    }


def test_completed(api, watch):
    api.put(pod(terminated(code=0), ready=False))
    assert watch({"completed": True})["results"][0]["verdict"] == "reached"


@pytest.mark.parametrize("policy, code", [("Never", 1), ("Never", 0), ("OnFailure", 0)])
def test_a_container_that_has_ended_for_good_is_not_waited_for(api, watch, policy, code):
    api.put(pod(terminated(code=code), ready=False, restart_policy=policy, phase="Running"))
    one = watch({"restarts": 1})["results"][0]
    assert one["verdict"] == "failed" and one["duration"] < 2
    assert "for good" in one["reason"] and "0 of 1 restarts" in one["reason"]


@pytest.mark.parametrize(
    "state, verdict, words",
    [
        (
            pod(waiting(reason="ErrImagePull", message="not found"), ready=False, phase="Pending"),
            "never_started",
            "ErrImagePull",
        ),
        (pod(ready=False, phase="Failed", reason="Evicted", message="disk pressure"), "failed", "disk pressure"),
        (pod(running(), deleting=True), "deleted", "being deleted"),
    ],
)
def test_what_cannot_restart_is_said_at_once(api, watch, state, verdict, words):
    api.put(state)
    one = watch({"restarts": 1}, pods=[{"namespace": "lab-alice", "name": "crash"}])["results"][0]
    assert one["verdict"] == verdict and words in one["reason"] and one["duration"] < 2


def test_another_container_that_cannot_start_is_no_obstacle(api, watch):
    """Containers of a pod start independently of each other."""
    beside = waiting("beside", reason="ErrImagePull", message="not found")
    api.put(pod(beside, running(), ready=False))
    api.on_watch(
        "/pods", lambda: (time.sleep(0.5), api.put(pod(beside, running(restarts=1, last=ended()), ready=False)))
    )
    one = watch({"restarts": 1}, container="app")["results"][0]
    assert (one["verdict"], one["restarts"]) == ("reached", 1)


def test_the_same_pull_that_keeps_failing_is_one_obstacle(api, watch, monkeypatch):
    """ErrImagePull and ImagePullBackOff alternate; the patience is for both together."""
    monkeypatch.setattr(obstacles, "TRANSIENT_IMAGE_PATIENCE", 1.0)
    states = [
        pod(waiting(reason=reason, message="i/o timeout"), ready=False)
        for reason in ("ErrImagePull", "ImagePullBackOff") * 5
    ]
    api.put(states[0])
    api.on_watch("/pods", lambda: [(time.sleep(0.3), api.put(state)) for state in states[1:]])
    one = watch({"restarts": 1})["results"][0]
    assert one["verdict"] == "never_started" and one["duration"] < 2


def test_a_program_that_cannot_be_started_restarts_all_the_same(api, watch, monkeypatch):
    monkeypatch.setattr(obstacles, "_PATIENCE", {"RunContainerError": 0.2})
    last = {"exitCode": 128, "reason": "StartError", "finishedAt": "2026-11-22T08:31:41Z"}
    api.put(pod(waiting(reason="RunContainerError", message="no such file", restarts=1, last=last), ready=False))
    api.on_watch(
        "/pods",
        lambda: (time.sleep(0.8), api.put(pod(waiting(reason="CrashLoopBackOff", restarts=2, last=last), ready=False))),
    )
    assert watch({"restarts": 2})["results"][0]["verdict"] == "reached"


def test_an_evicted_pod_is_not_in_back_off(api, watch):
    state = pod(
        terminated(code=137, restarts=2), ready=False, phase="Failed", reason="Evicted", message="disk pressure"
    )
    api.put(state)
    one = watch({"restarts": 2, "state": "CrashLoopBackOff"})["results"][0]
    assert (one["verdict"], one["in_back_off"]) == ("failed", False)


def test_hints_at_the_timeout(api, watch):
    api.put(pod(running(), running("beside", restarts=3, last=ended())))
    one = watch({"restarts": 1}, timeout=0.6)["results"][0]
    assert one["reason"] == "0 of 1 restarts in time: container app is running."
    assert (
        one["hint"] == "Container app was followed, and it is beside that restarts: name it with the option container."
    )
    api.put(pod(running()))
    assert "has never exited" in watch({"restarts": 1}, timeout=0.6)["results"][0]["hint"]
    api.put(pod(running(restarts=1, last=ended())))
    assert "wait longer" in watch({"restarts": 2}, timeout=0.6)["results"][0]["hint"].lower()


def test_a_crash_loop_is_no_obstacle(api, watch):
    api.put(pod(waiting(reason="CrashLoopBackOff", restarts=1, last=ended()), ready=False))
    one = watch({"restarts": 2}, timeout=0.8)["results"][0]
    assert (one["verdict"], one["in_back_off"]) == ("timeout", True)
    assert "1 of 2 restarts" in one["reason"]


def test_an_init_container_that_crashes_keeps_the_app_from_starting(api, watch):
    state = pod(waiting(reason="PodInitializing"), ready=False, phase="Pending")
    state["spec"]["initContainers"] = [{"name": "setup"}]
    state["status"]["initContainerStatuses"] = [waiting("setup", reason="CrashLoopBackOff", restarts=2, last=ended())]
    api.put(state)
    one = watch({"restarts": 1})["results"][0]
    assert "setup is crash looping" in one["reason"] and one["duration"] < 2
    followed = watch({"restarts": 2}, container="setup")["results"][0]
    assert (followed["verdict"], followed["container"], followed["restarts"]) == ("reached", "setup", 2)


def test_container_that_does_not_exist(api, watch):
    api.put(pod(running()))
    one = watch({"restarts": 1}, container="nosuch")["results"][0]
    assert one["verdict"] == "never_started" and "no container 'nosuch'; it has app" in one["reason"]


def test_deleted_and_replaced(api, watch):
    api.put(pod(running()))
    api.on_watch("/pods", lambda: api.remove("crash"))
    assert watch({"restarts": 1})["results"][0]["verdict"] == "deleted"
    api.put(pod(running()))
    api.on_watch("/pods", lambda: api.put(pod(running(restarts=7), uid="another")))
    one = watch({"restarts": 1})["results"][0]
    assert (one["verdict"], one["restarts"]) == ("replaced", 0), "the other pod's restarts are not this one's"


def test_replaced_after_a_deletion_with_grace(api, watch):
    api.put(pod(running()))
    api.on_watch(
        "/pods",
        lambda: (
            api.put(pod(running(), deleting=True)),
            api.remove("crash"),
            api.put(pod(running(restarts=7), uid="another")),
        ),
    )
    one = watch({"restarts": 1})["results"][0]
    assert (one["verdict"], one["restarts"], one["uid"]) == ("replaced", 0, "uid-lab-alice-crash")


def test_pod_that_never_appears(watch):
    one = watch({"restarts": 1}, pods=[{"namespace": "n", "name": "x"}])["results"][0]
    assert (one["verdict"], one["runs"], one["delays"], one["back_off"]["finding"]) == (
        "never_started",
        [],
        [],
        "not_observed",
    )


def test_fails_with_the_list(api, watch):
    api.put(pod(terminated(code=1), ready=False, restart_policy="Never"))
    result = watch({"restarts": 1}, fail_on_unmet=True)
    assert result["failed"] and result["msg"].startswith(
        "1 of 1 pods did not restart as awaited: lab-alice/crash (failed: 0 of 1 restarts"
    )


@pytest.mark.parametrize(
    "until, words",
    [({}, "until is empty"), ({"restarts": -1}, "until.restarts is -1"), ({"completed": False}, "until is empty")],
)
def test_bad_until(api, watch, until, words):
    result = watch(until)
    assert result["failed"] and words in result["msg"]
    assert not api.requests
