# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share: connection options, the client, one way to fail. The only part that knows AnsibleModule."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._cluster.client import Client
from ._cluster.connection import content_of, load_connection
from ._ground.deadline import Deadline
from ._ground.errors import (
    ArgumentError,
    ConfigurationError,
    DeadlineExceeded,
    KubelabsError,
    MissingLibrary,
    Unreachable,
)
from ._ground.fleet import run_bounded

Request = TypeVar("Request")

#: Seconds beyond the task's timeout after which work that does not return is given up: every work watches the timeout by
#: itself, and what it has seen by then is worth more than a sentence that says that it was late.
OVERTIME = 5.0
#: Seconds for the first answer of an API server, however slowly it comes.
HELLO_WITHIN = 15.0
_SECRET_FIELDS = frozenset(
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


def _env(name: str) -> tuple[Any, list[str]]:
    return (env_fallback, [name])


def auth_argument_spec() -> dict[str, dict[str, Any]]:
    """The connection options of kubernetes.core, with its K8S_AUTH_* variables."""
    return {
        "kubeconfig": {"type": "raw", "fallback": _env("K8S_AUTH_KUBECONFIG")},
        "context": {"type": "str", "fallback": _env("K8S_AUTH_CONTEXT")},
        "host": {"type": "str", "fallback": _env("K8S_AUTH_HOST")},
        "api_key": {"type": "str", "no_log": True, "fallback": _env("K8S_AUTH_API_KEY")},
        "username": {"type": "str", "fallback": _env("K8S_AUTH_USERNAME")},
        "password": {"type": "str", "no_log": True, "fallback": _env("K8S_AUTH_PASSWORD")},
        "validate_certs": {"type": "bool", "aliases": ["verify_ssl"], "fallback": _env("K8S_AUTH_VERIFY_SSL")},
        "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"], "fallback": _env("K8S_AUTH_SSL_CA_CERT")},
        "client_cert": {"type": "path", "aliases": ["cert_file"], "fallback": _env("K8S_AUTH_CERT_FILE")},
        "client_key": {"type": "path", "aliases": ["key_file"], "fallback": _env("K8S_AUTH_KEY_FILE")},
        "proxy": {"type": "str", "fallback": _env("K8S_AUTH_PROXY")},
        "no_proxy": {"type": "str", "fallback": _env("K8S_AUTH_NO_PROXY")},
        "proxy_headers": {
            "type": "dict",
            "options": {
                "proxy_basic_auth": {
                    "type": "str",
                    "no_log": True,
                    "fallback": _env("K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH"),
                },
                "basic_auth": {"type": "str", "no_log": True, "fallback": _env("K8S_AUTH_PROXY_HEADERS_BASIC_AUTH")},
                "user_agent": {"type": "str", "fallback": _env("K8S_AUTH_PROXY_HEADERS_USER_AGENT")},
            },
        },
        "persist_config": {"type": "bool", "fallback": _env("K8S_AUTH_PERSIST_CONFIG")},
        "impersonate_user": {"type": "str", "fallback": _env("K8S_AUTH_IMPERSONATE_USER")},
        "impersonate_groups": {"type": "list", "elements": "str", "fallback": _env("K8S_AUTH_IMPERSONATE_GROUPS")},
    }


def bulk_argument_spec(timeout: int) -> dict[str, dict[str, Any]]:
    """The options that every bulk module has."""
    return {
        "timeout": {"type": "float", "default": timeout},
        "concurrency": {"type": "int", "default": 32},
        "fail_on_unmet": {"type": "bool", "default": True},
    }


def watch_argument_spec(timeout: int) -> dict[str, dict[str, Any]]:
    """The options of the modules that watch: one connection, so no concurrency."""
    spec = bulk_argument_spec(timeout)
    del spec["concurrency"]
    return {
        **spec,
        "label_selector": {"type": "str", "required": True},
        "pods": {
            "type": "list",
            "elements": "dict",
            "options": {
                "namespace": {"type": "str", "required": True},
                "name": {"type": "str", "required": True},
            },
        },
        "namespaces": {"type": "list", "elements": "str", "default": []},
        "grace": {"type": "float", "default": 10},
    }


