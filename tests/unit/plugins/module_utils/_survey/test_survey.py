# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the cluster about the work of a class."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError, DeadlineExceeded
from ansible_collections.kubelabs.pods.plugins.module_utils._survey import survey
from ansible_collections.kubelabs.pods.plugins.module_utils._survey.facts import LogOf
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import refuse, reply
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_event, make_pod

LABELS = {"class": "c"}


def paths(api):
    return [request.path for request in api.requests]


def test_the_namespaces_of_the_class_and_the_time_of_the_cluster(api):
    api.namespace("lab-anna", LABELS)
    api.namespace("other")
    said = {"Date": "Thu, 26 Nov 2026 10:42:00 GMT"}
    found, _now = survey.class_namespaces(make_client(api), "class=c", Deadline(5))
    assert [item["metadata"]["name"] for item in found] == ["lab-anna"]
    api.fault("namespaces", reply(200, {"items": []}, said))
    assert survey.class_namespaces(make_client(api), "", Deadline(5))[1] == datetime(2026, 11, 26, 10, 42, tzinfo=UTC)


def test_who_may_not_list_namespaces_goes_on_without(api):
    api.fault("namespaces", refuse(403))
    assert survey.class_namespaces(make_client(api), "", Deadline(5))[0] is None
    api.fault("namespaces", refuse(400))
    with pytest.raises(ApiError):
        survey.class_namespaces(make_client(api), "", Deadline(5))


def test_the_pods_of_all_namespaces_come_in_one_list(api):
    for namespace in ("lab-anna", "lab-ben", "kube-system"):
        api.put(make_pod("my-web", namespace))
    everywhere = survey.Everywhere(make_client(api))
    everywhere.list(Deadline(5))
    pods = everywhere.pods(["lab-anna", "lab-ben", "lab-chen"])
    assert {name: len(found) for name, found in pods.by_namespace.items()} == {
        "lab-anna": 1, "lab-ben": 1, "lab-chen": 0,
    }  # fmt: skip
    assert paths(api) == ["/api/v1/pods"]


def test_what_changes_is_followed(api):
    api.put(make_pod("my-web", "lab-anna"))
    everywhere = survey.Everywhere(make_client(api))
    everywhere.wait(0.01)
    everywhere.list(Deadline(5))
    everywhere.follow(Deadline(20))
    api.put(make_pod("my-shell", "lab-anna"))
    api.remove("my-web", "lab-anna")
    until = Deadline(5)
    names = []
    while names != ["my-shell"] and not until.expired:
        everywhere.wait(0.05)
        names = [pod["metadata"]["name"] for pod in everywhere.pods(["lab-anna"]).by_namespace["lab-anna"]]
    assert names == ["my-shell"]
    assert everywhere.trouble == ""


@pytest.mark.against_the_clock
def test_until_a_list_is_there_what_was_known_stays(api):
    api.put(make_pod("my-web", "lab-anna"))
    everywhere = survey.Everywhere(make_client(api))
    everywhere.list(Deadline(5))
    api.fault("pods", refuse(503), times=100)
    with pytest.raises(DeadlineExceeded):
        everywhere.list(Deadline(0.5))
    assert len(everywhere.pods(["lab-anna"]).by_namespace["lab-anna"]) == 1


@pytest.mark.against_the_clock
def test_a_list_that_does_not_come_is_told(api):
    api.fault("pods", refuse(503), times=100)
    with pytest.raises(DeadlineExceeded, match="not listed in time"):
        survey.Everywhere(make_client(api)).list(Deadline(0.5))


def test_without_the_cluster_each_namespace_is_listed_and_one_failure_is_one(api):
    api.put(make_pod("my-web", "lab-anna"))
    api.fault("namespaces/lab-ben/pods", refuse(403, message="no"))
    pods = survey.pods_by_namespace(make_client(api), ["lab-anna", "lab-ben"], 4, Deadline(5))
    assert list(pods.by_namespace) == ["lab-anna"]
    assert "403" in pods.troubles["lab-ben"]
    late = survey.pods_by_namespace(make_client(api), ["lab-anna"], 4, Deadline(0))
    assert late.troubles == {"lab-anna": "There was no answer in time."}


