# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option `probes` of the two modules: which suboptions there are, and the probe that they describe. Pure."""

from __future__ import annotations

import json
import math
import re
import shlex
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._ground.errors import ArgumentError
from .expectation import Expectation
from .outcome import Word
from .probe import BASE64, ExecProbe, LogProbe

Spec = dict[str, dict[str, Any]]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def probe_argument_spec(*, outcomes: Iterable[Word], expect: Spec, own: Spec) -> Spec:
    """The options that the modules have besides those of all bulk modules.

    Args:
        outcomes: what `expect.outcome` may list.
        expect: what else `expect` may say.
        own: the suboptions of a probe that only this module has.
    """
    # Their values and not themselves: Ansible is to see nothing but plain strings.
    choices = [word.value for word in outcomes]
    return {
        "max_output": {"type": "int", "default": 65536},
        "probes": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "namespace": {"type": "str", "required": True},
                "pod": {"type": "str", "required": True},
                "container": {"type": "str"},
                "expect": {
                    "type": "dict",
                    "options": {"outcome": {"type": "list", "elements": "str", "choices": choices}, **expect},
                },
                "timeout": {"type": "float", "default": 10},
                "retries": {"type": "int", "default": 0},
                "delay": {"type": "float", "default": 1},
                "as_user": {"type": "str"},
                "as_groups": {"type": "list", "elements": "str"},
                **own,
            },
        },
    }


def given_probes(params: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The option `probes`.

    Raises:
        ArgumentError: it is empty.
    """
    if not params["probes"]:
        raise ArgumentError(
            "probes is an empty list, and a task that probes nothing would prove nothing: skip it where there is "
            "nothing to probe."
        )
    return params["probes"]  # type: ignore[no-any-return]


def exec_probe(options: Mapping[str, Any]) -> ExecProbe:
    """The probe that one entry of the option `probes` of pod_exec_probe describes.

    Raises:
        ArgumentError: naming the probe.
    """
    if isinstance(options["command"], str):
        raise _refused(options, _command_is_text(options["command"]))
    command = _texts(options, "command", options["command"])
    if not command or not command[0]:
        raise _refused(options, "command is empty; give the program and its arguments as a list")
    return ExecProbe(command=command, stdin=_stdin(options), encoding=options["encoding"], **_common(options))


def log_probe(options: Mapping[str, Any]) -> LogProbe:
    """The probe that one entry of the option `probes` of pod_log_probe describes.

    Raises:
        ArgumentError: naming the probe.
    """
    lines = options.get("tail_lines")
    if lines is not None and lines < 0:
        raise _refused(options, f"tail_lines is {lines}, and must be 0 or more")
    return LogProbe(previous=options["previous"], tail_lines=lines, **_common(options))


def _common(options: Mapping[str, Any]) -> dict[str, Any]:
    for option in ("name", "namespace", "pod"):
        if not options[option]:
            raise _refused(options, f"{option} is empty")
    _check_numbers(options)
    _check_identity(options)
    expected = dict(options.get("expect") or {})
    for option in ("contains", "stderr_contains"):
        given = expected.get(option)
        # Ansible would split it at its commas, and the parts can stand anywhere.
        expected[option] = (given,) if isinstance(given, str) else _texts(options, f"expect.{option}", given)
    try:
        expect = Expectation.from_options(expected)
    except ArgumentError as exc:
        raise ArgumentError(f"Probe {options['name']!r}: {exc}") from exc
    return {
        "name": options["name"],
        "namespace": options["namespace"],
        "pod": options["pod"],
        "container": options.get("container"),
        "expect": expect,
        "timeout": float(options["timeout"]),
        "retries": int(options["retries"]),
        "delay": float(options["delay"]),
        "as_user": options.get("as_user"),
        "as_groups": tuple(options.get("as_groups") or ()),
    }


def _command_is_text(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError:  # a quotation that does not end
        words = command.split()
    # As JSON, which YAML reads as it is meant, whatever the words are.
    as_list = json.dumps(words, ensure_ascii=False)
    return f"command is the text {command!r}, and no shell reads it; write it as a list: {as_list}"


def _texts(options: Mapping[str, Any], option: str, given: Any) -> tuple[str, ...]:
    """The texts of a list, in which YAML may have made numbers of some."""
    if given is None:
        return ()
    if not isinstance(given, list):
        raise _refused(options, f"{option} is {given!r}, and must be a list of texts")
    for one in given:
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            raise _refused(options, f"{option} has {one!r}, which is no text; put it in quotes as it is meant")
    return tuple(str(one) for one in given)


def _check_numbers(options: Mapping[str, Any]) -> None:
    if not 0 < options["timeout"] < math.inf:
        raise _refused(options, f"timeout is {options['timeout']}, and must be a finite number greater than 0")
    for option in ("retries", "delay"):
        if not 0 <= options[option] < math.inf:
            raise _refused(options, f"{option} is {options[option]}, and must be a finite number, 0 or more")


def _check_identity(options: Mapping[str, Any]) -> None:
    user, groups = options.get("as_user"), options.get("as_groups") or ()
    if user == "" or (groups and not user):
        raise _refused(options, "as_user is empty; without it nobody is impersonated, whatever as_groups says")
    for option, names in (("as_user", [user or ""]), ("as_groups", groups)):
        if any(_CONTROL.search(name) for name in names):
            # In a header of the request it would begin another one.
            raise _refused(options, f"{option} has a line break or another control character, which no name has")


def _stdin(options: Mapping[str, Any]) -> bytes | None:
    stdin = options.get("stdin")
    if stdin is None:
        return None
    try:
        return b64decode(stdin, validate=True) if options["encoding"] == BASE64 else stdin.encode()
    except UnicodeEncodeError as exc:
        raise _refused(options, f"stdin cannot be written as UTF-8 ({exc.reason})") from exc
    except ValueError as exc:
        raise _refused(options, f"stdin is not base64 ({exc}), which encoding says it is") from exc


def _refused(options: Mapping[str, Any], why: str) -> ArgumentError:
    return ArgumentError(f"Probe {options['name']!r}: {why}.")
