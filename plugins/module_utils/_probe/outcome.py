# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an exec came to, in the same nine words on every runtime. Pure: what was on the wire in, a verdict out.

The rule of Kubernetes behind it: an exit code exists only where the Status on channel 3 says Success (then it is 0), or
has the reason NonZeroExitCode and a cause ExitCode (k8s.io/apimachinery/pkg/util/remotecommand). Everything else that went
wrong has no exit code, and what the runtimes then write differs; see classify_status.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OK = "ok"
NONZERO_EXIT = "nonzero_exit"
NO_SUCH_EXECUTABLE = "no_such_executable"
CONTAINER_NOT_RUNNING = "container_not_running"
POD_NOT_FOUND = "pod_not_found"
FORBIDDEN = "forbidden"
TIMEOUT = "timeout"
TRANSPORT_LOST = "transport_lost"
API_ERROR = "api_error"
#: Only in check mode.
SKIPPED = "skipped"

OUTCOMES = (
    OK,
    NONZERO_EXIT,
    NO_SUCH_EXECUTABLE,
    CONTAINER_NOT_RUNNING,
    POD_NOT_FOUND,
    FORBIDDEN,
    TIMEOUT,
    TRANSPORT_LOST,
    API_ERROR,
)


@dataclass(frozen=True)
class Outcome:
    """A verdict.

    Attributes:
        outcome: one of OUTCOMES.
        reason: one sentence that says what was seen.
        rc: the exit code, None where there is none.
    """

    outcome: str
    reason: str
    rc: int | None = None


# What runc and crun say when there is nothing to execute: `exec: "sh": executable file not found in $PATH`,
# `exec: "/bin/sh": stat /bin/sh: no such file or directory`, `exec: "/etc": permission denied` for a directory or a file
# that is not executable; crun: "executable file `sh` not found in $PATH".
_NOT_EXECUTABLE = re.compile(
    r"executable file (?:[`'\"]?[^`'\"]*[`'\"]? )?not found(?: in \$PATH)?"
    r'|exec: \\?"(?P<name>(?:[^"\\]|\\(?!"))*)\\?": '
    r"(?:stat [^:]*: no such file or directory|no such file or directory|permission denied|is a directory|not a directory)"
    r"|open executable: (?:No such file or directory|Permission denied)"
)
# The runtime is speaking, and not a program in the container.
_RUNTIME_SPEAKS = re.compile(
    r"OCI runtime exec failed|exec failed: |executable file [`'].*[`'] not found|failed to exec in container"
    r"|starting container process caused"
)
# The runtime's words for a container that is not there to execute in.
_NOT_RUNNING = re.compile(
    r"container not found \("
    r"|is in CONTAINER_(?:EXITED|CREATED|UNKNOWN) state"
    r"|container (?:\S+ )?(?:is|has) (?:not running|stopped)"
    r"|cannot exec in a (?:stopped|deleted|paused) (?:state|container)"
    r"|container not (?:created or )?running"
    r"|does not have a host assigned"
    r"|[Nn]o such container"
    r"|task [0-9a-f]+ not found"
    r"|container [0-9a-f]{12,} (?:not found|does not exist)"
    r"|cannot exec in a container that is not running"
    r"|pod sandbox .* not found"
    r"|procReady not received|cannot enter joined namespace|error executing setns process"
)
# Exit codes under which CRI-O and docker hand over the runtime's text as if the command had written it.
_RUNTIME_CODES = frozenset({1, 126, 127, 255})


def parse_status(raw: bytes) -> Mapping[str, Any] | None:
    """The Status object of channel 3; None when it is missing, malformed or not a Status."""
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if isinstance(parsed, Mapping) and parsed.get("status") in ("Success", "Failure"):
        return parsed
    return None


def exit_code(status: Mapping[str, Any]) -> int | None:
    """The exit code that a Status carries, None when it carries none."""
    if status.get("status") == "Success":
        return 0
    if status.get("reason") != "NonZeroExitCode":
        return None
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    for cause in causes if isinstance(causes, list) else []:
        if isinstance(cause, Mapping) and cause.get("reason") == "ExitCode":
            text = str(cause.get("message"))
            if re.fullmatch(r"-?\d{1,10}", text):
                return int(text)
    return None


