# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list too long to be kept, page by page.

Source: Kubernetes API concepts, "Retrieving large results sets in chunks".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._ground.deadline import Deadline
from .._ground.json_reading import as_list, as_map, as_text
from .client import Client, Query
from .list_watch import PAGE


def list_pages(client: Client, path: str, query: Query, deadline: Deadline) -> Iterator[list[Any]]:
    """The objects of one collection, at most PAGE at a time.

    Args:
        path: such as `/api/v1/pods`.
        query: what else is asked, such as a field selector.

    Raises:
        ApiError: the server refuses; 410 when it has forgotten where it was, and the list has to be begun anew.
        TransportError: the connection broke.
        DeadlineExceeded: no time was left.
    """
    onward = ""
    while True:
        asked = [*query, ("limit", str(PAGE)), *([("continue", onward)] if onward else [])]
        page = as_map(client.get(path, query=asked, deadline=deadline))
        yield as_list(page.get("items"))
        onward = as_text(as_map(page.get("metadata")).get("continue"))
        if not onward:
            return
