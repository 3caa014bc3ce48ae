# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils import quantity as library

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.quantity import LARGEST, parse_quantity, whole


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0", 0),
        ("100m", Fraction(1, 10)),
        ("0.5", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("+1", 1),
        ("-1.5k", -1500),
        ("1Gi", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("1G", 10**9),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("12e-2", Fraction(12, 100)),
        ("1e+2", 100),
        ("128974848", 128974848),
        ("1n", Fraction(1, 10**9)),
        ("1u", Fraction(1, 10**6)),
        ("1k", 1000),
        ("1Ki", 1024),
        ("1Mi", 2**20),
        ("1M", 10**6),
        ("1Ti", 2**40),
        ("1T", 10**12),
        ("1Pi", 2**50),
        ("1P", 10**15),
        (2, 2),
        (0.25, Fraction(1, 4)),
        (1e-07, Fraction(1, 10**7)),
        ("100E", LARGEST),
        ("-100Ei", -LARGEST),
        ("1e999999999", LARGEST),
        ("0e999999999", 0),
    ],
)
def test_what_a_quantity_stands_for(written, number):
    assert parse_quantity(written) == number


# fmt: off
NO_QUANTITIES = [
    "", " ", "m", "Gi", "1 Gi", "1GB", "1gi", "1ki", "1K", "1mi", "1e", "1e1.5", "1e3Ki", "--1", "1,5", "0x10", "١",
    "1\n", "inf", "nan", float("inf"), "9" * 61, "1e" + "9" * 5000, None, True, [], {},
]
# fmt: on


@pytest.mark.parametrize("written", NO_QUANTITIES)
def test_what_is_none(written):
    assert parse_quantity(written) is None
    assert whole(written) == 0


def test_even_the_smallest_amount_counts_as_a_whole_one():
    """As the scheduler does it."""
    assert [whole("1n", 1000), whole("1e-999999999"), whole("100.1m", 1000), whole("1.5"), whole("2", 1000)] == [
        1,
        1,
        101,
        2,
        2000,
    ]


NUMBERS = st.decimals(0, 9, places=3).map(str) | st.integers(0, 10**3).map(str)
SUFFIXES = st.sampled_from(["", *"numkMGTP", *(f"{one}i" for one in "KMGTP")]) | st.integers(-9, 12).map("e{}".format)


@given(NUMBERS, SUFFIXES)
def test_the_library_of_kubernetes_says_the_same(number, suffix):
    ours = parse_quantity(number + suffix)
    # Of exponents the library knows nothing, and Python's decimals do.
    theirs = Decimal(number + suffix) if suffix.startswith("e") else library.parse_quantity(number + suffix)
    assert ours == Fraction(theirs)


@given(st.integers(0, 2**62), st.sampled_from([1, 1000]))
def test_a_whole_number_stays_what_it_is(number, per_unit):
    assert whole(str(number), per_unit) == number * per_unit == whole(number, per_unit)


@given(st.text(max_size=12) | st.text("0123456789.eE+-numkKMGTPi", max_size=12))
def test_any_text_is_a_quantity_or_none(text):
    number = parse_quantity(text)
    assert number is None or -LARGEST <= number <= LARGEST
