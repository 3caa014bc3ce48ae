# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose the requests in the logs of a student's pods were, and which logs have to be read for that. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from ..module_utils._ground.json_reading import as_list, as_map, as_text
from ..module_utils._ground.times import parse_time
from ..module_utils._pods.http_log import Served, address
from ..module_utils._pods.status import Pod, container_status, metadata, name_of, pod_ips, restart_count, uid_of
from ..module_utils._survey.facts import LogOf
from ._grade_pods import SLACK, has_log, held_addresses, is_of_lab, own_pods, servers_of
from ._grade_terms import Held, KnownPod, Rules, State, StudentGrade, View


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
    own = own_pods(view)
    servers = list(own)
    if any(pod_ips(pod) for pod in own):
        # A student may as well ask the lab's web pod; the lab itself asks it only from pods of the lab.
        servers += [pod for pod in view.pods if is_of_lab(pod) and name_of(pod) == "web"]
    return [
        LogOf(as_text(metadata(pod).get("namespace")), name_of(pod), as_text(spec.get("name")), since)
        for pod in servers
        for spec in servers_of(pod, rules)[:MOST_LOGS]
        if has_log(container_status(pod, as_text(spec.get("name"))))
    ]


#: Of one pod the logs of so many containers are read.
MOST_LOGS = 3


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


def requests_of(view: View, known: Sequence[KnownPod]) -> Requests:
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
    held = [(one, had) for one in known for had in held_addresses(one) if had["ip"] == request.peer]
    if request.at is not None:
        sure = [(one, had) for one, had in held if _had_it(had, request.at, timedelta())]
        if sure:
            # The API may show an address with a pod that has lost it, until its node has said so.
            return max(sure, key=lambda item: item[1]["since"])[0]
        held = [(one, had) for one, had in held if _had_it(had, request.at, SLACK)]
    askers = {one["uid"]: one for one, _had in held}
    return next(iter(askers.values())) if len(askers) == 1 else None


def _had_it(had: Held, at: datetime, slack: timedelta) -> bool:
    since, seen = parse_time(had["since"]), parse_time(had["seen"])
    return since is not None and seen is not None and since - SKEW <= at <= seen + slack


#: Times of pods have whole seconds, and nodes have clocks of their own.
SKEW = timedelta(seconds=2)


def lost_logs(view: View, known: Sequence[KnownPod], rules: Rules) -> list[str]:
    """Why not all that the student's web pods were asked is known: a log goes with its pod and its container's run."""
    present = {uid_of(pod) for pod in view.pods}
    gone = [one["name"] for one in known if not one["lab"] and one["uid"] not in present and _had_log(one)]
    lost = [f"{name} is gone, and its log with it" for name in dict.fromkeys(gone)]
    for pod in own_pods(view):
        statuses = [container_status(pod, as_text(spec.get("name"))) for spec in servers_of(pod, rules)]
        if any(restart_count(pod, status) for status in statuses):
            lost.append(f"{name_of(pod)} was restarted, and its log began anew")
    return lost


def _had_log(pod: KnownPod) -> bool:
    """Whether the log of a pod that is gone may have told of requests."""
    return pod.get("serves", True) and pod.get("ran", True)
