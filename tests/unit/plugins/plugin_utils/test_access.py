# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _access
from ansible_collections.kubelabs.pods.plugins.plugin_utils._access import (
    ACCOUNTS,
    ISOLATION,
    NAMESPACES,
    ONE,
    PODS,
    PULL_SECRET,
    SEVERAL,
    Access,
    Right,
    access_problem,
    access_questions,
    classroom_rights,
)
from ansible_collections.kubelabs.pods.plugins.plugin_utils._staff import RULES

LABELS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "lab"}
ANNA = [{"name": "Anna", "namespace": "lab-anna"}]
BOTH = [*ANNA, {"name": "Ben", "namespace": "lab-ben"}]
EVERYTHING = frozenset((*NAMESPACES, *PODS, *SEVERAL))
# The ClusterRole `admin` and `view` of Kubernetes, in one namespace, has all of these.
ADMIN = frozenset((*PODS, *ONE))


def ask(students, in_cluster=(), in_namespaces=()):
    """The answers of an API server that allows these in the whole cluster, and those in every namespace."""
    answers = []
    for _round in range(2):
        for one in access_questions(Access(answers), students):
            right = Right(one["verb"], one["resource"], one["subresource"])
            allowed = right in in_cluster or (one["namespace"] != "" and right in in_namespaces)
            answers.append({**one, "allowed": allowed, "reason": ""})
    return answers


def problem(students, in_cluster=(), in_namespaces=(), existing=None, use_existing=False):
    return access_problem(Access(ask(students, in_cluster, in_namespaces)), students, LABELS, existing, use_existing)


def namespaces(*names, labels=None):
    return [{"metadata": {"name": name, "labels": LABELS if labels is None else labels}} for name in names]


# --- questions ---


def test_at_first_it_is_asked_about_the_whole_cluster_and_nothing_twice():
    questions = access_questions(Access([]), BOTH)
    assert {one["namespace"] for one in questions} == {""}
    assert len({tuple(one.values()) for one in questions}) == len(questions) == len(EVERYTHING)
    assert {"verb": "create", "resource": "pods", "subresource": "exec", "group": "", "namespace": ""} in questions


def test_who_may_everything_is_asked_no_more():
    assert access_questions(Access(ask(BOTH, EVERYTHING)), BOTH) == []


def test_then_about_the_namespaces_but_not_about_what_is_allowed_everywhere():
    allowed = EVERYTHING - {Right("get", "pods", "log")}
    answers = [one for one in ask(BOTH, allowed) if not one["namespace"]]
    questions = access_questions(Access(answers), BOTH)
    assert [(one["resource"], one["subresource"], one["namespace"]) for one in questions] == [
        ("pods", "log", "lab-anna"),
        ("pods", "log", "lab-ben"),
    ]


