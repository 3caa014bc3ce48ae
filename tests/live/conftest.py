# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as people run them, on a real cluster: that of the Molecule scenarios, or of the file TEST_CLUSTER."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import pathlib
import re
import subprocess
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.plugin_utils._labels import is_rfc_1123_label, slug, with_hash

CHECKOUT = pathlib.Path(__file__).parents[2]
CLUSTER = yaml.safe_load((CHECKOUT / os.environ.get("TEST_CLUSTER", "molecule/cluster.yml")).read_text())
KUBECONFIG = os.path.expanduser(CLUSTER["pods_lab_kubeconfig"])


#: Marks of what runs only when it is asked for: pytest tests/live -m alone.
ON_DEMAND = ("alone", "recording")


def pytest_collection_modifyitems(config, items):
    unasked = [mark for mark in ON_DEMAND if mark not in config.option.markexpr]
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in unasked)]
    config.hook.pytest_deselected(items=left_out)
    # The long ones first, so that at the end no worker waits minutes for another.
    chosen = [item for item in items if item not in left_out]
    items[:] = sorted(chosen, key=lambda item: item.get_closest_marker("long") is None)


class Run(NamedTuple):
    """One run of a playbook: its exit status, all it printed, its results (None where there are none), its seconds."""

    status: int
    output: str
    results: dict[str, Any] | None
    seconds: float

    @property
    def tasks(self) -> list[str]:
        """The names of the tasks that ran, in order."""
        return re.findall(r"^TASK \[(.*?)\]", self.output, re.MULTILINE)

    def statuses(self, student: str) -> dict[str, str]:
        assert self.results is not None, self.output
        (found,) = (one for one in self.results["students"] if one["name"] == student)
        return {check["check"]: check["status"] for check in found["checks"]}

    def check(self, student: str, name: str) -> dict[str, Any]:
        assert self.results is not None, self.output
        (found,) = (one for one in self.results["students"] if one["name"] == student)
        return next(check for check in found["checks"] if check["check"] == name)


