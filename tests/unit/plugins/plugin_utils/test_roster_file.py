# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import codecs
import csv
import io
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _roster_file as roster_file
from ansible_collections.kubelabs.pods.plugins.plugin_utils._roster import RosterError, students


def parse(text, path="class.csv", columns=None):
    return roster_file.parse(text.encode() if isinstance(text, str) else text, path, columns)


def values(text, path="class.csv", columns=None):
    return [entry for _place, entry in parse(text, path, columns).entries]


def names(text, path="class.csv", columns=None):
    return [student["name"] for student in students(parse(text, path, columns).entries, "lab")]


def problem(text, path="class.csv", columns=None):
    with pytest.raises(RosterError) as error:
        parse(text, path, columns)
    (sentence,) = error.value.problems
    return sentence


# --- what schools export ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("name;namespace\nJörg Müßig;\n", [{"name": "Jörg Müßig"}], id="semicolons"),
        pytest.param("name,namespace\nAnna,a\n", [{"name": "Anna", "namespace": "a"}], id="commas"),
        pytest.param("name\tnamespace\nAnna\ta\n", [{"name": "Anna", "namespace": "a"}], id="tabs"),
        pytest.param("name|namespace\nAnna|a\n", [{"name": "Anna", "namespace": "a"}], id="bars"),
        pytest.param("name\nAnna\n", [{"name": "Anna"}], id="one column"),
        pytest.param(
            "sep=|\r\nname|x\r\nAnna|a,b;c\r\n", [{"name": "Anna", "x": "a,b;c"}], id="a separator that is said"
        ),
        pytest.param(
            '"name";"groups (a, b, c)"\n"Anna";"a, b"\n',
            [{"name": "Anna", "groups_a_b_c": "a, b"}],
            id="another separator inside a heading",
        ),
        pytest.param(
            "name,namespace,email\nAnna Müller,,a@example.org\n,,\n,,\n",
            [{"name": "Anna Müller", "email": "a@example.org"}],
            id="blank rows at the end",
        ),
        pytest.param("\n , \n\nname,x\n\nAnna,1\n  \n", [{"name": "Anna", "x": "1"}], id="blank rows everywhere"),
        pytest.param(
            "name,x,\nAnna,1,\nBen,,,\n", [{"name": "Anna", "x": "1"}, {"name": "Ben"}], id="separators at the end"
        ),
        pytest.param(
            "Name,Email\nÅse Ødegård,mail@example.org\n",
            [{"name": "Åse Ødegård", "email": "mail@example.org"}],
            id="headings with capitals",
        ),
        pytest.param("NAME,NameSpace\nAnna,a\n", [{"name": "Anna", "namespace": "a"}], id="headings in capitals"),
        pytest.param(
            "First name,Last name,Email address\nAnna,Müller,anna@example.org\n",
            [{"first_name": "Anna", "last_name": "Müller", "email_address": "anna@example.org", "name": "Anna Müller"}],
            id="first and last name",
        ),
        pytest.param(
            "Surname;Given name\nMüller;Anna\n;Ben\n",
            [
                {"surname": "Müller", "given_name": "Anna", "name": "Anna Müller"},
                {"given_name": "Ben", "name": "Ben"},
            ],
            id="last and first name",
        ),
        pytest.param(
            '"Last, First",Id\n"Müller, Anna",7\n',
            [{"last_first": "Müller, Anna", "id": "7", "name": "Müller, Anna"}],
            id="last and first name in one",
        ),
        pytest.param("Student,ID\nAnna,7\n", [{"student": "Anna", "id": "7", "name": "Anna"}], id="student"),
        pytest.param('name, note\n"Doe, John", "a ""b"""\n', [{"name": "Doe, John", "note": 'a "b"'}], id="quotes"),
        pytest.param("name,x\r\nAnna,1\r\n", [{"name": "Anna", "x": "1"}], id="lines that end as on Windows"),
        pytest.param("name,x\rAnna,1\r", [{"name": "Anna", "x": "1"}], id="lines that end as on old Macs"),
        pytest.param("name,x\nAnna", [{"name": "Anna"}], id="a short row, and no end of line"),
    ],
)
def test_a_csv(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize(
    ("headings", "cells", "name"),
    [
        # Moodle: the participants, and the grades.
        ("First name;Last name;Email address;Groups", "Jörg;Müller;j@example.org;", "Jörg Müller"),
        ('"First name","Last name","ID number",Institution,"Course total (Real)"', "Jörg,Müller,,,-", "Jörg Müller"),
        ("Name;Vorname;Mail", "Müller;Jörg;j@example.org", "Jörg Müller"),
        ("Vorname;Name", "Jörg;Müller", "Jörg Müller"),
        ("Name,First name", "Müller,Jörg", "Jörg Müller"),
        ("name;first-name", "Müller;Jörg", "Jörg Müller"),
        ("FIRSTNAME;Name", "Jörg;Müller", "Jörg Müller"),
        ("Name;Surname", "Jörg;Müller", "Jörg Müller"),
        ("Nachname;Vorname", "Müller;Jörg", "Jörg Müller"),
        ("Familienname;Vorname", "Müller;Jörg", "Jörg Müller"),
        ("Nachname;Vorname", "李;雷", "李雷"),
        ("First name;Last name", "민수;김", "김민수"),
        ("First name;Last name", "Lei;李", "Lei 李"),
        ("Nom;Prénom", "Lefèvre;Zoé", "Zoé Lefèvre"),
        ("NOM;Pre\u0301nom", "Lefèvre;Zoé", "Zoé Lefèvre"),
        ("nom_de_famille;prenom", "Lefèvre;Zoé", "Zoé Lefèvre"),
        ("Nombre;Apellidos", "Ana;García López", "Ana García López"),
        ("Apellido(s);Nombre", "García López;Ana", "Ana García López"),
        ("Primer apellido;Segundo apellido;Nombre", "García;López;Ana", "Ana García López"),
        ("Nome;Cognome", "Anna;Rossi", "Anna Rossi"),
        ("Cognome;Nome", "Rossi;Anna", "Anna Rossi"),
        ("Voornaam;Achternaam", "Daan;Jansen", "Daan Jansen"),
        ("Achternaam;Tussenvoegsel;Voornaam", "Berg;van den;Daan", "Daan van den Berg"),
        ("Naam;Voornaam;Tussenvoegsels", "Berg;Daan;van den", "Daan van den Berg"),
        ("Förnamn;Efternamn", "Åsa;Öberg", "Åsa Öberg"),
        ("Imię;Nazwisko", "Łukasz;Żak", "Łukasz Żak"),
        ("Nom;Classe", "Zoé Lefèvre;a", "Zoé Lefèvre"),
        ("Nome;Classe", "Anna Rossi;a", "Anna Rossi"),
        ("Nombre;Grupo", "Ana García;a", "Ana García"),
        ("Name;Vorname;Nachname", "Jörg Müller;Jörg;Müller", "Jörg Müller"),
        ("Full name;First name", "Jörg Müller;Jörg", "Jörg Müller"),
        ("Name;Vorname", "Müller;", "Müller"),
        ("Name;Vorname", ";Jörg", "Jörg"),
    ],
)
def test_first_and_last_names_are_found_whatever_they_are_called(headings, cells, name):
    assert names(f"{headings}\n{cells}\n") == [name]


def test_a_column_that_has_the_first_names_already_is_the_whole_name():
    both = "Name;Vorname\nJörg Müller;Jörg\nLi, Ada;Ada\nEve;\n"
    assert names(both) == ["Jörg Müller", "Li, Ada", "Eve"]
    assert parse(both).columns == ["Name"]
    # In one row it is chance.
    assert names("Name;Vorname\nLópez Martín;Martín\nMüller;Jörg\n") == ["Martín López Martín", "Jörg Müller"]


@pytest.mark.parametrize(
    ("path", "text", "columns", "expected"),
    [
        ("class.csv", "Name;Mail;Vorname\nMüller;;Jörg\n", {}, ["Vorname", "Name"]),
        ("class.csv", "Naam;Groep\nAnna;a\n", {"name": "naam"}, ["Naam"]),
        ("class.yml", "- {name: Müller, first name: Jörg}\n- Ben\n", {}, ["first_name", "name"]),
        ("class.yml", "- Ben\n", {}, []),
    ],
    ids=["found", "said", "YAML", "mere names"],
)
def test_the_columns_of_the_names_are_told(path, text, columns, expected):
    assert parse(text, path, columns).columns == expected


CANVAS_ROWS = """\
,,,,,Manual Posting
    Points Possible,,,,,10
"Müller, Jörg",7,m7,jm,Web,9
"Student, Test",99,,x,Web,
"""


@pytest.mark.parametrize("sis", ["SIS User ID,SIS Login ID", "Integration,SIS Login ID", "SIS User ID,x"])
def test_the_rows_of_canvas_that_are_no_students_are_left_out(sis):
    text = f"Student,ID,{sis},Section,Essay (1)\n{CANVAS_ROWS}"
    assert [(entry["name"], place) for place, entry in parse(text).entries] == [("Müller, Jörg", "class.csv line 4")]
    assert parse(text).left_out == (2, 3, 5)


GOOGLE_ROWS = """\
Last Name,First Name,Email Address,Essay,Quiz
Date,,,2026-09-01,2026-09-08
,,Points,100,10
Müller,Jörg,j@example.org,90,
Date,,,,
,Ada,,,
"""


def test_the_dates_and_points_of_google_classroom_are_left_out():
    assert [(place, entry["name"]) for place, entry in parse(GOOGLE_ROWS).entries] == [
        ("class.csv line 4", "Jörg Müller"),
        ("class.csv line 5", "Date"),
        ("class.csv line 6", "Ada"),
    ]
    assert parse(GOOGLE_ROWS).left_out == (2, 3)
    blank = "Last Name;First Name;Email Address;Essay\n;;;2026-09-01\n;;;100\nMüller;Jörg;;\n"
    assert names(blank) == ["Jörg Müller"]
    assert names("Last Name,First Name,Email Address\nPoints,Ada,\n") == ["Ada Points"]
    assert problem("Last Name,First Name,Email Address,Essay\nDate,,,1\n").endswith(
        "has no students. Name at least one."
    )


def test_elsewhere_the_first_rows_are_students():
    assert names("Last Name,First Name,Group\nDate,,a\nPoints,,a\n") == ["Date", "Points"]


def test_elsewhere_nobody_is_left_out():
    text = 'Student,ID,Section\nPoints Possible,,\n"Student, Test",99,Web\n'
    assert names(text) == ["Points Possible", "Student, Test"]


def test_columns_are_said_without_accents_and_hyphens():
    text = "E-Mail;Prénom;Nom;Espace\nz;Zoé;Lefèvre;lab-1\n"
    (student,) = values(text, columns={"name": ["prenom", "NOM"], "namespace": "es-pace"})
    assert (student["name"], student["namespace"]) == ("Zoé Lefèvre", "lab-1")


def test_a_heading_is_one_key_however_its_accents_are_written():
    assert values("name;E\u0301cole\nZoé;x\n") == [{"name": "Zoé", "école": "x"}]


def test_a_namespace_may_be_written_in_two_words():
    assert values("Name;Name-Space\nAnna;lab-1\n")[0]["namespace"] == "lab-1"


@pytest.mark.parametrize("columns", [{"name": "Naam"}, {"name": ["naam "]}], ids=["one", "a list of one"])
def test_the_column_of_the_names_may_be_said(columns):
    assert names("Naam;Groep\nAnna;a\n", columns=columns) == ["Anna"]


def test_a_name_may_be_made_of_several_columns_and_other_keys_said_too():
    columns = {"name": ["Vorname", "Nachname"], "namespace": "Raum"}
    text = "Nachname;Vorname;Raum;Name\nMüller;Anna;lab-1;ignored\n"
    assert [(one["name"], one["namespace"]) for one in values(text, columns=columns)] == [("Anna Müller", "lab-1")]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    ],
    ids=["UTF-8", "UTF-8 with a mark", "UTF-16 as Excel saves it", "UTF-16 the other way round"],
)
def test_encodings(encoding, mark):
    assert names(mark + "name\tnamespace\r\nJörg Müßig\t\r\n".encode(encoding)) == ["Jörg Müßig"]


