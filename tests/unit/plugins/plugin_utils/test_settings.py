# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.kubelabs.pods.plugins.plugin_utils._settings import unknown_variables


def test_known_variables_are_fine():
    assert unknown_variables(["pods_lab_class"], ["pods_lab_class", "pods_lab_students"]) == []


def test_a_misspelt_variable_is_named_with_the_nearest():
    assert unknown_variables(["pods_lab_student"], ["pods_lab_class", "pods_lab_students"]) == [
        "pods_lab_student is not a variable of kubelabs.pods. Did you mean pods_lab_students?"
    ]


def test_one_that_is_like_no_other_gets_the_list():
    (problem,) = unknown_variables(["pods_lab_zzzzzzzzzzzz"], ["a_class", "b_students"])
    assert problem.endswith("The variables are: a_class, b_students.")
