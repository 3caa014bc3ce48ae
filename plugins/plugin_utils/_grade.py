# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What students did by hand, judged: which steps of the lab each has reached, with the evidence. Pure.

A student's work are the pods that the lab did not make, whatever their names. A step that was reached stays reached,
because students clean up: what was found is kept in grade.json and goes into the next judgement. What the cluster
cannot tell is called `unknown`, and says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, TypedDict

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.json_reading import as_list, as_map, as_text
from ..module_utils._ground.ownership import is_ours
from ..module_utils._ground.times import iso_seconds, parse_time
from ..module_utils._ground.wording import listed, sentence
from ..module_utils._pods.http_log import Served, address
from ..module_utils._pods.making import last_applied, making
from ..module_utils._pods.status import (
    Pod,
    columns,
    container_specs,
    container_status,
    container_statuses,
    is_deleting,
    is_ready,
    last_terminated,
    metadata,
    name_of,
    pod_ips,
    restart_count,
    state_of,
    uid_of,
)
from ..module_utils._survey.facts import LogOf, Past
from . import _lab_steps


class GradedStep(NamedTuple):
    """A step that is graded.

    Attributes:
        name: as in grade.json; where there is a check of the same, its name.
        title: for people, short.
        shows: what is true where it was reached.
    """

    name: str
    title: str
    shows: str


#: In the order of the lab.
STEPS = (
    GradedStep("web_pod_ready", "Web pod", "a web pod of the student's own has become ready"),
    GradedStep("apply", "Applied", "a pod of the student's own was made by applying YAML"),
    GradedStep("shell_pod_ready", "Shell pod", "a pod with a shell runs"),
    GradedStep("exec", "Exec", "a command was executed in a pod"),
    GradedStep("http_between_pods", "HTTP", "one pod has requested a page from another"),
    GradedStep("restarts", "Restarts", "Kubernetes has restarted a container often enough"),
    GradedStep("cleanup", "Clean-up", "nothing is left of the student's own pods"),
)
NAMES = tuple(step.name for step in STEPS)


class State(StrEnum):
    REACHED = "reached"
    NOT_YET = "not_yet"
    #: The cluster does not tell.
    UNKNOWN = "unknown"


class StepGrade(TypedDict):
    """What is known of one step of a student.

    Attributes:
        step: its name.
        state: a State.
        seen: when it was first seen to be reached, as ISO 8601 in UTC; None where it was not.
        evidence: what shows it, or what is missing, one sentence.
    """

    step: str
    state: str
    seen: str | None
    evidence: str


class KnownPod(TypedDict):
    """A pod that a student has or had.

    Attributes:
        name, uid: of the pod.
        ips: its addresses.
        created, seen: when it was made, and when it was last seen, as ISO 8601 in UTC; created may be ''.
        lab: whether the lab made it.
    """

    name: str
    uid: str
    ips: list[str]
    created: str
    seen: str
    lab: bool


class StudentGrade(TypedDict):
    """All that is known of a student's work; `uid` is that of the namespace, '' where it is not known, and `looked` is
    when it was last looked at."""

    name: str
    namespace: str
    uid: str
    looked: str
    points: float
    steps: list[StepGrade]
    pods: list[KnownPod]


@dataclass(frozen=True)
class Rules:
    """What is judged by.

    Attributes:
        web_images, shell_images: images, of which those of the lab come first.
        restarts: how many restarts are enough.
        settle: seconds that a container has to run to be told from one that keeps failing.
        points: of each step.
    """

    web_images: Sequence[str]
    shell_images: Sequence[str]
    restarts: int
    settle: float
    points: Mapping[str, float]


@dataclass(frozen=True)
class View:
    """What there is in a student's namespace at one moment.

    Attributes:
        live: whether the namespace is there, and is not being deleted.
        uid: of the namespace.
        now: the time of the cluster.
        pods: the pods in it, the lab's and the student's.
        served: what the logs of pods tell, by their UIDs.
        past: pods that events speak of.
        trouble: why nothing is known, one sentence; '' where all is well.
    """

    live: bool
    uid: str
    now: datetime
    pods: Sequence[Pod] = ()
    served: Mapping[str, Sequence[Served]] = field(default_factory=dict)
    past: Sequence[Past] = ()
    trouble: str = ""


class Found(NamedTuple):
    """What one look came to for one step."""

    state: State
    evidence: str


# --- images ---

