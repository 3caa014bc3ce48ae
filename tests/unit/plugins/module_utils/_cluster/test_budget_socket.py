# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import resource
import socket
import threading
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.budget_socket import BudgetSocket, IdleTimeout
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline


@pytest.fixture(name="ends")
def socket_pair():
    """(ours, the peer's)."""
    ours, peer = socket.socketpair()
    yield ours, peer
    ours.close()
    peer.close()


def test_what_has_arrived_is_given_in_the_sizes_that_are_asked_for(ends):
    sock = BudgetSocket(ends[0], Deadline(5))
    ends[1].sendall(b"abcdef")
    assert [sock.recv(4), sock.recv(4)] == [b"abcd", b"ef"]


def test_the_end(ends):
    ends[1].close()
    assert BudgetSocket(ends[0], Deadline(5)).recv(1) == b""


def test_silence(ends):
    sock = BudgetSocket(ends[0], Deadline(5))
    sock.idle = 0.05
    with pytest.raises(IdleTimeout):
        sock.recv(1)


@pytest.mark.against_the_clock
def test_the_deadline(ends):
    with pytest.raises(TimeoutError, match="the deadline has passed") as caught:
        BudgetSocket(ends[0], Deadline(0.05)).recv(1)
    assert not isinstance(caught.value, IdleTimeout)


@pytest.mark.against_the_clock
def test_bytes_that_come_one_by_one_do_not_stretch_the_deadline(ends):
    stop = threading.Event()

    def drip():
        while not stop.wait(0.02):
            ends[1].send(b"x")

    threading.Thread(target=drip, daemon=True).start()
    sock = BudgetSocket(ends[0], Deadline(0.3))
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        while True:
            sock.recv(1)
    stop.set()
    assert 0.2 < time.monotonic() - began < 0.6


def test_it_writes_while_it_waits_to_read(ends):
    """A peer that first wants to get rid of its own data."""
    size = 4 << 20

    def serve():
        ends[1].sendall(b"y" * size)
        left = size
        while left:
            left -= len(ends[1].recv(65536))
        ends[1].sendall(b"!")

    threading.Thread(target=serve, daemon=True).start()
    sock = BudgetSocket(ends[0], Deadline(10))
    assert sock.send(b"x" * size) == size
    assert sock.unsent
    received = 0
    while received <= size:
        received += len(sock.recv(65536))
    assert (received, sock.unsent) == (size + 1, 0)


def test_more_than_a_thousand_files_are_open(ends):
    """select() refuses file descriptors from 1024 on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, hard), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _number in range(1100)]
    high = socket.socket(fileno=os.dup(ends[0].fileno()))
    try:
        assert high.fileno() > 1024
        sock = BudgetSocket(high, Deadline(5))
        timer = threading.Timer(0.05, ends[1].sendall, [b"x"])
        timer.start()
        assert sock.recv(1) == b"x"
        sock.idle = 0.01
        with pytest.raises(IdleTimeout):
            sock.recv(1)
    finally:
        high.close()
        for number in opened:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_shutdown_of_what_is_closed(ends):
    sock = BudgetSocket(ends[0], Deadline(5))
    sock.finish()
    sock.shutdown(socket.SHUT_RDWR)
