# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import refuse
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import CREDENTIAL, kubeconfig, plugin, prints

WARNING = "sys.stderr.write('warning: aws-iam-authenticator 0.5 is old\\n')\n"


def client_of(api, user, **cluster):
    return Client(load_connection({"kubeconfig": kubeconfig(api.url, user, **cluster)}))


def ask(api, user, seconds=5.0, **cluster):
    client = client_of(api, user, **cluster)
    client.log_in(Deadline(seconds))
    client.hello(Deadline(5))
    return client


def tokens(api):
    return [request.headers.get("authorization", ["nobody"])[0] for request in api.requests]


def test_a_token(api, tmp_path):
    ask(api, plugin(tmp_path, prints(token="from-the-plugin\n")))
    assert tokens(api) == ["Bearer from-the-plugin"]


def test_a_warning_on_standard_error_is_fine(api, tmp_path):
    ask(api, plugin(tmp_path, WARNING + prints(token="good")))
    assert tokens(api) == ["Bearer good"]


EXPIRED = "sys.stderr.write('Token has expired,\\n  run: aws sso login\\n')\nsys.exit(255)"


@pytest.mark.parametrize(
    "body, spec, words",
    [
        (
            EXPIRED,
            {},
            r"gave no credentials: exit status 255, saying: Token has expired, run: aws sso login\. Log in anew",
        ),
        ("sys.exit(1)", {}, r"gave no credentials: exit status 1, saying nothing\."),
        ("os.kill(os.getpid(), 15)", {}, "gave no credentials: signal SIGTERM, saying nothing"),
        (
            "print('Update available')\n" + prints(token="s3cret"),
            {},
            "before it stands 'Update available', which belongs",
        ),
        (
            "print('s3cret')",
            {},
            "did not write an ExecCredential to its standard output but something else; .* nothing",
        ),
        (
            WARNING,
            {},
            "standard output but nothing; on standard error it wrote: warning: aws-iam-authenticator 0.5 is old",
        ),
        (prints(), {}, "gave neither a token nor a certificate, saying nothing"),
        (WARNING + prints(token=""), {}, "gave neither a token nor a certificate, saying: warning"),
        (prints(clientCertificateData="x"), {}, "gave a certificate without its key"),
        ("print('[]')", {}, "something without a kind of no apiVersion"),
        (
            prints(token="s3cret"),
            {"apiVersion": "client.authentication.k8s.io/v1beta1"},
            "v1beta1, and did so with .*/v1:",
        ),
        (
            prints(token="s3cret"),
            {"apiVersion": "v1"},
            "has the apiVersion 'v1', and needs one of client.authentication",
        ),
        (prints(token="s3cret"), {"interactiveMode": "Always"}, "wants a terminal"),
        (prints(token="s3cret s3cret"), {}, "The token of the exec plugin .* holds a character that no token has"),
        (f"sys.stderr.write('bad {'x' * 2000}')\nsys.exit(2)", {}, "saying: bad x{496}. Log in"),
    ],
    ids=[
        "expired",
        "says nothing",
        "killed",
        "a warning on standard output",
        "a bare token on standard output",
        "nothing on standard output",
        "neither",
        "empty token",
        "certificate without key",
        "a list",
        "another version",
        "no version",
        "interactive",
        "a token with a blank",
        "many words",
    ],
)
def test_a_plugin_without_a_credential_is_named_and_nothing_is_asked_as_nobody(api, tmp_path, body, spec, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        ask(api, plugin(tmp_path, body, **spec))
    assert f"xec plugin '{tmp_path}/plugin' of the user 'teacher' in the inline kubeconfig" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert not api.requests


@pytest.mark.parametrize(
    "command, words",
    [
        (
            "aws-iam-authenticator",
            r"is not installed \(it is looked for in PATH\): install it .* Its hint: see the wiki$",
        ),
        ("./aws-iam-authenticator", r"is not installed: install it"),
        ("/etc/passwd", r"is not executable: install it"),
    ],
    ids=["missing in PATH", "missing where it is said to be", "no program"],
)
def test_a_missing_plugin_is_named_with_its_hint(api, command, words):
    spec = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": command, "installHint": "see\nthe wiki"}
    with pytest.raises(ConfigurationError, match=words) as caught:
        ask(api, {"exec": {**spec, "args": ["token", "-i", "lab"]}})
    assert f"The exec plugin '{command}' of the user 'teacher'" in str(caught.value)
    assert not api.requests


def test_a_plugin_without_a_command(api):
    with pytest.raises(
        ConfigurationError, match="field exec of the user 'teacher' in the inline kubeconfig names no com"
    ):
        ask(api, {"exec": {"apiVersion": "client.authentication.k8s.io/v1"}})


@pytest.mark.against_the_clock
def test_a_plugin_that_does_not_end_is_ended_with_what_it_has_started(api, tmp_path):
    body = "import subprocess\nsys.stderr.write('open https://login.example.org\\n'); sys.stderr.flush()\n"
    body += "subprocess.run(['sleep', '60'])"
    began = time.monotonic()
    with pytest.raises(ConfigurationError, match=r"had not ended after .* s, saying: open https://login.example.org"):
        ask(api, plugin(tmp_path, body), seconds=0.5)
    assert time.monotonic() - began < 1.5
    assert not api.requests


def test_what_it_is_told(api, tmp_path):
    """KEP-541: KUBERNETES_EXEC_INFO, its own variables and arguments, and no terminal to ask somebody on."""
    body = f"""
assert sys.stdin.read() == ""
told = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
with open({str(tmp_path / "told")!r}, "w") as stream:
    json.dump([told, os.environ["AWS_PROFILE"], sys.argv[1:]], stream)
"""
    spec = {
        "args": ["token", "-i", "lab"],
        "env": [{"name": "AWS_PROFILE", "value": "school"}],
        "provideClusterInfo": True,
    }
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    ask(api, plugin(tmp_path, body + prints(token="good"), **spec), extensions=[extension])
    told, profile, arguments = json.loads((tmp_path / "told").read_text())
    cluster = {"server": api.url, "config": {"audience": "x"}}
    assert told == {
        "apiVersion": CREDENTIAL["apiVersion"],
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": cluster},
    }
    assert (profile, arguments) == ("school", ["token", "-i", "lab"])


def test_its_variables_do_not_come_back_in_what_it_says(api, tmp_path):
    env = [{"name": "AZURE_CLIENT_SECRET", "value": "s3cret"}, {"name": "REGION", "value": "eu"}]
    body = "sys.exit('bad ' + os.environ['AZURE_CLIENT_SECRET'] + ' in ' + os.environ['REGION'])"
    with pytest.raises(ConfigurationError, match=r"saying: bad \*{8} in eu\."):
        ask(api, plugin(tmp_path, body, env=env))


COUNTED = """
with open(os.path.join(os.path.dirname(sys.argv[0]), "count"), "a+") as stream:
    stream.write("x")
    stream.flush()
    number = stream.tell()
status = {"token": f"token-{number}", "expirationTimestamp": EXPIRES}
"""
PRINT = f"print(json.dumps({{**{CREDENTIAL!r}, 'status': status}}))"


@pytest.mark.parametrize(
    "expires, expected",
    [
        ("2020-01-01T00:00:00Z", ["token-1", "token-2", "token-3"]),
        ("2999-01-01T00:00:00Z", ["token-1"] * 3),
        (None, ["token-1"] * 3),
    ],
    ids=["expired", "lives long", "lives for good"],
)
def test_it_is_asked_anew_when_what_it_gave_has_expired(api, tmp_path, expires, expected):
    body = COUNTED.replace("EXPIRES", repr(expires)) + PRINT
    client = client_of(api, plugin(tmp_path, body))
    for _request in expected:
        client.get("/version", deadline=Deadline(5))
    assert tokens(api) == [f"Bearer {token}" for token in expected]


def test_a_plugin_that_fails_later_is_not_covered_up_with_the_old_token(api, tmp_path):
    body = (
        COUNTED.replace("EXPIRES", "'2020-01-01T00:00:00Z'") + f"if number > 1:\n    {EXPIRED.replace(chr(10), '; ')}\n"
    )
    client = client_of(api, plugin(tmp_path, body + PRINT))
    client.get("/version", deadline=Deadline(5))
    with pytest.raises(ConfigurationError, match="exit status 255, saying: Token has expired"):
        client.get("/version", deadline=Deadline(5))
    assert tokens(api) == ["Bearer token-1"]


def test_the_token_is_a_secret(api, tmp_path):
    client = ask(api, plugin(tmp_path, prints(token="s3cret")))
    assert "s3cret" in client.connection.secrets.values


def test_a_certificate(tls_api, certificate, tmp_path):
    """Instead of a token; the API server sees who we are in the TLS handshake."""
    seen = []

    def look(connection, request):
        seen.append(connection.sock.getpeercert()["subject"])
        tls_api.answer(connection, request)

    tls_api.fault("/version", look)
    names = {"clientCertificateData": "cert.pem", "clientKeyData": "key.pem"}
    status = {field: (certificate / name).read_text() for field, name in names.items()}
    config = kubeconfig(tls_api.url, plugin(tmp_path, prints(**status)))
    config["clusters"][0]["cluster"]["certificate-authority"] = str(certificate / "cert.pem")
    client = Client(load_connection({"kubeconfig": config}))
    client.log_in(Deadline(5))
    client.hello(Deadline(5))
    assert seen == [((("commonName", "fake"),),)]
    assert "authorization" not in tls_api.requests[-1].headers
    assert status["clientKeyData"] in client.connection.secrets.values


def test_a_broken_certificate(tls_api, certificate, tmp_path):
    user = plugin(tmp_path, prints(clientCertificateData="x", clientKeyData="y"))
    config = kubeconfig(tls_api.url, user, **{"certificate-authority": str(certificate / "cert.pem")})
    client = Client(load_connection({"kubeconfig": config}))
    with pytest.raises(
        ConfigurationError, match=r"certificate of the exec plugin .* cannot be loaded: they must be PEM"
    ):
        client.log_in(Deadline(5))
    assert not tls_api.requests


@pytest.mark.parametrize("field", ["token", "client-certificate"])
def test_it_is_not_run_where_the_user_has_something_to_show(api, tmp_path, field):
    user = {**plugin(tmp_path, EXPIRED), field: "given"}
    if field == "client-certificate":
        user["client-key"] = "given"
    ask(api, user)
    assert tokens(api) == ["Bearer given" if field == "token" else "nobody"]


def test_an_option_counts_before_it(api, tmp_path):
    config = kubeconfig(api.url, plugin(tmp_path, EXPIRED))
    client = Client(load_connection({"kubeconfig": config, "api_key": "mine"}))
    client.log_in(Deadline(5))
    client.hello(Deadline(5))
    assert tokens(api) == ["Bearer mine"]


def test_a_token_that_the_server_refuses_is_said_as_such(api, tmp_path):
    api.fault("/version", refuse(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(ConfigurationError, match=r"refused the credentials \(401 Unauthorized\): renew them"):
        ask(api, plugin(tmp_path, prints(token="good")))
