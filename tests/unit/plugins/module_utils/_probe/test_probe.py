# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._probe.probe import ExecProbe, LogProbe, Output

TEXT = "aé€😀"
#: What is left of it, by the number of bytes.
CUT = ["", "a", "a", "aé", "aé", "aé", "aé€", "aé€", "aé€", "aé€", TEXT]


@pytest.mark.parametrize("limit", range(len(CUT)))
def test_a_limit_cuts_no_character(limit):
    data = TEXT.encode()
    assert Output(data[:limit], truncated=limit < len(data)).text == CUT[limit]


def test_what_is_no_text_is_replaced_and_not_cut():
    assert Output(b"\xff!", truncated=True).text == "\ufffd!"
    assert Output(b"a\xe2\x82").text == "a\ufffd", "a character that is not whole although nothing was cut"
    assert Output(b"\x80\x80\x80\x80", truncated=True).text == "\ufffd" * 4


def test_output_is_shown_as_it_was_asked_for():
    common = {"name": "p", "namespace": "n", "pod": "x"}
    output = Output(b"\x00\xff")
    assert ExecProbe(**common, command=("true",)).shown(output) == "\x00\ufffd"
    assert ExecProbe(**common, command=("true",), encoding="base64").shown(output) == "AP8="
    assert LogProbe(**common).shown(output) == "\x00\ufffd"
