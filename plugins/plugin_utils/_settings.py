# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that people set. Pure, but for a look at the files that they name and at the clock."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.times import iso_seconds, utc_now
from ..module_utils._keys.options import is_server
from ..module_utils._pods.back_off import nominal_seconds
from ._expiry import expiry_time
from ._grade_points import points_problems
from ._handouts import url_problem
from ._pull_config import pull_config
from ._roster import class_problems, column_problems
from ._staff import staff_setting_problems

#: The least that a number may be.
LEAST = {
    "pods_lab_concurrency": 1,
    "pods_lab_timeout": 1,
    "pods_lab_failing_lifetime": 0,
    "pods_lab_restarts": 1,
    "pods_lab_watch_interval": 1,
    "pods_lab_watch_for": 0,
    "pods_lab_max_grace_period": 1,
    # The least that the API server gives, see TokenRequestSpec in Kubernetes' API.
    "pods_lab_kubeconfig_lifetime": 600,
}


def unknown_variables(given: Iterable[str], known: Iterable[str]) -> list[str]:
    """A sentence for every name in `given` that is not in `known`, with the nearest known one.

    A misspelt variable would otherwise do nothing at all, silently.
    """
    names = sorted(known)
    problems = []
    for name in sorted(set(given) - set(names)):
        nearest = difflib.get_close_matches(name, names, n=1)
        remedy = f"Did you mean {nearest[0]}?" if nearest else f"The variables are: {', '.join(names)}."
        problems.append(f"{name} is not a variable of kubelabs.pods. {remedy}")
    return problems


def setting_problems(settings: Mapping[str, Any]) -> list[str]:
    """A sentence for every value that cannot be used; [] if all can.

    Args:
        settings: by the names of the variables. Types are the argument specs' business, but for numbers: Ansible's own
            check of an `int` breaks at `inf`, and does not say in which variable it stands.
    """
    problems = class_problems(settings.get("pods_lab_class"))
    problems += _number_problems(settings)
    columns = settings.get("pods_lab_roster_columns") or {}
    if isinstance(columns, Mapping):
        problems += column_problems(columns)
    else:
        problems.append(f"pods_lab_roster_columns is {columns!r} and no mapping. Set it as in {{name: COLUMN}}.")
    problems += staff_setting_problems(settings.get("pods_lab_staff", []), str(settings.get("pods_lab_class")))
    problems += _expiry_problems(settings.get("pods_lab_expires") or "")
    problems += [
        f"pods_lab_grade_points: {why}" for why in points_problems(settings.get("pods_lab_grade_points") or {})
    ]
    if problem := url_problem(str(settings.get("pods_lab_handout_url") or "")):
        problems.append(f"pods_lab_handout_url: {problem}")
    server = str(settings.get("pods_lab_student_server") or "")
    if server and not is_server(server):
        problems.append(
            "pods_lab_student_server is not the URL of an API server, without a user name in it, such as"
            " https://192.0.2.10:6443."
        )
    problems += _pull_config_problems(settings)
    for name, what in (("pods_lab_report_dir", "report"), ("pods_lab_handout_dir", "handouts")):
        if name in settings and not str(settings[name] or "").strip():
            problems.append(f"{name} is empty. Name the directory for the {what}, or leave the variable out.")
        elif directory := local_path(settings.get(name) or ""):
            problems += _directory_problems(name, what, directory)
    return problems


#: Kubernetes of the nodes; '' lets the role decide.
KUBERNETES = ("", "registry", "go-modules", "debian")
#: The least and the most of a kind cluster's numbers. A node's pods need addresses, and its cluster has those of a /16.
KIND_NUMBERS = {
    "kind_cluster_nodes": (1, 32),
    "kind_cluster_max_pods": (1, 2000),
    "kind_cluster_pod_pids_limit": (64, None),
    "kind_cluster_timeout": (1, None),
    "kind_cluster_registry_timeout": (1, None),
    "kind_cluster_proxy_timeout": (1, None),
}
KIND_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?")


