# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils._per_student import for_each_student

ANNA = {"name": "Anna", "namespace": "lab-anna"}
BEN = {"name": "Ben", "namespace": "lab-ben"}


def test_every_item_for_every_student():
    items = [{"metadata": {"name": "web", "namespace": "@namespace@"}, "args": ["hello @name@", 80, None]}, "@name@"]
    assert for_each_student(items, [ANNA, BEN]) == [
        {"metadata": {"name": "web", "namespace": "lab-anna"}, "args": ["hello Anna", 80, None]},
        "Anna",
        {"metadata": {"name": "web", "namespace": "lab-ben"}, "args": ["hello Ben", 80, None]},
        "Ben",
    ]


def test_a_name_that_looks_like_a_placeholder_stays_as_it_is():
    assert for_each_student(["@name@"], [{"name": "@namespace@", "namespace": "x"}]) == ["@namespace@"]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        pytest.param("a@b.org $(x) @A@ @ @ @@", "a@b.org $(x) @A@ @ @ @@", id="no-placeholder"),
        pytest.param("me@@lab@@home", "me@lab@home", id="address"),
        pytest.param("@@name@@ is @name@", "@name@ is Anna", id="a-placeholders-own-text"),
        pytest.param("@name@@namespace@", "Annalab-anna", id="side-by-side"),
        pytest.param("@@name@", "@Anna", id="an-at-before"),
        pytest.param("@name?@", "Anna", id="may-be-missing-and-is-there"),
    ],
)
def test_what_is_filled_in_and_what_is_not(text, filled):
    assert for_each_student([text], [ANNA]) == [filled]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("@namspace@", "Did you mean @namespace@?", id="misspelt"),
        pytest.param("x@zzzzzz@", "There are: name, namespace.", id="like-no-other"),
        pytest.param("me@lab@home", "If it is meant as it is written, write @@lab@@.", id="address"),
        pytest.param("@web_hst?@", "@web_hst?@ in '@web_hst?@' stands for nothing that a student has.", id="marked"),
    ],
)
def test_what_no_student_has_is_refused_with_the_nearest(text, words):
    with pytest.raises(ArgumentError) as error:
        for_each_student([{"a": [text]}], [ANNA, BEN])
    assert words in str(error.value)
    assert repr(text) in str(error.value)


def test_an_item_is_left_out_only_where_it_says_so():
    students = [{**ANNA, "web_host": None}, {**BEN, "web_host": "10.0.0.1"}]
    assert for_each_student(["http://@web_host?@/", "@name@"], students) == ["Anna", "http://10.0.0.1/", "Ben"]
    with pytest.raises(ArgumentError, match=r"Anna has no web_host, for which @web_host@ in 'x @web_host@' stands."):
        for_each_student(["x @web_host@"], students)


def test_the_template_is_not_changed():
    item = {"a": ["@name@"]}
    for_each_student([item], [ANNA])
    assert item == {"a": ["@name@"]}
