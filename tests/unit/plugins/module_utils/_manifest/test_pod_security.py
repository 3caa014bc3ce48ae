# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from hypothesis import given

from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.pod_security import (
    BASELINE,
    PRIVILEGED,
    RESTRICTED,
    allows,
    examine,
    template_path,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._manifest.problem import in_dots
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import MANIFEST

STRICT = {
    "kind": "Pod",
    "metadata": {},
    "spec": {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "web",
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    },
}


def pod(path="", value=None):
    """The strict pod with one field changed; None takes it away."""
    result = copy.deepcopy(STRICT)
    inner = result
    steps = [int(step) if step.isdigit() else step for step in path.split("/") if step]
    for step in steps[:-1]:
        inner = inner[step] if isinstance(step, int) else inner.setdefault(step, {})
    if steps and value is None:
        del inner[steps[-1]]
    elif steps:
        inner[steps[-1]] = value
    return result


def test_a_strict_pod_satisfies_everything():
    finding = examine(pod())
    assert (finding.level, finding.reasons, finding.stricter) == (RESTRICTED, (), ())


C = "spec/containers/0"
S = f"{C}/securityContext"
# One row for each control of the standards, as its page lists them: what breaks it, the level that is left, its name.
ROWS = [
    (f"{S}/windowsOptions", {"hostProcess": True}, PRIVILEGED, "HostProcess"),
    ("spec/hostNetwork", True, PRIVILEGED, "Host Namespaces"),
    ("spec/hostPID", True, PRIVILEGED, "Host Namespaces"),
    ("spec/hostIPC", True, PRIVILEGED, "Host Namespaces"),
    (f"{S}/privileged", True, PRIVILEGED, "Privileged Containers"),
    (f"{S}/capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, PRIVILEGED, "Capabilities"),
    ("spec/volumes", [{"name": "v", "hostPath": {"path": "/"}}], PRIVILEGED, "HostPath Volumes"),
    (f"{C}/ports", [{"containerPort": 80, "hostPort": 80}], PRIVILEGED, "Host Ports"),
    (f"{C}/livenessProbe", {"httpGet": {"host": "1.2.3.4"}}, PRIVILEGED, "Host Probes / Lifecycle Hooks"),
    (f"{C}/lifecycle", {"preStop": {"tcpSocket": {"host": "a"}}}, PRIVILEGED, "Host Probes / Lifecycle Hooks"),
    (f"{S}/appArmorProfile", {"type": "Unconfined"}, PRIVILEGED, "AppArmor"),
    (
        "metadata/annotations",
        {"container.apparmor.security.beta.kubernetes.io/web": "unconfined"},
        PRIVILEGED,
        "AppArmor",
    ),
    (f"{S}/seLinuxOptions", {"type": "spc_t"}, PRIVILEGED, "SELinux"),
    ("spec/securityContext/seLinuxOptions", {"user": "root"}, PRIVILEGED, "SELinux"),
    (f"{S}/procMount", "Unmasked", PRIVILEGED, "/proc Mount Type"),
    (f"{S}/seccompProfile", {"type": "Unconfined"}, PRIVILEGED, "Seccomp"),
    ("spec/securityContext/sysctls", [{"name": "kernel.msgmax"}], PRIVILEGED, "Sysctls"),
    ("spec/volumes", [{"name": "v", "nfs": {"server": "a"}}], BASELINE, "Volume Types"),
    (f"{S}/allowPrivilegeEscalation", None, BASELINE, "Privilege Escalation"),
    (f"{S}/allowPrivilegeEscalation", True, BASELINE, "Privilege Escalation"),
    ("spec/securityContext/runAsNonRoot", None, BASELINE, "Running as Non-root"),
    (f"{S}/runAsNonRoot", False, BASELINE, "Running as Non-root"),
    ("spec/securityContext/runAsUser", 0, BASELINE, "Running as Non-root user"),
    (f"{S}/runAsUser", 0, BASELINE, "Running as Non-root user"),
    ("spec/securityContext/seccompProfile", None, BASELINE, "Seccomp"),
    (f"{S}/capabilities", None, BASELINE, "Capabilities"),
    (f"{S}/capabilities", {"drop": ["NET_RAW"]}, BASELINE, "Capabilities"),
    (f"{S}/capabilities", {"drop": ["ALL"], "add": ["CHOWN"]}, BASELINE, "Capabilities"),
    ("spec/initContainers", [{"name": "first"}], BASELINE, "Privilege Escalation"),
    ("spec/ephemeralContainers", [{"name": "debug"}], BASELINE, "Privilege Escalation"),
]


@pytest.mark.parametrize(("path", "value", "level", "control"), ROWS)
def test_what_breaks_a_level_is_named(path, value, level, control):
    finding = examine(pod(path, value))
    assert finding.level == level
    assert control in {reason.control for reason in finding.reasons}
    for reason in finding.reasons:
        assert reason.message.endswith(".") and reason.fix
        assert reason.level == (BASELINE if level == PRIVILEGED else RESTRICTED)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{S}/capabilities", {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        (f"{C}/ports", [{"containerPort": 80, "hostPort": 0}]),
        (f"{C}/livenessProbe", {"httpGet": {"host": "", "port": 80}}),
        (f"{S}/seLinuxOptions", {"type": "container_t", "user": ""}),
        (f"{S}/appArmorProfile", {"type": "Localhost"}),
        (f"{S}/procMount", "Default"),
        ("spec/securityContext/sysctls", [{"name": "net.ipv4.tcp_syncookies"}]),
        ("spec/volumes", [{"name": "v", "emptyDir": {}}, {"name": "w"}, {"name": "x", "image": {}}]),
        ("spec/hostNetwork", False),
        ("spec/securityContext/runAsUser", 1000),
    ],
)
def test_what_breaks_nothing(path, value):
    assert examine(pod(path, value)).level == RESTRICTED


