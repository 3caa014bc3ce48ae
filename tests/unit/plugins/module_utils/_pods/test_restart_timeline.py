# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso, parse_time
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.back_off import (
    CURVE,
    BackOff,
    Finding,
    back_off,
    delays,
    tolerance,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.restart_timeline import (
    Timeline,
    go_duration,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.status import in_back_off
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    VERSIONS,
    crash_loop,
    ended,
    make_pod,
    running,
    terminated,
    waiting,
)


def build_timeline(container, observations):
    timeline = Timeline(container)
    for _observed, pod in observations:
        timeline.observe(pod)
    return timeline


START = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)


def at(seconds):
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def observe(*containers, **pod):
    return build_timeline("app", [(START, make_pod(containers=[container], **pod)) for container in containers])


# --- the recordings ---


@pytest.mark.parametrize("version, observed", [("1.20", [0, 12, 26, 43, 85]), ("1.36", [0, 13, 28, 59, 83])])
def test_recording_gives_runs_delays_and_verdict(version, observed):
    timeline = build_timeline("app", crash_loop(version))
    assert timeline.restarts == 5
    assert [run.number for run in timeline.ordered_runs()] == [0, 1, 2, 3, 4, 5]
    assert [run.duration for run in timeline.ordered_runs()][:5] == [3, 3, 3, 3, 3]
    assert {(run.exit_code, run.reason) for run in timeline.ordered_runs()[:5]} == {(1, "Error")}
    assert [(delay.restart, delay.nominal) for delay in delays(timeline)] == [
        (1, 0),
        (2, 10),
        (3, 20),
        (4, 40),
        (5, 80),
    ]
    assert [delay.observed for delay in delays(timeline)] == observed
    assert [delay.source for delay in delays(timeline)] == ["curve"] + 4 * ["message"]
    assert all(delay.within for delay in delays(timeline))
    assert back_off(timeline).finding == "as_expected"


def test_both_recordings_say_back_off_after_the_second_exit():
    """On 1.36 CrashLoopBackOff flashes for 0.1 s: what is in back-off must not hang on it."""
    first = []
    for version in VERSIONS:
        history = crash_loop(version)
        first.append(next(index for index, (_when, pod) in enumerate(history) if in_back_off(pod, "app")))
        pod = history[first[-1]][1]
        assert pod["status"]["containerStatuses"][0]["restartCount"] == 1
        assert "terminated" in pod["status"]["containerStatuses"][0]["state"]
    without_flash = [
        (when, pod)
        for when, pod in crash_loop("1.36")
        if "waiting" not in pod["status"]["containerStatuses"][0]["state"]
    ]
    timeline = build_timeline("app", without_flash)
    assert timeline.in_back_off
    assert [delay.source for delay in delays(timeline)] == 5 * ["curve"]
    assert back_off(timeline).finding == "as_expected"


@pytest.mark.parametrize("version", VERSIONS)
def test_recording_status_by_status_never_takes_anything_back(version):
    timeline = Timeline("app")
    runs = known = 0
    for _when, pod in crash_loop(version):
        timeline.observe(pod)
        assert len(timeline.runs) >= runs and len(delays(timeline)) >= known
        runs, known = len(timeline.runs), len(delays(timeline))


# --- the rules, one by one ---


@pytest.mark.parametrize(
    "nominal, low, high", [(0, -1, 20), (10, 9, 30), (20, 19, 40), (40, 39, 65), (80, 79, 125), (300, 299, 455)]
)
def test_tolerance(nominal, low, high):
    assert tolerance(nominal) == (low, high)


@pytest.mark.parametrize("delay, within", [(8, None), (9, True), (30, True), (31, None)])
def test_delay_outside_the_default_curve_is_unknown_until_the_kubelet_has_spoken(delay, within):
    first = ended(started=at(0), finished=at(3))
    timeline = observe(
        terminated(restarts=1, started=at(3), finished=at(6), last=first), running(restarts=2, started=at(6 + delay))
    )
    assert delays(timeline)[-1].within is within


@pytest.mark.parametrize("delay, within", [(8, False), (9, True), (30, True), (31, False)])
def test_delay_against_the_nominal_value_of_the_message(delay, within):
    last = ended(started=at(3), finished=at(6))
    timeline = observe(
        waiting(
            reason="CrashLoopBackOff",
            message="back-off 10s restarting failed container=app pod=x",
            restarts=1,
            last=last,
        ),
        running(restarts=2, started=at(6 + delay), last=last),
    )
    assert [(one.restart, one.within, one.source) for one in delays(timeline)] == [
        (1, None, "curve"),
        (2, within, "message"),
    ]
    assert back_off(timeline).finding == ("as_expected" if within else "off")


