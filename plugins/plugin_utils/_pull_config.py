# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials for a registry, from the file in which `docker login` keeps them, as a Secret has them."""

from __future__ import annotations

import json
from typing import Any

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.json_reading import as_map

HOW = (
    "Write one with `DOCKER_CONFIG=DIRECTORY docker login REGISTRY`, without a credential helper, and as a user who may"
    " only pull"
)
#: What holds a credential. Source: AuthConfig in github.com/docker/cli.
CREDENTIALS = ("auth", "password", "identitytoken", "registrytoken")


def pull_config(path: str) -> str:
    """What a Secret of the type kubernetes.io/dockerconfigjson holds: the file's `auths`, as JSON, and nothing else.

    Raises:
        ArgumentError: the file cannot be read, or has no credentials; nothing of its content is told.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
    except OSError as exc:
        raise ArgumentError(f"{path} cannot be read ({exc.strerror}). {HOW}.") from None
    except ValueError:
        raise ArgumentError(f"{path} is no JSON. {HOW}.") from None
    auths = as_map(as_map(content).get("auths"))
    empty = sorted(registry for registry, entry in auths.items() if not _is_credential(entry))
    if not auths or empty:
        where = f" for {', '.join(empty)}" if empty else ""
        raise ArgumentError(f"{path} has no credentials{where}: a credential helper may keep them. {HOW}.")
    return json.dumps({"auths": auths})


def _is_credential(entry: Any) -> bool:
    return any(as_map(entry).get(key) for key in CREDENTIALS)
