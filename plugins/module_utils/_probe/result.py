# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module returns about one probe. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from .._ground.times import iso
from .._ground.wording import named, sentence
from .probe import Attempt, Probe


class ProbeResult(TypedDict):
    """One of `results`; RETURN of the modules says what each value is."""

    name: str
    namespace: str
    pod: str
    container: str | None
    met: bool
    outcome: str
    rc: int | None
    stdout: str
    stderr: str
    stdout_truncated: bool
    stderr_truncated: bool
    protocol: str | None
    attempts: int
    started: str | None
    duration: float
    reason: str
    kubectl: str


def make_result(
    probe: Probe,
    attempt: Attempt,
    unmet: Sequence[str],
    *,
    attempts: int,
    started: datetime | None,
    duration: float,
    kubectl: str,
) -> ProbeResult:
    """The result of a probe.

    Args:
        attempt: the one that counts.
        unmet: why it does not meet the expectation, one clause each; empty when it does.
        attempts: how many were made.
        started: when the first began; None without any.
        duration: seconds, all attempts together.
        kubectl: the line that shows the same.
    """
    return {
        "name": probe.name,
        "namespace": probe.namespace,
        "pod": probe.pod,
        "container": attempt.container or probe.container,
        "met": not unmet,
        "outcome": attempt.outcome.word.value,
        "rc": attempt.outcome.rc,
        "stdout": probe.shown(attempt.stdout),
        "stderr": probe.shown(attempt.stderr),
        "stdout_truncated": attempt.stdout.truncated,
        "stderr_truncated": attempt.stderr.truncated,
        "protocol": attempt.protocol,
        "attempts": attempts,
        "started": iso(started),
        "duration": round(duration, 3),
        "reason": sentence("; ".join(unmet) or attempt.outcome.reason),
        "kubectl": kubectl,
    }


def unmet_summary(results: Sequence[ProbeResult]) -> str:
    """One sentence for `msg` that names at most ten probes; '' when every one met its expectation."""
    bad = [f"{result['name']} ({result['reason'].rstrip('.')})" for result in results if not result["met"]]
    return named(bad, len(results), "probes did not meet their expectation")
