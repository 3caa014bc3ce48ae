# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import re
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.modules import pod_exec_probe
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import V4, FakeApi, exit_status
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod, running, waiting


@pytest.fixture(name="api")
def fake_api():
    with FakeApi() as api:
        for name in ("web", "shell"):
            api.put(make_pod(name))
        yield api


@pytest.fixture(name="probe")
def prober(api, capfd):
    def run(*probes, **args):
        defaults = {"name": "p", "namespace": "lab-alice", "pod": "web", "command": ["true"]}
        return run_module(
            pod_exec_probe.main,
            capfd,
            api,
            probes=[{**defaults, **one} for one in probes],
            **{"fail_on_unmet": False, **args},
        )

    return run


def ends_with(code, stdout=b"", stderr=b""):
    def responder(connection, request):
        connection.accept(request)
        connection.frame(1, stdout)
        connection.frame(2, stderr)
        connection.finish(exit_status(code))

    return responder


def fails_with(message):
    def responder(connection, request):
        connection.accept(request)
        connection.finish({"status": "Failure", "message": message, "reason": "InternalError", "code": 500})

    return responder


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


def test_order_and_one_pod_read_for_many_probes(api, probe):
    result = probe(*[{"name": str(index), "pod": ["web", "shell"][index % 2]} for index in range(40)], concurrency=16)
    assert [one["name"] for one in result["results"]] == [str(index) for index in range(40)]
    reads = [request.path for request in api.requests if request.path.endswith(("/web", "/shell"))]
    assert 2 <= len(reads) <= 8, (
        "the container of a pod is looked up once, give or take those who look at the same moment"
    )


def test_a_named_container_needs_no_look_at_the_pod(api, probe):
    assert probe({"container": "app"})["results"][0]["met"]
    assert [request.path for request in api.requests] == ["/version", "/api/v1/namespaces/lab-alice/pods/web/exec"]


