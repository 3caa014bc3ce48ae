# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import client as client_module
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import connection as configuration
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    ConfigurationError,
    DeadlineExceeded,
    TransportError,
    Unreachable,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client


@pytest.fixture(name="api")
def fake_api():
    with FakeApi() as api:
        yield api


def refuse(status, headers=None, **more):
    return lambda connection, request: connection.error(status, "Reason", "message", headers=headers, **more)


def test_get(api):
    assert make_client(api).get("/version", deadline=Deadline(2)) == {"gitVersion": "v1.99.0"}
    assert api.requests[-1].headers["authorization"] == ["Bearer secret"]


def test_impersonation(api):
    make_client(api).get("/version", deadline=Deadline(2), as_user="alice", as_groups=["a", "b"])
    assert (api.requests[-1].headers["impersonate-user"], api.requests[-1].headers["impersonate-group"]) == (
        ["alice"],
        ["a", "b"],
    )


def test_basic_authentication(api):
    client = Client(load_connection({"host": api.url, "username": "u", "password": "p", "no_proxy": "*"}))
    client.hello(Deadline(2))
    assert api.requests[-1].headers["authorization"] == ["Basic dTpw"]
    assert client.summary() == {"context": None, "server": api.url, "version": "v1.99.0"}


@pytest.mark.parametrize(
    "status, method, asked",
    [
        (502, "GET", 3),
        (503, "GET", 3),
        (504, "GET", 3),
        (500, "GET", 3),
        (429, "GET", 3),
        (503, "DELETE", 3),
        (429, "POST", 3),
        (503, "POST", 1),
        (500, "POST", 1),
        (400, "GET", 1),
        (401, "GET", 1),
        (403, "GET", 1),
        (404, "GET", 1),
        (409, "DELETE", 1),
        (410, "GET", 1),
    ],
)
def test_what_is_repeated(api, status, method, asked):
    pauses = []
    client = make_client(api)
    client._sleep = pauses.append
    api.fault("^/version", refuse(status), method=method, times=2)
    if asked == 3:
        client.request(method, "/version", deadline=Deadline(5))
    else:
        with pytest.raises(ApiError) as caught:
            client.request(method, "/version", deadline=Deadline(5))
        assert (caught.value.status, caught.value.reason, caught.value.message) == (status, "Reason", "message")
    assert len(api.requests) == asked
    assert len(pauses) == asked - 1


def test_a_500_that_stays_is_reported(api):
    client = make_client(api)
    client._sleep = lambda seconds: None
    api.fault("^/version", refuse(500), times=99)
    with pytest.raises(ApiError):
        client.get("/version", deadline=Deadline(60))
    assert len(api.requests) == client_module.MAX_ATTEMPTS_500


def test_retry_after_is_obeyed(api):
    pauses = []
    client = make_client(api)
    client._sleep = pauses.append
    api.fault("^/version", refuse(429, {"Retry-After": "3"}))
    api.fault("^/version", refuse(504, details={"retryAfterSeconds": 4}))
    client.get("/version", deadline=Deadline(60))
    assert pauses == [3, 4]


def test_retry_after_beyond_the_deadline_is_not_waited_for(api):
    began = time.monotonic()
    api.fault("^/version", refuse(429, {"Retry-After": "60"}))
    with pytest.raises(ApiError) as caught:
        make_client(api).get("/version", deadline=Deadline(5))
    assert caught.value.status == 429
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "fault",
    [
        lambda connection, request: connection.reset(),
        lambda connection, request: connection.hang_up(),
        lambda connection, request: (
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
            connection.reset(),
        ),
    ],
)
def test_broken_connections_are_repeated_when_harmless(api, fault):
    api.fault("^/version", fault, times=2)
    assert make_client(api).get("/version", deadline=Deadline(5))
    api.fault("^/version", fault, method="POST")
    with pytest.raises(TransportError):
        make_client(api).request("POST", "/version", deadline=Deadline(5))


def test_a_silent_server_costs_no_more_than_the_deadline(api):
    api.fault("^/version", lambda connection, request: connection.half_open(), times=9)
    began = time.monotonic()
    with pytest.raises((DeadlineExceeded, TransportError)):
        make_client(api).get("/version", deadline=Deadline(0.5))
    assert time.monotonic() - began < 1.5


