# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils._isolation import (
    NOT_ENFORCED,
    access_checks,
    access_probes,
    neighbours,
    network_checks,
    staff_probes,
    with_neighbours,
)
from ansible_collections.kubelabs.pods.plugins.plugin_utils._staff import staff_members

RULES = [
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
]
NAMES = ("Anna", "Ben", "Cleo")


def student(name, **more):
    return {"name": name, "label": name.lower(), "namespace": f"lab-{name.lower()}", **more}


CLASS = [student(name) for name in NAMES]


def named(question):
    resource = "/".join(filter(None, (question["resource"], question["subresource"])))
    return f"{question['verb']} {resource} {question['namespace']}".strip()


@given(st.integers(1, 40))
def test_everybody_is_tried_by_as_many_and_never_by_themselves(total):
    students = [student(str(number)) for number in range(total)]
    tried = neighbours(students)
    assert all(one not in others for one, others in zip(students, tried, strict=True))
    by = Counter(other["name"] for others in tried for other in others)
    expected = total - 1 if total <= 12 else 3
    assert all(by[one["name"]] == expected for one in students)


def test_with_each_kubeconfig_it_is_asked_what_it_opens_and_what_not():
    paths = {one["namespace"]: f"/handouts/{one['name']}" for one in CLASS[:2]}
    anna, ben = access_probes(CLASS, RULES, paths)
    assert (anna["name"], anna["namespace"], anna["kubeconfig"]) == ("Anna", "lab-anna", "/handouts/Anna")
    assert [named(one) for one in anna["may"]] == [
        "get pods lab-anna",
        "list pods lab-anna",
        "create pods/exec lab-anna",
    ]
    refused = {named(one) for one in anna["may_not"]}
    assert refused >= {
        "get secrets lab-anna",
        "delete networkpolicies lab-anna",
        "create pods/exec lab-ben",
        "get secrets lab-cleo",
        "get secrets kube-system",
        "create namespaces",
        "list pods",
    }
    assert not refused & {named(one) for one in anna["may"]}
    assert {one["namespace"] for one in ben["may_not"]} == {"lab-anna", "lab-ben", "lab-cleo", "kube-system", ""}


