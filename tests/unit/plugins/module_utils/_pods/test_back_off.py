# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The law of the back-off: never earlier, and doubling. How late a restart comes is told, and not judged."""

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.back_off import (
    BackOff,
    Finding,
    Source,
    back_off,
    bounds,
    delays,
    nominal_seconds,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.restart_timeline import Timeline
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    VERSIONS,
    at,
    crash_loop,
    ended,
    restarting,
    running,
    terminated,
    timeline_of,
)

# --- the recordings, and what else was seen ---


@pytest.mark.parametrize(
    "version, observed",
    [
        pytest.param("1.20", [0, 13, 28, 41, 86], id="1.20"),
        pytest.param("1.37", [1, 15, 22, 44, 83], id="1.37"),
    ],
)
def test_a_recording_keeps_to_its_back_off(version, observed):
    timeline = Timeline("app")
    for _when, pod in crash_loop(version):
        timeline.observe(pod)
    found = delays(timeline)
    assert [(delay.restart, delay.nominal) for delay in found] == [(1, 0), (2, 10), (3, 20), (4, 40), (5, 80)]
    assert [delay.observed for delay in found] == observed
    assert [delay.source for delay in found] == [Source.CURVE] + 4 * [Source.MESSAGE]
    assert all(delay.within and not delay.late for delay in found)
    found = back_off(timeline)
    assert (found.finding, found.note) == (Finding.AS_EXPECTED, "")
    assert found.reason.startswith(f"restart 2 came after {observed[1]} s (back-off 10 s); restart 3 came after")
    assert "; the kubelet announced 10, 20, 40, 80" in found.reason


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recording_in_which_the_kubelet_was_never_heard(version):
    """On 1.35 and later CrashLoopBackOff flashes for 0.1 s, and can be missed every time."""
    timeline = Timeline("app")
    for _when, pod in crash_loop(version):
        if not any("waiting" in status["state"] for status in pod["status"].get("containerStatuses", [])):
            timeline.observe(pod)
    assert timeline.in_back_off
    assert [delay.source for delay in delays(timeline)] == 5 * [Source.CURVE]
    assert back_off(timeline).finding == Finding.AS_EXPECTED


@pytest.mark.parametrize(
    "pauses", [pytest.param([0, 12, 23, 51], id="the shortest"), pytest.param([2, 15, 29, 55], id="the longest")]
)
def test_delays_seen_on_1_36(pauses):
    for timeline in (restarting(pauses), restarting(pauses, {2: 10, 3: 20, 4: 40})):
        assert [delay.within for delay in delays(timeline)] == 4 * [True]
        assert back_off(timeline).finding == Finding.AS_EXPECTED
        assert back_off(timeline).note == ""


# --- late ---


def test_a_slow_node_is_not_a_wrong_curve():
    """Fifty failing apps on a node with two cores: the first restart came after 25 s, where 20 s were accepted."""
    timeline = restarting([25, 14, 73], {2: 10, 3: 20})
    assert [(delay.late, delay.within) for delay in delays(timeline)] == [(5, False), (0, True), (33, False)]
    assert back_off(timeline) == BackOff(
        Finding.AS_EXPECTED,
        "restart 2 came after 14 s (back-off 10 s); restart 3 came after 73 s (back-off 20 s); "
        "the kubelet announced 10, 20 s",
        "restart 1 came 5 s late (after 25 s, where up to 20 s are usual), "
        "restart 3 came 33 s late (after 73 s, where up to 40 s are usual): "
        "the node is busy, which says nothing against the back-off",
    )


@pytest.mark.parametrize(
    "announced", [pytest.param({}, id="of the default"), pytest.param({2: 10, 3: 20}, id="as announced")]
)
@pytest.mark.parametrize("seconds", [1, 60, 3600])
def test_no_delay_is_too_long(announced, seconds):
    timeline = restarting([20 + seconds, 30 + seconds, 40 + seconds], announced)
    assert [delay.late for delay in delays(timeline)] == 3 * [seconds]
    assert back_off(timeline).finding == Finding.AS_EXPECTED
    assert back_off(timeline).note


def test_a_late_first_restart_alone_is_told_as_well():
    found = back_off(restarting([25]))
    assert found.finding == Finding.NOT_OBSERVED
    assert found.note.startswith("restart 1 came 5 s late (after 25 s, where up to 20 s are usual)")


