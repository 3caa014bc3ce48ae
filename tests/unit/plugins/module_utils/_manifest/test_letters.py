# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.letters import (
    false_mark,
    plain,
    strange,
    visible,
    with_strange,
)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("containers", ""),
        ("für", ""),
        ("\u6ce8", ""),
        ("\u0441ontainers", "letter 1 of it is no c but CYRILLIC SMALL LETTER ES (U+0441)"),
        ("p\u03bfd", "letter 2 of it is no o but GREEK SMALL LETTER OMICRON (U+03BF)"),
        ("po\uff44", "letter 3 of it is no d but FULLWIDTH LATIN SMALL LETTER D (U+FF44)"),
        ("po\u200bd", "behind po it has a character that cannot be seen, ZERO WIDTH SPACE (U+200B)"),
        ("\u202epod", "at its beginning it has a character that cannot be seen, RIGHT-TO-LEFT OVERRIDE (U+202E)"),
        ("\u00adpod", "at its beginning it has a character that cannot be seen, SOFT HYPHEN (U+00AD)"),
    ],
)
def test_what_is_strange_about_a_word(word, said):
    assert strange(word) == said
    assert with_strange("So it is.", word) == (f"So it is: {said}." if said else "So it is.")


@pytest.mark.parametrize("word", ["spec", "containers", "image", "Always", "KIND", "apiVersion"])
def test_every_letter_that_looks_like_another_is_read_as_that(word):
    letters = dict(zip("aeopcxyisjkmtAEKMHOPCTX", "аеорсхуіѕјкмтАЕКМНОРСТХ", strict=True))
    other = "".join(letters.get(one, one) for one in word)
    assert other != word
    assert plain(other) == word


@pytest.mark.parametrize(
    ("line", "column", "mark"),
    [
        ("name\uff1a web", 5, "FULLWIDTH COLON"),
        ("  - name \uff1aweb", 10, "FULLWIDTH COLON"),
        ('"name"\uff1a web', 7, "FULLWIDTH COLON"),
        ("  \u2013 name: web", 3, "EN DASH"),
        ("  - \u2014 name: web", 5, "EM DASH"),
        ("\u2022 a", 1, "BULLET"),
        ("a: \uff3bb]", 4, "FULLWIDTH LEFT SQUARE BRACKET"),
        ("a: [b\uff0c c]", 6, "FULLWIDTH COMMA"),
        ("a: {b\uff1a 'c, d'}", 6, "FULLWIDTH COLON"),
        ("a: ['b, c'\u3001 d]", 11, "IDEOGRAPHIC COMMA"),
    ],
)
def test_a_mark_that_only_looks_right(line, column, mark):
    found = false_mark(line)
    assert found is not None and found[0] == column and mark in found[1]


@pytest.mark.parametrize(
    "line",
    [
        "name: web",
        "a: b\uff1a c",
        "a: b \u2013 c",
        "a: b\uff0c c",
        "a: ['b\uff0c c']",
        'a: ["b\uff1ac"]',
        "a: b # [c\uff0c d]",
        "\u2013x: y",
        "",
    ],
)
def test_a_mark_in_a_text_is_one_of_the_text(line):
    assert false_mark(line) is None


@pytest.mark.against_the_clock
def test_a_line_that_is_made_to_hurt_takes_no_time():
    began = time.monotonic()
    for line in ("[" * 100_000, "['" * 100_000, "a" * 100_000, "- " * 100_000, '["a" ' * 50_000):
        false_mark(line)
        strange(line + "\u0441" * 100_000)
    assert time.monotonic() - began < 2


@given(st.text())
def test_whatever_is_written(text):
    assert all(one in text for one in visible(text))
    assert strange(plain(text)) == "" or not text.isascii()
    false_mark(text)
