# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import list_watch as pod_watch
from ansible_collections.kubelabs.pods.plugins.module_utils._pods import events as pod_events
from ansible_collections.kubelabs.pods.plugins.module_utils._pods import obstacles
from ansible_collections.kubelabs.pods.plugins.module_utils._watch import roll as pod_wait
from ansible_collections.kubelabs.pods.plugins.modules import pod_ready_watch
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi, status_object
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_event, make_pod, terminated, waiting


@pytest.fixture(name="api")
def fake_api():
    with FakeApi() as api:
        yield api


@pytest.fixture(name="watch")
def watcher(api, capfd):
    def run(check_mode=False, **args):
        return run_module(
            pod_ready_watch.main,
            capfd,
            api,
            check_mode,
            **{"label_selector": "class=c", "fail_on_unmet": False, "timeout": 5, "grace": 0.3, **args},
        )

    return run


def verdicts(result):
    return {one["pod"]: one["verdict"] for one in result["results"]}


def pending(name="web", **more):
    return make_pod(name, ready=False, phase="Pending", containers=[waiting(**more)])


def test_result(api, watch):
    api.put(make_pod("web"))
    result = watch(check_mode=True)
    one = result["results"][0]
    assert result["changed"] is False and "msg" not in result
    assert one.pop("started").endswith("Z") and 0 <= one.pop("duration") < 1
    assert one == {
        "name": "lab-alice/web",
        "namespace": "lab-alice",
        "pod": "web",
        "uid": "uid-lab-alice-web",
        "verdict": "reached",
        "ready": True,
        "status": "Running",
        "reason": "The pod is ready.",
        "hint": "",
        "node": "node-1",
        "pod_ip": "10.0.0.7",
        "pod_ips": ["10.0.0.7", "fd00::7"],
        "restarts": 0,
        "labels": {"class": "c"},
        "kubectl": f"kubectl --server={api.url} -n lab-alice get pod web -o wide",
    }


def test_waits_for_every_pod_with_one_list_and_one_watch(api, watch):
    for index in range(20):
        api.put(pending(f"p{index:02}"))
    api.on_watch("/pods", lambda: [api.put(make_pod(f"p{index:02}")) for index in range(20)])
    result = watch()
    assert [one["pod"] for one in result["results"]] == [f"p{index:02}" for index in range(20)]
    assert set(verdicts(result).values()) == {"reached"}
    assert len(api.requests) == 3, "version, list, watch"


def test_expected_pods_in_their_order_and_nothing_else(api, watch):
    for name in ("a", "b", "c"):
        api.put(make_pod(name))
    result = watch(pods=[{"namespace": "lab-alice", "name": "c"}, {"namespace": "lab-alice", "name": "a"}])
    assert [one["pod"] for one in result["results"]] == ["c", "a"]


def test_namespaces_restrict(api, watch):
    api.put(make_pod("a"))
    api.put(make_pod("b", namespace="other", ready=False))
    assert verdicts(watch(namespaces=["lab-alice"])) == {"a": "reached"}


def test_pod_that_never_appears(api, watch):
    api.put(make_pod("a"))
    began = time.monotonic()
    result = watch(pods=[{"namespace": "lab-alice", "name": "a"}, {"namespace": "lab-alice", "name": "b"}])
    assert time.monotonic() - began < 2
    assert verdicts(result) == {"a": "reached", "b": "never_started"}
    missing = result["results"][1]
    assert (missing["uid"], missing["status"], missing["pod_ips"], missing["labels"]) == ("", "", [], {})
    assert "quota" in missing["hint"]


def test_pod_that_appears_within_the_grace(api, watch):
    api.on_watch("/pods", lambda: api.put(make_pod("a")))
    assert verdicts(watch(pods=[{"namespace": "lab-alice", "name": "a"}], grace=3)) == {"a": "reached"}


def test_no_pod_at_all(api, watch):
    result = watch(fail_on_unmet=True)
    assert result["failed"] and result["results"] == []
    assert result["msg"] == "No pod matching 'class=c' appeared within 0.3 s."


