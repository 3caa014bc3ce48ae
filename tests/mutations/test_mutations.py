# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit tests notice when an important rule is broken: each is broken once, in a copy, and its test has to fail."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MUTATIONS = yaml.safe_load((Path(__file__).parent / "mutations.yml").read_text())
OUTPUT = "output.txt"
TESTS_FAILED = 1  # pytest's own exit code for it; 2 and above mean that it could not run them


# What takes most of a run's time is to import all this: a process that has done so is forked for each. Nothing of the
# collection itself is imported before the fork, since each run has a copy of its own.
PROCESSES = multiprocessing.get_context("forkserver")
LIBRARIES = ("hypothesis", "jinja2", "kubernetes", "pytest", "pytest_cov", "urllib3", "websocket", "yaml")
OF_ANSIBLE = ("executor.task_executor", "parsing.dataloader", "plugins.loader", "template")
PROCESSES.set_forkserver_preload([*LIBRARIES, *(f"ansible.{name}" for name in OF_ANSIBLE)])


class Result(NamedTuple):
    status: int | None
    output: str


def run(checkout: Path, *tests: str) -> Result:
    """The named unit tests of a copy. A mutation may make a test wait for ever, hence the time limits."""
    process = PROCESSES.Process(target=run_here, args=(checkout, tests))
    process.start()
    process.join(300)
    if process.is_alive():
        process.kill()
        process.join()
    return Result(process.exitcode, (checkout / OUTPUT).read_text())


def run_here(checkout: Path, tests: Sequence[str]) -> None:
    """In the process that was forked."""
    os.chdir(checkout)
    with open(OUTPUT, "wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).parent]
    options = ["--exitfirst", "--timeout=15", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:rerunfailures"]
    # Not sys.exit: nothing that a mutation has left, such as a thread, may keep the process.
    status = pytest.main([*options, *[f"tests/unit/plugins/{test}" for test in tests]])
    sys.stdout.flush()
    os._exit(status)


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
    assert result.status == 0, result.output


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation["rule"] for mutation in MUTATIONS])
def test_a_broken_rule_is_noticed(checkout, mutation):
    source = checkout / mutation.get("file", f"plugins/module_utils/{mutation.get('module')}.py")
    text = source.read_text()
    assert text.count(mutation["was"]) == 1, (
        f"{source.name} has {mutation['was']!r} {text.count(mutation['was'])} times: correct mutations.yml"
    )
    source.write_text(text.replace(mutation["was"], mutation["becomes"]))
    result = run(checkout, mutation["test"])
    assert result.status == TESTS_FAILED, (
        f"{mutation['rule']} can be broken without {mutation['test']} noticing:\n{result.output}"
    )
