# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy for tests: HTTP, also over TLS, and SOCKS5. Leads every name to one place, and says what it was asked for."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field

from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import end


@dataclass
class FakeProxy:
    """The proxy. Use as a context manager; `url` is where it listens.

    Attributes:
        target: the port of this machine that everything is led to.
        scheme: http, https or socks5.
        tls: for https.
        login: (user name, password) that it asks for, or None.
        answer: what it answers instead of making a connection, bytes; None to do its work.
        asked: `host:port` of every connection that it has made.
    """

    target: int
    scheme: str = "http"
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    answer: bytes | None = None
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeProxy:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        end(self._listener)
        self._listener.close()
        for sock in self._sockets:
            end(sock)

    def _serve(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            self._sockets.append(near)
            threading.Thread(target=self._talk, args=(near,), daemon=True).start()

    def _talk(self, near: socket.socket) -> None:
        try:
            if self.tls:
                near = self.tls.wrap_socket(near, server_side=True)
                self._sockets.append(near)
            (self._socks if self.scheme == "socks5" else self._http)(near)
        except OSError:
            pass  # one side has hung up
        finally:
            near.close()

    def _http(self, near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = near.recv(1024)
            if not piece:
                return
            head += piece
        if self.answer is not None:
            near.sendall(self.answer)
            return
        if self.login:
            wanted = base64.b64encode(":".join(self.login).encode())
            if b"proxy-authorization: basic " + wanted.lower() not in head.lower():
                near.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
        method, target, _version = head.split(b"\r\n")[0].decode().split(" ")
        self.asked.append(target.split("://")[-1].split("/")[0])
        far = self._far()
        if method == "CONNECT":
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            far.sendall(head)
        _both_ways(near, far)

    def _socks(self, near: socket.socket) -> None:
        """RFC 1928 and 1929."""
        _version, count = _exactly(near, 2)
        methods = _exactly(near, count)
        wanted = 2 if self.login else 0
        near.sendall(bytes([5, wanted if wanted in methods else 255]))
        if self.login:
            name = _exactly(near, _exactly(near, 2)[1]).decode()
            password = _exactly(near, _exactly(near, 1)[0]).decode()
            near.sendall(bytes([1, 0 if (name, password) == self.login else 1]))
        _version, _command, _reserved, kind = _exactly(near, 4)
        size = _exactly(near, 1)[0] if kind == 3 else 4
        raw = _exactly(near, size)
        host = raw.decode() if kind == 3 else socket.inet_ntoa(raw)
        port = struct.unpack("!H", _exactly(near, 2))[0]
        if self.answer is not None:
            near.sendall(self.answer)
            return
        self.asked.append(f"{host}:{port}")
        far = self._far()
        near.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        _both_ways(near, far)

    def _far(self) -> socket.socket:
        far = socket.create_connection(("127.0.0.1", self.target))
        self._sockets.append(far)
        return far


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ConnectionError("the client has hung up")
        data += piece
    return data


def _both_ways(near: socket.socket, far: socket.socket) -> None:
    """Until both sides have ended; then both are closed."""
    other = threading.Thread(target=_pump, args=(near, far), daemon=True)
    other.start()
    _pump(far, near)
    other.join()
    far.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except (OSError, ValueError):
        pass
    with contextlib.suppress(OSError):
        socket.socket.shutdown(target, socket.SHUT_WR)