# --- early ---


@pytest.mark.parametrize(
    "delay, finding",
    [
        pytest.param(8, Finding.OFF, id="too early"),
        pytest.param(9, Finding.AS_EXPECTED, id="as early as whole seconds can tell"),
        pytest.param(10, Finding.AS_EXPECTED, id="to the second"),
    ],
)
def test_earlier_than_the_kubelet_had_announced_is_off(delay, finding):
    found = back_off(restarting([0, delay], {2: 10}))
    assert found.finding == finding
    if finding == Finding.OFF:
        assert found.reason == f"restart 2 came after {delay} s (back-off 10 s), earlier than the kubelet had announced"


@pytest.mark.parametrize(
    "delay, within",
    [pytest.param(8, None, id="shorter"), pytest.param(9, True, id="low"), pytest.param(30, True, id="high")],
)
def test_earlier_than_the_default_proves_nothing_until_the_kubelet_has_spoken(delay, within):
    """The node may be set to another curve."""
    timeline = restarting([0, delay])
    assert delays(timeline)[-1].within is within
    assert back_off(timeline).finding == (Finding.AS_EXPECTED if within else Finding.NOT_OBSERVED)


def test_a_run_does_not_begin_before_the_one_before_it_has_ended():
    timeline = timeline_of(running(restarts=1, started=at(3), last=ended(started=at(0), finished=at(5))))
    assert back_off(timeline) == BackOff(Finding.OFF, "run 1 began before run 0 had ended")
    assert delays(timeline)[0].within is False


# --- doubling ---


@pytest.mark.parametrize(
    "announced",
    [
        pytest.param([10, 20, 40, 80, 160, 300, 300], id="the default"),
        pytest.param([10, 20, 30, 30], id="a node with a lower limit"),
        pytest.param([1, 1, 1], id="a node with the lowest limit"),
        pytest.param([1, 2, 4, 8, 16, 32, 60, 60], id="a node that begins with 1 s"),
        pytest.param([10, 20, 40, 10, 20], id="a kubelet that has restarted"),
        pytest.param([20, 40], id="seen from the third run on"),
        pytest.param([10], id="seen once"),
    ],
)
def test_what_is_announced_doubles_up_to_a_limit(announced):
    timeline = restarting([0, *announced], dict(enumerate(announced, 2)))
    assert back_off(timeline).finding == Finding.AS_EXPECTED


@pytest.mark.parametrize(
    "announced, words",
    [
        pytest.param(
            {2: 10, 3: 30},
            "the kubelet announced 10 s before restart 2 and 30 s before restart 3, and doubling leads to 20 s",
            id="triples",
        ),
        pytest.param(
            {2: 10, 4: 50},
            "the kubelet announced 10 s before restart 2 and 50 s before restart 4, and doubling leads to 40 s",
            id="more than doubling twice",
        ),
        pytest.param(
            {2: 10, 3: 15, 4: 30},
            "the kubelet announced 10 s before restart 2 and 15 s before restart 3, and 30 s elsewhere: "
            "it does not double",
            id="grows, then doubles",
        ),
        pytest.param(
            {2: 10, 3: 10, 4: 20},
            "the kubelet announced 10 s before restart 2 and 10 s before restart 3, and 20 s elsewhere: "
            "it does not double",
            id="stays, then doubles",
        ),
    ],
)
def test_what_does_not_double_is_off(announced, words):
    found = back_off(restarting([0, 60, 60, 60], announced))
    assert (found.finding, found.reason) == (Finding.OFF, words)


def test_between_two_announcements_some_may_have_been_missed():
    assert back_off(restarting([0, 10, 20, 40], {2: 10, 4: 40})).finding == Finding.AS_EXPECTED


# --- the nominal delays ---


@pytest.mark.parametrize(
    "nominal, low, high", [(0, -1, 20), (10, 9, 30), (20, 19, 40), (40, 39, 65), (80, 79, 125), (300, 299, 455)]
)
def test_bounds(nominal, low, high):
    assert bounds(nominal) == (low, high)


def test_the_curve_where_the_kubelet_says_nothing():
    """Nine restarts, each seen from end to start, after what Kubernetes documents."""
    documented = [0, 10, 20, 40, 80, 160, 300, 300, 300]
    found = delays(restarting(documented))
    assert [(delay.nominal, delay.observed, delay.within) for delay in found] == [
        (delay, delay, True) for delay in documented
    ]


