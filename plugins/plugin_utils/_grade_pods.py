# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pods of a student, for the grades: whose they are, what their images tell, and what is known of those of before.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..module_utils._ground.json_reading import as_list, as_text
from ..module_utils._ground.ownership import is_ours
from ..module_utils._ground.times import iso_seconds, parse_time
from ..module_utils._pods.http_log import address
from ..module_utils._pods.making import last_applied
from ..module_utils._pods.status import (
    CREATING,
    Pod,
    condition,
    container_specs,
    container_statuses,
    is_deleting,
    last_terminated,
    metadata,
    name_of,
    phase_of,
    pod_ips,
    state_of,
    uid_of,
)
from . import _lab_steps
from ._grade_terms import Container, Held, KnownPod, Rules, StudentGrade, View

# --- images ---

#: The last part of the name of images that serve HTTP, and of those that have a shell, with those that role lab_images
#: builds. Others may as well: of them nothing is known until their log tells of requests.
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


def with_web_image(pod: Pod, rules: Rules) -> list[Container]:
    """The containers of the pod whose images are known to serve HTTP."""
    return _with_image(pod, rules.web_images, KNOWN_WEB)


def with_shell_image(pod: Pod, rules: Rules) -> list[Container]:
    """Those whose images are known to have a shell. A pod may have both kinds."""
    return _with_image(pod, rules.shell_images, KNOWN_SHELL)


def _with_image(pod: Pod, images: Sequence[str], known: frozenset[str]) -> list[Container]:
    return [spec for spec in container_specs(pod) if _is_one_of(image_of(spec), images, known)]


def _is_one_of(image: str, images: Sequence[str], known: frozenset[str]) -> bool:
    return image_name(image) in {image_name(one) for one in images if one} | known


def may_serve(image: str, rules: Rules) -> bool:
    """Whether a container with this image may answer HTTP, as far as its image tells."""
    return _is_one_of(image, rules.web_images, KNOWN_WEB) or not _is_one_of(image, rules.shell_images, KNOWN_SHELL)


def may_be_shell(image: str, rules: Rules) -> bool:
    return _is_one_of(image, rules.shell_images, KNOWN_SHELL) or not _is_one_of(image, rules.web_images, KNOWN_WEB)


def of_other_images(pod: Pod, rules: Rules) -> list[Container]:
    """The containers of whose images nothing is known: they may serve HTTP, have a shell, or both."""
    known = [*with_web_image(pod, rules), *with_shell_image(pod, rules)]
    return [spec for spec in container_specs(pod) if spec not in known]


def image_of(spec: Container) -> str:
    return as_text(spec.get("image"))


# --- whose pods ---


def is_of_lab(pod: Pod) -> bool:
    """Whether the lab made the pod: by its labels, or by those with which it was applied, where somebody has taken them
    off since. Copies of its YAML carry them as well, so the name counts, too."""
    return name_of(pod) in LAB_PODS and (is_ours(pod) or is_ours(last_applied(pod)))


#: How the lab calls its own pods.
LAB_PODS = frozenset(step.pod for step in _lab_steps.STEPS if step.pod)


def own_pods(view: View) -> list[Pod]:
    """The student's own pods."""
    return [pod for pod in view.pods if not is_of_lab(pod)]


def is_web(pod: Pod, view: View, rules: Rules) -> bool:
    return bool(with_web_image(pod, rules) or view.served.get(uid_of(pod)))


def servers_of(pod: Pod, rules: Rules) -> list[Container]:
    """The containers of the pod that may answer HTTP: those whose images do, wherever they stand. Where there is none,
    those of which nothing is known, and those that name a port."""
    return with_web_image(pod, rules) or [
        spec for spec in container_specs(pod) if as_list(spec.get("ports")) or spec not in with_shell_image(pod, rules)
    ]


def has_log(status: Container) -> bool:
    """Whether the container has begun at least once. Neither it nor its pod has to be ready to have been asked."""
    return state_of(status)[0] in ("running", "terminated") or bool(last_terminated(status))


# --- what is known of them ---


#: Between two looks a pod may have asked and gone.
SLACK = timedelta(seconds=60)


def known_pods(before: StudentGrade | None, view: View, rules: Rules) -> list[KnownPod]:
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
                "serves": not past.images or any(may_serve(image, rules) for image in past.images),
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
            "serves": bool(servers_of(pod, rules)),
            "ran": may_have_run(pod) or bool(old and old["seen"] and old.get("ran", True)),
        }
    return list(known.values())


def _had(pod: Pod, ips: Sequence[str], old: KnownPod | None, now: datetime) -> list[Held]:
    """The addresses that the pod has had, those of now included."""
    had = list(held_addresses(old)) if old else []
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


def may_have_run(pod: Pod) -> bool:
    """Whether a container of the pod has run, or may be about to. Not where what it waits for does not come by itself,
    as an image that cannot be pulled."""
    statuses = list(container_statuses(pod))
    if any(has_log(status) for init, status in statuses if not init):
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


def held_addresses(pod: KnownPod) -> Sequence[Held]:
    """Files of earlier versions say only which addresses a pod had when it was last seen."""
    then: list[Held] = [{"ip": ip, "since": pod["seen"], "seen": pod["seen"]} for ip in pod["ips"]]
    return pod.get("had", then)
