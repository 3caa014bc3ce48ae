# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The students' namespaces, for plays: see `plugin_utils/_namespaces.py` and `module_utils/_ground/ownership.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.module_utils._ground import ownership
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _checks, _expiry, _namespaces


def existing_namespace_checks(namespaces: Any, students: Any) -> list[_checks.Check]:
    return _namespaces.existing_namespace_checks(
        _arguments.mappings(namespaces, "the input", "metadata"), _arguments.students(students)
    )


def namespace_problems(namespaces: Any, students: Any, labels: Any, must_exist: Any = False) -> list[str]:
    return _namespaces.namespace_problems(
        _arguments.mappings(namespaces, "the input", "metadata"),
        _arguments.students(students),
        _arguments.mapping(labels, "labels"),
        must_exist=bool(must_exist),
    )


def namespaces_being_deleted(namespaces: Any, students: Any) -> dict[str, str]:
    return _namespaces.namespaces_being_deleted(
        _arguments.mappings(namespaces, "the input", "metadata"), _arguments.students(students)
    )


def expired_namespaces(namespaces: Any, now: Any) -> list[str]:
    return _expiry.expired_namespaces(
        _arguments.mappings(namespaces, "the input", "metadata"), _arguments.text(now, "now")
    )


def class_expiry(given: Any, namespaces: Any, labels: Any) -> str:
    return _expiry.class_expiry(
        str(given),
        _arguments.mappings(namespaces, "namespaces", "metadata"),
        _arguments.mapping(labels, "labels"),
    )


def left_alone(objects: Any, students: Any, labels: Any) -> dict[str, str]:
    return _namespaces.left_alone(
        _arguments.mappings(objects, "the input", "metadata"),
        _arguments.students(students),
        _arguments.mapping(labels, "labels"),
    )


def of_class(objects: Any, labels: Any) -> list[Any]:
    return ownership.of_class(
        _arguments.mappings(objects, "the input", "metadata"), _arguments.mapping(labels, "labels")
    )


def pod_problems(pods: Any, students: Any, labels: Any) -> list[str]:
    return _namespaces.pod_problems(
        _arguments.mappings(pods, "the input", "metadata"),
        _arguments.students(students),
        _arguments.mapping(labels, "labels"),
    )


def namespaces_without_account(accounts: Any, namespaces: Any, version: Any) -> list[str]:
    return _namespaces.namespaces_without_account(
        _arguments.mappings(accounts, "the input"),
        _arguments.texts(namespaces, "namespaces"),
        _arguments.text(version, "version"),
    )


def roster_changes(students: Any, namespaces: Any, labels: Any, remove: Any = False) -> _namespaces.RosterChanges:
    return _namespaces.roster_changes(
        _arguments.students(students),
        _arguments.mappings(namespaces, "namespaces", "metadata"),
        _arguments.mapping(labels, "labels"),
        remove=bool(remove),
    )


def with_metadata(definitions: Any, labels: Any, annotations: Any) -> list[dict[str, Any]]:
    return _namespaces.with_metadata(
        _arguments.mappings(definitions, "the input", "metadata"),
        _arguments.mapping(labels, "labels"),
        _arguments.mapping(annotations, "annotations"),
    )


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(
            AnsibleFilterError,
            class_expiry,
            existing_namespace_checks,
            expired_namespaces,
            left_alone,
            namespace_problems,
            namespaces_being_deleted,
            namespaces_without_account,
            of_class,
            pod_problems,
            roster_changes,
            with_metadata,
        )