@dataclass(frozen=True)
class Task:
    """What the work of a module needs besides its request.

    Attributes:
        client: the API server, which has answered.
        deadline: of the whole task.
        check_mode: whether nothing may be changed or executed.
    """

    client: Client
    deadline: Deadline
    check_mode: bool


@dataclass(frozen=True)
class Answer:
    """What the work of a module came to.

    Attributes:
        returns: `results`, or whatever else the module documents under RETURN.
        complaint: one sentence for `msg` that says what is not as it should be, which fails the task where
            `fail_on_unmet` says so; '' when all is well.
        changed: whether anything was changed.
    """

    returns: Mapping[str, Any]
    complaint: str = ""
    changed: bool = False


def run_module(
    argument_spec: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], Request],
    work: Callable[[Request, Task], Answer],
) -> None:
    """Runs a module: reads the arguments, connects, works, and leaves with its answer or with one sentence.

    Args:
        argument_spec: the module's own options; the connection's are added.
        read: the request that the options describe, before the cluster is spoken to; it raises ArgumentError.
        work: does what is requested.
    """
    module = AnsibleModule(argument_spec={**auth_argument_spec(), **argument_spec}, supports_check_mode=True)
    try:
        hide_secrets(module)
        _check_numbers(module.params)
        request = read(module.params)
        client = Client(load_connection(module.params), concurrency=module.params.get("concurrency") or 4)
        # From here on: importing the kubernetes package takes seconds on a busy machine, and is not the cluster's time.
        deadline = Deadline(module.params["timeout"])
        _say_hello(client, deadline)
        answer = run_bounded(
            lambda: work(request, Task(client, deadline, module.check_mode)), Deadline(deadline.remaining() + OVERTIME)
        )
    except MissingLibrary as exc:
        module.fail_json(msg=missing_required_lib(exc.library), exception=exc.trace)
    except KubelabsError as exc:
        module.fail_json(msg=str(exc), **_traceback(module))
    result = {**answer.returns, "changed": answer.changed}
    result["cluster"] = {**client.summary(), **result.get("cluster", {})}
    if answer.complaint:
        result["msg"] = answer.complaint
        if module.params.get("fail_on_unmet"):
            module.fail_json(**result)
    module.exit_json(**result)


def _traceback(module: AnsibleModule) -> dict[str, str]:
    """For those who look for a fault in the collection, with -vvv: where the sentence came from."""
    return {"exception": traceback.format_exc()} if module._verbosity >= 3 else {}


def _say_hello(client: Client, deadline: Deadline) -> None:
    try:
        run_bounded(lambda: client.hello(deadline), deadline.within(HELLO_WITHIN))
    except DeadlineExceeded as exc:
        raise Unreachable(
            f"There was no answer in time from {client.describe()}. Is the timeout long enough, and is this the right cluster?"
        ) from exc


def _check_numbers(params: Mapping[str, Any]) -> None:
    for option in ("timeout", "concurrency", "max_output"):
        value = params.get(option)
        if value is not None and not 0 < value < math.inf:
            raise ArgumentError(f"{option} is {value}, and must be a finite number greater than 0.")
    for option in ("grace", "min_ready_seconds"):
        value = params.get(option)
        if value is not None and not 0 <= value < math.inf:
            raise ArgumentError(f"{option} is {value}, and must be a finite number, 0 or more.")


def hide_secrets(module: AnsibleModule) -> None:
    """Credentials in an inline kubeconfig are nobody's business, not even in the invocation that -vvv prints.

    Raises:
        ConfigurationError: the option is neither a path nor a kubeconfig.
    """
    given = module.params.get("kubeconfig")
    try:
        module.params["kubeconfig"] = content_of(given)
    except ConfigurationError:
        module.no_log_values.add(given)
        raise
    module.no_log_values.update(_secrets(module.params["kubeconfig"]))


def _secrets(node: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in _SECRET_FIELDS and isinstance(value, str) and value:
                found.add(value)
            else:
                found |= _secrets(value)
    elif isinstance(node, Sequence) and not isinstance(node, (str, bytes)):
        for value in node:
            found |= _secrets(value)
    return found
