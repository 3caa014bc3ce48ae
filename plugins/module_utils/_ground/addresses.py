# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How hosts and URLs are written. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit


def is_of_this_machine(url: str) -> bool:
    """Whether a URL leads to the machine itself, wherever it is used."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761, 6.3


def host_in_url(host: str) -> str:
    """The host as it stands in a URL and in a Host header: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def split_credentials(url: str) -> tuple[SplitResult, str | None, str | None]:
    """(the URL without user information, user name, password) of `https://user:password@host`, both decoded; None if
    absent.

    Raises:
        ValueError: it is no URL.
    """
    parts = urlsplit(url)
    _credentials, at, host = parts.netloc.rpartition("@")
    if not at:
        return parts, None, None
    username = unquote(parts.username) if parts.username is not None else None
    password = unquote(parts.password) if parts.password is not None else None
    return parts._replace(netloc=host), username, password
