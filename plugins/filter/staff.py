# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People of a class who are no students, for plays: see `plugin_utils/_staff.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _isolation, _staff


def former_accounts(accounts: Any, members: Any) -> list[dict[str, Any]]:
    return _staff.former_accounts(_arguments.mappings(accounts, "the input", "metadata"), _members(members, "members"))


def former_keys(paths: Any, directory: Any, namespace: Any, wanted: Any = ()) -> list[dict[str, str]]:
    return _staff.former_keys(
        _arguments.texts(paths, "the input"),
        _arguments.text(directory, "directory"),
        _arguments.text(namespace, "namespace"),
        _arguments.texts(wanted, "wanted"),
    )


def staff_key_problems(results: Any, members: Any) -> list[str]:
    return _staff.staff_key_problems(
        _arguments.mappings(results, "the input", "name", "namespace", "reason"), _members(members, "members")
    )


def staff_left(results: Any, left: Any) -> list[str]:
    return _staff.staff_left(
        _arguments.mappings(results, "the input", "namespace", "labels", "state"), _arguments.texts(left, "left")
    )


def staff_members(staff: Any, class_name: Any) -> list[_staff.Member]:
    return _staff.staff_members(staff, _arguments.text(class_name, "class_name"))


def staff_namespace_problems(
    namespaces: Any, students: Any, labels: Any, class_name: Any, wanted: Any = True
) -> list[str]:
    return _staff.staff_namespace_problems(
        _arguments.mappings(namespaces, "the input", "metadata"),
        _arguments.students(students),
        _arguments.mapping(labels, "labels"),
        _arguments.text(class_name, "class_name"),
        bool(wanted),
    )


def staff_probes(members: Any, students: Any, kubeconfigs: Any) -> list[dict[str, Any]]:
    return _isolation.staff_probes(
        _members(members, "the input"),
        _arguments.students(students),
        _arguments.mapping(kubeconfigs, "kubeconfigs"),
    )


def staff_roles(members: Any) -> list[_staff.StaffRole]:
    return _staff.staff_roles(_members(members, "the input"))


def _members(members: Any, what: str) -> list[Any]:
    return _arguments.mappings(members, what, "name", "label", "role", "account", "namespace")


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(
            AnsibleFilterError,
            former_accounts,
            former_keys,
            staff_key_problems,
            staff_left,
            staff_members,
            staff_namespace_problems,
            staff_probes,
            staff_roles,
        )
