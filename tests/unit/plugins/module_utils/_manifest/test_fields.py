# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.fields import MOST, check_fields
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.problem import Place
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.reader import Document, read_documents
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.schema import SchemaBook
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import MANIFEST
from ansible_collections.kubelabs.pods.tests.unit.fakes.catalog import book

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: nginx
"""


@pytest.fixture(name="check", params=["v3", "v2"])
def check_against(request):
    """The problems of a manifest, by the schemas as OpenAPI v3 and as v2 has them."""

    def check(text, api_version="v1", kind="Pod"):
        (document,) = read_documents(text.encode())
        schema = book(api_version, request.param).of_kind(api_version, kind)
        return [problem.in_words() for problem in check_fields(document, schema)]

    return check


def container(*lines):
    return POD + "".join(f"    {line}\n" for line in lines)


def test_a_right_manifest_has_no_problems(check):
    assert check(POD) == []
    right = container(
        "ports:",
        "- containerPort: 80",
        "livenessProbe: {httpGet: {port: http, path: /}}",
        "resources: {limits: {cpu: 0.5, memory: 64Mi}, requests: {cpu: 1}}",
        "env: [{name: A, value: '1'}, {name: B}]",
        "command:",
    )
    assert check(right) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            POD.replace("containers", "contaners"),
            "line 6: contaners is no field of spec. Did you mean containers?",
        ),
        (POD.replace("image:", "Image:"), "line 8: Image is no field of spec.containers[0]. Did you mean image?"),
        (
            POD.replace("    image: nginx", "  image: nginx"),
            "line 8: image is no field of spec. It belongs into spec.containers[]: indent it deeper.",
        ),
        (
            container("restartPolicy: Never"),
            "line 9: restartPolicy is no field of spec.containers[0]. It belongs into spec: indent it less.",
        ),
        (
            container("labels: {a: b}"),
            "line 9: labels is no field of spec.containers[0]. It belongs into metadata.",
        ),
        (
            POD + "name: web\n",
            "line 9: name is no field of a Pod. It belongs into metadata: indent it deeper.",
        ),
        (
            POD.replace("  - name: web\n    image: nginx\n", "  -name: web\n"),
            "line 7: There is no blank after the dash. Write: - name: ...",
        ),
        (
            POD.replace("  - name: web", "    -name: web"),
            "line 7: There is no blank after the dash. Write: - name: ...",
        ),
        (
            container("ports:", "-containerPort: 80"),
            "line 10: There is no blank after the dash. Write: - containerPort: ...",
        ),
        (container("ports:", "-name: http"), "line 10: There is no blank after the dash. Write: - name: ..."),
        (container("command:", "  -sleep"), "line 10: There is no blank after the dash. Write a blank after it."),
        (
            container("args: -v"),
            "line 9: spec.containers[0].args must be a list."
            " Write its entries below it, each with a dash and a blank, or in brackets: [one, two]",
        ),
        (
            POD.replace("    image", "    -image"),
            "line 8: -image is no field of spec.containers[0]. Did you mean image?",
        ),
        (
            container("ports: {containerPort: 80}"),
            "line 9: spec.containers[0].ports must be a list. Put a dash and a blank before containerPort:"
            " every entry of a list begins with a dash.",
        ),
        (
            container("ports: 80"),
            "line 9: spec.containers[0].ports must be a list."
            " Write its entries below it, each with a dash: - containerPort: ...",
        ),
        (
            container("command: sleep 5"),
            "line 9: spec.containers[0].command must be a list."
            " Write its entries below it, each with a dash and a blank, or in brackets: [one, two]",
        ),
        (
            container("ports:", "- containerPort: '80'"),
            "line 10: spec.containers[0].ports[0].containerPort must be a whole number. Take the quotes away.",
        ),
        (
            container("ports:", "- name: http"),
            "line 10: spec.containers[0].ports[0] has no containerPort."
            " Write at which port the program listens, as in containerPort: 80.",
        ),
        (
            container("resources:", "- limits: {}"),
            "line 9: spec.containers[0].resources must be a mapping: lines with a key, a colon and a value, indented"
            " below it. Take the dash away.",
        ),
        (
            POD.replace("  name: web\nspec", "  name:web\nspec"),
            "line 3: metadata must be a mapping: lines with a key, a colon and a value, indented below it."
            " Write a blank after the colon: name: ...",
        ),
        (
            POD.replace("web\nspec", "web\n  labels: {version: 1}\nspec"),
            "line 5: metadata.labels.version must be text. Put quotes around it.",
        ),
        (
            POD.replace("web\nspec", "web\n  labels: {on: yes}\nspec"),
            "line 5: metadata.labels.on must be text. Put quotes around it.",
        ),
        (
            container("env: [{name: PIN, value: 1234}]"),
            "line 9: spec.containers[0].env[0].value must be text. Put quotes around it.",
        ),
        (
            POD.replace("spec:", "spec:\n  hostNetwork: 'true'"),
            "line 6: spec.hostNetwork must be true or false. Take the quotes away.",
        ),
        (
            container("resources: {limits: {memory: 64MB}}"),
            "line 9: spec.containers[0].resources.limits.memory must be an amount, such as 100m for a processor or 64Mi"
            " for memory. Write 64Mi, without a blank and without a B.",
        ),
        (
            container("imagePullPolicy: ifnotpresent"),
            "line 9: spec.containers[0].imagePullPolicy cannot be ifnotpresent. Did you mean IfNotPresent?",
        ),
        (
            container("imagePullPolicy: x"),
            "line 9: spec.containers[0].imagePullPolicy cannot be x. Choose one of Always, IfNotPresent, Never.",
        ),
        (container("command:", "- sh", "-"), "line 11: There is nothing behind this dash. Take the dash away."),
        (
            POD[: POD.index("  - name")],
            "line 6: spec.containers has nothing in it."
            " Write at least one container below it: - name: ... and, below name, image: ...",
        ),
        (
            container("zebra: 1"),
            "line 9: zebra is no field of spec.containers[0]. Look at: kubectl explain pod.spec.containers",
        ),
        (
            container("ports:", "- containerPort:80"),
            "line 10: spec.containers[0].ports[0] must be a mapping: lines with a key, a colon and a value, indented"
            " below it. Write a blank after the colon: containerPort: ...",
        ),
    ],
)
def test_a_slip_is_named_with_what_was_meant(check, text, words):
    assert check(text) == [words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            POD.replace("containers", "\u0441ontainers"),
            "line 6: \u0441ontainers is no field of spec: letter 1 of it is no c but CYRILLIC SMALL LETTER ES (U+0441)."
            " Did you mean containers?",
        ),
        (
            POD.replace("image", "im\u200bage"),
            "line 8: image is no field of spec.containers[0]: behind im it has a character that cannot be seen,"
            " ZERO WIDTH SPACE (U+200B). Did you mean image?",
        ),
        (
            container("imagePullPolicy: \u0410lways"),
            "line 9: spec.containers[0].imagePullPolicy cannot be \u0410lways: letter 1 of it is no A but CYRILLIC"
            " CAPITAL LETTER A (U+0410). Did you mean Always?",
        ),
        (
            POD.replace("name: web\nspec", "name\uff1a web\nspec"),
            "line 4: The FULLWIDTH COLON (U+FF1A) here only looks like :, which YAML wants."
            " Type it anew, with the keyboard set to English.",
        ),
        (
            container("command: \uff3bsh, -c\uff3d"),
            "line 9: The FULLWIDTH LEFT SQUARE BRACKET (U+FF3B) here only looks like [, which YAML wants."
            " Type it anew, with the keyboard set to English.",
        ),
        (
            container("command:", "- sh", "- -c", "- echo a: b; sleep 5"),
            "line 12: spec.containers[0].command[2] must be text."
            " Put the whole entry in quotes: a colon with a blank after it makes a key of what stands before it.",
        ),
        (
            container("resources: {limits: {cpu: '100 m'}}"),
            "line 9: spec.containers[0].resources.limits.cpu must be an amount, such as 100m for a processor or 64Mi"
            " for memory. Write it without a blank: 100m",
        ),
        (
            POD.replace("image: nginx", "image:\n      name: nginx"),
            "line 8: spec.containers[0].image must be text. Write it in the line of its key, after the colon.",
        ),
        (
            POD.replace("spec:", "SPEC:").replace("kind: Pod", "KIND: Pod"),
            "line 5: SPEC is no field of a Pod. Did you mean spec?",
        ),
    ],
)
def test_the_cause_of_a_slip_is_named(check, text, words):
    assert [line for line in check(text) if "KIND" not in line] == [words]


def test_what_text_says_in_other_scripts_is_nobodys_slip(check):
    right = POD.replace("web\nspec", "web\n  annotations: {a: '\u6ce8\u610f\uff1a\u0441 \u2013 [x\uff0c y]'}\nspec")
    assert check(right) == []


def test_problems_are_in_the_order_of_the_file(check):
    text = POD.replace("image", "imag").replace("kind: Pod", "kind: Pod\nzebra: 1") + "xyzzy: 2\n"
    assert [words.split(":")[0] for words in check(text)] == ["line 3", "line 9", "line 10"]


def test_a_template_of_a_pod_is_checked_too(check):
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: two
  template:
    spec:
      containers:
      - imagee: nginx
"""
    assert check(text, "apps/v1", "Deployment") == [
        "line 4: spec has no selector. Write matchLabels below it, with labels that the pods have.",
        "line 5: spec.replicas must be a whole number.",
        "line 9: imagee is no field of spec.template.spec.containers[0]. Did you mean image?",
        "line 9: spec.template.spec.containers[0] has no name. Write a name, as in name: web.",
    ]


