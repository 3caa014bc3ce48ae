# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import sys

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import connection as connection_module
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError, MissingLibrary
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write

NOW = Deadline(5, lambda: 0.0)
SERVER = "https://192.0.2.10:6443"


@pytest.fixture(name="path")
def kubeconfig_file(tmp_path):
    return write(tmp_path / "config", kubeconfig(SERVER, {"token": "from-the-file"}))


def authorization(connection):
    return connection.credential.authorization(NOW)


# --- where to begin ---


def test_options_alone():
    connection = load_connection({"host": f"{SERVER}/", "api_key": "mine"})
    assert (connection.server, connection.context, connection.source) == (SERVER, None, "module options")
    assert (authorization(connection), connection.asked_server) == ("Bearer mine", SERVER)


def test_a_kubeconfig(path):
    connection = load_connection({"kubeconfig": path, "context": "lab"})
    assert (connection.server, connection.context, connection.source) == (SERVER, "lab", path)
    assert authorization(connection) == "Bearer from-the-file"
    assert (connection.asked_context, connection.asked_kubeconfig, connection.asked_server) == ("lab", path, None)


def test_an_inline_kubeconfig():
    connection = load_connection({"kubeconfig": kubeconfig(SERVER, {"token": "t"})})
    assert (connection.source, connection.asked_kubeconfig, connection.asked_server) == (
        "the inline kubeconfig",
        None,
        SERVER,
    )


