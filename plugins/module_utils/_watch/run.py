# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two watches over the pods of a class, from the selector to the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._cluster.client import Client, core_path
from .._cluster.list_watch import Feed, ListWatch
from .._ground.deadline import Clock, Deadline
from .._ground.errors import ApiError, ArgumentError, KubelabsError
from .._ground.fleet import run_bounded, run_fleet
from .._ground.json_reading import as_list, as_map, as_text
from .._ground.times import iso, utc_now
from .._ground.wording import named, sentence
from .._pods import events as pod_events
from .._pods.obstacles import describe
from .._pods.restart_timeline import Timeline
from .._pods.status import columns, is_deleting, is_ready, metadata, pod_ips, uid_of
from .ready_judge import ReadyJudge
from .restart_judge import RestartJudge, Until
from .roll import Entry, Key, Roll, expected_keys, wait
from .verdict import (
    DELETED_MEANWHILE,
    DESELECTED,
    NEVER_STARTED,
    OUT_OF_SIGHT,
    REACHED,
    TIMEOUT,
    Judge,
    Verdict,
    replaced,
)

#: Seconds for asking further when the wait is over, of those that are left ...
ASK_WITHIN = 5.0
#: ... and when none are: the task's timeout is to hold within a second.
ASK_LATE = 0.5
#: Seconds for a look at the events during the wait.
LOOK_WITHIN = 3.0


@dataclass(frozen=True)
class Selection:
    """Which pods are waited for.

    Attributes:
        selector: the label selector.
        expected: exactly these, by (namespace, name); None takes every pod that the selector matches.
        namespaces: without expected, only these count; empty for all.
        grace: seconds that an expected pod, or without expected the first one, may be missing.
    """

    selector: str
    expected: Sequence[Key] | None
    namespaces: Sequence[str]
    grace: float

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Selection:
        """From the options of a module that watches.

        Raises:
            ArgumentError: the selector is empty, or a pod is listed twice.
        """
        if not options["label_selector"].strip():
            raise ArgumentError(
                "label_selector is empty, which would match every pod of the cluster: give a label that your pods carry."
            )
        return cls(options["label_selector"], expected_keys(options["pods"]), options["namespaces"], options["grace"])

    def path(self, resource: str) -> str:
        """Where the API has them. In one namespace that of the namespace, which asks for no rights beyond it."""
        namespaces = (
            set(self.namespaces) if self.expected is None else {namespace for namespace, _name in self.expected}
        )
        return core_path(resource, namespaces.pop() if len(namespaces) == 1 else "")


@dataclass(frozen=True)
class Watched:
    """What a wait came to: a result for each pod, and one sentence where there was none at all."""

    results: list[dict[str, Any]]
    nobody: str = ""


def watch_ready(
    client: Client, selection: Selection, *, min_ready_seconds: float, deadline: Deadline, clock: Clock = time.monotonic
) -> Watched:
    """Waits until every pod is ready or cannot become it; see the module pod_ready_watch for the results.

    Raises:
        KubelabsError: the pods cannot be watched.
    """
    started = utc_now()
    began = clock()

    def result(entry: Entry) -> dict[str, Any]:
        pod = entry.pod or {}
        ips = pod_ips(pod)
        return {
            **_common(entry, client, ("get", "pod", entry.key[1], "-o", "wide"), iso(started), began),
            "pod_ip": ips[0] if ips else "",
            "pod_ips": ips,
            "restarts": columns(pod).restarts,
        }

    return _watch(client, selection, lambda pod: ReadyJudge(min_ready_seconds), result, deadline, clock, began)


