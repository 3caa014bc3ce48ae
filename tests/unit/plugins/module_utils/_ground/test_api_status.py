# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.api_status import ApiStatus, number_in
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import status_object


def failure(reason, *causes):
    return {
        "status": "Failure",
        "reason": reason,
        "details": {"causes": [{"reason": cause, "message": message} for cause, message in causes]},
    }


@pytest.mark.parametrize(
    "status, code",
    [
        pytest.param({"status": "Success"}, 0, id="success"),
        pytest.param(failure("NonZeroExitCode", ("ExitCode", "3")), 3, id="exit code"),
        pytest.param(failure("NonZeroExitCode", ("Other", "1"), ("ExitCode", "3")), 3, id="among other causes"),
        pytest.param({"status": "Failure"}, None, id="no reason"),
        pytest.param(failure("InternalError", ("ExitCode", "3")), None, id="another reason"),
        pytest.param({"status": "Failure", "reason": "NonZeroExitCode"}, None, id="no causes"),
        pytest.param(failure("NonZeroExitCode", ("Other", "3")), None, id="another cause"),
        pytest.param(failure("NonZeroExitCode", ("ExitCode", "three")), None, id="not a number"),
        pytest.param(failure("NonZeroExitCode", ("ExitCode", 3)), None, id="not a text"),
        pytest.param(
            {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": "none"}}, None, id="no list"
        ),
    ],
)
def test_an_exit_code_exists_only_where_the_status_has_one(status, code):
    assert ApiStatus.of(status).exit_code == code


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="broken JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"status": "Maybe"}', id="another status"),
        pytest.param(b'{"kind": "Pod", "status": "Failure"}', id="another kind"),
        pytest.param(b'{"kind": "Pod", "status": {"phase": "Running"}}', id="a pod"),
        pytest.param(b'"Success"', id="a text"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"[" * 100000, id="nested too deeply"),
    ],
)
def test_what_is_no_status(raw):
    assert ApiStatus.parse(raw) is None


@given(st.binary(max_size=200))
def test_no_bytes_crash_it(raw):
    ApiStatus.parse(raw)


_json = st.none() | st.text() | st.integers() | st.lists(st.text())


@given(
    st.dictionaries(st.sampled_from(["reason", "message", "code"]), _json),
    st.dictionaries(st.sampled_from(["causes", "kind", "retryAfterSeconds"]), _json) | _json,
)
def test_whatever_stands_in_it_is_read(fields, details):
    status = ApiStatus.parse(json.dumps({**fields, "status": "Failure", "details": details}))
    assert status is not None and not status.success
    assert isinstance(status.message, str) and isinstance(status.kind, str)
    assert status.exit_code is None
    assert status.retry_after is None or status.retry_after >= 0


def test_a_failure():
    details = {"kind": "pods", "retryAfterSeconds": 3}
    status = ApiStatus.of(status_object(404, "NotFound", "no such pod", details=details))
    assert (status.success, status.code, status.reason, status.message) == (False, 404, "NotFound", "no such pod")
    assert (status.kind, status.retry_after, status.exit_code) == ("pods", 3, None)


def test_wrong_types_count_as_absent():
    status = ApiStatus.of({"status": "Failure", "code": True, "reason": 1, "message": None, "details": []})
    assert (status.code, status.reason, status.message, status.kind, status.retry_after) == (0, "", "", "", None)


@pytest.mark.parametrize(
    "text, seconds",
    [("3", 3), ("0.5", 0.5), ("nan", None), ("inf", None), ("-1", None), ("Wed, 21 Oct", None), (None, None)],
)
def test_the_number_in_a_header(text, seconds):
    assert number_in(text) == seconds
