# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils._images import kind_cluster, names_registry, pod_image


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginx", False),
        ("nginx:1.2", False),
        ("nginx@sha256:abc", False),
        ("traefik/whoami:v1.10.4", False),
        ("a/b/c", False),
        ("localhost/web", True),
        ("localhosts/web", False),
        ("registry.example.org/web", True),
        ("registry:5000/web:1", True),
        ("Registry/web", True),
        ("docker.io/library/nginx", True),
    ],
)
def test_which_names_have_a_registry(image, expected):
    assert names_registry(image) is expected


PUBLIC = "traefik/whoami:v1.10.4"


@pytest.mark.parametrize(
    ("given", "registry", "expected"),
    [
        pytest.param("", "", f"docker.io/{PUBLIC}", id="the public one"),
        pytest.param("", "mirror.example.org/hub/", f"mirror.example.org/hub/{PUBLIC}", id="from a mirror"),
        pytest.param("my/web:1", "", "my/web:1", id="one's own stays: only the nodes may have it"),
        pytest.param("my/web:1", "mirror:5000", "mirror:5000/my/web:1", id="one's own from a mirror"),
        pytest.param("ghcr.io/my/web", "mirror:5000", "ghcr.io/my/web", id="a registry of its own"),
    ],
)
def test_an_image_in_a_spec(given, registry, expected):
    assert pod_image(given, PUBLIC, registry) == expected


@pytest.mark.parametrize(
    ("context", "clusters", "expected"),
    [
        ("kind-dev", ["dev", "test"], "dev"),
        ("kind-kind-dev", ["dev", "kind-dev"], "kind-dev"),
        ("kind-dev", ["test"], ""),
        ("kind-dev", [], ""),
        ("dev", ["dev"], ""),
        ("kind-", [""], ""),
        ("", ["dev"], ""),
    ],
)
def test_the_kind_cluster_of_a_context(context, clusters, expected):
    assert kind_cluster(context, clusters) == expected
