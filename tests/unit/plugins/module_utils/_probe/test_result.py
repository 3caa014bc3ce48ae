# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import Outcome, Word
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import Attempt, ExecProbe
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.result import (
    ProbeResult,
    make_result,
    unmet_summary,
)
from ansible_collections.kubelabs.pods.plugins.modules import pod_exec_probe, pod_log_probe

PROBE = ExecProbe(name="p", namespace="n", pod="x", command=("true",))


def result(unmet=(), **more):
    attempt = Attempt(Outcome(Word.OK, "the command exited with code 0", 0))
    return make_result(
        PROBE, attempt, unmet, **{"attempts": 1, "started": None, "duration": 0.0, "kubectl": "kubectl", **more}
    )


@pytest.mark.parametrize("module", [pod_exec_probe, pod_log_probe], ids=["pod_exec_probe", "pod_log_probe"])
def test_the_documentation_lists_what_is_returned(module):
    documented = yaml.safe_load(module.RETURN)["results"]["contains"]
    assert list(documented) == list(ProbeResult.__annotations__) == list(result())


def test_words_leave_as_plain_strings():
    assert result()["outcome"].__class__ is str


def test_what_is_not_met_comes_before_what_was_seen():
    assert (result()["met"], result()["reason"]) == (True, "The command exited with code 0.")
    unmet = result(["stdout lacks 'a'", "the output was cut off"])
    assert (unmet["met"], unmet["reason"]) == (False, "Stdout lacks 'a'; the output was cut off.")


def test_the_summary_names_those_that_are_not_met():
    assert unmet_summary([result()]) == ""
    assert unmet_summary([result(), result(["no"])]) == "1 of 2 probes did not meet their expectation: p (No)."
