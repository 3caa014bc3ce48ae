# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules returned as the checks of the lab, for plays: see `module_utils/checks.py`."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _checks as checks


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {
            "applied_objects": checks.applied_objects,
            "apply_errors": checks.apply_errors,
            "apply_checks": checks.from_apply,
            "pod_ip_checks": checks.from_pod_ips,
            "probe_checks": checks.from_probes,
            "ready_checks": checks.from_ready_pods,
            "restart_checks": checks.from_restarts,
            "teardown_checks": checks.from_teardown,
        }
