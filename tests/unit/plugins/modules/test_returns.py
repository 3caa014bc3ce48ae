# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module returns, held against its documentation under RETURN: the keys, their types, and when they come."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import refuse
from ansible_collections.kubelabs.pods.tests.unit.fakes.catalog import accept_all, serve
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import ended, make_pod, running, waiting

PACKAGE = "ansible_collections.kubelabs.pods.plugins.modules"
PLUGINS = Path(__file__).parents[4] / "plugins"
#: An action plugin's module is only its documentation.
ACTIONS = {path.stem for path in (PLUGINS / "action").glob("*.py")}
NAMES = sorted({path.stem for path in (PLUGINS / "modules").glob("[!_]*.py")} - ACTIONS)

#: What Ansible documents for all modules.
COMMON = {"changed", "failed", "exception", "invocation", "warnings"}
#: The ways to say when a value comes, and whether it then does: on success, when what was asked for did not come
#: about and that fails the task, and when it was not even tried. None means that it may.
WHEN = {
    "success": (True, False, False),
    "success, or when O(fail_on_unmet) fails the task": (True, True, False),
    "success, or when O(fail_on_problems) fails the task": (True, True, False),
    "and always when the task fails": (None, True, True),
}
TYPES = {"str": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}


@dataclass
class Case:
    """How to run one module.

    Attributes:
        met: arguments of a run in which everything comes about.
        unmet: what is different in one in which something does not; None for a module that has no such thing.
        option: the option that makes a failure of that.
    """

    met: dict[str, Any]
    unmet: dict[str, Any] | None = field(default_factory=dict)
    option: str = "fail_on_unmet"


OURS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "c"}
SELECTOR = ",".join(f"{key}={value}" for key, value in OURS.items())
#: The path of a kubeconfig, which the fixture `run` writes there.
KUBECONFIG = "@kubeconfig@"
ASKER = {"name": "alice", "namespace": "lab-alice", "kubeconfig": KUBECONFIG}
PODS = {"verb": "get", "resource": "pods"}
POD = {"name": "p", "namespace": "lab-alice", "pod": "web"}
WATCH = {"timeout": 5, "grace": 0.1}
KEY = {"name": "Alice", "namespace": "lab-alice", "service_account": "student", "path": "keys/alice"}
MANIFEST = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: b}]}}"
CASES = {
    "access_probe": Case(
        {"probes": [{**ASKER, "may": [PODS]}]},
        {"probes": [{**ASKER, "may_not": [PODS]}]},
    ),
    "cluster_info": Case(
        {"access": [{"verb": "create", "resource": "namespaces"}], "capacity": True, "capacity_labels": {"app": "web"}},
        None,
    ),
    "pod_exec_probe": Case(
        {"probes": [{**POD, "command": ["true"]}]},
        {
            "probes": [
                {**POD, "command": ["true"], "expect": {"rc": [1]}},
                {**POD, "name": "q", "pod": "x", "command": ["a"]},
            ]
        },
    ),
    "pod_log_probe": Case(
        {"probes": [{**POD, "expect": {"contains": ["listening"]}}]},
        {"probes": [{**POD, "expect": {"contains": ["x"]}}, {**POD, "name": "q", "pod": "x"}]},
    ),
    "pod_ready_watch": Case(
        {"label_selector": "app=web", **WATCH},
        {"pods": [{"namespace": "lab-alice", "name": "gone"}]},
    ),
    "pod_restart_watch": Case(
        {"label_selector": "app=crash", "until": {"restarts": 2}, **WATCH},
        {"until": {"restarts": 3, "completed": True}, "timeout": 0.2},
    ),
    "manifest_check": Case(
        {"manifests": [{"content": MANIFEST}]},
        {"manifests": [{"content": MANIFEST.replace("image", "imagee")}, {"content": "a: ["}]},
        option="fail_on_problems",
    ),
    "namespace_teardown": Case({"label_selector": SELECTOR, "timeout": 5}, {"timeout": 0.2}),
    "student_kubeconfig": Case(
        {"label_selector": SELECTOR, "accounts": [KEY]},
        {"accounts": [KEY, {**KEY, "name": "Bob", "namespace": "lab-bob", "path": "keys/bob"}]},
    ),
}


def put_lab(api, stuck=False):
    """What the modules need of a cluster: a node, a namespace of ours, a pod that is ready, and one that crashes."""
    api.node("node-1")
    api.namespace("lab-bob", OURS, **({"finalizers": ["kubelabs.pods/stays"]} if stuck else {}))
    api.put(make_pod("web", labels={"app": "web"}))
    api.put(make_pod("of-bob", namespace="lab-bob"))
    crash = {"last": ended(1, started="2026-11-22T08:31:38Z", finished="2026-11-22T08:31:41Z")}
    api.put(make_pod("crash", labels={"app": "crash"}, containers=[running(restarts=1, **crash)]))
    message = "back-off 10s restarting failed container=app"
    crash["last"] = ended(1, started="2026-11-22T08:31:53Z", finished="2026-11-22T08:31:56Z")
    waits = waiting(reason="CrashLoopBackOff", message=message, restarts=2, **crash)
    api.on_watch("/pods", lambda: api.put(make_pod("crash", labels={"app": "crash"}, containers=[waits])))
    api.logs["lab-alice", "web"] = b"listening on :8080\n"
    api.account("lab-alice", OURS)
    serve(api)
    accept_all(api)


