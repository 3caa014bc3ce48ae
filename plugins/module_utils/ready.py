# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a pod counts as ready, and when as never becoming it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .pod_status import Obstacle, describe, image_message, is_ready, obstacle
from .pod_wait import FAILED, NEVER_STARTED, REACHED, TIMEOUT, Verdict


class ReadyJudge:
    """Waits for the Ready condition and gives up as soon as the cluster says that it will not come.

    An obstacle must last as long as its patience says: an image that does not exist is final at once, a node that is
    missing may still be starting. An obstacle that goes away starts anew.
    """

    def __init__(self) -> None:
        self._pod: Mapping[str, Any] = {}
        self._obstacle: Obstacle | None = None
        self._since = 0.0
        self._image_message = ""

    def observe(self, pod: Mapping[str, Any], at: datetime, now: float) -> None:
        self._pod = pod
        self._image_message = image_message(pod) or self._image_message
        found = None if is_ready(pod) else obstacle(pod, self._image_message)
        if found is None or self._obstacle is None or _family(found) != _family(self._obstacle):
            self._since = now
        self._obstacle = found

    def verdict(self, now: float) -> Verdict | None:
        if is_ready(self._pod):
            return Verdict(REACHED, "the pod is ready")
        found = self._obstacle
        if found is None or now - self._since < found.patience:
            return None
        return Verdict(FAILED if found.failed else NEVER_STARTED, found.reason, found.hint)

    def at_timeout(self) -> Verdict:
        found = self._obstacle
        if found:
            return Verdict(TIMEOUT, f"not ready in time: {found.reason}", found.hint)
        return Verdict(TIMEOUT, f"not ready in time: {describe(self._pod)}", "look at the pod's events (kubectl describe)")


def _family(found: Obstacle) -> str:
    """ErrImagePull and ImagePullBackOff alternate while the same pull keeps failing."""
    return "ErrImagePull" if found.kind == "ImagePullBackOff" else found.kind
