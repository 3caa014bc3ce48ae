# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images of the pods, for plays: see `plugin_utils/_images.py`."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _images, _pull_config


def kind_cluster(context: Any, clusters: Any) -> str:
    return _images.kind_cluster(_arguments.text(context, "the input"), _arguments.texts(clusters, "clusters"))


def pod_image(given: Any, public: Any, registry: Any = "") -> str:
    return _images.pod_image(
        _arguments.text(given, "the input"),
        _arguments.text(public, "public"),
        _arguments.text(registry, "registry"),
    )


def pull_config(path: Any) -> str:
    return _pull_config.pull_config(_arguments.text(path, "the input"))


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(AnsibleFilterError, kind_cluster, pod_image, pull_config)
