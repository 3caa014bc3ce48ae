# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two watches over the pods of a class, from the selector to the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from .._cluster.client import Client
from .._cluster.list_watch import Feed, ListWatch
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, KubelabsError
from .._ground.progress import Progress, Tell, tell_nobody
from .._ground.times import utc_now
from .._ground.wording import named
from .inquiry import decide_by_volumes, explained, why_no_pods
from .ready_judge import ReadyJudge
from .restart_judge import RestartJudge, Until
from .result import ReadyResult, RestartResult, WatchResult, ready_result, restart_result
from .roll import Roll, progress, wait
from .selection import Selection
from .verdict import Ending, JudgeT, VerdictWord

#: Seconds for explaining the endings when the wait is over, of those that are left ...
EXPLAIN_WITHIN = 5.0
#: ... and when none are: the task's timeout is to hold within a second.
EXPLAIN_LATE = 0.5

ResultT = TypeVar("ResultT", bound=WatchResult)


@dataclass(frozen=True)
class Watched(Generic[ResultT]):
    """What a wait came to.

    Attributes:
        results: one for each pod.
        no_pods: where there was none at all, one sentence that says why; '' otherwise.
    """

    results: list[ResultT]
    no_pods: str = ""


@dataclass(frozen=True)
class Start:
    """When a wait began: for people, and on the monotonic clock."""

    at: datetime = field(default_factory=utc_now)
    clock: float = field(default_factory=time.monotonic)


def watch_ready(
    client: Client, selection: Selection, *, min_ready_seconds: float, deadline: Deadline, tell: Tell = tell_nobody
) -> Watched[ReadyResult]:
    """Waits until every pod is ready or cannot become it; see the module pod_ready_watch for the results.

    Raises:
        KubelabsError: the pods cannot be watched.
    """
    start = Start()

    def result(ending: Ending[ReadyJudge]) -> ReadyResult:
        namespace, name = ending.key
        kubectl = client.kubectl.line("get", "pod", name, "-o", "wide", namespace=namespace)
        return ready_result(ending, start.at, ending.at - start.clock, kubectl)

    def tell_about(roll: Roll[ReadyJudge]) -> None:
        tell(lambda: progress(roll.entries.values(), "pods ready"))

    return _watch(client, selection, lambda pod: ReadyJudge(min_ready_seconds), result, deadline, start, tell_about)


def watch_restarts(
    client: Client,
    selection: Selection,
    until: Until,
    *,
    container: str | None,
    deadline: Deadline,
    tell: Tell = tell_nobody,
) -> Watched[RestartResult]:
    """Waits until the condition holds for every pod; see the module pod_restart_watch for the results.

    Raises:
        KubelabsError: the pods cannot be watched.
    """
    start = Start()

    def result(ending: Ending[RestartJudge]) -> RestartResult:
        namespace, name = ending.key
        kubectl = client.kubectl.line("describe", "pod", name, namespace=namespace)
        return restart_result(ending, container, start.at, ending.at - start.clock, kubectl)

    def tell_about(roll: Roll[RestartJudge]) -> None:
        tell(lambda: _restarts(roll))

    return _watch(
        client, selection, lambda pod: RestartJudge(pod, container, until), result, deadline, start, tell_about
    )


def _restarts(roll: Roll[RestartJudge]) -> Progress:
    seen = sum(entry.judge.timeline.restarts for entry in roll.entries.values() if entry.judge)
    told = progress(roll.entries.values(), "pods restarted as awaited")
    restarts = f"{seen} {'restart' if seen == 1 else 'restarts'} seen"
    return told._replace(note="; ".join(filter(None, [restarts, told.note])))


def _watch(
    client: Client,
    selection: Selection,
    make_judge: Callable[[Mapping[str, Any]], JudgeT],
    result: Callable[[Ending[JudgeT]], ResultT],
    deadline: Deadline,
    start: Start,
    tell: Callable[[Roll[JudgeT]], None],
) -> Watched[ResultT]:
    roll = Roll(
        make_judge,
        expected=selection.expected,
        namespaces=selection.namespaces,
        grace=selection.grace,
        started=start.clock,
    )

    def look(roll: Roll[JudgeT]) -> None:
        decide_by_volumes(client, selection, roll, time.monotonic(), deadline)

    feed = Feed(ListWatch(client, selection.path("pods"), selection.selector), deadline)
    try:
        wait(roll, feed, deadline, time.monotonic, look, tell)
    except ApiError as exc:
        advice = (
            " Grant the verbs list and watch on pods there, or ask for one namespace at a time."
            if exc.status == 403
            else ""
        )
        raise KubelabsError(
            f"The pods matching {selection.selector!r} cannot be watched on {client.describe()}: {exc}.{advice}"
        ) from exc
    waited = time.monotonic() - start.clock
    late = Deadline(max(EXPLAIN_LATE, deadline.clip(EXPLAIN_WITHIN)))
    endings = roll.endings()
    if not endings and selection.expected is None:
        return Watched([], why_no_pods(client, selection, waited, late))
    return Watched([result(ending) for ending in explained(client, selection, endings, late)])


def unmet_summary(results: Sequence[WatchResult], what: str) -> str:
    """One sentence for `msg` that names at most ten pods; '' when all have reached it.

    Args:
        what: what is said of the others, such as `did not become ready`.
    """
    bad = [
        f"{one['namespace']}/{one['pod']} ({one['verdict']}: {one['reason'].rstrip('.')})"
        for one in results
        if one["verdict"] != VerdictWord.REACHED
    ]
    return named(bad, len(results), f"pods {what}")
