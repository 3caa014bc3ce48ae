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
    takes_its_place,
    unchangeable,
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
            "line 8: spec.containers[0].livenessProbe lacks something: must specify a handler type. Write httpGet,",
        ),
        (
            "spec.hostAliases",
            'Required value: valid values: "OnFailure", "Never"',
            "line 5: spec.hostAliases is missing. Choose one of OnFailure, Never.",
        ),
        ("spec.x", "Something: new", "line 5: spec.x: Something: new."),
    ],
)
def test_what_is_said_of_a_field_has_its_line(field, message, words):
    verdict = refused(error(422, 'Pod "Web" is invalid', (field, message)), DOCUMENT)
    assert verdict.problems[0].in_words().startswith(words)
    assert verdict.reason == verdict.problems[0].message


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.x`\n  core{',
            "what the file changes of it cannot be changed.",
        ),
        ("x" * 2000 + ": Invalid value: 1: field is immutable", "what the file changes of it cannot be changed."),
        ("spec.ports: Required value", "the API server refuses to change it so: spec.ports: Required value."),
    ],
)
def test_what_cannot_be_changed_is_a_problem_of_the_name(message, said):
    (problem,) = unchangeable(error(422, message), DOCUMENT).problems
    assert (problem.place.line, problem.path, problem.level) == (4, ("metadata", "name"), "error")
    assert problem.message == f"An object of this name exists already, and {said}"
    assert problem.suggestion.endswith("delete the one that exists first, if it is yours: kubectl delete pod Web")


def test_who_may_not_change_it_does_not_know():
    words = 'pods "web" is forbidden: User "eve" cannot patch resource "pods" in API group "" in the namespace "lab"'
    assert unchangeable(error(403, words), DOCUMENT).word == Word.UNKNOWN


QUOTA = 'pods "web" is forbidden: exceeded quota: q, requested: '


@pytest.mark.parametrize(
    ("message", "takes"),
    [
        (f"{QUOTA}cpu=200m,pods=1, used: cpu=1,pods=1, limited: cpu=1,pods=1", True),
        (f"{QUOTA}cpu=2, used: cpu=100m, limited: cpu=1", False),
        (f"{QUOTA}pods=1, used: pods=0, limited: pods=0", False),
        ("spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated", True),
        ("spec.containers: Required value", False),
    ],
)
def test_what_is_only_refused_for_what_another_one_has_taken(message, takes):
    assert takes_its_place(message) is takes


LABELS = b"""\
kind: Pod
metadata:
  labels:
    app: my web app
    tier: front
    stage: front
    my key!: a
    text: |
      web
    long: %s
""" % (b"w" * 5000)


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        ("my web app", "a valid label must be", "line 4: metadata.labels.app is not what a label can be."),
        ("my key!", "name part must consist of", "line 7: metadata.labels.my key! is not what a label can be."),
        ("web\\n", "a valid label must be", "line 8: metadata.labels.text is not what a label can be."),
        ("front", "a valid label must be", "line 3: metadata.labels is not what a label can be."),
        ("other", "a valid label must be", "line 3: metadata.labels is not what a label can be."),
        ("w" * 5000, "must be no more than 63 bytes", "line 10: metadata.labels.long: Invalid value: "),
    ],
)
def test_a_label_has_its_own_line(value, reason, words):
    (document,) = read_documents(LABELS)
    said = f'Invalid value: "{value}": {reason}'
    verdict = refused(error(422, f'Pod "web" is invalid: metadata.labels: {said}', ("metadata.labels", said)), document)
    (problem,) = verdict.problems
    assert problem.in_words().startswith(words)
    assert problem.suggestion or problem.message.endswith(f": {reason}.")
    assert verdict.message.endswith(f": {reason}")


def test_a_pod_of_a_job_has_to_end():
    (job,) = read_documents(b"kind: Job\nspec:\n  template:\n    spec: {}\n")
    field, said = "spec.template.spec.restartPolicy", 'Required value: valid values: "OnFailure", "Never"'
    (problem,) = refused(error(422, 'Job "j" is invalid', (field, said)), job).problems
    assert problem.in_words() == (
        "line 4: spec.template.spec.restartPolicy is missing, and what holds without it, Always, is not for pods that"
        " end. Choose one of OnFailure, Never."
    )


def test_a_name_with_a_letter_of_another_script():
    (pod,) = read_documents("kind: Pod\nmetadata:\n  name: w\u0435b\n".encode())
    said = 'Invalid value: "w": a lowercase RFC 1123 subdomain must consist of'
    (problem,) = refused(error(422, "x", ("metadata.name", said)), pod).problems
    assert "letter 2 of it is no e but CYRILLIC SMALL LETTER IE (U+0435)" in problem.message


RESOURCES = b"""\
kind: Pod
spec:
  containers:
  - name: small
    resources:
      limits: {cpu: 100m, memory: 64Mi}
  - name: large
    resources:
      limits:
        cpu: 2
        memory: 8Gi
      requests:
        cpu: "2"
"""


# Each but the last two is what 1.37 says, word by word.
@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("maximum memory usage per Container is 256Mi, but limit is 8Gi", [11]),
        ("maximum cpu usage per Container is 500m, but request is 2", [13]),
        ("maximum memory usage per Container is 256Mi, but request is 8Gi", [11]),
        (
            "[maximum cpu usage per Container is 500m, but limit is 2, maximum memory usage per Container is 256Mi,"
            " but limit is 8Gi]",
            [10, 11],
        ),
        ("minimum cpu usage per Container is 200m, but limit is 100m", [6]),
        ("maximum cpu usage per Pod is 1, but limit is 2100m", [6]),
        ("maximum ephemeral-storage usage per Container is 1Gi.  No limit is specified", [1]),
        ("exceeded quota: q, requested: limits.memory=8256Mi, used: limits.memory=0, limited: limits.memory=1Gi", [6]),
        ("exceeded quota: q, requested: cpu=2, used: cpu=0, limited: cpu=1", [13]),
        ("exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1", [1]),
        ("failed quota: q: must specify requests.memory for: large", [4]),
        ("failed quota: q: must specify limits.cpu for: x", [1]),
    ],
)
def test_what_is_too_much_is_told_at_its_line(message, lines):
    (document,) = read_documents(RESOURCES)
    verdict = refused(error(403, f'pods "web" is forbidden: {message}'), document)
    assert [problem.place.line for problem in verdict.problems] == lines


def test_what_is_needed_before_is_known():
    assert refused(error(404, 'namespaces "lab" not found'), DOCUMENT).needed == ("Namespace", "lab")
    said = 'pods "web" is forbidden: error looking up service account a/bob: serviceaccount "bob" not found'
    assert refused(error(403, said), DOCUMENT).needed == ("ServiceAccount", "bob")
    assert refused(error(400, "x"), DOCUMENT).needed is None


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        ("im\\u200bage", "im\u200bage"),
        ('a\\"b', 'a"b'),
        ("\\U0001f600", "\U0001f600"),
        ("\\U00110000", "\ufffd"),
        ("\\ud800", "\ufffd"),
    ],
)
def test_a_field_that_go_has_put_in_quotes(quoted, name):
    (problem,) = refused(error(400, f'strict decoding error: unknown field "spec.{quoted}"'), DOCUMENT).problems
    assert problem.path == ("spec", name)


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
