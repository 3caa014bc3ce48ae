# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles lab_class and lab_images in the plays of one run, each with variables and an API server of its own."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import FakeApi, refuse, reply
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_pod

CHECKOUT = pathlib.Path(__file__).parents[2]


def kubeconfig(api: FakeApi, context: str) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": api.url}}],
            "users": [{"name": "u", "user": {"token": "secret"}}],
        }
    )


def play(name: str, variables: dict[str, Any], *roles: str, entry_point: str = "") -> Any:
    """A play with roles, or with one entry point of lab_class, that shows what it knows."""
    known = {
        "play": name,
        "students": "{{ lab_class_students | default([]) | map(attribute='namespace') }}",
        "server": "{{ (lab_class_cluster | default({})).server | default('') }}",
        "kubeconfig": "{{ lab_class_kubeconfig }}",
        "results": "{{ lab_class_results_file }}",
        "web": "{{ lab_images_web_image | default('') }}",
    }
    tasks = [{"name": "Show what is known", "ansible.builtin.debug": {"msg": known}}]
    if entry_point:
        role = {"name": "kubelabs.pods.lab_class", "tasks_from": entry_point, "public": True}
        tasks.insert(0, {"name": "Enter", "ansible.builtin.include_role": role})
    return {
        "name": name,
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable, **variables},
        "roles": [f"kubelabs.pods.{role}" for role in roles],
        "tasks": tasks,
    }


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    """Runs plays; returns what each of them knew, by name, and what was printed, in one line."""

    def run(*plays: dict[str, Any]) -> tuple[dict[str, Any], str]:
        (tmp_path / "plays.yml").write_text(json.dumps(plays))
        done = subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), str(tmp_path / "plays.yml")],
            cwd=tmp_path,
            env={
                **{
                    name: value for name, value in os.environ.items() if not name.startswith(("K8S_AUTH", "KUBECONFIG"))
                },
                "HOME": str(tmp_path / "home"),
                "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible/collections"),
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_CALLBACKS_ENABLED": "kubelabs.pods.preload",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        shown = re.findall(r"^ok: \[localhost\] => (\{.*?^\})", done.stdout, re.DOTALL | re.MULTILINE)
        messages = [json.loads(one)["msg"] for one in shown]
        known = {message["play"]: message for message in messages if isinstance(message, dict)}
        return known, " ".join((done.stdout + done.stderr).split())

    (tmp_path / "home").mkdir()
    return run


def asked_for_nodes(api: FakeApi) -> int:
    return sum(request.path == "/api/v1/nodes" for request in api.requests)


def test_each_play_is_about_its_own_class_cluster_students_and_images(run, tmp_path):
    with FakeApi() as dev, FakeApi() as school:
        for name, api in (("dev", dev), ("school", school)):
            (tmp_path / name).write_text(kubeconfig(api, name))
        (tmp_path / "home/Kurs 10b.csv").write_text("First name;Last name\nAnna;Müller\n")
        monday = {
            "pods_lab_class": "monday",
            "pods_lab_students": ["anna"],
            "pods_lab_kubeconfig": str(tmp_path / "dev"),
        }
        tuesday = {
            "pods_lab_class": "tuesday",
            "pods_lab_roster": "~/Kurs 10b.csv",
            "pods_lab_report_dir": "~/reports",
            "pods_lab_kubeconfig": f"{tmp_path}/school:~/not-there",
            "pods_lab_image_registry": "mirror:5000",
        }
        known, printed = run(
            play("monday", monday, "lab_class", "lab_images"),
            play("again", monday, "lab_class", "lab_images"),
            play("tuesday", tuesday, "lab_class", "lab_images"),
            play("more", {**monday, "pods_lab_students": ["anna", "ben"]}, "lab_class"),
            play("settings", {"pods_lab_class": "wednesday"}, entry_point="settings"),
        )
        assert set(known) == {"monday", "again", "tuesday", "more", "settings"}, printed
        # Nothing is asked twice for the same class, but again when it comes back after another.
        assert (asked_for_nodes(dev), asked_for_nodes(school)) == (2, 1)
    assert known["monday"] == {
        "play": "monday",
        "students": ["monday-anna"],
        "server": dev.url,
        "kubeconfig": str(tmp_path / "dev"),
        "results": f"{tmp_path}/reports/monday/results.json",
        "web": "docker.io/traefik/whoami:v1.10.4",
    }
    assert known["again"] == {**known["monday"], "play": "again"}
    assert known["tuesday"] == {
        "play": "tuesday",
        "students": ["tuesday-anna-muller"],
        "server": school.url,
        "kubeconfig": f"{tmp_path}/school:{tmp_path}/home/not-there",
        "results": f"{tmp_path}/home/reports/results.json",
        "web": "mirror:5000/traefik/whoami:v1.10.4",
    }
    assert (known["more"]["students"], known["more"]["server"]) == (["monday-anna", "monday-ben"], dev.url)
    assert known["settings"]["results"] == f"{tmp_path}/reports/wednesday/results.json"


