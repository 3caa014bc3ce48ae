# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way from a module to the callback plugin kubelabs.pods.progress, while the module works.

A module runs in a process of its own and says nothing until it ends. So the plugin makes a Unix datagram socket and
puts its path into the environment, which modules on the same machine inherit. Elsewhere there is no such path, or
nobody listens there, and then nothing is told.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from .progress import Tell, Teller, tell_nobody

#: The environment variable with the path of the socket.
SOCKET = "KUBELABS_PODS_PROGRESS_SOCKET"


def teller(environment: Mapping[str, str]) -> Tell:
    """Tells it to the plugin that has put its socket into the environment; nobody where none has."""
    path = environment.get(SOCKET)
    if not path:
        return tell_nobody
    try:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        channel.setblocking(False)
        channel.connect(path)
    except (OSError, AttributeError, ValueError):  # nobody is there, or this machine has no such sockets
        return tell_nobody
    return Teller(channel.send)
