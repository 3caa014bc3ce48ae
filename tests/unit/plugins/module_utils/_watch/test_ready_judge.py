# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ansible_collections.kubelabs.pods.plugins.module_utils._watch.ready_judge import ReadyJudge
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.verdict import VerdictWord
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod

AT = datetime(2026, 11, 22, 8, 31, 41, tzinfo=UTC)


def pod(ready, since=None):
    made = make_pod(ready=ready)
    condition = made["status"]["conditions"][0]
    del condition["lastTransitionTime"]
    if since is not None:
        condition["lastTransitionTime"] = (AT - timedelta(seconds=since)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return made


def reached(judge, now):
    verdict = judge.verdict(now)
    return verdict is not None and verdict.word == VerdictWord.REACHED


def test_a_pod_must_stay_ready_for_the_time_that_is_asked():
    judge = ReadyJudge(min_ready_seconds=2)
    judge.observe(pod(ready=True), AT, 100.0)
    assert not reached(judge, 100.0)
    assert not reached(judge, 101.9)
    assert reached(judge, 102.0)


def test_the_time_begins_anew_when_the_pod_was_not_ready_in_between():
    judge = ReadyJudge(min_ready_seconds=2)
    judge.observe(pod(ready=True), AT, 100.0)
    judge.observe(pod(ready=False), AT, 101.0)
    assert not reached(judge, 103.0)
    judge.observe(pod(ready=True), AT, 103.0)
    assert not reached(judge, 104.0)
    assert reached(judge, 105.0)


def test_a_pod_that_was_ready_long_before_we_came_is_so_at_once():
    judge = ReadyJudge(min_ready_seconds=2)
    judge.observe(pod(ready=True, since=3600), AT, 100.0)
    assert reached(judge, 100.0)


def test_a_time_with_a_resolution_of_a_second_does_not_count_for_more_than_it_says():
    judge = ReadyJudge(min_ready_seconds=2)
    judge.observe(pod(ready=True, since=2), AT, 100.0)  # it may have been 1.1 s
    assert not reached(judge, 100.0)


def test_without_a_time_asked_for_an_instant_is_enough():
    judge = ReadyJudge()
    judge.observe(pod(ready=True), AT, 100.0)
    assert reached(judge, 100.0)
