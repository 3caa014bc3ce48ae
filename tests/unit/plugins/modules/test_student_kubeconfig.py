# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubelabs.pods.plugins.modules import cluster_info, student_kubeconfig
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi, refuse, reply
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module
from ansible_collections.kubelabs.pods.tests.unit.fakes.keys import OURS, SELECTOR
from ansible_collections.kubelabs.pods.tests.unit.fakes.kubeconfigs import kubeconfig


@pytest.fixture(name="keys")
def runner(api, capfd, tmp_path):
    tmp_path.chmod(0o755)

    def run(*names, check_mode=False, verbosity=0, **args):
        accounts = [
            {
                "name": name.capitalize(),
                "namespace": f"lab-{name}",
                "service_account": "student",
                "path": str(tmp_path / "keys" / name),
            }
            for name in names
        ]
        return run_module(
            student_kubeconfig.main,
            capfd,
            api,
            check_mode,
            verbosity,
            **{"label_selector": SELECTOR, "accounts": accounts, "timeout": 5, "fail_on_unmet": False, **args},
        )

    return run


def enrol(api, *names):
    for name in names:
        api.account(f"lab-{name}", OURS)


def states(result):
    return [(one["name"], one["state"]) for one in result["results"]]


def test_a_class_in_the_order_of_its_accounts(api, keys, tmp_path):
    names = [f"student-{number}" for number in range(40)]
    enrol(api, *names)
    result = keys(*names)
    assert states(result) == [(name.capitalize(), "created") for name in names]
    assert result["changed"] and "msg" not in result
    assert len([request for request in api.requests if request.path == "/api/v1/serviceaccounts"]) == 1
    assert {stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) for name in names} == {0o600}
    result = keys(*names)
    assert states(result) == [(name.capitalize(), "unchanged") for name in names] and not result["changed"]
    assert len(api.tokens) == 40
    assert len({one["expires"] for one in result["results"]}) < 40 and result["results"][0]["expires"].endswith("Z")


def test_what_is_written_leads_to_the_cluster(api, keys, tmp_path, capfd):
    enrol(api, "alice")
    keys("alice")
    path = str(tmp_path / "keys/alice")
    result = run_module(cluster_info.main, capfd, None, kubeconfig=path)
    assert result["cluster"]["context"] == "lab-alice" and result["cluster"]["server"] == api.url
    assert api.requests[-1].headers["authorization"] == [f"Bearer {api.tokens[0]}"]


def test_what_the_students_use_may_be_another_address(api, keys, tmp_path, certificate):
    enrol(api, "alice")
    ca = certificate / "cert.pem"
    keys("alice", server="https://kube.example.org:6443/", server_ca_cert=str(ca))
    content = yaml.safe_load((tmp_path / "keys/alice").read_text())
    cluster = content["clusters"][0]["cluster"]
    assert cluster["server"] == "https://kube.example.org:6443"
    assert set(cluster) == {"server", "certificate-authority-data"}


def test_the_ca_of_the_connection_is_embedded(tls_api, certificate, tmp_path, capfd):
    enrol(tls_api, "alice")
    path = str(tmp_path / "alice")
    account = {"name": "Alice", "namespace": "lab-alice", "service_account": "student", "path": path}
    content = kubeconfig(
        tls_api.url,
        {"token": "secret"},
        **{"certificate-authority": str(certificate / "cert.pem"), "tls-server-name": "kube.example.org"},
    )
    args = {"kubeconfig": content, "label_selector": SELECTOR, "accounts": [account]}
    assert states(run_module(student_kubeconfig.main, capfd, None, **args)) == [("Alice", "created")]
    result = run_module(cluster_info.main, capfd, None, kubeconfig=path)
    assert not result.get("failed") and result["cluster"]["version"] == "v1.99.0"


def test_removed(api, keys, tmp_path):
    enrol(api, "alice", "bob")
    keys("alice")
    requests = len(api.requests)
    result = keys("alice", "bob", state="absent")
    assert states(result) == [("Alice", "removed"), ("Bob", "absent")] and result["changed"]
    assert os.listdir(tmp_path) == []
    assert [request.path for request in api.requests[requests:]] == ["/version"]
    assert not keys("alice", "bob", state="absent")["changed"]


def test_check_mode_asks_for_no_token_and_writes_nothing(api, keys, tmp_path):
    enrol(api, "alice")
    result = keys("alice", check_mode=True)
    assert states(result) == [("Alice", "created")] and result["changed"]
    assert result["results"][0]["expires"] is None
    assert {request.method for request in api.requests} == {"GET"} and os.listdir(tmp_path) == []


