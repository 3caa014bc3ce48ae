# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster is good for, for plays: see `plugin_utils/_capacity.py` and `plugin_utils/_kubernetes_version.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _capacity, _kubernetes_version


def capacity_forecast(
    capacity: Any,
    students: Any,
    pods: Any,
    existing: Any = (),
    reason: Any = "",
    limit_range: Any = None,
    leaving: Any = (),
) -> dict[str, Any]:
    keys = ("name", "schedulable", "reason", "allocatable", "requested")
    return _capacity.forecast(
        # In a fact of ansible-core 2.18 null has become ''.
        None if capacity in (None, "") else _arguments.mappings(capacity, "the input", *keys),
        _arguments.students(students),
        _arguments.mapping(pods, "pods"),
        _arguments.mappings(existing, "existing", "namespace", "name", "node", "requested"),
        _arguments.text(reason, "reason"),
        _arguments.mapping(limit_range or {}, "limit_range"),
        _arguments.texts(leaving, "leaving"),
    )


def kubernetes_support(version: Any) -> dict[str, str]:
    return _kubernetes_version.kubernetes_support(_arguments.text(version, "the input"))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(AnsibleFilterError, capacity_forecast, kubernetes_support)
