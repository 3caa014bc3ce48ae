# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.events import causes, refusal_hint, refusals
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import JSON
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_event

MISSING = 'MountVolume.SetUp failed for volume "config" : configmap "no-such" not found'
SUMMARY = "Unable to attach or mount volumes: unmounted volumes=[config]: timed out waiting for the condition"
UID = "uid-lab-alice-web"


def test_the_latest_cause_counts_whatever_the_order():
    events = [
        make_event("FailedCreatePodSandBox", "failed to set up\n  the network", last="2026-11-22T08:31:00Z"),
        make_event("FailedMount", MISSING, last="2026-11-22T08:32:00Z"),
        make_event("Unhealthy", "Readiness probe failed", uid="other"),
    ]
    for order in (events, events[::-1]):
        found = causes(order)
        assert found[UID].reason == f"FailedMount: {MISSING}"
        assert "ConfigMap" in found[UID].hint
        assert found["other"].reason == "Unhealthy: Readiness probe failed"


def test_a_summary_does_not_hide_the_cause():
    summary = make_event("FailedMount", SUMMARY, last="2026-11-22T08:34:00Z")
    assert causes([make_event("FailedMount", MISSING), summary])[UID].reason == f"FailedMount: {MISSING}"
    assert causes([summary])[UID].reason == f"FailedMount: {SUMMARY}"


def test_other_times_of_an_event():
    """events.k8s.io has eventTime and series instead of lastTimestamp."""
    old = make_event("FailedMount", "old", last=None, eventTime="2026-11-22T08:31:00.000001Z")
    new = make_event(
        "FailedMount",
        "new",
        last=None,
        eventTime="2026-11-22T08:30:00.000001Z",
        series={"lastObservedTime": "2026-11-22T08:40:00.000001Z"},
    )
    for order in ([old, new], [new, old]):
        assert causes(order)[UID].reason == "FailedMount: new"


def test_what_the_status_says_as_well_is_no_cause():
    assert causes([make_event("BackOff"), make_event("Failed"), make_event("FailedScheduling")]) == {}


def test_refusals_by_namespace():
    events = [
        make_event("FailedCreate", "exceeded quota", namespace="a"),
        make_event("FailedMount", MISSING),
        make_event("FailedCreate", "again", namespace="a"),
    ]
    assert refusals(events) == {"a": ["exceeded quota", "again"]}


@pytest.mark.parametrize(
    "message, words",
    [
        pytest.param(
            'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: violates PodSecurity '
            '"restricted:latest": allowPrivilegeEscalation != false (container "app" must set '
            "securityContext.allowPrivilegeEscalation=false)",
            "the pod's securityContext to what the level restricted asks for, or the namespace's label "
            "pod-security.kubernetes.io/enforce",
            id="Pod Security",
        ),
        pytest.param(
            "pods \"web\" is forbidden: ValidatingAdmissionPolicy 'names' with binding 'all' denied request: no pod is "
            "called web here",
            "what the ValidatingAdmissionPolicy names asks for",
            id="policy",
        ),
        pytest.param(
            'Error creating: admission webhook "pods.example.org" denied the request: no',
            "what the admission webhook pods.example.org asks for",
            id="webhook",
        ),
        pytest.param(
            'pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=3, limited: pods=3',
            "raise the quota small of the namespace",
            id="quota",
        ),
        pytest.param(
            'pods "web" is forbidden: failed quota: small: must specify limits.cpu for: app',
            "the requests and limits that the quota small",
            id="quota that counts what is not given",
        ),
    ],
)
def test_what_to_do_about_a_refusal(message, words):
    assert words in refusal_hint(message)


def test_what_to_do_about_another_refusal_is_not_known():
    assert refusal_hint('pods "web" is forbidden: error looking up service account lab-alice/web') == ""


@given(JSON)
def test_no_input_crashes_it(event):
    causes([event, {"reason": "FailedMount", "involvedObject": event}])
    refusals([event, {"reason": "FailedCreate", "metadata": event}])


def test_a_sandbox_that_was_killed_for_memory_is_no_matter_of_the_node():
    said = "container init was OOM-killed (memory limit too low?): unknown"
    found = causes([make_event("FailedCreatePodSandBox", said)])[UID]
    assert "raise the limit" in found.hint and "node" not in found.hint


def test_a_node_without_user_namespaces_is_no_matter_of_its_network():
    said = "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces"
    found = causes([make_event("FailedCreatePodSandBox", said)])[UID]
    assert "hostUsers" in found.hint and "network" not in found.hint
    assert found.needs_somebody
