# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.capacity import (
    Capacity,
    amounts,
    pod_requests,
    reason_against,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import OBJECT

MI = 2**20


def box(cpu="0", memory="0", **more):
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def sidecar(cpu="0", memory="0"):
    return box(cpu, memory, restartPolicy="Always")


def node(name="a", ready="True", taints=(), **spec):
    return {
        "metadata": {"name": name},
        "spec": {"taints": [{"key": key, "effect": effect} for key, effect in taints], **spec},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "allocatable": {"cpu": "3920m", "memory": "8146744Ki", "pods": "110", "ephemeral-storage": "95491281146"},
        },
    }


@pytest.mark.parametrize(
    ("spec", "cpu", "memory"),
    [
        ({}, 0, 0),
        ({"containers": [box("100m", "64Mi"), box("0.25", "1Gi")]}, 350, 1088),
        # An init container runs by itself ...
        ({"containers": [box("100m", "64Mi")], "initContainers": [box("1", "16Mi")]}, 1000, 64),
        ({"containers": [box("1")], "initContainers": [box("600m"), box("700m")]}, 1000, 0),
        # ... beside the sidecars that were started before it, and those only.
        ({"containers": [box("1")], "initContainers": [sidecar("500m"), box("800m")]}, 1500, 0),
        ({"containers": [box("1")], "initContainers": [sidecar("500m"), box("1200m")]}, 1700, 0),
        ({"containers": [box("1")], "initContainers": [box("1200m"), sidecar("500m")]}, 1500, 0),
        ({"containers": [box("10m")], "initContainers": [box("1200m"), sidecar("500m"), sidecar("100m")]}, 1200, 0),
        (
            {"containers": [box("10m")], "initContainers": [sidecar("300m"), box("1"), sidecar("300m"), box("1")]},
            1600,
            0,
        ),
        # Overhead comes on top of whichever is more.
        ({"containers": [box("100m")], "initContainers": [box("1")], "overhead": {"cpu": "50m"}}, 1050, 0),
        # What the pod as a whole asks for counts instead; resources of which it says nothing stay.
        ({"containers": [box("100m", "64Mi")], "resources": {"requests": {"cpu": "2"}}}, 2000, 64),
        ({"containers": [{"resources": {"limits": {"cpu": "1"}}}]}, 0, 0),
    ],
)
def test_what_the_scheduler_reserves(spec, cpu, memory):
    assert pod_requests({"spec": spec}) == {"cpu": cpu, "memory": memory * MI, "ephemeral_storage": 0}


@pytest.mark.parametrize(
    ("given_node", "reason"),
    [
        (node(), ""),
        (node(ready="False"), "not ready"),
        (node(ready="Unknown"), "not ready"),
        (node(unschedulable=True), "cordoned"),
        (node(unschedulable=False), ""),
        (
            node(taints=[("node-role.kubernetes.io/control-plane", "NoSchedule")]),
            "taint node-role.kubernetes.io/control-plane:NoSchedule",
        ),
        (node(taints=[("gpu", "PreferNoSchedule")]), ""),
        (node(taints=[("gpu", "PreferNoSchedule"), ("gone", "NoExecute")]), "taint gone:NoExecute"),
        (node(taints=[("node.kubernetes.io/unreachable", "NoExecute")]), ""),
        (
            node(taints=[("node.kubernetes.io/not-ready", "NoSchedule")]),
            "taint node.kubernetes.io/not-ready:NoSchedule",
        ),
    ],
)
def test_why_no_pod_is_put_on_a_node(given_node, reason):
    assert reason_against(given_node) == reason


def pod(on="a", phase="Running", labels=None, name="p", **metadata):
    return {
        "metadata": {"name": name, "namespace": "lab", "labels": labels or {}, **metadata},
        "spec": {"nodeName": on, "containers": [box("100m", "64Mi")]},
        "status": {"phase": phase},
    }


def test_the_pods_of_each_node_are_summed_up():
    capacity = Capacity([node("b"), node("a")], {})
    for one in (pod(), pod(), pod("b"), pod("b", "Succeeded"), pod("b", "Failed"), pod("", "Pending"), pod("gone")):
        capacity.count(one)
    assert [one["name"] for one in capacity.nodes()] == ["a", "b"]
    assert [one["requested"] for one in capacity.nodes()] == [
        {"cpu": 200, "memory": 128 * MI, "ephemeral_storage": 0, "pods": 2},
        {"cpu": 100, "memory": 64 * MI, "ephemeral_storage": 0, "pods": 1},
    ]
    assert capacity.nodes()[0]["allocatable"] == {
        "cpu": 3920,
        "memory": 8146744 * 1024,
        "ephemeral_storage": 95491281146,
        "pods": 110,
    }
    assert capacity.pods == []


def test_pods_of_the_class_are_named_wherever_they_are():
    ours = {"class": "c"}
    capacity = Capacity([node()], ours)
    capacity.count(pod(labels=ours, name="web"))
    capacity.count(pod("", "Pending", labels=ours, name="waits"))
    capacity.count(pod(labels={"class": "d"}, name="other"))
    capacity.count(pod(phase="Failed", labels=ours, name="evicted"))
    capacity.count(pod(labels=ours, name="going", deletionTimestamp="2026-11-22T08:31:41Z"))
    asked = {"cpu": 100, "memory": 64 * MI, "ephemeral_storage": 0, "pods": 1}
    assert capacity.pods == [
        {"namespace": "lab", "name": "web", "node": "a", "requested": asked},
        {"namespace": "lab", "name": "waits", "node": "", "requested": asked},
    ]
    # Until it has gone it holds what it asked for.
    assert capacity.nodes()[0]["requested"]["pods"] == 3


@given(OBJECT, OBJECT)
def test_whatever_a_server_sends_is_summed_up(any_node, any_pod):
    capacity = Capacity([any_node], {"class": "c"})
    capacity.count(any_pod)
    assert len(capacity.nodes()) == 1


@given(st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=6), st.lists(st.integers(0, 99), max_size=4))
def test_init_containers_need_at_least_what_each_of_them_and_all_that_stay_need(inits, containers):
    spec = {
        "containers": [box(f"{cpu}m") for cpu in containers],
        "initContainers": [(sidecar if stays else box)(f"{cpu}m") for cpu, stays in inits],
    }
    cpu = pod_requests({"spec": spec})["cpu"]
    assert cpu >= sum(containers) + sum(amount for amount, stays in inits if stays)
    assert cpu >= max([amount for amount, _stays in inits], default=0)
    assert cpu <= sum(containers) + sum(amount for amount, _stays in inits)


@pytest.mark.parametrize("nonsense", [None, [], "x", {"cpu": None, "memory": "much", "ephemeral-storage": []}])
def test_amounts_that_are_none_are_0(nonsense):
    assert amounts(nonsense) == {"cpu": 0, "memory": 0, "ephemeral_storage": 0}
