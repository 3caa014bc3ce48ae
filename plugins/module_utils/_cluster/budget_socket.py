# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A socket with one budget of time: no sequence of slow bytes can make it last longer than its deadline.

Socket timeouts begin anew with every byte, so a peer that drips can hold a reader for ever. This one waits in
``select`` for what is left of the budget. It also sends while it waits to receive, so that a peer that writes without
reading cannot bring both sides to a standstill.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from .._ground.deadline import Deadline
from .endpoint import CONNECT_TIMEOUT, Endpoint, keepalive_options

RECEIVE_SIZE = 65536


class IdleTimeout(TimeoutError):
    """Nothing was received for as long as the caller wanted to wait, and the budget is not spent."""


class BudgetSocket:
    """What websocket-client needs of a socket, around a non-blocking one.

    Attributes:
        idle: seconds to wait for a byte before IdleTimeout is raised; None waits until the deadline.
    """

    def __init__(self, sock: Any, deadline: Deadline) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._deadline = deadline
        self._received = b""
        self._outgoing = bytearray()
        self.idle: float | None = None

    def recv(self, size: int) -> bytes:
        """Up to size bytes; b'' at the end of the connection.

        Raises:
            IdleTimeout: see idle.
            TimeoutError: the deadline has passed.
            OSError: the connection is broken.
        """
        if not self._received:
            self._received = self._receive()
        piece, self._received = self._received[:size], self._received[size:]
        return piece

    def send(self, data: bytes) -> int:
        """Takes everything at once; it is written as fast as the peer reads, here and while receiving."""
        self._outgoing += data
        self._write_some()
        return len(data)

    def sendall(self, data: bytes) -> None:
        self.send(data)

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not taken yet."""
        return len(self._outgoing)

    def gettimeout(self) -> float | None:
        """Not 0: websocket-client is not to poll, recv waits by itself."""
        return self._deadline.remaining() + 1.0

    def settimeout(self, timeout: float | None) -> None:
        """The deadline decides, whatever websocket-client would like."""

    def fileno(self) -> int:
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        try:
            self._sock.shutdown(how)
        except OSError:
            pass

    def close(self) -> None:
        """Left to finish(): websocket-client closes on a refused handshake, before its answer has been read."""

    def finish(self) -> None:
        self._sock.close()

    def _receive(self) -> bytes:
        if self._deadline.expired:
            raise TimeoutError("the deadline has passed")
        while True:
            write_too = bool(self._outgoing)
            try:
                return self._sock.recv(RECEIVE_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                pass
            except ssl.SSLWantWriteError:
                write_too = True
            except ssl.SSLEOFError:
                return b""
            self._wait(write_too)

    def _wait(self, write_too: bool) -> None:
        patience = self._deadline.remaining()
        if self.idle is not None:
            patience = min(patience, self.idle)
        readable, writable, _broken = select.select([self._sock], [self._sock] if write_too else [], [], patience)
        if writable:
            self._write_some()
        elif not readable:
            if self._deadline.expired:
                raise TimeoutError("the deadline has passed")
            raise IdleTimeout("nothing was received")

    def _write_some(self) -> None:
        while self._outgoing:
            try:
                sent = self._sock.send(self._outgoing[:RECEIVE_SIZE])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            del self._outgoing[:sent]


def open_budget_socket(endpoint: Endpoint, deadline: Deadline) -> BudgetSocket:
    """Connects, through the proxy where there is one, and does the TLS handshake, all inside the deadline.

    Raises:
        OSError: TimeoutError and ssl.SSLError among them.
    """
    host, port = (endpoint.proxy[0], endpoint.proxy[1]) if endpoint.proxy else (endpoint.host, endpoint.port)
    sock: Any = _connect(host, port, deadline)
    try:
        for option in keepalive_options():
            sock.setsockopt(*option)
        if endpoint.proxy:
            _tunnel(sock, endpoint, endpoint.proxy[2], deadline)
        if endpoint.tls:
            # Python counts the timeout over the whole handshake, so it cannot be stretched.
            sock.settimeout(max(0.001, deadline.clip(CONNECT_TIMEOUT)))
            sock = endpoint.tls.wrap_socket(sock, server_hostname=endpoint.server_name)
    except BaseException:
        sock.close()
        raise
    return BudgetSocket(sock, deadline)


def _connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """To the first address that answers; all of them together inside the deadline."""
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if deadline.expired:
            raise TimeoutError("the deadline has passed")
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.001, deadline.clip(CONNECT_TIMEOUT)))
            sock.connect(address)
            return sock
        except OSError as exc:
            sock.close()
            failure = exc
    raise failure


def _tunnel(sock: socket.socket, endpoint: Endpoint, headers: Mapping[str, str], deadline: Deadline) -> None:
    """HTTP CONNECT. Reads byte by byte: what follows the empty line belongs to TLS."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"Host: {host}:{endpoint.port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        if deadline.expired or len(answer) > RECEIVE_SIZE:
            raise TimeoutError("the proxy did not answer in time")
        sock.settimeout(max(0.001, deadline.clip(CONNECT_TIMEOUT)))
        piece = sock.recv(1)
        if not piece:
            break
        answer += piece
    words = answer.split(b"\r\n", 1)[0].decode("latin-1").split(None, 2)
    if len(words) < 2 or words[1] != "200":
        raise ConnectionError(
            f"the proxy {endpoint.proxy[0] if endpoint.proxy else ''} refused the connection: {' '.join(words) or 'no answer'}"
        )
