# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of student_kubeconfig to what is asked for. Pure, but for where a path leads."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._ground.addresses import split_credentials
from .._ground.errors import ArgumentError
from .._ground.ownership import OWNER, OWNER_LABEL, selector_of

#: Seconds that a token may live, at least and at most (kubernetes, pkg/apis/authentication/validation).
SHORTEST_LIFE, LONGEST_LIFE = 600, 2**32
#: A token is renewed when it has this part of its life left, where nothing else was said.
LAST_PART = 3
#: `key=value` and `key==value`; not `key!=value`.
_EQUALITY = re.compile(r"\s*([^\s=!,()]+)\s*==?\s*([^\s=!,()]*)\s*")


@dataclass(frozen=True)
class Account:
    """Whose key goes where.

    Attributes:
        name: the student's, for results.
        namespace, service_account: where the account is, and what it is called.
        path: of the kubeconfig, absolute.
        context_namespace: the namespace that the kubeconfig leads to.
    """

    name: str
    namespace: str
    service_account: str
    path: str
    context_namespace: str

    @property
    def folder(self) -> str:
        """The directory of the kubeconfig."""
        return os.path.dirname(self.path)

    def __str__(self) -> str:
        """For messages."""
        return f"the service account {self.service_account} in the namespace {self.namespace}"


@dataclass(frozen=True)
class KeysRequest:
    """What is to be there, or not to be there any more.

    Attributes:
        accounts: each with a path of its own.
        labels: what a service account carries that is of the class.
        lifetime: seconds that a token is to live.
        renew_before: seconds before its end from which on a token is renewed.
        server: the URL of the API server for the students; '' for that of the connection.
        server_ca_cert: the path of the CA for the students; '' for that of the connection.
        present: whether the kubeconfigs are to be there.
        concurrency: how many requests at a time.
    """

    accounts: Sequence[Account]
    labels: Mapping[str, str] = field(default_factory=dict)
    lifetime: int = 604800
    renew_before: int = 201600
    server: str = ""
    server_ca_cert: str = ""
    present: bool = True
    concurrency: int = 32

    @property
    def selector(self) -> str:
        """The label selector of the class, the same however it was written."""
        return selector_of(dict(sorted(self.labels.items())))


def keys_argument_spec() -> dict[str, dict[str, Any]]:
    """The options that the module has besides those of all bulk modules."""
    return {
        "label_selector": {"type": "str", "required": True},
        "accounts": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "namespace": {"type": "str", "required": True},
                "service_account": {"type": "str", "required": True},
                "path": {"type": "path", "required": True},
                "context_namespace": {"type": "str"},
            },
        },
        "lifetime": {"type": "int", "default": 604800},
        "renew_before": {"type": "int"},
        "server": {"type": "str"},
        "server_ca_cert": {"type": "path"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def read_request(params: Mapping[str, Any]) -> KeysRequest:
    """What the options ask for.

    Raises:
        ArgumentError: they cannot be used; it names the option and what it may be.
    """
    lifetime = params["lifetime"]
    renew_before = lifetime // LAST_PART if params["renew_before"] is None else params["renew_before"]
    if not SHORTEST_LIFE <= lifetime <= LONGEST_LIFE:
        raise ArgumentError(
            f"lifetime is {lifetime}, and must be a number of seconds from {SHORTEST_LIFE} to {LONGEST_LIFE}."
        )
    if not 0 <= renew_before < lifetime:
        raise ArgumentError(
            f"renew_before is {renew_before}, and must be 0 or more and less than the lifetime, which is {lifetime}: "
            "else every run would renew every token."
        )
    return KeysRequest(
        accounts=_accounts(params["accounts"]),
        labels=_labels(params["label_selector"]),
        lifetime=lifetime,
        renew_before=renew_before,
        server=_server(params["server"] or ""),
        server_ca_cert=params["server_ca_cert"] or "",
        present=params["state"] == "present",
        concurrency=params["concurrency"],
    )


def _accounts(given: Sequence[Mapping[str, Any]]) -> list[Account]:
    if not given:
        raise ArgumentError(
            "accounts is an empty list, and a task without a key would do nothing: skip it where there is no student."
        )
    accounts = [_account(options) for options in given]
    owners: dict[str, str] = {}
    for account in accounts:
        folder, file = os.path.split(account.path)
        place = os.path.join(os.path.realpath(folder), file)
        if place in owners:
            raise ArgumentError(
                f"The accounts of {owners[place]} and {account.name} have the same path {account.path}: give each a "
                "path of its own."
            )
        owners[place] = account.name
    return accounts


def _account(options: Mapping[str, Any]) -> Account:
    for option in ("name", "namespace", "service_account", "path"):
        if not options[option].strip():
            raise ArgumentError(f"{option} of an entry of accounts is empty ({options['name'] or 'without a name'}).")
    return Account(
        name=options["name"],
        namespace=options["namespace"],
        service_account=options["service_account"],
        path=os.path.abspath(options["path"]),
        context_namespace=options["context_namespace"] or options["namespace"],
    )


def _labels(selector: str) -> dict[str, str]:
    """The labels that a selector asks for. It is made of equality alone, because accounts are held against it."""
    found = [_EQUALITY.fullmatch(part) for part in selector.split(",")]
    if not all(found):
        raise ArgumentError(
            f"The label_selector {selector!r} is refused: it must be made of key=value, separated by commas."
        )
    labels = {match[1]: match[2] for match in found if match}
    if labels.get(OWNER_LABEL) != OWNER:
        raise ArgumentError(
            f"The label_selector {selector!r} is refused: it must contain {OWNER_LABEL}={OWNER}, because no account "
            "without our label is ever used."
        )
    return labels


def is_server(url: str) -> bool:
    """Whether it is the URL of an API server. One with a user name or a password in it would give them away."""
    try:
        parts, username, password = split_credentials(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return fits and username is None and password is None


def _server(url: str) -> str:
    if url and not is_server(url):
        raise ArgumentError(
            "server is not the URL of an API server, without a user name in it, such as https://192.0.2.10:6443."
        )
    return url.rstrip("/")
