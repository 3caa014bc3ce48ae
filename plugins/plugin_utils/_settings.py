# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that people set. Pure."""

from __future__ import annotations

import difflib


def unknown_variables(given: list[str], known: list[str]) -> list[str]:
    """A sentence for every name in `given` that is not in `known`, with the nearest known one: a misspelt variable would
    otherwise do nothing at all, silently."""
    problems = []
    for name in sorted(set(given) - set(known)):
        nearest = difflib.get_close_matches(name, known, n=1)
        remedy = f"Did you mean {nearest[0]}?" if nearest else f"The variables are: {', '.join(sorted(known))}."
        problems.append(f"{name} is not a variable of kubelabs.pods. {remedy}")
    return problems
