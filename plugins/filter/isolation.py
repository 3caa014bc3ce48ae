# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What students can reach besides what is theirs, for plays: see `plugin_utils/_isolation.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _checks, _isolation


def access_checks(results: Any, students: Any, refused: Any = None) -> list[_checks.Check]:
    return _isolation.access_checks(
        _arguments.mappings(results, "the input", "namespace"),
        _arguments.students(students),
        _arguments.mapping({} if refused is None else refused, "refused"),
    )


def access_probes(students: Any, rules: Any, kubeconfigs: Any) -> list[dict[str, Any]]:
    return _isolation.access_probes(
        _arguments.students(students),
        _arguments.mappings(rules, "rules", "resources", "verbs"),
        _arguments.mapping(kubeconfigs, "kubeconfigs"),
    )


def network_checks(results: Any, students: Any) -> list[_checks.Check]:
    return _isolation.network_checks(
        _arguments.mappings(results, "the input", "name", "namespace"),
        _arguments.mappings(students, "students", "name", "namespace", "web_ip", "neighbour_hosts"),
    )


def with_neighbours(students: Any) -> list[dict[str, Any]]:
    return _isolation.with_neighbours(_arguments.mappings(students, "the input", "name", "namespace", "web_ip"))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(AnsibleFilterError, access_checks, access_probes, network_checks, with_neighbours)
