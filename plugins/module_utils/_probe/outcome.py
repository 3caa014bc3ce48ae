# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one attempt came to, in the same words on every runtime. Pure: what was on the wire in, an outcome out.

The rule of Kubernetes behind it: an exit code exists only where the Status on channel 3 says Success (then it is 0),
or has the reason NonZeroExitCode and a cause ExitCode (k8s.io/apimachinery/pkg/util/remotecommand). Everything else
that went wrong has no exit code, and what the runtimes then write differs; see classify_status.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from .._ground.api_status import ApiStatus
from .._ground.wording import one_line


class Word(StrEnum):
    """The outcomes. What each means is said under the option `expect.outcome` of the modules."""

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
    #: A fault of this collection. Nobody can expect it, so that it never passes for what a lesson is about.
    INTERNAL_ERROR = "internal_error"


#: What `expect.outcome` may list.
EXPECTABLE = tuple(word for word in Word if word not in (Word.SKIPPED, Word.INTERNAL_ERROR))


@dataclass(frozen=True)
class Outcome:
    """What one attempt came to.

    Attributes:
        word: which of the outcomes.
        reason: one sentence that says what was seen.
        rc: the exit code, None where there is none.
    """

    word: Word
    reason: str
    rc: int | None = None


# What runc and crun say when there is nothing to execute: `exec: "sh": executable file not found in $PATH`,
# `exec: "/bin/sh": stat /bin/sh: no such file or directory`, `exec: "/etc": permission denied` for a directory or a
# file that is not executable; crun: "executable file `sh` not found in $PATH".
_NOT_EXECUTABLE = re.compile(
    r"executable file (?:[`'\"]?[^`'\"]*[`'\"]? )?not found(?: in \$PATH)?"
    r'|exec: \\?"(?P<name>(?:[^"\\]|\\(?!"))*)\\?": '
    r"(?:(?:stat [^:]*: )?no such file or directory|permission denied|is a directory|not a directory)"
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


def classify_status(status: ApiStatus, command: str, stdout: str = "", stderr: str = "") -> Outcome:
    """The outcome of the Status that ended a command.

    Args:
        status: what came on channel 3.
        command: the first word of the command, for telling the runtime's words from the program's.
        stdout, stderr: what was written; some runtimes put their complaint there.
    """
    code = status.exit_code
    if code == 0:
        return Outcome(Word.OK, "the command exited with code 0", 0)
    if code is not None:
        return _classify_code(code, command, stdout, stderr)
    cause = _cause(status.message)
    if _NOT_EXECUTABLE.search(status.message):
        return Outcome(Word.NO_SUCH_EXECUTABLE, f"there is no executable {command!r} in the container ({cause})")
    if _NOT_RUNNING.search(status.message):
        return Outcome(Word.CONTAINER_NOT_RUNNING, f"the container is not running ({cause})")
    return Outcome(Word.API_ERROR, f"the command could not be run: {cause or 'the cluster gave no reason'}")


def _classify_code(code: int, command: str, stdout: str, stderr: str) -> Outcome:
    """A code other than 0: the command's own, or that of a runtime which reports its failure as an exit code.

    126, 127 or 255 alone prove nothing: a shell that lacks the command gives the same. It takes the runtime's own
    words, as the only output, and about this very executable.
    """
    if code in _RUNTIME_CODES:
        for text, other in ((stderr, stdout), (stdout, stderr)):
            if text.strip() and not other.strip() and _runtime_complains(text, command):
                return Outcome(
                    Word.NO_SUCH_EXECUTABLE, f"there is no executable {command!r} in the container ({_cause(text)})"
                )
    reason = f"the command exited with code {code}"
    if code == 137:
        reason += ": it was killed (SIGKILL), as happens when the container runs out of memory or is stopped"
    elif 128 < code < 160:
        reason += f": it was ended by signal {code - 128}"
    return Outcome(Word.NONZERO_EXIT, reason, code)


def _runtime_complains(text: str, command: str) -> bool:
    return (
        len(text) < 4096
        and bool(_RUNTIME_SPEAKS.search(text))
        and bool(_NOT_EXECUTABLE.search(text))
        and command in text
    )


def classify_refusal(
    http_status: int, status: ApiStatus | None, text: str = "", *, impersonating: str | None = None
) -> Outcome:
    """The outcome of an HTTP error, which for an exec is an answer instead of a websocket.

    Args:
        http_status: of the answer.
        status: the Status object in it; None where it had none.
        text: what it had instead, such as the plain text that the kubelet sends.
        impersonating: whom the request impersonated, if anyone.
    """
    message = status.message if status else text[:2000].strip()
    if http_status == 403:
        # The whole phrase: a namespace or a user may have any word in its name.
        if impersonating and "cannot impersonate resource" in message:
            # That the caller may not impersonate says nothing about what the impersonated may do.
            return Outcome(Word.API_ERROR, f"this connection may not impersonate {impersonating}: {message}")
        if status is None:
            # Who may not do something is told so in a Status. A bare 403 comes from API servers before 1.30, when only
            # protocols are offered that they do not know (seen on 1.20), and from proxies that dislike websockets.
            return Outcome(Word.API_ERROR, f"the request was refused with a bare 403: {message or 'no reason given'}")
        return Outcome(Word.FORBIDDEN, message or "the API server forbids it and gives no reason")
    if http_status == 404 and (_about_pod(status) if status else not message.startswith("<")):
        return Outcome(Word.POD_NOT_FOUND, f"there is no such pod: {message or 'not found'}")
    if _NOT_RUNNING.search(message):
        return Outcome(Word.CONTAINER_NOT_RUNNING, f"the container is not running ({_cause(message)})")
    if http_status == 401:
        return Outcome(Word.API_ERROR, "the API server refused the credentials (401)")
    return Outcome(Word.API_ERROR, f"the API server answered {http_status}: {message or 'no reason given'}")


def _about_pod(status: ApiStatus) -> bool:
    return status.kind in ("", "pods", "namespaces")


def _cause(message: str) -> str:
    """The end of a chain of causes, which is the part a person needs: the prefixes repeat and vary with the version."""
    text = re.sub(r": unknown$", "", one_line(message))
    match = re.search(r'(exec: \\?".*|executable file .*|container .* is in .*|OCI runtime exec failed.*)$', text)
    return (match.group(1) if match else text)[:500]
