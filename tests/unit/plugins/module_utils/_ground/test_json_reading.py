# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.json_reading import (
    as_count,
    as_list,
    as_map,
    as_text,
)


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "text", [1], {"a": 1}], ids=repr)
def test_what_is_of_another_type_counts_as_absent(value):
    assert as_map(value) == (value if isinstance(value, dict) else {})
    assert as_list(value) == (value if isinstance(value, list) else [])
    assert as_text(value) == (value if isinstance(value, str) else "")
    assert as_count(value) == (1 if value == 1 and not isinstance(value, bool) else 0)


def test_a_count_is_never_negative():
    assert as_count(-1) == 0
