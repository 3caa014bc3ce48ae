# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.selection import Selection


def select(**options):
    return Selection.from_options(
        {"label_selector": "class=c", "pods": None, "namespaces": [], "grace": 10.0, **options}
    )


def pods(*names):
    return [{"namespace": name.split("/")[0], "name": name.split("/")[1]} for name in names]


def test_what_is_selected():
    assert select(pods=pods("b/x", "a/y")) == Selection("class=c", [("b", "x"), ("a", "y")], [], 10.0)
    assert select(namespaces=["a"]) == Selection("class=c", None, ["a"], 10.0)


@pytest.mark.parametrize(
    "options, path",
    [
        pytest.param({}, "/api/v1/pods", id="everywhere"),
        pytest.param({"namespaces": ["a"]}, "/api/v1/namespaces/a/pods", id="one namespace"),
        pytest.param({"namespaces": ["a", "b"]}, "/api/v1/pods", id="two namespaces"),
        pytest.param({"pods": pods("a/x", "a/y")}, "/api/v1/namespaces/a/pods", id="pods of one namespace"),
        pytest.param({"pods": pods("a/x", "b/x")}, "/api/v1/pods", id="pods of two namespaces"),
    ],
)
def test_one_namespace_asks_for_no_rights_beyond_it(options, path):
    assert select(**options).path("pods") == path


@pytest.mark.parametrize("selector", [pytest.param("", id="nothing"), pytest.param("  ", id="blanks")])
def test_an_empty_selector_is_refused(selector):
    with pytest.raises(ArgumentError, match="label_selector is empty"):
        select(label_selector=selector)


def test_a_list_of_no_pods_is_refused():
    with pytest.raises(ArgumentError, match="pods is an empty list, and a wait for no pod would prove nothing: "):
        select(pods=[])


def test_a_pod_listed_twice():
    with pytest.raises(ArgumentError, match=r"pods lists a/b, a/d more than once\."):
        select(pods=pods("a/b", "a/c", "a/b", "a/d", "a/d"))
