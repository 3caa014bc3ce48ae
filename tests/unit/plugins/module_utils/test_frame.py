# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
import time

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubelabs.pods.plugins.module_utils import _frame
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import Answer
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError, KubelabsError
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import drip_headers, half_open, hang_up, refuse
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, plugin, prints, write
from ansible_collections.kubelabs.pods.tests.unit.fakes.proxy_server import FakeProxy

SPEC = {
    "timeout": {"type": "float", "default": 5},
    "concurrency": {"type": "int", "default": 4},
    "grace": {"type": "float", "default": 0},
    "fail_on_unmet": {"type": "bool", "default": True},
}


def answer(answer=None, **returns):
    return lambda request, task: answer or Answer(returns)


@pytest.fixture(name="run")
def run_a_module(capfd):
    """Runs a module of the test's own: run(api, work, read=..., **arguments)."""

    def run(api, work, read=lambda params: None, **args):
        return run_module(lambda: _frame.run_module(SPEC, read, work), capfd, api, **args)

    return run


# --- one way in, one way out ---


def test_what_work_returns_with_the_cluster(api, run):
    result = run(api, answer(results=[1]))
    assert (result["results"], result["changed"], "msg" in result) == ([1], False, False)
    assert result["cluster"] == {"context": None, "server": api.url, "version": "v1.99.0"}


def test_what_is_read_reaches_work(api, run):
    result = run(api, lambda request, task: Answer({"results": [request, task.check_mode]}), lambda params: "x")
    assert result["results"] == ["x", False]


@pytest.mark.parametrize("fail", [True, False], ids=["fail_on_unmet", "not fail_on_unmet"])
def test_a_complaint(api, run, fail):
    result = run(api, answer(Answer({"results": []}, "1 of 2 pods is not ready.", True)), fail_on_unmet=fail)
    assert (result["msg"], result["changed"], result["results"]) == ("1 of 2 pods is not ready.", True, [])
    assert bool(result.get("failed")) is fail


def test_what_cannot_be_read_asks_nothing_of_the_cluster(api, run):
    def read(params):
        raise ArgumentError("This cannot be used.")

    result = run(api, answer(), read)
    assert (result["failed"], result["msg"]) == (True, "This cannot be used.")
    assert not api.requests


@pytest.mark.parametrize(
    "option, value, words",
    [
        ("timeout", 0, "timeout is 0.0, and must be a finite number greater than 0."),
        ("timeout", -1, "timeout is -1.0, and must be"),
        ("timeout", float("inf"), "timeout is inf, and must be a finite number greater than 0."),
        ("timeout", float("nan"), "timeout is nan, and must be a finite number greater than 0."),
        ("concurrency", 0, "concurrency is 0, and must be"),
        ("grace", -1, "grace is -1.0, and must be a finite number, 0 or more."),
        ("grace", float("inf"), "grace is inf, and must be a finite number, 0 or more."),
        ("grace", float("nan"), "grace is nan, and must be a finite number, 0 or more."),
    ],
)
def test_numbers_that_are_none(api, run, option, value, words):
    result = run(api, answer(), **{option: value})
    assert result["failed"] and words in result["msg"]
    assert not api.requests


@pytest.mark.parametrize("verbosity", [0, 2, 3, 4])
def test_a_traceback_is_for_those_who_ask_for_it(api, run, verbosity):
    def work(request, task):
        raise KubelabsError("The sentence.")

    result = run(api, work, verbosity=verbosity)
    assert result["msg"] == "The sentence."
    assert ("KubelabsError: The sentence." in result.get("exception", "")) is (verbosity >= 3)


def test_a_library_that_is_missing(api, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "socks", None)
    result = run(None, answer(), host="https://kube", api_key="given", proxy="socks5://proxy")
    assert result["failed"]
    assert "Python library (PySocks)" in result["msg"]
    assert "This is required for the proxy socks5://proxy:1080 (the option proxy)." in result["msg"]


# --- inside the timeout ---


@pytest.mark.against_the_clock
def test_work_that_does_not_end_is_given_up(api, run, monkeypatch):
    monkeypatch.setattr(_frame, "OVERTIME", 0.1)
    began = time.monotonic()
    result = run(api, lambda request, task: time.sleep(30), timeout=0.1)
    assert time.monotonic() - began < 2
    assert result["failed"] and result["msg"] == "There was no answer in time."


@pytest.mark.against_the_clock
@pytest.mark.parametrize("fault", [drip_headers, half_open], ids=["drips", "silent"])
def test_a_server_that_does_not_answer_is_named_in_time(api, run, fault):
    api.fault("/version", fault)
    began = time.monotonic()
    result = run(api, answer(), timeout=0.1)
    assert time.monotonic() - began < 1.3
    assert result["failed"] and api.url in result["msg"]


@pytest.mark.against_the_clock
def test_a_plugin_that_does_not_end_is_named_in_time(api, run, tmp_path):
    began = time.monotonic()
    result = run(None, answer(), kubeconfig=kubeconfig(api.url, plugin(tmp_path, "time.sleep(60)")), timeout=0.3)
    assert time.monotonic() - began < 1.3
    assert result["failed"] and f"exec plugin '{tmp_path}/plugin' of the user 'teacher'" in result["msg"]
    assert not api.requests


# --- no credential in a result ---


def shown(result):
    return json.dumps(result)


def raises(*words):
    """Work that fails as a library would, with credentials in its words."""

    def work(request, task):
        try:
            raise ValueError(f"Invalid header value {words!r}")
        except ValueError as exc:
            raise KubelabsError(f"It failed: {exc}") from exc

    return work


