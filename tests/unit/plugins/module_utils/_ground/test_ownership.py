# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import (
    CLASS_LABEL,
    OWNER,
    OWNER_LABEL,
    check_selector,
    is_ours,
    matches,
    namespace_problems,
    of_class,
)

LABELS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "monday"}
STUDENTS = [{"namespace": "monday-anna"}, {"namespace": "monday-ben"}]


def namespace(name, labels=None, **metadata):
    return {"metadata": {"name": name, **({"labels": labels} if labels is not None else {}), **metadata}}


def test_none_of_ours_exists():
    assert namespace_problems([namespace("default")], STUDENTS, LABELS) == []


def test_ours_may_exist_with_more_labels():
    assert namespace_problems([namespace("monday-anna", {**LABELS, "x": "y"})], STUDENTS, LABELS) == []


def test_what_is_of_a_class_carries_all_its_labels():
    ours = namespace("monday-anna", {**LABELS, "x": "y"})
    others = [
        namespace("a"),
        namespace("b", {**LABELS, "kubelabs.pods/class": "tuesday"}),
        namespace("c", {"app.kubernetes.io/managed-by": "kubelabs.pods"}),
    ]
    assert of_class([*others, ours], LABELS) == [ours]


def test_a_namespace_without_labels_is_named():
    (problem,) = namespace_problems([namespace("monday-anna")], STUDENTS, LABELS)
    assert "monday-anna" in problem
    assert "kubelabs.pods/class=monday" in problem
    assert "monday-ben" not in problem


def test_a_namespace_of_another_class_is_foreign():
    assert namespace_problems([namespace("monday-ben", {**LABELS, "kubelabs.pods/class": "tuesday"})], STUDENTS, LABELS)


def test_a_namespace_that_is_being_deleted_keeps_nobody_else_from_theirs():
    going = namespace("monday-ben", LABELS, deletionTimestamp="2026-01-01T00:00:00Z")
    assert namespace_problems([going], STUDENTS, LABELS) == []


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "kubelabs.pods/class=c",
        "app.kubernetes.io/managed-by",
        "app.kubernetes.io/managed-by=other",
        "app.kubernetes.io/managed-by!=kubelabs.pods",
        "app.kubernetes.io/managed-by in (kubelabs.pods,other)",
        "x in (app.kubernetes.io/managed-by=kubelabs.pods)",
        "!app.kubernetes.io/managed-by",
        "app.kubernetes.io/managed-by=kubelabs.pods.x",
    ],
)
def test_refused_selectors(selector):
    with pytest.raises(ArgumentError, match="nothing without our label is ever deleted"):
        check_selector(selector)


@pytest.mark.parametrize(
    "selector",
    [
        "app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=c",
        "app.kubernetes.io/managed-by==kubelabs.pods",
        "a in (x,y), app.kubernetes.io/managed-by = kubelabs.pods",
    ],
)
def test_accepted_selectors(selector):
    check_selector(selector)


@pytest.mark.parametrize(
    "selector, labels, expected",
    [
        pytest.param("a=1,b==2", {"a": "1", "b": "2", "c": "3"}, True, id="all of them"),
        pytest.param("a=1,b=2", {"a": "1"}, False, id="one lacks"),
        pytest.param("a=1", {"a": "2"}, False, id="another value"),
        pytest.param("a in (1)", {"a": "1"}, False, id="a form that is not read"),
        pytest.param("a!=2", {"a": "1"}, False, id="unequal"),
        pytest.param("a", {"a": "1"}, False, id="a name alone"),
    ],
)
def test_matches(selector, labels, expected):
    assert matches(selector, labels) is expected


@pytest.mark.parametrize(
    "labels, like, expected",
    [
        pytest.param({OWNER_LABEL: OWNER}, None, True, id="ours"),
        pytest.param({CLASS_LABEL: "c"}, None, False, id="only the class"),
        pytest.param({OWNER_LABEL: "helm"}, None, False, id="another owner"),
        pytest.param({OWNER_LABEL: OWNER, CLASS_LABEL: "c"}, {CLASS_LABEL: "c"}, True, id="the same class"),
        pytest.param({OWNER_LABEL: OWNER, CLASS_LABEL: "d"}, {CLASS_LABEL: "c"}, False, id="another class"),
    ],
)
def test_is_ours(labels, like, expected):
    assert is_ours({"metadata": {"labels": labels}}, like=like) is expected


def test_where_none_is_made_one_that_is_missing_is_named():
    existing = [namespace("monday-anna")]
    (problem,) = namespace_problems(existing, STUDENTS, {}, must_exist=True)
    assert problem.startswith("Namespace(s) that are to be there and are not: monday-ben. Have them made")
