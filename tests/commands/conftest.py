# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people type, run as they type it, and no cluster needed: playbooks, make and the scripts."""

from __future__ import annotations

# pylint: disable=unused-import
from ansible_collections.kubelabs.pods.tests.unit.conftest import (  # noqa: F401
    fake_api,
    no_settings_of_this_machine,
)
