# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request is authorized with. Whatever a connection was given, nothing is ever asked as somebody else or as
nobody.

The order in which the fields of a user count is kubectl's: tokenFile, token, user name and password, auth-provider,
exec; exec only where there is no client certificate. Source: k8s.io/client-go/tools/clientcmd and transport.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from .._ground.deadline import Deadline
from .._ground.errors import ConfigurationError, MissingLibrary
from .._ground.secrets import Secrets
from .._ground.times import utc_now
from .._ground.wording import capital, one_line
from .endpoint import KeyPair
from .exec_plugin import ExecCredential, ExecPlugin

#: A token that has less than so long to live is renewed before it is used.
RENEW_BEFORE = timedelta(seconds=10)


class Credential(Protocol):
    """Gives the value of the header Authorization. Used by many threads at once."""

    def authorization(self, deadline: Deadline) -> str | None:
        """The value, as fresh as it has to be; None where the connection has no such credential.

        Raises:
            ConfigurationError: there should be one and there is none, with the reason.
        """

    def certificate(self) -> KeyPair | None:
        """For TLS, where authorization() has brought one."""


@dataclass(frozen=True)
class Fixed:
    """What was given, in the form of the header."""

    value: str | None = field(default=None, repr=False)

    def authorization(self, deadline: Deadline) -> str | None:
        return self.value

    def certificate(self) -> KeyPair | None:
        return None


#: Where a client certificate says who we are, or nobody is meant to be anybody.
NOTHING = Fixed()


@dataclass(frozen=True)
class Absent:
    """None, where there should be one: refused before anything is asked as nobody (system:anonymous).

    Attributes:
        why: the sentence for people.
    """

    why: str

    def authorization(self, deadline: Deadline) -> str | None:
        raise ConfigurationError(self.why)

    def certificate(self) -> KeyPair | None:
        return None


def bearer(token: str, where: str, secrets: Secrets) -> str:
    """The value of the header for a token, without white space around it.

    Args:
        where: where the token comes from, for messages.

    Raises:
        ConfigurationError: it is empty or cannot stand in a header. The token stays out of the message.
    """
    secrets.add(token)
    token = token.strip()
    if not token:
        raise ConfigurationError(f"The token {where} is empty: write it anew.")
    if any(not 32 < ord(character) < 127 for character in token):
        raise ConfigurationError(
            f"The token {where} holds a character that no token has, such as a line break or a quotation mark of a "
            "word processor: write it anew."
        )
    return f"Bearer {token}"


class TokenFile:
    """A file with a token, which somebody may renew: read for every request, without white space around the token.

    Args:
        path: of the file.
        where: for messages: `of the user ...`.
        secrets: learns the token.
    """

    def __init__(self, path: str, where: str, secrets: Secrets) -> None:
        self._path = path
        self._where = where
        self._secrets = secrets
        self._last: str | None = None

    def authorization(self, deadline: Deadline) -> str | None:
        try:
            with open(self._path, encoding="utf-8") as stream:
                self._last = bearer(stream.read(), f"in the file {self._path} {self._where}", self._secrets)
        except (OSError, UnicodeDecodeError) as exc:
            if self._last is None:  # else it is being renewed at this moment
                reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
                raise ConfigurationError(
                    f"The token file {self._path} {self._where} cannot be read: {reason}."
                ) from exc
        return self._last

    def certificate(self) -> KeyPair | None:
        return None


class PluginCredential:
    """What an exec plugin gives, kept until it expires."""

    def __init__(self, plugin: ExecPlugin, secrets: Secrets) -> None:
        self._plugin = plugin
        self._secrets = secrets
        self._lock = threading.Lock()  # 32 requests at once need it once
        self._current: ExecCredential | None = None

    def authorization(self, deadline: Deadline) -> str | None:
        with self._lock:
            current = self._current
            if current is None or (current.expires is not None and current.expires - RENEW_BEFORE <= utc_now()):
                current = self._current = self._plugin.run(deadline)
        return bearer(current.token, f"of {self._plugin}", self._secrets) if current.token else None

    def certificate(self) -> KeyPair | None:
        current = self._current
        if current is None or not current.certificate:
            return None
        return KeyPair(current.certificate.encode(), current.key.encode(), f"the certificate of {self._plugin}")


class ProviderCredential:
    """What an auth-provider (oidc, gcp) gives: the one thing that is left to the `kubernetes` package, which renews it.

    Args:
        load: fills a `kubernetes.client.Configuration` from the kubeconfig.
        where: for messages: `the auth-provider 'oidc' of the user ...`.
        secrets: learns the token.
    """

    def __init__(self, load: Callable[[Any], None], where: str, secrets: Secrets) -> None:
        self._load = load
        self._where = where
        self._secrets = secrets
        self._lock = threading.Lock()
        self._configuration: Any = None

    def authorization(self, deadline: Deadline) -> str | None:
        with self._lock:
            try:
                value = self._token()
            except MissingLibrary:
                raise
            except Exception as exc:  # the package raises almost anything
                words = self._secrets.scrub(one_line(str(exc))) or type(exc).__name__
                raise ConfigurationError(f"{capital(self._where)} gave no token: {words}.") from exc
        if not value:
            raise ConfigurationError(
                f"{capital(self._where)} gave no token, or the installed version of the Python library kubernetes does "
                "not know it: log in anew, or choose another context."
            )
        return bearer(value.removeprefix("Bearer "), f"of {self._where}", self._secrets)

    def _token(self) -> str | None:
        if self._configuration is None:
            try:
                from kubernetes.client.configuration import Configuration
            except ImportError as exc:
                raise MissingLibrary("kubernetes", traceback.format_exc(), f"for {self._where}") from exc
            configuration = Configuration()
            self._load(configuration)
            self._configuration = configuration
        hook = self._configuration.refresh_api_key_hook
        if hook is not None:
            hook(self._configuration)
        keys = self._configuration.api_key
        # Which of the two depends on the version.
        value: str | None = keys.get("BearerToken") or keys.get("authorization")
        return value

    def certificate(self) -> KeyPair | None:
        return None
