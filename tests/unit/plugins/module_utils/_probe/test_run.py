# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground import fleet
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.expectation import Expectation
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import EXPECTABLE, Outcome, Word
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import (
    Attempt,
    ExecProbe,
    Output,
    PodUnavailable,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.run import PER_POD, run_probes, skipped

OK = Attempt(Outcome(Word.OK, "it exited with 0", 0), stdout=Output(b"out\n"), container="app")
FAILED = Attempt(Outcome(Word.NONZERO_EXIT, "it exited with 1", 1), stdout=Output(b"not yet\n"), container="app")
TIMEOUT = Attempt(Outcome(Word.TIMEOUT, "it had not ended"))
NO_POD = PodUnavailable(Outcome(Word.POD_NOT_FOUND, "there is no pod"))


def probe(name="p", pod="web", **more):
    return ExecProbe(name=name, namespace="n", pod=pod, command=("true",), **more)


class ScriptedProber:
    """Gives one attempt after the other from a script; each takes so many seconds of the clock.

    Attributes:
        allowed: the seconds that each attempt was given.
    """

    def __init__(self, clock, *script, takes=0.0):
        self._clock = clock
        self._script = list(script)
        self._takes = takes
        self.allowed = []

    def perform(self, probe, deadline):
        self.allowed.append(deadline.remaining())
        self._clock.sleep(min(self._takes, deadline.remaining()))
        step = self._script.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step

    def line(self, probe, container):
        return f"kubectl {probe.name} {container}"


@pytest.fixture(name="run")
def runner(clock):
    def run(prober, *probes, seconds=60, concurrency=1):
        return run_probes(
            probes,
            prober,
            concurrency=concurrency,
            deadline=Deadline(seconds, clock),
            clock=clock,
            sleep=clock.sleep,
        )

    return run


def test_one_attempt(clock, run):
    (result,) = run(ScriptedProber(clock, OK, takes=0.25), probe(timeout=7))
    assert (result["met"], result["outcome"], result["rc"], result["stdout"]) == (True, "ok", 0, "out\n")
    assert (result["attempts"], result["duration"], result["container"]) == (1, 0.25, "app")
    assert (result["reason"], result["kubectl"]) == ("It exited with 0.", "kubectl p app")
    assert result["started"].endswith("Z")


def test_attempts_go_on_until_the_expectation_is_met(clock, run):
    prober = ScriptedProber(clock, FAILED, NO_POD, OK, FAILED)
    (result,) = run(prober, probe(retries=5, delay=3))
    assert (result["met"], result["attempts"]) == (True, 3)
    assert [pause for pause in clock.pauses if pause] == [3, 3]


def test_attempts_end(clock, run):
    (result,) = run(ScriptedProber(clock, FAILED, FAILED, FAILED), probe(retries=2))
    assert (result["met"], result["attempts"], result["outcome"]) == (False, 3, "nonzero_exit")
    assert result["reason"] == "Expected ok, got nonzero_exit: it exited with 1 ('not yet')."


def test_each_attempt_gets_its_timeout_and_never_more_than_is_left(clock, run):
    prober = ScriptedProber(clock, FAILED, FAILED, FAILED, takes=4)
    run(prober, probe(timeout=5, retries=2, delay=1), seconds=12)
    assert prober.allowed == [5, 5, 2]


def test_no_time_for_another_attempt_is_said(clock, run):
    """And the last answer is worth more than that the time is over."""
    prober = ScriptedProber(clock, FAILED, FAILED)
    (result,) = run(prober, probe(retries=5, delay=5), seconds=5)
    assert (result["attempts"], result["outcome"]) == (1, "nonzero_exit")
    assert result["reason"].endswith(
        "it exited with 1 ('not yet'); the task's timeout left no time for another attempt."
    )


def test_an_attempt_that_the_tasks_timeout_cuts_off_does_not_hide_what_was_seen(clock, run):
    prober = ScriptedProber(clock, FAILED, TIMEOUT, takes=3)
    (result,) = run(prober, probe(timeout=10, retries=5, delay=1), seconds=6)
    assert (result["outcome"], result["rc"], result["stdout"], result["attempts"]) == (
        "nonzero_exit",
        1,
        "not yet\n",
        2,
    )
    assert result["reason"].endswith("the task's timeout cut off attempt 2.")


def test_an_attempt_that_is_too_slow_by_itself_counts(clock, run):
    prober = ScriptedProber(clock, FAILED, TIMEOUT, takes=3)
    (result,) = run(prober, probe(timeout=3, retries=1), seconds=60)
    assert (result["outcome"], result["attempts"]) == ("timeout", 2)


def test_no_pod_is_an_outcome_like_others(clock, run):
    expected = probe(expect=Expectation(outcome=(Word.POD_NOT_FOUND,)))
    (result,) = run(ScriptedProber(clock, NO_POD), expected)
    assert (result["met"], result["outcome"], result["container"]) == (True, "pod_not_found", None)


def test_what_was_cut_off_is_not_called_missing_without_saying_so(clock, run):
    cut = Attempt(OK.outcome, stdout=Output(b"x" * 50, truncated=True))
    (result,) = run(ScriptedProber(clock, cut), probe(expect=Expectation(contains=("NEEDLE",))))
    assert not result["met"] and result["reason"].endswith("; the output was cut off at max_output.")
    (result,) = run(ScriptedProber(clock, cut), probe())
    assert result["met"] and "cut off" not in result["reason"]


# --- what breaks ---

EVERYTHING = Expectation(outcome=EXPECTABLE)


def test_a_fault_of_ours_is_an_outcome_that_nobody_can_expect_and_stops_no_other(clock, run):
    prober = ScriptedProber(clock, TypeError("Authorization: Bearer secret"), OK)
    broken, other = run(prober, probe("broken", expect=EVERYTHING, retries=3), probe("other"))
    assert (broken["met"], broken["outcome"], broken["attempts"]) == (False, "internal_error", 1)
    assert broken["reason"].startswith("A fault in kubelabs.pods, and nothing that the cluster did (TypeError")
    assert "_probe/run.py, line " in broken["reason"]
    assert "https://github.com/kubelabs/pods/issues" in broken["reason"]
    assert "secret" not in str(broken), "what a library says may hold a credential"
    assert (other["met"], other["outcome"]) == (True, "ok")


def test_what_cannot_be_tried_at_all_is_not_tried_again(clock, run):
    prober = ScriptedProber(clock, ConfigurationError("The certificates cannot be loaded."))
    (result,) = run(prober, probe(expect=EVERYTHING, retries=3))
    assert (result["met"], result["outcome"], result["attempts"]) == (False, "api_error", 1)
    assert result["reason"] == "The certificates cannot be loaded."


class StuckProber:
    """Blocks whatever the deadline, from the given attempt on."""

    def __init__(self, at=1):
        self._at = at
        self._attempts = 0
        self.released = threading.Event()

    def perform(self, probe, deadline):
        self._attempts += 1
        if self._attempts >= self._at:
            self.released.wait(10)
        return FAILED

    def line(self, probe, container):
        return "kubectl"


@pytest.fixture(name="stuck")
def stuck_prober(request, monkeypatch):
    monkeypatch.setattr(fleet, "LAST_WORDS", 0.02)
    prober = StuckProber(request.param)
    yield prober
    prober.released.set()


@pytest.mark.against_the_clock
@pytest.mark.parametrize("stuck", [1], indirect=True, ids=["from the first attempt"])
def test_the_tasks_deadline_ends_what_runs_and_what_waits(stuck):
    results = run_probes([probe(str(index)) for index in range(3)], stuck, concurrency=2, deadline=Deadline(0.3))
    assert {result["outcome"] for result in results} == {"timeout"}
    assert [result["attempts"] for result in results] == [1, 1, 0]
    assert [result["started"] is None for result in results] == [False, False, True]
    assert results[0]["reason"] == "The task's timeout passed before the probe had ended."
    assert results[2]["reason"] == "The task's timeout passed before the probe could begin."
    assert results[2]["duration"] == 0


@pytest.mark.against_the_clock
@pytest.mark.parametrize("stuck", [2], indirect=True, ids=["from the second attempt"])
def test_one_that_is_stuck_does_not_hide_what_was_seen_before(stuck):
    (result,) = run_probes([probe(retries=5, delay=0)], stuck, concurrency=1, deadline=Deadline(0.3))
    assert (result["outcome"], result["attempts"]) == ("nonzero_exit", 2)
    assert result["reason"].endswith("the task's timeout cut off attempt 2.")


# --- many ---


class MeetingProber:
    """Ends an attempt only when as many others run in the same pod as may.

    Attributes:
        most: how many ran in one pod at the same time.
    """

    def __init__(self, *pods):
        self.most = 0
        self._running = dict.fromkeys(pods, 0)
        self._meetings = {pod: threading.Barrier(PER_POD, timeout=10) for pod in pods}
        self._lock = threading.Lock()

    def perform(self, probe, deadline):
        with self._lock:
            self._running[probe.pod] += 1
            self.most = max(self.most, self._running[probe.pod])
        self._meetings[probe.pod].wait()
        with self._lock:
            self._running[probe.pod] -= 1
        return OK

    def line(self, probe, container):
        return ""


def test_results_come_in_the_order_of_the_probes_and_a_pod_gets_few_at_a_time():
    prober = MeetingProber("web", "shell")
    probes = [probe(str(index), pod=["web", "shell"][index % 2]) for index in range(10 * PER_POD)]
    results = run_probes(probes, prober, concurrency=4 * PER_POD, deadline=Deadline(20))
    assert [result["name"] for result in results] == [str(index) for index in range(len(probes))]
    assert all(result["met"] for result in results)
    assert prober.most <= PER_POD


def test_in_check_mode_nothing_is_asked(clock):
    prober = ScriptedProber(clock)
    (result,) = skipped([probe(container="app", expect=Expectation(contains=("x",)))], prober)
    assert (result["outcome"], result["attempts"], result["met"], result["started"]) == ("skipped", 0, True, None)
    assert (result["reason"], result["kubectl"]) == ("Not executed in check mode.", "kubectl p app")
