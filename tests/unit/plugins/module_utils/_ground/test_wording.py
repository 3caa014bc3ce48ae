# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.wording import capital, named, one_line, sentence


def test_one_line():
    assert one_line(" a\n\tb  c ") == "a b c"
    assert one_line("abcdef", 3) == "abc"


@pytest.mark.parametrize(
    "text, expected",
    [("", ""), (" \n", ""), ("a b", "A b."), ("it is.", "It is."), ("is it?", "Is it?"), ("No!", "No!")],
    ids=["empty", "blank", "words", "a sentence", "a question", "a shout"],
)
def test_sentences(text, expected):
    assert sentence(text) == expected


def test_a_capital_letter():
    assert [capital(""), capital("the API")] == ["", "The API"]


def test_at_most_ten_are_named():
    assert named([], 3, "pods failed") == ""
    assert named(["a", "b"], 3, "pods failed") == "2 of 3 pods failed: a, b."
    many = named([str(number) for number in range(12)], 300, "pods failed")
    assert many == "12 of 300 pods failed: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more."
