# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `kubernetes.core.k8s` says of an object that could not be applied, as a sentence for people. Pure.

With continue_on_error its answer for an object has an `error` with a `msg` such as `Failed to apply object:
{"kind":"Status",...}`: the body of the API server's answer, or where there was none the text of a Python exception.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..module_utils._ground.api_status import ApiStatus
from ..module_utils._ground.json_reading import as_list, as_map, as_text
from ..module_utils._ground.secrets import MASK
from ..module_utils._ground.wording import one_line, sentence

#: Characters of a message: Pod Security lists every field that it misses, and needs most of them.
LONGEST = 700

# What to do about a refusal, by what its message says; the first that is found counts. Sources of the messages:
# k8s.io/apiserver/pkg/admission, plugin/pkg/admission and pkg/apis/core/validation in kubernetes/kubernetes.
REMEDIES = tuple(
    (re.compile(pattern), remedy)
    for pattern, remedy in (
        (
            r"may not change fields other than|field is immutable",
            "It cannot be changed while it exists, and is not replaced because it lacks the labels of the class: delete"
            " it yourself, then run the playbook again",
        ),
        (
            r"exceeded quota|failed quota|(maximum|minimum) \S+ usage per",
            "Change the quota or the limits of the namespace, or the resources of the lab's pods (lab_pods_resources,"
            " restart_challenge_resources)",
        ),
        (
            r"violates PodSecurity",
            "Change the namespace's label pod-security.kubernetes.io/enforce (classroom_labels)",
        ),
        (
            r"User .* cannot \w+ resource",
            "Ask whoever administers the cluster for this right, or use another kubeconfig",
        ),
        (
            r"being terminated|object is being deleted",
            "Run the playbook again when it is gone",
        ),
        (
            r"service account|status unknown for quota",
            "The namespace is not ready yet: run the playbook again",
        ),
        (r"namespaces? \S+ not found", "Run kubelabs.pods.provision first"),
        (
            r"denied the request|denied request",
            "Change that policy of the cluster, or ask whoever administers it",
        ),
    )
)
UNANSWERED = "Look whether the API server is there and well, then run the playbook again"
ANY_OTHER = "Correct that, then run the playbook again"


class Refusal(NamedTuple):
    """Why an object could not be applied.

    Attributes:
        message: the API server's, or the library's where the server did not answer; on one line.
        remedy: what to do next, a sentence without its full stop.
        unchangeable: whether fields were to change that cannot be changed while the object exists.
    """

    message: str
    remedy: str
    unchangeable: bool = False

    def says(self, what: str) -> str:
        """The refusal of `what`, such as `the pod web`, with what to do next."""
        return f"Kubernetes refused {what}: {sentence(self.message)} {sentence(self.remedy)}"


def refusal(error: Mapping[str, Any]) -> Refusal:
    """From the `error` in one answer of `kubernetes.core.k8s`."""
    raw = as_text(error.get("msg"))
    status = _status(raw)
    message = _message(status) if status else one_line(raw) or "no reason given"
    message = _without_credentials(message)
    if len(message) > LONGEST:
        message = message[: LONGEST - 1] + "…"
    remedy = next((what_to_do for pattern, what_to_do in REMEDIES if pattern.search(message)), None)
    return Refusal(
        message,
        remedy or (ANY_OTHER if status and status.code < 429 else UNANSWERED),
        unchangeable=bool(status and status.code == 422 and REMEDIES[0][0].search(message)),
    )


def _status(raw: str) -> ApiStatus | None:
    """The Status object in the text, which may stand there as Python writes bytes."""
    start = raw.find("{")
    if start < 0:
        return None
    body = raw[start:].rstrip()
    if raw[:start].endswith(("b'", 'b"')):
        try:
            body = ast.literal_eval(raw[start - 2 :].rstrip()).decode(errors="replace")
        except (SyntaxError, ValueError):
            return None
    return ApiStatus.parse(body)


def _message(status: ApiStatus) -> str:
    """The Status's message, without the Go dump of both specs that follows a refused change of a pod."""
    if status.code == 422:
        # "Pod "web" is invalid: spec: Forbidden: pod updates may not change ...\n  core.PodSpec{ ..."
        return one_line(status.message.split("\n", 1)[0])
    causes = [as_text(as_map(cause).get("message")) for cause in as_list(status.details.get("causes"))]
    return one_line(status.message) or one_line("; ".join(causes)) or status.reason or f"HTTP {status.code}"


def _without_credentials(message: str) -> str:
    return re.sub(r"(?i)\b(bearer|basic)\s+[^\s'\"]+", rf"\1 {MASK}", message)
