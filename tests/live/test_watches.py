# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two watches on a real cluster: why pods do not start, how they restart, and what else can become of them.

How long anything takes depends on what else the machine does, so no test compares seconds. That a cause is told, though
the cluster would go on for ever, shows in a verdict other than `timeout`. How soon it is told, the unit tests say, with
a clock of their own.
"""

from __future__ import annotations

import itertools
import time

import pytest
from conftest import Module, eventually, run_module

#: Seconds for what comes to an end by itself, long before, on a machine that has nothing else to do.
PATIENCE = 240

pytestmark = [pytest.mark.oldest, pytest.mark.timeout(5 * PATIENCE)]


def pods(namespace, *names):
    return [{"namespace": namespace.name, "name": name} for name in names]


def by_pod(answer):
    return {result["pod"]: result for result in answer["results"]}


def test_what_keeps_pods_from_starting_is_told(namespace):
    """Each with its cause and a hint; the pods that do start are not held up, and the others are not waited for."""
    missing = {"env": [{"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "no-such-map", "key": "colour"}}}]}
    namespace.apply(
        namespace.pod("good"),
        namespace.pod(
            "with-init", initContainers=[{"name": "before", "image": namespace.images["shell"], "command": ["true"]}]
        ),
        namespace.pod("no-registry", image="registry.invalid/no/such:1"),
        namespace.pod("bad-name", image="Not An Image"),
        namespace.pod("never-pull", image="registry.invalid/no/such:1", container={"imagePullPolicy": "Never"}),
        namespace.pod("no-config", container=missing),
        namespace.pod("homeless", nodeSelector={"kubelabs.pods/no-such": "node"}),
        namespace.pod("no-command", "no-such-program"),
        namespace.pod(
            "crashing",
            "sh",
            "-c",
            "exit 3",
            container={"readinessProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 5}},
        ),
        namespace.pod("failed", "sh", "-c", "exit 4", restartPolicy="Never"),
        namespace.pod(
            "bad-init",
            initContainers=[{"name": "before", "image": namespace.images["shell"], "command": ["sh", "-c", "exit 5"]}],
        ),
    )
    answer = run_module("pod_ready_watch", label_selector=namespace.selector, timeout=PATIENCE)
    assert answer["failed"]
    assert "9 of 11 pods did not become ready" in answer["msg"]
    results = by_pod(answer)
    assert [results[name]["verdict"] for name in ("good", "with-init")] == ["reached"] * 2
    assert results["good"]["pod_ip"] and results["good"]["node"] and not results["good"]["hint"]
    causes = {  # verdict, words of the cause, word of the hint
        "no-registry": ("never_started", ["registry.invalid/no/such:1"], "registry"),
        "bad-name": ("never_started", ["InvalidImageName"], "correct the image's name"),
        "never-pull": ("never_started", ["ErrImageNeverPull"], "imagePullPolicy"),
        "no-config": ("never_started", ["CreateContainerConfigError", "no-such-map"], "ConfigMap"),
        "homeless": ("never_started", ["no node takes the pod", "node"], "node selector"),
        "no-command": ("", ["no-such-program"], "command"),
        "crashing": ("failed", ["container app is crash looping", "exit code 3"], "log"),
        "failed": ("failed", ["failed for good", "code 4"], ""),
        "bad-init": ("failed", ["before", "exit code 5"], "log"),
    }
    for name, (verdict, words, hint) in causes.items():
        result = results[name]
        assert result["verdict"] in ([verdict] if verdict else ["failed", "never_started"]), result
        for word in words:
            assert word.lower() in result["reason"].lower(), result["reason"]
        assert hint.lower() in result["hint"].lower() and result["hint"], result["hint"]


def test_the_instant_in_which_a_crash_loop_is_ready_does_not_count(namespace):
    """Without a readiness probe a container is ready from its start, and what exits at once is so for an instant."""
    names = [f"crashing-{number}" for number in range(8)]
    watch = Module(
        "pod_ready_watch",
        label_selector=namespace.selector,
        pods=pods(namespace, *names),
        grace=PATIENCE,
        timeout=PATIENCE,
        fail_on_unmet=False,
    )
    namespace.apply(*[namespace.pod(name, "sh", "-c", "exit 3") for name in names])
    results = by_pod(watch.result())
    assert {name: results[name]["verdict"] for name in names} == dict.fromkeys(names, "failed")


def test_a_pod_that_a_quota_refuses(namespace):
    """It never appears; the controller that cannot make it goes on trying, and only its events say why."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    namespace.apply(quota)
    hard = ("get", "resourcequota", "none", "-o", "jsonpath={.status.hard.pods}")
    eventually(lambda: namespace.kubectl(*hard) == "0", PATIENCE)
    pod = namespace.pod("web")
    template = {"metadata": {"labels": pod["metadata"]["labels"]}, "spec": pod["spec"]}
    spec = {"serviceName": "web", "selector": {"matchLabels": pod["metadata"]["labels"]}, "template": template}
    namespace.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": spec})
    eventually(lambda: "exceeded quota" in namespace.kubectl("get", "events"), PATIENCE)
    answer = run_module(
        "pod_ready_watch", label_selector=namespace.selector, pods=pods(namespace, "web-0"), grace=3, timeout=PATIENCE
    )
    assert answer["failed"]
    (result,) = answer["results"]
    assert (result["verdict"], result["uid"], result["status"]) == ("never_started", "", "")
    assert "quota" in result["hint"]
    assert "exceeded quota: none" in result["reason"]


