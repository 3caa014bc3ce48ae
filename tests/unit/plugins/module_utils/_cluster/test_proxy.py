# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.proxy import choose_proxy, excepted
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.secrets import Secrets

SERVER = "https://kube.example.org:6443"


def choose(environment=None, server=SERVER, option=None, no_proxy=None, cluster="", headers=None, secrets=None):
    return choose_proxy(
        server,
        option=option,
        no_proxy=no_proxy,
        cluster_proxy=cluster,
        cluster_where="the cluster 'school'",
        environment=environment or {},
        headers=headers or {},
        secrets=secrets or Secrets(),
    )


@pytest.mark.parametrize(
    "options, environment, url, origin",
    [
        pytest.param({}, {}, None, None, id="none"),
        pytest.param(
            {"option": "http://o:1", "cluster": "http://c:2"},
            {"HTTPS_PROXY": "http://e:3"},
            "http://o:1",
            "option proxy",
            id="the option counts first",
        ),
        pytest.param(
            {"cluster": "http://c:2"},
            {"HTTPS_PROXY": "http://e:3"},
            "http://c:2",
            "proxy-url of the cluster 'school'",
            id="then the kubeconfig",
        ),
        pytest.param(
            {},
            {"HTTPS_PROXY": "http://e:3", "https_proxy": "http://f:4"},
            "http://e:3",
            "environment variable HTTPS_PROXY",
            id="then the environment, capitals first",
        ),
        pytest.param(
            {}, {"https_proxy": "http://f:4"}, "http://f:4", "environment variable https_proxy", id="small letters"
        ),
        pytest.param({}, {"HTTPS_PROXY": "e:3"}, "http://e:3", "HTTPS_PROXY", id="without a scheme"),
        pytest.param({}, {"ALL_PROXY": "socks5://s"}, "socks5://s:1080", "ALL_PROXY", id="ALL_PROXY"),
        pytest.param({}, {"HTTP_PROXY": "http://h:5"}, None, None, id="HTTP_PROXY is not for https"),
        pytest.param(
            {"server": "http://kube:8080"},
            {"HTTP_PROXY": "http://h:5"},
            "http://h:5",
            "HTTP_PROXY",
            id="HTTP_PROXY is for http",
        ),
        pytest.param({"option": "https://o"}, {}, "https://o:443", "option proxy", id="https"),
        pytest.param({"option": "http://[2001:db8::1]"}, {}, "http://[2001:db8::1]:80", "option proxy", id="IPv6"),
        pytest.param({"option": "socks5h://o"}, {}, "socks5://o:1080", "option proxy", id="socks5h is socks5"),
        pytest.param({}, {"HTTPS_PROXY": "http://e:3", "NO_PROXY": "example.org"}, None, None, id="NO_PROXY"),
        pytest.param({}, {"HTTPS_PROXY": "http://e:3", "no_proxy": "example.org"}, None, None, id="no_proxy"),
        pytest.param(
            {},
            {"HTTPS_PROXY": "http://e:3", "no_proxy": "example.com"},
            "http://e:3",
            "HTTPS_PROXY",
            id="no_proxy of another name",
        ),
        pytest.param(
            {"cluster": "http://c:2"},
            {"NO_PROXY": "*"},
            "http://c:2",
            "proxy-url",
            id="NO_PROXY is not for proxy-url, as in kubectl",
        ),
        pytest.param(
            {"cluster": "http://c:2"},
            {"no_proxy": "*"},
            "http://c:2",
            "proxy-url",
            id="no_proxy is not for proxy-url either",
        ),
        pytest.param(
            {"option": "http://o:1"},
            {"NO_PROXY": "*"},
            "http://o:1",
            "option proxy",
            id="NO_PROXY is not for the option",
        ),
        pytest.param(
            {"server": "https://127.0.0.1:6443"},
            {"HTTPS_PROXY": "http://e:3"},
            None,
            None,
            id="this machine is never behind a proxy of the environment",
        ),
        pytest.param({"server": "https://localhost:6443"}, {"HTTPS_PROXY": "http://e:3"}, None, None, id="nor by name"),
        pytest.param({"server": "https://[::1]:6443"}, {"HTTPS_PROXY": "http://e:3"}, None, None, id="nor by IPv6"),
        pytest.param(
            {"cluster": "http://c:2", "server": "https://127.0.0.1:6443"},
            {},
            "http://c:2",
            "proxy-url",
            id="but behind that of the kubeconfig, such as a tunnel",
        ),
    ],
)
def test_which_proxy_counts(options, environment, url, origin):
    proxy = choose(environment, **options)
    assert (proxy and proxy.url) == url
    if url:
        assert origin in str(proxy) and url in str(proxy)


