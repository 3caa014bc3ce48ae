# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.expectation import Expectation, lookup, same_value
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import Outcome, Word


def unmet(options, outcome="ok", rc=0, stdout="", stderr=""):
    return Expectation.from_options(options).unmet(Outcome(Word(outcome), "the reason", rc), stdout, stderr)


@pytest.mark.parametrize(
    "options, result, met",
    [
        pytest.param(None, {}, True, id="ok is expected"),
        pytest.param(None, {"outcome": "nonzero_exit", "rc": 1}, False, id="a failure is not expected"),
        pytest.param({"rc": [3]}, {"outcome": "nonzero_exit", "rc": 3}, True, id="the exit code"),
        pytest.param({"rc": [3]}, {}, False, id="another exit code"),
        pytest.param({"rc": [0, 3]}, {}, True, id="one of the exit codes"),
        pytest.param({"rc": [3]}, {"outcome": "no_such_executable", "rc": None}, False, id="no exit code at all"),
        pytest.param(
            {"outcome": ["no_such_executable"]}, {"outcome": "no_such_executable", "rc": None}, True, id="the outcome"
        ),
        pytest.param({"outcome": ["no_such_executable"]}, {}, False, id="another outcome"),
        pytest.param(
            {"outcome": ["nonzero_exit"], "rc": [1]},
            {"outcome": "nonzero_exit", "rc": 2},
            False,
            id="outcome and another exit code",
        ),
        pytest.param({"contains": ["a", "b"]}, {"stdout": "xaxb"}, True, id="both texts"),
        pytest.param({"contains": ["a", "b"]}, {"stdout": "xa"}, False, id="one text missing"),
        pytest.param(
            {"stderr_contains": ["no"]}, {"stdout": "no", "stderr": ""}, False, id="a text in the other stream"
        ),
        pytest.param({"stderr_contains": ["no"]}, {"stderr": "no"}, True, id="a text in stderr"),
        pytest.param({"regex": "^b$"}, {"stdout": "a\nb\nc"}, True, id="a line matches"),
        pytest.param({"regex": "^b$"}, {"stdout": "ab"}, False, id="no line matches"),
        pytest.param({"not_empty": True}, {"stdout": " \n"}, False, id="only white space"),
        pytest.param({"not_empty": True}, {"stdout": "x"}, True, id="something"),
        pytest.param({"json": {"a.b.1": 2}}, {"stdout": '{"a": {"b": [1, 2]}}'}, True, id="a value in the JSON"),
        pytest.param({"json": {"a.b.2": 2}}, {"stdout": '{"a": {"b": [1, 2]}}'}, False, id="no such place in the JSON"),
        pytest.param({"json": {"a": 2}}, {"stdout": "no JSON"}, False, id="no JSON"),
        pytest.param({"json": {"": [1]}}, {"stdout": "[1]"}, True, id="the whole document"),
        pytest.param({"json": {"a": True}}, {"stdout": '{"a": 1}'}, False, id="true is not 1"),
        pytest.param({"json": {"a": 1}}, {"stdout": '{"a": 1.0}'}, True, id="1 is 1.0"),
    ],
)
def test_met(options, result, met):
    clauses = unmet(options, **result)
    assert (clauses == []) is met
    assert all(clauses)


def test_the_clause_names_what_was_seen():
    assert unmet(None, outcome="timeout", rc=None) == ["expected ok, got timeout: the reason"]
    said = ["expected ok, got nonzero_exit: the reason ('curl: (7) no route')"]
    assert unmet(None, outcome="nonzero_exit", rc=7, stdout="page", stderr="trying\ncurl: (7) no route\n") == said
    assert unmet(None, outcome="nonzero_exit", rc=7, stdout="", stderr="") == [
        "expected ok, got nonzero_exit: the reason"
    ]
    assert unmet({"rc": [1, 2]}, rc=0) == ["expected exit code 1 or 2, got 0"]
    assert unmet({"contains": ["x"]}, stdout="y") == ["stdout lacks 'x' (stdout: 'y')"]
    assert unmet({"json": {"a": 1}}, stdout='{"a": 2}')[0].startswith("the JSON in stdout has a = 2, expected 1 (")


def test_a_quotation_stands_with_the_clauses_that_it_belongs_to():
    assert unmet({"stderr_contains": ["y"]}, stdout="the output", stderr="x") == ["stderr lacks 'y' (stderr: 'x')"]
    assert unmet(
        {"rc": [3], "contains": ["a", "b"], "stderr_contains": ["y"], "not_empty": True}, stdout="one", stderr="two"
    ) == [
        "expected exit code 3, got 0",
        "stdout lacks 'a'",
        "stdout lacks 'b' (stdout: 'one')",
        "stderr lacks 'y' (stderr: 'two')",
    ]
    assert unmet({"stderr_contains": ["stdout"]}, stdout="one") == ["stderr lacks 'stdout' (stderr: '')"]


