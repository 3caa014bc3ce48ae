# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command in a container over a websocket, as bytes, under one deadline.

The protocol is Kubernetes' remote command protocol: binary frames whose first byte is the channel (0 stdin, 1 stdout,
2 stderr, 3 a Status object as JSON; v5 adds 255, which closes the channel named by the next byte). Sources:
k8s.io/apimachinery/pkg/util/remotecommand/constants.go and KEP-4006.
"""

from __future__ import annotations

import socket
import traceback
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from .._ground.addresses import host_in_url
from .._ground.api_status import number_in
from .._ground.deadline import Deadline
from .._ground.errors import MissingLibrary
from .._ground.wording import one_line
from .budget_socket import BudgetSocket, IdleTimeout
from .client import Client, core_path
from .dial import open_budget_socket

V5 = "v5.channel.k8s.io"
V4 = "v4.channel.k8s.io"
#: v4 is always offered: API servers before 1.30 answer 403 to an offer of v5 alone, and that is not "forbidden".
SUBPROTOCOLS = [V5, V4]

STDIN, STDOUT, STDERR, ERROR, CLOSE = 0, 1, 2, 3, 255

#: After this many seconds without a byte the peer is asked whether it is still there ...
PING_AFTER = 5.0
#: ... and after this many more without any answer the connection counts as lost.
PONG_WITHIN = 10.0
#: The Status object is the last word. A server that does not close after it is not waited for longer than this.
CLOSE_WITHIN = 1.0
#: A Status object is small; a channel 3 that never ends is not one.
MAX_STATUS = 1 << 20
STDIN_FRAME = 32768


@dataclass
class Capture:
    """The first bytes of a stream and how many there were."""

    limit: int
    total: int = 0

    def __post_init__(self) -> None:
        self._kept = bytearray()

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = self.limit - len(self._kept)
        if room > 0:
            self._kept += data[:room]

    @property
    def data(self) -> bytes:
        return bytes(self._kept)

    @property
    def truncated(self) -> bool:
        return self.total > len(self._kept)


class Ending(StrEnum):
    """How the conversation ended."""

    REFUSED = "refused"  # an HTTP answer instead of a websocket
    CLOSED = "closed"  # the server ended it
    LOST = "lost"  # the connection broke, went silent, or was none of a websocket's
    TIMEOUT = "timeout"  # the deadline passed


@dataclass
class ExecRecord:
    """What happened on the wire; what it means is left to others.

    Attributes:
        stdout, stderr: what the command wrote, as bytes, up to the limit.
        error: the bytes of the error channel, a Status object when all went well; b'' when none came.
        protocol: the subprotocol that was agreed on; None when there was no handshake.
        ending: how it ended.
        http_status, http_body: the answer that refused the websocket.
        retry_after: seconds that this answer asks to wait, or None.
        detail: what broke, in a few words; '' when nothing did.
        sent: whether the request has left, so that the command may have begun. False means that repeating is harmless.
        connected: whether the API server has agreed to a websocket.
        stdin_closed: whether the command was told that its input has ended; v4 has no way to say so.
    """

    stdout: Capture
    stderr: Capture
    error: bytes = b""
    protocol: str | None = None
    ending: Ending = Ending.LOST
    http_status: int = 0
    http_body: str = ""
    retry_after: float | None = None
    detail: str = ""
    sent: bool = False
    connected: bool = False
    stdin_closed: bool = True

    def take(self, message: bytes) -> None:
        """Notes a message of the server: a channel, and what came on it."""
        if not message:
            return
        channel, payload = message[0], message[1:]
        if channel == STDOUT:
            self.stdout.add(payload)
        elif channel == STDERR:
            self.stderr.add(payload)
        elif channel == ERROR and len(self.error) < MAX_STATUS:
            self.error += payload

    def broken(self, detail: str, deadline: Deadline) -> None:
        """Notes that the connection could not be made or broke, which at the deadline is a timeout."""
        self.ending = Ending.TIMEOUT if deadline.expired else Ending.LOST
        self.detail = detail


class ExecRequest(Protocol):
    """One command in one container.

    Attributes:
        namespace, pod: where.
        container: in which; None lets the API server choose, which it does only when there is just one.
        command: the words, never a shell line.
        stdin: bytes to send, None for no stdin at all.
        as_user, as_groups: whom to impersonate.
    """

    @property
    def namespace(self) -> str: ...
    @property
    def pod(self) -> str: ...
    @property
    def container(self) -> str | None: ...
    @property
    def command(self) -> tuple[str, ...]: ...
    @property
    def stdin(self) -> bytes | None: ...
    @property
    def as_user(self) -> str | None: ...
    @property
    def as_groups(self) -> tuple[str, ...]: ...


def run_exec(client: Client, request: ExecRequest, *, deadline: Deadline, max_output: int) -> ExecRecord:
    """Runs the command and returns what happened; whatever the cluster or the network does is in the record.

    Returns at the deadline at the latest, with the output that has arrived until then.

    Args:
        max_output: bytes of stdout and of stderr that are kept. What is beyond is read and thrown away.

    Raises:
        MissingLibrary: websocket-client is not installed.
        ConfigurationError: there is no credential where there should be one, or the certificates cannot be loaded.
    """
    library = import_websocket()
    endpoint = client.endpoint()
    host = host_in_url(endpoint.host)
    url = f"{'wss' if endpoint.tls else 'ws'}://{host}:{endpoint.port}{endpoint.path}{_path(request)}"
    identity = client.identity_headers(request.as_user, request.as_groups, deadline)
    headers = [f"{name}: {value}" for name, value in identity]
    record = ExecRecord(Capture(max_output), Capture(max_output))
    try:
        sock = open_budget_socket(endpoint, deadline)
    except OSError as exc:
        record.broken(f"no connection to the API server: {_in_words(exc)}", deadline)
        return record
    conversation = _Conversation(library, sock, record, deadline)
    try:
        conversation.begin(url, headers)
        if record.connected:
            conversation.go_on(request.stdin)
    except (OSError, library.WebSocketException) as exc:
        record.broken(_in_words(exc), deadline)
    finally:
        conversation.end()
    return record


def import_websocket() -> Any:
    """The websocket-client package. Called once at the beginning of a task, its absence is one sentence.

    Raises:
        MissingLibrary: it is not installed.
    """
    try:
        import websocket
    except ImportError as exc:
        raise MissingLibrary("websocket-client", traceback.format_exc()) from exc
    return websocket


def _path(request: ExecRequest) -> str:
    query = [("command", word) for word in request.command]
    if request.container:
        query.append(("container", request.container))
    if request.stdin is not None:
        query.append(("stdin", "true"))
    query += [("stdout", "true"), ("stderr", "true")]
    return f"{core_path('pods', request.namespace, request.pod)}/exec?{urlencode(query, quote_via=quote)}"


class _Conversation:
    """One websocket, and what is written down of it."""

    def __init__(self, library: Any, sock: BudgetSocket, record: ExecRecord, deadline: Deadline) -> None:
        self._library = library
        self._websocket = library.WebSocket(enable_multithread=False, skip_utf8_validation=True)
        self._sock = sock
        self._record = record
        self._deadline = deadline

    def begin(self, url: str, headers: list[str]) -> None:
        """Asks for the websocket. Afterwards the record is connected, refused or broken."""
        library, websocket, record = self._library, self._websocket, self._record
        record.sent = True
        try:
            websocket.connect(
                url,
                socket=self._sock,
                header=headers,
                subprotocols=SUBPROTOCOLS,
                suppress_origin=True,
                redirect_limit=0,
            )
        except library.WebSocketBadStatusException as exc:
            if not exc.status_code:
                record.broken("the answer has no HTTP status", self._deadline)
                return
            record.ending = Ending.REFUSED
            record.http_status = int(exc.status_code)
            record.http_body = self._rest_of_body(exc).decode("utf-8", "replace").strip()
            record.retry_after = number_in((getattr(exc, "resp_headers", None) or {}).get("retry-after"))
            return
        except (OSError, library.WebSocketTimeoutException, library.WebSocketConnectionClosedException):
            raise
        except Exception as exc:
            # Older versions of the package let through what their parsing raises; newer ones raise for a redirection.
            if websocket.status in (None, 101):
                record.broken(f"the answer is not that of a websocket: {_in_words(exc)}", self._deadline)
                return
        if websocket.status != 101:
            record.ending, record.http_status = Ending.REFUSED, int(websocket.status)
            return
        record.protocol = websocket.subprotocol
        record.connected = True

    def _rest_of_body(self, exc: Any) -> bytes:
        """The body of a refusal: websocket-client reads what has arrived, which may be half of it."""
        body = getattr(exc, "resp_body", None) or b""
        body = body if isinstance(body, bytes) else str(body).encode()
        headers = getattr(exc, "resp_headers", None) or {}
        wanted = number_in(headers.get("content-length"))
        self._sock.idle = 2.0
        try:
            while len(body) < (wanted if wanted is not None else 65536):
                piece = self._sock.recv(65536)
                if not piece:
                    break
                body += piece
        except OSError:
            pass  # the status alone says enough
        return body

    def go_on(self, stdin: bytes | None) -> None:
        """Sends stdin and reads, until the server closes, the deadline passes or the connection proves to be dead."""
        library, record, sock = self._library, self._record, self._sock
        if stdin is not None:
            self._send_stdin(stdin)
        sock.idle = PING_AFTER
        pinged = False
        while True:
            try:
                opcode, frame = self._websocket.recv_data_frame(True)
            except (TimeoutError, library.WebSocketTimeoutException):
                if record.error:
                    record.ending = Ending.CLOSED
                    return
                if self._deadline.expired:
                    record.ending, record.detail = Ending.TIMEOUT, "the command had not finished"
                    return
                # A command that does not read its input keeps the server from reading our ping behind it. Up to one
                # frame fits into the buffers on the way.
                if pinged and len(stdin or b"") <= STDIN_FRAME and not sock.unsent:
                    silence = PING_AFTER + PONG_WITHIN
                    record.ending, record.detail = Ending.LOST, f"the connection went silent for {silence:.0f} s"
                    return
                self._websocket.ping()
                pinged, sock.idle = True, PONG_WITHIN
                continue
            pinged, sock.idle = False, PING_AFTER
            if opcode == library.ABNF.OPCODE_CLOSE:
                record.ending = Ending.CLOSED
                return
            if opcode in (library.ABNF.OPCODE_BINARY, library.ABNF.OPCODE_TEXT):
                record.take(frame.data)
                if record.error:
                    sock.idle = CLOSE_WITHIN

    def _send_stdin(self, data: bytes) -> None:
        for start in range(0, len(data), STDIN_FRAME):
            self._websocket.send_binary(bytes([STDIN]) + data[start : start + STDIN_FRAME])
        if self._record.protocol == V5:
            self._websocket.send_binary(bytes([CLOSE, STDIN]))
        else:
            self._record.stdin_closed = False

    def end(self) -> None:
        """Says goodbye without waiting for an answer; nobody is obliged to listen."""
        try:
            if self._record.connected:
                self._websocket.send_close()
            self._sock.shutdown(socket.SHUT_RDWR)
        except Exception:  # pylint: disable=broad-except
            pass
        self._sock.finish()


def _in_words(exc: BaseException) -> str:
    if isinstance(exc, IdleTimeout):
        return "the API server did not answer"
    if isinstance(exc, OSError) and exc.strerror:
        return str(exc.strerror)
    return one_line(str(exc)) or type(exc).__name__
