# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.problem import WARNING, Place
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.reader import (
    DEEPEST,
    MOST_BYTES,
    MOST_DOCUMENTS,
    read_documents,
)

#: Pieces that YAML has a meaning for, so that what Hypothesis makes of them goes deeper than its first character.
PIECES = [
    "a: ",
    "- ",
    "\n",
    "  ",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ",",
    '"',
    "'",
    "&x ",
    "*x",
    "<<: ",
    "|",
    ">",
    "#",
    "? ",
    ": ",
    "!t ",
    "!!int ",
    "---\n",
    "...",
    "%",
    "@",
    "{{ x }}",
    "\\ud800",
    "0x",
    "1e999",
    "\u00a0",
    "\u201c",
    "\ufeff",
    "\uff1a",
    '{"a": 1}',
    "~",
    "y",
]


def one(text):
    (document,) = read_documents(text.encode())
    return document


def problem(text):
    (found,) = one(text).problems
    return found


def told(text):
    found = problem(text)
    return found.place.line, found.message, found.suggestion


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: y", True),
        ("a: No", False),
        ("a: on", True),
        ("a: ~", None),
        ("a:", None),
        ("a: 12:30", "12:30"),
        ("a: 2026-01-01", "2026-01-01"),
        ("a: 0777", 511),
        ("a: 0o17", 15),
        ("a: 1_000", 1000),
        ("a: 0x1F", 31),
        ("a: 0b11", 3),
        ("a: 1e3", 1000),
        ("a: -1.5", -1.5),
        ("a: .inf", ".inf"),
        ("a: 1e999", "1e999"),
        ("a: " + "9" * 5000, "9" * 5000),
        ("a: 10.0.0.1", "10.0.0.1"),
        ('a: "1"', "1"),
        ("a: !!str 1", "1"),
        ('a: "\\ud800"', "\ufffd"),
        ("a: [1, x]", [1, "x"]),
    ],
)
def test_values_are_what_kubectl_makes_of_them(text, value):
    """Seen with `kubectl create --dry-run=client -o json`, apart from what it refuses (.inf)."""
    assert one(text).value == {"a": value}
    assert type(one(text).value["a"]) is type(value)


def test_every_value_has_its_place():
    document = one("a:\n  b:\n  - c: 1\n    d: 2\n  - x\n")
    assert document.places[("a", "b", 0, "d")] == document.places[("a", "b", 0, "d")]
    places = {path: (place.line, place.column) for path, place in document.places.items()}
    assert places[("a", "b")] == (2, 3)
    assert places[("a", "b", 0)] == (3, 5)
    assert places[("a", "b", 0, "d")] == (4, 5)
    assert places[("a", "b", 1)] == (5, 5)


