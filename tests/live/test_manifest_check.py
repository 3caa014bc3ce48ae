# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""manifest_check against what a real cluster says of its kinds and fields, and what its admission says of pods."""

from __future__ import annotations

import json
import os
import re

import pytest
from conftest import Namespace, kubectl, minor_version, run_module

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
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true
      containers: [{name: web, image: nginx}]
"""


@pytest.fixture(name="newer")
def fixture_newer():
    if minor_version() < 23:
        pytest.skip("Kubernetes has Pod Security from 1.23 on")


@pytest.fixture(name="room")
def fixture_room():
    """A namespace for things of which none is ever to run, and so without the images of the lab."""
    name = f"live-manifest-{os.urandom(3).hex()}"
    try:
        yield Namespace(name, {})
    finally:
        kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


#: What students write, and how the line that they read begins.
SLIPS = {
    "right": (POD, None),
    "field": (
        POD.replace("containers", "contaners"),
        "line 6: contaners is no field of spec. Did you mean containers?",
    ),
    "kind": (POD.replace("Pod", "pod"), "line 2: kind: pod: the cluster has no such kind. Did you mean Pod?"),
    "version": (
        DEPLOYMENT.replace("apps/v1", "apps/v1beta1"),
        "line 1: apiVersion: apps/v1beta1 is not served by this cluster; Deployment is in apps/v1.",
    ),
    "list": (POD + "    ports: {containerPort: 80}\n", "line 9: spec.containers[0].ports must be a list."),
    "place": (
        POD.replace("    image", "  image"),
        "line 8: image is no field of spec. It belongs into spec.containers[]",
    ),
    "word": (POD + "  restartPolicy: always\n", "line 9: spec.restartPolicy cannot be always. Did you mean Always?"),
    "name": (POD.replace("web\nspec", "Web\nspec"), "line 4: metadata.name is not a name that Kubernetes takes."),
    "port": (POD + "    ports: [{containerPort: 80000}]\n", "line 9: spec.containers[0].ports[0].containerPort is not"),
    "amount": (POD + "    resources: {limits: {memory: 64MB}}\n", "line 9: spec.containers[0].resources.limits.memory"),
    "white space": (POD.replace("nginx", "nginx\t# a tab").replace("kind: ", "kind:\t"), None),
    "json": (json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}, indent="\t"), None),
    "script": (
        POD.replace("containers", "\u0441ontainers"),
        "line 6: \u0441ontainers is no field of spec: letter 1 of it is no c but CYRILLIC SMALL LETTER ES",
    ),
    "unseen": (
        POD.replace("image", "im\u200bage"),
        "line 8: image is no field of spec.containers[0]: behind im it has",
    ),
    "tab": (POD.replace("  name: web\nspec", "\tname: web\nspec"), "line 4: There is a tab here."),
}


@pytest.mark.oldest
def test_slips_of_a_class_and_nothing_is_made(room):
    manifests = [{"name": name, "content": text, "namespace": room.name} for name, (text, _line) in SLIPS.items()]
    results = run_module("manifest_check", manifests=manifests)
    assert (results["failed"], results["changed"]) == (False, False)
    for name, (_text, begins) in SLIPS.items():
        found = results["by_name"][name]["lines"]
        assert found == [] if begins is None else len(found) == 1 and found[0].startswith(begins), (name, found)
    assert results["by_name"]["right"]["documents"][0]["dry_run"]["verdict"] == "accepted"
    assert room.kubectl("get", "pods,deployments", "-o", "name") == ""


@pytest.mark.oldest
def test_what_is_beyond_the_limits_of_the_namespace_has_its_line(room):
    limits = {"limits": [{"type": "Container", "max": {"cpu": "500m", "memory": "256Mi"}}]}
    room.apply(
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": room.name}, "spec": limits}
    )
    large = POD + "    resources:\n      limits:\n        cpu: 2\n        memory: 8Gi\n"
    (result,) = run_module("manifest_check", namespace=room.name, content=large)["results"]
    assert [line.split(" is ")[0] for line in result["lines"]] == [
        "line 11: The namespace's maximum of cpu",
        "line 12: The namespace's maximum of memory",
    ]


@pytest.mark.oldest
def test_a_namespace_that_is_not_there_is_told_to_whoever_named_it():
    slip = POD.replace("containers", "contaners")
    results = run_module(
        "manifest_check", namespace="live-manifest-nowhere", manifests=[{"content": POD}, {"content": slip}]
    )["results"]
    assert [(one["namespace_missing"], one["errors"]) for one in results] == [(True, 0), (True, 1)]
    assert results[0]["msg"].startswith("There is no namespace live-manifest-nowhere on the cluster")


@pytest.mark.oldest
def test_an_object_that_is_there(room):
    spec = {"image": "web", "container": {"env": [{"name": "A", "value": "b"}]}}
    room.apply(room.pod("web", **spec))
    same, other = room.pod("web", **spec), room.pod("web", image="web", container={"env": []}, hostPID=True)
    results = run_module(
        "manifest_check",
        namespace=room.name,
        manifests=[{"name": "same", "content": json.dumps(same)}, {"name": "other", "content": json.dumps(other)}],
    )["by_name"]
    assert "is there already" in results["same"]["documents"][0]["dry_run"]["reason"]
    assert results["same"]["valid"]
    assert not results["other"]["valid"]
    assert any("cannot be changed" in line for line in results["other"]["lines"])


@pytest.mark.usefixtures("newer")
def test_the_level_is_that_of_the_admission(room):
    """The pods are dry-run in a namespace that warns of each level: it does exactly where ours is not strict enough."""
    changes = [
        {},
        {"hostNetwork": True},
        {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}},
        {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
        {"volumes": [{"name": "v", "nfs": {"server": "a", "path": "/"}}]},
        {"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}},
    ]
    contexts = [
        {},
        {"privileged": True},
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"], "add": ["SYS_TIME"]}},
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsUser": 0},
        {"seLinuxOptions": {"type": "spc_t"}, "procMount": "Unmasked"},
    ]
    pods = [
        room.pod(f"p-{number}-{index}", container={"securityContext": context}, **change)
        for number, change in enumerate(changes)
        for index, context in enumerate(contexts)
    ]
    manifests = [{"name": pod["metadata"]["name"], "content": json.dumps(pod)} for pod in pods]
    for level in ("baseline", "restricted"):
        kubectl("label", "--overwrite", "namespace", room.name, f"pod-security.kubernetes.io/warn={level}")
        results = run_module("manifest_check", namespace=room.name, manifests=manifests)["results"]
        assert len(results) == len(pods)
        for result in results:
            (document,) = result["documents"]
            if document["dry_run"]["verdict"] != "accepted":
                continue  # a pod that no validation lets through has no verdict of the admission
            warned = any(re.search("violate PodSecurity", text) for text in document["dry_run"]["warnings"])
            satisfied = ("privileged", "baseline", "restricted").index(document["pod_security"]["level"])
            assert warned == (satisfied < ("baseline", "restricted").index(level) + 1), (level, result)


@pytest.mark.usefixtures("newer")
def test_a_deployment_whose_pods_would_never_come(room):
    kubectl("label", "namespace", room.name, "pod-security.kubernetes.io/enforce=baseline")
    manifests = [{"name": "deployment", "content": DEPLOYMENT}, {"name": "pod", "content": POD}]
    results = run_module("manifest_check", namespace=room.name, manifests=manifests)["by_name"]
    assert results["deployment"]["documents"][0]["dry_run"]["verdict"] == "accepted"
    assert not results["deployment"]["valid"]
    assert results["deployment"]["lines"][0].startswith(
        "line 9: The namespace enforces the Pod Security level baseline"
    )
    assert results["pod"]["valid"]
