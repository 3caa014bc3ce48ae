# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.modules import namespace_teardown
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod

OURS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "c"}
SELECTOR = "app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=c"


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
    assert [(one["namespace"], one["state"], one["pods"]) for one in result["results"]] == [
        ("lab-a", "deleted", 2),
        ("lab-b", "deleted", 2),
    ]
    for name in ("lab-a", "lab-b"):
        mine = [path for path in deletions(api) if f"/{name}" in path]
        path = f"/api/v1/namespaces/{name}"
        assert mine == [f"{path}/serviceaccounts", f"{path}/pods", path]
        assert api.get(name) is None
    assert api.get("kube-system") is not None


def test_own_grace_and_exact_preconditions(api, teardown):
    populate(api, "lab-a")
    version = api.get("lab-a")["metadata"]["resourceVersion"]
    teardown()
    accounts, pods, namespace = [request for request in api.requests if request.method == "DELETE"]
    assert accounts.one("labelSelector").startswith("app.kubernetes.io/managed-by=kubelabs.pods")
    assert pods.body == b""
    assert namespace.json()["preconditions"] == {"uid": "uid-lab-a", "resourceVersion": version}


def test_check_mode_deletes_nothing(api, teardown):
    populate(api, "lab-a")
    result = teardown(check_mode=True)
    assert result["changed"] is True
    assert [(one["state"], one["pods"]) for one in result["results"]] == [("would_be_deleted", 2)]
    assert not deletions(api) and api.get("lab-a") is not None


def test_a_selector_without_our_label_is_refused_before_anything_is_asked(api, teardown):
    result = teardown(label_selector="kubelabs.pods/class=c")
    assert result["failed"] and "nothing without our label is ever deleted" in result["msg"]
    assert not api.requests


@pytest.mark.parametrize(
    "args, words",
    [
        pytest.param({"keep_namespaces": True}, "keep_namespaces needs namespaces", id="keep_namespaces"),
        pytest.param({"max_grace_period": 0}, "max_grace_period is 0, and must be 1 or more", id="max_grace_period"),
    ],
)
def test_arguments_that_cannot_be_used(api, teardown, args, words):
    result = teardown(**args)
    assert result["failed"] and words in result["msg"]
    assert not api.requests


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


def test_a_namespace_of_the_same_name_made_meanwhile_is_left_alone(api, teardown):
    populate(api, "lab-a")

    def swap(connection, request):
        api._collection(connection, request, "pods", "lab-a")
        api.remove("lab-a", "", "namespaces")
        api.namespace("lab-a", OURS, uid="another")

    api.fault("^/api/v1/namespaces/lab-a/pods$", swap, method="DELETE")
    assert teardown()["results"][0]["state"] == "deleted"
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
    assert teardown()["results"][0]["state"] == "deleted"


def test_interrupted_and_repeated_ends_the_same(api, teardown):
    """Everything is already on its way out: it is waited for, and nothing is asked for twice."""
    populate(api, "lab-a")
    api.namespace("lab-a", OURS, deletionTimestamp="2026-11-22T08:31:41Z", finalizers=["x/y"])
    threading.Timer(1.0, api.remove, ("lab-a", "", "namespaces")).start()
    result = teardown()
    assert result["results"][0]["state"] == "deleted"
    assert "/api/v1/namespaces/lab-a" not in deletions(api)


@pytest.mark.against_the_clock
def test_stuck_on_a_finalizer(api, teardown):
    populate(api, "lab-a", finalizers=["example.com/hold"])
    populate(api, "lab-b")
    began = time.monotonic()
    result = teardown(timeout=1.5, fail_on_unmet=True)
    assert time.monotonic() - began < 3
    assert [one["state"] for one in result["results"]] == ["stuck", "deleted"]
    assert "example.com/hold" in result["results"][0]["reason"]
    assert result["failed"] and result["msg"].startswith(
        "1 of 2 namespaces could not be deleted: lab-a (The namespace has the finalizer example.com/hold"
    )


def test_trouble_while_deleting_is_lived_through(api, teardown):
    populate(api, "lab-a", "lab-b")
    for status in (503, 500):
        api.fault(
            "^/api/v1/namespaces/lab-a",
            lambda connection, request, status=status: connection.error(status),
            method="DELETE",
        )
    api.fault("^/api/v1/namespaces/lab-b", lambda connection, request: connection.reset())
    assert [one["state"] for one in teardown()["results"]] == ["deleted", "deleted"]


@pytest.mark.against_the_clock
def test_the_deadline_holds_against_a_server_that_falls_silent(api, teardown):
    populate(api, "lab-a", "lab-b")
    api.fault("^/api/v1/namespaces/lab-", lambda connection, request: connection.half_open(), times=99)
    began = time.monotonic()
    result = teardown(timeout=1.5)
    assert time.monotonic() - began < 2.7
    assert [one["state"] for one in result["results"]] == ["stuck", "stuck"]


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
    assert [one["state"] for one in result["results"]] == ["stuck", "deleted"]


def test_who_may_not_watch_namespaces_looks_at_them(api, teardown):
    populate(api, "lab-a", "lab-b")
    api.fault(
        "^/api/v1/namespaces$",
        lambda connection, request: connection.error(403, "Forbidden", "may not watch namespaces"),
        times=99,
        watch=True,
    )
    result = teardown(timeout=20)
    assert [one["state"] for one in result["results"]] == ["deleted", "deleted"]
    assert result["changed"] and max(one["duration"] for one in result["results"]) < 5


def test_only_the_pods_of_the_class_in_namespaces_that_are_kept(api, teardown):
    api.namespace("lent", {})
    api.put(make_pod("web", namespace="lent", labels=OURS))
    api.put(make_pod("precious", namespace="lent", labels={"team": "x"}))
    result = teardown(namespaces=["lent"], keep_namespaces=True)
    assert [(one["namespace"], one["state"], one["pods"]) for one in result["results"]] == [("lent", "emptied", 1)]
    selectors = {request.one("labelSelector") for request in api.requests if request.path.endswith("/pods")}
    assert selectors == {SELECTOR}
    assert "/api/v1/namespaces/lent" not in deletions(api)