def test_what_only_events_know_is_told(namespace):
    """A volume that cannot be mounted and a probe that fails are in the status no more than `not ready`, for ever."""
    mount = {"volumeMounts": [{"name": "config", "mountPath": "/config"}]}
    probe = {"readinessProbe": {"exec": {"command": ["sh", "-c", "echo still closed; exit 1"]}, "periodSeconds": 1}}
    namespace.apply(
        namespace.pod("no-volume", container=mount, volumes=[{"name": "config", "configMap": {"name": "no-such-map"}}]),
        namespace.pod("closed", container=probe),
    )
    selector = {"label_selector": namespace.selector, "fail_on_unmet": False}
    no_volume = Module("pod_ready_watch", pods=pods(namespace, "no-volume"), timeout=PATIENCE, **selector)
    eventually(lambda: "still closed" in namespace.kubectl("get", "events"), PATIENCE)

    def ask():
        """Until the events have been read in what was left of the time."""
        (result,) = run_module("pod_ready_watch", pods=pods(namespace, "closed"), timeout=3, **selector)["results"]
        return result if "still closed" in result["reason"] else None

    closed = eventually(ask, PATIENCE)
    assert closed["verdict"] == "timeout"
    assert "Readiness probe failed: still closed" in closed["reason"]
    assert "probe" in closed["hint"]
    (result,) = no_volume.result()["results"]
    assert result["verdict"] == "never_started"
    assert "ContainerCreating" in result["reason"] and 'configmap "no-such-map" not found' in result["reason"]
    assert "ConfigMap" in result["hint"]