STUDENTS_RULES = [{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get"]}]


def test_what_the_staff_may_the_teacher_has_to_be_allowed():
    """Else Kubernetes refuses the Roles."""
    students_alone = set(classroom_rights(False, STUDENTS_RULES))
    rights = set(classroom_rights(False, [*STUDENTS_RULES, *RULES["co-teacher"]], staff=True))
    assert rights - students_alone >= {
        Right("get", "pods", "portforward"),
        Right("watch", "events", group="events.k8s.io"),
        # To end a token, one deletes its account.
        Right("delete", "serviceaccounts"),
        Right("create", "resourcequotas"),
    }
    assert set(classroom_rights(False, [], staff=True)) == set()


def test_whose_rights_do_for_students_may_go_without_staff():
    rights = classroom_rights(True, RULES["co-teacher"], staff=True)
    answers = [
        {**right._asdict(), "namespace": "", "allowed": right != Right("delete", "serviceaccounts")}
        for right in (*EVERYTHING, *rights)
    ]
    said = access_problem(Access(answers), BOTH, LABELS, namespaces("lab-anna"), False, rights)
    assert "to delete serviceaccounts in lab-anna." in said
    assert "Or go without staff, with pods_lab_staff: []." in said


# --- problems ---


@pytest.mark.parametrize(
    ("students", "in_cluster", "in_namespaces", "more"),
    [
        pytest.param(BOTH, EVERYTHING, (), {}, id="an administrator"),
        pytest.param(BOTH, EVERYTHING, (), {"use_existing": True}, id="an administrator, in given namespaces"),
        pytest.param(ANNA, (), ADMIN, {"use_existing": True}, id="an admin of the only namespace"),
        pytest.param(BOTH, SEVERAL, ADMIN, {"use_existing": True}, id="an admin of several who may watch"),
        pytest.param(ANNA, (), ADMIN, {"existing": namespaces("lab-anna")}, id="a namespace with the labels"),
        pytest.param(
            BOTH, NAMESPACES + SEVERAL, ADMIN, {"existing": namespaces("lab-ben")}, id="rights come with the namespace"
        ),
    ],
)
def test_nothing_is_missing(students, in_cluster, in_namespaces, more):
    assert problem(students, in_cluster, in_namespaces, **more) == ""


def test_where_the_server_does_not_say_the_request_will_tell():
    answers = [{**one, "allowed": None} for one in ask(ANNA)]
    assert access_problem(Access(answers), ANNA, LABELS, None, False) == ""


def words_and_objects(text):
    sentence, _mark, documents = text.partition("\n---\n")
    return sentence, list(yaml.safe_load_all(documents))


def granted(role):
    return {
        Right(verb, *resource.split("/"))
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_an_admin_of_one_namespace_who_wants_another_is_told_both_ways():
    """The first case: the ClusterRole `admin` in a namespace of a name that the lab would not choose."""
    sentence, (role, binding) = words_and_objects(problem(ANNA))
    assert sentence == (
        "The lab needs rights that you do not have: to get, list, create, patch, delete namespaces,"
        " list serviceaccounts"
        " in the whole cluster; to get, list, watch, create, patch, delete, deletecollection pods, get pods/log,"
        " get, create pods/exec in lab-anna."
        " Or give the students a `namespace` that is there already, and set pods_lab_use_existing_namespaces: true."
        " Whoever may grant them applies this, with your name in the place of YOUR-USER:"
    )
    assert (role["kind"], granted(role)) == ("ClusterRole", {*NAMESPACES, *PODS})
    assert binding["kind"] == "ClusterRoleBinding"
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"][0]["name"] == "YOUR-USER"


@pytest.mark.parametrize("existing", [[], namespaces("lab-anna", labels={}), None], ids=["none", "foreign", "unseen"])
def test_who_may_see_namespaces_and_not_make_them_is_told_so(existing):
    """The second case: to see all nodes and namespaces, besides, makes none."""
    sentence, _objects = words_and_objects(problem(ANNA, ONE + SEVERAL[:1], existing=existing))
    assert "to create, patch, delete namespaces, list serviceaccounts in the whole cluster" in sentence


def test_in_one_namespace_that_is_there_a_role_is_enough():
    rights = ADMIN - {Right("create", "pods"), *ONE}
    sentence, (role, binding) = words_and_objects(problem(ANNA, (), rights, use_existing=True))
    assert "to create pods, get namespaces in lab-anna." in sentence
    assert "Or " not in sentence
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", "lab-anna")
    assert (binding["kind"], binding["metadata"]["namespace"]) == ("RoleBinding", "lab-anna")
    assert granted(role) == {*PODS, *ONE}


def test_in_several_what_is_watched_at_once_is_granted_at_once():
    sentence, objects = words_and_objects(problem(BOTH, use_existing=True))
    assert "to list namespaces, list, watch pods in the whole cluster; to get, list" in sentence
    assert "in lab-anna, lab-ben." in sentence
    kinds = [one["kind"] for one in objects]
    assert kinds == ["ClusterRole", "ClusterRoleBinding", "ClusterRole", "RoleBinding", "RoleBinding"]
    assert granted(objects[0]) == {*SEVERAL}
    assert granted(objects[2]) == {*PODS}
    assert [one["metadata"].get("namespace") for one in objects[3:]] == ["lab-anna", "lab-ben"]
    assert {one["roleRef"]["name"] for one in objects[3:]} == {objects[2]["metadata"]["name"]}


def test_of_many_namespaces_ten_are_named():
    students = [{"name": str(number), "namespace": f"lab-{number:02}"} for number in range(12)]
    sentence, objects = words_and_objects(problem(students, SEVERAL, use_existing=True))
    assert "lab-09 and 2 more." in sentence
    assert len(objects) == 1 + _access.NAMED


def test_what_is_granted_is_what_was_missing():
    """Whoever applies it has what the lab needs: asked again, nothing is missing."""
    for students, use_existing in ((ANNA, False), (BOTH, False), (ANNA, True), (BOTH, True)):
        _sentence, objects = words_and_objects(problem(students, use_existing=use_existing))
        roles = {(one["kind"], one["metadata"]["name"]): granted(one) for one in objects if "rules" in one}
        got: dict[str, set] = {}
        for binding in objects:
            if "roleRef" in binding:
                reference = binding["roleRef"]
                where = binding["metadata"].get("namespace", "")
                got.setdefault(where, set()).update(roles[reference["kind"], reference["name"]])
        everywhere = got.pop("", set())
        there = set.intersection(*got.values()) if got else set()
        assert problem(students, everywhere, there, [], use_existing) == ""


# --- what keeps students inside, and their accounts ---

STUDENT_RULES = [
    {"apiGroups": [""], "resources": ["pods", "pods/exec"], "verbs": ["get", "create"]},
    {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["list"]},
    {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one"], "verbs": ["get"]},
]


def test_to_make_a_role_one_needs_what_it_grants():
    rights = classroom_rights(True, STUDENT_RULES)
    assert {*ISOLATION, *ACCOUNTS} <= {*rights}
    assert Right("create", "pods", "exec") in rights
    assert Right("list", "events", "", "events.k8s.io") in rights
    assert Right("get", "secrets") not in rights
    assert len(set(rights)) == len(rights)
    assert classroom_rights(False, []) == ()


def test_they_are_asked_about_only_where_they_are_wanted():
    rights = classroom_rights(True, [])
    asked = access_questions(Access([]), BOTH, rights)
    assert [one for one in asked if one["group"]] == [
        {"verb": verb, "resource": "networkpolicies", "subresource": "", "group": "networking.k8s.io", "namespace": ""}
        for verb in ("get", "create", "patch")
    ]


@pytest.mark.parametrize("use_existing", [False, True])
def test_what_is_missing_for_them_is_told_with_the_way_around(use_existing):
    rights = classroom_rights(True, STUDENT_RULES)
    answers = []
    for _round in range(2):
        for one in access_questions(Access(answers), BOTH, rights):
            right = Right(one["verb"], one["resource"], one["subresource"], one["group"])
            answers.append({**one, "allowed": right in EVERYTHING, "reason": ""})
    said = access_problem(Access(answers), BOTH, LABELS, namespaces("lab-anna", "lab-ben"), use_existing, rights)
    if use_existing:
        # There nothing of it is made.
        assert said == ""
        return
    sentence, (role, *_bindings) = words_and_objects(said)
    assert "get, create, patch resourcequotas" in sentence
    assert "Or go without, with pods_lab_isolation: false and pods_lab_student_access: false." in sentence
    assert {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["list"]} in role["rules"]


def test_for_the_secret_of_images_the_way_around_is_told():
    rights = classroom_rights(False, [], pull_secret=True)
    assert rights == PULL_SECRET
    answers = []
    for _round in range(2):
        for one in access_questions(Access(answers), ANNA, rights):
            allowed = Right(one["verb"], one["resource"], one["subresource"], one["group"]) in EVERYTHING
            answers.append({**one, "allowed": allowed, "reason": ""})
    there = namespaces("lab-anna")
    sentence, _objects = words_and_objects(access_problem(Access(answers), ANNA, LABELS, there, False, rights))
    assert "get, create, patch secrets" in sentence
    assert "name it in pods_lab_image_pull_secret alone" in sentence
