# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils._expiry import (
    class_expiry,
    expired_namespaces,
    expiry_time,
)

OURS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "monday"}
NOW = "2026-12-01T12:00:00Z"


@pytest.fixture(name="zone", autouse=True)
def fixture_zone(monkeypatch):
    """A controller in a zone that is an hour ahead of UTC."""
    monkeypatch.setenv("TZ", "Etc/GMT-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("given", "time_"),
    [
        ("", ""),
        ("never", ""),
        ("2026-12-01T18:00", "2026-12-01T17:00:00Z"),
        (" 2026-12-01 18:00 ", "2026-12-01T17:00:00Z"),
        ("2026-12-01T18:00Z", "2026-12-01T18:00:00Z"),
        ("2026-12-01T18:00:30-05:00", "2026-12-01T23:00:30Z"),
        ("2026-12-01", "2026-12-01T22:59:59Z"),
    ],
)
def test_a_time_as_people_write_it(given, time_):
    assert expiry_time(given) == time_


@pytest.mark.parametrize("given", ["tomorrow", "8h", "2026-13-01", "01.12.2026", "9999-12-31", "0001-01-01"])
def test_what_is_no_time_is_refused(given):
    with pytest.raises(ArgumentError, match=r"is no time\. Write it as 2026-12-01T18:00"):
        expiry_time(given)


def namespace(name, expires=None, labels=None):
    annotations = {"annotations": {"kubelabs.pods/expires": expires}} if expires is not None else {}
    return {"metadata": {"name": name, "labels": OURS if labels is None else labels, **annotations}}


def test_only_what_is_ours_and_whose_time_is_over():
    found = expired_namespaces(
        [
            namespace("over", "2026-12-01T11:59:59Z"),
            namespace("just", NOW),
            namespace("another-class", "2026-11-01T00:00:00Z", {**OURS, "kubelabs.pods/class": "tuesday"}),
            namespace("later", "2026-12-01T12:00:01Z"),
            namespace("never"),
            namespace("no-time", "soon"),
            namespace("foreign", "2026-11-01T00:00:00Z", {}),
            namespace("foreign-too", "2026-11-01T00:00:00Z", {"app.kubernetes.io/managed-by": "helm"}),
        ],
        NOW,
    )
    assert found == ["over", "just", "another-class"]


@pytest.mark.parametrize(
    ("given", "time_"),
    [
        ("", "2026-12-02T00:00:00Z"),
        ("2026-12-05T18:00Z", "2026-12-05T18:00:00Z"),
        ("never", ""),
    ],
)
def test_a_run_that_says_nothing_of_the_end_of_a_class_keeps_it(given, time_):
    there = [
        namespace("a", "2026-12-01T11:59:59Z"),
        namespace("b", "2026-12-02T00:00:00Z"),
        namespace("c"),
        namespace("another-class", "2026-12-09T00:00:00Z", {**OURS, "kubelabs.pods/class": "tuesday"}),
    ]
    assert class_expiry(given, there, OURS) == time_
    assert class_expiry("", there[2:], OURS) == ""
