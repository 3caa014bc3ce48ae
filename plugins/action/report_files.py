# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks into the files of a report, in Ansible's own process: what is written comes from there, however large it is.

Its documentation is in plugins/modules/report_files.py, where Ansible looks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso_seconds, utc_now
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _report, _report_file

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "class_name": {"type": "str", "required": True},
    "cluster": {"type": "dict", "required": True},
    "students": {"type": "list", "elements": "dict", "required": True},
    "checks": {"type": "list", "elements": "dict", "required": True},
    "restarts": {"type": "list", "elements": "dict", "default": []},
    "start": {"type": "bool", "default": False},
}


def record(options: Mapping[str, Any], now: str) -> None:
    """Merges the checks into the file.

    Raises:
        ArgumentError: what was given is no checks or students, or the file is not of this class or cannot be written.
    """
    path, class_name = options["path"], options["class_name"]
    report = _report.merge_report(
        None if options["start"] else _report_file.read_report(path, class_name),
        class_name,
        options["cluster"],
        _arguments.students(options["students"]),
        _arguments.mappings(options["checks"], "checks", "student", "check", "status", "reason"),
        _arguments.mappings(options["restarts"], "restarts", "namespace"),
        now,
    )
    _report_file.write_report(path, report)


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        if self._task.check_mode:
            return {**result, "skipped": True, "msg": "In check mode nothing has happened that could be reported."}
        try:
            record(options, iso_seconds(utc_now()))
        except ArgumentError as exc:
            # Without the cause, which ansible-core 2.19 and later append: it says the same again.
            raise AnsibleActionFail(str(exc)) from None
        return {**result, "changed": False}
