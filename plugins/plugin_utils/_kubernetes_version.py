# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of Kubernetes the lab runs on. Pure."""

from __future__ import annotations

import re

#: The oldest and the newest that the tests run on. Older ones are refused, newer ones noted.
OLDEST, NEWEST = (1, 20), (1, 37)


def minor_version(version: str) -> tuple[int, int] | None:
    """(1, 20) of `v1.20.2` and the like; None where it does not say."""
    found = re.match(r"v?([0-9]+)\.([0-9]+)", version)
    return (int(found[1]), int(found[2])) if found else None


def kubernetes_support(version: str) -> dict[str, str]:
    """What is to be said of a cluster's version: `{problem, note}`, each one sentence, or '' where there is nothing.

    Args:
        version: the API server's, such as `v1.20.2`; one that it keeps to itself is taken as it is.
    """
    minor = minor_version(version)
    problem = note = ""
    if minor and minor < OLDEST:
        problem = (
            f"The cluster has Kubernetes {version}, and the lab needs {_words(OLDEST)} or later: upgrade it, or choose"
            " another cluster with pods_lab_kubeconfig and pods_lab_context."
        )
    elif minor and minor > NEWEST:
        note = f"Kubernetes {_words(minor)} is newer than {_words(NEWEST)}, the newest that the lab was tested with."
    return {"problem": problem, "note": note}


def _words(minor: tuple[int, int]) -> str:
    return f"{minor[0]}.{minor[1]}"
