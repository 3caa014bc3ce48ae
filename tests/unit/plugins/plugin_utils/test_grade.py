# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps a student has reached by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import OWNER, OWNER_LABEL
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.http_log import Served
from ansible_collections.kubelabs.pods.plugins.module_utils._survey.facts import Past
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _grade, _grade_points, _grade_requests
from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import BY_NAME
from ansible_collections.kubelabs.pods.plugins.plugin_utils._grade import judge
from ansible_collections.kubelabs.pods.plugins.plugin_utils._grade_terms import NAMES, Rules, View
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import OBJECT
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import (
    ended,
    make_pod,
    running,
    terminated,
    waiting,
)

MINE = "example.org/mine:1"
NOW = datetime(2026, 11, 26, 10, 42, tzinfo=UTC)
SEEN = "2026-11-26T10:42:01Z"
LAB = {OWNER_LABEL: OWNER}
RULES = Rules(
    web_images=["registry.example.org:5000/lab/greeter:1"],
    shell_images=["tools@sha256:0"],
    restarts=2,
    settle=8,
    points=_grade_points.weights({}),
)


def ago(seconds):
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(name, image, ip, *, age=60, managers=("kubectl-client-side-apply",), labels=None, container=None, **more):
    """A pod whose container has been running for `age` seconds."""
    spec = {key: more.pop(key) for key in ("command", "args", "stdin", "ports") if key in more}
    made = make_pod(
        name,
        "lab-anna",
        labels=labels or {},
        containers=[container or running("app", started=ago(age), ready=more.get("ready", True))],
        podIP=ip,
        podIPs=[{"ip": ip}],
        hostIP="172.18.0.2",
        **more,
    )
    made["spec"]["containers"] = [{"name": "app", "image": image, **spec}]
    made["metadata"]["creationTimestamp"] = ago(age + 2)
    made["metadata"]["managedFields"] = [{"manager": manager, "operation": "Update"} for manager in managers]
    return made


def web(name="my-web", image="nginx", ip="10.0.0.1", **more):
    return pod(name, image, ip, **more)


def together(*pods, name="blog"):
    """One pod with the containers of all of them, the first of which gives the rest."""
    made = pods[0]
    made["metadata"].update(name=name, uid=f"uid-{name}")
    made["spec"]["containers"] = [
        {**one["spec"]["containers"][0], "name": f"c{number}"} for number, one in enumerate(pods)
    ]
    made["status"]["containerStatuses"] = [
        {**one["status"]["containerStatuses"][0], "name": f"c{number}"} for number, one in enumerate(pods)
    ]
    return made


def shell(name="my-shell", image="busybox:1.37", ip="10.0.0.2", **more):
    return pod(name, image, ip, **{"command": ["sleep", "3600"], **more})


LAB_WEB = pod("web", "pods-web", "10.0.0.8", labels=LAB)
LAB_SHELL = pod("shell", "pods-shell", "10.0.0.9", labels=LAB, command=["sh", "-c", "sleep 3600"])


def asked(server, *peers, at=NOW, probe=False):
    """What the log of a pod says."""
    return {server["metadata"]["uid"]: [Served(peer, at, probe) for peer in peers]}


def look(*pods, before=None, uid="u", live=True, trouble="", rules=RULES, **view):
    return judge(before, "Anna", "lab-anna", View(live, uid, NOW, pods, trouble=trouble, **view), rules, SEEN)


def step(student, name):
    return next(one for one in student["steps"] if one["step"] == name)


def states(student):
    return {one["step"]: one["state"] for one in student["steps"]}


def reached(student):
    return {one["step"] for one in student["steps"] if one["state"] == "reached"}


def test_steps_that_are_checks_of_the_lab_have_their_names():
    assert set(NAMES) - set(BY_NAME) == {"apply"}


def test_who_has_done_nothing_has_reached_nothing():
    student = look(LAB_WEB, LAB_SHELL)
    assert states(student) == {**dict.fromkeys(NAMES, "not_yet"), "exec": "unknown"}
    assert student["points"] == 0
    assert "audit log" in step(student, "exec")["evidence"]