def test_ready_until_the_wait_is_over(namespace):
    """While one is late, of those that were ready one is deleted and one begins to crash: green would be a lie."""
    kept = {"container": {"volumeMounts": [{"name": "kept", "mountPath": "/kept"}]}}
    kept["volumes"] = [{"name": "kept", "emptyDir": {}}]
    probe = {"readinessProbe": {"exec": {"command": ["test", "-e", "/tmp/open"]}, "periodSeconds": 1}}
    selected = {"label_selector": namespace.selector, "grace": PATIENCE, "timeout": PATIENCE}
    watch = Module("pod_ready_watch", **selected, fail_on_unmet=False)
    namespace.apply(
        namespace.pod("late", container=probe),
        namespace.pod("stays"),
        namespace.pod("goes"),
        namespace.pod("exits", "sh", "-c", "until test -e /kept/stop; do sleep 0.2; done; exit 1", **kept),
    )
    # When one that was begun later has come to its end, the watch is there.
    ready = run_module("pod_ready_watch", pods=pods(namespace, "stays", "goes", "exits"), **selected)
    assert not ready["failed"], ready["msg"]
    namespace.kubectl("delete", "pod", "goes", "--wait=false")
    namespace.kubectl("exec", "exits", "--", "touch", "/kept/stop")
    crashing = ("get", "pod", "exits", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")
    eventually(lambda: namespace.kubectl(*crashing) != "0", PATIENCE)
    namespace.kubectl("exec", "late", "--", "touch", "/tmp/open")
    results = by_pod(watch.result())
    verdicts = {name: result["verdict"] for name, result in results.items()}
    assert verdicts == {"late": "reached", "stays": "reached", "goes": "deleted", "exits": "failed"}, results


def test_a_program_that_does_not_exist_restarts_all_the_same(namespace):
    namespace.apply(namespace.pod("no-command", "no-such-program"))
    answer = run_module(
        "pod_restart_watch",
        label_selector=namespace.selector,
        until={"restarts": 2, "state": "CrashLoopBackOff"},
        timeout=PATIENCE,
    )
    (result,) = answer["results"]
    assert (result["verdict"], result["in_back_off"]) == ("reached", True), result
    assert {run["exit_code"] for run in result["runs"][:2]} <= {127, 128}


def test_an_evicted_pod(namespace):
    """It has failed for good, whatever its restart policy says."""
    fill = "sleep 3; dd if=/dev/zero of=/kept/much bs=1M count=8; sleep 600"
    namespace.apply(
        namespace.pod(
            "hoarder",
            "sh",
            "-c",
            fill,
            container={"volumeMounts": [{"name": "kept", "mountPath": "/kept"}]},
            volumes=[{"name": "kept", "emptyDir": {"sizeLimit": "1Mi"}}],
        )
    )
    ready = Module("pod_ready_watch", label_selector=namespace.selector, min_ready_seconds=PATIENCE, timeout=PATIENCE)
    restarted = Module("pod_restart_watch", label_selector=namespace.selector, until={"restarts": 1}, timeout=PATIENCE)
    for answer in (ready.result(), restarted.result()):
        assert answer["failed"]
        (result,) = answer["results"]
        assert result["verdict"] == "failed", result
        # As kubectl shows it: what is left of the container differs between versions, and with time.
        assert result["status"] in ("Evicted", "Error", "ContainerStatusUnknown"), result
        assert "Evicted: " in result["reason"] and "exceeds the limit" in result["reason"]
        assert "evicted pods do not come back" in result["hint"]
    (result,) = answer["results"]
    assert (result["restarts"], result["in_back_off"]) == (0, False), result

    # Half a minute later some kubelets have forgotten the container, and count a restart that never was.
    time.sleep(40)
    late = run_module("pod_restart_watch", label_selector=namespace.selector, until={"restarts": 1}, timeout=PATIENCE)
    (result,) = late["results"]
    assert (result["verdict"], result["restarts"]) == ("failed", 0), result


def test_changes_during_a_watch(namespace):
    """A label that goes, a pod that is replaced, pods that are deleted: none is a timeout.

    They change until the watch has seen it.
    """
    going = [f"going-{number}" for number in range(16)]
    namespace.apply(*[namespace.pod(name) for name in ("label", "replaced", "stays", *going)])
    namespace.ready("label", "replaced", "stays")
    uid = namespace.kubectl("get", "pod", "stays", "-o", "jsonpath={.metadata.uid}")
    watch = Module(
        "pod_restart_watch", label_selector=namespace.selector, until={"restarts": 1}, timeout=20, fail_on_unmet=False
    )
    key = "kubelabs.pods/class"
    next_going = iter(going)
    while watch.running:
        for name in [*itertools.islice(next_going, 1)]:
            namespace.kubectl("delete", "pod", name, "--wait=false")
        namespace.kubectl("label", "pod", "label", f"{key}-")
        namespace.kubectl("delete", "pod", "replaced", "--grace-period=0", "--force")
        namespace.apply(namespace.pod("replaced"))
        time.sleep(0.3)
        namespace.kubectl("label", "pod", "label", f"{key}={namespace.name}")
        time.sleep(1)
    results = by_pod(watch.result())
    assert results["label"]["verdict"] == "deselected", results["label"]
    assert "its labels have changed" in results["label"]["reason"]
    assert results["replaced"]["verdict"] == "replaced", results["replaced"]
    assert "another one of the same name was created" in results["replaced"]["reason"]
    gone = [result for name, result in results.items() if name.startswith("going") and result["verdict"] != "timeout"]
    assert gone
    for result in gone:
        assert result["verdict"] == "deleted", result
        assert "delete" in result["reason"] and "labels" not in result["reason"]
        assert result["hint"]
    assert (results["stays"]["verdict"], results["stays"]["uid"]) == ("timeout", uid)
    assert "0 of 1 restarts" in results["stays"]["reason"]


def test_restarts_are_measured(namespace):
    """Exit code 0 crash-loops as well; init containers restart too; what is seen is a consistent history."""
    init = [{"name": "before", "image": namespace.images["shell"], "command": ["sh", "-c", "sleep 1; exit 2"]}]
    until = {"restarts": 2, "state": "CrashLoopBackOff"}
    waiting = {"until": until, "grace": PATIENCE, "timeout": PATIENCE}
    main = Module("pod_restart_watch", label_selector=f"{namespace.selector},role!=init", **waiting)
    before = Module(
        "pod_restart_watch", label_selector=f"{namespace.selector},role=init", container="before", **waiting
    )
    namespace.apply(
        namespace.pod("one", "sh", "-c", "sleep 2; exit 1"),
        namespace.pod("zero", "sh", "-c", "sleep 2; exit 0"),
        namespace.pod("on-failure", "sh", "-c", "sleep 1; exit 7", restartPolicy="OnFailure"),
        namespace.pod(
            "killed", "sh", "-c", "sh -c 'sleep 1; kill -9 $$$$'; exit $?"
        ),  # $$ is Kubernetes' way to write $
        namespace.pod("init", initContainers=init, labels={"role": "init"}),
    )
    for answer, codes in (
        (main.result(), {"one": 1, "zero": 0, "on-failure": 7, "killed": 137}),
        (before.result(), {"init": 2}),
    ):
        assert not answer["failed"], answer["msg"]
        results = by_pod(answer)
        assert set(results) == set(codes)
        for name, code in codes.items():
            result = results[name]
            assert (result["verdict"], result["in_back_off"]) == ("reached", True), result
            assert result["restarts"] >= 2
            runs = result["runs"]
            numbers = [run["number"] for run in runs]
            assert numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) >= 2, runs
            over = [run for run in runs if run["finished"]]
            assert {run["exit_code"] for run in over} == {code}
            assert {run["reason"] for run in over} == {"Completed" if code == 0 else "Error"}
            for before, after in itertools.pairwise(runs):
                assert before["started"] <= before["finished"] <= after["started"]
            measured = [delay for delay in result["delays"] if delay["observed"] is not None]
            assert measured and all(delay["observed"] >= delay["low"] for delay in measured), result["delays"]
            assert [delay["nominal"] for delay in measured] == [
                [0, 10, 20, 40, 80, 160, 300][delay["restart"] - 1] for delay in measured
            ]
            assert result["back_off"]["finding"] == "as_expected", result["back_off"]
            assert bool(result["back_off"]["note"]) == any(delay["late"] for delay in measured)


