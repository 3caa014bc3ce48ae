# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback plugin `preload`: what the process has loaded from which those of the tasks are made."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).parents[2]
FILTERS = "ansible_collections.kubelabs.pods.plugins.filter."

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.assert:
        that: "2 | kubelabs.pods.roster('monday') | length == 2"
"""

LOADED = f"""
import sys
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_NAME = "loaded"

    def v2_playbook_on_stats(self, stats):
        print("LOADED", *sorted(name[{len(FILTERS)}:] for name in sys.modules if name.startswith("{FILTERS}")))
"""


@pytest.fixture(name="loaded")
def fixture_loaded(tmp_path):
    """Runs a task with one filter; returns the files of filters that the process of the playbook has read."""

    def run(callbacks: str) -> list[str]:
        (tmp_path / "callbacks").mkdir()
        (tmp_path / "callbacks/loaded.py").write_text(LOADED)
        (tmp_path / "play.yml").write_text(PLAY)
        done = subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "play.yml"],
            cwd=tmp_path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible/collections"),
                "ANSIBLE_CALLBACK_PLUGINS": str(tmp_path / "callbacks"),
                "ANSIBLE_CALLBACKS_ENABLED": callbacks,
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return next(line.split()[1:] for line in done.stdout.splitlines() if line.startswith("LOADED"))

    return run


def test_all_files_are_loaded_before_the_tasks_begin(loaded):
    files = {file.stem for file in (CHECKOUT / "plugins/filter").glob("*.py")}
    assert set(loaded("kubelabs.pods.preload")) == files


def test_without_it_each_task_loads_them_for_itself(loaded):
    assert loaded("loaded") == []
