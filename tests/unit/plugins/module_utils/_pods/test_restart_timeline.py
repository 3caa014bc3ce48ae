# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import parse_time
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.back_off import CURVE, Finding, back_off, delays
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.restart_timeline import (
    KnownFrom,
    Timeline,
    go_duration,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.status import in_back_off
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import JSON
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    EVICTED,
    VERSIONS,
    at,
    backing_off,
    crash_loop,
    ended,
    evicted,
    make_pod,
    running,
    terminated,
    timeline_of,
    waiting,
)

# --- the recordings ---


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recording_gives_all_runs(version):
    timeline = Timeline("app")
    for _when, pod in crash_loop(version):
        timeline.observe(pod)
    runs = timeline.ordered_runs()
    assert timeline.restarts == 5
    assert [run.number for run in runs] == [0, 1, 2, 3, 4, 5]
    assert [run.duration for run in runs[:5]] == [3, 3, 3, 3, 3]
    assert {(run.exit_code, run.reason, run.known_from) for run in runs[:5]} == {(1, "Error", KnownFrom.STATE)}
    assert timeline.announced == {2: 10, 3: 20, 4: 40, 5: 80}


@pytest.mark.parametrize("version", VERSIONS)
def test_back_off_begins_with_the_second_exit(version):
    """On 1.35 and later CrashLoopBackOff flashes for 0.1 s: what is in back-off must not hang on it."""
    pod = next(pod for _when, pod in crash_loop(version) if in_back_off(pod, "app"))
    (status,) = pod["status"]["containerStatuses"]
    assert status["restartCount"] == 1
    assert "terminated" in status["state"]


@pytest.mark.parametrize("version", VERSIONS)
def test_status_by_status_nothing_is_taken_back(version):
    timeline = Timeline("app")
    runs = known = 0
    for _when, pod in crash_loop(version):
        timeline.observe(pod)
        assert len(timeline.runs) >= runs and len(delays(timeline)) >= known
        runs, known = len(timeline.runs), len(delays(timeline))


# --- the rules, one by one ---


def test_start_error_has_no_duration():
    """containerd reports the epoch as the start of a run that never was one."""
    status = terminated(code=128, reason="StartError", started="1970-01-01T00:00:00Z", finished=at(3))
    run = timeline_of(status).runs[0]
    assert (run.started, run.duration, run.exit_code) == (None, None, 128)


def test_duration_is_never_negative():
    assert timeline_of(terminated(started=at(5), finished=at(3))).runs[0].duration == 0


def test_how_a_run_came_to_be_known():
    timeline = timeline_of(running(restarts=3, started=at(60), last=ended(started=at(20), finished=at(30))))
    assert [(run.number, run.known_from) for run in timeline.ordered_runs()] == [(2, "last_state"), (3, "state")]


def test_straight_to_crash_loop():
    timeline = timeline_of(waiting(**backing_off(10), restarts=1, last=ended(started=at(3), finished=at(6))))
    assert timeline.in_back_off
    assert [(run.number, run.exit_code) for run in timeline.ordered_runs()] == [(1, 1)]
    assert timeline.announced == {2: 10}


def test_restart_count_may_jump():
    timeline = timeline_of(
        running(restarts=0, started=at(0)),
        running(restarts=1000000, started=at(90), last=ended(started=at(30), finished=at(40))),
    )
    assert [run.number for run in timeline.ordered_runs()] == [0, 999999, 1000000]
    assert [delay.restart for delay in delays(timeline)] == [999999, 1000000]


@pytest.mark.parametrize(
    "policy, code, expected",
    [
        pytest.param("Always", 0, True, id="Always-0"),
        pytest.param("Always", 1, True, id="Always-1"),
        pytest.param("OnFailure", 0, False, id="OnFailure-0"),
        pytest.param("OnFailure", 1, True, id="OnFailure-1"),
        pytest.param("Never", 1, False, id="Never-1"),
    ],
)
def test_back_off_depends_on_the_restart_policy(policy, code, expected):
    assert timeline_of(terminated(restarts=1, code=code), restart_policy=policy).in_back_off is expected


def test_no_back_off_before_the_first_restart_nor_while_being_deleted():
    assert not timeline_of(terminated(restarts=0)).in_back_off
    assert not timeline_of(terminated(restarts=1), deleting=True).in_back_off
    assert not timeline_of(running(restarts=3, last=ended())).in_back_off


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("10s", 10),
        ("5m0s", 300),
        ("2m40s", 160),
        ("1m20s", 80),
        ("1h0m0.5s", 3600.5),
        ("250ms", 0.25),
        ("", None),
        ("10", None),
        ("10x", None),
        ("s", None),
    ],
)
def test_go_duration(text, seconds):
    assert go_duration(text) == seconds


