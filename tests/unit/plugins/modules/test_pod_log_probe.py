# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module from its arguments to its return values, over real connections. What is decided about answers is tested in
module_utils/_probe/test_log_prober.py."""

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.modules import pod_log_probe
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import half_open, refuse, reply
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod, waiting

LOG = "/log$"


@pytest.fixture(name="api")
def api_with_a_log(api):
    api.put(make_pod("web"))
    api.logs["lab-alice", "web"] = b"listening on :8080\n"
    return api


@pytest.fixture(name="probe")
def prober(api, capfd):
    def run(*probes, check_mode=False, **args):
        defaults = {"name": "p", "namespace": "lab-alice", "pod": "web"}
        return run_module(
            pod_log_probe.main,
            capfd,
            api,
            check_mode,
            probes=[{**defaults, **one} for one in probes],
            **{"fail_on_unmet": False, **args},
        )

    return run


def test_no_probes(api, probe):
    result = probe()
    assert result["failed"] and "probes is an empty list" in result["msg"] and api.requests == []


def test_result(api, probe):
    one = probe({"expect": {"contains": ["listening"]}}, check_mode=True)["results"][0]
    assert one.pop("started").endswith("Z") and one.pop("duration") >= 0
    assert one == {
        "name": "p",
        "namespace": "lab-alice",
        "pod": "web",
        "container": "app",
        "met": True,
        "outcome": "ok",
        "rc": None,
        "stdout": "listening on :8080\n",
        "stderr": "",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "protocol": None,
        "attempts": 1,
        "reason": "The log has 19 bytes.",
        "kubectl": f"kubectl --server={api.url} -n lab-alice logs web -c app",
    }


def test_options_reach_the_server_and_the_kubectl_line(api, probe):
    one = probe({"previous": True, "tail_lines": 3, "container": "app", "as_user": "alice"})["results"][0]
    assert api.requests[-1].query == {
        "limitBytes": ["65537"],
        "container": ["app"],
        "previous": ["true"],
        "tailLines": ["3"],
    }
    assert api.requests[-1].headers["impersonate-user"] == ["alice"]
    assert one["kubectl"] == f"kubectl --server={api.url} --as=alice -n lab-alice logs web -c app --previous --tail=3"


@pytest.mark.parametrize(
    "expect, met",
    [
        pytest.param({"contains": ["nothing"]}, False, id="a text that is missing"),
        pytest.param({"regex": r"^listening on :\d+$"}, True, id="a line that matches"),
        pytest.param({"not_empty": True}, True, id="not empty"),
        pytest.param({"outcome": ["container_not_running"]}, False, id="another outcome"),
    ],
)
def test_expectations(probe, expect, met):
    assert probe({"expect": expect})["results"][0]["met"] is met


def test_truncation(probe):
    one = probe({}, max_output=9)["results"][0]
    assert (one["stdout"], one["stdout_truncated"]) == ("listening", True)
    assert one["reason"] == "The log has more than 9 bytes."


def test_bytes_that_are_no_text(api, probe):
    api.logs["lab-alice", "web"] = b"a\xffb"
    assert probe({})["results"][0]["stdout"] == "a\ufffdb"


@pytest.mark.parametrize(
    "responder, outcome, words",
    [
        pytest.param(
            refuse(400, "BadRequest", 'container "app" in pod "web" is waiting to start: ContainerCreating'),
            "container_not_running",
            "ContainerCreating",
            id="no log yet",
        ),
        pytest.param(refuse(403, "Forbidden", "may not"), "forbidden", "may not", id="forbidden"),
        pytest.param(reply(403, "<html>no</html>"), "api_error", "bare 403", id="a proxy's 403"),
        pytest.param(refuse(404, "NotFound", 'pods "web" not found'), "pod_not_found", "not found", id="no pod"),
        pytest.param(
            refuse(404, "NotFound", "no such resource", details={"kind": "gadgets"}), "api_error", "404", id="not a pod"
        ),
        pytest.param(refuse(409, "Conflict", "busy"), "api_error", "busy", id="error"),
    ],
)
def test_refusals(api, probe, responder, outcome, words):
    api.put(make_pod("web", ready=False, containers=[waiting()]))
    api.fault(LOG, responder)
    one = probe({})["results"][0]
    assert (one["outcome"], one["met"], one["stdout"]) == (outcome, False, "")
    assert words in one["reason"]


def test_a_pod_that_is_not_there(probe):
    results = probe({"pod": "nosuch"}, {"pod": "nosuch", "container": "app"})["results"]
    assert [one["outcome"] for one in results] == ["pod_not_found", "pod_not_found"]


def test_timeout(api, probe):
    api.fault(LOG, half_open, times=9)
    one = probe({"timeout": 0.3})["results"][0]
    assert one["outcome"] == "timeout" and one["duration"] < 1.3


def test_attempts_go_on_until_the_expectation_is_met(api, probe):
    api.fault(LOG, reply(200, ""))
    one = probe({"expect": {"contains": ["listening"]}, "retries": 3, "delay": 0.01})["results"][0]
    assert (one["met"], one["attempts"]) == (True, 2)


def test_failing_at_the_end_with_the_list(probe):
    result = probe({"expect": {"contains": ["x"]}}, {"name": "q"}, fail_on_unmet=True)
    assert result["failed"] and len(result["results"]) == 2
    assert result["msg"].startswith("1 of 2 probes did not meet their expectation: p (Stdout lacks 'x' (stdout: 'list")


@pytest.mark.parametrize(
    "options, words",
    [
        pytest.param({"tail_lines": -1}, "Probe 'p': tail_lines is -1", id="of a probe"),
        pytest.param({"expect": {"outcome": ["nonzero_exit"]}}, "must be one or more of: ok, container_not", id="rc"),
    ],
)
def test_bad_arguments_ask_nothing_of_the_cluster(api, probe, options, words):
    result = probe(options)
    assert result["failed"] and words in result["msg"]
    assert "results" not in result and not api.requests
