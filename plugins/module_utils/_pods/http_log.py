# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the log of a web server says of the requests it answered. Pure: bytes in, requests out.

Read are lines that begin with the address of whoever asked and have the request between quotes, as the lab's web app
writes them, NCSA's common log format (nginx, Apache, Python's http.server), and traefik/whoami with `--verbose`. A log
is the word of the program that wrote it: whoever makes a pod can have it write any line.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime

from .._ground.times import parse_time

#: Longer lines are no requests that anybody wrote by hand.
LONGEST_LINE = 4096
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,16} ")
_REQUEST = re.compile(
    # Go's log package writes its own time in front.
    r"(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?"
    r"(?P<peer>\S{2,60}) [^\"]{0,200}\"(?P<method>[A-Z]{3,10}) \S{1,2048} HTTP/\d(?:\.\d)?\"(?P<rest>.*)"
)
#: The kubelet's probes call themselves so. Source: pkg/probe/http/request.go.
_PROBE = "kube-probe/"


@dataclass(frozen=True)
class Served:
    """A request that was answered.

    Attributes:
        peer: the address of whoever asked, in its usual form.
        at: when the line was written; None where the log does not say.
        probe: whether it calls itself a probe of the kubelet.
    """

    peer: str
    at: datetime | None
    probe: bool = False


def served_requests(log: bytes) -> list[Served]:
    """The requests of a log, each line with the time in front that the kubelet puts there, or without."""
    found = []
    for raw in log.split(b"\n"):
        line = raw[:LONGEST_LINE].decode("utf-8", "replace").strip()
        stamp = _TIME.match(line)
        request = _REQUEST.match(line, stamp.end() if stamp else 0)
        peer = address(request["peer"]) if request else ""
        if request and peer:
            at = parse_time(stamp[0].strip()) if stamp else None
            found.append(Served(peer, at, _PROBE in request["rest"]))
    return found


def address(text: str) -> str:
    """An IP address in its usual form, without port, brackets and zone; '' for what is none."""
    bare = text.partition("]")[0][1:] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