def test_first_restart_is_free_and_may_not_be_late():
    first = ended(started=at(0), finished=at(3))
    assert delays(observe(running(restarts=1, started=at(4), last=first)))[0].within is True
    late = observe(running(restarts=1, started=at(3 + 21), last=first))
    assert delays(late)[0].within is False
    assert back_off(late).finding == "off"


def test_first_restart_alone_says_nothing_about_the_back_off():
    timeline = observe(running(restarts=1, started=at(4), last=ended(started=at(0), finished=at(3))))
    assert back_off(timeline).finding == "not_observed"


def test_no_restart():
    assert back_off(observe(running())) == BackOff(Finding.NOT_OBSERVED, "the container was not restarted")


def test_the_curve_where_the_kubelet_says_nothing():
    """Ten restarts seen from end to start, each after what Kubernetes documents: 0, 10, 20, 40, 80, 160, then 300 s."""
    documented = [0, 10, 20, 40, 80, 160, 300, 300, 300]
    states, now = [], 0
    for restart, delay in enumerate(documented, 1):
        last = ended(started=at(now), finished=at(now + 3))
        states.append(running(restarts=restart, started=at(now + 3 + delay), last=last))
        now += 3 + delay
    timeline = observe(*states)
    assert [(delay.nominal, delay.observed, delay.within) for delay in delays(timeline)] == [
        (delay, delay, True) for delay in documented
    ]


def test_node_with_another_curve_is_measured_against_what_it_says():
    """KubeletCrashLoopBackOffMax: 1 s at most. The default curve would call every delay too short."""
    message = "back-off 1s restarting failed container=app pod=x"
    last = ended(started=at(3), finished=at(6))
    timeline = observe(
        waiting(reason="CrashLoopBackOff", message=message, restarts=1, last=last),
        running(restarts=2, started=at(7), last=last),
        running(restarts=3, started=at(11), last=ended(started=at(7), finished=at(10))),
    )
    assert [(one.nominal, one.within) for one in delays(timeline)] == [(0, None), (1, True), (2, True)]


def test_ten_minutes_of_running_begin_the_curve_anew():
    long = ended(started=at(100), finished=at(700))
    timeline = observe(
        terminated(restarts=4, started=at(100), finished=at(700), last=ended(started=at(50), finished=at(60))),
        running(restarts=5, started=at(701), last=long),
        terminated(restarts=5, started=at(701), finished=at(704), last=long),
        running(restarts=6, started=at(715), last=ended(started=at(701), finished=at(704))),
    )
    assert [(one.restart, one.nominal, one.within) for one in delays(timeline)][-2:] == [(5, 0, True), (6, 10, True)]


@pytest.mark.parametrize("delay, within", [(1, None), (10, None), (40, True), (66, False)])
def test_a_kubelet_that_has_restarted_begins_the_curve_anew_without_a_word(delay, within):
    """10 s and 20 s were named, so that 40 s would be next: less may be a new curve, more is too much on any."""
    states, now = [], 0
    for restart, (pause, named) in enumerate([(0, None), (10, 10), (20, 20), (delay, None)], 1):
        last = ended(started=at(now), finished=at(now + 3))
        if named:
            states.append(
                waiting(
                    reason="CrashLoopBackOff",
                    message=f"back-off {named}s restarting failed container=app",
                    restarts=restart - 1,
                    last=last,
                )
            )
        states.append(running(restarts=restart, started=at(now + 3 + pause), last=last))
        now += 3 + pause
    assert [(one.nominal, one.within) for one in delays(observe(*states))] == [
        (0, True),
        (10, True),
        (20, True),
        (40, within),
    ]


def test_nine_minutes_do_not():
    timeline = observe(
        terminated(restarts=4, started=at(100), finished=at(640)),
        running(restarts=5, started=at(641), last=ended(started=at(100), finished=at(640))),
    )
    assert delays(timeline)[-1].nominal == 80


def test_start_error_has_no_duration():
    """containerd reports the epoch as the start of a run that never was one."""
    run = observe(terminated(code=128, reason="StartError", started="1970-01-01T00:00:00Z", finished=at(3))).runs[0]
    assert (run.started, run.duration, run.exit_code) == (None, None, 128)


def test_duration_is_never_negative():
    assert observe(terminated(started=at(5), finished=at(3))).runs[0].duration == 0


def test_only_inferred_runs_are_marked():
    timeline = observe(running(restarts=3, started=at(60), last=ended(started=at(20), finished=at(30))))
    assert [(run.number, run.known_from) for run in timeline.ordered_runs()] == [(2, "last_state"), (3, "state")]


