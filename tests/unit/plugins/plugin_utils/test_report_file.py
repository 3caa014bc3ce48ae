# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import os

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _report_file as report_file

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
    assert os.listdir(path.parent) == ["results.json"]


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
    assert os.listdir(tmp_path) == ["results.json"]


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path):
    (tmp_path / "reports").write_text("")
    with pytest.raises(ArgumentError, match=r"reports/monday/results\.json \(Not a directory\)"):
        report_file.write_report(str(tmp_path / "reports/monday/results.json"), REPORT)
