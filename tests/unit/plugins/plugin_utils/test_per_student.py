# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _per_student as per_student

ANNA = {"name": "Anna", "namespace": "lab-anna"}
BEN = {"name": "Ben", "namespace": "lab-ben"}


def pod(namespace, name, node, ip):
    return {"namespace": namespace, "pod": name, "node": node, "pod_ip": ip}


def test_every_item_for_every_student():
    items = [{"metadata": {"name": "web", "namespace": "@namespace@"}, "args": ["hello @name@", 80, None]}, "@name@"]
    assert per_student.for_each(items, [ANNA, BEN]) == [
        {"metadata": {"name": "web", "namespace": "lab-anna"}, "args": ["hello Anna", 80, None]},
        "Anna",
        {"metadata": {"name": "web", "namespace": "lab-ben"}, "args": ["hello Ben", 80, None]},
        "Ben",
    ]


def test_a_name_that_looks_like_a_placeholder_stays_as_it_is():
    assert per_student.for_each(["@name@"], [{"name": "@namespace@", "namespace": "x"}]) == ["@namespace@"]


def test_what_is_no_placeholder_stays_as_it_is():
    assert per_student.for_each(["a@b.org $(x) @A@ @ @"], [ANNA]) == ["a@b.org $(x) @A@ @ @"]


def test_an_item_that_needs_what_a_student_lacks_is_left_out():
    assert per_student.for_each(["http://@web_host@/", "@name@"], [ANNA, {**BEN, "web_host": "10.0.0.1"}]) == [
        "Anna",
        "http://10.0.0.1/",
        "Ben",
    ]


def test_the_template_is_not_changed():
    item = {"a": ["@name@"]}
    per_student.for_each([item], [ANNA])
    assert item == {"a": ["@name@"]}


@pytest.mark.parametrize(("ip", "host"), [("10.0.0.1", "10.0.0.1"), ("fd00::1", "[fd00::1]"), (None, None)])
def test_an_ip_in_a_url(ip, host):
    assert per_student.url_host(ip) == host


def test_the_web_pod_on_another_node_is_the_students_own_if_it_is_there():
    pods = [
        pod("lab-ben", "web", "b", "10.0.1.9"),
        pod("lab-anna", "web", "b", "10.0.1.2"),
        pod("lab-anna", "shell", "a", "10.0.0.2"),
    ]
    (anna,) = per_student.with_pods([ANNA], pods, "web", "shell")
    assert anna == {**ANNA, "web_ip": "10.0.1.2", "web_host": "10.0.1.2", "far_web_host": "10.0.1.2"}


def test_else_it_is_another_students():
    pods = [
        pod("lab-anna", "web", "a", "10.0.0.3"),
        pod("lab-anna", "shell", "a", "10.0.0.2"),
        pod("lab-ben", "web", "b", "10.0.1.9"),
    ]
    (anna,) = per_student.with_pods([ANNA], pods, "web", "shell")
    assert (anna["web_host"], anna["far_web_host"]) == ("10.0.0.3", "10.0.1.9")


def test_on_one_node_there_is_none():
    pods = [pod("lab-anna", "web", "a", "10.0.0.3"), pod("lab-anna", "shell", "a", "10.0.0.2")]
    (anna,) = per_student.with_pods([ANNA], pods, "web", "shell")
    assert "far_web_host" not in anna


def test_a_student_without_pods_gets_no_places():
    assert per_student.with_pods([ANNA], [pod("lab-ben", "web", "b", "10.0.1.9")], "web", "shell") == [ANNA]
