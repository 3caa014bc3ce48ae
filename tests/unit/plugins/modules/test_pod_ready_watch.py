# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From arguments over real sockets to results. What is decided and when, is tested with _watch, without waiting."""

from __future__ import annotations

import re
import time

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import list_watch
from ansible_collections.kubelabs.pods.plugins.module_utils._pods import events, obstacles
from ansible_collections.kubelabs.pods.plugins.module_utils._watch import roll
from ansible_collections.kubelabs.pods.plugins.modules import pod_ready_watch
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import (
    drip_body,
    half_open,
    refuse,
    reply,
    status_object,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_event, make_pod, waiting


@pytest.fixture(name="watch")
def watcher(api, capfd, monkeypatch):
    """The module, told that an instant of readiness is enough."""
    monkeypatch.setattr(roll, "REPLACEMENT_PATIENCE", 0.0)
    usual = {"label_selector": "class=c", "fail_on_unmet": False, "timeout": 5, "grace": 0, "min_ready_seconds": 0}

    def watch(check_mode=False, **args):
        return run_module(pod_ready_watch.main, capfd, api, check_mode, **{**usual, **args})

    return watch


def verdicts(result):
    return {one["pod"]: one["verdict"] for one in result["results"]}


def pending(name="web", **more):
    return make_pod(name, ready=False, phase="Pending", containers=[waiting(**more)])


def asked(api):
    return [request.path + ("?watch" if "watch" in request.query else "") for request in api.requests]


def test_result(api, watch):
    api.put(make_pod("web"))
    result = watch(check_mode=True, namespaces=["lab-alice"])
    one = result["results"][0]
    assert result["changed"] is False and "msg" not in result
    assert one.pop("started").endswith("Z") and 0 <= one.pop("duration") < 5
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
    assert set(asked(api)) <= {
        "/version",
        "/api/v1/namespaces/lab-alice/pods",
        "/api/v1/namespaces/lab-alice/pods?watch",
    }


def test_every_pod_with_one_list_and_one_watch(api, watch):
    names = [f"p{index:02}" for index in range(20)]
    for name in names:
        api.put(pending(name))
    api.on_watch("/pods", lambda: [api.put(make_pod(name)) for name in names])
    assert verdicts(watch()) == dict.fromkeys(names, "reached")
    assert asked(api) == ["/version", "/api/v1/pods", "/api/v1/pods?watch"]


def test_a_pod_must_stay_ready_for_as_long_as_is_asked(api, watch):
    api.put(pending("web"))
    api.on_watch("/pods", lambda: api.put(make_pod("web")))
    (one,) = watch(min_ready_seconds=0.1)["results"]
    assert one["verdict"] == "reached" and one["duration"] >= 0.1


def test_fails_at_the_end_with_the_list(api, watch):
    api.put(make_pod("a"))
    api.put(pending("b", reason="InvalidImageName"))
    result = watch(fail_on_unmet=True)
    assert result["failed"] and len(result["results"]) == 2
    assert result["msg"] == (
        "1 of 2 pods did not become ready: lab-alice/b (never_started: Container app cannot start: InvalidImageName)."
    )


def test_a_pod_that_never_appears(api, watch):
    (one,) = watch(pods=[{"namespace": "lab-alice", "name": "b"}])["results"]
    assert (one["verdict"], one["uid"], one["status"], one["pod_ips"], one["labels"]) == (
        "never_started",
        "",
        "",
        [],
        {},
    )


def test_no_pod_at_all(api, watch):
    api.fault("/events$", reply(200, {"items": [make_event("FailedCreate", "exceeded quota: none")]}))
    result = watch(fail_on_unmet=True)
    assert result["failed"] and result["results"] == []
    assert result["msg"].startswith("No pod matching 'class=c' appeared within 0 s; perhaps because a controller")


@pytest.mark.against_the_clock
def test_no_pod_at_all_within_a_timeout_that_is_shorter_than_the_grace(watch):
    said = watch(fail_on_unmet=True, grace=10, timeout=0.5)["msg"]
    assert re.fullmatch(r"No pod matching 'class=c' appeared within (0\.\d|1) s\.", said), said


@pytest.mark.against_the_clock
def test_a_timeout_is_explained_by_the_events(api, watch):
    api.put(pending("web"))
    api.fault("/events$", reply(200, {"items": [make_event("FailedMount", 'configmap "no-such" not found')]}))
    (one,) = watch(timeout=0.5)["results"]
    assert one["verdict"] == "timeout"
    assert one["reason"].endswith('(ContainerCreating); FailedMount: configmap "no-such" not found.')


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


def test_a_label_that_changes_is_asked_about(api, watch):
    """The watch says DELETED of a pod whose labels change, as an API server does: with its last state."""
    api.put(pending("a"))

    def relabel(connection, request):
        connection.begin_stream()
        connection.event(
            "DELETED", {**pending("a"), "metadata": {**pending("a")["metadata"], "resourceVersion": "999"}}
        )
        connection.half_open()

    api.fault("/pods", relabel, watch=True)
    (one,) = watch()["results"]
    assert one["verdict"] == "deselected" and "did not match 'class=c' any more" in one["reason"]


# --- faults ---


@pytest.mark.against_the_clock
@pytest.mark.parametrize("silent", [pytest.param("/pods$", id="pods"), pytest.param("/events$", id="events")])
@pytest.mark.parametrize("fault", [pytest.param(half_open, id="no answer"), pytest.param(drip_body, id="byte by byte")])
def test_the_deadline_holds_against_a_server_that_does_not_come_to_an_end(api, watch, silent, fault):
    api.put(pending("web"))
    api.fault(silent, fault, times=99)
    began = time.monotonic()
    result = watch(timeout=0.5, pods=[{"namespace": "lab-alice", "name": "web"}])
    assert time.monotonic() - began < 5, "a second, and what a busy machine adds; the server would take a minute"
    assert verdicts(result) == {"web": "timeout"}


def test_trouble_is_in_the_reason(api, watch):
    api.put(pending("a"))
    api.fault("/pods", refuse(503, "ServiceUnavailable", "etcd is away"), watch=True, times=99)
    assert "etcd is away" in watch(timeout=1)["results"][0]["reason"]


def test_forbidden_is_one_sentence(api, watch):
    api.fault("/pods", refuse(403, "Forbidden", "may not list pods"))
    result = watch()
    assert result["failed"] and "results" not in result
    assert result["msg"] == (
        f"The pods matching 'class=c' cannot be watched on the API server {api.url} (module options): "
        "The API server answered 403 Forbidden: may not list pods. Grant the verbs list and watch on pods there, "
        "or ask for one namespace at a time."
    )


def test_refusals_while_the_server_starts_are_waited_out(api, watch):
    """An API server that is starting knows neither users nor roles for a moment."""
    api.put(pending("a"))
    api.fault("/pods", refuse(403, "Forbidden", "no role yet"), watch=True)
    api.fault("/pods", refuse(401, "Unauthorized", "no user yet"), watch=True)
    api.on_watch("/pods", lambda: api.put(make_pod("a")))
    assert verdicts(watch()) == {"a": "reached"}


def test_refusals_for_good_end_it_and_keep_what_was_seen(api, watch, monkeypatch):
    monkeypatch.setattr(list_watch, "REFUSED_FOR", 0.3)
    api.put(make_pod("a"))
    api.put(pending("b"))
    api.fault("/pods", refuse(403, "Forbidden", "the role is gone"), watch=True, times=99)
    result = watch()
    assert verdicts(result) == {"a": "reached", "b": "timeout"}
    assert "the role is gone" in result["results"][1]["reason"]


@pytest.mark.parametrize(
    "args, words",
    [
        pytest.param({"label_selector": ""}, "label_selector is empty", id="selector"),
        pytest.param({"pods": [{"namespace": "a", "name": "b"}] * 2}, "a/b more than once", id="pods"),
        pytest.param({"min_ready_seconds": -1}, "min_ready_seconds is -1", id="min_ready_seconds"),
    ],
)
def test_what_cannot_be_waited_for_asks_nothing(api, watch, args, words):
    result = watch(**args)
    assert result["failed"] and words in result["msg"] and not api.requests


# --- documentation ---


def test_the_seconds_in_the_documentation_are_those_of_the_engine():
    text = " ".join(yaml.safe_load(pod_ready_watch.DOCUMENTATION)["description"])
    volume = f"{events.VOLUME_PATIENCE:g} to {events.VOLUME_PATIENCE + roll.LOOK_EVERY:g}"
    for sentence in (
        f"A missing ConfigMap or Secret must last {obstacles.CONFIG_PATIENCE:g} seconds,",
        f"one that a volume names {volume},",
        f"a container that cannot be created or a pull without a given cause {obstacles.CREATE_PATIENCE:g},",
        f"a pod that no node takes {obstacles.SCHEDULING_PATIENCE:g},",
    ):
        assert sentence in text
    assert obstacles.TRANSIENT_IMAGE_PATIENCE == obstacles.SCHEDULING_PATIENCE, "the sentence has one number for both"