@pytest.mark.parametrize(
    "pod, verdict, words",
    [
        (pending(reason="ErrImagePull", message="pull access denied"), "never_started", "pull access denied"),
        (pending(reason="ErrImageNeverPull"), "never_started", "ErrImageNeverPull"),
        (pending(reason="InvalidImageName"), "never_started", "InvalidImageName"),
        (make_pod("web", ready=False, containers=[terminated(restarts=1)]), "failed", "crash looping"),
        (
            make_pod(
                "web",
                ready=False,
                phase="Failed",
                containers=[],
                reason="Evicted",
                message="The node was low on memory",
            ),
            "failed",
            "low on memory",
        ),
        (make_pod("web", ready=False, phase="Succeeded", containers=[terminated(code=0)]), "failed", "run to its end"),
        (make_pod("web", deleting=True), "deleted", "being deleted"),
    ],
)
def test_what_cannot_become_ready_is_said_at_once(api, watch, pod, verdict, words):
    api.put(pod)
    one = watch(pods=[{"namespace": "lab-alice", "name": "web"}])["results"][0]
    assert one["duration"] < 1
    assert (one["verdict"], one["ready"]) == (verdict, False)
    assert words in one["reason"] and one["hint"]


@pytest.mark.parametrize(
    "pod, patience",
    [
        (pending(reason="CreateContainerConfigError", message='configmap "x" not found'), "CONFIG_PATIENCE"),
        (pending(reason="ErrImagePull", message="i/o timeout"), "TRANSIENT_IMAGE_PATIENCE"),
        (
            make_pod(
                "web",
                ready=False,
                phase="Pending",
                containers=[],
                conditions=[
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
                ],
            ),
            "SCHEDULING_PATIENCE",
        ),
    ],
)
def test_what_may_pass_must_last(api, watch, monkeypatch, pod, patience):
    monkeypatch.setattr(obstacles, patience, 0.7)
    monkeypatch.setattr(obstacles, "_PATIENCE", {"CreateContainerConfigError": 0.7})
    api.put(pod)
    api.on_watch("/pods", lambda: (time.sleep(0.4), api.put(make_pod("web"))))
    assert verdicts(watch()) == {"web": "reached"}
    api.put(pod)
    one = watch()["results"][0]
    assert one["verdict"] == "never_started" and 0.6 < one["duration"] < 2.5


def test_pull_and_back_off_are_one_obstacle_and_the_cause_is_kept(api, watch, monkeypatch):
    monkeypatch.setattr(obstacles, "TRANSIENT_IMAGE_PATIENCE", 1.0)
    api.put(pending(reason="ErrImagePull", message="dial tcp: i/o timeout"))
    api.on_watch(
        "/pods",
        lambda: (time.sleep(0.5), api.put(pending(reason="ImagePullBackOff", message="Back-off pulling image"))),
    )
    one = watch()["results"][0]
    assert one["duration"] < 2
    assert "dial tcp: i/o timeout" in one["reason"]


def test_timeout_says_what_the_pod_was_doing(api, watch):
    api.put(make_pod("web", ready=False))
    one = watch(timeout=0.7)["results"][0]
    assert (one["verdict"], one["status"]) == ("timeout", "Running")
    assert one["reason"] == "Not ready in time: container app runs and is not ready."


def test_ready_must_last_until_the_wait_is_over(api, watch):
    """While the others are waited for, one that was ready crashes, is deleted, or is not ready for a moment."""
    for name in ("crashes", "goes", "wavers"):
        api.put(make_pod(name))
    api.put(pending("late"))

    def meanwhile():
        time.sleep(0.3)
        api.put(make_pod("crashes", ready=False, containers=[terminated(restarts=1)]))
        api.remove("goes")
        api.put(make_pod("wavers", ready=False))
        time.sleep(0.3)
        api.put(make_pod("wavers"))
        api.put(make_pod("late"))

    api.on_watch("/pods", meanwhile)
    result = watch()
    assert verdicts(result) == {"crashes": "failed", "goes": "deleted", "late": "reached", "wavers": "reached"}
    by_name = {one["pod"]: one for one in result["results"]}
    assert (by_name["crashes"]["ready"], by_name["wavers"]["ready"]) == (False, True)
    assert by_name["wavers"]["duration"] > 0.5


