# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of all results together. The watches themselves are tested with their modules."""

from __future__ import annotations

from ansible_collections.kubelabs.pods.plugins.module_utils._watch.run import unmet_summary


def result(number, verdict="reached"):
    return {"namespace": f"lab-{number}", "pod": "web", "verdict": verdict, "reason": "The reason."}


def test_those_that_have_not_reached_it_are_named():
    results = [result(0), result(1, "failed"), result(2, "timeout")]
    assert unmet_summary(results, "did not become ready") == (
        "2 of 3 pods did not become ready: lab-1/web (failed: The reason), lab-2/web (timeout: The reason)."
    )


def test_ten_at_most_are_named():
    summary = unmet_summary([result(number, "failed") for number in range(300)], "did not become ready")
    assert summary.startswith("300 of 300 pods") and summary.endswith(", and 290 more.")
    assert summary.count("failed") == 10


def test_nothing_is_said_where_all_is_well():
    assert unmet_summary([result(0)], "did not become ready") == ""
