# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils._pull_config import pull_config


def test_only_the_credentials_are_taken(tmp_path):
    auths = {"registry.example.org": {"auth": "YTpi"}, "other.example.org": {"identitytoken": "t"}}
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"auths": auths, "HttpHeaders": {"X": "secret"}, "credsStore": "pass"}))
    assert json.loads(pull_config(str(path))) == {"auths": auths}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no JSON"),
        ("\ufeff{", "is no JSON"),
        ("[]", "has no credentials: a credential helper"),
        ('{"auths": {}}', "has no credentials: a credential helper"),
        ('{"auths": ["hunter2"]}', "has no credentials: a credential helper"),
        ('{"auths": {"b.example": {}, "a.example": null}}', "has no credentials for a.example, b.example: a cred"),
    ],
)
def test_a_file_without_is_refused_and_nothing_in_it_told(tmp_path, content, said):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(ArgumentError, match=said) as caught:
        pull_config(str(path))
    assert "hunter2" not in str(caught.value)
    assert "docker login" in str(caught.value)


def test_bytes_that_are_no_text_and_a_directory(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ArgumentError, match="is no JSON"):
        pull_config(str(tmp_path / "bytes"))
    with pytest.raises(ArgumentError, match="Is a directory"):
        pull_config(str(tmp_path))
