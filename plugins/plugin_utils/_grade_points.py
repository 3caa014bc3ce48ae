# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The points of the steps. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._ground.errors import ArgumentError
from ._grade_terms import NAMES, State, StepGrade


def points_problems(points: Any) -> list[str]:
    """A sentence for everything in the weights of steps that cannot be used; [] where all can."""
    if not isinstance(points, Mapping):
        return [f"{points!r} is no mapping. Set it as in {{restarts: 2}}."]
    problems = [f"{name} is no step. The steps are: {', '.join(NAMES)}." for name in points if name not in NAMES]
    for name, value in points.items():
        if _weight(value) is None:
            problems.append(f"{name} is {value!r}. Give a number, 0 or more.")
    return problems


def weights(points: Mapping[str, Any]) -> dict[str, float]:
    """The points of every step: 1 where nothing else is said.

    Raises:
        ArgumentError: one of them cannot be used.
    """
    problems = points_problems(points)
    if problems:
        raise ArgumentError(f"points: {' '.join(problems)}")
    return {name: _weight(points.get(name, 1)) or 0 for name in NAMES}


def _weight(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not 0 <= number < 1e6:
        return None
    return int(number) if number.is_integer() else number


def points_of(steps: Sequence[StepGrade], points: Mapping[str, float]) -> float:
    """The points of the steps that were reached."""
    return sum(points[one["step"]] for one in steps if one["state"] == State.REACHED)
