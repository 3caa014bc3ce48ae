# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules returned, as checks: the lines of a student's report. Pure.

Each function looks at its own results only; that a check is skipped where one that it needs did not pass is decided in
the report, which has those of all phases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, TypedDict

from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.ownership import is_of_staff, labels_of
from ..module_utils._ground.wording import NAMED
from ._refusals import Refusal, refusal
from ._roster import Student


class LabCheck(NamedTuple):
    """One kind of check.

    Attributes:
        name: as it stands in every report, and as the probe is named where a probe makes the check.
        shows: what is true where it passed.
        needs: the checks without which this one has nothing to look at. Where one of them did not pass, this one is
            skipped: one cause is one failure.
        stays: whether it is looked at again later, and stays as it was first found, with that time, duration and
            reason, unless something else is found.
        unanswered: what it means where a probe's command ran and did not say what it should; '' where that speaks for
            itself.
        silent: the reason where there was no output; '' where that speaks for itself.
    """

    name: str
    shows: str
    needs: tuple[str, ...] = ()
    stays: bool = False
    unanswered: str = ""
    silent: str = ""


WEB = ("web_pod_ready",)
SHELL = ("shell_pod_ready",)
#: What usually keeps pods from what is there.
POLICY = "If it works for others, look for a network policy"

#: In the order in which the lab does them and every report shows them.
LAB_CHECKS = (
    LabCheck("namespace", "the student has a namespace"),
    LabCheck("web_pod_ready", "the web pod is ready", ("namespace",), stays=True),
    LabCheck("shell_pod_ready", "the shell pod is ready", ("namespace",), stays=True),
    LabCheck("apply_again_unchanged", "applying the same YAML again changes nothing", WEB + SHELL),
    LabCheck("pod_has_ip", "the web pod has an IP address", WEB),
    LabCheck("logs", "the log of the web pod can be read", WEB, silent="The log is empty."),
    LabCheck("exec", "a command runs in the shell pod", SHELL),
    LabCheck("exec_without_shell", "the web pod has no shell, and says so", WEB),
    LabCheck("environment", "the container's environment is as the pod's YAML says", SHELL),
    LabCheck(
        "dns", "the cluster's DNS knows the API server", SHELL, unanswered="The cluster's DNS did not give its address"
    ),
    LabCheck("api_server", "the API server answers a pod", SHELL, unanswered="The API server did not answer"),
    LabCheck(
        "http_between_pods",
        "one pod requests a page from another by its IP address",
        WEB + SHELL,
        unanswered="The web pod did not answer",
    ),
    LabCheck(
        "http_across_nodes",
        "a pod requests a page from one on another node",
        SHELL,
        unanswered="The web pod did not answer",
    ),
    LabCheck("student_access", "the student's kubeconfig opens the student's namespace and no other", ("namespace",)),
    LabCheck("network_isolation", "pods of other students cannot be reached", SHELL),
    LabCheck("restarts", "Kubernetes restarts a container that exits", ("namespace",)),
    LabCheck("back_off", "it waits longer before each restart", ("restarts",)),
    LabCheck("cleanup", "nothing of the lab is left", stays=True),
)

BY_NAME = {known.name: known for known in LAB_CHECKS}
NAMES = tuple(BY_NAME)

NOT_PROBED = "It could not be tried: what its probe needs is not known, such as the IP address of a pod."
EVIDENCE_LENGTH = 300  # characters: a glance in a table's tooltip, not a log

#: What a module of the engine, or kubernetes.core, returns about one probe, pod, namespace or object.
Result = Mapping[str, Any]


class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    #: There was nothing to look at, or what it needs did not pass.
    SKIPPED = "skipped"


class Check(TypedDict):
    """One line of a student's report.

    Attributes:
        student: the student's name.
        check: a name from the vocabulary.
        status: a Status.
        reason: one sentence; '' for what passed.
        note: one sentence about what is worth knowing and nobody's fault, such as a slow node; '' where there is none.
        evidence: what was seen, shortened.
        kubectl: the line that shows the same; '' where there is none.
        started: an ISO 8601 time in UTC, or None.
        duration: seconds, or None.
    """

    student: str
    check: str
    status: str
    reason: str
    note: str
    evidence: str
    kubectl: str
    started: str | None
    duration: float | None


