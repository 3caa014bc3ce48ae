# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a file is one of those that the lab writes, so that none of anybody else is written over."""

from __future__ import annotations

import os
import pathlib
import stat

#: Bytes at the beginning in which a mark is looked for.
HEAD = 1000


def may_be_written(file: pathlib.Path, mark: str) -> bool:
    """Whether there is no such file, or it is one of ours: a regular one, at whose beginning stands the mark."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            return regular and mark.encode() in os.read(descriptor, HEAD)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:  # a link, a socket, or what this user may not read
        return False
