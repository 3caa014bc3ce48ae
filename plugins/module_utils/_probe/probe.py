# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exec and log probes have in common: an attempt, an expectation, retries inside the deadline, a result."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._cluster.client import Client, core_path
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, ArgumentError, KubelabsError
from .._ground.fleet import run_fleet
from .._ground.times import iso, utc_now
from .._ground.wording import named, sentence
from .._pods.obstacles import describe
from .._pods.status import container_names, container_specs, container_status, default_container, is_deleting, state_of
from .expectation import Expectation
from .outcome import API_ERROR, CONTAINER_NOT_RUNNING, POD_NOT_FOUND, SKIPPED, TIMEOUT, TRANSPORT_LOST, Outcome

#: Seconds for finding out what became of a pod after something failed; the reason is worth no more.
ASK_WITHIN = 3.0
#: Probes of one pod that run at the same time. A runtime starts them one after another anyway: more than 4 at a time gained
#: nothing on containerd 1.6 (22 a second), 32 took twice as long, and 64 left a container in which no exec ever ended again.
PER_POD = 4


@dataclass(frozen=True)
class Probe:
    """One probe, as the module options describe it.

    Attributes:
        name, namespace, pod, container: of the probe; container None is chosen as kubectl does.
        expect: what the result has to be.
        timeout: seconds for one attempt.
        retries: further attempts while the expectation is not met.
        delay: seconds between attempts.
        as_user, as_groups: whom to impersonate.
        options: what only one kind of probe knows (command, stdin, encoding, previous, tail_lines).
    """

    name: str
    namespace: str
    pod: str
    container: str | None
    expect: Expectation
    timeout: float
    retries: int
    delay: float
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Attempt:
    """What one attempt came to; the texts are what people read, cut to the limit.

    Attributes:
        outcome: see `outcome`.
        stdout, stderr: decoded as UTF-8, with replacement characters where they are not.
        stdout_bytes, stderr_bytes: the same as it came.
        stdout_truncated, stderr_truncated: whether there was more.
        protocol: the websocket protocol, None where there was none.
        container: the container that was asked, None when it never got so far.
    """

    outcome: Outcome
    stdout: str = ""
    stderr: str = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    protocol: str | None = None
    container: str | None = None
    stdout_bytes: bytes = b""
    stderr_bytes: bytes = b""


Perform = Callable[[Probe, Deadline], Attempt]


def make_probe(options: Mapping[str, Any], kind_options: Sequence[str]) -> Probe:
    """A probe from one entry of the module option `probes`.

    Raises:
        ArgumentError: naming the probe whose argument cannot be used.
    """
    try:
        expect = Expectation.from_options(options.get("expect"))
    except ArgumentError as exc:
        raise ArgumentError(f"Probe {options['name']!r}: {exc}") from exc
    for option in ("name", "namespace", "pod"):
        if not options[option]:
            raise ArgumentError(f"Probe {options['name']!r}: {option} is empty.")
    if options.get("as_user") == "" or (options.get("as_groups") and not options.get("as_user")):
        raise ArgumentError(
            f"Probe {options['name']!r}: as_user is empty; without it nobody is impersonated, whatever as_groups says."
        )
    for option, least in (("timeout", 0.0), ("retries", 0), ("delay", 0.0)):
        value = options.get(option)
        if value is not None and not (value > 0 if option == "timeout" else value >= least):
            raise ArgumentError(
                f"Probe {options['name']!r}: {option} is {value}, and must be {'greater than 0' if option == 'timeout' else '0 or more'}."
            )
    return Probe(
        name=options["name"],
        namespace=options["namespace"],
        pod=options["pod"],
        container=options.get("container"),
        expect=expect,
        timeout=float(options["timeout"]),
        retries=int(options["retries"]),
        delay=float(options["delay"]),
        as_user=options.get("as_user"),
        as_groups=tuple(options.get("as_groups") or ()),
        options={name: options.get(name) for name in kind_options},
    )


