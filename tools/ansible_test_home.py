# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible_test_home.py HOME: put into a HOME for ansible-test what it would miss there.

A get-pip.py of the version that it wants, which it would download; Python brings a pip of its own. And pip's
configuration: ansible-test passes on neither the variables nor the files of the real HOME.
"""

from __future__ import annotations

import ast
import configparser
import pathlib
import re
import subprocess
import sys

from ansible_test._internal import python_requirements


def write_get_pip(cache: pathlib.Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    for version in re.findall(
        r"pip='([\d.]+)'", pathlib.Path(python_requirements.__file__).read_text(encoding="utf-8")
    ):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        script.write_text("import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n", encoding="utf-8")


def write_pip_config(file: pathlib.Path) -> None:
    command = [sys.executable, "-m", "pip", "config", "list"]
    settings = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    config = configparser.RawConfigParser()
    # Variables (`:env:`) are listed before files, and go before them.
    for section, name, value in re.findall(r"^(\S+)\.([a-z-]+)=(.*)$", settings, re.MULTILINE):
        section = section.replace(":env:", "global")
        if not config.has_section(section):
            config.add_section(section)
        config[section].setdefault(name, ast.literal_eval(value))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)  # an index may have a password
    with file.open("w", encoding="utf-8") as out:
        config.write(out)


if __name__ == "__main__":
    home = pathlib.Path(sys.argv[1])
    write_get_pip(home / ".ansible/test/cache")
    write_pip_config(home / ".config/pip/pip.conf")
