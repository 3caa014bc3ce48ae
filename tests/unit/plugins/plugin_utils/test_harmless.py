# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils._harmless import LONGEST, harmless, harmless_line

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates, too


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Zoë 美玲 محمد 👩‍🔬", "Zoë 美玲 محمد 👩‍🔬", id="names"),
        pytest.param("a\nb\tc", "a\nb\tc", id="lines-and-tabs"),
        pytest.param("a\r\nb", "a\nb", id="lines-of-windows"),
        pytest.param("50 %\r100 %", "50 %␍100 %", id="carriage-return"),
        pytest.param("\x1b[1;31mred\x1b[0m", "red", id="colours"),
        pytest.param("\x1b]0;title\x07\x1b[2J", "␛]0;title␇␛[2J", id="what-a-terminal-does"),
        pytest.param("\x00\x7f\x9b", "␀␡\\x9b", id="controls"),
        pytest.param("moc\u202egnp", "moc\\u202egnp", id="direction"),
        pytest.param("a\u2067b\u200bc\ufeff\u2028", "a\\u2067b\\u200bc\\ufeff\\u2028", id="what-shows-nothing"),
        pytest.param("\udc80\ud800", "\\udc80\\ud800", id="lone-surrogates"),
        pytest.param("\uffff\U000e0041", "\\uffff\\U000e0041", id="no-characters"),
    ],
)
def test_everything_is_visible(text, shown):
    assert harmless(text) == shown


def test_megabytes_are_cut_and_it_is_said_how_much_is_missing():
    assert harmless("x" * 3_000_000) == "x" * LONGEST + f" … ({3_000_000 - LONGEST:,} more characters)"
    assert harmless("abc", 3) == "abc" and harmless("abcd", 3) == "abc … (1 more characters)"


def test_in_one_line():
    assert harmless_line(" a\n\tb \r c ") == "a b ␍ c"


@given(ANY_TEXT, st.integers(1, 30))
def test_whatever_it_is(text, longest):
    shown = harmless(text, longest)
    assert all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\n\t" for char in shown)
    assert all(
        unicodedata.bidirectional(char) not in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI") for char in shown
    )
    shown.encode()
    assert harmless(shown) == shown
    assert "\n" not in harmless_line(text, longest)
