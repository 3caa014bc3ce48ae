# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roster files as schools export them: CSV with any of the usual separators and encodings, or a YAML list.

Pure but for `read`.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import pathlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from ..module_utils._ground.wording import one_line
from ._roster import Entry, RosterError, column_problems, near_miss, refuse_too_many

SEPARATORS = (",", ";", "\t", "|")
#: Spreadsheets write a byte order mark: with "CSV UTF-8" the first, with "Unicode text" the second.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: How the files of spreadsheets themselves begin: .xlsx and .ods (both are zip files), and .xls.
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def _fold(heading: str) -> str:
    """What headings are compared by: `Prénom`, `PRENOM` and `pre-nom` are the same."""
    return "".join(one for one in unicodedata.normalize("NFKD", heading.casefold()) if one.isalnum())


def _folded(*headings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_fold(heading) for heading in headings))


#: What schools and learning platforms call the columns of the names. The whole name, or what the column of the other
#: half leaves of it: `Name` beside `Vorname` is the last name, `Nome` beside `Cognome` the first.
NAME = _folded("name", "nom", "nome", "nombre", "naam", "namn", "navn", "nimi", "jméno", "meno")
#: Always the whole name.
WHOLE_NAME = _folded(
    *("full name", "student", "student name", "display name", "last, first", "last name, first name"),
    *("Name, Vorname", "Nachname, Vorname", "Vorname Nachname", "Vorname und Nachname", "vollständiger Name"),
    *("nom complet", "nom et prénom", "nom prénom", "prénom et nom", "prénom nom"),
    *("nombre completo", "nombre y apellidos", "apellidos y nombre", "apellidos, nombre"),
    *("nome completo", "nome e cognome", "cognome e nome", "volledige naam", "imię i nazwisko", "nazwisko i imię"),
)
FIRST_NAME = _folded(
    *("first name", "given name", "forename", "Vorname", "Rufname", "prénom", "nombre de pila", "primeiro nome"),
    *("voornaam", "roepnaam", "förnamn", "fornavn", "etunimi", "imię", "křestní jméno", "krstné meno"),
)
LAST_NAME = _folded(
    *("last name", "surname", "family name", "Nachname", "Familienname", "Zuname", "nom de famille"),
    *("apellido", "apellidos", "apellido(s)", "primer apellido", "segundo apellido", "apellido paterno"),
    *("apellido materno", "cognome", "cognom", "cognoms", "apelido", "apelidos", "sobrenome", "último nome"),
    *("achternaam", "efternamn", "efternavn", "etternavn", "sukunimi", "nazwisko"),
    *("příjmení", "priezvisko"),
)
#: Han, Kana and Hangul.
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
#: The `van den` of a Dutch last name.
PARTICLE = _folded("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "voorvoegsels")

#: Canvas exports its gradebook with these columns, and rows that are not about students.
CANVAS = _folded("Student", "ID")
CANVAS_SIS = _folded("SIS User ID", "SIS Login ID")
NO_STUDENTS = ("Points Possible", "Student, Test")

#: Google Classroom exports grades with these columns in front of the assignments, whose dates and points stand in the
#: rows below, with at most these words where a student's names are.
GOOGLE = _folded("Last Name", "First Name", "Email Address")
GOOGLE_ROWS = _folded("Date", "Due date", "Points", "Points possible", "Class average")

SAVE_AS_UTF8 = "Save it as CSV UTF-8 (in Excel: 'CSV UTF-8 (Comma delimited)')."


class Roster(NamedTuple):
    """What stands in a file.

    Attributes:
        entries: each with its line.
        columns: those that the names are made of, as the file calls them; none in a YAML list of mere names.
        left_out: the lines of rows that are about no student, as exports of learning platforms have them.
    """

    entries: list[Entry]
    columns: list[str]
    left_out: tuple[int, ...] = ()


def read(path: str, columns: Mapping[str, str | Sequence[str]] | None = None) -> Roster:
    """The entries of a roster file.

    Args:
        path: a YAML list (`.yml`, `.yaml`), or a CSV whose first line that is not blank names the columns.
        columns: which columns the `name` or `namespace` is made of: `{"name": ["Vorname", "Nachname"]}`.

    Raises:
        RosterError: the file cannot be read or is neither, or `columns` has another key.
    """
    if problems := column_problems(columns or {}):
        raise RosterError(problems)
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise RosterError(
            [f"pods_lab_roster: {path} cannot be read ({error.strerror}). Give the path of a CSV or YAML file."]
        ) from error
    return parse(content, path, columns)


def parse(content: bytes, path: str, columns: Mapping[str, str | Sequence[str]] | None = None) -> Roster:
    """As `read`, for what stands in the file."""
    text = _decode(content, path)
    if not text.strip():
        raise RosterError(
            [f"pods_lab_roster: {path} is empty. Give a file with a line for each student, below the columns' names."]
        )
    is_yaml = path.lower().endswith((".yml", ".yaml"))
    found = _parse_yaml(text, path, columns or {}) if is_yaml else _parse_csv(text, path, columns or {})
    if not found.entries:
        raise RosterError([f"pods_lab_roster: {path} has no students. Name at least one."])
    refuse_too_many(len(found.entries), f"pods_lab_roster: {path}")
    return found


def _decode(content: bytes, path: str) -> str:
    if content.startswith(SPREADSHEETS):
        raise RosterError([f"pods_lab_roster: {path} is a spreadsheet's own file and not text. {SAVE_AS_UTF8}"])
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RosterError(
            [f"pods_lab_roster: {path} line {line} has characters that are not in {error.encoding}. {SAVE_AS_UTF8}"]
        ) from error
    if "\0" in text:
        raise RosterError([f"pods_lab_roster: {path} has NUL characters and is no text in UTF-8. {SAVE_AS_UTF8}"])
    return text


# --- CSV ---


def _parse_csv(text: str, path: str, columns: Mapping[str, str | Sequence[str]]) -> Roster:
    said = re.match(r'"?sep=(.)"?\r?\n', text)  # how Excel writes which separator it used
    separator = said.group(1) if said else max(SEPARATORS, key=lambda one: _fits(one, text, columns))
    rows = _rows(text[said.end() :] if said else text, separator, path, 2 if said else 1)
    line, headings = next(rows, (1, []))
    keys = [_key(heading) for heading in headings]
    sources = _sources(keys, columns, f"{path} line {line}", headings)
    if "name" not in sources:
        raise RosterError(
            [
                f"pods_lab_roster: {path} line {line} has no column with the students' names"
                f" (it has: {', '.join(filter(None, headings)) or 'nothing'}). The first line must name the columns:"
                " call that of the names `name`, or say which it is: pods_lab_roster_columns: {name: COLUMN}, or"
                " {name: [COLUMN, COLUMN]}."
            ]
        )
    _refuse_twice([(key, heading, line) for key, heading in zip(keys, headings, strict=True) if key], path)
    for key, heading in zip(keys, headings, strict=True):
        if meant := near_miss(key, sources):
            raise RosterError(
                [
                    f"pods_lab_roster: {path} line {line} has the column {heading!r}. Did you mean {meant!r}?"
                    " Give it that name, or one that is less like it."
                ]
            )
    found: list[tuple[int, dict[str, Any]]] = []
    for line, cells in rows:
        if any(cells[len(keys) :]):
            raise RosterError(
                [
                    f"pods_lab_roster: {path} line {line} has more fields than the line with the names of the columns."
                    f" Put values that hold {_in_words(separator)} in quotes."
                ]
            )
        # An empty cell is a value that was not given; a column without a name has none to keep it by.
        row = {key: cell for key, cell in zip(keys, cells, strict=False) if key and cell}
        found.append((line, row))
    lines = [line for line, _row in found]
    if _is_canvas(keys):
        found = [(line, row) for line, row in found if _is_canvas_student(row)]
    if tuple(_fold(key) for key in keys[: len(GOOGLE)]) == GOOGLE:
        found = list(itertools.dropwhile(lambda one: _is_about_assignments(one[1], keys), found))
    sources = _without_halves(sources, [row for _line, row in found], columns)
    kept = {line for line, _row in found}
    return Roster(
        [(f"{path} line {line}", _with_sources(row, sources)) for line, row in found],
        [headings[keys.index(key)] for key in sources["name"]],
        tuple(line for line in lines if line not in kept),
    )


def _is_canvas(keys: Sequence[str]) -> bool:
    folded = [_fold(key) for key in keys]
    return all(one in folded for one in CANVAS) and any(one in folded for one in CANVAS_SIS)


def _is_canvas_student(row: Mapping[str, Any]) -> bool:
    """Not the points of the assignments, how these are posted (a row without a student), or the teacher's test view."""
    student = row.get("student", "")
    return student not in NO_STUDENTS and bool(student or row.get("id"))


def _is_about_assignments(row: Mapping[str, Any], keys: Sequence[str]) -> bool:
    return all(_fold(row.get(key, "")) in ("", *GOOGLE_ROWS) for key in keys[: len(GOOGLE)])


def _fits(separator: str, text: str, columns: Mapping[str, str | Sequence[str]]) -> tuple[bool, int]:
    """How well a separator takes the first row apart: whether there are the names, and into how many fields."""
    try:
        _line, headings = next(_rows(text, separator, "", 1), (1, []))
        keys = [_key(heading) for heading in headings]
        return "name" in _sources(keys, columns, "", headings), len(keys)
    except RosterError:
        return False, 0


def _rows(text: str, separator: str, path: str, line: int) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line of the file in which it begins.

    Args:
        line: that of the text's beginning.
    """
    offset = line - 1
    # Strict, because a quote that is missing would otherwise put the rest of the class into one cell.
    reader = csv.reader(
        io.StringIO(text, newline=None), delimiter=separator, skipinitialspace=separator != "\t", strict=True
    )
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + offset + 1
    except csv.Error as error:
        raise RosterError(
            [
                f"pods_lab_roster: {path} line {line} cannot be taken apart ({error})."
                " Is a quote missing, or one too many?"
            ]
        ) from error


def _in_words(separator: str) -> str:
    return {"\t": "tabs"}.get(separator, f"'{separator}'")


# --- YAML ---


class _TextLoader(yaml.SafeLoader):
    """Reads every value as the text it is, as in a CSV: to YAML, names such as No or 007 would be something else."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":merge"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    # No others: what a tag such as !!timestamp makes of a value that is none is an AttributeError.
    yaml_constructors = {  # noqa: RUF012
        tag: constructor
        for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.endswith((":null", ":str", ":seq", ":map"))
    }


def _parse_yaml(text: str, path: str, columns: Mapping[str, str | Sequence[str]]) -> Roster:
    try:
        loader = _TextLoader(text)
        node = loader.get_single_node()
        children = node.value if isinstance(node, yaml.SequenceNode) else None
        for child in children or []:
            if isinstance(child, yaml.MappingNode):
                headings = [(str(key.value), key.start_mark.line + 1) for key, _value in child.value]
                _refuse_twice([(_key(heading), heading, line) for heading, line in headings], path)
        values = loader.construct_document(node) if children else []
    except (yaml.YAMLError, RecursionError) as error:
        raise RosterError(
            [f"pods_lab_roster: {path} is not YAML ({one_line(str(error))}). Correct it there."]
        ) from error
    if children is None:
        raise RosterError([f"pods_lab_roster: {path} must hold a YAML list of names or of mappings with a `name`."])
    places = [f"{path} line {child.start_mark.line + 1}" for child in children]
    rows = [
        {_key(str(key)): one for key, one in value.items()} if isinstance(value, dict) else value for value in values
    ]
    keys = list(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
    sources = _sources(keys, columns if keys else {}, path, keys)
    sources = _without_halves(sources, [row for row in rows if isinstance(row, dict)], columns)
    return Roster(
        [
            (place, _with_sources(row, sources) if isinstance(row, dict) else row)
            for place, row in zip(places, rows, strict=True)
        ],
        sources.get("name", []),
    )


# --- columns ---


def _key(heading: str) -> str:
    """The key under which a student has what stands below a heading: `Email address` becomes `email_address`."""
    return re.sub(r"\W+", "_", unicodedata.normalize("NFC", heading.casefold())).strip("_")


def _refuse_twice(columns: Sequence[tuple[str, str, int]], path: str) -> None:
    """Refuses a column, as (key, heading, line), that is there twice: one of the two would be lost."""
    first: dict[str, str] = {}
    for key, heading, line in columns:
        if key in first:
            raise RosterError(
                [
                    f"pods_lab_roster: {path} line {line} has {first[key]!r} and {heading!r}."
                    " Give one of them another name."
                ]
            )
        first[key] = heading


def _sources(
    keys: Sequence[str], columns: Mapping[str, str | Sequence[str]], place: str, headings: Sequence[str]
) -> dict[str, list[str]]:
    """The keys that a student's keys are made of, where that is not simply the column of that name.

    Raises:
        RosterError: `columns` names one that is not there.
    """
    sources: dict[str, list[str]] = {}
    for field, wanted in columns.items():
        sources[field] = []
        for name in [wanted] if isinstance(wanted, str) else wanted:
            same = [key for key in keys if key == _key(name)] or [key for key in keys if _fold(key) == _fold(name)]
            if not same or not same[0]:
                raise RosterError(
                    [
                        f"pods_lab_roster_columns: {place} has no column {name!r}"
                        f" (it has: {', '.join(filter(None, headings)) or 'nothing'}). Name one that it has."
                    ]
                )
            sources[field].append(same[0])
    if "name" not in sources and (names := _name_keys(keys)):
        sources["name"] = names
    if "namespace" not in sources and (namespace := [key for key in keys if _fold(key) == "namespace"]):
        sources["namespace"] = namespace[:1]
    return sources


def _name_keys(keys: Sequence[str]) -> list[str]:
    """The keys that names are made of, the first name's in front; [] where there are none."""
    name = _known(NAME, keys)[:1]
    first, last = _known(FIRST_NAME, keys), _known(LAST_NAME, keys)
    if name and bool(first) != bool(last):
        first, last = first or name, last or name
    elif whole := name or _known(WHOLE_NAME, keys)[:1]:
        return whole
    return first + _known(PARTICLE, keys) + last if first or last else []


def _known(names: Sequence[str], keys: Sequence[str]) -> list[str]:
    """The keys that are among the names, in the order of those."""
    return [key for name in names for key in keys if _fold(key) == name]


def _without_halves(
    sources: dict[str, list[str]], rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Any]
) -> dict[str, list[str]]:
    """The sources, but without the columns of first or last names where the column `Name` has these already.

    That is so where in every row it holds them and more: `Anna Müller` beside `Anna`.
    """
    keys = sources.get("name", [])
    whole = [key for key in keys if _fold(key) in NAME]
    if "name" in columns or not whole or keys == whole:
        return sources
    halves = [key for key in keys if key not in whole]
    pairs = [(_words(row, whole), _words(row, halves)) for row in rows]
    pairs = [(name, half) for name, half in pairs if name and half]
    return {**sources, "name": whole} if pairs and all(half < name for name, half in pairs) else sources


def _words(row: Mapping[str, Any], keys: Sequence[str]) -> set[str]:
    return set(re.findall(r"\w+", " ".join(str(row[key]) for key in keys if row.get(key)).casefold()))


def _with_sources(row: Mapping[str, Any], sources: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    made = dict(row)
    for field, keys in sources.items():
        if keys != [field] and (parts := [str(row[key]) for key in keys if row.get(key)]):
            # Chinese, Japanese and Korean names are written with the last name in front, and as one word.
            made[field] = "".join(reversed(parts)) if all(map(_EAST_ASIAN.fullmatch, parts)) else " ".join(parts)
    return made
