# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._keys.decision import (
    next_state,
    note_of,
    renewal_threshold,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.result import State
from ansible_collections.kubelabs.pods.tests.unit.fakes.keys import DAY, NOW, make_key

WANTED = make_key(token="", granted=None)
RENEW_BEFORE = 2 * DAY


def decide(found, **more):
    return next_state(found, WANTED, now=NOW, renew_before=RENEW_BEFORE, **more)


def test_none_is_there():
    assert decide(None) == (State.CREATED, "")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(make_key(), id="new"),
        pytest.param(make_key(since=4.9 * DAY), id="just before it is renewed"),
        pytest.param(make_key(granted=None), id="does not expire"),
        pytest.param(make_key(granted=DAY), id="the cluster grants less than renew_before"),
        pytest.param(make_key(granted=DAY, since=0.6 * DAY), id="the same, later"),
    ],
)
def test_what_is_good_for_longer_stays(key):
    assert decide(key) == (State.UNCHANGED, "")


@pytest.mark.parametrize(
    "key, words",
    [
        pytest.param(make_key(since=5.1 * DAY), "the token would expire at 2026-11-24 06:07 UTC", id="soon"),
        pytest.param(make_key(since=8 * DAY), "the token expired at 2026-11-21 08:31 UTC", id="expired"),
        pytest.param(make_key(granted=DAY, since=0.7 * DAY), "would expire", id="a third of what was granted"),
        pytest.param(make_key(lifetime=DAY, granted=DAY), "good for 86400 s, and is to be for 604", id="less then"),
        pytest.param(make_key(lifetime=DAY, granted=3 * DAY), "is to be for 604800 s", id="less then, and more given"),
        pytest.param(make_key(lifetime=9 * DAY), "is to be for 604800 s", id="asked for more then"),
        pytest.param(make_key(token=""), "holds no token", id="empty"),
        pytest.param(make_key(uid="u-0"), "the service account was made anew, which ended the token", id="uid"),
        pytest.param(make_key(granted=None, uid="u-0"), "made anew", id="uid, and it does not expire"),
        pytest.param(make_key(service_account="s"), "a key of the service account s in the namespace lab-a", id="name"),
        pytest.param(make_key(cluster={"server": "https://x"}), "leads to the API server in another way", id="server"),
        pytest.param(
            make_key(cluster={**WANTED.cluster, "certificate-authority-data": "eA=="}), "another way", id="CA"
        ),
        pytest.param(make_key(namespace="x"), "current context is another one", id="namespace"),
        pytest.param(make_key(context="x"), "current context is another one", id="context"),
        pytest.param(make_key(context=""), "current context is another one", id="not the current one"),
    ],
)
def test_what_is_renewed(key, words):
    state, why = decide(key)
    assert state == State.RENEWED and words in why


def test_a_file_that_others_could_read_is_renewed():
    assert decide(make_key(), open_to_others=True) == (State.RENEWED, "others than its owner could read the file")


@pytest.mark.parametrize("granted", [600, 3600, DAY, 7 * DAY - 3600])
@pytest.mark.parametrize("renew_before", [0, DAY, 7 * DAY - 1])
def test_a_cluster_that_grants_less_does_not_have_every_run_renew(granted, renew_before):
    found = make_key(granted=granted, since=granted / 2)
    assert next_state(found, WANTED, now=NOW, renew_before=renew_before)[0] == State.UNCHANGED
    assert renewal_threshold(found.marker, renew_before) <= granted / 3


@pytest.mark.parametrize(
    "key, note",
    [
        (make_key(), ""),
        (make_key(granted=7 * DAY - 2), ""),
        (make_key(granted=DAY), "The cluster granted 86400 s of the 604800 s that were asked for."),
        (make_key(granted=None), "This key does not expire before the service account is deleted"),
    ],
)
def test_note(key, note):
    assert note_of(key.marker).startswith(note) and bool(note_of(key.marker)) == bool(note)


def test_a_token_that_had_expired_when_it_came():
    """The clock here is ahead by more than the token lives: it was granted nothing, as seen from here."""
    found = make_key(granted=-60)
    assert found.marker.granted == 0.0
    assert decide(found)[0] == State.RENEWED


def test_what_was_wanted_is_all_that_counts():
    assert decide(replace(WANTED, token="t0ken"))[0] == State.UNCHANGED
