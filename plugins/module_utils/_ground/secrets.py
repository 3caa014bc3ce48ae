# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials of a connection, so that none of them stands in a message, also not in one that a library made."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

MASK = "********"
#: A shorter one stands in every other word, and masks in its place would tell it.
SHORTEST = 4
#: Fields of a kubeconfig that hold a credential, of a user or of its auth-provider.
SECRET_FIELDS = frozenset(
    {
        "token",
        "password",
        "client-key-data",
        "id-token",
        "refresh-token",
        "access-token",
        "client-secret",
    }
)
#: Variables of an exec plugin whose value is one.
_SECRET_VARIABLE = re.compile("TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIAL|_KEY$", re.IGNORECASE)


class Secrets:
    """What must not be shown. Grows while credentials are renewed, in whichever thread that happens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()

    def add(self, *values: str | None) -> None:
        """Remembers credentials, in every form in which a text may hold them."""
        with self._lock:
            for value in values:
                if value and len(value.strip()) >= SHORTEST:
                    self._values |= _forms(value)

    def add_kubeconfig(self, node: Any) -> None:
        """Remembers whatever a parsed kubeconfig, or a part of one, holds."""
        if isinstance(node, Mapping):
            if _SECRET_VARIABLE.search(str(node.get("name"))) and isinstance(node.get("value"), str):
                self.add(node["value"])
            for key, value in node.items():
                if key in SECRET_FIELDS and isinstance(value, str):
                    self.add(value)
                else:
                    self.add_kubeconfig(value)
        elif isinstance(node, Sequence) and not isinstance(node, (str, bytes)):
            for value in node:
                self.add_kubeconfig(value)

    @property
    def values(self) -> set[str]:
        with self._lock:
            return set(self._values)

    def scrub(self, text: str) -> str:
        """The text with a mask in place of every credential, the longest first."""
        for value in sorted(self.values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text


def basic_header(username: str, password: str, secrets: Secrets) -> str:
    """The value of a header for HTTP basic authentication (RFC 7617, in UTF-8)."""
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
    secrets.add(password, encoded)
    return f"Basic {encoded}"


def _forms(value: str) -> set[str]:
    """As it is, without white space around it, as Python shows text and bytes, and as in a URL."""
    bare = value.strip()
    return {
        value,
        bare,
        repr(bare)[1:-1],
        repr(bare.encode("latin-1", "backslashreplace"))[2:-1],
        quote(bare, safe=""),
        " ".join(bare.split()),
    }
