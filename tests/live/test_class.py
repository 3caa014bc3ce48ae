# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose lab it is: several classes in one run, and teachers who may not do everything."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import subprocess
from typing import Any

import pytest
import yaml
from conftest import CHECKOUT, CLUSTER, KUBECONFIG, eventually, kubectl

from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import NAMES

OWNER = "app.kubernetes.io/managed-by=kubelabs.pods"


def apply(*objects: dict[str, Any]) -> None:
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


# --- two classes in one run ---


@pytest.fixture(name="run_plays")
def fixture_run_plays(tmp_path):
    """Runs playbooks, each with variables of its own, in one run; deletes their classes afterwards."""
    prefix = f"live-class-{os.urandom(2).hex()}"
    classes = []

    def run(*plays: tuple[str, str, dict[str, Any]]) -> tuple[int, str, dict[str, Any]]:
        imports = []
        for playbook, name, variables in plays:
            classes.append(f"{prefix}-{name}")
            own = {
                "pods_lab_class": classes[-1],
                "pods_lab_report_dir": str(tmp_path / name),
                "pods_lab_handout_dir": str(tmp_path / "handouts" / name),
                **variables,
            }
            imports.append({"import_playbook": str(CHECKOUT / "playbooks" / playbook), "vars": own})
        (tmp_path / "plays.yml").write_text(yaml.safe_dump(imports))
        done = subprocess.run(
            [
                str(CHECKOUT / ".venv/bin/ansible-playbook"),
                str(tmp_path / "plays.yml"),
                "--extra-vars",
                json.dumps({**CLUSTER, "pods_lab_kubeconfig": KUBECONFIG}),
            ],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        reports = {path.parent.name: json.loads(path.read_text()) for path in tmp_path.glob("*/results.json")}
        return done.returncode, done.stdout + done.stderr, reports

    run.prefix = prefix
    yield run
    ours = f"{OWNER},kubelabs.pods/class in ({','.join(classes)})"
    kubectl("delete", "namespaces", "--wait=false", "-l", ours)


def labs(prefix: str) -> dict[str, str]:
    """The classes of the namespaces whose names begin with the prefix."""
    found = json.loads(kubectl("get", "namespaces", "-l", OWNER, "-o", "json"))["items"]
    metadata = [item["metadata"] for item in found if item["metadata"]["name"].startswith(prefix)]
    alive = [one for one in metadata if "deletionTimestamp" not in one]
    return {one["name"]: one["labels"]["kubelabs.pods/class"] for one in alive}


def names(report: dict[str, Any]) -> list[str]:
    return [student["name"] for student in report["students"]]


def test_each_play_of_one_run_is_about_its_own_class(run_plays, tmp_path):
    prefix = run_plays.prefix
    (tmp_path / "tuesday.csv").write_text("First name;Last name\nBob;Meier\nEve;\n")
    tuesday = {"pods_lab_roster": str(tmp_path / "tuesday.csv")}
    status, output, reports = run_plays(
        ("provision.yml", "monday", {"pods_lab_students": ["Anna"]}), ("provision.yml", "tuesday", tuesday)
    )
    assert status == 0, output
    monday, bob, eve = f"{prefix}-monday-anna", f"{prefix}-tuesday-bob-meier", f"{prefix}-tuesday-eve"
    assert labs(prefix) == {monday: f"{prefix}-monday", bob: f"{prefix}-tuesday", eve: f"{prefix}-tuesday"}
    assert {name: names(report) for name, report in reports.items()} == {
        "monday": ["Anna"],
        "tuesday": ["Bob Meier", "Eve"],
    }

    # One goes, another comes, and one gets a student more.
    status, output, reports = run_plays(
        ("teardown.yml", "monday", {"pods_lab_students": ["Anna"]}),
        ("provision.yml", "wednesday", {"pods_lab_students": 1}),
        ("provision.yml", "wednesday", {"pods_lab_students": 2}),
    )
    assert status == 0, output
    assert set(labs(prefix)) == {bob, eve, f"{prefix}-wednesday-student-1", f"{prefix}-wednesday-student-2"}
    assert names(reports["wednesday"]) == ["student-1", "student-2"]
    assert [check["status"] for check in reports["monday"]["students"][0]["checks"] if check["check"] == "cleanup"] == [
        "passed"
    ]


# --- teachers ---


class Teacher:
    """Somebody with a kubeconfig of their own, who may nothing yet: a service account.

    Attributes:
        namespace: made for them, or for their student.
        kubeconfig: the path.
    """

    def __init__(self, tmp_path: pathlib.Path) -> None:
        self.namespace = f"live-teacher-{os.urandom(2).hex()}"
        # Where the account is, nobody of the lab looks.
        self._home = f"{self.namespace}-home"
        for name in (self.namespace, self._home):
            kubectl("create", "namespace", name)
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/service-account-token",
            "metadata": {
                "name": "token",
                "namespace": self._home,
                "annotations": {"kubernetes.io/service-account.name": "teacher"},
            },
        }
        kubectl("-n", self._home, "create", "serviceaccount", "teacher")
        apply(secret)
        token = eventually(
            lambda: (
                json.loads(kubectl("-n", self._home, "get", "secret", "token", "-o", "json"))
                .get("data", {})
                .get("token")
            )
        )
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        config["users"][0]["user"] = {"token": base64.b64decode(token).decode()}
        self.kubeconfig = tmp_path / "teacher.kubeconfig"
        self.kubeconfig.write_text(json.dumps(config))

    @property
    def _subject(self) -> dict[str, str]:
        return {"kind": "ServiceAccount", "name": "teacher", "namespace": self._home}

    def bind(self, cluster_role: str, namespace: str = "") -> None:
        """In the namespace, or in the whole cluster."""
        place = ["-n", namespace] if namespace else []
        kind = "rolebinding" if namespace else "clusterrolebinding"
        account = f"--serviceaccount={self._home}:teacher"
        kubectl(*place, "create", kind, f"{self._home}-{cluster_role}", f"--clusterrole={cluster_role}", account)

    def may_see(self) -> None:
        """Nodes and namespaces, and nothing in them."""
        role = f"{self._home}-sees"
        kubectl("create", "clusterrole", role, "--verb=get,list,watch", "--resource=nodes,namespaces")
        self.bind(role)

    def grant(self, printed: str) -> None:
        """Applies what a message says whoever may grant rights applies."""
        documents = list(yaml.safe_load_all(printed))
        for document in documents:
            document["metadata"]["name"] += f"-{self._home}"
            if "roleRef" in document:
                document["roleRef"]["name"] += f"-{self._home}"
                document["subjects"] = [self._subject]
        apply(*documents)

    def leave(self) -> None:
        kubectl("delete", "namespaces", "--wait=false", self.namespace, self._home)
        for kind in ("clusterrolebinding", "clusterrole"):
            found = kubectl("get", kind, "-o", "name").split()
            if ours := [name for name in found if self._home in name]:
                kubectl("delete", *ours)


