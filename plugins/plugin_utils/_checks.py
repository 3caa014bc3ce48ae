# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules returned, as the checks of the lab. Pure.

A check is {student, check, status, reason, evidence, kubectl, started, duration}: `status` is passed, failed or skipped;
`reason` one sentence, '' for what passed; `evidence` what was seen, shortened; `kubectl` the line that shows the same;
`started` an ISO 8601 time in UTC or None; `duration` seconds or None.
"""

from __future__ import annotations

from typing import Any

# In the order in which the lab does them and every report shows them.
NAMES = (
    "namespace",
    "web_pod_ready",
    "shell_pod_ready",
    "apply_again_unchanged",
    "pod_has_ip",
    "logs",
    "exec",
    "exec_without_shell",
    "environment",
    "dns",
    "api_server",
    "http_between_pods",
    "http_across_nodes",
    "restarts",
    "back_off",
    "cleanup",
)
EVIDENCE_LENGTH = 300  # characters: a glance in a table's tooltip, not a log

Check = dict[str, Any]
Students = list[dict[str, Any]]
Results = list[dict[str, Any]]


def check(
    student: str,
    name: str,
    passed: bool | None,
    reason: str = "",
    evidence: str = "",
    result: dict[str, Any] | None = None,
) -> Check:
    """One check; `passed` None means skipped. `result`, a module's, gives kubectl line and times."""
    result = result or {}
    return {
        "student": student,
        "check": name,
        "status": "skipped" if passed is None else "passed" if passed else "failed",
        "reason": "" if passed else reason,
        "evidence": shorten(evidence),
        "kubectl": result.get("kubectl", ""),
        "started": result.get("started"),
        "duration": result.get("duration"),
    }


def shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= EVIDENCE_LENGTH else text[: EVIDENCE_LENGTH - 1] + "…"


def from_probes(
    results: Results, students: Students, names: list[str], absent: dict[str, str] | None = None
) -> list[Check]:
    """The checks `names` from the results of `pod_exec_probe` and `pod_log_probe`, whose probes bear the checks' names.

    A student without a result gets a failed check, or, where `absent` says why a check may be missing, a skipped one.
    """
    by_probe = {(result["namespace"], result["name"]): result for result in results}
    made = []
    for student in students:
        for name in names:
            result = by_probe.get((student["namespace"], name))
            if result is not None:
                seen = result.get("stdout") or result.get("stderr") or ""
                made.append(check(student["name"], name, result["met"], result["reason"], seen, result))
            elif absent and name in absent:
                made.append(check(student["name"], name, None, absent[name]))
            else:
                made.append(
                    check(student["name"], name, False, "It could not be tried: the pod it needs has no IP address.")
                )
    return made


def from_ready_pods(
    results: Results, students: Students, names: dict[str, str], refused: dict[str, str]
) -> list[Check]:
    """The checks that a pod is ready, from the results of `pod_ready_watch`; `names` maps pod names to check names, and
    `refused`, from `apply_errors`, says why a pod is not there at all."""
    by_pod = _by_pod(results)
    made = []
    for student in students:
        for pod, name in names.items():
            result = by_pod.get((student["namespace"], pod))
            if result is None:
                why = refused.get(f"{student['namespace']}/{pod}")
                reason = (
                    f"Kubernetes refused the pod {pod}: {why}"
                    if why
                    else f"There is no pod {pod} in {student['namespace']}."
                )
                made.append(check(student["name"], name, False, reason))
                continue
            seen = f"{result.get('status') or ''} on {result.get('node') or 'no node'}"
            made.append(check(student["name"], name, result["verdict"] == "reached", _reason(result), seen, result))
    return made


def from_pod_ips(results: Results, students: Students, pod: str) -> list[Check]:
    """The check `pod_has_ip` from the results of `pod_ready_watch`."""
    by_pod = _by_pod(results)
    made = []
    for student in students:
        result = by_pod.get((student["namespace"], pod), {})
        ip = result.get("pod_ip") or ""
        made.append(
            check(
                student["name"],
                "pod_has_ip",
                bool(ip),
                f"The pod {pod} has no IP address.",
                ip,
                {**result, "duration": None},
            )
        )
    return made


