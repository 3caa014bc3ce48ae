# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Pod Security level a pod satisfies, and why not a stricter one. Pure.

The levels are those of the Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/
Each control below names the check of k8s.io/pod-security-admission/policy (0.37) that it does as. The versions at which
one changes are from there, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._ground.json_reading import as_list, as_map, as_text
from .problem import Path

PRIVILEGED, BASELINE, RESTRICTED = "privileged", "baseline", "restricted"
#: From the loosest to the strictest.
LEVELS = (PRIVILEGED, BASELINE, RESTRICTED)

#: The minor version whose rules hold where the cluster does not say its own.
NEWEST = 37
#: The policies have changed since 1.19 as is written here; before, fields were annotations.
OLDEST = 19


@dataclass(frozen=True)
class Reason:
    """Why a pod does not satisfy a level.

    Attributes:
        level: the level that asks for it: BASELINE or RESTRICTED.
        control: its name in the Pod Security Standards.
        path: the field.
        message: a sentence that says what is not allowed there.
        fix: what to write instead.
    """

    level: str
    control: str
    path: Path
    message: str
    fix: str


@dataclass(frozen=True)
class Finding:
    """What a pod satisfies.

    Attributes:
        level: the strictest level that it satisfies.
        reasons: why it does not satisfy the next stricter one; empty where there is none.
        stricter: why it does not satisfy RESTRICTED either, where that is not the next one.
    """

    level: str
    reasons: tuple[Reason, ...]
    stricter: tuple[Reason, ...] = ()


def template_path(value: Mapping[str, Any]) -> Path | None:
    """The way to the pod in an object: () for a Pod itself, `("spec", "template")` for a Deployment and everything that
    is built like one. None where there is no pod in it, or one without containers, of which nothing can be said."""
    ways: tuple[Path, ...] = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"), ("template",))
    if value.get("kind") == "Pod":
        ways = ((),)
    for way in ways:
        if as_list(mapping_at(value, (*way, "spec")).get("containers")):
            return way
    return None


