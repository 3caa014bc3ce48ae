# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _checks as checks

ANNA = {"name": "Anna", "label": "anna", "namespace": "lab-anna"}
BEN = {"name": "Ben", "label": "ben", "namespace": "lab-ben"}


def by_student(made):
    return {(check["student"], check["check"]): check for check in made}


def probe(student, name, met=True, **more):
    result = {
        "namespace": student["namespace"],
        "name": name,
        "met": met,
        "reason": "It said so.",
        "stdout": "out",
        "stderr": "",
    }
    return {**result, "kubectl": "kubectl exec", "started": "2026-01-01T00:00:00.000Z", "duration": 0.5, **more}


def test_every_need_is_a_check_that_comes_before():
    for place, known in enumerate(checks.LAB_CHECKS):
        assert set(known.needs) <= set(checks.NAMES[:place]), known


def test_a_check_has_all_its_fields():
    assert checks.check(
        "Anna", "logs", False, "Why.", " seen ", {"kubectl": "kubectl logs", "started": "t", "duration": 1.5}
    ) == {
        "student": "Anna",
        "check": "logs",
        "status": "failed",
        "reason": "Why.",
        "note": "",
        "evidence": "seen",
        "kubectl": "kubectl logs",
        "started": "t",
        "duration": 1.5,
    }


@pytest.mark.parametrize(
    ("passed", "status", "reason"), [(True, "passed", ""), (False, "failed", "Why."), (None, "skipped", "Why.")]
)
def test_only_what_did_not_pass_has_a_reason(passed, status, reason):
    made = checks.check("Anna", "logs", passed, "Why.")
    assert (made["status"], made["reason"]) == (status, reason)


def test_evidence_is_shortened():
    assert len(checks.check("Anna", "logs", True, evidence="x" * 5000)["evidence"]) == checks.EVIDENCE_LENGTH


class TestProbes:
    def test_each_student_has_each_check(self):
        results = [
            probe(ANNA, "logs"),
            probe(BEN, "logs", met=False),
            probe(ANNA, "exec"),
            probe(BEN, "exec", stdout="", stderr="err"),
        ]
        made = by_student(checks.probe_checks(results, [ANNA, BEN], ["logs", "exec"], {}))
        assert {key: check["status"] for key, check in made.items()} == {
            ("Anna", "logs"): "passed",
            ("Anna", "exec"): "passed",
            ("Ben", "logs"): "failed",
            ("Ben", "exec"): "passed",
        }
        assert made["Ben", "logs"]["reason"] == "It said so."
        assert made["Ben", "exec"]["evidence"] == "err"

    def test_a_missing_result_is_a_failure(self):
        (made,) = checks.probe_checks([], [ANNA], ["http_between_pods"], {"http_across_nodes": "One node."})
        assert (made["status"], made["reason"]) == ("failed", checks.NOT_PROBED)

    def test_an_error_of_our_own_is_a_failure(self):
        result = probe(ANNA, "logs", met=False, outcome="internal_error", reason="An error of kubelabs.pods: KeyError.")
        (made,) = checks.probe_checks([result], [ANNA], ["logs"], {})
        assert (made["status"], made["reason"]) == ("failed", "An error of kubelabs.pods: KeyError.")

    @pytest.mark.parametrize(
        ("name", "more", "words"),
        [
            (
                "dns",
                {"outcome": "ok", "stdout": "10.96.0.1\n;; timed out."},
                "did not give its address (;; timed out).",
            ),
            ("api_server", {"outcome": "nonzero_exit", "stderr": "curl: (6) x"}, "did not answer (curl: (6) x)."),
            ("http_between_pods", {"outcome": "nonzero_exit"}, "The web pod did not answer."),
        ],
    )
    def test_what_did_not_answer_is_told_with_what_may_keep_it_away(self, name, more, words):
        result = probe(
            ANNA, name, met=False, reason="Stdout does not match 'x'.", **{"stdout": "", "stderr": "", **more}
        )
        (made,) = checks.probe_checks([result], [ANNA], [name], {})
        assert words in made["reason"]
        assert made["reason"].endswith(f"(kubectl -n {ANNA['namespace']} get networkpolicies).")

    def test_what_went_wrong_before_is_told_as_it_is(self):
        result = probe(ANNA, "dns", met=False, outcome="pod_not_found", reason="There is no pod.")
        assert checks.probe_checks([result], [ANNA], ["dns"], {})[0]["reason"] == "There is no pod."

    @pytest.mark.parametrize(
        ("more", "reason"),
        [
            ({"stdout": " \n"}, "The log is empty."),
            ({"stdout": "Starting"}, "Unmet."),
            ({"stdout": "", "outcome": "pod_not_found"}, "Unmet."),
        ],
    )
    def test_an_empty_log_is_told_as_one(self, more, reason):
        result = probe(ANNA, "logs", met=False, reason="Unmet.", **{"stderr": "", "outcome": "ok", **more})
        assert checks.probe_checks([result], [ANNA], ["logs"], {})[0]["reason"] == reason

    def test_one_that_may_be_missing_is_skipped(self):
        (made,) = checks.probe_checks([], [ANNA], ["http_across_nodes"], {"http_across_nodes": "One node."})
        assert (made["status"], made["reason"]) == ("skipped", "One node.")