@pytest.mark.parametrize(
    ("one", "state", "evidence"),
    [
        (web(), "reached", "my-web is ready, with the web image nginx."),
        (web("anything", "docker.io/traefik/whoami:v1.10.4"), "reached", "anything is ready"),
        (web(image="kubelabs/greeter:other"), "reached", "with the web image"),
        (web(ready=False), "not_yet", "my-web is not ready: Running."),
        (web(ready=False, container=waiting("app", "ImagePullBackOff")), "not_yet", "ImagePullBackOff"),
        (web(deleting=True), "not_yet", "Terminating"),
        # What keeps failing is ready while it lives, alone or beside a web server.
        (web(age=1), "not_yet", "my-web has not run for 8 seconds yet"),
        (web(container=running("app", restarts=3, started=ago(1))), "not_yet", "has not run for 8 seconds yet"),
        (web(container=running("app", restarts=3, started=ago(8))), "reached", "my-web is ready"),
        (together(web(), shell(age=1)), "not_yet", "blog has not run for 8 seconds yet"),
        (web(image="example.org/mine:1"), "unknown", "its image is example.org/mine:1"),
        (shell(), "not_yet", "There is no web pod."),
        # A copy of the lab's YAML with another name carries its labels, and is the student's.
        (web("copy", labels=LAB), "reached", "copy"),
        (LAB_WEB, "not_yet", "no web pod"),
        (together(shell(), web()), "reached", "blog is ready, with the web image nginx."),
        (together(shell(), web(image="example.org/mine:1")), "unknown", "its image is example.org/mine:1"),
        # A pod of the lab's name without its labels is not the lab's.
        (web("web"), "reached", "web is ready"),
    ],
)
def test_a_web_pod(one, state, evidence):
    found = step(look(one), "web_pod_ready")
    assert found["state"] == state, found
    assert evidence in found["evidence"]
    assert found["seen"] == (SEEN if state == "reached" else None)


def test_a_pod_whose_log_tells_of_requests_is_a_web_pod():
    one = web(image="example.org/mine:1")
    assert step(look(one, served=asked(one, "10.9.9.9")), "web_pod_ready")["state"] == "reached"


@pytest.mark.parametrize(
    ("one", "state", "evidence"),
    [
        (shell(), "reached", "my-shell runs, with the shell image busybox:1.37."),
        (shell(image="example.org/tools:2"), "reached", "example.org/tools:2"),
        # The badly configured app has the same image, and is ready while it lives.
        (shell(age=3), "not_yet", "has not run for 8 seconds yet"),
        (shell(age=3, container=running("app", restarts=4, started=ago(3))), "not_yet", "has not run"),
        # A shell pod whose `sleep` has come to its end once is none the worse.
        (shell(container=running("app", restarts=1, started=ago(60))), "reached", "my-shell"),
        (shell(ready=False, container=waiting("app")), "not_yet", "ContainerCreating"),
        (web(image="example.org/mine:1"), "unknown", "Whether my-web has a shell is not known"),
        (web(), "not_yet", "There is no shell pod."),
        (LAB_SHELL, "not_yet", "There is no shell pod."),
        # A web server beside it does not take the shell away.
        (together(web(), shell()), "reached", "blog runs, with the shell image busybox:1.37."),
        (together(shell(), web()), "reached", "blog runs"),
        (together(web(), shell(age=3)), "not_yet", "has not run for 8 seconds yet"),
        (together(web(ready=False, container=waiting("app", "CrashLoopBackOff")), shell()), "reached", "blog runs"),
        (together(web(), web(image="example.org/mine:1")), "unknown", "its image is example.org/mine:1"),
        (shell(deleting=True), "not_yet", "Terminating"),
    ],
)
def test_a_shell_pod(one, state, evidence):
    found = step(look(one), "shell_pod_ready")
    assert found["state"] == state, found
    assert evidence in found["evidence"]


def test_a_shell_is_sought_beside_the_server_whose_log_tells_of_requests():
    alone = web(image="example.org/mine:1")
    assert states(look(alone, served=asked(alone, "10.9.9.9")))["shell_pod_ready"] == "not_yet"
    two = together(web(image="example.org/mine:1"), web(image="example.org/tool:1"))
    assert states(look(two, served=asked(two, "10.9.9.9")))["shell_pod_ready"] == "unknown"
    box = shell()
    assert states(look(box, served=asked(box, "10.9.9.9")))["shell_pod_ready"] == "reached"


@pytest.mark.parametrize(
    ("pods", "state", "evidence"),
    [
        ([web()], "reached", "my-web was applied with kubectl apply."),
        # What was created and applied later was not made by applying, and counts all the same.
        ([web(managers=["kubectl-create", "kubectl-client-side-apply"])], "reached", "my-web was applied with"),
        ([web(managers=["kubectl-run"])], "not_yet", "Made otherwise, and not applied since: my-web by kubectl run."),
        ([web(managers=["kubectl-create"]), shell()], "reached", "my-shell"),
        ([web(managers=[])], "not_yet", "something that leaves no name"),
        ([LAB_WEB], "not_yet", "There is no pod."),
    ],
)
def test_applied_or_made_otherwise(pods, state, evidence):
    found = step(look(*pods), "apply")
    assert found["state"] == state
    assert evidence in found["evidence"]


