# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files as they are on a real disk, whose errors are made where root would have none."""

from __future__ import annotations

import errno
import os
import socket
import stat

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import KubelabsError
from ansible_collections.kubelabs.pods.plugins.module_utils._keys import disk
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.keyfile import to_bytes
from ansible_collections.kubelabs.pods.tests.unit.fakes.keys import make_key

KEY = to_bytes(make_key())


@pytest.fixture(autouse=True)
def open_umask():
    """Whoever has none must not depend on it."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def fail(monkeypatch, name, code):
    """Has a function of os fail from here on."""

    def raiser(*_args, **_options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(disk.os, name, raiser)


# --- what is there ---


def test_nothing(tmp_path):
    assert disk.look(str(tmp_path / "a/b")) == disk.Seen(False)
    (tmp_path / "a").touch()
    assert disk.look(str(tmp_path / "a/b")) == disk.Seen(False)


@pytest.mark.parametrize("permissions, is_open", [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_one_of_ours(tmp_path, permissions, is_open):
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "key").chmod(permissions)
    assert disk.look(str(tmp_path / "key")) == disk.Seen(True, make_key(), is_open)


def listen(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.write_text("precious"), id="text"),
        pytest.param(lambda path: path.touch(), id="empty"),
        pytest.param(lambda path: path.mkdir(), id="directory"),
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(listen, id="socket"),
        pytest.param(lambda path: path.symlink_to("nowhere"), id="link to nothing"),
        pytest.param(lambda path: path.write_bytes(KEY + b"\n" * disk.LARGEST), id="huge"),
    ],
)
def test_something_else(tmp_path, make):
    path = tmp_path / "key"
    make(path)
    assert disk.look(str(path)) == disk.Seen(True)


def test_a_link_to_one_of_ours_is_none(tmp_path):
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "link").symlink_to("key")
    assert disk.look(str(tmp_path / "link")) == disk.Seen(True)


def test_what_cannot_be_read(tmp_path, monkeypatch):
    fail(monkeypatch, "open", errno.EACCES)
    with pytest.raises(KubelabsError, match=r"key cannot be read \(Permission denied\): run as the user who owns it"):
        disk.look(str(tmp_path / "key"))


# --- writing ---


def test_written_for_its_owner_alone(tmp_path):
    path = tmp_path / "a/b/key"
    disk.write(str(path), KEY)
    assert path.read_bytes() == KEY
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [0o600, 0o700, 0o700]
    assert os.listdir(path.parent) == ["key"]


def test_nobody_else_can_read_it_from_the_first_byte_on(tmp_path, monkeypatch):
    modes = []
    fdopen = os.fdopen

    def look_and_open(descriptor, *args):
        modes.append((stat.S_IMODE(os.fstat(descriptor).st_mode), os.fstat(descriptor).st_size))
        return fdopen(descriptor, *args)

    monkeypatch.setattr(disk.os, "fdopen", look_and_open)
    disk.write(str(tmp_path / "key"), KEY)
    assert modes == [(0o600, 0)]


def test_a_directory_that_is_there_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    disk.write(str(tmp_path / "key"), KEY)
    assert mode(tmp_path) == 0o755


def test_one_that_was_there_is_replaced_and_not_written_into(tmp_path):
    (tmp_path / "key").write_text("before")
    os.link(tmp_path / "key", tmp_path / "other")
    disk.write(str(tmp_path / "key"), KEY)
    assert (tmp_path / "key").read_bytes() == KEY and (tmp_path / "other").read_text() == "before"


@pytest.mark.parametrize("function, code", [("fsync", errno.ENOSPC), ("replace", errno.EIO), ("mkdir", errno.EROFS)])
def test_written_whole_or_not_at_all(tmp_path, monkeypatch, function, code):
    path = tmp_path / ("new/key" if function == "mkdir" else "key")
    if function != "mkdir":
        path.write_text("before")
    fail(monkeypatch, function, code)
    with pytest.raises(KubelabsError, match=rf"key cannot be written \({os.strerror(code)}\): nothing of it was"):
        disk.write(str(path), KEY)
    assert os.listdir(tmp_path) == ([] if function == "mkdir" else ["key"])
    assert function == "mkdir" or path.read_text() == "before"


# --- room ---


def test_there_is_room_and_nothing_is_left_of_the_trial(tmp_path):
    paths = [str(tmp_path / name) for name in ("a", "b/c", "b/d/e")]
    assert disk.without_room(paths, only_look=False) == []
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("only_look", [False, True])
def test_a_file_in_the_place_of_a_directory(tmp_path, only_look):
    (tmp_path / "a").touch()
    why = "not writable" if only_look else "Not a directory"
    assert disk.without_room([str(tmp_path / "a/key")], only_look=only_look) == [f"{tmp_path}/a ({why})"]


def test_a_full_disk(tmp_path, monkeypatch):
    class Full:
        def __init__(self, descriptor, _mode):
            self.descriptor = descriptor

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            os.close(self.descriptor)

        def write(self, content):
            assert len(content) == 2 * disk.ROOM
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(disk.os, "fdopen", Full)
    paths = [str(tmp_path / name) for name in ("a", "b/c")]
    assert disk.without_room(paths, only_look=False) == [f"{tmp_path} (No space left on device)"]
    assert os.listdir(tmp_path) == []


def test_where_nobody_can_write(tmp_path):
    (trouble,) = disk.without_room(["/proc/kubelabs/key"], only_look=False)
    assert trouble.startswith("/proc (")


def test_only_looking_writes_nothing(tmp_path, monkeypatch):
    fail(monkeypatch, "open", errno.EROFS)
    assert disk.without_room([str(tmp_path / "key")], only_look=True) == []


# --- directories ---


@pytest.mark.parametrize("names", [[], ["key"], ["key", f".x{disk.UNFINISHED}"]])
def test_a_directory_that_holds_nothing_else_is_closed(tmp_path, names):
    for name in names:
        (tmp_path / name).write_bytes(KEY)
    tmp_path.chmod(0o755)
    assert disk.is_open(str(tmp_path)) and disk.close(str(tmp_path))
    assert mode(tmp_path) == 0o700 and not disk.is_open(str(tmp_path))


def foreign_file(path):
    (path / "precious").touch()


def somebody_elses(path):
    os.chown(path, 12345, -1)


def sticky(path):
    path.chmod(0o1777)


@pytest.mark.parametrize(
    "make",
    [
        foreign_file,
        sticky,
        pytest.param(somebody_elses, marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")),
    ],
)
def test_a_directory_of_others_is_none_of_ours(tmp_path, make):
    (tmp_path / "key").write_bytes(KEY)
    tmp_path.chmod(0o755)
    make(tmp_path)
    assert not disk.is_open(str(tmp_path))


def test_a_directory_that_is_not_there_is_not_open(tmp_path):
    assert not disk.is_open(str(tmp_path / "a"))


def test_a_file_system_without_permissions(tmp_path, monkeypatch):
    fail(monkeypatch, "chmod", errno.EPERM)
    assert not disk.close(str(tmp_path))


def test_empty_directories_are_removed_up_to_one_that_is_not_ours(tmp_path):
    disk.write(str(tmp_path / "open/a/b/key"), KEY)
    (tmp_path / "open").chmod(0o755)
    (tmp_path / f"open/a/b/.x{disk.UNFINISHED}").touch()
    disk.remove(str(tmp_path / "open/a/b/key"))
    assert disk.remove_empty(str(tmp_path / "open/a/b"))
    assert os.listdir(tmp_path / "open") == []


@pytest.mark.parametrize("place", ["home", "work"])
def test_where_one_is_or_lives_stays(tmp_path, monkeypatch, place):
    (tmp_path / place).mkdir(0o700)
    if place == "home":
        monkeypatch.setenv("HOME", str(tmp_path / place))
    else:
        monkeypatch.chdir(tmp_path / place)
    assert not disk.remove_empty(str(tmp_path / place))
    assert (tmp_path / place).is_dir()
    (tmp_path / place).chmod(0o755)
    assert not disk.is_open(str(tmp_path / place))


def test_a_directory_that_holds_something_stays(tmp_path):
    disk.write(str(tmp_path / "a/precious"), b"")
    assert not disk.remove_empty(str(tmp_path / "a"))
    assert not disk.remove_empty(str(tmp_path / "nowhere"))
    assert (tmp_path / "a/precious").exists()


def test_what_is_gone_need_not_be_removed(tmp_path):
    disk.remove(str(tmp_path / "key"))


def test_what_cannot_be_removed(tmp_path, monkeypatch):
    fail(monkeypatch, "unlink", errno.EROFS)
    with pytest.raises(KubelabsError, match=r"key cannot be removed \(Read-only file system\): remove it yourself"):
        disk.remove(str(tmp_path / "key"))
