# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.kubeconfig import (
    load_content,
    load_files,
    parse_text,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ConfigurationError
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write

LAB = kubeconfig("https://192.0.2.10:6443", {"token": "t"})


def test_the_current_context(tmp_path):
    path = write(tmp_path / "config", LAB)
    found = load_files(path, None)
    assert (found.context, found.source, found.files) == ("lab", path, (path,))
    assert (found.cluster.text("server"), found.user.text("token")) == ("https://192.0.2.10:6443", "t")
    assert found.user.where == f"the user 'teacher' in the kubeconfig {path}"


def test_a_context_by_name():
    content = {**LAB, "current-context": "other", "contexts": [*LAB["contexts"], {"name": "other", "context": {}}]}
    assert load_content(content, "lab").context == "lab"


def test_of_several_files_the_first_that_has_an_entry_wins(tmp_path):
    """As in kubectl; the kubernetes package takes the last current context."""
    write(tmp_path / "a", {**LAB, "users": [], "contexts": []})
    other = kubeconfig("https://192.0.2.99", {"token": "second"})
    write(tmp_path / "b", {**other, "current-context": "other"})
    found = load_files(f"{tmp_path}/a:{tmp_path}/nosuch:{tmp_path}/b", None)
    assert found.context == "lab"
    assert (found.cluster.text("server"), found.user.text("token")) == ("https://192.0.2.10:6443", "second")
    assert found.source == f"{tmp_path}/a:{tmp_path}/b"


def test_relative_paths_start_where_the_file_is_that_has_them(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    cluster = kubeconfig("https://x", {}, **{"certificate-authority": "ca.pem"})
    write(tmp_path / "a/config", {**cluster, "users": []})
    write(tmp_path / "b/config", {"users": [{"name": "teacher", "user": {"tokenFile": "../token"}}]})
    found = load_files(f"{tmp_path}/a/config:{tmp_path}/b/config", None)
    assert found.cluster.path("certificate-authority") == f"{tmp_path}/a/ca.pem"
    assert found.user.path("tokenFile") == f"{tmp_path}/token"


def test_relative_paths_of_an_inline_kubeconfig_start_here():
    found = load_content(kubeconfig("https://x", {"tokenFile": "token"}), None)
    assert found.user.path("tokenFile") == os.path.join(os.getcwd(), "token")


def test_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "config", LAB)
    assert load_files("~/config", None).files == (f"{tmp_path}/config",)


def test_a_context_without_a_user_is_nobody():
    content = {**LAB, "contexts": [{"name": "lab", "context": {"cluster": "school"}}]}
    found = load_content(content, None)
    assert (found.user.name, dict(found.user.fields)) == ("", {})


def context(**fields):
    return {**LAB, "contexts": [{"name": "lab", "context": {"cluster": "school", "user": "teacher", **fields}}]}


@pytest.mark.parametrize(
    "content, asked, words",
    [
        (LAB, "three", "has no context 'three'; the contexts it has: lab."),
        (
            {**LAB, "current-context": ""},
            None,
            "has no current context: choose one with the option context; the contexts",
        ),
        ({**LAB, "current-context": "x"}, None, "names 'x' as its current context and does not have it"),
        ({**LAB, "contexts": None}, "lab", "has no context 'lab'; the contexts it has: none."),
        ({**LAB, "contexts": [1, {"name": 2}, {}]}, "lab", "has no context 'lab'; the contexts it has: none."),
        (context(cluster="gone"), None, "has no cluster 'gone', which its context 'lab' names; .* it has: school."),
        (context(user="gone"), None, "has no user 'gone', which its context 'lab' names; the users it has: teacher."),
        ({**LAB, "users": None}, None, "has no user 'teacher', .*; the users it has: none."),
    ],
    ids=[
        "unknown context",
        "no current context",
        "current context not there",
        "contexts null",
        "contexts malformed",
        "unknown cluster",
        "unknown user, who would be asked as nobody",
        "users null",
    ],
)
def test_what_leads_nowhere_is_said_with_what_there_is(tmp_path, content, asked, words):
    path = write(tmp_path / "config", content)
    with pytest.raises(ConfigurationError, match=f"^The kubeconfig {path} {words}"):
        load_files(path, asked)
    with pytest.raises(ConfigurationError, match=f"^The inline kubeconfig {words}"):
        load_content(content, asked)


@pytest.mark.parametrize(
    "text, words",
    [
        (b"", "is empty or not a mapping"),
        (b"[1]", "is empty or not a mapping"),
        (b"a: [\n", r"is not YAML \(line 2, column 1\)\.$"),
        (b"users: [{user: {token: *s3cret}}]", r"is not YAML \(line 1, column 24\)\.$"),
        (b"a: \xff", r"cannot be read: it is not UTF-8\.$"),
    ],
    ids=["empty", "list", "broken", "a token that YAML takes for an alias", "not UTF-8"],
)
def test_files_that_are_no_kubeconfig(tmp_path, text, words):
    path = tmp_path / "config"
    path.write_bytes(text)
    with pytest.raises(ConfigurationError, match=f"^The kubeconfig {path} {words}") as caught:
        load_files(str(path), None)
    assert "s3cret" not in str(caught.value)


def test_a_file_that_may_not_be_read(tmp_path):
    with pytest.raises(ConfigurationError, match=f"^The kubeconfig {tmp_path} cannot be read: Is a directory"):
        load_files(str(tmp_path), None)


def test_a_missing_file_says_how_to_name_one_in_a_module_and_in_the_lab(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        load_files(f"{tmp_path}/a b:{tmp_path}/c", None)
    assert str(caught.value) == (
        f"The kubeconfig {tmp_path}/a b or {tmp_path}/c does not exist: name one with the option kubeconfig or the "
        "variable K8S_AUTH_KUBECONFIG, in the lab's playbooks with pods_lab_kubeconfig."
    )


def test_a_field_of_the_wrong_type():
    found = load_content(kubeconfig("https://x", {"token": 123}), None)
    with pytest.raises(ConfigurationError, match=r"token of the user 'teacher' in the inline kubeconfig is no text"):
        found.user.text("token")


def test_text():
    assert parse_text('{"a": 1}') == {"a": 1}
    for text in ("a\nb", "a: [", "[1]"):
        with pytest.raises(ConfigurationError, match="no kubeconfig: give a path") as caught:
            parse_text(text)
        assert text not in str(caught.value)
