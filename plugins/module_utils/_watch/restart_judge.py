# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a pod has restarted as it was to, and when it cannot any more. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._ground.json_reading import as_count, as_text
from .._pods.obstacles import Obstacle, describe, describe_container, image_message, obstacle
from .._pods.restart_timeline import Timeline
from .._pods.status import (
    container_names,
    container_specs,
    container_status,
    container_statuses,
    default_container,
    restarts_on,
    state_of,
)
from .verdict import Verdict, VerdictWord


@dataclass(frozen=True)
class Until:
    """What is waited for; everything that is given must hold.

    Attributes:
        restarts: at least this many restarts.
        back_off: the container was seen waiting for its restart (state CrashLoopBackOff).
        completed: a run has ended with exit code 0.
    """

    restarts: int | None = None
    back_off: bool = False
    completed: bool = False

    def missing(self, timeline: Timeline) -> list[str]:
        """What does not hold yet, in words; empty when all of it does."""
        words = []
        if self.restarts is not None and timeline.restarts < self.restarts:
            words.append(f"{timeline.restarts} of {self.restarts} restarts")
        if self.back_off and not timeline.in_back_off:
            words.append("not seen in back-off")
        if self.completed and not timeline.completed:
            words.append("no run has ended with exit code 0")
        return words


class RestartJudge:
    """Builds the timeline of one container and waits for a condition on it.

    Args:
        pod: the pod as it was first seen, from which the container is chosen.
        container: its name; None chooses as kubectl does.
        until: the condition.

    Attributes:
        timeline: the history so far.
    """

    must_hold = False

    def __init__(self, pod: Mapping[str, Any], container: str | None, until: Until) -> None:
        self._until = until
        self._pod: Mapping[str, Any] = pod
        self._obstacle: Obstacle | None = None
        self._since = 0.0
        self._image_message = ""
        self.container = container or default_container(pod) or ""
        self.timeline = Timeline(self.container)

    def observe(self, pod: Mapping[str, Any], at: datetime, now: float) -> None:
        self._pod = pod
        self.timeline.observe(pod)
        self._image_message = image_message(pod) or self._image_message
        found = self._find_obstacle()
        if found is None or not found.goes_on(self._obstacle):
            self._since = now
        self._obstacle = found

    def _find_obstacle(self) -> Obstacle | None:
        """What keeps the container from running again.

        Until it has started for the first time, init containers can keep it from it; other containers never do. That it
        crashes, or that its program cannot be started, is what is waited for as long as the kubelet goes on trying.
        """
        waits_for = {self.container}
        if not self.timeline.runs:
            waits_for |= {as_text(status.get("name")) for init, status in container_statuses(self._pod) if init}
        found = obstacle(self._pod, self._image_message, waits_for)
        if found is not None and found.container == self.container:
            restarts = found.cause == "CrashLoopBackOff" or (
                found.cause == "RunContainerError" and bool(self.timeline.runs)
            )
            return None if restarts else found
        return found

    def verdict(self, now: float) -> Verdict | None:
        missing = self._until.missing(self.timeline)
        if not missing:
            return Verdict(VerdictWord.REACHED, self._reached())
        unknown = self._unknown_container()
        if unknown:
            return unknown
        found = self._obstacle
        if found is not None and now - self._since >= found.patience:
            verdict = VerdictWord.FAILED if found.failed or self.timeline.runs else VerdictWord.NEVER_STARTED
            return Verdict(verdict, f"{', '.join(missing)}, and {found.reason}", found.hint)
        return self._final(missing)

    def _unknown_container(self) -> Verdict | None:
        names = container_names(self._pod)
        init = [str(spec.get("name")) for spec in container_specs(self._pod, "initContainers")]
        if self.container in names or self.container in init:
            return None
        has = ", ".join(names + init) or "none"
        return Verdict(
            VerdictWord.NEVER_STARTED,
            f"the pod has no container {self.container!r}; it has {has}",
            "correct the option container",
        )

    def _final(self, missing: list[str]) -> Verdict | None:
        """The container has ended and its restart policy leaves it so."""
        state, details = state_of(container_status(self._pod, self.container))
        code = details.get("exitCode")
        if state != "terminated" or restarts_on(self._pod, self.container, code if isinstance(code, int) else None):
            return None
        return Verdict(
            VerdictWord.FAILED,
            f"{', '.join(missing)}, and container {self.container} has ended with exit code {code} for good: its "
            "restart policy does not restart it",
            "use a restartPolicy that restarts it, or wait for something else",
        )

    def _reached(self) -> str:
        words = [f"{self.timeline.restarts} restarts"]
        if self.timeline.in_back_off:
            words.append("seen in back-off")
        if self._until.completed:
            words.append("a run ended with exit code 0")
        return ", ".join(words)

    def at_timeout(self) -> Verdict:
        missing = ", ".join(self._until.missing(self.timeline))
        if self._obstacle:
            return Verdict(VerdictWord.TIMEOUT, f"{missing} in time: {self._obstacle.reason}", self._obstacle.hint)
        status = container_status(self._pod, self.container)
        doing = describe_container(status) if status else describe(self._pod)
        return Verdict(VerdictWord.TIMEOUT, f"{missing} in time: {doing}", self._timeout_hint())

    def _timeout_hint(self) -> str:
        others = [
            as_text(status.get("name"))
            for _init, status in container_statuses(self._pod)
            if status.get("name") != self.container and as_count(status.get("restartCount"))
        ]
        if self.timeline.restarts == 0 and others:
            return (
                f"container {self.container} was followed, and it is {', '.join(others)} that restarts: "
                "name it with the option container"
            )
        if not any(run.finished for run in self.timeline.runs.values()):
            return (
                f"container {self.container} has never exited: is it the one that was meant, and does it exit at all?"
            )
        return "wait longer: the back-off doubles up to 5 minutes between restarts"
