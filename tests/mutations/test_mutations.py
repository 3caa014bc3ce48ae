# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit tests notice when an important rule is broken: each is broken once, in a copy, and its test has to fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MUTATIONS = yaml.safe_load((Path(__file__).parent / "mutations.yml").read_text())
TESTS_FAILED = 1  # pytest's own exit code for it; 2 and above mean that it could not run them


def run(checkout: Path, *tests: str) -> subprocess.CompletedProcess:
    """The named unit tests of a copy. A mutation may make a test wait for ever, hence the time limit."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--exitfirst",
        "--timeout=15",
        "-p",
        "no:cacheprovider",
        *[f"tests/unit/plugins/{test}" for test in tests],
    ]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(name="checkout")
def copied_checkout(tmp_path):
    """What the unit tests need, importable as the collection."""
    for part in ("docs", "plugins", "tests/unit"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    collections = tmp_path / ".ansible/collections/ansible_collections/kubelabs"
    collections.mkdir(parents=True)
    (collections / "pods").symlink_to(tmp_path)
    return tmp_path


def test_unchanged_they_pass(checkout):
    """Else every mutation would seem to be noticed."""
    result = run(checkout, *sorted({mutation["test"] for mutation in MUTATIONS}))
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation["rule"] for mutation in MUTATIONS])
def test_a_broken_rule_is_noticed(checkout, mutation):
    source = checkout / mutation.get("file", f"plugins/module_utils/{mutation.get('module')}.py")
    text = source.read_text()
    assert text.count(mutation["was"]) == 1, (
        f"{source.name} has {mutation['was']!r} {text.count(mutation['was'])} times: correct mutations.yml"
    )
    source.write_text(text.replace(mutation["was"], mutation["becomes"]))
    result = run(checkout, mutation["test"])
    assert result.returncode == TESTS_FAILED, (
        f"{mutation['rule']} can be broken without {mutation['test']} noticing:\n{result.stdout}{result.stderr}"
    )
