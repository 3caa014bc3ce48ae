# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a lab and its table, for plays: see `module_utils/results.py`."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _report as results


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {
            "merge_results": results.merge,
            "results_failures": results.failures,
            "results_summary": results.summary,
            "results_table": results.table,
        }
