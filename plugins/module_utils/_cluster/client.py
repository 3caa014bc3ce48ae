# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain JSON over HTTP to the API server: one pool of connections, a timeout on everything, retries inside the deadline.

There is no CoreV1Api here: importing it takes 0.8 s with client 37, and its models know less than the JSON.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .._ground.api_status import ApiStatus, number_in
from .._ground.deadline import Deadline, jittered
from .._ground.errors import ApiError, ConfigurationError, DeadlineExceeded, MissingLibrary, TransportError, Unreachable
from .connection import Connection
from .endpoint import CONNECT_TIMEOUT, Endpoint, keepalive_options, tls_context
from .kubectl import Kubectl

#: Seconds without a byte after which a request is given up.
READ_TIMEOUT = 30.0
#: A 500 that stays is a fact and not a fault: after so many attempts it is reported.
MAX_ATTEMPTS_500 = 3
#: These say "not now"; the request can be repeated when repeating it does no harm.
TRANSIENT = frozenset({502, 503, 504})
IDEMPOTENT = frozenset({"GET", "HEAD", "DELETE", "PUT"})

Query = Sequence[tuple[str, str]]


def core_path(resource: str, namespace: str = "", name: str = "") -> str:
    """``/api/v1/namespaces/lab-alice/pods/web``; without a name all of the namespace, without a namespace all of the cluster."""
    words = (["namespaces", namespace] if namespace else []) + [resource] + ([name] if name else [])
    return "/".join(["/api/v1", *(quote(word, safe="") for word in words)])


def group_path(group_version: str, resource: str, namespace: str) -> str:
    """``/apis/apps/v1/namespaces/lab-alice/deployments``; the group and version as `apps/v1`."""
    return "/".join(["/apis", group_version, *(quote(word, safe="") for word in ("namespaces", namespace, resource))])


@dataclass(frozen=True)
class Response:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as exc:
            raise TransportError("The API server's answer is not JSON: is something between here and it?") from exc


