# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input that cannot be used stops the lab with one sentence that names culprit and remedy, before anything changes."""

from __future__ import annotations

import pytest
from conftest import CLUSTER, KUBECONFIG, kubectl, namespaces


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param(
            {"pods_lab_class": "Pods Lab"},
            ["'Pods Lab' cannot be the name of a class", "as in 'pods-monday'"],
            id="class",
        ),
        pytest.param(
            {"pods_lab_students": ["=1+1"]},
            ["pods_lab_students[0]", "'=1+1' begins with '='", "Write the name itself there"],
            id="name",
        ),
        pytest.param(
            {"pods_lab_students": ["Anna Müller", "anna müller"]},
            [
                "'Anna Müller' (pods_lab_students[0]) and 'anna müller' (pods_lab_students[1]) have the same name",
                "Take one of them out",
            ],
            id="collision",
        ),
        pytest.param({"pods_lab_roster": "/nowhere.csv"}, ["/nowhere.csv cannot be read"], id="roster"),
        pytest.param(
            {"pods_lab_student": 3},
            ["pods_lab_student is not a variable", "Did you mean pods_lab_students?"],
            id="variable",
        ),
        pytest.param(
            {"pods_lab_kubeconfig": "/nowhere/config"},
            ["The kubeconfig /nowhere/config does not exist"],
            id="kubeconfig",
        ),
        pytest.param(
            {"pods_lab_context": "nobody"}, ["has no context 'nobody'", "the contexts it has: kind-"], id="context"
        ),
    ],
)
def test_refused_before_anything_changes(run_playbook, variables, words):
    run = run_playbook("pods_lab.yml", **variables)
    assert run.status != 0
    for word in words:
        assert word in run.output
    assert "changed=0" in run.output
    assert namespaces(run_playbook.class_name) == set()


def test_a_cluster_that_does_not_answer_is_named(run_playbook, tmp_path):
    config = tmp_path / "config"
    config.write_text(
        "{apiVersion: v1, kind: Config, current-context: dead,"
        " contexts: [{name: dead, context: {cluster: c, user: u}}],"
        " clusters: [{name: c, cluster: {server: 'https://127.0.0.1:9'}}],"
        " users: [{name: u, user: {token: not-a-secret}}]}"
    )
    run = run_playbook("pods_lab.yml", pods_lab_kubeconfig=str(config), pods_lab_context=None)
    assert run.status != 0
    assert "https://127.0.0.1:9" in run.output
    assert "context dead" in run.output
    assert "cannot be reached" in run.output
    assert "not-a-secret" not in run.output
    assert run.seconds < 30


def test_a_namespace_without_our_labels_is_named_and_not_touched(run_playbook):
    name = f"{run_playbook.class_name}-anna"
    kubectl("create", "namespace", name)
    try:
        run = run_playbook("pods_lab.yml", pods_lab_students=["anna", "ben"])
        assert run.status != 0
        assert f"are not touched: {name}. Give those students another `namespace`" in run.output
        assert "changed=0" in run.output
        run_playbook("teardown.yml", pods_lab_students=["anna", "ben"])
        assert namespaces(run_playbook.class_name) == {name}
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


def test_the_current_context_is_never_used(run_playbook, monkeypatch, tmp_path):
    """Without a cluster named it is the kind cluster of `make lab`, whatever the current context is."""
    monkeypatch.setenv("KUBECONFIG", KUBECONFIG)
    monkeypatch.setenv("HOME", str(tmp_path))  # where that cluster's kubeconfig is not
    run = run_playbook("provision.yml", pods_lab_kubeconfig=None, pods_lab_context=None)
    assert run.status != 0
    # Ansible breaks lines at its own width.
    kubeconfig = f"{tmp_path}/.kube/kind-{CLUSTER['kind_cluster_name']}"
    assert f"The kubeconfig {kubeconfig} does not exist" in " ".join(run.output.split())
    assert namespaces(run_playbook.class_name) == set()