def test_pods_on_their_way_out_are_not_of_the_class(api, watch):
    """As during a rollout. Who asks for a pod by its name is told."""
    api.put(make_pod("old", deleting=True))
    api.put(pending("new"))
    api.on_watch("/pods", lambda: (api.remove("old"), api.put(make_pod("new"))))
    assert verdicts(watch()) == {"new": "reached"}
    api.put(make_pod("old", deleting=True))
    assert verdicts(watch(pods=[{"namespace": "lab-alice", "name": "old"}])) == {"old": "deleted"}


def test_clocks_that_differ_do_not_make_a_pod_ready_for_longer(api, watch):
    """The cluster's clock is far behind ours: what turned ready while we looked has been so for an instant, whatever its time says."""
    api.put(pending("web"))
    api.on_watch(
        "/pods",
        lambda: (
            api.put(make_pod("web")),
            time.sleep(0.5),
            api.put(make_pod("web", ready=False, containers=[terminated(restarts=1)])),
        ),
    )
    assert verdicts(watch(min_ready_seconds=1.5)) == {"web": "failed"}


def test_deleted_and_replaced_are_no_timeouts(api, watch):
    api.put(pending("a"))
    api.put(pending("b"))
    api.on_watch("/pods", lambda: (api.remove("a"), api.put(make_pod("b", uid="another"))))
    assert verdicts(watch()) == {"a": "deleted", "b": "replaced"}


def drop_out(api, name):
    """The next watch says DELETED of a pod whose labels change, as an API server does: with its last state."""

    def relabel(connection, request):
        last = api.get(name, "lab-alice", "pods")
        connection.begin_stream()
        connection.event("DELETED", {**last, "metadata": {**last["metadata"], "resourceVersion": "999"}})
        connection.half_open()

    api.fault("/pods", relabel, watch=True)


def result_of_dropping_out(api, watch, answer=None):
    """What becomes of a pod that dropped out, where asking for it is answered like this; None answers with the pod."""
    api.put(pending("a"))
    drop_out(api, "a")
    if answer:
        api.fault("/pods/a$", answer)
    return watch()["results"][0]


def test_a_label_that_changes_takes_the_pod_out_of_sight(api, watch):
    one = result_of_dropping_out(api, watch)
    assert one["verdict"] == "deselected" and "did not match 'class=c' any more" in one["reason"] and one["hint"]


def test_a_pod_deleted_without_grace_is_no_label_that_changed(api, watch):
    one = result_of_dropping_out(api, watch, lambda connection, request: connection.error(404, "NotFound"))
    assert (one["verdict"], one["reason"]) == ("deleted", "The pod was deleted during the wait.")


def test_a_pod_of_the_same_name_with_other_labels(api, watch):
    one = result_of_dropping_out(
        api, watch, lambda connection, request: connection.reply(200, make_pod("a", uid="another", labels={}))
    )
    assert (one["verdict"], one["uid"]) == ("replaced", "uid-lab-alice-a") and "now another" in one["reason"]


def test_where_it_cannot_be_asked_both_are_named(api, watch):
    one = result_of_dropping_out(api, watch, lambda connection, request: connection.error(403, "Forbidden"))
    assert (one["verdict"], one["reason"]) == (
        "deleted",
        "The pod was deleted, or its labels no longer match the selector.",
    )


def test_410_in_the_middle_loses_nothing(api, watch):
    api.put(pending("a"))
    api.put(pending("b"))

    def expired(connection, request):
        api.put(make_pod("a"))
        api.remove("b")
        api.forget_history()
        connection.begin_stream()
        connection.event("ERROR", status_object(410, "Expired", "too old"))
        connection.end_stream()

    api.fault("/pods", expired, watch=True)
    assert verdicts(watch()) == {"a": "reached", "b": "deleted"}


def test_the_deadline_holds_against_a_silent_server(api, watch):
    api.fault("/pods", lambda connection, request: connection.half_open(), times=99)
    began = time.monotonic()
    result = watch(timeout=1, pods=[{"namespace": "lab-alice", "name": "a"}])
    assert time.monotonic() - began < 2
    assert verdicts(result) == {"a": "timeout"}


def test_trouble_is_in_the_reason(api, watch):
    api.put(pending("a"))
    api.fault(
        "/pods",
        lambda connection, request: connection.error(503, "ServiceUnavailable", "etcd is away"),
        watch=True,
        times=99,
    )
    assert "etcd is away" in watch(timeout=1)["results"][0]["reason"]