#: The last part of the name of images that serve HTTP, and of those that have a shell, with those that role lab_images
#: builds. Others may as well: of them
#: nothing is known until their log tells of requests.
KNOWN_WEB = frozenset(
    {"whoami", "nginx", "nginx-unprivileged", "httpd", "apache", "caddy", "traefik", "lighttpd", "tomcat"}
    | {"echoserver", "hello-app", "http-echo", "podinfo", "pods-web"}
)
KNOWN_SHELL = frozenset(
    {"busybox", "alpine", "debian", "ubuntu", "fedora", "centos", "rockylinux", "almalinux", "amazonlinux"}
    | {"curl", "bash", "netshoot", "dnsutils", "pods-shell"}
)


def image_name(image: str) -> str:
    """``nginx`` of ``registry.example.org:5000/library/nginx:1.27@sha256:...``."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _has_image(pod: Pod, images: Sequence[str], known: frozenset[str]) -> str:
    """The first image of the pod that is one of those; '' where none is."""
    names = {image_name(image) for image in images if image} | known
    return next((image for image in images_of(pod) if image_name(image) in names), "")


def images_of(pod: Pod) -> list[str]:
    return [as_text(spec.get("image")) for spec in container_specs(pod)]


# --- whose pods ---


def is_of_lab(pod: Pod) -> bool:
    """Whether the lab made the pod: by its labels, or by those with which it was applied, where somebody has taken them
    off since. Copies of its YAML carry them as well, so the name counts, too."""
    return name_of(pod) in LAB_PODS and (is_ours(pod) or is_ours(last_applied(pod)))


#: How the lab calls its own pods.
LAB_PODS = frozenset(step.pod for step in _lab_steps.STEPS if step.pod)


def _own(view: View) -> list[Pod]:
    """The student's own pods."""
    return [pod for pod in view.pods if not is_of_lab(pod)]


def _is_web(pod: Pod, view: View, rules: Rules) -> bool:
    return bool(_has_image(pod, rules.web_images, KNOWN_WEB) or view.served.get(uid_of(pod)))


# --- the logs that have to be read ---


def logs_to_read(before: StudentGrade | None, view: View, rules: Rules, since: datetime | None) -> list[LogOf]:
    """The logs in which a request of the student's may stand that has not been seen.

    Args:
        since: when this student's logs were read last; None for never.
    """
    reached = {one["step"] for one in (before["steps"] if before else []) if one["state"] == State.REACHED}
    if {"http_between_pods", "exec", "web_pod_ready"} <= reached:
        return []
    own = _own(view)
    servers = [pod for pod in own if is_ready(pod) and _may_serve(pod, rules)]
    askers = [pod for pod in own if pod_ips(pod)]
    if askers:
        # A student may as well ask the lab's web pod; the lab itself asks it only from pods of the lab.
        servers += [pod for pod in view.pods if is_of_lab(pod) and name_of(pod) == "web" and is_ready(pod)]
    return [
        LogOf(as_text(metadata(pod).get("namespace")), name_of(pod), as_text(spec.get("name")), since)
        for pod in servers
        for spec in container_specs(pod)[:1]
    ]


def _may_serve(pod: Pod, rules: Rules) -> bool:
    """Whether the pod may be one that answers HTTP: its image does, or nothing is known of it, or it names a port."""
    ports = any(as_list(spec.get("ports")) for spec in container_specs(pod))
    return ports or not _has_image(pod, rules.shell_images, KNOWN_SHELL)


# --- the steps ---


def _web(view: View, rules: Rules) -> Found:
    pods = _own(view)
    web = [pod for pod in pods if _is_web(pod, view, rules)]
    for pod in web:
        if is_ready(pod):
            image = _has_image(pod, rules.web_images, KNOWN_WEB)
            why = f"with the web image {image}" if image else "and its log tells of requests"
            return Found(State.REACHED, f"{name_of(pod)} is ready, {why}.")
    if web:
        return Found(State.NOT_YET, f"{name_of(web[0])} is not ready: {columns(web[0]).status}.")
    for pod in pods:
        if is_ready(pod) and not _has_image(pod, rules.shell_images, KNOWN_SHELL):
            return Found(
                State.UNKNOWN, f"Whether {name_of(pod)}, which is ready, answers HTTP is not known: {_image(pod)}."
            )
    return _absent(view, "no web pod")


