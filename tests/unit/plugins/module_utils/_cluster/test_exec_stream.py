# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster import dial, exec_stream
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.budget_socket import BudgetSocket
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.exec_stream import run_exec
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import (
    V4,
    V5,
    accept,
    close_frame,
    drip_headers,
    exit_status,
    frame,
    half_open,
    hang_up,
    in_order,
    refuse,
    reply,
    reset,
    run_true,
    send,
    ws_frame,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import ExecCommand, make_client


def run(api, responder, *, seconds=2.0, client=None, max_output=65536, **request):
    """The record, and that the deadline has held within a second."""
    api.execs["lab-alice", "web"] = responder
    began = time.monotonic()
    record = run_exec(
        client or make_client(api), ExecCommand(**request), deadline=Deadline(seconds), max_output=max_output
    )
    assert time.monotonic() - began < seconds + 1.0
    return record


SUCCESS = json.dumps(exit_status(0)).encode()


def status(record):
    return json.loads(record.error)["status"]


def test_success(api):
    record = run(api, run_true, command=("echo", "a b", "ü"))
    assert (record.stdout.data, record.ending, record.protocol, status(record)) == (
        "echo a b ü\n".encode(),
        "closed",
        V5,
        "Success",
    )
    request = api.requests[-1]
    assert request.query == {
        "command": ["echo", "a b", "ü"],
        "container": ["app"],
        "stdout": ["true"],
        "stderr": ["true"],
    }
    assert request.headers["sec-websocket-protocol"] == [f"{V5},{V4}"]
    assert request.headers["authorization"] == ["Bearer secret"]
    assert "impersonate-user" not in request.headers and "origin" not in request.headers


def test_impersonation_reaches_the_handshake(api):
    run(api, run_true, as_user="alice", as_groups=("students", "lab"))
    headers = api.requests[-1].headers
    assert (headers["impersonate-user"], headers["impersonate-group"]) == (["alice"], ["students", "lab"])


def test_connection_wide_impersonation_is_there_too_and_the_probes_wins(api):
    client = make_client(api, impersonate_user="bob", impersonate_groups=["b"])
    run(api, run_true, client=client)
    assert (api.requests[-1].headers["impersonate-user"], api.requests[-1].headers["impersonate-group"]) == (
        ["bob"],
        ["b"],
    )
    run(api, run_true, client=client, as_user="alice")
    assert api.requests[-1].headers["impersonate-user"] == ["alice"]
    assert "impersonate-group" not in api.requests[-1].headers


def test_both_streams_are_kept_apart(api):
    def responder(connection, request):
        connection.accept(request)
        connection.frame(1, b"")
        connection.send(ws_frame(b""))
        connection.frame(1, b"out1 ")
        connection.frame(2, b"err")
        connection.frame(1, b"out2")
        connection.finish(exit_status(3))

    record = run(api, responder)
    assert (record.stdout.data, record.stderr.data) == (b"out1 out2", b"err")


def test_a_character_split_across_frames_is_whole_again(api):
    def responder(connection, request):
        connection.accept(request)
        for byte in "é€😀".encode():
            connection.frame(1, bytes([byte]))
        connection.finish(exit_status(0))

    assert run(api, responder).stdout.data.decode() == "é€😀"


def test_a_message_in_fragments(api):
    def responder(connection, request):
        connection.accept(request)
        connection.send(
            ws_frame(b"\x01one ", final=False) + ws_frame(b"two ", opcode=0, final=False) + ws_frame(b"three", opcode=0)
        )
        connection.finish(exit_status(0))

    assert run(api, responder).stdout.data == b"one two three"


def test_many_frames_in_one_write_and_a_frame_in_many(api):
    def responder(connection, request):
        connection.accept(request)
        connection.send(b"".join(ws_frame(b"\x01" + bytes([65 + index])) for index in range(26)))
        for byte in ws_frame(b"\x01" + b"z" * 200):
            connection.send(bytes([byte]))
        connection.finish(exit_status(0))

    assert run(api, responder).stdout.data == bytes(range(65, 91)) + b"z" * 200


def test_binary_output_byte_for_byte_and_nothing_is_invented(api):
    data = bytes(range(256)) * 8192

    def responder(connection, request):
        connection.accept(request)
        for start in range(0, len(data), 30000):
            connection.frame(1, data[start : start + 30000])
        connection.finish(exit_status(0))

    record = run(api, responder, max_output=len(data), seconds=10)
    assert hashlib.sha256(record.stdout.data).digest() == hashlib.sha256(data).digest()
    assert not record.stdout.truncated
    record = run(api, responder, max_output=1000, seconds=10)
    assert (record.stdout.data, record.stdout.truncated, record.stdout.total) == (data[:1000], True, len(data))
    assert status(record) == "Success", "what is beyond the limit is read all the same, for the exit code comes last"


def test_stdin_and_its_end_on_v5(api):
    def responder(connection, request):
        connection.accept(request, V5)
        received = b""
        while True:
            _opcode, data = connection.read_frame()
            if data == bytes([255, 0]):
                break
            assert data[0] == 0
            received += data[1:]
        connection.frame(1, received)
        connection.finish(exit_status(0))

    data = "ünï".encode() * 50000
    record = run(api, responder, stdin=data, max_output=len(data), seconds=20)
    assert record.stdout.data == data
    assert record.stdin_closed
    assert api.requests[-1].one("stdin") == "true"


def test_stdin_on_v4_has_no_end(api):
    def responder(connection, request):
        connection.accept(request, V4)
        connection.frame(1, connection.read_frame()[1][1:])
        connection.finish(exit_status(0))

    record = run(api, responder, stdin=b"abc")
    assert (record.stdout.data, record.protocol, record.stdin_closed) == (b"abc", V4, False)


def test_a_peer_that_writes_before_it_reads_does_not_block_us(api, monkeypatch):
    """Both sides would wait for ever if all of stdin had to be sent before anything is received."""
    monkeypatch.setattr(exec_stream, "PING_AFTER", 1000)  # no ping is to set things going again
    size = 8 << 20

    def responder(connection, request):
        connection.accept(request, V5)
        for _part in range(size >> 16):
            connection.frame(1, b"x" * 65536)
        while connection.read_frame()[1] != bytes([255, 0]):
            pass
        connection.finish(exit_status(0))

    # Masking is done in Python by the fake, so less goes in than comes out; still more than the socket buffers hold.
    record = run(api, responder, stdin=b"y" * (6 << 20), max_output=10, seconds=20)
    assert (record.stdout.total, record.ending) == (size, "closed")


# --- refusals ---


def test_the_body_of_a_refusal_that_does_not_say_how_long_it_is(api):
    responder = in_order(send(b"HTTP/1.1 500 Error\r\n\r\ncontainer "), send(b"not found"), hang_up)
    record = run(api, responder)
    assert (record.http_status, record.http_body) == (500, "container not found")


@pytest.mark.parametrize(
    "code, body",
    [
        (302, ""),
        (401, "Unauthorized"),
        (403, "no"),
        (404, "gone"),
        (409, "conflict"),
        (500, 'container not found ("app")'),
        (503, ""),
        (504, "late"),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_refused(api, code, body):
    record = run(api, reply(code, body, {"Location": "https://login.example/"} if code == 302 else None))
    assert (record.ending, record.http_status, record.http_body, record.connected) == ("refused", code, body, False)


def test_the_body_of_a_refusal_is_read_to_its_end(api):
    def responder(connection, request):
        body = b"x" * 5000 + b"end"
        connection.send(f"HTTP/1.1 500 Error\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for start in range(0, len(body), 1000):
            connection.wait(0.02)
            connection.send(body[start : start + 1000])

    assert run(api, responder).http_body.endswith("end")


def test_retry_after_is_noted(api):
    record = run(api, refuse(429, "TooManyRequests", headers={"Retry-After": "7"}))
    assert (record.http_status, record.retry_after) == (429, 7)


# --- the connection ---


def lost(api, responder, **more):
    record = run(api, responder, **more)
    assert (record.ending, record.error) == ("lost", b"")
    assert record.detail
    return record


def test_reset_before_the_handshake(api):
    assert not lost(api, reset).connected


def test_reset_in_the_middle_of_a_frame(api):
    def responder(connection, request):
        connection.accept(request)
        connection.frame(1, b"first")
        connection.send(ws_frame(b"\x01" + b"x" * 100)[:50])
        connection.wait(0.1)
        connection.reset()

    record = lost(api, responder)
    assert (record.stdout.data, record.connected) == (b"first", True)


def test_end_of_the_connection_without_a_close_frame(api):
    assert lost(api, in_order(accept, frame(1, b"first"), hang_up)).stdout.data == b"first"


def test_closed_without_a_status(api):
    record = run(api, in_order(accept, close_frame))
    assert (record.ending, record.error) == ("closed", b"")


def test_a_status_counts_although_the_connection_breaks_afterwards(api):
    record = run(api, in_order(accept, frame(3, SUCCESS), reset))
    assert status(record) == "Success"


@pytest.mark.against_the_clock
def test_a_server_that_does_not_close_after_the_status_is_not_waited_for(api, monkeypatch):
    monkeypatch.setattr(exec_stream, "CLOSE_WITHIN", 0.1)
    began = time.monotonic()
    record = run(api, in_order(accept, frame(3, SUCCESS), half_open), seconds=10)
    assert (record.ending, status(record)) == ("closed", "Success")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xf1\x00", id="reserved bits"),
        pytest.param(b"\x83\x00", id="unknown opcode"),
        pytest.param(b"\x88\x01x", id="half a reason to close"),
        pytest.param(b"\x80\x00", id="continues nothing"),
    ],
)
def test_frames_that_are_none(api, data):
    record = run(api, in_order(accept, frame(1, b"first"), send(data), half_open))
    assert (record.ending, record.stdout.data) == ("lost", b"first")


NONSENSE = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 OK\r\n\r\n",
    "no status at all": b"HTTP/1.1\r\n\r\n",
    "nothing but an empty line": b"\r\n",
    "no UTF-8": b"HTTP/1.1 101 \xff\r\n\xfe\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 101 x\r\nUpgrade\r\n\r\n",
    "no headers": b"HTTP/1.1 101 x\r\n\r\n",
    "another key": b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
    "a length that is none": b"HTTP/1.1 500 x\r\nContent-Length: many\r\n\r\n",
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_a_peer_that_speaks_no_websocket(api, answer):
    """Whatever it says is what the network did, and no fault of ours."""
    record = lost(api, in_order(send(answer), hang_up))
    assert record.sent and not record.connected


def test_a_cookie_that_is_none(api):
    """websocket-client reads cookies, and lets through what their parser raises."""

    def responder(connection, request):
        connection.accept(request, f"{V5}\r\nSet-Cookie: a/b=c")

    assert not lost(api, responder).connected


@pytest.mark.against_the_clock
def test_half_open_before_the_handshake(api):
    record = run(api, half_open, seconds=0.3)
    assert (record.ending, record.connected) == ("timeout", False)


def test_half_open_while_running_is_a_timeout_when_the_deadline_comes_first(api):
    record = run(api, in_order(accept, frame(1, b"first"), half_open), seconds=1)
    assert (record.ending, record.stdout.data) == ("timeout", b"first")


@pytest.mark.against_the_clock
def test_half_open_is_noticed_by_a_ping_before_a_late_deadline(api, monkeypatch):
    monkeypatch.setattr(exec_stream, "PING_AFTER", 0.1)
    monkeypatch.setattr(exec_stream, "PONG_WITHIN", 0.2)

    began = time.monotonic()
    lost(api, in_order(accept, half_open), seconds=20)
    assert 0.25 < time.monotonic() - began < 2


def test_a_quiet_command_is_kept_alive_by_pongs(api, monkeypatch):
    monkeypatch.setattr(exec_stream, "PING_AFTER", 0.05)
    monkeypatch.setattr(exec_stream, "PONG_WITHIN", 1)
    pings = []

    def responder(connection, request):
        connection.accept(request)
        for _round in range(4):
            opcode, data = connection.read_frame()
            pings.append(opcode)
            connection.send(ws_frame(data, opcode=10))
        connection.finish(exit_status(0))

    assert status(run(api, responder, seconds=5)) == "Success"
    assert pings == [9, 9, 9, 9]


def test_the_servers_pings_are_answered(api):
    answers = []

    def responder(connection, request):
        connection.accept(request)
        connection.send(ws_frame(b"hello", opcode=9))
        answers.append(connection.read_frame())
        connection.finish(exit_status(0))

    assert status(run(api, responder)) == "Success"
    assert answers == [(10, b"hello")]


@pytest.mark.against_the_clock
def test_a_drip_does_not_stretch_the_deadline_of_the_handshake(api):
    record = run(api, drip_headers, seconds=0.3)
    assert (record.ending, record.connected) == ("timeout", False)


@pytest.mark.against_the_clock
def test_a_drip_does_not_stretch_the_deadline_of_the_answer(api):
    def responder(connection, request):
        connection.accept(request)
        connection.drip(ws_frame(b"\x01" + b"x" * 1000), 0.05)

    assert run(api, responder, seconds=0.3).ending == "timeout"


def test_a_flood_does_not_stretch_it_either(api):
    def responder(connection, request):
        connection.accept(request)
        while True:
            connection.frame(1, b"y\n" * 5000)

    record = run(api, responder, seconds=1)
    assert record.ending == "timeout"
    assert record.stdout.truncated


def test_data_that_is_always_there_does_not_outlive_the_deadline():
    class Fountain:
        def setblocking(self, flag):
            pass

        def recv(self, size):
            return b"x"

    now = [0.0]
    sock = BudgetSocket(Fountain(), Deadline(1, lambda: now[0]))
    assert sock.recv(10) == b"x"
    now[0] = 1.1
    with pytest.raises(TimeoutError):
        sock.recv(10)


@pytest.mark.against_the_clock
def test_silent_addresses_share_one_deadline(api, monkeypatch):
    """A name with several addresses, behind none of which anybody answers."""
    import socket

    silent = [socket.create_server(("127.0.0.1", 0), backlog=0) for _address in range(3)]
    held = []
    for server in silent:
        for _connection in range(3):  # fill the queue, so that the next one waits
            held.append(socket.socket())
            held[-1].setblocking(False)
            held[-1].connect_ex(server.getsockname())
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", server.getsockname()) for server in silent]
    monkeypatch.setattr(dial.socket, "getaddrinfo", lambda *_args, **_more: found)
    record = run(api, run_true, seconds=0.3)
    assert (record.ending, record.sent) == ("timeout", False)
    for sock in [*silent, *held]:
        sock.close()


def test_nobody_listens(api):
    client = make_client(api)
    api.stop()
    record = run(api, run_true, client=client)
    assert (record.ending, record.connected) == ("lost", False)
    assert "refused" in record.detail


def test_an_error_channel_without_end_is_bounded(api):
    def responder(connection, request):
        connection.accept(request)
        for _part in range(40):
            connection.frame(3, b"x" * 65536)
        connection.close_frame()

    assert len(run(api, responder).error) < 2 * exec_stream.MAX_STATUS


# --- TLS ---


def test_many_frames_in_one_tls_record(tls_api, certificate, monkeypatch):
    """A poll of the socket does not see frames that TLS has already buffered."""
    monkeypatch.setattr(exec_stream, "CLOSE_WITHIN", 0.1)
    frames = b"".join(ws_frame(b"\x01" + bytes([65 + index])) for index in range(26)) + ws_frame(b"\x03" + SUCCESS)
    responder = in_order(accept, send(frames), half_open)
    record = run(tls_api, responder, client=make_client(tls_api, ca_cert=str(certificate / "cert.pem")), seconds=10)
    assert record.stdout.data == bytes(range(65, 91))
    assert status(record) == "Success"


def test_large_output_over_tls(tls_api, certificate):
    def responder(connection, request):
        connection.accept(request)
        for _part in range(64):
            connection.frame(1, b"x" * 65536)
        connection.finish(exit_status(0))

    record = run(
        tls_api,
        responder,
        client=make_client(tls_api, ca_cert=str(certificate / "cert.pem")),
        max_output=10,
        seconds=10,
    )
    assert (record.stdout.total, status(record)) == (64 * 65536, "Success")


def test_a_certificate_that_is_not_trusted(tls_api):
    record = run(tls_api, run_true, client=make_client(tls_api))
    assert (record.ending, record.connected) == ("lost", False)
    assert "certificate" in record.detail.lower()


def test_validate_certs_can_be_switched_off(tls_api):
    assert status(run(tls_api, run_true, client=make_client(tls_api, validate_certs=False))) == "Success"


@pytest.mark.against_the_clock
def test_a_server_that_never_ends_the_tls_handshake(api):
    """Plain TCP that says nothing to a TLS hello."""
    client = make_client(api)
    client.server = api.url.replace("http://", "https://")
    api.fault("", half_open)
    assert run(api, run_true, client=client, seconds=0.3).ending == "timeout"


# --- secrets ---


@pytest.mark.parametrize(
    "responder",
    [
        pytest.param(reply(500, "no"), id="refused"),
        pytest.param(reset, id="reset"),
        pytest.param(in_order(accept, reset), id="lost"),
        *[pytest.param(in_order(send(answer), hang_up), id=name) for name, answer in NONSENSE.items()],
    ],
)
def test_no_record_holds_the_credentials(api, responder):
    record = run(api, responder, client=make_client(api, api_key="s3cret"))
    assert record.ending != "closed"
    assert "s3cret" not in repr(record) and "Bearer" not in repr(record)


def test_the_credentials_of_a_proxy_stay_out_of_the_record(api):
    options = {"proxy_headers": {"proxy_basic_auth": "user:s3cret"}, "no_proxy": "other.example"}
    client = make_client(api, proxy=api.url, **options)  # it answers 404 to CONNECT
    record = run(api, run_true, client=client)
    assert record.ending == "lost" and "refused the connection" in record.detail
    assert "s3cret" not in repr(record) and "dXNlcjpzM2NyZXQ" not in repr(record)
