# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _placement as placement

ANNA = {"name": "Anna", "namespace": "lab-anna"}


def pod(namespace, name, node, ip):
    return {"namespace": namespace, "pod": name, "node": node, "pod_ip": ip}


def placed(*pods):
    (anna,) = placement.students_with_pods([ANNA], list(pods), "web", "shell")
    return anna


@pytest.mark.parametrize(("ip", "host"), [("10.0.0.1", "10.0.0.1"), ("fd00::1", "[fd00::1]"), (None, None)])
def test_an_ip_in_a_url(ip, host):
    assert placement.url_host(ip) == host


def test_the_web_pod_on_another_node_is_the_students_own_if_it_is_there():
    anna = placed(
        pod("lab-ben", "web", "b", "10.0.1.9"),
        pod("lab-anna", "web", "b", "10.0.1.2"),
        pod("lab-anna", "shell", "a", "10.0.0.2"),
    )
    assert anna == {**ANNA, "web_ip": "10.0.1.2", "web_host": "10.0.1.2", "far_web_host": "10.0.1.2"}


def test_else_it_is_another_students():
    anna = placed(
        pod("lab-anna", "web", "a", "10.0.0.3"),
        pod("lab-anna", "shell", "a", "10.0.0.2"),
        pod("lab-ben", "web", "b", "10.0.1.9"),
    )
    assert (anna["web_host"], anna["far_web_host"]) == ("10.0.0.3", "10.0.1.9")


def test_on_one_node_there_is_none():
    anna = placed(pod("lab-anna", "web", "a", "10.0.0.3"), pod("lab-anna", "shell", "a", "10.0.0.2"))
    assert anna["far_web_host"] is None


def test_what_is_not_known_is_none():
    assert placed(pod("lab-ben", "web", "b", "10.0.1.9"), pod("lab-anna", "web", "", "")) == {
        **ANNA,
        "web_ip": None,
        "web_host": None,
        "far_web_host": None,
    }