# --- containers that the kubelet has lost ---


@pytest.mark.parametrize("left_by", EVICTED)
def test_a_container_that_did_not_come_back_has_not_restarted(left_by):
    timeline = Timeline("app")
    timeline.observe(evicted(left_by))
    assert (timeline.restarts, timeline.in_back_off) == (0, False)
    assert set(timeline.runs) <= {0}


def test_what_was_seen_of_a_run_is_better_than_what_the_kubelet_makes_up():
    timeline = Timeline("app")
    for pod in (make_pod(containers=[running(started=at(0))]), *map(evicted, EVICTED)):
        timeline.observe(pod)
    (run,) = timeline.ordered_runs()
    assert (run.exit_code, run.reason) == (137, "Error")
    assert run.started is not None and run.finished is not None


def test_a_run_that_nobody_saw_end():
    timeline = Timeline("app")
    timeline.observe(evicted("1.36 half a minute later"))
    (run,) = timeline.ordered_runs()
    assert (run.number, run.exit_code, run.reason, run.finished) == (0, 137, "ContainerStatusUnknown", None)


def test_a_lost_container_that_comes_back_has_restarted():
    """As after a node was started anew. The restart counts once it has happened."""
    lost = {"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": None, "finishedAt": None}
    timeline = timeline_of(running(started=at(0)), waiting(restarts=1, last=lost))
    assert timeline.restarts == 0
    timeline.observe(make_pod(containers=[running(restarts=1, started=at(60), last=lost)]))
    assert timeline.restarts == 1
    assert [(run.number, run.reason) for run in timeline.ordered_runs()] == [(0, "ContainerStatusUnknown"), (1, "")]


# --- any history, sampled in any way ---


@st.composite
def histories(draw):
    """A true history of a crash loop, and every status that a patient observer would have seen."""
    count = draw(st.integers(1, 8))
    moment, statuses, truth, last = 0, [], [], None
    for number in range(count):
        if number:
            moment += int(CURVE[min(number, len(CURVE)) - 1]) + draw(st.integers(0, 40))
        begun = moment
        statuses.append(running(restarts=number, started=at(begun), last=last))
        moment += draw(st.integers(0, 60))
        code = draw(st.sampled_from([0, 1, 137]))
        done = ended(code=code, started=at(begun), finished=at(moment))
        statuses.append(terminated(restarts=number, code=code, started=at(begun), finished=at(moment), last=last))
        if number:
            nominal = CURVE[min(number + 1, len(CURVE)) - 1]
            statuses.append(waiting(**backing_off(nominal), restarts=number, last=done))
        truth.append((at(begun), at(moment), code))
        last = done
    return truth, statuses


@given(histories(), st.data())
def test_timeline_agrees_with_the_truth_whatever_was_sampled(history, data):
    truth, statuses = history
    sampled = data.draw(st.lists(st.sampled_from(statuses), min_size=1, max_size=2 * len(statuses)))
    timeline = timeline_of(*sampled)
    for number, run in timeline.runs.items():
        started, finished, code = truth[number]
        assert run.started in (None, parse_time(started))
        assert run.finished in (None, parse_time(finished))
        assert run.exit_code in (None, code)
    for delay in delays(timeline):
        assert not delay.early
        if delay.observed is not None:
            before = parse_time(truth[delay.restart - 1][1])
            assert delay.observed == (parse_time(truth[delay.restart][0]) - before).total_seconds()
    assert timeline.restarts == max(status["restartCount"] for status in sampled)
    assert back_off(timeline).finding != Finding.OFF


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_the_statuses_does_not_matter(history, random):
    _truth, statuses = history
    shuffled = list(statuses)
    random.shuffle(shuffled)
    straight, other = timeline_of(*statuses), timeline_of(*shuffled)
    assert other.ordered_runs() == straight.ordered_runs()
    assert delays(other) == delays(straight)


@given(JSON, JSON)
def test_no_status_crashes_it(status, spec):
    timeline = Timeline("app")
    container = {"name": "app", "restartCount": 1, "state": status, "lastState": status}
    timeline.observe({"metadata": spec, "spec": spec, "status": status})
    timeline.observe({"spec": {"containers": spec}, "status": {"containerStatuses": status}})
    timeline.observe({"spec": {"containers": [spec]}, "status": {"containerStatuses": [container]}})
    delays(timeline)
    back_off(timeline)
