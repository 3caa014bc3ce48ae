# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import os
import socket

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _report_file as report_file

FILES = ["junit.xml", "report.html", "results.csv", "results.json"]
REPORT = {"class": "monday", "cluster": {}, "started": "t", "finished": "t", "students": []}


def test_a_report(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps(REPORT))
    assert report_file.read_report(str(tmp_path / "results.json"), "monday") == REPORT


def test_none_yet(tmp_path):
    assert report_file.read_report(str(tmp_path / "results.json"), "monday") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("{", "is not JSON", id="not-json"),
        pytest.param("[" * 100_000, "is not JSON", id="nested-too-deep"),
        pytest.param(b"\xff", "is not JSON", id="not-utf-8"),
        pytest.param("[]", "is not the report of a lab", id="a-list"),
        pytest.param('{"class": "monday"}', "has no 'cluster'", id="no-report"),
        pytest.param(
            '{"class": "monday", "cluster": {}, "started": "", "finished": "", "students": [{"name": "Anna"}]}',
            "students[0] has no 'namespace'",
            id="no-student",
        ),
        pytest.param(
            '{"class": "monday", "cluster": {}, "started": "", "finished": "", "students": [{"name": "Anna",'
            ' "namespace": "a", "checks": [{"student": "A", "check": "logs", "status": "ok", "reason": ""}]}]}',
            "the check logs has the status 'ok'",
            id="no-status",
        ),
        pytest.param(
            '{"class": "tuesday", "cluster": {}, "started": "", "finished": "", "students": []}',
            "is the report of the class tuesday, and not of monday",
            id="another-class",
        ),
    ],
)
def test_what_is_none_is_refused_by_name(tmp_path, text, words):
    path = tmp_path / "results.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ArgumentError) as error:
        report_file.read_report(str(path), "monday")
    assert str(path) in str(error.value)
    assert words in str(error.value)
    assert str(error.value).endswith("Move it away, or set pods_lab_report_dir to another directory.")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="cannot be read"):
        report_file.read_report(str(tmp_path), "monday")


def test_what_is_written_is_read_again_by_everyone(tmp_path):
    path = tmp_path / "reports/monday/results.json"
    said = {**REPORT, "cluster": {"context": "Zürich \udc80"}}
    report_file.write_report(str(path), said)
    assert report_file.read_report(str(path), "monday") == said
    assert "Zürich" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o644
    assert sorted(os.listdir(path.parent)) == FILES
    assert all(file.stat().st_mode & 0o777 == 0o644 for file in path.parent.iterdir())


def test_where_there_is_no_room_the_old_report_stays(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    report_file.write_report(str(path), REPORT)

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ArgumentError) as error:
        report_file.write_report(str(path), {**REPORT, "finished": "later"})
    assert str(error.value) == (
        f"The report cannot be written to {path} (No space left on device). Make room there, or set pods_lab_report_dir"
        " to another directory."
    )
    assert report_file.read_report(str(path), "monday") == REPORT
    assert sorted(os.listdir(tmp_path)) == FILES


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path):
    (tmp_path / "reports").write_text("")
    with pytest.raises(ArgumentError, match=r"reports/monday/results\.json \(Not a directory\)"):
        report_file.write_report(str(tmp_path / "reports/monday/results.json"), REPORT)


def test_the_other_files_are_written_again_from_results_json(tmp_path):
    path = tmp_path / "results.json"
    report_file.write_report(str(path), REPORT)
    for name in FILES[:3]:
        (tmp_path / name).unlink()
    report_file.write_rendered(str(path), REPORT)
    assert sorted(os.listdir(tmp_path)) == FILES


