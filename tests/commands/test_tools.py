# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts behind the steps of the tests."""

from __future__ import annotations

import configparser
import os
import pathlib
import re
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).parents[2]


def test_ansible_test_gets_the_configuration_of_pip(tmp_path):
    (tmp_path / "user").mkdir()
    (tmp_path / "user/pip.conf").write_text("[global]\ntimeout = 7\nindex-url = https://file/\n[install]\nuser = no\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {
        "PIP_CONFIG_FILE": str(tmp_path / "user/pip.conf"),
        "PIP_INDEX_URL": "https://me:pass%20word@index/",
    }
    home = tmp_path / "its home"
    script = CHECKOUT / "tools/ansible_test_home.py"
    subprocess.run([sys.executable, script, home], env=environment, check=True, timeout=60)
    written = home / ".config/pip/pip.conf"
    config = configparser.RawConfigParser()
    config.read(written)
    assert config["global"]["timeout"] == "7" and config["install"]["user"] == "no"
    assert config["global"]["index-url"] == "https://me:pass%20word@index/"
    assert written.stat().st_mode & 0o777 == 0o600
    assert list((home / ".ansible/test/cache").glob("get_pip_*.py"))


@pytest.mark.parametrize(
    "wanted, installed, taken",
    [
        pytest.param("3.11", ["3.13", "3.12", "3.11"], "3.11", id="that one"),
        pytest.param("3.11", ["3.14", "3.13", "3.12"], "3.12", id="the next newer one"),
        pytest.param("3.12", ["3.13", "3.11"], "3.13", id="rather a newer one"),
        pytest.param("3.12", ["3.14", "3.11"], "3.11", id="an older one"),
        pytest.param("3.11", ["3.14"], "", id="none that it runs on"),
        pytest.param("3.11", [], "", id="none"),
    ],
)
def test_the_nearest_python(wanted, installed, taken):
    function = re.search(
        r"^nearest_python\(\).*?^}", (CHECKOUT / "tests/versions.sh").read_text(), re.DOTALL | re.MULTILINE
    )
    assert function
    lines = "".join(f"{version} /python{version}\\n" for version in installed)
    script = f"pythons() {{ printf '{lines}'; }}\n{function[0]}\nnearest_python {wanted}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == (f"{taken} /python{taken}" if taken else "")