@pytest.fixture(name="teacher")
def fixture_teacher(tmp_path):
    teacher = Teacher(tmp_path)
    yield teacher
    teacher.leave()


@pytest.fixture(name="teach")
def fixture_teach(run_playbook, teacher):
    """Runs a playbook as the teacher, for one student in their namespace."""

    def teach(playbook, **variables):
        student = {"name": "Anna", "namespace": teacher.namespace}
        return run_playbook(
            playbook,
            pods_lab_kubeconfig=str(teacher.kubeconfig),
            **{"pods_lab_students": [student], "pods_lab_use_existing_namespaces": True, **variables},
        )

    return teach


def pods(namespace: str) -> set[str]:
    return {name.removeprefix("pod/") for name in kubectl("-n", namespace, "get", "pods", "-o", "name").split()}


def metadata(namespace: str) -> dict[str, Any]:
    found = json.loads(kubectl("get", "namespace", namespace, "-o", "json"))["metadata"]
    return {key: found.get(key) for key in ("uid", "labels", "annotations", "deletionTimestamp")}


def test_an_admin_of_one_namespace_runs_the_lab_in_it(teach, teacher):
    teacher.bind("admin", teacher.namespace)
    kubectl("-n", teacher.namespace, "create", "configmap", "of-the-teacher")
    before = metadata(teacher.namespace)
    run = teach("pods_lab.yml")
    assert run.status == 0, run.output
    statuses = run.statuses("Anna")
    # Walls and keys are for namespaces that the lab makes.
    assert set(statuses) == {*NAMES} - {"student_access", "network_isolation"}
    assert {name for name, status in statuses.items() if status != "passed"} <= {"http_across_nodes"}
    assert run.results["cluster"]["nodes"] is None
    assert "The nodes may not be listed" in run.output
    # The lab is gone, and what is not the lab's is as it was.
    assert metadata(teacher.namespace) == before
    assert pods(teacher.namespace) == set()
    kubectl("-n", teacher.namespace, "get", "configmap", "of-the-teacher")


