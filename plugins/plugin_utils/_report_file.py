# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a class in its files, which no failure leaves half written: results.json, and what is made from it."""

from __future__ import annotations

import errno
import json
import os
import pathlib
from collections.abc import Callable
from typing import Any, TypeVar

from ..module_utils._ground import whole_file
from ..module_utils._ground.errors import ArgumentError
from . import _own_files, _report_csv, _report_junit, _report_page
from ._report import Report, a_report

#: For people to read.
PAGE = "report.html"
#: What stands at the beginning of each file beside results.json, by which it is known to be ours.
MARKS = {
    PAGE: _report_page.MARK,
    "junit.xml": _report_junit.MARK,
    "results.csv": f"{_report_csv.BYTE_ORDER_MARK}{','.join(_report_csv.FIRST)}",
}
#: Bytes that are tried before a lab: the report of fifty students.
ROOM = 1 << 20
#: What to do about a file that is in the way.
REMEDY = "Move it away, or set pods_lab_report_dir to another directory."
Content = TypeVar("Content")


def read_json(path: str, checked: Callable[[Any], Content], is_not: str) -> Content | None:
    """What stands in a file of the report's directory; None where there is no such file.

    Args:
        checked: makes it of the JSON, and raises ArgumentError where that is something else.
        is_not: what the file is not, then: `is not the report of a lab`.

    Raises:
        ArgumentError: the file cannot be read, or holds something else.
    """
    try:
        return checked(json.loads(pathlib.Path(path).expanduser().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ArgumentError(f"{path} cannot be read ({exc.strerror}). {REMEDY}") from exc
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as exc:
        raise ArgumentError(f"{path} is not JSON ({exc}). {REMEDY}") from exc
    except ArgumentError as exc:
        raise ArgumentError(f"{path} {is_not}: {exc} {REMEDY}") from exc


def read_report(path: str, class_name: str) -> Report | None:
    """The report of the class in the file; None where there is no such file.

    Raises:
        ArgumentError: the file cannot be read, is no report, or is that of another class.
    """
    report = read_json(path, a_report, "is not the report of a lab")
    if report is not None and report["class"] != class_name:
        raise ArgumentError(f"{path} is the report of the class {report['class']}, and not of {class_name}. {REMEDY}")
    return report


def rendered(report: Report) -> dict[str, bytes]:
    """What stands in the files beside results.json, by their names."""
    texts = {
        PAGE: _report_page.report_page(report),
        "junit.xml": _report_junit.junit_xml(report),
        "results.csv": _report_csv.results_csv(report),
    }
    return {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}


def write_report(path: str, report: Report) -> None:
    """Puts the report in the place of the one in the file and the files beside it, which everyone may read.

    Each is written as a whole or not at all, results.json first: from it the others can be written again. Missing
    directories are made.

    Raises:
        ArgumentError: one of them cannot be written, or in its place is something else; that one is as it was.
    """
    write_text(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    write_rendered(path, report)


def write_text(path: str, text: str) -> None:
    """The same for any text of the report's directory."""
    _put(pathlib.Path(path).expanduser().absolute(), text.encode("utf-8", "backslashreplace"))


def write_rendered(path: str, report: Report) -> None:
    """The same for the files beside results.json only."""
    folder = pathlib.Path(path).expanduser().absolute().parent
    for name, content in rendered(report).items():
        _refuse_foreign(folder / name)
        _put(folder / name, content)


def refuse_unwritable(path: str, class_name: str, *, only_look: bool) -> None:
    """Refuses what would keep the report from being written, before there is anything to report. It is tried out where
    the report is to be, and nothing is left of it.

    Args:
        only_look: whether not even that may be written: then only permissions are looked at.

    Raises:
        ArgumentError: in the place of a file is something else, such as the report of another class; or nothing can be
            written there.
    """
    read_report(path, class_name)
    folder = pathlib.Path(path).expanduser().absolute().parent
    for name in MARKS:
        _refuse_foreign(folder / name)
    nearest = whole_file.part_that_exists(str(folder))
    try:
        if not only_look:
            whole_file.try_out(nearest, ROOM)
        elif not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as exc:
        raise ArgumentError(
            f"There can be no report in {folder}: nothing can be written to {nearest} ({exc.strerror}). Make room"
            " there, or set pods_lab_report_dir to another directory."
        ) from exc


def _put(file: pathlib.Path, content: bytes) -> None:
    try:
        whole_file.write(str(file), content, whole_file.PUBLIC, whole_file.PUBLIC_FOLDER)
    except OSError as exc:
        raise ArgumentError(
            f"The report cannot be written to {file} ({exc.strerror}). Make room there, or set pods_lab_report_dir to"
            " another directory."
        ) from exc


def _refuse_foreign(file: pathlib.Path) -> None:
    """Refuses to write over what is no file of a report of ours."""
    if not _own_files.may_be_written(file, MARKS[file.name]):
        raise ArgumentError(f"{file} is not of the report of a lab, and stays as it is. {REMEDY}")
