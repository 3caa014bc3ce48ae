# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules document is what they return: keys, types and words, down to the last."""

from __future__ import annotations

import types
import typing
from enum import StrEnum

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.module_utils._watch.result import ReadyResult, RestartResult
from ansible_collections.kubelabs.pods.plugins.modules import pod_ready_watch, pod_restart_watch

MODULES = [
    pytest.param(pod_ready_watch, ReadyResult, id="pod_ready_watch"),
    pytest.param(pod_restart_watch, RestartResult, id="pod_restart_watch"),
]
ANSIBLE_TYPES = {str: "str", int: "int", float: "float", bool: "bool"}


def without_none(hint):
    if isinstance(hint, types.UnionType):
        (hint,) = [part for part in typing.get_args(hint) if part is not types.NoneType]
    return hint


def as_documented(hint):
    """What RETURN has to say of a value of this type: its type, and what it contains."""
    hint = without_none(hint)
    if typing.is_typeddict(hint):
        return {
            "type": "dict",
            "contains": {name: as_documented(part) for name, part in typing.get_type_hints(hint).items()},
        }
    if typing.get_origin(hint) is dict:
        return {"type": "dict"}
    if typing.get_origin(hint) is list:
        element = as_documented(typing.get_args(hint)[0])
        contains = {"contains": element["contains"]} if "contains" in element else {}
        return {"type": "list", "elements": element["type"], **contains}
    return {"type": "str" if issubclass(hint, StrEnum) else ANSIBLE_TYPES[hint]}


def shape(documented):
    """The same of what RETURN says."""
    found = {key: documented[key] for key in ("type", "elements") if key in documented}
    if "contains" in documented:
        found["contains"] = {name: shape(part) for name, part in documented["contains"].items()}
    return found


def words(hint, path=""):
    """(path, enumeration) of every value that is one of several words."""
    hint = without_none(hint)
    if typing.get_origin(hint) is list:
        yield from words(typing.get_args(hint)[0], path)
    elif typing.is_typeddict(hint):
        for name, part in typing.get_type_hints(hint).items():
            yield from words(part, f"{path}.{name}" if path else name)
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        yield path, hint


@pytest.mark.parametrize("module, result", MODULES)
def test_keys_and_types(module, result):
    documented = yaml.safe_load(module.RETURN)["results"]
    assert shape(documented) == as_documented(list[result])


@pytest.mark.parametrize("module, result", MODULES)
def test_every_word_is_explained(module, result):
    documented = yaml.safe_load(module.RETURN)["results"]
    for path, enumeration in words(result):
        found = documented
        for name in path.split("."):
            found = found["contains"][name]
        text = str(found["description"])
        assert [word for word in enumeration if f"V({word})" not in text] == [], path
        assert found["sample"] in [str(word) for word in enumeration]