HTTP_CASES = [
    # Who asked, from where, and what follows for HTTP and for exec.
    ("10.0.0.2", NOW, False, "reached", "reached"),
    ("10.0.0.9", NOW, False, "reached", "reached"),  # from the lab's shell pod: the lab never asks a student's pod
    ("10.0.0.2", None, False, "reached", "reached"),
    ("10.0.0.1", NOW, False, "not_yet", "unknown"),  # itself
    ("127.0.0.1", NOW, False, "not_yet", "unknown"),  # a port-forward
    ("172.18.0.2", NOW, False, "not_yet", "unknown"),  # the kubelet of its node
    ("10.0.0.2", NOW, True, "not_yet", "unknown"),  # says that it is a probe
    ("10.9.9.9", NOW, False, "unknown", "unknown"),  # nobody's
    ("10.0.0.2", NOW - timedelta(hours=1), False, "unknown", "unknown"),  # whoever had the address before
]


@pytest.mark.parametrize(("peer", "at", "probe", "http", "exec_"), HTTP_CASES)
def test_whose_request_it_was(peer, at, probe, http, exec_):
    server = web()
    student = look(LAB_WEB, LAB_SHELL, server, shell(), served=asked(server, peer, at=at, probe=probe))
    assert (states(student)["http_between_pods"], states(student)["exec"]) == (http, exec_)


def test_the_evidence_names_both_pods_the_address_and_the_time():
    server = web()
    found = step(look(server, shell(), served=asked(server, "10.0.0.2")), "http_between_pods")
    assert found["evidence"] == "The log of my-web has a request from my-shell (10.0.0.2) at 2026-11-26 10:42 UTC."


@pytest.mark.parametrize(
    ("peer", "probe", "why"),
    [
        ("10.0.0.1", False, "2 from 10.0.0.1 (the pod itself)."),
        ("127.0.0.1", False, "2 from 127.0.0.1 (the pod itself or a port-forward)."),
        ("::1", False, "2 from ::1 (the pod itself or a port-forward)."),
        ("172.18.0.2", False, "2 from 172.18.0.2 (its node)."),
        ("10.0.0.2", True, "2 the kubelet's probes."),
    ],
)
def test_requests_that_prove_nothing_are_told_with_why(peer, probe, why):
    server = web()
    found = step(look(server, shell(), served=asked(server, peer, peer, probe=probe)), "http_between_pods")
    assert (found["state"], found["evidence"]) == (
        "not_yet",
        f"The log of my-web has requests, but none from another pod of the student: {why}",
    )


def test_of_the_labs_own_web_pod_nobody_has_to_know_who_probed_it():
    found = step(look(LAB_WEB, shell(), served=asked(LAB_WEB, "127.0.0.1")), "http_between_pods")
    assert found["evidence"] == "There is no request in the log of any pod."


def test_the_log_of_a_pod_that_is_gone_tells_nothing_any_more():
    first = look(web(), shell())
    assert states(first)["http_between_pods"] == "not_yet"
    for then in (look(before=first), look(shell(), before=first), look(web("other"), shell(), before=first)):
        assert step(then, "http_between_pods") == {
            "step": "http_between_pods",
            "state": "unknown",
            "seen": None,
            "evidence": "Whether there was a request cannot be known: my-web is gone, and its log with it.",
        }
    # A shell pod has answered nobody, and the lab's pods are no student's.
    assert states(look(before=look(LAB_WEB, shell())))["http_between_pods"] == "not_yet"
    # An earlier version did not keep who may have.
    for one in first["pods"]:
        del one["serves"]
    assert states(look(web(), before=first))["http_between_pods"] == "unknown"


def unstarted(reason="ImagePullBackOff", **more):
    return web("ng", "nginx:1.99", ready=False, container=waiting("app", reason), **more)


def with_init(one, status):
    one["status"]["initContainerStatuses"] = [{**status, "name": "init"}]
    return one


def without_status(one, scheduled):
    one["status"] |= {"containerStatuses": [], "conditions": [{"type": "PodScheduled", "status": scheduled}]}
    return one


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (unstarted(), "not_yet"),
        (unstarted("ErrImagePull"), "not_yet"),
        (unstarted("InvalidImageName"), "not_yet"),
        (unstarted("CreateContainerConfigError"), "not_yet"),
        (unstarted("ContainerCreating", deleting=True), "not_yet"),
        (with_init(unstarted("PodInitializing"), waiting("init", "ErrImagePull")), "not_yet"),
        (without_status(web("ng"), "False"), "not_yet"),
        # These were about to start, or have run.
        (unstarted("ContainerCreating"), "unknown"),
        (unstarted(""), "unknown"),
        (with_init(unstarted("PodInitializing"), running("init")), "unknown"),
        (without_status(web("ng"), "True"), "unknown"),
        (together(unstarted(), web()), "unknown"),
        (web("ng", container=waiting("app", "CrashLoopBackOff", last=ended(1)), ready=False), "unknown"),
    ],
)
def test_a_pod_that_never_started_had_no_log(one, state):
    first = look(one)
    soon, late = (View(True, "u", NOW + timedelta(seconds=seconds)) for seconds in (30, 3600))
    gone = judge(first, "Anna", "lab-anna", soon, RULES, SEEN)
    assert states(gone)["http_between_pods"] == state, step(gone, "http_between_pods")
    # It stays so, however long it has been gone.
    assert states(judge(gone, "Anna", "lab-anna", late, RULES, SEEN))["http_between_pods"] == state
    # Who looks again after an hour does not know what has been meanwhile.
    assert states(judge(first, "Anna", "lab-anna", late, RULES, SEEN))["http_between_pods"] == "unknown"


