# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.kubelabs.pods.plugins.module_utils._keys.keyfile import Key, Marker
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.options import Account

OURS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "c"}
SELECTOR = "app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=c"
NOW = datetime(2026, 11, 22, 8, 31, 41, tzinfo=UTC)
DAY = 86400


def make_key(*, granted: float | None = 7 * DAY, since: float = 0, token: str = "t0ken", **more: Any) -> Key:
    """The key of Alice.

    Args:
        granted: seconds that it was given to live; None for one that does not expire.
        since: seconds since it was made.
        more: what is different in it or in its marker.
    """
    issued = NOW - timedelta(seconds=since)
    marker = Marker(
        selector=SELECTOR,
        namespace="lab-alice",
        service_account="student",
        uid="u-1",
        lifetime=7 * DAY,
        issued=issued,
        expires=None if granted is None else issued + timedelta(seconds=granted),
    )
    fields = {
        name: more.pop(name) for name in list(more) if name in Marker.__dataclass_fields__ and name != "namespace"
    }
    key = Key(
        marker=replace(marker, **fields),
        context="lab-alice",
        namespace="lab-alice",
        user="student",
        cluster={"server": "https://kube.example.org:6443", "certificate-authority-data": "Q0E="},
        token=token,
    )
    return replace(key, **more)


def make_account(path: str, name: str = "Alice", namespace: str = "lab-alice") -> Account:
    """An account, and where its key goes."""
    return Account(name, namespace, "student", path, namespace)
