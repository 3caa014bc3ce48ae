# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only newer Kubernetes has, and what is told of it. Each test says from which version on."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from conftest import CLUSTER, Module, eventually, kubectl, minor_version, run_module

#: Seconds for what comes to an end by itself, long before, on a machine that has nothing else to do.
PATIENCE = 240

#: What kubectl prints of a node's condition Ready.
READY = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'

#: What curl says of packets that are rejected (7) or dropped (28).
REFUSED = (("nonzero_exit", 7), ("nonzero_exit", 28))

pytestmark = pytest.mark.timeout(5 * PATIENCE)


@pytest.fixture(autouse=True, name="since")
def fixture_since(request):
    marker = request.node.get_closest_marker("since")
    if marker and minor_version() < marker.args[0]:
        pytest.skip(f"Kubernetes 1.{marker.args[0]} has it first, this is 1.{minor_version()}")


def ready(namespace, *names, **options):
    pods = [{"namespace": namespace.name, "name": name} for name in names]
    options = {"timeout": PATIENCE, "fail_on_unmet": False, **options}
    answer = run_module("pod_ready_watch", label_selector=namespace.selector, pods=pods, **options)
    return {result["pod"]: result for result in answer["results"]}


def restarted(namespace, until, **options):
    options = {"timeout": PATIENCE, "fail_on_unmet": False, **options}
    answer = run_module("pod_restart_watch", label_selector=namespace.selector, until=until, **options)
    return {result["pod"]: result for result in answer["results"]}


@pytest.mark.oldest
def test_the_newest_protocol_that_the_cluster_speaks(namespace):
    namespace.apply(namespace.pod("web"))
    namespace.ready("web")
    probe = {"name": "one", "namespace": namespace.name, "pod": "web", "command": ["true"]}
    (result,) = run_module("pod_exec_probe", probes=[probe])["results"]
    assert result["protocol"] == ("v5.channel.k8s.io" if minor_version() >= 30 else "v4.channel.k8s.io")


@pytest.mark.oldest
def test_a_container_killed_for_its_memory(namespace):
    limits = {"container": {"resources": {"limits": {"memory": "16Mi"}, "requests": {"memory": "16Mi"}}}}
    namespace.apply(namespace.pod("hungry", "sh", "-c", "sleep 1; exec tail /dev/zero", **limits))
    result = restarted(namespace, {"restarts": 1})["hungry"]
    assert result["verdict"] == "reached", result
    assert {(run["exit_code"], run["reason"]) for run in result["runs"] if run["finished"]} == {(137, "OOMKilled")}
    result = ready(namespace, "hungry", min_ready_seconds=PATIENCE)["hungry"]
    assert result["verdict"] == "failed", result
    assert "OOMKilled" in result["reason"] and "memory" in result["hint"], result