@pytest.mark.parametrize(
    "source",
    [{"option": "http://p:1"}, {"cluster": "http://p:1"}, {"environment": {"HTTPS_PROXY": "http://p:1"}}],
    ids=["option", "kubeconfig", "environment"],
)
def test_the_option_no_proxy_counts_for_all(source):
    assert choose(no_proxy="other", **source) is not None
    assert choose(no_proxy="kube.example.org", **source) is None


@pytest.mark.parametrize(
    "host, no_proxy, expected",
    [
        ("kube.example.org", "example.org", True),
        ("kube.example.org", ".example.org", True),
        ("kube.example.org", "*.example.org", True),
        ("kube.example.org", "KUBE.Example.Org", True),
        ("kube.example.org", " a , example.org ", True),
        ("kube.example.org", "kube.example.org:6443", True),
        ("kube.example.org", "kube.example.org:443", False),
        ("kube.example.org", "ample.org", False),
        ("kube.example.org", "kube", False),
        ("kube.example.org", "", False),
        ("kube.example.org", ",.,", False),
        ("kube.example.org", "*", True),
        ("192.0.2.10", "192.0.2.10", True),
        ("192.0.2.10", "192.0.2.0/24", True),
        ("192.0.2.10", "192.0.2.10:6443", True),
        ("192.0.2.10", "198.51.100.0/24", False),
        ("192.0.2.10", "2001:db8::/32", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("2001:db8::1", "[2001:db8::1]", True),
        ("2001:db8::1", "[2001:db8::1]:6443", True),
    ],
)
def test_exceptions(host, no_proxy, expected):
    assert excepted(host, 6443, no_proxy) is expected


def test_credentials_of_a_proxy_are_headers_and_secrets():
    secrets = Secrets()
    proxy = choose(option="http://me:p%40ss@proxy:3128", headers={"user-agent": "x"}, secrets=secrets)
    assert proxy.headers == {"proxy-authorization": "Basic bWU6cEBzcw==", "user-agent": "x"}
    assert {"p@ss", "p%40ss", "bWU6cEBzcw=="} <= secrets.values
    assert "p@ss" not in str(proxy) and "p%40ss" not in str(proxy)


def test_credentials_of_a_socks_proxy():
    proxy = choose(cluster="socks5://me:secret@proxy")
    assert (proxy.username, proxy.password, proxy.headers) == ("me", "secret", {})


@pytest.mark.parametrize(
    "url, words",
    [
        ("ftp://me:secret@proxy", "is ftp://proxy, and must be the URL of an http, https or socks5 proxy"),
        ("proxy:3128", "must be the URL of an http, https or socks5 proxy"),
        ("http://", "must be the URL"),
        ("http://me:secret@proxy:port", "is no URL"),
        ("http://[me:secret@x", "is no URL"),
    ],
    ids=["another scheme", "no scheme", "no host", "no port", "broken"],
)
def test_what_is_no_proxy_is_named(url, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        choose(cluster=url)
    assert str(caught.value).startswith("Proxy-url of the cluster 'school' is ")
    assert "secret" not in str(caught.value)