# --- places ---


def test_an_error_gives_the_line_of_the_file():
    text = 'name,note\n\nAnna,"two\nlines"\n,nobody\nBen,\nanna,\n'
    with pytest.raises(RosterError) as error:
        students(parse(text).entries, "lab")
    nameless, collision = error.value.problems
    assert nameless == "class.csv line 5: {'note': 'nobody'} has no `name`. Give every student a name."
    assert "'Anna' (class.csv line 3) and 'anna' (class.csv line 7) have the same name. Take one" in collision


def test_the_lines_are_right_below_one_that_says_the_separator():
    assert [place for place, _entry in parse("sep=;\nname;x\n\nAnna;\n").entries] == ["class.csv line 4"]


def test_an_error_in_yaml_gives_the_line_too():
    text = "# the class\n- Anna\n- name: Ben\n  group: blue\n-\n  name: anna\n"
    assert [place for place, _entry in parse(text, "class.yml").entries] == [
        "class.yml line 2",
        "class.yml line 3",
        "class.yml line 6",
    ]
    with pytest.raises(RosterError, match=r"'Anna' \(class.yml line 2\) and 'anna' \(class.yml line 6\)"):
        students(parse(text, "class.yml").entries, "lab")


def test_a_formula_gives_the_line():
    with pytest.raises(RosterError) as error:
        students(parse("name;x\nAnna;=1+1\n=HYPERLINK(A1);\n").entries, "lab")
    (sentence,) = error.value.problems
    assert sentence.startswith(
        "class.csv line 3: the name '=HYPERLINK(A1)' begins with '=', as a spreadsheet's formula"
    )


