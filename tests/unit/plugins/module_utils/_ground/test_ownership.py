# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import namespace_problems

LABELS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "monday"}
STUDENTS = [{"namespace": "monday-anna"}, {"namespace": "monday-ben"}]


def namespace(name, labels=None, **metadata):
    return {"metadata": {"name": name, **({"labels": labels} if labels is not None else {}), **metadata}}


def test_none_of_ours_exists():
    assert namespace_problems([namespace("default")], STUDENTS, LABELS) == []


def test_ours_may_exist_with_more_labels():
    assert namespace_problems([namespace("monday-anna", {**LABELS, "x": "y"})], STUDENTS, LABELS) == []


def test_a_namespace_without_labels_is_named():
    (problem,) = namespace_problems([namespace("monday-anna")], STUDENTS, LABELS)
    assert "monday-anna" in problem
    assert "kubelabs.pods/class=monday" in problem
    assert "monday-ben" not in problem


def test_a_namespace_of_another_class_is_foreign():
    assert namespace_problems([namespace("monday-ben", {**LABELS, "kubelabs.pods/class": "tuesday"})], STUDENTS, LABELS)


def test_a_namespace_that_is_being_deleted_cannot_be_used_yet():
    (problem,) = namespace_problems(
        [namespace("monday-ben", LABELS, deletionTimestamp="2026-01-01T00:00:00Z")], STUDENTS, LABELS
    )
    assert (
        problem == "Namespace(s) of the class that are still being deleted: monday-ben. Run again when they are gone."
    )