class Client:
    """The API server of one connection.

    Args:
        connection: from load_connection.
        concurrency: how many requests are made at once; as many connections are kept.
        sleep: waits between attempts.

    Attributes:
        answered: whether the server has answered anything yet. Before that a broken connection means a wrong address.
        server: the URL of the API server.
        version: of the API server, once it has been asked by hello(); '' where it does not say.
        kubectl: makes the lines that do the same.
    """

    def __init__(
        self, connection: Connection, *, concurrency: int = 32, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.connection = connection
        self.server = str(connection.configuration.host)
        self.kubectl = Kubectl(
            connection.asked_context,
            connection.asked_kubeconfig,
            connection.asked_server,
            connection.impersonate_user,
            connection.impersonate_groups,
        )
        self.version = ""
        self._configuration = connection.configuration
        self._sleep = sleep
        self.answered = False
        self._credentials = threading.Lock()
        self._endpoint: Endpoint | None = None
        self._endpoint_lock = threading.Lock()
        self._pool = _make_pool(connection, concurrency)

    # --- what the person reads ---

    def describe(self) -> str:
        """``the API server https://... of context kind-x in /home/me/.kube/config``."""
        text = f"the API server {self.server}"
        if self.connection.context:
            text += f" of context {self.connection.context}"
        return f"{text} ({self.connection.source})"

    def summary(self) -> dict[str, Any]:
        """For return values: which cluster a task talked to."""
        return {"context": self.connection.context, "server": self.server, "version": self.version}

    # --- requests ---

    def hello(self, deadline: Deadline) -> None:
        """Makes sure that the server answers and knows us, so that a wrong address is one sentence and not 300 failed probes.

        Raises:
            Unreachable: no answer within the connect timeout.
            ConfigurationError: the credentials were refused.
        """
        try:
            response = self.request("GET", "/version", deadline=deadline.within(2 * CONNECT_TIMEOUT))
        except ApiError as exc:
            if exc.status == 401:
                raise ConfigurationError(
                    f"{_capital(self.describe())} refused the credentials (401 {exc.message or 'Unauthorized'}): renew them, or choose another context."
                ) from exc
            if exc.status == 403:
                return  # it knows us and keeps its version to itself
            raise Unreachable(f"{_capital(self.describe())} is not usable: {exc}") from exc
        except (DeadlineExceeded, TransportError) as exc:
            raise Unreachable(
                f"{_capital(self.describe())} cannot be reached: {exc} Is the cluster up, and is this the right kubeconfig and context?"
            ) from exc
        version = response.json()
        self.version = str(version.get("gitVersion", "")) if isinstance(version, Mapping) else ""

    def get(
        self,
        path: str,
        *,
        query: Query = (),
        deadline: Deadline,
        as_user: str | None = None,
        as_groups: Sequence[str] = (),
    ) -> Any:
        """GET, parsed from JSON. Raises as request() does."""
        return self.request("GET", path, query=query, deadline=deadline, as_user=as_user, as_groups=as_groups).json()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Any = None,
        deadline: Deadline,
        as_user: str | None = None,
        as_groups: Sequence[str] = (),
        accept: str = "application/json",
    ) -> Response:
        """One request, repeated inside the deadline where the server asks for it or where repeating does no harm.

        429 is repeated for every method (the server has not looked at the request), 502, 503, 504, a short run of 500s
        and broken connections only for idempotent methods.

        Raises:
            ApiError: the server's answer was an error.
            TransportError: the connection could not be made or broke.
            DeadlineExceeded: no time was left.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._checked(method, path, query, body, deadline, self._headers(as_user, as_groups, accept))
            except (ApiError, TransportError) as exc:
                pause = self._pause(exc, method, attempt)
                if pause is None or pause >= deadline.remaining():
                    raise
            self._sleep(pause)

    def open_stream(self, path: str, *, query: Query, deadline: Deadline, read_timeout: float) -> Stream:
        """GET whose body arrives piece by piece. Not repeated: whoever reads a stream knows where to go on."""
        raw = self._send("GET", path, query, None, deadline, self._headers(None, (), "application/json"), read_timeout)
        if raw.status >= 400:
            raise _api_error(raw.status, raw.headers, _read_all(raw, deadline))
        return Stream(raw)

    def _checked(self, method: str, path: str, query: Query, body: Any, deadline: Deadline, headers: Any) -> Response:
        raw = self._send(method, path, query, body, deadline, headers, READ_TIMEOUT)
        content = _read_all(raw, deadline)
        if raw.status >= 400:
            raise _api_error(raw.status, raw.headers, content)
        return Response(raw.status, raw.headers, content)

    def _send(
        self, method: str, path: str, query: Query, body: Any, deadline: Deadline, headers: Any, read_timeout: float
    ) -> Any:
        import urllib3

        if deadline.expired:
            raise DeadlineExceeded("No time is left.")
        url = self.server + path + ("?" + urlencode(list(query), quote_via=quote) if query else "")
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        try:
            raw = self._pool.request(
                method,
                url,
                body=content,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=deadline.clip(CONNECT_TIMEOUT), read=deadline.clip(read_timeout)),
            )
        except urllib3.exceptions.HTTPError as exc:
            raise _transport_error(exc, deadline) from exc
        self.answered = True
        return raw

    def _pause(self, exc: ApiError | TransportError, method: str, attempt: int) -> float | None:
        """Seconds to wait before the next attempt; None when there is to be none."""
        backoff = jittered(min(5.0, 0.1 * 2.0 ** min(attempt, 10)))
        if isinstance(exc, TransportError):
            # Before the first answer a broken connection means a wrong address; afterwards it may be a restart.
            return backoff if self.answered and method in IDEMPOTENT else None
        if exc.status == 429:
            return max(exc.retry_after or 0.0, backoff)
        if method not in IDEMPOTENT:
            return None
        if exc.status in TRANSIENT or (exc.status == 500 and attempt < MAX_ATTEMPTS_500):
            return max(exc.retry_after or 0.0, backoff)
        return None

    # --- identity ---

    def _headers(self, as_user: str | None, as_groups: Sequence[str], accept: str) -> Any:
        from urllib3 import HTTPHeaderDict

        headers = HTTPHeaderDict({"Accept": accept, "User-Agent": "kubelabs.pods"})
        for name, value in self.identity_headers(as_user, as_groups):
            headers.add(name, value)
        return headers

    def identity_headers(self, as_user: str | None = None, as_groups: Sequence[str] = ()) -> list[tuple[str, str]]:
        """Authorization, refreshed when it has expired, and whom to impersonate; as_user wins over the connection's user."""
        headers: list[tuple[str, str]] = []
        with self._credentials:  # an exec plugin or a token refresh must not run 32 times at once
            for setting in self._configuration.auth_settings().values():
                if setting.get("in") == "header" and setting.get("value"):
                    headers.append((setting["key"], setting["value"]))
        user = as_user or self.connection.impersonate_user
        groups = as_groups if as_user else self.connection.impersonate_groups
        if user:
            headers.append(("Impersonate-User", user))
            headers += [("Impersonate-Group", group) for group in groups]
        return headers

    # --- websockets ---

    def endpoint(self) -> Endpoint:
        """Where and how websockets connect: the same certificates and proxy as every other request."""
        with self._endpoint_lock:
            if self._endpoint is None:
                self._endpoint = self._make_endpoint()
            return self._endpoint

    def _make_endpoint(self) -> Endpoint:
        parts = urlsplit(self.server)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        return Endpoint(
            host=host,
            port=parts.port or (443 if secure else 80),
            tls=tls_context(self._configuration) if secure else None,
            server_name=getattr(self._configuration, "tls_server_name", None) or host,
            path=parts.path.rstrip("/"),
            proxy=self._proxy(),
        )

    def _proxy(self) -> tuple[str, int, Mapping[str, str]] | None:
        """The proxy that the pool uses: the kubernetes package has already weighed proxy against no_proxy."""
        proxy = getattr(self._pool, "proxy", None)
        if proxy is None or not proxy.host:
            return None
        return proxy.host, proxy.port or 80, dict(self._configuration.proxy_headers or {})


