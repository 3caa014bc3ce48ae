# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso, parse_time, readable, utc_now


@pytest.mark.parametrize(
    "text, utc",
    [
        ("2026-11-22T08:31:41Z", "2026-11-22T08:31:41.000Z"),
        ("2026-11-22T08:31:41.123456789Z", "2026-11-22T08:31:41.123Z"),
        ("2026-11-22T08:31:41+01:30", "2026-11-22T07:01:41.000Z"),
        ("2026-11-22T23:31:41-01:30", "2026-11-23T01:01:41.000Z"),
        ("2026-02-30T08:31:41Z", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("yesterday", None),
        ("2026-11-22", None),
        ("2026-11-22T08:31:41", None),
        (None, None),
        (1, None),
    ],
    ids=[
        "seconds",
        "nanoseconds",
        "east",
        "west",
        "no such day",
        "before time",
        "a word",
        "a day",
        "without a zone",
        "nothing",
        "a number",
    ],
)
def test_times_of_the_api(text, utc):
    assert iso(parse_time(text)) == utc


def test_a_time_for_people_is_in_utc():
    assert readable(parse_time("2026-12-04T01:06:41+01:00")) == "2026-12-04 00:06 UTC"


def test_now():
    assert parse_time(iso(utc_now())) is not None