def from_apply(
    applied: dict[str, Any], definitions: Results, students: Students, name: str, unchanged: bool = False
) -> list[Check]:
    """A check that every object of a student was applied; with `unchanged`, that applying changed none of them.

    `applied` is what `kubernetes.core.k8s` returned for `definitions`, all of one kind, with continue_on_error.
    """
    items = applied_items(applied)
    by_namespace: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for definition, item in zip(definitions, items):
        metadata = definition["metadata"]
        by_namespace.setdefault(metadata.get("namespace") or metadata["name"], []).append((definition, item))
    made = []
    for student in students:
        own = by_namespace.get(student["namespace"], [])
        errors = [item["error"].get("msg", "no reason given") for _definition, item in own if item.get("error")]
        changed = [definition["metadata"]["name"] for definition, item in own if item.get("changed")]
        reason = ""
        if not own:
            reason = f"Nothing was applied for the namespace {student['namespace']}."
        elif errors:
            reason = f"Kubernetes refused it: {'; '.join(errors)}"
        elif unchanged and changed:
            reason = f"Applying the same YAML again changed {', '.join(changed)}."
        seen = f"{len(own) - len(errors)} applied, {len(changed)} changed"
        made.append(check(student["name"], name, not reason, reason, seen))
    return made


def apply_errors(applied: dict[str, Any], definitions: Results) -> dict[str, str]:
    """Why Kubernetes refused objects, by NAMESPACE/NAME; see `from_apply` for the arguments."""
    return {
        f"{definition['metadata'].get('namespace', '')}/{definition['metadata']['name']}": item["error"].get(
            "msg", "no reason given"
        )
        for definition, item in zip(definitions, applied_items(applied))
        if item.get("error")
    }


def applied_objects(applied: dict[str, Any], definitions: Results) -> list[dict[str, str]]:
    """The `name` and, where there is one, `namespace` of the objects that Kubernetes accepted; see `from_apply`."""
    return [
        {key: definition["metadata"][key] for key in ("namespace", "name") if key in definition["metadata"]}
        for definition, item in zip(definitions, applied_items(applied))
        if not item.get("error")
    ]


def applied_items(applied: dict[str, Any]) -> Results:
    """One result for each definition: `kubernetes.core.k8s` wraps them in a list only where there are several."""
    several = (applied.get("result") or {}).get("results")
    return several if several is not None else [applied]


def from_restarts(results: Results, students: Students, restarts: int, refused: dict[str, str]) -> list[Check]:
    """The checks `restarts` and `back_off` from the results of `pod_restart_watch`; `refused` is from `apply_errors`."""
    refused_by_namespace = {pod.partition("/")[0]: why for pod, why in refused.items()}
    by_namespace = {result["namespace"]: result for result in results}
    made = []
    for student in students:
        result = by_namespace.get(student["namespace"])
        if result is None:
            why = refused_by_namespace.get(student["namespace"])
            absent = (
                f"Kubernetes refused the pod: {why}"
                if why
                else f"There is no badly configured app in {student['namespace']}."
            )
            made += [check(student["name"], name, False, absent) for name in ("restarts", "back_off")]
            continue
        seen = f"{result['restarts']} restart(s), {result.get('status') or ''}"
        made.append(
            check(student["name"], "restarts", result["restarts"] >= int(restarts), _reason(result), seen, result)
        )
        made.append(_back_off(student["name"], result))
    return made


def _back_off(student: str, result: dict[str, Any]) -> Check:
    delays = ", ".join(
        f"restart {delay['restart']}: {delay['observed']:g} s (nominal {delay['nominal']:g} s)"
        for delay in result["delays"]
        if delay["observed"] is not None and delay["nominal"] is not None
    )
    back_off = result["back_off"]
    verdict = back_off["verdict"]
    if verdict == "as_expected" and not result["in_back_off"]:
        return check(student, "back_off", False, "The container was never seen in CrashLoopBackOff.", delays, result)
    passed = {"as_expected": True, "off": False}.get(verdict)
    if passed is None and result["verdict"] != "reached":
        return check(student, "back_off", False, _reason(result), delays, result)
    return check(student, "back_off", passed, back_off["reason"], delays, result)


def from_teardown(results: Results, students: Students, left: list[str]) -> list[Check]:
    """The check `cleanup` from the results of `namespace_teardown` and the namespaces of the class that are still there
    afterwards; a namespace that is in neither was not there in the first place."""
    by_namespace = {result["namespace"]: result for result in results}
    made = []
    for student in students:
        result = by_namespace.get(student["namespace"], {"state": "deleted", "reason": ""})
        gone = result["state"] == "deleted" and student["namespace"] not in left
        reason = result["reason"] or f"The namespace {student['namespace']} is still there."
        made.append(check(student["name"], "cleanup", gone, reason, result["reason"], result))
    return made


def _by_pod(results: Results) -> dict[tuple[str, str], dict[str, Any]]:
    return {(result["namespace"], result["pod"]): result for result in results}


def _reason(result: dict[str, Any]) -> str:
    """What a watch said, with its hint."""
    return " ".join(part for part in (result.get("reason"), result.get("hint")) if part)