def mapping_at(value: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The mapping at the end of a way of keys; an empty one where there is none."""
    inner: Any = value
    for step in path:
        inner = as_map(inner).get(str(step))
    return as_map(inner)


def examine(value: Mapping[str, Any], minor: int = NEWEST) -> Finding | None:
    """The level that the pod of an object satisfies; None where there is no pod in it.

    Args:
        value: a Pod, or an object with the template of one.
        minor: the 34 of Kubernetes 1.34, whose rules hold.
    """
    path = template_path(value)
    if path is None:
        return None
    pod = _Pod(mapping_at(value, path), path, max(OLDEST, minor))
    baseline = tuple(reason for control in BASELINE_CONTROLS for reason in control(pod))
    restricted = tuple(reason for control in RESTRICTED_CONTROLS for reason in control(pod))
    if baseline:
        return Finding(PRIVILEGED, baseline, restricted)
    return Finding(BASELINE, restricted) if restricted else Finding(RESTRICTED, ())


def allows(level: str, enforced: str) -> bool:
    """Whether a pod of this level comes into a namespace that enforces that one; an unknown level is none."""
    return enforced not in LEVELS or LEVELS.index(level) >= LEVELS.index(enforced)


class _Pod:
    """A pod as the controls look at it."""

    def __init__(self, pod: Mapping[str, Any], path: Path, minor: int) -> None:
        self.minor = minor
        self.annotations = as_map(as_map(pod.get("metadata")).get("annotations"))
        self.spec = as_map(pod.get("spec"))
        self.path = (*path, "spec")
        self.meta_path = (*path, "metadata")
        self.context = as_map(self.spec.get("securityContext"))

    @property
    def own_users(self) -> bool:
        """Whether it has a user namespace of its own, so that its root is nobody on the node. Source: KEP-127."""
        return self.minor >= 35 and self.spec.get("hostUsers") is False

    @property
    def windows(self) -> bool:
        return self.minor >= 25 and as_map(self.spec.get("os")).get("name") == "windows"

    def containers(self) -> Iterator[tuple[Mapping[str, Any], Path]]:
        """All of them, with those that come first and those for debugging. Source: policy/visitor.go."""
        for kind in ("initContainers", "containers", "ephemeralContainers"):
            for index, container in enumerate(as_list(self.spec.get(kind))):
                yield as_map(container), (*self.path, kind, index)

    def contexts(self) -> Iterator[tuple[Mapping[str, Any], Path]]:
        """The security contexts of the pod and of its containers."""
        yield self.context, (*self.path, "securityContext")
        for container, path in self.containers():
            yield as_map(container.get("securityContext")), (*path, "securityContext")


Control = Callable[[_Pod], Iterator[Reason]]


def _remove(path: Path) -> str:
    return f"Remove {path[-1]}."


# --- baseline ---


def host_process(pod: _Pod) -> Iterator[Reason]:
    """HostProcess. Source: check_windowsHostProcess.go."""
    for context, path in pod.contexts():
        if as_map(context.get("windowsOptions")).get("hostProcess") is True:
            where = (*path, "windowsOptions", "hostProcess")
            yield Reason(BASELINE, "HostProcess", where, "The pod would run as a process of the node.", _remove(where))


def host_namespaces(pod: _Pod) -> Iterator[Reason]:
    """Host Namespaces. Source: check_hostNamespaces.go."""
    for field, what in (("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "shared memory")):
        if pod.spec.get(field) is True:
            path = (*pod.path, field)
            yield Reason(BASELINE, "Host Namespaces", path, f"The pod would share the node's {what}.", _remove(path))


def privileged_containers(pod: _Pod) -> Iterator[Reason]:
    """Privileged Containers. Source: check_privileged.go."""
    for container, path in pod.containers():
        if as_map(container.get("securityContext")).get("privileged") is True:
            where = (*path, "securityContext", "privileged")
            message = "The container could do everything on the node."
            yield Reason(BASELINE, "Privileged Containers", where, message, _remove(where))


# Source: check_capabilities_baseline.go.
BASELINE_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)


def baseline_capabilities(pod: _Pod) -> Iterator[Reason]:
    """Capabilities, of the level baseline."""
    for container, path in pod.containers():
        capabilities = as_map(as_map(container.get("securityContext")).get("capabilities"))
        for index, name in enumerate(as_list(capabilities.get("add"))):
            if name not in BASELINE_CAPABILITIES:
                where = (*path, "securityContext", "capabilities", "add", index)
                yield Reason(
                    BASELINE, "Capabilities", where, "This capability is not allowed.", "Remove it from the list."
                )


def host_path_volumes(pod: _Pod) -> Iterator[Reason]:
    """HostPath Volumes. Source: check_hostPathVolumes.go."""
    for index, volume in enumerate(as_list(pod.spec.get("volumes"))):
        if as_map(volume).get("hostPath") is not None:
            yield Reason(
                BASELINE,
                "HostPath Volumes",
                (*pod.path, "volumes", index, "hostPath"),
                "The volume is a directory of the node.",
                "Use another kind of volume, such as emptyDir: {}.",
            )


def host_ports(pod: _Pod) -> Iterator[Reason]:
    """Host Ports. Source: check_hostPorts.go."""
    for container, path in pod.containers():
        for index, port in enumerate(as_list(container.get("ports"))):
            if as_map(port).get("hostPort") not in (None, 0):
                where = (*path, "ports", index, "hostPort")
                message = "The container would take a port of the node."
                yield Reason(BASELINE, "Host Ports", where, message, f"{_remove(where)} containerPort is enough.")


def host_probes(pod: _Pod) -> Iterator[Reason]:
    """Host Probes / Lifecycle Hooks, from 1.34 on. Source: check_hostProbesAndhostLifecycle.go."""
    if pod.minor < 34:
        return
    ways = [(probe,) for probe in ("livenessProbe", "readinessProbe", "startupProbe")]
    for container, path in pod.containers():
        for way in [*ways, ("lifecycle", "postStart"), ("lifecycle", "preStop")]:
            handler: Any = container
            for step in way:
                handler = as_map(handler).get(step)
            for action in ("httpGet", "tcpSocket"):
                if as_map(as_map(handler).get(action)).get("host") not in (None, ""):
                    where = (*path, *way, action, "host")
                    message = "A probe may only ask the pod itself."
                    yield Reason(BASELINE, "Host Probes / Lifecycle Hooks", where, message, _remove(where))


APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def apparmor(pod: _Pod) -> Iterator[Reason]:
    """AppArmor. Source: check_appArmorProfile.go."""
    for context, path in pod.contexts():
        profile = context.get("appArmorProfile")
        if isinstance(profile, Mapping) and profile.get("type") not in ("RuntimeDefault", "Localhost"):
            where = (*path, "appArmorProfile", "type")
            yield Reason(BASELINE, "AppArmor", where, "AppArmor may not be turned off.", "Write type: RuntimeDefault")
    for key, value in pod.annotations.items():
        if key.startswith(APPARMOR_ANNOTATION) and value not in ("", "runtime/default"):
            if not as_text(value).startswith("localhost/"):
                where = (*pod.meta_path, "annotations", key)
                yield Reason(BASELINE, "AppArmor", where, "AppArmor may not be turned off.", "Remove the annotation.")


def selinux(pod: _Pod) -> Iterator[Reason]:
    """SELinux. Source: check_seLinuxOptions.go."""
    types = {"", "container_t", "container_init_t", "container_kvm_t"}
    if pod.minor >= 31:
        types.add("container_engine_t")
    for context, path in pod.contexts():
        options = as_map(context.get("seLinuxOptions"))
        for field in ("type", "user", "role"):
            if (options.get(field) or "") not in (types if field == "type" else {""}):
                where = (*path, "seLinuxOptions", field)
                yield Reason(BASELINE, "SELinux", where, f"The SELinux {field} may not be chosen.", _remove(where))


def proc_mount(pod: _Pod) -> Iterator[Reason]:
    """/proc Mount Type, of the level baseline. Source: check_procMount_baseline.go."""
    return iter(()) if pod.own_users else _proc_mount(pod, BASELINE)


def _proc_mount(pod: _Pod, level: str) -> Iterator[Reason]:
    for container, path in pod.containers():
        if as_map(container.get("securityContext")).get("procMount") not in (None, "Default"):
            where = (*path, "securityContext", "procMount")
            message = "The container would see all of /proc."
            yield Reason(level, "/proc Mount Type", where, message, _remove(where))


def baseline_seccomp(pod: _Pod) -> Iterator[Reason]:
    """Seccomp, of the level baseline. Source: check_seccompProfile_baseline.go."""
    return _bad_seccomp(pod, BASELINE)


def _bad_seccomp(pod: _Pod, level: str) -> Iterator[Reason]:
    for context, path in pod.contexts():
        if isinstance(context.get("seccompProfile"), Mapping) and not _seccomp(context):
            where = (*path, "seccompProfile", "type")
            yield Reason(level, "Seccomp", where, "Seccomp may not be turned off.", "Write type: RuntimeDefault")


def _seccomp(context: Mapping[str, Any]) -> bool:
    return as_map(context.get("seccompProfile")).get("type") in ("RuntimeDefault", "Localhost")


# By the version in which they were allowed. Source: check_sysctls.go.
SYSCTLS = {
    0: (
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start",
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    37: ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
}


def sysctls(pod: _Pod) -> Iterator[Reason]:
    """Sysctls."""
    allowed = {name for since, names in SYSCTLS.items() if pod.minor >= since for name in names}
    for index, sysctl in enumerate(as_list(pod.context.get("sysctls"))):
        if as_map(sysctl).get("name") not in allowed:
            where = (*pod.path, "securityContext", "sysctls", index, "name")
            yield Reason(BASELINE, "Sysctls", where, "This sysctl is not allowed.", "Remove it from the list.")


# --- restricted ---

# Source: check_restrictedVolumes.go.
RESTRICTED_VOLUMES = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)


def volume_types(pod: _Pod) -> Iterator[Reason]:
    """Volume Types."""
    for index, volume in enumerate(map(as_map, as_list(pod.spec.get("volumes")))):
        if all(volume.get(kind) is None for kind in RESTRICTED_VOLUMES):
            # One without any kind is an emptyDir to the API server, which fills that in. Source: SetDefaults_Volume.
            kinds = [key for key, value in volume.items() if key != "name" and value is not None]
            if kinds:
                yield Reason(
                    RESTRICTED,
                    "Volume Types",
                    (*pod.path, "volumes", index, kinds[0]),
                    "This kind of volume is not allowed.",
                    "Use another one, such as emptyDir, configMap or persistentVolumeClaim.",
                )


def privilege_escalation(pod: _Pod) -> Iterator[Reason]:
    """Privilege Escalation. Source: check_allowPrivilegeEscalation.go."""
    if pod.windows:
        return
    for container, path in pod.containers():
        if as_map(container.get("securityContext")).get("allowPrivilegeEscalation") is not False:
            where = (*path, "securityContext", "allowPrivilegeEscalation")
            message = "A program in the container could get more rights than it began with."
            fix = "Write securityContext.allowPrivilegeEscalation: false in the container."
            yield Reason(RESTRICTED, "Privilege Escalation", where, message, fix)


def run_as_non_root(pod: _Pod) -> Iterator[Reason]:
    """Running as Non-root. Source: check_runAsNonRoot.go."""
    if pod.own_users:
        return
    fix = "Write securityContext.runAsNonRoot: true in the pod's spec."
    if pod.context.get("runAsNonRoot") is False:
        where: Path = (*pod.path, "securityContext", "runAsNonRoot")
        yield Reason(RESTRICTED, "Running as Non-root", where, "The pod may run as root.", fix)
    for container, path in pod.containers():
        own = as_map(container.get("securityContext")).get("runAsNonRoot")
        where = (*path, "securityContext", "runAsNonRoot")
        if own is False:
            yield Reason(RESTRICTED, "Running as Non-root", where, "The container may run as root.", _remove(where))
        elif own is None and pod.context.get("runAsNonRoot") is None:
            yield Reason(RESTRICTED, "Running as Non-root", where, "The container may run as root.", fix)


def run_as_user(pod: _Pod) -> Iterator[Reason]:
    """Running as Non-root user, from 1.23 on. Source: check_runAsUser.go."""
    if pod.own_users or pod.minor < 23:
        return
    for context, path in pod.contexts():
        user = context.get("runAsUser")
        if user == 0 and not isinstance(user, bool):
            where = (*path, "runAsUser")
            fix = "Write another number, such as 1000."
            yield Reason(RESTRICTED, "Running as Non-root user", where, "User 0 is root.", fix)


def restricted_seccomp(pod: _Pod) -> Iterator[Reason]:
    """Seccomp. Source: check_seccompProfile_restricted.go."""
    if pod.windows:
        return
    yield from _bad_seccomp(pod, RESTRICTED)
    if _seccomp(pod.context):
        return
    for container, path in pod.containers():
        if as_map(container.get("securityContext")).get("seccompProfile") is None:
            yield Reason(
                RESTRICTED,
                "Seccomp",
                (*path, "securityContext", "seccompProfile", "type"),
                "Nothing says that the container has a seccomp profile.",
                "Write securityContext.seccompProfile.type: RuntimeDefault in the pod's spec.",
            )


def restricted_capabilities(pod: _Pod) -> Iterator[Reason]:
    """Capabilities, from 1.22 on. Source: check_capabilities_restricted.go."""
    if pod.windows or pod.minor < 22:
        return
    for container, path in pod.containers():
        capabilities = as_map(as_map(container.get("securityContext")).get("capabilities"))
        where = (*path, "securityContext", "capabilities")
        if "ALL" not in as_list(capabilities.get("drop")):
            message = "The container keeps capabilities, which are parts of root's rights."
            fix = 'Write securityContext.capabilities.drop: ["ALL"] in the container.'
            yield Reason(RESTRICTED, "Capabilities", (*where, "drop"), message, fix)
        for index, name in enumerate(as_list(capabilities.get("add"))):
            if name != "NET_BIND_SERVICE":
                fix = "Remove it from the list; NET_BIND_SERVICE is the only one that may be added."
                yield Reason(RESTRICTED, "Capabilities", (*where, "add", index), "This is not allowed.", fix)


def restricted_proc_mount(pod: _Pod) -> Iterator[Reason]:
    """/proc Mount Type, from 1.35 on also in a user namespace. Source: check_procMount_restricted.go."""
    return _proc_mount(pod, RESTRICTED) if pod.own_users else iter(())


BASELINE_CONTROLS: tuple[Control, ...] = (
    host_process,
    host_namespaces,
    privileged_containers,
    baseline_capabilities,
    host_path_volumes,
    host_ports,
    host_probes,
    apparmor,
    selinux,
    proc_mount,
    baseline_seccomp,
    sysctls,
)
#: What is asked for besides. That of baseline is asked for, too, and told there.
RESTRICTED_CONTROLS: tuple[Control, ...] = (
    volume_types,
    privilege_escalation,
    run_as_non_root,
    run_as_user,
    restricted_seccomp,
    restricted_capabilities,
    restricted_proc_mount,
)