@pytest.mark.parametrize("options", [{"not_empty": True}, {"regex": r"\S"}, {"not_empty": True, "contains": ["a"]}])
@pytest.mark.parametrize("stdout", ["", " \n"])
def test_where_there_should_be_something_and_is_nothing_no_pattern_is_told(options, stdout):
    assert unmet(options, stdout=stdout) == ["there is no output"]


def test_a_quotation_is_short():
    (clause,) = unmet({"contains": ["a"]}, stdout="x" * 5000)
    assert clause.endswith("xxx...')") and len(clause) < 250


@pytest.mark.parametrize("regex", ["(", "a{99999999999999999999}"], ids=["unbalanced", "too much"])
def test_bad_regular_expression(regex):
    with pytest.raises(ArgumentError, match="is not a regular expression"):
        Expectation.from_options({"regex": regex})


@pytest.mark.parametrize(
    "options, words",
    [
        pytest.param({"outcome": ["ok"], "rc": [3]}, "outcome ok does not have the exit code 3", id="ok with another"),
        pytest.param(
            {"outcome": ["nonzero_exit"], "rc": [0]}, "nonzero_exit does not have the exit code 0", id="not 0"
        ),
        pytest.param(
            {"outcome": ["timeout", "forbidden"], "rc": [0, 1]},
            "timeout or forbidden does not have the exit code 0 or 1",
            id="no exit code at all",
        ),
        pytest.param({"rc": [1, 256]}, "expect.rc has 256, and exit codes are 0 to 255", id="too large a code"),
        pytest.param({"rc": [-1]}, "expect.rc has -1", id="a negative code"),
        pytest.param({"outcome": ["pod_not_found"], "contains": ["x"]}, "pod_not_found there is no output", id="text"),
        pytest.param({"outcome": ["forbidden"], "stderr_contains": ["x"]}, "there is no output", id="text in stderr"),
        pytest.param({"outcome": ["forbidden"], "regex": "x"}, "there is no output", id="regex"),
        pytest.param({"outcome": ["forbidden"], "json": {"": None}}, "there is no output", id="json"),
        pytest.param({"outcome": ["forbidden"], "not_empty": True}, "there is no output", id="not empty"),
    ],
)
def test_what_can_never_be_met_is_refused(options, words):
    with pytest.raises(ArgumentError) as refused:
        Expectation.from_options(options)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"outcome": ["ok", "nonzero_exit"], "rc": [0, 255]}, id="both ends"),
        pytest.param({"outcome": ["ok", "forbidden"], "rc": [0]}, id="one of the outcomes has it"),
        pytest.param({"outcome": ["ok", "forbidden"], "contains": ["x"]}, id="one of the outcomes has output"),
        pytest.param({"outcome": ["no_such_executable"], "stderr_contains": ["x"]}, id="what the runtime says"),
        pytest.param({"outcome": ["forbidden"], "regex": "^$", "contains": [""]}, id="what nothing meets as well"),
    ],
)
def test_what_can_be_met_is_not_refused(options):
    Expectation.from_options(options)


def test_keys_with_dots_are_found():
    document = {"metadata": {"labels": {"kubelabs.pods/class": "c"}}, "a.b": {"c": [{"d.e": 1}]}}
    assert lookup(document, "metadata.labels.kubelabs.pods/class") == "c"
    assert lookup(document, "a.b.c.0.d.e") == 1
    assert lookup(document, "a.b.c.-1.d.e") == 1


@pytest.mark.parametrize("path", ["x", "a.x", "a.0", "l.2", "l.x", "a..b", "."])
def test_missing_paths(path):
    with pytest.raises(KeyError):
        lookup({"a": {"b": 1}, "l": [1, 2]}, path)


@pytest.mark.parametrize(
    "found, expected, same",
    [
        pytest.param(True, True, True, id="true"),
        pytest.param(True, 1, False, id="true is not 1"),
        pytest.param(0, False, False, id="0 is not false"),
        pytest.param(1, 1.0, True, id="1 is 1.0"),
        pytest.param("1", 1, False, id="a text is no number"),
        pytest.param(None, None, True, id="null"),
    ],
)
def test_same_value(found, expected, same):
    assert same_value(found, expected) is same
