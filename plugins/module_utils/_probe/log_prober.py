# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt of a log probe: read the log of a container and classify what came."""

from __future__ import annotations

import re

from .._cluster.client import Client, core_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, DeadlineExceeded, TransportError
from .inspector import PodInspector
from .outcome import Outcome, Word, classify_refusal
from .probe import Attempt, LogProbe, Output

# The kubelet answers 400 with these while there is no log yet, or no run before this one.
_NO_LOG = re.compile(
    r"is waiting to start|previous terminated container .* not found|is terminated|ContainerCreating|PodInitializing"
    r"|does not have a host assigned"
)
# The kubelet puts these where the log would be, with status 200, when it has removed the log already (seen on 1.20.2
# under `previous`, while a container has ended: of its ended runs only the last is kept). A program that logs just this
# line is not told apart.
_LOG_IS_GONE = re.compile(
    rb"(?:unable to retrieve container logs for [a-z-]+://[0-9a-f]+|failed to try resolving symlinks in path [^\n]+)\s*"
)


class LogProber:
    """Performs log probes.

    Args:
        client: the API server.
        max_output: bytes of a log that are kept.
        task_deadline: of the whole task, which the reasons for a failure may use.
    """

    def __init__(self, client: Client, max_output: int, task_deadline: Deadline) -> None:
        self._client = client
        self._max_output = max_output
        self._pods = PodInspector(client, task_deadline)

    def perform(self, probe: LogProbe, deadline: Deadline) -> Attempt:
        """One attempt; see Prober."""
        allowed = deadline.remaining()
        container = self._pods.container(probe, deadline)
        log, outcome = self._read(probe, container, deadline, allowed)
        if outcome.word in (Word.CONTAINER_NOT_RUNNING, Word.API_ERROR) and not probe.previous:
            outcome = self._pods.explain(outcome, probe, container)
        elif outcome.word == Word.OK and not log:
            outcome = self._pods.unless_never_started(outcome, probe, container)
        kept = Output(log[: self._max_output], truncated=len(log) > self._max_output)
        return Attempt(outcome, stdout=kept, container=container)

    def line(self, probe: LogProbe, container: str | None) -> str:
        """``kubectl logs``."""
        words = ["logs", probe.pod]
        if container:
            words += ["-c", container]
        if probe.previous:
            words.append("--previous")
        if probe.tail_lines is not None:
            words.append(f"--tail={probe.tail_lines}")
        return self._client.kubectl.line(
            *words, namespace=probe.namespace, as_user=probe.as_user, as_groups=probe.as_groups
        )

    def _read(
        self, probe: LogProbe, container: str | None, deadline: Deadline, allowed: float
    ) -> tuple[bytes, Outcome]:
        # One byte more than is kept says whether there was more; the server reads no further than that.
        query = [("limitBytes", str(self._max_output + 1))]
        if container:
            query.append(("container", container))
        if probe.previous:
            query.append(("previous", "true"))
        if probe.tail_lines is not None:
            query.append(("tailLines", str(probe.tail_lines)))
        try:
            log = self._client.request(
                "GET",
                core_path("pods", probe.namespace, probe.pod) + "/log",
                query=query,
                deadline=deadline,
                as_user=probe.as_user,
                as_groups=probe.as_groups,
                accept="*/*",
            ).body
        except ApiError as exc:
            return b"", _classify(exc, probe)
        except DeadlineExceeded:
            return b"", Outcome(Word.TIMEOUT, f"the log did not arrive in time ({allowed:.3g} s)")
        except TransportError as exc:
            word = Word.TIMEOUT if deadline.expired else Word.TRANSPORT_LOST
            return b"", Outcome(word, f"the log could not be read: {exc}")
        if _LOG_IS_GONE.fullmatch(log):
            said = log.decode("utf-8", "replace").strip()
            return b"", Outcome(Word.CONTAINER_NOT_RUNNING, f"there is no log any more: {said}")
        size = f"{len(log)}" if len(log) <= self._max_output else f"more than {self._max_output}"
        return log, Outcome(Word.OK, f"the log has {size} bytes")


def _classify(exc: ApiError, probe: LogProbe) -> Outcome:
    if _NO_LOG.search(exc.message):
        what = "run before this one" if probe.previous else "log"
        return Outcome(Word.CONTAINER_NOT_RUNNING, f"there is no {what}: {exc.message}")
    return classify_refusal(exc.status, exc.answer, exc.message, impersonating=probe.as_user)
