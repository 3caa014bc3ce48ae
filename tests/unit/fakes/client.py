# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client without a server, for tests of what is decided from answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Response, core_path
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.kubectl import Kubectl
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.api_status import ApiStatus
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError


@dataclass(frozen=True)
class Asked:
    """One request, as the client was asked for it.

    Attributes:
        seconds: what was left of its deadline.
        more: the other arguments.
    """

    method: str
    path: str
    seconds: float
    more: dict[str, Any]


@dataclass
class FakeClient:
    """Answers what a test has put in, by path; 404 for everything else.

    Attributes:
        answers: JSON, bytes, or the exception to raise.
        asked: every request.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    kubectl: Kubectl = field(default_factory=Kubectl)

    def put(self, pod: dict[str, Any]) -> None:
        meta = pod["metadata"]
        self.answers[core_path("pods", meta["namespace"], meta["name"])] = pod

    def get(self, path, *, deadline, **more) -> Any:
        return self.request("GET", path, deadline=deadline, **more).json()

    def request(self, method, path, *, deadline, **more) -> Response:
        self.asked.append(Asked(method, path, deadline.remaining(), more))
        answer = self.answers.get(path, refusal(404, "NotFound", "not found"))
        if isinstance(answer, BaseException):
            raise answer
        return Response(200, {}, answer if isinstance(answer, bytes) else json.dumps(answer).encode())


def refusal(status: int, reason: str, message: str, kind: str = "pods") -> ApiError:
    """What the client raises for a Status of the API server."""
    answer = ApiStatus(False, status, reason, message, {"kind": kind})
    return ApiError(status, reason, message, answer=answer)
