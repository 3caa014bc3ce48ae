# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import (
    OUTCOMES,
    classify_refusal,
    classify_status,
    exit_code,
    parse_status,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import VERSIONS, recording

EXPECTED = {
    ("sleep", "/nosuch"): ("no_such_executable", None),
    ("sleep", "nosuch"): ("no_such_executable", None),
    ("sleep", "/etc"): ("no_such_executable", None),
    ("sleep", "/etc/passwd"): ("no_such_executable", None),
    ("noshell", "sh -c true"): ("no_such_executable", None),
    ("noshell", "/bin/sh"): ("no_such_executable", None),
    ("sleep", "true"): ("ok", 0),
    ("sleep", "false"): ("nonzero_exit", 1),
    ("sleep", "sh -c echo out; echo err >&2; exit 3"): ("nonzero_exit", 3),
    ("sleep", "sh -c kill -9 $$"): ("nonzero_exit", 137),
    ("sleep", "sh -c nosuch"): ("nonzero_exit", 127),
    ("sleep", ""): ("api_error", None),
    ("nopull", "true"): ("container_not_running", None),
    ("done", "true"): ("container_not_running", None),
    ("nosuchpod", "true"): ("pod_not_found", None),
}


def recorded():
    for version in VERSIONS:
        for entry in recording(f"exec-{version}")["websocket"]:
            yield pytest.param(
                entry,
                id=f"{version}-{entry['subprotocol'][:2]}-{entry['pod']}-{' '.join(entry['argv']) or 'nothing'}-{entry.get('container', '')}",
            )


@pytest.mark.parametrize("entry", list(recorded()))
def test_recording(entry):
    handshake = entry["handshake"]
    argv = entry["argv"]
    if handshake["status"] != 101:
        outcome = classify_refusal(handshake["status"], handshake.get("body") or "")
        if handshake["status"] == 403:
            assert outcome.outcome == "api_error", (
                "1.20 refuses an offer of v5 alone with a bare 403, which forbids nothing"
            )
        elif entry.get("container"):
            assert (outcome.outcome, "is not valid for pod" in outcome.reason) == ("api_error", True)
        else:
            assert (outcome.outcome, outcome.rc) == EXPECTED[entry["pod"], " ".join(argv)]
        return
    streams = {1: "", 2: "", 3: ""}
    for frame in entry["frames"]:
        streams[frame["channel"]] += frame["data"]
    outcome = classify_status(parse_status(streams[3].encode()), (argv or [""])[0], streams[1], streams[2])
    assert (outcome.outcome, outcome.rc) == EXPECTED[entry["pod"], " ".join(argv)]