@pytest.mark.since(29)
def test_native_sidecars(namespace):
    """Init containers that go on running: a pod waits for their start, not their end; they restart by themselves."""

    def sidecar(*command, **fields):
        return {
            "name": "sidecar",
            "image": namespace.images["shell"],
            "restartPolicy": "Always",
            "command": [*command],
            **fields,
        }

    never = {"startupProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1000}}
    namespace.apply(
        namespace.pod("good", initContainers=[sidecar("sleep", "3600")]),
        namespace.pod("crashing", initContainers=[sidecar("sh", "-c", "sleep 2; exit 3")], labels={"role": "restarts"}),
        namespace.pod("waiting", initContainers=[sidecar("sleep", "3600", **never)]),
        namespace.pod("absent", initContainers=[sidecar("no-such-program")]),
    )
    watch = Module(
        "pod_restart_watch",
        label_selector=f"{namespace.selector},role=restarts",
        container="sidecar",
        until={"restarts": 2},
        timeout=PATIENCE,
        fail_on_unmet=False,
    )
    results = ready(namespace, "good", "absent")
    assert results["good"]["verdict"] == "reached", results["good"]
    assert (
        results["absent"]["verdict"] in ("failed", "never_started") and "no-such-program" in results["absent"]["reason"]
    )
    assert "sidecar" in results["absent"]["reason"]
    result = ready(namespace, "waiting", timeout=10)["waiting"]
    assert result["verdict"] == "timeout" and "sidecar" in result["reason"], result
    (result,) = watch.result()["results"]
    assert result["verdict"] == "reached", result
    assert {run["exit_code"] for run in result["runs"] if run["finished"]} == {3}
    assert result["back_off"]["finding"] == "as_expected", result["back_off"]


@pytest.mark.since(35)
def test_restart_rules_of_a_container(namespace):
    """Its own rules come before the pod's policy: one exit code restarts, all others are the end."""

    def rules(code):
        rule = {"action": "Restart", "exitCodes": {"operator": "In", "values": [code]}}
        return {"container": {"restartPolicy": "Never", "restartPolicyRules": [rule]}}

    namespace.apply(
        namespace.pod("restarts", "sh", "-c", "sleep 1; exit 42", **rules(42)),
        namespace.pod("ends", "sh", "-c", "sleep 1; exit 1", **rules(42)),
        namespace.pod(
            "anyway", "sh", "-c", "sleep 1; exit 1", restartPolicy="Never", container={"restartPolicy": "Always"}
        ),
    )
    results = restarted(namespace, {"restarts": 1})
    assert {name: result["verdict"] for name, result in results.items()} == {
        "restarts": "reached",
        "ends": "failed",
        "anyway": "reached",
    }, results
    assert results["ends"]["hint"], results["ends"]


@pytest.mark.since(25)
def test_a_pod_that_pod_security_refuses(namespace):
    """It never appears; its controller's events quote the refusal."""
    kubectl("label", "namespace", namespace.name, "pod-security.kubernetes.io/enforce=restricted")
    pod = namespace.pod("web")
    labels = pod["metadata"]["labels"]
    template = {"metadata": {"labels": labels}, "spec": {**pod["spec"], "terminationGracePeriodSeconds": 1}}
    spec = {"serviceName": "web", "selector": {"matchLabels": labels}, "template": template}
    namespace.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": spec})
    eventually(lambda: "PodSecurity" in namespace.kubectl("get", "events"), PATIENCE)
    result = ready(namespace, "web-0", grace=3)["web-0"]
    assert result["verdict"] == "never_started", result
    assert 'violates PodSecurity "restricted' in result["reason"] and "allowPrivilegeEscalation" in result["reason"]
    assert "Pod Security" in result["hint"], result


@pytest.mark.since(30)
def test_a_policy_of_the_clusters_own_refuses_a_students_pods(run_playbook):
    """The check quotes the refusal; the other students' labs go on."""
    policy = run_playbook.class_name[:50]
    namespace = f"{run_playbook.class_name}-ben"
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
            ],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        },
        "validations": [{"expression": "object.metadata.name != 'web'", "message": "no pod is called web here"}],
    }
    binding = {"policyName": policy, "validationActions": ["Deny"]}
    group = "admissionregistration.k8s.io/v1"
    objects = [
        {"apiVersion": group, "kind": kind, "metadata": {"name": policy}, "spec": its_spec}
        for kind, its_spec in (("ValidatingAdmissionPolicy", spec), ("ValidatingAdmissionPolicyBinding", binding))
    ]
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    time.sleep(10)  # until the API server goes by it
    try:
        run = run_playbook("provision.yml", pods_lab_students=["anna", "ben"])
    finally:
        kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", policy)
    assert run.status != 0
    assert set(run.statuses("anna").values()) <= {"passed", "skipped"}
    assert run.statuses("ben")["web_pod_ready"] == "failed"
    assert "no pod is called web here" in run.check("ben", "web_pod_ready")["reason"]
    assert run.statuses("ben")["shell_pod_ready"] == "passed"


