# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils import _ground
from ansible_collections.kubelabs.pods.plugins.module_utils._ground import deadline as deadline_module
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline, backoff, jittered


def test_a_deadline_within_another_is_never_later(clock):
    task = Deadline(10, clock)
    item = task.within(4)
    assert (task.within(60).remaining(), item.remaining(), task.clip(3), task.clip(60)) == (10, 4, 3, 10)
    clock.sleep(5)
    assert (item.expired, item.remaining(), task.expired) == (True, 0, False)
    assert Deadline(-5, clock).expired


@given(st.floats(min_value=0, max_value=1e6))
def test_pauses_vary_and_stay_near(seconds):
    assert 0.69 * seconds <= jittered(seconds) <= 1.31 * seconds


def test_pauses_are_not_all_the_same():
    assert len({jittered(1.0) for _repeat in range(20)}) > 10


@pytest.mark.parametrize(
    "attempt, longest, seconds",
    [(0, 5, 0.2), (1, 5, 0.2), (2, 5, 0.4), (3, 5, 0.8), (6, 5, 5), (6, 2, 2), (10_000, 5, 5)],
    ids=["none yet", "first", "second", "third", "the longest", "another longest", "very many"],
)
def test_pauses_double_up_to_the_longest(attempt, longest, seconds):
    for _repeat in range(20):
        assert 0.69 * seconds <= backoff(attempt, longest) <= 1.31 * seconds


CONSTANTS = re.findall(r"^    ([\w.]+)\.([A-Z_]+) +([\d.]+)", deadline_module.__doc__, re.MULTILINE)


def test_the_promise_names_constants():
    assert len(CONSTANTS) == 9


@pytest.mark.parametrize("module, name, value", CONSTANTS, ids=[".".join(entry[:2]) for entry in CONSTANTS])
def test_the_seconds_in_the_promise_are_those_in_the_code(module, name, value):
    package = _ground.__name__.rpartition(".")[0]
    assert getattr(importlib.import_module(f"{package}.{module}"), name) == float(value)
