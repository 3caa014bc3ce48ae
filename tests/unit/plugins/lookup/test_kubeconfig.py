# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleLookupError

from ansible_collections.kubelabs.pods.plugins.lookup import kubeconfig as plugin
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write

SERVER = "https://192.0.2.10:6443"


@pytest.fixture(name="lookup")
def kubeconfig_lookup(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "run"))
    monkeypatch.setattr(plugin, "_version_of_the_package", lambda: "37.0.2")
    (tmp_path / "run").mkdir()

    def run(*paths, **options):
        found = plugin.LookupModule().run(list(paths), {}, **options)
        assert len(found) == len(paths)
        return found[0]

    return run


def authorization(path):
    """What the kubernetes package, and with it kubernetes.core, sends for this file."""
    from kubernetes.client.configuration import Configuration
    from kubernetes.config import load_kube_config

    configuration = Configuration()
    load_kube_config(config_file=path, client_configuration=configuration, persist_config=False)
    return configuration.host, configuration.api_key.get("BearerToken") or configuration.api_key.get("authorization")


@pytest.mark.parametrize(
    "user",
    [{"token": "good"}, {"client-certificate-data": "eA==", "client-key-data": "eA=="}, {"exec": {"command": "x"}}, {}],
    ids=["token", "certificate", "plugin", "nothing"],
)
def test_a_file_that_means_the_same_to_both_is_left_as_it_is(lookup, tmp_path, user):
    path = write(tmp_path / "config", kubeconfig(SERVER, user))
    assert lookup(path) == path
    assert not os.listdir(tmp_path / "run")


def test_the_line_break_of_a_token_file(lookup, tmp_path):
    (tmp_path / "token").write_text("good\n")
    path = write(tmp_path / "config", kubeconfig(SERVER, {"tokenFile": "token"}))
    assert authorization(path) == (SERVER, "Bearer good\n"), "if this fails, the package has learned it"
    assert authorization(lookup(path)) == (SERVER, "Bearer good")


def test_a_token_that_was_renewed(lookup, tmp_path):
    path = write(tmp_path / "config", kubeconfig(SERVER, {"tokenFile": "token", "token": "old"}))
    for token in ("one", "two"):
        (tmp_path / "token").write_text(token)
        assert authorization(lookup(path)) == (SERVER, f"Bearer {token}")


def test_white_space_around_a_token(lookup, tmp_path):
    path = write(tmp_path / "config", kubeconfig(SERVER, {"token": "good\n"}))
    assert authorization(lookup(path)) == (SERVER, "Bearer good")


def test_of_several_files_the_first_current_context(lookup, tmp_path):
    """The package takes the last, and so another cluster than kubectl."""
    first = write(tmp_path / "a", kubeconfig(SERVER, {"token": "first"}))
    other = yaml.safe_load(yaml.safe_dump(kubeconfig("https://other", {"token": "second"})).replace("lab", "other"))
    other = yaml.safe_load(yaml.safe_dump(other).replace("school", "college").replace("teacher", "professor"))
    second = write(tmp_path / "b", other)
    assert authorization(f"{first}:{second}") == ("https://other", "Bearer second")
    assert authorization(lookup(f"{first}:{second}")) == (SERVER, "Bearer first")
    assert authorization(lookup(f"{first}:{second}", context="other")) == ("https://other", "Bearer second")


def test_what_is_written_is_for_its_owner_and_leads_to_the_same_files(lookup, tmp_path, monkeypatch):
    (tmp_path / "token").write_text("good")
    user = {"tokenFile": "token", "client-certificate": "c.pem", "client-key": "../k.pem", "exec": {"command": "./p"}}
    path = write(tmp_path / "config", kubeconfig(SERVER, user, **{"certificate-authority": "ca.pem"}))
    monkeypatch.chdir("/")
    written = lookup(path)
    assert stat.S_IMODE(os.stat(written).st_mode) == 0o600
    assert os.listdir(tmp_path / "run") == [os.path.basename(written)]
    content = yaml.safe_load(Path(written).read_text())
    assert content["clusters"][0]["cluster"]["certificate-authority"] == f"{tmp_path}/ca.pem"
    assert content["users"][0]["user"] == {
        "token": "good",
        "client-certificate": f"{tmp_path}/c.pem",
        "client-key": f"{tmp_path.parent}/k.pem",
        "exec": {"command": f"{tmp_path}/p"},
    }


def test_a_socks_proxy_resolves_the_name(lookup, tmp_path):
    path = write(tmp_path / "config", kubeconfig(SERVER, {"token": "t"}, **{"proxy-url": "socks5://127.0.0.1:1080"}))
    content = yaml.safe_load(Path(lookup(path)).read_text())
    assert content["clusters"][0]["cluster"]["proxy-url"] == "socks5h://127.0.0.1:1080"


@pytest.mark.parametrize(
    "user, cluster, version, words",
    [
        (
            {"tokenFile": "nosuch"},
            {},
            "37",
            r"The token file /.*/nosuch of the user 'teacher' in the .* cannot be read: No",
        ),
        (
            {"token": "t", "as": "eve"},
            {},
            "37",
            "does not know as of the user 'teacher' .*: set its option impersonate_us",
        ),
        (
            {"token": "t"},
            {"proxy-url": "http://p"},
            "36.0.1",
            r"go past proxy-url of .* kubernetes 36\.0\.1 .*>= 37\.$",
        ),
    ],
    ids=["missing token file", "as", "a proxy that old packages do not know"],
)
def test_what_kubernetes_core_cannot_do_is_said(lookup, tmp_path, monkeypatch, user, cluster, version, words):
    monkeypatch.setattr(plugin, "_version_of_the_package", lambda: version)
    path = write(tmp_path / "config", kubeconfig(SERVER, user, **cluster))
    with pytest.raises(AnsibleLookupError, match=words):
        lookup(path)


def test_a_missing_file_is_named(lookup, tmp_path):
    with pytest.raises(AnsibleLookupError, match=f"The kubeconfig {tmp_path}/nosuch does not exist: name one with"):
        lookup(f"{tmp_path}/nosuch")


def test_the_version_of_the_package():
    assert int(plugin._version_of_the_package().split(".")[0]) >= 31
