# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The class's settings, students and namespaces, for plays: see `module_utils/settings.py`, `roster.py` and `ownership.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.module_utils._ground import ownership
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _roster as roster
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _settings as settings


def _source(students: Any, file: str) -> tuple[Any, str]:
    """The roster's entries and the place that errors name."""
    return (roster.read(file), file) if file else (students, "pods_lab_students")


def students(source: Any, class_name: str, file: str = "") -> list[dict[str, Any]]:
    try:
        entries, place = _source(source, file)
        return roster.students(entries, class_name, place)
    except roster.RosterError as error:
        raise AnsibleFilterError(str(error)) from error


def problems(source: Any, class_name: str, file: str = "") -> list[str]:
    try:
        entries, place = _source(source, file)
        roster.students(entries, class_name, place)
    except roster.RosterError as error:
        return error.problems
    return []


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {
            "namespace_problems": ownership.namespace_problems,
            "roster": students,
            "roster_problems": problems,
            "unknown_variables": settings.unknown_variables,
        }
