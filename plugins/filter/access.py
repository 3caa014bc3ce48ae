# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a teacher may do on the cluster, for plays: see `plugin_utils/_access.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _access, _arguments


def access_problem(
    access: Any,
    students: Any,
    labels: Any,
    existing: Any,
    use_existing: Any,
    isolation: Any = False,
    rules: Any = (),
    staff: Any = False,
    pull_secret: Any = False,
) -> str:
    return _access.access_problem(
        _answers(access),
        _arguments.students(students),
        _arguments.mapping(labels, "labels"),
        None if existing is None else _arguments.mappings(existing, "existing", "metadata"),
        bool(use_existing),
        _classroom(isolation, rules, staff, pull_secret),
    )


def access_questions(
    access: Any,
    students: Any = (),
    isolation: Any = False,
    rules: Any = (),
    staff: Any = False,
    pull_secret: Any = False,
) -> list[_access.Question]:
    return _access.access_questions(
        _answers(access), _arguments.students(students), _classroom(isolation, rules, staff, pull_secret)
    )


def is_allowed(access: Any, verb: Any, resource: Any) -> bool:
    right = _access.Right(_arguments.text(verb, "verb"), _arguments.text(resource, "resource"))
    return _answers(access).allows(right)


def _answers(access: Any) -> _access.Access:
    keys = ("verb", "resource", "subresource", "group", "namespace", "allowed")
    return _access.Access(_arguments.mappings(access, "the input", *keys))


def _classroom(isolation: Any, rules: Any, staff: Any, pull_secret: Any) -> tuple[_access.Right, ...]:
    of_roles = _arguments.mappings(rules, "rules", "resources", "verbs")
    return _access.classroom_rights(bool(isolation), of_roles, bool(staff), bool(pull_secret))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(AnsibleFilterError, access_problem, access_questions, is_allowed)
