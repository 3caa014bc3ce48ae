# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import check_selector
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.run import has_stopped, held_because
from ansible_collections.kubelabs.pods.plugins.modules import namespace_teardown
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import ended, make_pod, running, terminated, waiting

OURS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "c"}
SELECTOR = "app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=c"


@pytest.fixture(name="api")
def fake_api():
    with FakeApi() as api:
        yield api


@pytest.fixture(name="teardown")
def runner(api, capfd):
    def run(check_mode=False, **args):
        return run_module(
            namespace_teardown.main,
            capfd,
            api,
            check_mode,
            **{"label_selector": SELECTOR, "fail_on_unmet": False, "timeout": 5, **args},
        )

    return run


def populate(api, *names, labels=None, **more):
    for name in names:
        api.namespace(name, OURS if labels is None else labels, **more)
        for pod in ("web", "shell"):
            api.put(make_pod(pod, namespace=name))


def deletions(api):
    return [request.path for request in api.requests if request.method == "DELETE"]


def test_pods_first_then_the_namespace(api, teardown):
    populate(api, "lab-a", "lab-b")
    api.namespace("kube-system")
    result = teardown()
    assert result["changed"] is True and "msg" not in result
    assert [(one["namespace"], one["verdict"], one["pods"]) for one in result["results"]] == [
        ("lab-a", "deleted", 2),
        ("lab-b", "deleted", 2),
    ]
    for name in ("lab-a", "lab-b"):
        mine = [path for path in deletions(api) if f"/{name}" in path]
        assert mine == [f"/api/v1/namespaces/{name}/pods", f"/api/v1/namespaces/{name}"]
        assert api.get(name) is None
    assert api.get("kube-system") is not None


def test_own_grace_and_exact_preconditions(api, teardown):
    populate(api, "lab-a")
    version = api.get("lab-a")["metadata"]["resourceVersion"]
    teardown()
    pods, namespace = [request for request in api.requests if request.method == "DELETE"]
    assert pods.body == b""
    assert namespace.json()["preconditions"] == {"uid": "uid-lab-a", "resourceVersion": version}


def test_the_namespace_waits_for_its_pods(api, teardown):
    api.kill_after = 0.8
    populate(api, "lab-a")
    began = time.monotonic()
    api.fault(
        "^/api/v1/namespaces/lab-a$",
        lambda connection, request: (
            deleted.append(time.monotonic() - began),
            api._one_namespace(connection, request, "lab-a"),
        ),
        method="DELETE",
    )
    deleted = []
    assert teardown()["results"][0]["verdict"] == "deleted"
    assert deleted[0] > 0.7


def test_again_is_nothing(api, teardown):
    populate(api, "lab-a")
    teardown()
    result = teardown()
    assert (result["changed"], result["results"]) == (False, [])


def test_check_mode_deletes_nothing(api, teardown):
    populate(api, "lab-a")
    result = teardown(check_mode=True)
    assert result["changed"] is True
    assert [(one["verdict"], one["pods"]) for one in result["results"]] == [("would_be_deleted", 2)]
    assert not deletions(api) and api.get("lab-a") is not None


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
def test_refused_selectors(api, teardown, selector):
    with pytest.raises(ArgumentError):
        check_selector(selector)
    result = teardown(label_selector=selector)
    assert result["failed"] and "nothing without our label is ever deleted" in result["msg"]
    assert not api.requests


@pytest.mark.parametrize(
    "selector",
    [
        SELECTOR,
        "app.kubernetes.io/managed-by==kubelabs.pods",
        "a in (x,y), app.kubernetes.io/managed-by = kubelabs.pods",
    ],
)
def test_accepted_selectors(selector):
    check_selector(selector)


def test_a_server_that_selects_wrongly_changes_nothing(api, teardown):
    """The labels are looked at here too: whatever was sent, what lacks our label is not touched."""
    populate(api, "lab-a")
    populate(api, "precious", labels={"team": "x"})
    api.fault(
        "^/api/v1/namespaces$",
        lambda connection, request: (
            request.query.pop("labelSelector"),
            api._collection(connection, request, "namespaces", ""),
        ),
    )
    assert [one["namespace"] for one in teardown()["results"]] == ["lab-a"]
    assert api.get("precious") is not None and api.get("web", "precious", "pods") is not None


def test_a_namespace_that_loses_the_label_meanwhile_is_left_alone(api, teardown):
    populate(api, "lab-a")
    item = api.get("lab-a")
    api.fault(
        "^/api/v1/namespaces/lab-a/pods$",
        lambda connection, request: (
            api.put({**item, "metadata": {**item["metadata"], "labels": {"kubelabs.pods/class": "c"}}}, "namespaces"),
            api._collection(connection, request, "pods", "lab-a"),
        ),
    )
    result = teardown(timeout=2)
    assert result["changed"] is False and not deletions(api)
    assert result["results"][0]["verdict"] == "stuck" and "left alone" in result["results"][0]["reason"]
    assert result["results"][0]["duration"] < 1.5


def test_a_namespace_of_the_same_name_made_meanwhile_is_left_alone(api, teardown):
    populate(api, "lab-a")

    def swap(connection, request):
        api._collection(connection, request, "pods", "lab-a")
        api.remove("lab-a", "", "namespaces")
        api.namespace("lab-a", OURS, uid="another")

    api.fault("^/api/v1/namespaces/lab-a/pods$", swap, method="DELETE")
    assert teardown()["results"][0]["verdict"] == "deleted"
    assert api.get("lab-a")["metadata"]["uid"] == "another"
    assert "/api/v1/namespaces/lab-a" not in deletions(api)


