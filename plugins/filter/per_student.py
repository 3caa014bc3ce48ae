# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One description for the whole class, for plays."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _per_student, _placement


def for_each_student(items: Any, students: Any) -> list[Any]:
    return _per_student.for_each_student(_arguments.items(items, "the input"), _arguments.students(students))


def students_with_pods(students: Any, pods: Any, web: Any, shell: Any, own_only: Any = False) -> list[dict[str, Any]]:
    return _placement.students_with_pods(
        _arguments.students(students),
        _arguments.mappings(pods, "pods", "namespace", "pod"),
        _arguments.text(web, "web"),
        _arguments.text(shell, "shell"),
        bool(own_only),
    )


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(AnsibleFilterError, for_each_student, students_with_pods)