def check(
    student: str,
    name: str,
    passed: bool | None,
    reason: str = "",
    evidence: str = "",
    result: Result | None = None,
    note: str = "",
) -> Check:
    """One check; `passed` None means skipped. `result`, a module's, gives kubectl line and times."""
    result = result or {}
    return {
        "student": student,
        "check": name,
        # The plain text: what filters return to Ansible must be of plain types.
        "status": (Status.SKIPPED if passed is None else Status.PASSED if passed else Status.FAILED).value,
        "reason": "" if passed else reason,
        "note": note,
        "evidence": shorten(evidence),
        "kubectl": result.get("kubectl") or "",
        "started": result.get("started"),
        "duration": result.get("duration"),
    }


def shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= EVIDENCE_LENGTH else text[: EVIDENCE_LENGTH - 1] + "…"


def probe_checks(
    results: Sequence[Result], students: Sequence[Student], names: Sequence[str], absent: Mapping[str, str]
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
                made.append(check(student["name"], name, result["met"], _probe_reason(name, result), seen, result))
            elif name in absent:
                made.append(check(student["name"], name, None, absent[name]))
            else:
                made.append(check(student["name"], name, False, NOT_PROBED))
    return made


def _probe_reason(name: str, result: Result) -> str:
    """Why the probe was not met; in the check's own words where its command ran and said something else."""
    known = BY_NAME.get(name)
    if result["met"] or not known or result.get("outcome") not in ("ok", "nonzero_exit"):
        return str(result["reason"])
    said = (result.get("stderr") or result.get("stdout") or "").strip().splitlines()
    if known.silent and not said:
        return known.silent
    if not known.unanswered:
        return str(result["reason"])
    detail = f" ({said[-1].strip().rstrip('.')})" if said else ""
    return f"{known.unanswered}{detail}. {POLICY} (kubectl -n {result['namespace']} get networkpolicies)."


def ready_checks(
    results: Sequence[Result], students: Sequence[Student], names: Mapping[str, str], refused: Mapping[str, str]
) -> list[Check]:
    """The checks that a pod is ready, from the results of `pod_ready_watch`.

    Args:
        names: the check's name for each name of a pod.
        refused: from `apply_errors`: why a pod is not there at all.
    """
    by_pod = _by_pod(results)
    made = []
    for student in students:
        for pod, name in names.items():
            place = (student["namespace"], pod)
            result = by_pod.get(place)
            if result is None:
                reason = refused.get("/".join(place)) or (
                    f"There is no pod {pod} with the labels of the class in {student['namespace']}."
                )
                made.append(check(student["name"], name, False, reason))
                continue
            seen = f"{result.get('status') or ''} on {result.get('node') or 'no node'}"
            made.append(check(student["name"], name, result["verdict"] == "reached", _reason(result), seen, result))
    return made


def pod_ip_checks(results: Sequence[Result], students: Sequence[Student], pod: str) -> list[Check]:
    """The check `pod_has_ip` from the results of `pod_ready_watch`."""
    by_pod = _by_pod(results)
    made = []
    for student in students:
        result = by_pod.get((student["namespace"], pod), {})
        ip = result.get("pod_ip") or ""
        reason = f"The pod {pod} has no IP address."
        made.append(check(student["name"], "pod_has_ip", bool(ip), reason, ip, {**result, "duration": None}))
    return made


def apply_checks(
    applied: Result,
    definitions: Sequence[Mapping[str, Any]],
    students: Sequence[Student],
    name: str,
    unchanged: bool = False,
    absent: Mapping[str, str] | None = None,
) -> list[Check]:
    """A check that every object of a student was applied; with `unchanged`, that applying changed none of them.

    `applied` is what `kubernetes.core.k8s` returned for `definitions`, with continue_on_error. What is of the staff is
    not a student's: see `staff_apply_problems`.

    Args:
        absent: why there is no definition for a namespace, by its name.

    Raises:
        ArgumentError: there are more or fewer answers than definitions.
    """
    by_namespace: dict[str, list[tuple[Mapping[str, Any], Result]]] = {}
    for definition, answer in _answers(applied, definitions):
        if is_of_staff(labels_of(definition)):
            continue
        metadata = definition["metadata"]
        by_namespace.setdefault(metadata.get("namespace") or metadata["name"], []).append((definition, answer))
    made = []
    for student in students:
        own = by_namespace.get(student["namespace"], [])
        refused = [
            refusal(answer["error"]).says(_what(definition)) for definition, answer in own if answer.get("error")
        ]
        changed = [definition["metadata"]["name"] for definition, answer in own if answer.get("changed")]
        reason = ""
        if not own:
            reason = (absent or {}).get(
                student["namespace"], f"Nothing was applied for the namespace {student['namespace']}."
            )
        elif refused:
            reason = " ".join(refused)
        elif unchanged and changed:
            reason = f"Applying the same YAML again changed {', '.join(changed)}."
        seen = f"{len(own) - len(refused)} applied, {len(changed)} changed"
        made.append(check(student["name"], name, not reason, reason, seen))
    return made


def apply_errors(applied: Result, definitions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Why Kubernetes refused objects, a sentence by NAMESPACE/NAME; see `apply_checks` for the arguments."""
    return {
        f"{definition['metadata'].get('namespace', '')}/{definition['metadata']['name']}": why.says(_what(definition))
        for definition, why in _refusals(applied, definitions)
    }


def staff_apply_problems(applied: Result, definitions: Sequence[Mapping[str, Any]]) -> list[str]:
    """What Kubernetes refused of the staff's objects, a sentence for the first of each namespace.

    That of a student whose namespace is not there either is left out: it has been told. See `apply_checks`.
    """
    refusals = [(definition["metadata"], definition, why) for definition, why in _refusals(applied, definitions)]
    no_namespaces = {
        metadata["name"]
        for metadata, definition, _why in refusals
        if "namespace" not in metadata and not is_of_staff(labels_of(definition))
    }
    said: dict[str, str] = {}
    for metadata, definition, why in refusals:
        namespace = metadata.get("namespace", metadata["name"])
        if is_of_staff(labels_of(definition)) and namespace not in no_namespaces:
            where = f" in {namespace}" if "namespace" in metadata else ""
            said.setdefault(namespace, why.says(f"{_what(definition)} of the staff{where}"))
    more = [f"So it was in {len(said) - NAMED} more namespaces."] if len(said) > NAMED else []
    return [*list(said.values())[:NAMED], *more]


def applied_objects(applied: Result, definitions: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The objects that Kubernetes accepted; see `apply_checks`."""
    return [_name(definition) for definition, answer in _answers(applied, definitions) if not answer.get("error")]


def unchangeable_objects(applied: Result, definitions: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The objects whose changes Kubernetes refused because they cannot be made while an object exists."""
    return [_name(definition) for definition, why in _refusals(applied, definitions) if why.unchangeable]


def definitions_of_pods(definitions: Sequence[Mapping[str, Any]], results: Sequence[Result]) -> list[Mapping[str, Any]]:
    """The definitions of those pods that a watch has found: results with a UID."""
    found = {(result["namespace"], result["pod"]) for result in results if result.get("uid")}
    return [
        definition
        for definition in definitions
        if (definition["metadata"].get("namespace"), definition["metadata"]["name"]) in found
    ]


def _refusals(applied: Result, definitions: Sequence[Mapping[str, Any]]) -> Iterable[tuple[Mapping[str, Any], Refusal]]:
    for definition, answer in _answers(applied, definitions):
        if answer.get("error"):
            yield definition, refusal(answer["error"])


def _answers(applied: Result, definitions: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Result]]:
    """Each definition with its answer: `kubernetes.core.k8s` wraps them in a list only where there are several."""
    several = (applied.get("result") or {}).get("results")
    answers = several if several is not None else [applied] if definitions else []
    if len(answers) != len(definitions):
        raise ArgumentError(
            f"there are {len(answers)} answers of kubernetes.core.k8s for {len(definitions)} objects. Give the"
            " definitions that were applied, in the same order, and apply them with continue_on_error."
        )
    return list(zip(definitions, answers, strict=True))


def _name(definition: Mapping[str, Any]) -> dict[str, str]:
    metadata = definition["metadata"]
    return {key: metadata[key] for key in ("namespace", "name") if key in metadata}


def _what(definition: Mapping[str, Any]) -> str:
    kind = str(definition.get("kind") or "object")
    return f"the {kind[:1].lower()}{kind[1:]} {definition['metadata']['name']}"


def restart_checks(
    results: Sequence[Result], students: Sequence[Student], restarts: int, refused: Mapping[str, str]
) -> list[Check]:
    """The checks `restarts` and `back_off` from the results of `pod_restart_watch`; `refused`: see `ready_checks`."""
    refused_by_namespace = {pod.partition("/")[0]: why for pod, why in refused.items()}
    by_namespace = {result["namespace"]: result for result in results}
    made = []
    for student in students:
        result = by_namespace.get(student["namespace"])
        if result is None:
            absent = (
                refused_by_namespace.get(student["namespace"])
                or f"There is no badly configured app in {student['namespace']}."
            )
            made += [check(student["name"], name, False, absent) for name in ("restarts", "back_off")]
            continue
        enough = result["restarts"] >= restarts
        seen = f"{result['restarts']} restart(s), {result.get('status') or ''}"
        made.append(check(student["name"], "restarts", enough, _reason(result), seen, result))
        made.append(_back_off(student["name"], result))
    return made


def _back_off(student: str, result: Result) -> Check:
    delays = ", ".join(
        f"restart {delay['restart']}: {delay['observed']:g} s (nominal {delay['nominal']:g} s)"
        for delay in result["delays"]
        if delay["observed"] is not None and delay["nominal"] is not None
    )
    back_off = result["back_off"]
    passed: bool | None
    reason = back_off["reason"]
    if back_off["finding"] == "off":
        passed = False
    elif back_off["finding"] == "as_expected":
        passed = bool(result["in_back_off"])
        reason = "The container was never seen in CrashLoopBackOff."
    elif result["verdict"] == "reached":
        passed = None
    else:
        passed, reason = False, _reason(result)
    return check(student, "back_off", passed, reason, delays, result, note=back_off.get("note") or "")


def teardown_checks(
    results: Sequence[Result],
    students: Sequence[Student],
    left: Sequence[str],
    left_alone: Mapping[str, str] | None = None,
) -> list[Check]:
    """The check `cleanup` from the results of `namespace_teardown`.

    Args:
        left: the namespaces of the class that are still there afterwards: they are not clean, whatever was said.
        left_alone: from the function of that name: nor are those in which something of the lab has lost its labels.
    """
    by_namespace = {result["namespace"]: result for result in results}
    made = []
    for student in students:
        namespace = student["namespace"]
        result = by_namespace.get(namespace, {})
        said = result.get("reason", "")
        if result.get("hint"):
            said += f" To free it: {result['hint']}"
        clean: bool | None
        if not result and namespace not in left:
            clean, reason = None, f"There was no namespace {namespace}."
        else:
            clean = result.get("state") in ("deleted", "emptied") and namespace not in left
            reason = said or f"The namespace {namespace} is still there."
        if left_alone and namespace in left_alone:
            clean, reason = False, left_alone[namespace]
        made.append(check(student["name"], "cleanup", clean, reason, said, result))
    return made


def _by_pod(results: Iterable[Result]) -> dict[tuple[str, str], Result]:
    return {(result["namespace"], result["pod"]): result for result in results}


def _reason(result: Result) -> str:
    """What a watch said, with its hint."""
    return " ".join(part for part in (result.get("reason"), result.get("hint")) if part)
