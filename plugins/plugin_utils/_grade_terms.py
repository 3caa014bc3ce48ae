# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What grading speaks of: the steps, what is judged by, what is seen of a student, and what is kept in grade.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, NotRequired, TypedDict

from ..module_utils._pods.http_log import Served
from ..module_utils._pods.status import Pod
from ..module_utils._survey.facts import Past


class GradedStep(NamedTuple):
    """A step that is graded.

    Attributes:
        name: as in grade.json; where there is a check of the same, its name.
        title: for people, short.
        shows: what is true where it was reached.
    """

    name: str
    title: str
    shows: str


#: In the order of the lab.
STEPS = (
    GradedStep("web_pod_ready", "Web pod", "a web pod of the student's own has become ready"),
    GradedStep("apply", "Applied", "YAML was applied for a pod of the student's own"),
    GradedStep("shell_pod_ready", "Shell pod", "a pod with a shell runs"),
    GradedStep("exec", "Exec", "a command was executed in a pod"),
    GradedStep("http_between_pods", "HTTP", "one pod has requested a page from another"),
    GradedStep("restarts", "Restarts", "Kubernetes has restarted a container often enough"),
    GradedStep("cleanup", "Clean-up", "nothing is left of the student's own pods"),
)
NAMES = tuple(step.name for step in STEPS)


class State(StrEnum):
    REACHED = "reached"
    NOT_YET = "not_yet"
    #: The cluster does not tell.
    UNKNOWN = "unknown"


class StepGrade(TypedDict):
    """What is known of one step of a student.

    Attributes:
        step: its name.
        state: a State.
        seen: when it was first seen to be reached, as ISO 8601 in UTC; None where it was not.
        evidence: what shows it, or what is missing, one sentence.
    """

    step: str
    state: str
    seen: str | None
    evidence: str


class Held(TypedDict):
    """An address, and a time within which a pod is known to have had it, as ISO 8601 in UTC."""

    ip: str
    since: str
    seen: str


class KnownPod(TypedDict):
    """A pod that a student has or had.

    Attributes:
        name, uid: of the pod.
        ips: its addresses when it was last seen.
        had: all that it has had, and when: a pod has others after a restart of its node, and what it had is given to
            others. Files of earlier versions do not say.
        created, seen: when it was made, and when it was last seen, as ISO 8601 in UTC; created may be ''. seen is '' of
            a pod that was gone before anybody looked, of which events speak.
        lab: whether the lab made it.
        serves: whether it may have answered HTTP, so that its log would have told of that.
        ran: whether a container of it may have run.
        images, starts: of a pod that was gone before anybody looked, as far as events say: its images, and how often a
            container was started.
        Files of earlier versions do not say the last four.
    """

    name: str
    uid: str
    ips: list[str]
    created: str
    seen: str
    lab: bool
    had: NotRequired[list[Held]]
    serves: NotRequired[bool]
    ran: NotRequired[bool]
    images: NotRequired[list[str]]
    starts: NotRequired[int]


class StudentGrade(TypedDict):
    """All that is known of a student's work; `uid` is that of the namespace, '' where it is not known, and `looked` is
    when it was last looked at."""

    name: str
    namespace: str
    uid: str
    looked: str
    points: float
    steps: list[StepGrade]
    pods: list[KnownPod]


@dataclass(frozen=True)
class Rules:
    """What is judged by.

    Attributes:
        web_images, shell_images: images, of which those of the lab come first.
        restarts: how many restarts are enough.
        settle: seconds that a container has to run to be told from one that keeps failing.
        points: of each step.
    """

    web_images: Sequence[str]
    shell_images: Sequence[str]
    restarts: int
    settle: float
    points: Mapping[str, float]


@dataclass(frozen=True)
class View:
    """What there is in a student's namespace at one moment.

    Attributes:
        live: whether the namespace is there, and is not being deleted.
        uid: of the namespace.
        now: the time of the cluster.
        pods: the pods in it, the lab's and the student's.
        served: what the logs of pods tell, by their UIDs.
        past: pods that events speak of.
        trouble: why nothing is known, one sentence; '' where all is well.
    """

    live: bool
    uid: str
    now: datetime
    pods: Sequence[Pod] = ()
    served: Mapping[str, Sequence[Served]] = field(default_factory=dict)
    past: Sequence[Past] = ()
    trouble: str = ""


Container = Mapping[str, Any]
