# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two watches over the pods of a class, from the selector to the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .client import Client
from .deadline import Clock, Deadline, iso, utc_now
from .errors import ApiError, KubelabsError
from .pod_status import as_list, as_map, as_text, columns, is_ready, metadata, pod_ips
from .pod_wait import Entry, Judge, Key, Roll, wait
from .pod_watch import Feed, ListWatch
from .probe import sentence
from .ready import ReadyJudge
from .restart_timeline import Timeline
from .restarts import RestartJudge, Until

PODS = "/api/v1/pods"
#: Seconds for asking why a pod never appeared.
EVENTS_WITHIN = 5.0


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
            "runs": [run.as_dict() for run in timeline.ordered_runs()], "delays": [delay.as_dict() for delay in timeline.delays()],
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
    _tell_why_missing(client, entries)
    if expected is None:
        entries.sort(key=lambda entry: entry.key)
    return [result(entry) for entry in entries]


def _tell_why_missing(client: Client, entries: Sequence[Entry]) -> None:
    """Adds to the verdict on pods that never appeared what their controller said when it could not create them.

    Events are decoration: where there are none, or they may not be read, the verdict stays as it is.
    """
    missing = [entry for entry in entries if entry.pod is None and entry.verdict is not None]
    if not missing:
        return
    try:
        answer = client.get("/api/v1/events", query=[("fieldSelector", "reason=FailedCreate")], deadline=Deadline(EVENTS_WITHIN))
    except KubelabsError:
        return
    said: dict[str, list[str]] = {}
    for event in as_list(as_map(answer).get("items")):
        said.setdefault(as_text(metadata(as_map(event)).get("namespace")), []).append(as_text(as_map(event).get("message")))
    for entry in missing:
        namespace, name = entry.key
        about_it = [message for message in said.get(namespace, []) if name in message]
        if about_it and entry.verdict is not None:
            entry.verdict = replace(entry.verdict, reason=f"{entry.verdict.reason}: {about_it[-1]}")


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
