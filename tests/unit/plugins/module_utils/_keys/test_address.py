# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.address import cluster_fields
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig

SERVER = "https://127.0.0.1:6443"
PUBLIC = "https://kube.example.org:6443"


def connect(**cluster):
    options = {name: cluster.pop(name) for name in ("proxy", "validate_certs") if name in cluster}
    return load_connection({"kubeconfig": kubeconfig(SERVER, {"token": "s3cret"}, **cluster), **options})


@pytest.fixture(name="pem")
def certificate_text(certificate):
    return (certificate / "cert.pem").read_bytes()


def data(pem):
    return base64.b64encode(pem).decode()


def authority(fields):
    return base64.b64decode(fields["certificate-authority-data"])


def test_that_of_the_connection(pem):
    fields = cluster_fields(connect(**{"certificate-authority-data": data(pem), "tls-server-name": "kube"}))
    assert fields == {"server": SERVER, "certificate-authority-data": data(pem), "tls-server-name": "kube"}


def test_a_file_is_embedded(certificate, pem):
    fields = cluster_fields(connect(**{"certificate-authority": str(certificate / "cert.pem")}))
    assert authority(fields) == pem


def test_a_key_beside_the_certificate_is_left_out(certificate, pem, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes((certificate / "key.pem").read_bytes() + b"a comment\n" + pem + pem)
    assert authority(cluster_fields(connect(), server_ca_cert=str(both))) == pem + pem


def test_whom_the_system_trusts():
    assert cluster_fields(connect()) == {"server": SERVER}


@pytest.mark.parametrize("unverified", [{"insecure-skip-tls-verify": True}, {"validate_certs": False}])
def test_without_verification_there_is_no_ca_which_kubectl_would_refuse(pem, unverified):
    connection = connect(**{"certificate-authority-data": data(pem)}, **unverified)
    assert cluster_fields(connection) == {"server": SERVER, "insecure-skip-tls-verify": True}


def test_another_server_is_reached_without_the_proxy_and_the_name_of_the_first(pem):
    connection = connect(
        **{"certificate-authority-data": data(pem), "tls-server-name": "kube", "proxy-url": "http://proxy:3128"}
    )
    assert cluster_fields(connection, PUBLIC) == {"server": PUBLIC, "certificate-authority-data": data(pem)}


def test_another_ca_is_verified(certificate, pem):
    connection = connect(**{"insecure-skip-tls-verify": True})
    fields = cluster_fields(connection, PUBLIC, str(certificate / "cert.pem"))
    assert fields == {"server": PUBLIC, "certificate-authority-data": data(pem)}


@pytest.mark.parametrize("content, words", [(None, "cannot be read: No such file"), ("nonsense", "no certificate")])
def test_what_is_no_ca(tmp_path, content, words):
    if content:
        (tmp_path / "ca").write_text(content)
    with pytest.raises(ConfigurationError, match=f"The option server_ca_cert .*{words}"):
        cluster_fields(connect(), server_ca_cert=str(tmp_path / "ca"))


@pytest.mark.parametrize("options", [{"proxy-url": "socks5://me:pw12@proxy:1"}, {"proxy": "socks5://me:pw12@proxy:1"}])
def test_a_proxy_goes_with_it_and_its_password_does_not(options):
    assert cluster_fields(connect(**options)) == {"server": SERVER, "proxy-url": "socks5://proxy:1"}


def test_a_proxy_of_this_machine_is_nobody_elses(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    connection = load_connection({"kubeconfig": kubeconfig(PUBLIC, {"token": "t"})})
    assert connection.proxy is not None
    assert cluster_fields(connection) == {"server": PUBLIC}
