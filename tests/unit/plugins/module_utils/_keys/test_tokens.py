# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a cluster for keys, as it stands on the wire."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import KubelabsError
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.tokens import Tokens
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import make_token, refuse, reply, reset
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client
from ansible_collections.kubelabs.pods.tests.unit.fakes.keys import OURS, SELECTOR, make_account

ALICE = make_account("/keys/alice")
TOKEN = "/api/v1/namespaces/lab-alice/serviceaccounts/student/token"
OLD = make_token("of the secret")


@pytest.fixture(name="client")
def client_of_the_server(api, clock):
    api.account("lab-alice", OURS)
    return make_client(api, sleep=clock.sleep)


@pytest.fixture(name="tokens")
def fixture_tokens(client):
    return Tokens(client, Deadline(10))


def names(items):
    return [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items]


def asked(api):
    return [(request.method, request.path) for request in api.requests]


def put_secret(api, name, data=None, kind="kubernetes.io/service-account-token", uid="uid-lab-alice-student"):
    api.put(
        {
            "metadata": {
                "name": name,
                "namespace": "lab-alice",
                "uid": f"uid-{name}",
                "annotations": {"kubernetes.io/service-account.uid": uid},
            },
            "type": kind,
            "data": {"token": base64.b64encode(OLD.encode()).decode()} if data is None else data,
        },
        "secrets",
    )


def without_token_requests(api):
    api.fault(
        "/token$", refuse(404, "NotFound", "the server could not find the requested resource"), method="POST", times=9
    )


# --- accounts ---


def test_the_accounts_of_a_class(api, tokens):
    api.account("lab-bob", OURS)
    api.account("lab-bob", {}, "other")
    assert names(tokens.list_accounts(SELECTOR, "")) == [("lab-alice", "student"), ("lab-bob", "student")]
    assert names(tokens.list_accounts(SELECTOR, "lab-bob")) == [("lab-bob", "student")]
    assert asked(api) == [
        ("GET", "/api/v1/serviceaccounts"),
        ("GET", "/api/v1/namespaces/lab-bob/serviceaccounts"),
    ]


def test_who_may_not_list_them(api, tokens):
    api.fault("/serviceaccounts$", refuse(403, "Forbidden", "may not list"))
    assert tokens.list_accounts(SELECTOR, "") is None


def test_a_list_that_fails(api, tokens):
    api.fault("/serviceaccounts$", refuse(400, "BadRequest", "no such selector"))
    with pytest.raises(KubelabsError, match=r"The service accounts cannot be listed on the API server .*no such sel"):
        tokens.list_accounts(SELECTOR, "")


def test_one_account(api, tokens):
    assert tokens.read_account(ALICE)["metadata"]["uid"] == "uid-lab-alice-student"
    assert tokens.read_account(make_account("/keys/bob", "Bob", "lab-bob")) is None
    api.fault("/student$", refuse(403, "Forbidden", "may not get"))
    with pytest.raises(KubelabsError, match=r"the right to get serviceaccounts is missing .*\(may not get\)"):
        tokens.read_account(ALICE)


# --- tokens on request ---


def test_a_token(api, client, tokens):
    token = tokens.ask(ALICE, 3600)
    assert token.value == api.tokens[0] and token.value not in repr(token)
    assert abs(token.expires - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=30)
    (request,) = api.requests
    assert (request.method, request.path) == ("POST", TOKEN)
    assert request.json() == {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": 3600},
    }
    assert client.connection.secrets.scrub(f"a {token.value} b") == "a ******** b"


@pytest.mark.parametrize("fault", [refuse(503), refuse(500), refuse(429), reset])
def test_trouble_that_passes_is_lived_through(api, tokens, fault):
    api.fault("/token$", fault, method="POST")
    assert tokens.ask(ALICE, 3600).value == api.tokens[0]


@pytest.mark.parametrize(
    "fault, words",
    [
        pytest.param(
            refuse(403, "Forbidden", "may not"),
            r"the right to create serviceaccounts/token is missing in that namespace, .* give \(may not\)",
            id="forbidden",
        ),
        pytest.param(refuse(500, "InternalError", "no signer"), "answered 500 InternalError: no signer", id="500"),
        pytest.param(refuse(422, "Invalid", "too long"), "answered 422 Invalid: too long", id="422"),
        pytest.param(reply(201, {"status": {"token": "t0ken"}}), "answer holds none", id="without an expiry"),
        pytest.param(
            reply(201, {"status": {"token": " ", "expirationTimestamp": "2026-11-22T08:31:41Z"}}),
            "answer holds none",
            id="without a token",
        ),
        pytest.param(reply(200, []), "answer holds none", id="a list"),
        pytest.param(reply(200, "hello"), "answer is not JSON", id="no JSON"),
    ],
)
def test_no_token(api, tokens, fault, words):
    api.fault("/token$", fault, method="POST", times=99)
    with pytest.raises(KubelabsError, match=f"^There is no token for the service account student in .*{words}"):
        tokens.ask(ALICE, 3600)


def test_no_time(client):
    with pytest.raises(KubelabsError, match=r"There is no token for .*No time is left"):
        Tokens(client, Deadline(0)).ask(ALICE, 3600)


# --- tokens of Secrets ---


def test_a_cluster_that_makes_none_on_request(api, client, tokens):
    without_token_requests(api)
    api.account("lab-alice", OURS, secrets=[{"name": "pull"}, {"name": "gone"}, {"name": "student-token-x"}])
    put_secret(api, "pull", kind="kubernetes.io/dockerconfigjson")
    put_secret(api, "student-token-x")
    token = tokens.ask(ALICE, 3600)
    assert (token.value, token.expires) == (OLD, None)
    assert OLD not in client.connection.secrets.scrub(OLD)


@pytest.mark.parametrize(
    "secret",
    [
        None,
        {"kind": "Opaque"},
        {"uid": "that of the account before"},
    ],
)
def test_neither_on_request_nor_in_a_secret(api, tokens, secret):
    without_token_requests(api)
    api.account("lab-alice", OURS, secrets=[{"name": "s"}, {}])
    if secret is not None:
        put_secret(api, "s", **secret)
    with pytest.raises(KubelabsError, match=r"neither makes one on request \(404\) nor has it made a Secret"):
        tokens.ask(ALICE, 3600)


@pytest.mark.parametrize("data", [{}, {"token": "%%%"}, {"token": "/w=="}, {"token": 7}])
def test_a_secret_without_a_token(api, tokens, data):
    without_token_requests(api)
    api.account("lab-alice", OURS, secrets=[{"name": "s"}])
    put_secret(api, "s", data)
    with pytest.raises(KubelabsError, match="answer holds none"):
        tokens.ask(ALICE, 3600)


@pytest.mark.parametrize(
    "fault, words",
    [(refuse(403, "Forbidden", "may not"), "the right to get secrets is missing"), (refuse(400), "answered 400")],
)
def test_a_secret_that_cannot_be_read(api, tokens, fault, words):
    without_token_requests(api)
    api.account("lab-alice", OURS, secrets=[{"name": "s"}])
    api.fault("/secrets/", fault)
    with pytest.raises(KubelabsError, match=f"There is no token for .*{words}"):
        tokens.ask(ALICE, 3600)


def test_an_account_that_has_gone_meanwhile(api, tokens):
    api.remove("student", kind="serviceaccounts")
    with pytest.raises(KubelabsError, match="There is no service account student in the namespace lab-alice"):
        tokens.ask(ALICE, 3600)
