# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""junit.xml, held against the schema of Jenkins and read back by a library for such files."""

from __future__ import annotations

import pathlib

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import check
from ansible_collections.kubelabs.pods.plugins.plugin_utils._report_junit import junit_xml

SCHEMA = etree.XMLSchema(etree.parse(str(pathlib.Path(__file__).parents[2] / "junit/junit-4.xsd")))
ANY_TEXT = st.text(st.characters(exclude_categories=()))
KUBECTL = "kubectl -n monday-anna logs web"


def report(*checks, name="Anna Müller"):
    student = {"name": name, "namespace": "monday-anna", "checks": list(checks), "restarts": []}
    cluster = {"context": "x", "server": "https://192.0.2.1:6443", "version": "v1.37.2", "nodes": []}
    times = {"started": "2026-01-01T00:00:00Z", "finished": "2026-01-01T00:01:00Z"}
    return {"class": "monday", "cluster": cluster, **times, "students": [student]}


def read(of):
    """The file as the library reads it, after the schema has been asked."""
    text = junit_xml(of)
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    return junitparser.JUnitXml.fromstring(text.encode())


def test_a_suite_for_each_student_and_a_case_for_each_check():
    (suite,) = read(
        report(
            check("Anna Müller", "logs", True, result={"duration": 1.25}),
            check("Anna Müller", "dns", False, "No answer.", "timed out", {"kubectl": KUBECTL}, "It was busy."),
            check("Anna Müller", "back_off", None, "Needs restarts, which failed."),
        )
    )
    assert (suite.name, suite.tests, suite.failures, suite.skipped, suite.errors) == ("Anna Müller", 3, 1, 1, 0)
    assert suite.time == 1.25 and suite.timestamp == "2026-01-01T00:00:00"
    assert {one.name: one.value for one in suite.properties()} == {
        "namespace": "monday-anna",
        "cluster": "https://192.0.2.1:6443",
        "kubernetes": "v1.37.2",
    }
    logs, dns, back_off = suite
    assert {case.classname for case in suite} == {"monday.monday-anna"}
    assert (logs.name, logs.time, logs.is_passed) == ("logs", 1.25, True)
    (failure,) = dns.result
    assert isinstance(failure, junitparser.Failure) and failure.message == "No answer."
    for words in ("No answer.", "This check shows that the cluster's DNS", "Seen:\ntimed out", KUBECTL):
        assert words in failure.text
    assert dns.system_out == "Note: It was busy."
    assert back_off.is_skipped and back_off.result[0].text == "Needs restarts, which failed."


def test_a_real_lab(recorded_report):
    suites = read(recorded_report)
    assert (len(suites), suites.tests, suites.failures) == (3, 54, 0)
    cases = [(case.classname, case.name) for suite in suites for case in suite]
    assert len(set(cases)) == 54  # CI systems tell cases apart by both


def test_a_class_without_students_is_valid():
    assert len(read({**report(), "students": []})) == 0


@pytest.mark.parametrize("duration", [float("nan"), float("inf"), -1, True, "long", 10**400])
def test_a_duration_that_is_none_is_left_out(duration):
    (suite,) = read(report({**check("Anna", "logs", True), "duration": duration}))
    assert next(iter(suite)).time is None and suite.time == 0


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_anybody_says_it_is_valid_xml(name, reason, evidence):
    made = {**check(name, "dns", False, reason, evidence), "note": reason, "kubectl": evidence}
    read(report(made, check(name, "logs", None, reason), name=name))


def test_the_whole_takes_from_its_beginning_to_its_end():
    of = report(*[check("Anna Müller", "logs", True, result={"duration": 50.0})] * 3)
    assert read(of).time == 60
    unknown = {**of, "started": "yesterday"}
    assert read(unknown).time == 0
    assert "timestamp" not in junit_xml(unknown)