def test_a_body_that_drips_costs_no_more_than_the_deadline(api):
    def drip(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.chunk(b" ")
            connection.wait(0.05)

    api.fault("^/version", drip)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        make_client(api).get("/version", deadline=Deadline(0.5))
    assert time.monotonic() - began < 1.5


def test_no_time_left(api):
    with pytest.raises(DeadlineExceeded):
        make_client(api).get("/version", deadline=Deadline(0))
    assert not api.requests


def test_not_json(api):
    api.fault("^/version", lambda connection, request: connection.reply(200, "<html>"))
    with pytest.raises(TransportError, match="not JSON"):
        make_client(api).get("/version", deadline=Deadline(2))


# --- the first contact ---


def hello(url, **params):
    Client(load_connection({"host": url, "api_key": "secret", "no_proxy": "*", **params})).hello(Deadline(3))


def test_hello_nobody_there(api):
    api.stop()
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"cannot be reached: Connection refused. Is the cluster up"):
        hello(api.url)
    assert time.monotonic() - began < 1


def test_hello_silence(api):
    api.fault("", lambda connection, request: connection.half_open())
    began = time.monotonic()
    with pytest.raises(Unreachable):
        hello(api.url)
    assert time.monotonic() - began < 4


def test_hello_wrong_credentials(api):
    api.fault("", refuse(401))
    with pytest.raises(ConfigurationError, match="refused the credentials"):
        hello(api.url)


def test_hello_version_may_be_secret(api):
    api.fault("", refuse(403))
    hello(api.url)


def test_hello_something_else(api):
    api.fault("", lambda connection, request: connection.reply(404, "nginx"))
    with pytest.raises(Unreachable, match="not usable"):
        hello(api.url)


# --- the configuration ---

KUBECONFIG = """
apiVersion: v1
current-context: one
clusters: [{{name: c, cluster: {{server: "{url}"}}}}]
users: [{{name: u, user: {{token: from-the-file}}}}]
contexts:
  - {{name: one, context: {{cluster: c, user: u}}}}
  - {{name: two, context: {{cluster: c, user: u}}}}
"""


@pytest.fixture(name="kubeconfig")
def kubeconfig_file(tmp_path, api, monkeypatch):
    monkeypatch.delenv("KUBECONFIG", raising=False)
    path = tmp_path / "config"
    path.write_text(KUBECONFIG.format(url=api.url))
    return path


def test_kubeconfig(api, kubeconfig):
    client = Client(load_connection({"kubeconfig": str(kubeconfig), "context": "two"}))
    client.hello(Deadline(2))
    assert api.requests[-1].headers["authorization"] == ["Bearer from-the-file"]
    assert client.summary()["context"] == "two"
    assert client.kubectl.line("get", "pod") == f"kubectl --kubeconfig {kubeconfig} --context=two get pod"


def test_current_context_and_no_options_in_the_kubectl_line(api, kubeconfig, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    client = Client(load_connection({}))
    client.hello(Deadline(2))
    assert client.summary()["context"] == "one"
    assert client.kubectl.line("get", "pod", namespace="a b") == "kubectl -n 'a b' get pod"


def test_inline_kubeconfig(api):
    import yaml

    client = Client(load_connection({"kubeconfig": yaml.safe_load(KUBECONFIG.format(url=api.url))}))
    client.hello(Deadline(2))
    assert api.requests[-1].headers["authorization"] == ["Bearer from-the-file"]
    assert client.kubectl.line("version") == f"kubectl --server={api.url} version", "never somebody's current context"


def test_single_options_win_over_the_file(api, kubeconfig):
    client = Client(load_connection({"kubeconfig": str(kubeconfig), "api_key": "mine"}))
    client.hello(Deadline(2))
    assert api.requests[-1].headers["authorization"] == ["Bearer mine"]


@pytest.mark.parametrize(
    "text, context, words",
    [
        (KUBECONFIG, "three", "has no context 'three'; the contexts it has: one, two"),
        ("", None, "is empty"),
        ("{", None, "is not YAML"),
        ("[1]", None, "not a mapping"),
        ("apiVersion: v1\nclusters: []\nusers: []\ncontexts: []\n", None, "has no current context"),
        (
            "apiVersion: v1\ncurrent-context: x\nclusters: []\nusers: []\ncontexts: []\n",
            None,
            "names 'x' as its current context",
        ),
        (
            "current-context: x\nclusters: []\nusers: []\ncontexts: [{name: x, context: {cluster: gone, user: u}}]\n",
            None,
            "cannot be used",
        ),
    ],
)
def test_kubeconfigs_that_lead_nowhere(kubeconfig, text, context, words):
    kubeconfig.write_text(text.format(url="http://127.0.0.1:1") if "{url}" in text else text)
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_connection({"kubeconfig": str(kubeconfig), "context": context})
    assert str(kubeconfig) in str(caught.value)


def test_service_account_where_there_is_no_kubeconfig(api, tmp_path, monkeypatch):
    """As in a pod: the token and the CA are files, the address is in the environment."""
    from kubernetes.config import incluster_config

    token, authority = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("from-the-pod")
    authority.write_text("a certificate")
    monkeypatch.setattr(configuration, "SERVICE_ACCOUNT_TOKEN", str(token))
    monkeypatch.setattr(configuration, "DEFAULT_KUBECONFIG", str(tmp_path / "nosuch"))
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(authority))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(api.port))
    connection = load_connection({})
    assert (connection.configuration.host, connection.context, connection.source) == (
        f"https://127.0.0.1:{api.port}",
        None,
        "service account",
    )
    assert connection.configuration.ssl_ca_cert == str(authority)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST")
    with pytest.raises(ConfigurationError, match="service account cannot be used"):
        load_connection({})