def test_restart_policies_never_and_on_failure(namespace):
    """Whoever waits for a restart that the policy rules out is told so at once, and not when the time is over."""
    late = Module(
        "pod_restart_watch",
        label_selector=f"{namespace.selector},ends=late",
        until={"restarts": 1, "completed": True},
        grace=PATIENCE,
        timeout=PATIENCE,
    )
    namespace.apply(
        namespace.pod("never-1", "sh", "-c", "sleep 1; exit 1", restartPolicy="Never", labels={"ends": "badly"}),
        namespace.pod("never-0", "sh", "-c", "sleep 1", restartPolicy="Never", labels={"ends": "well"}),
        namespace.pod("on-failure-0", "sh", "-c", "sleep 1", restartPolicy="OnFailure", labels={"ends": "well"}),
        # Fails once; then all is well, and it ends when it is told to.
        namespace.pod(
            "on-failure-1-0",
            "sh",
            "-c",
            "test -e /kept/again || { touch /kept/again; exit 9; }; until test -e /kept/end; do sleep 0.2; done",
            restartPolicy="OnFailure",
            labels={"ends": "late"},
            container={"volumeMounts": [{"name": "kept", "mountPath": "/kept"}]},
            volumes=[{"name": "kept", "emptyDir": {}}],
        ),
    )
    completed = Module(
        "pod_restart_watch",
        label_selector=f"{namespace.selector},ends=well",
        until={"completed": True},
        timeout=PATIENCE,
    )
    restarted = Module(
        "pod_restart_watch",
        label_selector=f"{namespace.selector},ends notin (late)",
        until={"restarts": 1},
        timeout=PATIENCE,
    )
    answer = completed.result()
    assert not answer["failed"], answer["msg"]
    assert {name: result["verdict"] for name, result in by_pod(answer).items()} == {
        "never-0": "reached",
        "on-failure-0": "reached",
    }
    answer = restarted.result()
    assert answer["failed"]
    results = by_pod(answer)
    assert set(results) == {"never-0", "never-1", "on-failure-0"}
    for name, code in {"never-0": 0, "never-1": 1, "on-failure-0": 0}.items():
        assert (results[name]["verdict"], results[name]["restarts"]) == ("failed", 0), results[name]
        assert [run["exit_code"] for run in results[name]["runs"]] == [code]
        assert results[name]["hint"]
    # What was begun first is there by now. After a success, what was before it leaves no trace for long.
    again = ("get", "pod", "on-failure-1-0", "-o", "jsonpath={.status.containerStatuses[0].state.running.startedAt}")
    restarts = ("get", "pod", "on-failure-1-0", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")
    eventually(lambda: namespace.kubectl(*restarts) == "1" and namespace.kubectl(*again), PATIENCE)
    namespace.kubectl("exec", "on-failure-1-0", "--", "touch", "/kept/end")
    answer = late.result()
    assert not answer["failed"], answer["msg"]
    (result,) = answer["results"]
    assert [run["exit_code"] for run in result["runs"]] == [9, 0]
    assert result["delays"][0]["observed"] >= 0


def test_restart_watch_says_why_a_pod_will_never_restart(namespace):
    namespace.apply(
        namespace.pod("no-image", image="registry.invalid/no/such:1", container={"imagePullPolicy": "Never"}),
        namespace.pod("no-sidecar", labels={"role": "sidecar"}),
    )
    answers = [
        Module(
            "pod_restart_watch",
            label_selector=f"{namespace.selector},role!=sidecar",
            until={"restarts": 1},
            timeout=PATIENCE,
        ),
        Module(
            "pod_restart_watch",
            label_selector=f"{namespace.selector},role=sidecar",
            container="sidecar",
            until={"restarts": 1},
            timeout=PATIENCE,
        ),
    ]
    (image,), (sidecar,) = (module.result()["results"] for module in answers)
    assert (image["verdict"], sidecar["verdict"]) == ("never_started", "never_started")
    assert "ErrImageNeverPull" in image["reason"] and image["hint"]
    assert "has no container 'sidecar'; it has app" in sidecar["reason"]