@pytest.fixture(autouse=True)
def folder_of_its_own(monkeypatch, tmp_path):
    """For what a module writes."""
    monkeypatch.chdir(tmp_path)


def documented(name):
    return yaml.safe_load(importlib.import_module(f"{PACKAGE}.{name}").RETURN)


@pytest.fixture(name="run")
def run_of_a_module(api, capfd, tmp_path):
    def run(name, connected=True, **args):
        path = write(tmp_path / "kubeconfig", kubeconfig(api.url, {"token": "token-of-alice"}))
        args = json.loads(json.dumps(args).replace(KUBECONFIG, path))
        main = importlib.import_module(f"{PACKAGE}.{name}").main
        return run_module(main, capfd, api if connected else None, **args)

    return run


def check(name, result, situation):
    """Holds a result against RETURN.

    Args:
        situation: the column of WHEN.
    """
    fields = documented(name)
    undocumented = set(result) - set(fields) - COMMON - ({"msg"} if result.get("failed") else set())
    assert not undocumented, f"{name} returns what RETURN does not have"
    for key, description in fields.items():
        expected = when(description["returned"])[situation]
        if expected is not None:
            assert (key in result) is expected, f"{key} of {name} is returned: {description['returned']}"
    check_fields({key: value for key, value in result.items() if key in fields}, fields, name, all_of_them=False)


def when(returned):
    """The row of WHEN; an entry that only sometimes comes without failure may say so in its own words before."""
    return next(row for words, row in WHEN.items() if returned == words or returned.endswith(words))


def check_fields(value, fields, place, all_of_them=True):
    undocumented = set(value) - set(fields)
    assert not undocumented, f"{place} returns what RETURN does not have"
    missing = set(fields) - set(value) if all_of_them else set()
    assert not missing, f"{place} does not return what RETURN has"
    for key, item in value.items():
        check_value(item, fields[key], f"{place}.{key}")


def check_value(value, description, place):
    words = str(description.get("description", ""))
    if value is None:
        assert "V(null)" in words, f"{place} is null, and RETURN does not say that it may be"
        return
    kind = description["type"]
    assert isinstance(value, TYPES[kind]) and isinstance(value, bool) == (kind == "bool"), (
        f"{place} is no {kind}: {value}"
    )
    if kind == "list":
        for item in value:
            check_value(item, {"type": description["elements"], **contents(description)}, f"{place}[]")
    elif kind == "dict" and "contains" in description:
        check_fields(value, description["contains"], place)


def contents(description):
    return {"contains": description["contains"]} if "contains" in description else {}


# --- the modules ---


def test_every_module_has_its_case():
    assert sorted(CASES) == NAMES


def test_every_way_to_say_when_is_one_of_these():
    for name in NAMES:
        for key, description in documented(name).items():
            assert when(description["returned"]), f"{key} of {name}"
            assert re.match(r"success\b|when \S", description["returned"])


@pytest.mark.parametrize("name", NAMES)
def test_in_success(api, run, name):
    put_lab(api)
    result = run(name, **CASES[name].met)
    assert not result.get("failed"), result
    check(name, result, 0)
    assert result.get("results") != []


@pytest.mark.parametrize("name", NAMES)
def test_in_check_mode(api, run, name):
    put_lab(api)
    result = run(name, check_mode=True, **CASES[name].met)
    assert not result.get("failed"), result
    check(name, result, 0)


@pytest.mark.parametrize("fail", [True, False], ids=["fail_on_unmet", "not fail_on_unmet"])
@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].unmet is not None])
def test_when_something_does_not_come_about(api, run, name, fail):
    put_lab(api, stuck=True)
    result = run(name, **{**CASES[name].met, **CASES[name].unmet, CASES[name].option: fail})
    assert bool(result.get("failed")) is fail, result
    assert result["msg"]
    check(name, result, 1 if fail else 0)
    assert result["results"]


@pytest.mark.parametrize("name", NAMES)
def test_when_an_argument_cannot_be_used(api, run, name):
    result = run(name, **{**CASES[name].met, "timeout": -1})
    assert result["failed"] and result["msg"]
    check(name, result, 2)
    assert not api.requests


@pytest.mark.parametrize(
    "fault",
    [None, refuse(401, "Unauthorized", "Unauthorized"), "no such context"],
    ids=["nobody", "refused", "context"],
)
@pytest.mark.parametrize("name", NAMES)
def test_when_the_cluster_does_not_answer(api, run, name, fault):
    if fault is None:
        api.stop()
    elif callable(fault):
        api.fault("", fault, times=99)
    if isinstance(fault, str):
        args = {"kubeconfig": kubeconfig(api.url, {"token": "secret"}), "context": "nosuch"}
        result = run(name, connected=False, **{**CASES[name].met, **args})
    else:
        result = run(name, **CASES[name].met)
    assert result["failed"] and result["msg"]
    check(name, result, 2)


@pytest.mark.parametrize("name", NAMES)
def test_when_one_may_do_nothing(api, run, name):
    """Forbidden is a result where there is one for each student, and a failure where not even the list can be made."""
    put_lab(api)
    for method in ("GET", "POST", "DELETE"):
        api.fault("^/api", refuse(403, "Forbidden", "may not"), method=method, times=999)
    api.may = lambda attributes: (False, "")
    result = run(name, **{**CASES[name].met, "timeout": 1})
    check(name, result, 1 if "results" in result and result.get("failed") else 2 if result.get("failed") else 0)
