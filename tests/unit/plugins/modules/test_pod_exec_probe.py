# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module from its arguments to its return values, over real connections. What is decided about answers is tested in
module_utils/_probe, what happens on the wire in module_utils/_cluster/test_exec_stream.py."""

from __future__ import annotations

import base64
import json
import re
import sys
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._probe.exec_prober import ExecProber
from ansible_collections.kubelabs.pods.plugins.modules import pod_exec_probe
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import (
    V4,
    accept,
    call,
    close_frame,
    drip_headers,
    exits,
    finish,
    frame,
    half_open,
    hang_up,
    in_order,
    refuse,
    reply,
    reset,
    send,
    status_object,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod

DEFAULTS = {"name": "p", "namespace": "lab-alice", "pod": "web", "command": ["true"]}
#: Of the requests for exec.
EXEC = "/exec"


@pytest.fixture(name="api")
def api_with_pods(api):
    for name in ("web", "shell"):
        api.put(make_pod(name))
    return api


@pytest.fixture(name="probe")
def prober(api, capfd):
    def run(*probes, check_mode=False, **args):
        return run_module(
            pod_exec_probe.main,
            capfd,
            api,
            check_mode,
            probes=[{**DEFAULTS, **one} for one in probes],
            **{"fail_on_unmet": False, **args},
        )

    return run


def fails_with(message):
    return in_order(accept, finish(status_object(500, "InternalError", message)))


# --- results ---


def test_result(api, probe):
    result = probe({"command": ["echo", "a b"]})
    one = result["results"][0]
    assert result["changed"] is False and "msg" not in result
    assert result["cluster"]["version"] == "v1.99.0"
    assert one.pop("started").endswith("Z") and one.pop("duration") >= 0
    assert one == {
        "name": "p",
        "namespace": "lab-alice",
        "pod": "web",
        "container": "app",
        "met": True,
        "outcome": "ok",
        "rc": 0,
        "stdout": "echo a b\n",
        "stderr": "",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "protocol": "v5.channel.k8s.io",
        "attempts": 1,
        "reason": "The command exited with code 0.",
        "kubectl": f"kubectl --server={api.url} -n lab-alice exec web -c app -- echo 'a b'",
    }


@pytest.mark.parametrize(
    "responder, outcome, rc, words",
    [
        pytest.param(exits(3), "nonzero_exit", 3, "exited with code 3", id="exit code"),
        pytest.param(
            fails_with('exec failed: exec: "true": executable file not found in $PATH'),
            "no_such_executable",
            None,
            "no executable 'true'",
            id="no executable",
        ),
        pytest.param(fails_with("strange"), "api_error", None, "strange", id="other failure"),
        pytest.param(
            reply(500, 'container not found ("app")'), "container_not_running", None, "not running", id="no container"
        ),
        pytest.param(refuse(403, "Forbidden", "no"), "forbidden", None, "got forbidden: no.", id="forbidden"),
        pytest.param(refuse(409, "Conflict", "busy"), "api_error", None, "409", id="refused"),
        pytest.param(in_order(accept, close_frame), "transport_lost", None, "without a Status", id="closed"),
        pytest.param(in_order(accept, frame(1, b"x"), reset), "transport_lost", None, "connection was lost", id="lost"),
        pytest.param(in_order(accept, finish(b"{broken")), "api_error", None, "no Status", id="no Status"),
    ],
)
def test_outcomes(api, probe, responder, outcome, rc, words):
    api.execs["lab-alice", "web"] = responder
    one = probe({})["results"][0]
    assert (one["outcome"], one["rc"], one["met"]) == (outcome, rc, False)
    assert words in one["reason"] and one["reason"].endswith(".")


def test_timeout(api, probe):
    api.execs["lab-alice", "web"] = half_open
    one = probe({"timeout": 0.3, "container": "app"})["results"][0]
    assert (one["outcome"], one["rc"], one["met"]) == ("timeout", None, False)
    assert "did not begin the command in time (0.3 s)" in one["reason"]
    assert one["duration"] < 1.3


def test_expected_failures_are_successes(api, probe):
    api.execs["lab-alice", "web"] = fails_with('exec failed: exec: "sh": executable file not found in $PATH')
    api.execs["lab-alice", "shell"] = exits(4)
    results = probe(
        {"command": ["sh"], "expect": {"outcome": ["no_such_executable"]}}, {"pod": "shell", "expect": {"rc": [4]}}
    )["results"]
    assert [one["met"] for one in results] == [True, True]


def test_a_pod_that_is_not_there(probe):
    results = probe({"pod": "nosuch"}, {"pod": "nosuch", "container": "app"})["results"]
    assert [(one["outcome"], one["rc"]) for one in results] == [("pod_not_found", None)] * 2


def test_the_reason_says_what_the_pod_is_doing(api, probe):
    api.put(make_pod("web", deleting=True))
    api.execs["lab-alice", "web"] = exits(137)
    assert probe({})["results"][0]["reason"].endswith("; the pod is being deleted.")


def test_attempts_go_on_until_the_expectation_is_met(api, probe):
    api.fault(EXEC, exits(1), times=2)
    one = probe({"retries": 5, "delay": 0.01})["results"][0]
    assert (one["met"], one["attempts"]) == (True, 3)


def test_order_and_one_look_at_a_pod_for_many_probes(api, probe):
    result = probe(*[{"name": str(index), "pod": ["web", "shell"][index % 2]} for index in range(40)], concurrency=16)
    assert [one["name"] for one in result["results"]] == [str(index) for index in range(40)]
    looks = [request.path for request in api.requests if request.path.endswith(("/web", "/shell"))]
    assert 2 <= len(looks) <= 8, "once for each pod, give or take those who look at the same moment"


def test_a_named_container_needs_no_look_at_the_pod(api, probe):
    assert probe({"container": "app"})["results"][0]["met"]
    assert [request.path for request in api.requests] == ["/version", "/api/v1/namespaces/lab-alice/pods/web/exec"]


@pytest.mark.against_the_clock
def test_the_tasks_deadline_ends_what_runs_and_what_waits(api, probe):
    api.execs["lab-alice", "web"] = in_order(accept, half_open)
    began = time.monotonic()
    results = probe(*[{"name": str(index), "timeout": 60} for index in range(4)], timeout=1, concurrency=2)["results"]
    assert time.monotonic() - began < 2
    assert {one["outcome"] for one in results} == {"timeout"}
    assert [one["attempts"] for one in results] == [1, 1, 0, 0]


# --- what is executed ---


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(in_order(accept, reset), id="lost while it ran"),
        pytest.param(in_order(send(b"HTTP/1.1 101 Switching Proto"), reset), id="lost in the answer"),
        pytest.param(reset, id="lost before the answer"),
        pytest.param(hang_up, id="closed before the answer"),
    ],
)
def test_a_command_that_may_have_begun_is_never_repeated_by_itself(api, probe, fault):
    """The request has arrived: whatever becomes of the answer, the command may be running."""
    begun = []
    api.fault(EXEC, in_order(call(lambda: begun.append(1)), fault), times=9)
    assert probe({})["results"][0]["outcome"] == "transport_lost"
    assert begun == [1]


def test_who_may_not_read_pods_may_exec_all_the_same(api, probe):
    """Nothing but the exec itself decides, with or without impersonation."""
    api.fault("/pods/web$", refuse(403, "Forbidden", "may not get pods"), times=9)
    results = probe({}, {"as_user": "alice", "expect": {"outcome": ["forbidden"]}})["results"]
    assert [one["outcome"] for one in results] == ["ok", "ok"]
    assert not results[1]["met"]


@pytest.mark.parametrize("allowed, outcome", [(False, "forbidden"), (True, "api_error")], ids=["may not", "may"])
def test_forbidden_is_not_said_of_who_may_exec_with_kubectl(api, probe, allowed, outcome):
    cannot_get = 'pods "web" is forbidden: User "alice" cannot get resource "pods/exec" in API group ""'
    api.fault(EXEC, refuse(403, "Forbidden", cannot_get))
    api.may = lambda attributes: (allowed and attributes["verb"] == "create", "")
    one = probe({"as_user": "alice", "expect": {"outcome": ["forbidden"]}})["results"][0]
    assert (one["outcome"], one["met"]) == (outcome, outcome == "forbidden")
    (review,) = [request for request in api.requests if request.method == "POST"]
    assert review.headers["impersonate-user"] == ["alice"]


def test_forbidden_is_about_the_impersonated(api, probe):
    api.execs["lab-alice", "web"] = refuse(403, "Forbidden", 'User "alice" cannot create resource "pods/exec"')
    one = probe({"as_user": "alice", "as_groups": ["g"], "expect": {"outcome": ["forbidden"]}})["results"][0]
    assert one["met"] and "--as=alice --as-group=g" in one["kubectl"]
    as_whom = {request.path.rsplit("/", 1)[1]: request.headers.get("impersonate-user") for request in api.requests}
    assert as_whom == {"version": None, "web": None, "exec": ["alice"]}


def echo(connection, request):
    """What is read comes back, on stderr in reverse."""
    connection.accept(request, V4)
    received = connection.read_frame()[1][1:]
    connection.frame(1, received)
    connection.frame(2, received[::-1])
    connection.finish({"status": "Success"})


def test_input(api, probe):
    api.execs["lab-alice", "web"] = echo
    one = probe({"stdin": "ü\n"})["results"][0]
    assert (one["stdout"], one["outcome"], one["protocol"]) == ("ü\n", "ok", V4)
    assert one["kubectl"].startswith("printf %s 'ü\n' | kubectl")


def test_bytes_go_in_and_come_out_as_base64(api, probe):
    given = bytes(range(256))
    text = base64.b64encode(given).decode()
    api.execs["lab-alice", "web"] = echo
    one = probe({"stdin": text, "encoding": "base64", "expect": {"contains": ["ABC"]}})["results"][0]
    assert one["met"], one
    assert base64.b64decode(one["stdout"]) == given
    assert base64.b64decode(one["stderr"]) == given[::-1]
    assert one["kubectl"].startswith(f"printf %s {text} | base64 -d | kubectl")


def test_truncation_is_declared_and_cuts_no_character(api, probe):
    api.execs["lab-alice", "web"] = exits(0, "aé€".encode(), b"\xff!")
    one = probe({}, max_output=5)["results"][0]
    assert (one["stdout"], one["stdout_truncated"]) == ("aé", True)
    assert (one["stderr"], one["stderr_truncated"]) == ("\ufffd!", False)


def test_check_mode(api, probe):
    result = probe({"name": "p", "pod": "nosuch", "command": ["rm", "-r"]}, check_mode=True)
    assert [(one["outcome"], one["attempts"], one["met"]) for one in result["results"]] == [("skipped", 0, True)]
    assert [request.path for request in api.requests] == ["/version"]


# --- how the task ends ---


def test_failing_at_the_end_with_the_list(api, probe):
    api.execs["lab-alice", "web"] = exits(1)
    probes = [{"name": f"p{index}", "pod": "web" if index < 12 else "shell"} for index in range(20)]
    result = probe(*probes, fail_on_unmet=True)
    assert result["failed"] and len(result["results"]) == 20
    unmet = "(Expected ok, got nonzero_exit: the command exited with code 1)"
    assert result["msg"].startswith(f"12 of 20 probes did not meet their expectation: p0 {unmet}, p1")
    assert result["msg"].endswith(", and 2 more.")


def test_a_command_that_is_text_is_refused(api, probe):
    """Ansible would make a list with one program of it, `ls -l`, of which the pod has none: an outcome to expect."""
    result = probe({"command": "ls -l", "expect": {"outcome": ["no_such_executable"]}})
    assert result["failed"] and api.requests == []
    assert result["msg"] == (
        """Probe 'p': command is the text 'ls -l', and no shell reads it; write it as a list: ["ls", "-l"]."""
    )


def test_a_text_with_a_comma_is_looked_for_as_it_is(api, probe):
    api.execs["lab-alice", "web"] = exits(0, b"world Hello")
    assert not probe({"expect": {"contains": "Hello, world"}})["results"][0]["met"]


def test_no_probes(api, probe):
    result = probe()
    assert result["failed"] and api.requests == []
    assert result["msg"].startswith("probes is an empty list, and a task that probes nothing would prove nothing: ")


def test_a_fault_of_ours_is_told_and_stops_no_other_probe(api, probe, monkeypatch):
    perform = ExecProber.perform

    def breaks(self, probe, deadline):
        if probe.name == "broken":
            raise TypeError("Authorization: Bearer s3cret")
        return perform(self, probe, deadline)

    monkeypatch.setattr(ExecProber, "perform", breaks)
    result = probe({"name": "broken", "expect": {"outcome": ["transport_lost", "api_error"]}}, {"name": "other"})
    broken, other = result["results"]
    assert (broken["outcome"], broken["met"], broken["rc"]) == ("internal_error", False, None)
    assert (other["outcome"], other["met"]) == ("ok", True)
    assert "1 of 2 probes" in result["msg"] and "TypeError" in result["msg"] and "report it" in result["msg"]
    assert "s3cret" not in json.dumps(result)


@pytest.mark.parametrize("word", ["internal_error", "skipped", "great"])
def test_only_answers_of_the_cluster_can_be_expected(api, probe, word):
    result = probe({"expect": {"outcome": [word]}})
    assert result["failed"] and "value of outcome must be one or more of: ok, nonzero_exit, " in result["msg"]
    assert word not in result["msg"].partition("one or more of")[2].partition("Got")[0].split(", ")
    assert not api.requests


@pytest.mark.parametrize(
    "options, args, words",
    [
        pytest.param({"command": []}, {}, "Probe 'p': command is empty", id="of a probe"),
        pytest.param({"stdin": "ü", "encoding": "base64"}, {}, "stdin is not base64", id="of its input"),
        pytest.param({"expect": {"regex": "("}}, {}, "Probe 'p': '(' is not a regular expression", id="of its regex"),
        pytest.param({}, {"concurrency": 0}, "concurrency is 0", id="concurrency"),
        pytest.param({}, {"timeout": -1}, "timeout is -1.0", id="timeout"),
        pytest.param({}, {"max_output": 0}, "max_output is 0", id="max_output"),
    ],
)
def test_bad_arguments_ask_nothing_of_the_cluster(api, probe, options, args, words):
    result = probe(options, **args)
    assert result["failed"] and words in result["msg"]
    assert "results" not in result and not api.requests


def test_an_unreachable_cluster_is_one_sentence(api, probe):
    api.stop()
    result = probe({})
    assert result["failed"] and "cannot be reached: Connection refused" in result["msg"]
    assert api.url in result["msg"] and "results" not in result


@pytest.mark.against_the_clock
def test_a_server_that_drips_from_the_first_byte_holds_nothing_up(api, probe):
    api.fault("/version", drip_headers)
    began = time.monotonic()
    result = probe({}, timeout=0.3)
    assert time.monotonic() - began < 1.3
    assert result["failed"] and "no answer in time" in result["msg"] and api.url in result["msg"]


@pytest.mark.parametrize("library", ["urllib3", "websocket-client"])
def test_a_missing_library_is_named_with_what_to_install(probe, monkeypatch, library):
    package = {"urllib3": "urllib3", "websocket-client": "websocket"}[library]
    for name in list(sys.modules):
        if name.split(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    result = probe({})
    assert result["failed"] and library in result["msg"] and "results" not in result


# --- secrets ---


@pytest.mark.parametrize(
    "text, words",
    [
        pytest.param(
            "apiVersion: v1\ncurrent-context: x\nclusters: []\nusers: [{name: u, user: {client-key-data: U0VDUkVU}}]\n"
            "contexts: []\n",
            "names 'x' as its current context",
            id="a kubeconfig",
        ),
        pytest.param(
            "nonsense\nU0VDUkVU: [\n", "no kubeconfig: give a path, or the content as a dictionary", id="nonsense"
        ),
    ],
)
def test_a_kubeconfig_given_as_text_is_read_and_never_shown(capfd, text, words):
    """As when the filter from_yaml was forgotten behind a lookup."""
    result = run_module(pod_exec_probe.main, capfd, None, probes=[DEFAULTS], kubeconfig=text)
    assert result["failed"] and re.search(words, result["msg"]), result["msg"]
    assert "U0VDUkVU" not in json.dumps(result)


def test_secrets_of_an_inline_kubeconfig_are_hidden(api, capfd):
    kubeconfig = {
        "apiVersion": "v1",
        "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": api.url}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": "very-secret-token"}}],
    }
    api.execs["lab-alice", "web"] = exits(0, b"very-secret-token")
    result = run_module(pod_exec_probe.main, capfd, None, kubeconfig=kubeconfig, probes=[DEFAULTS])
    assert result["results"][0]["met"]
    assert "very-secret-token" not in str(result)


def test_a_server_that_repeats_what_it_was_asked_gives_no_credential_away(api, probe):
    """As some proxies do on their error pages."""

    def repeat(connection, request):
        connection.reply(400, json.dumps(request.headers))

    api.fault(EXEC, repeat)
    one = probe({}, api_key="very-secret-token")["results"][0]
    assert one["outcome"] == "api_error" and "authorization" in one["reason"]
    assert "very-secret-token" not in str(one)