def test_a_pod_that_has_started_once_had_a_log_whatever_it_waits_for_later():
    again = look(unstarted(), before=look(web("ng")))
    assert states(look(before=again))["http_between_pods"] == "unknown"
    # What has started at last has one as well.
    assert states(look(before=look(web("ng"), before=look(unstarted()))))["http_between_pods"] == "unknown"


@pytest.mark.parametrize("image", ["nginx:1.99", MINE])
def test_of_pods_that_have_not_started_no_step_says_that_their_log_has_nothing(image):
    one = web("ng", image, ready=False, container=waiting("app", "ErrImagePull"))
    assert step(look(one), "http_between_pods")["evidence"] == "No pod has started yet."
    assert step(look(), "http_between_pods")["evidence"] == step(look(), "web_pod_ready")["evidence"]


@pytest.mark.parametrize("first", [True, False])
def test_the_log_of_a_container_that_was_restarted_has_begun_anew(first):
    again = web(container=running("app", restarts=1, started=ago(60)))
    found = step(look(together(again, shell()) if first else together(shell(), again)), "http_between_pods")
    assert (found["state"], found["evidence"]) == (
        "unknown",
        "Whether there was a request cannot be known: blog was restarted, and its log began anew.",
    )
    # What it says since counts.
    one = web(container=running("app", restarts=1, started=ago(60)))
    assert states(look(one, shell(), served=asked(one, "10.0.0.2")))["http_between_pods"] == "reached"
    # That of a shell says nothing of requests anyway.
    box = shell(container=running("app", restarts=1, started=ago(60)))
    assert states(look(web(), box))["http_between_pods"] == "not_yet"


@pytest.mark.parametrize(("peer", "state"), [("10.0.0.9", "not_yet"), ("10.0.0.2", "reached"), ("10.7.7.7", "not_yet")])
def test_what_the_lab_asks_of_its_own_pods_is_not_the_students(peer, state):
    student = look(LAB_WEB, LAB_SHELL, shell(), served=asked(LAB_WEB, peer))
    assert states(student)["http_between_pods"] == state


@pytest.mark.parametrize(
    "more",
    [
        {"command": ["sh", "-c", "while true; do curl http://10.0.0.1:8080/; done"]},
        {"args": ["wget", "10.0.0.1"]},
        {"command": None, "stdin": True},
    ],
)
def test_a_pod_that_may_ask_by_itself_proves_no_exec(more):
    server = web()
    student = look(server, shell(**more), served=asked(server, "10.0.0.2"))
    assert states(student)["http_between_pods"] == "reached"
    assert states(student)["exec"] == "unknown"


def test_a_shell_pod_that_is_gone_has_asked_all_the_same():
    first = look(web(), shell())
    second = look(web(), before=first, served=asked(web(), "10.0.0.2"))
    assert states(second)["http_between_pods"] == "reached"
    # Later somebody else may have that address.
    late = look(web(), before=first, served=asked(web(), "10.0.0.2", at=NOW + timedelta(minutes=5)))
    assert states(late)["http_between_pods"] == "unknown"


def rebooted(one, ip, *, since):
    """The pod after a restart of its node: with another address, and a sandbox and a run that began so long ago."""
    one["status"] |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    one["status"]["containerStatuses"] = [running("app", restarts=1, started=ago(since))]
    return sandboxed(one, since)


def sandboxed(one, since, ready="True"):
    moment = {"type": "PodReadyToStartContainers", "status": ready, "lastTransitionTime": ago(since)}
    one["status"]["conditions"].append(moment)
    return one


