# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks for the pods of probes: which container is meant, and why something went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._cluster.client import Client, core_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, KubelabsError
from .._pods.obstacles import describe
from .._pods.status import container_names, container_specs, container_status, default_container, is_deleting, state_of
from .outcome import Outcome, Word
from .probe import PodUnavailable, Probe

#: Seconds for finding out what became of a pod after something failed; the reason is worth no more.
ASK_WITHIN = 3.0


class PodInspector:
    """Asks for pods, as the connection's own user: what the impersonated may see is not the question here.

    Args:
        client: the API server.
        task_deadline: of the whole task. As far as it permits, reasons for a failure may take a few seconds more than
            the attempt had: a reason is what a person needs.
    """

    def __init__(self, client: Client, task_deadline: Deadline) -> None:
        self._client = client
        self._task_deadline = task_deadline
        self._chosen: dict[tuple[str, str], str | None] = {}

    def container(self, probe: Probe, deadline: Deadline) -> str | None:
        """The container that the probe names, else the one that kubectl would take, looked up once for each pod.

        None leaves the choice to the API server: it takes the container where there is just one, and says so where
        there are more.

        Raises:
            PodUnavailable: there is no such pod, or it cannot be read.
        """
        if probe.container:
            return probe.container
        key = (probe.namespace, probe.pod)
        if key not in self._chosen:
            pod = self._read(probe, deadline)
            self._chosen[key] = None if pod is None else default_container(pod)
        return self._chosen[key]

    def explain(self, outcome: Outcome, probe: Probe, container: str | None) -> Outcome:
        """The outcome, with what the pod is doing added to its reason."""
        try:
            pod = self._read(probe, self._task_deadline.within(ASK_WITHIN))
        except PodUnavailable as exc:
            gone = exc.outcome.word == Word.POD_NOT_FOUND
            return replace(outcome, reason=f"{outcome.reason}; {exc.outcome.reason}") if gone else outcome
        if pod is None:
            return outcome
        name = container or default_container(pod) or ""
        known = _all_containers(pod)
        if name and name not in known:
            return replace(outcome, reason=f"the pod has no container {name!r}; it has {', '.join(known) or 'none'}")
        state, _details = state_of(container_status(pod, name))
        doing = describe(pod)
        if outcome.word == Word.CONTAINER_NOT_RUNNING and state != "running":
            named = f"container {name} " in doing
            return replace(outcome, reason=doing if named else f"container {name} is not running: {doing}")
        if state != "running" or is_deleting(pod):
            return replace(outcome, reason=f"{outcome.reason}; {doing}")
        return outcome

    def unless_never_started(self, outcome: Outcome, probe: Probe, container: str | None) -> Outcome:
        """The outcome, or container_not_running: the log of a pod that has no node yet is an empty answer."""
        try:
            pod = self._read(probe, self._task_deadline.within(ASK_WITHIN))
        except PodUnavailable:
            return outcome
        if pod is None or container_status(pod, container or default_container(pod) or ""):
            return outcome
        return Outcome(Word.CONTAINER_NOT_RUNNING, f"the container has not started: {describe(pod)}")

    def _read(self, probe: Probe, deadline: Deadline) -> Mapping[str, Any] | None:
        """The pod; None where we may not read it, which says nothing about what the probe may do.

        Raises:
            PodUnavailable: there is no such pod, or the API server does not answer with one.
        """
        try:
            pod = self._client.get(core_path("pods", probe.namespace, probe.pod), deadline=deadline)
        except ApiError as exc:
            if exc.status == 403:
                return None
            if exc.status == 404:
                gone = f"there is no pod {probe.pod} in the namespace {probe.namespace}"
                raise PodUnavailable(Outcome(Word.POD_NOT_FOUND, gone)) from exc
            raise PodUnavailable(Outcome(Word.API_ERROR, f"the pod cannot be read: {exc}")) from exc
        except KubelabsError as exc:
            word = Word.TIMEOUT if deadline.expired else Word.TRANSPORT_LOST
            raise PodUnavailable(Outcome(word, f"the pod cannot be read: {exc}")) from exc
        if not isinstance(pod, Mapping):
            raise PodUnavailable(Outcome(Word.API_ERROR, "the API server's answer is not a pod"))
        return pod


def _all_containers(pod: Mapping[str, Any]) -> list[str]:
    others = ("initContainers", "ephemeralContainers")
    return container_names(pod) + [str(spec.get("name")) for kind in others for spec in container_specs(pod, kind)]
