# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the lab's variables that the environment sets (STUDENTS, ROSTER, KEEP and the cluster's two) as JSON.

For `ansible-playbook --extra-vars`: its `name=value` form would break a path at its spaces and quotes. What is not set
is left out. Relative paths start in the checkout, where make runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any


def full_path(path: str) -> str:
    """The absolute path, also of `~/...`: between quotes no shell has expanded that."""
    return os.path.abspath(os.path.expanduser(path))


def lab_vars(environment: Mapping[str, str]) -> dict[str, Any]:
    """The variables by name. A roster goes before a number of students, and is not mixed with one."""
    found: dict[str, Any] = {}
    if roster := environment.get("ROSTER"):
        found["pods_lab_roster"] = full_path(roster)
    elif students := environment.get("STUDENTS"):
        found["pods_lab_students"] = int(students) if students.isdecimal() else students
    if environment.get("KEEP", "").lower() not in ("", "0", "no", "false", "off"):
        found["pods_lab_keep"] = True
    if context := environment.get("PODS_LAB_CONTEXT"):
        found["pods_lab_context"] = context
    # Like KUBECONFIG it may be a list of files.
    if files := [full_path(file) for file in environment.get("PODS_LAB_KUBECONFIG", "").split(os.pathsep) if file]:
        found["pods_lab_kubeconfig"] = os.pathsep.join(files)
    return found


if __name__ == "__main__":
    print(json.dumps(lab_vars(os.environ)))
