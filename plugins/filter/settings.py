# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that people set, for plays: see `plugin_utils/_settings.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _settings


def kind_cluster_problems(settings: Any) -> list[str]:
    return _settings.kind_cluster_problems(_arguments.mapping(settings, "the input", *_settings.KIND_NUMBERS))


def local_path(path: Any) -> str:
    return _settings.local_path(_arguments.text(path, "the input"))


def setting_problems(settings: Any) -> list[str]:
    return _settings.setting_problems(_arguments.mapping(settings, "the input"))


def unknown_variables(given: Any, known: Any) -> list[str]:
    return _settings.unknown_variables(_arguments.texts(given, "the input"), _arguments.texts(known, "known"))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(
            AnsibleFilterError, kind_cluster_problems, local_path, setting_problems, unknown_variables
        )
