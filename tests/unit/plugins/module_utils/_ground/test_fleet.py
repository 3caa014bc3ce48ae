# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import DeadlineExceeded
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet import run_bounded, run_fleet


def run(items, work, concurrency=4, seconds=5.0, **more):
    return run_fleet(
        items,
        work,
        concurrency=concurrency,
        deadline=Deadline(seconds),
        on_error=lambda item, exc: f"{item}: {type(exc).__name__}",
        on_deadline=lambda item, begun: f"{item}: {'begun' if begun else 'not begun'}",
        **more,
    )


def test_order_is_kept_and_nothing_is_lost():
    assert run(list(range(100)), lambda item: item * 2, concurrency=7) == [item * 2 for item in range(100)]


def test_no_items():
    assert run([], lambda item: item) == []


def test_one_exception_is_one_result():
    def work(item):
        if item == 3:
            raise ValueError("three")
        return str(item)

    assert run([1, 2, 3, 4], work) == ["1", "2", "3: ValueError", "4"]


def test_concurrency_is_bounded_and_used():
    """Five at a time meet at a barrier; with fewer they would wait for ever, with more one would be left over."""
    together = threading.Barrier(5, timeout=5)
    now, most, lock = 0, 0, threading.Lock()

    def work(item):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait()
        with lock:
            now -= 1
        return item

    assert run(list(range(40)), work, concurrency=5) == list(range(40))
    assert most == 5


def test_lanes_are_narrow_and_take_turns():
    now, most, order, lock = {}, {}, [], threading.Lock()

    def work(item):
        lane = item[0]
        with lock:
            order.append(lane)
            now[lane] = now.get(lane, 0) + 1
            most[lane] = max(most.get(lane, 0), now[lane])
        time.sleep(0.005)
        with lock:
            now[lane] -= 1
        return item

    items = [("a", index) for index in range(30)] + [("b", index) for index in range(5)]
    assert run(items, work, concurrency=8, lane=lambda item: item[0], lane_width=2) == items
    assert most == {"a": 2, "b": 2}
    assert "b" in order[:4], "a lane with much to do must not keep the others waiting"


@pytest.mark.against_the_clock
def test_the_deadline_holds_even_when_work_blocks_for_ever():
    blocker = threading.Event()
    began = time.monotonic()
    results = run(["a", "b", "c"], lambda item: blocker.wait(30), concurrency=2, seconds=0.1)
    assert time.monotonic() - began < 1.1
    assert results == ["a: begun", "b: begun", "c: not begun"]
    blocker.set()


@pytest.mark.against_the_clock
def test_one_thing_alone_is_bounded_too():
    never = threading.Event()
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        run_bounded(never.wait, Deadline(0.1))
    assert time.monotonic() - began < 1.1
    assert run_bounded(lambda: 7, Deadline(1)) == 7
    with pytest.raises(KeyError):
        run_bounded(lambda: {}["x"], Deadline(1))


@pytest.mark.against_the_clock
def test_results_written_just_at_the_deadline_count():
    def work(item):
        time.sleep(0.15)
        return "done"

    assert run(["a"], work, seconds=0.05) == ["done"]
