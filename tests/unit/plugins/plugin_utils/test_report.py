# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _report as report
from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import NAMES, Check, Status, check

SCHEMA = json.loads((pathlib.Path(__file__).parents[4] / "docs/results.schema.json").read_text())
ANNA = {"name": "Anna", "label": "anna", "namespace": "lab-anna"}
BEN = {"name": "Ben", "label": "ben", "namespace": "lab-ben"}
CLUSTER = {"context": "kind-kubelabs", "server": "https://127.0.0.1:1", "version": "v1.20.2", "nodes": []}


def merge(previous, checks, restarts=(), students=(ANNA, BEN), now="2026-01-01T00:00:00Z"):
    return report.merge_report(previous, "monday", CLUSTER, list(students), checks, list(restarts), now)


def statuses(merged):
    return {
        student["name"]: {made["check"]: made["status"] for made in student["checks"]} for student in merged["students"]
    }


def reason(merged, name, student=0):
    return next(made["reason"] for made in merged["students"][student]["checks"] if made["check"] == name)


def passed(student, *names):
    return [check(student, name, True) for name in names]


class TestMerge:
    def test_phases_add_up_in_the_order_of_the_lab(self):
        first = merge(None, [check("Anna", "logs", True), check("Ben", "logs", False, "Why.")])
        second = merge(first, passed("Anna", "namespace") + passed("Ben", "namespace"), now="2026-01-01T00:01:00Z")
        assert statuses(second) == {
            "Anna": {"namespace": "passed", "logs": "passed"},
            "Ben": {"namespace": "passed", "logs": "failed"},
        }
        assert [made["check"] for made in second["students"][0]["checks"]] == ["namespace", "logs"]
        assert (second["started"], second["finished"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
        assert (second["class"], second["cluster"]) == ("monday", CLUSTER)

    def test_a_check_done_again_takes_the_place_of_the_first(self):
        first = merge(None, [check("Anna", "logs", False, "Why.")], students=[ANNA])
        assert statuses(merge(first, passed("Anna", "logs"), students=[ANNA])) == {"Anna": {"logs": "passed"}}

    def test_students_whom_a_phase_is_not_about_stay(self):
        first = merge(None, passed("Anna", "logs") + passed("Ben", "logs"))
        second = merge(first, passed("Ben", "exec"), students=[BEN])
        assert statuses(second) == {"Anna": {"logs": "passed"}, "Ben": {"logs": "passed", "exec": "passed"}}

    def test_a_student_without_a_check_of_the_phase_has_failed_it(self):
        merged = merge(None, passed("Anna", "logs"))
        assert statuses(merged) == {"Anna": {"logs": "passed"}, "Ben": {"logs": "failed"}}
        assert reason(merged, "logs", student=1) == "It was not looked at."

    def test_a_check_that_does_not_exist_is_refused(self):
        with pytest.raises(ArgumentError, match=r"log: no such check. The checks are: namespace, "):
            merge(None, passed("Anna", "log"))

    def test_a_check_of_another_version_stays_and_comes_last(self):
        first = merge(None, passed("Anna", "logs"), students=[ANNA])
        first["students"][0]["checks"].insert(0, {**first["students"][0]["checks"][0], "check": "older"})
        second = merge(first, passed("Anna", "namespace"), students=[ANNA])
        assert list(statuses(second)["Anna"]) == ["namespace", "logs", "older"]

    def test_restarts_stay_until_there_are_new_ones(self):
        two, three = ({"namespace": "lab-anna", "restarts": number} for number in (2, 3))
        first = merge(None, [], [two])
        assert merge(first, [])["students"][0]["restarts"] == [two]
        assert merge(first, [], [three])["students"][0]["restarts"] == [three]
        assert first["students"][1]["restarts"] == []

    def test_when_a_pod_became_ready_stays(self):
        first = merge(None, [check("Anna", "web_pod_ready", True, result={"duration": 3.5})], students=[ANNA])
        again = check("Anna", "web_pod_ready", True, result={"duration": 0.1})
        assert merge(first, [again], students=[ANNA])["students"][0]["checks"][0]["duration"] == 3.5
        no_more = check("Anna", "web_pod_ready", False, "It crashed.")
        assert statuses(merge(first, [no_more], students=[ANNA])) == {"Anna": {"web_pod_ready": "failed"}}

    def test_why_there_is_no_pod_stays(self):
        first = merge(None, [check("Anna", "web_pod_ready", False, "Kubernetes refused it.")], students=[ANNA])
        nothing = check("Anna", "web_pod_ready", False, "There is no pod web.")
        assert reason(merge(first, [nothing], students=[ANNA]), "web_pod_ready") == "Kubernetes refused it."
        crashed = check("Anna", "web_pod_ready", False, "It crashed.", result={"started": "t"})
        assert reason(merge(first, [crashed], students=[ANNA]), "web_pod_ready") == "It crashed."

    def test_a_class_that_was_cleaned_up_stays_so(self):
        first = merge(None, passed("Anna", "cleanup"), students=[ANNA])
        again = merge(first, [check("Anna", "cleanup", None, "There was no namespace.")], students=[ANNA])
        assert statuses(again) == {"Anna": {"cleanup": "passed"}}

    @given(
        st.dictionaries(
            st.tuples(st.sampled_from(["Anna", "Ben"]), st.sampled_from(NAMES)), st.sampled_from([True, False, None])
        )
    )
    def test_merging_phase_by_phase_is_merging_at_once(self, given_checks):
        made = [check(student, name, status, "Why.") for (student, name), status in given_checks.items()]
        phase_by_phase = None
        for name in NAMES:
            phase = [one for one in made if one["check"] == name]
            phase_by_phase = merge(phase_by_phase, phase)
        assert statuses(phase_by_phase) == statuses(merge(None, made))


NOT_READY = [check("Anna", "web_pod_ready", False, "No image.")]


class TestNeeds:
    """One cause is one failure: what depends on it is skipped, and says so."""

    def test_in_the_same_phase(self):
        merged = merge(None, NOT_READY + passed("Anna", "pod_has_ip", "exec"), students=[ANNA])
        assert statuses(merged)["Anna"] == {"web_pod_ready": "failed", "pod_has_ip": "skipped", "exec": "passed"}
        assert reason(merged, "pod_has_ip") == "Needs web_pod_ready, which failed."

    def test_in_a_later_phase(self):
        first = merge(None, NOT_READY, students=[ANNA])
        merged = merge(first, [check("Anna", "logs", False, "No pod.")], students=[ANNA])
        assert (statuses(merged)["Anna"]["logs"], reason(merged, "logs")) == (
            "skipped",
            "Needs web_pod_ready, which failed.",
        )

    def test_the_first_cause_is_named(self):
        checks = [check("Anna", name, False, "Why.") for name in NAMES]
        merged = merge(None, checks, students=[ANNA])
        assert {name for name, status in statuses(merged)["Anna"].items() if status == "failed"} == {
            "namespace",
            "cleanup",
        }
        assert reason(merged, "http_between_pods") == reason(merged, "back_off") == "Needs namespace, which failed."

    def test_one_that_was_skipped_for_a_reason_of_its_own(self):
        merged = merge(None, [check("Anna", "restarts", None, "Why."), *passed("Anna", "back_off")], students=[ANNA])
        assert reason(merged, "back_off") == "Needs restarts, which was skipped."

    def test_one_that_the_report_does_not_have_keeps_nothing_back(self):
        assert statuses(merge(None, passed("Anna", "logs"), students=[ANNA])) == {"Anna": {"logs": "passed"}}

    def test_a_pod_that_is_ready_now_is_ready(self):
        first = merge(None, NOT_READY, students=[ANNA])
        merged = merge(first, passed("Anna", "web_pod_ready", "logs"), students=[ANNA])
        assert statuses(merged) == {"Anna": {"web_pod_ready": "passed", "logs": "passed"}}

    def test_cleanup_needs_nothing(self):
        merged = merge(merge(None, NOT_READY, students=[ANNA]), passed("Anna", "cleanup"), students=[ANNA])
        assert statuses(merged)["Anna"]["cleanup"] == "passed"


class TestStudents:
    """Whose lab it is, without the roster."""

    def namespace(self, name, label=None, full_name=None):
        labels = {"kubelabs.pods/student": label} if label else {}
        annotations = {"kubelabs.pods/student-name": full_name} if full_name else None
        return {"name": name, "labels": labels, "annotations": annotations}

    def students(self, known, *namespaces):
        found = report.report_students(known, list(namespaces))
        return {student["name"]: student["namespace"] for student in found}

    def test_of_the_cluster(self):
        anna = self.namespace("monday-anna", "anna", "Anna Müller")
        assert self.students(None, anna, self.namespace("monday-ben", "ben"), self.namespace("x")) == {
            "Anna Müller": "monday-anna",
            "ben": "monday-ben",
            "x": "x",
        }

    def test_the_namespace_of_the_staff_is_nobodys(self):
        staff = {"name": "lab-staff", "labels": {"kubelabs.pods/part": "staff"}, "annotations": {}}
        assert self.students(None, staff, self.namespace("lab-ben", "ben")) == {"ben": "lab-ben"}
        # Whatever else its owner has written on it, that of a student is a student's.
        marked = {**staff, "labels": {"kubelabs.pods/part": "staff", "kubelabs.pods/student": "cleo"}}
        assert self.students(None, marked) == {"cleo": "lab-staff"}

    def test_of_the_report_first(self):
        merged = merge(None, passed("Anna", "logs"), students=[ANNA])
        assert self.students(merged, self.namespace("lab-anna", "a", "A"), self.namespace("lab-eve", "eve")) == {
            "Anna": "lab-anna",
            "eve": "lab-eve",
        }

    def test_of_two_with_one_name_neither_is_lost(self):
        merged = merge(None, passed("Anna", "logs"), students=[ANNA])
        assert self.students(merged, self.namespace("old-anna", "anna", "Anna")) == {
            "Anna": "lab-anna",
            "Anna (old-anna)": "old-anna",
        }

    def test_nobody_is_invented(self):
        assert self.students(None) == {}


class TestTable:
    def test_a_row_for_each_student(self):
        merged = merge(
            None,
            [
                check("Anna", "web_pod_ready", True),
                check("Anna", "exec", None, "Why."),
                check("Ben", "web_pod_ready", False, "Why."),
                check("Ben", "exec", True),
            ],
        )
        assert report.report_table(merged).splitlines() == [
            "        web",
            "        pod",
            "student ready exec",
            "------- ----- ----",
            "Anna    ok    -",
            "Ben     FAIL  ok",
        ]

    def test_on_a_narrow_terminal_the_checks_have_numbers(self):
        made = [check("Anna", name, name != "dns", "Why.") for name in report.NAMES]
        merged = merge(None, made, students=[ANNA])
        lines = report.report_table(merged, 80).splitlines()
        assert max(map(len, lines)) <= 80
        assert lines[0].startswith("student 1 2 3")
        assert lines[2].split()[1 + report.NAMES.index("dns")] == "X"
        assert f"{report.NAMES.index('dns') + 1} dns," in " ".join(lines)
        assert report.report_table(merged, 300) == report.report_table(merged)

    def test_a_check_of_somebodys_own_has_a_column(self):
        merged = merge(None, [check("Anna", "logs", True)], students=[ANNA])
        merged["students"][0]["checks"].append({**check("Anna", "logs", False, "Why."), "check": "my_check"})
        assert report.report_table(merged).splitlines()[-1] == "Anna    ok   FAIL"

    def test_what_anybody_wrote_is_cut_and_in_one_line(self):
        long = {"name": "Zo\nBen\x1b[31m" + "x" * 100_000, "label": "s", "namespace": "n"}
        merged = merge(None, [check(long["name"], "logs", False, "a\nb" * 1_000_000)], students=[long])
        assert len(report.report_table(merged)) < 300
        (line,) = report.report_failures(merged)
        assert len(line) < 2500 and "\n" not in line and "\x1b" not in line and "more characters" in line

    def many(self, failed):
        students = [{"name": f"s{number}", "label": "s", "namespace": f"n{number}"} for number in range(50)]
        made = [check(student["name"], "logs", student["name"] not in failed, "Why.") for student in students]
        return report.report_table(merge(None, made, students=students)).splitlines()

    def test_of_many_students_those_with_a_failure(self):
        assert self.many({"s7"}) == [
            "student logs",
            "------- ----",
            "s7      FAIL",
            "(49 more students, with no failed check)",
        ]

    def test_of_many_failures_the_first(self):
        lines = self.many({f"s{number}" for number in range(45)})
        assert len(lines) == 2 + report.MOST_ROWS + 1
        assert lines[-1] == "(5 more students with a failed check, 5 with none)"


class TestSummary:
    def test_how_many_passed(self):
        merged = merge(None, [check("Anna", "logs", True), check("Ben", "logs", False, "No log.")])
        assert report.report_summary(merged) == (
            "1 of 2 students passed every check (checks: 1 passed, 1 failed, 0 skipped)."
        )

    def test_who_was_not_looked_at_has_not_passed(self):
        merged = merge(merge(None, passed("Anna", "logs") + passed("Ben", "logs")), passed("Anna", "exec"), [], [ANNA])
        assert report.report_summary(merged) == (
            "1 of 2 students passed every check (checks: 3 passed, 0 failed, 0 skipped)."
            " Not counted, because not every check was made: Ben."
        )

    def test_after_some_phases_only_it_is_not_every_check(self):
        merged = merge(None, passed("Anna", "namespace", "web_pod_ready"), students=[ANNA])
        assert report.report_summary(merged).startswith("1 of 1 students passed every check that was made (")
        assert report.totals(merged).unmade[-2:] == ["restarts", "back_off"]
        every = [name for name in NAMES if name != "cleanup"]
        assert report.totals(merge(merged, passed("Anna", *every), students=[ANNA])).unmade == []
        of_teardown = report.report_of(merge(merged, passed("Anna", "cleanup"), students=[ANNA]), ["cleanup"])
        assert report.report_summary(of_teardown).startswith("1 of 1 students passed every check (")

    def test_what_was_skipped_was_not_passed(self):
        merged = merge(None, [check("Anna", "logs", True), check("Anna", "back_off", None, "Why.")], students=[ANNA])
        assert report.report_summary(merged) == (
            "1 of 1 students passed every check that was made (checks: 1 passed, 0 failed, 1 skipped)."
        )

    def test_nothing_but_skipped_checks_is_not_a_pass(self):
        merged = merge(None, [check("Anna", "cleanup", None, "There was no namespace.")], students=[ANNA])
        assert report.report_summary(merged) == "There was nothing to check for 1 student(s) (1 checks skipped)."


class TestOfSomeChecks:
    def test_only_these_and_who_has_them(self):
        merged = merge(None, passed("Anna", "logs") + passed("Ben", "logs"))
        merged = merge(merged, [check("Anna", "cleanup", False, "Held.")], students=[ANNA])
        only = report.report_of(merged, ["cleanup"])
        assert [(one["name"], [made["check"] for made in one["checks"]]) for one in only["students"]] == [
            ("Anna", ["cleanup"])
        ]
        assert only["class"] == merged["class"] and len(merged["students"]) == 2


class TestFailures:
    @pytest.mark.parametrize("students", [[], [ANNA]], ids=["nobody", "somebody without checks"])
    def test_nothing_is_no_success(self, students):
        assert report.report_failures(merge(None, [], students=students)) == [
            "Nothing was checked: the report has no checks."
        ]

    def class_of(self, number, reason_of, failing=None):
        students = [
            {"name": f"student-{index}", "label": "", "namespace": f"lab-student-{index}"} for index in range(number)
        ]
        made = [
            check(student["name"], "logs", failing is not None and student["name"] not in failing, reason_of(student))
            for student in students
        ]
        return merge(None, made, students=students)

    def test_one(self):
        merged = self.class_of(3, lambda student: "No log.", {"student-1"})
        assert report.report_failures(merged) == [
            "logs (shows that the log of the web pod can be read): student-1: No log."
        ]

    def test_those_of_a_phase_in_the_order_of_the_lab(self):
        made = [
            check(ANNA["name"], "logs", False, "No log."),
            check(ANNA["name"], "dns", False, "No name."),
            check(BEN["name"], "dns", False, "No name."),
            check(BEN["name"], "exec", True),
        ]
        merged = merge(
            merge(None, [check(ANNA["name"], "namespace", False, "No."), check(BEN["name"], "namespace", True)]), made
        )
        assert report.phase_failures(merged, {"dns", "logs", "exec"}) == (
            "Failed so far: logs: 2 students (Anna, Ben); exec: Anna; dns: 2 students (Anna, Ben)."
        )
        assert report.phase_failures(merged, {"exec_without_shell"}) == ""

    def test_one_cause_is_one_line(self):
        merged = self.class_of(2, lambda student: "No log.")
        (line,) = report.report_failures(merged)
        assert line.endswith(": 2 students (student-0, student-1): No log.")

    def test_names_and_figures_make_no_other_cause(self):
        merged = self.class_of(
            3,
            lambda student: f"{student['name']} has no pod in {student['namespace']} after {student['name'][-1]}.5 s.",
        )
        (line,) = report.report_failures(merged)
        assert "3 students (student-0, student-1, student-2)" in line
        assert line.endswith("student-0 has no pod in lab-student-0 after 0.5 s. (said of student-0)")

    def test_different_words_are_different_causes(self):
        merged = self.class_of(2, lambda student: "No log." if student["name"] == "student-0" else "No pod.")
        assert len(report.report_failures(merged)) == 2

    def test_of_many_students_all_are_counted(self):
        (line,) = report.report_failures(self.class_of(300, lambda student: "No log."))
        assert "300 students (student-0, " in line
        assert "and 290 more" in line

    def test_causes_beyond_the_limit_are_counted_with_their_students(self):
        words = ["a", "b", "c", "c", "d"]
        merged = self.class_of(5, lambda student: f"It is {words[int(student['name'][-1])]}.")
        lines = report.report_failures(merged, most=2)
        assert len(lines) == 3
        assert lines[-1] == "... and 2 more, of 3 students (student-2, student-3, student-4)"

    def test_nothing_failed(self):
        assert report.report_failures(merge(None, passed("Anna", "logs") + passed("Ben", "logs"))) == []

    def test_notes_are_told_apart(self):
        late = [
            check(name, "back_off", True, note=f"Restart 1 came after {seconds} s.")
            for name, seconds in (("Anna", 25), ("Ben", 31))
        ]
        merged = merge(None, late)
        assert report.report_failures(merged) == []
        (line,) = report.report_notes(merged)
        assert line.startswith("back_off (shows that ")
        assert line.endswith(": 2 students (Anna, Ben): Restart 1 came after 25 s. (said of Anna)")


def test_columns_stand_below_each_other_in_every_script():
    names = ["李雷", "Zoe\u0308", "प्रिया", "Anna"]
    students = [{"name": name, "label": str(index), "namespace": str(index)} for index, name in enumerate(names)]
    made = [check(name, "logs", True) for name in names]
    lines = report.report_table(merge(None, made, students=students)).splitlines()[2:]
    assert lines == ["李雷    ok", "Zoe\u0308     ok", "प्रिया   ok", "Anna    ok"]


class TestSchema:
    """docs/results.schema.json describes what is written."""

    @pytest.mark.parametrize(
        ("typed", "described"),
        [
            pytest.param(report.Report, SCHEMA, id="report"),
            pytest.param(report.StudentReport, SCHEMA["properties"]["students"]["items"], id="student"),
            pytest.param(Check, SCHEMA["$defs"]["check"], id="check"),
        ],
    )
    def test_the_keys_are_those_of_the_types(self, typed, described):
        assert set(typed.__annotations__) == set(described["properties"]) == set(described["required"])
        assert described["additionalProperties"] is False

    def test_the_statuses(self):
        assert SCHEMA["$defs"]["check"]["properties"]["status"]["enum"] == [status.value for status in Status]

    @pytest.mark.parametrize("name", NAMES)
    def test_what_is_merged_is_described(self, name):
        merged = merge(None, [check("Anna", name, None, "Why."), check("Ben", name, False, "Why.")])
        jsonschema.validate(merged, SCHEMA)