@pytest.mark.parametrize(
    ("text", "line", "message", "suggestion"),
    [
        ("a:\n\tb: 1\n", 2, "There is a tab here", "Replace the tab by two blanks"),
        ("a:\n  b: 1\n\tc: 1\n", 3, "There is a tab here", "Replace the tab by two blanks"),
        ("a:\n  name:web\n  b:\n    c: d\n", 2, "no blank after the colon of name", "name: ..."),
        ("apiVersion:v1\nkind: Pod\n", 1, "no blank after the colon of apiVersion", "apiVersion: ..."),
        ("a:\n  b: c\n    d:\n      e: f\n", 3, "indented deeper", "the same column"),
        ("a:\n    b: c\n  d: e\n", 3, "not indented as the lines that it belongs to (see line 1)", "the same column"),
        ("a: b: c\n", 1, "second colon", "quotes"),
        ("metadata\n  name: web\n", 1, "has no colon", "name: web"),
        ("a: 1\nkind Pod\nb: 1\n", 2, "has no colon", "name: web"),
        ('a: "hello\nb: c\n', 1, "quotation mark", "second one"),
        ('a: "C:\\Windows"\n', 1, "backslash", "single quotes"),
        ("a: [b, c\nd: x\n", 1, "bracket", "Close every ["),
        ("a: *\n", 1, "* or &", "quotes"),
        ("a: */5 * * * *\n", 1, "* or &", "quotes"),
        ("a: @x\n", 1, "cannot begin", "quotes"),
        ("a: !ref x\n", 1, "begins with !", "quotes"),
        ("a: {{ image }}\n", 1, "A key has to be a word", "template"),
        ("a: [{{ x ]\n", 1, "", "template"),
        ("a: - b\n", 1, "A dash", "below each other"),
        ("a: 1\nb: 2\na: 3\n", 3, "a stands here twice, first in line 1", "Remove one"),
        ("kind: Pod\nspec: {}\nkind: Pod\nspec: {}\n", 3, "as if another resource began", "a line ---"),
        ("```yaml\nkind: Pod\n```\n", 1, "Markdown", "Delete this line"),
        ("a:\n\u00a0\u00a0b: c\n", 2, "looks like a blank", "type them anew"),
        ("a: \u201cx\u201d\n", 1, "quotation marks are not those of YAML", "straight"),
        ("b: 1\na: \x07\n", 2, "cannot be shown", "Remove"),
        ("%YAML 1.2\na: 1\n", 1, "directive", "Delete this line"),
        ("# first\n%YAML 1.1\na: 1\n", 2, "directive", "Delete this line"),
        ("a: 1\n----\nb: 2\n", 2, "three dashes", "alone"),
        ("--- a\nb: 2\n", 1, "three dashes", "alone"),
        ("b: 1\na: c: d\n", 2, "second colon", "quotes"),
        ("a: 1\nimage: nginx: 1.29\n", 2, "blank between the image's name and its tag", "as in nginx:1.29"),
        ("- {name: a, image: nginx: 1.29}\n", 1, "blank between the image's name and its tag", "as in nginx:1.29"),
        ("containers:\n  name: a\n    image: b\n", 2, "containers is a list", "a dash and a blank"),
        ("c:\n  -name: a\n    image: b\n", 2, "no blank after the dash", "Write: - name: ..."),
        ("c:\n-name: a\n\n  # b\n  image: b\n", 2, "no blank after the dash", "Write: - name: ..."),
        ("c:\n  - name: a\n  -name: b\n    image: b\n", 3, "no blank after the dash", "Write: - name: ..."),
        ("c:\n  - - name: a\n  - -name: b\n      image: b\n", 3, "no blank after the dash", "Write: - name: ..."),
        ("c:\n- a\n-b\n", 3, "no blank after the dash", "Write a blank after it."),
        ("c: 1\n-1\n", 2, "has no colon", "name: web"),
        ("spec:\n  name: a\n    image: b\n", 3, "indented deeper", "the same column"),
        ("a: 1\nb\uff1a 2\nc: 3\n", 2, "FULLWIDTH COLON (U+FF1A) here only looks like :", "English"),
        ("a:\n\u2013 b: 1\n  c: 2\n", 2, "EN DASH (U+2013) here only looks like -", "English"),
        ('a: ["b"\uff0c "c"]\n', 1, "FULLWIDTH COMMA", "English"),
        ("a:\u00a0b\nc: 1\n", 1, "looks like a blank", "type a blank"),
        ("a: [\u201cb\u201d\uff0c c\n", 1, "FULLWIDTH COMMA", "English"),
        ("-\ta: 1\n", 1, "There is a tab here", "Replace the tab"),
        ("a: 1\n \t\nb: 1\n", 2, "There is a tab here", "Replace the tab"),
        ("", 1, "empty", "apiVersion"),
        ("# nothing\n---\n", 1, "empty", "apiVersion"),
    ],
)
def test_what_is_wrong_is_said_in_words(text, line, message, suggestion):
    found = told(text)
    assert found[0] == line, found
    assert message in found[1], found
    assert suggestion in found[2], found


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_as_kubectl_does_with_a_warning(encoding):
    first, second = read_documents("\ufeffa: 1\r\nb: für\r\n---\r\nc: 2\r\n".encode(encoding))
    assert (first.value, second.value, second.place.line) == ({"a": 1, "b": "für"}, {"c": 2}, 4)
    assert [(one.level, "UTF-16" in one.message) for one in first.problems] == [(WARNING, True)]
    assert second.problems == ()


def test_what_is_no_utf_8_is_read_as_kubectl_does_with_a_warning_at_its_place():
    document = read_documents("a: 1 # für\nb: ü\n".encode("latin-1"))[0]
    assert document.value == {"a": 1, "b": "\ufffd"}
    (found,) = document.problems
    assert (found.place, found.level) == (Place(1, 9), WARNING)
    assert "not UTF-8" in found.message


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"a: 1\nb: \0x\n", 2, "byte 0 (NUL)"),
        ("apiVersion: v1\n".encode("utf-16-le"), 1, "UTF-16 without a byte order mark"),
        ("apiVersion: v1\n".encode("utf-16-be"), 1, "UTF-16 without a byte order mark"),
        ("\ufeffa: 1\n".encode("utf-32-le"), 1, "UTF-32"),
        (b"PK\x03\x04\x14\x00\x06", 1, "word processor"),
        (b"{\\rtf1\\ansi a: 1}", 1, "word processor"),
        (b"<!DOCTYPE html>\n<a b='c: d'>e: f</a>\n", 1, "HTML"),
        (b"\n <html></html>", 1, "HTML"),
    ],
)
def test_what_is_no_text_of_yaml_is_named(data, line, message):
    (document,) = read_documents(data)
    (found,) = document.problems
    assert (document.value, found.place.line, found.level) == (None, line, "error")
    assert message in found.message