def nonzero(code):
    return {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"exit code {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


@pytest.mark.parametrize(
    "code, stdout, stderr",
    [
        # CRI-O with runc, CRI-O with crun, docker; all hand over the runtime's words as if the command had written them.
        (
            255,
            "",
            'time="2026-11-22T08:31:41Z" level=error msg='
            '"exec failed: unable to start container process: exec: \\"sh\\": executable file not found in $PATH"\n',
        ),
        (1, "", "executable file `sh` not found in $PATH: No such file or directory\n"),
        (127, "", "executable file `sh` not found in $PATH\n"),
        (
            126,
            "OCI runtime exec failed: exec failed: container_linux.go:370: "
            'starting container process caused: exec: "sh": executable file not found in $PATH: unknown\r\n',
            "",
        ),
        (
            126,
            "",
            'OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": stat sh: no such file or directory: unknown\n',
        ),
    ],
)
def test_no_such_executable_on_other_runtimes(code, stdout, stderr):
    outcome = classify_status(nonzero(code), "sh", stdout, stderr)
    assert (outcome.outcome, outcome.rc) == ("no_such_executable", None)


@pytest.mark.parametrize(
    "code, stdout, stderr",
    [
        (127, "", "sh: nosuch: not found\n"),
        (126, "", "sh: ./script: Permission denied\n"),
        (255, "", "ssh: connect to host example port 22: Connection refused\n"),
        (255, "", ""),
        (
            1,
            "",
            'exec: "python": executable file not found in $PATH\n',
        ),  # a Go program that could not start another one
        (
            126,
            "",
            'OCI runtime exec failed: exec failed: unable to start container process: exec: "python": executable file not found in $PATH\n',
        ),  # docker in the pod
        (127, "some output", "executable file `sh` not found in $PATH\n"),  # whoever has written output was executed
        (3, "", "executable file `sh` not found in $PATH\n"),
        (128, "", ""),
    ],
)
def test_a_code_alone_or_other_words_are_the_commands_own(code, stdout, stderr):
    outcome = classify_status(nonzero(code), "sh", stdout, stderr)
    assert (outcome.outcome, outcome.rc) == ("nonzero_exit", code)


@pytest.mark.parametrize(
    "status, code",
    [
        ({"status": "Success"}, 0),
        (nonzero(3), 3),
        ({"status": "Failure"}, None),
        (
            {
                "status": "Failure",
                "reason": "InternalError",
                "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
            },
            None,
        ),
        ({"status": "Failure", "reason": "NonZeroExitCode"}, None),
        (
            {
                "status": "Failure",
                "reason": "NonZeroExitCode",
                "details": {"causes": [{"reason": "Other", "message": "3"}]},
            },
            None,
        ),
        (
            {
                "status": "Failure",
                "reason": "NonZeroExitCode",
                "details": {"causes": [{"reason": "ExitCode", "message": "three"}]},
            },
            None,
        ),
        ({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": "none"}}, None),
    ],
)
def test_an_exit_code_exists_only_where_the_status_has_one(status, code):
    assert exit_code(status) == code


@pytest.mark.parametrize(
    "message",
    [
        "error executing command in container: failed to exec in container: container is in CONTAINER_EXITED state",
        "cannot exec in a stopped container",
        'container not found ("app")',
        "No such container: 0123456789abcdef",
    ],
)
def test_container_not_running_in_a_status(message):
    assert classify_status({"status": "Failure", "message": message}, "sh").outcome == "container_not_running"


def status_body(code, message, **more):
    return json.dumps({"kind": "Status", "status": "Failure", "message": message, "code": code, **more})


@pytest.mark.parametrize(
    "code, body, impersonating, outcome",
    [
        (
            403,
            status_body(
                403, 'pods "x" is forbidden: User "alice" cannot create resource "pods/exec"', reason="Forbidden"
            ),
            None,
            "forbidden",
        ),
        (
            403,
            status_body(
                403, 'pods "x" is forbidden: User "alice" cannot create resource "pods/exec"', reason="Forbidden"
            ),
            "alice",
            "forbidden",
        ),
        (
            403,
            status_body(403, 'users "alice" is forbidden: User "teacher" cannot impersonate resource "users"'),
            "alice",
            "api_error",
        ),
        (403, "", None, "api_error"),
        (404, status_body(404, 'pods "x" not found', details={"kind": "pods"}), None, "pod_not_found"),
        (
            404,
            status_body(404, "the server could not find the requested resource", details={"kind": "gadgets"}),
            None,
            "api_error",
        ),
        (400, status_body(400, "pod x does not have a host assigned"), None, "container_not_running"),
        (
            400,
            status_body(400, "a container name must be specified for pod x, choose one of: [a b]"),
            None,
            "api_error",
        ),
        (401, status_body(401, "Unauthorized"), None, "api_error"),
        (500, 'container not found ("app")', None, "container_not_running"),
        (503, "", None, "api_error"),
    ],
)
def test_refusals(code, body, impersonating, outcome):
    result = classify_refusal(code, body, impersonating=impersonating)
    assert result.outcome == outcome
    assert result.rc is None and result.reason


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'{"status": "Maybe"}', b'"Success"', b"\xff", b"[" * 100000]
)
def test_what_is_no_status(raw):
    assert parse_status(raw) is None


@given(st.binary(max_size=200))
def test_nothing_on_the_error_channel_crashes_it(raw):
    parse_status(raw)


@given(
    st.dictionaries(
        st.sampled_from(["status", "reason", "message", "details"]),
        st.none() | st.text() | st.lists(st.text()) | st.just("Failure"),
    ),
    st.text(),
    st.text(),
    st.text(),
)
def test_every_status_has_an_outcome_and_a_reason(status, command, stdout, stderr):
    outcome = classify_status(status, command, stdout, stderr)
    assert outcome.outcome in OUTCOMES and outcome.reason
    assert (outcome.rc is None) == (outcome.outcome not in ("ok", "nonzero_exit"))


def test_a_name_that_holds_the_word_impersonate_changes_nothing():
    message = 'pods "web" is forbidden: User "bob" cannot get resource "pods/exec" in API group "" in the namespace "we-impersonate"'
    body = json.dumps({"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403, "message": message})
    assert classify_refusal(403, body, impersonating="bob").outcome == "forbidden"