def run_probes(
    probes: Sequence[Probe],
    perform: Perform,
    line: Callable[[Probe, str | None], str],
    *,
    concurrency: int,
    deadline: Deadline,
    sleep: Callable[[float], None] = time.sleep,
) -> list[dict[str, Any]]:
    """Runs all probes and returns their results in order.

    Args:
        probes: what to run.
        perform: one attempt; it returns by the deadline it is given.
        line: the kubectl line for a probe and the container that was chosen.
        concurrency: how many at a time, of which PER_POD in the same pod.
        deadline: of the whole task.
        sleep: waits between attempts; tests pass their own.
    """

    def work(probe: Probe) -> dict[str, Any]:
        return _run_probe(probe, perform, line, deadline, sleep)

    def on_error(probe: Probe, exc: BaseException) -> dict[str, Any]:
        kind = API_ERROR if isinstance(exc, KubelabsError) else TRANSPORT_LOST
        text = str(exc) if isinstance(exc, KubelabsError) else f"the probe broke off: {type(exc).__name__}: {exc}"
        return _result(probe, Attempt(Outcome(kind, text)), [text], line, utc_now(), 0.0, 1)

    def on_deadline(probe: Probe, begun: bool) -> dict[str, Any]:
        text = (
            "the task's timeout passed before the probe had ended"
            if begun
            else "the task's timeout passed before the probe could begin"
        )
        return _result(probe, Attempt(Outcome(TIMEOUT, text)), [text], line, utc_now(), 0.0, 1 if begun else 0)

    return run_fleet(
        probes,
        work,
        concurrency=concurrency,
        deadline=deadline,
        on_error=on_error,
        on_deadline=on_deadline,
        lane=lambda probe: (probe.namespace, probe.pod),
        lane_width=PER_POD,
    )


def _run_probe(
    probe: Probe,
    perform: Perform,
    line: Callable[[Probe, str | None], str],
    deadline: Deadline,
    sleep: Callable[[float], None],
) -> dict[str, Any]:
    started, clock = utc_now(), time.monotonic()
    attempts, unmet = 0, [""]
    while True:
        attempts += 1
        latest = perform(probe, deadline.within(probe.timeout))
        if attempts > 1 and latest.outcome.outcome == TIMEOUT and deadline.expired:
            # Cut off, and not too slow: what the attempt before came to says more.
            unmet.append(f"the task's timeout cut off attempt {attempts}")
            break
        attempt = latest
        unmet = _unmet(probe, attempt)
        if not unmet or attempts > probe.retries:
            break
        if deadline.remaining() <= probe.delay:
            unmet.append("the task's timeout left no time for another attempt")
            break
        sleep(probe.delay)
    return _result(probe, attempt, unmet, line, started, time.monotonic() - clock, attempts)


def _unmet(probe: Probe, attempt: Attempt) -> list[str]:
    outcome = attempt.outcome
    unmet = probe.expect.unmet(outcome.outcome, outcome.rc, attempt.stdout, attempt.stderr, outcome.reason)
    if unmet and (attempt.stdout_truncated or attempt.stderr_truncated):
        unmet.append("the output was cut off at max_output")
    return unmet


def _result(
    probe: Probe,
    attempt: Attempt,
    unmet: list[str],
    line: Callable[[Probe, str | None], str],
    started: Any,
    duration: float,
    attempts: int,
) -> dict[str, Any]:
    reason = "; ".join(unmet) if unmet else attempt.outcome.reason
    stdout, stderr = attempt.stdout, attempt.stderr
    if probe.options.get("encoding") == "base64":
        stdout, stderr = (b64encode(data).decode() for data in (attempt.stdout_bytes, attempt.stderr_bytes))
    return {
        "name": probe.name,
        "namespace": probe.namespace,
        "pod": probe.pod,
        "container": attempt.container or probe.container,
        "met": not unmet,
        "outcome": attempt.outcome.outcome,
        "rc": attempt.outcome.rc,
        "stdout": stdout,
        "stderr": stderr,
        "stdout_truncated": attempt.stdout_truncated,
        "stderr_truncated": attempt.stderr_truncated,
        "protocol": attempt.protocol,
        "attempts": attempts,
        "started": iso(started),
        "duration": round(duration, 3),
        "reason": sentence(reason),
        "kubectl": line(probe, attempt.container or probe.container),
    }


def skipped(probe: Probe, line: Callable[[Probe, str | None], str]) -> dict[str, Any]:
    """The result of a probe in check mode: nothing was asked, so nothing is unmet."""
    attempt = Attempt(Outcome(SKIPPED, "not executed in check mode"))
    return _result(probe, attempt, [], line, utc_now(), 0.0, 0)


