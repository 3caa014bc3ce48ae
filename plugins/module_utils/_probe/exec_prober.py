# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt of an exec probe: run, classify, and where it failed ask the pod why."""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .._cluster.client import Client
from .._cluster.exec_stream import V4, ExecRecord, ExecRequest, run_exec
from .._ground.deadline import Deadline, jittered
from .._ground.errors import ArgumentError, KubelabsError
from .._ground.json_reading import as_map
from .outcome import (
    API_ERROR,
    FORBIDDEN,
    NO_SUCH_EXECUTABLE,
    OK,
    POD_NOT_FOUND,
    TIMEOUT,
    TRANSPORT_LOST,
    Outcome,
    classify_refusal,
    classify_status,
    parse_status,
)
from .probe import ASK_WITHIN, Attempt, PodInspector, Probe, make_probe

#: Answers to the handshake that say "not now": nothing has been executed, so asking again is harmless. 502 and 504 are
#: not among them: a proxy that says so may have passed the request on.
_NOT_NOW = frozenset({429, 503})
#: After these the pod's status adds nothing.
_SPEAK_FOR_THEMSELVES = frozenset({OK, NO_SUCH_EXECUTABLE, FORBIDDEN, POD_NOT_FOUND})


def make_exec_probe(options: Mapping[str, Any]) -> Probe:
    """A probe from one entry of the option `probes` of pod_exec_probe.

    Raises:
        ArgumentError: naming the probe.
    """
    command = options.get("command")
    if not command or not command[0]:
        raise ArgumentError(
            f"Probe {options['name']!r}: command is empty; give the program and its arguments as a list."
        )
    probe = make_probe(options, ("command", "stdin", "encoding"))
    try:
        stdin_bytes(probe)
    except ValueError as exc:
        raise ArgumentError(f"Probe {probe.name!r}: stdin is not base64 ({exc}), which encoding says it is.") from exc
    return probe


def stdin_bytes(probe: Probe) -> bytes | None:
    """What the command gets to read; None for no stdin at all. Raises ValueError where it is to be base64 and is not."""
    stdin = probe.options.get("stdin")
    if stdin is None:
        return None
    return b64decode(stdin, validate=True) if probe.options.get("encoding") == "base64" else stdin.encode()


