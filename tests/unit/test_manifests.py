# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pods of the lab and the probes that are made of them, as the templates of the roles say."""

from __future__ import annotations

import base64
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
from ansible_collections.kubelabs.pods.plugins.plugin_utils._staff import RULES, staff_members, staff_roles

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
    (document,) = rendered_all(path, **variables)
    return document


def rendered_all(path, **variables):
    """What a role's template says with the defaults of its role, as YAML documents."""
    role = path.partition("/")[0]
    given = {
        **IMAGES,
        **defaults("lab_class"),
        **defaults(role),
        "lab_class_labels": LABELS,
        "lab_class_isolation": True,
        "lab_class_image_pull_secret": "",
        **variables,
    }
    trusted = {key: trust_as_template(value) if isinstance(value, str) else value for key, value in given.items()}
    templar = Templar(loader=DataLoader(), variables=trusted)
    return list(yaml.safe_load_all(str(templar.template(trust_as_template((ROLES / path).read_text())))))


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


@pytest.mark.parametrize(
    ("image", "args"),
    [
        ("docker.io/traefik/whoami:v1.10.4", ["--verbose"]),
        ("example.org/mirror/traefik/whoami:v1", ["--verbose"]),
        ("example.org/web:1", None),
    ],
)
def test_the_public_web_image_logs_requests(image, args):
    """Whoami does so only when it is told to; another image may end at an argument that it does not know."""
    (container,) = rendered(PODS["web"], lab_images_web_image=image)["spec"]["containers"]
    assert container.get("args") == args


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


def test_the_credentials_of_a_registry_are_a_secret_of_the_student():
    credentials = '{"auths": {"registry.example.org": {"auth": "YTpi"}}}'
    secret = rendered(
        "classroom/templates/image-pull-secret.yaml.j2",
        lab_class_image_pull_secret="image-pull",
        __classroom_pull_config=credentials,
    )
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert base64.b64decode(secret["data"][".dockerconfigjson"]).decode() == credentials
    assert secret["metadata"]["namespace"] == "@namespace@"
    assert secret["metadata"]["labels"].items() >= {**LABELS, "kubelabs.pods/student": "@label@"}.items()


STAFF = staff_members([{"name": "Eva", "role": "co-teacher"}, {"name": "beamer", "role": "projector"}], "monday")


def of_staff(template, members=tuple(STAFF)):
    """The objects that a template of the staff says, those of each of the staff or of each student filled in."""
    labels = {**LABELS, "kubelabs.pods/part": "staff"}
    variables = {
        "lab_class_staff_namespace": "monday-staff",
        "lab_class_staff_labels": labels,
        "__classroom_expires": "",
    }
    path = f"classroom/templates/staff-{template}.yaml.j2"
    made = [one for one in rendered_all(path, lab_class_staff_roles=staff_roles(members), **variables) if one]
    assert all(one["metadata"]["labels"].items() >= labels.items() for one in made)
    # Whoever asks for students by their label does not find the staff.
    assert all("kubelabs.pods/student" not in one["metadata"]["labels"] for one in made)
    return made


def test_the_namespace_of_the_staff_has_no_room_for_pods():
    (namespace,), (quota,) = of_staff("namespace"), of_staff("quota")
    assert namespace["metadata"]["name"] == quota["metadata"]["namespace"] == "monday-staff"
    assert "no students" in namespace["metadata"]["annotations"]["kubelabs.pods/about"]
    assert quota["spec"] == {"hard": {"pods": "0"}}


def test_one_of_the_staff_has_an_account_of_their_own():
    eva, beamer = for_each_student(of_staff("account"), STAFF)
    assert (eva["metadata"]["namespace"], eva["metadata"]["name"]) == ("monday-staff", "co-teacher-eva")
    assert beamer["metadata"]["labels"]["kubelabs.pods/staff"] == "beamer"
    assert eva["automountServiceAccountToken"] is False


