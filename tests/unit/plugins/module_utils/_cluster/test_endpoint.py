# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import ssl

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError, Unreachable
from ansible_collections.kubelabs.pods.tests.unit.fakes.certificates import make_certificate
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write


def data(path):
    return base64.b64encode(path.read_bytes()).decode()


def hello(server, user=None, options=None, **cluster):
    client = Client(
        load_connection({"kubeconfig": kubeconfig(server, user or {"token": "t"}, **cluster), **(options or {})})
    )
    client.log_in(Deadline(5))
    client.hello(Deadline(5))
    return client


def test_a_certificate_authority_as_data_and_as_a_file(tls_api, certificate):
    hello(tls_api.url, **{"certificate-authority-data": data(certificate / "cert.pem")})
    hello(tls_api.url, **{"certificate-authority": str(certificate / "cert.pem")})
    wrapped = "\n".join(data(certificate / "cert.pem")[start : start + 76] for start in range(0, 2000, 76))
    hello(tls_api.url, **{"certificate-authority-data": wrapped})
    hello(tls_api.url, options={"ca_cert": str(certificate / "cert.pem")})
    assert len(tls_api.requests) == 4


def test_data_counts_before_a_file(tls_api, certificate):
    authority = {"certificate-authority-data": data(certificate / "cert.pem"), "certificate-authority": "/nosuch"}
    hello(tls_api.url, **authority)


@pytest.mark.parametrize(
    "cluster, words",
    [
        (
            {"certificate-authority-data": "U0VDUkVU"},
            "-data of the cluster 'school' in .* holds no certificate .PEM. that",
        ),
        ({"certificate-authority-data": "%%%"}, "-data of the cluster 'school' in the inline kubeconfig is not base64"),
        ({"certificate-authority-data": "abc"}, "-data of the cluster 'school' in the inline kubeconfig is not base64"),
        (
            {"certificate-authority": "/nosuch"},
            r" of the cluster 'school' in .* \(/nosuch\) cannot be read: No such file",
        ),
        (
            {"certificate-authority": __file__},
            r" of the cluster 'school' in .*\.py\) holds no certificate \(PEM\) that can",
        ),
    ],
    ids=["no certificate", "not base64", "cut short", "missing file", "another file"],
)
def test_a_broken_certificate_authority_is_named_where_it_stands(tls_api, cluster, words):
    with pytest.raises(ConfigurationError, match=f"^The certificate-authority{words}"):
        hello(tls_api.url, **cluster)
    assert not tls_api.requests


def test_half_a_certificate(tls_api, certificate):
    text = (certificate / "cert.pem").read_text()
    broken = base64.b64encode(text.replace(text.splitlines()[2], "A" * 64).encode()).decode()
    with pytest.raises(ConfigurationError, match=r"^The certificate-authority-data of the cluster 'school' in"):
        hello(tls_api.url, **{"certificate-authority-data": broken})


def test_a_broken_option_is_named_as_the_option(tls_api):
    with pytest.raises(ConfigurationError, match=r"^The option ca_cert \(/nosuch\) cannot be read"):
        hello(tls_api.url, options={"ca_cert": "/nosuch"})


def subject_of(api):
    """Notes whom the server sees in the TLS handshake."""
    seen = []

    def look(connection, request):
        seen.append((connection.sock.getpeercert() or {}).get("subject"))
        api.answer(connection, request)

    api.fault("/version", look, times=9)
    return seen


def test_a_client_certificate(tls_api, certificate, tmp_path):
    seen = subject_of(tls_api)
    cert, key = certificate / "cert.pem", certificate / "key.pem"
    trust = {"certificate-authority": str(cert)}
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    hello(tls_api.url, {"client-certificate": str(cert), "client-key": str(key)}, **trust)
    hello(tls_api.url, {"client-certificate-data": data(cert), "client-key-data": data(key)}, **trust)
    hello(tls_api.url, {"client-certificate": str(both)}, **trust)
    hello(tls_api.url, options={"client_cert": str(cert), "client_key": str(key)}, **trust)
    hello(tls_api.url, {"token": "t"}, **trust)
    assert seen == [((("commonName", "fake"),),)] * 4 + [None]


def test_a_client_certificate_with_another_key(tls_api, certificate, tmp_path):
    make_certificate(tmp_path, "other")
    user = {"client-certificate": str(certificate / "cert.pem"), "client-key-data": data(tmp_path / "key.pem")}
    with pytest.raises(
        ConfigurationError, match=r"^The client-certificate of the user 'teacher' in .* and the client-key-"
    ):
        hello(tls_api.url, user)
    assert not tls_api.requests


def test_a_key_with_a_password_is_not_asked_for_on_the_terminal(tls_api, certificate, tmp_path):
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key((certificate / "key.pem").read_bytes(), None)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
    )
    user = {"client-certificate": str(certificate / "cert.pem"), "client-key": str(tmp_path / "key.pem")}
    with pytest.raises(ConfigurationError, match="have no password"):
        hello(tls_api.url, user)


def test_no_key_stays_behind(tls_api, certificate, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cert, key = certificate / "cert.pem", certificate / "key.pem"
    user = {"client-certificate-data": data(cert), "client-key-data": data(key)}
    hello(tls_api.url, user, **{"certificate-authority-data": data(cert)})
    assert not list(tmp_path.iterdir())


def test_the_name_in_the_certificate(tls_api, certificate):
    trust = {"certificate-authority": str(certificate / "cert.pem")}
    localhost = tls_api.url.replace("127.0.0.1", "localhost")
    with pytest.raises(Unreachable, match="certificate verify failed: Hostname mismatch"):
        hello(localhost, **trust)
    hello(localhost, **trust, **{"tls-server-name": "kube.example.org"})
    with pytest.raises(Unreachable, match="certificate"):
        hello(tls_api.url, **trust, **{"tls-server-name": "other.example.org"})


def test_the_server_is_greeted_with_the_name(tls_api, certificate):
    names = []
    tls_api.tls.sni_callback = lambda _sock, name, _context: names.append(name)
    trust = {"certificate-authority": str(certificate / "cert.pem"), "tls-server-name": "kube.example.org"}
    client = hello(tls_api.url, **trust)
    assert client.endpoint().server_name == "kube.example.org"
    assert names == ["kube.example.org"]


def test_who_is_not_trusted(tls_api):
    with pytest.raises(Unreachable, match="certificate verify failed"):
        hello(tls_api.url)
    hello(tls_api.url, **{"insecure-skip-tls-verify": True})
    hello(tls_api.url, options={"validate_certs": False})


def test_a_request_and_a_websocket_share_the_certificates(tls_api, certificate):
    client = hello(tls_api.url, **{"certificate-authority": str(certificate / "cert.pem")})
    assert isinstance(client.endpoint().tls, ssl.SSLContext)
    assert client.endpoint().tls is client.endpoint().tls


def test_relative_paths_of_certificates(tls_api, certificate, tmp_path, monkeypatch):
    (tmp_path / "ca.pem").write_bytes((certificate / "cert.pem").read_bytes())
    monkeypatch.chdir("/")
    config = kubeconfig(tls_api.url, {"token": "t"}, **{"certificate-authority": "ca.pem"})
    client = Client(load_connection({"kubeconfig": write(tmp_path / "config", config)}))
    client.hello(Deadline(5))
