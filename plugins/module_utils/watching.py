# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two watches over the pods of a class, from the selector to the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from . import pod_events
from .client import Client
from .deadline import Clock, Deadline, iso, utc_now
from .errors import ApiError, KubelabsError
from .fleet import run_fleet
from .pod_status import as_list, as_map, as_text, columns, is_deleting, is_ready, metadata, pod_ips, uid_of
from .pod_wait import DELETED_MEANWHILE, DESELECTED, OUT_OF_SIGHT, TIMEOUT, Entry, Judge, Key, Roll, Verdict, replaced, wait
from .pod_watch import Feed, ListWatch
from .probe import sentence
from .ready import ReadyJudge
from .restart_timeline import Timeline
from .restarts import RestartJudge, Until

PODS = "/api/v1/pods"
#: Seconds for asking further when the wait is over, of those that are left ...
ASK_WITHIN = 5.0
#: ... and when none are: the task's timeout is to hold within a second.
ASK_LATE = 0.5


def watch_ready(client: Client, selector: str, *, expected: Sequence[Key] | None, namespaces: Sequence[str], grace: float,
                min_ready_seconds: float, deadline: Deadline, clock: Clock) -> list[dict[str, Any]]:
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
            "pod_ip": ips[0] if ips else "", "pod_ips": ips, "restarts": columns(pod).restarts,
        }

    return _watch(client, selector, lambda pod: ReadyJudge(min_ready_seconds), result, expected, namespaces, grace, deadline, clock, began)


def watch_restarts(client: Client, selector: str, until: Until, *, container: str | None, expected: Sequence[Key] | None,
                   namespaces: Sequence[str], grace: float, deadline: Deadline, clock: Clock) -> list[dict[str, Any]]:
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
            "container": timeline.container, "restarts": timeline.restarts, "in_back_off": timeline.in_back_off,
            "runs": [run.as_dict() for run in timeline.ordered_runs()],
            "delays": [{**delay.as_dict(), "reason": sentence(delay.reason)} for delay in timeline.delays()],
            "back_off": {"verdict": back_off["verdict"], "reason": sentence(back_off["reason"])},
        }

    return _watch(
        client, selector, lambda pod: RestartJudge(pod, container, until), result, expected, namespaces, grace, deadline, clock, began
    )


def _watch(client: Client, selector: str, make_judge: Callable[[Mapping[str, Any]], Judge], result: Callable[[Entry], dict[str, Any]],
           expected: Sequence[Key] | None, namespaces: Sequence[str], grace: float, deadline: Deadline, clock: Clock,
           began: float) -> list[dict[str, Any]]:
    roll = Roll(make_judge, expected=expected, namespaces=namespaces, grace=grace, started=began)
    feed = Feed(ListWatch(client, PODS, selector), deadline)
    try:
        wait(roll, feed, deadline, clock)
    except ApiError as exc:
        raise KubelabsError(f"The pods matching {selector!r} cannot be watched on {client.describe()}: {exc}.") from exc
    entries = list(roll.entries.values())
    _ask_further(client, entries, selector, Deadline(max(ASK_LATE, deadline.clip(ASK_WITHIN))))
    if expected is None:
        entries.sort(key=lambda entry: entry.key)
    return [result(entry) for entry in entries]


def _ask_further(client: Client, entries: Sequence[Entry], selector: str, deadline: Deadline) -> None:
    """Adds to the verdicts what a watch of pods cannot show. Decoration: what cannot be asked leaves the verdict as it is."""
    out_of_sight = [entry for entry in entries if entry.verdict is OUT_OF_SIGHT]
    if out_of_sight:
        run_fleet(
            out_of_sight, lambda entry: _tell_where_it_went(client, entry, selector, deadline), concurrency=8, deadline=deadline,
            on_error=lambda entry, exc: None, on_deadline=lambda entry, begun: None,
        )
    unexplained = [entry for entry in entries if entry.verdict and (entry.pod is None or entry.verdict.verdict == TIMEOUT)]
    if unexplained:
        _tell_what_events_say(client, unexplained, deadline)


def _tell_where_it_went(client: Client, entry: Entry, selector: str, deadline: Deadline) -> None:
    namespace, name = entry.key
    try:
        pod = as_map(client.get(f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(name, safe='')}", deadline=deadline))
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
            DESELECTED, f"the pod is still there, but its labels have changed and did not match {selector!r} any more",
            "find out who has changed its labels, and run again",
        )


def _tell_what_events_say(client: Client, entries: Sequence[Entry], deadline: Deadline) -> None:
    try:
        answer = client.get("/api/v1/events", query=[("fieldSelector", pod_events.FIELD_SELECTOR)], deadline=deadline)
    except KubelabsError:
        return
    events = as_list(as_map(answer).get("items"))
    causes, refusals = pod_events.causes(events), pod_events.refusals(events)
    for entry in entries:
        if entry.verdict is None:
            continue
        namespace, name = entry.key
        refused = [message for message in refusals.get(namespace, []) if name in message]
        cause = causes.get(entry.uid)
        if entry.pod is None and refused:
            entry.verdict = replace(entry.verdict, reason=f"{entry.verdict.reason}: {refused[-1]}")
        elif cause:
            entry.verdict = replace(entry.verdict, reason=f"{entry.verdict.reason}; {cause.reason}", hint=cause.hint)


def _common(entry: Entry, client: Client, words: Sequence[str], started: str | None, began: float) -> dict[str, Any]:
    pod = entry.pod or {}
    verdict = entry.verdict
    return {
        "name": "/".join(entry.key), "namespace": entry.key[0], "pod": entry.key[1], "uid": entry.uid,
        "verdict": verdict.verdict if verdict else "timeout", "reason": sentence(verdict.reason) if verdict else "Not decided.",
        "hint": sentence(verdict.hint) if verdict else "", "ready": is_ready(pod), "status": columns(pod).status if pod else "",
        "node": as_text(as_map(pod.get("spec")).get("nodeName")), "labels": dict(as_map(metadata(pod).get("labels"))),
        "started": started, "duration": round((entry.decided if entry.decided is not None else began) - began, 3),
        "kubectl": client.kubectl.line(*words, namespace=entry.key[0]),
    }