def watched(student, pod="web", verdict="reached", **more):
    result = {
        "namespace": student["namespace"],
        "pod": pod,
        "verdict": verdict,
        "reason": "Seen.",
        "hint": "",
        "status": "Running",
    }
    return {
        **result,
        "node": "a",
        "pod_ip": "10.0.0.2",
        "kubectl": "kubectl get",
        "started": "t",
        "duration": 2.0,
        **more,
    }


POD_CHECKS = {"web": "web_pod_ready", "shell": "shell_pod_ready"}


class TestReadyPods:
    def test_ready_and_not(self):
        results = [
            watched(ANNA),
            watched(ANNA, "shell", "never_started", reason="No image.", hint="Check its name.", node=None),
        ]
        made = by_student(checks.ready_checks(results, [ANNA], POD_CHECKS, {}))
        assert made["Anna", "web_pod_ready"]["status"] == "passed"
        assert made["Anna", "web_pod_ready"]["evidence"] == "Running on a"
        assert made["Anna", "shell_pod_ready"]["status"] == "failed"
        assert made["Anna", "shell_pod_ready"]["reason"] == "No image. Check its name."

    def test_a_pod_that_kubernetes_refused_says_why(self):
        made = by_student(
            checks.ready_checks(
                [], [ANNA], POD_CHECKS, {"lab-anna/web": "Kubernetes refused the pod web: exceeded quota."}
            )
        )
        assert made["Anna", "web_pod_ready"]["reason"] == "Kubernetes refused the pod web: exceeded quota."
        assert (
            made["Anna", "shell_pod_ready"]["reason"]
            == "There is no pod shell with the labels of the class in lab-anna."
        )

    def test_the_ip(self):
        made = by_student(checks.pod_ip_checks([watched(ANNA), watched(BEN, pod_ip=None)], [ANNA, BEN], "web"))
        assert (made["Anna", "pod_has_ip"]["status"], made["Anna", "pod_has_ip"]["evidence"]) == ("passed", "10.0.0.2")
        assert made["Ben", "pod_has_ip"]["status"] == "failed"


IMMUTABLE = (
    'Failed to apply object: {"kind":"Status","status":"Failure","code":422,"reason":"Invalid",'
    '"message":"Pod \\"shell\\" is invalid: spec: Forbidden: pod updates may not change fields other than `x`\\n {..."}'
)


def definition(student, name):
    return {"kind": "Pod", "metadata": {"name": name, "namespace": student["namespace"]}}


DEFINITIONS = [definition(ANNA, "web"), definition(ANNA, "shell"), definition(BEN, "web")]