def test_a_class_has_a_most_of_students():
    lines = [f"{number};Müller;Ольга;a{number}@example.org\n" for number in range(10_000)]
    heading = "ID number;Last name;First name;Email address\n"
    assert len(parse(heading + "".join(lines)).entries) == 10_000
    assert problem(heading + "".join([*lines, "x;Li;Ada;\n"])) == (
        "pods_lab_roster: class.csv: 10001 students are more than the 10000 of a class. Make several classes of them."
    )


@pytest.mark.against_the_clock
def test_ten_thousand_lines_take_no_time():
    text = "name;mail\n" + "".join(f"Ольга Щукина {number};a{number}@example.org\n" for number in range(10_000))
    start = time.process_time()
    assert len(students(parse(text).entries, "lab")) == 10_000
    assert time.process_time() - start < 2


# --- YAML ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "- Anna\n- name: Ben\n  group: blue\n", ["Anna", {"name": "Ben", "group": "blue"}], id="both forms"
        ),
        pytest.param(
            "- No\n- 007\n- name: On\n", ["No", "007", {"name": "On"}], id="names that are something else to YAML"
        ),
        pytest.param("- Name: Ben\n  Name space:\n", [{"name": "Ben", "name_space": None}], id="keys with capitals"),
        pytest.param(
            "- &a {name: Ben, group: b}\n- {<<: *a, name: Eve}\n",
            [{"name": "Ben", "group": "b"}, {"name": "Eve", "group": "b"}],
            id="merged",
        ),
        pytest.param(
            "- {first name: Anna, last name: Müller}\n",
            [{"first_name": "Anna", "last_name": "Müller", "name": "Anna Müller"}],
            id="first and last name",
        ),
    ],
)
def test_yaml(text, expected):
    assert values(text, "class.YML") == expected


