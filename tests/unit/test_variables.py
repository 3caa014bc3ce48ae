# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that people set: role lab_class has them all, and its specs and the README say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.plugin_utils._settings import LEAST

ROOT = Path(__file__).parents[2]
DEFAULTS = yaml.safe_load((ROOT / "roles/lab_class/defaults/main.yml").read_text())
SPECS = yaml.safe_load((ROOT / "roles/lab_class/meta/argument_specs.yml").read_text())["argument_specs"]


def readme() -> dict[str, Any]:
    """The defaults in README.md by their variables."""
    rows = re.findall(r"^\| `(pods_lab_\w+)` \| (?:`(.*?)`)? ?\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    return {name: yaml.safe_load(default) if default else "" for name, default in rows}


@pytest.mark.parametrize("entry_point", SPECS)
def test_the_specs_have_the_defaults(entry_point):
    assert {name: spec["default"] for name, spec in SPECS[entry_point]["options"].items()} == DEFAULTS


def test_the_readme_has_the_defaults():
    assert readme() == {
        **DEFAULTS,
        "pods_lab_report_dir": "reports/<class>",
        "pods_lab_handout_dir": "handouts/<class>",
    }


def test_every_variable_is_one_of_the_lab():
    assert [name for name in DEFAULTS if not name.startswith("pods_lab_")] == []


def test_numbers_have_a_least():
    numbers = {name for name, default in DEFAULTS.items() if isinstance(default, int) and not isinstance(default, bool)}
    assert set(LEAST) == numbers - {"pods_lab_students"}


def test_numbers_are_checked_where_the_variable_is_named():
    """Ansible's check of an int ends with `cannot convert Infinity to integer`."""
    assert [name for name, spec in SPECS["main"]["options"].items() if spec["type"] == "int"] == []


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_no_role_has_a_default_of_its_own_for_them(role):
    """Whoever changes a default changes it in one place."""
    texts = [path.read_text() for path in (ROOT / "roles" / role).rglob("*.yml")]
    assert [found for text in texts for found in re.findall(r"pods_lab_\w+ *\| *default\(.*?\)", text)] == []


def test_every_variable_that_a_role_uses_is_there():
    used = {
        name
        for folder in ("roles", "playbooks")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".yml", ".j2")
        for name in re.findall(r"\bpods_lab_[a-z_]+\b", path.read_text())
    }
    assert used - set(DEFAULTS) == set()