class Stream:
    """The body of an answer that goes on, line by line."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def lines(self) -> Iterator[bytes]:
        """Complete lines without their ends. Ends when the server ends the stream.

        Raises:
            TransportError: the connection broke, or nothing came for the read timeout.
        """
        import urllib3

        rest = b""
        try:
            for piece in self._raw.stream(65536):
                *complete, rest = (rest + piece).split(b"\n")
                yield from (line for line in complete if line.strip())
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise TransportError(f"The stream broke: {_plain(exc)}.") from exc
        finally:
            self._raw.close()


def _make_pool(connection: Connection, concurrency: int) -> Any:
    try:
        from kubernetes.client.rest import RESTClientObject
    except ImportError as exc:
        raise MissingLibrary("kubernetes", traceback.format_exc()) from exc

    configuration = connection.configuration
    configuration.connection_pool_maxsize = max(4, concurrency + 2)
    if not configuration.verify_ssl:
        import urllib3

        # The person has said so; a warning per request would bury everything else.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    try:
        pool = RESTClientObject(configuration).pool_manager
    except Exception as exc:
        raise ConfigurationError(f"The connection to {configuration.host} cannot be set up: {exc}") from exc
    pool.connection_pool_kw["socket_options"] = keepalive_options()
    return pool


def _read_all(raw: Any, deadline: Deadline) -> bytes:
    """The whole body; a body that drips is cut off at the deadline."""
    import urllib3

    pieces: list[bytes] = []
    try:
        for piece in _pieces(raw):
            pieces.append(piece)
            if deadline.expired:
                raw.close()
                raise DeadlineExceeded("The answer did not arrive in time.")
    except (urllib3.exceptions.HTTPError, OSError) as exc:
        raw.close()
        raise _transport_error(exc, deadline) from exc
    raw.release_conn()
    return b"".join(pieces)


def _pieces(raw: Any) -> Iterator[bytes]:
    """The body as it arrives. Before urllib3 2.3 it comes in blocks of 64 KiB, however slowly they fill."""
    if not hasattr(raw, "read1"):
        yield from raw.stream(65536)
        return
    while piece := raw.read1(65536):
        yield piece


def _transport_error(exc: Exception, deadline: Deadline) -> TransportError | DeadlineExceeded:
    import urllib3

    if deadline.expired and isinstance(exc, urllib3.exceptions.TimeoutError):
        return DeadlineExceeded("There was no answer in time.")
    return TransportError(f"{_plain(exc)}.")


def _plain(exc: BaseException) -> str:
    """The innermost cause in a few words: urllib3 wraps "Connection refused" into three lines of objects."""
    import urllib3

    # A refused connection is a NewConnectionError, which urllib3 counts among the connect timeouts.
    if isinstance(exc, urllib3.exceptions.ConnectTimeoutError) and not isinstance(
        exc, urllib3.exceptions.NewConnectionError
    ):
        return f"no connection within {CONNECT_TIMEOUT:.0f} s"
    if isinstance(exc, urllib3.exceptions.ReadTimeoutError):
        return "no byte came for too long"
    cause: BaseException = exc
    while True:
        inner = (
            cause.__cause__
            or cause.__context__
            or next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        )
        if inner is None or inner is cause:
            break
        cause = inner
    if isinstance(cause, OSError) and cause.strerror:
        return str(cause.strerror)
    return " ".join(str(cause).split()) or type(cause).__name__


def _api_error(http_status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    status = ApiStatus.parse(content)
    if status is None:
        # Something that is no API server has answered, or the kubelet through it: in plain text.
        status = ApiStatus(False, message=content[:2000].decode("utf-8", "replace").strip())
    asked = number_in(headers.get("Retry-After"))
    return ApiError(http_status, status.reason, status.message, status.retry_after if asked is None else asked)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
