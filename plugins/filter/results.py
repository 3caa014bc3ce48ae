# Copyright (c) 2026, The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of a lab and its table, for plays: see `module_utils/results.py`."""

from __future__ import annotations

import typing as t

from ansible_collections.kubelabs.pods.plugins.module_utils import results


class FilterModule:
    def filters(self) -> dict[str, t.Any]:
        return {
            "merge_results": results.merge,
            "results_failures": results.failures,
            "results_summary": results.summary,
            "results_table": results.table,
        }
