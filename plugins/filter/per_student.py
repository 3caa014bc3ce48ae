# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One description for the whole class, for plays: see `module_utils/per_student.py`."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _per_student as per_student


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {
            "for_each_student": per_student.for_each,
            "students_with_pods": per_student.with_pods,
        }
