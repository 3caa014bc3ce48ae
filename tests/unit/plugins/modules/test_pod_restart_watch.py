# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From arguments over real sockets to results. What is decided and when, is tested with _watch, without waiting."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.back_off import (
    CURVE,
    RESOLUTION,
    USUAL_REASON,
    bounds,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._watch import roll
from ansible_collections.kubelabs.pods.plugins.modules import pod_restart_watch
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import ended, make_pod, running, terminated


@pytest.fixture(name="watch")
def watcher(api, capfd, monkeypatch):
    monkeypatch.setattr(roll, "REPLACEMENT_PATIENCE", 0.0)
    usual = {"label_selector": "app=crash", "fail_on_unmet": False, "timeout": 5, "grace": 0}

    def run(until, check_mode=False, **args):
        return run_module(pod_restart_watch.main, capfd, api, check_mode, until=until, **{**usual, **args})

    return run


def pod(*containers, **more):
    return make_pod("crash", labels={"app": "crash"}, containers=list(containers), **more)


def test_result(api, watch):
    api.put(pod(running(restarts=2, started="2026-11-22T08:31:54Z", last=ended())))
    result = watch({"restarts": 2}, check_mode=True)
    one = result["results"][0]
    assert result["changed"] is False and "msg" not in result
    assert one.pop("started").endswith("Z") and one.pop("duration") < 5
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
                "reason": f"The first restart is free; 0 to 20 s are usual: {USUAL_REASON}.",
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
                "reason": "10 s would be the default, which the kubelet was not seen to confirm; 9 to 30 s are usual: "
                f"{USUAL_REASON}.",
            },
        ],
        "back_off": {"finding": "as_expected", "reason": "Restart 2 came after 13 s (back-off 10 s).", "note": ""},
        "kubectl": f"kubectl --server={api.url} -n lab-alice describe pod crash",
    }


def test_a_late_restart_is_noted(api, watch):
    api.put(pod(running(restarts=1, started="2026-11-22T08:32:06Z", last=ended())))
    (one,) = watch({"restarts": 1})["results"]
    assert one["delays"][0]["late"] == 5.0
    assert one["back_off"]["finding"] == "not_observed"
    assert one["back_off"]["note"].startswith("Restart 1 came 5 s late (after 25 s, where up to 20 s are usual): ")


def test_a_history_that_comes_status_by_status(api, watch):
    history = [
        running(),
        terminated(),
        running(restarts=1, started="2026-11-22T08:31:42Z", last=ended()),
        terminated(restarts=1, started="2026-11-22T08:31:42Z", finished="2026-11-22T08:31:45Z", last=ended()),
    ]
    api.put(pod(history[0]))
    api.on_watch("/pods", lambda: [api.put(pod(status, ready=False)) for status in history[1:]])
    (one,) = watch({"state": "CrashLoopBackOff"})["results"]
    assert (one["verdict"], one["restarts"], one["in_back_off"]) == ("reached", 1, True)
    assert [(run["number"], run["duration"], run["known_from"]) for run in one["runs"]] == [
        (0, 3, "state"),
        (1, 3, "state"),
    ]


def test_another_container_may_be_followed(api, watch):
    api.put(pod(running(), running("beside", restarts=3, last=ended())))
    (one,) = watch({"restarts": 3}, container="beside")["results"]
    assert (one["verdict"], one["container"], one["restarts"]) == ("reached", "beside", 3)


def test_a_run_that_ended_well(api, watch):
    api.put(pod(terminated(code=0), ready=False))
    assert watch({"completed": True})["results"][0]["verdict"] == "reached"


def test_a_pod_that_never_appears(watch):
    (one,) = watch({"restarts": 1}, pods=[{"namespace": "n", "name": "x"}], container="app")["results"]
    assert (one["verdict"], one["container"], one["runs"], one["delays"]) == ("never_started", "app", [], [])
    assert one["back_off"]["finding"] == "not_observed"


def test_fails_with_the_list(api, watch):
    api.put(pod(terminated(code=1), ready=False, restart_policy="Never"))
    result = watch({"restarts": 1}, fail_on_unmet=True)
    assert result["failed"] and result["msg"].startswith(
        "1 of 1 pods did not restart as awaited: lab-alice/crash (failed: 0 of 1 restarts"
    )


@pytest.mark.parametrize(
    "until, words",
    [
        pytest.param({}, "until is empty", id="empty"),
        pytest.param({"restarts": -1}, "until.restarts is -1", id="negative"),
        pytest.param({"completed": False}, "until is empty", id="nothing asked for"),
    ],
)
def test_what_cannot_be_waited_for_asks_nothing(api, watch, until, words):
    result = watch(until)
    assert result["failed"] and words in result["msg"] and not api.requests


def test_the_seconds_in_the_documentation_are_those_of_the_engine():
    text = " ".join(yaml.safe_load(pod_restart_watch.DOCUMENTATION)["description"])
    assert f"{', '.join(f'{seconds:g}' for seconds in CURVE)} s, because the first restart is free" in text
    assert f"more than {RESOLUTION:g} s earlier than that" in text
    assert "the greater of 1.5 times nominal and 15 s more, plus 5 s" in text
    assert (bounds(10.0)[1], bounds(300.0)[1]) == (10.0 + 15.0 + 5.0, 1.5 * 300.0 + 5.0)
