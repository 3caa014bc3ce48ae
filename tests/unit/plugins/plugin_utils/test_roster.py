# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _labels as labels
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


def test_a_class_has_a_most_of_students():
    most = [f"Anna {number}" for number in range(roster.MOST_STUDENTS)]
    assert len(students(most)) == 10_000
    assert problems([*most, "Ben"]) == [
        "pods_lab_students: 10001 students are more than the 10000 of a class. Make several classes of them."
    ]


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
        ("\u200b", "has no `name`", "Give every student a name."),
        ({"name": "anna", "namespace": "a" * 64}, "'" + "a" * 64, "Give the student another `namespace`."),
        ('=HYPERLINK("http://example.org")', "'=HYPERLINK(", "Write the name itself there."),
        ("+1", "begins with '+'", "Write the name itself there."),
        ("@SUM(A1)", "begins with '@'", "Write the name itself there."),
        (" -1", "the name '-1' begins with '-'", "Write the name itself there."),
        (-1, "the name '-1' begins with '-'", "Write the name itself there."),
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


# --- namespaces ---


def namespaces(source, class_name="pods-lab"):
    return [student["namespace"] for student in students(source, class_name)]


def test_names_in_any_script_have_a_namespace():
    assert namespaces(["李雷", "Ольга Щукина", "Anna"]) == [
        "pods-lab-li-lei",
        "pods-lab-olga-shchukina",
        "pods-lab-anna",
    ]


@pytest.mark.parametrize(
    ("first", "second", "slug"),
    [
        ("Zoë", "Zoe", "zoe"),
        ("Zoe", "Zoë", "zoe"),
        ("Anna-Lena", "Anna Lena", "anna-lena"),
        ("李雷", "Li Lei", "li-lei"),
    ],
)
def test_of_one_slug_the_first_has_it_and_the_others_a_hash_of_their_own_name(first, second, slug):
    plain, hashed = students([first, second])
    assert (plain["label"], plain["namespace"]) == (slug, f"pods-lab-{slug}")
    assert re.fullmatch(rf"{slug}-[0-9a-f]{{6}}", hashed["label"])
    assert hashed["namespace"] == f"pods-lab-{hashed['label']}"
    # Whoever else is there, and in whatever order the rest stands.
    assert students(["Ben", first, "Eve", second])[3] == hashed


def test_every_later_one_has_a_hash_of_its_own():
    found = namespaces(["Zoé", "Zoe", "Zoë", "Zoè"])
    assert found[0] == "pods-lab-zoe"
    assert len(set(found)) == 4
    assert found[1] == "pods-lab-zoe-9d017e"


def test_a_name_that_looks_like_a_slug_with_a_hash_makes_way():
    found = namespaces(["Zoë", "Zoe", "Zoe 9D017E"])
    assert found[1] == "pods-lab-zoe-9d017e"
    assert found[2].startswith("pods-lab-zoe-9d017e-")


def test_a_long_name_is_cut_between_words_and_two_with_one_beginning_differ():
    beginning = "Maximilian Alexander Ferdinand von und zu Hohenstein-Langenburg"
    found = namespaces([f"{beginning} der Erste", f"{beginning} der Zweite"])
    cut = "pods-lab-maximilian-alexander-ferdinand-von-und-zu"
    assert [re.sub(r"-[0-9a-f]{6}$", "", namespace) for namespace in found] == [cut, cut]
    assert len(set(found)) == 2
    assert all(labels.is_rfc_1123_label(namespace) for namespace in found)


def test_a_name_is_not_cut_while_it_fits():
    assert namespaces(["x" * 54]) == ["pods-lab-" + "x" * 54]
    (longer,) = namespaces(["x" * 55])
    assert len(longer) == 63 and not longer.endswith("xxxxxx")


def test_of_a_name_without_letters_the_hash_is_left():
    first, second = namespaces(["😀", "😀😀"])
    assert first != second
    assert re.fullmatch(r"pods-lab-s-[0-9a-f]{6}", first)


@pytest.mark.parametrize(
    ("name", "namespace"),
    [
        ("$(rm -rf /)", "pods-lab-rm-rf"),
        ("`reboot`", "pods-lab-reboot"),
        ("Robert'); DROP TABLE students;--", "pods-lab-robert-drop-table-students"),
        ('"Anna"\n', "pods-lab-anna"),
        ("{{ lookup('pipe', 'id') }}", "pods-lab-lookup-pipe-id"),
        ("../../etc/passwd", "pods-lab-etc-passwd"),
        ("anna@example.org", "pods-lab-anna-example-org"),
    ],
)
def test_whatever_a_shell_would_make_of_a_name_it_is_text(name, namespace):
    (student,) = students([name])
    assert (student["name"], student["namespace"]) == (name.strip(), namespace)


def test_a_class_whose_name_leaves_no_room_is_told_once_and_only_where_room_is_needed():
    assert namespaces(["anna"], "c" * 58) == ["c" * 58 + "-anna"]
    (longest,) = namespaces(["anna-lena"], "c" * 54)
    assert re.fullmatch(r"c{54}-a-[0-9a-f]{6}", longest)
    (problem,) = problems(["anna", "anna-lena", "x" * 30, {"name": "y" * 30, "namespace": "y"}], "c" * 58)
    assert "no room in a namespace's name" in problem
    assert "for 'anna-lena' (pods_lab_students[1]), 'xxx" in problem
    assert problem.endswith("Use at most 54, or give each of them a `namespace`.")


