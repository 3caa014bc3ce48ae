# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the bytes of a file to its documents: their values, where each stands, and what is wrong with the YAML. Pure.

Values become what kubectl makes of them. It reads YAML 1.1, but without its clock times and dates: `y`, `on` and `No`
are true and false, 0777 is a number, and 12:30 is text. Source: sigs.k8s.io/yaml/goyaml.v2/resolve.go.

Nothing in a file can take more than a moment or a little memory: it is small, what aliases make of it is counted, and
so is how deep it goes.
"""

from __future__ import annotations

import json
import math
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .._ground.errors import MissingLibrary
from .problem import WARNING, Path, Place, Problem
from .yaml_words import TEMPLATE, explain

#: Bytes of a file. A manifest has a few thousand; what etcd takes at all is 1.5 MiB, with everything that is added.
MOST_BYTES = 256 * 1024
#: Values and characters of a document with its aliases written out, and how many lie inside each other.
MOST_VALUES = 100_000
MOST_CHARACTERS = 2 * 1024 * 1024
DEEPEST = 60
#: Documents of a file.
MOST_DOCUMENTS = 200

_SEPARATOR = re.compile(r"---[ \t]*(?:#.*)?$")
#: White space that looks like a blank and is none, as web pages and word processors have it.
_FALSE_BLANK = re.compile(r"[ \t]*(?:- +)*([\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff])")
#: With one of these a resource begins.
_BEGINNINGS = (("apiVersion",), ("kind",), ("metadata",))
#: What stands around code where it was copied from.
_FENCE = "```"
_FALSE_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_INT = re.compile(r"([-+]?)(?:0b([01]+)|0x([0-9a-fA-F]+)|0o?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
#: A longer number is no number of Kubernetes, and Python would take long over it.
MOST_DIGITS = 40

_PLAIN = "tag:kubelabs,plain"
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Document:
    """One document of a file.

    Attributes:
        place: where it begins.
        value: what stands in it, as JSON has it. None where it cannot be read.
        places: where each value stands; that of a key where it has one.
        problems: what is wrong with its YAML.
    """

    place: Place
    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_documents(data: bytes) -> list[Document]:
    """The documents of a file, in order, and never none: a file without any is a document with a problem.

    Raises:
        MissingLibrary: PyYAML is not installed.
    """
    if len(data) > MOST_BYTES:
        return [_unreadable(f"The file has more than {MOST_BYTES // 1024} KiB, and of such a file nothing is read.")]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        return [_unreadable("The file is not UTF-8 text.", "Save it as UTF-8. In PowerShell, > writes UTF-16.")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        column = exc.start - (data.rfind(b"\n", 0, exc.start) + 1) + 1
        return [_unreadable("There is a character here that is not UTF-8.", "Save the file as UTF-8.", line, column)]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: list[Document] = []
    for first_line, lines in _pieces(_without_tabs_of_json(text).split("\n")):
        found += _read_piece(lines, first_line)
        if len(found) > MOST_DOCUMENTS:
            return [_unreadable(f"The file has more than {MOST_DOCUMENTS} documents.", "Make several files of it.")]
    return found or [_unreadable("The file is empty.", "Write apiVersion, kind, metadata and spec into it.")]


def _unreadable(message: str, suggestion: str = "", line: int = 1, column: int = 1) -> Document:
    place = Place(line, column)
    return Document(place, problems=(Problem(place, message, suggestion),))


def _without_tabs_of_json(text: str) -> str:
    """JSON may be indented with tabs, and has none inside its texts, so that blanks can take their places."""
    if "\t" in text and text.lstrip().startswith(("{", "[")):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return text
        return text.replace("\t", " ")
    return text


def _pieces(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The text between lines with three dashes, each with the number of its first line. kubectl cuts there, too, so one
    document that is no YAML hides no other. Source: k8s.io/apimachinery/pkg/util/yaml, YAMLReader."""
    start = 0
    for number, line in enumerate(lines):
        if _SEPARATOR.match(line):
            yield start + 1, lines[start:number]
            start = number + 1
    yield start + 1, lines[start:]


def _read_piece(lines: list[str], first_line: int) -> Iterator[Document]:
    import_yaml()
    import yaml

    for number, line in enumerate(lines):
        false_blank = _FALSE_BLANK.match(line)
        if false_blank:
            place = Place(first_line + number, false_blank.start(1) + 1)
            problem = Problem(
                place,
                "There is a character here that looks like a blank and is none.",
                "Delete the blanks of this line and type them anew; such characters come from web pages.",
            )
            yield Document(place, problems=(problem,))
            return
        if line.startswith(_FENCE):
            place = Place(first_line + number, 1)
            suggestion = "Delete this line, and the other one like it."
            yield Document(
                place, problems=(Problem(place, "In Markdown this marks code, and it is no YAML.", suggestion),)
            )
            return
    loader = None
    try:
        loader = _loader()("\n".join(lines))
        while loader.check_node():
            document = _Builder(loader.get_node(), first_line).document()
            if document.value is not None or document.problems:
                yield document
    except yaml.YAMLError as exc:
        problem = explain(exc, lines, first_line)
        yield Document(problem.place, problems=(problem,))
    except (RecursionError, _TooMuch) as exc:
        message = str(exc) if isinstance(exc, _TooMuch) else "This is nested too deeply."
        yield _unreadable(message, "A manifest needs no such thing.", first_line)
    finally:
        if loader is not None:
            loader.dispose()


def import_yaml() -> None:
    """
    Raises:
        MissingLibrary: PyYAML is not installed.
    """
    try:
        import yaml  # noqa: F401  # pylint: disable=unused-import
    except ImportError as exc:
        raise MissingLibrary("PyYAML", traceback.format_exc(), "to read manifests") from exc


