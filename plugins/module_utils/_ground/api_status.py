# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Status object, in which the Kubernetes API says how something went. Pure.

It comes as the body of an HTTP error, as the last word of an exec, and as an ERROR inside a watch. Source:
k8s.io/apimachinery/pkg/apis/meta/v1, type Status.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .json_reading import as_list, as_map, as_text


@dataclass(frozen=True)
class ApiStatus:
    """What a Status says.

    Attributes:
        success: whether it says Success.
        code: the HTTP status that goes with it; 0 where it has none.
        reason: one word such as `NotFound` or `Expired`; '' where it has none.
        message: the sentence for people; '' where it has none.
        details: what is more, as it came.
    """

    success: bool
    code: int = 0
    reason: str = ""
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any) -> ApiStatus | None:
        """From parsed JSON; None where that is no Status."""
        status = as_map(value)
        if status.get("kind", "Status") != "Status" or status.get("status") not in ("Success", "Failure"):
            return None
        code = status.get("code")
        return cls(
            success=status["status"] == "Success",
            code=code if isinstance(code, int) and not isinstance(code, bool) else 0,
            reason=as_text(status.get("reason")),
            message=as_text(status.get("message")),
            details=as_map(status.get("details")),
        )

    @classmethod
    def parse(cls, raw: bytes | str) -> ApiStatus | None:
        """From what was received; None where that is no JSON, or no Status."""
        try:
            return cls.of(json.loads(raw))
        except (ValueError, RecursionError):
            return None

    @property
    def kind(self) -> str:
        """The resource it is about, such as `pods`; '' where it does not say."""
        return as_text(self.details.get("kind"))

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait, or None."""
        return number_in(self.details.get("retryAfterSeconds"))

    @property
    def exit_code(self) -> int | None:
        """The exit code of a command, which it has where it says Success or has the reason NonZeroExitCode and a
        cause ExitCode.

        Source: k8s.io/apimachinery/pkg/util/remotecommand and k8s.io/kubelet/pkg/cri/streaming/remotecommand.
        """
        if self.success:
            return 0
        if self.reason != "NonZeroExitCode":
            return None
        for cause in map(as_map, as_list(self.details.get("causes"))):
            message = as_text(cause.get("message"))
            if cause.get("reason") == "ExitCode" and re.fullmatch(r"-?\d{1,10}", message):
                return int(message)
        return None


def number_in(value: Any) -> float | None:
    """The number, 0 or more, that a header or a field holds; None where it is a date, nonsense or not there."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number >= 0 else None
