# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `ansible-doc` shows can be copied: the EXAMPLES of the modules that ask pods, on the lab's own pods."""

from __future__ import annotations

import importlib
import os
import subprocess

import yaml
from conftest import CHECKOUT, CLUSTER, KUBECONFIG

#: In this order: an example of pod_exec_probe uses what one of pod_ready_watch has registered.
MODULES = ("pod_log_probe", "pod_restart_watch", "pod_ready_watch", "pod_exec_probe")
STUDENTS = [{"name": "alice", "namespace": "lab-alice"}, {"name": "bob", "namespace": "lab-bob"}]


def examples(class_name):
    """The tasks, with nothing but the cluster and the class changed, each so that it fails when it is not met."""
    tasks = []
    for name in MODULES:
        module = importlib.import_module(f"ansible_collections.kubelabs.pods.plugins.modules.{name}")
        for task in yaml.safe_load(module.EXAMPLES.replace("class=pods-lab", f"class={class_name}")):
            options = task.get(f"kubelabs.pods.{name}", {})
            options.pop("context", None)
            options.pop("fail_on_unmet", None)
            if name == "pod_ready_watch" and "pods" not in options:
                options["label_selector"] += ",kubelabs.pods/app!=failing"
            tasks.append(task)
    return tasks


def test_the_examples_run_as_they_are(run_playbook, tmp_path):
    for playbook in ("provision.yml", "challenge.yml"):
        run = run_playbook(playbook, pods_lab_students=STUDENTS)
        assert run.status == 0, run.output
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"students": STUDENTS},
        "tasks": examples(run_playbook.class_name),
        "module_defaults": {
            "group/kubelabs.pods.k8s": {"kubeconfig": KUBECONFIG, "context": CLUSTER["pods_lab_context"]}
        },
    }
    (tmp_path / "examples.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    done = subprocess.run(
        [str(CHECKOUT / ".venv/bin/ansible-playbook"), str(tmp_path / "examples.yml")],
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("TASK [") == len(play["tasks"])
