# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The board of a class."""

from __future__ import annotations

import html.parser
import unicodedata

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _board
from ansible_collections.kubelabs.pods.plugins.plugin_utils._grade_terms import NAMES
from ansible_collections.kubelabs.pods.plugins.plugin_utils._text_table import columns_of
from ansible_collections.kubelabs.pods.tests.unit.plugins.plugin_utils.test_grade_file import POINTS, student

LOOKED = "2026-11-26T10:42:00Z"


class Page(html.parser.HTMLParser):
    """What a browser makes of it: the elements with their attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page(*students, class_name="monday", **more):
    return Page(_board.board(class_name, students, POINTS, LOOKED, **more))


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style></table>",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_stands_in_names_is_text(text):
    bad = student(text)
    bad["steps"][0]["evidence"] = f"{text} is ready."
    made = page(bad, class_name=text, trouble=text)
    plain = page(student())
    tags = {tag for tag, _attributes in made.elements}
    assert tags - {tag for tag, _attributes in plain.elements} == set()
    assert len(made.all("p")) == len(plain.all("p")) + 1
    names = {name for _tag, attributes in made.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"src"}
    assert all(attributes.get("href", "#").startswith("#") for _tag, attributes in made.elements)
    assert text in made.text


def test_controls_and_marks_of_direction_are_left_out():
    made = page(student("A\x1b[31m\u202enna"))
    assert "A[31mnna" in made.text and "\u202e" not in made.text and "\x1b" not in made.text


@pytest.mark.parametrize(
    ("refresh", "source"), [(0, "'none'"), (5, "'sha256-q9MDElFd6eVTAVMekxnkoec+7Zg4QHoIMS77pLmwNDY='")]
)
def test_the_page_may_run_nothing_but_its_one_line_and_load_nothing(refresh, source):
    made = page(student(), refresh=refresh)
    policies = [one["content"] for one in made.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [f"default-src 'none'; style-src 'unsafe-inline'; script-src {source}"]
    assert not {"link", "img", "iframe"} & {tag for tag, _attributes in made.elements}
    assert len(made.all("script")) == bool(refresh)
    assert "url(" not in _board.board("monday", [student()], POINTS, LOOKED)


@pytest.mark.parametrize(("seconds", "expected"), [(5, ["5"]), (0, [])])
def test_it_fetches_itself_again_while_somebody_watches(seconds, expected):
    # With the script, and where none may run. A browser does one of them.
    metas = page(student(), refresh=seconds).all("meta")
    assert [one["content"] for one in metas if one.get("http-equiv") == "refresh"] == expected


def test_a_state_is_told_in_words_and_by_a_sign():
    one = student(reached=("web_pod_ready", "apply"))
    made = page(one)
    cells = [attributes for attributes in made.all("td") if attributes["class"] != "points"]
    assert [cell["class"] for cell in cells] == ["reached", "reached", "not-yet", "unknown", *["not-yet"] * 3]
    seen = _board.clock(LOOKED)
    assert cells[0]["title"] == f"Web pod: reached, seen {seen}"
    assert f"reached, seen {seen}" in made.text and "cannot be known" in made.text and "✓" in made.text


def test_what_was_seen_of_each_student_is_where_the_name_leads():
    made = page(*[student(f"s{index}", reached=("web_pod_ready",)) for index in range(30)])
    leads = [one["href"].removeprefix("#") for one in made.all("a")]
    ids = {one["id"] for tag, one in made.elements if "id" in one}
    assert len(leads) == 60 and {*leads} <= ids and len({*leads}) == 60
    assert made.text.count(f"reached, seen {_board.clock(LOOKED)}: my-web is ready.") == 30


@pytest.mark.parametrize(("number", "columns"), [(0, 0), (1, 1), (8, 1), (9, 2), (24, 2), (54, 3), (100, 4), (101, 5)])
def test_a_larger_class_has_more_columns(number, columns):
    made = page(*[student(f"s{index}") for index in range(number)])
    assert len(made.all("table")) == columns
    assert len(made.all("bdi")) == 2 * number


def test_how_many_are_through_counts_who_has_nothing_left_to_do():
    most = tuple(name for name in NAMES if name != "exec")
    done, nearly = student(reached=most), student(reached=most[:-1])
    assert "2 students, 1 through" in page(done, nearly).text
    assert "1 student" in page(nearly).text and "through" not in page(nearly).text
    assert "through" not in page(student(reached=("shell_pod_ready", "cleanup"), unknown=NAMES)).text
    nothing = student(reached=(), unknown=NAMES)
    assert "through" not in page(nothing).text


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (False, f"The cluster has not answered since {_board.clock(LOOKED)}. This is what was known then."),
        (True, f"The cluster has answered with errors since {_board.clock(LOOKED)}. This is what was known then."),
    ],
)
def test_trouble_stands_on_the_board_for_the_class_and_in_small_for_who_knows_why(refused, words):
    made = page(student(), trouble=_board.not_answered(LOOKED, refused=refused), reason="No byte came.")
    assert f"{words} No byte came." in made.text
    assert len([one for one in made.all("p") if one.get("role") == "alert"]) == 1
    assert len(made.all("small")) == len(page(student()).all("small")) + 1
    assert [one for one in page(student()).all("p") if one.get("role") == "alert"] == []


def test_the_table_for_a_terminal():
    table = _board.grade_table([student(), student("李雷\x1b[2J", reached=())], POINTS)
    assert table.splitlines() == [
        "               web         shell                    clean",
        "student points pod applied pod   exec http restarts up",
        "------- ------ --- ------- ----- ---- ---- -------- -----",
        "Anna    1      ok  -       -     ?    -    -        -",
        "李雷[2J 0      -   -       -     ?    -    -        -",
        "(all)          1   0       0     0    0    0        0",
    ]


LONG = "A very long name of somebody who has more names than anybody else"


@pytest.mark.parametrize("name", [LONG, "李" * 60, "ا" * 60, "e\u0301" * 60])
@pytest.mark.parametrize("columns", [0, 200, 80, 68, 60, 45])
def test_no_name_makes_a_row_wider_than_the_terminal(name, columns):
    lines = _board.grade_table([student(name), student()], POINTS, columns).splitlines()
    assert max(map(columns_of, lines)) <= (columns or 120)
    (row,) = (line for line in lines if line.startswith(unicodedata.normalize("NFC", name)[:5]))
    assert "…" in row and row.split()[-7:] == ["ok", "-", "-", "?", "-", "-", "-"]


@pytest.mark.parametrize(
    ("name", "wide"), [("Ben Okafor 3", 7.35), ("Student 5 4", 6.58), ("Doug Hong", 6.13), ("W", 1.1)]
)
def test_a_name_is_guessed_at_least_as_wide_as_it_is(name, wide):
    """In DejaVu Sans Bold, by the widths that its file has for the letters."""
    assert wide <= _board.ems(name) <= 1.1 * wide


def test_on_a_narrow_terminal_steps_have_numbers():
    table = _board.grade_table([student(LONG), student()], POINTS, 80)
    assert table.splitlines() == [
        "student                                  points 1  2 3 4 5 6 7",
        "---------------------------------------- ------ -- - - - - - -",
        "A very long name of somebody who has mo… 1      ok - - ? - - -",
        "Anna                                     1      ok - - ? - - -",
        "(all)                                           2  0 0 0 0 0 0",
        "",
        "  1 Web pod, 2 Applied, 3 Shell pod, 4 Exec, 5 HTTP, 6 Restarts, 7 Clean-up",
    ]
    assert _board.grade_table([student()], POINTS, 80) == _board.grade_table([student()], POINTS)


def test_where_there_are_no_files_the_table_has_all():
    table = _board.grade_table([student(f"s{index}") for index in range(50)], POINTS, most_rows=50)
    assert "more students" not in table and "s49 " in table


def test_a_long_class_is_cut():
    table = _board.grade_table([student(f"s{index}") for index in range(50)], POINTS)
    assert table.splitlines()[-1] == "(10 more students, see grade.csv)"


def test_no_time_is_no_time():
    assert _board.clock(None) == _board.clock("soon") == ""
