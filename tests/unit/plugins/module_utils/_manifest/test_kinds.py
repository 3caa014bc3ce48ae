# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.kinds import (
    PURPOSES,
    aggregated_kinds,
    identify,
    listed_kinds,
    missing_fields,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.reader import read_documents
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import MANIFEST
from ansible_collections.kubelabs.pods.tests.unit.fakes.catalog import KINDS, SERVED, aggregated, listed


def read(text):
    return read_documents(text.encode())[0]


def test_both_forms_of_discovery_say_the_same():
    new = [*aggregated_kinds(aggregated(True)), *aggregated_kinds(aggregated(False))]
    old = [kind for version in SERVED for kind in listed_kinds(listed(version))]
    assert new == old == KINDS


@given(MANIFEST)
def test_discovery_may_be_anything(answer):
    list(aggregated_kinds(answer))
    list(listed_kinds(answer))


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("{apiVersion: v1, kind: Pod}", "Pod", []),
        ("{apiVersion: v1, kind: pod}", "Pod", ["kind: pod: the cluster has no such kind. Did you mean Pod?"]),
        ("{apiVersion: v1, kind: Pods}", "Pod", ["kind: Pods: the cluster has no such kind. Did you mean Pod?"]),
        ("{apiVersion: v1, kind: svc}", "Service", ["kind: svc: the cluster has no such kind. Did you mean Service?"]),
        (
            "{apiVersion: apps/v1, kind: Deploymnet}",
            "Deployment",
            ["kind: Deploymnet: the cluster has no such kind. Did you mean Deployment?"],
        ),
        (
            "{apiVersion: apps/v1beta1, kind: Deployment}",
            "Deployment",
            [
                "apiVersion: apps/v1beta1 is not served by this cluster; Deployment is in apps/v1."
                " Write apiVersion: apps/v1"
            ],
        ),
        (
            "{apiVersion: v1, kind: deployment}",
            "Deployment",
            [
                "kind: deployment: the cluster has no such kind. Did you mean Deployment?",
                "apiVersion: v1 has no Deployment; it is in apps/v1. Write apiVersion: apps/v1",
            ],
        ),
        (
            "{apiVersion: v2, kind: Event}",
            "Event",
            ["apiVersion: v2 is not served by this cluster; Event is in v1 and events.k8s.io/v1. Write apiVersion: v1"],
        ),
        (
            "{apiVersion: v1, kind: Zebra}",
            None,
            ["kind: Zebra: the cluster has no such kind. Look for its name with: kubectl api-resources"],
        ),
        ("{apiVersion: v1, kind: [Pod]}", None, ["kind must be a word, such as Pod."]),
        ("{apiVersion: 1, kind: Pod}", "Pod", ["apiVersion must be text, such as v1 or apps/v1."]),
        ("{apiVersion: v1, Kind: Pod}", "Pod", []),
        ("{kind: Pod}", "Pod", []),
        ("{apiVersion: v1}", None, []),
    ],
)
def test_the_kind_that_was_meant(text, kind, words):
    found, problems = identify(read(text), KINDS)
    assert (found and found.kind) == kind
    assert [problem.in_words().removeprefix("line 1: ") for problem in problems] == words


def test_the_same_word_in_the_same_version_comes_first():
    found, _problems = identify(read("{apiVersion: events.k8s.io/v1, kind: event}"), KINDS)
    assert found.api_version == "events.k8s.io/v1"


@pytest.mark.parametrize("name", ["apiVersion", "kind", "metadata"])
def test_a_missing_field_is_named_with_what_it_is_for(name):
    fields = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}}
    del fields[name]
    (problem,) = missing_fields(read(str(fields)))
    assert (problem.message, problem.suggestion) == (f"{name} is missing.", PURPOSES[name])


def test_fields_that_are_nearly_there():
    text = "apiversion: v1\nkind: Pod\nmetadata:\nname: web\n"
    assert [problem.in_words() for problem in missing_fields(read(text))] == [
        "line 1: apiversion is no field of an object. Did you mean apiVersion?",
        f"line 3: metadata has nothing in it. {PURPOSES['metadata']}",
    ]
    (nameless,) = missing_fields(read("{apiVersion: v1, kind: Pod, metadata: {labels: {}}}"))
    assert nameless.message == "metadata has no name."
    assert not list(missing_fields(read("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}")))


@given(st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata", "Kind"]), MANIFEST))
def test_whatever_stands_there(value):
    from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.problem import Place
    from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.reader import Document

    document = Document(Place(1, 1), value, {(key,): Place(1, 1) for key in value})
    identify(document, KINDS)
    list(missing_fields(document))
