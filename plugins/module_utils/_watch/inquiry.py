# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the API server for what a watch of pods does not show. What cannot be asked leaves everything as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._cluster.client import Client, core_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, KubelabsError
from .._ground.fleet import run_bounded, run_fleet
from .._ground.json_reading import as_list, as_map
from .._ground.wording import sentence
from .._pods import events as pod_events
from .._pods.obstacles import describe
from .._pods.status import is_deleting, uid_of
from .roll import Roll
from .selection import Selection
from .verdict import (
    DELETED_MEANWHILE,
    OUT_OF_SIGHT,
    Ending,
    JudgeT,
    Verdict,
    VerdictWord,
    replaced,
)

#: Seconds for a look at the events during the wait.
LOOK_WITHIN = 3.0


def decide_by_volumes(client: Client, selection: Selection, roll: Roll[JudgeT], now: float, deadline: Deadline) -> None:
    """Decides about pods that wait for a volume which somebody has to create first: their status says nothing of it."""
    waiting = [
        entry
        for entry in roll.undecided()
        if now - entry.since >= pod_events.VOLUME_PATIENCE and pod_events.is_creating(entry.pod)
    ]
    if not waiting:
        return
    causes = pod_events.causes(_warnings(client, selection, deadline.within(LOOK_WITHIN)))
    for entry in waiting:
        cause = causes.get(entry.uid)
        if cause and cause.needs_somebody:
            reason = f"{describe(entry.pod)}; {cause.reason}"
            roll.decide(entry, Verdict(VerdictWord.NEVER_STARTED, reason, cause.hint), now)


def explained(
    client: Client, selection: Selection, endings: Iterable[Ending[JudgeT]], deadline: Deadline
) -> list[Ending[JudgeT]]:
    """The endings, with what else the cluster knows about those that a watch of pods cannot explain."""
    found = _found_again(client, selection, list(endings), deadline)
    unexplained = [ending for ending in found if not ending.pod or ending.verdict.word == VerdictWord.TIMEOUT]
    if not unexplained:
        return found
    events = _warnings(client, selection, deadline)
    causes, refusals = pod_events.causes(events), pod_events.refusals(events)
    return [_with_cause(ending, causes, refusals) for ending in found]


def _found_again(
    client: Client, selection: Selection, endings: list[Ending[JudgeT]], deadline: Deadline
) -> list[Ending[JudgeT]]:
    """Where the pods are that the watch has lost sight of."""
    lost = [index for index, ending in enumerate(endings) if ending.verdict == OUT_OF_SIGHT]
    if lost:
        looked_for = run_fleet(
            [endings[index] for index in lost],
            lambda ending: _look_for(client, ending, selection.selector, deadline),
            concurrency=8,
            deadline=deadline,
            on_error=lambda ending, exc: ending,
            on_deadline=lambda ending, begun: ending,
        )
        for index, ending in zip(lost, looked_for, strict=True):
            endings[index] = ending
    return endings


def _look_for(client: Client, ending: Ending[JudgeT], selector: str, deadline: Deadline) -> Ending[JudgeT]:
    namespace, name = ending.key
    try:
        pod = as_map(client.get(core_path("pods", namespace, name), deadline=deadline))
    except ApiError as exc:
        return replace(ending, verdict=DELETED_MEANWHILE) if exc.status == 404 else ending
    if uid_of(pod) != ending.uid:
        return replace(ending, verdict=replaced(ending.uid, uid_of(pod)))
    if is_deleting(pod):
        return replace(ending, verdict=DELETED_MEANWHILE)
    verdict = Verdict(
        VerdictWord.DESELECTED,
        f"the pod is still there, but its labels have changed and did not match {selector!r} any more",
        "find out who has changed its labels, and run again",
    )
    return replace(ending, pod=pod, verdict=verdict)


def _with_cause(
    ending: Ending[JudgeT], causes: Mapping[str, pod_events.Cause], refusals: Mapping[str, Sequence[str]]
) -> Ending[JudgeT]:
    verdict = ending.verdict
    if not ending.pod:
        namespace, name = ending.key
        refused = pod_events.about(name, refusals.get(namespace, ()))
        if refused:
            hint = pod_events.refusal_hint(refused) or verdict.hint
            verdict = replace(verdict, reason=f"{verdict.reason}: {refused}", hint=hint)
    elif verdict.word == VerdictWord.TIMEOUT:
        cause = causes.get(ending.uid)
        if cause and cause.explains(ending.pod):
            verdict = replace(verdict, reason=f"{verdict.reason}; {cause.reason}", hint=cause.hint)
    return replace(ending, verdict=verdict)


def why_no_pods(client: Client, selection: Selection, waited: float, deadline: Deadline) -> str:
    """Why there is no pod at all, as far as that can be told, in one sentence; in another what to do about it.

    Args:
        waited: seconds that the wait took; where the timeout is the shorter of the two it is less than the grace.
    """
    namespaces = sorted(selection.namespaces)
    where = f" in {', '.join(namespaces[:5])}{' and others' if len(namespaces) > 5 else ''}" if namespaces else ""
    text = f"No pod matching {selection.selector!r} appeared{where} within {min(selection.grace, round(waited, 1)):g} s"
    refusals = pod_events.refusals(_warnings(client, selection, deadline))
    refused = sorted(namespace for namespace in refusals if not namespaces or namespace in namespaces)
    if not refused:
        return f"{text}."
    if namespaces:
        why = f"a controller in {refused[0]} was refused its pods"
    else:
        why = f"perhaps because a controller was refused its pods, as one in {refused[0]} was"
    message = refusals[refused[0]][-1]
    return f"{text}; {why}: {message.rstrip('.')}. {sentence(pod_events.refusal_hint(message))}".rstrip()


def _warnings(client: Client, selection: Selection, deadline: Deadline) -> Sequence[Any]:
    """The warnings of the cluster; none where they cannot be read."""
    query = [("fieldSelector", pod_events.FIELD_SELECTOR)]
    try:
        answer = run_bounded(
            lambda: client.get(selection.path("events"), query=query, deadline=deadline),
            deadline,
        )
    except KubelabsError:
        return []
    return as_list(as_map(answer).get("items"))
