# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the cluster for keys: which accounts there are, and a token for one of them.

Sources: k8s.io/api/authentication/v1, type TokenRequest; KEP-1205 for tokens on request, which every cluster from 1.20
on makes; KEP-2799 for the Secrets with tokens, which clusters up to 1.23 make with every account.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._cluster.client import Client, Query, core_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, DeadlineExceeded, KubelabsError, TransportError
from .._ground.json_reading import as_list, as_map, as_text
from .._ground.times import parse_time
from .._ground.wording import one_line
from .options import Account

Item = Mapping[str, Any]

_TOKEN_SECRET = "kubernetes.io/service-account-token"
_UID_ANNOTATION = "kubernetes.io/service-account.uid"


@dataclass(frozen=True)
class Token:
    """A token.

    Attributes:
        value: itself. The client's secrets know it.
        expires: when it expires; None where it does not.
    """

    value: str = field(repr=False)
    expires: datetime | None


class Tokens:
    """What is asked of one cluster.

    Args:
        client: the API server.
        deadline: of the whole task.

    All methods raise KubelabsError where the cluster refuses or does not answer.
    """

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline

    def list_accounts(self, selector: str, namespace: str) -> list[Item] | None:
        """The service accounts with these labels; None where they may not be listed.

        Args:
            namespace: where; '' for all of the cluster.
        """
        query: Query = [("labelSelector", selector)]
        try:
            answer = self._client.get(core_path("serviceaccounts", namespace), query=query, deadline=self._deadline)
        except ApiError as exc:
            if exc.status == 403:
                return None
            raise KubelabsError(f"The service accounts cannot be listed on {self._client.describe()}: {exc}") from exc
        return [as_map(item) for item in as_list(as_map(answer).get("items"))]

    def read_account(self, account: Account) -> Item | None:
        """The service account as it is now; None where there is none."""
        try:
            return as_map(self._client.get(_path(account), deadline=self._deadline))
        except ApiError as exc:
            if exc.status == 404:
                return None
            if exc.status == 403:
                raise _missing_right(exc, account, "get serviceaccounts") from exc
            raise

    def ask(self, account: Account, lifetime: int) -> Token:
        """A token for a service account that is there, for so many seconds, or as many as the cluster grants."""
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": lifetime},
        }
        try:
            # Who asks twice has two tokens, and uses the second.
            answer = self._client.request(
                "POST", f"{_path(account)}/token", body=body, deadline=self._deadline, repeatable=True
            ).json()
        except ApiError as exc:
            if exc.status == 403:
                raise _missing_right(exc, account, "create serviceaccounts/token") from exc
            if exc.status == 404:
                return self._made_with(account)
            raise _no_token(account, exc) from exc
        except (DeadlineExceeded, TransportError) as exc:
            raise _no_token(account, exc) from exc
        status = as_map(as_map(answer).get("status"))
        expires = parse_time(status.get("expirationTimestamp"))
        return self._token(account, as_text(status.get("token")), expires, complete=expires is not None)

    def _made_with(self, account: Account) -> Token:
        """The token that the cluster made with the account, where it makes none on request."""
        item = self.read_account(account)
        if item is None:
            raise KubelabsError(no_such_account(account))
        uid = as_map(item.get("metadata")).get("uid")
        for name in [as_text(as_map(entry).get("name")) for entry in as_list(item.get("secrets"))]:
            secret = self._read_secret(account, name) if name else {}
            annotations = as_map(as_map(secret.get("metadata")).get("annotations"))
            if secret.get("type") == _TOKEN_SECRET and annotations.get(_UID_ANNOTATION) == uid:
                return self._token(account, _decoded(as_map(secret.get("data")).get("token")), None)
        raise _no_token(
            account,
            "the cluster neither makes one on request (404) nor has it made a Secret with one; make one of the type "
            f"{_TOKEN_SECRET} and name it under secrets of the account.",
        )

    def _read_secret(self, account: Account, name: str) -> Item:
        try:
            return as_map(self._client.get(core_path("secrets", account.namespace, name), deadline=self._deadline))
        except ApiError as exc:
            if exc.status == 403:
                raise _missing_right(exc, account, "get secrets") from exc
            if exc.status == 404:
                return {}
            raise _no_token(account, exc) from exc

    def _token(self, account: Account, value: str, expires: datetime | None, *, complete: bool = True) -> Token:
        self._client.connection.secrets.add(value)
        if not complete or not value.strip():
            raise _no_token(account, "the API server's answer holds none: is something between here and it?")
        return Token(value.strip(), expires)


def no_such_account(account: Account) -> str:
    """The sentence for one that is not there."""
    return f"There is no service account {account.service_account} in the namespace {account.namespace}: make it first."


def _path(account: Account) -> str:
    return core_path("serviceaccounts", account.namespace, account.service_account)


def _missing_right(exc: ApiError, account: Account, right: str) -> KubelabsError:
    what = one_line(exc.message) or "Forbidden"
    return _no_token(account, f"the right to {right} is missing in that namespace, which a Role would give ({what}).")


def _no_token(account: Account, why: object) -> KubelabsError:
    return KubelabsError(f"There is no token for {account}: {why}")


def _decoded(data: Any) -> str:
    try:
        return base64.b64decode(as_text(data), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