@pytest.mark.parametrize("verbosity", [0, 3])
@pytest.mark.parametrize("how", ["inline", "text", "file"])
def test_those_of_a_kubeconfig(api, run, tmp_path, how, verbosity):
    user = {
        "token": "s3cret-token",
        "username": "me",
        "password": "s3cret-password",
        "client-key-data": "czNjcmV0LWtleQ==",
    }
    content = kubeconfig(api.url, user)
    given = {"inline": content, "text": "\n" + json.dumps(content), "file": None}[how] or write(tmp_path / "c", content)
    result = run(
        None,
        raises("s3cret-token", b"s3cret-token\n", "s3cret-password", "czNjcmV0LWtleQ=="),
        kubeconfig=given,
        verbosity=verbosity,
    )
    assert result["failed"] and "It failed: Invalid header value" in result["msg"]
    assert "s3cret" not in shown(result) and "czNjcmV0" not in shown(result)


@pytest.mark.parametrize("verbosity", [0, 3])
@pytest.mark.parametrize(
    "options",
    [
        {"host": "https://me:s3cret@127.0.0.1:1"},
        {"host": "ftp://me:s3cret@kube"},
        {"host": "https://me:s3cret@kube:port"},
        {"proxy": "http://me:s3cret@127.0.0.1:1"},
        {"proxy": "ftp://me:s3cret@proxy"},
        {"proxy": "socks5://me:s3cret@127.0.0.1:1"},
        {"api_key": "s3cret\nand-more"},
        {"api_key": "s3cret\x01"},
        {"username": "me", "password": "s3cret", "api_key": ""},
        {"proxy": "http://127.0.0.1:1", "proxy_headers": {"proxy_basic_auth": "me:s3cret"}},
        {"timeout": -1, "host": "https://me:s3cret@kube"},
    ],
    ids=[
        "server",
        "a server that is none",
        "a broken server",
        "proxy",
        "a proxy that is none",
        "socks",
        "a line break in the token",
        "a control character in the token",
        "basic",
        "proxy headers",
        "before anything is looked at",
    ],
)
def test_those_of_the_options(api, run, options, verbosity):
    args = {"host": "https://127.0.0.1:1", "api_key": "given", "timeout": 1, **options}
    result = run(None, answer(), verbosity=verbosity, **args)
    assert result["failed"]
    assert "s3cret" not in shown(result) and "and-more" not in shown(result)


def test_a_token_that_http_client_would_show(api, run, tmp_path):
    """Tried by hand it was: Invalid header value b'Bearer good\\n'."""
    (tmp_path / "token").write_text("s3cret\nmore\n")
    path = write(tmp_path / "config", kubeconfig(api.url, {"tokenFile": "token"}))
    result = run(None, answer(), kubeconfig=path, verbosity=3)
    assert result["failed"] and f"The token in the file {tmp_path}/token of the user" in result["msg"]
    assert "s3cret" not in shown(result)
    assert not api.requests


@pytest.mark.parametrize("verbosity", [0, 3])
def test_those_of_a_plugin_also_when_they_are_renewed(api, run, tmp_path, verbosity):
    def work(request, task):
        task.client.get("/version", deadline=task.deadline)
        return Answer({"results": [request.headers["authorization"] for request in api.requests]})

    body = "token = 's3cret-' + str(time.time())\n"
    status = prints(token="TOKEN", expirationTimestamp="2020-01-01T00:00:00Z").replace("print(", "print((")
    body += status + ".replace('TOKEN', token))"
    result = run(None, work, kubeconfig=kubeconfig(api.url, plugin(tmp_path, body)), verbosity=verbosity)
    assert len({request.headers["authorization"][0] for request in api.requests}) == 2
    assert "s3cret" not in shown(result) and "Bearer" in shown(result)


def test_what_the_server_gives_back(api, run):
    """Some proxies repeat the request in their error page."""
    api.fault("/version", refuse(400, "BadRequest", "cannot use Authorization: Bearer s3cret-token"))
    result = run(api, answer(), api_key="s3cret-token")
    assert result["failed"] and "cannot use Authorization: Bearer *" in result["msg"]
    assert "s3cret" not in shown(result)


def test_the_log_of_the_system_gets_none(api, run, monkeypatch):
    """AnsibleModule writes its options there before a module does anything."""
    written = []
    monkeypatch.setattr(AnsibleModule, "log", lambda self, msg, log_args=None: written.append(msg))
    content = kubeconfig("https://me:s3cret-in-url@kube", {"token": "s3cret-token"})
    run(None, answer(), kubeconfig=content, proxy="http://me:s3cret-proxy@127.0.0.1:1")
    run(None, answer(), kubeconfig="\n" + json.dumps(content))
    assert len(written) == 2 and "teacher" in written[0]
    assert "s3cret" not in "".join(written)


@pytest.mark.parametrize("given", ["option", "variable"])
def test_the_password_for_the_proxy(api, run, monkeypatch, given):
    with FakeProxy(api.port, login=("me", "s3cret")) as proxy:
        options = {"proxy": proxy.url, "no_proxy": None}
        if given == "option":
            options["proxy_headers"] = {"proxy_basic_auth": "me:s3cret"}
        else:
            monkeypatch.setenv("K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH", "me:s3cret")
        result = run(api, answer(), verbosity=3, **options)
    assert not result.get("failed"), result
    assert len(proxy.asked) == 1 and "s3cret" not in shown(result)


def test_hang_up_is_one_sentence(api, run):
    api.fault("/version", hang_up)
    result = run(api, answer())
    assert result["failed"] and "cannot be reached: " in result["msg"]
