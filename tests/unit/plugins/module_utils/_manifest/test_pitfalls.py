# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.pitfalls import pitfalls
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.problem import WARNING, Place

IMAGE = ("spec", "containers", 0, "image")


def told(container):
    return pitfalls({"kind": "Pod", "spec": {"containers": [container]}}, {})


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "nginx:1.29",
        "library/nginx:Latest",
        "Registry.Example.org/web:V1.0",
        "registry.example.org:5000/team/a_b/c--d:1",
        "Localhost:5000/web",
        "localhost/web",
        "[2001:db8::1]:5000/web",
        f"web@sha256:{'0f' * 32}",
        f"web:1@sha256:{'0f' * 32}",
        "",
        None,
        7,
    ],
)
def test_images_that_there_may_be(image):
    assert told({"image": image}) == []


@pytest.mark.parametrize(
    "image, suggestion",
    [
        ("Nginx:1.29", "Did you mean nginx:1.29?"),
        ("MyTeam/web", "Did you mean myteam/web?"),
        ("registry.example.org/Web", "Did you mean registry.example.org/web?"),
        ("nginx: 1.29", "Write name:tag"),
        ("https://registry.example.org/web", "Write name:tag"),
        ("nginx:", "Write name:tag"),
        ("web.", "Write name:tag"),
        (" nginx", "Delete them"),
        ("nginx\n", "Delete them"),
    ],
)
def test_images_that_there_cannot_be(image, suggestion):
    (problem,) = told({"image": image})
    assert suggestion in problem.suggestion
    assert (problem.path, problem.level) == (IMAGE, WARNING)


def test_a_name_that_is_made_to_hurt_takes_no_time():
    began = time.monotonic()
    (problem,) = told({"image": "a" * 200_000 + "!"})
    assert len(problem.message) < 400
    (problem,) = told({"image": "a-" * 190 + "!"})
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("memory, suggestion", [("64", "64Mi"), (64, "64Mi"), ("64Ki", "64Mi"), ("0.5", "as in 64Mi")])
def test_memory_with_which_nothing_starts(memory, suggestion):
    found = told({"resources": {"limits": {"memory": memory}, "requests": {"memory": "64Mi"}}})
    assert [(one.path[-2:], suggestion in one.suggestion) for one in found] == [(("limits", "memory"), True)]


@pytest.mark.parametrize("memory", ["1Mi", "64M", "0", 0, None, "much", True, "128974848"])
def test_other_memory(memory):
    assert told({"resources": {"limits": {"memory": memory}}}) == []


def test_in_a_template_and_in_containers_that_come_first():
    pod = {"spec": {"initContainers": [{"image": "Busybox"}], "containers": [{"image": "Nginx"}]}}
    places = {("spec", "template", "spec", "containers", 0, "image"): Place(9, 3)}
    found = pitfalls({"kind": "Deployment", "spec": {"template": pod}}, places)
    assert [one.path[3:] for one in found] == [("initContainers", 0, "image"), ("containers", 0, "image")]
    assert found[1].place == Place(9, 3)


@pytest.mark.parametrize(
    "value", [{}, {"kind": "Pod"}, {"kind": "Pod", "spec": {"containers": ["x", {"resources": 3}]}}]
)
def test_whatever_it_is(value):
    assert pitfalls(value, {}) == []
