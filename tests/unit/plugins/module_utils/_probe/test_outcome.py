# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.api_status import ApiStatus
from ansible_collections.kubelabs.pods.plugins.module_utils._probe.outcome import (
    EXPECTABLE,
    Word,
    classify_refusal,
    classify_status,
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
            words = [version, entry["subprotocol"][:2], entry["pod"], " ".join(entry["argv"]) or "nothing"]
            yield pytest.param(entry, id="-".join([*words, entry.get("container", "")]))


@pytest.mark.parametrize("entry", list(recorded()))
def test_recording(entry):
    handshake = entry["handshake"]
    argv = entry["argv"]
    if handshake["status"] != 101:
        body = handshake.get("body") or ""
        outcome = classify_refusal(handshake["status"], ApiStatus.parse(body), body)
        if handshake["status"] == 403:
            assert outcome.word == "api_error", (
                "1.20 refuses an offer of v5 alone with a bare 403, which forbids nothing"
            )
        elif entry.get("container"):
            assert (outcome.word, "is not valid for pod" in outcome.reason) == ("api_error", True)
        else:
            assert (outcome.word, outcome.rc) == EXPECTED[entry["pod"], " ".join(argv)]
        return
    streams = {1: "", 2: "", 3: ""}
    for frame in entry["frames"]:
        streams[frame["channel"]] += frame["data"]
    outcome = classify_status(ApiStatus.parse(streams[3]), (argv or [""])[0], streams[1], streams[2])
    assert (outcome.word, outcome.rc) == EXPECTED[entry["pod"], " ".join(argv)]


def nonzero(code):
    return {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"exit code {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


# CRI-O and docker hand over the runtime's words as if the command had written them.
OTHER_RUNTIMES = {
    "CRI-O with runc": (
        255,
        "",
        'time="2026-11-22T08:31:41Z" level=error msg="exec failed: unable to start container process: '
        'exec: \\"sh\\": executable file not found in $PATH"\n',
    ),
    "CRI-O with crun": (1, "", "executable file `sh` not found in $PATH: No such file or directory\n"),
    "CRI-O with crun, 127": (127, "", "executable file `sh` not found in $PATH\n"),
    "docker, on stdout": (
        126,
        "OCI runtime exec failed: exec failed: container_linux.go:370: "
        'starting container process caused: exec: "sh": executable file not found in $PATH: unknown\r\n',
        "",
    ),
    "docker, on stderr": (
        126,
        "",
        "OCI runtime exec failed: exec failed: unable to start container process: "
        'exec: "sh": stat sh: no such file or directory: unknown\n',
    ),
}


@pytest.mark.parametrize("code, stdout, stderr", OTHER_RUNTIMES.values(), ids=OTHER_RUNTIMES)
def test_no_such_executable_on_other_runtimes(code, stdout, stderr):
    outcome = classify_status(ApiStatus.of(nonzero(code)), "sh", stdout, stderr)
    assert (outcome.word, outcome.rc) == ("no_such_executable", None)


THE_COMMANDS_OWN = {
    "a shell without the command": (127, "", "sh: nosuch: not found\n"),
    "a script that is not executable": (126, "", "sh: ./script: Permission denied\n"),
    "ssh": (255, "", "ssh: connect to host example port 22: Connection refused\n"),
    "no words": (255, "", ""),
    "a Go program that could not start another": (1, "", 'exec: "python": executable file not found in $PATH\n'),
    "docker in the pod": (
        126,
        "",
        "OCI runtime exec failed: exec failed: unable to start container process: "
        'exec: "python": executable file not found in $PATH\n',
    ),
    "whoever has written output was executed": (127, "some output", "executable file `sh` not found in $PATH\n"),
    "a code that no runtime gives": (3, "", "executable file `sh` not found in $PATH\n"),
    "a code for starting containers": (128, "", ""),
}


@pytest.mark.parametrize("code, stdout, stderr", THE_COMMANDS_OWN.values(), ids=THE_COMMANDS_OWN)
def test_a_code_alone_or_other_words_are_the_commands_own(code, stdout, stderr):
    outcome = classify_status(ApiStatus.of(nonzero(code)), "sh", stdout, stderr)
    assert (outcome.word, outcome.rc) == ("nonzero_exit", code)


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
    assert classify_status(ApiStatus(False, message=message), "sh").word == "container_not_running"


CANNOT_EXEC = 'pods "x" is forbidden: User "alice" cannot create resource "pods/exec"'
CANNOT_IMPERSONATE = 'users "alice" is forbidden: User "teacher" cannot impersonate resource "users"'


def status(code, message, reason="", kind=""):
    return ApiStatus(False, code, reason, message, {"kind": kind} if kind else {})


@pytest.mark.parametrize(
    "code, answer, impersonating, outcome",
    [
        pytest.param(403, status(403, CANNOT_EXEC, "Forbidden"), None, "forbidden", id="forbidden"),
        pytest.param(403, status(403, CANNOT_EXEC, "Forbidden"), "alice", "forbidden", id="forbidden to another"),
        pytest.param(403, status(403, CANNOT_IMPERSONATE), "alice", "api_error", id="may not impersonate"),
        pytest.param(403, "", None, "api_error", id="a bare 403"),
        pytest.param(403, "<html>no websockets here</html>", None, "api_error", id="a proxy's 403"),
        pytest.param(404, status(404, 'pods "x" not found', kind="pods"), None, "pod_not_found", id="no pod"),
        pytest.param(404, status(404, "no", kind="namespaces"), None, "pod_not_found", id="no namespace"),
        pytest.param(404, status(404, "no such resource", kind="gadgets"), None, "api_error", id="not about a pod"),
        pytest.param(404, "<html>not here</html>", None, "api_error", id="a proxy's 404"),
        pytest.param(
            400, status(400, "pod x does not have a host assigned"), None, "container_not_running", id="no node yet"
        ),
        pytest.param(
            400, status(400, "a container name must be specified for pod x"), None, "api_error", id="which container"
        ),
        pytest.param(401, status(401, "Unauthorized"), None, "api_error", id="credentials"),
        pytest.param(500, 'container not found ("app")', None, "container_not_running", id="the kubelet's text"),
        pytest.param(503, "", None, "api_error", id="no words"),
    ],
)
def test_refusals(code, answer, impersonating, outcome):
    sent = (None, answer) if isinstance(answer, str) else (answer, "")
    result = classify_refusal(code, *sent, impersonating=impersonating)
    assert result.word == outcome
    assert result.rc is None and result.reason


@given(st.builds(ApiStatus, st.booleans(), st.integers(), st.text(), st.text()), st.text(), st.text(), st.text())
def test_every_status_has_an_outcome_and_a_reason(status, command, stdout, stderr):
    outcome = classify_status(status, command, stdout, stderr)
    assert outcome.word in EXPECTABLE and outcome.reason
    assert (outcome.rc is None) == (outcome.word not in ("ok", "nonzero_exit"))


def test_nobody_can_expect_what_is_no_answer_of_the_cluster():
    assert set(Word) - set(EXPECTABLE) == {Word.SKIPPED, Word.INTERNAL_ERROR}


def test_a_name_that_holds_the_word_impersonate_changes_nothing():
    message = 'pods "web" is forbidden: User "bob" cannot get resource "pods/exec" in the namespace "we-impersonate"'
    status = ApiStatus(False, 403, "Forbidden", message)
    assert classify_refusal(403, status, impersonating="bob").word == "forbidden"
