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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from .._ground.api_status import number_in
from .._ground.deadline import Deadline
from .._ground.errors import MissingLibrary
from .budget_socket import BudgetSocket, IdleTimeout
from .client import Client, core_path
from .dial import open_budget_socket

V5 = "v5.channel.k8s.io"
V4 = "v4.channel.k8s.io"
#: v4 is always offered: API servers before 1.30 answer 403 to an offer of v5 alone, and that is not "forbidden".
SUBPROTOCOLS = [V5, V4]

STDIN, STDOUT, STDERR, ERROR, CLOSE = 0, 1, 2, 3, 255

#: After so many seconds without a byte the peer is asked whether it is still there ...
PING_AFTER = 5.0
#: ... and after so many more without any answer the connection counts as lost.
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


@dataclass
class ExecRecord:
    """What happened on the wire; judging it is left to `outcome`.

    Attributes:
        stdout, stderr: what the command wrote, as bytes, up to the limit.
        error: the bytes of channel 3, a Status object when all went well; b'' when none came.
        protocol: the subprotocol that was agreed on; None when there was no handshake.
        ending: how it ended: `refused` (an HTTP answer instead of a websocket), `closed` (the server ended it),
            `lost` (the connection broke or went silent), `timeout` (the deadline passed).
        http_status, http_body: the answer that refused the websocket.
        detail: what broke, in a few words; '' when nothing did.
        sent: whether the request has left, so that the command may have begun. False means that repeating is harmless.
        connected: whether the API server has agreed to a websocket.
        stdin_closed: whether the command was told that its input has ended; v4 has no way to say so.
    """

    stdout: Capture
    stderr: Capture
    error: bytes = b""
    protocol: str | None = None
    ending: str = "lost"
    http_status: int = 0
    http_body: str = ""
    retry_after: float | None = None
    detail: str = ""
    sent: bool = False
    connected: bool = False
    stdin_closed: bool = True


@dataclass(frozen=True)
class ExecRequest:
    """One command in one container.

    Attributes:
        namespace, pod: where.
        container: in which; None lets the API server choose, which it does only when there is just one.
        command: the words, never a shell line.
        stdin: bytes to send, None for no stdin at all.
        as_user, as_groups: whom to impersonate.
    """

    namespace: str
    pod: str
    container: str | None
    command: tuple[str, ...]
    stdin: bytes | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()

    def path(self) -> str:
        query = [("command", word) for word in self.command]
        if self.container:
            query.append(("container", self.container))
        if self.stdin is not None:
            query.append(("stdin", "true"))
        query += [("stdout", "true"), ("stderr", "true")]
        return f"{core_path('pods', self.namespace, self.pod)}/exec?{urlencode(query, quote_via=quote)}"


def run_exec(
    client: Client,
    request: ExecRequest,
    *,
    deadline: Deadline,
    max_output: int = 65536,
    subprotocols: Sequence[str] = tuple(SUBPROTOCOLS),
) -> ExecRecord:
    """Runs the command and returns what happened; whatever the cluster or the network does is in the record.

    Returns at the deadline at the latest, with the output that has arrived until then.

    Raises:
        MissingLibrary: websocket-client is not installed.
        ConfigurationError: the certificates cannot be loaded.
    """
    websocket = import_websocket()
    record = ExecRecord(Capture(max_output), Capture(max_output))
    try:
        sock = open_budget_socket(client.endpoint(), deadline)
    except OSError as exc:
        record.ending = "timeout" if deadline.expired else "lost"
        record.detail = f"no connection to the API server: {_words(exc)}"
        return record
    try:
        channel = _handshake(websocket, client, request, sock, record, subprotocols)
        if channel is not None:
            _converse(websocket, channel, sock, request, record, deadline)
    except (OSError, ValueError, websocket.WebSocketException) as exc:
        record.ending = "timeout" if deadline.expired else "lost"
        record.detail = _words(exc)
    finally:
        _part(channel if record.connected else None, sock)
    return record


def import_websocket() -> Any:
    """The websocket-client package. Raises MissingLibrary, which one call at the beginning of a task turns into one sentence."""
    try:
        import websocket
    except ImportError as exc:
        raise MissingLibrary("websocket-client", traceback.format_exc()) from exc
    return websocket


