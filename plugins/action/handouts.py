# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hand-outs of a class, written in Ansible's own process: it has all that stands in them.

Its documentation is in plugins/modules/handouts.py, where Ansible looks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _handouts, _settings
from ansible_collections.kubelabs.pods.plugins.plugin_utils._handout_files import Handouts

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "class_name": {"type": "str", "required": True},
    "students": {"type": "list", "elements": "dict", "required": True},
    "kubeconfigs": {"type": "list", "elements": "dict"},
    "server": {"type": "str"},
    "pods": {"type": "list", "elements": "dict"},
    "url": {"type": "str", "default": ""},
    "part": {"type": "bool", "default": False},
    "staff": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "fail_on_unmet": {"type": "bool", "default": True},
}
#: As student_kubeconfig calls them: where there is a key.
WITH_KEY = ("created", "renewed", "unchanged")


def hand_out(options: Mapping[str, Any], check_mode: bool) -> Handouts:
    """Does what the options ask for.

    Raises:
        ArgumentError: they cannot be used; nothing was written.
    """
    students = _arguments.students(options["students"])
    done = Handouts(_settings.local_path(options["path"]), options["class_name"], check_mode)
    if options["state"] == "absent":
        done.remove(students, part=options["part"])
        return done
    for option in ("server", "pods"):
        if not options[option]:
            raise ArgumentError(f"state is present, and {option} is missing. Give it.")
    pods = _arguments.mappings(options["pods"], "pods", "apiVersion", "kind", "metadata", "spec")
    lab = _handouts.lab(options["class_name"], options["server"], options["url"], pods)
    of_students = keys(options["kubeconfigs"], students)
    done.write(students, of_students, lab, part=options["part"], staff=options["staff"])
    return done


def keys(results: Any, students: list[Any]) -> dict[str, _handouts.Until]:
    """Until when each namespace's key is good, of those who have one; where there are no results nothing is known."""
    if results is None:
        return {student["namespace"]: _handouts.Until() for student in students}
    return {
        result["namespace"]: _handouts.Until(True, result["expires"])
        for result in _arguments.mappings(results, "kubeconfigs", "namespace", "state", "expires")
        if result["state"] in WITH_KEY
    }


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        try:
            done = hand_out(options, self._task.check_mode)
        except ArgumentError as exc:
            # Without the cause, which ansible-core 2.19 and later append: it says the same again.
            raise AnsibleActionFail(str(exc)) from None
        result.update(changed=done.changed, files=dict(done.done), notes=done.notes)
        if done.summary:
            result.update(msg=done.summary, failed=options["fail_on_unmet"])
        return result