def test_forbidden_is_one_sentence(api, watch):
    api.fault("/pods", lambda connection, request: connection.error(403, "Forbidden", "may not list pods"))
    result = watch()
    assert result["failed"] and "may not list pods" in result["msg"] and api.url in result["msg"]


def test_fails_at_the_end_with_the_list(api, watch):
    api.put(make_pod("a"))
    api.put(pending("b", reason="InvalidImageName"))
    result = watch(fail_on_unmet=True)
    assert result["failed"] and len(result["results"]) == 2
    assert (
        result["msg"]
        == "1 of 2 pods did not become ready: lab-alice/b (never_started: Container app cannot start: InvalidImageName)."
    )


def test_a_pod_listed_twice(watch, api):
    result = watch(pods=[{"namespace": "a", "name": "b"}] * 2)
    assert result["failed"] and "a/b more than once" in result["msg"]
    assert not api.requests


def test_a_pod_that_could_not_be_created_says_what_its_controller_said(api, watch):
    refusal = 'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: exceeded quota: none'
    events = [
        make_event("FailedCreate", 'pods "web-0" of another', namespace="lab-bob"),
        make_event("FailedCreate", refusal),
    ]
    api.fault("/events$", lambda connection, request: connection.reply(200, {"items": events}))
    result = watch(pods=[{"namespace": "lab-alice", "name": "web-0"}])
    assert verdicts(result) == {"web-0": "never_started"}
    assert result["results"][0]["reason"].endswith(f": {refusal}.")


def test_a_timeout_gives_the_cause_that_only_events_know(api, watch):
    message = 'MountVolume.SetUp failed for volume "config" : configmap "no-such" not found'
    api.put(pending(reason="ContainerCreating"))
    api.put(pending("other", reason="ContainerCreating"))
    api.fault(
        "/events$", lambda connection, request: connection.reply(200, {"items": [make_event("FailedMount", message)]})
    )
    other, web = watch(timeout=0.7)["results"]
    assert web["verdict"] == "timeout" and web["reason"].endswith(f"(ContainerCreating); FailedMount: {message}.")
    assert "ConfigMap" in web["hint"]
    assert "FailedMount" not in other["reason"]


def test_a_volume_that_somebody_has_to_create_first(api, watch, monkeypatch):
    """Said when the kubelet has said so for a while, and not when the time is over; what may pass is waited for."""
    monkeypatch.setattr(pod_events, "VOLUME_PATIENCE", 0.6)
    monkeypatch.setattr(pod_wait, "LOOK_EVERY", 0.2)
    for name in ("no-map", "slow", "no-event"):
        api.put(pending(name, reason="ContainerCreating"))
    events = [
        make_event(
            "FailedMount",
            'MountVolume.SetUp failed for volume "config" : configmap "no-such" not found',
            uid="uid-lab-alice-no-map",
        ),
        make_event(
            "FailedMount", "failed to sync secret cache: timed out waiting for the condition", uid="uid-lab-alice-slow"
        ),
    ]
    api.fault("/events$", lambda connection, request: connection.reply(200, {"items": events}), times=99)
    result = watch(timeout=2)
    assert verdicts(result) == {"no-event": "timeout", "no-map": "never_started", "slow": "timeout"}
    (no_map,) = [one for one in result["results"] if one["pod"] == "no-map"]
    assert 0.5 < no_map["duration"] < 1.8
    assert 'configmap "no-such" not found' in no_map["reason"] and "ConfigMap" in no_map["hint"]


def test_an_event_that_is_over_explains_nothing(api, watch):
    api.put(make_pod("web", ready=False))
    api.fault(
        "/events$",
        lambda connection, request: connection.reply(200, {"items": [make_event("FailedMount", "was late")]}),
    )
    one = watch(timeout=0.7)["results"][0]
    assert "FailedMount" not in one["reason"] and "volume" not in one["hint"]


