# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters about the class are functions of plugin_utils under the same names: here is only how they refuse."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.filter import cluster, images, namespaces, roster, settings, staff

FILTERS = {
    name: function
    for plugin in (cluster, images, namespaces, roster, settings, staff)
    for name, function in plugin.FilterModule().filters().items()
}


def test_a_filter_is_the_function_of_its_name():
    assert {name: function.__name__ for name, function in FILTERS.items()} == {name: name for name in FILTERS}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("capacity_forecast", ([{}], [], {}), "the input[0] has no 'name'."),
        ("capacity_forecast", ({}, [], {}), "the input is an object and not a list."),
        ("capacity_forecast", (None, [{}], {}), "students[0] has no 'name'."),
        ("capacity_forecast", ([], [], []), "pods is a list and not an object."),
        ("capacity_forecast", ([], [], {}, [{}]), "existing[0] has no 'namespace'."),
        ("capacity_forecast", (None, [], {}, [], None), "reason is null and not text."),
        ("capacity_forecast", ([], [], {}, [], "", "x"), "limit_range is the text 'x' and not an object."),
        ("kubernetes_support", (None,), "the input is null and not text."),
        ("roster", ([], "lab", 3), "file is the number 3 and not text."),
        ("roster", ([], "lab", "x.csv", "name"), "columns is the text 'name' and not an object."),
        ("roster", ([], "lab", "x.csv", {"name": 1}), "columns['name'] is the number 1 and not a list."),
        ("pod_image", ("", "x", None), "registry is null and not text."),
        ("kind_cluster", ("kind-x", ""), "clusters is the text '' and not a list."),
        ("local_path", (None,), "the input is null and not text."),
        ("setting_problems", ([],), "the input is a list and not an object."),
        ("unknown_variables", ("pods_lab", []), "the input is the text 'pods_lab' and not a list."),
        ("unknown_variables", ([], None), "known is null and not a list."),
        ("namespace_problems", ({}, [], {}), "the input is an object and not a list."),
        ("namespace_problems", ([{}], [], {}), "the input[0] has no 'metadata'."),
        ("namespace_problems", ([], [{}], {}), "students[0] has no 'name'."),
        ("namespace_problems", ([], [], []), "labels is a list and not an object."),
        ("namespaces_being_deleted", ([{}], []), "the input[0] has no 'metadata'."),
        ("of_class", ([{}], {}), "the input[0] has no 'metadata'."),
        ("of_class", ([], []), "labels is a list and not an object."),
        ("left_alone", ([], [], []), "labels is a list and not an object."),
        ("roster_changes", ([{}], [], {}), "students[0] has no 'name'."),
        ("roster_changes", ([], [{}], {}), "namespaces[0] has no 'metadata'."),
        ("roster_changes", ([], [], []), "labels is a list and not an object."),
        ("staff_members", ([], 3), "class_name is the number 3 and not text."),
        (
            "staff_members",
            ("Eva", "lab"),
            'pods_lab_staff is \'Eva\' and no list. Set it as in {"pods_lab_staff": [{"name":'
            ' "Eva", "role": "co-teacher"}]}, or to [] for nobody.',
        ),
        ("staff_roles", ([{}],), "the input[0] has no 'name'."),
        ("staff_probes", ([], [{}], {}), "students[0] has no 'name'."),
        ("staff_probes", ([], [], []), "kubeconfigs is a list and not an object."),
        ("staff_key_problems", ([{}], []), "the input[0] has no 'name'."),
        ("staff_key_problems", ([], [{}]), "members[0] has no 'name'."),
        ("staff_left", ([{}], []), "the input[0] has no 'namespace'."),
        ("staff_namespace_problems", ([{}], [], {}, "lab"), "the input[0] has no 'metadata'."),
        ("former_accounts", ([{}], []), "the input[0] has no 'metadata'."),
        ("former_keys", ([], None, "lab-staff"), "directory is null and not text."),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
)
def test_what_a_filter_cannot_use_is_refused_in_its_name(name, arguments, words):
    with pytest.raises(AnsibleFilterError) as error:
        FILTERS[name](*arguments)
    assert str(error.value) == f"kubelabs.pods.{name}: {words}"
    assert error.value.__suppress_context__ and error.value.__cause__ is None  # Ansible would append it