def test_the_variable_kubeconfig(path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", path)
    assert load_connection({}).source == path


def test_the_default_file(path, monkeypatch, tmp_path):
    (tmp_path / ".kube").mkdir()
    os.rename(path, tmp_path / ".kube/config")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_connection({}).source == f"{tmp_path}/.kube/config"


def test_nothing_at_all():
    with pytest.raises(ConfigurationError, match=r"The kubeconfig .*/\.kube/config does not exist: name one with"):
        load_connection({})


@pytest.fixture(name="service_account")
def service_account_folder(tmp_path, monkeypatch):
    """As in a pod: the token and the CA are files, the address is in the environment."""
    (tmp_path / "token").write_text("from-the-pod\n")
    (tmp_path / "ca.crt").write_text("a certificate")
    monkeypatch.setattr(connection_module, "SERVICE_ACCOUNT", str(tmp_path))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "2001:db8::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return tmp_path


def test_the_service_account_of_a_pod_where_there_is_no_kubeconfig(service_account):
    connection = load_connection({})
    assert (connection.server, connection.context, connection.source) == (
        "https://[2001:db8::1]:443",
        None,
        "service account",
    )
    assert authorization(connection) == "Bearer from-the-pod"
    assert connection.certificates.authority.path == f"{service_account}/ca.crt"


def test_a_kubeconfig_counts_before_the_service_account(service_account, path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", path)
    assert load_connection({}).source == path


def test_a_service_account_without_an_address(service_account, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST")
    with pytest.raises(ConfigurationError, match="service account cannot be used: KUBERNETES_SERVICE_HOST"):
        load_connection({})


def test_what_makes_the_connections_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(MissingLibrary) as caught:
        load_connection({"host": SERVER, "api_key": "mine"})
    assert caught.value.library == "urllib3"


# --- single options win ---


def test_single_options_win_over_the_file(path):
    connection = load_connection(
        {
            "kubeconfig": path,
            "host": "https://other:1",
            "api_key": "mine",
            "ca_cert": "/ca",
            "client_cert": "/cert",
            "client_key": "/key",
            "validate_certs": False,
            "proxy": "http://proxy:3128",
        }
    )
    certificates = connection.certificates
    assert (connection.server, authorization(connection)) == ("https://other:1", "Bearer mine")
    assert [certificates.authority.path, certificates.client.path, certificates.key.path] == ["/ca", "/cert", "/key"]
    assert (certificates.verify, connection.proxy.url) == (False, "http://proxy:3128")


@pytest.mark.parametrize("validate", [True, None], ids=["true", "not given"])
def test_validate_certs(path, validate):
    assert load_connection({"kubeconfig": path, "validate_certs": validate}).certificates.verify is True


def test_insecure_skip_tls_verify_and_what_wins_over_it():
    config = kubeconfig(SERVER, {"token": "t"}, **{"insecure-skip-tls-verify": True})
    assert load_connection({"kubeconfig": config}).certificates.verify is False
    assert load_connection({"kubeconfig": config, "validate_certs": True}).certificates.verify is True


def test_proxy_headers():
    connection = load_connection(
        {
            "host": SERVER,
            "api_key": "y",
            "proxy": "http://proxy:3128",
            "proxy_headers": {"proxy_basic_auth": "me:secret", "user_agent": "lab"},
        }
    )
    assert connection.proxy.headers == {"proxy-authorization": "Basic bWU6c2VjcmV0", "user-agent": "lab"}
    assert {"secret", "bWU6c2VjcmV0"} <= connection.secrets.values


def test_certificates_of_the_file_are_named_where_they_stand(tmp_path):
    config = kubeconfig(
        SERVER, {"client-certificate": "cert.pem", "client-key-data": "a2V5"}, **{"certificate-authority": "ca.pem"}
    )
    path = write(tmp_path / "config", config)
    certificates = load_connection({"kubeconfig": path}).certificates
    assert [certificates.client.path, certificates.authority.path] == [f"{tmp_path}/cert.pem", f"{tmp_path}/ca.pem"]
    assert certificates.key.where == f"the client-key-data of the user 'teacher' in the kubeconfig {path}"


# --- the server ---


@pytest.mark.parametrize(
    "given, expected",
    [
        (SERVER, SERVER),
        (f"{SERVER}/", SERVER),
        ("https://rancher/k8s/clusters/c-1/", "https://rancher/k8s/clusters/c-1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("HTTPS://Kube", "https://Kube"),
    ],
)
def test_servers(given, expected):
    assert load_connection({"kubeconfig": kubeconfig(given, {"token": "t"})}).server == expected


@pytest.mark.parametrize("given", ["", "192.0.2.10:6443", "kube", "https://", "ftp://kube", "https://kube:port"])
def test_what_is_no_server_is_named(given):
    config = kubeconfig(given, {"token": "t"})
    with pytest.raises(
        ConfigurationError, match=r"^Server of the cluster 'school' in the inline kubeconfig is not the URL"
    ):
        load_connection({"kubeconfig": config})
    with pytest.raises(ConfigurationError, match=r"^The option host is not the URL of an API server, such as https://"):
        load_connection({"kubeconfig": config, "host": given or "x"})


@pytest.mark.parametrize("how", ["kubeconfig", "host"])
def test_credentials_in_the_url_count_and_are_not_shown(api, how):
    """As kubectl has it: basic authentication where there is nothing else."""
    url = api.url.replace("://", "://me:p%40ss@")
    config = kubeconfig(url if how == "kubeconfig" else api.url, None)
    params = {"kubeconfig": config, **({"host": url} if how == "host" else {})}
    client = Client(load_connection(params))
    client.hello(NOW)
    assert api.requests[-1].headers["authorization"] == ["Basic bWU6cEBzcw=="]
    shown = f"{client.describe()} {client.summary()} {client.kubectl.line('get', 'pods')}"
    assert api.url in shown and "p@ss" not in shown and "p%40ss" not in shown
    assert {"p@ss", "p%40ss", "bWU6cEBzcw=="} <= client.connection.secrets.values


def test_credentials_in_the_url_do_not_win_over_a_token():
    config = kubeconfig("https://me:pass@kube", {"token": "t"})
    assert authorization(load_connection({"kubeconfig": config})) == "Bearer t"


def test_credentials_in_the_url_are_something_to_show():
    assert (
        authorization(load_connection({"kubeconfig": kubeconfig("https://me:pass@kube", {})})) == "Basic bWU6cGFzcw=="
    )


# --- who is meant ---


def test_impersonation_by_the_options(path):
    connection = load_connection({"kubeconfig": path, "impersonate_user": "eve", "impersonate_groups": ["g"]})
    assert (connection.impersonate_user, connection.impersonate_groups) == ("eve", ("g",))
    line = Client(connection).kubectl.line("get", "pod")
    assert line.endswith(" --as=eve --as-group=g get pod")
    assert Client(connection).kubectl.line("get", "pod", as_user="bob").endswith(" --as=bob get pod")


def test_impersonation_by_the_kubeconfig(api):
    """kubectl does it by itself, so it is not in the line."""
    config = kubeconfig(api.url, {"token": "t", "as": "eve", "as-groups": ["a", "b"]})
    client = Client(load_connection({"kubeconfig": config}))
    client.hello(NOW)
    headers = api.requests[-1].headers
    assert (headers["impersonate-user"], headers["impersonate-group"]) == (["eve"], ["a", "b"])
    assert "--as" not in client.kubectl.line("get", "pod")


def test_the_options_win_with_their_groups():
    config = kubeconfig(SERVER, {"token": "t", "as": "eve", "as-groups": ["a"]})
    connection = load_connection({"kubeconfig": config, "impersonate_user": "bob"})
    assert (connection.impersonate_user, connection.impersonate_groups) == ("bob", ())


@pytest.mark.parametrize(
    "user, options, words",
    [
        ({}, {"impersonate_groups": ["g"]}, "impersonate_groups needs impersonate_user"),
        ({"as-groups": ["g"]}, {}, "as-groups of the user 'teacher' in the inline kubeconfig needs as"),
        ({"as": "eve", "as-uid": "1"}, {}, "as-uid of the user 'teacher' in the inline kubeconfig is not supported"),
        ({"as": "eve", "as-user-extra": {"a": ["b"]}}, {}, "as-user-extra of .* is not supported: choose a user"),
    ],
    ids=["groups alone", "groups alone in the kubeconfig", "uid", "extra"],
)
def test_what_would_not_be_impersonated_is_refused(user, options, words):
    with pytest.raises(ConfigurationError, match=words):
        load_connection({"kubeconfig": kubeconfig(SERVER, {"token": "t", **user}), **options})


def test_a_name_that_no_header_can_carry(api):
    config = kubeconfig(api.url, {"token": "s3cret"})
    client = Client(load_connection({"kubeconfig": config, "impersonate_user": "eve\nx"}))
    with pytest.raises(ConfigurationError, match=r"The request GET /version cannot be sent: Invalid header value"):
        client.hello(NOW)
    assert not api.requests
