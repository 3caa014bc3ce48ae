# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.expectation import Expectation, lookup, same_value


def unmet(options, outcome="ok", rc=0, stdout="", stderr=""):
    return Expectation.from_options(options).unmet(outcome, rc, stdout, stderr, "the reason")


@pytest.mark.parametrize(
    "options, result, met",
    [
        (None, {}, True),
        (None, {"outcome": "nonzero_exit", "rc": 1}, False),
        ({"rc": [3]}, {"outcome": "nonzero_exit", "rc": 3}, True),
        ({"rc": [3]}, {}, False),
        ({"rc": [0, 3]}, {}, True),
        ({"rc": [3]}, {"outcome": "no_such_executable", "rc": None}, False),
        ({"outcome": ["no_such_executable"]}, {"outcome": "no_such_executable", "rc": None}, True),
        ({"outcome": ["no_such_executable"]}, {}, False),
        ({"outcome": ["nonzero_exit"], "rc": [1]}, {"outcome": "nonzero_exit", "rc": 2}, False),
        ({"contains": ["a", "b"]}, {"stdout": "xaxb"}, True),
        ({"contains": ["a", "b"]}, {"stdout": "xa"}, False),
        ({"stderr_contains": ["no"]}, {"stdout": "no", "stderr": ""}, False),
        ({"stderr_contains": ["no"]}, {"stderr": "no"}, True),
        ({"regex": "^b$"}, {"stdout": "a\nb\nc"}, True),
        ({"regex": "^b$"}, {"stdout": "ab"}, False),
        ({"not_empty": True}, {"stdout": " \n"}, False),
        ({"not_empty": True}, {"stdout": "x"}, True),
        ({"json": {"a.b.1": 2}}, {"stdout": '{"a": {"b": [1, 2]}}'}, True),
        ({"json": {"a.b.2": 2}}, {"stdout": '{"a": {"b": [1, 2]}}'}, False),
        ({"json": {"a": 2}}, {"stdout": "no JSON"}, False),
        ({"json": {"": [1]}}, {"stdout": "[1]"}, True),
        ({"json": {"a": True}}, {"stdout": '{"a": 1}'}, False),
        ({"json": {"a": 1}}, {"stdout": '{"a": 1.0}'}, True),
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


def test_bad_regular_expression():
    with pytest.raises(ArgumentError, match="is not a regular expression"):
        Expectation.from_options({"regex": "("})


def test_keys_with_dots_are_found():
    document = {"metadata": {"labels": {"kubelabs.pods/class": "c"}}, "a.b": {"c": [{"d.e": 1}]}}
    assert lookup(document, "metadata.labels.kubelabs.pods/class") == "c"
    assert lookup(document, "a.b.c.0.d.e") == 1
    assert lookup(document, "a.b.c.-1.d.e") == 1


@pytest.mark.parametrize("path", ["x", "a.x", "a.0", "l.2", "l.x"])
def test_missing_paths(path):
    with pytest.raises(KeyError):
        lookup({"a": {"b": 1}, "l": [1, 2]}, path)


@pytest.mark.parametrize(
    "found, expected, same",
    [(True, True, True), (True, 1, False), (0, False, False), (1, 1.0, True), ("1", 1, False), (None, None, True)],
)
def test_same_value(found, expected, same):
    assert same_value(found, expected) is same
