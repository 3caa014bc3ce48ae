# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.api_status import ApiStatus
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.reader import read_documents
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.verdict import (
    Word,
    accepted,
    refused,
    warning_problems,
)

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: Web
spec:
  restartPolicy: always
  containers:
  - name: web
    image: nginx
    ports:
    - containerPort: 80000
"""
(DOCUMENT,) = read_documents(POD.encode())


def error(code, message, *causes, reason="Invalid"):
    details = {"causes": [{"field": field, "message": text} for field, text in causes]}
    return ApiError(code, reason, message, answer=ApiStatus(False, code, reason, message, details))


# What API servers say, copied from 1.37 where nothing else is said.
@pytest.mark.parametrize(
    ("code", "message", "word", "reason"),
    [
        (
            403,
            'pods "web" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
            Word.REFUSED,
            "The namespace's quota has no room for it: it asks for pods=1.",
        ),
        (
            403,
            'pods "web" is forbidden: failed quota: q: must specify limits.cpu for: web',
            Word.REFUSED,
            "The namespace has a quota, and so every container has to say limits.cpu.",
        ),
        (
            403,
            'pods "web" is forbidden: failed quota: q: must specify limits.cpu,limits.memory',  # 1.20
            Word.REFUSED,
            "The namespace has a quota, and so every container has to say limits.cpu,limits.memory.",
        ),
        (
            403,
            'pods "web" is forbidden: maximum cpu usage per Container is 500m, but limit is 2',
            Word.REFUSED,
            "The namespace's maximum of cpu is 500m for each.",
        ),
        (
            403,
            'pods "web" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
            Word.REFUSED,
            "The namespace only lets in pods of the Pod Security level baseline or a stricter one.",
        ),
        (
            403,
            'pods "web" is forbidden: error looking up service account a/bob: serviceaccount "bob" not found',
            Word.REFUSED,
            "There is no service account bob in the namespace.",
        ),
        (404, 'namespaces "lab-x" not found', Word.REFUSED, "There is no namespace lab-x."),
        (
            403,
            'pods is forbidden: User "alice" cannot create resource "pods" in API group "" in the namespace "lab"',
            Word.UNKNOWN,
            "The user alice, with whose rights this was asked, may not create it there.",
        ),
        (
            403,
            'pods "web" is forbidden: unable to create new content in namespace a because it is being terminated',
            Word.UNKNOWN,
            "The namespace is being deleted.",
        ),
        (
            422,
            'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.x`\n  core{',
            Word.REFUSED,
            "An object of this name exists already, and what the file changes of it cannot be changed.",
        ),
        (
            400,
            'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal object into Go struct field '
            "PodSpec.spec.containers of type []v1.Container",
            Word.REFUSED,
            "spec.containers has a mapping where something else belongs.",
        ),
        (
            400,
            'admission webhook "policy.example" denied the request: no latest tag',
            Word.REFUSED,
            "A policy of this cluster does not allow it.",
        ),
        (500, "etcdserver: timed out", Word.UNKNOWN, "The API server could not say: etcdserver: timed out."),
        (404, "the server could not find the requested resource", Word.UNKNOWN, "The API server could not say: the"),
        (400, "something else", Word.REFUSED, "The API server refuses it: something else."),
    ],
)
def test_a_refusal_is_one_sentence(code, message, word, reason):
    verdict = refused(error(code, message), DOCUMENT)
    assert verdict.word == word
    assert verdict.reason.startswith(reason)
    assert "\n" not in verdict.message
    assert bool(verdict.problems) == (word == Word.REFUSED)


@pytest.mark.parametrize(
    ("field", "message", "words"),
    [
        (
            "metadata.name",
            'Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters',
            "line 4: metadata.name is not a name that Kubernetes takes."
            " Use small letters, digits and -, and begin and end with a letter or a digit.",
        ),
        (
            "spec.restartPolicy",
            'Unsupported value: "always": supported values: "Always", "Never", "OnFailure"',
            "line 6: spec.restartPolicy cannot be always. Did you mean Always?",
        ),
        (
            "spec.containers[0].ports[0].containerPort",
            "Invalid value: 80000: must be between 1 and 65535, inclusive",
            "line 11: spec.containers[0].ports[0].containerPort is not the number of a port. Ports go from 1 to 65535.",
        ),
        ("spec.containers[0].terminationMessagePath", "Required value", "line 8: spec.containers[0].termination"),
        (
            "spec.containers[0].livenessProbe",
            "Required value: must specify a handler type",
            "line 8: spec.containers[0].livenessProbe lacks something: must specify a handler type.",
        ),
        ("spec.x", "Something: new", "line 5: spec.x: Something: new."),
    ],
)
def test_what_is_said_of_a_field_has_its_line(field, message, words):
    verdict = refused(error(422, 'Pod "Web" is invalid', (field, message)), DOCUMENT)
    assert verdict.problems[0].in_words().startswith(words)
    assert verdict.reason == verdict.problems[0].message


def test_fields_that_the_server_does_not_know():
    verdict = refused(error(400, 'strict decoding error: unknown field "spec.a", unknown field "spec.b"'), DOCUMENT)
    assert verdict.strict
    assert [problem.path for problem in verdict.problems] == [("spec", "a"), ("spec", "b")]
    assert verdict.reason == "spec.a is no field. And 1 more."


def test_a_warning_has_its_line_and_pod_security_is_told_elsewhere():
    verdict = accepted(
        False,
        ('would violate PodSecurity "restricted:latest": x', "spec.containers[0].ports[0]: duplicate port definition"),
    )
    (problem,) = warning_problems(verdict, DOCUMENT)
    assert (problem.level, problem.place.line) == ("warning", 11)


@given(st.integers(400, 599), st.text(), st.text(), st.text())
def test_whatever_the_server_says(code, message, field, cause):
    verdict = refused(error(code, message, (field, cause)), DOCUMENT)
    assert verdict.reason
    assert (verdict.word == Word.REFUSED) == bool(verdict.problems)