def _handshake(
    websocket: Any,
    client: Client,
    request: ExecRequest,
    sock: BudgetSocket,
    record: ExecRecord,
    subprotocols: Sequence[str],
) -> Any:
    """The open websocket, or None when the API server answered something else."""
    endpoint = client.endpoint()
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    url = f"{'wss' if endpoint.tls else 'ws'}://{host}:{endpoint.port}{endpoint.path}{request.path()}"
    headers = [f"{name}: {value}" for name, value in client.identity_headers(request.as_user, request.as_groups)]
    channel = websocket.WebSocket(enable_multithread=False, skip_utf8_validation=True)
    record.sent = True
    try:
        channel.connect(
            url, socket=sock, header=headers, subprotocols=list(subprotocols), suppress_origin=True, redirect_limit=0
        )
    except websocket.WebSocketBadStatusException as exc:
        record.ending = "refused"
        record.http_status = exc.status_code
        record.http_body = _rest_of_body(sock, exc).decode("utf-8", "replace").strip()
        record.retry_after = number_in((getattr(exc, "resp_headers", None) or {}).get("retry-after"))
        return None
    if channel.status != 101:
        record.ending, record.http_status = "refused", int(channel.status or 0)
        return None
    record.protocol = channel.subprotocol
    record.connected = True
    return channel


def _rest_of_body(sock: BudgetSocket, exc: Any) -> bytes:
    """The body of a refusal: websocket-client reads what has arrived, which may be half of it."""
    body = getattr(exc, "resp_body", None) or b""
    body = body if isinstance(body, bytes) else str(body).encode()
    headers = getattr(exc, "resp_headers", None) or {}
    wanted = number_in(headers.get("content-length"))
    sock.idle = 2.0
    try:
        while len(body) < (wanted if wanted is not None else 65536):
            piece = sock.recv(65536)
            if not piece:
                break
            body += piece
    except OSError:
        pass  # the status alone says enough
    return body


def _converse(
    websocket: Any, channel: Any, sock: BudgetSocket, request: ExecRequest, record: ExecRecord, deadline: Deadline
) -> None:
    """Sends stdin and reads frames until the server closes, the deadline passes or the connection turns out to be dead."""
    if request.stdin is not None:
        _send_stdin(channel, request.stdin, record)
    sock.idle = PING_AFTER
    pinged = False
    while True:
        try:
            opcode, frame = channel.recv_data_frame(True)
        except (TimeoutError, websocket.WebSocketTimeoutException):
            if record.error:
                record.ending = "closed"
                return
            if deadline.expired:
                record.ending, record.detail = "timeout", "the command had not finished"
                return
            # A command that does not read its input keeps the server from reading our ping behind it. Up to one frame
            # fits into the buffers on the way.
            if pinged and len(request.stdin or b"") <= STDIN_FRAME and not sock.unsent:
                record.ending, record.detail = (
                    "lost",
                    f"the connection went silent for {PING_AFTER + PONG_WITHIN:.0f} s",
                )
                return
            channel.ping()
            pinged, sock.idle = True, PONG_WITHIN
            continue
        pinged, sock.idle = False, PING_AFTER
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            record.ending = "closed"
            return
        if opcode in (websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_TEXT):
            _dispatch(frame.data, record)
            if record.error:
                sock.idle = CLOSE_WITHIN


def _send_stdin(channel: Any, data: bytes, record: ExecRecord) -> None:
    for start in range(0, len(data), STDIN_FRAME):
        channel.send_binary(bytes([STDIN]) + data[start : start + STDIN_FRAME])
    if record.protocol == V5:
        channel.send_binary(bytes([CLOSE, STDIN]))
    else:
        record.stdin_closed = False


def _dispatch(data: bytes, record: ExecRecord) -> None:
    if not data:
        return
    kind, payload = data[0], data[1:]
    if kind == STDOUT:
        record.stdout.add(payload)
    elif kind == STDERR:
        record.stderr.add(payload)
    elif kind == ERROR and len(record.error) < MAX_STATUS:
        record.error += payload


def _part(channel: Any, sock: BudgetSocket) -> None:
    """Says goodbye without waiting for an answer; nobody is obliged to listen."""
    try:
        if channel is not None:
            channel.send_close()
        sock.shutdown(socket.SHUT_RDWR)
    except Exception:  # pylint: disable=broad-except
        pass
    sock.finish()


def _words(exc: BaseException) -> str:
    if isinstance(exc, IdleTimeout):
        return "the API server did not answer"
    if isinstance(exc, OSError) and exc.strerror:
        return str(exc.strerror)
    return " ".join(str(exc).split()) or type(exc).__name__