def roles_and_bindings(members):
    """The rules by the Roles' names, and the subjects by those of the RoleBindings, in Anna's namespace."""
    made = for_each_student(of_staff("roles", members), [STUDENT])
    assert {one["metadata"]["namespace"] for one in made} == {"lab-anna"}
    assert {one["kind"] for one in made} == {"Role", "RoleBinding"}  # nothing is of the whole cluster
    bindings = [one for one in made if one["kind"] == "RoleBinding"]
    assert all(one["roleRef"]["kind"] == "Role" for one in bindings)
    assert all(one["roleRef"]["name"] == one["metadata"]["name"] for one in bindings)
    rules = {one["metadata"]["name"]: one["rules"] for one in made if one["kind"] == "Role"}
    return rules, {one["metadata"]["name"]: one["subjects"] for one in bindings}


def test_in_a_students_namespace_each_role_is_bound_to_those_who_have_it():
    rules, subjects = roles_and_bindings(STAFF)
    assert rules == RULES
    account = {"kind": "ServiceAccount", "namespace": "monday-staff"}
    assert subjects == {
        "co-teacher": [{**account, "name": "co-teacher-eva"}],
        "projector": [{**account, "name": "projector-beamer"}],
    }


@pytest.mark.parametrize("members", [STAFF[1:], []], ids=["another is there", "nobody is there"])
def test_who_is_staff_no_more_is_bound_to_nothing(members):
    _rules, subjects = roles_and_bindings(members)
    assert subjects["co-teacher"] == []


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


# --- what is in a student's namespace ---

OBJECTS = ("resource-quota", "limit-range", "network-policy", "service-account", "role", "role-binding")
API_SERVER = [{"address": "10.96.0.1", "port": 443}, {"address": "fd00::2", "port": 6443}]


def classroom(name, **variables):
    given = {"lab_class_api_server": API_SERVER, **lab_class_vars(), **variables}
    (made,) = for_each_student([rendered(f"classroom/templates/{name}.yaml.j2", **given)], [STUDENT])
    return made


def lab_class_vars():
    texts = yaml.safe_load((ROLES / "lab_class/vars/main.yml").read_text())
    return {"lab_class_student_rules": texts["lab_class_student_rules"]}


@pytest.mark.parametrize("name", OBJECTS)
def test_what_is_in_a_namespace_carries_the_labels_of_the_class(name):
    made = classroom(name)
    assert made["metadata"]["namespace"] == "lab-anna"
    assert made["metadata"]["labels"] == {**LABELS, "kubelabs.pods/student": "anna"}


def amount(quantity):
    """A quantity as a number: 500m, 64Mi."""
    number, unit = re.fullmatch(r"(\d+)(m|Mi|Gi)?", str(quantity)).groups()
    return int(number) * {None: 1, "m": 0.001, "Mi": 2**20, "Gi": 2**30}[unit]


def test_the_lab_fits_into_the_quota_and_the_limits():
    quota = classroom("resource-quota")["spec"]["hard"]
    (limits,) = classroom("limit-range")["spec"]["limits"]
    used = {}
    for path in PODS.values():
        ((container,),) = [rendered(path)["spec"]["containers"]]
        for kind, default in (("requests", "defaultRequest"), ("limits", "default")):
            for resource, quantity in {**limits[default], **container["resources"][kind]}.items():
                used[f"{kind}.{resource}"] = used.get(f"{kind}.{resource}", 0) + amount(quantity)
                assert amount(quantity) <= amount(limits["max"][resource])
    assert {name: value for name, value in used.items() if 2 * value > amount(quota[name])} == {}
    assert int(quota["pods"]) >= 2 * len(PODS)


def test_pods_may_talk_to_their_own_to_dns_and_to_the_api_server():
    spec = classroom("network-policy")["spec"]
    assert (spec["podSelector"], spec["policyTypes"]) == ({}, ["Ingress", "Egress"])
    assert spec["ingress"] == [{"from": [{"podSelector": {}}]}]
    own, dns, *api_server = spec["egress"]
    assert own == {"to": [{"podSelector": {}}]}
    assert {port["port"] for port in dns["ports"]} == {53, 5353}
    assert api_server == [
        {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port}]}
        for cidr, port in (("10.96.0.1/32", 443), ("fd00::2/128", 6443))
    ]