def _applied(view: View, rules: Rules) -> Found:
    ways = []
    for pod in _own(view):
        made = making(pod)
        if made.declarative:
            return Found(State.REACHED, f"{name_of(pod)} was made by {made.how}.")
        ways.append(f"{name_of(pod)} by {made.how or 'something that leaves no name'}")
    if ways:
        return Found(State.NOT_YET, f"Made otherwise: {listed(ways)}.")
    return _absent(view, "no pod")


def _shell(view: View, rules: Rules) -> Found:
    waiting = ""
    for pod in _own(view):
        image = _has_image(pod, rules.shell_images, KNOWN_SHELL)
        if not image or _is_web(pod, view, rules):
            continue
        ran = _runs_for(pod, view.now)
        if is_ready(pod) and ran is not None and ran >= rules.settle:
            return Found(State.REACHED, f"{name_of(pod)} runs, with the shell image {image}.")
        waiting = waiting or (
            f"{name_of(pod)} has not run for {rules.settle:g} seconds yet, which tell it from an app that keeps failing"
            if is_ready(pod)
            else f"{name_of(pod)} is not ready: {columns(pod).status}"
        )
    if waiting:
        return Found(State.NOT_YET, f"{waiting}.")
    for pod in _own(view):
        if is_ready(pod) and not _is_web(pod, view, rules):
            return Found(State.UNKNOWN, f"Whether {name_of(pod)} has a shell is not known: {_image(pod)}.")
    return _absent(view, "no shell pod")


def _restarts(view: View, rules: Rules) -> Found:
    most, whose = 0, ""
    for pod in _own(view):
        for _init, status in container_statuses(pod):
            count = restart_count(pod, status)
            code = last_terminated(status).get("exitCode")
            said = f", last with the exit code {code}" if isinstance(code, int) else ""
            if count > most:
                most, whose = count, f"{name_of(pod)} was restarted {_times(count)}{said}"
    if most >= rules.restarts:
        return Found(State.REACHED, f"{whose}.")
    if whose:
        return Found(State.NOT_YET, f"{whose}; {rules.restarts} are asked for.")
    return _absent(view, "no pod that was restarted")


def _absent(view: View, what: str) -> Found:
    """Nothing of the kind is there; what events say of others that were is all that is known of them."""
    present = {uid_of(pod) for pod in view.pods}
    gone = [past for past in view.past if past.uid not in present and past.name not in LAB_PODS]
    if gone and not _own(view):
        names = listed(sorted({past.name for past in gone}))
        return Found(State.UNKNOWN, f"Gone before anybody looked: {names}. What it was, events do not say.")
    return Found(State.NOT_YET, f"There is {what}.")


class Asked(NamedTuple):
    """A request that a pod of the student's made."""

    asker: KnownPod
    server: str
    at: datetime | None


def _asked(view: View, known: Sequence[KnownPod]) -> tuple[list[Asked], int]:
    """The student's requests, and how many others there were of which it is not known whose they are.

    Left out are the kubelet's probes, what came through a port-forward or from the pod itself, and what the lab asks of
    its own pods.
    """
    found: list[Asked] = []
    strange = 0
    for pod in view.pods:
        nodes = {address(as_text(as_map(one).get("ip"))) for one in as_list(as_map(pod.get("status")).get("hostIPs"))}
        nodes.add(address(as_text(as_map(pod.get("status")).get("hostIP"))))
        own = {address(ip) for ip in pod_ips(pod)}
        for request in view.served.get(uid_of(pod), ()):
            if request.probe or request.peer in nodes | own | {"127.0.0.1", "::1"}:
                continue
            askers = [one for one in known if request.peer in one["ips"] and _was_there(one, request.at)]
            asker = next((one for one in askers if not one["lab"]), askers[0] if askers else None)
            if asker is None:
                strange += not is_of_lab(pod)
            elif not (asker["lab"] and is_of_lab(pod)):
                found.append(Asked(asker, name_of(pod), request.at))
    return found, strange


def _was_there(pod: KnownPod, at: datetime | None) -> bool:
    """Whether the pod can have asked then: addresses are given to other pods later."""
    created, seen = parse_time(pod["created"]), parse_time(pod["seen"])
    if at is None:
        return True
    return not (created and at < created - SLACK) and not (seen and at > seen + SLACK)


#: Between two looks a pod may have come, asked and gone.
SLACK = timedelta(seconds=60)


