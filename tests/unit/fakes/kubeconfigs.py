# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfigs for tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CREDENTIAL = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}


def kubeconfig(server: str, user: dict[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
    """One with the context `lab`, in which the user `teacher` talks to the cluster `school`."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "school", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "teacher", "user": {} if user is None else user}],
        "contexts": [{"name": "lab", "context": {"cluster": "school", "user": "teacher"}}],
    }


def write(path: Path, content: dict[str, Any]) -> str:
    """Writes it, and says where."""
    path.write_text(json.dumps(content))
    return str(path)


def plugin(folder: Path, body: str, name: str = "plugin", **spec: Any) -> dict[str, Any]:
    """A user whose exec plugin is a Python program with this body."""
    path = folder / name
    path.write_text(f"#!{sys.executable} -ISE\nimport json, os, sys, time\n{body}\n")
    path.chmod(0o700)
    return {"exec": {"apiVersion": CREDENTIAL["apiVersion"], "command": str(path), "interactiveMode": "Never", **spec}}


def prints(**status: Any) -> str:
    """The body of a plugin that gives a credential."""
    return f"print({json.dumps(json.dumps({**CREDENTIAL, 'status': status}))})"