def watch_restarts(
    client: Client,
    selection: Selection,
    until: Until,
    *,
    container: str | None,
    deadline: Deadline,
    clock: Clock = time.monotonic,
) -> Watched:
    """Waits until the condition holds for every pod; see the module pod_restart_watch for the results.

    Raises:
        KubelabsError: the pods cannot be watched.
    """
    started = utc_now()
    began = clock()

    def result(entry: Entry) -> dict[str, Any]:
        judge = entry.judge
        timeline = judge.timeline if isinstance(judge, RestartJudge) else Timeline(container or "")
        back_off = timeline.back_off()
        return {
            **_common(entry, client, ("describe", "pod", entry.key[1]), iso(started), began),
            "container": timeline.container,
            "restarts": timeline.restarts,
            "in_back_off": timeline.in_back_off,
            "runs": [run.as_dict() for run in timeline.ordered_runs()],
            "delays": [{**delay.as_dict(), "reason": sentence(delay.reason)} for delay in timeline.delays()],
            "back_off": {"verdict": back_off["verdict"], "reason": sentence(back_off["reason"])},
        }

    return _watch(client, selection, lambda pod: RestartJudge(pod, container, until), result, deadline, clock, began)


def _watch(
    client: Client,
    selection: Selection,
    make_judge: Callable[[Mapping[str, Any]], Judge],
    result: Callable[[Entry], dict[str, Any]],
    deadline: Deadline,
    clock: Clock,
    began: float,
) -> Watched:
    roll = Roll(
        make_judge, expected=selection.expected, namespaces=selection.namespaces, grace=selection.grace, started=began
    )
    feed = Feed(ListWatch(client, selection.path("pods"), selection.selector), deadline)
    try:
        wait(roll, feed, deadline, clock, lambda roll: _look_for_volumes(client, selection, roll, deadline, clock))
    except ApiError as exc:
        advice = (
            " Grant the verbs list and watch on pods there, or ask for one namespace at a time."
            if exc.status == 403
            else ""
        )
        raise KubelabsError(
            f"The pods matching {selection.selector!r} cannot be watched on {client.describe()}: {exc}.{advice}"
        ) from exc
    entries = list(roll.entries.values())
    late = Deadline(max(ASK_LATE, deadline.clip(ASK_WITHIN)))
    if not entries and selection.expected is None:
        return Watched([], _nobody(client, selection, late))
    _ask_further(client, entries, selection, late)
    if selection.expected is None:
        entries.sort(key=lambda entry: entry.key)
    return Watched([result(entry) for entry in entries])


def _look_for_volumes(client: Client, selection: Selection, roll: Roll, deadline: Deadline, clock: Clock) -> None:
    """Decides about pods that wait for a volume which somebody has to create first: their status says nothing of it."""
    waiting = [
        entry
        for entry in roll.undecided()
        if clock() - entry.since >= pod_events.VOLUME_PATIENCE and pod_events.is_creating(entry.pod or {})
    ]
    if not waiting:
        return
    causes = pod_events.causes(_events(client, selection, deadline.within(LOOK_WITHIN)))
    for entry in waiting:
        cause = causes.get(entry.uid)
        if cause and cause.lasting:
            roll.decide(
                entry, Verdict(NEVER_STARTED, f"{describe(entry.pod or {})}; {cause.reason}", cause.hint), clock()
            )


def _ask_further(client: Client, entries: Sequence[Entry], selection: Selection, deadline: Deadline) -> None:
    """Adds to the verdicts what a watch of pods cannot show. Decoration: what cannot be asked leaves the verdict as it is."""
    out_of_sight = [entry for entry in entries if entry.verdict is OUT_OF_SIGHT]
    if out_of_sight:
        run_fleet(
            out_of_sight,
            lambda entry: _tell_where_it_went(client, entry, selection.selector, deadline),
            concurrency=8,
            deadline=deadline,
            on_error=lambda entry, exc: None,
            on_deadline=lambda entry, begun: None,
        )
    unexplained = [
        entry for entry in entries if entry.verdict and (entry.pod is None or entry.verdict.verdict == TIMEOUT)
    ]
    if unexplained:
        _tell_what_events_say(unexplained, _events(client, selection, deadline))