def test_what_containers_say_counts_without_the_pod():
    value = pod("spec/securityContext", {})
    value["spec"]["containers"][0]["securityContext"] |= {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert examine(value).level == RESTRICTED


def test_the_way_to_what_is_wrong_and_its_remedy():
    (reason,) = examine(pod(f"{S}/privileged", True)).reasons
    assert in_dots(reason.path) == "spec.containers[0].securityContext.privileged"
    assert reason.fix == "Remove privileged."
    (reason,) = examine(pod(f"{S}/allowPrivilegeEscalation", None)).reasons
    assert in_dots(reason.path) == "spec.containers[0].securityContext.allowPrivilegeEscalation"
    assert reason.fix == "Write securityContext.allowPrivilegeEscalation: false in the container."


def test_a_privileged_pod_is_told_what_restricted_asks_for_as_well():
    value = pod("spec/hostNetwork", True)
    del value["spec"]["securityContext"]
    finding = examine(value)
    assert {reason.control for reason in finding.reasons} == {"Host Namespaces"}
    assert {reason.control for reason in finding.stricter} == {"Running as Non-root", "Seccomp"}


@pytest.mark.parametrize(
    ("path", "value", "since"),
    [
        ("spec/securityContext/sysctls", [{"name": "net.ipv4.tcp_rmem"}], 32),
        ("spec/securityContext/sysctls", [{"name": "net.ipv4.tcp_notsent_lowat"}], 37),
        (f"{S}/seLinuxOptions", {"type": "container_engine_t"}, 31),
    ],
)
def test_what_a_later_version_allows(path, value, since):
    assert examine(pod(path, value), since).level == RESTRICTED
    assert examine(pod(path, value), since - 1).level == PRIVILEGED


@pytest.mark.parametrize(
    ("path", "value", "since"),
    [
        (f"{C}/livenessProbe", {"httpGet": {"host": "a"}}, 34),
        ("spec/securityContext/runAsUser", 0, 23),
        (f"{S}/capabilities", None, 22),
    ],
)
def test_what_a_later_version_forbids(path, value, since):
    assert examine(pod(path, value), since).level != RESTRICTED
    assert examine(pod(path, value), since - 1).level == RESTRICTED


def test_in_a_user_namespace_root_is_nobody():
    value = pod("spec/hostUsers", False)
    value["spec"]["securityContext"] = {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}}
    assert examine(value, 35).level == RESTRICTED
    assert examine(value, 34).level == BASELINE
    value["spec"]["containers"][0]["securityContext"]["procMount"] = "Unmasked"
    assert examine(value, 35).level == BASELINE
    assert examine(value, 34).level == PRIVILEGED


def test_windows_has_no_such_rights():
    value = pod("spec/os", {"name": "windows"})
    value["spec"]["containers"][0] = {"name": "web"}
    assert examine(value, 25).level == RESTRICTED
    assert examine(value, 24).level == BASELINE


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (STRICT, ()),
        ({"kind": "Deployment", "spec": {"template": STRICT}}, ("spec", "template")),
        (
            {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": STRICT}}}},
            ("spec", "jobTemplate", "spec", "template"),
        ),
        ({"kind": "PodTemplate", "template": STRICT}, ("template",)),
        ({"kind": "Rollout", "spec": {"template": STRICT}}, ("spec", "template")),
        ({"kind": "Service", "spec": {"ports": []}}, None),
        ({"kind": "Pod", "spec": {"contaners": []}}, None),
    ],
)
def test_everything_that_has_a_pod_in_it(value, path):
    assert template_path(value) == path
    finding = examine(value)
    assert (finding is None) == (path is None)
    if path:
        inner = copy.deepcopy(value)
        place = inner
        for step in path:
            place = place[step]
        place["spec"]["hostPID"] = True
        (reason,) = examine(inner).reasons
        assert reason.path == (*path, "spec", "hostPID")


def test_which_pods_come_into_which_namespaces():
    assert [allows(level, RESTRICTED) for level in (PRIVILEGED, BASELINE, RESTRICTED)] == [False, False, True]
    assert [allows(level, BASELINE) for level in (PRIVILEGED, BASELINE, RESTRICTED)] == [False, True, True]
    assert allows(PRIVILEGED, PRIVILEGED)
    assert allows(PRIVILEGED, "")


@given(MANIFEST)
def test_whatever_stands_in_a_pod(value):
    for spec in (
        {"kind": "Pod", "spec": value},
        {"kind": "Pod", "spec": {"containers": [value], "securityContext": value}},
    ):
        finding = examine(spec)
        assert finding is None or finding.level == RESTRICTED or finding.reasons
