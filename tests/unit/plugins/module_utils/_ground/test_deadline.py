# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline, jittered
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso, parse_time


def test_a_deadline_within_another_is_never_later():
    now = [100.0]
    task = Deadline(10, lambda: now[0])
    item = task.within(4)
    assert (task.within(60).remaining(), item.remaining(), task.clip(3), task.clip(60)) == (10, 4, 3, 10)
    now[0] = 105.0
    assert (item.expired, item.remaining(), task.expired) == (True, 0, False)
    assert Deadline(-5, lambda: now[0]).expired


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
        (None, None),
    ],
)
def test_times_of_the_api(text, utc):
    assert iso(parse_time(text)) == utc


@given(st.floats(min_value=0, max_value=1e6))
def test_pauses_vary_and_stay_near(seconds):
    assert 0.69 * seconds <= jittered(seconds) <= 1.31 * seconds


def test_pauses_are_not_all_the_same():
    assert len({jittered(1.0) for _repeat in range(20)}) > 10