def listen(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


def unchanged(path):
    """What of a file is the same as long as nobody writes to it. That it was read does not count."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


@pytest.mark.parametrize("name", FILES[:3])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.write_text("precious"), id="text"),
        pytest.param(lambda path: path.touch(), id="empty"),
        pytest.param(lambda path: path.mkdir(), id="directory"),
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(listen, id="socket"),
        pytest.param(lambda path: path.symlink_to("nowhere"), id="link"),
    ],
)
def test_what_is_not_of_a_report_stays(tmp_path, monkeypatch, name, make):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    make(tmp_path / name)
    before = unchanged(tmp_path / name)
    for write in (
        lambda: report_file.refuse_unwritable(str(tmp_path / "results.json"), "monday", only_look=False),
        lambda: report_file.write_report(str(tmp_path / "results.json"), REPORT),
    ):
        with pytest.raises(ArgumentError) as error:
            write()
        assert str(error.value) == (
            f"{tmp_path / name} is not of the report of a lab, and stays as it is. Move it away, or set"
            " pods_lab_report_dir to another directory."
        )
    assert unchanged(tmp_path / name) == before


class TestBeforeTheLab:
    """What would keep the report from being written is found before there is anything to report."""

    def test_where_it_can_be_written_nothing_is_left(self, tmp_path):
        for path in (tmp_path / "results.json", tmp_path / "reports/monday/results.json"):
            report_file.refuse_unwritable(str(path), "monday", only_look=False)
            report_file.refuse_unwritable(str(path), "monday", only_look=True)
        assert os.listdir(tmp_path) == []

    def test_where_a_report_of_the_class_is(self, tmp_path):
        path = tmp_path / "results.json"
        report_file.write_report(str(path), REPORT)
        report_file.refuse_unwritable(str(path), "monday", only_look=False)

    def test_the_report_of_another_class_is_refused(self, tmp_path):
        path = tmp_path / "results.json"
        report_file.write_report(str(path), REPORT)
        with pytest.raises(ArgumentError, match="the report of the class monday, and not of tuesday"):
            report_file.refuse_unwritable(str(path), "tuesday", only_look=False)

    def test_a_full_disk(self, tmp_path, monkeypatch):
        class Full:
            def __init__(self, descriptor, _mode):
                self.descriptor = descriptor

            def __enter__(self):
                return self

            def __exit__(self, *_error):
                os.close(self.descriptor)

            def write(self, content):
                assert len(content) == report_file.ROOM
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(report_file.whole_file.os, "fdopen", Full)
        with pytest.raises(ArgumentError) as error:
            report_file.refuse_unwritable(str(tmp_path / "a/results.json"), "monday", only_look=False)
        assert str(error.value) == (
            f"There can be no report in {tmp_path}/a: nothing can be written to {tmp_path} (No space left on device)."
            " Make room there, or set pods_lab_report_dir to another directory."
        )
        assert os.listdir(tmp_path) == []

    def test_a_disk_that_can_only_be_read(self):
        with pytest.raises(ArgumentError, match=r"nothing can be written to /proc \("):
            report_file.refuse_unwritable("/proc/kubelabs/results.json", "monday", only_look=False)

    def test_a_file_in_the_place_of_the_directory(self, tmp_path):
        (tmp_path / "reports").touch()
        with pytest.raises(ArgumentError, match="Not a directory"):
            report_file.refuse_unwritable(str(tmp_path / "reports/results.json"), "monday", only_look=False)

    def test_in_check_mode_only_permissions_are_looked_at(self, tmp_path, monkeypatch):
        monkeypatch.setattr(report_file.os, "access", lambda _path, _mode: False)
        monkeypatch.setattr(report_file.whole_file, "try_out", lambda _folder, _size: pytest.fail("nothing is written"))
        with pytest.raises(ArgumentError, match="Permission denied"):
            report_file.refuse_unwritable(str(tmp_path / "results.json"), "monday", only_look=True)


CHECK = {"student": "Anna", "check": "logs", "status": "passed", "reason": ""}


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ({"name": 5}, "students[0].name is the number 5 and not text."),
        ({"restarts": ["x"]}, "students[0].restarts[0] is the text 'x' and not an object."),
        ({"checks": [{**CHECK, "reason": None}]}, "students[0].checks: reason is null and not text."),
        ({"checks": [{**CHECK, "evidence": [1]}]}, "students[0].checks: evidence of logs is a list and not text."),
    ],
)
def test_what_stands_at_its_place_and_is_something_else_is_named(tmp_path, student, words):
    path = tmp_path / "results.json"
    whole = {"name": "Anna", "namespace": "lab-anna", "checks": [CHECK], **student}
    path.write_text(json.dumps({**REPORT, "students": [whole]}))
    with pytest.raises(ArgumentError) as caught:
        report_file.read_report(str(path), "monday")
    assert str(caught.value).startswith(f"{path} is not the report of a lab: {words}")