def test_settings_are_refused_before_anything_is_asked_or_made(run, tmp_path, api):
    (tmp_path / "dev").write_text(kubeconfig(api, "dev"))
    known, printed = run(
        play(
            "wrong",
            {
                "pods_lab_student": 3,
                "pods_lab_class": "Monday",
                "pods_lab_restarts": 0,
                "pods_lab_timeout": "inf",
                "pods_lab_report_dir": "plays.yml/reports",
                "pods_lab_kubeconfig": str(tmp_path / "dev"),
            },
            "lab_class",
        )
    )
    for words in (
        "pods_lab_student is not a variable of kubelabs.pods. Did you mean pods_lab_students?",
        "pods_lab_class: 'Monday' cannot be the name of a class",
        "pods_lab_restarts is 0. Set it to 1 or more.",
        "pods_lab_timeout is 'inf'. Set it to a whole number, 1 or more.",
        f"pods_lab_report_dir: there can be no report in {tmp_path}/plays.yml/reports, because",
    ):
        assert words in printed
    assert (api.requests, known) == ([], {})


def test_the_columns_that_the_names_are_from_are_said(run, tmp_path):
    (tmp_path / "class.csv").write_text("Name;Vorname;Mail\nMüller;Jörg;j@example.org\n")
    known, printed = run(play("names", {"pods_lab_roster": "class.csv"}, entry_point="students"))
    assert known["names"]["students"] == ["pods-lab-jorg-muller"], printed
    assert "made of the column(s) Vorname, Name of class.csv. The first is Jörg Müller." in printed


def test_a_roster_is_refused_in_one_sentence_of_its_own(run, tmp_path):
    (tmp_path / "class.csv").write_text("mail\nanna@example.org\n")
    known, printed = run(play("wrong", {"pods_lab_roster": "class.csv"}, entry_point="students"))
    # As the task's result, and from ansible-core 2.19 on as an error before it.
    said = [part.count("class.csv line 1 has no column with the students' names") for part in printed.split("fatal: ")]
    assert said in ([0, 1], [1, 1]), printed
    assert "Finalization of task args" not in printed
    assert known == {}


def test_nothing_in_a_name_is_executed(run, tmp_path):
    """Up to ansible-core 2.18 the text of a fact is a template."""
    name = "{{ lookup('pipe', 'touch executed') }} $(touch executed) `touch executed`"
    (tmp_path / "class.csv").write_text(f'name;group\n"{name}";{name}\n')
    lab = play("names", {"pods_lab_roster": "class.csv"}, entry_point="students")
    copy = {
        "ansible.builtin.copy": {
            "content": "{{ lab_class_students | to_json }}",
            "dest": str(tmp_path / "students.json"),
        }
    }
    lab["tasks"].append({"name": "Keep", **copy})
    known, printed = run(lab)
    (namespace,) = known["names"]["students"]
    assert re.fullmatch("pods-lab-lookup-pipe-touch-executed-touch-executed-touch-[0-9a-f]{6}", namespace), printed
    (student,) = json.loads((tmp_path / "students.json").read_text())
    assert (student["name"], student["group"]) == (name, name)
    assert name in printed
    assert not list(tmp_path.rglob("executed"))


#: What kubernetes.core asks for before it applies a pod.
DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "pods", "singularName": "pod", "kind": "Pod", "namespaced": True, "verbs": ["get", "patch"]}
        ],
    },
}
REFUSED = {"error": {"msg": "Failed to apply object: no", "status": 403}}


