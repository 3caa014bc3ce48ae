# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import sys

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.credentials import Fixed, TokenFile, bearer
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError, MissingLibrary
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.secrets import Secrets
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write

NOW = Deadline(5, lambda: 0.0)


def authorization(user, server="https://x", **options):
    connection = load_connection({"kubeconfig": kubeconfig(server, user), **options})
    return connection.credential.authorization(NOW)


@pytest.mark.parametrize(
    "token",
    ["go\nod", "go od", "gööd", "go\x01od", "\u201cgood\u201d", "go\x7fod"],
    ids=["line break", "blank", "accents", "control character", "quotation marks", "delete"],
)
def test_a_token_that_no_header_can_carry_is_named_and_not_shown(token):
    with pytest.raises(ConfigurationError, match=r"^The token of x holds a character that no token has") as caught:
        bearer(token, "of x", Secrets())
    assert token not in str(caught.value) and "od" not in str(caught.value).replace("word", "")


@pytest.mark.parametrize("text", ["good", "good\n", "good\r\n", "\n good \n"], ids=["bare", "lf", "crlf", "around"])
def test_white_space_around_a_token_is_none_of_it(tmp_path, text):
    path = tmp_path / "token"
    path.write_text(text, newline="")
    assert TokenFile(str(path), "of x", Secrets()).authorization(NOW) == "Bearer good"
    assert authorization({"token": text}) == "Bearer good"
    assert authorization({"tokenFile": str(path)}) == "Bearer good"


def test_a_token_file_reaches_the_server_trimmed(api, tmp_path):
    (tmp_path / "token").write_text("good\n")
    config = write(tmp_path / "config", kubeconfig(api.url, {"tokenFile": "token"}))
    client = Client(load_connection({"kubeconfig": config}))
    client.hello(NOW)
    assert api.requests[-1].headers["authorization"] == ["Bearer good"]
    assert "good" in client.connection.secrets.values


def test_a_token_file_is_read_again_and_bridged_while_it_is_away(tmp_path):
    path = tmp_path / "token"
    source = TokenFile(str(path), "of x", Secrets())
    for token in ("one", "two"):
        path.write_text(token)
        assert source.authorization(NOW) == f"Bearer {token}"
    path.unlink()
    assert source.authorization(NOW) == "Bearer two"


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty: write it anew"),
        (b" \n", "is empty: write it anew"),
        (b"\xff\xfe", "cannot be read: it is not UTF-8"),
    ],
    ids=["missing", "empty", "blank", "not UTF-8"],
)
def test_a_token_file_without_a_token(tmp_path, content, words):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words) as caught:
        authorization({"tokenFile": str(path)})
    assert str(path) in str(caught.value) and "of the user 'teacher' in the inline kubeconfig" in str(caught.value)


@pytest.mark.parametrize(
    "user, expected",
    [
        ({"tokenFile": "FILE", "token": "t"}, "Bearer from-the-file"),
        ({"token": "t", "username": "u", "password": "p"}, "Bearer t"),
        ({"username": "u", "password": "p", "exec": {"command": "nosuch"}}, "Basic dTpw"),
        ({"client-certificate": "c", "client-key": "k", "exec": {"command": "nosuch"}}, None),
    ],
    ids=["file before token", "token before password", "password before plugin", "certificate before plugin"],
)
def test_kubectls_order(tmp_path, user, expected):
    (tmp_path / "token").write_text("from-the-file")
    user = {name: str(tmp_path / "token") if value == "FILE" else value for name, value in user.items()}
    assert authorization(user) == expected


@pytest.mark.parametrize(
    "user",
    [{}, None, {"username": "u"}, {"password": "p"}, {"nonsense": 1}, {"client-key": "k"}, {"as": "eve"}],
    ids=["empty", "null", "a name alone", "a password alone", "a field that nobody knows", "a key alone", "only as"],
)
def test_who_is_named_and_has_nothing_to_show_is_not_asked_as_nobody(user):
    config = kubeconfig("https://x")
    config["users"][0]["user"] = user
    client = Client(load_connection({"kubeconfig": config}))
    with pytest.raises(ConfigurationError, match=r"^The user 'teacher' in the inline kubeconfig has no credential"):
        client.log_in(NOW)
    with pytest.raises(ConfigurationError, match="has no credential"):
        client.get("/version", deadline=NOW)


@pytest.mark.parametrize(
    "options", [{"api_key": "mine"}, {"username": "u", "password": "p"}], ids=["api_key", "username and password"]
)
def test_but_an_option_may_show_something(options):
    assert authorization({}, **options) in ("Bearer mine", "Basic dTpw")


def test_nobody_where_nobody_is_named():
    config = kubeconfig("https://x")
    config["contexts"][0]["context"].pop("user")
    assert load_connection({"kubeconfig": config}).credential.authorization(NOW) is None


def test_nobody_over_plain_http_as_behind_kubectl_proxy():
    assert authorization({}, server="http://127.0.0.1:8001") is None


def test_nothing_given_shows_itself():
    assert "s3cret" not in repr(Fixed("s3cret"))


# --- what is left to the kubernetes package ---


def token_for(seconds):
    """A JSON web token that is nobody's."""
    parts = ({"alg": "none"}, {"exp": seconds})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".x"


def provider(name, **config):
    return {"auth-provider": {"name": name, "config": config}}


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "file"])
def test_an_auth_provider(tmp_path, inline):
    token = token_for(32503680000)
    config = kubeconfig("https://x", provider("oidc", **{"id-token": token}))
    secrets = Secrets()
    given = config if inline else write(tmp_path / "config", config)
    credential = load_connection({"kubeconfig": given}, secrets).credential
    assert credential.authorization(NOW) == f"Bearer {token}"
    assert credential.authorization(NOW) == f"Bearer {token}"
    assert token in secrets.values


@pytest.mark.parametrize(
    "user, words",
    [
        (provider("azure", nonsense="x"), "gave no token, or the installed version"),
        (provider("oidc", **{"id-token": "s3cret"}), "gave no token"),
        (provider("oidc"), "gave no token: Invalid kube-config file"),
    ],
    ids=["unknown", "no web token", "incomplete"],
)
def test_an_auth_provider_that_gives_nothing_is_named(user, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        authorization(user)
    assert "of the user 'teacher' in the inline kubeconfig" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_without_the_kubernetes_package(monkeypatch):
    for name in list(sys.modules):
        if name.split(".")[0] == "kubernetes":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(MissingLibrary) as caught:
        authorization(provider("oidc", **{"id-token": token_for(1)}))
    assert (caught.value.library, caught.value.reason) == (
        "kubernetes",
        "for the auth-provider 'oidc' of the user 'teacher' in the inline kubeconfig",
    )
    assert authorization({"token": "t"}) == "Bearer t", "everything else does without"
