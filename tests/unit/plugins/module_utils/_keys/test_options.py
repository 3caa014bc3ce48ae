# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.options import KeysRequest, read_request
from ansible_collections.kubelabs.pods.tests.unit.fakes.keys import OURS, SELECTOR

ALICE = {
    "name": "Alice",
    "namespace": "lab-alice",
    "service_account": "student",
    "path": "/keys/alice",
    "context_namespace": None,
}
BOB = {**ALICE, "name": "Bob", "namespace": "lab-bob", "path": "/keys/bob"}


def read(**params):
    return read_request(
        {
            "accounts": [ALICE],
            "label_selector": SELECTOR,
            "lifetime": 604800,
            "renew_before": None,
            "server": None,
            "server_ca_cert": None,
            "state": "present",
            "concurrency": 32,
            **params,
        }
    )


def test_what_is_left_out():
    request = read()
    assert request == KeysRequest(request.accounts, OURS, 604800, 201600, "", "", True, 32)
    (account,) = request.accounts
    assert (account.context_namespace, account.path, account.folder) == ("lab-alice", "/keys/alice", "/keys")


def test_a_path_is_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (account,) = read(accounts=[{**ALICE, "path": "keys/../alice"}]).accounts
    assert account.path == str(tmp_path / "alice")


def test_another_namespace_for_the_context():
    (account,) = read(accounts=[{**ALICE, "context_namespace": "lab-of-alice"}]).accounts
    assert (account.namespace, account.context_namespace) == ("lab-alice", "lab-of-alice")


@pytest.mark.parametrize(
    "selector",
    [
        SELECTOR,
        "kubelabs.pods/class=c , app.kubernetes.io/managed-by==kubelabs.pods",
    ],
)
def test_the_class_is_the_same_however_it_is_written(selector):
    assert read(label_selector=selector).selector == SELECTOR


@pytest.mark.parametrize("url", ["https://kube.example.org:6443", "https://[2001:db8::1]:6443/"])
def test_a_server(url):
    assert read(server=url).server == url.rstrip("/")


@pytest.mark.parametrize(
    "params, words",
    [
        pytest.param({"accounts": []}, "accounts is an empty list", id="no accounts"),
        pytest.param(
            {"accounts": [{**ALICE, "namespace": " "}]},
            r"namespace of an entry of accounts is empty \(Alice\)",
            id="a namespace that is empty",
        ),
        pytest.param(
            {"accounts": [ALICE, {**BOB, "path": "/keys/../keys/alice"}]},
            "accounts of Alice and Bob have the same path /keys/alice",
            id="two of one path",
        ),
        pytest.param({"lifetime": 599}, "lifetime is 599, and must be a number of seconds from 600", id="short"),
        pytest.param({"lifetime": 2**32 + 1}, "lifetime is 4294967297, and must be", id="long"),
        pytest.param({"renew_before": -1}, "renew_before is -1, and must be 0 or more", id="renew_before"),
        pytest.param({"renew_before": 604800}, "every run would renew every token", id="renewed every time"),
        pytest.param(
            {"label_selector": "kubelabs.pods/class=c"},
            "because no account without our label is ever used",
            id="without our label",
        ),
        pytest.param({"label_selector": "app.kubernetes.io/managed-by=other"}, "without our label", id="another owner"),
        pytest.param({"label_selector": f"{SELECTOR},x!=y"}, "must be made of key=value", id="inequality"),
        pytest.param({"label_selector": f"{SELECTOR},x in (y,z)"}, "must be made of key=value", id="a set"),
        pytest.param({"label_selector": ""}, "must be made of key=value", id="everything"),
        pytest.param({"server": "kube.example.org"}, "server is not the URL of an API server", id="no URL"),
        pytest.param({"server": "https://[::1"}, "server is not the URL of an API server", id="no URL at all"),
    ],
)
def test_what_cannot_be_used(params, words):
    with pytest.raises(ArgumentError, match=words):
        read(**params)


def test_credentials_in_the_url_of_the_server_are_refused_and_not_shown():
    with pytest.raises(ArgumentError, match="without a user name") as caught:
        read(server="https://me:s3cret@kube.example.org")
    assert "s3cret" not in str(caught.value)


def test_a_link_leads_to_the_same_path(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "link").symlink_to("keys")
    paths = [str(tmp_path / folder / "config") for folder in ("keys", "link")]
    with pytest.raises(ArgumentError, match="have the same path"):
        read(accounts=[{**ALICE, "path": paths[0]}, {**BOB, "path": paths[1]}])