def test_keys_of_yaml_may_be_said_too():
    assert names("- Naam: Anna\n- Ben\n", "class.yaml", {"name": "Naam"}) == ["Anna", "Ben"]


# --- refusals ---


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        pytest.param(
            "class.csv",
            "mail;x\na;b\n",
            "line 1 has no column with the students' names (it has: mail, x)",
            id="no names",
        ),
        pytest.param("class.csv", "\n\nmail\n", "line 3 has no column", id="no names, further down"),
        pytest.param("class.csv", "Anna\nBen\n", "The first line must name the columns", id="names alone"),
        pytest.param("class.csv", "Anna;anna\nBen;ben\n", "The first line must name the columns", id="no headings"),
        pytest.param("class.csv", "", "class.csv is empty. Give a file", id="empty"),
        pytest.param("class.csv", b"\xef\xbb\xbf\r\n \r\n", "class.csv is empty. Give a file", id="blank"),
        pytest.param("class.yml", "", "class.yml is empty. Give a file", id="empty YAML"),
        pytest.param("class.csv", "sep=;\n", "it has: nothing", id="a separator alone"),
        pytest.param(
            "class.csv",
            "name;Namspace\nAda;room-7\n",
            "line 1 has the column 'Namspace'. Did you mean 'namespace'?",
            id="a column misspelt",
        ),
        pytest.param("class.csv", "name\n\n", "class.csv has no students. Name at least one.", id="no students"),
        pytest.param(
            "class.csv", "name\nAnna,a\n", "line 2 has more fields than the line with the names", id="too many fields"
        ),
        pytest.param(
            "class.csv", "name;x\nAnna;a;b\n", "Put values that hold ';' in quotes.", id="the separator that counts"
        ),
        pytest.param("class.csv", "x\tname\na\tb\tc\n", "Put values that hold tabs in quotes.", id="tabs that count"),
        pytest.param(
            "class.csv", 'name,x\nAnna,"a\nBen,b\n', "line 2 cannot be taken apart", id="a quote that is missing"
        ),
        pytest.param(
            "class.csv",
            "name,x,name\n",
            "line 1 has 'name' and 'name'. Give one of them another name",
            id="a column twice",
        ),
        pytest.param(
            "class.csv",
            "First name;x;first_name\n",
            "line 1 has 'First name' and 'first_name'",
            id="twice in other words",
        ),
        pytest.param(
            "class.csv",
            "name\nMüller\n".encode("cp1252"),
            "line 2 has characters that are not in utf-8. Save it as CSV UTF-8",
            id="Windows-1252",
        ),
        pytest.param(
            "class.csv",
            "name\nAnna\n".encode("utf-16-le"),
            "has NUL characters and is no text in UTF-8",
            id="UTF-16 without a mark",
        ),
        pytest.param(
            "class.csv",
            codecs.BOM_UTF16_LE + b"n",
            "line 1 has characters that are not in utf-16",
            id="half a character",
        ),
        pytest.param(
            "class.xlsx",
            b"PK\x03\x04\x14\x00",
            "is a spreadsheet's own file and not text. Save it as CSV UTF-8",
            id="xlsx",
        ),
        pytest.param("class.yml", "a: [", "is not YAML", id="no YAML"),
        pytest.param("class.yml", "- !!int x\n", "is not YAML", id="a tag that lies"),
        pytest.param("class.yml", "name: Anna\n", "must hold a YAML list", id="YAML but no list"),
        pytest.param("class.yml", "# nobody\n", "must hold a YAML list", id="a comment alone"),
        pytest.param("class.yml", "[]", "has no students", id="no students in YAML"),
        pytest.param(
            "class.yml", "- name: a\n- name: b\n  Name: c\n", "line 3 has 'name' and 'Name'", id="a key twice"
        ),
    ],
)
def test_a_file_that_is_no_roster_is_refused_by_name(path, text, words):
    sentence = problem(text, path)
    assert path in sentence
    assert words in sentence


