# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import Configuration
from kubernetes.config import load_kube_config

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.connection import load_connection
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._keys.keyfile import from_bytes, to_bytes
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import JSON
from ansible_collections.kubelabs.pods.tests.unit.fakes.keys import make_key
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig


def content_of(key):
    return yaml.safe_load(to_bytes(key))


@pytest.mark.parametrize("key", [make_key(), make_key(granted=None), make_key(cluster={"server": "https://h"})])
def test_what_is_written_is_read(key):
    assert from_bytes(to_bytes(key)) == key


def test_the_names_in_it():
    content = content_of(make_key())
    assert content["current-context"] == content["contexts"][0]["name"] == "lab-alice"
    assert content["users"][0]["name"] == content["contexts"][0]["context"]["user"] == "student"
    assert content["clusters"][0]["name"] == content["contexts"][0]["context"]["cluster"] == "kube-example-org:6443"
    assert content["contexts"][0]["context"]["namespace"] == "lab-alice"


def test_those_who_read_kubeconfigs_take_it(tmp_path):
    path = tmp_path / "config"
    path.write_bytes(to_bytes(make_key(cluster={"server": "https://kube.example.org:6443"})))
    configuration = Configuration()
    load_kube_config(str(path), client_configuration=configuration)
    assert configuration.host == "https://kube.example.org:6443"
    assert "Bearer t0ken" in configuration.api_key.values()
    connection = load_connection({"kubeconfig": str(path)})
    assert connection.context == "lab-alice"
    assert connection.credential.authorization(Deadline(5)) == "Bearer t0ken"


def test_written_anew_by_kubectl_it_is_still_ours():
    """kubectl sorts the keys and adds fields; other programs may leave out the quotation marks around times."""
    key = make_key()
    content = {**content_of(key), "preferences": {}}
    text = yaml.safe_dump(content, sort_keys=True).replace("'2026", "2026").replace("Z'", "Z")
    assert from_bytes(text.encode()) == key


def test_another_current_context():
    content = {**content_of(make_key()), "current-context": "elsewhere"}
    found = from_bytes(yaml.safe_dump(content).encode())
    assert found == replace(make_key(), context="")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"just a text",
        b"{unfinished: [",
        b"- a\n- b\n",
        b"!!python/object/apply:os.system [echo]",
        b"[" * 5000,
        b"!!bool maybe",
        b"!!timestamp soon",
        b"!!int ''",
        yaml.safe_dump(kubeconfig("https://h", {"token": "t"})).encode(),
    ],
)
def test_what_is_not_ours(content):
    assert from_bytes(content) is None


@given(JSON, JSON, JSON)
def test_whatever_stands_in_it(contexts, clusters, extension):
    marked = [{"name": "x", "context": {"extensions": [{"name": "kubelabs.pods", "extension": extension}]}}]
    from_bytes(yaml.safe_dump({"contexts": contexts, "clusters": clusters}).encode())
    assert from_bytes(yaml.safe_dump({"contexts": marked, "clusters": clusters, "users": contexts}).encode())


@given(st.binary(max_size=200))
def test_whatever_stands_there(content):
    from_bytes(content)


def test_a_key_does_not_show_its_token():
    assert "t0ken" not in repr(make_key())