def test_container_is_chosen_as_kubectl_does(api, probe):
    pod = make_pod("two", containers=[running("a"), running("b")])
    api.put(pod)
    assert probe({"pod": "two"})["results"][0]["container"] == "a"
    pod["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "b"}
    api.put(pod)
    assert probe({"pod": "two"})["results"][0]["container"] == "b"


@pytest.mark.parametrize(
    "responder, outcome, rc, words",
    [
        (ends_with(3), "nonzero_exit", 3, "exited with code 3"),
        (ends_with(137), "nonzero_exit", 137, "killed"),
        (
            fails_with('exec failed: exec: "true": executable file not found in $PATH'),
            "no_such_executable",
            None,
            "no executable 'true'",
        ),
        (fails_with("container is in CONTAINER_EXITED state"), "container_not_running", None, "CONTAINER_EXITED"),
        (fails_with("strange"), "api_error", None, "strange"),
        (
            lambda connection, request: connection.reply(500, 'container not found ("app")'),
            "container_not_running",
            None,
            "not running",
        ),
        (lambda connection, request: connection.error(403, "Forbidden", "no"), "forbidden", None, "got forbidden: no."),
        (lambda connection, request: connection.reply(401, "Unauthorized"), "api_error", None, "credentials"),
        (lambda connection, request: connection.error(409, "Conflict", "busy"), "api_error", None, "409"),
        (
            lambda connection, request: (connection.accept(request), connection.close_frame()),
            "transport_lost",
            None,
            "without a Status",
        ),
        (
            lambda connection, request: (connection.accept(request), connection.frame(1, b"x"), connection.reset()),
            "transport_lost",
            None,
            "lost",
        ),
        (
            lambda connection, request: (connection.accept(request), connection.finish(b"{broken")),
            "api_error",
            None,
            "no Status",
        ),
        (
            lambda connection, request: (connection.accept(request), connection.half_open()),
            "timeout",
            None,
            "had not ended in time (0.5 s)",
        ),
        (lambda connection, request: connection.half_open(), "timeout", None, "did not begin the command in time"),
    ],
)
def test_outcomes(api, probe, responder, outcome, rc, words):
    api.execs["lab-alice", "web"] = responder
    began = time.monotonic()
    one = probe({"timeout": 0.5})["results"][0]
    assert time.monotonic() - began < 2
    assert (one["outcome"], one["rc"], one["met"]) == (outcome, rc, False)
    assert words in one["reason"] and one["reason"].endswith(".")


def test_a_status_that_has_arrived_counts_whatever_becomes_of_the_connection(api, probe):
    def responder(connection, request):
        connection.accept(request)
        connection.frame(3, json.dumps(exit_status(0)).encode())
        connection.reset()

    api.execs["lab-alice", "web"] = responder
    assert probe({})["results"][0]["outcome"] == "ok"


def test_a_handshake_that_is_put_off_is_made_again(api, probe):
    for status in (503, 429):
        api.fault(
            "/exec", lambda connection, request, status=status: connection.error(status, headers={"Retry-After": "0"})
        )
    one = probe({"timeout": 8})["results"][0]
    assert (one["outcome"], one["attempts"]) == ("ok", 1)


@pytest.mark.parametrize(
    "fault",
    [
        lambda connection, request: (connection.accept(request), connection.reset()),
        lambda connection, request: (connection.send(b"HTTP/1.1 101 Switching Proto"), connection.reset()),
        lambda connection, request: connection.reset(),
        lambda connection, request: connection.hang_up(),
    ],
)
def test_a_command_that_may_have_begun_is_never_repeated_by_itself(api, probe, fault):
    """The request has arrived: whatever becomes of the answer, the command may be running."""
    begun = []
    api.fault("/exec", lambda connection, request: (begun.append(1), fault(connection, request)), times=9)
    assert probe({})["results"][0]["outcome"] == "transport_lost"
    assert len(begun) == 1


def test_a_proxys_error_may_come_after_the_command_has_begun(api, probe):
    api.fault("/exec", lambda connection, request: connection.reply(504, "gateway timeout"), times=9)
    assert probe({})["results"][0]["outcome"] == "api_error"
    assert len([request for request in api.requests if "/exec" in request.path]) == 1


def forbid_reading(api):
    api.fault("/pods/web$", lambda connection, request: connection.error(403, "Forbidden", "may not get pods"), times=9)


def test_who_may_not_read_pods_may_exec_all_the_same(api, probe):
    """Nothing but the exec itself decides, with or without impersonation."""
    forbid_reading(api)
    results = probe({}, {"as_user": "alice", "expect": {"outcome": ["forbidden"]}})["results"]
    assert [one["outcome"] for one in results] == ["ok", "ok"]
    assert not results[1]["met"]


def cannot_get_exec(connection, request):
    connection.error(
        403, "Forbidden", 'pods "web" is forbidden: User "alice" cannot get resource "pods/exec" in API group ""'
    )


@pytest.mark.parametrize("allowed, outcome", [(False, "forbidden"), (True, "api_error"), (None, "forbidden")])
def test_forbidden_is_not_said_of_who_may_exec_with_kubectl(api, probe, allowed, outcome):
    """Before 1.35 a websocket needs get on pods/exec, and kubectl create: an isolation test must not pass because of that."""

    def review(connection, request):
        assert request.json()["spec"]["resourceAttributes"]["verb"] == "create"
        assert request.headers["impersonate-user"] == ["alice"]
        if allowed is None:
            connection.error(500, "InternalError", times=9)
        else:
            connection.reply(201, {"status": {"allowed": allowed}})

    api.fault("/exec", cannot_get_exec)
    api.fault("/selfsubjectaccessreviews$", review, method="POST")
    one = probe({"as_user": "alice", "expect": {"outcome": ["forbidden"]}})["results"][0]
    assert (one["outcome"], one["met"]) == (outcome, outcome == "forbidden")
    assert outcome == "forbidden" or "grant both verbs" in one["reason"]


def test_a_shell_line_given_as_a_program(api, probe):
    message = 'exec: "echo a b": executable file not found in $PATH'
    failure = {"status": "Failure", "reason": "InternalError", "code": 500, "message": message}
    api.execs["lab-alice", "web"] = lambda connection, request: (connection.accept(request), connection.finish(failure))
    assert (
        "command is a list of words, so was ['echo', 'a', 'b'] meant?"
        in probe({"command": ["echo a b"]})["results"][0]["reason"]
    )


def test_a_retry_that_the_tasks_timeout_cuts_off_does_not_hide_what_was_seen(api, probe):
    def slow_from_the_second_on(connection, request):
        connection.accept(request)
        if len([one for one in api.requests if "/exec" in one.path]) > 1:
            connection.half_open()
        connection.frame(1, b"not yet\n")
        connection.finish(exit_status(1))

    api.execs["lab-alice", "web"] = slow_from_the_second_on
    one = probe({"retries": 5, "delay": 0.1}, timeout=1)["results"][0]
    assert (one["outcome"], one["rc"], one["stdout"], one["attempts"]) == ("nonzero_exit", 1, "not yet\n", 2)
    assert one["reason"].endswith("the task's timeout cut off attempt 2.")


def test_no_time_for_another_attempt_is_said(api, probe):
    api.execs["lab-alice", "web"] = lambda connection, request: (
        connection.accept(request),
        connection.finish(exit_status(1)),
    )
    one = probe({"retries": 5, "delay": 5}, timeout=2)["results"][0]
    assert (one["attempts"], one["reason"]) == (
        1,
        "Expected ok, got nonzero_exit: the command exited with code 1; the task's timeout left no time for another attempt.",
    )


def test_the_seconds_that_an_attempt_really_had_are_named(api, probe):
    api.execs["lab-alice", "web"] = lambda connection, request: (connection.accept(request), connection.half_open())
    assert "in time (0.5 s)" in probe({"timeout": 0.5})["results"][0]["reason"]


def test_what_was_cut_off_is_not_called_missing_without_saying_so(api, probe):
    def much(connection, request):
        connection.accept(request)
        connection.frame(1, b"x" * 100 + b"NEEDLE")
        connection.finish(exit_status(0))

    api.execs["lab-alice", "web"] = much
    one = probe({"expect": {"contains": ["NEEDLE"]}}, max_output=50)["results"][0]
    assert not one["met"] and one["reason"].endswith("the output was cut off at max_output.")


@pytest.mark.parametrize(
    "options, words",
    [
        ({"pod": ""}, "pod is empty"),
        ({"namespace": ""}, "namespace is empty"),
        ({"name": ""}, "name is empty"),
        ({"as_user": ""}, "as_user is empty"),
        ({"as_groups": ["g"]}, "without it nobody is impersonated, whatever as_groups says"),
        ({"timeout": float("nan")}, "timeout is nan"),
    ],
)
def test_what_would_not_be_what_it_seems_is_refused(api, probe, options, words):
    result = probe(options)
    assert result["failed"] and words in result["msg"] and not api.requests


def test_long_input_does_not_bury_the_kubectl_line(api, probe):
    one = probe({"stdin": "x" * 5000})["results"][0]
    assert len(one["kubectl"]) < 200 and one["kubectl"].endswith("# with the 5000 characters of stdin piped in")


def test_pod_that_is_not_there(probe):
    for options in ({}, {"container": "app"}):
        one = probe({"pod": "nosuch", **options})["results"][0]
        assert (one["outcome"], one["rc"]) == ("pod_not_found", None)


def test_the_reason_says_what_the_pod_is_doing(api, probe):
    api.put(
        make_pod("web", ready=False, phase="Pending", containers=[waiting(reason="ErrImagePull", message="not found")])
    )
    api.execs["lab-alice", "web"] = lambda connection, request: connection.reply(500, 'container not found ("app")')
    one = probe({})["results"][0]
    assert one["outcome"] == "container_not_running"
    assert "ErrImagePull (not found)" in one["reason"]


def test_killed_by_a_deletion_says_so(api, probe):
    api.put(make_pod("web", deleting=True))
    api.execs["lab-alice", "web"] = ends_with(137)
    assert probe({})["results"][0]["reason"].endswith("; the pod is being deleted.")


def test_wrong_container_name_lists_the_right_ones(api, probe):
    api.execs["lab-alice", "web"] = lambda connection, request: connection.error(
        400, "BadRequest", "container x is not valid for pod web"
    )
    one = probe({"container": "x"})["results"][0]
    assert (one["outcome"], one["reason"]) == (
        "api_error",
        "Expected ok, got api_error: the pod has no container 'x'; it has app.",
    )


def test_expected_failures_are_successes(api, probe):
    api.execs["lab-alice", "web"] = fails_with('exec failed: exec: "sh": executable file not found in $PATH')
    assert probe({"command": ["sh"], "expect": {"outcome": ["no_such_executable"]}})["results"][0]["met"]
    api.execs["lab-alice", "web"] = ends_with(4)
    assert probe({"expect": {"rc": [4]}})["results"][0]["met"]


def test_forbidden_is_about_the_impersonated(api, probe):
    def responder(connection, request):
        assert request.headers["impersonate-user"] == ["alice"]
        connection.error(403, "Forbidden", 'User "alice" cannot create resource "pods/exec"')

    api.execs["lab-alice", "web"] = responder
    one = probe({"as_user": "alice", "as_groups": ["g"], "expect": {"outcome": ["forbidden"]}})["results"][0]
    assert one["met"] and "--as=alice --as-group=g" in one["kubectl"]
    looked = [request for request in api.requests if request.path.endswith("/web")]
    assert all("impersonate-user" not in request.headers for request in looked)


def test_retries_until_met(api, probe):
    tries = []

    def responder(connection, request):
        tries.append(1)
        ends_with(0 if len(tries) == 3 else 1)(connection, request)

    api.execs["lab-alice", "web"] = responder
    one = probe({"retries": 5, "delay": 0.01})["results"][0]
    assert (one["met"], one["attempts"], len(tries)) == (True, 3, 3)


def test_retries_end(api, probe):
    api.execs["lab-alice", "web"] = ends_with(1)
    one = probe({"retries": 2, "delay": 0})["results"][0]
    assert (one["met"], one["attempts"]) == (False, 3)


def test_retries_stay_inside_the_deadline(api, probe):
    api.execs["lab-alice", "web"] = ends_with(1)
    began = time.monotonic()
    one = probe({"retries": 100, "delay": 0.3}, timeout=1)["results"][0]
    assert time.monotonic() - began < 2
    assert one["outcome"] == "nonzero_exit", "the last answer is worth more than that the time is over"


def test_the_tasks_deadline_ends_what_runs_and_what_waits(api, probe):
    api.execs["lab-alice", "web"] = lambda connection, request: (connection.accept(request), connection.half_open())
    began = time.monotonic()
    results = probe(*[{"name": str(index), "timeout": 60} for index in range(6)], timeout=1, concurrency=2)["results"]
    assert time.monotonic() - began < 2
    assert {one["outcome"] for one in results} == {"timeout"}
    assert [one["attempts"] for one in results] == [1, 1, 0, 0, 0, 0]
    assert all(one["reason"] for one in results)


def test_truncation_is_declared_and_cuts_no_character(api, probe):
    api.execs["lab-alice", "web"] = ends_with(0, "aé€".encode(), b"\xff!")
    one = probe({}, max_output=5)["results"][0]
    assert (one["stdout"], one["stdout_truncated"], one["stderr"], one["stderr_truncated"]) == (
        "aé",
        True,
        "\ufffd!",
        False,
    )


@pytest.mark.parametrize(
    "limit, shown",
    [
        (1, "a"),
        (2, "a"),
        (3, "aé"),
        (4, "aé"),
        (5, "aé"),
        (6, "aé€"),
        (7, "aé€"),
        (8, "aé€"),
        (9, "aé€"),
        (10, "aé€😀"),
    ],
)
def test_every_limit(api, probe, limit, shown):
    api.execs["lab-alice", "web"] = ends_with(0, "aé€😀".encode())
    assert probe({}, max_output=limit)["results"][0]["stdout"] == shown


def test_stdin(api, probe):
    def responder(connection, request):
        connection.accept(request, V4)
        connection.frame(1, connection.read_frame()[1][1:])
        connection.half_open()

    api.execs["lab-alice", "web"] = responder
    one = probe({"stdin": "ü\n", "timeout": 0.5})["results"][0]
    assert (one["stdout"], one["outcome"]) == ("ü\n", "timeout")
    assert "cannot signal" in one["reason"]
    assert one["kubectl"].startswith("printf %s 'ü\n' | kubectl")


def test_bytes_go_in_and_come_out_as_base64(api, probe):
    given = bytes(range(256))

    def responder(connection, request):
        connection.accept(request, V4)
        echoed = connection.read_frame()[1][1:]
        connection.frame(1, echoed)
        connection.frame(2, echoed[::-1])
        connection.finish({"status": "Success"})

    api.execs["lab-alice", "web"] = responder
    text = base64.b64encode(given).decode()
    one = probe({"stdin": text, "encoding": "base64", "expect": {"contains": ["ABC"]}})["results"][0]
    assert one["met"], one
    assert base64.b64decode(one["stdout"]) == given
    assert base64.b64decode(one["stderr"]) == given[::-1]
    assert one["kubectl"].startswith(f"printf %s {text} | base64 -d | kubectl")


def test_input_that_is_not_base64_is_refused_before_anything_is_asked(api, probe):
    result = probe({"stdin": "ü", "encoding": "base64"})
    assert result["failed"]
    assert "stdin is not base64" in result["msg"]
    assert not api.requests


def test_check_mode(api, capfd):
    result = run_module(
        pod_exec_probe.main,
        capfd,
        api,
        check_mode=True,
        probes=[{"name": "p", "namespace": "n", "pod": "x", "command": ["rm", "-r"]}],
    )
    assert [(one["outcome"], one["attempts"], one["met"]) for one in result["results"]] == [("skipped", 0, True)]
    assert [request.path for request in api.requests] == ["/version"]


def test_failing_at_the_end_with_the_list(api, probe):
    api.execs["lab-alice", "web"] = ends_with(1)
    probes = [{"name": f"p{index}", "pod": "web" if index < 12 else "shell"} for index in range(20)]
    result = probe(*probes, fail_on_unmet=True)
    assert result["failed"] and len(result["results"]) == 20
    assert result["msg"].startswith(
        "12 of 20 probes did not meet their expectation: p0 (Expected ok, got nonzero_exit: the command exited with code 1), p1"
    )
    assert result["msg"].endswith(", and 2 more.")


@pytest.mark.parametrize(
    "options, args, words",
    [
        ({"command": []}, {}, "Probe 'p': command is empty"),
        ({"timeout": 0}, {}, "Probe 'p': timeout is 0.0"),
        ({"retries": -1}, {}, "Probe 'p': retries is -1"),
        ({"expect": {"regex": "("}}, {}, "Probe 'p': '(' is not a regular expression"),
        ({}, {"concurrency": 0}, "concurrency is 0"),
        ({}, {"timeout": -1}, "timeout is -1.0"),
        ({}, {"max_output": 0}, "max_output is 0"),
        ({"expect": {"outcome": ["great"]}}, {}, "value of outcome must be one or more of"),
    ],
)
def test_bad_arguments_ask_nothing_of_the_cluster(api, probe, options, args, words):
    result = probe(options, **args)
    assert result["failed"] and words in result["msg"]
    assert not api.requests


def test_no_probes(probe):
    assert probe()["results"] == []


def test_unreachable_cluster_is_one_sentence(api, capfd):
    api.__exit__()
    result = run_module(pod_exec_probe.main, capfd, api, probes=[], fail_on_unmet=False)
    assert result["failed"] and "cannot be reached: Connection refused" in result["msg"]
    assert api.url in result["msg"] and "results" not in result


def test_a_server_that_drips_from_the_first_byte_holds_nothing_up(api, capfd):
    api.fault("/version", lambda connection, request: connection.drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, 0.05))
    began = time.monotonic()
    result = run_module(pod_exec_probe.main, capfd, api, probes=[], timeout=0.6)
    assert time.monotonic() - began < 1.6
    assert result["failed"] and "no answer in time" in result["msg"] and api.url in result["msg"]