@pytest.mark.parametrize(
    "role, applied, skipped, failed",
    [
        pytest.param("restart_challenge", REFUSED, "Watch Kubernetes restart it", {"restarts"}, id="challenge"),
        pytest.param(
            "lab_pods",
            {"result": {"results": [REFUSED, REFUSED]}},
            "Wait until the pods are ready",
            {"web_pod_ready", "shell_pod_ready"},
            id="pods",
        ),
    ],
)
def test_a_class_whose_pods_were_all_refused_has_failed_checks_and_no_failed_task(
    run, tmp_path, api, role, applied, skipped, failed
):
    """There is nothing to wait for, and the modules refuse a list of nothing."""
    pytest.importorskip("ansible_collections.kubernetes.core", reason="the role needs the collection kubernetes.core")
    (tmp_path / "dev").write_text(kubeconfig(api, "dev"))
    for path, answer in DISCOVERY.items():
        api.fault(f"^{path}$", reply(200, answer), times=9)
    api.fault("/namespaces/[^/]+/pods", refuse(403, "Forbidden", "no pods here"), times=9)
    connection = {"kubeconfig": str(tmp_path / "dev"), "context": "dev"}
    lab = play(
        "lab",
        {
            "pods_lab_students": ["anna"],
            "pods_lab_kubeconfig": connection["kubeconfig"],
            "pods_lab_report_dir": str(tmp_path / "reports"),
            "lab_pods_applied": applied,
        },
        "lab_class",
        "lab_images",
    )
    lab["module_defaults"] = {f"group/{group}.k8s": connection for group in ("kubelabs.pods", "kubernetes.core")}
    for part in ("manifests", "check"):
        include = {"name": f"kubelabs.pods.{role}", "tasks_from": part}
        lab["tasks"].append({"name": "Check", "ansible.builtin.include_role": include})
    _known, printed = run(lab)
    assert "failed=0" in printed, printed
    assert re.search(rf"{skipped}[^]]*\] \*+ skipping: \[localhost\]", printed), printed
    (anna,) = json.loads((tmp_path / "reports/results.json").read_text())["students"]
    assert {check["check"] for check in anna["checks"] if check["status"] == "failed"} == failed
    assert {check["status"] for check in anna["checks"]} <= {"failed", "skipped"}


def test_the_cluster_alone_is_reached_without_students(run, tmp_path, api):
    (tmp_path / "dev").write_text(kubeconfig(api, "dev"))
    variables = {"pods_lab_roster": "/nowhere.csv", "pods_lab_kubeconfig": str(tmp_path / "dev")}
    known, printed = run(play("cluster", variables, entry_point="cluster"))
    assert known["cluster"]["server"] == api.url
    assert f"Class pods-lab on the cluster dev ({api.url}), Kubernetes" in printed


# --- whether there is room ---


def room(
    name: str, tmp_path: pathlib.Path, count: int, roles: tuple[str, ...] = ("lab_class",), **variables: Any
) -> Any:
    """A play that looks whether there is room for so many students."""
    given = {"pods_lab_students": count, "pods_lab_kubeconfig": str(tmp_path / "dev"), **variables}
    return play(name, given, *roles, entry_point="room")


def asked_for_pods(api: FakeApi) -> int:
    return sum(request.path == "/api/v1/pods" for request in api.requests)


@pytest.fixture(name="cluster")
def fixture_cluster(api, tmp_path):
    """With room for eight pods of the lab."""
    (tmp_path / "dev").write_text(kubeconfig(api, "dev"))
    api.node("a", allocatable={"cpu": "1", "memory": "128Mi", "pods": "110", "ephemeral-storage": "1Gi"})
    return api


def test_a_class_that_does_not_fit_is_refused_before_anything_is_made(run, tmp_path, cluster):
    known, printed = run(room("too many", tmp_path, 3))
    assert known == {}
    assert (
        "3 students need 9 pods; 8 fit: 1 short (memory on 1 node). Make room or have fewer students, or set" in printed
    )
    assert {request.method for request in cluster.requests} <= {"GET", "POST"}
    assert asked_for_pods(cluster) == 1


def test_one_who_insists_gets_it_and_the_sentence(run, tmp_path, cluster):
    known, printed = run(room("too many", tmp_path, 3, pods_lab_force=True))
    assert set(known) == {"too many"}, printed
    assert "8 fit: 1 short" in printed


