# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of images, and which kind cluster has to be given them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

DOCKER_HUB = "docker.io"
KIND_CONTEXT = "kind-"


def pod_image(given: str, public: str, registry: str = "") -> str:
    """An image as it stands in a pod's spec.

    Args:
        given: the image that somebody wants; '' for none. Without a registry anywhere it stays as it is: it may be one
            that only the nodes have.
        public: the image otherwise.
        registry: stands in front of images that name none; '' is Docker Hub.
    """
    image = given or public
    if names_registry(image):
        return image
    prefix = registry.rstrip("/") or ("" if given else DOCKER_HUB)
    return f"{prefix}/{image}" if prefix else image


def names_registry(image: str) -> bool:
    """Whether the first part of an image's name is a registry and no directory.

    Source: splitDockerDomain in github.com/distribution/reference.
    """
    first, slash, _rest = image.partition("/")
    return bool(slash) and (not {".", ":"}.isdisjoint(first) or first == "localhost" or first != first.lower())


def kind_cluster(context: str, clusters: Iterable[str]) -> str:
    """The kind cluster to which a context leads; '' where it is none of those on this machine.

    Args:
        clusters: the names that `kind get clusters` prints.
    """
    name = context.removeprefix(KIND_CONTEXT) if context.startswith(KIND_CONTEXT) else ""
    return name if name in clusters else ""