def test_what_an_editor_of_windows_writes_can_be_read():
    assert read_documents(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")[0].value == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: b\t", "b"),
        ("a: b\t# c", "b"),
        ("a:\tb", "b"),
        ("a\t: b", "b"),
        ("a: b\tc", "b\tc"),
        ("a: b \t \n  c", "b c"),
        ('a: "b"\t', "b"),
        ("a:\t# c\n  b", "b"),
        ("a: [b,\tc]\t", ["b", "c"]),
        ("a: [\n\tb]", ["b"]),
        ("a: |\t\n  b\n", "b\n"),
        ("a: |-\t# c\n  b\n", "b"),
        ("a: |2+\t\n  b\n\n", "b\n\n"),
        ("a: |\n  b\n  \tc\n", "b\n\tc\n"),
    ],
)
def test_a_tab_that_indents_nothing_is_white_space(text, value):
    """Each was taken by `kubectl create --dry-run=server`, or is as go-yaml has it."""
    document = one(text)
    assert (document.value, document.problems) == ({"a": value}, ())


@pytest.mark.parametrize(
    "text",
    [
        '{\n\t"a": 1,\n\t"b": [2]\n}\n',
        '\n \t{"a":1,"b":[2]}',
        '\ufeff{"a": 1, "b": [2]}\n\n',
    ],
)
def test_json_is_read(text):
    document = one(text)
    assert (document.value, document.problems) == ({"a": 1, "b": [2]}, ())


def test_json_values_may_follow_each_other():
    first, second, third = read_documents(b'{"a": 1}\n{"a": 2} {"b":\n3}')
    assert (first.value, second.value, third.value) == ({"a": 1}, {"a": 2}, {"b": 3})
    assert (second.place, third.place, third.places[("b",)]) == (Place(2, 1), Place(2, 10), Place(2, 11))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 1,\n"b": [2,],\n"c": 1}', (2, 9), "a comma with nothing behind it"),
        ('{"a": 1,\n}', (1, 8), "a comma with nothing behind it"),
        ('{"a": 1, # one\n"b": 2}', (1, 10), "no comments"),
        ("{'a': 1}", (1, 2), "double quotes"),
        ("{a: 1}", (1, 2), "words and keys"),
        ('{"a": b}', (1, 7), "words and keys"),
        ('{"a": "b\tc"}', (1, 9), "no tab"),
        ('{"a": 1}\n---\nb: 2\n', (2, 1), "no line ---"),
        ('{"a": 1}\n# one\n', (2, 1), "no comments"),
    ],
)
def test_what_is_yaml_but_no_json_is_a_warning_where_kubectl_takes_it_for_json(text, place, message):
    """Each is refused by kubectl 1.32, and taken by 1.37."""
    documents = read_documents(text.encode())
    (found,) = [problem for document in documents for problem in document.problems]
    lines = (found.place.line, found.place.column)
    # Of a comma too much, Python 3.13 has the place of the comma, and those before that of the bracket.
    assert lines == place or (message.startswith("a comma") and lines in ((2, 8), (2, 1), (1, 8))), found
    assert found.level == WARNING
    assert "begins with { as JSON" in found.message and message in found.message
    assert all(document.value is not None for document in documents)
    # Below a line of YAML it is YAML.
    assert [one.problems for one in read_documents(f"---\n{text}".encode())] == [()] * len(documents)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{"a": 1}\n{"a": 2}\n---\n{"a": 3}\n', 3, "no line ---"),
        ('{"a": 1,\n"b" 2: [}', 2, "begins with { is read as JSON"),
        ('{"a": [1,\n2', 1, "bracket"),
        ('{"a": 1\n"b": 2}', 2, "no comma between two entries"),
        ('{"a": 1\n? ]}', 2, "something that JSON does not have"),
        ("{{ x }}", 1, "A key has to be a word"),
    ],
)
def test_what_is_neither_is_an_error(text, line, message):
    *_others, document = read_documents(text.encode())
    (found,) = document.problems
    assert (found.place.line, found.level) == (line, "error")
    assert message in found.message


