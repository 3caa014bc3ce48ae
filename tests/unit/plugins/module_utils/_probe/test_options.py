# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.expectation import Expectation
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.options import (
    exec_probe,
    log_probe,
    probe_argument_spec,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import EXPECTABLE
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import ExecProbe, LogProbe

#: As Ansible hands them over, with its defaults.
COMMON = {
    "name": "p",
    "namespace": "n",
    "pod": "x",
    "container": None,
    "expect": None,
    "timeout": 10.0,
    "retries": 0,
    "delay": 1.0,
    "as_user": None,
    "as_groups": None,
}
EXEC = {**COMMON, "command": ["true"], "stdin": None, "encoding": "text"}
LOG = {**COMMON, "previous": False, "tail_lines": None}


def test_defaults_are_those_of_the_request():
    assert exec_probe(EXEC) == ExecProbe(name="p", namespace="n", pod="x", command=("true",))
    assert log_probe(LOG) == LogProbe(name="p", namespace="n", pod="x")


def test_every_option_of_an_exec_probe_arrives():
    options = {
        **EXEC,
        "container": "c",
        "expect": {"rc": [3]},
        "timeout": 2,
        "retries": 4,
        "delay": 0,
        "as_user": "alice",
        "as_groups": ["g", "h"],
        "command": ["echo", "a b"],
        "stdin": "AP8=",
        "encoding": "base64",
    }
    assert exec_probe(options) == ExecProbe(
        name="p",
        namespace="n",
        pod="x",
        container="c",
        expect=Expectation.from_options({"rc": [3]}),
        timeout=2.0,
        retries=4,
        delay=0.0,
        as_user="alice",
        as_groups=("g", "h"),
        command=("echo", "a b"),
        stdin=b"\x00\xff",
        encoding="base64",
    )


def test_every_option_of_a_log_probe_arrives():
    probe = log_probe({**LOG, "previous": True, "tail_lines": 0})
    assert (probe.previous, probe.tail_lines) == (True, 0)


def test_input_that_is_text_is_sent_as_utf_8():
    assert exec_probe({**EXEC, "stdin": "ü\n"}).stdin == b"\xc3\xbc\n"
    assert exec_probe({**EXEC, "stdin": ""}).stdin == b"", "an input that ends at once is not the same as none"


@pytest.mark.parametrize(
    "options, words",
    [
        pytest.param({"name": ""}, "Probe '': name is empty.", id="name"),
        pytest.param({"namespace": ""}, "Probe 'p': namespace is empty.", id="namespace"),
        pytest.param({"pod": ""}, "Probe 'p': pod is empty.", id="pod"),
        pytest.param({"command": []}, "Probe 'p': command is empty; give the program", id="no command"),
        pytest.param(
            {"command": "ls -l 'a b'"},
            """no shell reads it; write it as a list: ["ls", "-l", "a b"].""",
            id="command as text",
        ),
        pytest.param({"command": "echo it's"}, """as a list: ["echo", "it's"].""", id="command with half a quotation"),
        pytest.param({"command": {"a": "b"}}, "command is {'a': 'b'}, and must be a list", id="command as mapping"),
        pytest.param({"command": ["echo", True]}, "command has True, which is no text", id="boolean in a command"),
        pytest.param({"command": ["echo", None]}, "command has None, which is no text", id="nothing in a command"),
        pytest.param(
            {"expect": {"contains": [["a"]]}}, "expect.contains has ['a'], which is no text", id="list in list"
        ),
        pytest.param({"command": ["", "a"]}, "Probe 'p': command is empty", id="no program"),
        pytest.param({"timeout": 0.0}, "Probe 'p': timeout is 0.0, and must be", id="no time"),
        pytest.param({"timeout": math.nan}, "Probe 'p': timeout is nan, and must be", id="timeout nan"),
        pytest.param({"timeout": math.inf}, "Probe 'p': timeout is inf, and must be a finite", id="timeout inf"),
        pytest.param({"retries": -1}, "Probe 'p': retries is -1, and must be", id="retries"),
        pytest.param({"delay": -0.1}, "Probe 'p': delay is -0.1, and must be", id="delay"),
        pytest.param({"delay": math.nan}, "Probe 'p': delay is nan, and must be", id="delay nan"),
        pytest.param({"as_user": ""}, "Probe 'p': as_user is empty; without it nobody", id="nobody"),
        pytest.param({"as_groups": ["g"]}, "whatever as_groups says", id="groups of nobody"),
        pytest.param({"as_user": "alice\n"}, "Probe 'p': as_user has a line break", id="two lines of user"),
        pytest.param(
            {"as_user": "a", "as_groups": ["g\r\nX: y"]}, "as_groups has a line break", id="header in a group"
        ),
        pytest.param({"expect": {"regex": "("}}, "Probe 'p': '(' is not a regular expression", id="expectation"),
        pytest.param({"expect": {"rc": [256]}}, "Probe 'p': expect.rc has 256", id="impossible expectation"),
        pytest.param({"stdin": "ü", "encoding": "base64"}, "Probe 'p': stdin is not base64", id="not base64"),
        pytest.param({"stdin": "AP8", "encoding": "base64"}, "Probe 'p': stdin is not base64", id="half of base64"),
        pytest.param({"stdin": "\udc80"}, "Probe 'p': stdin cannot be written as UTF-8", id="no text"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(options, words):
    with pytest.raises(ArgumentError) as refused:
        exec_probe({**EXEC, **options})
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")


def test_numbers_in_lists_are_the_texts_that_they_were():
    probe = exec_probe({**EXEC, "command": ["sleep", 5, 0.5], "expect": {"contains": [8080]}})
    assert probe.command == ("sleep", "5", "0.5")
    assert probe.expect.contains == ("8080",)


def test_a_text_that_must_be_contained_is_not_split():
    probe = exec_probe({**EXEC, "expect": {"contains": "Hello, world", "stderr_contains": "a,b"}})
    assert (probe.expect.contains, probe.expect.stderr_contains) == (("Hello, world",), ("a,b",))


def test_a_log_has_no_negative_number_of_lines():
    with pytest.raises(ArgumentError, match=r"Probe 'p': tail_lines is -1, and must be 0 or more\."):
        log_probe({**LOG, "tail_lines": -1})


def test_ansible_sees_plain_strings():
    """Not members of an enumeration, of which it would print the names."""
    spec = probe_argument_spec(outcomes=EXPECTABLE, expect={}, own={})
    choices = spec["probes"]["options"]["expect"]["options"]["outcome"]["choices"]
    assert {type(choice) for choice in choices} == {str}
    assert choices[0] == "ok" and len(choices) == 9
