# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.kubectl import Kubectl

WORDS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    "path, shown",
    [
        ("/home/me/.kube/kind-x", "~/.kube/kind-x"),
        ("~/.kube/a config", "~/'.kube/a config'"),
        ("/home/melanie/config", "/home/melanie/config"),
        ("/etc/a config", "'/etc/a config'"),
        ("config", "/srv/config"),
        ("../a config", "'/a config'"),
        ("/home/me/a:", "~/a"),
    ],
    ids=[
        "at home",
        "with a blank",
        "home of another",
        "with a blank elsewhere",
        "relative",
        "relative above",
        "one of one",
    ],
)
def test_the_kubeconfig_works_for_the_next_person_too(monkeypatch, path, shown):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr("os.getcwd", lambda: "/srv")
    assert Kubectl(kubeconfig=path).line("get", "pods") == f"kubectl --kubeconfig {shown} get pods"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_several_kubeconfigs_are_a_variable_because_the_option_takes_one(tmp_path, monkeypatch, shell):
    """With --kubeconfig a:b kubectl says: stat a:b: no such file or directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    line = Kubectl(context="x", kubeconfig=f"{tmp_path}/a b:/etc/c d:~/e").line("get", "pods")
    assert line == "KUBECONFIG=~/'a b':'/etc/c d':~/e kubectl --context=x get pods"
    script = 'kubectl() { printf "%s" "$KUBECONFIG"; }\n' + line
    shown = subprocess.run([shell, "-c", script], capture_output=True, check=True, text=True).stdout
    assert shown == f"{tmp_path}/a b:/etc/c d:{tmp_path}/e"


def test_the_variable_stands_before_kubectl_and_behind_what_is_piped_in():
    line = Kubectl(kubeconfig="/a:/b").exec_line(namespace="n", pod="p", container=None, command=["cat"], stdin="x")
    assert line == "printf %s x | KUBECONFIG=/a:/b kubectl -n n exec p -i -- cat"


def test_identity_and_namespace():
    line = Kubectl(context="a b").line("get", "pods", namespace="lab-a", as_user="eve", as_groups=["x", "y z"])
    assert line == "kubectl --context='a b' --as=eve --as-group=x --as-group='y z' -n lab-a get pods"


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_a_shell_reads_the_words_as_they_were(words):
    line = Kubectl().exec_line(namespace="n", pod="p", container="c", command=words)
    assert shlex.split(line) == ["kubectl", "-n", "n", "exec", "p", "-c", "c", "--", *words]


@pytest.mark.parametrize("stdin, encoded, sent", [("a'b %s\n", False, b"a'b %s\n"), ("AAH/", True, b"\x00\x01\xff")])
def test_stdin_is_piped_in(stdin, encoded, sent):
    line = Kubectl().exec_line(
        namespace="n", pod="p", container=None, command=["cat"], stdin=stdin, stdin_base64=encoded
    )
    piped, _bar, kubectl = line.rpartition(" | ")
    assert kubectl == "kubectl -n n exec p -i -- cat"
    assert subprocess.run(["sh", "-c", piped], capture_output=True, check=True).stdout == sent
