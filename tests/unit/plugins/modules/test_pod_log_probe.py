# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.modules import pod_log_probe
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod, running, waiting


@pytest.fixture(name="api")
def fake_api():
    with FakeApi() as api:
        api.put(make_pod("web"))
        api.logs["lab-alice", "web"] = b"listening on :8080\n"
        yield api


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
        ({"contains": ["nothing"]}, False),
        ({"regex": r"^listening on :\d+$"}, True),
        ({"not_empty": True}, True),
        ({"outcome": ["container_not_running"]}, False),
    ],
)
def test_expectations(probe, expect, met):
    assert probe({"expect": expect})["results"][0]["met"] is met


def test_truncation(probe):
    one = probe({}, max_output=9)["results"][0]
    assert (one["stdout"], one["stdout_truncated"], one["reason"]) == (
        "listening",
        True,
        "The log has more than 9 bytes.",
    )


def test_bytes_that_are_no_text(api, probe):
    api.logs["lab-alice", "web"] = b"a\xffb"
    assert probe({})["results"][0]["stdout"] == "a\ufffdb"


@pytest.mark.parametrize(
    "status, message, outcome, words",
    [
        (
            400,
            'container "app" in pod "web" is waiting to start: ContainerCreating',
            "container_not_running",
            "ContainerCreating",
        ),
        (403, "may not", "forbidden", "may not"),
        (404, 'pods "web" not found', "pod_not_found", "not found"),
        (409, "busy", "api_error", "busy"),
    ],
)
def test_refusals(api, probe, status, message, outcome, words):
    api.put(make_pod("web", ready=False, containers=[waiting()]))
    api.fault("/log", lambda connection, request: connection.error(status, "Reason", message))
    one = probe({})["results"][0]
    assert (one["outcome"], one["met"], one["stdout"]) == (outcome, False, "")
    assert words in one["reason"]


@pytest.mark.parametrize(
    "text",
    [
        b"unable to retrieve container logs for containerd://3652a6356775fcb478d11184cf3e7c29",
        b'failed to try resolving symlinks in path "/var/log/pods/a_b_c/app/0.log": lstat /var/log/pods/a_b_c/app/0.log: no such file or directory',
    ],
)
def test_what_the_kubelet_says_in_place_of_a_log_is_none(api, probe, text):
    api.logs["lab-alice", "web"] = text
    one = probe({"previous": True})["results"][0]
    assert (one["outcome"], one["stdout"]) == ("container_not_running", "") and "no log any more" in one["reason"]
    api.logs["lab-alice", "web"] = b"log says: " + text
    assert probe({"previous": True})["results"][0]["outcome"] == "ok"


def test_no_previous_run(api, probe):
    api.fault(
        "/log",
        lambda connection, request: connection.error(
            400, "BadRequest", 'previous terminated container "app" in pod "web" not found'
        ),
    )
    one = probe({"previous": True})["results"][0]
    assert one["outcome"] == "container_not_running"
    assert one["reason"].startswith("Expected ok, got container_not_running: there is no run before this one")


def test_empty_log_of_a_pod_that_has_not_started(api, probe):
    """The API server answers 200 and nothing for a pod without a node."""
    api.put(make_pod("new", ready=False, phase="Pending", containers=[]))
    assert probe({"pod": "new"})["results"][0]["outcome"] == "container_not_running"
    api.put(make_pod("quiet", containers=[running("app")]))
    assert probe({"pod": "quiet"})["results"][0]["outcome"] == "ok"


def test_pod_that_is_not_there(probe):
    assert probe({"pod": "nosuch"})["results"][0]["outcome"] == "pod_not_found"
    assert probe({"pod": "nosuch", "container": "app"})["results"][0]["outcome"] == "pod_not_found"


def test_timeout(api, probe):
    api.fault("/log", lambda connection, request: connection.half_open(), times=9)
    one = probe({"timeout": 0.4})["results"][0]
    assert one["outcome"] == "timeout" and one["duration"] < 1.4


def test_retries(api, probe):
    def late(connection, request):
        connection.reply(200, "")
        api.logs["lab-alice", "web"] = b"now"

    api.fault("/log", late)
    one = probe({"container": "app", "expect": {"contains": ["now"]}, "retries": 3, "delay": 0.01})["results"][0]
    assert (one["met"], one["attempts"]) == (True, 2)


def test_fails_with_the_list(probe):
    result = probe({"expect": {"contains": ["x"]}}, {"name": "q"}, fail_on_unmet=True)
    assert result["failed"] and result["msg"].startswith(
        "1 of 2 probes did not meet their expectation: p (Stdout lacks 'x'"
    )
    assert len(result["results"]) == 2


def test_bad_tail_lines(probe):
    assert "tail_lines is -1" in probe({"tail_lines": -1})["msg"]