def test_logs_are_read_side_by_side_and_no_further_than_they_have_to(api):
    api.put(make_pod("my-web", "lab-anna"))
    api.logs["lab-anna", "my-web"] = b'2026-11-26T10:42:07Z 10.0.0.9 "GET / HTTP/1.1" 200\n'
    since = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    logs = [LogOf("lab-anna", "my-web", "app", since), LogOf("lab-ben", "gone", "app")]
    read, missing = survey.served(make_client(api), logs, 4, Deadline(5))
    assert [one.peer for one in read] == ["10.0.0.9"]
    assert missing is None
    (asked,) = [request.query for request in api.requests if "lab-anna" in request.path]
    assert asked == {
        "container": ["app"],
        "timestamps": ["true"],
        "tailLines": [str(survey.LOG_LINES)],
        "limitBytes": [str(survey.LOG_BYTES)],
        "sinceTime": ["2026-11-26T10:00:00Z"],
    }


def test_events_tell_which_pods_there_were(api):
    event = make_event("Scheduled", uid="u", namespace="lab-anna", eventTime="2026-11-26T10:42:00.123456Z")
    event["involvedObject"]["name"] = "my-web"
    others = make_event("Scheduled", namespace="kube-system")
    api.fault("/api/v1/events", reply(200, {"items": [event, others]}))
    past = survey.past_pods(make_client(api), ["lab-anna", "lab-ben"], Deadline(5))
    assert [(one.name, one.uid, one.at.minute) for one in past["lab-anna"]] == [("my-web", "u", 42)]
    assert list(past) == ["lab-anna"]
    assert api.requests[-1].one("fieldSelector") == survey.OF_PODS


PULLED = 'Container image "kubelabs/pods-shell:336801a07de2" already present on machine and can be accessed by the pod'
FAILED = 'Failed to pull image "nginx:1.99": failed to resolve image: docker.io/library/nginx:1.99: not found'
INVALID = 'Failed to apply default image tag "nginx::1": couldn\'t parse image name "nginx::1": invalid reference'
SAID = [
    ([("Pulled", PULLED, {}), ("Started", "Container started", {})], ("kubelabs/pods-shell:336801a07de2",), 1),
    (
        [("Pulling", 'Pulling image "nginx"', {}), ("Pulled", 'Successfully pulled image "nginx" in 2s', {})],
        ("nginx",),
        0,
    ),
    ([("Failed", FAILED, {}), ("BackOff", 'Back-off pulling image "nginx:1.99"', {"count": 9})], ("nginx:1.99",), 0),
    ([("InspectFailed", INVALID, {})], ("nginx::1",), 0),
    ([("Started", "", {"count": 3}), ("BackOff", "Back-off restarting failed container", {"count": 7})], (), 3),
    ([("Started", "", {"series": {"count": 2}}), ("Started", "", {"path": "spec.containers{other}"})], (), 2),
    ([("Started", "", {"path": "a"}), ("Started", "", {"path": "b"})], (), 1),
    ([], (), 0),
]


@pytest.mark.parametrize(("said", "images", "starts"), SAID)
def test_events_tell_the_images_of_a_pod_and_how_often_it_was_started(api, said, images, starts):
    events = [make_event("Scheduled", "Successfully assigned lab-anna/tmp to node-1", namespace="lab-anna")]
    for reason, message, more in said:
        event = make_event(reason, message, namespace="lab-anna", **more)
        event["involvedObject"]["fieldPath"] = event.pop("path", "spec.containers{tmp}")
        events.append(event)
    api.fault("/api/v1/.*events", reply(200, {"items": events[::-1]}))
    (past,) = survey.past_pods(make_client(api), ["lab-anna"], Deadline(5))["lab-anna"]
    assert (past.images, past.starts) == (images, starts)


def test_a_pod_of_which_the_first_events_are_forgotten_is_none_of_which_all_is_known(api):
    api.fault("events", reply(200, {"items": [make_event("Started", namespace="lab-anna")]}))
    assert survey.past_pods(make_client(api), ["lab-anna"], Deadline(5)) == {}


def test_events_that_may_not_be_listed_are_no_trouble(api):
    api.fault("events", refuse(403))
    assert survey.past_pods(make_client(api), ["lab-anna"], Deadline(5)) == {}
    assert paths(api) == ["/api/v1/namespaces/lab-anna/events"]


def test_of_a_pod_is_kept_what_is_judged():
    pod = make_pod()
    pod["metadata"]["managedFields"] = [{"manager": "kubectl-run", "operation": "Update", "fieldsV1": {"f:spec": {}}}]
    pod["spec"]["containers"][0] |= {"image": "nginx", "env": [{"name": "PASSWORD", "value": "secret"}]}
    slim = survey.slim(pod)
    assert slim["metadata"]["managedFields"] == [{"manager": "kubectl-run", "operation": "Update", "subresource": None}]
    assert slim["spec"]["containers"] == [{"name": "app", "image": "nginx"}]
    assert slim["status"] == pod["status"]
    assert survey.slim({}) == {"metadata": {"managedFields": []}, "spec": {"containers": []}, "status": {}}