def test_a_request_is_of_the_pod_that_had_the_address_then_and_not_of_who_has_it_now():
    lab = pod("shell", "pods-shell", "10.0.0.17", labels=LAB)
    server, hello = web(age=900), shell("hello", ip="10.0.0.20", age=850)
    early = NOW - timedelta(seconds=860)
    then = judge(None, "Anna", "lab-anna", View(True, "u", early, [lab, server]), RULES, SEEN)
    now = [
        rebooted(pod("shell", "pods-shell", "", labels=LAB), "10.0.0.30", since=20),
        server,
        rebooted(hello, "10.0.0.17", since=20),
    ]
    # The lab's shell pod asked the student's web pod: that is a request of the student's.
    found = look(*now, before=then, served=asked(server, "10.0.0.17", at=early))
    assert "a request from the lab's pod shell (10.0.0.17)" in step(found, "http_between_pods")["evidence"]
    assert "hello" not in step(found, "exec")["evidence"]
    # What the lab asked of its own pods is not, whoever has that address now.
    found = look(LAB_WEB, *now, before=then, served=asked(LAB_WEB, "10.0.0.17", at=early))
    assert "http_between_pods" not in reached(found) and "exec" not in reached(found)
    # Where nobody looked before, it is not known whose it was.
    found = look(*now, served=asked(server, "10.0.0.17", at=early))
    assert (states(found)["http_between_pods"], states(found)["exec"]) == ("unknown", "unknown")
    # It is hello's since then.
    found = look(*now, before=then, served=asked(server, "10.0.0.17", at=NOW - timedelta(seconds=10)))
    assert "a request from hello (10.0.0.17)" in step(found, "http_between_pods")["evidence"]


def test_a_pod_that_asked_itself_under_an_address_that_it_had_asked_no_other():
    first = look(shell("both", image=MINE, ip="10.0.0.47"))
    both = rebooted(shell("both", image=MINE), "10.0.0.5", since=-40)
    later = NOW + timedelta(seconds=60)
    view = View(True, "u", later, [both], served=asked(both, "10.0.0.47"))
    found = judge(first, "Anna", "lab-anna", view, RULES, SEEN)
    assert states(found)["http_between_pods"] != "reached" and states(found)["exec"] == "unknown"
    # Nor is it its own what another asked that had the address which it has now.
    first = look(web(), shell(ip="10.0.0.5"))
    view = View(True, "u", later, [rebooted(web(), "10.0.0.5", since=-40)], served=asked(web(), "10.0.0.5"))
    found = judge(first, "Anna", "lab-anna", view, RULES, SEEN)
    assert "a request from my-shell (10.0.0.5)" in step(found, "http_between_pods")["evidence"]


@pytest.mark.parametrize(
    ("one", "seconds"),
    [
        (shell(age=60), 60),
        # Restarted in place: the sandbox is the first one.
        (sandboxed(shell(age=60, container=running("app", restarts=1, started=ago(5))), 60), 60),
        # Before 1.29 nothing says so.
        (shell(age=60, container=running("app", restarts=1, started=ago(5))), 5),
        # Between two runs it is not known whether the one before was in this sandbox, unless the pod has ended.
        (shell(container=terminated(started=ago(9)), ready=False), 0),
        (shell(container=terminated(started=ago(9), finished=ago(0)), ready=False, phase="Succeeded"), 9),
        (sandboxed(shell(container=terminated(started=ago(9)), ready=False), 30), 30),
        (sandboxed(shell(container=terminated(started=ago(9)), ready=False), 30, "False"), 0),
    ],
)
def test_since_when_a_pod_is_known_to_have_had_its_address(one, seconds):
    assert look(one)["pods"][0]["had"] == [{"ip": "10.0.0.2", "since": ago(seconds), "seen": ago(0)}]


@pytest.mark.parametrize(("seconds", "state"), [(205, "reached"), (195, "reached"), (30, "unknown")])
def test_a_pod_that_has_ended_shows_an_address_that_others_may_have(seconds, state):
    run = terminated(code=0, started=ago(210), finished=ago(200))
    tmp = shell("tmp", container=run, ready=False, phase="Succeeded", age=215)
    student = look(web(), tmp, served=asked(web(), "10.0.0.2", at=NOW - timedelta(seconds=seconds)))
    assert states(student)["http_between_pods"] == state


def test_an_address_that_two_pods_may_have_had_is_nobodys():
    first = look(web(), shell("a"), shell("b"))
    view = View(True, "u", NOW + timedelta(seconds=90), [web()], served=asked(web(), "10.0.0.2", at=None))
    assert states(judge(first, "Anna", "lab-anna", view, RULES, SEEN))["http_between_pods"] == "unknown"


def test_addresses_are_kept_as_long_as_the_pod_is_known():
    first = look(shell(ip="10.0.0.2", age=60))
    # An earlier version did not say since when: it is known of the moment at which it was seen.
    del first["pods"][0]["had"]
    later = View(True, "u", NOW + timedelta(seconds=50), [rebooted(shell(), "10.0.0.3", since=300)])
    (known,) = judge(first, "Anna", "lab-anna", later, RULES, SEEN)["pods"]
    assert known["had"] == [
        {"ip": "10.0.0.2", "since": ago(0), "seen": ago(0)},
        # Not before the look at which it had another.
        {"ip": "10.0.0.3", "since": ago(0), "seen": ago(-50)},
    ]
    (known,) = look(shell(ip="10.0.0.2"), before={**first, "pods": [{**known, "ips": ["10.0.0.3"]}]})["pods"]
    assert [one["ip"] for one in known["had"]] == ["10.0.0.2", "10.0.0.3", "10.0.0.2"]


