# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import pages
from ansible_collections.kubelabs.pods.plugins.modules import cluster_info
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import (
    drip_body,
    drip_headers,
    half_open,
    in_order,
    refuse,
    reply,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod


@pytest.fixture(name="info")
def run_cluster_info(api, capfd):
    return lambda **args: run_module(cluster_info.main, capfd, api, **args)


def test_the_cluster(api, info):
    api.node("b", ready=False)
    api.node("a")
    result = info()
    assert result["changed"] is False
    assert result["access"] == []
    assert result["cluster"] == {
        "context": None,
        "server": api.url,
        "version": "v1.99.0",
        "kubectl": f"kubectl --server={api.url}",
        "nodes": [
            {"name": "a", "ready": True, "version": "v1.99.0"},
            {"name": "b", "ready": False, "version": "v1.99.0"},
        ],
        "nodes_reason": "",
    }


def test_how_a_line_for_a_shell_begins(api, capfd, tmp_path):
    paths = [write(tmp_path / name, kubeconfig(api.url, {"token": "secret"})) for name in ("a", "b c")]
    result = run_module(cluster_info.main, capfd, None, kubeconfig=":".join(paths), context="lab")
    assert result["cluster"]["kubectl"] == f"KUBECONFIG={tmp_path}/a:'{tmp_path}/b c' kubectl --context=lab"
    assert result["cluster"]["context"] == "lab"


@pytest.mark.parametrize(
    "node",
    [
        {},
        {"metadata": {"name": "a"}},
        {"metadata": {"name": "a"}, "status": {}},
        {"metadata": {"name": "a"}, "status": {"nodeInfo": None, "conditions": None}},
        {"metadata": {"name": "a"}, "status": {"nodeInfo": {"kubeletVersion": 1}, "conditions": [{"type": "Other"}]}},
        None,
    ],
    ids=["empty", "name alone", "empty status", "nulls", "wrong types", "null"],
)
def test_a_node_that_says_little(api, info, node):
    api.fault("/nodes", reply(200, {"items": [node]}))
    assert info()["cluster"]["nodes"] == [{"name": "a" if node else "", "ready": False, "version": ""}]


@pytest.mark.parametrize("answer", [[], None, {"items": None}, {}], ids=["list", "null", "items null", "no items"])
def test_nodes_that_are_no_list(api, info, answer):
    api.fault("/nodes", reply(200, answer))
    assert info()["cluster"]["nodes"] == []


def test_who_may_not_list_nodes_gets_everything_else_and_the_reason(api, info):
    api.fault("/nodes", refuse(403, "Forbidden", 'nodes is forbidden: User "teacher"\ncannot list resource "nodes"'))
    result = info()
    assert not result.get("failed")
    assert (result["cluster"]["nodes"], result["cluster"]["version"]) == (None, "v1.99.0")
    assert result["cluster"]["nodes_reason"] == (
        'The nodes may not be listed (nodes is forbidden: User "teacher" cannot list resource "nodes"): nothing needs '
        "them, and a ClusterRole with the verb list on nodes would show them."
    )


def test_another_refusal_is_one(api, info):
    api.fault("/nodes", refuse(404, "NotFound", "the server could not find the requested resource"))
    result = info()
    assert result["failed"] and "The nodes cannot be listed on the API server " in result["msg"]
    assert "404 NotFound: the server could not find" in result["msg"] and "cluster" not in result


@pytest.mark.against_the_clock
@pytest.mark.parametrize("fault", [drip_headers, drip_body, half_open], ids=["headers drip", "body drips", "silence"])
@pytest.mark.parametrize("path", ["/version", "/nodes"])
def test_the_timeout_holds_within_a_second(api, info, path, fault):
    """Before, headers that dripped held a task with a timeout of 1 for half a minute."""
    api.fault(path, fault, times=9)
    began = time.monotonic()
    result = info(timeout=0.1)
    assert time.monotonic() - began < 1.1
    assert result["failed"] and api.url in result["msg"]


# --- access ---

CREATE = {"verb": "create", "resource": "namespaces", "subresource": "", "group": "", "namespace": ""}
EXEC = {"verb": "get", "resource": "pods", "subresource": "exec", "group": "", "namespace": "lab-alice"}


def test_what_one_may_do(api, info):
    asked = []

    def may(attributes):
        asked.append(attributes)
        return attributes["verb"] == "get", "" if attributes["verb"] == "get" else "no RBAC policy\nmatched"

    api.may = may
    result = info(access=[CREATE, {name: value for name, value in EXEC.items() if value}, CREATE])
    refused = {**CREATE, "allowed": False, "reason": "no RBAC policy matched"}
    assert result["access"] == [refused, {**EXEC, "allowed": True, "reason": ""}, refused]
    assert sorted(asked, key=str) == [
        {"verb": "create", "resource": "namespaces"},
        {"verb": "create", "resource": "namespaces"},
        {"verb": "get", "resource": "pods", "subresource": "exec", "namespace": "lab-alice"},
    ]


@pytest.mark.against_the_clock
def test_they_are_asked_side_by_side(api, info):
    api.fault(
        "accessreviews", in_order(lambda connection, request: connection.wait(0.1), api.answer), method="POST", times=99
    )
    began = time.monotonic()
    assert len(info(access=[CREATE] * 16)["access"]) == 16
    assert time.monotonic() - began < 1.2


@pytest.mark.parametrize(
    "fault, reason",
    [
        (
            reply(201, {"status": {"allowed": "yes", "evaluationError": "an authorizer is away"}}),
            "an authorizer is away",
        ),
        (reply(201, []), ""),
        (
            refuse(403, "Forbidden", "may not create reviews"),
            "Not known: The API server answered 403 Forbidden: may not create reviews.",
        ),
    ],
    ids=["undecided", "nonsense", "refused"],
)
def test_what_the_server_does_not_say_is_null(api, info, fault, reason):
    api.fault("accessreviews", fault, method="POST")
    assert info(access=[CREATE])["access"] == [{**CREATE, "allowed": None, "reason": reason}]


@pytest.mark.against_the_clock
def test_questions_without_an_answer_end_with_the_timeout(api, info):
    api.fault("accessreviews", half_open, method="POST", times=99)
    began = time.monotonic()
    result = info(access=[CREATE], timeout=0.2)
    assert time.monotonic() - began < 1.4
    assert (result["access"][0]["allowed"], "cluster" in result) == (None, True)
    assert "there was no answer in time" in result["access"][0]["reason"].lower()


# --- where pods find the API server ---

SERVICE = {"spec": {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd00::1"], "ports": [{"port": 443}]}}
SLICES = {
    "items": [
        {"endpoints": [{"addresses": ["172.18.0.2"]}, {"addresses": ["172.18.0.3"]}], "ports": [{"port": 6443}]},
        {"endpoints": None, "ports": None},
        {"endpoints": [{"addresses": ["fd00::2"]}], "ports": [{"port": 6443}, {"name": "x"}]},
    ]
}
ENDPOINTS = {"subsets": [{"addresses": [{"ip": "172.18.0.2"}, {}], "ports": [{"port": 6443}]}, {}]}


def addresses(result):
    return [f"{one['address']} {one['port']}" for one in result["api_server"]]


def test_the_addresses_of_the_service_and_of_what_is_behind_it(api, info):
    api.fault("/services/kubernetes", reply(200, SERVICE))
    api.fault("/endpointslices", reply(200, SLICES))
    assert addresses(info()) == [
        "10.96.0.1 443",
        "fd00::1 443",
        "172.18.0.2 6443",
        "172.18.0.3 6443",
        "fd00::2 6443",
    ]
    (asked,) = [one for one in api.requests if "endpointslices" in one.path]
    assert asked.one("labelSelector") == "kubernetes.io/service-name=kubernetes"


def test_kubernetes_1_20_has_no_endpoint_slices_of_v1(api, info):
    spec = {"clusterIP": "10.96.0.1", "ports": [{"port": 443}]}
    api.fault("/services/kubernetes", reply(200, {"spec": spec}))
    api.fault("/endpointslices", refuse(404, "NotFound", "the server could not find the requested resource"))
    api.fault("/endpoints/kubernetes", reply(200, ENDPOINTS))
    assert addresses(info()) == ["10.96.0.1 443", "172.18.0.2 6443"]


@pytest.mark.parametrize("path", ["/services/kubernetes", "/endpointslices"])
def test_who_may_not_see_them_gets_everything_else(api, info, path):
    api.fault("/services/kubernetes", reply(200, SERVICE))
    api.fault(path, refuse(403, "Forbidden", "services is forbidden"))
    api.fault(path, refuse(403, "Forbidden", "services is forbidden"))
    result = info()
    assert result["api_server"] is None
    assert result["cluster"]["version"] == "v1.99.0"


# --- how much room there is ---

CLASS = {"kubelabs.pods/class": "c"}
MIB = 2**20
FORBIDDEN = refuse(403, "Forbidden", 'pods is forbidden: User "teacher"\ncannot list resource "pods"')


def put_pod(api, name, on="a", cpu="100m", phase="Running", labels=None):
    pod = make_pod(name, phase=phase, labels=labels or {})
    pod["spec"] |= {"nodeName": on, "containers": [{"resources": {"requests": {"cpu": cpu, "memory": "16Mi"}}}]}
    api.put(pod)


def asked_for_pods(api):
    return [request for request in api.requests if request.path == "/api/v1/pods"]


def test_room_is_not_asked_for_by_itself(api, info):
    api.node("a")
    result = info()
    assert (result["capacity"], result["capacity_pods"], result["capacity_reason"]) == (None, None, "")
    assert asked_for_pods(api) == []


def test_how_much_room_there_is(api, info):
    api.node("b", taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}])
    api.node("c", unschedulable=True)
    api.node("d", ready=False)
    api.node("a", allocatable={"cpu": "3920m", "memory": "1Gi", "pods": "20", "ephemeral-storage": "1G"})
    put_pod(api, "web", labels=CLASS)
    put_pod(api, "shell", cpu="0.5", labels={"kubelabs.pods/class": "d"})
    put_pod(api, "system", on="b")
    result = info(capacity=True, capacity_labels=CLASS)
    assert result["capacity"][0] == {
        "name": "a",
        "schedulable": True,
        "reason": "",
        "allocatable": {"cpu": 3920, "memory": 1024 * MIB, "pods": 20, "ephemeral_storage": 10**9},
        "requested": {"cpu": 600, "memory": 32 * MIB, "pods": 2, "ephemeral_storage": 0},
    }
    assert [(node["name"], node["schedulable"], node["reason"]) for node in result["capacity"][1:]] == [
        ("b", False, "taint node-role.kubernetes.io/control-plane:NoSchedule"),
        ("c", False, "cordoned"),
        ("d", False, "not ready"),
    ]
    assert result["capacity"][1]["requested"]["cpu"] == 100
    (ours,) = result["capacity_pods"]
    assert (ours["namespace"], ours["name"], ours["node"]) == ("lab-alice", "web", "a")
    assert set(ours["requested"]) == {"cpu", "memory", "pods", "ephemeral_storage"}
    assert result["capacity_reason"] == ""


def test_the_pods_come_page_by_page_without_those_that_have_ended(api, info, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    api.node("a")
    for number in range(5):
        put_pod(api, f"pod-{number}")
    # The fake server knows no field selectors.
    put_pod(api, "ended", phase="Succeeded")
    assert info(capacity=True)["capacity"][0]["requested"]["pods"] == 5
    assert [(one.one("limit"), one.one("continue")) for one in asked_for_pods(api)] == [
        ("2", ""),
        ("2", "2"),
        ("2", "4"),
    ]
    assert {one.one("fieldSelector") for one in asked_for_pods(api)} == {"status.phase!=Succeeded,status.phase!=Failed"}
    assert sum(one.path == "/api/v1/nodes" for one in api.requests) == 1


def test_a_page_is_of_500():
    assert pages.PAGE == 500


def test_where_the_server_has_forgotten_the_place_the_sum_is_begun_anew(api, info, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    api.node("a")
    for number in range(3):
        put_pod(api, f"pod-{number}")
    api.fault("/pods", api.answer)
    api.fault("/pods", refuse(410, "Expired", "The provided continue parameter is too old"))
    assert info(capacity=True)["capacity"][0]["requested"]["pods"] == 3
    assert [one.one("continue") for one in asked_for_pods(api)] == ["", "2", "", "2"]


def test_where_it_always_forgets_the_room_is_not_known(api, info):
    api.node("a")
    api.fault("/pods", refuse(410, "Expired", "too old"), times=99)
    result = info(capacity=True)
    assert len(asked_for_pods(api)) == cluster_info.ATTEMPTS
    assert result["capacity"] is None and "faster than they can be listed" in result["capacity_reason"]


def test_who_may_not_list_pods_gets_everything_else(api, info):
    api.node("a")
    api.fault("/pods", FORBIDDEN)
    result = info(capacity=True, capacity_labels=CLASS)
    assert (result["capacity"], result["capacity_pods"]) == (None, None)
    assert result["capacity_reason"] == (
        "The pods of the whole cluster may not be listed"
        ' (pods is forbidden: User "teacher" cannot list resource "pods"):'
        " a ClusterRole with the verb list on pods would show what they ask for."
    )
    assert len(result["cluster"]["nodes"]) == 1


def test_who_may_not_list_nodes_need_not_list_pods(api, info):
    api.fault("/nodes", refuse(403, "Forbidden", "nodes is forbidden"))
    result = info(capacity=True)
    assert result["capacity"] is None and asked_for_pods(api) == []
    assert result["capacity_reason"] == result["cluster"]["nodes_reason"] != ""


@pytest.mark.against_the_clock
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refuse(404, "NotFound", "no such thing"), "cannot be listed: The API server answered 404 NotFound: no such"),
        (reply(200, "gibberish"), "cannot be listed: The API server's answer is not JSON"),
        (half_open, "did not come in time"),
    ],
    ids=["refused", "gibberish", "silence"],
)
def test_trouble_with_the_pods_is_a_reason_and_no_failure(api, info, fault, words):
    api.node("a")
    api.fault("/pods", fault, times=9)
    began = time.monotonic()
    result = info(capacity=True, timeout=0.5)
    assert time.monotonic() - began < 1.5
    assert not result.get("failed") and result["capacity"] is None
    assert words in result["capacity_reason"]
