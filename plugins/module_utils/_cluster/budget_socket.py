# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A socket with one budget of time: no sequence of slow bytes can make it last longer than its deadline.

Socket timeouts begin anew with every byte, so a peer that sends a byte now and then can hold a reader for ever. This
one waits for what is left of the budget, whatever arrives. It also sends while it waits to receive, so that a peer
that writes without reading cannot bring both sides to a standstill.
"""

from __future__ import annotations

import contextlib
import selectors
import ssl
from typing import Protocol

from .._ground.deadline import Deadline

RECEIVE_SIZE = 65536


class IdleTimeout(TimeoutError):
    """Nothing was received for as long as the caller wanted to wait, and the budget is not spent."""


class Transport(Protocol):
    """What this needs of a socket; ssl.SSLSocket has it, too."""

    def setblocking(self, flag: bool, /) -> None: ...

    def recv(self, size: int, /) -> bytes: ...

    def send(self, data: bytes | bytearray, /) -> int: ...

    def fileno(self) -> int: ...

    def shutdown(self, how: int, /) -> None: ...

    def close(self) -> None: ...


class BudgetSocket:
    """What websocket-client needs of a socket, around a non-blocking one.

    Attributes:
        idle: seconds to wait for a byte before IdleTimeout is raised; None waits until the deadline.
    """

    def __init__(self, sock: Transport, deadline: Deadline) -> None:
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
        with contextlib.suppress(OSError):
            self._sock.shutdown(how)

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
        # Not select(), which knows no file descriptor beyond 1023.
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if write_too else 0))
            ready = [events for _key, events in selector.select(patience)]
        if ready and ready[0] & selectors.EVENT_WRITE:
            self._write_some()
        elif not ready:
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
