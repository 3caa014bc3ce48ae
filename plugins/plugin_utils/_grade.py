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
from datetime import datetime
from typing import Any, NamedTuple

from ..module_utils._ground.json_reading import as_list, as_text
from ..module_utils._ground.times import iso_seconds, parse_time, readable
from ..module_utils._ground.wording import capital, listed, sentence
from ..module_utils._pods.making import making
from ..module_utils._pods.status import (
    Pod,
    columns,
    container_specs,
    container_status,
    container_statuses,
    is_deleting,
    is_ready,
    last_terminated,
    name_of,
    restart_count,
    state_of,
    uid_of,
)
from ._grade_pods import (
    image_name,
    image_of,
    is_web,
    known_pods,
    may_be_shell,
    may_have_run,
    may_serve,
    of_other_images,
    own_pods,
    with_shell_image,
    with_web_image,
)
from ._grade_points import points_of
from ._grade_requests import Requests, lost_logs, requests_of
from ._grade_terms import NAMES, STEPS, Container, KnownPod, Rules, State, StepGrade, StudentGrade, View


class Found(NamedTuple):
    """What one look came to for one step."""

    state: State
    evidence: str


# --- the steps ---


def _web(view: View, rules: Rules) -> Found:
    pods = own_pods(view)
    web = [pod for pod in pods if is_web(pod, view, rules)]
    waiting = ""
    for pod in web:
        # With any container that keeps failing the pod is ready for a moment at a time.
        unsettled = next(filter(None, (_unsettled(pod, spec, view, rules) for spec in container_specs(pod))), "")
        if is_ready(pod) and not unsettled:
            known = with_web_image(pod, rules)
            why = f"with the web image {image_of(known[0])}" if known else "and its log tells of requests"
            return Found(State.REACHED, f"{name_of(pod)} is ready, {why}.")
        waiting = waiting or unsettled or _not_ready(pod)
    if waiting:
        return Found(State.NOT_YET, f"{waiting}.")
    for pod in pods:
        others = of_other_images(pod, rules)
        if is_ready(pod) and others:
            return Found(
                State.UNKNOWN, f"Whether {name_of(pod)}, which is ready, answers HTTP is not known: {_images(others)}."
            )
    return Found(State.NOT_YET, "There is no web pod.")


def _applied(view: View, rules: Rules) -> Found:
    ways = []
    for pod in own_pods(view):
        made = making(pod)
        if made.declarative:
            return Found(State.REACHED, f"{name_of(pod)} was applied with {made.how}.")
        ways.append(f"{name_of(pod)} by {made.how or 'something that leaves no name'}")
    if ways:
        return Found(State.NOT_YET, f"Made otherwise, and not applied since: {listed(ways)}.")
    return Found(State.NOT_YET, "There is no pod.")


def _shell(view: View, rules: Rules) -> Found:
    waiting = ""
    for pod in own_pods(view):
        for spec in with_shell_image(pod, rules):
            unsettled = _unsettled(pod, spec, view, rules)
            if not unsettled:
                return Found(State.REACHED, f"{name_of(pod)} runs, with the shell image {image_of(spec)}.")
            waiting = waiting or unsettled
    if waiting:
        return Found(State.NOT_YET, f"{waiting}.")
    for pod in own_pods(view):
        others = of_other_images(pod, rules)
        # One of them is the web server whose log tells of requests.
        servers = bool(view.served.get(uid_of(pod))) and not with_web_image(pod, rules)
        if is_ready(pod) and len(others) > servers:
            return Found(State.UNKNOWN, f"Whether {name_of(pod)} has a shell is not known: {_images(others)}.")
    return Found(State.NOT_YET, "There is no shell pod.")


def _restarts(view: View, rules: Rules, known: Sequence[KnownPod]) -> Found:
    most, whose, by_node = 0, "", ""
    for pod in own_pods(view):
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


def _http(view: View, rules: Rules, known: Sequence[KnownPod], requests: Requests) -> Found:
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
    silent = [pod for pod in own_pods(view) if is_ready(pod) and _logs_no_requests(pod)]
    if silent:
        return Found(State.UNKNOWN, f"{name_of(silent[0])} does not log requests: whoami does with --verbose.")
    lost = lost_logs(view, known, rules)
    if lost:
        return Found(State.UNKNOWN, f"Whether there was a request cannot be known: {listed(lost)}.")
    if requests.others:
        counts = [f"{count} {what}" for what, count in requests.others.most_common()]
        return Found(
            State.NOT_YET,
            f"The log of {listed(sorted(requests.servers))} has requests, but none from another pod of the student: "
            f"{listed(counts)}.",
        )
    if not own_pods(view):
        return Found(State.NOT_YET, "There is no web pod.")
    if not any(may_have_run(pod) for pod in own_pods(view)):
        return Found(State.NOT_YET, "No pod has started yet.")
    return Found(State.NOT_YET, "There is no request in the log of any pod.")


def _logs_no_requests(pod: Pod) -> bool:
    """Source: app.go of traefik/whoami."""
    for spec in container_specs(pod):
        words = [str(word).lstrip("-") for word in (*as_list(spec.get("command")), *as_list(spec.get("args")))]
        if image_name(as_text(spec.get("image"))) == "whoami" and not {"verbose", "verbose=true"} & set(words):
            return True
    return False


#: A pod whose own command has one of these may ask by itself.
_CLIENT = re.compile(r"curl|wget|https?\b|\bnc\b|requests|urllib|fetch")


def _exec(view: View, requests: Requests) -> Found:
    """Kubernetes keeps no record of exec but in an audit log. What is left is a conclusion: a request came from a pod
    whose own command asks nothing, and at whose standard input nobody sits."""
    by_uid = {uid_of(pod): pod for pod in view.pods}
    for one in requests.asked:
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
    own = own_pods(view)
    if own:
        going = all(is_deleting(pod) for pod in own)
        names = listed([name_of(pod) for pod in own])
        return Found(State.NOT_YET, f"Still {'being deleted' if going else 'there'}: {names}.")
    had = {one["name"] for one in known if not one["lab"]}
    if had:
        return Found(State.REACHED, f"Nothing is left of {listed(sorted(had))}.")
    return Found(State.NOT_YET, "There was nothing to clean up yet.")


def _images(specs: Sequence[Container]) -> str:
    return f"its image is {listed([image_of(spec) for spec in specs if spec.get('image')]) or 'not named'}"


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
        known = known_pods(before, view, rules)
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
    requests = requests_of(view, known)
    yield "exec", _exec(view, requests)
    yield "http_between_pods", _http(view, rules, known, requests)
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
        return not images or any(may_serve(image, rules) for image in images)
    if name == "shell_pod_ready":
        return not images or any(may_be_shell(image, rules) for image in images)
    # Whatever it was, it may have asked the lab's web pod, of which the lab asks as well.
    return True


def _merged(name: str, old: StepGrade | None, found: Found, view: View, seen_at: str) -> StepGrade:
    """A step that was reached stays so. Only who makes pods again after cleaning up has not cleaned up."""
    if old and old["state"] == State.REACHED and not (name == "cleanup" and own_pods(view)):
        return old
    return _grade(name, found, seen_at)


def _grade(name: str, found: Found, seen_at: str) -> StepGrade:
    seen = seen_at if found.state == State.REACHED else None
    return {"step": name, "state": str(found.state), "seen": seen, "evidence": found.evidence}


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
