# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt of an exec probe: run, classify, and where it failed ask the pod why."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from .._cluster.client import Client
from .._cluster.exec_stream import V4, Ending, ExecRecord, run_exec
from .._ground.api_status import ApiStatus
from .._ground.deadline import Deadline, backoff
from .._ground.errors import KubelabsError
from .._ground.json_reading import as_map
from .inspector import ASK_WITHIN, PodInspector
from .outcome import Outcome, Word, classify_refusal, classify_status
from .probe import BASE64, Attempt, ExecProbe, Output

#: Answers to the handshake that say "not now": nothing has been executed, so asking again is harmless. 502 and 504 are
#: not among them: a proxy that says so may have passed the request on.
_NOT_NOW = frozenset({429, 503})
#: After these the pod's status adds nothing.
_EXPLAINED = frozenset({Word.OK, Word.NO_SUCH_EXECUTABLE, Word.FORBIDDEN, Word.POD_NOT_FOUND})


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
        self._pods = PodInspector(client, task_deadline)
        self._sleep = sleep

    def perform(self, probe: ExecProbe, deadline: Deadline) -> Attempt:
        """One attempt; see Prober."""
        allowed = deadline.remaining()
        container = self._pods.container(probe, deadline)
        record = self._run(replace(probe, container=container), deadline)
        attempt = Attempt(
            _judge(probe, record, allowed),
            stdout=Output(record.stdout.data, record.stdout.truncated),
            stderr=Output(record.stderr.data, record.stderr.truncated),
            protocol=record.protocol,
            container=container,
        )
        return replace(attempt, outcome=self._ask_further(attempt.outcome, probe, container))

    def line(self, probe: ExecProbe, container: str | None) -> str:
        """``kubectl exec``."""
        return self._client.kubectl.exec_line(
            namespace=probe.namespace,
            pod=probe.pod,
            container=container,
            command=probe.command,
            stdin=None if probe.stdin is None else probe.shown(Output(probe.stdin)),
            stdin_base64=probe.encoding == BASE64,
            as_user=probe.as_user,
            as_groups=probe.as_groups,
        )

    def _run(self, probe: ExecProbe, deadline: Deadline) -> ExecRecord:
        """Repeats a handshake that was put off or could not be made; never a command that may have begun."""
        attempt = 0
        while True:
            attempt += 1
            record = run_exec(self._client, probe, deadline=deadline, max_output=self._max_output)
            put_off = record.http_status in _NOT_NOW or (record.ending == Ending.LOST and not record.sent)
            pause = max(record.retry_after or 0.0, backoff(attempt, longest=2.0))
            if not put_off or pause >= deadline.remaining():
                return record
            self._sleep(pause)

    def _ask_further(self, outcome: Outcome, probe: ExecProbe, container: str | None) -> Outcome:
        """The outcome, with what only the API server knows: whether forbidden is true, and what the pod is doing."""
        if outcome.word == Word.FORBIDDEN:
            outcome = self._unless_kubectl_may(probe, outcome)
        if outcome.word in _EXPLAINED or outcome.rc not in (None, 137):
            return outcome
        return self._pods.explain(outcome, probe, container)

    def _unless_kubectl_may(self, probe: ExecProbe, outcome: Outcome) -> Outcome:
        """Forbidden, unless it is only the websocket that is.

        A websocket needs the verb get on pods/exec up to Kubernetes 1.34; kubectl, which can do without, needs create,
        as websockets do from 1.35. Who may create may exec, and to call that forbidden would be a lie.
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
            Word.API_ERROR,
            f"{probe.as_user or 'the user'} may create pods/exec, so that kubectl can exec, and may not get it, which "
            "a websocket needs before Kubernetes 1.35: grant both verbs",
        )


def _judge(probe: ExecProbe, record: ExecRecord, allowed: float) -> Outcome:
    """The record as an outcome. A Status that has arrived counts, whatever became of the connection afterwards."""
    if record.ending == Ending.REFUSED:
        answer = ApiStatus.parse(record.http_body)
        return classify_refusal(record.http_status, answer, record.http_body, impersonating=probe.as_user)
    status = ApiStatus.parse(record.error)
    if status is not None:
        stdout, stderr = Output(record.stdout.data), Output(record.stderr.data)
        return _with_advice(probe, classify_status(status, probe.command[0], stdout.text, stderr.text))
    if record.ending == Ending.TIMEOUT:
        return Outcome(Word.TIMEOUT, _timeout_reason(record, allowed))
    if record.ending == Ending.LOST:
        return Outcome(Word.TRANSPORT_LOST, f"the connection was lost: {record.detail or 'no reason known'}")
    if record.error:
        began = record.error[:200]
        return Outcome(Word.API_ERROR, f"the API server ended the command with something that is no Status: {began!r}")
    return Outcome(
        Word.TRANSPORT_LOST, "the connection was closed without a Status, so how the command ended is not known"
    )


def _with_advice(probe: ExecProbe, outcome: Outcome) -> Outcome:
    """A shell line given as if it were the name of a program is a common mistake."""
    words = probe.command[0].split()
    if outcome.word != Word.NO_SUCH_EXECUTABLE or len(probe.command) > 1 or len(words) < 2:
        return outcome
    return replace(outcome, reason=f"{outcome.reason}; command is a list of words, so was {words} meant?")


def _timeout_reason(record: ExecRecord, allowed: float) -> str:
    if not record.connected:
        return f"the API server did not begin the command in time ({allowed:.3g} s): {record.detail or 'no answer'}"
    text = f"the command had not ended in time ({allowed:.3g} s)"
    if not record.stdin_closed and record.protocol == V4:
        text += "; it may be waiting for the end of its input, which this API server's protocol (v4) cannot signal"
    return text
