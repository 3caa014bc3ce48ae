# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a class in its file, results.json, which no failure leaves half written."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile

from ..module_utils._ground.errors import ArgumentError
from ._report import Report, a_report


def read_report(path: str, class_name: str) -> Report | None:
    """The report of the class in the file; None where there is no such file.

    Raises:
        ArgumentError: the file cannot be read, is no report, or is that of another class.
    """
    file = pathlib.Path(path).expanduser()
    remedy = "Move it away, or set pods_lab_report_dir to another directory."
    try:
        report = a_report(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ArgumentError(f"{path} cannot be read ({exc.strerror}). {remedy}") from exc
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as exc:
        raise ArgumentError(f"{path} is not JSON ({exc}). {remedy}") from exc
    except ArgumentError as exc:
        raise ArgumentError(f"{path} is not the report of a lab: {exc} {remedy}") from exc
    if report["class"] != class_name:
        raise ArgumentError(f"{path} is the report of the class {report['class']}, and not of {class_name}. {remedy}")
    return report


def write_report(path: str, report: Report) -> None:
    """Puts the report in the place of the one in the file, which everyone may read. Missing directories are made.

    Raises:
        ArgumentError: it cannot be written; the file is as it was.
    """
    write_text(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def write_text(path: str, text: str) -> None:
    """The same for any text of the report's directory."""
    file = pathlib.Path(path).expanduser()
    half = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as half:
            half.write(text.encode("utf-8", "backslashreplace"))
        os.chmod(half.name, 0o644)
        os.replace(half.name, file)
    except OSError as exc:
        if half:
            pathlib.Path(half.name).unlink(missing_ok=True)
        raise ArgumentError(
            f"The report cannot be written to {path} ({exc.strerror}). Make room there, or set pods_lab_report_dir to"
            " another directory."
        ) from exc
