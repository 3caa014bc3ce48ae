# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How pods were made."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.making import LAST_APPLIED, Making, making
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import OBJECT
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod


def made(*managers, annotation=None):
    pod = make_pod("my-web")
    pod["metadata"]["managedFields"] = [
        {"manager": manager, "operation": operation, **({"subresource": below} if below else {})}
        for manager, operation, below in managers
    ]
    if annotation is not None:
        pod["metadata"]["annotations"] = {LAST_APPLIED: annotation}
    return making(pod)


def applied(name):
    return json.dumps({"metadata": {"name": name}})


KUBELET = ("kubelet", "Update", "status")


@pytest.mark.parametrize(
    ("managers", "annotation", "expected"),
    [
        ([("kubectl-client-side-apply", "Update", ""), KUBELET], applied("my-web"), Making(True, "kubectl apply")),
        ([("kubectl", "Apply", ""), KUBELET], None, Making(True, "kubectl apply --server-side or the like")),
        # What was created, and later applied.
        ([("kubectl-create", "Update", ""), ("kubectl-client-side-apply", "Update", "")], applied("my-web"),
         Making(True, "kubectl apply")),
        ([("kubectl-run", "Update", ""), KUBELET], None, Making(False, "kubectl run")),
        # The YAML of a pod that was applied, copied and created.
        ([("kubectl-create", "Update", ""), KUBELET], applied("my-web"), Making(False, "kubectl create")),
        ([("OpenAPI-Generator", "Update", "")], applied("web"), Making(False, "OpenAPI-Generator")),
        # Another client that applies as kubectl does.
        ([("OpenAPI-Generator", "Update", "")], applied("my-web"), Making(True, "another client")),
        ([], applied("my-web"), Making(True, "another client")),
        # Kubernetes itself applies statuses.
        ([("kubectl-run", "Update", ""), ("kubelet", "Apply", "status")], None, Making(False, "kubectl run")),
        ([], None, Making(False)),
        ([], "{", Making(False)),
    ],
)  # fmt: skip
def test_the_field_manager_comes_before_the_annotation(managers, annotation, expected):
    assert made(*managers, annotation=annotation) == expected


@given(OBJECT, st.text(max_size=20))
def test_whatever_a_server_sends(metadata, annotation):
    metadata["annotations"] = {LAST_APPLIED: annotation}
    assert isinstance(making({"metadata": metadata}).declarative, bool)
