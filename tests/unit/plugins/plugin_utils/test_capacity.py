# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils._capacity import forecast

MI = 2**20
SMALL = {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}}
PODS = {"web": SMALL, "shell": SMALL, "failing": SMALL}


def node(name="a", reason="", cpu=4000, memory=4096, pods=110, storage=10000, used=None):
    allocatable = {"cpu": cpu, "memory": memory * MI, "pods": pods, "ephemeral_storage": storage * MI}
    requested = {"cpu": 0, "memory": 0, "pods": 0, "ephemeral_storage": 0, **(used or {})}
    return {
        "name": name,
        "schedulable": not reason,
        "reason": reason,
        "allocatable": allocatable,
        "requested": requested,
    }


def students(count):
    return [{"name": f"s{number}", "namespace": f"lab-{number}"} for number in range(count)]


def pod(namespace, name, on="a"):
    asked = {"cpu": 5, "memory": 16 * MI, "pods": 1, "ephemeral_storage": 0}
    return {"namespace": namespace, "name": name, "node": on, "requested": asked}


def there(count, names=()):
    return [pod(f"lab-{number}", name) for number in range(count) for name in names or PODS]


@pytest.mark.parametrize(
    ("nodes", "needed", "fit", "said"),
    [
        ([node(pods=310)], 120, 256, "40 students need 120 pods; there is room for 256."),
        ([node(memory=768), node("b", memory=768)], 120, 96, "96 fit: 24 short (memory on 2 nodes)."),
        (
            [node(cpu=250), node("b", pods=20)],
            120,
            70,
            "70 fit: 50 short (CPU on 1 node, the number of pods on 1 node).",
        ),
        ([node(pods=30, used={"pods": 10})], 120, 20, "20 fit: 100 short (the number of pods on 1 node)."),
        # More is asked for than there is, as after a node has shrunk.
        ([node(used={"cpu": 5000})], 120, 0, "0 fit: 120 short (CPU on 1 node)."),
        (
            [node(memory=768), node("b", "cordoned"), node("c", "taint gpu:NoSchedule")],
            120,
            48,
            "48 fit: 72 short (memory on 1 node; no pod is put on b (cordoned), c (taint gpu:NoSchedule)).",
        ),
        ([node("a", "not ready")], 120, 0, "0 fit: 120 short (no pod is put on a (not ready))."),
        ([], 120, 0, "0 fit: 120 short (it has no nodes)."),
        # Room is in whole pods on each node: two halves are none.
        ([node(memory=24), node("b", memory=24)], 120, 2, "2 fit: 118 short (memory on 2 nodes)."),
        ([node(memory=16)], 120, 1, "1 fits: 119 short (memory on 1 node)."),
    ],
)
def test_how_many_pods_there_is_room_for(nodes, needed, fit, said):
    answer = forecast(nodes, students(40), PODS, [])
    assert (answer["needed"], answer["fit"], answer["short"]) == (needed, fit, max(0, needed - fit))
    assert answer["said"] == (said if said.startswith("40") else f"40 students need 120 pods; {said}")


def test_one_student():
    assert forecast([node(pods=3)], students(1), PODS, [])["said"] == "1 student needs 3 pods; there is room for 3."


def test_just_enough_is_enough():
    assert forecast([node(memory=48)], students(1), PODS, [])["short"] == 0
    assert forecast([node(memory=47)], students(1), PODS, [])["short"] == 1


@pytest.mark.parametrize(
    ("existing", "fit", "short", "said"),
    [
        (there(2), 6, 0, "2 students need 6 pods, and all of them are there."),
        (there(2, ["web", "shell"]), 5, 1, "2 students need 6 pods, 4 of which are there; 1 more fits: 1 short"),
        (there(1, ["web"]), 2, 4, "2 students need 6 pods, 1 of which is there; 1 more fits: 4 short"),
        # Neither pods of other students nor those that a student has made.
        (
            [pod("lab-9", "web"), pod("lab-0", "x")],
            1,
            5,
            "2 students need 6 pods; 1 fits",
        ),
    ],
)
def test_pods_that_are_there_need_no_room(existing, fit, short, said):
    answer = forecast([node(memory=16)], students(2), PODS, existing)
    assert (answer["fit"], answer["short"]) == (fit, short)
    assert answer["said"].startswith(said)


def test_where_some_are_there_and_the_others_fit():
    said = forecast([node()], students(2), PODS, there(1))["said"]
    assert said == "2 students need 6 pods, 3 of which are there; there is room for 110 more."


def test_what_the_pods_of_those_who_leave_hold_is_free():
    full = [node(memory=48, used={"memory": 48 * MI, "pods": 3, "cpu": 15}), node("b", memory=16)]
    theirs = [pod("lab-9", name) for name in PODS] + [pod("lab-9", "waits", on="")]
    assert forecast(full, students(1), PODS, theirs)["fit"] == 1
    assert forecast(full, students(1), PODS, theirs, leaving=["lab-9"])["fit"] == 4
    assert forecast(full, students(1), PODS, theirs, leaving=["lab-8"])["fit"] == 1


def test_the_largest_of_different_pods_counts_resource_by_resource():
    pods = {"web": {"requests": {"cpu": "1"}}, "failing": {"requests": {"memory": "1Gi"}}}
    assert forecast([node(cpu=4000, memory=2048)], students(1), pods, [])["fit"] == 2
    assert forecast([node(cpu=1000, memory=4096)], students(1), pods, [])["fit"] == 1


@pytest.mark.parametrize(
    ("resources", "limit_range", "fit"),
    [
        ({}, {}, 110),
        ({"limits": {"memory": "1Gi"}}, {"defaultRequest": {"memory": "2Gi"}}, 4),
        ({}, {"defaultRequest": {"memory": "2Gi"}, "default": {"memory": "4Gi"}}, 2),
        ({}, {"default": {"memory": "1Gi"}, "max": {"memory": "4Gi"}}, 4),
        ({}, {"max": {"memory": "512Mi"}}, 8),
        ({"requests": {"memory": "1Gi"}}, {"defaultRequest": {"ephemeral-storage": "5000Mi"}}, 2),
        ({"requests": {"cpu": 1, "memory": None}}, {}, 4),
        (None, {}, 110),
    ],
)
def test_what_a_pod_does_not_say_is_filled_in_as_kubernetes_does(resources, limit_range, fit):
    assert forecast([node()], students(1), {"web": resources}, [], "", limit_range)["fit"] == fit


def test_where_nothing_is_known_nothing_is_short():
    answer = forecast(None, students(40), PODS, [], "The nodes may not be listed.")
    assert answer == {
        "needed": 120,
        "fit": None,
        "short": 0,
        "said": (
            "40 students need 120 pods. Whether there is room for them is not known. The nodes may not be listed."
        ),
    }


def test_an_amount_that_is_none_is_named():
    with pytest.raises(ArgumentError) as error:
        forecast([], students(1), {"web": {"requests": {"memory": "16 MB"}}}, [])
    assert str(error.value) == (
        "The pod web asks for memory: '16 MB', which is no quantity. Write it as in 100m or 64Mi, in"
        " lab_pods_resources, restart_challenge_resources or classroom_limits."
    )