def test_no_value_of_a_secret_is_shown(check):
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: 1234}\ndata: {pin: true}\n"
    assert "1234" not in " ".join(check(text, kind="Secret"))
    assert len(check(text, kind="Secret")) == 2


def test_a_file_full_of_problems_has_an_end(check):
    assert len(check(POD + "".join(f"zebra{number}: 1\n" for number in range(200)))) == MOST


CUSTOM = SchemaBook(
    {
        "components": {
            "schemas": {
                "org.example.v1.Lamp": {
                    "type": "object",
                    "properties": {
                        "spec": {
                            "type": "object",
                            "properties": {
                                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                "any": {},
                                "port": {"x-kubernetes-int-or-string": True},
                                "ratio": {"type": "number"},
                                "map": {"type": "object", "additionalProperties": {"type": "integer"}},
                                "strict": {"type": "object", "additionalProperties": False},
                            },
                        }
                    },
                    "x-kubernetes-group-version-kind": [{"group": "example.org", "version": "v1", "kind": "Lamp"}],
                }
            }
        }
    }
)


def test_kinds_of_others_are_checked_as_far_as_they_are_described():
    def check(text):
        (document,) = read_documents(f"kind: Lamp\nspec: {text}".encode())
        found = check_fields(document, CUSTOM.of_kind("example.org/v1", "Lamp"))
        return [problem.message for problem in found if problem.path != ("kind",)]

    assert check("{free: {a: 1}, any: [1], port: http, ratio: 1, map: {a: 1}}") == []
    assert check("{port: true}") == ["spec.port must be a number or a name."]
    assert check("{ratio: x}") == ["spec.ratio must be a number."]
    assert check("{map: {a: x}}") == ["spec.map.a must be a whole number."]
    assert check("{strict: {a: x}}") == ["a is no field of spec.strict."]
    assert CUSTOM.of_kind("v1", "Pod") is None