def test_where_the_api_server_is_not_known_the_metadata_of_clouds_is_still_out_of_reach():
    (anywhere,) = classroom("network-policy", lab_class_api_server=None)["spec"]["egress"][2:]
    assert [block["ipBlock"]["except"] for block in anywhere["to"]] == [
        ["169.254.0.0/16"],
        ["fe80::/10", "fd00:ec2::254/128"],
    ]
    assert {port["port"] for port in anywhere["ports"]} == {443, 6443}


def test_networks_are_opened_by_a_variable():
    *_others, last = classroom("network-policy", classroom_egress_cidrs=["203.0.113.0/24"])["spec"]["egress"]
    assert last == {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}


def test_students_may_do_the_lab_and_nothing_that_widens_it():
    rules = classroom("role")["rules"]
    granted = {(resource, verb) for rule in rules for resource in rule["resources"] for verb in rule["verbs"]}
    assert {("pods", "create"), ("pods/exec", "create"), ("pods/log", "get"), ("events", "list")} <= granted
    assert "*" not in {word for pair in granted for word in pair}
    assert {resource for resource, _verb in granted} == {
        "pods", "pods/log", "pods/status", "pods/exec", "pods/attach", "pods/portforward",
        "events", "resourcequotas", "limitranges",
    }  # fmt: skip
    assert {verb for resource, verb in granted if resource in ("resourcequotas", "limitranges")} == {
        "get",
        "list",
        "watch",
    }
    binding = classroom("role-binding")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "student", "namespace": "lab-anna"}]
    assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == ("Role", classroom("role")["metadata"]["name"])
    assert classroom("service-account")["metadata"]["name"] == "student"


def test_pod_security_is_enforced_by_labels():
    security = {"enforce": "baseline", "warn": "restricted"}
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode, level in security.items()}
    made = rendered("classroom/templates/namespace.yaml.j2", __classroom_pod_security=labels, __classroom_expires="")
    assert labels.items() <= made["metadata"]["labels"].items()
    assert "kubelabs.pods/expires" not in made["metadata"]["annotations"]


def test_a_namespace_says_when_the_class_is_over():
    over = "2026-12-01T17:00:00Z"
    made = rendered("classroom/templates/namespace.yaml.j2", __classroom_pod_security={}, __classroom_expires=over)
    assert made["metadata"]["annotations"]["kubelabs.pods/expires"] == over


@pytest.mark.parametrize(
    ("tasks", "name", "sentence"),
    [
        ("make", "Say where they are", "Kubeconfigs in /lab, good until 2026-12-04 00:04 UTC."),
        ("main", "Say when the class is over", "monday is over at 2026-12-05 17:00 UTC: from then on "),
    ],
)
def test_a_time_in_a_sentence_is_as_people_write_it(tasks, name, sentence):
    expires = [None, "2026-12-05T00:04:11.000Z", "2026-12-04T00:04:11.000Z"]
    given = {
        **yaml.safe_load((ROLES / "classroom/vars/main.yml").read_text()),
        "pods_lab_class": "monday",
        "lab_class_handout_dir": "/lab",
        "lab_class_staff": [],
        "__classroom_students": [],
        "__classroom_kubeconfigs": {"msg": "Kubeconfigs", "results": [{"expires": one} for one in expires]},
        "__classroom_expires": "2026-12-05T17:00:00Z",
    }
    trusted = {key: trust_as_template(value) if isinstance(value, str) else value for key, value in given.items()}
    of_file = yaml.safe_load((ROLES / f"classroom/tasks/{tasks}.yml").read_text())
    (msg,) = (task["ansible.builtin.debug"]["msg"] for task in of_file if task["name"] == name)
    assert Templar(loader=DataLoader(), variables=trusted).template(trust_as_template(msg)).startswith(sentence)


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_no_variable_renders_a_template(role):
    """Each task that uses it would render it again, with a copy of all that is known by then."""
    holders = [file for folder in ("vars", "defaults") for file in (ROLES / role / folder).glob("*.yml")]
    assert [file for file in holders if "ansible.builtin.template" in file.read_text()] == []
