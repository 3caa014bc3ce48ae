# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import check
from ansible_collections.kubelabs.pods.plugins.plugin_utils._report_csv import LONGEST_CELL, cell, results_csv

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def report(*students):
    return {"class": "monday", "cluster": {}, "started": "", "finished": "", "students": list(students)}


def student(name, *checks, restarts=()):
    return {"name": name, "namespace": f"monday-{name}", "checks": list(checks), "restarts": list(restarts)}


def rows(of):
    return list(csv.DictReader(io.StringIO(results_csv(of).removeprefix("\ufeff"), newline="")))


def test_a_row_for_each_student_and_a_column_for_each_check():
    anna = student(
        "anna", check("anna", "logs", True), check("anna", "dns", False, "No answer."), restarts=[{"restarts": 4}]
    )
    ben = student("ben", check("ben", "dns", None, "Needs shell_pod_ready, which failed."))
    assert rows(report(anna, ben)) == [
        {
            "student": "anna",
            "student_namespace": "monday-anna",
            "checks_passed": "1",
            "checks_failed": "1",
            "checks_skipped": "0",
            "logs": "passed",
            "dns": "failed",
            "times_restarted": "4",
            "what_failed": "dns: No answer.",
        },
        {
            "student": "ben",
            "student_namespace": "monday-ben",
            "checks_passed": "0",
            "checks_failed": "0",
            "checks_skipped": "1",
            "logs": "",
            "dns": "skipped",
            "times_restarted": "",
            "what_failed": "",
        },
    ]


def test_where_one_cause_ends_and_the_next_begins_is_seen():
    (row,) = rows(
        report(student("anna", check("anna", "dns", False, "No; none."), check("anna", "exec", False, "a\nb")))
    )
    assert row["what_failed"] == "dns: No; none. | exec: a b"


def test_no_two_columns_have_the_same_name(recorded_report):
    header = results_csv(recorded_report).splitlines()[0].split(",")
    assert len(header) == len(set(header)) == 5 + 18 + 2


def test_spreadsheets_know_that_it_is_utf_8():
    assert results_csv(report(student("Zoë"))).encode().startswith(b"\xef\xbb\xbfstudent,")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1",
        "＋1",
        "－1",
        "＠A",
        "\x1b[0m=1",
        "=" * 9000,
    ],
)
def test_no_cell_is_a_formula(text):
    assert cell(text)[0] not in "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize("text", ["Anna", "1 = 1", "O'Hara", "Müller-Lüdenscheid", ""])
def test_what_is_none_stays(text):
    assert cell(text) == text


def test_a_cell_fits_a_spreadsheet():
    assert len(cell("x" * 1_000_000)) < LONGEST_CELL + 50


@given(ANY_TEXT, ANY_TEXT)
def test_whatever_anybody_says_it_is_one_row_without_formulas(name, reason):
    (row,) = rows(report(student(name, check(name, "dns", False, reason))))
    assert row["dns"] == "failed"
    assert not any(value.lstrip().startswith(tuple("=+-@＝＋－＠")) for value in row.values())
    assert not any(control in "".join(row.values()) for control in "\r\n\x00\x1b")
