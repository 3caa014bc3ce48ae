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
from .letters import false_mark, strange, visible
from .pod_security import mapping_at, template_path
from .problem import WARNING, Path, Place, Problem, in_dots, nearest, place_of
from .yaml_words import ENGLISH

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
        letters = "names of images have small letters, digits, dots, dashes and underscores"
        yield (
            (*path, "image"),
            f"No image is called {visible(image[:100])}: {strange(image[:100]) or letters}."
            " The pod would be made, and wait with InvalidImageName.",
            _right_image(image),
        )
    elif isinstance(image, str):
        meant = _well_known(image)
        if meant:
            said = (
                f"There is no well-known image {image[:100]}, and without it the pod would wait with ImagePullBackOff."
            )
            yield (*path, "image"), said, f"Did you mean {meant}?"
    yield from _of_command(container, path)
    yield from _of_probes(container, path)
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


def _of_command(container: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str, str]]:
    field = "command" if as_list(container.get("command")) else "args"
    program = next(iter(as_list(container.get(field))), None)
    if isinstance(program, str) and _is_line(program):
        where = (*path, field, 0)
        mistyped = false_mark(f"[{program}")
        if mistyped:
            yield where, mistyped[1], ENGLISH
            return
        yield (
            where,
            f"{in_dots(where)} is one word with blanks in it, and so the name of a program that the image hardly has.",
            'Write each word as an entry of its own, as in [sleep, "3600"]; a line for a shell comes after sh and -c.',
        )


def _is_line(program: str) -> bool:
    """Whether a program's name with blanks in it is a whole command. A path may have blanks in its directories."""
    first, *others = program.split()[:20] or [""]
    is_path = first.startswith(("/", "./")) and all("/" in one[1:] and one[0] not in "-/" for one in others)
    return bool(others) and not is_path and not re.match(r"[A-Za-z]:\\", program)


def _of_probes(container: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str, str]]:
    """Ports that are named and that the container does not have. A number in quotes is taken as a number.

    Source: k8s.io/kubernetes/pkg/probe/util.go, ResolveContainerPort.
    """
    names = [name for name in (as_map(port).get("name") for port in as_list(container.get("ports"))) if name]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        for way in ("httpGet", "tcpSocket"):
            port = as_map(as_map(container.get(probe)).get(way)).get("port")
            if isinstance(port, str) and port and port not in names and not re.fullmatch(r"[+-]?[0-9]+", port):
                where = (*path, probe, way, "port")
                meant = nearest(port, [name for name in names if isinstance(name, str)])
                yield (
                    where,
                    f"No port of the container has the name {port[:60]}, and so the probe fails.",
                    f"Did you mean {meant}?" if meant else "Write its number, or give the port this name under ports.",
                )


def _right_image(image: str) -> str:
    if strange(image):
        return "Type the name anew."
    for name in (image.lower(), image.replace(": ", ":")):
        if _is_image(name):
            return f"Did you mean {name}?"
    return "Write name:tag, as in nginx:1.29."


#: Images of Docker Hub that lessons use, and names under which it has none, though learners look for them.
WELL_KNOWN = frozenset(
    {
        *("nginx", "httpd", "haproxy", "traefik", "tomcat", "wordpress", "hello-world", "registry"),
        *("busybox", "alpine", "ubuntu", "debian", "fedora"),
        *("redis", "memcached", "mysql", "mariadb", "postgres", "mongo", "rabbitmq"),
        *("python", "golang", "node", "openjdk", "php", "ruby"),
    }
)
_OTHER_NAMES = {"apache": "httpd", "apache2": "httpd", "mongodb": "mongo", "nodejs": "node", "postgresql": "postgres"}
#: Right names that are like others. Source: https://github.com/docker-library/official-images/tree/master/library
_RIGHT = frozenset({"jruby", "mono"})
#: How alike, from 0 to 1, a name has to be to be a slip; and one of at most four letters.
_SLIP, _SLIP_OF_FOUR = 0.75, 0.8


def _well_known(image: str) -> str | None:
    """The image that was meant, with what follows its name; None where none was, or it may be somebody's own."""
    found = re.fullmatch(r"([a-z0-9-]+)((?:[:@].*)?)", image)
    if found is None or found[1] in WELL_KNOWN or found[1] in _RIGHT:
        return None
    name, rest = found.groups()
    meant = _OTHER_NAMES.get(name) or nearest(name, sorted(WELL_KNOWN), _SLIP if len(name) > 4 else _SLIP_OF_FOUR)
    own = not name.isalpha() or any(known in name and len(name) > len(known) + 1 for known in WELL_KNOWN)
    if meant is None or (own and name not in _OTHER_NAMES):
        # nginx2, web-nginx and mynginx are what people call their own.
        return None
    return f"{meant}{rest}"


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
