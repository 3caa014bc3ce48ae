# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A class ends clean whatever its students left in their namespaces."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import time

import pytest
from conftest import Module, eventually, kubectl, run_module

STUBBORN = ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"]


class Class:
    """A class of the test's own: namespaces with our labels, and what students leave in them."""

    def __init__(self, name, images):
        self.name = name
        self.labels = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": name}
        self.selector = ",".join(f"{key}={value}" for key, value in self.labels.items())
        self._image = images["shell"]

    def namespace(self, student, *objects, **metadata):
        """A namespace, and what is in it; returns its name."""
        name = f"{self.name}-{student}"
        meta = {"name": name, "labels": self.labels, **metadata}
        self.apply(name, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        eventually(lambda: "default" in kubectl("-n", name, "get", "secrets,serviceaccounts", "-o", "name"))
        if objects:
            # Until there is a service account (up to Kubernetes 1.23 with a token) no pod is admitted.
            eventually(lambda: self._applied(name, *objects))
        return name

    def apply(self, namespace, *objects):
        kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [
            {**one, "metadata": {**one["metadata"], **({} if one["kind"] == "Namespace" else {"namespace": namespace})}}
            for one in objects
        ]}))  # fmt: skip

    def _applied(self, namespace, *objects):
        with contextlib.suppress(AssertionError):
            self.apply(namespace, *objects)
            return True
        return False

    def template(self, command=("sleep", "3600"), grace=2, **spec):
        container = {"name": "c", "image": self._image, "imagePullPolicy": "IfNotPresent", "command": list(command)}
        return {"terminationGracePeriodSeconds": grace, "containers": [container], **spec}

    def pod(self, name="web", command=("sleep", "3600"), grace=2, metadata=None, **spec):
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, **(metadata or {})},
            "spec": self.template(command, grace, **spec),
        }

    def workload(self, kind, api_version="apps/v1", **spec):
        labels = {"app": "my-app"}
        return {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": {"name": "my-app"},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": self.template()},
                **spec,
            },
        }

    def job(self):
        spec = self.template(restartPolicy="OnFailure")
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "my-app"},
            "spec": {"template": {"spec": spec}},
        }

    def cron_job(self):
        versions = kubectl("api-versions").split()
        return {
            "apiVersion": "batch/v1" if "batch/v1beta1" not in versions else "batch/v1beta1",
            "kind": "CronJob",
            "metadata": {"name": "my-app"},
            "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": self.job()["spec"]}},
        }

    def pods_run(self, namespace, *, prefix="my-app"):
        def run():
            lines = kubectl("-n", namespace, "get", "pods", "--no-headers").splitlines()
            return any(line.startswith(prefix) and "Running" in line for line in lines)

        eventually(run, 90)

    def teardown(self, **options):
        """The results by student, and how long it took."""
        began = time.monotonic()
        answer = run_module("namespace_teardown", label_selector=self.selector, fail_on_unmet=False, **options)
        answer["seconds"] = time.monotonic() - began
        answer["students"] = {result["namespace"].removeprefix(f"{self.name}-"): result for result in answer["results"]}
        return answer

    def left(self):
        return set(kubectl("get", "namespaces", "-l", self.selector, "-o", "name").split())


@pytest.fixture(name="a_class")
def fixture_class(images):
    name = f"live-teardown-{os.urandom(3).hex()}"
    one = Class(name, images)
    yield one
    for line in kubectl("get", "namespaces", "-o", "name").split():
        if line.startswith(f"namespace/{name}"):
            kubectl("delete", line, "--wait=false", "--ignore-not-found")


def test_what_recreates_pods_does_not_keep_a_class_from_ending(a_class):
    kinds = {
        "deployment": a_class.workload("Deployment", replicas=2),
        "stateful-set": a_class.workload("StatefulSet", serviceName="my-app"),
        "daemon-set": a_class.workload("DaemonSet"),
        "replica-set": a_class.workload("ReplicaSet"),
        "job": a_class.job(),
    }
    for student, workload in kinds.items():
        a_class.namespace(student, workload)
    a_class.namespace("cron-job", a_class.cron_job())  # every minute
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "my-app"}}}
    policy = "policy/v1" if "policy/v1\n" in kubectl("api-versions") else "policy/v1beta1"
    guard = {"apiVersion": policy, "kind": "PodDisruptionBudget", "metadata": {"name": "guard"}, "spec": budget}
    a_class.namespace("budget", a_class.workload("Deployment"), guard)
    for student in [*kinds, "cron-job", "budget"]:
        a_class.pods_run(f"{a_class.name}-{student}")
    answer = a_class.teardown(timeout=120)
    assert {one["state"] for one in answer["results"]} == {"deleted"}, answer["results"]
    assert len(answer["results"]) == 7
    assert a_class.left() == set()
    assert answer["seconds"] < 60
    assert not a_class.teardown()["changed"]


