# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How sentences for people are put together. Pure."""

from __future__ import annotations

from collections.abc import Sequence

#: How many of many are named in one sentence.
NAMED = 10


def one_line(text: str, longest: int | None = None) -> str:
    """The text with every run of white space as one blank, cut to the given number of characters."""
    return " ".join(text.split())[:longest]


def capital(text: str) -> str:
    """The text with a capital letter."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    text = one_line(text)
    if not text:
        return ""
    return capital(text) + ("" if text[-1] in ".!?" else ".")


def named(items: Sequence[str], total: int, what: str) -> str:
    """``2 of 300 pods did not become ready: a, b.``, with at most NAMED items; '' when there is none.

    Args:
        items: what to name.
        total: how many there were at all.
        what: what is said of the items, such as `pods did not become ready`.
    """
    if not items:
        return ""
    return f"{len(items)} of {total} {what}: {listed(items)}."


def listed(items: Sequence[str]) -> str:
    """``a, b``, or the first NAMED of more: ``a, b, and 290 more``."""
    more = f", and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return f"{', '.join(items[:NAMED])}{more}"
