# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils._namespaces import (
    existing_namespace_checks,
    left_alone,
    namespace_problems,
    namespaces_being_deleted,
    namespaces_without_account,
    pod_problems,
    roster_changes,
    with_metadata,
)
from ansible_collections.kubelabs.pods.plugins.plugin_utils._roster import entries, students

LABELS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "lab"}
STUDENTS = [
    {"name": "Anna", "label": "anna", "namespace": "anna-space"},
    {"name": "Ben", "label": "ben", "namespace": "ben-space"},
]


def account(namespace, **more):
    return {"metadata": {"name": "default", "namespace": namespace}, **more}


TOKEN = {"secrets": [{"name": "default-token-x"}]}


@pytest.mark.parametrize(
    ("accounts", "version", "expected"),
    [
        pytest.param([], "v1.36.2", ["a", "b"], id="none yet"),
        pytest.param([account("a")], "v1.36.2", ["b"], id="one yet"),
        pytest.param([account("b"), account("a"), account("x")], "v1.36.2", [], id="both, and another's"),
        pytest.param([account("a"), account("b")], "v1.24.0", [], id="1.24 needs no token"),
        pytest.param([account("a"), account("b")], "v1.23.17", ["a", "b"], id="1.23 needs one"),
        pytest.param([account("a", **TOKEN), account("b", secrets=[])], "v1.20.2", ["b"], id="1.20, one has one"),
        pytest.param([account("a"), account("b")], "1.9.1", ["a", "b"], id="1.9 is older than 1.24"),
        pytest.param([account("a"), account("b")], "v2.0", [], id="2.0 is newer"),
        pytest.param([account("a"), account("b")], "", [], id="a version that is kept secret"),
        pytest.param([{}, {"metadata": None, **TOKEN}], "v1.20.2", ["a", "b"], id="no accounts at all"),
    ],
)
def test_where_pods_are_refused_yet(accounts, version, expected):
    assert namespaces_without_account(accounts, ["a", "b"], version) == expected


def test_labels_and_annotations_are_added_as_they_are_written():
    (made,) = with_metadata(
        [{"kind": "Namespace", "metadata": {"name": "lab-anna", "labels": {"ours": "1"}}}],
        {"level": "restricted"},
        {"contact": "me@lab@home", "owner": "@name@"},
    )
    assert made == {
        "kind": "Namespace",
        "metadata": {
            "name": "lab-anna",
            "labels": {"level": "restricted", "ours": "1"},
            "annotations": {"contact": "me@lab@home", "owner": "@name@"},
        },
    }


def test_what_marks_an_object_as_ours_cannot_be_overwritten():
    (made,) = with_metadata(
        [{"metadata": {"labels": {"ours": "1"}, "annotations": {"x": "y"}}}], {"ours": "2"}, {"x": ""}
    )
    assert made["metadata"] == {"labels": {"ours": "1"}, "annotations": {"x": "y"}}


def test_the_objects_given_are_not_changed():
    given = {"metadata": {"labels": {}}}
    with_metadata([given], {"a": "b"}, {})
    assert given == {"metadata": {"labels": {}}}


def test_the_check_of_namespaces_that_were_there_already():
    found = [{"metadata": {"name": "anna-space", "creationTimestamp": "2026-01-01T08:00:00Z"}}]
    anna, ben = existing_namespace_checks(found, STUDENTS)
    assert (anna["check"], anna["status"], anna["evidence"]) == (
        "namespace",
        "passed",
        "made 2026-01-01T08:00:00Z by somebody else",
    )
    assert (ben["status"], ben["reason"]) == ("failed", "There is no namespace ben-space.")


def pod(namespace, name, **labels):
    return {"metadata": {"namespace": namespace, "name": name, "labels": labels}}


@pytest.mark.parametrize(
    ("pods", "named"),
    [
        pytest.param([], "", id="none"),
        pytest.param([pod("anna-space", "web", **LABELS)], "", id="ours"),
        pytest.param([pod("kube-system", "web")], "", id="in a namespace of no student"),
        pytest.param(
            [pod("ben-space", "web"), pod("anna-space", "shell")], "anna-space/shell, ben-space/web", id="foreign"
        ),
        pytest.param(
            [pod("anna-space", "web", **{**LABELS, "kubelabs.pods/class": "x"})], "anna-space/web", id="another class's"
        ),
        pytest.param(
            [{"metadata": {"namespace": "anna-space", "name": "web"}}], "anna-space/web", id="no labels at all"
        ),
    ],
)
def test_pods_of_others_are_named_and_not_touched(pods, named):
    problems = pod_problems(pods, STUDENTS, LABELS)
    if not named:
        assert problems == []
    else:
        (problem,) = problems
        assert f"kubelabs.pods/class=lab are not touched: {named}. Delete them yourself" in problem