@cache
def _loader() -> Any:
    """PyYAML's loader, which leaves what a word without quotes is to us."""
    import yaml

    class Loader(yaml.SafeLoader):
        """One of our own, whose settings are nobody else's."""

    Loader.yaml_implicit_resolvers = {}
    Loader.add_implicit_resolver(_PLAIN, re.compile(""), None)
    return Loader


class _TooMuch(Exception):
    """The document is larger than any manifest."""


class _Builder:
    """Makes values of the nodes of one document, and writes down where they stand."""

    def __init__(self, root: Any, first_line: int) -> None:
        self._root = root
        self._first_line = first_line
        self._places: dict[Path, Place] = {}
        self._problems: list[Problem] = []
        self._values = 0
        self._characters = 0
        #: Whether one resource goes on where another should begin: then everything stands there twice.
        self._two_resources = False

    def document(self) -> Document:
        place = self._place(self._root)
        value = self._value(self._root, ())
        self._places[()] = place
        return Document(place, value, self._places, tuple(self._problems))

    def _place(self, node: Any) -> Place:
        return Place(self._first_line + node.start_mark.line, node.start_mark.column + 1)

    def _problem(self, node: Any, path: Path, message: str, suggestion: str = "", level: str = "error") -> None:
        self._problems.append(Problem(self._place(node), message, suggestion, path, level))

    def _value(self, node: Any, path: Path) -> Any:
        self._values += 1
        if self._values > MOST_VALUES or self._characters > MOST_CHARACTERS:
            raise _TooMuch("Written out, with everything that its aliases (*) stand for, this document is too large.")
        if len(path) > DEEPEST:
            raise _TooMuch("This is nested too deeply, or an alias (*) stands for something that holds itself.")
        self._places.setdefault(path, self._place(node))
        if node.id == "scalar":
            return self._scalar(node, path)
        if not node.tag.startswith(_TAG):
            self._tag(node, path)
        if node.id == "sequence":
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, path)

    def _tag(self, node: Any, path: Path) -> None:
        self._problem(node, path, "A value that begins with ! has a meaning of its own in YAML.", "Put it in quotes.")

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.id != "scalar":
                text = TEMPLATE if node.flow_style else "Write a word, a colon, a blank and a value."
                self._problem(key_node, path, "A key has to be a word.", text)
                continue
            if key_node.value == "<<" and key_node.tag == _PLAIN:
                self._merge(value_node, path, merged)
                continue
            key = self._key(key_node)
            if key in lines:
                self._twice(key_node, (*path, key), key, lines[key])
                continue
            lines[key] = self._first_line + key_node.start_mark.line
            self._places[(*path, key)] = self._place(key_node)
            result[key] = self._value(value_node, (*path, key))
        return {**merged, **result}

    def _twice(self, node: Any, path: Path, key: str, first_line: int) -> None:
        """Once it is another resource that began, everything stands there twice, and is not told."""
        if self._two_resources:
            return
        message = f"{key[:100]} stands here twice, first in line {first_line}"
        self._two_resources = path in _BEGINNINGS
        if self._two_resources:
            message += ", as if another resource began"
            suggestion = (
                "Between two resources there is a line ---. Write it above the second one, or remove this line."
            )
        else:
            suggestion = "Remove one of them, or put the two together."
        self._problem(node, path, f"{message}.", suggestion)

    def _key(self, node: Any) -> str:
        self._characters += len(node.value)
        if node.value[:1] and node.value[0] in _FALSE_QUOTES and not node.style:
            self._false_quotes(node, ())
        value = _resolve(node.value) if node.tag == _PLAIN else node.value
        # JSON has no other keys than texts; kubectl writes true for `on` and 8080 for 0x1f90.
        return _clean(value if isinstance(value, str) else json.dumps(value))

    def _merge(self, node: Any, path: Path, into: dict[str, Any]) -> None:
        for source in node.value if node.id == "sequence" else [node]:
            value = self._value(source, path)
            if not isinstance(value, dict):
                self._problem(node, path, "<< takes over the fields of a mapping, and this is none.")
                continue
            for key, item in value.items():
                into.setdefault(key, item)

    def _scalar(self, node: Any, path: Path) -> Any:
        self._characters += len(node.value)
        text = _clean(node.value)
        if node.tag == _PLAIN:
            if text[:1] and text[0] in _FALSE_QUOTES:
                self._false_quotes(node, path)
            return _resolve(text)
        if node.tag == f"{_TAG}str" or node.style:
            return text
        if not node.tag.startswith(_TAG):
            self._tag(node, path)
            return text
        return _resolve(text)

    def _false_quotes(self, node: Any, path: Path) -> None:
        self._problem(
            node,
            path,
            "These quotation marks are not those of YAML, and so are part of the text.",
            "Write straight ones, \" or '.",
            WARNING,
        )


def _clean(text: str) -> str:
    """Half a surrogate pair, which an escape can make, is no character, and nothing could write it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _resolve(text: str) -> Any:
    """What a word without quotes stands for."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    number = text.replace("_", "")
    if len(number) <= MOST_DIGITS and (number[0].isdigit() or number[0] in "+-.") if number else False:
        return _number(number, text)
    return text


def _number(number: str, text: str) -> Any:
    whole = _INT.fullmatch(number)
    if whole:
        sign, binary, hexadecimal, octal, decimal = whole.groups()
        value = int(
            binary or hexadecimal or octal or decimal, 2 if binary else 16 if hexadecimal else 8 if octal else 10
        )
        return -value if sign == "-" else value
    if _FLOAT.fullmatch(number):
        real = float(number)
        if math.isfinite(real):
            # As JSON writes it: 1e3 is 1000, for which a field that wants a whole number has a use.
            return int(real) if real.is_integer() and abs(real) < 2**53 else real
    return text
