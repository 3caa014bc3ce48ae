# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.field_errors import quoted_value, shortened

LONG = "w" * 5000
OBJECT = json.dumps({"capabilities": {"add": [f"A{number}: x, y" for number in range(100)]}, "b": 'a"}'})


@pytest.mark.parametrize("kind", ["Invalid value", "Unsupported value", "Duplicate value", "Not found"])
@pytest.mark.parametrize(
    "value",
    [
        f'"{LONG}"',
        f'"{LONG}: no reason, \\"nor this, nor Invalid value: 1: x"',
        OBJECT,
        f"core.X{{A:{OBJECT}, B:(*int)(nil)}}",
    ],
)
def test_a_long_value_is_cut_and_its_reason_stays(kind, value):
    one = f"{kind}: {value}: must be less, or no more"
    wanted = f"{kind}: {value[:40]}\u2026{value[-20:]}: must be less, or no more"
    assert shortened(one) == wanted
    assert shortened(f'Pod "web" is invalid: [a.b: {one}, c: {one}]') == (
        f'Pod "web" is invalid: [a.b: {wanted}, c: {wanted}]'
    )


@pytest.mark.parametrize("value", ["80808", '"my web app"', '{"a": "b"}'])
def test_a_short_one_stays_and_so_does_a_long_reason(value):
    said = f"spec.x: Invalid value: {value}: {'must be less ' * 30}"
    assert shortened(said) == said


def test_a_message_without_a_reason():
    assert shortened(f'[a: Duplicate value: "{LONG}", b: Required value]').endswith('www", b: Required value]')
    assert shortened(f'[a: Duplicate value: "{LONG}"]').endswith('www"]')


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ('Invalid value: "a \\"b\\": c": must', 'a \\"b\\": c'),
        ("Invalid value: 80808: must", None),
        ('Invalid value: {"a": "b"}: must', None),
        ('Required value: "a"', None),
    ],
)
def test_the_text_that_a_message_is_about(message, value):
    assert quoted_value(message) == value


@given(st.text())
def test_whatever_a_message_is(text):
    assert shortened(text) == text or "Invalid value" in text
    shortened(f"Invalid value: {text}")
    quoted_value(f"Invalid value: {text}")


@pytest.mark.against_the_clock
@pytest.mark.parametrize("piece", ['"', '\\"', "{", "Invalid value: ", 'Invalid value: "', "Not found: {"])
def test_a_message_that_is_made_to_hurt(piece):
    begun = time.monotonic()
    shortened(piece * (300_000 // len(piece)))
    assert time.monotonic() - begun < 2