def test_a_fault_of_one_fails_the_task_at_its_end(api, keys, tmp_path):
    enrol(api, "alice")
    result = keys("alice", "bob", fail_on_unmet=True)
    assert result["failed"] and result["changed"] and states(result) == [("Alice", "created"), ("Bob", "failed")]
    assert result["msg"] == (
        "1 of 2 kubeconfigs could not be written: Bob (There is no service account student in the namespace lab-bob: "
        "make it first)."
    )
    assert os.listdir(tmp_path / "keys") == ["alice"]


def test_where_nothing_can_be_written_the_task_fails_before_a_token_is_asked_for(api, keys):
    enrol(api, "alice")
    account = {"name": "Alice", "namespace": "lab-alice", "service_account": "student", "path": "/proc/kubelabs/alice"}
    result = keys(accounts=[account])
    assert result["failed"] and "results" not in result
    assert result["msg"].startswith("No key was asked for, because the kubeconfigs cannot be written: /proc (")
    assert not api.tokens


@pytest.mark.parametrize(
    "args, words",
    [
        pytest.param({"label_selector": "kubelabs.pods/class=c"}, "no account without our label", id="selector"),
        pytest.param({"lifetime": 60}, "lifetime is 60, and must be", id="lifetime"),
        pytest.param({"accounts": []}, "accounts is an empty list", id="accounts"),
    ],
)
def test_arguments_that_cannot_be_used(api, keys, args, words):
    result = keys("alice", **args)
    assert result["failed"] and words in result["msg"]
    assert not api.requests


def test_two_with_the_same_path_are_refused_before_anything_is_asked(api, keys):
    result = keys("alice", "alice")
    assert result["failed"] and "have the same path" in result["msg"]
    assert not api.requests


def shown(result, capfd):
    """All that anybody may get to see of a run."""
    out, err = capfd.readouterr()
    return json.dumps(result) + out + err


@pytest.mark.parametrize("verbosity", [0, 3])
@pytest.mark.parametrize("opaque", [False, True], ids=["JWT", "opaque"])
def test_no_token_is_shown_whoever_repeats_it(api: FakeApi, keys, capfd, monkeypatch, verbosity, opaque):
    """What Alice is given stands in the errors for Bob and Carol, and in what the disk says."""
    token = "an-opaque-t0ken" if opaque else "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
    enrol(api, "alice", "bob", "carol")
    answer = {"status": {"token": token, "expirationTimestamp": "2126-11-22T08:31:41Z"}}
    api.fault("/lab-alice/.*/token$", reply(201, answer), method="POST")
    api.fault("/lab-bob/.*/token$", refuse(500, "InternalError", f"not {token}"), method="POST", times=9)
    api.fault("/lab-carol/.*/token$", refuse(403, "Forbidden", f"Bearer {token} may not"), method="POST")
    logged = []
    monkeypatch.setattr(AnsibleModule, "log", lambda self, *args, **options: logged.append((args, options)))
    result = keys("alice", "bob", "carol", verbosity=verbosity, concurrency=1)
    assert states(result) == [("Alice", "created"), ("Bob", "failed"), ("Carol", "failed")]
    assert token not in shown(result, capfd) + repr(logged)
    assert "********" in result["results"][1]["reason"] and "********" in result["results"][2]["reason"]


def test_an_old_token_in_a_file_is_not_shown(api, keys, capfd):
    enrol(api, "alice")
    keys("alice")
    enrol(api, "bob")
    api.fault("", refuse(500, "InternalError", f"no {api.tokens[0]}"), method="POST", times=9)
    result = keys("alice", "bob")
    assert states(result) == [("Alice", "unchanged"), ("Bob", "failed")]
    assert api.tokens[0] not in shown(result, capfd)


def test_a_cluster_without_tokens_on_request(api, keys):
    api.account("lab-alice", OURS, secrets=[{"name": "student-token"}])
    meta = {"name": "student-token", "namespace": "lab-alice", "uid": "s"}
    meta["annotations"] = {"kubernetes.io/service-account.uid": "uid-lab-alice-student"}
    secret = {"metadata": meta, "type": "kubernetes.io/service-account-token", "data": {"token": "b2xkLXQwa2Vu"}}
    api.put(secret, "secrets")
    api.fault("/token$", refuse(404, "NotFound", "the server could not find the requested resource"), method="POST")
    first = keys("alice")["results"][0]
    assert (first["state"], first["expires"]) == ("created", None)
    assert first["note"].startswith("This key does not expire before the service account is deleted")
    again = keys("alice")["results"][0]
    assert (again["state"], again["note"]) == ("unchanged", first["note"])
