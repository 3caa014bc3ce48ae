# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.modules import access_probe
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import reply
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig, write

REVIEWS = "/selfsubjectaccessreviews"
EXEC = {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "lab-anna"}
SECRETS = {"verb": "get", "resource": "secrets", "namespace": "lab-ben"}
ROLES = {"verb": "create", "resource": "roles", "group": "rbac.authorization.k8s.io"}


@pytest.fixture(name="probe")
def run_access_probe(api, capfd, tmp_path):
    """Runs it for the students, whose kubeconfigs have their names as tokens."""

    def run(*names, may=(EXEC,), may_not=(SECRETS, ROLES), **args):
        probes = [
            {
                "name": name,
                "namespace": f"lab-{name}",
                "kubeconfig": write(tmp_path / name, kubeconfig(api.url, {"token": f"{name}-token"})),
                "may": list(may),
                "may_not": list(may_not),
            }
            for name in names
        ]
        return run_module(access_probe.main, capfd, api, **{"api_key": "teachers-token", "probes": probes, **args})

    return run


def answers(api, *allowed):
    """The next questions are answered so, in this order."""
    for one in allowed:
        api.fault(REVIEWS, reply(201, {"status": {"allowed": one}}), method="POST")


def asked(api):
    return [one for one in api.requests if REVIEWS in one.path]


def test_each_asks_with_a_kubeconfig_of_its_own(api, probe):
    answers(api, True, False, False)
    result = probe("anna")
    assert (result.get("failed", False), result["changed"]) == (False, False)
    (anna,) = result["results"]
    assert (anna["name"], anna["met"], anna["asked"], anna["reason"]) == ("anna", True, 3, "")
    assert [one.headers["authorization"] for one in asked(api)] == [["Bearer anna-token"]] * 3
    assert [one.json()["spec"]["resourceAttributes"] for one in asked(api)] == [EXEC, SECRETS, ROLES]


def test_what_is_not_as_it_should_be_is_named(api, probe):
    answers(api, False, True, True)
    result = probe("anna", fail_on_unmet=False)
    (anna,) = result["results"]
    assert (anna["met"], anna["refused"]) == (False, ["create pods/exec in lab-anna"])
    assert anna["allowed"] == ["get secrets in lab-ben", "create roles.rbac.authorization.k8s.io in the whole cluster"]
    assert anna["reason"] == (
        "Its owner may not create pods/exec in lab-anna, and may get secrets in lab-ben,"
        " create roles.rbac.authorization.k8s.io in the whole cluster."
    )


def test_one_without_a_kubeconfig_stops_no_other(api, probe, tmp_path):
    answers(api, True)
    nowhere = {"name": "ben", "namespace": "lab-ben", "kubeconfig": str(tmp_path / "nowhere")}
    there = {"name": "anna", "namespace": "lab-anna", "kubeconfig": write(tmp_path / "a", kubeconfig(api.url, {}))}
    result = probe(probes=[nowhere, {**there, "may": [EXEC]}])
    ben, anna = result["results"]
    assert result["failed"] is True
    assert "ben (" in result["msg"]
    assert (ben["met"], ben["asked"], ben["duration"]) == (False, 0, None)
    assert f"{tmp_path}/nowhere" in ben["reason"]
    assert anna["met"] is True


@pytest.mark.parametrize("allowed", [None, "yes"])
def test_an_answer_that_says_nothing_proves_nothing(api, probe, allowed):
    status = {"allowed": allowed, "evaluationError": "the webhook is down"}
    api.fault(REVIEWS, reply(201, {"status": status}), method="POST")
    (anna,) = probe("anna", fail_on_unmet=False)["results"]
    assert anna["met"] is False
    assert "did not say whether one may create pods/exec in lab-anna: the webhook is down" in anna["reason"]


def test_an_empty_list_proves_nothing(probe):
    result = probe()
    assert result["failed"] is True
    assert "probes is an empty list" in result["msg"]