def test_nobody_because_of_a_quota(api, watch):
    """The names of a Deployment's pods are not known beforehand, so nobody can list them in `pods`."""
    events = [make_event("FailedCreate", 'Error creating: pods "web-5d4f-abcde" is forbidden: exceeded quota: none')]
    api.fault("/events$", lambda connection, request: connection.reply(200, {"items": events}), times=2)
    assert watch(namespaces=["lab-alice"])["msg"] == (
        "No pod matching 'class=c' appeared in lab-alice within 0.3 s; a controller in lab-alice was refused its pods: "
        'Error creating: pods "web-5d4f-abcde" is forbidden: exceeded quota: none.'
    )
    assert "perhaps because a controller was refused its pods, as one in lab-alice was" in watch()["msg"]


def test_one_namespace_asks_for_no_rights_beyond_it(api, watch):
    api.put(make_pod("a"))
    watch(namespaces=["lab-alice"])
    watch(pods=[{"namespace": "lab-alice", "name": "a"}])
    assert {request.path for request in api.requests} == {"/version", "/api/v1/namespaces/lab-alice/pods"}
    watch(namespaces=["lab-alice", "lab-bob"])
    assert "/api/v1/pods" in {request.path for request in api.requests}


def test_a_refusal_about_another_pod_is_not_this_ones(api, watch):
    events = [make_event("FailedCreate", 'pods "web-0" is forbidden: exceeded quota')]
    api.fault("/events$", lambda connection, request: connection.reply(200, {"items": events}))
    assert "quota" not in watch(pods=[{"namespace": "lab-alice", "name": "web"}])["results"][0]["reason"]


@pytest.mark.parametrize("selector", ["", "  "])
def test_an_empty_selector_is_refused(api, watch, selector):
    result = watch(label_selector=selector)
    assert result["failed"] and "label_selector is empty" in result["msg"] and not api.requests


def test_refusals_while_the_server_starts_are_lived_through(api, watch):
    """An API server that is starting knows neither users nor roles for a moment."""
    api.put(pending("a"))

    def refused(status):
        return lambda connection, request: connection.error(status, "Forbidden", "no role yet")

    api.fault("/pods", refused(403), watch=True)
    api.fault("/pods", refused(401), watch=True)
    api.on_watch("/pods", lambda: api.put(make_pod("a")))
    assert verdicts(watch()) == {"a": "reached"}


def test_refusals_for_good_end_it_and_keep_what_was_seen(api, watch, monkeypatch):
    monkeypatch.setattr(pod_watch, "REFUSED_FOR", 0.5)
    api.put(make_pod("a"))
    api.put(pending("b"))
    api.fault(
        "/pods",
        lambda connection, request: connection.error(403, "Forbidden", "the role is gone"),
        watch=True,
        times=99,
    )
    result = watch()
    assert verdicts(result) == {"a": "reached", "b": "timeout"}
    assert "the role is gone" in result["results"][1]["reason"]


def test_events_that_drip_hold_nothing_up(api, watch):
    def drip(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
        connection.drip(b" " * 100, 0.1)

    api.put(pending(reason="ContainerCreating"))
    api.fault("/events$", drip)
    began = time.monotonic()
    assert verdicts(watch(timeout=0.7)) == {"web": "timeout"}
    assert time.monotonic() - began < 1.9


def test_events_that_do_not_come_hold_nothing_up(api, watch):
    api.put(pending(reason="ContainerCreating"))
    api.fault("/events$", lambda connection, request: connection.half_open())
    began = time.monotonic()
    one = watch(timeout=0.7)["results"][0]
    assert time.monotonic() - began < 1.7
    assert one["reason"] == "Not ready in time: container app is waiting (ContainerCreating)."


def test_events_that_may_not_be_read_change_nothing(api, watch):
    api.fault("/events$", lambda connection, request: connection.error(403, "Forbidden"))
    result = watch(pods=[{"namespace": "lab-alice", "name": "web-0"}])
    assert result["results"][0]["reason"] == "No such pod appeared within 0 s."


def test_a_program_that_cannot_be_started_is_named(api, watch):
    message = 'exec: "no-such-program": executable file not found in $PATH'
    last = {"exitCode": 128, "reason": "StartError", "message": message, "finishedAt": "2026-11-22T08:31:41Z"}
    back_off = "back-off 10s restarting failed container=app"
    api.put(
        make_pod(ready=False, containers=[waiting(reason="CrashLoopBackOff", message=back_off, restarts=1, last=last)])
    )
    result = watch()
    assert "no-such-program" in result["results"][0]["reason"]
