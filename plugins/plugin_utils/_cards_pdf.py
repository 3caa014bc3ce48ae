# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A page of HTML as PDF, with WeasyPrint, where that is installed and the fonts for the names are.

It is a program of its own, so that a large class takes no memory of Ansible's, and a library that breaks breaks only
that.
"""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable

#: Seconds for the PDF of a class. A thousand cards take about one minute.
LONGEST = 900
#: Seconds for the list of fonts.
FONTS_LONGEST = 30
#: Letters that are named in a message.
NAMED = 10
FONTS = "such as Debian's fonts-noto-core and fonts-noto-cjk"


class NoPdf(Exception):
    """There can be no PDF; ``str()`` is one sentence that says why, and what to do about it."""


def trouble(names: Iterable[str]) -> str:
    """Why a page with the names cannot become a PDF here; '' where it can. See NoPdf."""
    if not _program():
        return "WeasyPrint is not installed. For it, pip install weasyprint, which needs the library Pango."
    missing = _without_font(names)
    if missing:
        return f"no font on this machine has {' '.join(missing[:NAMED])}. Install fonts for it, {FONTS}."
    return ""


def made_of(html: str) -> bytes:
    """The page as PDF.

    Raises:
        NoPdf: it could not be made.
    """
    try:
        done = subprocess.run(
            [*_program(), "--quiet", "-", "-"],
            input=html.encode("utf-8", "backslashreplace"),
            capture_output=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoPdf(f"WeasyPrint was not ready after {LONGEST} s. Make it of fewer students at a time.") from None
    except OSError as exc:
        raise NoPdf(f"WeasyPrint could not be started ({exc.strerror}). Install it anew.") from None
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise NoPdf(
            f"WeasyPrint failed ({said[-1].strip()[:200]}). It needs the library Pango, Debian's libpangoft2-1.0-0."
        )
    return done.stdout


def _program() -> list[str]:
    """How to start WeasyPrint; [] where it is not there."""
    if importlib.util.find_spec("weasyprint"):
        return [sys.executable, "-m", "weasyprint"]
    found = shutil.which("weasyprint")
    return [found] if found else []


def _without_font(names: Iterable[str]) -> list[str]:
    """The letters of the names that no font has; [] where it cannot be told."""
    fonts = _fonts()
    if not fonts:
        return []
    letters = {char for name in names for char in name if unicodedata.category(char)[0] in "LMNS"}
    return sorted(char for char in letters if not any(first <= ord(char) <= last for first, last in fonts))


@functools.cache
def _fonts() -> frozenset[tuple[int, int]]:
    """The ranges of characters for which there are fonts; empty where fontconfig's program is missing."""
    try:
        done = subprocess.run(
            ["fc-list", "--format=%{charset}\n"], capture_output=True, text=True, timeout=FONTS_LONGEST, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return _ranges(done.stdout)


def _ranges(said: str) -> frozenset[tuple[int, int]]:
    """From `20-7e a0` on each line to numbers."""
    made = set()
    for word in said.split():
        first, _hyphen, last = word.partition("-")
        try:
            made.add((int(first, 16), int(last or first, 16)))
        except ValueError:  # a form of the list that we do not know
            continue
    return frozenset(made)