def test_a_namespace_changed_in_between_is_read_again(api, teardown):
    api.namespace("lab-a", OURS)
    api.fault(
        "^/api/v1/namespaces/lab-a$",
        lambda connection, request: connection.error(409, "Conflict", "the object has been modified"),
        method="DELETE",
        times=2,
    )
    assert teardown()["results"][0]["verdict"] == "deleted"


def test_interrupted_and_repeated_ends_the_same(api, teardown):
    """Everything is already on its way out: it is waited for, and nothing is asked for twice."""
    populate(api, "lab-a")
    api.namespace("lab-a", OURS, deletionTimestamp="2026-11-22T08:31:41Z", finalizers=["x/y"])
    threading.Timer(1.0, api.remove, ("lab-a", "", "namespaces")).start()
    result = teardown()
    assert result["results"][0]["verdict"] == "deleted"
    assert "/api/v1/namespaces/lab-a" not in deletions(api)


def test_stuck_on_a_finalizer(api, teardown):
    populate(api, "lab-a", finalizers=["example.com/hold"])
    populate(api, "lab-b")
    began = time.monotonic()
    result = teardown(timeout=1.5, fail_on_unmet=True)
    assert time.monotonic() - began < 3
    assert [one["verdict"] for one in result["results"]] == ["stuck", "deleted"]
    assert "example.com/hold" in result["results"][0]["reason"]
    assert result["failed"] and result["msg"].startswith(
        "1 of 2 namespaces could not be deleted: lab-a (Finalizers of the namespace: example.com/hold"
    )


def test_stuck_on_a_pod(api, teardown):
    api.namespace("lab-a", OURS)
    pod = make_pod("web", namespace="lab-a")
    pod["metadata"]["finalizers"] = ["example.com/hold"]
    api.put(pod)
    assert "pods still there: web" in teardown(timeout=1.5)["results"][0]["reason"].lower()


def test_pods_whose_kubelet_forgets_them_are_removed_after_their_grace(api, teardown):
    api.kill_after = None
    populate(api, "lab-a")
    one = teardown()["results"][0]
    assert one["verdict"] == "deleted" and 1.4 < one["duration"] < 4
    forced = [request.json() for request in api.requests if request.method == "DELETE" and "/pods/" in request.path]
    assert {(body["gracePeriodSeconds"], body["preconditions"]["uid"]) for body in forced} == {
        (0, "uid-lab-a-web"),
        (0, "uid-lab-a-shell"),
    }


def test_pods_within_their_grace_are_left_to_their_kubelet(api, teardown):
    api.kill_after = 2.5
    api.namespace("lab-a", OURS)
    pod = make_pod("web", namespace="lab-a")
    pod["spec"]["terminationGracePeriodSeconds"] = 30
    api.put(pod)
    assert teardown()["results"][0]["verdict"] == "deleted"
    assert not [path for path in deletions(api) if "/pods/" in path]


@pytest.mark.parametrize(
    "containers, deleting, expected",
    [
        ([terminated()], True, True),
        ([terminated()], False, False),
        ([terminated("a"), running("b")], True, False),
        ([], True, False),
        ([waiting(reason="CrashLoopBackOff", restarts=1, last=ended())], True, True),
        ([waiting()], True, False),
        ([waiting(last=ended())], True, False),
    ],
)
def test_has_stopped(containers, deleting, expected):
    assert has_stopped(make_pod(containers=containers, deleting=deleting)) is expected


def test_trouble_while_deleting_is_lived_through(api, teardown):
    populate(api, "lab-a", "lab-b")
    for status in (503, 500):
        api.fault(
            "^/api/v1/namespaces/lab-a",
            lambda connection, request, status=status: connection.error(status),
            method="DELETE",
        )
    api.fault("^/api/v1/namespaces/lab-b", lambda connection, request: connection.reset())
    assert [one["verdict"] for one in teardown()["results"]] == ["deleted", "deleted"]


def test_the_deadline_holds_against_a_server_that_falls_silent(api, teardown):
    populate(api, "lab-a", "lab-b")
    api.fault("^/api/v1/namespaces/lab-", lambda connection, request: connection.half_open(), times=99)
    began = time.monotonic()
    result = teardown(timeout=1.5)
    assert time.monotonic() - began < 2.7
    assert [one["verdict"] for one in result["results"]] == ["stuck", "stuck"]


def test_forbidden(api, teardown):
    api.fault(
        "^/api/v1/namespaces$",
        lambda connection, request: connection.error(403, "Forbidden", "may not list namespaces"),
    )
    result = teardown()
    assert result["failed"] and "may not list namespaces" in result["msg"]


def test_forbidden_for_one_namespace_does_not_stop_the_others(api, teardown):
    populate(api, "lab-a", "lab-b")
    api.fault(
        "^/api/v1/namespaces/lab-a/pods",
        lambda connection, request: connection.error(403, "Forbidden", "may not delete pods"),
        method="DELETE",
        times=99,
    )
    result = teardown(timeout=1.5)
    assert [one["verdict"] for one in result["results"]] == ["stuck", "deleted"]


def test_held_because_reads_the_conditions():
    words = held_because(
        {
            "metadata": {"finalizers": ["a/b"]},
            "spec": {"finalizers": ["kubernetes", "c/d"]},
            "status": {
                "conditions": [
                    {
                        "type": "NamespaceContentRemaining",
                        "status": "True",
                        "message": "Some resources are remaining: pods. has 1 resource instances",
                    },
                    {
                        "type": "NamespaceDeletionContentFailure",
                        "status": "False",
                        "message": "All content successfully deleted",
                    },
                ]
            },
        },
        ["p1", "p2", "p3", "p4", "p5", "p6"],
    )
    assert "NamespaceContentRemaining: Some resources are remaining" in words and "successfully" not in words
    assert "a/b, c/d" in words and "p5 and 1 more" in words
    assert held_because({}, []) == ""
