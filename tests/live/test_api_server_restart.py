# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server dies, and comes back, in the middle of watches and probes."""

from __future__ import annotations

import subprocess
import time

import pytest
from conftest import CLUSTER, Module, eventually, kubectl, run_module

NODE = f"{CLUSTER['kind_cluster_name']}-control-plane"


def kill_the_api_server():
    """Kills it, as a crash would, so that no stream is ended properly; the node's kubelet starts it again."""
    subprocess.run(
        ["docker", "exec", NODE, "sh", "-c", "kill -KILL $(pgrep -x kube-apiserver)"], check=True, timeout=30
    )


def is_up():
    try:
        return kubectl("get", "--raw", "/readyz", "--request-timeout=5s") == "ok"
    except AssertionError:
        return False


@pytest.mark.alone
def test_the_api_server_restarts_in_the_middle_of_watches_and_probes(namespace):
    namespace.apply(
        namespace.pod("shell"),
        namespace.pod("busy"),
        namespace.pod("crashing", "sh", "-c", "sleep 3; exit 1", labels={"role": "crashing"}),
    )
    namespace.ready("shell", "busy")
    crash = f"{namespace.selector},role=crashing"

    def probe(name, script, pod="shell", **options):
        return {
            "name": name,
            "namespace": namespace.name,
            "pod": pod,
            "container": "app",
            "command": ["sh", "-c", script],
            "timeout": 120,
            **options,
        }

    # The pod's own log tells that a command has begun.
    cut = Module(
        "pod_exec_probe",
        fail_on_unmet=False,
        probes=[
            probe("cut", "echo cut-begun > /proc/1/fd/1; sleep 300"),
            probe(
                "again",
                "test -e /tmp/again && exit 0; touch /tmp/again; echo again-begun > /proc/1/fd/1; sleep 300",
                retries=5,
            ),
            probe("never twice", "echo once >> /tmp/once; sleep 300", expect={"outcome": ["transport_lost"]}),
        ],
    )
    busy = Module(
        "pod_exec_probe",
        concurrency=2,
        probes=[
            probe(f"busy-{number}", f"sleep 1; echo {number}", pod="busy", retries=9, expect={"regex": f"^{number}$"})
            for number in range(40)
        ],
    )
    restarts = Module(
        "pod_restart_watch", label_selector=crash, until={"restarts": 2, "state": "CrashLoopBackOff"}, timeout=150
    )
    late = Module(
        "pod_ready_watch",
        label_selector=namespace.selector,
        pods=[{"namespace": namespace.name, "name": "late"}],
        grace=150,
        timeout=150,
    )
    eventually(lambda: {"cut-begun", "again-begun"} <= set(namespace.kubectl("logs", "shell").split()))
    eventually(
        lambda: (
            int(
                namespace.kubectl(
                    "get", "pod", "crashing", "-o", "jsonpath={.status.containerStatuses[0].restartCount}"
                )
                or 0
            )
            >= 1
        )
    )
    time.sleep(3)  # for the watches, of whose beginning nothing is seen outside
    assert cut.running and busy.running and restarts.running and late.running

    killed = time.monotonic()
    kill_the_api_server()
    eventually(lambda: not is_up(), 10)
    eventually(is_up, 120)
    away = time.monotonic() - killed
    eventually(lambda: _applied(namespace, namespace.pod("late")), 60)

    # A command that was running has an unknown end: said so, and never run twice unless retries allow it.
    results = cut.result()["by_name"]
    for name in ("cut", "never twice"):
        assert (results[name]["outcome"], results[name]["rc"], results[name]["attempts"]) == (
            "transport_lost",
            None,
            1,
        ), results[name]
        assert results[name]["duration"] < 100
        assert "connection" in results[name]["reason"]
    assert results["never twice"]["met"] and not results["cut"]["met"]
    assert (results["again"]["outcome"], results["again"]["rc"]) == ("ok", 0), results["again"]
    assert results["again"]["attempts"] >= 2

    answer = busy.result()
    assert not answer["failed"], answer["msg"]
    assert [result["stdout"] for result in answer["results"]] == [f"{number}\n" for number in range(40)]
    assert any(result["attempts"] > 1 or result["duration"] > away / 2 for result in answer["results"]), (
        "none was disturbed"
    )

    answer = restarts.result()
    assert not answer["failed"], answer["msg"]
    (watched,) = answer["results"]
    assert (watched["verdict"], watched["in_back_off"]) == ("reached", True)
    assert watched["restarts"] >= 2
    assert watched["back_off"]["finding"] != "off", watched["delays"]
    assert {run["exit_code"] for run in watched["runs"][:2]} == {1}

    answer = late.result()
    assert not answer["failed"], answer["msg"]
    assert answer["results"][0]["verdict"] == "reached"
    assert (
        run_module("pod_exec_probe", probes=[probe("once", "cat /tmp/once")])["by_name"]["once"]["stdout"] == "once\n"
    )


def _applied(namespace, pod):
    """An API server that has just come back may still refuse; asking again is harmless."""
    try:
        namespace.apply(pod)
    except AssertionError:
        return False
    return True
