# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs for a class, one after the other, with a clock of their own."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import KubelabsError
from ansible_collections.kubelabs.pods.plugins.module_utils._keys import disk
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.options import KeysRequest
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.run import Keys
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.tokens import Tokens
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import half_open, refuse
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client
from ansible_collections.kubelabs.pods.tests.unit.fakes.keys import DAY, OURS, make_account

NAMES = ("alice", "bob")
CLUSTER = {"server": "https://kube.example.org:6443"}


class Class:
    """A class, and the files of its students."""

    def __init__(self, api, folder):
        self.api = api
        self.folder = folder
        for name in NAMES:
            api.account(f"lab-{name}", OURS)

    def path(self, name):
        return self.folder / "keys" / name

    def keys(self, *, later=0.0, check_mode=False, seconds=10, cluster=None, **request):
        """One run.

        Args:
            later: seconds since now.
        """
        accounts = [make_account(str(self.path(name)), name, f"lab-{name}") for name in NAMES]
        deadline = Deadline(seconds)
        return Keys(
            Tokens(make_client(self.api, sleep=lambda seconds: None), deadline),
            KeysRequest(**{"accounts": accounts, "labels": OURS, **request}),
            CLUSTER if cluster is None else cluster,
            deadline=deadline,
            check_mode=check_mode,
            now=lambda: datetime.now(UTC) + timedelta(seconds=later),
        )

    def write(self, **options):
        return self.keys(**options).write()

    def states(self, **options):
        return [one["state"] for one in self.write(**options)]

    def asked_for_tokens(self):
        return [request for request in self.api.requests if request.method == "POST"]


@pytest.fixture(name="school")
def class_of_students(api, tmp_path):
    tmp_path.chmod(0o755)  # as a directory that somebody else has made
    return Class(api, tmp_path)


def test_written_once_and_renewed_when_it_is_time(school):
    assert school.states() == ["created", "created"]
    first = [disk.look(str(school.path(name))).key for name in NAMES]
    assert school.states(later=4 * DAY) == ["unchanged", "unchanged"]
    assert len(school.asked_for_tokens()) == 2
    results = school.write(later=5 * DAY)
    assert [one["state"] for one in results] == ["renewed", "renewed"]
    assert results[0]["reason"].startswith("The token would expire at")
    second = [disk.look(str(school.path(name))).key for name in NAMES]
    assert {key.token for key in first}.isdisjoint({key.token for key in second})
    assert [key.token for key in second] == [
        next(token for token in school.api.tokens[2:] if token == key.token) for key in second
    ]


def test_a_cluster_that_grants_less_is_not_asked_again_at_once(school):
    school.api.token_cap = DAY
    results = school.write(renew_before=2 * DAY)
    assert results[0]["note"] == "The cluster granted 86400 s of the 604800 s that were asked for."
    again = school.write(renew_before=2 * DAY, later=600)
    assert [one["state"] for one in again] == ["unchanged", "unchanged"]
    assert again[0]["note"] == results[0]["note"] and again[0]["expires"] == results[0]["expires"]
    assert school.states(renew_before=2 * DAY, later=0.8 * DAY) == ["renewed", "renewed"]


def test_an_account_that_was_made_anew_ends_its_token(school):
    school.write()
    school.api.account("lab-bob", OURS, uid="another")
    results = school.write()
    assert [one["state"] for one in results] == ["unchanged", "renewed"]
    assert results[1]["reason"] == "The service account was made anew, which ended the token."


def test_another_server(school):
    school.write()
    other = {"server": "https://elsewhere.example.org"}
    assert school.states(cluster=other) == ["renewed", "renewed"]
    assert disk.look(str(school.path("alice"))).key.cluster == other


def test_a_file_that_was_open_to_others(school):
    school.write()
    school.path("bob").chmod(0o644)
    assert school.states() == ["unchanged", "renewed"]
    assert school.path("bob").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("labels", [{}, {**OURS, "kubelabs.pods/class": "other"}])
