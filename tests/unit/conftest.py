# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every unit test has at hand. And what keeps a slow machine from failing a test that is not about speed."""

from __future__ import annotations

import importlib

import hypothesis
import pytest

from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi
from ansible_collections.kubelabs.pods.tests.unit.fakes.clock import FakeClock

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


@pytest.fixture(name="api")
def fake_api():
    """An API server; see fakes/api_server.py."""
    with FakeApi() as api:
        yield api


@pytest.fixture(name="clock")
def fake_clock():
    """A clock that stands still until somebody sleeps; see fakes/clock.py."""
    return FakeClock()