def test_a_pod_that_has_lost_its_labels_is_not_clean(teach, teacher):
    teacher.bind("admin", teacher.namespace)
    assert teach("provision.yml").status == 0
    kubectl("-n", teacher.namespace, "label", "pod", "web", "kubelabs.pods/class-")
    run = teach("teardown.yml")
    assert run.status != 0
    assert run.statuses("Anna")["cleanup"] == "failed"
    assert f"The pod web in {teacher.namespace} has not the labels" in run.check("Anna", "cleanup")["reason"]
    assert pods(teacher.namespace) == {"web"}


def test_a_pod_of_somebody_else_is_named_and_not_touched(teach, teacher):
    teacher.bind("admin", teacher.namespace)
    kubectl("-n", teacher.namespace, "run", "shell", "--image=registry.invalid/x", "--restart=Never")
    run = teach("pods_lab.yml")
    assert run.status != 0
    assert f"are not touched: {teacher.namespace}/shell. Delete them yourself" in run.output
    assert "changed=0" in run.output
    gone = teach("teardown.yml")
    assert gone.status == 0, gone.output
    assert pods(teacher.namespace) == {"shell"}


def message(output: str) -> str:
    """The message of a failed assertion, as it was written."""
    text = output.partition("FAILED! =>")[2].partition("PLAY RECAP")[0]
    return yaml.safe_load(text)["msg"]


@pytest.mark.parametrize("sees", [False, True], ids=["sees nothing else", "sees nodes and namespaces"])
def test_who_may_not_make_namespaces_is_told_everything_that_is_missing(teach, teacher, sees):
    teacher.bind("admin", teacher.namespace)
    if sees:
        teacher.may_see()
    run = teach("pods_lab.yml", pods_lab_students=["Ben"], pods_lab_use_existing_namespaces=False)
    assert run.status != 0
    said = message(run.output)
    assert ("list, create, patch, delete namespaces" in said) is not sees
    assert "create, patch, delete namespaces, list serviceaccounts in the whole cluster" in said
    assert "pods_lab_use_existing_namespaces: true" in said
    assert "changed=0" in run.output
    # Whoever applies it has a teacher who can run the lab; once is enough to see the whole of it.
    teacher.grant(said.partition("\n---\n")[2])
    run = teach(
        "provision.yml" if sees else "pods_lab.yml", pods_lab_students=["Ben"], pods_lab_use_existing_namespaces=False
    )
    assert run.status == 0, run.output


def test_rights_that_are_missing_in_a_namespace_are_granted_by_a_role(teach, teacher):
    run = teach("pods_lab.yml")
    assert run.status != 0
    said = message(run.output)
    assert f"get namespaces in {teacher.namespace}." in said
    assert "kind: Role\n" in said
    teacher.grant(said.partition("\n---\n")[2])
    run = teach("provision.yml")
    assert run.status == 0, run.output
    assert teach("teardown.yml").status == 0
    assert pods(teacher.namespace) == set()


def test_namespaces_that_carry_the_labels_are_handed_over(teach, teacher, run_playbook):
    teacher.bind("admin", teacher.namespace)
    teacher.may_see()
    labels = (OWNER, f"kubelabs.pods/class={run_playbook.class_name}")
    kubectl("label", "namespace", teacher.namespace, *labels)
    before = metadata(teacher.namespace)
    kept = teach("provision.yml", pods_lab_use_existing_namespaces=False)
    assert kept.status == 0, kept.output
    assert pods(teacher.namespace) == {"web", "shell"}
    assert metadata(teacher.namespace) == before
    gone = teach("teardown.yml", pods_lab_use_existing_namespaces=False, pods_lab_students=None)
    assert gone.status == 0, gone.output
    assert gone.statuses("Anna")["cleanup"] == "passed"
    assert metadata(teacher.namespace) == before
    assert pods(teacher.namespace) == set()


# --- a kind cluster of one's own ---


def test_images_are_loaded_into_the_kind_cluster_of_the_context(run_playbook):
    """Whatever its name, and without being told more than the context."""
    found = {"pods_lab_web_image": None, "pods_lab_shell_image": None}
    run = run_playbook("provision.yml", kind_cluster_name=None, **found)
    assert run.status == 0, run.output
    assert "leads to no kind cluster" not in run.output
