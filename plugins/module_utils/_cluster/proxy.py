# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy between here and the API server: which one counts, and for which hosts.

As kubectl does it: the kubeconfig's proxy-url counts for its cluster, whatever NO_PROXY says; without one, HTTPS_PROXY
(HTTP_PROXY for plain HTTP) and NO_PROXY count, and never for this machine itself. The option `proxy` comes before
both, and the option `no_proxy` counts for all of them, as in kubernetes.core.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from .._ground.addresses import host_in_url, split_credentials
from .._ground.errors import ConfigurationError
from .._ground.secrets import Secrets, basic_header
from .._ground.wording import capital

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True)
class Proxy:
    """A proxy.

    Attributes:
        scheme: http, https (HTTP over TLS) or socks5; names are always resolved by the proxy, as kubectl has it.
        host, port: where it is.
        username, password: for it, or None.
        headers: sent to it, with the credentials for HTTP.
        from_environment: whether only a variable of this machine names it.
        origin: who asked for it, for messages: `proxy-url of the cluster 'lab' in the kubeconfig ...`.
    """

    scheme: str
    host: str
    port: int
    origin: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    from_environment: bool = False

    @property
    def socks(self) -> bool:
        return self.scheme == "socks5"

    @property
    def url(self) -> str:
        """Without credentials."""
        return f"{self.scheme}://{host_in_url(self.host)}:{self.port}"

    def __str__(self) -> str:
        return f"the proxy {self.url} ({self.origin})"


def choose_proxy(
    server: str,
    *,
    option: str | None,
    no_proxy: str | None,
    cluster_proxy: str,
    cluster_where: str,
    environment: Mapping[str, str],
    headers: Mapping[str, str],
    secrets: Secrets,
) -> Proxy | None:
    """The proxy that counts for the server, or None.

    Args:
        server: the URL of the API server.
        option, no_proxy: the options of these names.
        cluster_proxy: proxy-url of the kubeconfig; '' if absent.
        cluster_where: the cluster in it, for messages.
        environment: the variables.
        headers: what the option proxy_headers came to.

    Raises:
        ConfigurationError: it is no URL, or of a kind that nobody knows.
    """
    parts = urlsplit(server)
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    if no_proxy and excepted(host, port, no_proxy):
        return None
    if option:
        return _parse(option, "the option proxy", headers, secrets)
    if cluster_proxy:
        return _parse(cluster_proxy, f"proxy-url of {cluster_where}", headers, secrets)
    if _is_here(host) or excepted(host, port, _variable(environment, "no_proxy")[1]):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        variable, value = _variable(environment, name)
        if value:
            url = value if "://" in value else f"http://{value}"
            found = _parse(url, f"the environment variable {variable}", headers, secrets)
            return replace(found, from_environment=True)
    return None


def excepted(host: str, port: int, no_proxy: str) -> bool:
    """Whether the comma-separated list has the host: names, with everything below them, addresses, networks, `*`.

    An entry with a port counts for that port only.
    """
    host = host.lower().rstrip(".")
    for entry in (entry.strip().lower() for entry in no_proxy.split(",")):
        if entry == "*":
            return True
        if entry and (_covers(entry, host) or (entry.endswith(f":{port}") and _covers(entry.rpartition(":")[0], host))):
            return True
    return False


def _covers(entry: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name = entry.lstrip("*").lstrip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _variable(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """(name, value) of a variable that is written in capitals, which count first as in Go, or small."""
    for written in (name.upper(), name):
        if environment.get(written):
            return written, environment[written]
    return name.upper(), ""


def _parse(url: str, origin: str, headers: Mapping[str, str], secrets: Secrets) -> Proxy:
    try:
        parts, username, password = split_credentials(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise ConfigurationError(f"{capital(origin)} is no URL, such as http://proxy.example.org:3128.") from exc
    secrets.add(password)
    if parts.scheme not in PORTS or not host:
        raise ConfigurationError(
            f"{capital(origin)} is {parts.scheme or '(nothing)'}://{parts.netloc}, and must be the URL of an http, "
            "https or socks5 proxy, such as http://proxy.example.org:3128."
        )
    if username is not None and not parts.scheme.startswith("socks"):
        headers = {"proxy-authorization": basic_header(username, password or "", secrets), **headers}
    return Proxy(
        scheme="socks5" if parts.scheme.startswith("socks") else parts.scheme,
        host=host,
        port=port or PORTS[parts.scheme],
        origin=origin,
        username=username,
        password=password,
        headers=dict(headers),
    )
