# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an API server accepts though no such pod will run, as learners write it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._ground.json_reading import as_list, as_map
from .._ground.quantity import parse_quantity
from .pod_security import mapping_at, template_path
from .problem import WARNING, Path, Place, Problem, in_dots, place_of

#: Bytes with which no program starts.
NO_MEMORY = 1 << 20


def pitfalls(value: Mapping[str, Any], places: Mapping[Path, Place]) -> list[Problem]:
    """Warnings about the pod in an object; none where there is no pod in it.

    Args:
        value: a Pod, or an object with the template of one.
        places: where each value stands.
    """
    path = template_path(value)
    if path is None:
        return []
    spec = mapping_at(value, (*path, "spec"))
    return [
        Problem(place_of(where, places), message, suggestion, where, WARNING)
        for kind in ("initContainers", "containers")
        for index, container in enumerate(as_list(spec.get(kind)))
        for where, message, suggestion in _of_container(as_map(container), (*path, "spec", kind, index))
    ]


def _of_container(container: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str, str]]:
    image = container.get("image")
    if isinstance(image, str) and image != image.strip():
        yield (*path, "image"), "There are blanks around the image's name, and no image is called that.", "Delete them."
    elif isinstance(image, str) and image and not _is_image(image):
        yield (
            (*path, "image"),
            f"No image is called {image[:100]}: names of images have small letters, digits, dots, dashes and"
            " underscores. The pod would be made, and wait with InvalidImageName.",
            f"Did you mean {image.lower()}?" if _is_image(image.lower()) else "Write name:tag, as in nginx:1.29.",
        )
    for part in ("requests", "limits"):
        memory = as_map(as_map(container.get("resources")).get(part)).get("memory")
        amount = parse_quantity(memory)
        if amount is not None and 0 < amount < NO_MEMORY:
            where = (*path, "resources", part, "memory")
            number = re.match(r"[1-9][0-9]*(?![0-9.])", str(memory))
            yield (
                where,
                f"{in_dots(where)} is {memory}, which is {float(amount):.3g} bytes: with so little no program runs.",
                f"Did you mean {number[0]}Mi?" if number else "Write mebibytes, as in 64Mi.",
            )


# Source: github.com/distribution/reference, regexp.go. Its first part may be a host, in which capital letters count for
# nothing, where it has a dot or a port or is localhost.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+:[0-9]+|\[[0-9a-fA-F:]+\](?::[0-9]+)?)/)?"
    rf"{_COMPONENT}(?:/{_COMPONENT})*(?::[\w][\w.-]{{0,127}})?(?:@[A-Za-z][\w+.-]*:[0-9a-fA-F]{{32,}})?",
    re.ASCII,
)
#: A longer name is no image's, and the expression would take long over it.
_LONGEST = 400


def _is_image(name: str) -> bool:
    return len(name) <= _LONGEST and _IMAGE.fullmatch(name) is not None
