# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server for tests: real TCP, HTTP, watch streams and exec websockets, and every fault on command.

It knows pods, namespaces, nodes, service accounts, tokens and access reviews well enough for the modules, and
writes every byte itself, so that a test can have it stop, break off or lie at any place. `fault()` puts a responder in
front of the next requests that match: one of the named ones below (`refuse(503)`, `reset`, `half_open`,
`in_order(begin_stream, reset)` and so on), or a function of the test's own, which may call
`api.answer(connection, request)` to go on as if nothing were the matter.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import datetime
import hashlib
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, list[str]]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


class Gone(Exception):
    """The client has hung up, or the responder wants no more of this connection."""


class Connection:
    """One client; what a responder may do to it."""

    def __init__(self, sock: socket.socket, stop: threading.Event) -> None:
        self.sock = sock
        self.stop = stop
        self._rest = b""

    # reading

    def read_request(self) -> Request | None:
        while b"\r\n\r\n" not in self._rest:
            piece = self.sock.recv(65536)
            if not piece:
                return None
            self._rest += piece
        head, self._rest = self._rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, _version = lines[0].split(" ", 2)
        headers: dict[str, list[str]] = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        body = self.read(int(headers.get("content-length", ["0"])[0]))
        parts = urlsplit(target)
        return Request(method, unquote(parts.path), parse_qs(parts.query, keep_blank_values=True), headers, body)

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            piece = self.sock.recv(65536)
            if not piece:
                raise Gone()
            self._rest += piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    # writing

    def send(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as exc:
            raise Gone() from exc

    def drip(self, data: bytes, pause: float) -> None:
        for byte in data:
            self.send(bytes([byte]))
            self.wait(pause)

    def reply(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = (
            content
            if isinstance(content, bytes)
            else content.encode()
            if isinstance(content, str)
            else json.dumps(content).encode()
        )
        kind = "text/plain" if isinstance(content, (bytes, str)) else "application/json"
        lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def error(
        self, status: int, reason: str = "", message: str = "", headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        self.reply(status, status_object(status, reason, message, **more), headers)

    def begin_stream(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")

    def chunk(self, data: bytes) -> None:
        self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def event(self, kind: str, item: Any) -> None:
        self.chunk(json.dumps({"type": kind, "object": item}).encode() + b"\n")

    def end_stream(self) -> None:
        self.send(b"0\r\n\r\n")

    # websockets

    def accept(self, request: Request, protocol: str | None = None) -> str:
        """The websocket handshake; the first protocol of the client's that we know, unless one is given."""
        offered = [
            part.strip() for value in request.headers.get("sec-websocket-protocol", []) for part in value.split(",")
        ]
        chosen = protocol or next(name for name in offered if name in (V4, V5))
        key = request.headers["sec-websocket-key"][0].encode()
        answer = base64.b64encode(hashlib.sha1(key + WEBSOCKET_GUID).digest()).decode()
        self.send(
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {answer}\r\nSec-WebSocket-Protocol: {chosen}\r\n\r\n"
            ).encode()
        )
        return chosen

    def frame(self, channel: int, data: bytes) -> None:
        self.send(ws_frame(bytes([channel]) + data))

    def finish(self, status: Any) -> None:
        """The Status on channel 3 and the end."""
        self.frame(3, status if isinstance(status, bytes) else json.dumps(status).encode())
        self.close_frame()

    def close_frame(self) -> None:
        self.send(ws_frame(struct.pack("!H", 1000), opcode=8))

    def read_frame(self) -> tuple[int, bytes]:
        """(opcode, unmasked payload) of the client's next frame."""
        first, second = self.read(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", self.read(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self.read(8))[0]
        mask = self.read(4) if second & 0x80 else b"\0\0\0\0"
        data = self.read(size)
        key = mask * (size // 4) + mask[: size % 4]
        return first & 0x0F, (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(size)

    # faults

    def reset(self) -> None:
        """RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        raise Gone()

    def hang_up(self) -> None:
        raise Gone()

    def half_open(self) -> None:
        """Says and reads nothing more and never closes, as a machine that has lost its power."""
        self.stop.wait(60)
        raise Gone()

    def wait(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Gone()


Responder = Callable[[Connection, Request], None]


def end(sock: socket.socket) -> None:
    """Ends a connection and leaves it to the thread that serves it to close the socket.

    Else that thread could go on with the number of a file that is somebody else's by then. Not sock.shutdown, which
    takes TLS away first.
    """
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def status_object(code: int, reason: str = "", message: str = "", **more: Any) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
        **more,
    }


def exit_status(code: int) -> dict[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def ws_frame(data: bytes, opcode: int = 2, final: bool = True) -> bytes:
    head = bytes([(0x80 if final else 0) | opcode])
    if len(data) < 126:
        head += bytes([len(data)])
    elif len(data) < 65536:
        head += bytes([126]) + struct.pack("!H", len(data))
    else:
        head += bytes([127]) + struct.pack("!Q", len(data))
    return head + data


def make_token(subject: str) -> str:
    """What looks like a token: three parts, of which the first two are JSON."""
    head, claims = json.dumps({"alg": "RS256"}).encode(), json.dumps({"sub": subject}).encode()
    parts = [head, claims, b"signature of " + subject.encode()]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def run_true(connection: Connection, request: Request) -> None:
    """An exec that succeeds, printing its command."""
    connection.accept(request)
    connection.frame(1, " ".join(request.query["command"]).encode() + b"\n")
    connection.finish(exit_status(0))


# --- the usual faults, for fault() and execs ---


def refuse(status: int, reason: str = "Reason", message: str = "message", **more: Any) -> Responder:
    """An answer with this HTTP status and a Status object. `headers` and whatever else a Status has go with it."""

    def responder(connection: Connection, request: Request) -> None:
        connection.error(status, reason, message, **more)

    return responder


def reply(status: int, content: Any, headers: dict[str, str] | None = None) -> Responder:
    """An answer with this content: JSON, or text or bytes as they are."""

    def responder(connection: Connection, request: Request) -> None:
        connection.reply(status, content, headers)

    return responder


def send(data: bytes) -> Responder:
    """Exactly these bytes."""

    def responder(connection: Connection, request: Request) -> None:
        connection.send(data)

    return responder


def event(kind: str, item: Any) -> Responder:
    """One event of a watch; after begin_stream."""

    def responder(connection: Connection, request: Request) -> None:
        connection.event(kind, item)

    return responder


def chunk(data: bytes) -> Responder:
    """One piece of a stream; after begin_stream."""

    def responder(connection: Connection, request: Request) -> None:
        connection.chunk(data)

    return responder


def wait_for(happened: threading.Event, seconds: float = 10.0) -> Responder:
    """Nothing until the test says that something has happened; so many seconds at most."""

    def responder(connection: Connection, request: Request) -> None:
        happened.wait(seconds)

    return responder


def call(action: Callable[[], object]) -> Responder:
    """Does something in the test, and answers nothing."""

    def responder(connection: Connection, request: Request) -> None:
        action()

    return responder


def in_order(*responders: Responder) -> Responder:
    """One after the other, on the same connection."""

    def responder(connection: Connection, request: Request) -> None:
        for one in responders:
            one(connection, request)

    return responder


def begin_stream(connection: Connection, request: Request) -> None:
    connection.begin_stream()


def end_stream(connection: Connection, request: Request) -> None:
    connection.end_stream()


def reset(connection: Connection, request: Request) -> None:
    """RST instead of an answer."""
    connection.reset()


def accept(connection: Connection, request: Request) -> None:
    """The websocket handshake, and nothing more: what a command does follows in_order."""
    connection.accept(request)


def frame(channel: int, data: bytes) -> Responder:
    """What a command writes; after accept."""

    def responder(connection: Connection, request: Request) -> None:
        connection.frame(channel, data)

    return responder


def finish(status: Any) -> Responder:
    """The Status that ends a command, and the end of the websocket; after accept."""

    def responder(connection: Connection, request: Request) -> None:
        connection.finish(status)

    return responder


def close_frame(connection: Connection, request: Request) -> None:
    """The end of the websocket without a Status; after accept."""
    connection.close_frame()


def exits(code: int, stdout: bytes = b"", stderr: bytes = b"") -> Responder:
    """A command from its beginning to its end."""
    return in_order(accept, frame(1, stdout), frame(2, stderr), finish(exit_status(code)))


def hang_up(connection: Connection, request: Request) -> None:
    """FIN instead of an answer."""
    connection.hang_up()


def half_open(connection: Connection, request: Request) -> None:
    """No answer, and no end either."""
    connection.half_open()


def drip_headers(connection: Connection, request: Request) -> None:
    """Headers that never end, a byte at a time."""
    connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.drip(b"X-Filler: filler\r\n", 0.05)


def drip_body(connection: Connection, request: Request) -> None:
    """A body that never ends, a byte at a time."""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.chunk(b" ")
        connection.wait(0.05)


@dataclass
class Fault:
    method: str
    pattern: re.Pattern[str]
    responder: Responder
    times: int
    watch: bool | None = None


@dataclass
class FakeApi:
    """The server. Use as a context manager; `url` is where it listens.

    Attributes:
        requests: everything that was asked.
        execs: responders by (namespace, pod); run_true for the others.
        logs: texts by (namespace, pod).
        kill_after: seconds until a pod that is deleted is gone; None leaves it to a deletion without grace.
        may: what an access review says of resourceAttributes: whether, and with which reason.
        token_cap: seconds that a token lives at most; None for as many as are asked for.
        tokens: every token that was made, in order.
    """

    tls: ssl.SSLContext | None = None
    kill_after: float | None = 0.02
    requests: list[Request] = field(default_factory=list)
    execs: dict[tuple[str, str], Responder] = field(default_factory=dict)
    logs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    may: Callable[[dict[str, Any]], tuple[bool, str]] = lambda attributes: (True, "")
    token_cap: int | None = None
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._history: list[tuple[int, str, str, dict[str, Any]]] = []
        self._version = 100
        self._faults: list[Fault] = []
        self._changed = threading.Condition(threading.RLock())
        self._stop = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeApi:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Nobody listens any more: connections are refused from here on."""
        self._stop.set()
        with contextlib.suppress(OSError):
            # Closing alone would leave the thread in accept(), and the port open.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            self._changed.notify_all()
        self.drop_connections()

    # --- what a test says ---

    def fault(
        self, pattern: str, responder: Responder, *, method: str = "GET", times: int = 1, watch: bool | None = None
    ) -> None:
        """The next requests that match get the responder, by their path, and if watch is given, by being a watch."""
        with self._changed:
            self._faults.append(Fault(method, re.compile(pattern), responder, times, watch))

    def on_watch(self, pattern: str, action: Callable[[], object]) -> None:
        """Does something when the next watch has begun, so that no test has to guess how long a list takes."""

        def begin(connection: Connection, request: Request) -> None:
            action()
            self.answer(connection, request)

        self.fault(pattern, begin, watch=True)

    def put(self, item: dict[str, Any], kind: str = "pods") -> dict[str, Any]:
        """Creates or replaces an object."""
        item = copy.deepcopy(item)
        meta = item["metadata"]
        key = (kind, meta.get("namespace", ""), meta["name"])
        with self._changed:
            before = self._objects.get(key)
            replaced = before is not None and before["metadata"]["uid"] != meta["uid"]
            if before is not None and replaced:
                self._record("DELETED", kind, before)
            self._objects[key] = item
            self._record("ADDED" if before is None or replaced else "MODIFIED", kind, item)
        return item

    def namespace(self, name: str, labels: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        return self.put(
            {
                "metadata": {"name": name, "uid": f"uid-{name}", "labels": labels or {}, **more},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            },
            "namespaces",
        )

    def account(
        self, namespace: str, labels: dict[str, str] | None = None, name: str = "student", uid: str = "", **more: Any
    ) -> dict[str, Any]:
        """A service account."""
        meta = {"name": name, "namespace": namespace, "uid": uid or f"uid-{namespace}-{name}", "labels": labels or {}}
        return self.put({"metadata": meta, **more}, "serviceaccounts")

    def node(
        self, name: str, ready: bool = True, allocatable: dict[str, str] | None = None, **spec: Any
    ) -> dict[str, Any]:
        """A node; without `allocatable`, one for 110 pods, with 4 processors and 8 GiB."""
        return self.put(
            {
                "metadata": {"name": name, "uid": f"uid-{name}"},
                "spec": spec,
                "status": {
                    "allocatable": allocatable
                    or {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "100Gi"},
                    "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
                    "nodeInfo": {"kubeletVersion": "v1.99.0"},
                },
            },
            "nodes",
        )

    def remove(self, name: str, namespace: str = "lab-alice", kind: str = "pods") -> None:
        with self._changed:
            item = self._objects.pop((kind, namespace, name), None)
            if item is not None:
                self._record("DELETED", kind, item)

    def get(self, name: str, namespace: str = "", kind: str = "namespaces") -> dict[str, Any] | None:
        with self._changed:
            return self._objects.get((kind, namespace, name))

    def forget_history(self) -> None:
        """Like a compaction: watches from before are told 410."""
        with self._changed:
            self._version += 1000
            self._history.clear()

    def _record(self, event: str, kind: str, item: dict[str, Any]) -> None:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        self._history.append((self._version, event, kind, copy.deepcopy(item)))
        self._changed.notify_all()

    def drop_connections(self) -> None:
        """Cuts every connection that is open, as a restart does; new ones are taken."""
        for sock in list(self._sockets):
            end(sock)

    # --- connections ---

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            self._sockets.append(sock)
            threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _talk(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
                self._sockets.append(sock)
            connection = Connection(sock, self._stop)
            while True:
                request = connection.read_request()
                if request is None:
                    break
                self._respond(connection, request)
        except (Gone, OSError, ValueError):
            pass
        finally:
            sock.close()

    def _respond(self, connection: Connection, request: Request) -> None:
        with self._changed:
            self.requests.append(request)
            responder = self._take_fault(request)
        (responder or self.answer)(connection, request)

    def _take_fault(self, request: Request) -> Responder | None:
        for fault in self._faults:
            if (
                fault.method == request.method
                and fault.pattern.search(request.path)
                and fault.watch in (None, "watch" in request.query)
            ):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault.responder
        return None

    def answer(self, connection: Connection, request: Request) -> None:
        """Answers as an API server does: for a responder that only looks on, or does something before or after."""
        if request.path == "/version":
            connection.reply(200, {"gitVersion": "v1.99.0"})
            return
        if request.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
            allowed, reason = self.may(request.json()["spec"]["resourceAttributes"])
            connection.reply(201, {**request.json(), "status": {"allowed": allowed, "reason": reason}})
            return
        match = re.fullmatch(
            r"/api/v1(?:/namespaces/([^/]+))?/(serviceaccounts|secrets)(?:/([^/]+)(?:/(token))?)?", request.path
        )
        if match is not None:
            self._account(connection, request, *match.groups())
            return
        match = re.fullmatch(
            r"/api/v1(?:/namespaces/([^/]+))?(?:/(pods)(?:/([^/]+)(?:/(exec|log))?)?)?|/api/v1/(?:namespaces|nodes)",
            request.path,
        )
        if match is None:
            connection.error(404, "NotFound", "the server could not find the requested resource")
        elif request.path in ("/api/v1/namespaces", "/api/v1/nodes"):
            self._collection(connection, request, request.path.rsplit("/", 1)[1], "")
        else:
            namespace, pods, name, below = match.groups()
            if not pods:
                self._one_namespace(connection, request, namespace)
            elif below == "exec":
                self._exec(connection, request, namespace, name)
            elif below == "log":
                self._log(connection, request, namespace, name)
            elif name:
                self._one_pod(connection, request, namespace, name)
            else:
                self._collection(connection, request, "pods", namespace or "")

    # --- objects ---

    def _collection(self, connection: Connection, request: Request, kind: str, namespace: str) -> None:
        if request.method == "DELETE":
            with self._changed:
                names = [key[2] for key in self._objects if key[:2] == (kind, namespace)]
            for name in names:
                self._delete_pod(namespace, name, None)
            connection.reply(200, {"kind": "PodList", "items": []})
        elif "watch" in request.query:
            self._watch(connection, request, kind, namespace)
        else:
            connection.reply(200, self._list(request, kind, namespace))

    def _matches(self, item: dict[str, Any], request: Request, namespace: str) -> bool:
        labels = item["metadata"].get("labels") or {}
        wanted = [part.split("=", 1) for part in request.one("labelSelector").split(",") if part]
        return namespace in ("", item["metadata"].get("namespace")) and all(
            labels.get(key) == value for key, value in wanted
        )

    def _list(self, request: Request, kind: str, namespace: str) -> dict[str, Any]:
        with self._changed:
            items = [
                copy.deepcopy(item)
                for key, item in sorted(self._objects.items())
                if key[0] == kind and self._matches(item, request, namespace)
            ]
            meta: dict[str, Any] = {"resourceVersion": str(self._version)}
        limit, begin = int(request.one("limit", "0")), int(request.one("continue", "0") or 0)
        if limit and len(items) > begin + limit:
            meta["continue"] = str(begin + limit)
        return {"kind": "List", "metadata": meta, "items": items[begin : begin + limit] if limit else items}

    def _watch(self, connection: Connection, request: Request, kind: str, namespace: str) -> None:
        seen = int(request.one("resourceVersion", "0"))
        end = time.monotonic() + float(request.one("timeoutSeconds", "30"))
        with self._changed:
            if (self._history and seen < self._history[0][0] - 1) or (not self._history and seen < self._version):
                too_old = True
            else:
                too_old = False
        if too_old:
            connection.error(410, "Expired", "too old resource version")
            return
        connection.begin_stream()
        while time.monotonic() < end and not self._stop.is_set():
            with self._changed:
                fresh = [entry for entry in self._history if entry[0] > seen and entry[2] == kind]
                if not fresh:
                    self._changed.wait(min(0.2, max(0.0, end - time.monotonic())))
                    continue
            for version, event, _kind, item in fresh:
                seen = version
                if self._matches(item, request, namespace):
                    connection.event(event, item)
        connection.end_stream()

    def _one_namespace(self, connection: Connection, request: Request, name: str) -> None:
        with self._changed:
            item = copy.deepcopy(self._objects.get(("namespaces", "", name)))
        if item is None:
            connection.error(
                404, "NotFound", f'namespaces "{name}" not found', details={"kind": "namespaces", "name": name}
            )
            return
        if request.method == "DELETE":
            wanted = request.json().get("preconditions") or {}
            if any(
                wanted.get(field_) not in (None, item["metadata"].get(field_)) for field_ in ("uid", "resourceVersion")
            ):
                connection.error(409, "Conflict", "Precondition failed")
                return
            self._terminate(name)
        connection.reply(200, item)

    def _terminate(self, name: str) -> None:
        with self._changed:
            item = self._objects[("namespaces", "", name)]
            item["metadata"]["deletionTimestamp"] = "2026-11-22T08:31:41Z"
            item["status"]["phase"] = "Terminating"
            self._record("MODIFIED", "namespaces", item)
            if not item["metadata"].get("finalizers"):
                self._record("DELETED", "namespaces", self._objects.pop(("namespaces", "", name)))

    def _one_pod(self, connection: Connection, request: Request, namespace: str, name: str) -> None:
        with self._changed:
            item = copy.deepcopy(self._objects.get(("pods", namespace, name)))
        if item is None:
            connection.error(404, "NotFound", f'pods "{name}" not found', details={"kind": "pods", "name": name})
            return
        if request.method == "DELETE":
            self._delete_pod(namespace, name, request.json().get("gracePeriodSeconds"))
        connection.reply(200, item)

    def _delete_pod(self, namespace: str, name: str, grace: int | None) -> None:
        with self._changed:
            item = self._objects.get(("pods", namespace, name))
            if item is None:
                return
            item["metadata"]["deletionTimestamp"] = "2026-11-22T08:31:41Z"
            item["metadata"]["deletionGracePeriodSeconds"] = (
                item["spec"].get("terminationGracePeriodSeconds", 0) if grace is None else grace
            )
            self._record("MODIFIED", "pods", item)
            if item["metadata"].get("finalizers"):
                return
            if grace == 0:
                self.remove(name, namespace)
            elif self.kill_after is not None:
                timer = threading.Timer(self.kill_after, self.remove, (name, namespace))
                timer.daemon = True
                timer.start()

    def _account(
        self, connection: Connection, request: Request, namespace: str | None, kind: str, name: str, below: str | None
    ) -> None:
        """Service accounts, their tokens, and Secrets."""
        if not name:
            self._collection(connection, request, kind, namespace or "")
            return
        item = self.get(name, namespace or "", kind)
        if item is None:
            connection.error(404, "NotFound", f'{kind} "{name}" not found', details={"kind": kind, "name": name})
        elif below == "token":
            asked = request.json()
            seconds = min(asked["spec"]["expirationSeconds"], self.token_cap or 2**32)
            expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
            with self._changed:
                self.tokens.append(make_token(f"{namespace}/{name}/{len(self.tokens)}"))
                token = self.tokens[-1]
            status = {"token": token, "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}
            connection.reply(201, {**asked, "status": status})
        else:
            connection.reply(200, item)

    def _exec(self, connection: Connection, request: Request, namespace: str, name: str) -> None:
        if (namespace, name) not in self.execs and self.get(name, namespace, "pods") is None:
            connection.error(404, "NotFound", f'pods "{name}" not found', details={"kind": "pods", "name": name})
            return
        self.execs.get((namespace, name), run_true)(connection, request)
        raise Gone()

    def _log(self, connection: Connection, request: Request, namespace: str, name: str) -> None:
        if self.get(name, namespace, "pods") is None:
            connection.error(404, "NotFound", f'pods "{name}" not found', details={"kind": "pods", "name": name})
            return
        text = self.logs.get((namespace, name), b"")
        limit = request.one("limitBytes")
        connection.reply(200, text[: int(limit)] if limit else text)
