# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.explain import (
    Held,
    explain,
    remaining_resources,
)

HOLD = '{"metadata":{"finalizers":null}}'


def namespace(conditions=None, **more):
    entries = [{"type": name, "status": "True", "message": text} for name, text in (conditions or {}).items()]
    return {"metadata": {"name": "lab-a", **more.pop("metadata", {})}, "status": {"conditions": entries}, **more}


def pod(name, *finalizers):
    return {"metadata": {"name": name, "finalizers": list(finalizers)}}


def test_a_pod_with_a_finalizer_is_named_with_the_command_that_takes_it_off():
    found = explain(namespace(), [pod("web", "example.com/lesson"), pod("shell")], [])
    assert found.reasons == ("pod web has the finalizer example.com/lesson", "pods still there: shell")
    assert found.commands == (("-n", "lab-a", "patch", "pod", "web", "--type=merge", "-p", HOLD),)


def test_other_objects_with_finalizers():
    found = explain(namespace(), [], [Held("widgets.example.com", "one", ("a/b", "c/d"))])
    assert found.reasons == ("widgets.example.com one has the finalizers a/b, c/d",)
    assert found.commands[0][:5] == ("-n", "lab-a", "patch", "widgets.example.com", "one")


def test_a_finalizer_of_the_namespace_itself():
    found = explain(namespace(metadata={"finalizers": ["a/b"]}), [], [])
    assert found.reasons == ("the namespace has the finalizer a/b",)
    assert found.commands == (("patch", "namespace", "lab-a", "--type=merge", "-p", HOLD),)


def test_a_finalizer_in_the_spec():
    found = explain(namespace(spec={"finalizers": ["kubernetes", "c/d"]}), [], [])
    assert found.reasons == ("the namespace's spec has the finalizer c/d",)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(
            "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: "
            "lesson.example.com/v1: the server is currently unable to handle the request",
            id="1.20",
        ),
        pytest.param(
            "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: "
            "lesson.example.com/v1: stale GroupVersion discovery: lesson.example.com/v1",
            id="1.36",
        ),
    ],
)
def test_an_api_service_that_does_not_answer_is_quoted_and_named(message):
    found = explain(namespace({"NamespaceDeletionDiscoveryFailure": message}), [], [])
    assert found.reasons == (f"NamespaceDeletionDiscoveryFailure: {message}",)
    assert found.commands == (("delete", "apiservice", "v1.lesson.example.com"),)


def test_conditions_that_say_that_all_is_well_are_no_reasons():
    item = namespace({"NamespaceContentRemaining": "Some resources are remaining: pods. has 1 resource instances"})
    item["status"]["conditions"] += [
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All content successfully deleted"},
        {"type": "Other", "status": "True", "message": "whatever"},
    ]
    assert explain(item, [], []).reasons == (
        "NamespaceContentRemaining: Some resources are remaining: pods. has 1 resource instances",
    )
    assert explain({}, [], []).reasons == ()


def test_remaining_resources():
    text = (
        "Some resources are remaining: configmaps. has 1 resource instances, "
        "widgets.example.com has 2 resource instances"
    )
    assert remaining_resources(namespace({"NamespaceContentRemaining": text})) == [
        ("configmaps", ""),
        ("widgets", "example.com"),
    ]
    assert remaining_resources(namespace()) == []


def test_many_are_counted():
    found = explain(namespace(), [pod(f"p{number}", "a/b") for number in range(7)], [])
    assert len(found.commands) == 5
    assert found.reasons[-1] == "and 2 more objects with finalizers"
    found = explain(namespace(), [pod(f"p{number}") for number in range(7)], [])
    assert found.reasons == ("pods still there: p0, p1, p2, p3, p4 and 2 more",)
