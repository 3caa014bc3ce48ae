# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The class's students, for plays: see `plugin_utils/_roster.py` and `_roster_file.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _roster, _roster_file

Value = TypeVar("Value")


def read_roster(source: Any, class_name: str, file: str = "", columns: Any = None, only: Any = "") -> dict[str, Any]:
    try:
        students, found = _students(source, class_name, file, columns)
        first = students[0]["namespace"]
        if wanted := _arguments.text(only, "only").strip():
            students = _roster.chosen(students, wanted)
    except _roster.RosterError as error:
        nothing = {"students": [], "first_namespace": "", "names_from": [], "left_out": []}
        return _untrusted({**nothing, "problems": error.problems})
    about_the_file = {"names_from": found.columns, "left_out": list(found.left_out)}
    return _untrusted({"students": students, "first_namespace": first, **about_the_file, "problems": []})


def roster(source: Any, class_name: str, file: str = "", columns: Any = None) -> list[_roster.Student]:
    try:
        return _untrusted(_students(source, class_name, file, columns)[0])
    except _roster.RosterError as error:
        # Without the cause, which ansible-core 2.19 and later append: it says the same again.
        raise AnsibleFilterError(str(error)) from None


def _untrusted(value: Value) -> Value:
    """The value, such that no text in it is a template, as that of a fact is up to ansible-core 2.18."""
    return cast(Value, wrap_var(value))


def _students(
    source: Any, class_name: str, file: Any, columns: Any
) -> tuple[list[_roster.Student], _roster_file.Roster]:
    """The students, and what was found in the file, where there is one."""
    wanted = _columns(columns)
    found = (
        _roster_file.read(_arguments.text(file, "file"), wanted)
        if file
        else _roster_file.Roster(_roster.entries(source), [])
    )
    return _roster.students(found.entries, class_name), found


def _columns(columns: Any) -> Mapping[str, str | list[str]]:
    """A mapping of keys to a column or a list of columns. Raises ArgumentError where it is none."""
    return {
        key: names if isinstance(names, str) else _arguments.texts(names, f"columns[{key!r}]")
        for key, names in _arguments.mapping(columns or {}, "columns").items()
    }


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(AnsibleFilterError, read_roster, roster)