class TestApply:
    def applied(self, *items):
        return {"changed": True, "result": {"results": list(items)}}

    def test_applied(self):
        applied = self.applied(
            {"changed": True, "result": {}}, {"changed": False, "result": {}}, {"changed": False, "result": {}}
        )
        made = by_student(checks.apply_checks(applied, DEFINITIONS, [ANNA, BEN], "namespace"))
        assert [check["status"] for check in made.values()] == ["passed", "passed"]

    def test_again_unchanged(self):
        applied = self.applied(
            {"changed": True, "result": {}}, {"changed": False, "result": {}}, {"changed": False, "result": {}}
        )
        made = by_student(
            checks.apply_checks(applied, DEFINITIONS, [ANNA, BEN], "apply_again_unchanged", unchanged=True)
        )
        assert made["Anna", "apply_again_unchanged"]["reason"] == "Applying the same YAML again changed web."
        assert made["Ben", "apply_again_unchanged"]["status"] == "passed"

    def test_refused(self):
        applied = self.applied(
            {"changed": True, "result": {}}, {"changed": False, "error": {"msg": "exceeded quota"}}, {"changed": False}
        )
        made = by_student(checks.apply_checks(applied, DEFINITIONS, [ANNA, BEN], "namespace"))
        why = made["Anna", "namespace"]["reason"]
        assert why.startswith("Kubernetes refused the pod shell: Exceeded quota. Change the quota")
        assert made["Ben", "namespace"]["status"] == "passed"
        assert checks.apply_errors(applied, DEFINITIONS) == {"lab-anna/shell": why}
        assert checks.applied_objects(applied, DEFINITIONS) == [
            {"namespace": "lab-anna", "name": "web"},
            {"namespace": "lab-ben", "name": "web"},
        ]

    def test_a_single_object_is_not_wrapped_in_a_list(self):
        applied = {"changed": True, "result": {"metadata": {"name": "web"}}}
        (made,) = checks.apply_checks(applied, DEFINITIONS[:1], [ANNA], "namespace", unchanged=True)
        assert made["status"] == "failed"

    def test_a_student_nothing_was_applied_for(self):
        made = by_student(checks.apply_checks(self.applied(), [], [ANNA], "namespace"))
        assert made["Anna", "namespace"]["status"] == "failed"

    def test_why_nothing_was_applied(self):
        absent = {"lab-anna": "It is still being deleted."}
        made = by_student(checks.apply_checks(self.applied(), [], [ANNA], "namespace", absent=absent))
        assert made["Anna", "namespace"]["reason"] == "It is still being deleted."

    @pytest.mark.parametrize("answers", [0, 1, 2, 4])
    def test_as_many_answers_as_objects_or_a_sentence(self, answers):
        applied = self.applied(*[{"changed": False}] * answers) if answers != 1 else {"changed": False, "result": {}}
        with pytest.raises(ArgumentError, match=f"there are {answers} answers .* for 3 objects. Give the definitions"):
            checks.applied_objects(applied, DEFINITIONS)

    def test_nothing_applied_has_no_answers(self):
        assert checks.applied_objects({"changed": False, "result": {"results": []}}, []) == []
        assert checks.applied_objects({"changed": False}, []) == []

    def test_objects_that_cannot_be_changed(self):
        applied = self.applied(
            {"changed": False, "error": {"msg": "exceeded quota"}},
            {"changed": False, "error": {"msg": IMMUTABLE}},
            {"changed": False},
        )
        names = [{"namespace": "lab-anna", "name": "shell"}]
        assert checks.unchangeable_objects(applied, DEFINITIONS) == names

    def test_only_pods_that_were_found_are_ours(self):
        results = [
            {"namespace": "lab-anna", "pod": "web", "uid": ""},
            {"namespace": "lab-ben", "pod": "web", "uid": "1"},
        ]
        assert checks.definitions_of_pods(DEFINITIONS, results) == [DEFINITIONS[2]]

    def test_what_is_of_the_staff_is_no_students_failure(self):
        of_staff = {"kubelabs.pods/part": "staff"}
        role = {"kind": "Role", "metadata": {"name": "projector", "namespace": "lab-anna", "labels": of_staff}}
        binding = {"kind": "RoleBinding", "metadata": role["metadata"]}
        of_ben = {"kind": "Role", "metadata": {**role["metadata"], "namespace": "lab-ben"}}
        ben = {"kind": "Namespace", "metadata": {"name": "lab-ben"}}
        space = {"kind": "Namespace", "metadata": {"name": "lab-staff", "labels": of_staff}}
        definitions = [DEFINITIONS[0], ben, role, binding, of_ben, space]
        refused = {"changed": False, "error": {"msg": "no way"}}
        applied = self.applied({"changed": False}, *[refused] * 5)
        made = by_student(checks.apply_checks(applied, definitions, [ANNA, BEN], "namespace"))
        assert made["Anna", "namespace"]["status"] == "passed"
        assert "role" not in made["Ben", "namespace"]["reason"]
        # One for each place, and not that of Ben, whose check has failed.
        first, second = checks.staff_apply_problems(applied, definitions)
        assert first.startswith("Kubernetes refused the role projector of the staff in lab-anna: No way. ")
        assert second.startswith("Kubernetes refused the namespace lab-staff of the staff: No way. ")

    def test_of_many_refusals_of_the_staff_ten_are_told(self):
        of_staff = {"kubelabs.pods/part": "staff"}
        metadata = [{"name": "projector", "namespace": f"lab-{number}", "labels": of_staff} for number in range(12)]
        definitions = [{"kind": "Role", "metadata": one} for one in metadata]
        applied = self.applied(*[{"changed": False, "error": {"msg": "no way"}}] * 12)
        problems = checks.staff_apply_problems(applied, definitions)
        assert len(problems) == 11
        assert problems[-1] == "So it was in 2 more namespaces."

    def test_namespaces_stand_for_themselves(self):
        applied = {"changed": True, "result": {"metadata": {"name": "lab-anna"}}}
        (made,) = checks.apply_checks(applied, [{"metadata": {"name": "lab-anna"}}], [ANNA], "namespace")
        assert made["status"] == "passed"


