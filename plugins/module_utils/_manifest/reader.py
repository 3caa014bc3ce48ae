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
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from .._ground.errors import MissingLibrary
from .json_words import begins_as_json, json_values, not_json, separately
from .letters import FALSE_BLANK
from .problem import ERROR, WARNING, Path, Place, Problem, place_at
from .yaml_words import NO_BLANK, TEMPLATE, explain

#: Bytes of a file. A manifest has a few thousand; what etcd takes at all is 1.5 MiB, with everything that is added.
MOST_BYTES = 256 * 1024
#: Values and characters of a document with its aliases written out, and how many lie inside each other.
MOST_VALUES = 100_000
MOST_CHARACTERS = 2 * 1024 * 1024
DEEPEST = 60
#: Documents of a file.
MOST_DOCUMENTS = 200

_SEPARATOR = re.compile(r"---[ \t]*(?:#.*)?$")
_DASHES = "---"
#: How files begin that are no text: Office, PDF, RTF, older Office, gzip, PNG, JPEG.
_NO_TEXT = (
    b"PK\x03\x04",
    b"%PDF-",
    b"{\\rtf",
    b"\xd0\xcf\x11\xe0",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
)
_HTML = re.compile(r"\s*<(?:!doctype|\?xml|html|head|body|div|script|meta|title|table|p|span|h[1-6])\b", re.IGNORECASE)
#: With one of these a resource begins.
_BEGINNINGS = (("apiVersion",), ("kind",), ("metadata",))
#: What stands around code where it was copied from.
_FENCE = "```"
_FALSE_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"

