# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of `handouts` to files."""

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.action.handouts import ARGUMENT_SPEC, hand_out
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _cards_pdf

STUDENTS = [
    {"name": "Anna", "label": "anna", "namespace": "lab-anna"},
    {"name": "Ben", "label": "ben", "namespace": "lab-ben"},
]
PODS = [
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": name}]}}
    for name in ("web", "shell", "failing")
]


@pytest.fixture(autouse=True)
def no_pdf(monkeypatch):
    monkeypatch.setattr(_cards_pdf, "trouble", lambda _names: "no.")


def options(path, **given):
    defaults = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
    return {
        **defaults,
        "path": str(path),
        "class_name": "monday",
        "students": STUDENTS,
        "server": "https://kube.example.org",
        "pods": PODS,
        **given,
    }


def key(student, state="created", **more):
    return {"name": student["name"], "namespace": student["namespace"], "state": state, "expires": None, **more}


def sheets(path):
    return sorted(file.parent.name for file in path.rglob("lab-sheet.md"))


def test_who_has_a_key_gets_a_sheet(tmp_path):
    keys = [key(STUDENTS[0], "unchanged"), key(STUDENTS[1], "failed")]
    assert hand_out(options(tmp_path, kubeconfigs=keys), False).changed
    assert sheets(tmp_path) == ["lab-anna"]


def test_without_keys_all_get_one(tmp_path):
    hand_out(options(tmp_path), False)
    assert sheets(tmp_path) == ["lab-anna", "lab-ben"]
    assert "good until" not in (tmp_path / "lab-anna/lab-sheet.md").read_text()


def test_no_token_stands_in_a_hand_out(tmp_path):
    """Whatever comes with a kubeconfig's result or with a student: it is written nowhere."""
    secret = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0.c2lnbmF0dXJl"
    students = [{**student, "token": secret, "email": secret} for student in STUDENTS]
    keys = [key(student, path=f"/{secret}", note=secret, reason=secret, token=secret) for student in STUDENTS]
    for student in STUDENTS:
        folder = tmp_path / student["namespace"]
        folder.mkdir()
        (folder / "kubeconfig").write_text(f"token: {secret}")
    server = f"https://user:{secret}@kube.example.org"
    hand_out(options(tmp_path, students=students, kubeconfigs=keys, server=server), False)
    holders = [file.name for file in tmp_path.rglob("*") if file.is_file() and secret in file.read_text()]
    assert holders == ["kubeconfig", "kubeconfig"]


@pytest.mark.parametrize("missing", ["server", "pods"])
def test_what_is_missing_is_named(tmp_path, missing):
    with pytest.raises(ArgumentError, match=rf"state is present, and {missing} is missing\. Give it"):
        hand_out(options(tmp_path, **{missing: None}), False)


def test_to_remove_them_takes_no_pods(tmp_path):
    hand_out(options(tmp_path / "monday"), False)
    done = hand_out(options(tmp_path / "monday", state="absent", server=None, pods=None), False)
    assert done.done == {"removed": 5}
    assert not (tmp_path / "monday/lab-anna").exists()
