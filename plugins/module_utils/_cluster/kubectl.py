# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kubectl line that shows a person what a module saw."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

#: Longer input would bury the line.
LONGEST_STDIN = 1000


@dataclass(frozen=True)
class Kubectl:
    """Builds copyable kubectl lines for one connection.

    Attributes:
        context: the context that was asked for; None leaves it to kubectl.
        kubeconfig: the path that was asked for, or several joined with colons; None leaves it to kubectl.
        server: the API server where no file leads to it, so that the line cannot reach another cluster.
        as_user, as_groups: whom the whole connection impersonates.
    """

    context: str | None = None
    kubeconfig: str | None = None
    server: str | None = None
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()

    def line(
        self, *words: str, namespace: str | None = None, as_user: str | None = None, as_groups: Sequence[str] = ()
    ) -> str:
        """The words, quoted for a shell, after the options that lead to the same cluster and identity."""
        options: list[str] = []
        if not as_user:
            as_user, as_groups = self.as_user, self.as_groups
        start = ["kubectl"]
        paths = [path for path in (self.kubeconfig or "").split(os.pathsep) if path]
        if len(paths) == 1:
            options += ["--kubeconfig", _quote_path(paths[0])]  # a shell expands ~ only at the start of a word
        elif paths:
            # The option takes one file only. In an assignment a shell expands ~ behind every colon, too.
            start.insert(0, "KUBECONFIG=" + ":".join(map(_quote_path, paths)))
        if self.context:
            options.append("--context=" + shlex.quote(self.context))
        if self.server:
            options.append("--server=" + shlex.quote(self.server))
        if as_user:
            options.append("--as=" + shlex.quote(as_user))
        options += ["--as-group=" + shlex.quote(group) for group in as_groups]
        if namespace:
            options += ["-n", shlex.quote(namespace)]
        return " ".join([*start, *options, *(shlex.quote(word) for word in words)])

    def exec_line(
        self,
        *,
        namespace: str,
        pod: str,
        container: str | None,
        command: Sequence[str],
        stdin: str | None = None,
        stdin_base64: bool = False,
        as_user: str | None = None,
        as_groups: Sequence[str] = (),
    ) -> str:
        """``kubectl exec``; stdin is piped in, as a person would. A long one is left to the person."""
        words = ["exec", pod]
        if container:
            words += ["-c", container]
        if stdin is not None:
            words.append("-i")
        line = self.line(*words, "--", *command, namespace=namespace, as_user=as_user, as_groups=as_groups)
        if stdin is None:
            return line
        if len(stdin) > LONGEST_STDIN:
            return f"{line}  # with the {len(stdin)} characters of stdin piped in"
        decode = "base64 -d | " if stdin_base64 else ""
        return f"printf %s {shlex.quote(stdin)} | {decode}{line}"


def _quote_path(path: str) -> str:
    """A path for a shell in any directory; what is at home begins with ~, which works for the next person too."""
    home = os.path.expanduser("~").rstrip("/")
    path = path if path.startswith("~") else os.path.abspath(path)
    if home and path.startswith(home + "/"):
        path = "~" + path[len(home) :]
    if path.startswith("~/"):
        return "~/" + shlex.quote(path[2:])
    return shlex.quote(path)
