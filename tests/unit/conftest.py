# Copyright (c) 2026, The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports what the engine imports late, so that reading it from a cold disk does not eat a test's deadline."""

from __future__ import annotations

import importlib

for name in ("kubernetes.client.rest", "kubernetes.client.configuration", "kubernetes.config.kube_config", "urllib3", "websocket"):
    importlib.import_module(name)
