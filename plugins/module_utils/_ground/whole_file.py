# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file written as a whole or not at all: the one place for that.

What it fails with is the OSError of the system; who calls knows what to say about it.
"""

from __future__ import annotations

import contextlib
import os
import secrets

#: What only its owner may read, and what everybody may.
PRIVATE, PUBLIC = 0o600, 0o644
PRIVATE_FOLDER, PUBLIC_FOLDER = 0o700, 0o755
#: How the name of a file ends that is being written. It begins with a dot, and is never left but by a process that was
#: killed.
UNFINISHED = ".kubelabs-unfinished"


def write(path: str, content: bytes, mode: int = PRIVATE, folder_mode: int = PRIVATE_FOLDER) -> None:
    """Puts the content in the place of the file, or leaves everything as it was.

    Args:
        mode: of the file, whatever the umask; until it is whole its owner alone can read it.
        folder_mode: of directories that are missing, which are made.

    Raises:
        OSError: it cannot be written.
    """
    folder = os.path.dirname(path)
    make_folder(folder, folder_mode)
    unfinished, descriptor = _create(folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)  # some file systems say only now that they are full
        if mode != PRIVATE:
            os.chmod(unfinished, mode)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise


def make_folder(folder: str, mode: int) -> None:
    """Makes the directory and those above it, where they are missing.

    Raises:
        OSError: it cannot be made.
    """
    if os.path.isdir(folder):
        return
    make_folder(os.path.dirname(folder), mode)
    with contextlib.suppress(FileExistsError):  # others of the class have the same
        os.mkdir(folder, mode)


def try_out(folder: str, size: int) -> None:
    """Writes so many bytes into the directory, and leaves nothing of it.

    Raises:
        OSError: they cannot be written.
    """
    unfinished, descriptor = _create(folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(bytes(size))
    finally:
        os.unlink(unfinished)


def part_that_exists(folder: str) -> str:
    """The directory, or the nearest above it that is there, whatever it is."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return folder


def _create(folder: str) -> tuple[str, int]:
    """(path, descriptor) of a new file, which nobody else can read from the first byte on, whatever the umask."""
    path = os.path.join(folder, f".{secrets.token_hex(8)}{UNFINISHED}")
    return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
