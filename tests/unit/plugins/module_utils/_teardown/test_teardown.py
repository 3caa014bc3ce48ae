# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole teardowns, on a cluster without sockets and a clock that moves only when somebody waits."""

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.kubectl import Kubectl
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError, KubelabsError
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.explain import Held
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.run import (
    Teardown,
    TeardownRequest,
    stuck_summary,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.namespaces import OURS, SELECTOR, FakeNamespaces

FORBIDDEN = ApiError(403, "Forbidden", "may not")


@pytest.fixture(name="cluster")
def fake_cluster(clock):
    return FakeNamespaces(clock)


@pytest.fixture(name="teardown")
def runner(cluster):
    """Runs a teardown; the results by namespace, and the Teardown as `last`."""

    def run(timeout=60.0, plan=False, **request):
        one = Teardown(
            cluster,
            TeardownRequest(**{"selector": SELECTOR, "concurrency": 4, **request}),
            deadline=Deadline(timeout, cluster.clock),
            kubectl=Kubectl(),
            watch=cluster.watch,
            clock=cluster.clock,
            sleep=lambda seconds: cluster.clock.sleep(max(seconds, 0.01)),
            tell=lambda find_out: run.told.append(find_out()),
        )
        run.last, run.told = one, []
        results = one.plan() if plan else one.run()
        return {result["namespace"]: result for result in results}

    return run


def states(results):
    return {name: result["state"] for name, result in results.items()}


def test_pods_first_then_the_namespace(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "web")
    cluster.pod("lab-a", "shell", ends_after=4)
    result = teardown()["lab-a"]
    assert (result["state"], result["reason"], result["pods"]) == ("deleted", "Deleted with 2 pods.", 2)
    assert cluster.did == ["delete pods of lab-a", "delete namespace lab-a"]
    assert 4 <= result["duration"] < 6
    assert teardown.last.changed
    assert not cluster.is_there("lab-a")


def test_the_keys_end_before_anything_else(cluster, teardown):
    """Whatever keeps the namespace up, students with a copy of their kubeconfig make nothing new in it."""
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "web", finalizers=["x.io/hold"])
    assert states(teardown()) == {"lab-a": "stuck"}
    assert cluster.keys_ended == [("lab-a", SELECTOR, 0)]


def test_in_namespaces_that_stay_no_account_is_touched(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "web")
    teardown(keep_namespaces=True, namespaces=["lab-a"])
    assert cluster.keys_ended == []


def test_who_waits_is_told_what_is_left(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "web")
    cluster.pod("lab-a", "shell", ends_after=4)
    cluster.namespace("lab-b")
    teardown()
    notes = list(dict.fromkeys((told.done, told.total, told.note) for told in teardown.told))
    assert notes[0] == (0, 2, "2 pods left")
    assert (1, 2, "1 pod left") in notes
    assert notes[-1][:2] == (1, 2)
    assert {told.what for told in teardown.told} == {"namespaces gone"}


def test_what_recreates_pods_is_stopped_first(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "app-0", controller="ReplicaSet")
    cluster.recreate("lab-a", lambda number: {"name": f"app-{number}", "controller": "ReplicaSet"})
    assert states(teardown()) == {"lab-a": "deleted"}
    assert cluster.did == ["stop ReplicaSet in lab-a", "delete pods of lab-a", "delete namespace lab-a"]


def test_pods_that_something_unknown_makes_anew_do_not_keep_the_namespace(cluster, teardown):
    """As the controller of a custom resource would: only the pods that were there are waited for."""
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "app-0", controller="Lesson")
    cluster.recreate("lab-a", lambda number: {"name": "app", "uid": f"uid-{number}", "grace": 3600, "ends_after": 9999})
    result = teardown(timeout=120)["lab-a"]
    assert result["state"] == "deleted"
    assert result["duration"] < 40
    assert cluster.did.index("delete namespace lab-a") < cluster.did.index("delete pod app in 30 s")
    assert "app asks for 3600 s" in result["reason"]


def test_a_pod_that_ignores_its_end_gets_no_hour(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "stubborn", grace=3600, ends_after=9999)
    cluster.pod("lab-a", "web", grace=5)
    result = teardown(max_grace=10)["lab-a"]
    assert result["state"] == "deleted"
    assert 10 <= result["duration"] < 14
    assert result["reason"] == (
        "Deleted with 2 pods; the grace period was cut to max_grace_period (stubborn asks for 3600 s)."
    )
    assert cluster.did[:2] == ["delete pod stubborn in 10 s", "delete pods of lab-a"]


def test_a_pod_that_a_student_has_given_an_hour_already(cluster, teardown):
    cluster.namespace("lab-a")
    pod = cluster.pod("lab-a", "stubborn", grace=3600, ends_after=9999)
    cluster._send_away(pod, None)
    result = teardown(max_grace=10)["lab-a"]
    assert result["state"] == "deleted"
    assert result["duration"] < 15