@pytest.mark.parametrize(
    "text, words",
    [
        (
            "apiVersion: v1\ncurrent-context: x\nclusters: []\nusers: [{name: u, user: {client-key-data: U0VDUkVU}}]\ncontexts: []\n",
            "names 'x' as its current context",
        ),
        ("nonsense\nU0VDUkVU: [\n", "neither|no kubeconfig: give a path, or the content as a dictionary"),
    ],
)
def test_a_kubeconfig_given_as_text_is_read_and_never_shown(capfd, text, words):
    """As when the filter from_yaml was forgotten behind a lookup."""
    result = run_module(
        pod_exec_probe.main,
        capfd,
        None,
        probes=[{"name": "p", "namespace": "n", "pod": "p", "command": ["true"]}],
        kubeconfig=text,
    )
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
    api.execs["lab-alice", "web"] = ends_with(0, b"very-secret-token")
    result = run_module(
        pod_exec_probe.main,
        capfd,
        None,
        kubeconfig=kubeconfig,
        probes=[{"name": "p", "namespace": "lab-alice", "pod": "web", "command": ["true"]}],
    )
    assert "very-secret-token" not in str(result)


@pytest.mark.parametrize("library", ["urllib3", "websocket-client"])
def test_missing_library_says_what_to_install(api, capfd, monkeypatch, library):
    import sys

    for name in list(sys.modules):
        if name.split(".")[0] in ("urllib3" if library == "urllib3" else "websocket",):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "urllib3" if library == "urllib3" else "websocket", None)
    result = run_module(
        pod_exec_probe.main,
        capfd,
        api,
        probes=[{"name": "p", "namespace": "lab-alice", "pod": "web", "command": ["true"]}],
    )
    assert result["failed"] and library in result["msg"] and "results" not in result