def test_an_image_that_logs_no_requests_is_named():
    found = step(look(web(image="traefik/whoami:v1.10.4")), "http_between_pods")
    assert (found["state"], "--verbose" in found["evidence"]) == ("unknown", True)
    assert states(look(web(image="traefik/whoami:v1.10.4", args=["--verbose"])))["http_between_pods"] == "not_yet"


@pytest.mark.parametrize(
    ("restarts", "state", "evidence"),
    [
        (0, "not_yet", "no pod that was restarted"),
        (1, "not_yet", "was restarted once, last with the exit code 1; 2 are asked for."),
        (2, "reached", "boom was restarted 2 times, last with the exit code 1."),
        (7, "reached", "7 times"),
    ],
)
def test_restarts(restarts, state, evidence):
    last = ended(1) if restarts else None
    one = shell("boom", container=waiting("app", "CrashLoopBackOff", restarts=restarts, last=last), ready=False)
    found = step(look(one), "restarts")
    assert found["state"] == state
    assert evidence in found["evidence"]


def test_restarts_of_the_node_are_nobodys_work():
    """As containerd reports every container of a node that was restarted, seen on 1.37.2."""
    last = {"exitCode": 255, "reason": "Unknown"}
    found = step(look(web(container=running("app", restarts=3, last=last))), "restarts")
    assert (found["state"], "was restarted with its node" in found["evidence"]) == ("not_yet", True)


def test_restarts_of_the_labs_own_app_are_not_the_students():
    lab = pod("failing", "pods-shell", "10.0.0.7", labels=LAB, container=running("app", restarts=9))
    assert states(look(lab))["restarts"] == "not_yet"


def test_cleaning_up_is_what_is_left_of_what_was():
    nothing = look(LAB_WEB, LAB_SHELL)
    assert states(nothing)["cleanup"] == "not_yet"
    there = look(LAB_WEB, web(), before=nothing)
    assert step(there, "cleanup")["evidence"] == "Still there: my-web."
    going = look(LAB_WEB, web(deleting=True), before=there)
    assert step(going, "cleanup")["evidence"] == "Still being deleted: my-web."
    gone = look(LAB_WEB, before=going)
    assert step(gone, "cleanup")["evidence"] == "Nothing is left of my-web."
    again = look(LAB_WEB, web("other"), before=gone)
    assert states(again)["cleanup"] == "not_yet"


def test_what_was_reached_stays_reached_with_its_time():
    first = look(web(), shell())
    later = judge(first, "Anna", "lab-anna", View(True, "u", NOW + timedelta(hours=1)), RULES, "later")
    assert reached(later) == {"web_pod_ready", "apply", "shell_pod_ready", "cleanup"}
    assert step(later, "web_pod_ready")["seen"] == SEEN
    assert step(later, "cleanup")["seen"] == "later"


def test_who_gets_a_new_namespace_starts_again():
    first = look(web(), shell())
    assert reached(look(before=first, uid="other")) == set()
    # Where the namespace's UID is not known, as for who may not list namespaces, nothing is forgotten.
    assert "web_pod_ready" in reached(look(before=first, uid=""))


@pytest.mark.parametrize("how", [{"live": False}, {"trouble": "the API server answered 403"}])
def test_what_cannot_be_looked_at_is_no_clean_up(how):
    first = look(web())
    then = look(before=first, **how)
    assert reached(then) == {"web_pod_ready", "apply"}
    assert then["looked"] == first["looked"] != ""
    assert set(states(look(**how)).values()) == {"unknown"}


def test_of_a_pod_that_was_looked_at_it_is_not_said_that_nobody_did():
    made = shell(managers=("kubectl-run",))
    past = [Past("my-shell", made["metadata"]["uid"], NOW, (), 9)]
    then = look(before=look(made), past=past)
    assert states(then)["shell_pod_ready"] == "reached"
    assert {states(then)[name] for name in ("web_pod_ready", "apply", "restarts")} == {"not_yet"}