def _tell_where_it_went(client: Client, entry: Entry, selector: str, deadline: Deadline) -> None:
    namespace, name = entry.key
    try:
        pod = as_map(client.get(core_path("pods", namespace, name), deadline=deadline))
    except ApiError as exc:
        if exc.status == 404:
            entry.verdict = DELETED_MEANWHILE
        return
    if uid_of(pod) != entry.uid:
        entry.verdict = replaced(entry.uid, uid_of(pod))
    elif is_deleting(pod):
        entry.verdict = DELETED_MEANWHILE
    else:
        entry.pod = pod
        entry.verdict = Verdict(
            DESELECTED,
            f"the pod is still there, but its labels have changed and did not match {selector!r} any more",
            "find out who has changed its labels, and run again",
        )


def _tell_what_events_say(entries: Sequence[Entry], events: Sequence[Any]) -> None:
    causes, refusals = pod_events.causes(events), pod_events.refusals(events)
    for entry in entries:
        if entry.verdict is None:
            continue
        namespace, name = entry.key
        refused = pod_events.about(name, refusals.get(namespace, []))
        cause = causes.get(entry.uid)
        if entry.pod is None and refused:
            entry.verdict = replace(entry.verdict, reason=f"{entry.verdict.reason}: {refused}")
        elif entry.pod and cause and cause.explains(entry.pod):
            entry.verdict = replace(entry.verdict, reason=f"{entry.verdict.reason}; {cause.reason}", hint=cause.hint)


def _nobody(client: Client, selection: Selection, deadline: Deadline) -> str:
    """Why there is no pod at all, as far as that can be told."""
    where = (
        f" in {', '.join(sorted(selection.namespaces)[:5])}{' and others' if len(selection.namespaces) > 5 else ''}"
        if selection.namespaces
        else ""
    )
    text = f"No pod matching {selection.selector!r} appeared{where} within {selection.grace:g} s"
    refusals = pod_events.refusals(_events(client, selection, deadline))
    refused = sorted(
        namespace for namespace in refusals if not selection.namespaces or namespace in selection.namespaces
    )
    if not refused:
        return f"{text}."
    if selection.namespaces:
        why = f"a controller in {refused[0]} was refused its pods"
    else:
        why = f"perhaps because a controller was refused its pods, as one in {refused[0]} was"
    return f"{text}; {why}: {refusals[refused[0]][-1].rstrip('.')}."


def _events(client: Client, selection: Selection, deadline: Deadline) -> Sequence[Any]:
    """The warnings of the cluster; none where they cannot be read."""
    try:
        answer = run_bounded(
            lambda: client.get(
                selection.path("events"), query=[("fieldSelector", pod_events.FIELD_SELECTOR)], deadline=deadline
            ),
            deadline,
        )
    except KubelabsError:
        return []
    return as_list(as_map(answer).get("items"))


def _common(entry: Entry, client: Client, words: Sequence[str], started: str | None, began: float) -> dict[str, Any]:
    pod = entry.pod or {}
    verdict = entry.verdict
    return {
        "name": "/".join(entry.key),
        "namespace": entry.key[0],
        "pod": entry.key[1],
        "uid": entry.uid,
        "verdict": verdict.verdict if verdict else "timeout",
        "reason": sentence(verdict.reason) if verdict else "Not decided.",
        "hint": sentence(verdict.hint) if verdict else "",
        "ready": is_ready(pod),
        "status": columns(pod).status if pod else "",
        "node": as_text(as_map(pod.get("spec")).get("nodeName")),
        "labels": dict(as_map(metadata(pod).get("labels"))),
        "started": started,
        "duration": round((entry.decided if entry.decided is not None else began) - began, 3),
        "kubectl": client.kubectl.line(*words, namespace=entry.key[0]),
    }


def unmet_summary(results: Sequence[Mapping[str, Any]], what: str) -> str:
    """One sentence for `msg` that names at most ten pods; '' when all have reached it.

    Args:
        what: what is said of the others, such as `did not become ready`.
    """
    bad = [
        f"{one['namespace']}/{one['pod']} ({one['verdict']}: {one['reason'].rstrip('.')})"
        for one in results
        if one["verdict"] != REACHED
    ]
    return named(bad, len(results), f"pods {what}")
