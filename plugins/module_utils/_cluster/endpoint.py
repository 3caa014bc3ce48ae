# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where and how connections that are not urllib3's are made: address, certificates, proxy."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._ground.errors import ConfigurationError

#: Seconds for a TCP connection and its TLS handshake. An API server that answers at all does so within a few.
CONNECT_TIMEOUT = 5.0


@dataclass(frozen=True)
class Endpoint:
    """Where websockets connect to.

    Attributes:
        host, port: of the API server.
        tls: the context to wrap the connection with; None for plain HTTP.
        server_name: the name that the certificate must carry.
        path: the prefix of every path, '' or beginning with a slash.
        proxy: (host, port, headers) of an HTTP proxy to tunnel through, or None.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    server_name: str
    path: str
    proxy: tuple[str, int, Mapping[str, str]] | None


def keepalive_options() -> list[tuple[int, int, int]]:
    """Socket options under which the kernel notices a peer that is gone after about half a minute."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


def tls_context(configuration: Any) -> ssl.SSLContext:
    """The certificates of a `kubernetes.client.Configuration`.

    Raises:
        ConfigurationError: they cannot be loaded.
    """
    try:
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
        if not configuration.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif configuration.assert_hostname is False:
            context.check_hostname = False
        if hasattr(ssl, "VERIFY_X509_STRICT"):
            # As urllib3 does it: clusters older than 1.20 have CAs without the extensions that strictness asks for.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigurationError(f"The certificates for {configuration.host} cannot be loaded: {exc}") from exc
    return context
