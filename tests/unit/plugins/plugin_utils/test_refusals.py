# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils._refusals import LONGEST, refusal


def status(message, code=403, reason="Forbidden", **more):
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return json.dumps({**body, "reason": reason, "code": code, **more})


def said(msg):
    return refusal({"msg": msg, "reason": "Forbidden"}).says("the pod web")


# As kubernetes.core 5.4 and 6.6 return it, of Kubernetes 1.20 and 1.36.
GO_DUMP = (
    'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,'
    "`spec.tolerations` (only additions to existing tolerations)\n  core.PodSpec{\n  \tVolumes:        {{Name:"
    ' "default-token-tgq7x", VolumeSource: {Secret: &{SecretName: "default-token-tgq7x"}}}},\n- \tInitContainers: nil,'
)


@pytest.mark.parametrize(
    ("message", "code", "sentence", "remedy"),
    [
        pytest.param(
            'pods "web" is forbidden: failed quota: compute: must specify limits.cpu,limits.memory',
            403,
            'Pods "web" is forbidden: failed quota: compute: must specify limits.cpu,limits.memory.',
            "Change the quota or the limits of the namespace, or the resources of the lab's pods (lab_pods_resources,",
            id="quota-without-limits",
        ),
        pytest.param(
            'pods "web" is forbidden: exceeded quota: no-pods, requested: pods=1, used: pods=0, limited: pods=0',
            403,
            "exceeded quota: no-pods, requested: pods=1, used: pods=0, limited: pods=0.",
            "Change the quota",
            id="quota-exceeded",
        ),
        pytest.param(
            'pods "web" is forbidden: maximum cpu usage per Container is 100m, but limit is 500m',
            403,
            "maximum cpu usage per Container is 100m, but limit is 500m.",
            "Change the quota or the limits of the namespace",
            id="limit-range",
        ),
        pytest.param(
            'pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'
            ' (container "web" must set securityContext.allowPrivilegeEscalation=false)',
            403,
            'violates PodSecurity "restricted:latest"',
            "Change the namespace's label pod-security.kubernetes.io/enforce (classroom_labels).",
            id="pod-security",
        ),
        pytest.param(
            'pods "web" is forbidden: User "teacher" cannot get resource "pods" in API group "" in the namespace "x"',
            403,
            'User "teacher" cannot get resource "pods"',
            "Ask whoever administers the cluster for this right",
            id="rights",
        ),
        pytest.param(
            'pods "web" is forbidden: unable to create new content in namespace x because it is being terminated',
            403,
            "because it is being terminated.",
            "Run the playbook again when it is gone.",
            id="namespace-terminating",
        ),
        pytest.param(
            'object is being deleted: pods "web" already exists',
            409,
            "Object is being deleted",
            "Run the playbook again when it is gone.",
            id="pod-terminating",
        ),
        pytest.param(
            'pods "web" is forbidden: error looking up service account x/default: serviceaccount "default" not found',
            403,
            'serviceaccount "default" not found.',
            "The namespace is not ready yet: run the playbook again.",
            id="no-service-account",
        ),
        pytest.param(
            'namespaces "x" not found',
            404,
            'Namespaces "x" not found.',
            "Run kubelabs.pods.provision",
            id="no-namespace",
        ),
        pytest.param(
            'admission webhook "validate.kyverno.svc-fail" denied the request:\n\npolicy Pod/x/web:\n  team: label',
            400,
            "denied the request: policy Pod/x/web: team: label.",
            "Change that policy of the cluster",
            id="webhook",
        ),
        pytest.param(
            GO_DUMP,
            422,
            "`spec.tolerations` (only additions to existing tolerations).",
            "delete it yourself, then run the playbook again.",
            id="go-dump",
        ),
        pytest.param("I'm a teapot!", 418, "I'm a teapot! Correct that", "", id="anything-else"),
    ],
)
def test_a_status_is_one_line_with_its_message_and_a_remedy(message, code, sentence, remedy):
    for raw in (
        f"Failed to apply object: {status(message, code)}",
        f"Failed to apply object: {status(message, code).encode()!r}",
        f"Failed to create object: {status(message, code)}\n",
    ):
        text = said(raw)
        assert text.startswith("Kubernetes refused the pod web: ")
        assert sentence in text
        assert remedy in text
        assert text.endswith(".")
        assert [word for word in ("\n", "{", "Status", "PodSpec", "Failed to") if word in text] == []


def test_only_what_cannot_be_changed_is_unchangeable():
    assert refusal({"msg": f"Failed to apply object: {status(GO_DUMP, 422, 'Invalid')}"}).unchangeable
    assert not refusal({"msg": f"Failed to apply object: {status('exceeded quota', 403)}"}).unchangeable
    invalid = 'Pod "web" is invalid: spec.containers[0].image: Required value'
    assert not refusal({"msg": f"Failed to apply object: {status(invalid, 422, 'Invalid')}"}).unchangeable


@pytest.mark.parametrize(
    ("msg", "words"),
    [
        pytest.param(
            "Failed to apply object: HTTPSConnectionPool(host='127.0.0.1', port=9): Max retries exceeded",
            "Max retries exceeded. Look whether the API server is there and well, then run the playbook again.",
            id="unreachable",
        ),
        pytest.param("Failed to apply object: {not JSON", "{not JSON. Look", id="no-json"),
        pytest.param('Failed to apply object: b\'{"kind"', "Look whether", id="half-of-bytes"),
        pytest.param('Failed to apply object: {"kind": "Pod"}', '{"kind": "Pod"}. Look', id="no-status"),
        pytest.param("", "No reason given. Look", id="nothing"),
        pytest.param(None, "No reason given. Look", id="none"),
    ],
)
def test_what_is_no_status_is_told_as_it_came(msg, words):
    assert words in said(msg)


def test_a_status_without_a_message_says_its_causes_or_its_reason():
    assert "Timeout. Look whether" in said(f"Failed: {status('', 504, 'Timeout')}")
    assert "Too slow." in said(f"Failed: {status('', 504, 'Timeout', details={'causes': [{'message': 'too slow'}]})}")
    assert "HTTP 504." in said(f"Failed: {status('', 504, '')}")


def test_no_credential_is_shown():
    text = said("Failed to apply object: Invalid header value b'Bearer very-secret\\n'")
    assert "very-secret" not in text
    assert "Bearer ********" in text


def test_a_message_is_bounded():
    assert len(refusal({"msg": f"x: {status('x' * 5000)}"}).message) == LONGEST


@given(st.text())
def test_whatever_came_is_one_line(msg):
    assert "\n" not in said(msg)