def kind_cluster_problems(settings: Mapping[str, Any]) -> list[str]:
    """A sentence for every value of a kind cluster's variables that cannot be used; [] if all can."""
    problems = []
    name, kubernetes = str(settings["kind_cluster_name"]), str(settings["kind_cluster_kubernetes"])
    if not KIND_NAME.fullmatch(name):
        problems.append(
            f"kind_cluster_name is {name!r}. Give it at most 48 lower-case letters, digits and hyphens, beginning and"
            " ending with a letter or digit."
        )
    if kubernetes not in KUBERNETES:
        problems.append(
            f"kind_cluster_kubernetes is {kubernetes!r}, and says where the nodes' Kubernetes comes from:"
            f" {', '.join(KUBERNETES[1:])}, or nothing, which lets the role decide. For one version give its image, as"
            " in kind_cluster_node_image=docker.io/kindest/node:v1.33.1."
        )
    for variable, (least, most) in KIND_NUMBERS.items():
        number = _whole_number(settings[variable])
        if number is None or number < least or (most is not None and number > most):
            bounds = f"from {least} to {most}" if most is not None else f"{least} or more"
            problems.append(f"{variable} is {settings[variable]!r}. Set it to a whole number, {bounds}.")
    return problems


def _number_problems(settings: Mapping[str, Any]) -> list[str]:
    problems = []
    numbers = {name: _whole_number(settings[name]) for name in LEAST if name in settings}
    for name, number in numbers.items():
        if number is None:
            problems.append(f"{name} is {settings[name]!r}. Set it to a whole number, {LEAST[name]} or more.")
        elif number < LEAST[name]:
            problems.append(f"{name} is {settings[name]}. Set it to {LEAST[name]} or more.")
    return problems or _time_problems(numbers)


def _time_problems(numbers: Mapping[str, int | None]) -> list[str]:
    """Whether so many restarts can come in time; where they cannot, the challenge fails for every student.

    Nodes may be set to a shorter back-off than the usual one, so only the lives of the app are certain.
    """
    restarts, lifetime = numbers.get("pods_lab_restarts"), numbers.get("pods_lab_failing_lifetime")
    timeout = numbers.get("pods_lab_timeout")
    if restarts is None or lifetime is None or timeout is None:
        return []
    if restarts * lifetime < timeout:
        return []
    usual = int(nominal_seconds(restarts, lifetime))
    return [
        f"pods_lab_timeout is {timeout}, and pods_lab_restarts {restarts} of an app that lives"
        f" pods_lab_failing_lifetime {lifetime} s take longer. Set pods_lab_timeout to more than {usual}, which is what"
        " they take with Kubernetes' usual back-off, or one of the others to less."
    ]


def _whole_number(value: Any) -> int | None:
    """The number, which `-e name=1` gives as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return int(number) if number.is_integer() else None


def _expiry_problems(given: Any) -> list[str]:
    try:
        expires = expiry_time(str(given))
    except ArgumentError as error:
        return [str(error)]
    if expires and expires < iso_seconds(utc_now()):
        return [f"pods_lab_expires: {given} is past. Give a time to come, or none."]
    return []


def _pull_config_problems(settings: Mapping[str, Any]) -> list[str]:
    path = settings.get("pods_lab_image_pull_config") or ""
    if not path:
        return []
    if str(settings.get("pods_lab_use_existing_namespaces")).lower() in ("true", "yes", "1"):
        return [
            "pods_lab_image_pull_config makes a Secret in the students' namespaces, and with"
            " pods_lab_use_existing_namespaces nothing is added there. Have it made by their owner, and name it in"
            " pods_lab_image_pull_secret."
        ]
    try:
        pull_config(local_path(str(path)))
    except ArgumentError as error:
        return [f"pods_lab_image_pull_config: {error}"]
    return []


def _directory_problems(name: str, what: str, path: str) -> list[str]:
    """Why there can be none of `what` in the directory that the variable `name` gives. Nothing is made: that it
    is told before anything changes is the point."""
    nearest = path
    while not os.path.lexists(nearest):
        nearest = os.path.dirname(nearest)
    if os.path.isdir(nearest) and os.access(nearest, os.W_OK | os.X_OK):
        return []
    why = "is not a directory" if not os.path.isdir(nearest) else "cannot be written by this user"
    return [f"{name}: there can be no {what} in {path}, because {nearest} {why}. Name another directory."]


def local_path(path: str) -> str:
    """The path from the root: `~` is a home directory, a relative path starts where Ansible was started; '' is none."""
    return os.path.abspath(os.path.expanduser(path)) if path else ""