def _http(view: View, rules: Rules, known: Sequence[KnownPod]) -> Found:
    asked, strange = _asked(view, known)
    if asked:
        one = asked[0]
        at = f" at {iso_seconds(one.at)}" if one.at else ""
        whose = "the lab's pod " if one.asker["lab"] else ""
        ip = one.asker["ips"][0] if one.asker["ips"] else ""
        return Found(
            State.REACHED, f"The log of {one.server} has a request from {whose}{one.asker['name']} ({ip}){at}."
        )
    if strange:
        return Found(
            State.UNKNOWN,
            f"Requests in the log: {strange}, from addresses that are not known to have been the student's pods.",
        )
    silent = [pod for pod in _own(view) if is_ready(pod) and _logs_no_requests(pod)]
    if silent:
        return Found(State.UNKNOWN, f"{name_of(silent[0])} does not log requests: whoami does with --verbose.")
    return _absent(view, "no request in the log of a web pod" if _own(view) else "no web pod")


def _logs_no_requests(pod: Pod) -> bool:
    """Source: app.go of traefik/whoami."""
    for spec in container_specs(pod):
        words = [str(word).lstrip("-") for word in (*as_list(spec.get("command")), *as_list(spec.get("args")))]
        if image_name(as_text(spec.get("image"))) == "whoami" and not {"verbose", "verbose=true"} & set(words):
            return True
    return False


#: A pod whose own command has one of these may ask by itself.
_CLIENT = re.compile(r"curl|wget|https?\b|\bnc\b|requests|urllib|fetch")


def _exec(view: View, rules: Rules, known: Sequence[KnownPod]) -> Found:
    """Kubernetes keeps no record of exec but in an audit log. What is left is a conclusion: a request came from a pod
    whose own command asks nothing, and at whose standard input nobody sits."""
    by_uid = {uid_of(pod): pod for pod in view.pods}
    for one in _asked(view, known)[0]:
        pod = by_uid.get(one.asker["uid"])
        if pod is not None and not _asks_by_itself(pod):
            return Found(
                State.REACHED,
                f"{one.asker['name']} requested a page from {one.server}, and nothing in its YAML does: somebody will "
                "have executed it.",
            )
    return Found(State.UNKNOWN, "Cannot be known: exec leaves no trace but in an audit log of the API server.")