def classify_status(status: Mapping[str, Any], command: str, stdout: str = "", stderr: str = "") -> Outcome:
    """The outcome of a Status object.

    Args:
        status: from parse_status.
        command: the first word of the command, for telling the runtime's words from the program's.
        stdout, stderr: what was written; some runtimes put their complaint there.
    """
    code = exit_code(status)
    message = str(status.get("message") or "")
    if code == 0:
        return Outcome(OK, "the command exited with code 0", 0)
    if code is not None:
        return _classify_code(code, command, stdout, stderr)
    if _NOT_EXECUTABLE.search(message):
        return Outcome(NO_SUCH_EXECUTABLE, f"there is no executable {command!r} in the container ({_cause(message)})")
    if _NOT_RUNNING.search(message):
        return Outcome(CONTAINER_NOT_RUNNING, f"the container is not running ({_cause(message)})")
    return Outcome(API_ERROR, f"the command could not be run: {_cause(message) or 'the cluster gave no reason'}")


def _classify_code(code: int, command: str, stdout: str, stderr: str) -> Outcome:
    """A code other than 0: the command's own, or that of a runtime which reports its failure as an exit code.

    126, 127 or 255 alone prove nothing: a shell that lacks the command gives the same. It takes the runtime's own words, as
    the only output, and about this very executable.
    """
    if code in _RUNTIME_CODES:
        for text, other in ((stderr, stdout), (stdout, stderr)):
            if text.strip() and not other.strip() and _runtime_complains(text, command):
                return Outcome(
                    NO_SUCH_EXECUTABLE, f"there is no executable {command!r} in the container ({_cause(text)})"
                )
    reason = f"the command exited with code {code}"
    if code == 137:
        reason += ": it was killed (SIGKILL), as happens when the container runs out of memory or is stopped"
    elif 128 < code < 160:
        reason += f": it was ended by signal {code - 128}"
    return Outcome(NONZERO_EXIT, reason, code)


def _runtime_complains(text: str, command: str) -> bool:
    return (
        len(text) < 4096
        and bool(_RUNTIME_SPEAKS.search(text))
        and bool(_NOT_EXECUTABLE.search(text))
        and command in text
    )


def classify_refusal(http_status: int, body: str, *, impersonating: str | None = None) -> Outcome:
    """The outcome of an HTTP answer instead of a websocket.

    Args:
        http_status: of the answer.
        body: a Status object, or the plain text that the kubelet sends.
        impersonating: whom the request impersonated, if anyone.
    """
    status = parse_status(body.encode())
    message = str(status.get("message") or "") if status else body[:2000].strip()
    if http_status == 403:
        # The whole phrase: a namespace or a user may have any word in its name.
        if impersonating and "cannot impersonate resource" in message:
            # That the caller may not impersonate says nothing about what the impersonated may do.
            return Outcome(API_ERROR, f"this connection may not impersonate {impersonating}: {message}")
        if status is None:
            # Who may not do something is told so in a Status. A bare 403 is the handshake's: API servers before 1.30 send
            # it when only protocols are offered that they do not know (seen on 1.20), proxies when they dislike websockets.
            return Outcome(API_ERROR, f"the websocket was refused with a bare 403: {message or 'no reason given'}")
        return Outcome(FORBIDDEN, message or "the API server forbids it and gives no reason")
    if http_status == 404 and (_about_pod(status) if status else not message.startswith("<")):
        return Outcome(POD_NOT_FOUND, f"there is no such pod: {message or 'not found'}")
    if _NOT_RUNNING.search(message):
        return Outcome(CONTAINER_NOT_RUNNING, f"the container is not running ({_cause(message)})")
    if http_status == 401:
        return Outcome(API_ERROR, "the API server refused the credentials (401)")
    return Outcome(API_ERROR, f"the API server answered {http_status}: {message or 'no reason given'}")


def _about_pod(status: Mapping[str, Any]) -> bool:
    details = status.get("details")
    kind = details.get("kind") if isinstance(details, Mapping) else None
    return kind in (None, "pods", "namespaces")


def _cause(message: str) -> str:
    """The end of a chain of causes, which is the part a person needs: the prefixes repeat and vary with the version."""
    text = " ".join(message.split())
    text = re.sub(r": unknown$", "", text)
    match = re.search(r'(exec: \\?".*|executable file .*|container .* is in .*|OCI runtime exec failed.*)$', text)
    return (match.group(1) if match else text)[:500]
