# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What logs say of requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso_seconds
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.http_log import address, served_requests


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.9 "GET / HTTP/1.1" 200',  # the lab's web app
        '10.0.0.9 - - [26/Nov/2026:10:42:00 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/8.14.1" "-"',  # nginx
        '10.0.0.9 - - [26/Nov/2026 10:42:00] "GET / HTTP/1.1" 200 -',  # python -m http.server
        '2026/11/26 10:42:00 10.0.0.9:40312 - - [26/Nov/2026:10:42:00 +0000] "GET / HTTP/1.1" - -',  # whoami --verbose
        '::ffff:10.0.0.9 - - [26/Nov/2026:10:42:00 +0000] "HEAD /x HTTP/1.0" 404 0',  # httpd on both families
    ],
)
def test_servers_write_whoever_asked(line):
    (plain,) = served_requests(line.encode())
    assert (plain.peer, plain.at, plain.probe) == ("10.0.0.9", None, False)
    (stamped,) = served_requests(b"2026-11-26T10:42:07.123456789Z " + line.encode() + b"\n")
    assert (stamped.peer, iso_seconds(stamped.at)) == ("10.0.0.9", "2026-11-26T10:42:07Z")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Listening on :8080",
        "Hostname: web",
        '"GET / HTTP/1.1" 200',
        'somebody "GET / HTTP/1.1" 200',
        "10.0.0.9 GET / HTTP/1.1",
        '10.0.0.9 "GET /"',
        '10.0.0.9 "get / HTTP/1.1"',
        '10.0.0.999 "GET / HTTP/1.1" 200',
        "10.0.0.9 " + "x" * 300 + ' "GET / HTTP/1.1" 200',
        '10.0.0.9 "GET /' + "x" * 5000 + ' HTTP/1.1" 200',
    ],
)
def test_other_lines_are_no_requests(line):
    assert served_requests(line.encode()) == []


def test_a_probe_of_the_kubelet_is_told():
    (probe,) = served_requests(b'10.0.0.1 - - [x] "GET / HTTP/1.1" 200 1 "-" "kube-probe/1.37"')
    assert probe.probe


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.9", "10.0.0.9"),
        ("10.0.0.9:40312", "10.0.0.9"),
        ("fd00::7", "fd00::7"),
        ("FD00:0::7", "fd00::7"),
        ("[fd00::7]:40312", "fd00::7"),
        ("[fd00::7]", "fd00::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:10.0.0.9", "10.0.0.9"),
        ("10.0.0", ""),
        ("", ""),
        ("[", ""),
        (":", ""),
    ],
)
def test_addresses_have_one_form(text, expected):
    assert address(text) == expected


@given(st.binary(max_size=300) | st.text(alphabet='10.:[]%"GETHP/ -', max_size=80).map(str.encode))
def test_any_log_can_be_read(log):
    for request in served_requests(log):
        assert request.peer and address(request.peer) == request.peer
