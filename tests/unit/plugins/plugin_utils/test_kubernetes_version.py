# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils._kubernetes_version import (
    NEWEST,
    OLDEST,
    kubernetes_support,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import VERSIONS


@pytest.mark.parametrize("version", ["v1.20.2", "v1.20.2+k3s1", "1.20", "v1.37.2", "v1.27.3-gke.100", "", "unknown"])
def test_nothing_is_said_of_what_was_tested_or_is_not_known(version):
    assert kubernetes_support(version) == {"problem": "", "note": ""}


@pytest.mark.parametrize("version", ["v1.19.16", "v1.9.0", "v0.99.1"])
def test_what_is_too_old_is_refused(version):
    assert kubernetes_support(version) == {
        "problem": (
            f"The cluster has Kubernetes {version}, and the lab needs 1.20 or later: upgrade it, or choose another"
            " cluster with pods_lab_kubeconfig and pods_lab_context."
        ),
        "note": "",
    }


@pytest.mark.parametrize(("version", "words"), [("v1.38.0", "1.38"), ("v2.0.0-alpha.1", "2.0"), ("v1.100.0", "1.100")])
def test_what_is_newer_than_tested_is_noted(version, words):
    note = f"Kubernetes {words} is newer than 1.37, the newest that the lab was tested with."
    assert kubernetes_support(version) == {"problem": "", "note": note}


def test_they_are_those_of_the_recordings():
    assert tuple(f"{major}.{minor}" for major, minor in (OLDEST, NEWEST)) == VERSIONS
