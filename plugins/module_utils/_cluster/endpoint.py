# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where connections go and how they are made: address, certificates, proxy. The same for requests and websockets."""

from __future__ import annotations

import base64
import binascii
import os
import socket
import ssl
import tempfile
from dataclasses import dataclass, field

from .._ground.errors import ConfigurationError
from .._ground.wording import capital
from .proxy import Proxy

#: Seconds for a TCP connection and its TLS handshake. An API server that answers at all does so within a few.
CONNECT_TIMEOUT = 5.0


@dataclass(frozen=True)
class Pem:
    """A certificate or a key.

    Attributes:
        where: for messages: `the certificate-authority-data of the cluster 'lab' in the kubeconfig ...`.
        path: of a file; '' where it was given as data.
        data: base64, as a kubeconfig has it; '' where it is a file.
    """

    where: str
    path: str = ""
    data: str = field(default="", repr=False)

    def read(self) -> bytes:
        """The content.

        Raises:
            ConfigurationError: naming what cannot be read.
        """
        if not self.data:
            try:
                with open(self.path, "rb") as stream:
                    return stream.read()
            except OSError as exc:
                raise ConfigurationError(
                    f"{capital(self.where)} ({self.path}) cannot be read: {exc.strerror}."
                ) from exc
        try:
            return base64.b64decode("".join(self.data.split()), validate=True)
        except (binascii.Error, ValueError) as exc:
            raise ConfigurationError(
                f"{capital(self.where)} is not base64, or was cut short: copy the kubeconfig anew."
            ) from exc


@dataclass(frozen=True)
class KeyPair:
    """A client certificate and its key, PEM. The key may follow the certificate in the same text.

    Attributes:
        where: where both come from, for messages.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    where: str


@dataclass(frozen=True)
class Certificates:
    """What TLS needs.

    Attributes:
        authority: who signs the server's certificate; None for whomever the system trusts.
        client, key: for the client's own certificate; None for none.
        verify: whether the server's certificate is looked at.
        server_name: the name it must carry, and that the server is greeted with; '' for that of the URL.
    """

    authority: Pem | None = None
    client: Pem | None = None
    key: Pem | None = None
    verify: bool = True
    server_name: str = ""


@dataclass(frozen=True)
class Endpoint:
    """Where connections go.

    Attributes:
        host, port: of the API server.
        tls: the context to wrap the connection with; None for plain HTTP.
        server_name: the name that the certificate must carry.
        path: the prefix of every path, '' or beginning with a slash.
        proxy: to go through, or None.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    server_name: str
    path: str
    proxy: Proxy | None


def keepalive_options() -> list[tuple[int, int, int]]:
    """Socket options under which the kernel notices a peer that is gone after about half a minute."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


def tls_context(certificates: Certificates) -> ssl.SSLContext:
    """The context that all connections share.

    Raises:
        ConfigurationError: naming what cannot be loaded, and where it stands.
    """
    context = _trusting(certificates.authority)
    if not certificates.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # As urllib3 does it: clusters older than 1.20 have CAs without the extensions that strictness asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if certificates.client is not None:
        key = certificates.key
        where = f"{certificates.client.where} and {key.where}" if key else certificates.client.where
        load_key_pair(context, KeyPair(certificates.client.read(), key.read() if key else b"", where))
    return context


def _trusting(authority: Pem | None) -> ssl.SSLContext:
    if authority is None:
        return ssl.create_default_context()
    content = authority.read()
    try:
        return ssl.create_default_context(cadata=content.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as exc:
        where = f"{capital(authority.where)}{f' ({authority.path})' if authority.path else ''}"
        raise ConfigurationError(f"{where} holds no certificate (PEM) that can be loaded: copy it anew.") from exc


def load_key_pair(context: ssl.SSLContext, pair: KeyPair) -> None:
    """Uses a client certificate for the connections that are made from now on.

    Raises:
        ConfigurationError: they cannot be loaded, or do not belong together.
    """
    # OpenSSL takes them from files only. The folder is readable by us alone, and gone at once.
    with tempfile.TemporaryDirectory(prefix="kubelabs-") as folder:
        path = os.path.join(folder, "pem")
        with open(path, "wb") as stream:
            stream.write(pair.certificate.rstrip() + b"\n" + pair.key)
        try:
            # With a password, else OpenSSL would ask for one on the terminal.
            context.load_cert_chain(path, password=lambda: b"")
        except (ssl.SSLError, OSError) as exc:
            raise ConfigurationError(
                f"{capital(pair.where)} cannot be loaded: they must be PEM, belong together, and have no password."
            ) from exc
