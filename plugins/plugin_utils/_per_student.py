# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One description for the whole class: manifests and probes with placeholders, filled in for each student. Pure.

Doing this here and not in a Jinja2 loop keeps the cost at microseconds a student, and the YAML that an instructor reads
is that of one student.
"""

from __future__ import annotations

import re
from typing import Any

PLACEHOLDER = re.compile(r"@([a-z_]+)@")


class NotGiven(LookupError):
    """A placeholder stands for something this student does not have; the argument is its name."""


def for_each(items: list[Any], students: list[dict[str, Any]]) -> list[Any]:
    """Every item once for each student, student by student, with `@key@` replaced by the student's `key` wherever it
    stands in a string. An item that names a key the student lacks is left out for that student."""
    made = []
    for student in students:
        for item in items:
            try:
                made.append(fill(item, student))
            except NotGiven:
                continue
    return made


def fill(item: Any, student: dict[str, Any]) -> Any:
    """`item` (any nesting of mappings, lists and scalars) with the placeholders filled in. Raises `NotGiven`."""
    if isinstance(item, str):
        return PLACEHOLDER.sub(lambda match: _value(match.group(1), student), item)
    if isinstance(item, dict):
        return {key: fill(value, student) for key, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [fill(value, student) for value in item]
    return item


def _value(key: str, student: dict[str, Any]) -> str:
    if student.get(key) in (None, ""):
        raise NotGiven(key)
    return str(student[key])


def with_pods(students: list[dict[str, Any]], pods: list[dict[str, Any]], web: str, shell: str) -> list[dict[str, Any]]:
    """The students with where their pods run, for the placeholders of the probes.

    `pods` are the results of `pod_ready_watch`; `web` and `shell` the names of the two pods. Adds, where known:
    `web_ip`; `web_host`, the same as it stands in a URL (IPv6 in brackets, RFC 3986 section 3.2.2); and
    `far_web_host`, that of a web pod on another node than the student's shell pod: the student's own if it is there,
    else that of another student.
    """
    by_pod = {(pod["namespace"], pod["pod"]): pod for pod in pods}
    web_by_node: dict[str, str] = {}
    for pod in pods:
        if pod["pod"] == web and pod.get("pod_ip") and pod.get("node"):
            web_by_node.setdefault(pod["node"], pod["pod_ip"])
    placed = []
    for student in students:
        web_pod = by_pod.get((student["namespace"], web), {})
        shell_node = by_pod.get((student["namespace"], shell), {}).get("node")
        own = {web_pod["node"]: web_pod["pod_ip"]} if web_pod.get("node") and web_pod.get("pod_ip") else {}
        # The student's own first: then the request stays between the student's pods.
        candidates = [*own.items(), *web_by_node.items()]
        far = next((ip for node, ip in candidates if shell_node and node != shell_node), None)
        known = {
            "web_ip": web_pod.get("pod_ip"),
            "web_host": url_host(web_pod.get("pod_ip")),
            "far_web_host": url_host(far),
        }
        placed.append({**student, **{key: value for key, value in known.items() if value}})
    return placed


def url_host(ip: str | None) -> str | None:
    return f"[{ip}]" if ip and ":" in ip else ip
