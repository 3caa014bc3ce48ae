# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _labels
from ansible_collections.kubelabs.pods.plugins.plugin_utils._access import rights_of_rules
from ansible_collections.kubelabs.pods.plugins.plugin_utils._expiry import expired_namespaces
from ansible_collections.kubelabs.pods.plugins.plugin_utils._settings import setting_problems
from ansible_collections.kubelabs.pods.plugins.plugin_utils._staff import (
    RULES,
    former_accounts,
    former_keys,
    staff_key_problems,
    staff_left,
    staff_members,
    staff_namespace_problems,
    staff_roles,
    staff_setting_problems,
)

LABELS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "lab"}
STAFF_LABELS = {**LABELS, "kubelabs.pods/part": "staff"}
EVA = {"name": "Eva", "role": "co-teacher"}
BEAMER = {"name": "beamer", "role": "projector"}
MEMBERS = staff_members([EVA, BEAMER], "lab")
STUDENTS = [{"name": "Anna", "namespace": "lab-anna"}, {"name": "Staff", "namespace": "lab-staff"}]


# --- who they are ---


def test_who_they_are_to_the_cluster():
    assert MEMBERS[0] == {**EVA, "label": "eva", "account": "co-teacher-eva", "namespace": "lab-staff"}
    assert staff_members([], "lab") == []
    (long,) = staff_members([{"name": "Ana " * 30, "role": "projector"}], "lab")
    assert len(long["label"]) <= 63
    (wordless,) = staff_members([{"name": "🎥", "role": "projector"}], "lab")
    assert wordless["label"].startswith("s-")


def test_who_changes_roles_is_somebody_else_to_the_cluster():
    """So that in a namespace that a run does not touch nothing is left of the former role."""
    (before,), (after,) = (staff_members([{"name": "Eva", "role": role}], "lab") for role in RULES)
    assert before["label"] == after["label"]
    assert before["account"] != after["account"]


@pytest.mark.parametrize(
    ("staff", "problem"),
    [
        pytest.param("Eva", "pods_lab_staff is 'Eva' and no list. Set it as in", id="text"),
        pytest.param(None, "pods_lab_staff is None and no list.", id="nothing"),
        pytest.param(EVA, "and no list.", id="a mapping"),
        pytest.param(["Eva"], "pods_lab_staff[0]: 'Eva' has no `role`. Write it as in {name: Eva,", id="a name"),
        pytest.param(
            [{"name": "Eva", "role": "coteacher"}],
            "pods_lab_staff[0]: the role 'coteacher' is not known. Did you mean 'co-teacher'?",
            id="a misspelt role",
        ),
        pytest.param(
            [{"name": "Eva", "role": "boss"}],
            "pods_lab_staff[0]: the role 'boss' is not known. The roles are: co-teacher, projector.",
            id="another role",
        ),
        pytest.param([{"name": "Eva"}], "pods_lab_staff[0]: {'name': 'Eva'} has no `role`. The", id="no role"),
        pytest.param([{"name": "Eva", "role": ["x"]}], "the role ['x'] is not known.", id="a list of roles"),
        pytest.param([{"role": "projector"}], "{'role': 'projector'} has no `name`. Give", id="no name"),
        pytest.param([{**EVA, "name": " "}], "has no `name`.", id="a blank name"),
        pytest.param([{**EVA, "name": True}], "pods_lab_staff[0]: the name True is not text. Put it", id="no text"),
        pytest.param([{**EVA, "name": "=1"}], "begins as a spreadsheet's formula does.", id="a formula"),
        pytest.param([{**EVA, "rule": "x"}], "the key 'rule' is not known. Did you mean 'role'?", id="a misspelt key"),
        pytest.param(
            [EVA, BEAMER, {"name": "eva", "role": "projector"}],
            "pods_lab_staff[2]: 'eva' is there already. Take one of them out.",
            id="the same name",
        ),
        pytest.param(
            [{**EVA, "name": "Zoë"}, {**EVA, "name": "Zoe"}],
            "pods_lab_staff[1]: 'Zoe' and 'Zoë' are both 'zoe' to the cluster. Rename one.",
            id="the same label",
        ),
    ],
)
def test_what_cannot_be_used_is_one_sentence_with_the_place_and_the_fix(staff, problem):
    (said,) = setting_problems({"pods_lab_class": "lab", "pods_lab_staff": staff})
    assert problem in said
    with pytest.raises(ArgumentError) as error:
        staff_members(staff, "lab")
    assert str(error.value) == said


def test_a_class_whose_name_is_too_long_has_no_room_for_staff():
    assert staff_setting_problems([EVA], "x" * 57) == []
    assert staff_setting_problems([], "x" * 63) == []
    (problem,) = staff_setting_problems([EVA], "x" * 58)
    assert problem.endswith("the namespace of pods_lab_staff. Use at most 57 characters.")


def test_without_the_library_a_name_in_other_letters_is_refused(monkeypatch):
    def missing(_char):
        raise ImportError

    monkeypatch.setattr(_labels, "_transliterated", missing)
    (problem,) = staff_setting_problems([{"name": "李雷", "role": "projector"}], "lab")
    assert problem.startswith("pods_lab_staff[0]: the Python library Unidecode is missing")


# --- what they may do ---


def rights(role):
    return {(right.verb, f"{right.resource}/{right.subresource}".rstrip("/")) for right in rights_of_rules(RULES[role])}


def test_a_projector_sees_and_enters_nothing():
    assert rights("projector") == {
        *((verb, resource) for verb in ("get", "list", "watch") for resource in ("pods", "events")),
        ("get", "pods/log"),
    }