@given(MANIFEST)
def test_whatever_stands_in_a_manifest(value):
    check_fields(Document(Place(1, 1), value, {}), book().of_kind("v1", "Pod"))
    check_fields(Document(Place(1, 1), {"kind": "Pod", "spec": value}, {}), book().of_kind("v1", "Pod"))


@given(MANIFEST)
def test_whatever_a_cluster_describes(answer):
    SchemaBook(answer)
    definition = {"x-kubernetes-group-version-kind": [{"version": "v1", "kind": "Pod"}], "properties": answer}
    odd = SchemaBook({"definitions": {"Pod": definition}}).of_kind("v1", "Pod")
    check_fields(Document(Place(1, 1), {"kind": "Pod", "spec": {"a": 1}}, {}), odd)


def test_a_description_that_refers_to_itself_has_an_end():
    circle = {"$ref": "#/definitions/Pod"}
    definition = {
        "x-kubernetes-group-version-kind": [{"version": "v1", "kind": "Pod"}],
        "type": "object",
        "properties": {"spec": circle, "kind": {"type": "string"}},
    }
    schema = SchemaBook({"definitions": {"Pod": definition, "x": {"$ref": "#/definitions/x"}}}).of_kind("v1", "Pod")
    assert len(check_fields(Document(Place(1, 1), {"kind": "Pod", "spec": {"spec": {"b": 1}}}, {}), schema)) == 1