def test_a_roster_is_refused_with_all_its_problems():
    with pytest.raises(AnsibleFilterError) as error:
        FILTERS["roster"](["=1", "", "Anna"], "lab")
    assert "pods_lab_students[0]" in str(error.value)
    assert "pods_lab_students[1]" in str(error.value)
    assert "[2]" not in str(error.value)
    assert error.value.__suppress_context__ and error.value.__cause__ is None  # Ansible would append it


def test_a_roster_is_read_to_its_students_or_its_problems():
    (anna,) = FILTERS["roster"](["Anna"], "lab")
    assert FILTERS["read_roster"](["Anna"], "lab") == {
        "students": [anna],
        "first_namespace": "lab-anna",
        "names_from": [],
        "left_out": [],
        "problems": [],
    }
    refused = FILTERS["read_roster"](["=1", "", "Anna"], "lab")
    assert refused["students"] == []
    assert [problem.partition(":")[0] for problem in refused["problems"]] == [
        "pods_lab_students[0]",
        "pods_lab_students[1]",
    ]


def test_a_file_is_read_instead_of_the_input(tmp_path):
    (tmp_path / "class.csv").write_text("Naam;x\nAnna;\n")
    (student,) = roster.roster(3, "lab", str(tmp_path / "class.csv"), {"name": "Naam"})
    assert student == {"name": "Anna", "naam": "Anna", "label": "anna", "namespace": "lab-anna"}


def test_the_columns_of_the_names_are_told(tmp_path):
    (tmp_path / "class.csv").write_text("Name;Vorname\nMüller;Jörg\n")
    assert roster.read_roster(3, "lab", str(tmp_path / "class.csv"))["names_from"] == ["Vorname", "Name"]


def test_what_a_run_would_change_is_told():
    labels = {"kubelabs.pods/class": "lab"}
    there = [{"metadata": {"name": "lab-ben", "labels": labels}}]
    changes = FILTERS["roster_changes"](FILTERS["roster"](["Anna"], "lab"), there, labels)
    assert changes["said"] == "1 new (Anna), 1 gone from the roster and kept (lab-ben)."


def test_a_namespace_of_another_student_is_refused():
    there = {"name": "lab-zoe", "labels": {}, "annotations": {"kubelabs.pods/student-name": "Zoë"}}
    (problem,) = FILTERS["namespace_problems"]([{"metadata": there}], FILTERS["roster"](["Zoe", "Zoë"], "lab"), {})
    assert "'Zoë' in front of 'Zoe'" in problem


def test_whether_there_is_room_for_a_class():
    students = [{"name": "Anna", "namespace": "lab-anna"}]
    unknown = FILTERS["capacity_forecast"](None, students, {"web": {}}, reason="The nodes may not be listed.")
    assert (unknown["needed"], unknown["fit"], unknown["short"]) == (1, None, 0)
    room = {"cpu": 100, "memory": 100, "ephemeral_storage": 0, "pods": 1}
    node = {"name": "a", "schedulable": True, "reason": "", "allocatable": room, "requested": dict.fromkeys(room, 0)}
    assert FILTERS["capacity_forecast"]([node], students, {"web": {}, "shell": {}}) == {
        "needed": 2,
        "fit": 1,
        "short": 1,
        "said": "1 student needs 2 pods; 1 fits: 1 short (the number of pods on 1 node).",
    }


def test_what_is_said_of_a_version():
    assert FILTERS["kubernetes_support"]("v1.37.2") == {"problem": "", "note": ""}
