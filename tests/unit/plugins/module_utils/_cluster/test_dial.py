# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import builtins
import socket
import sys

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.exec_stream import run_exec
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import MissingLibrary, Unreachable
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import exit_status, run_true
from ansible_collections.kubelabs.pods.tests.unit.fakes.certificates import make_certificate, server_context
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import ExecCommand
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig
from ansible_collections.kubelabs.pods.tests.unit.fakes.proxy_server import FakeProxy

#: A name that nobody but the proxy can resolve: what goes past the proxy, fails.
NAME = "kube.example.invalid:6443"
LOGIN = ("me", "p@ss:word")


@pytest.fixture(name="trusted_proxy")
def proxy_over_tls(tmp_path, monkeypatch):
    """The context of a proxy whose certificate the system trusts."""
    make_certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    return server_context(tmp_path)


def client_of(certificate, proxy_url, server=f"https://{NAME}", **options):
    cluster = {
        "certificate-authority": str(certificate / "cert.pem"),
        "tls-server-name": "kube.example.org",
        "proxy-url": proxy_url,
    }
    return Client(load_connection({"kubeconfig": kubeconfig(server, {"token": "t"}, **cluster), **options}))


def execute(client, stdin=None, seconds=5):
    request = ExecCommand(container=None, command=("cat",), stdin=stdin)
    return run_exec(client, request, deadline=Deadline(seconds), max_output=1 << 22)


def echo(connection, request):
    """An exec that gives back what it gets."""
    connection.accept(request)
    while True:
        _opcode, data = connection.read_frame()
        if data[0] == 255:
            break
        connection.frame(1, data[1:])
    connection.finish(exit_status(0))


@pytest.mark.parametrize("login", [None, LOGIN], ids=["open", "with a password"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_requests_and_execs_go_through_the_proxy_and_never_past_it(tls_api, certificate, trusted_proxy, scheme, login):
    tls_api.execs["lab-alice", "web"] = echo
    tls = trusted_proxy if scheme == "https" else None
    with FakeProxy(tls_api.port, scheme, tls=tls, login=login) as proxy:
        url = proxy.url.replace("://", "://me:p%40ss%3Aword@") if login else proxy.url
        client = client_of(certificate, url)
        client.log_in(Deadline(5))
        client.hello(Deadline(5))
        assert proxy.asked == [NAME]
        stdin = bytes(range(256)) * 4096  # more than the buffers on the way hold
        record = execute(client, stdin)
    assert (record.detail, record.ending) == ("", "closed")
    assert record.stdout.data == stdin
    assert proxy.asked == [NAME, NAME]
    assert not {"p@ss:word", "p%40ss%3Aword"} - client.connection.secrets.values or not login


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_plain_http_goes_through_it_too(api, scheme):
    api.execs["lab-alice", "web"] = run_true
    with FakeProxy(api.port, scheme) as proxy:
        config = kubeconfig("http://kube.example.invalid:8080", {"token": "t"}, **{"proxy-url": proxy.url})
        client = Client(load_connection({"kubeconfig": config}))
        client.hello(Deadline(5))
        assert execute(client).stdout.data == b"cat\n"
    assert proxy.asked == ["kube.example.invalid:8080"] * 2


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_a_proxy_that_is_not_there_is_named_as_the_proxy(tls_api, certificate, scheme):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    client = client_of(certificate, url.replace("://", "://me:s3cret@"), server=tls_api.url)
    named = f"he proxy {url} (proxy-url of the cluster 'school' in the inline kubeconfig)"
    with pytest.raises(Unreachable) as caught:
        client.hello(Deadline(5))
    assert f"cannot be reached: T{named} made no connection: Connection refused. Is the" in str(caught.value)
    record = execute(client)
    assert named in record.detail and "Connection refused" in record.detail
    assert "s3cret" not in f"{caught.value} {record.detail}"
    assert not tls_api.requests


@pytest.mark.parametrize(
    "scheme, answer, words",
    [
        ("http", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "502 Bad Gateway"),
        ("socks5", b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", "Connection refused"),
        ("socks5", b"\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00", "Host unreachable"),
    ],
    ids=["http", "socks5 refused", "socks5 unreachable"],
)
def test_a_proxy_that_reaches_nobody_is_named_as_the_proxy(certificate, scheme, answer, words):
    with FakeProxy(1, scheme, answer=answer) as proxy:
        client = client_of(certificate, proxy.url)
        with pytest.raises(Unreachable) as caught:
            client.hello(Deadline(5))
        record = execute(client)
    for text in (str(caught.value), record.detail):
        assert f"he proxy {proxy.url} (proxy-url of the cluster" in text and words in text


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_refuses_our_password_is_named_without_it(certificate, scheme):
    with FakeProxy(1, scheme, login=("me", "other")) as proxy:
        client = client_of(certificate, proxy.url.replace("://", "://me:s3cret@"))
        with pytest.raises(Unreachable) as caught:
            client.hello(Deadline(5))
        record = execute(client)
    for text in (str(caught.value), record.detail):
        assert f"he proxy {proxy.url} (proxy-url of the cluster" in text and "s3cret" not in text


@pytest.mark.against_the_clock
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_a_proxy_that_says_nothing_costs_no_more_than_the_deadline(certificate, scheme):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = client_of(certificate, f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        record = execute(client, seconds=0.3)
    assert (record.ending, record.sent) == ("timeout", False)
    assert "he proxy" in record.detail and "did not answer in time" in record.detail


def test_the_certificate_of_the_proxy_is_looked_at(tls_api, certificate, tmp_path):
    make_certificate(tmp_path, "127.0.0.1")
    with FakeProxy(tls_api.port, "https", tls=server_context(tmp_path)) as proxy:
        client = client_of(certificate, proxy.url)
        with pytest.raises(Unreachable, match=r"The proxy https://.* made no connection: .*certificate verify failed"):
            client.hello(Deadline(5))
        record = execute(client)
    assert "the proxy https://" in record.detail and "certificate verify failed" in record.detail
    assert not proxy.asked


def test_pysocks_is_named_where_it_is_missing(certificate, monkeypatch):
    for name in ("socks", "urllib3.contrib.socks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "socks", None)
    client = client_of(certificate, "socks5://127.0.0.1:1")
    with pytest.raises(MissingLibrary) as caught:
        client.log_in(Deadline(5))
    assert (caught.value.library, caught.value.reason) == (
        "PySocks",
        "for the proxy socks5://127.0.0.1:1 (proxy-url of the cluster 'school' in the inline kubeconfig)",
    )


def test_the_environment_of_the_proxy(tls_api, certificate, monkeypatch):
    with FakeProxy(tls_api.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        client_of(certificate, "").hello(Deadline(5))
        assert proxy.asked == [NAME]
        monkeypatch.setenv("NO_PROXY", "example.invalid")
        assert client_of(certificate, "").endpoint().proxy is None


def test_a_server_by_address_in_ipv6(certificate):
    with FakeProxy(1) as proxy:
        execute(client_of(certificate, proxy.url, server="https://[2001:db8::1]:6443"))
    assert proxy.asked == ["[2001:db8::1]:6443"]


def test_pysocks_is_not_needed_without_such_a_proxy(api, monkeypatch):
    real = builtins.__import__

    def without_socks(name, *args, **more):
        assert name != "socks"
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without_socks)
    Client(load_connection({"host": api.url, "api_key": "t"})).hello(Deadline(5))
