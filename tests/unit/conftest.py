# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every unit test has at hand. And what keeps a slow machine from failing a test that is not about speed."""

from __future__ import annotations

import importlib
import json
import os
import pathlib

import hypothesis
import pytest

from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi
from ansible_collections.kubelabs.pods.tests.unit.fakes.certificates import make_certificate, server_context
from ansible_collections.kubelabs.pods.tests.unit.fakes.clock import FakeClock

# What the engine imports late is imported here, so that reading it from a cold disk does not eat a test's deadline.
for name in ("socks", "unidecode", "urllib3.contrib.socks", "websocket", "yaml"):
    importlib.import_module(name)

# Hypothesis would call an example slow, or the drawing of examples, on which the machine's other work has fallen.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(config, items):
    """A machine that stalls does so once; a deadline that does not hold fails each time."""
    may_rerun = config.pluginmanager.hasplugin("rerunfailures")
    for item in items:
        if may_rerun and item.get_closest_marker("against_the_clock"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))


@pytest.fixture(name="api")
def fake_api():
    """An API server; see fakes/api_server.py."""
    with FakeApi() as api:
        yield api


@pytest.fixture(name="certificate", scope="session")
def server_certificate(tmp_path_factory):
    """The folder with cert.pem and key.pem of `tls_api`, for 127.0.0.1 and kube.example.org."""
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder, "127.0.0.1", "kube.example.org")
    return folder


@pytest.fixture(name="tls_api")
def fake_tls_api(certificate):
    """The same over TLS; it asks for a client certificate, and goes on without."""
    with FakeApi(tls=server_context(certificate)) as api:
        yield api


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path_factory):
    """Whoever runs the tests may have a kubeconfig, and may need a proxy: neither is the tests' business."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("K8S_AUTH_", "KUBECONFIG", "KUBERNETES_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))


@pytest.fixture(name="clock")
def fake_clock():
    """A clock that stands still until somebody sleeps; see fakes/clock.py."""
    return FakeClock()


@pytest.fixture(name="recorded_report")
def fixture_recorded_report():
    """results.json of a lab with three students and four restarts, on Kubernetes 1.37.2."""
    return json.loads((pathlib.Path(__file__).parent / "recordings/results.json").read_text(encoding="utf-8"))
