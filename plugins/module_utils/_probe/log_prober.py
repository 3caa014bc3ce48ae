# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt of a log probe: read the log of a container and classify what came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._cluster.client import Client, core_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, ArgumentError, DeadlineExceeded, TransportError
from .outcome import API_ERROR, CONTAINER_NOT_RUNNING, OK, TIMEOUT, TRANSPORT_LOST, Outcome, classify_refusal
from .probe import Attempt, PodInspector, Probe, as_status, make_probe

# The kubelet answers 400 with these while there is no log yet, or no run before this one.
_NO_LOG = re.compile(
    r"is waiting to start|previous terminated container .* not found|is terminated|ContainerCreating|PodInitializing"
    r"|does not have a host assigned"
)
# The kubelet puts these where the log would be, with status 200, when it has removed the log already (seen on 1.20.2 under
# `previous`, while a container has ended: of its ended runs only the last is kept). A program that logs just this line is not told apart.
_LOG_IS_GONE = re.compile(
    rb"(?:unable to retrieve container logs for [a-z-]+://[0-9a-f]+|failed to try resolving symlinks in path [^\n]+)\s*"
)


def make_log_probe(options: Mapping[str, Any]) -> Probe:
    """A probe from one entry of the option `probes` of pod_log_probe.

    Raises:
        ArgumentError: naming the probe.
    """
    lines = options.get("tail_lines")
    if lines is not None and lines < 0:
        raise ArgumentError(f"Probe {options['name']!r}: tail_lines is {lines}, and must be 0 or more.")
    return make_probe(options, ("previous", "tail_lines"))


class LogProber:
    """Performs log probes. The arguments are those of ExecProber."""

    def __init__(self, client: Client, max_output: int, task_deadline: Deadline) -> None:
        self._client = client
        self._max_output = max_output
        self._task_deadline = task_deadline
        self._pods = PodInspector(client)

    def perform(self, probe: Probe, deadline: Deadline) -> Attempt:
        """One attempt. Returns by the deadline, plus a moment for asking the pod what is wrong."""
        allowed = deadline.remaining()
        chosen = self._pods.choose_container(probe, deadline)
        if isinstance(chosen, Outcome):
            return Attempt(chosen)
        container = chosen or None
        text, outcome = self._read(probe, container, deadline, allowed)
        if outcome.outcome in (CONTAINER_NOT_RUNNING, API_ERROR) and not probe.options.get("previous"):
            outcome = self._pods.explain(outcome, probe, container, self._task_deadline)
        elif outcome.outcome == OK and not text:
            outcome = self._pods.unless_never_started(outcome, probe, container, self._task_deadline)
        kept = text[: self._max_output]
        return Attempt(
            outcome, kept.decode("utf-8", "replace"), stdout_truncated=len(text) > len(kept), container=container
        )

    def line(self, probe: Probe, container: str | None) -> str:
        """The kubectl line for the same."""
        words = ["logs", probe.pod]
        if container:
            words += ["-c", container]
        if probe.options.get("previous"):
            words.append("--previous")
        if probe.options.get("tail_lines") is not None:
            words.append(f"--tail={probe.options['tail_lines']}")
        return self._client.kubectl.line(
            *words, namespace=probe.namespace, as_user=probe.as_user, as_groups=probe.as_groups
        )

    def _read(self, probe: Probe, container: str | None, deadline: Deadline, allowed: float) -> tuple[bytes, Outcome]:
        path = core_path("pods", probe.namespace, probe.pod) + "/log"
        # One byte more than is kept says whether there was more; the server reads no further than that.
        query = [("limitBytes", str(self._max_output + 1))]
        if container:
            query.append(("container", container))
        if probe.options.get("previous"):
            query.append(("previous", "true"))
        if probe.options.get("tail_lines") is not None:
            query.append(("tailLines", str(probe.options["tail_lines"])))
        try:
            response = self._client.request(
                "GET",
                path,
                query=query,
                deadline=deadline,
                as_user=probe.as_user,
                as_groups=probe.as_groups,
                accept="*/*",
            )
        except ApiError as exc:
            return b"", _classify(exc, probe)
        except DeadlineExceeded:
            return b"", Outcome(TIMEOUT, f"the log did not arrive in time ({allowed:.3g} s)")
        except TransportError as exc:
            return b"", Outcome(TIMEOUT if deadline.expired else TRANSPORT_LOST, f"the log could not be read: {exc}")
        if _LOG_IS_GONE.fullmatch(response.body):
            return b"", Outcome(
                CONTAINER_NOT_RUNNING, f"there is no log any more: {response.body.decode('utf-8', 'replace').strip()}"
            )
        size = len(response.body)
        return response.body, Outcome(
            OK,
            f"the log has {size} bytes"
            if size <= self._max_output
            else f"the log has more than {self._max_output} bytes",
        )


def _classify(exc: ApiError, probe: Probe) -> Outcome:
    if _NO_LOG.search(exc.message):
        if probe.options.get("previous"):
            return Outcome(CONTAINER_NOT_RUNNING, f"there is no run before this one: {exc.message}")
        return Outcome(CONTAINER_NOT_RUNNING, f"there is no log: {exc.message}")
    return classify_refusal(exc.status, as_status(exc), impersonating=probe.as_user)
