# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _checks as checks

ANNA = {"name": "Anna", "namespace": "lab-anna"}
BEN = {"name": "Ben", "namespace": "lab-ben"}


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


def test_a_check_has_all_its_fields():
    assert checks.check(
        "Anna", "logs", False, "Why.", " seen ", {"kubectl": "kubectl logs", "started": "t", "duration": 1.5}
    ) == {
        "student": "Anna",
        "check": "logs",
        "status": "failed",
        "reason": "Why.",
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
        made = by_student(checks.from_probes(results, [ANNA, BEN], ["logs", "exec"]))
        assert {key: check["status"] for key, check in made.items()} == {
            ("Anna", "logs"): "passed",
            ("Anna", "exec"): "passed",
            ("Ben", "logs"): "failed",
            ("Ben", "exec"): "passed",
        }
        assert made["Ben", "logs"]["reason"] == "It said so."
        assert made["Ben", "exec"]["evidence"] == "err"

    def test_a_missing_result_is_a_failure(self):
        (made,) = checks.from_probes([], [ANNA], ["http_between_pods"], {"http_across_nodes": "One node."})
        assert (made["status"], made["reason"]) == (
            "failed",
            "It could not be tried: the pod it needs has no IP address.",
        )

    def test_one_that_may_be_missing_is_skipped(self):
        (made,) = checks.from_probes([], [ANNA], ["http_across_nodes"], {"http_across_nodes": "One node."})
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


class TestReadyPods:
    NAMES = {"web": "web_pod_ready", "shell": "shell_pod_ready"}

    def test_ready_and_not(self):
        results = [
            watched(ANNA),
            watched(ANNA, "shell", "never_started", reason="No image.", hint="Check its name.", node=None),
        ]
        made = by_student(checks.from_ready_pods(results, [ANNA], self.NAMES, {}))
        assert made["Anna", "web_pod_ready"]["status"] == "passed"
        assert made["Anna", "web_pod_ready"]["evidence"] == "Running on a"
        assert made["Anna", "shell_pod_ready"]["status"] == "failed"
        assert made["Anna", "shell_pod_ready"]["reason"] == "No image. Check its name."

    def test_a_pod_that_kubernetes_refused_says_why(self):
        made = by_student(checks.from_ready_pods([], [ANNA], self.NAMES, {"lab-anna/web": "exceeded quota"}))
        assert made["Anna", "web_pod_ready"]["reason"] == "Kubernetes refused the pod web: exceeded quota"
        assert made["Anna", "shell_pod_ready"]["reason"] == "There is no pod shell in lab-anna."

    def test_the_ip(self):
        made = by_student(checks.from_pod_ips([watched(ANNA), watched(BEN, pod_ip=None)], [ANNA, BEN], "web"))
        assert (made["Anna", "pod_has_ip"]["status"], made["Anna", "pod_has_ip"]["evidence"]) == ("passed", "10.0.0.2")
        assert made["Ben", "pod_has_ip"]["status"] == "failed"


def definition(student, name):
    return {"kind": "Pod", "metadata": {"name": name, "namespace": student["namespace"]}}


class TestApply:
    DEFINITIONS = [definition(ANNA, "web"), definition(ANNA, "shell"), definition(BEN, "web")]

    def applied(self, *items):
        return {"changed": True, "result": {"results": list(items)}}

    def test_applied(self):
        applied = self.applied(
            {"changed": True, "result": {}}, {"changed": False, "result": {}}, {"changed": False, "result": {}}
        )
        made = by_student(checks.from_apply(applied, self.DEFINITIONS, [ANNA, BEN], "namespace"))
        assert [check["status"] for check in made.values()] == ["passed", "passed"]

    def test_again_unchanged(self):
        applied = self.applied(
            {"changed": True, "result": {}}, {"changed": False, "result": {}}, {"changed": False, "result": {}}
        )
        made = by_student(
            checks.from_apply(applied, self.DEFINITIONS, [ANNA, BEN], "apply_again_unchanged", unchanged=True)
        )
        assert made["Anna", "apply_again_unchanged"]["reason"] == "Applying the same YAML again changed web."
        assert made["Ben", "apply_again_unchanged"]["status"] == "passed"

    def test_refused(self):
        applied = self.applied(
            {"changed": True, "result": {}}, {"changed": False, "error": {"msg": "exceeded quota"}}, {"changed": False}
        )
        made = by_student(checks.from_apply(applied, self.DEFINITIONS, [ANNA, BEN], "namespace"))
        assert made["Anna", "namespace"]["reason"] == "Kubernetes refused it: exceeded quota"
        assert made["Ben", "namespace"]["status"] == "passed"
        assert checks.apply_errors(applied, self.DEFINITIONS) == {"lab-anna/shell": "exceeded quota"}
        assert checks.applied_objects(applied, self.DEFINITIONS) == [
            {"namespace": "lab-anna", "name": "web"},
            {"namespace": "lab-ben", "name": "web"},
        ]

    def test_a_single_object_is_not_wrapped_in_a_list(self):
        applied = {"changed": True, "result": {"metadata": {"name": "web"}}}
        (made,) = checks.from_apply(applied, self.DEFINITIONS[:1], [ANNA], "namespace", unchanged=True)
        assert made["status"] == "failed"

    def test_a_student_nothing_was_applied_for(self):
        made = by_student(checks.from_apply(self.applied(), [], [ANNA], "namespace"))
        assert made["Anna", "namespace"]["status"] == "failed"

    def test_namespaces_stand_for_themselves(self):
        applied = {"changed": True, "result": {"metadata": {"name": "lab-anna"}}}
        (made,) = checks.from_apply(applied, [{"metadata": {"name": "lab-anna"}}], [ANNA], "namespace")
        assert made["status"] == "passed"


def crashed(student, restarts=2, verdict="reached", back_off="as_expected", in_back_off=True):
    return {
        **watched(student, "failing", verdict, status="CrashLoopBackOff"),
        "restarts": restarts,
        "in_back_off": in_back_off,
        "back_off": {"verdict": back_off, "reason": "As it should."},
        "delays": [{"restart": 1, "observed": 0.0, "nominal": 0.0}, {"restart": 2, "observed": None, "nominal": 10.0}],
    }


class TestRestarts:
    @pytest.mark.parametrize(
        ("result", "restarts", "back_off"),
        [
            ({}, "passed", "passed"),
            ({"back_off": "off"}, "passed", "failed"),
            ({"back_off": "not_observed"}, "passed", "skipped"),
            ({"in_back_off": False}, "passed", "failed"),
            ({"restarts": 1, "verdict": "timeout", "back_off": "not_observed"}, "failed", "failed"),
            (
                {"restarts": 0, "verdict": "never_started", "back_off": "not_observed", "in_back_off": False},
                "failed",
                "failed",
            ),
        ],
    )
    def test_verdicts(self, result, restarts, back_off):
        made = by_student(checks.from_restarts([crashed(ANNA, **result)], [ANNA], 2, {}))
        assert made["Anna", "restarts"]["status"] == restarts
        assert made["Anna", "back_off"]["status"] == back_off

    def test_the_delays_are_the_evidence(self):
        made = by_student(checks.from_restarts([crashed(ANNA)], [ANNA], 2, {}))
        assert made["Anna", "back_off"]["evidence"] == "restart 1: 0 s (nominal 0 s)"

    def test_a_student_without_the_app(self):
        made = by_student(checks.from_restarts([], [ANNA, BEN], 2, {"lab-anna/failing": "exceeded quota"}))
        assert made["Anna", "restarts"]["reason"] == "Kubernetes refused the pod: exceeded quota"
        assert made["Ben", "back_off"]["reason"] == "There is no badly configured app in lab-ben."


class TestTeardown:
    def test_verdicts(self):
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
                "kubectl": "k",
                "started": "t",
                "duration": 9.0,
            },
        ]
        made = by_student(checks.from_teardown(results, [ANNA, BEN], ["lab-ben"]))
        assert made["Anna", "cleanup"]["status"] == "passed"
        assert (made["Ben", "cleanup"]["status"], made["Ben", "cleanup"]["reason"]) == (
            "failed",
            "Held by the finalizer x/y.",
        )

    def test_nothing_to_delete_is_clean(self):
        (made,) = checks.from_teardown([], [ANNA], [])
        assert made["status"] == "passed"

    def test_what_is_still_there_is_not_clean_whatever_was_said(self):
        (made,) = checks.from_teardown(
            [{"namespace": "lab-anna", "state": "deleted", "reason": ""}], [ANNA], ["lab-anna"]
        )
        assert (made["status"], made["reason"]) == ("failed", "The namespace lab-anna is still there.")