def test_proxy_headers():
    connection = load_connection(
        {
            "host": "http://x",
            "api_key": "y",
            "proxy": "http://proxy:3128",
            "proxy_headers": {"proxy_basic_auth": "me:secret"},
        }
    )
    assert connection.configuration.proxy_headers == {"proxy-authorization": "Basic bWU6c2VjcmV0"}


def test_the_kubectl_line_impersonates_too(kubeconfig):
    client = Client(
        load_connection({"kubeconfig": str(kubeconfig), "impersonate_user": "eve", "impersonate_groups": ["g"]})
    )
    assert client.kubectl.line("get", "pod").endswith(" --as=eve --as-group=g get pod")
    assert client.kubectl.line("get", "pod", as_user="bob").endswith(" --as=bob get pod")


def test_a_group_alone_would_not_be_impersonated(kubeconfig):
    with pytest.raises(ConfigurationError, match="impersonate_groups needs impersonate_user"):
        load_connection({"kubeconfig": str(kubeconfig), "impersonate_groups": ["g"]})


@pytest.mark.parametrize(
    "text, seconds",
    [("3", 3), ("0.5", 0.5), ("nan", None), ("inf", None), ("-1", None), ("Wed, 21 Oct", None), (None, None)],
)
def test_the_number_in_a_header(text, seconds):
    assert client_module.number_in(text) == seconds


def test_a_body_of_known_length_that_drips_costs_no_more_than_the_deadline_either(api):
    def drip(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n")
        connection.drip(b" " * 200, 0.05)

    api.fault("/x", drip)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        make_client(api).get("/x", deadline=Deadline(0.6))
    assert time.monotonic() - began < 1.3


def test_missing_kubeconfig(tmp_path):
    with pytest.raises(ConfigurationError, match="does not exist: name one with the option kubeconfig"):
        load_connection({"kubeconfig": str(tmp_path / "nosuch")})


def test_exec_plugin_token_is_refreshed_when_it_has_expired(api, tmp_path):
    """The token of an exec plugin has an end; a run must not die of it."""
    counter = tmp_path / "counter"
    plugin = tmp_path / "plugin"
    plugin.write_text(f"""#!{sys.executable}
import json
with open({str(counter)!r}, "a+") as stream:
    stream.write("x")
    stream.flush()
    number = stream.tell()
print(json.dumps({{
    "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
    "status": {{"token": f"token-{{number}}", "expirationTimestamp": "2020-01-01T00:00:00Z"}},
}}))
""")
    plugin.chmod(0o700)
    config = {
        "apiVersion": "v1",
        "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": api.url}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "users": [
            {
                "name": "u",
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1",
                        "command": str(plugin),
                        "interactiveMode": "Never",
                    }
                },
            }
        ],
    }
    client = Client(load_connection({"kubeconfig": config}))
    client.hello(Deadline(5))
    client.get("/version", deadline=Deadline(5))
    tokens = [request.headers["authorization"][0] for request in api.requests]
    assert tokens[0] != tokens[1] and tokens[1].startswith("Bearer token-")
    assert dict(client.identity_headers())["authorization"].startswith("Bearer token-")