def namespace(name, labels=None, **metadata):
    return {"metadata": {"name": name, "labels": labels or {}, **metadata}}


LOST = {"app.kubernetes.io/managed-by": "kubelabs.pods"}
GOING = namespace("ben-space", LABELS, deletionTimestamp="2026-01-01T00:00:00Z")


def test_whose_namespace_is_still_being_deleted():
    others = namespace("carla-space", deletionTimestamp="2026-01-01T00:00:00Z")
    found = namespaces_being_deleted([namespace("anna-space", LABELS), GOING, others], STUDENTS)
    assert found == {
        "ben-space": "The namespace ben-space is still being deleted: run again when it is gone. The teardown says what"
        " holds it."
    }


def test_a_namespace_made_by_others_and_being_deleted_is_none():
    made = existing_namespace_checks([namespace("anna-space"), GOING], STUDENTS)
    assert [one["status"] for one in made] == ["passed", "failed"]
    assert "still being deleted" in made[1]["reason"]


@pytest.mark.parametrize(
    ("item", "what"),
    [
        pytest.param(namespace("anna-space", LABELS), "", id="a namespace of the class"),
        pytest.param(namespace("carla-space"), "", id="a namespace of no student"),
        pytest.param(namespace("anna-space"), "namespace anna-space", id="a namespace without labels"),
        pytest.param(
            namespace("anna-space", {**LABELS, "kubelabs.pods/class": "x"}),
            "namespace anna-space",
            id="another class's",
        ),
        pytest.param(pod("anna-space", "web", **LABELS), "", id="a pod of the class"),
        pytest.param(pod("carla-space", "web"), "", id="a pod of no student"),
        pytest.param(pod("anna-space", "web"), "", id="a pod that never was the lab's"),
        pytest.param(pod("anna-space", "web", **LOST), "pod web in anna-space", id="a pod that has lost its class"),
    ],
)
def test_what_a_teardown_has_left_alone(item, what):
    found = left_alone([item], STUDENTS, LABELS)
    assert set(found) == ({"anna-space"} if what else set())
    for sentence in found.values():
        assert sentence.startswith(f"The {what} has not the labels app.kubernetes.io/managed-by=kubelabs.pods,")
        assert "delete it yourself" in sentence


def test_several_that_were_left_alone_are_one_sentence():
    found = left_alone([pod("anna-space", "web", **LOST), pod("anna-space", "shell", **LOST)], STUDENTS, LABELS)
    assert found["anna-space"].startswith("The pod shell in anna-space and the pod web in anna-space has not")


# --- whose namespace it is ---

HASHED = {student["name"]: student["namespace"] for student in students(entries(["Zoé", "Zoe", "Zoë"]), "lab")}


def made(name, student=None, labels=None, **metadata):
    """A namespace that the lab made for a student, or, without one, one that was handed over."""
    annotations = {"kubelabs.pods/student-name": student} if student else {}
    return {
        "metadata": {
            "name": name,
            "labels": LABELS if labels is None else labels,
            "annotations": annotations,
            **metadata,
        }
    }


def whose(existing, *roster, labels=None):
    wanted = LABELS if labels is None else labels
    return namespace_problems(existing, students(entries(list(roster)), "lab"), wanted)


def test_a_roster_in_another_order_would_mix_up_two_students_and_is_refused():
    there = [made("lab-zoe", "Zoë"), made(HASHED["Zoe"], "Zoe"), made("lab-ben", "Ben")]
    assert whose(there, "Zoë", "Ben", "Zoe") == []
    assert whose(there, "Zoe", "Ben", "Zoë") == [
        "The roster gives 'Zoe' the namespace lab-zoe, which is that of 'Zoë' on the cluster: put 'Zoë' in front of"
        f" 'Zoe' in the roster, or give 'Zoe' the `namespace` {HASHED['Zoe']}, as before."
    ]
    # Both remedies are some.
    assert whose(there, "Zoë", "Zoe") == []
    assert whose(there, {"name": "Zoe", "namespace": HASHED["Zoe"]}, "Ben", "Zoë") == []


def test_who_is_new_and_comes_before_another_of_the_same_slug_is_told_so():
    (problem,) = whose([made("lab-zoe", "Zoë")], "Zoe", "Zoë")
    assert problem.endswith(": put 'Zoë' in front of 'Zoe' in the roster, or give 'Zoe' another `namespace`.")
    assert whose([made("lab-zoe", "Zoë")], {"name": "Zoe", "namespace": "lab-zoe-2"}, "Zoë") == []


