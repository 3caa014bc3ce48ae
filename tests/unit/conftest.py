# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a slow machine from failing a test that has nothing to do with its speed."""

from __future__ import annotations

import importlib

import hypothesis

# What the engine imports late is imported here, so that reading it from a cold disk does not eat a test's deadline.
for name in (
    "kubernetes.client.rest",
    "kubernetes.client.configuration",
    "kubernetes.config.kube_config",
    "urllib3",
    "websocket",
):
    importlib.import_module(name)

# Hypothesis would call an example slow, or the drawing of examples, on which the machine's other work has fallen.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")
