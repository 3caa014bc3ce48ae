# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks into the files of a report, in Ansible's own process: what is written comes from there, however large it is.

Its documentation is in plugins/modules/report_files.py, where Ansible looks for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso_seconds, utc_now
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _report, _report_file, _settings
from ansible_collections.kubelabs.pods.plugins.plugin_utils._report import Report
from ansible_collections.kubelabs.pods.plugins.plugin_utils._roster import Student

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "class_name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["recorded", "rendered", "writable"], "default": "recorded"},
    "cluster": {"type": "dict"},
    "students": {"type": "list", "elements": "dict"},
    "checks": {"type": "list", "elements": "dict"},
    "restarts": {"type": "list", "elements": "dict", "default": []},
    "start": {"type": "bool", "default": False},
    "part": {"type": "bool", "default": False},
}


def record(options: Mapping[str, Any], now: str) -> str:
    """Merges the checks into results.json, and writes the files beside it. Returns which of them failed, in one line.

    Raises:
        ArgumentError: what was given is no checks or students, or a file is not of this class or cannot be written.
    """
    path, class_name = options["path"], options["class_name"]
    for option in ("cluster", "students", "checks"):
        if options[option] is None:
            raise ArgumentError(f"state is recorded, and {option} is missing. Give it.")
    checks = _arguments.mappings(options["checks"], "checks", "student", "check", "status", "reason")
    students = _arguments.students(options["students"])
    report = _report.merge_report(
        _before(options, students),
        class_name,
        options["cluster"],
        students,
        checks,
        _arguments.mappings(options["restarts"], "restarts", "namespace"),
        now,
    )
    _report_file.write_report(path, report)
    return _report.phase_failures(report, {check["check"] for check in checks})


def _before(options: Mapping[str, Any], students: list[Student]) -> Report | None:
    """What is kept of the report that is there."""
    if options["start"] and not options["part"]:
        return None
    report = _report_file.read_report(options["path"], options["class_name"])
    return _report.forgetting(report, students) if report and options["start"] else report


def render(options: Mapping[str, Any]) -> None:
    """Writes the files beside results.json anew.

    Raises:
        ArgumentError: there is no report, it is not of this class, or a file cannot be written.
    """
    path, class_name = options["path"], options["class_name"]
    report = _report_file.read_report(path, class_name)
    if report is None:
        raise ArgumentError(f"There is no report of the class {class_name} at {path}. Run the lab first.")
    _report_file.write_rendered(path, report)


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        check_mode = self._task.check_mode
        failures = ""
        try:
            if options["state"] == "writable":
                _report_file.refuse_unwritable(options["path"], options["class_name"], only_look=check_mode)
            elif check_mode:
                return {**result, "skipped": True, "msg": "In check mode nothing has happened that could be reported."}
            elif options["state"] == "rendered":
                render(options)
            else:
                failures = record(options, iso_seconds(utc_now()))
        except ArgumentError as exc:
            # Without the cause, which ansible-core 2.19 and later append: it says the same again.
            raise AnsibleActionFail(str(exc)) from None
        page = os.path.join(os.path.dirname(_settings.local_path(options["path"])), _report_file.PAGE)
        return {**result, "changed": False, "page": page, "failures": failures}
