# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _report as results
from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import NAMES, check

ANNA = {"name": "Anna", "namespace": "lab-anna"}
BEN = {"name": "Ben", "namespace": "lab-ben"}
CLUSTER = {"context": "kind-kubelabs", "server": "https://127.0.0.1:1", "version": "v1.20.2", "nodes": []}


def merge(previous, checks, restarts=(), students=(ANNA, BEN), now="2026-01-01T00:00:00Z"):
    return results.merge(previous, "monday", CLUSTER, list(students), checks, list(restarts), now)


def statuses(merged):
    return {
        student["name"]: {made["check"]: made["status"] for made in student["checks"]} for student in merged["students"]
    }


def test_phases_add_up_in_the_order_of_the_lab():
    first = merge({}, [check("Anna", "logs", True), check("Ben", "logs", False, "Why.")])
    second = merge(first, [check("Anna", "namespace", True)], now="2026-01-01T00:01:00Z")
    assert statuses(second) == {"Anna": {"namespace": "passed", "logs": "passed"}, "Ben": {"logs": "failed"}}
    assert [made["check"] for made in second["students"][0]["checks"]] == ["namespace", "logs"]
    assert (second["started"], second["finished"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
    assert (second["class"], second["cluster"]) == ("monday", CLUSTER)


def test_a_check_done_again_takes_the_place_of_the_first():
    merged = merge(merge({}, [check("Anna", "logs", False, "Why.")]), [check("Anna", "logs", True)])
    assert statuses(merged)["Anna"] == {"logs": "passed"}


def test_students_who_left_are_left_out():
    merged = merge(merge({}, [check("Anna", "logs", True)]), [], students=[BEN])
    assert statuses(merged) == {"Ben": {}}


def test_restarts_stay_until_there_are_new_ones():
    first = merge({}, [], [{"namespace": "lab-anna", "restarts": 2}])
    assert merge(first, [])["students"][0]["restarts"] == [{"namespace": "lab-anna", "restarts": 2}]
    assert merge(first, [], [{"namespace": "lab-anna", "restarts": 3}])["students"][0]["restarts"] == [
        {"namespace": "lab-anna", "restarts": 3}
    ]
    assert first["students"][1]["restarts"] == []


@given(
    st.lists(st.tuples(st.sampled_from(["Anna", "Ben"]), st.sampled_from(NAMES), st.sampled_from([True, False, None])))
)
def test_merging_one_by_one_is_merging_at_once(given_checks):
    made = [check(*one) for one in given_checks]
    one_by_one = {}
    for one in made:
        one_by_one = merge(one_by_one, [one])
    assert statuses(one_by_one or merge({}, [])) == statuses(merge({}, made))


def test_the_table():
    merged = merge(
        {},
        [
            check("Anna", "web_pod_ready", True),
            check("Anna", "logs", None, "Why."),
            check("Ben", "web_pod_ready", False, "Why."),
        ],
    )
    assert results.table(merged).splitlines() == [
        "        web",
        "        pod",
        "student ready logs",
        "------- ----- ----",
        "Anna    ok    -",
        "Ben     FAIL",
    ]


def test_of_many_students_the_table_shows_those_with_a_failure():
    students = [{"name": f"s{number}", "namespace": f"n{number}"} for number in range(50)]
    merged = merge(
        {}, [check(student["name"], "logs", student["name"] != "s7", "Why.") for student in students], students=students
    )
    assert results.table(merged).splitlines() == [
        "student logs",
        "------- ----",
        "s7      FAIL",
        "(49 more students, with no failed check)",
    ]


def test_the_summary_and_the_failures():
    merged = merge(
        {},
        [check("Anna", "logs", True), check("Ben", "logs", False, "No log."), check("Ben", "exec", False, "No pod.")],
    )
    assert results.summary(merged) == "1 of 2 students passed every check (1 checks passed, 2 failed, 0 skipped)."
    assert results.failures(merged) == ["Ben: logs: No log.", "Ben: exec: No pod."]
    assert results.failures(merged, most=1) == ["Ben: logs: No log.", "... and 1 more"]