def test_a_class_that_belongs_to_kubernetes_is_refused():
    assert "'kube-anna', the namespace of 'anna', belongs to Kubernetes" in problems(["anna"], "kube")[0]


# --- twice ---


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna", "Anna"), ("Anna", "anna"), ("Zoë", " Zoe\u0308 "), ("Anna", "An\u200bna"), ("李雷", "李雷")],
)
def test_the_same_name_twice_is_refused_with_both_places(one, other):
    (problem,) = problems([one, "ben", other, {"name": "Eve", "namespace": "eve"}])
    seen = labels.visible(other)
    assert problem == (
        f"{one!r} (pods_lab_students[0]) and {seen!r} (pods_lab_students[2]) have the same name. Take one of them out,"
        " or give each student a name of their own."
    )


def test_the_same_name_three_times_is_one_sentence_whatever_the_namespaces():
    (problem,) = problems(["Anna", {"name": "anna", "namespace": "x"}, {"name": "Anna", "namespace": "x"}])
    assert "[0]) and 'anna' (pods_lab_students[1]) and 'Anna' (pods_lab_students[2]) have the same name" in problem


@pytest.mark.parametrize(
    "source",
    [
        [{"name": "Anna", "namespace": "x"}, {"name": "Ben", "namespace": "x"}],
        ["Anna", {"name": "Ben", "namespace": "pods-lab-anna"}],
        [{"name": "Anna", "namespace": "pods-lab-ben"}, "Ben"],
    ],
    ids=["both given", "the second given", "the first given"],
)
def test_a_namespace_that_is_given_and_somebody_elses_is_refused_with_both_places(source):
    (problem,) = problems(source)
    assert problem.startswith(
        "'Anna' (pods_lab_students[0]) and 'Ben' (pods_lab_students[1]) have the same namespace '"
    )
    assert problem.endswith("'. Give one of them another `namespace`.")


def test_who_has_a_namespace_of_their_own_takes_no_slug():
    assert namespaces([{"name": "Zoë", "namespace": "room-7"}, "Zoe"]) == ["room-7", "pods-lab-zoe"]


def test_every_problem_is_told_at_once():
    assert len(problems(["=1", "", {"name": "x", "namespace": "X"}, "Anna", "anna"])) == 4


# --- the library ---


@pytest.fixture(name="without_unidecode")
def fixture_without_unidecode(monkeypatch):
    monkeypatch.setitem(sys.modules, "unidecode", None)
    labels._transliterated.cache_clear()


def test_without_unidecode_the_names_that_need_it_are_told_in_one_sentence(without_unidecode):
    (problem,) = problems(
        ["Zoë", "李雷", {"name": "王", "namespace": "wang"}, *["я" * count for count in range(1, 13)]]
    )
    assert problem.startswith(
        "The Python library Unidecode is missing, without which no namespaces can be made of"
        " '李雷' (pods_lab_students[1]), 'я' (pods_lab_students[3])"
    )
    assert problem.endswith(
        ", and 3 more: `pip install Unidecode` where Ansible runs, or give each of them a `namespace`."
    )


def test_without_unidecode_all_others_have_the_same_namespace(without_unidecode, monkeypatch):
    source = [
        "Zoë",
        "Zoe",
        "Łukasz Żak",
        "😀",
        "x" * 70,
        {"name": "李雷", "namespace": "li"},
        {"name": "Я", "namespace": "y"},
    ]
    without = students(source)
    monkeypatch.undo()
    assert students(source) == without
    assert without[5]["label"] == "li"


# --- classes that cannot be ---


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
    assert all(labels.is_rfc_1123_label(namespace) for namespace in namespaces)
    assert all(labels.is_rfc_1123_label(student["label"]) for student in found)


# --- only some ---


def class_of(*names):
    return roster.students(roster.entries(list(names)), "lab")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Anna Müller", ["Anna Müller"]),
        ("anna müller", ["Anna Müller"]),
        ("anna-muller", ["Anna Müller"]),
        ("lab-ben", ["Ben"]),
        (" ben , Zoë,", ["Ben", "Zoë"]),
        ("Zoe", ["Zoe"]),
        ("lab-zoe", ["Zoë"]),
    ],
)
def test_students_are_chosen_by_name_label_or_namespace(wanted, found):
    class_ = class_of("Anna Müller", "Ben", "Zoë", "Zoe")
    assert [student["name"] for student in roster.chosen(class_, wanted)] == found


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("bne", "pods_lab_only: 'bne' is none of the 4 student(s) of this run. Did you mean 'ben'? Else name one"),
        (
            "xyz",
            "pods_lab_only: 'xyz' is none of the 4 student(s) of this run. Name one of them, or give the pods_lab_r",
        ),
        ("zoe", "pods_lab_only: 'zoe' may be Zoë (lab-zoe) or Zoe (lab-zoe-"),
    ],
)
def test_who_is_none_of_the_class_or_may_be_several_is_refused(wanted, problem):
    with pytest.raises(roster.RosterError) as error:
        roster.chosen(class_of("Anna Müller", "Ben", "Zoë", "Zoe"), wanted)
    assert str(error.value).startswith(problem)