@pytest.mark.since(33)
def test_a_pod_that_is_resized_in_place(namespace):
    """It stays the same pod, and ready; a container that its policy restarts for it is seen to restart."""
    small = {"resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "100m", "memory": "32Mi"}}}
    policy = {"resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]}
    namespace.apply(
        namespace.pod("stays", container=small),
        namespace.pod("restarts", container={**small, **policy}),
    )
    namespace.ready("stays", "restarts")
    restarts = Module(
        "pod_restart_watch",
        label_selector=namespace.selector,
        until={"restarts": 1},
        timeout=40,
        fail_on_unmet=False,
    )
    for name, resource, much in (("stays", "cpu", "200m"), ("restarts", "memory", "48Mi")):
        resources = {"limits": {resource: much}, "requests": {resource: much}}
        patch = {"spec": {"containers": [{"name": "app", "resources": resources}]}}
        namespace.kubectl("patch", "pod", name, "--subresource=resize", "--patch", json.dumps(patch))
    result = ready(namespace, "stays", min_ready_seconds=5)["stays"]
    assert result["verdict"] == "reached", result
    results = {result["pod"]: result for result in restarts.result()["results"]}
    assert {name: result["verdict"] for name, result in results.items()} == {
        "stays": "timeout",
        "restarts": "reached",
    }, results


@pytest.mark.since(30)
def test_a_user_namespace_and_a_read_only_file_system(namespace):
    """Where nodes can do it the pod is ready; where they cannot, they say so, and that is told."""
    read_only = {"container": {"securityContext": {"readOnlyRootFilesystem": True}}}
    namespace.apply(namespace.pod("read-only", **read_only), namespace.pod("own-users", hostUsers=False))
    results = ready(namespace, "read-only", "own-users", grace=20)
    assert results["read-only"]["verdict"] == "reached", results["read-only"]
    probe = {"name": "write", "namespace": namespace.name, "pod": "read-only", "command": ["touch", "/somewhere"]}
    expected = {"outcome": "nonzero_exit", "stderr_contains": "Read-only file system"}
    answer = run_module("pod_exec_probe", probes=[{**probe, "expect": expected}])
    assert not answer["failed"], answer["msg"]
    result = results["own-users"]
    if result["verdict"] != "reached":
        assert result["verdict"] == "never_started" and "user namespace" in result["reason"].lower(), result
        return
    probe = {"name": "map", "namespace": namespace.name, "pod": "own-users", "command": ["cat", "/proc/self/uid_map"]}
    (result,) = run_module("pod_exec_probe", probes=[probe])["results"]
    assert result["stdout"].split()[:2] != ["0", "0"], result["stdout"]


@pytest.mark.oldest
def test_network_policies_are_enforced_or_not(namespace):
    """The same policy, on a network that enforces it and on one that does not: a request by pod IP tells which."""
    port = {"container": {"env": [{"name": "WHOAMI_PORT_NUMBER", "value": "8080"}]}}
    namespace.apply(namespace.pod("web", image="web", **port), namespace.pod("shell"))
    namespace.ready("web", "shell")
    address = namespace.kubectl("get", "pod", "web", "-o", "jsonpath={.status.podIP}")
    probe = {
        "name": "http",
        "namespace": namespace.name,
        "pod": "shell",
        "command": ["curl", "-sS", "-m", "3", f"http://{address}:8080/"],
    }

    def outcome():
        (result,) = run_module("pod_exec_probe", probes=[probe], fail_on_unmet=False)["results"]
        return result["outcome"], result["rc"]

    eventually(lambda: outcome() == ("ok", 0), 60)
    deny = {"podSelector": {}, "policyTypes": ["Ingress"]}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny"}, "spec": deny}
    namespace.apply(policy)
    enforced = "kube-router" in kubectl("-n", "kube-system", "get", "daemonsets", "-o", "name")
    if enforced:
        eventually(lambda: outcome() in REFUSED, 60)
        namespace.kubectl("delete", "networkpolicy", "deny")
        eventually(lambda: outcome() == ("ok", 0), 60)
    else:
        time.sleep(5)
        assert outcome() == ("ok", 0)


@pytest.fixture(name="short_back_off")
def fixture_short_back_off():
    """A node whose kubelet restarts containers after 8 seconds at most; its name."""
    node = f"{CLUSTER['kind_cluster_name']}-worker"
    config = "/var/lib/kubelet/config.yaml"

    def in_node(script):
        subprocess.run(["docker", "exec", node, "sh", "-euc", script], check=True, timeout=60)
        eventually(lambda: "True" in kubectl("get", "node", node, "-o", READY), PATIENCE)

    in_node(
        f"cp {config} {config}.kept; printf 'crashLoopBackOff:\n  maxContainerRestartPeriod: 8s\n' >> {config}; "
        "systemctl restart kubelet"
    )
    yield node
    in_node(f"mv {config}.kept {config}; systemctl restart kubelet")


@pytest.mark.alone  # a kubelet is restarted
@pytest.mark.since(35)
def test_a_node_with_a_shorter_back_off(namespace, short_back_off):
    """What its kubelet announces is what the delays are measured against."""
    namespace.apply(namespace.pod("crashing", "sh", "-c", "sleep 1; exit 1", nodeName=short_back_off))
    result = restarted(namespace, {"restarts": 4})["crashing"]
    assert result["verdict"] == "reached", result
    assert result["back_off"]["finding"] == "as_expected", result
    assert [delay["nominal"] for delay in result["delays"]][1:3] == [8, 8], result["delays"]
