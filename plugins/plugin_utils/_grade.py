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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, NotRequired, TypedDict

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.json_reading import as_list, as_map, as_text
from ..module_utils._ground.ownership import is_ours
from ..module_utils._ground.times import iso_seconds, parse_time, readable
from ..module_utils._ground.wording import capital, listed, sentence
from ..module_utils._pods.http_log import Served, address
from ..module_utils._pods.making import last_applied, making
from ..module_utils._pods.status import (
    CREATING,
    Pod,
    columns,
    condition,
    container_specs,
    container_status,
    container_statuses,
    is_deleting,
    is_ready,
    last_terminated,
    metadata,
    name_of,
    phase_of,
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
    GradedStep("apply", "Applied", "YAML was applied for a pod of the student's own"),
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


class Held(TypedDict):
    """An address, and a time within which a pod is known to have had it, as ISO 8601 in UTC."""

    ip: str
    since: str
    seen: str


class KnownPod(TypedDict):
    """A pod that a student has or had.

    Attributes:
        name, uid: of the pod.
        ips: its addresses when it was last seen.
        had: all that it has had, and when: a pod has others after a restart of its node, and what it had is given to
            others. Files of earlier versions do not say.
        created, seen: when it was made, and when it was last seen, as ISO 8601 in UTC; created may be ''. seen is '' of
            a pod that was gone before anybody looked, of which events speak.
        lab: whether the lab made it.
        serves: whether it may have answered HTTP, so that its log would have told of that.
        ran: whether a container of it may have run.
        images, starts: of a pod that was gone before anybody looked, as far as events say: its images, and how often a
            container was started.
        Files of earlier versions do not say the last four.
    """

    name: str
    uid: str
    ips: list[str]
    created: str
    seen: str
    lab: bool
    had: NotRequired[list[Held]]
    serves: NotRequired[bool]
    ran: NotRequired[bool]
    images: NotRequired[list[str]]
    starts: NotRequired[int]


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


Container = Mapping[str, Any]


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


def _with_web_image(pod: Pod, rules: Rules) -> list[Container]:
    """The containers of the pod whose images are known to serve HTTP."""
    return _with_image(pod, rules.web_images, KNOWN_WEB)


def _with_shell_image(pod: Pod, rules: Rules) -> list[Container]:
    """Those whose images are known to have a shell. A pod may have both kinds."""
    return _with_image(pod, rules.shell_images, KNOWN_SHELL)


def _with_image(pod: Pod, images: Sequence[str], known: frozenset[str]) -> list[Container]:
    return [spec for spec in container_specs(pod) if _is_one_of(_image_of(spec), images, known)]


def _is_one_of(image: str, images: Sequence[str], known: frozenset[str]) -> bool:
    return image_name(image) in {image_name(one) for one in images if one} | known


def _may_serve(image: str, rules: Rules) -> bool:
    """Whether a container with this image may answer HTTP, as far as its image tells."""
    return _is_one_of(image, rules.web_images, KNOWN_WEB) or not _is_one_of(image, rules.shell_images, KNOWN_SHELL)


def _may_be_shell(image: str, rules: Rules) -> bool:
    return _is_one_of(image, rules.shell_images, KNOWN_SHELL) or not _is_one_of(image, rules.web_images, KNOWN_WEB)


def _of_other_images(pod: Pod, rules: Rules) -> list[Container]:
    """The containers of whose images nothing is known: they may serve HTTP, have a shell, or both."""
    known = [*_with_web_image(pod, rules), *_with_shell_image(pod, rules)]
    return [spec for spec in container_specs(pod) if spec not in known]


def _image_of(spec: Container) -> str:
    return as_text(spec.get("image"))


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
    return bool(_with_web_image(pod, rules) or view.served.get(uid_of(pod)))


# --- the logs that have to be read ---


def logs_to_read(before: StudentGrade | None, view: View, rules: Rules, since: datetime | None) -> list[LogOf]:
    """The logs in which a request of the student's may stand that has not been seen.

    Each is one request to the API server: mostly one for each web pod of a student who has not been seen to ask, and
    none for the others. Of a pod with several containers it is that with the web image; where none has one, as many as
    MOST_LOGS.

    Args:
        since: when this student's logs were read last; None for never.
    """
    reached = {one["step"] for one in (before["steps"] if before else []) if one["state"] == State.REACHED}
    if {"http_between_pods", "exec", "web_pod_ready"} <= reached:
        return []
    own = _own(view)
    servers = list(own)
    if any(pod_ips(pod) for pod in own):
        # A student may as well ask the lab's web pod; the lab itself asks it only from pods of the lab.
        servers += [pod for pod in view.pods if is_of_lab(pod) and name_of(pod) == "web"]
    return [
        LogOf(as_text(metadata(pod).get("namespace")), name_of(pod), as_text(spec.get("name")), since)
        for pod in servers
        for spec in _servers_of(pod, rules)[:MOST_LOGS]
        if _has_log(container_status(pod, as_text(spec.get("name"))))
    ]


#: Of one pod the logs of so many containers are read.
MOST_LOGS = 3


def _servers_of(pod: Pod, rules: Rules) -> list[Container]:
    """The containers of the pod that may answer HTTP: those whose images do, wherever they stand. Where there is none,
    those of which nothing is known, and those that name a port."""
    return _with_web_image(pod, rules) or [
        spec for spec in container_specs(pod) if as_list(spec.get("ports")) or spec not in _with_shell_image(pod, rules)
    ]


def _has_log(status: Container) -> bool:
    """Whether the container has begun at least once. Neither it nor its pod has to be ready to have been asked."""
    return state_of(status)[0] in ("running", "terminated") or bool(last_terminated(status))


# --- the steps ---


def _web(view: View, rules: Rules) -> Found:
    pods = _own(view)
    web = [pod for pod in pods if _is_web(pod, view, rules)]
    waiting = ""
    for pod in web:
        # With any container that keeps failing the pod is ready for a moment at a time.
        unsettled = next(filter(None, (_unsettled(pod, spec, view, rules) for spec in container_specs(pod))), "")
        if is_ready(pod) and not unsettled:
            known = _with_web_image(pod, rules)
            why = f"with the web image {_image_of(known[0])}" if known else "and its log tells of requests"
            return Found(State.REACHED, f"{name_of(pod)} is ready, {why}.")
        waiting = waiting or unsettled or _not_ready(pod)
    if waiting:
        return Found(State.NOT_YET, f"{waiting}.")
    for pod in pods:
        others = _of_other_images(pod, rules)
        if is_ready(pod) and others:
            return Found(
                State.UNKNOWN, f"Whether {name_of(pod)}, which is ready, answers HTTP is not known: {_images(others)}."
            )
    return Found(State.NOT_YET, "There is no web pod.")


def _applied(view: View, rules: Rules) -> Found:
    ways = []
    for pod in _own(view):
        made = making(pod)
        if made.declarative:
            return Found(State.REACHED, f"{name_of(pod)} was applied with {made.how}.")
        ways.append(f"{name_of(pod)} by {made.how or 'something that leaves no name'}")
    if ways:
        return Found(State.NOT_YET, f"Made otherwise, and not applied since: {listed(ways)}.")
    return Found(State.NOT_YET, "There is no pod.")


def _shell(view: View, rules: Rules) -> Found:
    waiting = ""
    for pod in _own(view):
        for spec in _with_shell_image(pod, rules):
            unsettled = _unsettled(pod, spec, view, rules)
            if not unsettled:
                return Found(State.REACHED, f"{name_of(pod)} runs, with the shell image {_image_of(spec)}.")
            waiting = waiting or unsettled
    if waiting:
        return Found(State.NOT_YET, f"{waiting}.")
    for pod in _own(view):
        others = _of_other_images(pod, rules)
        # One of them is the web server whose log tells of requests.
        servers = bool(view.served.get(uid_of(pod))) and not _with_web_image(pod, rules)
        if is_ready(pod) and len(others) > servers:
            return Found(State.UNKNOWN, f"Whether {name_of(pod)} has a shell is not known: {_images(others)}.")
    return Found(State.NOT_YET, "There is no shell pod.")


def _restarts(view: View, rules: Rules, known: Sequence[KnownPod]) -> Found:
    most, whose, by_node = 0, "", ""
    for pod in _own(view):
        for _init, status in container_statuses(pod):
            count = restart_count(pod, status)
            if _ended_with_node(last_terminated(status)):
                by_node = f"{name_of(pod)} was restarted with its node, which is nobody's work"
                continue
            code = last_terminated(status).get("exitCode")
            said = f", last with the exit code {code}" if isinstance(code, int) else ""
            if count > most:
                most, whose = count, f"{name_of(pod)} was restarted {_times(count)}{said}"
    for one in known:
        count = 0 if one["seen"] else one.get("starts", 0) - 1
        if count > most:
            most, whose = count, f"{one['name']}, which is gone, was restarted {_times(count)}, as events say"
    if most >= rules.restarts:
        return Found(State.REACHED, f"{whose}.")
    if whose:
        return Found(State.NOT_YET, f"{whose}; {rules.restarts} are asked for.")
    return Found(State.NOT_YET, f"{by_node}." if by_node else "There is no pod that was restarted.")


def _ended_with_node(last: Mapping[str, Any]) -> bool:
    """Whether the last run ended because its node did: containerd finds the container without its process. Source:
    internal/cri/server/restart.go."""
    return last.get("reason") == "Unknown" and last.get("exitCode") == 255


class Asked(NamedTuple):
    """A request that a pod of the student's made."""

    asker: KnownPod
    ip: str
    server: str
    at: datetime | None


@dataclass
class Requests:
    """What the logs of a student's pods tell.

    Attributes:
        asked: the student's requests.
        strange: how many there were of which it is not known whose they are.
        others: how many there were in the student's own pods that prove nothing, by what they are.
        servers: the pods whose logs have those.
    """

    asked: list[Asked] = field(default_factory=list)
    strange: int = 0
    others: Counter[str] = field(default_factory=Counter)
    servers: set[str] = field(default_factory=set)


def _requests(view: View, known: Sequence[KnownPod]) -> Requests:
    """Whose the requests in the logs were. What the lab asks of its own pods is left out."""
    found = Requests()
    for pod in view.pods:
        for request in view.served.get(uid_of(pod), ()):
            asker = _asker(request, known)
            proves_nothing = _proves_nothing(request, pod, asker)
            if proves_nothing:
                if not is_of_lab(pod):
                    found.others[proves_nothing] += 1
                    found.servers.add(name_of(pod))
            elif asker is None:
                found.strange += not is_of_lab(pod)
            elif not (asker["lab"] and is_of_lab(pod)):
                found.asked.append(Asked(asker, request.peer, name_of(pod), request.at))
    return found


def _proves_nothing(request: Served, pod: Pod, asker: KnownPod | None) -> str:
    """What a request is that came from no other pod; '' where it may have come from one."""
    nodes = {address(as_text(as_map(one).get("ip"))) for one in as_list(as_map(pod.get("status")).get("hostIPs"))}
    nodes.add(address(as_text(as_map(pod.get("status")).get("hostIP"))))
    if request.probe:
        return "the kubelet's probes"
    if request.peer in ("127.0.0.1", "::1"):
        return f"from {request.peer} (the pod itself or a port-forward)"
    if asker is not None and asker["uid"] == uid_of(pod):
        return f"from {request.peer} (the pod itself)"
    if request.peer in nodes:
        return f"from {request.peer} (its node)"
    return ""


def _asker(request: Served, known: Sequence[KnownPod]) -> KnownPod | None:
    """Who had that address then; None where that is not known, or may have been one of several."""
    held = [(one, had) for one in known for had in _held(one) if had["ip"] == request.peer]
    if request.at is not None:
        sure = [(one, had) for one, had in held if _had_it(had, request.at, timedelta())]
        if sure:
            # The API may show an address with a pod that has lost it, until its node has said so.
            return max(sure, key=lambda item: item[1]["since"])[0]
        held = [(one, had) for one, had in held if _had_it(had, request.at, SLACK)]
    askers = {one["uid"]: one for one, _had in held}
    return next(iter(askers.values())) if len(askers) == 1 else None


def _held(pod: KnownPod) -> Sequence[Held]:
    """Files of earlier versions say only which addresses a pod had when it was last seen."""
    then: list[Held] = [{"ip": ip, "since": pod["seen"], "seen": pod["seen"]} for ip in pod["ips"]]
    return pod.get("had", then)


def _had_it(had: Held, at: datetime, slack: timedelta) -> bool:
    since, seen = parse_time(had["since"]), parse_time(had["seen"])
    return since is not None and seen is not None and since - SKEW <= at <= seen + slack


#: Between two looks a pod may have asked and gone.
SLACK = timedelta(seconds=60)
#: Times of pods have whole seconds, and nodes have clocks of their own.
SKEW = timedelta(seconds=2)


def _http(view: View, rules: Rules, known: Sequence[KnownPod]) -> Found:
    requests = _requests(view, known)
    if requests.asked:
        one = requests.asked[0]
        at = f" at {readable(one.at)}" if one.at else ""
        whose = "the lab's pod " if one.asker["lab"] else ""
        return Found(
            State.REACHED, f"The log of {one.server} has a request from {whose}{one.asker['name']} ({one.ip}){at}."
        )
    if requests.strange:
        return Found(
            State.UNKNOWN,
            f"Requests in the log: {requests.strange}, from addresses that are not known to have been the student's "
            "pods.",
        )
    silent = [pod for pod in _own(view) if is_ready(pod) and _logs_no_requests(pod)]
    if silent:
        return Found(State.UNKNOWN, f"{name_of(silent[0])} does not log requests: whoami does with --verbose.")
    lost = _lost_logs(view, known, rules)
    if lost:
        return Found(State.UNKNOWN, f"Whether there was a request cannot be known: {listed(lost)}.")
    if requests.others:
        counts = [f"{count} {what}" for what, count in requests.others.most_common()]
        return Found(
            State.NOT_YET,
            f"The log of {listed(sorted(requests.servers))} has requests, but none from another pod of the student: "
            f"{listed(counts)}.",
        )
    if not _own(view):
        return Found(State.NOT_YET, "There is no web pod.")
    if not any(_may_have_run(pod) for pod in _own(view)):
        return Found(State.NOT_YET, "No pod has started yet.")
    return Found(State.NOT_YET, "There is no request in the log of any pod.")


def _lost_logs(view: View, known: Sequence[KnownPod], rules: Rules) -> list[str]:
    """Why not all that the student's web pods were asked is known: a log goes with its pod and its container's run."""
    present = {uid_of(pod) for pod in view.pods}
    gone = [one["name"] for one in known if not one["lab"] and one["uid"] not in present and _had_log(one)]
    lost = [f"{name} is gone, and its log with it" for name in dict.fromkeys(gone)]
    for pod in _own(view):
        statuses = [container_status(pod, as_text(spec.get("name"))) for spec in _servers_of(pod, rules)]
        if any(restart_count(pod, status) for status in statuses):
            lost.append(f"{name_of(pod)} was restarted, and its log began anew")
    return lost


def _had_log(pod: KnownPod) -> bool:
    """Whether the log of a pod that is gone may have told of requests."""
    return pod.get("serves", True) and pod.get("ran", True)


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
    for one in _requests(view, known).asked:
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
    if had:
        return Found(State.REACHED, f"Nothing is left of {listed(sorted(had))}.")
    return Found(State.NOT_YET, "There was nothing to clean up yet.")


def _images(specs: Sequence[Container]) -> str:
    return f"its image is {listed([_image_of(spec) for spec in specs if spec.get('image')]) or 'not named'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _unsettled(pod: Pod, spec: Container, view: View, rules: Rules) -> str:
    """Why the container is not known to run for good, a clause; '' where it is."""
    ran = _runs_for(pod, spec, view.now)
    if ran is None:
        return _not_ready(pod)
    if ran < rules.settle:
        return (
            f"{name_of(pod)} has not run for {rules.settle:g} seconds yet, which tell it from an app that keeps failing"
        )
    return ""


def _not_ready(pod: Pod) -> str:
    return f"{name_of(pod)} is not ready: {columns(pod).status}"


def _runs_for(pod: Pod, spec: Container, now: datetime) -> float | None:
    """Seconds that the container has been running; None where it is not, or is not ready, or goes with its pod."""
    status = container_status(pod, as_text(spec.get("name")))
    state, details = state_of(status)
    started = parse_time(details.get("startedAt"))
    if state != "running" or started is None or not status.get("ready") or is_deleting(pod):
        return None
    return (now - started).total_seconds()


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
        known = _known(before, view, rules)
        found = {step: _doubted(step, one, known, rules) for step, one in _found(view, rules, known)}
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
    yield "restarts", _restarts(view, rules, known)
    yield "cleanup", _cleanup(view, known)


#: What events do not say of a pod, by the step that it may have reached.
_UNSAID = {
    "web_pod_ready": "whether that became ready",
    "apply": "how that was made",
    "shell_pod_ready": "how long that ran",
    "http_between_pods": "whether that asked or was asked",
    "restarts": "how often that was restarted",
}


def _doubted(name: str, found: Found, known: Sequence[KnownPod], rules: Rules) -> Found:
    """What is not there now may have been with a pod that was gone before anybody looked."""
    if found.state != State.NOT_YET or name not in _UNSAID:
        return found
    unseen = [one for one in known if not one["seen"] and _may_have_reached(name, one, rules)]
    if not unseen:
        return found
    names = sorted({f"{one['name']} ({listed(one['images'])})" if one.get("images") else one["name"] for one in unseen})
    unsaid = _UNSAID[name] if name == "apply" or all(one.get("images") for one in unseen) else "what that was"
    gone = f"Gone before anybody looked: {listed(names)}. {capital(unsaid)}, events do not say."
    return Found(State.UNKNOWN, f"{found.evidence} {gone}")


def _may_have_reached(name: str, pod: KnownPod, rules: Rules) -> bool:
    """Whether a pod that nobody looked at may have reached the step, by what events say of it."""
    images = pod.get("images", [])
    if name == "apply":
        return True
    if not pod.get("ran", True):
        return False
    if name == "restarts":
        # Once it was started for sure; how many events the kubelet left out is not known.
        return pod.get("starts", 2) > 1
    if name == "web_pod_ready":
        return not images or any(_may_serve(image, rules) for image in images)
    if name == "shell_pod_ready":
        return not images or any(_may_be_shell(image, rules) for image in images)
    # Whatever it was, it may have asked the lab's web pod, of which the lab asks as well.
    return True


def _merged(name: str, old: StepGrade | None, found: Found, view: View, seen_at: str) -> StepGrade:
    """A step that was reached stays so. Only who makes pods again after cleaning up has not cleaned up."""
    if old and old["state"] == State.REACHED and not (name == "cleanup" and _own(view)):
        return old
    return _grade(name, found, seen_at)


def _grade(name: str, found: Found, seen_at: str) -> StepGrade:
    seen = seen_at if found.state == State.REACHED else None
    return {"step": name, "state": str(found.state), "seen": seen, "evidence": found.evidence}


def _known(before: StudentGrade | None, view: View, rules: Rules) -> list[KnownPod]:
    """The pods that were known, those of which events speak, and those that are there now."""
    known = {one["uid"]: one for one in (before["pods"] if before else [])}
    looked = parse_time(before["looked"]) if before else None
    for uid, one in known.items():
        # Those that were there at the last look are gone since. If that was long ago they may have run meanwhile.
        if before and one["seen"] == before["looked"] and looked and view.now - looked > SLACK:
            known[uid] = {**one, "ran": True}
    for past in view.past:
        # Pods of the lab's names may have been the lab's.
        if past.name not in LAB_PODS and not (past.uid in known and known[past.uid]["seen"]):
            known[past.uid] = {
                "name": past.name,
                "uid": past.uid,
                "ips": [],
                "created": iso_seconds(past.at) if past.at else "",
                "seen": "",
                "lab": False,
                "serves": not past.images or any(_may_serve(image, rules) for image in past.images),
                "ran": past.starts > 0,
                "images": list(past.images),
                "starts": past.starts,
            }
    for pod in view.pods:
        old = known.get(uid_of(pod))
        ips = [ip for ip in map(address, pod_ips(pod)) if ip]
        known[uid_of(pod)] = {
            "name": name_of(pod),
            "uid": uid_of(pod),
            "ips": ips,
            "had": _had(pod, ips, old, view.now),
            "created": as_text(metadata(pod).get("creationTimestamp")),
            "seen": iso_seconds(view.now),
            "lab": is_of_lab(pod),
            "serves": bool(_servers_of(pod, rules)),
            "ran": _may_have_run(pod) or bool(old and old["seen"] and old.get("ran", True)),
        }
    return list(known.values())


def _had(pod: Pod, ips: Sequence[str], old: KnownPod | None, now: datetime) -> list[Held]:
    """The addresses that the pod has had, those of now included."""
    had = list(_held(old)) if old else []
    for ip in ips:
        since = iso_seconds(_sandbox_since(pod, now))
        last = next((one for one in reversed(had) if one["ip"] == ip), None)
        if old and last and ip in old["ips"]:
            had.remove(last)
            since = min(since, last["since"])
        elif old:
            since = max(since, old["seen"])
        had.append({"ip": ip, "since": since, "seen": iso_seconds(_sandbox_until(pod, now))})
    return had


def _has_ended(pod: Pod) -> bool:
    return phase_of(pod) in ("Succeeded", "Failed")


def _sandbox_until(pod: Pod, now: datetime) -> datetime:
    """Until when the pod has had its addresses: one that has ended shows them still, while others are given them."""
    ends = [parse_time(state_of(status)[1].get("finishedAt")) for _init, status in container_statuses(pod)]
    return max((end for end in ends if end), default=now) if _has_ended(pod) else now


def _may_have_run(pod: Pod) -> bool:
    """Whether a container of the pod has run, or may be about to. Not where what it waits for does not come by itself,
    as an image that cannot be pulled."""
    statuses = list(container_statuses(pod))
    if any(_has_log(status) for init, status in statuses if not init):
        return True
    if is_deleting(pod):
        return False
    if not statuses:
        return condition(pod, "PodScheduled").get("status") != "False"
    stuck = [_is_stuck(status) for init, status in statuses if not init]
    return not (all(stuck) or any(_is_stuck(status) for init, status in statuses if init))


def _is_stuck(status: Container) -> bool:
    state, details = state_of(status)
    return state == "waiting" and as_text(details.get("reason")) not in (*CREATING, "")


def _sandbox_since(pod: Pod, now: datetime) -> datetime:
    """A time from which on the pod has had its addresses for sure.

    They are those of its sandbox, which is made anew when its node restarts: the pod itself may be much older. The
    condition says since when there is this one (pkg/kubelet/status/generate.go). Where there is no condition, as before
    1.29, what runs in it tells. A run that has ended may have been in the sandbox before, but in a pod that has ended.
    """
    sandbox = condition(pod, "PodReadyToStartContainers")
    moments = [parse_time(sandbox.get("lastTransitionTime"))] if sandbox.get("status") == "True" else []
    for _init, status in container_statuses(pod):
        state, details = state_of(status)
        if state == "running" or (state == "terminated" and _has_ended(pod)):
            moments.append(parse_time(details.get("startedAt")))
    return min([now, *(moment for moment in moments if moment)])


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
