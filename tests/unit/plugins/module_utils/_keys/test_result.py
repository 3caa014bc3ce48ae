# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._keys.result import unmet_summary, without_tokens
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import make_token


def result(name, state, reason=""):
    return {"name": name, "namespace": "n", "path": "/p", "state": state, "expires": None, "reason": reason, "note": ""}


def test_summary():
    results = [result("Alice", "failed", "No."), result("Bob", "unchanged"), result("Carol", "refused", "Not ours.")]
    assert unmet_summary(results, present=True) == (
        "2 of 3 kubeconfigs could not be written: Alice (No), Carol (Not ours)."
    )
    assert unmet_summary(results[:1], present=False) == "1 of 1 kubeconfigs could not be removed: Alice (No)."
    assert unmet_summary(results[1:2], present=True) == ""


@pytest.mark.parametrize("text", ["bad token: {}", 'Bearer "{}"', "{}", "a={}&b={}"])
def test_what_looks_like_a_token_is_masked(text):
    token = make_token("alice")
    assert without_tokens(text.replace("{}", token)) == text.replace("{}", "********")


@pytest.mark.parametrize("text", ["serviceaccounts.kubelabs.pods", "the key eye.example.org", "v1.2.3"])
def test_other_words_are_not(text):
    assert without_tokens(text) == text