#: Source: https://yaml.org/type/bool.html, of YAML 1.1.
_BOOLEAN = "kubectl reads YAML 1.1, where y, n, yes, no, on and off stand for true and false"
_IN_QUOTES = "Put quotes around it."
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_INT = re.compile(r"([-+]?)(?:0b([01]+)|0x([0-9a-fA-F]+)|0o?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
#: A longer number is no number of Kubernetes, and Python would take long over it.
MOST_DIGITS = 40

_BLANKS = " \t"

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
        below: where a text begins that stands in a line below its key.
        written: keys that are others in the file, as `on` where the value has `true`.
    """

    place: Place
    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    below: dict[Path, Place] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)


def read_documents(data: bytes) -> list[Document]:
    """The documents of a file, in order, and never none: a file without any is a document with a problem.

    Raises:
        MissingLibrary: PyYAML is not installed.
    """
    if len(data) > MOST_BYTES:
        return [_unreadable(f"The file has more than {MOST_BYTES // 1024} KiB, and of such a file nothing is read.")]
    text, warning = _text_of(data)
    if text is None:
        return [Document(warning.place, problems=(warning,))] if warning else []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: list[Document] = []
    for document in _documents(text):
        found.append(document)
        if len(found) > MOST_DOCUMENTS:
            return [_unreadable(f"The file has more than {MOST_DOCUMENTS} documents.", "Make several files of it.")]
    if not found:
        return [_unreadable("The file is empty.", "Write apiVersion, kind, metadata and spec into it.")]
    if warning:
        found[0] = replace(found[0], problems=(warning, *found[0].problems))
    return found


def _text_of(data: bytes) -> tuple[str | None, Problem | None]:
    """The text, as kubectl reads bytes, and a warning about them; or None and what is wrong.

    kubectl takes UTF-16 with a byte order mark, and of what is no UTF-8 it makes U+FFFD. Source:
    k8s.io/cli-runtime/pkg/resource/visitor.go, FileVisitor.Visit: unicode.BOMOverride(unicode.UTF8.NewDecoder()).
    """
    warning = None
    if data.startswith(_NO_TEXT):
        said = "This is no text: it is a document of a word processor, an archive or a picture."
        return None, _at_line_one(said, "Write it with an editor for plain text.")
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return None, _at_line_one("The file is UTF-32, which kubectl does not read.", "Save it as UTF-8.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data[2:].decode("utf-16-le" if data[:1] == b"\xff" else "utf-16-be", "replace")
        said = "The file is UTF-16, as what > of Windows PowerShell writes. kubectl reads it, and other tools may not."
        warning = _at_line_one(said, "Save it as UTF-8.", WARNING)
    else:
        text = data.decode("utf-8-sig", "replace")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as exc:
            # In Latin-1 each byte is one character.
            place = place_at(data.decode("latin-1"), exc.start)
            said = "There is a character here that is not UTF-8, for which kubectl puts \ufffd."
            warning = Problem(place, said, "Save the file as UTF-8.", level=WARNING)
    if "\0" in text:
        return None, _null(text, data)
    if _HTML.match(text):
        return None, _at_line_one(
            "This is HTML, as a web page is, and no manifest.", "Get the file itself, as behind Raw on GitHub."
        )
    return text, warning


def _at_line_one(message: str, suggestion: str, level: str = ERROR) -> Problem:
    return Problem(Place(1, 1), message, suggestion, level=level)


def _null(text: str, data: bytes) -> Problem:
    """Where there is a byte 0: in all of the text, if it is UTF-16 and does not say so."""
    if max(data[::2].count(0), data[1::2].count(0)) > len(data) * 2 // 5:
        return _at_line_one(
            "The file is UTF-16 without a byte order mark, which kubectl does not read.", "Save it as UTF-8."
        )
    return Problem(
        place_at(text, text.index("\0")),
        "There is a byte 0 (NUL) here, which no text has.",
        "Delete it, or write the file anew with an editor for plain text.",
    )


def _documents(text: str) -> Iterator[Document]:
    if not begins_as_json(text) or text.lstrip().startswith("{{"):
        yield from _of_yaml(text, 1)
        return
    spans, position = json_values(text)
    found = [one for first_line, lines in separately(text, spans) for one in _read_piece(lines, first_line)]
    if position is None:
        yield from found
        return
    end = spans[-1][1] if spans else 0
    there = place_at(text, end)
    # With blanks for what was JSON in its first line.
    rest = list(_of_yaml(" " * (there.column - 1) + text[end:], there.line))
    yaml = len(spans) < 2 and (not rest or rest[0].value is not None)
    problem = not_json(text, position, yaml=yaml)
    if yaml:
        first, *others = rest or [found.pop()]
        yield from found
        yield replace(first, problems=(problem, *first.problems))
        yield from others
        return
    yield from found
    # Where the text just ends, the parser of YAML knows which bracket was left open.
    yield from (
        rest if len(spans) < 2 and position >= len(text.rstrip()) else [Document(problem.place, problems=(problem,))]
    )


def _of_yaml(text: str, first_line: int) -> Iterator[Document]:
    for number, lines in _pieces(text.split("\n")):
        yield from _read_piece(lines, first_line + number - 1)


def _unreadable(message: str, suggestion: str = "", line: int = 1, column: int = 1) -> Document:
    place = Place(line, column)
    return Document(place, problems=(Problem(place, message, suggestion),))


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
        false_blank = FALSE_BLANK.match(line)
        if false_blank:
            place = Place(first_line + number, false_blank.start(1) + 1)
            problem = Problem(
                place,
                NO_BLANK,
                "Delete the blanks of this line and type them anew; such characters come from web pages.",
            )
            yield Document(place, problems=(problem,))
            return
        if line.startswith(_DASHES):
            # kubectl: "invalid Yaml document separator". Source: YAMLReader, as above.
            problem = Problem(
                Place(first_line + number, 1),
                "Between two resources there is a line of three dashes, and this line has something else, too.",
                "Write --- alone.",
            )
            yield Document(problem.place, problems=(problem,))
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
        """One of our own, whose settings are nobody else's.

        It takes tabs where kubectl does: not to indent, but between two words. Source: scannerc.go of go-yaml v2,
        yaml_parser_scan_to_next_token, yaml_parser_scan_plain_scalar and yaml_parser_scan_block_scalar.
        """

        def scan_to_next_token(self) -> None:
            super().scan_to_next_token()
            while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
                self._skip_blanks()
                super().scan_to_next_token()

        def scan_plain_spaces(self, indent: int, start_mark: Any) -> Any:
            length = 0
            while self.peek(length) in _BLANKS:
                length += 1
            blanks = self.prefix(length)
            if "\t" not in blanks:
                return super().scan_plain_spaces(indent, start_mark)
            self.forward(length)
            if self.peek() in "\n\x85\u2028\u2029":
                return super().scan_plain_spaces(indent, start_mark)
            return [blanks]

        def scan_block_scalar_indicators(self, start_mark: Any) -> Any:
            length = 0
            while length < 2 and self.peek(length) in "+-123456789":
                length += 1
            if self.peek(length) != "\t":
                return super().scan_block_scalar_indicators(start_mark)
            indicators = self.prefix(length)
            self.forward(length)
            indent = indicators.strip("+-")
            return True if "+" in indicators else False if "-" in indicators else None, int(indent) if indent else None

        def scan_block_scalar_ignored_line(self, start_mark: Any) -> None:
            self._skip_blanks()
            super().scan_block_scalar_ignored_line(start_mark)

        def _skip_blanks(self) -> None:
            while self.peek() in _BLANKS:
                self.forward()

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
        self._below: dict[Path, Place] = {}
        self._written: dict[Path, str] = {}
        self._values = 0
        self._characters = 0
        #: Whether one resource goes on where another should begin: then everything stands there twice.
        self._two_resources = False

    def document(self) -> Document:
        place = self._place(self._root)
        value = self._value(self._root, ())
        self._places[()] = place
        return Document(place, value, self._places, tuple(self._problems), self._below, self._written)

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
        place = self._place(node)
        if self._places.setdefault(path, place).line < place.line:
            self._below[path] = place
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
            if key_node.tag == _PLAIN and key in ("true", "false") and key != key_node.value:
                self._written[(*path, key)] = key_node.value
                self._problem(
                    key_node,
                    (*path, key),
                    f"{_BOOLEAN}, and so the key {key_node.value} is {key}.",
                    _IN_QUOTES,
                    WARNING,
                )
            lines[key] = self._first_line + key_node.start_mark.line
            self._places[(*path, key)] = self._place(key_node)
            result[key] = self._value(value_node, (*path, key))
        return {**merged, **result}

    def _twice(self, node: Any, path: Path, key: str, first_line: int) -> None:
        """Once it is another resource that began, everything stands there twice, and is not told."""
        if self._two_resources:
            return
        written = self._written.get(path, key)
        if written != node.value:
            said = f"{_BOOLEAN}: {node.value} and {written}, in line {first_line}, are one key."
            self._problem(node, path, said, "Put quotes around both.")
            return
        key = written
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