def test_what_a_teacher_grants_besides_is_not_refused():
    rules = [*RULES, {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    anna, _ben, _cleo = access_probes(CLASS, rules, {one["namespace"]: "x" for one in CLASS})
    assert "get secrets lab-anna" in {named(one) for one in anna["may"]}
    assert "get secrets lab-anna" not in {named(one) for one in anna["may_not"]}
    assert "get secrets lab-ben" in {named(one) for one in anna["may_not"]}


STAFF = staff_members([{"name": "Eva", "role": "co-teacher"}, {"name": "beamer", "role": "projector"}], "lab")
STAFF_KEYS = {"eva": "/handouts/eva", "beamer": "/handouts/beamer"}


def test_with_the_staffs_kubeconfigs_it_is_asked_what_they_open_and_what_not():
    eva, beamer = staff_probes(STAFF, CLASS, STAFF_KEYS)
    assert (eva["name"], eva["namespace"], eva["kubeconfig"]) == ("Eva", "lab-staff", "/handouts/eva")
    eva_may, beamer_may = ({named(one) for one in probe["may"]} for probe in (eva, beamer))
    for namespace in ("lab-anna", "lab-ben", "lab-cleo"):
        assert beamer_may >= {f"watch pods {namespace}", f"get pods/log {namespace}", f"list events {namespace}"}
        assert eva_may - beamer_may >= {f"create pods/exec {namespace}", f"create pods/portforward {namespace}"}
    for probe, may in ((eva, eva_may), (beamer, beamer_may)):
        refused = {named(one) for one in probe["may_not"]}
        assert not refused & may
        assert refused >= {
            "create pods lab-ben",
            "delete pods lab-ben",
            "get secrets lab-cleo",
            "create roles lab-anna",
            "patch resourcequotas lab-anna",
            "list pods lab-staff",
            "get secrets kube-system",
            "list pods",
            "list namespaces",
        }
    assert {"get pods/exec lab-ben", "create pods/exec lab-ben"} <= {named(one) for one in beamer["may_not"]}


def test_of_a_large_class_the_staff_is_tried_in_some_namespaces_that_lie_evenly():
    students = [student(f"s{number}") for number in range(100)]
    eva, beamer = ({one["namespace"] for one in probe["may"]} for probe in staff_probes(STAFF, students, STAFF_KEYS))
    assert len(eva) == len(beamer) == 12
    assert not eva & beamer
    assert {"lab-s0", "lab-s50", "lab-s91"} <= eva
    (alone,) = staff_probes(STAFF[:1], students[:1], STAFF_KEYS)
    assert {one["namespace"] for one in alone["may"]} == {"lab-s0"}


def test_the_staff_is_no_student_to_the_checks():
    of_staff = {"name": "Eva", "namespace": "lab-staff", "met": False, "reason": "So.", "asked": 1}
    assert [one["student"] for one in access_checks([result(name) for name in NAMES] + [of_staff], CLASS)] == list(
        NAMES
    )


def result(name, **more):
    return {"name": name, "namespace": f"lab-{name.lower()}", "met": True, "reason": "", "asked": 40, **more}


def test_the_check_of_what_a_kubeconfig_opens():
    results = [result("Anna"), result("Ben", met=False, reason="Its owner may get secrets in lab-anna.")]
    anna, ben, cleo = access_checks(results, CLASS, {"lab-cleo": "The disk was full."})
    assert (anna["check"], anna["status"], anna["reason"]) == ("student_access", "passed", "")
    assert (ben["status"], ben["reason"]) == ("failed", "Its owner may get secrets in lab-anna.")
    assert (cleo["status"], cleo["reason"]) == ("failed", "The disk was full.")
    assert access_checks([], CLASS)[0]["reason"] == "The student has no kubeconfig."


PLACED = [student(name, web_ip=address) for name, address in zip(NAMES, ("10.0.0.1", "fd00::2", None), strict=True)]


def test_hosts_as_they_stand_in_a_url():
    assert [one["neighbour_hosts"] for one in with_neighbours(PLACED)] == [
        "[fd00::2]",
        "10.0.0.1",
        "10.0.0.1 [fd00::2]",
    ]


def reached(name, *hosts, **more):
    return {
        "name": "network_isolation",
        "namespace": f"lab-{name.lower()}",
        "outcome": "ok",
        "stdout": "".join(f"{host}\n" for host in hosts),
        "reason": "",
        **more,
    }


def network(*results):
    return network_checks(results, with_neighbours(PLACED))


def test_nobody_reaches_anybody():
    made = network(*(reached(name) for name in NAMES))
    assert {one["check"] for one in made} == {"network_isolation"}
    assert [(one["status"], one["reason"], one["evidence"]) for one in made] == [
        ("passed", "", "1 of 1 not reached"),
        ("passed", "", "1 of 1 not reached"),
        ("passed", "", "2 of 2 not reached"),
    ]


def test_who_reaches_whom_is_named():
    anna, ben, cleo = network(reached("Anna"), reached("Ben", "10.0.0.1"), reached("Cleo", "[fd00::2]"))
    assert anna["status"] == "passed"
    assert (ben["status"], ben["reason"]) == ("failed", "Its pods reach the web pod of Anna.")
    assert (cleo["status"], cleo["reason"]) == ("failed", "Its pods reach the web pod of Ben.")


def test_a_network_that_keeps_nobody_out_is_nobodys_failure_and_said():
    made = network(reached("Anna", "[fd00::2]"), reached("Ben", "10.0.0.1"), reached("Cleo", "10.0.0.1", "[fd00::2]"))
    assert {(one["status"], one["reason"], one["note"]) for one in made} == {("skipped", NOT_ENFORCED, NOT_ENFORCED)}


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        pytest.param([], "It could not be tried: there is no result.", id="no result"),
        pytest.param(
            [reached("Anna", outcome="timeout", reason="There was no time.")],
            "It could not be tried: There was no time.",
            id="a timeout",
        ),
    ],
)
def test_what_was_not_tried_has_not_passed(results, reason):
    anna = network(*results, reached("Ben"), reached("Cleo"))[0]
    assert (anna["status"], anna["reason"]) == ("failed", reason)


def test_who_is_alone_has_nobody_to_be_kept_from():
    (anna,) = network_checks([], with_neighbours(PLACED[:1]))
    assert (anna["status"], anna["reason"]) == ("skipped", "There is no web pod of another student to be kept from.")
