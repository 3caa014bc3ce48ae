# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _roster as roster

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "namespace", "x"]) | st.text(), inner, max_size=4)
    ),
)


def names(students):
    return [student["name"] for student in students]


def students(source, class_name="pods-lab"):
    return roster.students(roster.entries(source), class_name)


def problems(source, class_name="pods-lab"):
    with pytest.raises(roster.RosterError) as error:
        students(source, class_name)
    return error.value.problems


def test_a_number_counts_students():
    assert students(3) == [
        {"name": "student-1", "label": "student-1", "namespace": "pods-lab-student-1"},
        {"name": "student-2", "label": "student-2", "namespace": "pods-lab-student-2"},
        {"name": "student-3", "label": "student-3", "namespace": "pods-lab-student-3"},
    ]


def test_a_number_may_arrive_as_text():
    assert names(students("2")) == ["student-1", "student-2"]


@pytest.mark.parametrize("source", [0, -1, 10_001, True, "three", 1.5, None, {}, []], ids=repr)
def test_what_is_no_class_is_refused(source):
    (problem,) = problems(source)
    assert problem.startswith("pods_lab_students: ")


def test_mappings_keep_what_they_hold():
    (student,) = students([{"name": "Ben O'Hara", "email": "ben@example.org"}], "k8s")
    assert student == {
        "name": "Ben O'Hara",
        "email": "ben@example.org",
        "label": "ben-o-hara",
        "namespace": "k8s-ben-o-hara",
    }


def test_a_name_that_yaml_read_as_a_number_is_a_name():
    assert names(students([{"name": 7}])) == ["7"]


def test_white_space_in_a_name_is_one_blank():
    assert names(students([" Anna \n Müller\t"])) == ["Anna Müller"]


def test_a_namespace_of_ones_own():
    (student,) = students([{"name": "李雷", "namespace": "li-lei"}])
    assert (student["namespace"], student["label"]) == ("li-lei", "li-lei")


@pytest.mark.parametrize(
    ("entry", "culprit", "remedy"),
    [
        ({"mail": "x"}, "{'mail': 'x'}", "Give every student a name."),
        ({"nme": "x"}, "{'nme': 'x'} has the key 'nme'", "Did you mean 'name'?"),
        ({"NAME": "x"}, "{'NAME': 'x'} has the key 'NAME'", "Did you mean 'name'?"),
        ({"name": "Ada", "namspace": "room-7"}, "has the key 'namspace'", "Did you mean 'namespace'?"),
        ({"name": "Ada", "name space": "room-7"}, "has the key 'name space'", "Did you mean 'namespace'?"),
        ({"name": "Ada", "Namespace": "room-7"}, "has the key 'Namespace'", "Did you mean 'namespace'?"),
        ("  ", "'  '", "Give every student a name."),
        ("李雷", "'李雷'", "Give the student a `namespace`."),
        ("x" * 60, "'pods-lab-" + "x" * 60, "Give the student another `namespace`."),
        ({"name": "anna", "namespace": "Anna"}, "'Anna'", "Give the student another `namespace`."),
        ({"name": "anna", "namespace": "kube-system"}, "'kube-system'", "Give the student another `namespace`."),
        ({"name": "anna", "namespace": "default"}, "'default'", "Give the student another `namespace`."),
        ({"name": False}, "False", "Put it in quotes."),
        ({"name": 1e5}, "100000.0", "Put it in quotes."),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_unusable_student_is_named_with_the_place_and_the_remedy(entry, culprit, remedy):
    (problem,) = problems(["fine", entry])
    assert problem.startswith("pods_lab_students[1]: ")
    assert culprit in problem
    assert problem.endswith(remedy)


@pytest.mark.parametrize(
    "key",
    ["username", "nickname", "surname", "Vorname", "first_name", "last_name", "full_name", "workspace", "names", 7],
)
def test_keys_of_other_meanings_are_kept(key):
    (student,) = students([{"name": "Ada", key: "x"}])
    assert (student[key], student["namespace"]) == ("x", "pods-lab-ada")


def test_a_key_is_no_near_miss_of_one_that_is_given_or_where_it_says_nothing():
    (student,) = students([{"name": "Ada", "namespace": "room-7", "namespaces": "many"}])
    assert student["namespaces"] == "many"
    assert students([{"name": "Ada", "namspace": None}])[0]["namespace"] == "pods-lab-ada"


def test_names_that_make_the_same_namespace_are_refused_with_both_places():
    (problem,) = problems(["Anna Müller", "ben", "anna muller"])
    assert "'Anna Müller' (pods_lab_students[0])" in problem
    assert "'anna muller' (pods_lab_students[2])" in problem
    assert "'pods-lab-anna-muller'" in problem


def test_every_problem_is_told_at_once():
    assert len(problems(["李", "", "x" * 99])) == 3


@pytest.mark.parametrize("class_name", ["", "Pods", "-a", "a-", "a.b", "a" * 64, None, 3], ids=repr)
def test_an_unusable_class_is_refused(class_name):
    (problem,) = problems(1, class_name)
    assert problem.startswith("pods_lab_class: ")


@given(ANYTHING)
def test_whatever_is_given_either_works_or_is_refused(source):
    try:
        found = students(source)
    except roster.RosterError as error:
        assert error.problems
        return
    namespaces = [student["namespace"] for student in found]
    assert len(set(namespaces)) == len(found) == len(set(names(found)))
    assert all(roster.is_rfc_1123_label(namespace) for namespace in namespaces)
    assert all(roster.is_rfc_1123_label(student["label"]) for student in found)


@given(st.text())
def test_a_slug_is_a_label_or_nothing(name):
    slug = roster.slug(name)
    assert slug == "" or roster.RFC_1123_LABEL.fullmatch(slug)
    assert roster.slug(slug) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Anna Müller", "anna-muller"),
        ("Weiß", "weiss"),
        ("Ærø", "aero"),
        ("Łukasz", "lukasz"),
        ("--a__b--", "a-b"),
        ("Ñ1", "n1"),
        ("Åse Ødegård", "ase-odegard"),
        ("Jörg Müßig", "jorg-mussig"),
    ],
)
def test_slugs(name, slug):
    assert roster.slug(name) == slug
