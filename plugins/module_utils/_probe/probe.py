# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exec and log probes are, and what an attempt at one gives. Pure."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from .._ground.deadline import Deadline
from .expectation import Expectation
from .outcome import Outcome

BASE64 = "base64"


@dataclass(frozen=True)
class Output:
    """What was kept of a stream.

    Attributes:
        data: as it came.
        truncated: whether there was more.
    """

    data: bytes = b""
    truncated: bool = False

    @property
    def text(self) -> str:
        """As UTF-8. A character that the limit has cut through is left out; bytes that are no text are replaced."""
        data = self.data
        return (data[: -_begun(data) or None] if self.truncated else data).decode("utf-8", "replace")

    @property
    def base64(self) -> str:
        return b64encode(self.data).decode()


def _begun(data: bytes) -> int:
    """How many bytes at the end are the beginning of a character whose rest is missing."""
    for count in range(1, min(3, len(data)) + 1):
        byte = data[-count]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return count if count < needed else 0
        if byte < 0x80:
            return 0
    return 0


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What all probes have, as the module options describe it.

    Attributes:
        name, namespace, pod, container: of the probe; container None is chosen as kubectl does.
        expect: what the result has to be.
        timeout: seconds for one attempt.
        retries: further attempts while the expectation is not met.
        delay: seconds between attempts.
        as_user, as_groups: whom to impersonate.
    """

    name: str
    namespace: str
    pod: str
    container: str | None = None
    expect: Expectation = field(default_factory=Expectation)
    timeout: float = 10.0
    retries: int = 0
    delay: float = 1.0
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()

    def shown(self, output: Output) -> str:
        """The output as the result has it."""
        return output.text


@dataclass(frozen=True, kw_only=True)
class ExecProbe(Probe):
    """A command. It is also what _cluster.exec_stream asks of a request.

    Attributes:
        command: the words, never a shell line.
        stdin: what the command gets to read; None for no stdin at all.
        encoding: how stdin was given and output is returned: `text` or `base64`.
    """

    command: tuple[str, ...]
    stdin: bytes | None = None
    encoding: str = "text"

    def shown(self, output: Output) -> str:
        return output.base64 if self.encoding == BASE64 else output.text


@dataclass(frozen=True, kw_only=True)
class LogProbe(Probe):
    """A log.

    Attributes:
        previous: that of the run before the last restart.
        tail_lines: at most this many lines, from the end; None for all.
    """

    previous: bool = False
    tail_lines: int | None = None


@dataclass(frozen=True)
class Attempt:
    """What one attempt gave.

    Attributes:
        outcome: what it came to.
        stdout, stderr: what was written.
        protocol: the websocket protocol, None where there was none.
        container: the container that was asked, None when it never got so far.
    """

    outcome: Outcome
    stdout: Output = Output()
    stderr: Output = Output()
    protocol: str | None = None
    container: str | None = None


class PodUnavailable(Exception):
    """There is no pod to try the probe on.

    Attributes:
        outcome: what an attempt comes to because of that.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


ProbeT_contra = TypeVar("ProbeT_contra", bound=Probe, contravariant=True)


class Prober(Protocol[ProbeT_contra]):
    """Performs probes of one kind."""

    def perform(self, probe: ProbeT_contra, deadline: Deadline) -> Attempt:
        """One attempt. Returns by the deadline, plus a moment for asking the pod what is wrong.

        Raises:
            PodUnavailable: there is nothing to try it on.
            KubelabsError: it cannot be tried at all, so that trying again is pointless.
        """

    def line(self, probe: ProbeT_contra, container: str | None) -> str:
        """The kubectl line that shows the same."""