def test_straight_to_crash_loop():
    timeline = observe(
        waiting(
            reason="CrashLoopBackOff",
            message="back-off 10s restarting failed container=app pod=x",
            restarts=1,
            last=ended(started=at(3), finished=at(6)),
        )
    )
    assert timeline.in_back_off
    assert [(run.number, run.exit_code) for run in timeline.ordered_runs()] == [(1, 1)]


def test_restart_count_may_jump():
    timeline = observe(
        running(restarts=0, started=at(0)),
        running(restarts=1000000, started=at(90), last=ended(started=at(30), finished=at(40))),
    )
    assert [run.number for run in timeline.ordered_runs()] == [0, 999999, 1000000]
    assert [delay.restart for delay in delays(timeline)] == [999999, 1000000]


@pytest.mark.parametrize(
    "policy, code, expected",
    [("Always", 0, True), ("Always", 1, True), ("OnFailure", 0, False), ("OnFailure", 1, True), ("Never", 1, False)],
)
def test_back_off_depends_on_the_restart_policy(policy, code, expected):
    assert observe(terminated(restarts=1, code=code), restart_policy=policy).in_back_off is expected


def test_no_back_off_before_the_first_restart_nor_while_being_deleted():
    assert not observe(terminated(restarts=0)).in_back_off
    assert not observe(terminated(restarts=1), deleting=True).in_back_off
    assert not observe(running(restarts=3, last=ended())).in_back_off


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


# --- any history, sampled in any way ---


@st.composite
def histories(draw):
    """A true history of a crash loop, and every status that a patient observer would have seen."""
    count = draw(st.integers(1, 8))
    moment, statuses, truth, last = 0, [], [], None
    for number in range(count):
        if number:
            moment += int(CURVE[min(number, len(CURVE)) - 1]) + draw(st.integers(0, 5))
        begun = moment
        statuses.append(running(restarts=number, started=at(begun), last=last))
        moment += draw(st.integers(0, 60))
        code = draw(st.sampled_from([0, 1, 137]))
        done = ended(code=code, started=at(begun), finished=at(moment))
        statuses.append(terminated(restarts=number, code=code, started=at(begun), finished=at(moment), last=last))
        if number:
            nominal = int(CURVE[min(number + 1, len(CURVE)) - 1])
            statuses.append(
                waiting(
                    reason="CrashLoopBackOff",
                    message=f"back-off {nominal}s restarting failed container=app pod=x",
                    restarts=number,
                    last=done,
                )
            )
        truth.append((at(begun), at(moment), code))
        last = done
    return truth, statuses


@given(histories(), st.data())
@settings(max_examples=150)
def test_timeline_agrees_with_the_truth_whatever_was_sampled(history, data):
    truth, statuses = history
    sampled = data.draw(st.lists(st.sampled_from(statuses), min_size=1, max_size=2 * len(statuses)))
    timeline = observe(*sampled)
    for number, run in timeline.runs.items():
        started, finished, code = truth[number]
        assert run.started in (None, parse_time(started))
        assert run.finished in (None, parse_time(finished))
        assert run.exit_code in (None, code)
    for delay in delays(timeline):
        assert delay.within is not False
        if delay.observed is not None:
            before = parse_time(truth[delay.restart - 1][1])
            assert delay.observed == (parse_time(truth[delay.restart][0]) - before).total_seconds()
    assert timeline.restarts == max(status["restartCount"] for status in sampled)
    assert back_off(timeline).finding != "off"


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_the_statuses_does_not_matter(history, random):
    _truth, statuses = history
    shuffled = list(statuses)
    random.shuffle(shuffled)
    straight, other = observe(*statuses), observe(*shuffled)
    assert other.ordered_runs() == straight.ordered_runs()
    assert delays(other) == delays(straight)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["2026-11-22T08:31:41Z", "app", "CrashLoopBackOff"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "state",
                    "lastState",
                    "terminated",
                    "waiting",
                    "running",
                    "startedAt",
                    "finishedAt",
                    "restartCount",
                    "exitCode",
                    "reason",
                    "message",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON, JSON)
@settings(max_examples=150)
def test_no_status_crashes_it(status, spec):
    timeline = Timeline("app")
    timeline.observe({"metadata": spec, "spec": spec, "status": status})
    timeline.observe({"spec": {"containers": spec}, "status": {"containerStatuses": status}})
    timeline.observe(
        {
            "spec": {"containers": [spec]},
            "status": {"containerStatuses": [{"name": "app", "restartCount": 1, "state": status, "lastState": status}]},
        }
    )
    delays(timeline)
    back_off(timeline)


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9000, 1, 1)))
def test_times_survive_being_written_and_read(moment):
    moment = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
    read = parse_time(iso(moment))
    assert abs((read - moment).total_seconds()) < 0.001
