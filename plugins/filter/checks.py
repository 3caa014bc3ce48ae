# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules returned as the checks of the lab, for plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _checks


def _pods(results: Any) -> list[Any]:
    return _arguments.mappings(results, "the input", "namespace", "pod", "verdict")


def _definitions(definitions: Any) -> list[Any]:
    for index, definition in enumerate(_arguments.mappings(definitions, "definitions", "metadata")):
        _arguments.mapping(definition["metadata"], f"definitions[{index}].metadata", "name")
    return _arguments.items(definitions, "definitions")


def probe_checks(results: Any, students: Any, names: Any, absent: Any = None) -> list[_checks.Check]:
    return _checks.probe_checks(
        _arguments.mappings(results, "the input", "namespace", "name", "met", "reason"),
        _arguments.students(students),
        _arguments.items(names, "names"),
        _arguments.mapping({} if absent is None else absent, "absent"),
    )


def ready_checks(results: Any, students: Any, names: Any, refused: Any = None) -> list[_checks.Check]:
    refused = {} if refused is None else refused
    return _checks.ready_checks(
        _pods(results),
        _arguments.students(students),
        _arguments.mapping(names, "names"),
        _arguments.mapping(refused, "refused"),
    )


def pod_ip_checks(results: Any, students: Any, pod: Any) -> list[_checks.Check]:
    return _checks.pod_ip_checks(_pods(results), _arguments.students(students), _arguments.text(pod, "pod"))


def restart_checks(results: Any, students: Any, restarts: Any, refused: Any = None) -> list[_checks.Check]:
    return _checks.restart_checks(
        _arguments.mappings(
            results, "the input", "namespace", "pod", "verdict", "restarts", "in_back_off", "delays", "back_off"
        ),
        _arguments.students(students),
        _arguments.number(restarts, "restarts"),
        _arguments.mapping({} if refused is None else refused, "refused"),
    )


def teardown_checks(results: Any, students: Any, left: Any, left_alone: Any = None) -> list[_checks.Check]:
    return _checks.teardown_checks(
        _arguments.mappings(results, "the input", "namespace", "state", "reason"),
        _arguments.students(students),
        _arguments.items(left, "left"),
        _arguments.mapping({} if left_alone is None else left_alone, "left_alone"),
    )


def apply_checks(
    applied: Any, definitions: Any, students: Any, name: Any, unchanged: Any = False, absent: Any = None
) -> list[_checks.Check]:
    return _checks.apply_checks(
        _arguments.mapping(applied, "the input"),
        _definitions(definitions),
        _arguments.students(students),
        _arguments.text(name, "name"),
        bool(unchanged),
        _arguments.mapping({} if absent is None else absent, "absent"),
    )


def apply_errors(applied: Any, definitions: Any) -> dict[str, str]:
    return _checks.apply_errors(_arguments.mapping(applied, "the input"), _definitions(definitions))


def staff_apply_problems(applied: Any, definitions: Any) -> list[str]:
    return _checks.staff_apply_problems(_arguments.mapping(applied, "the input"), _definitions(definitions))


def applied_objects(applied: Any, definitions: Any) -> list[dict[str, str]]:
    return _checks.applied_objects(_arguments.mapping(applied, "the input"), _definitions(definitions))


def unchangeable_objects(applied: Any, definitions: Any) -> list[dict[str, str]]:
    return _checks.unchangeable_objects(_arguments.mapping(applied, "the input"), _definitions(definitions))


def definitions_of_pods(definitions: Any, results: Any) -> list[Mapping[str, Any]]:
    return _checks.definitions_of_pods(
        _definitions(definitions), _arguments.mappings(results, "results", "namespace", "pod", "uid")
    )


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(
            AnsibleFilterError,
            applied_objects,
            apply_checks,
            apply_errors,
            definitions_of_pods,
            pod_ip_checks,
            probe_checks,
            ready_checks,
            restart_checks,
            staff_apply_problems,
            teardown_checks,
            unchangeable_objects,
        )