def test_a_finalizer_on_a_pod_is_named_and_the_namespace_is_deleted_all_the_same(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "web", finalizers=["example.com/lesson"], grace=2)
    cluster.pod("lab-a", "shell")
    result = teardown(timeout=20)["lab-a"]
    assert result["state"] == "stuck"
    assert "Pod web has the finalizer example.com/lesson" in result["reason"]
    assert result["hint"] == ("""kubectl -n lab-a patch pod web --type=merge -p '{"metadata":{"finalizers":null}}'""")
    assert "delete namespace lab-a" in cluster.did
    assert "shell" not in result["reason"]


def test_other_objects_that_finalizers_keep_are_named(cluster, teardown):
    cluster.namespace("lab-a", finalizers=["example.com/hold"])
    cluster.namespace("lab-b")
    cluster.held = [Held("configmaps", "notes", ("x/y",))]
    results = teardown(timeout=10)
    assert states(results) == {"lab-a": "stuck", "lab-b": "deleted"}
    assert (
        "Configmaps notes has the finalizer x/y; the namespace has the finalizer example.com/hold"
        in results["lab-a"]["reason"]
    )
    assert results["lab-a"]["duration"] >= 9 > results["lab-b"]["duration"]
    assert stuck_summary(list(results.values())).startswith("1 of 2 namespaces could not be deleted: lab-a (Configmaps")


@pytest.mark.parametrize("watch_refused", [False, True])
def test_what_was_seen_is_told_where_nothing_is_answered_at_the_end(cluster, teardown, watch_refused):
    cluster.watch_refused = watch_refused
    cluster.namespace("lab-a")
    held = cluster.namespace("lab-b", finalizers=["example.com/hold"])
    message = "Some content in the namespace has finalizers remaining: x/y in 1 resource instances"
    held["status"]["conditions"] = [{"type": "NamespaceFinalizersRemaining", "status": "True", "message": message}]
    cluster.silent_from = cluster.clock() + 17
    result = teardown(timeout=20)["lab-b"]
    assert result["state"] == "stuck"
    assert "x/y" in result["reason"] and "the namespace has the finalizer example.com/hold" in result["reason"]
    assert "no answer" not in result["reason"]
    assert "patch namespace lab-b" in result["hint"]


def test_time_is_left_to_ask_what_holds_a_namespace(cluster, teardown):
    """What is asked after the deadline has 0.2 s for an answer, which a busy API server does not give."""
    cluster.namespace("lab-a", finalizers=["example.com/hold"])
    began = cluster.clock()
    teardown(timeout=20)
    assert 17.9 <= cluster.clock() - began <= 19


def test_one_that_is_being_deleted_already_is_tended(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "stubborn", grace=3600, ends_after=9999)
    cluster.terminate("lab-a")
    result = teardown(max_grace=5)["lab-a"]
    assert result["state"] == "deleted"
    assert "delete namespace lab-a" not in cluster.did
    # Its controller would look again after half an hour only.
    assert cluster.did.count("touch namespace lab-a") == 1
    assert result["duration"] < 15


def test_a_namespace_that_is_not_ours_any_more_is_not_touched(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "web", grace=2)
    cluster.terminate("lab-a")
    cluster.listed_after = 99
    cluster.relabel("lab-a", {})
    teardown()
    assert "touch namespace lab-a" not in cluster.did


