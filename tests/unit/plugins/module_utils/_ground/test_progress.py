# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules tell how far they are, and nothing comes of it where nobody listens."""

from __future__ import annotations

import json
import os
import socket
import threading

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet import run_fleet
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress import (
    Progress,
    Teller,
    causes,
    tell_nobody,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress_channel import SOCKET, teller


@pytest.fixture(name="listener")
def fixture_listener(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("s")
        listener.settimeout(5)
        yield listener


def test_what_is_told_arrives(listener):
    teller({SOCKET: "s"})(lambda: Progress(57, 200, "pods ready", "143 Pending"))
    told = {"done": 57, "total": 200, "what": "pods ready", "note": "143 Pending", "pid": os.getpid()}
    assert json.loads(listener.recv(4096)) == told


@pytest.mark.parametrize("path", ["", "/nowhere/s", "/" + "x" * 200, "a\0b"])
def test_where_nobody_listens_nothing_is_found_out(path):
    assert teller({SOCKET: path}) is tell_nobody
    tell_nobody(lambda: pytest.fail("it was found out"))


def test_who_has_stopped_listening_stops_nothing(listener):
    tell = teller({SOCKET: "s"})
    listener.close()
    tell(lambda: Progress(1, 2, "probes"))


def test_a_full_socket_is_not_waited_for(listener, clock):
    tell = teller({SOCKET: "s"})
    for number in range(2000):
        tell._next = 0.0
        tell(lambda number=number: Progress(number, 2000, "probes"))
    assert listener.recv(4096)


def test_it_is_told_every_half_second_at_most(clock):
    sent = []
    tell = Teller(sent.append, clock)
    for number in range(21):
        tell(lambda number=number: Progress(number, 100, "probes"))
        clock.now += 0.1
    assert [json.loads(one)["done"] for one in sent] == [0, 5, 10, 15, 20]


def test_what_cannot_be_found_out_is_not_told(clock):
    def find_out():
        raise ValueError("no")

    sent = []
    Teller(sent.append, clock)(find_out)
    assert sent == []


def test_the_most_frequent_cause_comes_first():
    words = ["Unschedulable"] * 23 + ["ContainerCreating"] * 120 + ["a", "b", "b"]
    assert causes(words) == "120 ContainerCreating, 23 Unschedulable, 2 b, 1 more"
    assert causes([]) == ""


def test_who_waits_for_a_fleet_is_told_how_many_are_done(monkeypatch):
    monkeypatch.setattr("ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet.TICK", 0.01)
    seen = []

    def work(item):
        while item > 0 and item - 1 not in seen:  # until it has been told that so many are done
            pass
        return item

    results = run_fleet(
        range(3),
        work,
        concurrency=3,
        deadline=Deadline(10),
        on_error=lambda item, exc: exc,
        on_deadline=lambda item, begun: None,
        while_waiting=lambda done: seen.extend(range(done)),
    )
    assert results == [0, 1, 2]


@pytest.mark.against_the_clock
def test_a_fleet_that_is_told_about_keeps_its_deadline(monkeypatch):
    monkeypatch.setattr("ansible_collections.kubelabs.pods.plugins.module_utils._ground.fleet.TICK", 0.01)
    results = run_fleet(
        [1],
        lambda item: threading.Event().wait(20),
        concurrency=1,
        deadline=Deadline(0.1),
        on_error=lambda item, exc: exc,
        on_deadline=lambda item, begun: "late",
        while_waiting=lambda done: None,
    )
    assert results == ["late"]