@pytest.mark.parametrize("selects", [True, False], ids=["the server selects", "the server lists all"])
def test_an_account_without_the_labels_is_never_used(school, labels, selects):
    school.api.account("lab-bob", labels)
    if not selects:
        school.api.fault(
            "/serviceaccounts$",
            lambda connection, request: (request.query.clear(), school.api.answer(connection, request)),
        )
    results = school.write()
    assert [one["state"] for one in results] == ["created", "refused"]
    assert (
        "does not carry the labels app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=c and is not used"
        in (results[1]["reason"])
    )
    assert [request.path for request in school.asked_for_tokens()] == [
        "/api/v1/namespaces/lab-alice/serviceaccounts/student/token"
    ]
    assert not school.path("bob").exists()


def test_an_account_that_is_not_there(school):
    school.api.remove("student", "lab-bob", "serviceaccounts")
    results = school.write()
    assert [one["state"] for one in results] == ["created", "failed"]
    assert results[1]["reason"] == "There is no service account student in the namespace lab-bob: make it first."
    # In check mode the task before it would have made it.
    assert [one["state"] for one in school.keys(check_mode=True).write()] == ["unchanged", "created"]


def test_who_may_not_list_accounts_reads_them(school):
    school.api.fault("^/api/v1/serviceaccounts$", refuse(403, "Forbidden", "may not list"))
    assert school.states() == ["created", "created"]


def test_one_namespace_is_listed_by_itself(school):
    accounts = [make_account(str(school.path("alice")))]
    assert school.states(accounts=accounts) == ["created"]
    assert school.api.requests[0].path == "/api/v1/namespaces/lab-alice/serviceaccounts"


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_foreign_file_stays_as_it_is(school, state):
    school.path("bob").parent.mkdir()
    school.path("bob").write_text("apiVersion: v1\nkind: Config\n")
    keys = school.keys()
    results = keys.write() if state == "present" else keys.remove()
    assert [one["state"] for one in results] == ["created" if state == "present" else "absent", "failed"]
    words = "is there and is no kubeconfig that this module wrote, so it stays as it is: move it away, or give"
    assert results[1]["reason"] == f"{school.path('bob')} {words} another path."
    assert school.path("bob").read_text() == "apiVersion: v1\nkind: Config\n"
    assert not [request for request in school.asked_for_tokens() if "lab-bob" in request.path]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_file_of_another_class_stays_as_it_is(school, state):
    school.write()
    before = school.path("bob").read_bytes()
    keys = school.keys(labels={**OURS, "kubelabs.pods/class": "d"})
    results = keys.remove() if state == "absent" else keys.write()
    assert results[1]["state"] == "failed" and "is a kubeconfig of another class" in results[1]["reason"]
    assert school.path("bob").read_bytes() == before


def test_a_foreign_file_that_comes_meanwhile_stays_as_it_is(school):
    def put(connection, request):
        school.path("alice").write_text("precious")
        school.api.answer(connection, request)

    school.path("alice").parent.mkdir()
    school.api.fault("/lab-alice/serviceaccounts/student/token$", put, method="POST")
    assert school.states() == ["failed", "created"]
    assert school.path("alice").read_text() == "precious"


def test_where_nothing_can_be_written_nothing_is_asked_for(school, monkeypatch):
    def read_only(*_args):
        raise OSError(errno.EROFS, "Read-only")

    monkeypatch.setattr(disk.whole_file, "try_out", read_only)
    with pytest.raises(KubelabsError, match=rf"^No key was asked for, because .* written: {school.folder} \(Read-only"):
        school.write()
    assert not school.asked_for_tokens() and os.listdir(school.folder) == []


def test_what_needs_no_writing_needs_no_room(school, monkeypatch):
    school.write()
    monkeypatch.setattr(disk.whole_file, "try_out", lambda folder, size: pytest.fail("nothing is to be written"))
    assert school.states() == ["unchanged", "unchanged"]


