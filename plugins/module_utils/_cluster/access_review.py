# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the owner of a connection may do, asked of the API server. Nothing of it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._ground.deadline import Deadline
from .._ground.json_reading import as_map, as_text
from .._ground.wording import one_line
from .client import Client

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
#: Of what is asked about: all text, and empty where it does not matter.
FIELDS = ("verb", "resource", "subresource", "group", "namespace")

Access = Mapping[str, str]


def argument_spec() -> dict[str, Any]:
    """The options that describe one such thing."""
    required = ("verb", "resource")
    return {
        field: {"type": "str", "required": True} if field in required else {"type": "str", "default": ""}
        for field in FIELDS
    }


def read_access(options: Mapping[str, Any]) -> Access:
    """Of an item of such an option what is asked about."""
    return {field: options[field] for field in FIELDS}


def review(client: Client, access: Access, deadline: Deadline) -> dict[str, Any]:
    """The same with `allowed`, None where the server did not say, and `reason`, in its words and often empty.

    Raises:
        ApiError, TransportError, DeadlineExceeded: there was no answer.
    """
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {field: value for field, value in access.items() if value}},
    }
    status = as_map(as_map(client.request("POST", REVIEWS, body=body, deadline=deadline).json()).get("status"))
    allowed = status.get("allowed")
    return {
        **access,
        "allowed": allowed if isinstance(allowed, bool) else None,
        "reason": one_line(as_text(status.get("reason")) or as_text(status.get("evaluationError"))),
    }
