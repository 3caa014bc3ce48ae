# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.addresses import (
    host_in_url,
    is_of_this_machine,
    split_credentials,
)


@pytest.mark.parametrize(
    "host, written",
    [("kube", "kube"), ("192.0.2.10", "192.0.2.10"), ("2001:db8::1", "[2001:db8::1]")],
    ids=["name", "IPv4", "IPv6"],
)
def test_hosts_in_urls(host, written):
    assert host_in_url(host) == written


@pytest.mark.parametrize(
    "url, bare, username, password",
    [
        ("https://kube:6443/x", "https://kube:6443/x", None, None),
        ("https://me:secret@kube:6443/x", "https://kube:6443/x", "me", "secret"),
        ("https://me:p%40ss@kube", "https://kube", "me", "p@ss"),
        ("https://me@kube", "https://kube", "me", None),
        ("https://me:@kube", "https://kube", "me", ""),
        ("https://a@b:secret@kube", "https://kube", "a@b", "secret"),
        ("https://me:secret@[2001:db8::1]:6443", "https://[2001:db8::1]:6443", "me", "secret"),
        ("", "", None, None),
    ],
    ids=["none", "both", "encoded", "name alone", "empty password", "at in the name", "IPv6", "empty"],
)
def test_credentials_in_urls(url, bare, username, password):
    parts, found_name, found_password = split_credentials(url)
    assert (parts.geturl(), found_name, found_password) == (bare, username, password)


def test_no_url():
    with pytest.raises(ValueError, match="IPv6"):
        split_credentials("https://[kube")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("https://127.0.0.1:6443", True),
        ("https://[::1]:6443", True),
        ("https://localhost:6443", True),
        ("https://kube.localhost", True),
        ("https://192.0.2.10:6443", False),
        ("https://kube.example.org", False),
        ("", False),
    ],
)
def test_addresses_of_the_machine_itself(url, here):
    assert is_of_this_machine(url) is here
