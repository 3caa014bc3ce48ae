# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share: connection options, the client, one way to fail. The only part that knows AnsibleModule."""

from __future__ import annotations

import math
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._cluster.client import Client
from ._cluster.connection import load_connection
from ._cluster.kubeconfig import parse_text
from ._ground.addresses import split_credentials
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
from ._ground.progress import Tell, tell_nobody
from ._ground.progress_channel import teller
from ._ground.secrets import Secrets

Request = TypeVar("Request")

#: Seconds beyond the task's timeout after which work that does not return is given up: every work watches the timeout
#: by itself, and what it has seen by then is worth more than a sentence that says that it was late.
OVERTIME = 5.0
#: The option that says whether a complaint fails the task. A module has one of them.
FAIL_OPTIONS = ("fail_on_unmet", "fail_on_problems")
#: Seconds for the first answer of an API server, however slowly it comes.
HELLO_WITHIN = 15.0


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
            "apply_defaults": True,  # else the variables of its options would count only where it is given
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


def _task_argument_spec(timeout: int) -> dict[str, dict[str, Any]]:
    return {
        "timeout": {"type": "float", "default": timeout},
        "fail_on_unmet": {"type": "bool", "default": True},
    }


def bulk_argument_spec(timeout: int) -> dict[str, dict[str, Any]]:
    """The options of the modules that do many things side by side."""
    return {**_task_argument_spec(timeout), "concurrency": {"type": "int", "default": 32}}


def check_argument_spec(timeout: int) -> dict[str, dict[str, Any]]:
    """The options of a module that judges what others have made: that it finds something wrong is its result."""
    options = bulk_argument_spec(timeout)
    del options["fail_on_unmet"]
    return {**options, "fail_on_problems": {"type": "bool", "default": False}}


def watch_argument_spec(timeout: int) -> dict[str, dict[str, Any]]:
    """The options of the modules that watch, which need one connection only."""
    return {
        **_task_argument_spec(timeout),
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
        tell: tells those who wait how far the work is.
    """

    client: Client
    deadline: Deadline
    check_mode: bool
    tell: Tell = tell_nobody


@dataclass(frozen=True)
class Answer:
    """What the work of a module came to.

    Attributes:
        returns: `results`, or whatever else the module documents under RETURN.
        complaint: one sentence for `msg` that says what is not as it should be, which fails the task where
            one of FAIL_OPTIONS says so; '' when all is well.
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
    module = Module({**auth_argument_spec(), **argument_spec})
    try:
        prepare(module.params)
        request = read(module.params)
        client, deadline = connect(module.params, module.secrets)
        answer = run_bounded(
            lambda: work(request, Task(client, deadline, module.check_mode, teller(os.environ))),
            Deadline(deadline.remaining() + OVERTIME),
        )
    except MissingLibrary as exc:
        module.leave(failed=True, msg=missing_required_lib(exc.library, exc.reason), exception=exc.trace)
    except KubelabsError as exc:
        module.leave(failed=True, msg=str(exc), **_traceback(module))
    else:
        result = {**answer.returns, "changed": answer.changed}
        result["cluster"] = {**client.summary(), **result.get("cluster", {})}
        if answer.complaint:
            result["msg"] = answer.complaint
        module.leave(failed=bool(answer.complaint) and any(map(module.params.get, FAIL_OPTIONS)), **result)


def prepare(params: dict[str, Any]) -> None:
    """Reads a kubeconfig that was given as text into its option, and looks at the numbers.

    Raises:
        ArgumentError: a number cannot be used.
        ConfigurationError: the text is no kubeconfig.
    """
    params["kubeconfig"] = _content_of(params.get("kubeconfig"))
    _check_numbers(params)


def connect(params: Mapping[str, Any], secrets: Secrets) -> tuple[Client, Deadline]:
    """The API server of the connection options, which has answered, and the deadline of `timeout`.

    Raises:
        KubelabsError: the options lead nowhere, or there is no answer.
    """
    client = Client(load_connection(params, secrets), concurrency=params.get("concurrency") or 4)
    # From here on: how long Python takes to import what is needed is not the cluster's time.
    deadline = Deadline(params["timeout"])
    client.log_in(deadline)
    _say_hello(client, deadline)
    return client, deadline


class Module(AnsibleModule):
    """An AnsibleModule that shows no credential, whatever holds one: an option, the kubeconfig, a library's exception.

    Attributes:
        secrets: those of the connection; whoever gets to know one adds it.
    """

    def __init__(self, argument_spec: Mapping[str, Any]) -> None:
        self.secrets = Secrets()
        super().__init__(argument_spec=argument_spec, supports_check_mode=True)

    def _log_invocation(self) -> None:
        """Before anything else is done the options go into the system's log, with the keys of an inline kubeconfig."""
        self.hide(self.params)
        super()._log_invocation()

    def hide(self, params: Mapping[str, Any]) -> None:
        """Credentials in options whose other content is no secret: a kubeconfig, the user information of a URL."""
        kubeconfig = params.get("kubeconfig")
        try:
            self.secrets.add_kubeconfig(_content_of(kubeconfig))
        except ConfigurationError:
            self.secrets.add(kubeconfig)
        for option in ("host", "proxy"):
            try:
                self.secrets.add(split_credentials(params.get(option) or "")[2])
            except ValueError:
                self.secrets.add(params[option])
        self.no_log_values |= self.secrets.values

    def leave(self, *, failed: bool, **result: Any) -> NoReturn:
        """With the result, without the credentials."""
        self.no_log_values |= self.secrets.values
        (self.fail_json if failed else self.exit_json)(**result)
        raise SystemExit  # they do not return


def _traceback(module: AnsibleModule) -> dict[str, str]:
    """For those who look for a fault in the collection: where the sentence came from.

    Shown with -vvv by ansible-core 2.18, and with ANSIBLE_DISPLAY_TRACEBACK=error by later ones.
    """
    return {"exception": traceback.format_exc()} if module._verbosity >= 3 else {}


def _say_hello(client: Client, deadline: Deadline) -> None:
    try:
        run_bounded(lambda: client.hello(deadline), deadline.within(HELLO_WITHIN))
    except DeadlineExceeded as exc:
        raise Unreachable(
            f"There was no answer in time from {client.describe()}. Is the timeout long enough, and is this the right "
            "cluster?"
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


def _content_of(kubeconfig: Any) -> Any:
    """The option kubeconfig, with one that was given as text read; a path and a dictionary stay as they are.

    Raises:
        ConfigurationError: it is some other text.
    """
    if isinstance(kubeconfig, str) and ("\n" in kubeconfig or kubeconfig.lstrip().startswith("{")):
        return parse_text(kubeconfig)
    return kubeconfig
