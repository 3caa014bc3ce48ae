# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens a socket to the API server: through the proxy where there is one, never past it, and with TLS, inside a
deadline.

Requests go through urllib3, which does the same with the same certificates and the same proxy; websockets need the
socket.
"""

from __future__ import annotations

import socket
import ssl
import traceback
from typing import Any

from .._ground.addresses import host_in_url
from .._ground.deadline import Deadline
from .._ground.errors import MissingLibrary
from .budget_socket import RECEIVE_SIZE, BudgetSocket
from .endpoint import CONNECT_TIMEOUT, Endpoint, keepalive_options
from .proxy import Proxy


def open_budget_socket(endpoint: Endpoint, deadline: Deadline) -> BudgetSocket:
    """Connects, and does the TLS handshake.

    Raises:
        OSError: TimeoutError and ssl.SSLError among them; the proxy is named where it is the culprit.
        MissingLibrary: what a SOCKS proxy needs is not installed.
    """
    if endpoint.proxy:
        sock = _through(endpoint.proxy, endpoint, deadline)
    else:
        sock = _connect(endpoint.host, endpoint.port, deadline)
    try:
        for option in keepalive_options():
            sock.setsockopt(*option)
        if endpoint.tls:
            sock = _with_tls(sock, endpoint.tls, endpoint.server_name, deadline)
    except BaseException:
        sock.close()
        raise
    return BudgetSocket(sock, deadline)


def import_socks(proxy: Proxy) -> Any:
    """PySocks, which SOCKS proxies need. Raises MissingLibrary."""
    try:
        import socks  # type: ignore[import-untyped]
    except ImportError as exc:
        raise MissingLibrary("PySocks", traceback.format_exc(), f"for {proxy}") from exc
    return socks


def _connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """To the first address that answers; all of them together inside the deadline."""
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if deadline.expired:
            raise TimeoutError("the deadline has passed")
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_patience(deadline))
            sock.connect(address)
            return sock
        except OSError as exc:
            sock.close()
            failure = exc
    raise failure


def _patience(deadline: Deadline) -> float:
    """Seconds for one step; never 0, which would mean not to wait at all."""
    return max(0.001, deadline.clip(CONNECT_TIMEOUT))


def _through(proxy: Proxy, endpoint: Endpoint, deadline: Deadline) -> Any:
    """A connection to the API server that the proxy has made."""
    if proxy.socks:
        return _through_socks(proxy, endpoint, deadline)
    sock: Any = None
    try:
        sock = _connect(proxy.host, proxy.port, deadline)
        if proxy.scheme == "https":
            sock = _with_tls(sock, ssl.create_default_context(), proxy.host, deadline)
    except OSError as exc:
        if sock is not None:
            sock.close()
        if deadline.expired:
            raise TimeoutError(f"{proxy} did not answer in time") from exc
        raise ConnectionError(f"{proxy} cannot be reached: {exc.strerror or exc}") from exc
    try:
        _tunnel(sock, endpoint, proxy, deadline)
    except BaseException:
        sock.close()
        raise
    return sock


def _through_socks(proxy: Proxy, endpoint: Endpoint, deadline: Deadline) -> socket.socket:
    socks = import_socks(proxy)
    try:
        sock = socks.create_connection(
            (endpoint.host, endpoint.port),
            timeout=_patience(deadline),
            proxy_type=socks.SOCKS5,
            proxy_addr=proxy.host,
            proxy_port=proxy.port,
            proxy_rdns=True,
            proxy_username=proxy.username,
            proxy_password=proxy.password,
        )
    except OSError as exc:
        cause = getattr(exc, "socket_err", None) or exc
        if deadline.expired:
            raise TimeoutError(f"{proxy} did not answer in time") from exc
        raise ConnectionError(f"{proxy} made no connection: {getattr(cause, 'strerror', None) or cause}") from exc
    # The same connection as a plain socket: what PySocks adds is done.
    return socket.socket(fileno=sock.detach())


def _tunnel(sock: Any, endpoint: Endpoint, proxy: Proxy, deadline: Deadline) -> None:
    """HTTP CONNECT. Reads byte by byte: what follows the empty line belongs to TLS."""
    host = f"{host_in_url(endpoint.host)}:{endpoint.port}"
    lines = [f"CONNECT {host} HTTP/1.1", f"Host: {host}", *(f"{name}: {text}" for name, text in proxy.headers.items())]
    answer = b""
    try:
        sock.settimeout(_patience(deadline))
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        while not answer.endswith(b"\r\n\r\n"):
            if deadline.expired or len(answer) > RECEIVE_SIZE:
                raise TimeoutError()
            sock.settimeout(_patience(deadline))
            piece = sock.recv(1)
            if not piece:
                break
            answer += piece
    except TimeoutError as exc:
        raise TimeoutError(f"{proxy} did not answer in time") from exc
    words = answer.split(b"\r\n", 1)[0].decode("latin-1").split(None, 2)
    if len(words) < 2 or words[1] != "200":
        raise ConnectionError(f"{proxy} refused the connection: {' '.join(words) or 'no answer'}")


def _with_tls(sock: Any, context: ssl.SSLContext, server_name: str, deadline: Deadline) -> Any:
    # Python counts the timeout over the whole handshake, so it cannot be stretched.
    sock.settimeout(_patience(deadline))
    if isinstance(sock, ssl.SSLSocket):
        return TlsInTls(sock, context, server_name, deadline)
    return context.wrap_socket(sock, server_hostname=server_name)


class TlsInTls:
    """TLS through a proxy that itself is spoken to over TLS; what BudgetSocket needs of a socket.

    Python cannot wrap an SSLSocket once more, so the inner TLS is fed from memory.
    """

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, server_name: str, deadline: Deadline) -> None:
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._inner = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._unsent = bytearray()
        while True:
            if deadline.expired:
                raise TimeoutError("the deadline has passed")
            outer.settimeout(_patience(deadline))
            try:
                self._inner.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
        self._flush()

    def recv(self, size: int) -> bytes:
        """As an SSLSocket that does not block: SSLWantReadError or SSLWantWriteError say what to wait for."""
        while True:
            try:
                return self._inner.read(size)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLWantReadError:
                pass
            flushed = self._flush()
            try:
                self._fill()
            except (BlockingIOError, ssl.SSLWantReadError):
                if not flushed:
                    raise ssl.SSLWantWriteError() from None
                raise

    def send(self, data: bytes | bytearray) -> int:
        if not self._flush():
            raise ssl.SSLWantWriteError()
        sent = self._inner.write(data)
        self._flush()
        return sent

    def _fill(self) -> None:
        piece = self._outer.recv(RECEIVE_SIZE)
        if piece:
            self._incoming.write(piece)
        else:
            self._incoming.write_eof()

    def _flush(self) -> bool:
        """Sends what the inner TLS has produced; whether all of it is gone."""
        self._unsent += self._outgoing.read()
        try:
            while self._unsent:
                del self._unsent[: self._outer.send(self._unsent)]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        return True

    def setblocking(self, flag: bool) -> None:
        self._outer.setblocking(flag)

    def fileno(self) -> int:
        return self._outer.fileno()

    def shutdown(self, how: int) -> None:
        self._outer.shutdown(how)

    def close(self) -> None:
        self._outer.close()