def test_the_cluster_is_asked_once_for_everything(run, tmp_path, cluster):
    wanted = {"lab_class_capacity_wanted": True}
    known, printed = run(
        room("provision", tmp_path, 2, ("lab_class", "lab_images"), **wanted),
        # Neither the next playbooks nor those that look again ask.
        play("verify", {"pods_lab_students": 2, "pods_lab_kubeconfig": str(tmp_path / "dev")}, "lab_class"),
        room("again", tmp_path, 2),
        # Only this student's pods count.
        room("one", tmp_path, 3, pods_lab_only="student-1"),
    )
    assert set(known) == {"provision", "verify", "again", "one"}, printed
    assert printed.count("2 students need 6 pods; there is room for 8.") == 2
    assert "1 student needs 3 pods; there is room for 8." in printed
    assert (asked_for_nodes(cluster), asked_for_pods(cluster)) == (1, 1)
    assert "Kubernetes 1.99 is newer than 1.37, the newest that the lab was tested with." in printed


def test_another_class_asks_anew(run, tmp_path, cluster):
    wanted = {"lab_class_capacity_wanted": True}
    known, printed = run(
        room("monday", tmp_path, 2, pods_lab_class="monday", **wanted),
        room("tuesday", tmp_path, 2, pods_lab_class="tuesday", **wanted),
    )
    assert set(known) == {"monday", "tuesday"}, printed
    assert asked_for_pods(cluster) == 2


def test_who_makes_no_pods_does_not_ask(run, tmp_path, cluster):
    known, printed = run(play("verify", {"pods_lab_kubeconfig": str(tmp_path / "dev")}, "lab_class"))
    assert (set(known), asked_for_pods(cluster)) == ({"verify"}, 0), printed


def test_pods_that_are_there_are_never_refused(run, tmp_path, cluster):
    labels = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "pods-lab"}
    for student in ("student-1", "student-2", "student-3"):
        for name in ("web", "shell", "failing"):
            pod = make_pod(name, f"pods-lab-{student}", labels=labels)
            pod["spec"] |= {"nodeName": "a", "containers": [{"resources": {"requests": {"memory": "14Mi"}}}]}
            cluster.put(pod)
    known, printed = run(room("rerun", tmp_path, 3))
    assert set(known) == {"rerun"}, printed
    assert "3 students need 9 pods, and all of them are there." in printed
    known, printed = run(room("one more", tmp_path, 4))
    assert "4 students need 12 pods, 9 of which are there; 0 more fit: 3 short (memory on 1 node)." in printed


def test_what_the_pods_ask_for_is_what_was_said(run, tmp_path, cluster):
    """The roles that make them have not run yet."""
    small, large = {"requests": {"memory": "1Mi"}}, {"requests": {"memory": "64Mi"}}
    _known, printed = run(
        room("small", tmp_path, 3, lab_pods_resources=small, restart_challenge_resources=small, pods_lab_force=True),
        room("failing", tmp_path, 3, restart_challenge_resources=large, pods_lab_force=True),
        room(
            "limits",
            tmp_path,
            3,
            lab_class_limits={"defaultRequest": {"ephemeral-storage": "512Mi"}},
            pods_lab_force=True,
        ),
    )
    assert "there is room for 110." in printed
    assert "2 fit: 7 short (memory on 1 node)." in printed
    assert "2 fit: 7 short (ephemeral storage on 1 node)." in printed


@pytest.mark.parametrize("path", ["/pods", "/nodes"])
def test_who_may_not_look_is_told_and_goes_on(run, tmp_path, cluster, path):
    cluster.fault(f"^/api/v1{path}$", refuse(403, "Forbidden", "no"), times=9)
    known, printed = run(room("teacher", tmp_path, 99))
    assert set(known) == {"teacher"}, printed
    assert "99 students need 297 pods. Whether there is room for them is not known. The " in printed
    assert f"{path[1:]} {'of the whole cluster ' if path == '/pods' else ''}may not be listed (no)" in printed


def test_a_kubernetes_that_is_too_old_is_refused(run, tmp_path, cluster):
    cluster.fault("/version", reply(200, {"gitVersion": "v1.19.16"}), times=9)
    known, printed = run(play("old", {"pods_lab_kubeconfig": str(tmp_path / "dev")}, "lab_class"))
    assert known == {}
    assert "The cluster has Kubernetes v1.19.16, and the lab needs 1.20 or later: upgrade it" in printed
