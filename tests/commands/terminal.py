# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command on a terminal, as people see it: a pseudo-terminal, and what stands on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence

import pyte


class Terminal:
    """A command that runs on a terminal of its own.

    Attributes:
        process: the command's.
        raw: all that it has sent, escape codes and all.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: str | os.PathLike[str],
        env: Mapping[str, str],
        columns: int = 100,
        lines: int = 50,
    ) -> None:
        self._screen = pyte.HistoryScreen(columns, lines, history=10000, ratio=0.5)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        self.raw = b""
        self.resize(columns, lines)
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={"TERM": "xterm-256color", **env},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            # Its own session, of which this is the terminal: so Ctrl-C reaches it as from a keyboard.
            preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
        )
        os.close(theirs)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def follow(self, seconds: float) -> bool:
        """Takes in what comes for so long; False when the command has ended and all of it has come."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._ours], [], [], left)[0]:
                continue
            try:
                come = os.read(self._ours, 65536)
            except OSError:  # Linux says so when nobody has the other end open any more
                return False
            self.raw += come
            self._stream.feed(come)
        return True

    def until(self, text: str, seconds: float = 60) -> str:
        """The screen as soon as the text is on it."""
        end = time.monotonic() + seconds
        while text not in (seen := self.text()):
            going_on = self.follow(0.1)
            assert going_on or text in self.text(), f"it ended without {text!r}:\n{self.text()}"
            assert time.monotonic() < end, f"no {text!r} within {seconds} s:\n{seen}"
        return seen

    def end(self, seconds: float = 60) -> int:
        """Waits for the end; the exit status."""
        end = time.monotonic() + seconds
        while self.follow(0.2):
            assert time.monotonic() < end, f"no end within {seconds} s:\n{self.text()}"
        return self.process.wait(10)

    def text(self) -> str:
        """What stands there, and what has scrolled away."""
        columns = self._screen.columns
        above = ["".join(line[column].data for column in range(columns)) for line in self._screen.history.top]
        return "\n".join(line.rstrip() for line in [*above, *self._screen.display]).strip()

    @property
    def cursor_is_hidden(self) -> bool:
        return bool(self._screen.cursor.hidden)
