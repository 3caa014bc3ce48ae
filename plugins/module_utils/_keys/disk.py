# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfigs on the disk: read, written whole or not at all, readable by their owner alone, and removed.

What is not ours stays: a file that is no kubeconfig of ours, whatever it is, is told from one, and a directory is only
touched where it holds nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .._ground import whole_file
from .._ground.errors import KubelabsError
from .._ground.whole_file import PRIVATE_FOLDER, UNFINISHED
from .keyfile import Key, from_bytes

#: More than that is no kubeconfig of ours.
LARGEST = 1 << 20
#: Bytes that are tried for every file before any token is asked for.
ROOM = 8192


@dataclass(frozen=True)
class Seen:
    """What is under a path.

    Attributes:
        there: whether there is anything.
        key: what it says, if it is a kubeconfig of ours.
        open_to_others: whether others than its owner may read that.
    """

    there: bool
    key: Key | None = None
    open_to_others: bool = False


def look(path: str) -> Seen:
    """What is under a path. Links are not followed, and nothing that could block is waited for.

    Raises:
        KubelabsError: there is something that cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            mode = os.fstat(descriptor).st_mode
            content = os.read(descriptor, LARGEST + 1) if stat.S_ISREG(mode) else b""
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return Seen(False)
    except OSError as exc:
        if exc.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket
            return Seen(True)
        raise KubelabsError(
            f"{path} cannot be read ({exc.strerror}): run as the user who owns it, or give another path."
        ) from exc
    key = from_bytes(content) if len(content) <= LARGEST else None
    return Seen(True, key, bool(key and mode & 0o077))


def write(path: str, content: bytes) -> None:
    """Writes a file that its owner alone may read, in a directory likewise, or leaves everything as it was.

    Raises:
        KubelabsError: it cannot be written, with the reason.
    """
    try:
        whole_file.write(path, content)
    except OSError as exc:
        raise KubelabsError(
            f"{path} cannot be written ({exc.strerror}): nothing of it was; run again once that is mended."
        ) from exc


def without_room(paths: Iterable[str], *, only_look: bool) -> list[str]:
    """Where the files cannot be written, each directory with the reason. It is tried out where they are to be, or where
    their directories are to be made, and nothing is left of it.

    Args:
        only_look: whether not even that may be written: then only permissions are looked at.
    """
    files = Counter(whole_file.part_that_exists(os.path.dirname(path)) for path in paths)
    trouble = []
    for folder, number in files.items():
        try:
            if not only_look:
                whole_file.try_out(folder, number * ROOM)
            elif not os.access(folder, os.W_OK | os.X_OK):
                trouble.append(f"{folder} (not writable)")
        except OSError as exc:
            trouble.append(f"{folder} ({exc.strerror})")
    return trouble


def is_open(folder: str) -> bool:
    """Whether others may enter a directory of our user that holds kubeconfigs of ours and nothing else, or nothing."""
    try:
        status = os.stat(folder)
        shared = status.st_uid != os.geteuid() or bool(status.st_mode & stat.S_ISVTX)
        if shared or _is_in_use(folder) or not status.st_mode & 0o077:
            return False
        return all(
            name.endswith(UNFINISHED) or look(os.path.join(folder, name)).key is not None for name in os.listdir(folder)
        )
    except (OSError, KubelabsError):
        return False


def close(folder: str) -> bool:
    """Keeps others out of a directory; whether that came about."""
    try:
        os.chmod(folder, PRIVATE_FOLDER)
    except OSError:  # some file systems have no permissions
        return False
    return True


def remove(path: str) -> None:
    """Removes a file.

    Raises:
        KubelabsError: it cannot be removed, with the reason.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise KubelabsError(f"{path} cannot be removed ({exc.strerror}): remove it yourself.") from exc


def remove_empty(folder: str) -> bool:
    """Removes a directory, and those above it, as long as they are empty and as we make them; whether any was."""
    removed = False
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if name.endswith(UNFINISHED):
                os.unlink(os.path.join(folder, name))
        while _may_be_ours(folder):
            os.rmdir(folder)
            removed = True
            folder = os.path.dirname(folder)
    return removed


def _may_be_ours(folder: str) -> bool:
    status = os.lstat(folder)
    ours = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == PRIVATE_FOLDER
    return ours and status.st_uid == os.geteuid() and not _is_in_use(folder)


def _is_in_use(folder: str) -> bool:
    """Whether it is where somebody lives or works: what else it is for is not ours to decide."""
    return os.path.realpath(folder) in (os.path.realpath(os.path.expanduser("~")), os.getcwd())
