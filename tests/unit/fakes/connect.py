# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients and module runs against the fake API server."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import basic

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18

    @contextlib.contextmanager
    def patch_module_args(args):
        with mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()):
            yield


try:
    from ansible.module_utils._internal import _traceback
except ImportError:  # ansible-core 2.18 shows what a module gives it with -vvv
    _traceback = None


@dataclass(frozen=True)
class ExecCommand:
    """What run_exec asks of a request."""

    namespace: str = "lab-alice"
    pod: str = "web"
    container: str | None = "app"
    command: tuple[str, ...] = ("true",)
    stdin: bytes | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()


def make_client(
    api: FakeApi, *, answered: bool = True, sleep: Callable[[float], None] = time.sleep, **options: Any
) -> Client:
    """A client of the fake server.

    Args:
        answered: whether it counts as having had an answer before, so that broken connections are trouble and not a
            wrong address.
        sleep: waits between attempts.
        options: of the connection.
    """
    client = Client(load_connection({"host": api.url, "api_key": "secret", "no_proxy": "*", **options}), sleep=sleep)
    client.answered = answered
    return client


def run_module(
    main, capfd, api: FakeApi | None, check_mode: bool = False, verbosity: int = 0, **args: Any
) -> dict[str, Any]:
    """The result of a module, with `failed` as Ansible sees it.

    Args:
        api: the server it talks to; None leaves the connection to the arguments.
        verbosity: how often -v was given; from 3 on tracebacks are asked for too (ANSIBLE_DISPLAY_TRACEBACK=error).
    """
    if api is not None:
        args = {"host": api.url, "api_key": "secret", "no_proxy": "*", **args}
    settings: dict[str, Any] = {"_ansible_check_mode": check_mode, "_ansible_verbosity": verbosity}
    with contextlib.ExitStack() as patches:
        if _traceback is not None:
            settings["_ansible_tracebacks_for"] = ["error"] if verbosity >= 3 else []
            patches.enter_context(mock.patch.object(_traceback, "_module_tracebacks_enabled_events", None))
            own = _traceback._is_module_traceback_enabled  # whatever of the controller this process has imported
            patches.enter_context(mock.patch.object(_traceback, "_is_traceback_enabled", own))
        patches.enter_context(patch_module_args({**args, **settings}))
        ended = patches.enter_context(pytest.raises(SystemExit))
        main()
    out, _err = capfd.readouterr()
    result = json.loads(out.strip().splitlines()[-1])
    assert bool(result.get("failed")) == bool(ended.value.code)
    return result
