# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.problem import (
    Place,
    Problem,
    in_dots,
    nearest,
    place_of,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.verdict import path_of

FIELDS = ["containers", "initContainers", "imagePullPolicy", "image", "restartPolicy", "httpGet", "env", "envFrom"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("contaners", "containers"),
        ("container", "containers"),
        ("Containers", "containers"),
        ("imagepullpolicy", "imagePullPolicy"),
        ("image-pull-policy", "imagePullPolicy"),
        ("image_pull_policy", "imagePullPolicy"),
        ("IMAGE", "image"),
        ("httpget", "httpGet"),
        ("\u0456m\u0430g\u0435", "image"),
        ("\uff45\uff4e\uff56", "env"),
        ("xyz", None),
        ("", None),
        ("c" * 500, None),
    ],
)
def test_what_was_meant(word, meant):
    assert nearest(word, FIELDS) == meant


@given(st.text(), st.lists(st.text(max_size=20), max_size=8))
def test_whatever_is_written_something_known_or_nothing_was_meant(word, known):
    assert nearest(word, known) in [None, *known]


@given(st.text(max_size=60), st.sampled_from(FIELDS))
def test_what_is_known_is_meant(word, known):
    assert nearest(known, [word, known]) in (known, word)


def test_a_problem_is_one_line_for_a_student():
    problem = Problem(Place(7, 3), "contaners is no field of spec.", "Did you mean containers?", ("spec", "contaners"))
    assert problem.in_words() == "line 7: contaners is no field of spec. Did you mean containers?"
    assert problem.returned() == {
        "level": "error",
        "line": 7,
        "column": 3,
        "path": "spec.contaners",
        "message": "contaners is no field of spec.",
        "suggestion": "Did you mean containers?",
    }
    assert Problem(Place(1, 1), "It is empty.").in_words() == "line 1: It is empty."


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("spec.containers[0].image", ("spec", "containers", 0, "image")),
        ("metadata.annotations[a.b/c]", ("metadata", "annotations", "a.b/c")),
        ("", ()),
    ],
)
def test_paths_are_written_as_kubernetes_does(text, path):
    assert in_dots(path) == text
    assert path_of(text) == path


@given(st.text())
def test_every_text_is_some_path(text):
    in_dots(path_of(text))


def test_what_is_missing_has_the_place_of_what_it_is_missing_in():
    places = {(): Place(1, 1), ("spec",): Place(5, 1)}
    assert place_of(("spec", "containers", 0), places) == Place(5, 1)
    assert place_of(("metadata",), places) == Place(1, 1)
    assert place_of(("metadata",), {}) == Place(1, 1)