def test_a_disk_that_fills_up_half_way_is_gone_on_with_later(school, monkeypatch):
    written = []
    replace = os.replace

    def fill_up(source, target):
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(target)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "replace", fill_up)
        results = school.write(concurrency=1)
    assert [one["state"] for one in results] == ["created", "failed"]
    assert "cannot be written (No space left on device): nothing of it was" in results[1]["reason"]
    assert os.listdir(school.folder / "keys") == ["alice"]
    assert school.states() == ["unchanged", "created"]


def test_check_mode(school):
    keys = school.keys(check_mode=True)
    assert [one["state"] for one in keys.write()] == ["created", "created"]
    assert keys.changed and not school.asked_for_tokens() and os.listdir(school.folder) == []
    school.write()
    keys = school.keys(check_mode=True)
    assert [one["state"] for one in keys.write()] == ["unchanged", "unchanged"] and not keys.changed
    before = {name: school.path(name).read_bytes() for name in NAMES}
    keys = school.keys(check_mode=True, later=6 * DAY)
    results = keys.write()
    assert [one["state"] for one in results] == ["renewed", "renewed"] and keys.changed
    assert results[0]["expires"] is not None
    keys = school.keys(check_mode=True)
    assert [one["state"] for one in keys.remove()] == ["removed", "removed"] and keys.changed
    assert before == {name: school.path(name).read_bytes() for name in NAMES}


def test_removed_with_directories_that_are_empty_then(school):
    school.write()
    keys = school.keys()
    results = keys.remove()
    assert [(one["state"], one["expires"]) for one in results] == [("removed", None), ("removed", None)]
    assert keys.changed and os.listdir(school.folder) == []
    keys = school.keys()
    assert [one["state"] for one in keys.remove()] == ["absent", "absent"] and not keys.changed


def test_a_removal_that_was_interrupted_is_gone_on_with(school):
    school.write()
    for name in NAMES:
        school.path(name).unlink()
    keys = school.keys()
    assert [one["state"] for one in keys.remove()] == ["absent", "absent"]
    assert keys.changed and not (school.folder / "keys").exists()


def test_what_else_is_in_the_directory_stays(school):
    school.write()
    (school.folder / "keys/precious").touch()
    school.keys().remove()
    assert os.listdir(school.folder / "keys") == ["precious"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_directory_that_is_open_to_others_is_closed(school, check_mode):
    school.write()
    (school.folder / "keys").chmod(0o755)
    keys = school.keys(check_mode=check_mode)
    results = keys.write()
    assert [one["state"] for one in results] == ["unchanged", "unchanged"] and keys.changed
    assert [one["note"] for one in results] == [
        f"{school.folder}/keys was open to others than its owner, which is ended.",
        "",
    ]
    assert (school.folder / "keys").stat().st_mode & 0o777 == (0o755 if check_mode else 0o700)


def test_one_that_fails_does_not_stop_the_others(school):
    school.api.fault("/lab-alice/.*/token$", refuse(403, "Forbidden", "may not"), method="POST")
    results = school.write()
    assert [one["state"] for one in results] == ["failed", "created"]
    assert results[0]["expires"] is None and "create serviceaccounts/token" in results[0]["reason"]


def test_an_error_that_repeats_a_token_does_not_show_it(school):
    school.write()
    token = school.api.tokens[0]
    school.api.fault("/token$", refuse(500, "InternalError", f"cannot sign {token}"), method="POST", times=99)
    reasons = [one["reason"] for one in school.write(later=6 * DAY)]
    assert all("cannot sign ********" in reason for reason in reasons)


def test_a_server_that_falls_silent(school):
    school.api.fault("/lab-alice/.*/token$", half_open, method="POST")
    results = school.write(seconds=1)
    assert [one["state"] for one in results] == ["failed", "created"]
    assert "no answer in time" in results[0]["reason"] or "no time left" in results[0]["reason"]


@pytest.mark.against_the_clock
def test_a_list_that_does_not_come(school):
    school.api.fault("/serviceaccounts$", half_open)
    with pytest.raises(KubelabsError, match="in time"):
        school.write(seconds=0.5)
