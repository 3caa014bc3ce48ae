# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done with a student's kubeconfig, and what is to be said of it. Pure: facts in, words out."""

from __future__ import annotations

from datetime import datetime, timedelta

from .._ground.times import readable
from .keyfile import Key, Marker
from .options import LAST_PART
from .result import State

#: Seconds by which a token's life may be shorter than asked for without anybody having cut it: clocks differ.
CLOCKS_DIFFER = 60.0


def next_state(
    found: Key | None, wanted: Key, *, now: datetime, renew_before: float, open_to_others: bool = False
) -> tuple[State, str]:
    """(what becomes of the file: CREATED, RENEWED or UNCHANGED; why it is renewed, '' for the others).

    Args:
        found: what the file says; None where there is none.
        wanted: what it is to say, without a token.
        renew_before: seconds before its end from which on a token is renewed.
        open_to_others: whether others than its owner may read the file.
    """
    if found is None:
        return State.CREATED, ""
    why = _why_another(found, wanted) or _why_new(found, wanted, now, renew_before)
    if not why and open_to_others:
        why = "others than its owner could read the file"
    return (State.RENEWED, why) if why else (State.UNCHANGED, "")


def renewal_threshold(marker: Marker, renew_before: float) -> float:
    """Seconds before its end from which on a token is renewed.

    Where the cluster cuts the life of tokens short, renew_before may be longer than they live at all, and every run
    would renew them: there a third of what was granted is the most.
    """
    granted = marker.granted
    return min(renew_before, granted / LAST_PART) if granted is not None and _is_cut(marker) else renew_before


def note_of(marker: Marker) -> str:
    """What is to be known of a key; '' for one that is as it was asked for."""
    if marker.expires is None:
        return (
            "This key does not expire before the service account is deleted: the cluster makes no tokens on request, "
            "and it is the one that it made with the account."
        )
    if _is_cut(marker):
        granted = round(marker.granted or 0.0, -1)  # the API's times are whole seconds, and the answer takes its time
        return f"The cluster granted {granted:.0f} s of the {marker.lifetime} s that were asked for."
    return ""


def _is_cut(marker: Marker) -> bool:
    granted = marker.granted
    return granted is not None and granted < marker.lifetime - CLOCKS_DIFFER


def _why_another(found: Key, wanted: Key) -> str:
    """Why the file is another one than the one that is wanted; '' where it is not."""
    was, is_now = found.marker, wanted.marker
    if (was.namespace, was.service_account) != (is_now.namespace, is_now.service_account):
        return f"it was a key of the service account {was.service_account} in the namespace {was.namespace}"
    if was.uid != is_now.uid:
        return "the service account was made anew, which ended the token"
    if found.cluster != wanted.cluster:
        return "it leads to the API server in another way than it is to"
    if (found.context, found.namespace, found.user) != (wanted.context, wanted.namespace, wanted.user):
        return "its current context is another one than it is to be"
    return ""


def _why_new(found: Key, wanted: Key, now: datetime, renew_before: float) -> str:
    """Why the token is to be another one; '' where it is good for longer."""
    if not found.token:
        return "it holds no token"
    expires = found.marker.expires
    if expires is None:
        return ""
    if found.marker.lifetime != wanted.marker.lifetime:
        return f"it was to be good for {found.marker.lifetime} s, and is to be for {wanted.marker.lifetime} s"
    if expires <= now:
        return f"the token expired at {readable(expires)}"
    if expires - now <= timedelta(seconds=renewal_threshold(found.marker, renew_before)):
        return f"the token would expire at {readable(expires)}"
    return ""