def test_the_labs_pods_stay_the_labs_whatever_becomes_of_their_labels():
    bare = pod("web", "pods-web", "10.0.0.8")
    applied = {"metadata": {"name": "web", "labels": LAB}}
    bare["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
    assert reached(look(bare)) == set()
    # The student's own of that name.
    assert "web_pod_ready" in reached(look(pod("web", "pods-web", "10.0.0.8")))


@pytest.mark.parametrize(
    "spec",
    [
        {"readinessProbe": {"exec": {"command": ["curl", "x"]}}},
        {"lifecycle": {"postStart": {"exec": {"command": ["sh", "-c", "true"]}}}},
        {"image": "curlimages/curl"},
    ],
    ids=["probe", "hook", "image"],
)
def test_what_kubernetes_may_have_executed_is_nobodys_exec(spec):
    server, asker = web(), shell()
    asker["spec"]["containers"][0].update(spec)
    found = look(server, asker, served=asked(server, "10.0.0.2"))
    assert (states(found)["http_between_pods"], states(found)["exec"]) == ("reached", "unknown")


def test_what_was_gone_before_anybody_looked():
    past = [Past("my-web", "x", NOW, (), 2), Past("shell", "y", NOW, (), 2)]
    student = look(LAB_WEB, past=past)
    assert states(student)["cleanup"] == "reached"
    assert step(student, "web_pod_ready") == {
        "step": "web_pod_ready",
        "state": "unknown",
        "seen": None,
        "evidence": "There is no web pod. Gone before anybody looked: my-web. What that was, events do not say.",
    }
    assert set(states(student).values()) == {"unknown", "reached"}
    # Also beside what is there now, and when events have forgotten it.
    then = look(LAB_WEB, shell(managers=["kubectl-run"]), before=student)
    assert {name for name, state in states(then).items() if state == "not_yet"} == {"cleanup"}
    assert "Made otherwise" in step(then, "apply")["evidence"] and "Gone before" in step(then, "apply")["evidence"]
    # Pods of the lab's names may have been the lab's.
    assert states(look(LAB_WEB, past=past[1:]))["cleanup"] == "not_yet"


SHELL_IMAGE, WEB_IMAGE = "registry.example.org/lab/pods-shell:336801a07de2", "nginx:1.29"
EVENTS = [
    # Of a pod that is gone: images, starts, and what it may have reached.
    ([SHELL_IMAGE], 1, {"apply", "shell_pod_ready", "http_between_pods"}),
    ([WEB_IMAGE], 1, {"apply", "web_pod_ready", "http_between_pods"}),
    ([SHELL_IMAGE, WEB_IMAGE], 1, {"apply", "web_pod_ready", "shell_pod_ready", "http_between_pods"}),
    ([MINE], 1, {"apply", "web_pod_ready", "shell_pod_ready", "http_between_pods"}),
    ([], 1, {"apply", "web_pod_ready", "shell_pod_ready", "http_between_pods"}),
    ([SHELL_IMAGE], 2, {"apply", "shell_pod_ready", "http_between_pods", "restarts"}),
    (["nginx:1.99"], 0, {"apply"}),
]


@pytest.mark.parametrize(("images", "starts", "unknown"), EVENTS)
def test_what_events_tell_of_a_pod_that_is_gone_it_cannot_have_been_otherwise(images, starts, unknown):
    student = look(LAB_WEB, past=[Past("tmp", "x", NOW, tuple(images), starts)])
    assert {name for name, state in states(student).items() if state == "unknown"} == unknown | {"exec"}
    # So it is when events have forgotten it.
    assert states(look(LAB_WEB, before=student)) == states(student)
    # A later look may find more events.
    more = [Past("tmp", "x", NOW, (MINE,), 1)]
    assert states(look(LAB_WEB, before=student, past=more))["web_pod_ready"] == "unknown"


def test_what_events_do_not_tell_is_named_with_the_image():
    student = look(past=[Past("tmp", "x", NOW, (SHELL_IMAGE,), 1)])
    gone = f"Gone before anybody looked: tmp ({SHELL_IMAGE})."
    assert step(student, "shell_pod_ready")["evidence"].endswith(f"{gone} How long that ran, events do not say.")
    assert step(student, "apply")["evidence"].endswith(f"{gone} How that was made, events do not say.")
    said = step(student, "http_between_pods")["evidence"]
    assert said.endswith(f"{gone} Whether that asked or was asked, events do not say.") and "its log" not in said
    assert step(student, "web_pod_ready")["evidence"] == "There is no web pod."


def test_restarts_count_as_events_tell_them():
    found = step(look(past=[Past("boom", "x", NOW, (SHELL_IMAGE,), 3)]), "restarts")
    assert (found["state"], found["evidence"]) == (
        "reached",
        "boom, which is gone, was restarted 2 times, as events say.",
    )
    # The kubelet may leave out some.
    found = step(look(past=[Past("boom", "x", NOW, (SHELL_IMAGE,), 2)]), "restarts")
    assert (found["state"], "2 are asked for" in found["evidence"]) == ("unknown", True)


def test_points_are_what_each_step_is_worth():
    rules = Rules([], [], 2, 8, _grade_points.weights({"apply": 0.5, "web_pod_ready": "3"}))
    assert look(web(), rules=rules)["points"] == 3.5
    assert look(web())["points"] == 2


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ([], "is no mapping"),
        ({"restart": 1}, "restart is no step. The steps are: web_pod_ready"),
        ({"restarts": -1}, "restarts is -1. Give a number, 0 or more."),
        ({"restarts": True}, "restarts is True"),
        ({"restarts": "inf"}, "restarts is 'inf'"),
        ({"restarts": None}, "restarts is None"),
    ],
)
def test_points_that_cannot_be_used_are_told(points, problem):
    assert problem in " ".join(_grade_points.points_problems(points))
    if isinstance(points, dict):
        with pytest.raises(ArgumentError, match="points:"):
            _grade_points.weights(points)