def test_what_python_takes_for_json_and_go_does_not_is_none():
    (found,) = one('{"a": NaN}').problems
    assert (found.level, found.place) == (WARNING, Place(1, 1))


def test_a_key_that_is_a_boolean_is_told_as_it_is_written():
    document = one('a:\n  on: 1\n  n: 2\n  "y": 3\n  true: 4\n  1: 5\n')
    assert document.value == {"a": {"true": 1, "false": 2, "y": 3, "1": 5}}
    on, n, twice = document.problems
    assert (on.place.line, on.level, n.place.line, n.level) == (2, WARNING, 3, WARNING)
    assert "the key on is true" in on.message and "the key n is false" in n.message
    assert (twice.place.line, twice.level) == (5, "error")
    assert "true and on, in line 2, are one key" in twice.message
    assert document.written == {("a", "true"): "on", ("a", "false"): "n"}


def test_a_text_below_its_key_has_a_place_of_its_own():
    document = one("a:\n  b c\nd: e\n")
    assert (document.places[("a",)], document.below) == (Place(1, 1), {("a",): Place(2, 3)})


def test_one_document_that_is_no_yaml_hides_no_other():
    first, second, third = read_documents(b"a: 1\n---\nb: [\n--- # the last\nc: 3\n")
    assert (first.value, second.value, third.value) == ({"a": 1}, None, {"c": 3})
    assert (second.problems[0].place.line, third.place.line) == (3, 5)
    assert third.places[("c",)].line == 5


def test_a_directive_above_a_line_of_dashes_hides_nothing():
    first, second = read_documents(b"%YAML 1.2\n---\na: 1\n")
    assert "directive" in first.problems[0].message
    assert second.value == {"a": 1}


def test_anchors_and_merges_are_written_out():
    assert one("x: &d {a: 1, b: 2}\nz: {<<: *d, b: 3}\nw: {<<: [*d, {c: 4}]}\n").value == {
        "x": {"a": 1, "b": 2},
        "z": {"a": 1, "b": 3},
        "w": {"a": 1, "b": 2, "c": 4},
    }
    assert "takes over" in problem("a: {<<: 1}\n").message


def test_keys_are_texts():
    assert one("1: a\non: b\nx: c\n").value == {"1": "a", "true": "b", "x": "c"}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
        "[" * 5000,
        '{"a":' + "[" * 5000,
        "a: " + "{b: " * 5000,
        "- " * 5000,
        "x: &x " + "y" * 100_000 + "\nz: [" + "*x," * 1000 + "]\n",
    ],
    ids=["bomb", "itself", "itself in a mapping", "brackets", "brackets of JSON", "mappings", "dashes", "long texts"],
)
def test_a_file_that_is_made_to_hurt_is_refused_at_once(text):
    begun = time.process_time()
    document = one(text)
    assert time.process_time() - begun < 20
    assert document.value is None
    assert "large" in document.problems[0].message or "deeply" in document.problems[0].message


def test_a_file_may_be_as_large_as_it_is_said():
    assert one("a: " + "x" * (MOST_BYTES - 3)).problems == ()
    assert "more than 256 KiB" in problem("a: " + "x" * (MOST_BYTES - 2)).message


def test_nesting_and_documents_have_a_bound():
    assert one("[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)).problems == ()
    assert len(read_documents(b"a: 1\n---\n" * MOST_DOCUMENTS)) == MOST_DOCUMENTS
    assert "documents" in problem("a: 1\n---\n" * (MOST_DOCUMENTS + 1)).message


def test_no_value_stands_in_a_problem():
    for text in ("password: hunter2: x\n", 'password: "hunter2\n', "password: [hunter2\n", "password: *hunter2\n"):
        assert "hunter2" not in problem(text).in_words()


def check(data):
    documents = read_documents(data)
    assert documents
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for document in documents:
        json.dumps(document.value, allow_nan=False).encode()
        for found in document.problems:
            assert found.message and 1 <= found.place.line <= lines + 1 and found.place.column >= 1
            found.in_words().encode()


@given(st.text())
def test_no_text_is_too_much(text):
    check(text.encode())


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_no_yaml_is_too_much(text):
    check(text.encode())


@given(st.binary())
def test_no_bytes_are_too_much(data):
    check(data)