def crashed(student, restarts=2, verdict="reached", finding="as_expected", in_back_off=True, note=""):
    return {
        **watched(student, "failing", verdict, status="CrashLoopBackOff"),
        "restarts": restarts,
        "in_back_off": in_back_off,
        "back_off": {"finding": finding, "reason": "As it should.", "note": note},
        "delays": [{"restart": 1, "observed": 0.0, "nominal": 0.0}, {"restart": 2, "observed": None, "nominal": 10.0}],
    }


class TestRestarts:
    @pytest.mark.parametrize(
        ("result", "restarts", "back_off"),
        [
            ({}, "passed", "passed"),
            ({"finding": "off"}, "passed", "failed"),
            ({"finding": "not_observed"}, "passed", "skipped"),
            ({"in_back_off": False}, "passed", "failed"),
            ({"restarts": 1, "verdict": "timeout", "finding": "not_observed"}, "failed", "failed"),
            (
                {"restarts": 0, "verdict": "never_started", "finding": "not_observed", "in_back_off": False},
                "failed",
                "failed",
            ),
        ],
    )
    def test_findings(self, result, restarts, back_off):
        made = by_student(checks.restart_checks([crashed(ANNA, **result)], [ANNA], 2, {}))
        assert made["Anna", "restarts"]["status"] == restarts
        assert made["Anna", "back_off"]["status"] == back_off

    def test_the_delays_are_the_evidence(self):
        made = by_student(checks.restart_checks([crashed(ANNA)], [ANNA], 2, {}))
        assert made["Anna", "back_off"]["evidence"] == "restart 1: 0 s (nominal 0 s)"

    def test_lateness_is_a_note_and_no_failure(self):
        late = "Restart 1 came after 25 s (nominal 0 s): the node was busy."
        made = by_student(checks.restart_checks([crashed(ANNA, note=late)], [ANNA], 2, {}))
        assert (made["Anna", "back_off"]["status"], made["Anna", "back_off"]["reason"]) == ("passed", "")
        assert made["Anna", "back_off"]["note"] == late

    def test_a_student_without_the_app(self):
        made = by_student(
            checks.restart_checks([], [ANNA, BEN], 2, {"lab-anna/failing": "Kubernetes refused the pod failing."})
        )
        assert made["Anna", "restarts"]["reason"] == "Kubernetes refused the pod failing."
        assert made["Ben", "back_off"]["reason"] == "There is no badly configured app in lab-ben."


class TestTeardown:
    def test_states(self):
        results = [
            {
                "namespace": "lab-anna",
                "state": "deleted",
                "reason": "",
                "kubectl": "k",
                "started": "t",
                "duration": 1.0,
            },
            {
                "namespace": "lab-ben",
                "state": "stuck",
                "reason": "Held by the finalizer x/y.",
                "hint": "kubectl patch it.",
                "kubectl": "k",
                "started": "t",
                "duration": 9.0,
            },
        ]
        made = by_student(checks.teardown_checks(results, [ANNA, BEN], ["lab-ben"]))
        assert made["Anna", "cleanup"]["status"] == "passed"
        assert (made["Ben", "cleanup"]["status"], made["Ben", "cleanup"]["reason"]) == (
            "failed",
            "Held by the finalizer x/y. To free it: kubectl patch it.",
        )

    def test_where_nothing_was_looked_at_nothing_has_passed(self):
        (made,) = checks.teardown_checks([], [ANNA], [])
        assert (made["status"], made["reason"]) == ("skipped", "There was no namespace lab-anna.")

    @pytest.mark.parametrize(
        ("state", "status"),
        [("deleted", "passed"), ("emptied", "passed"), ("stuck", "failed"), ("left_alone", "failed")],
    )
    def test_what_is_clean(self, state, status):
        (made,) = checks.teardown_checks([{"namespace": "lab-anna", "state": state, "reason": "So."}], [ANNA], [])
        assert made["status"] == status

    def test_a_namespace_that_came_meanwhile_is_not_clean(self):
        (made,) = checks.teardown_checks([], [ANNA], ["lab-anna"])
        assert (made["status"], made["reason"]) == ("failed", "The namespace lab-anna is still there.")

    @pytest.mark.parametrize("results", [[], [{"namespace": "lab-anna", "state": "emptied", "reason": ""}]])
    def test_what_has_lost_its_labels_is_not_clean(self, results):
        (made,) = checks.teardown_checks(
            results, [ANNA], [], {"lab-anna": "It was left alone.", "lab-ben": "So was it."}
        )
        assert (made["status"], made["reason"]) == ("failed", "It was left alone.")

    def test_what_is_still_there_is_not_clean_whatever_was_said(self):
        (made,) = checks.teardown_checks(
            [{"namespace": "lab-anna", "state": "deleted", "reason": ""}], [ANNA], ["lab-anna"]
        )
        assert (made["status"], made["reason"]) == ("failed", "The namespace lab-anna is still there.")
