# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a teardown asks of a cluster, as it stands on the wire."""

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.explain import Held
from ansible_collections.kubelabs.pods.plugins.module_utils._teardown.steps import Steps
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client


@pytest.fixture(name="steps")
def fixture_steps(api):
    return Steps(make_client(api), Deadline(10))


def accept(connection, request):
    connection.reply(200, {"kind": "Status", "status": "Success"})


def refuse(status):
    return lambda connection, request: connection.error(status, "Refused", "no")


def asked(api):
    return [(request.method, request.path) for request in api.requests]


def test_controllers_are_stopped_from_the_outside_in(api, steps):
    api.fault("^/apis/", accept, method="DELETE", times=99)
    steps.stop_controllers("lab-a", {"ReplicaSet", "Job", "Lesson"})
    assert asked(api) == [
        ("DELETE", "/apis/apps/v1/namespaces/lab-a/deployments"),
        ("DELETE", "/apis/apps/v1/namespaces/lab-a/replicasets"),
        ("DELETE", "/apis/batch/v1/namespaces/lab-a/cronjobs"),
        ("DELETE", "/apis/batch/v1/namespaces/lab-a/jobs"),
    ]
    # In the background, else a Job's pods would be left to themselves and a Deployment's kept until they end.
    assert {request.json()["propagationPolicy"] for request in api.requests} == {"Background"}


def test_cron_jobs_of_a_cluster_before_1_21(api, steps):
    api.fault("^/apis/batch/v1beta1/.*/cronjobs$", accept, method="DELETE")
    steps.stop_controllers("lab-a", {"Job"})
    assert [path for _method, path in asked(api)] == [
        "/apis/batch/v1/namespaces/lab-a/cronjobs",
        "/apis/batch/v1beta1/namespaces/lab-a/cronjobs",
        "/apis/batch/v1/namespaces/lab-a/jobs",
    ]


def test_only_accounts_of_the_class_end(api, steps):
    api.fault("/serviceaccounts$", accept, method="DELETE")
    steps.end_keys("lab-a", "class=c")
    (request,) = api.requests
    assert (request.method, request.path) == ("DELETE", "/api/v1/namespaces/lab-a/serviceaccounts")
    assert request.one("labelSelector") == "class=c"


@pytest.mark.parametrize(("status", "raised"), [(403, False), (404, False), (422, True)])
def test_who_may_not_delete_accounts_goes_without(api, steps, status, raised):
    api.fault("/serviceaccounts$", refuse(status), method="DELETE", times=99)
    if raised:
        with pytest.raises(ApiError):
            steps.end_keys("lab-a", "class=c")
    else:
        steps.end_keys("lab-a", "class=c")


def test_who_may_not_delete_workloads_goes_without(api, steps):
    api.fault("^/apis/", refuse(403), method="DELETE", times=99)
    steps.stop_controllers("lab-a", {"StatefulSet", "DaemonSet"})


def test_another_refusal_is_told(api, steps):
    api.fault("^/apis/", refuse(422), method="DELETE", times=99)
    with pytest.raises(ApiError, match="422"):
        steps.stop_controllers("lab-a", {"StatefulSet"})


@pytest.mark.parametrize(
    "status, raised",
    [
        pytest.param(404, False, id="gone"),
        pytest.param(409, False, id="another"),
        pytest.param(403, True, id="may not"),
    ],
)
def test_a_pod_that_is_gone_already_is_no_error(api, steps, status, raised):
    api.fault("^/api/v1/namespaces/lab-a/pods/web$", refuse(status), method="DELETE", times=99)
    pod = {"metadata": {"name": "web", "uid": "u"}}
    if raised:
        with pytest.raises(ApiError):
            steps.delete_pod(pod, "lab-a", grace=5)
    else:
        steps.delete_pod(pod, "lab-a", grace=5)
    body = api.requests[-1].json()
    assert (body["gracePeriodSeconds"], body["preconditions"]) == (5, {"uid": "u"})


def test_what_finalizers_keep_is_looked_up(api, steps):
    held = {"metadata": {"name": "one", "finalizers": ["a/b"]}}
    api.fault("^/apis/example.com$", lambda connection, request: connection.reply(
        200, {"preferredVersion": {"groupVersion": "example.com/v2"}}))  # fmt: skip
    for path in ("/apis/example.com/v2/namespaces/lab-a/widgets", "/api/v1/namespaces/lab-a/configmaps"):
        api.fault(f"^{path}$", lambda connection, request: connection.reply(200, {"items": [held, {"metadata": {}}]}))
    resources = [("widgets", "example.com"), ("configmaps", ""), ("pods", ""), ("gadgets", "example.org")]
    assert steps.held_objects("lab-a", resources, Deadline(5)) == [
        Held("widgets.example.com", "one", ("a/b",)),
        Held("configmaps", "one", ("a/b",)),
    ]


NAMESPACE = {"metadata": {"name": "lab-a", "uid": "uid-a"}}


def test_the_controller_of_a_namespace_is_told_by_an_annotation(api, steps):
    api.fault("^/api/v1/namespaces/lab-a$", accept, method="PATCH")
    steps.touch_namespace(NAMESPACE)
    (request,) = api.requests
    assert request.headers["content-type"] == ["application/merge-patch+json"]
    metadata = request.json()["metadata"]
    # With its UID another namespace of the same name is refused.
    assert metadata["uid"] == "uid-a"
    assert list(metadata["annotations"]) == ["kubelabs.pods/emptied"]


@pytest.mark.parametrize("status", [403, 404, 405, 409])
def test_who_may_not_tell_it_goes_without(api, steps, status):
    api.fault("^/api/v1/namespaces/lab-a$", refuse(status), method="PATCH")
    steps.touch_namespace(NAMESPACE)
    assert len(api.requests) == 1