def test_a_node_with_another_curve_is_measured_against_what_it_says():
    """KubeletCrashLoopBackOffMax: 1 s at most. The default curve would call every delay too short."""
    found = delays(restarting([0, 1, 1], {2: 1}))
    assert [(delay.nominal, delay.within) for delay in found] == [(0, True), (1, True), (2, True)]


def test_another_curve_is_continued_in_both_directions():
    found = delays(restarting([0, 4, 8, 16, 32], {4: 16}))
    assert [delay.nominal for delay in found] == [0, 4, 8, 16, 32]


@pytest.mark.parametrize(
    "seconds, nominal", [pytest.param(600, [0, 10], id="ten minutes"), pytest.param(599, [80, 160], id="less")]
)
def test_ten_minutes_of_running_begin_the_curve_anew(seconds, nominal):
    timeline = restarting([0, 10, 20, 40, 80, 160], lasting={4: seconds})
    assert [delay.nominal for delay in delays(timeline)][-2:] == nominal


def test_ten_minutes_of_running_begin_the_announcements_anew():
    timeline = restarting([0, 10, 0, 40], {2: 10, 4: 40}, lasting={2: 600})
    assert back_off(timeline).finding == Finding.AS_EXPECTED


@pytest.mark.parametrize(
    "delay, within, late",
    [
        pytest.param(1, None, 0, id="free again"),
        pytest.param(10, None, 0, id="the second again"),
        pytest.param(40, True, 0, id="the next"),
        pytest.param(66, False, 1, id="late on any curve"),
    ],
)
def test_a_kubelet_that_has_restarted_begins_the_curve_anew_without_a_word(delay, within, late):
    """10 s and 20 s were announced, so that 40 s would be next: less may be a new curve, more is late on any."""
    found = delays(restarting([0, 10, 20, delay], {2: 10, 3: 20}))
    assert [(one.nominal, one.within) for one in found] == [(0, True), (10, True), (20, True), (40, within)]
    assert found[-1].late == late


@pytest.mark.parametrize(
    "timeline, origin",
    [
        pytest.param(restarting([0]), "the first restart is free; 0 to 20 s are usual: ", id="free"),
        pytest.param(restarting([0, 10], {2: 10}), "the kubelet announced 10 s; 9 to 30 s are usual: ", id="announced"),
        pytest.param(
            restarting([0, 10, 20], {2: 10}),
            "20 s is what the default back-off asks for; 19 to 40 s are usual: ",
            id="confirmed",
        ),
        pytest.param(
            restarting([0, 10]),
            "10 s would be the default, which the kubelet was not seen to confirm; 9 to 30 s are usual: ",
            id="unconfirmed",
        ),
    ],
)
def test_every_delay_says_where_its_nominal_value_comes_from(timeline, origin):
    reason = delays(timeline)[-1].reason
    assert reason == origin + "times are whole seconds, and the kubelet looks again only every 10 to 15 s"


# --- nothing to judge ---


def test_the_first_restart_alone_says_nothing_about_the_back_off():
    assert back_off(restarting([0])).finding == Finding.NOT_OBSERVED


def test_no_restart():
    assert back_off(timeline_of(running())) == BackOff(Finding.NOT_OBSERVED, "the container was not restarted")


def test_a_delay_that_was_not_measured():
    timeline = timeline_of(running(restarts=2, started=at(9)), terminated(restarts=3, started=at(90), finished=at(93)))
    assert [(delay.observed, delay.within, delay.late) for delay in delays(timeline)] == 2 * [(None, None, 0)]
    assert back_off(timeline).finding == Finding.NOT_OBSERVED


# --- what can come true ---


@pytest.mark.parametrize(
    "restarts, lifetime, seconds",
    [
        pytest.param(1, 3, 3, id="the first comes at once"),
        pytest.param(2, 3, 16, id="the lab"),
        pytest.param(7, 0, 610, id="the whole curve"),
        pytest.param(9, 1, 1219, id="beyond the curve"),
        pytest.param(3, 599, 1827, id="runs just too short to begin it anew"),
        pytest.param(3, 600, 1800, id="runs that begin it anew"),
    ],
)
def test_the_least_time_for_so_many_restarts(restarts, lifetime, seconds):
    assert nominal_seconds(restarts, lifetime) == seconds