def test_what_cannot_go_is_named_and_everything_else_goes(a_class):
    lesson = {"finalizers": ["example.com/lesson"]}
    a_class.namespace("finalizer", a_class.pod("held", metadata=lesson), a_class.pod("free"))
    notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "notes", **lesson}}
    a_class.namespace("notes", notes, a_class.pod())
    a_class.namespace("hold", finalizers=["example.com/hold"])
    a_class.namespace("stubborn", a_class.pod("stubborn", STUBBORN, grace=3600))
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    a_class.namespace("claim", claim, a_class.pod("user", volumes=[volume]))
    going = a_class.namespace("going", a_class.pod("stubborn", STUBBORN, grace=3600))
    for student, pod in {"finalizer": "held", "stubborn": "stubborn", "going": "stubborn"}.items():
        a_class.pods_run(f"{a_class.name}-{student}", prefix=pod)
    kubectl("delete", "namespace", going, "--wait=false")

    answer = a_class.teardown(timeout=40, max_grace_period=5)
    students = answer["students"]
    states = {student: result["state"] for student, result in students.items()}
    stuck = {"finalizer", "notes", "hold"}
    assert states == {student: "stuck" if student in stuck else "deleted" for student in states}, answer["results"]
    assert "stubborn asks for 3600 s" in students["stubborn"]["reason"]
    assert students["stubborn"]["duration"] < 30
    assert "pod held has the finalizer example.com/lesson" in students["finalizer"]["reason"].lower()
    assert "configmaps notes has the finalizer example.com/lesson" in students["notes"]["reason"]
    assert "example.com/hold" in students["hold"]["reason"]
    assert kubectl("-n", f"{a_class.name}-finalizer", "get", "pods", "-o", "name").split() == ["pod/held"]
    # The commands that are given free them.
    for student in sorted(stuck):
        for line in students[student]["hint"].split("; "):
            free(line)
    assert {one["state"] for one in a_class.teardown(timeout=60)["results"]} <= {"deleted"}
    assert a_class.left() == set()


def free(line):
    """What was printed, typed."""
    words = shlex.split(line)
    assert words[0] == "kubectl"
    assert words[1] == "--kubeconfig" and words[3].startswith("--context=")  # which kubectl() adds by itself
    kubectl(*words[4:])


@pytest.mark.alone  # while it is there, no namespace of any test can go
def test_an_api_service_that_does_not_answer_is_quoted(a_class):
    a_class.namespace("anna", a_class.pod())
    group = f"{a_class.name}.example.com"
    service = {"namespace": "default", "name": "nobody"}
    kubectl("apply", "-f", "-", stdin=json.dumps({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"v1.{group}"},
        "spec": {"group": group, "version": "v1", "service": service, "groupPriorityMinimum": 1000,
                 "versionPriority": 15, "insecureSkipTLSVerify": True},
    }))  # fmt: skip
    try:
        (result,) = a_class.teardown(timeout=20)["results"]
        assert result["state"] == "stuck"
        assert "NamespaceDeletionDiscoveryFailure" in result["reason"]
        assert group in result["reason"]
        assert f"delete apiservice v1.{group}" in result["hint"]
    finally:
        kubectl("delete", "apiservice", f"v1.{group}")
    # It may be gone before it is asked for again: then there is nothing to tell of.
    assert {one["state"] for one in a_class.teardown(timeout=60)["results"]} <= {"deleted"}
    assert a_class.left() == set()


def test_a_label_taken_off_meanwhile_is_left_alone(a_class):
    name = a_class.namespace("anna", a_class.pod("slow", STUBBORN, grace=20))
    a_class.namespace("ben", a_class.pod())
    a_class.pods_run(name, prefix="slow")
    running = Module("namespace_teardown", label_selector=a_class.selector, fail_on_unmet=False, timeout=60)
    eventually(lambda: "Terminating" in kubectl("-n", name, "get", "pods"))
    kubectl("label", "namespace", name, "app.kubernetes.io/managed-by-", "kubelabs.pods/class-")
    results = running.result()["by_name"]
    assert results[name]["state"] == "left_alone"
    assert results[f"{a_class.name}-ben"]["state"] == "deleted"
    assert "Active" in kubectl("get", "namespace", name)


def test_only_the_class_goes_and_only_its_pods_where_namespaces_are_kept(a_class):
    name = a_class.namespace("anna", a_class.pod("ours", metadata={"labels": a_class.labels}), a_class.pod("mine"))
    answer = a_class.teardown(namespaces=[name], keep_namespaces=True, timeout=60)
    assert [(one["state"], one["pods"]) for one in answer["results"]] == [("emptied", 1)]
    assert kubectl("-n", name, "get", "pods", "-o", "name").split() == ["pod/mine"]
    planned = run_module("namespace_teardown", label_selector=a_class.selector, check_mode=True)
    assert [one["state"] for one in planned["results"]] == ["would_be_deleted"]
    assert "Active" in kubectl("get", "namespace", name)