class ExecProber:
    """Performs exec probes.

    Args:
        client: the API server.
        max_output: bytes of stdout and of stderr that are kept.
        task_deadline: of the whole task, which the reasons for a failure may use.
        sleep: waits between attempts at the handshake.
    """

    def __init__(
        self, client: Client, max_output: int, task_deadline: Deadline, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._max_output = max_output
        self._task_deadline = task_deadline
        self._pods = PodInspector(client)
        self._sleep = sleep

    def perform(self, probe: Probe, deadline: Deadline) -> Attempt:
        """One attempt. Returns by the deadline, plus a moment for asking the pod what is wrong."""
        allowed = deadline.remaining()
        chosen = self._pods.choose_container(probe, deadline)
        if isinstance(chosen, Outcome):
            return Attempt(chosen)
        container = chosen or None
        record = self._run(probe, container, deadline)
        outcome = self._judge(probe, record, allowed)
        if outcome.outcome == FORBIDDEN:
            outcome = self._unless_kubectl_may(probe, outcome)
        if outcome.outcome not in _SPEAK_FOR_THEMSELVES and (outcome.rc is None or outcome.rc == 137):
            outcome = self._pods.explain(outcome, probe, container, self._task_deadline)
        return Attempt(
            outcome,
            _text(record.stdout.data, record.stdout.truncated),
            _text(record.stderr.data, record.stderr.truncated),
            record.stdout.truncated,
            record.stderr.truncated,
            record.protocol,
            container,
            record.stdout.data,
            record.stderr.data,
        )

    def line(self, probe: Probe, container: str | None) -> str:
        """The kubectl line for the same."""
        return self._client.kubectl.exec_line(
            namespace=probe.namespace,
            pod=probe.pod,
            container=container,
            command=probe.options["command"],
            stdin=probe.options.get("stdin"),
            stdin_base64=probe.options.get("encoding") == "base64",
            as_user=probe.as_user,
            as_groups=probe.as_groups,
        )

    def _run(self, probe: Probe, container: str | None, deadline: Deadline) -> ExecRecord:
        """Repeats a handshake that was put off or could not be made; never a command that may have begun."""
        request = ExecRequest(
            probe.namespace,
            probe.pod,
            container,
            tuple(probe.options["command"]),
            stdin_bytes(probe),
            probe.as_user,
            probe.as_groups,
        )
        attempt = 0
        while True:
            attempt += 1
            record = run_exec(self._client, request, deadline=deadline, max_output=self._max_output)
            put_off = record.http_status in _NOT_NOW or (record.ending == "lost" and not record.sent)
            pause = max(record.retry_after or 0.0, jittered(min(2.0, 0.1 * 2.0 ** min(attempt, 10))))
            if not put_off or pause >= deadline.remaining():
                return record
            self._sleep(pause)

    def _unless_kubectl_may(self, probe: Probe, outcome: Outcome) -> Outcome:
        """Forbidden, unless it is only the websocket that is.

        A websocket needs the verb get on pods/exec up to Kubernetes 1.34; kubectl, which can do without, needs create, as
        websockets do from 1.35. Who may create may exec, and to call that forbidden would be a lie.
        """
        if 'cannot get resource "pods/exec"' not in outcome.reason:
            return outcome
        attributes = {
            "namespace": probe.namespace,
            "verb": "create",
            "resource": "pods",
            "subresource": "exec",
            "name": probe.pod,
        }
        try:
            review = self._client.request(
                "POST",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                deadline=self._task_deadline.within(ASK_WITHIN),
                body={
                    "apiVersion": "authorization.k8s.io/v1",
                    "kind": "SelfSubjectAccessReview",
                    "spec": {"resourceAttributes": attributes},
                },
                as_user=probe.as_user,
                as_groups=probe.as_groups,
            ).json()
        except KubelabsError:
            return outcome
        if as_map(as_map(review).get("status")).get("allowed") is not True:
            return outcome
        return Outcome(
            API_ERROR,
            f"{probe.as_user or 'the user'} may create pods/exec, so that kubectl can exec, and may not get it, which a websocket "
            "needs before Kubernetes 1.35: grant both verbs",
        )

    def _judge(self, probe: Probe, record: ExecRecord, allowed: float) -> Outcome:
        """The record as an outcome. A Status that has arrived counts, whatever became of the connection afterwards."""
        if record.ending == "refused":
            return classify_refusal(record.http_status, record.http_body, impersonating=probe.as_user)
        status = parse_status(record.error)
        if status is not None:
            return _with_advice(
                probe,
                classify_status(
                    status,
                    probe.options["command"][0],
                    _text(record.stdout.data, False),
                    _text(record.stderr.data, False),
                ),
            )
        if record.ending == "timeout":
            return Outcome(TIMEOUT, _timeout_reason(record, allowed))
        if record.ending == "lost":
            return Outcome(TRANSPORT_LOST, f"the connection was lost: {record.detail or 'no reason known'}")
        if record.error:
            return Outcome(
                API_ERROR, f"the API server ended the command with something that is no Status: {record.error[:200]!r}"
            )
        return Outcome(
            TRANSPORT_LOST, "the connection was closed without a Status, so how the command ended is not known"
        )


def _with_advice(probe: Probe, outcome: Outcome) -> Outcome:
    """A shell line given as if it were the name of a program is a common mistake."""
    words = probe.options["command"]
    if outcome.outcome != NO_SUCH_EXECUTABLE or len(words) > 1 or len(words[0].split()) < 2:
        return outcome
    return replace(outcome, reason=f"{outcome.reason}; command is a list of words, so was {words[0].split()} meant?")


def _timeout_reason(record: ExecRecord, allowed: float) -> str:
    if not record.connected:
        return f"the API server did not begin the command in time ({allowed:.3g} s): {record.detail or 'no answer'}"
    text = f"the command had not ended in time ({allowed:.3g} s)"
    if not record.stdin_closed and record.protocol == V4:
        text += "; it may be waiting for the end of its input, which this API server's protocol (v4) cannot signal"
    return text


def _text(data: bytes, truncated: bool) -> str:
    """UTF-8; a character that the limit has cut through is left away, other bytes that are none are replaced."""
    if truncated:
        for cut in range(1, 4):
            if len(data) >= cut and data[-cut] >= 0xC0:
                needed = 2 if data[-cut] < 0xE0 else 3 if data[-cut] < 0xF0 else 4
                return (data[:-cut] if cut < needed else data).decode("utf-8", "replace")
            if len(data) < cut or data[-cut] < 0x80:
                break
    return data.decode("utf-8", "replace")