LOGS = [
    ([web(), shell()], None, {"my-web"}),
    ([LAB_WEB, LAB_SHELL], None, set()),  # nobody has made anything
    ([LAB_WEB, shell()], None, {"web"}),
    # By its address a pod can be asked before it is ready, and while it is being deleted.
    ([web(ready=False)], None, {"my-web"}),
    ([web(deleting=True)], None, {"my-web"}),
    ([web(ready=False, container=waiting("app"))], None, set()),
    ([web(ready=False, container=waiting("app", "CrashLoopBackOff", restarts=1, last=ended(1)))], None, {"my-web"}),
    ([web(image="example.org/mine")], None, {"my-web"}),
    ([shell(ports=[{"containerPort": 8000}])], None, {"my-shell"}),
]
CONTAINERS = [
    ([shell(), web()], ["c1"]),
    ([web(), shell(ports=[{"containerPort": 8000}])], ["c0"]),
    ([web(image=MINE), web()], ["c1"]),
    ([shell(), web(image=MINE)], ["c1"]),
    ([shell(ports=[{"containerPort": 8000}]), web(image=MINE)], ["c0", "c1"]),
    ([web(image=MINE) for _each in range(9)], ["c0", "c1", "c2"]),
    ([shell(), shell()], []),
]


@pytest.mark.parametrize(("pods", "expected"), CONTAINERS)
def test_of_which_containers_logs_are_read(pods, expected):
    logs = _grade_requests.logs_to_read(None, View(True, "u", NOW, [together(*pods)]), RULES, None)
    assert [one.container for one in logs] == expected


@given(st.permutations(range(4)), st.integers(0, 3))
def test_the_web_container_is_read_wherever_it_stands(order, others):
    pods = [[web(), shell(), web(image=MINE), shell()][index] for index in order if index <= others]
    (log,) = _grade_requests.logs_to_read(None, View(True, "u", NOW, [together(*pods)]), RULES, None)
    assert log.container == f"c{[index for index in order if index <= others].index(0)}"


@pytest.mark.parametrize(("pods", "before", "expected"), LOGS)
def test_which_logs_are_read(pods, before, expected):
    logs = _grade_requests.logs_to_read(before, View(True, "u", NOW, pods), RULES, NOW)
    assert {one.pod for one in logs} == expected
    assert {one.since for one in logs} <= {NOW}
    assert {(one.namespace, one.container) for one in logs} <= {("lab-anna", "app")}


def test_no_log_is_read_of_who_has_been_seen_to_ask():
    server = web()
    before = look(server, shell(), served=asked(server, "10.0.0.2"))
    assert _grade_requests.logs_to_read(before, View(True, "u", NOW, [server]), RULES, NOW) == []


def test_news_are_what_was_reached_and_what_was_withdrawn():
    first = look(web())
    second = look(before=first)
    third = look(web("other"), before=second)
    say = str.upper
    assert _grade.news({}, [first], say) == ["ANNA: Web pod, Applied"]
    assert _grade.news({"lab-anna": first}, [second], say) == ["ANNA: Clean-up"]
    assert _grade.news({"lab-anna": second}, [third], say) == ["ANNA: not Clean-up any more"]
    assert _grade.news({"lab-anna": third}, [third], say) == []


@given(st.lists(OBJECT, max_size=3), st.lists(OBJECT, max_size=3))
def test_whatever_a_server_sends_is_judged_and_takes_nothing_back(early, late):
    server = web()
    first = look(server, shell(), *early, served=asked(server, "10.0.0.2"))
    then = look(*late, before=first)
    assert reached(first) - {"cleanup"} <= reached(then)
    assert 0 <= then["points"] <= len(NAMES)
    assert [one["step"] for one in then["steps"]] == list(NAMES)
    for one in then["steps"]:
        assert (one["state"] == "reached") == (one["seen"] is not None)
        assert one["evidence"]
    _grade_requests.logs_to_read(None, View(True, "u", NOW, late), RULES, None)
