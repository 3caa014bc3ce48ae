# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The READMEs of the roles name what there is."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

CHECKOUT = pathlib.Path(__file__).parents[2]
ROLES = sorted(path.name for path in (CHECKOUT / "roles").iterdir())


def known_names(role: str) -> set[str]:
    """The variables of a role: its arguments and defaults, what its vars file shares, and the facts it says it sets."""
    directory = CHECKOUT / "roles" / role
    specs_text = (directory / "meta/argument_specs.yml").read_text()
    names = set(re.findall(r"C\((\w+)\)", specs_text))
    for spec in yaml.safe_load(specs_text)["argument_specs"].values():
        names |= spec.get("options", {}).keys()
    for file in ("defaults/main.yml", "vars/main.yml"):
        if (directory / file).exists():
            names |= (yaml.safe_load((directory / file).read_text()) or {}).keys()
    return names


KNOWN = set().union(*map(known_names, ROLES))


@pytest.mark.parametrize("role", ROLES)
def test_a_readme_names_variables_that_exist(role):
    text = (CHECKOUT / "roles" / role / "README.md").read_text()
    assert text.startswith(f"# kubelabs.pods.{role}\n")
    names = re.findall(rf"\b(?:pods_lab|{'|'.join(ROLES)})_\w+", text)
    assert names and set(names) - KNOWN == set()


@pytest.mark.parametrize("role", ROLES)
def test_a_readme_names_every_entry_point(role):
    """Those that have a line of their own under `tasks_from`; a role with one entry point needs none."""
    specs = yaml.safe_load((CHECKOUT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    text = (CHECKOUT / "roles" / role / "README.md").read_text()
    assert {name for name in specs if name != "main" and f"\n| `{name}` |" not in text} == set()


@pytest.mark.parametrize("readme", ["README.md", *[f"roles/{role}/README.md" for role in ROLES]])
def test_links_lead_somewhere(readme):
    file = CHECKOUT / readme
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", file.read_text())
    assert {link for link in links if not (file.parent / link).exists()} == set()
