# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pods of the lab and the probes that are made of them, as the templates of the roles say."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import BY_NAME, NAMES
from ansible_collections.kubelabs.pods.plugins.plugin_utils._handouts import own_pod
from ansible_collections.kubelabs.pods.plugins.plugin_utils._isolation import with_neighbours
from ansible_collections.kubelabs.pods.plugins.plugin_utils._per_student import for_each_student
from ansible_collections.kubelabs.pods.plugins.plugin_utils._placement import students_with_pods

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18 trusts whatever it is given
    trust_as_template = str

ROLES = pathlib.Path(__file__).parents[2] / "roles"
LABELS = {"app.kubernetes.io/managed-by": "kubelabs.pods", "kubelabs.pods/class": "monday"}
IMAGES = {"lab_images_web_image": "example.org/web:1", "lab_images_shell_image": "example.org/shell:1"}
STUDENT = {"name": "Anna", "label": "anna", "namespace": "lab-anna"}
BEN = {"name": "Ben", "label": "ben", "namespace": "lab-ben"}
PODS = {
    "web": "lab_pods/templates/web-pod.yaml.j2",
    "shell": "lab_pods/templates/shell-pod.yaml.j2",
    "failing": "restart_challenge/templates/failing-pod.yaml.j2",
}


def defaults(role):
    return yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())


def rendered(path, **variables):
    """What a role's template says with the defaults of its role, as YAML."""
    role = path.partition("/")[0]
    given = {
        **IMAGES,
        **defaults("lab_class"),
        **defaults(role),
        "lab_class_labels": LABELS,
        "lab_class_isolation": True,
        **variables,
    }
    trusted = {key: trust_as_template(value) if isinstance(value, str) else value for key, value in given.items()}
    templar = Templar(loader=DataLoader(), variables=trusted)
    return yaml.safe_load(str(templar.template(trust_as_template((ROLES / path).read_text()))))


@pytest.fixture(name="pod", params=PODS)
def fixture_pod(request):
    (pod,) = for_each_student([rendered(PODS[request.param])], [STUDENT])
    assert pod["metadata"]["name"] == request.param
    return pod


def test_a_pod_satisfies_pod_security_restricted(pod):
    """Source: Kubernetes' Pod Security Standards, level Restricted, which contains Baseline: every control that a pod
    without volumes can break."""
    spec = pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0  # a number: the kubelet cannot tell whether a name is root's
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & set(spec)
    assert set(spec["securityContext"]) == {"runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile"}
    for container in spec["containers"]:
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert all("hostPort" not in port for port in container.get("ports", []))


def test_a_pod_listens_where_any_user_may(pod):
    """Not every runtime lets a user without rights listen below 1024."""
    ports = [port["containerPort"] for port in pod["spec"]["containers"][0].get("ports", [])]
    assert all(port >= 1024 for port in ports)


def test_a_pod_says_what_it_needs(pod):
    """A namespace with a quota on these accepts no pod without."""
    (container,) = pod["spec"]["containers"]
    assert set(container["resources"]["requests"]) == set(container["resources"]["limits"]) == {"cpu", "memory"}


def test_a_students_own_pod_runs_as_the_labs_does_and_is_none_of_the_class(pod):
    made = own_pod(pod)
    assert made["metadata"] == {"name": f"my-{pod['metadata']['name']}", "labels": {"app": made["metadata"]["name"]}}
    assert made["spec"] == {key: value for key, value in pod["spec"].items() if key != "affinity"}
    assert "kubelabs" not in str(made["metadata"])


def test_a_pod_is_marked_as_ours(pod):
    assert pod["metadata"]["labels"].items() >= {**LABELS, "kubelabs.pods/student": "anna"}.items()
    assert pod["metadata"]["labels"]["kubelabs.pods/app"] == pod["metadata"]["name"]
    assert pod["metadata"]["namespace"] == "lab-anna"


@pytest.mark.parametrize("path", PODS.values(), ids=PODS)
def test_what_a_pod_needs_and_its_pull_secret_are_settable(path):
    resources = {"limits": {"cpu": "1"}}
    role = path.partition("/")[0]
    pod = rendered(path, **{f"{role}_resources": resources, f"{role}_image_pull_secret": "regcred"})
    assert pod["spec"]["containers"][0]["resources"] == resources
    assert pod["spec"]["imagePullSecrets"] == [{"name": "regcred"}]


def probes():
    return rendered("lab_checks/templates/log-probes.yaml.j2") + rendered("lab_checks/templates/exec-probes.yaml.j2")


def test_a_probe_has_the_name_of_a_check_that_needs_its_pod():
    """So adding a check is one entry here, one row in the table of checks and one test."""
    for probe in probes():
        assert probe["name"] in NAMES
        assert f"{probe['pod']}_pod_ready" in BY_NAME[probe["name"]].needs, probe["name"]


def filled(*pods):
    """The probes of Anna, in a class with Ben, by their names."""
    placed = students_with_pods([STUDENT, BEN], pods, "web", "shell", own_only=True)
    made = for_each_student(probes(), with_neighbours(placed))
    return {
        probe["name"]: probe["command"] for probe in made if probe["namespace"] == "lab-anna" and "command" in probe
    }


def test_probes_can_be_filled_in_and_ask_the_web_pods_at_their_port():
    web = {"namespace": "lab-anna", "pod": "web", "node": "a", "pod_ip": "fd00::1"}
    shell = {"namespace": "lab-anna", "pod": "shell", "node": "b", "pod_ip": "fd00::2"}
    of_ben = {"namespace": "lab-ben", "pod": "web", "node": "a", "pod_ip": "fd00::3"}
    commands = filled(web, shell, of_ben)
    assert len(commands) == len(probes()) - 1  # the other one is of logs
    port = rendered(PODS["web"])["spec"]["containers"][0]["ports"][0]["containerPort"]
    assert {commands[name][-1] for name in commands if name.startswith("http_")} == {f"http://[fd00::1]:{port}/"}
    assert commands["network_isolation"][-1].startswith("for host in [fd00::3]; do curl ")
    assert f"http://$host:{port}/" in commands["network_isolation"][-1]
    assert set(commands) - set(filled()) == {"http_between_pods", "http_across_nodes", "network_isolation"}


@pytest.mark.parametrize(
    ("stdout", "met"),
    [
        pytest.param(
            "10.96.0.1\nServer:\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nAddress: 10.96.0.1\n", True, id="busybox"
        ),
        pytest.param("10.96.0.1\nServer: x\nAddress 1: 10.96.0.1 \n\n** no AAAA\n", True, id="more-after"),
        pytest.param("fd00::1\nAddress:\t[fd00::a]:53\n\nAddress: fd00::1\n", True, id="ipv6"),
        pytest.param("10.96.0.1\nServer:\t10.96.0.10\nAddress:\t10.96.0.10:53\n", False, id="server-only"),
        pytest.param("10.96.0.1\nAddress: 10.96.0.10\n", False, id="another"),
        pytest.param("10.96.0.1\n", False, id="no-answer"),
        pytest.param("\nAddress: \n", False, id="no-environment"),
    ],
)
def test_dns_is_right_where_the_answer_is_the_address_in_the_environment(stdout, met):
    (probe,) = [one for one in probes() if one["name"] == "dns"]
    assert bool(re.search(probe["expect"]["regex"], stdout, re.MULTILINE)) is met