def test_two_students_who_change_their_namespaces_are_refused():
    there = [made("a", "Anna"), made("b", "Ben")]
    assert len(whose(there, {"name": "Anna", "namespace": "b"}, {"name": "Ben", "namespace": "a"})) == 2


def test_who_stays_does_not_inherit_from_whom_has_left():
    there = [made("lab-zoe", "Zoë"), made(HASHED["Zoe"], "Zoe")]
    assert whose(there, "Zoe", "Ben") == [
        "The roster gives 'Zoe' the namespace lab-zoe, which is that of 'Zoë' on the cluster: give 'Zoe' the"
        f" `namespace` {HASHED['Zoe']}, as before."
    ]
    # What is being deleted is nobody's, and another class has students of its own.
    going = made(HASHED["Zoe"], "Zoe", deletionTimestamp="2026-01-01T00:00:00Z")
    other = made("tuesday-zoe", "Zoe", {**LABELS, "kubelabs.pods/class": "tuesday"})
    assert whose([there[0], going, other], "Zoe", "Ben") == []
    assert whose([there[0], other], "Zoe", "Ben", labels={}) == []


@pytest.mark.parametrize(
    ("annotated", "name"),
    [("Zoe", "Zoë"), ("zoe", "Zoe"), ("Zoe\u0308", "Zoë"), (" Zoe\u200b", "Zoe"), ("Zoe", "Zoe"), (None, "Zoe")],
    ids=ascii,
)
def test_a_name_that_was_corrected_or_never_written_down_is_no_other_student(annotated, name):
    assert whose([made("lab-zoe", annotated)], name, "Ben") == []


def test_what_is_being_deleted_is_nobodys():
    assert whose([made("lab-zoe", "Zoë", deletionTimestamp="2026-01-01T00:00:00Z")], "Zoe", "Zoë") == []


def test_a_namespace_without_the_labels_is_refused_for_that_alone():
    (problem,) = whose([made("lab-zoe", "Zoë", {})], "Zoe", "Zoë")
    assert "do not carry the labels" in problem


# --- a roster that has changed ---


def changes(roster, *existing):
    found = roster_changes(students(entries(roster), "lab"), list(existing), LABELS)
    names = {key: [student["name"] for student in found[key]] for key in ("new", "stay")}
    return names["new"], names["stay"], found["gone"], found["said"]


def test_who_is_new_who_stays_and_who_is_gone():
    there = [
        made("lab-anna", "Anna"),
        made("lab-bob", "Bob"),
        made("lab-x", None, {**LABELS, "kubelabs.pods/student": "xaver"}),
        made("lab-y"),
        made("lab-finn", "Finn", deletionTimestamp="2026-01-01T00:00:00Z"),
        made("lab-eve", "Eve", {**LABELS, "kubelabs.pods/class": "tuesday"}),
        made("default", None, {}),
    ]
    assert changes(["Anna", "Eve", "Finn"], *there) == (
        ["Eve", "Finn"],
        ["Anna"],
        [
            {"name": "Bob", "namespace": "lab-bob"},
            {"name": "xaver", "namespace": "lab-x"},
            {"name": "lab-y", "namespace": "lab-y"},
        ],
        "2 new (Eve, Finn), 3 gone from the roster and kept (Bob, xaver, lab-y), 1 as before.",
    )


def test_the_namespace_of_the_staff_is_nobodys_who_has_gone():
    staff = made("lab-staff", None, {**LABELS, "kubelabs.pods/part": "staff"})
    assert changes(["Anna"], made("lab-anna", "Anna"), staff) == ([], ["Anna"], [], "1 as before.")


def test_students_are_returned_as_they_are():
    roster = students(entries([{"name": "Anna", "email": "a@example.org"}, "Ben"]), "lab")
    found = roster_changes(roster, [made("lab-anna", "Anna")], LABELS)
    assert (found["stay"], found["new"]) == (roster[:1], roster[1:])


@pytest.mark.parametrize(
    ("roster", "existing", "said"),
    [
        (["Anna"], ["lab-anna"], "1 as before."),
        (["Anna"], [], "1 new (Anna)."),
        (12, [], "12 new (" + ", ".join(f"student-{number}" for number in range(1, 11)) + ", and 2 more)."),
        (["Anna"], ["lab-anna", "lab-ben"], "1 gone from the roster and kept (lab-ben), 1 as before."),
    ],
)
def test_what_is_said_of_it(roster, existing, said):
    assert changes(roster, *[made(name) for name in existing])[3] == said


def test_of_nobody_that_is_said():
    assert roster_changes([], [], LABELS)["said"] == "Nobody."