def _asks_by_itself(pod: Pod) -> bool:
    for spec in container_specs(pod):
        # Kubernetes executes hooks and probes, and the command may be that of the image.
        executed = [spec.get(name) for name in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")]
        words = json.dumps([spec.get(name) for name in ("command", "args", "image")])
        if spec.get("stdin") or '"exec"' in json.dumps(executed) or _CLIENT.search(words):
            return True
    return False


def _cleanup(view: View, known: Sequence[KnownPod]) -> Found:
    own = _own(view)
    if own:
        going = all(is_deleting(pod) for pod in own)
        names = listed([name_of(pod) for pod in own])
        return Found(State.NOT_YET, f"Still {'being deleted' if going else 'there'}: {names}.")
    had = {one["name"] for one in known if not one["lab"]}
    had |= {past.name for past in view.past if past.name not in LAB_PODS}
    if had:
        return Found(State.REACHED, f"Nothing is left of {listed(sorted(had))}.")
    return Found(State.NOT_YET, "There was nothing to clean up yet.")


def _image(pod: Pod) -> str:
    return f"its image is {listed(images_of(pod)) or 'not named'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _runs_for(pod: Pod, now: datetime) -> float | None:
    """Seconds that the containers of the pod have been running, all of them; None where one is not."""
    ages = []
    for spec in container_specs(pod):
        state, details = state_of(container_status(pod, as_text(spec.get("name"))))
        started = parse_time(details.get("startedAt"))
        if state != "running" or started is None:
            return None
        ages.append((now - started).total_seconds())
    return min(ages, default=None)


# --- all of a student ---


def judge(
    before: StudentGrade | None, name: str, namespace: str, view: View, rules: Rules, seen_at: str
) -> StudentGrade:
    """What is known of a student after another look.

    Args:
        before: what was known so far; None for nothing. Of another namespace of that name it says nothing: the student
            has started again.
        seen_at: the time as ISO 8601 in UTC.
    """
    if before is not None and view.uid and before["uid"] and view.uid != before["uid"]:
        before = None
    old = {one["step"]: one for one in (before["steps"] if before else [])}
    if view.trouble or not view.live:
        why = sentence(view.trouble) or "The namespace is not there."
        steps = [old.get(step) or _grade(step, Found(State.UNKNOWN, why), seen_at) for step in NAMES]
        known = before["pods"] if before else []
        looked = before["looked"] if before else ""
    else:
        known = _known(before["pods"] if before else [], view)
        # Of those that were looked at more is known than events say.
        looked_at = {one["uid"] for one in known}
        unseen = [past for past in view.past if past.uid not in looked_at]
        found = dict(_found(replace(view, past=unseen), rules, known))
        steps = [_merged(step, old.get(step), found[step], view, seen_at) for step in NAMES]
        looked = iso_seconds(view.now)
    return {
        "name": name,
        "namespace": namespace,
        "uid": view.uid or (before["uid"] if before else ""),
        "looked": looked,
        "points": points_of(steps, rules.points),
        "steps": steps,
        "pods": known,
    }


def _found(view: View, rules: Rules, known: Sequence[KnownPod]) -> Iterator[tuple[str, Found]]:
    yield "web_pod_ready", _web(view, rules)
    yield "apply", _applied(view, rules)
    yield "shell_pod_ready", _shell(view, rules)
    yield "exec", _exec(view, rules, known)
    yield "http_between_pods", _http(view, rules, known)
    yield "restarts", _restarts(view, rules)
    yield "cleanup", _cleanup(view, known)


def _merged(name: str, old: StepGrade | None, found: Found, view: View, seen_at: str) -> StepGrade:
    """A step that was reached stays so. Only who makes pods again after cleaning up has not cleaned up."""
    if old and old["state"] == State.REACHED and not (name == "cleanup" and _own(view)):
        return old
    return _grade(name, found, seen_at)


def _grade(name: str, found: Found, seen_at: str) -> StepGrade:
    seen = seen_at if found.state == State.REACHED else None
    return {"step": name, "state": str(found.state), "seen": seen, "evidence": found.evidence}


def _known(before: Sequence[KnownPod], view: View) -> list[KnownPod]:
    """The pods that were known, and those that are there now."""
    known = {one["uid"]: one for one in before}
    for pod in view.pods:
        old = known.get(uid_of(pod))
        known[uid_of(pod)] = {
            "name": name_of(pod),
            "uid": uid_of(pod),
            "ips": [ip for ip in map(address, pod_ips(pod)) if ip] or (old["ips"] if old else []),
            "created": as_text(metadata(pod).get("creationTimestamp")),
            "seen": iso_seconds(view.now),
            "lab": is_of_lab(pod),
        }
    return list(known.values())


# --- points ---


def points_problems(points: Any) -> list[str]:
    """A sentence for everything in the weights of steps that cannot be used; [] where all can."""
    if not isinstance(points, Mapping):
        return [f"{points!r} is no mapping. Set it as in {{restarts: 2}}."]
    problems = [f"{name} is no step. The steps are: {', '.join(NAMES)}." for name in points if name not in NAMES]
    for name, value in points.items():
        if _weight(value) is None:
            problems.append(f"{name} is {value!r}. Give a number, 0 or more.")
    return problems


def weights(points: Mapping[str, Any]) -> dict[str, float]:
    """The points of every step: 1 where nothing else is said.

    Raises:
        ArgumentError: one of them cannot be used.
    """
    problems = points_problems(points)
    if problems:
        raise ArgumentError(f"points: {' '.join(problems)}")
    return {name: _weight(points.get(name, 1)) or 0 for name in NAMES}


def _weight(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not 0 <= number < 1e6:
        return None
    return int(number) if number.is_integer() else number


def points_of(steps: Sequence[StepGrade], points: Mapping[str, float]) -> float:
    """The points of the steps that were reached."""
    return sum(points[one["step"]] for one in steps if one["state"] == State.REACHED)


def news(before: Mapping[str, StudentGrade], after: Sequence[StudentGrade], say: Callable[[str], str]) -> list[str]:
    """What has been reached, or withdrawn, since, a line for each student."""
    titles = {step.name: step.title for step in STEPS}
    lines = []
    for student in after:
        old = _reached(before.get(student["namespace"]))
        new = _reached(student)
        words = [titles[name] for name in NAMES if name in new - old]
        words += [f"not {titles[name]} any more" for name in NAMES if name in old - new]
        if words:
            lines.append(f"{say(student['name'])}: {', '.join(words)}")
    return lines


def _reached(student: StudentGrade | None) -> set[str]:
    return {one["step"] for one in (student["steps"] if student else []) if one["state"] == State.REACHED}