def test_a_column_that_was_said_and_is_not_there_is_named():
    sentence = problem("Naam,x\nAnna,\n", columns={"name": ["Naam", "Achternaam"]})
    assert sentence == (
        "pods_lab_roster_columns: class.csv line 1 has no column 'Achternaam' (it has: Naam, x). Name one that it has."
    )


def test_a_file_is_read(tmp_path):
    path = tmp_path / "Kurs 10b.csv"
    path.write_text("name\nAnna\n")
    assert roster_file.read(str(path)) == ([(f"{path} line 2", {"name": "Anna"})], ["name"], ())


def test_columns_for_other_keys_are_refused_before_the_file_is_read():
    with pytest.raises(
        RosterError, match=r"'namspace' is nothing that a column is needed for\. The keys are: name, name"
    ):
        roster_file.read("/nowhere.csv", {"name": "Naam", "namspace": "Raum"})


def test_a_misspelt_key_of_yaml_gives_the_line():
    with pytest.raises(RosterError, match=r"class.yml line 2: .*'namspace'\. Did you mean 'namespace'\?"):
        students(parse("- Anna\n- name: Ada\n  namspace: room-7\n", "class.yml").entries, "lab")


@pytest.mark.parametrize(
    ("name", "why"),
    [("nowhere.csv", "No such file or directory"), (".", "Is a directory")],
    ids=["missing", "directory"],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path, name, why):
    with pytest.raises(RosterError, match=rf"{name} cannot be read \({why}\)\. Give the path"):
        roster_file.read(str(tmp_path / name))


# --- whatever comes ---

CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)


@given(
    rows=st.lists(st.tuples(CELL.filter(str.strip), CELL), min_size=1, max_size=5),
    separator=st.sampled_from(roster_file.SEPARATORS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_writes_is_read(rows, separator, encoding, line_end):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator=line_end)
    writer.writerows([("name", "note"), *rows])
    # Blanks around a value are not the value's; in front of a quote they are not the quote's.
    expected = [(name.strip(), note.strip()) for name, note in rows]
    got = values(written.getvalue().encode(encoding))
    assert [(entry["name"], entry.get("note", "")) for entry in got] == expected


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["class.csv", "class.yml"]))
@example(b"- !!bool x", "class.yml")
@example(b"- !!timestamp x", "class.yml")
@example(b"- !!float x", "class.yml")
@example(b"- {[a]: b}", "class.yml")
@example(b"- " + b"[" * 3000, "class.yml")
def test_whatever_stands_in_a_file_is_read_or_refused(content, path):
    try:
        assert parse(content, path).entries
    except RosterError as error:
        assert path in str(error)