#: That we may not read pods says nothing about what the probe may do.
UNREADABLE = Outcome(API_ERROR, "the pod may not be read, so that its state is not known")


class PodInspector:
    """Asks for pods, once per pod and run where the answer may be a moment old, anew where it must not."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._chosen: dict[tuple[str, str], str] = {}

    def choose_container(self, probe: Probe, deadline: Deadline) -> str | Outcome:
        """The container that the probe names, else the one that kubectl would take; an Outcome when the pod cannot be read.

        '' leaves the choice to the API server.
        """
        if probe.container:
            return probe.container
        key = (probe.namespace, probe.pod)
        if key not in self._chosen:
            pod = self.read(probe, deadline)
            if pod is UNREADABLE:
                return (
                    ""  # the API server takes the container where there is just one, and says so where there are more
                )
            if isinstance(pod, Outcome):
                return pod
            self._chosen[key] = default_container(pod) or ""
        return self._chosen[key]

    def read(self, probe: Probe, deadline: Deadline) -> Mapping[str, Any] | Outcome:
        """The pod, read as ourselves: what the impersonated may see is not the question here."""
        try:
            pod = self._client.get(core_path("pods", probe.namespace, probe.pod), deadline=deadline)
        except ApiError as exc:
            if exc.status == 404:
                return Outcome(POD_NOT_FOUND, f"there is no pod {probe.pod} in the namespace {probe.namespace}")
            if exc.status == 403:
                return UNREADABLE
            return Outcome(API_ERROR, f"the pod cannot be read: {exc}")
        except KubelabsError as exc:
            return Outcome(TIMEOUT if deadline.expired else TRANSPORT_LOST, f"the pod cannot be read: {exc}")
        return pod if isinstance(pod, Mapping) else Outcome(API_ERROR, "the API server's answer is not a pod")

    def explain(self, outcome: Outcome, probe: Probe, container: str | None, deadline: Deadline) -> Outcome:
        """The outcome, with what the pod is doing added to its reason; and container_not_running where that is the cause.

        A few seconds more than the attempt had are allowed for it, as far as the task's deadline permits: a reason is what
        the person needs.
        """
        pod = self.read(probe, deadline.within(ASK_WITHIN))
        if isinstance(pod, Outcome):
            return (
                Outcome(outcome.outcome, f"{outcome.reason}; {pod.reason}", outcome.rc)
                if pod.outcome == POD_NOT_FOUND
                else outcome
            )
        name = container or default_container(pod) or ""
        known = container_names(pod) + [
            str(spec.get("name"))
            for kind in ("initContainers", "ephemeralContainers")
            for spec in container_specs(pod, kind)
        ]
        if name and name not in known:
            return Outcome(
                outcome.outcome, f"the pod has no container {name!r}; it has {', '.join(known) or 'none'}", outcome.rc
            )
        kind, _details = state_of(container_status(pod, name))
        if outcome.outcome == CONTAINER_NOT_RUNNING and kind != "running":
            doing = describe(pod)
            return Outcome(
                CONTAINER_NOT_RUNNING,
                doing if f"container {name} " in doing else f"container {name} is not running: {doing}",
            )
        if kind != "running" or is_deleting(pod):
            return Outcome(outcome.outcome, f"{outcome.reason}; {describe(pod)}", outcome.rc)
        return outcome

    def unless_never_started(
        self, outcome: Outcome, probe: Probe, container: str | None, deadline: Deadline
    ) -> Outcome:
        """The outcome, or container_not_running: the API server answers with an empty log for a pod that has no node yet."""
        pod = self.read(probe, deadline.within(ASK_WITHIN))
        if isinstance(pod, Outcome) or container_status(pod, container or default_container(pod) or ""):
            return outcome
        return Outcome(CONTAINER_NOT_RUNNING, f"the container has not started: {describe(pod)}")


def as_status(exc: ApiError) -> str:
    """The error as the Status object it came from, for classify_refusal."""
    return json.dumps(
        {"kind": "Status", "status": "Failure", "message": exc.message, "reason": exc.reason, "code": exc.status}
    )


def unmet_summary(results: Sequence[Mapping[str, Any]]) -> str:
    """One sentence for `msg` that names at most ten probes; '' when every one met its expectation."""
    bad = [f"{result['name']} ({result['reason'].rstrip('.')})" for result in results if not result["met"]]
    return named(bad, len(results), "probes did not meet their expectation")
