# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module, and the manifests that they describe."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._ground.errors import ArgumentError
from .reader import MOST_BYTES

#: Where neither the options nor a manifest say otherwise, as for kubectl in a new cluster.
DEFAULT_NAMESPACE = "default"
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Manifest:
    """One file to check.

    Attributes:
        name: for the result and for messages.
        namespace: in which it is to be tried; '' leaves that to the manifest.
        path: of the file; '' where there is `content`.
        content: what stands in it; None where there is a `path`.
    """

    name: str
    namespace: str
    path: str = ""
    content: str | None = None

    def read(self) -> bytes:
        """What stands in it, and of a file that is too large only as much as shows that it is.

        Raises:
            OSError: the file cannot be read.
        """
        if self.content is not None:
            return self.content.encode("utf-8", "surrogateescape")
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            # A pipe or a device could keep us waiting for ever.
            raise OSError(None, "it is no file")
        with open(self.path, "rb") as stream:
            return stream.read(MOST_BYTES + 1)


def manifest_argument_spec() -> dict[str, Any]:
    """The options that the module has besides those of all bulk modules."""
    one = {
        "path": {"type": "path"},
        "content": {"type": "str"},
        "namespace": {"type": "str"},
    }
    return {
        **one,
        "manifests": {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}, **one}},
    }


def given_manifests(params: Mapping[str, Any]) -> list[Manifest]:
    """The manifests that the options describe.

    Raises:
        ArgumentError: they describe none, or one of them cannot be used.
    """
    alone = params.get("path") is not None or params.get("content") is not None
    if params.get("manifests") is not None:
        if alone:
            raise ArgumentError("Give path or content for one manifest, or manifests for several, and not both.")
        if not params["manifests"]:
            raise ArgumentError(
                "manifests is an empty list, and a task that checks nothing would prove nothing: skip it where there "
                "is nothing to check."
            )
        default = params.get("namespace")
        return [
            _manifest({**one, "namespace": one.get("namespace") or default}, f"manifests[{index}]")
            for index, one in enumerate(params["manifests"])
        ]
    if not alone:
        raise ArgumentError("There is nothing to check: give path, content or manifests.")
    manifest = _manifest(params, "content")
    if manifest.path:
        _check_readable(manifest)
    return [manifest]


def _manifest(options: Mapping[str, Any], place: str) -> Manifest:
    path, content = options.get("path"), options.get("content")
    name = options.get("name") or (os.path.basename(path) if path else place)
    if (path is None) == (content is None) or path == "":
        raise ArgumentError(f"{options.get('name') or place}: give either the path of a file or its content.")
    namespace = options.get("namespace") or ""
    if namespace and not _NAMESPACE.fullmatch(namespace):
        raise ArgumentError(f"{name}: {namespace!r} cannot be the name of a namespace.")
    return Manifest(name, namespace, path or "", content)


def _check_readable(manifest: Manifest) -> None:
    """Where one file is named, one that is not there is a slip in the task; in a class, it is a student's result."""
    try:
        manifest.read()
    except OSError as exc:
        raise ArgumentError(f"The file {manifest.path} cannot be read: {exc.strerror}.") from exc
