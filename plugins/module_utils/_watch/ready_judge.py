# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a pod counts as ready, and when as never becoming it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._ground.times import parse_time
from .._pods.obstacles import Obstacle, describe, image_message, memory_hint, obstacle
from .._pods.status import condition, is_ready
from .verdict import Verdict, VerdictWord


class ReadyJudge:
    """Waits for the Ready condition and gives up as soon as the cluster says that it will not come.

    An obstacle must last as long as its patience says: an image that does not exist is final at once, a node that is
    missing may still be starting. An obstacle that goes away starts anew.

    Args:
        min_ready_seconds: how long the condition must have held, as in a Deployment: a container that exits at once is
            ready for an instant, too.
    """

    must_hold = True

    def __init__(self, min_ready_seconds: float = 0.0) -> None:
        self._min_ready = min_ready_seconds
        self._ready_since: float | None = None
        self._pod: Mapping[str, Any] = {}
        self._obstacle: Obstacle | None = None
        self._since = 0.0
        self._image_message = ""

    def observe(self, pod: Mapping[str, Any], at: datetime, now: float) -> None:
        if not is_ready(pod):
            self._ready_since = None
        elif self._ready_since is None:
            # The cluster's clock need not be ours, so its time counts only for what was before we came.
            self._ready_since = now - (_ready_for(pod, at) if not self._pod else 0.0)
        self._pod = pod
        self._image_message = image_message(pod) or self._image_message
        found = None if is_ready(pod) else obstacle(pod, self._image_message)
        if found is None or not found.goes_on(self._obstacle):
            self._since = now
        self._obstacle = found

    def verdict(self, now: float) -> Verdict | None:
        if self._ready_since is not None:
            return (
                Verdict(VerdictWord.REACHED, "the pod is ready") if now - self._ready_since >= self._min_ready else None
            )
        found = self._obstacle
        if found is None or now - self._since < found.patience:
            return None
        return Verdict(VerdictWord.FAILED if found.failed else VerdictWord.NEVER_STARTED, found.reason, found.hint)

    def at_timeout(self) -> Verdict:
        found = self._obstacle
        if found:
            return Verdict(VerdictWord.TIMEOUT, f"not ready in time: {found.reason}", found.hint)
        return Verdict(
            VerdictWord.TIMEOUT,
            f"not ready in time: {describe(self._pod)}",
            memory_hint(self._pod) or "look at the pod's events (kubectl describe)",
        )


def _ready_for(pod: Mapping[str, Any], at: datetime) -> float:
    """Seconds for which the pod has been ready by its own account. Its times have a resolution of one second."""
    since = parse_time(condition(pod, "Ready").get("lastTransitionTime"))
    return max(0.0, (at - since).total_seconds() - 1.0) if since else 0.0
