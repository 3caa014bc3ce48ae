# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.secrets import MASK, Secrets, basic_header


@pytest.mark.parametrize(
    "secret, text",
    [
        ("s3cret", "Invalid header value b'Bearer s3cret'"),
        ("s3cret\n", "Invalid header value b'Bearer s3cret\\n'"),
        ("s3\x01cret", f"Invalid header value {b'Bearer s3' + bytes([1]) + b'cret'!r}"),
        ("s3\u201ccret", "not a token: 's3\u201ccret'"),
        ("s3'c\"ret", f"not a token: {chr(39)}s3\\'c\"ret{chr(39)}"),
        ("s3@cret", "https://me:s3%40cret@kube"),
        ("s3\ncret", "a s3 cret b"),
    ],
    ids=["as it is", "line break at the end", "control character", "quotation marks", "quotes", "in a URL", "one line"],
)
def test_every_form_in_which_a_library_may_show_it(secret, text):
    secrets = Secrets()
    secrets.add(secret)
    scrubbed = secrets.scrub(text)
    assert MASK in scrubbed and "cret" not in scrubbed


def test_the_longest_first():
    secrets = Secrets()
    secrets.add("s3cret", "s3cret-and-more")
    assert secrets.scrub("s3cret-and-more, s3cret") == f"{MASK}, {MASK}"


def test_what_is_too_short_to_be_told_apart_is_no_secret():
    secrets = Secrets()
    secrets.add(None, "", " ", "\n", "abc")
    assert not secrets.values and secrets.scrub("an abc\n") == "an abc\n"


def test_a_password_is_one_in_both_forms():
    secrets = Secrets()
    assert basic_header("u", "pässe€", secrets) == "Basic dTpww6Rzc2Xigqw="
    assert {"pässe€", "dTpww6Rzc2Xigqw="} <= secrets.values


def test_those_of_a_kubeconfig():
    secrets = Secrets()
    secrets.add_kubeconfig(
        {
            "clusters": [{"name": "c", "cluster": {"certificate-authority-data": "public"}}],
            "users": [
                {"name": "a", "user": {"token": "ones", "username": "a", "client-key-data": "twos"}},
                {"name": "b", "user": {"auth-provider": {"config": {"refresh-token": "three", "client-id": "id"}}}},
                {"name": "c", "user": {"exec": {"env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "four"}]}}},
                {"name": "d", "user": {"exec": {"env": [{"name": "AWS_PROFILE", "value": "school"}]}}},
            ],
        }
    )
    assert secrets.values == {"ones", "twos", "three", "four"}
