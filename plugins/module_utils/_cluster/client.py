# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain JSON over HTTP to the API server: one pool of connections, a timeout on everything, retries inside a deadline.

There is no CoreV1Api here: importing it takes 0.8 s with client 37, and its models know less than the JSON.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .._ground.api_status import ApiStatus, number_in
from .._ground.deadline import Deadline, backoff
from .._ground.errors import ApiError, ConfigurationError, DeadlineExceeded, TransportError, Unreachable
from .._ground.json_reading import as_map, as_text
from .._ground.wording import capital, one_line
from .connection import Connection
from .dial import import_socks
from .endpoint import CONNECT_TIMEOUT, Endpoint, KeyPair, keepalive_options, load_key_pair, tls_context
from .exec_plugin import PLUGIN_WITHIN
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
    """``/api/v1/namespaces/lab-alice/pods/web``; without a name all of the namespace, without that of the cluster."""
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

    def warnings(self) -> list[str]:
        """What the API server warns of: the texts of the headers `Warning: 299 - "text"` (RFC 7234, 5.5)."""
        return [
            re.sub(r"\\(.)", r"\1", text)
            for name, value in self.headers.items()
            if name.lower() == "warning"
            for text in re.findall(r'299 \S+ "((?:[^"\\]|\\.)*)"', value)
        ]

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
        self.server = connection.server
        self.kubectl = Kubectl(
            connection.asked_context,
            connection.asked_kubeconfig,
            connection.asked_server,
            connection.asked_user,
            connection.asked_groups,
        )
        self.version = ""
        self.answered = False
        self._concurrency = concurrency
        self._sleep = sleep
        self._lock = threading.Lock()
        self._endpoint: Endpoint | None = None
        self._pool: Any = None
        self._certificate: KeyPair | None = None

    # --- what the person reads ---

    def describe(self) -> str:
        """``the API server https://... of context kind-x (/home/me/.kube/config)``."""
        text = f"the API server {self.server}"
        if self.connection.context:
            text += f" of context {self.connection.context}"
        return f"{text} ({self.connection.source})"

    def summary(self) -> dict[str, Any]:
        """For return values: which cluster a task talked to."""
        return {"context": self.connection.context, "server": self.server, "version": self.version}

    # --- requests ---

    def log_in(self, deadline: Deadline) -> None:
        """Gets the credentials and the certificates, before anything is asked with them.

        Raises:
            ConfigurationError: there are none where there should be, with the reason.
            MissingLibrary: a Python library is not installed.
        """
        self.connection.credential.authorization(deadline.within(PLUGIN_WITHIN))
        self._pool_of_connections()

    def hello(self, deadline: Deadline) -> None:
        """Makes sure that the server answers and knows us: a wrong address is one sentence and not 300 failed probes.

        Raises:
            Unreachable: no answer within the connect timeout.
            ConfigurationError: the credentials were refused.
        """
        try:
            response = self.request("GET", "/version", deadline=deadline.within(2 * CONNECT_TIMEOUT))
        except ApiError as exc:
            if exc.status == 401:
                raise ConfigurationError(
                    f"{capital(self.describe())} refused the credentials (401 {exc.message or 'Unauthorized'}): renew "
                    "them, or choose another context."
                ) from exc
            if exc.status == 403:
                return  # it knows us and keeps its version to itself
            raise Unreachable(f"{capital(self.describe())} is not usable: {exc}") from exc
        except (DeadlineExceeded, TransportError) as exc:
            raise Unreachable(
                f"{capital(self.describe())} cannot be reached: {exc} Is the cluster up, and is this the right "
                "kubeconfig and context?"
            ) from exc
        self.version = as_text(as_map(response.json()).get("gitVersion"))

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
        content_type: str = "",
        repeatable: bool = False,
    ) -> Response:
        """One request, repeated inside the deadline where the server asks for it or where repeating does no harm.

        429 is repeated for every method (the server has not looked at the request), 502, 503, 504, a short run of 500s
        and broken connections only for idempotent methods, and where repeatable says that it does no harm either.

        Args:
            content_type: of the body; '' for JSON, or a JSON merge patch where the method is PATCH.

        Raises:
            ApiError: the server's answer was an error.
            TransportError: the connection could not be made or broke.
            DeadlineExceeded: no time was left.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                headers = self._headers(as_user, as_groups, accept, deadline)
                if content_type:
                    headers["Content-Type"] = content_type
                return self._checked(method, path, query, body, deadline, headers)
            except (ApiError, TransportError) as exc:
                pause = self._pause(exc, repeatable or method in IDEMPOTENT, attempt)
                if pause is None or pause >= deadline.remaining():
                    raise
            self._sleep(pause)

    def open_stream(self, path: str, *, query: Query, deadline: Deadline, read_timeout: float) -> Stream:
        """GET whose body arrives piece by piece. Not repeated: whoever reads a stream knows where to go on."""
        headers = self._headers(None, (), "application/json", deadline)
        raw = self._send("GET", path, query, None, deadline, headers, read_timeout)
        if raw.status >= 400:
            raise _api_error(raw.status, raw.headers, self._read_all(raw, deadline))
        return Stream(raw, self._transport_words)

    def _checked(self, method: str, path: str, query: Query, body: Any, deadline: Deadline, headers: Any) -> Response:
        raw = self._send(method, path, query, body, deadline, headers, READ_TIMEOUT)
        content = self._read_all(raw, deadline)
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
            usual = "application/merge-patch+json" if method == "PATCH" else "application/json"
            headers.setdefault("Content-Type", usual)
            content = json.dumps(body).encode()
        try:
            raw = self._pool_of_connections().request(
                method,
                url,
                body=content,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=deadline.clip(CONNECT_TIMEOUT), read=deadline.clip(read_timeout)),
            )
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise self._transport_error(exc, deadline) from exc
        except ValueError as exc:  # such as a user to impersonate whose name cannot stand in a header
            raise ConfigurationError(f"The request {method} {path} cannot be sent: {self._words(exc)}.") from exc
        self.answered = True
        return raw

    def _pause(self, exc: ApiError | TransportError, repeatable: bool, attempt: int) -> float | None:
        """Seconds to wait before the next attempt; None when there is to be none."""
        pause = backoff(attempt)
        if isinstance(exc, TransportError):
            # Before the first answer a broken connection means a wrong address; afterwards it may be a restart.
            return pause if self.answered and repeatable else None
        if exc.status == 429:
            return max(exc.retry_after or 0.0, pause)
        if not repeatable:
            return None
        if exc.status in TRANSIENT or (exc.status == 500 and attempt < MAX_ATTEMPTS_500):
            return max(exc.retry_after or 0.0, pause)
        return None

    # --- identity ---

    def _headers(self, as_user: str | None, as_groups: Sequence[str], accept: str, deadline: Deadline) -> Any:
        from urllib3 import HTTPHeaderDict

        headers = HTTPHeaderDict({"Accept": accept, "User-Agent": "kubelabs.pods"})
        for name, value in self.identity_headers(as_user, as_groups, deadline):
            headers.add(name, value)
        return headers

    def identity_headers(
        self, as_user: str | None = None, as_groups: Sequence[str] = (), deadline: Deadline | None = None
    ) -> list[tuple[str, str]]:
        """Authorization, renewed when it has expired, and whom to impersonate; as_user wins over the connection's user.

        Raises:
            ConfigurationError: there is no credential where there should be one.
        """
        headers: list[tuple[str, str]] = []
        authorization = self.connection.credential.authorization(deadline or Deadline(PLUGIN_WITHIN))
        if authorization:
            headers.append(("Authorization", authorization))
        user = as_user or self.connection.impersonate_user
        groups = as_groups if as_user else self.connection.impersonate_groups
        if user:
            headers.append(("Impersonate-User", user))
            headers += [("Impersonate-Group", group) for group in groups]
        return headers

    # --- connections ---

    def endpoint(self) -> Endpoint:
        """Where and how every connection is made.

        Raises:
            ConfigurationError: the certificates cannot be loaded.
        """
        with self._lock:
            if self._endpoint is None:
                self._endpoint = self._make_endpoint()
            self._renew_certificate(self._endpoint)
            return self._endpoint

    def _make_endpoint(self) -> Endpoint:
        parts = urlsplit(self.server)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        return Endpoint(
            host=host,
            port=parts.port or (443 if secure else 80),
            tls=tls_context(self.connection.certificates) if secure else None,
            server_name=self.connection.certificates.server_name or host,
            path=parts.path.rstrip("/"),
            proxy=self.connection.proxy,
        )

    def _renew_certificate(self, endpoint: Endpoint) -> None:
        """A certificate that came with the credentials counts for every connection that is made from now on."""
        given = self.connection.credential.certificate()
        if given is None or given == self._certificate or endpoint.tls is None:
            return
        load_key_pair(endpoint.tls, given)
        self._certificate = given
        self._pool = None  # the connections in it were made with the one before

    def _pool_of_connections(self) -> Any:
        endpoint = self.endpoint()
        with self._lock:
            if self._pool is None:
                self._pool = _make_pool(endpoint, self._concurrency)
            return self._pool

    # --- what went wrong ---

    def _read_all(self, raw: Any, deadline: Deadline) -> bytes:
        """The whole body; one that arrives ever so slowly is cut off at the deadline."""
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
            raise self._transport_error(exc, deadline) from exc
        raw.release_conn()
        return b"".join(pieces)

    def _transport_error(self, exc: Exception, deadline: Deadline) -> TransportError | DeadlineExceeded:
        import urllib3

        if deadline.expired and isinstance(exc, urllib3.exceptions.TimeoutError):
            return DeadlineExceeded("There was no answer in time.")
        return TransportError(f"{self._transport_words(exc)}.")

    def _transport_words(self, exc: BaseException) -> str:
        """The innermost cause in a few words, with the proxy where no connection came about."""
        proxy = self.connection.proxy
        if proxy is not None and _is_about_connecting(exc):
            return f"{capital(str(proxy))} made no connection: {self._words(exc)}"
        return self._words(exc)

    def _words(self, exc: BaseException) -> str:
        return self.connection.secrets.scrub(_plain(exc))


class Stream:
    """The body of an answer that goes on, line by line.

    Args:
        raw: the answer, whose body has not been read.
        words: says what an exception of the connection is about.
    """

    def __init__(self, raw: Any, words: Callable[[BaseException], str]) -> None:
        self._raw = raw
        self._words = words

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
            raise TransportError(f"The stream broke: {self._words(exc)}.") from exc
        finally:
            self._raw.close()


def _make_pool(endpoint: Endpoint, concurrency: int) -> Any:
    """urllib3's connections, made as the endpoint says."""
    import urllib3

    options: dict[str, Any] = {
        "num_pools": 1,
        "maxsize": max(4, concurrency + 2),
        "socket_options": keepalive_options(),
    }
    if endpoint.tls is not None:
        options |= {"ssl_context": endpoint.tls, "server_hostname": endpoint.server_name}
        if endpoint.tls.verify_mode == ssl.CERT_NONE:
            # The person has said so; a warning per request would bury everything else.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    proxy = endpoint.proxy
    if proxy is None:
        return urllib3.PoolManager(**options)
    if not proxy.socks:
        return urllib3.ProxyManager(proxy.url, proxy_headers=proxy.headers, **options)
    import_socks(proxy)
    from urllib3.contrib.socks import SOCKSProxyManager

    # socks5h: the proxy resolves the name, as for kubectl.
    url = f"socks5h{proxy.url.removeprefix(proxy.scheme)}"
    return SOCKSProxyManager(url, username=proxy.username, password=proxy.password, **options)


def _pieces(raw: Any) -> Iterator[bytes]:
    """The body as it arrives. Before urllib3 2.3 it comes in blocks of 64 KiB, however slowly they fill."""
    if not hasattr(raw, "read1"):
        yield from raw.stream(65536)
        return
    while piece := raw.read1(65536):
        yield piece


def _is_about_connecting(exc: BaseException) -> bool:
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

    return isinstance(exc, (ConnectTimeoutError, NewConnectionError, ProxyError))


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
    return one_line(str(cause)).rstrip(".") or type(cause).__name__


def _api_error(http_status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    answer = ApiStatus.parse(content)
    # Without a Status something that is no API server has answered, or the kubelet through it: in plain text.
    status = answer or ApiStatus(False, message=content[:2000].decode("utf-8", "replace").strip())
    asked = number_in(headers.get("Retry-After"))
    retry_after = status.retry_after if asked is None else asked
    return ApiError(http_status, status.reason, status.message, retry_after, answer)