def test_a_co_teacher_enters_besides_and_changes_nothing():
    assert rights("co-teacher") - rights("projector") == {
        (verb, f"pods/{what}") for verb in ("get", "create") for what in ("exec", "portforward")
    }


def test_a_role_that_nobody_has_is_there_with_nobody():
    co_teacher, projector = staff_roles(MEMBERS[:1])
    assert [member["name"] for member in co_teacher["members"]] == ["Eva"]
    assert (projector["name"], projector["members"]) == ("projector", [])


# --- their namespace ---


def namespace(labels, name="lab-staff"):
    return {"metadata": {"name": name, "labels": labels}}


@pytest.mark.parametrize(
    ("existing", "students", "wanted"),
    [
        pytest.param([], STUDENTS[:1], True, id="it is still to be made"),
        pytest.param([namespace(STAFF_LABELS)], STUDENTS[:1], True, id="it is there"),
        pytest.param([namespace(LABELS)], STUDENTS, False, id="a student's, and no staff"),
        pytest.param([namespace({}, "other")], STUDENTS[:1], True, id="others are there"),
    ],
)
def test_there_may_be_a_namespace_of_the_staff(existing, students, wanted):
    assert staff_namespace_problems(existing, students, LABELS, "lab", wanted) == []


@pytest.mark.parametrize(
    ("existing", "wanted"), [([], True), ([namespace(LABELS)], True), ([namespace(STAFF_LABELS)], False)]
)
def test_a_students_namespace_is_not_that_of_the_staff(existing, wanted):
    assert staff_namespace_problems(existing, STUDENTS, LABELS, "lab", wanted) == [
        "The roster gives 'Staff' the namespace lab-staff, which is that of the class's staff (pods_lab_staff): give"
        " 'Staff' another `namespace`."
    ]


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({}, id="somebody's"),
        pytest.param({**LABELS, "kubelabs.pods/student": "staff"}, id="of a student whom the run is not about"),
        pytest.param({**STAFF_LABELS, "kubelabs.pods/class": "other"}, id="of another class"),
    ],
)
def test_what_is_there_and_not_the_staffs_is_not_touched(labels):
    (problem,) = staff_namespace_problems([namespace(labels)], STUDENTS[:1], LABELS, "lab", True)
    assert problem.startswith("The namespace lab-staff exists and is not that of the staff, with the labels app.")


def test_it_ends_with_the_class():
    item = namespace(STAFF_LABELS)
    item["metadata"]["annotations"] = {"kubelabs.pods/expires": "2026-01-01T00:00:00Z"}
    assert expired_namespaces([item], "2026-01-02T00:00:00Z") == ["lab-staff"]


# --- who is staff no more ---


def account(name, labels):
    return {"metadata": {"name": name, "namespace": "lab-staff", "labels": labels}}


def test_the_account_of_who_is_staff_no_more_is_deleted_and_no_other():
    accounts = [account("co-teacher-eva", STAFF_LABELS), account("projector-beamer", STAFF_LABELS)]
    assert former_accounts([*accounts, account("default", {})], MEMBERS) == []
    (former,) = former_accounts([*accounts, account("default", {})], MEMBERS[1:])
    assert (former["kind"], former["metadata"]) == (
        "ServiceAccount",
        {"namespace": "lab-staff", "name": "co-teacher-eva"},
    )


def test_the_account_of_a_former_role_is_deleted():
    accounts = [account("co-teacher-eva", STAFF_LABELS)]
    (former,) = former_accounts(accounts, staff_members([{"name": "Eva", "role": "projector"}], "lab"))
    assert former["metadata"]["name"] == "co-teacher-eva"


def test_the_kubeconfigs_of_who_is_staff_no_more():
    paths = ["/h/staff/eva/kubeconfig", "/h/staff/beamer/kubeconfig", "/h/staff/kubeconfig"]
    (former,) = former_keys(paths, "/h/staff", "lab-staff", ["/h/staff/beamer/kubeconfig"])
    assert (former["name"], former["path"]) == ("eva", "/h/staff/eva/kubeconfig")


# --- what is wrong ---


def test_kubeconfigs_that_are_not_as_they_are_to_be_are_named():
    results = [
        {"name": "Eva", "namespace": "lab-staff", "met": True, "reason": ""},
        {"name": "beamer", "namespace": "lab-staff", "met": False, "reason": "Its owner may create pods/exec in x."},
        {"name": "Eva", "namespace": "lab-eva", "met": False, "reason": "A student's."},
        {"name": "Eva", "namespace": "lab-staff", "state": "renewed", "reason": "It would have expired."},
        {"name": "Eva", "namespace": "lab-staff", "state": "failed", "reason": "The disk was full."},
    ]
    assert staff_key_problems(results, MEMBERS) == [
        "The kubeconfig of beamer (projector) is not as it is to be: Its owner may create pods/exec in x.",
        "The kubeconfig of Eva (co-teacher) is not as it is to be: The disk was full.",
    ]


def test_what_a_teardown_has_left_of_the_staff():
    stuck = {
        "namespace": "lab-staff",
        "labels": STAFF_LABELS,
        "state": "stuck",
        "reason": "Held by x/y.",
        "hint": "kubectl patch it",
    }
    deleted = {**stuck, "state": "deleted", "reason": "", "hint": ""}
    of_student = {**stuck, "labels": {**LABELS, "kubelabs.pods/student": "staff"}}
    assert staff_left([stuck], []) == [
        "The namespace lab-staff of the staff is still there: Held by x/y. To free it: kubectl patch it"
    ]
    assert staff_left([deleted, of_student], []) == []
    assert staff_left([deleted], ["lab-staff"]) == [
        "The namespace lab-staff of the staff is still there: Run the teardown again."
    ]