def kubectl(*words: str, stdin: str | None = None) -> str:
    done = subprocess.run(
        ["kubectl", "--kubeconfig", KUBECONFIG, *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def minor_version() -> int:
    """20 of Kubernetes 1.20."""
    return int(re.sub(r"\D", "", json.loads(kubectl("get", "--raw", "/version"))["minor"]))


def namespaces(class_name: str) -> set[str]:
    """The namespaces whose names begin with the class's, with its labels or without."""
    names = {name.removeprefix("namespace/") for name in kubectl("get", "namespaces", "-o", "name").split()}
    return {name for name in names if name.startswith(class_name)}


def class_of(test: str) -> str:
    """A class of the test's own: two cases of one test run side by side, and their names differ at the end."""
    label = slug(test)
    return f"live-{label if len(label) <= 40 else with_hash(label, test, 40)}"


@pytest.fixture(name="run_playbook")
def fixture_run_playbook(tmp_path, request, images):
    """Runs a playbook of the checkout for a class of the test's own, and deletes the class afterwards.

    It is given the images, and its students no kubeconfigs: that takes a third of a lab, and is tested by itself.
    """
    class_name = class_of(request.node.name)
    base = {
        **CLUSTER,
        "pods_lab_class": class_name,
        "pods_lab_kubeconfig": KUBECONFIG,
        "pods_lab_report_dir": str(tmp_path),
        "pods_lab_handout_dir": str(tmp_path / "handouts"),
        "pods_lab_student_access": False,
        "pods_lab_web_image": images["web"],
        "pods_lab_shell_image": images["shell"],
    }
    classes = {class_name}

    def run(playbook: str, *options: str, callback: str = "ansible.builtin.default", **variables: Any) -> Run:
        extra = {name: value for name, value in {**base, **variables}.items() if value is not None}
        classes.add(extra["pods_lab_class"])
        started = time.monotonic()
        done = subprocess.run(
            [
                str(CHECKOUT / ".venv/bin/ansible-playbook"),
                str(CHECKOUT / "playbooks" / playbook),
                "-e",
                json.dumps(extra),
                *options,
            ],
            cwd=CHECKOUT,
            # The default's banners and its recap say which tasks ran, and what they changed. What is waited for is
            # shown under `make --silent` too, which turns that off for people.
            env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": callback, "KUBELABS_PODS_PROGRESS": "plain"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        results = pathlib.Path(extra["pods_lab_report_dir"]) / "results.json"
        return Run(
            done.returncode,
            done.stdout + done.stderr,
            json.loads(results.read_text()) if results.exists() else None,
            time.monotonic() - started,
        )

    run.class_name = class_name
    yield run
    usable = ",".join(sorted(filter(is_rfc_1123_label, classes)))
    ours = f"app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class in ({usable})"
    kubectl("delete", "namespaces", "--wait=false", "-l", ours)


class Key:
    """A student's kubeconfig, and kubectl with it and nothing else."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def kubectl(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["kubectl", "--kubeconfig", str(self.path), *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def may(self, *words: str) -> str:
        done = self.kubectl(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def may_not(self, *words: str) -> str:
        done = self.kubectl(*words)
        assert done.returncode != 0, done.stdout
        assert "orbidden" in done.stderr, done.stderr
        return done.stderr


@pytest.fixture(name="key")
def fixture_key(run_playbook, tmp_path):
    """The key of a student, by the last part of the namespace."""
    return lambda label: Key(tmp_path / "handouts" / f"{run_playbook.class_name}-{label}" / "kubeconfig")


# --- modules, called as people call them, and pods of a test's own ---


class Module:
    """One module of the collection, begun by `ansible` as on a command line; result() waits for its end."""

    def __init__(self, name: str, *, check_mode: bool = False, **options: Any) -> None:
        options = {"kubeconfig": KUBECONFIG, "context": CLUSTER["pods_lab_context"], **options}
        self._process = subprocess.Popen(
            [
                str(CHECKOUT / ".venv/bin/ansible"),
                "localhost",
                "-m",
                f"kubelabs.pods.{name}",
                "-a",
                json.dumps(options),
                *["--check"][:check_mode],
            ],
            cwd=CHECKOUT,
            env={**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def result(self) -> dict[str, Any]:
        """What the module returned, with `failed` in any case; results are also under their names, in `by_name`."""
        stdout, stderr = self._process.communicate(timeout=300)
        head, arrow, body = stdout.partition(" => ")
        assert arrow, stdout + stderr
        result = json.loads(body)
        result["failed"] = "FAILED" in head
        assert result["failed"] == (self._process.returncode != 0), stdout
        result["by_name"] = {one["name"]: one for one in result.get("results", [])}
        return result


def run_module(name: str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return Module(name, check_mode=check_mode, **options).result()


def eventually(what: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true answer of what()."""
    end = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.3)
    return answer


@pytest.fixture(name="images", scope="session")
def fixture_images(tmp_path_factory):
    """The images of the lab, {web, shell}: found, or built and loaded, by the lab's own role, once for all workers."""
    shared = (
        tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    )
    kept = shared / "images.json"
    with open(shared / "images.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            done = subprocess.run(
                [
                    str(CHECKOUT / ".venv/bin/ansible"),
                    "localhost",
                    "-m",
                    "include_role",
                    "-a",
                    "name=kubelabs.pods.lab_images",
                    "-e",
                    json.dumps(CLUSTER),
                ],
                cwd=CHECKOUT,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            found = re.search(r"Images of the lab: web (?P<web>[^\s,]+), shell (?P<shell>[^\s,]+)\.", done.stdout)
            assert found, done.stdout + done.stderr
            kept.write_text(json.dumps(found.groupdict()))
        return json.loads(kept.read_text())


class Namespace:
    """A namespace of one test, and what is made in it. `selector` finds its pods, and no others."""

    def __init__(self, name: str, images: dict[str, str]) -> None:
        self.name = name
        self.selector = f"kubelabs.pods/class={name}"
        self._labels = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": name}
        self.images = images
        kubectl(
            "apply",
            "-f",
            "-",
            stdin=json.dumps(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": self._labels}}
            ),
        )
        # Until there is a service account (up to Kubernetes 1.23 with a token) no pod is admitted.
        proof = "secrets" if minor_version() < 24 else "default"
        eventually(lambda: proof in self.kubectl("get", "serviceaccounts", "-o", "json"))

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        return kubectl("-n", self.name, *words, stdin=stdin)

    def apply(self, *objects: dict[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def pod(
        self,
        name: str,
        *command: str,
        image: str = "shell",
        labels: dict[str, str] | None = None,
        container: dict[str, Any] | None = None,
        **spec: Any,
    ) -> dict[str, Any]:
        """A pod with the container `app`; without a command it waits for ever, and the web image does what it does."""
        app: dict[str, Any] = {
            "name": "app",
            "image": self.images.get(image, image),
            "imagePullPolicy": "IfNotPresent",
            **(container or {}),
        }
        if command or image == "shell":
            app["command"] = list(command or ("sleep", "3600"))
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {**self._labels, **(labels or {})}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [app], **spec},
        }

    def ready(self, *names: str) -> None:
        self.kubectl("wait", "--for=condition=Ready", "--timeout=240s", *[f"pod/{name}" for name in names])


@pytest.fixture(name="namespace")
def fixture_namespace(request, images):
    """A namespace of the test's own, deleted afterwards without waiting."""
    name = (
        "live-"
        + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
        + f"-{os.urandom(2).hex()}"
    )
    try:
        yield Namespace(name, images)
    finally:
        kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
