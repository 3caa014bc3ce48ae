# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables for a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils._progress import wrapped
from ansible_collections.kubelabs.pods.plugins.plugin_utils._text_table import (
    LEAST_NAME,
    columns_of,
    cut,
    fitted_table,
    text_table,
)

NAMES = st.text(st.sampled_from("ab 李ا́é"), min_size=1, max_size=60)
HEADER = [["student"], ["points"], ["web", "pod"], ["exec"]]
STEPS = ["Web pod", "Exec"]


@given(NAMES, st.integers(1, 80))
def test_a_text_that_is_cut_says_so_and_fits(text, columns):
    short = cut(text, columns)
    assert columns_of(short) <= columns
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(st.lists(NAMES, min_size=1, max_size=4), st.integers(30, 120))
def test_no_line_is_wider_than_the_terminal_and_no_row_is_lost(names, columns):
    rows = [[name, "10", "ok", "?"] for name in names]
    lines = fitted_table(HEADER, rows, STEPS, columns)
    assert max(map(columns_of, lines)) <= columns
    assert sum(line.split()[-2:] == ["ok", "?"] for line in lines) == len(rows)


def test_what_fits_is_as_it_is():
    rows = [["Anna", "10", "ok", "?"]]
    whole = text_table(HEADER, rows)
    assert fitted_table(HEADER, rows, STEPS, 0) == fitted_table(HEADER, rows, STEPS, max(map(len, whole))) == whole
    assert fitted_table(HEADER, rows, STEPS, len(whole[-1]) - 1, {"ok": "+"})[2:] == [
        "Anna    10     + ?",
        "",
        "  1 Web pod, 2 Exec",
        "",
    ]


@pytest.mark.parametrize("columns", [40, 100, 126, 140])
def test_a_number_stays_with_its_name_where_the_callback_shows_it(columns):
    steps = [f"step_{number}" for number in range(1, 41)]
    header = [*HEADER[:2], *([step] for step in steps)]
    table = "\n".join(fitted_table(header, [["Anna", "10", *["ok"] * 40]], steps, columns)).rstrip()
    shown = wrapped(table, min(columns, 120))
    assert shown == table
    explained = ", ".join(line.strip().rstrip(",") for line in shown.partition("\n\n")[2].splitlines())
    assert explained == ", ".join(f"{number} {step}" for number, step in enumerate(steps, 1))


def test_however_narrow_a_terminal_something_of_a_name_is_left():
    lines = fitted_table(HEADER, [["x" * 60, "10", "ok", "?"]], STEPS, 20)
    assert f"{'x' * (LEAST_NAME - 1)}… 10" in lines[2]
