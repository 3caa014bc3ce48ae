# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What filters were given, checked before it is used: a template may hand over anything. Pure."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils._ground.errors import ArgumentError

#: Seconds, thirty years: no lab lasts so long.
LONGEST = 1e9


def filters(error: type[Exception], *functions: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The functions as filters of Ansible, under their own names.

    Args:
        error: AnsibleFilterError, raised in the place of ArgumentError with the filter's name in front.
        functions: the filters.
    """
    return {function.__name__: _named(error, function) for function in functions}


def _named(error: type[Exception], function: Callable[..., Any]) -> Callable[..., Any]:
    name = f"kubelabs.pods.{function.__name__}"
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as exc:
            raise error(f"{name}: {exc}. See `ansible-doc -t filter {name}`.") from None
        try:
            return function(*args, **kwargs)
        except ArgumentError as exc:
            # Without the cause, which ansible-core 2.19 and later append: it says the same again.
            raise error(f"{name}: {exc}") from None

    return call


def text(value: Any, what: str) -> str:
    """The value, where it is text.

    Args:
        what: names the argument in the error.

    Raises:
        ArgumentError: it is not.
    """
    if not isinstance(value, str):
        raise ArgumentError(f"{what} is {_shown(value)} and not text.")
    return value


def number(value: Any, what: str) -> int:
    """The value as a number, where it is a whole one, 0 or more; also one that arrives as text. Args and Raises as of
    `text`."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ArgumentError(f"{what} is {_shown(value)} and not a whole number.")
    return value


def mapping(value: Any, what: str, *keys: str) -> Mapping[str, Any]:
    """The value, where it is an object, as JSON calls a mapping, that has the keys. Args and Raises as of `text`."""
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{what} is {_shown(value)} and not an object.")
    for key in keys:
        if key not in value:
            raise ArgumentError(f"{what} has no {key!r}.")
    return value


def items(value: Any, what: str) -> list[Any]:
    """The value as a list, where it is one or what Jinja2's `map` and the like return. Args and Raises as of `text`."""
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
        raise ArgumentError(f"{what} is {_shown(value)} and not a list.")
    return list(value)


def texts(value: Any, what: str) -> list[str]:
    """The value as a list, where it is one of texts. Args and Raises as of `text`."""
    return [text(one, f"{what}[{index}]") for index, one in enumerate(items(value, what))]


def mappings(value: Any, what: str, *keys: str) -> list[Any]:
    """The value as a list, where it is one of mappings that have the keys. Args and Raises as of `text`."""
    return [mapping(one, f"{what}[{index}]", *keys) for index, one in enumerate(items(value, what))]


def seconds(value: Any) -> float | None:
    """The value, where it is a number of seconds; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # A number of JSON may be larger than a float.
    return float(value) if 0 <= value < LONGEST else None


def students(value: Any) -> list[Any]:
    """The value as a list, where it is one of students, as the filter `roster` makes them. Raises as of `text`."""
    return mappings(value, "students", "name", "namespace")


def _shown(value: Any) -> str:
    """The value in JSON's words, which are not Python's; of a text, and of what JSON has not, the beginning."""
    if type(value).__name__.endswith("Undefined"):
        str(value)  # raises Jinja2's own error, which names the variable
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    # Ansible hands over types of its own, which derive from these.
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    kinds = {str: "the text", int: "the number", float: "the number"}
    kind = next((word for plain, word in kinds.items() if isinstance(value, plain)), type(value).__name__)
    said = repr(value)
    return f"{kind} {said if len(said) <= 40 else said[:39] + '…'}"