def test_one_that_went_before_the_watch_began_is_not_waited_for(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.listed_after = 20
    result = teardown(timeout=60)["lab-a"]
    assert (result["state"], result["duration"] < 3) == ("deleted", True)


def test_who_may_not_watch_looks_instead(cluster, teardown):
    for name in ("lab-a", "lab-b"):
        cluster.namespace(name)
        cluster.pod(name, ends_after=2)
    cluster.watch_refused = True
    results = teardown(timeout=60)
    assert states(results) == {"lab-a": "deleted", "lab-b": "deleted"}
    assert results["lab-b"]["duration"] < 6
    assert teardown.last.changed


def test_a_watch_that_falls_silent_is_not_relied_on(cluster, teardown):
    """As after the list, when watching alone is forbidden, and it is asked again and again."""
    cluster.namespace("lab-a")
    delete = cluster.delete_namespace

    def delete_namespace(item):
        cluster.trouble = "403 Forbidden"
        return delete(item)

    cluster.delete_namespace = delete_namespace
    result = teardown(timeout=60)["lab-a"]
    assert (result["state"], result["duration"] < 4) == ("deleted", True)


def test_a_label_taken_off_meanwhile(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.namespace("lab-b")
    cluster.pod("lab-a", ends_after=3)
    cluster.pod("lab-b", ends_after=3)
    take_off = cluster.delete_pods

    def delete_pods(namespace):
        take_off(namespace)
        if namespace == "lab-a":
            cluster.relabel("lab-a", {"mine": "now"})

    cluster.delete_pods = delete_pods
    results = teardown()
    assert states(results) == {"lab-a": "left_alone", "lab-b": "deleted"}
    assert "has lost the labels of the class" in results["lab-a"]["reason"]
    assert cluster.is_there("lab-a")
    assert "left alone" in stuck_summary(list(results.values()))


def test_a_label_taken_off_while_it_goes_changes_nothing(cluster, teardown):
    """A watch by label says of it that it has gone; it has not, and it is waited for until it has."""
    cluster.namespace("lab-a")
    cluster.pod("lab-a", "app-0", controller="Lesson")
    cluster.recreate("lab-a", lambda number: {"name": "late", "uid": "uid-late", "ends_after": 5})
    delete = cluster.delete_namespace

    def delete_namespace(item):
        answer = delete(item)
        cluster.relabel("lab-a", {})
        return answer

    cluster.delete_namespace = delete_namespace
    result = teardown()["lab-a"]
    assert result["state"] == "deleted"
    assert result["duration"] >= 5


def test_another_namespace_of_the_name_is_none_of_ours(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a", ends_after=1)
    send = cluster.delete_pods

    def delete_pods(namespace):
        send(namespace)
        cluster.namespace("lab-a", uid="another")

    cluster.delete_pods = delete_pods
    assert states(teardown()) == {"lab-a": "deleted"}
    assert cluster.is_there("lab-a")


def test_what_lacks_our_label_is_not_touched_whatever_the_server_sends(cluster, teardown):
    cluster.namespace("precious", labels={"team": "x"})
    cluster.namespace("lab-a")
    assert states(teardown()) == {"lab-a": "deleted"}
    assert cluster.is_there("precious")


def test_named_namespaces_are_read_one_by_one(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.namespace("lab-b", labels={**OURS, "kubelabs.pods/class": "d"})
    cluster.namespace("lab-c")
    cluster.refuse["list_namespaces"] = FORBIDDEN
    results = teardown(namespaces=["lab-a", "lab-b", "lab-x"])
    assert states(results) == {"lab-a": "deleted", "lab-b": "left_alone"}
    assert (
        "does not carry the labels app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=c"
        in results["lab-b"]["reason"]
    )
    assert cluster.is_there("lab-b") and cluster.is_there("lab-c")


def test_namespaces_that_are_kept_only_lose_their_pods(cluster, teardown):
    cluster.namespace("lab-a", labels={})
    cluster.namespace("lab-b", labels={})
    cluster.pod("lab-a", ends_after=2)
    result = teardown(namespaces=["lab-a", "lab-b"], keep_namespaces=True)
    assert states(result) == {"lab-a": "emptied", "lab-b": "emptied"}
    assert result["lab-a"]["reason"] == "1 pod deleted."
    assert cluster.did == ["delete pods of lab-a"]
    assert cluster.is_there("lab-a")
    assert states(teardown(plan=True, namespaces=["lab-a"], keep_namespaces=True)) == {"lab-a": "would_be_emptied"}


def test_a_pod_that_is_held_in_a_kept_namespace(cluster, teardown):
    cluster.namespace("lab-a", labels={})
    cluster.pod("lab-a", finalizers=["a/b"], grace=1)
    result = teardown(timeout=8, namespaces=["lab-a"], keep_namespaces=True)["lab-a"]
    assert (result["state"], result["reason"]) == ("stuck", "Pod web has the finalizer a/b.")


def test_one_refusal_stops_no_other(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.namespace("lab-b")
    delete = cluster.delete_namespace

    def delete_namespace(item):
        if item["metadata"]["name"] == "lab-a":
            raise FORBIDDEN
        return delete(item)

    cluster.delete_namespace = delete_namespace
    results = teardown(timeout=5)
    assert states(results) == {"lab-a": "stuck", "lab-b": "deleted"}
    assert "403 Forbidden: may not" in results["lab-a"]["reason"]


def test_namespaces_that_cannot_be_listed_fail_the_whole(cluster, teardown):
    cluster.refuse["list_namespaces"] = FORBIDDEN
    with pytest.raises(KubelabsError, match="403 Forbidden"):
        teardown()


def test_the_plan_changes_nothing(cluster, teardown):
    cluster.namespace("lab-a")
    cluster.pod("lab-a")
    result = teardown(plan=True)["lab-a"]
    assert (result["state"], result["reason"]) == ("would_be_deleted", "Would be deleted with 1 pod.")
    assert not cluster.did and not teardown.last.changed


def test_again_is_nothing(cluster, teardown):
    cluster.namespace("lab-a")
    teardown()
    assert teardown() == {}
    assert not teardown.last.changed
