# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the students' pods run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def students_with_pods(
    students: Sequence[Mapping[str, Any]],
    pods: Sequence[Mapping[str, Any]],
    web: str,
    shell: str,
    own_only: bool = False,
) -> list[dict[str, Any]]:
    """The students with where their pods run, for the placeholders of the probes.

    Adds to each `web_ip`; `web_host`, the same as it stands in a URL; and `far_web_host`, that of a web pod on another
    node than the student's shell pod: the student's own if it is there, else that of another student. What is not known
    is None.

    Args:
        pods: results of `pod_ready_watch`.
        web, shell: the names of the two pods.
        own_only: whether no pod of another student may be reached, as network policies want it.
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
        ip = web_pod.get("pod_ip") or None
        # The student's own first: then the request stays between the student's pods.
        own = {web_pod["node"]: ip} if web_pod.get("node") and ip else {}
        candidates = [*own.items(), *([] if own_only else web_by_node.items())]
        far = next((far_ip for node, far_ip in candidates if shell_node and node != shell_node), None)
        placed.append({**student, "web_ip": ip, "web_host": url_host(ip), "far_web_host": url_host(far)})
    return placed


def url_host(ip: str | None) -> str | None:
    """The address as it stands in a URL: IPv6 in brackets, RFC 3986 section 3.2.2."""
    return f"[{ip}]" if ip and ":" in ip else ip
