# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module returns about a manifest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from .._ground.json_reading import as_map
from .._ground.wording import listed, named
from .pod_security import Finding, Reason
from .problem import ERROR, WARNING, Problem, in_dots, place_of
from .reader import Document
from .verdict import Verdict

#: Lines of one manifest that are told.
MOST_LINES = 100


class ManifestResult(TypedDict):
    """One of `results`; RETURN of the module says what each value is."""

    name: str
    namespace: str | None
    namespace_missing: bool
    valid: bool
    errors: int
    warnings: int
    documents: list[dict[str, Any]]
    lines: list[str]
    msg: str


@dataclass(frozen=True)
class Checked:
    """One document, with everything that was found out about it.

    Attributes:
        problems: in the order of the file.
        finding: of Pod Security; None where there is no pod in it.
        version: whose rules were used, such as `v1.37`.
        enforced: the level that the namespace enforces; '' where it enforces none.
        homeless: whether the namespace that the task names is not on the cluster.
    """

    document: Document
    problems: tuple[Problem, ...]
    verdict: Verdict
    finding: Finding | None = None
    version: str = ""
    enforced: str = ""
    homeless: bool = False

    def returned(self) -> dict[str, Any]:
        value = as_map(self.document.value)
        return {
            "line": self.document.place.line,
            "api_version": _text(value.get("apiVersion")),
            "kind": _text(value.get("kind")),
            "name": _text(as_map(value.get("metadata")).get("name")),
            "problems": [problem.returned() for problem in self.problems],
            "dry_run": self.verdict.returned(),
            "pod_security": self._pod_security(),
        }

    def _pod_security(self) -> dict[str, Any] | None:
        if self.finding is None:
            return None
        reasons = [*self.finding.reasons, *self.finding.stricter]
        return {
            "level": self.finding.level,
            "version": self.version,
            "enforced": self.enforced or None,
            "reasons": [self._reason(reason) for reason in reasons],
        }

    def _reason(self, reason: Reason) -> dict[str, Any]:
        place = place_of(reason.path, self.document.places)
        return {
            "level": reason.level,
            "control": reason.control,
            "line": place.line,
            "column": place.column,
            "path": in_dots(reason.path),
            "message": reason.message,
            "suggestion": reason.fix,
        }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def make_result(name: str, namespace: str | None, checked: Sequence[Checked]) -> ManifestResult:
    """The result of a manifest.

    Args:
        namespace: in which it was tried; None where that differed or there was none.
    """
    problems = [problem for one in checked for problem in one.problems]
    errors = sum(problem.level == ERROR for problem in problems)
    warnings = len(problems) - errors
    lines = [problem.in_words() for problem in problems][:MOST_LINES]
    homeless = any(one.homeless for one in checked)
    said = _summary(name, errors, warnings, problems, checked)
    return {
        "name": name,
        "namespace": namespace,
        "namespace_missing": homeless,
        "valid": not errors,
        "errors": errors,
        "warnings": warnings,
        "documents": [one.returned() for one in checked],
        "lines": lines,
        "msg": f"{_without_namespace(namespace)} {said}" if homeless else said,
    }


def _without_namespace(*namespaces: str | None) -> str:
    """What the task should have had, which is no fault of the manifests."""
    return (
        f"There is no namespace {listed([name for name in namespaces if name])} on the cluster, and so nothing was"
        " tried there: check the option namespace of the task, or make what is missing."
    )


def namespaces_warning(results: Sequence[ManifestResult]) -> str:
    """A sentence on the namespaces that the task names and that are not on the cluster; '' where all are."""
    names = dict.fromkeys(one["namespace"] for one in results if one["namespace_missing"])
    return _without_namespace(*names) if names else ""


def _summary(name: str, errors: int, warnings: int, problems: Sequence[Problem], checked: Sequence[Checked]) -> str:
    counted = " and ".join(
        f"{count} {word}{'s' * (count != 1)}" for count, word in ((errors, ERROR), (warnings, WARNING)) if count
    )
    if counted:
        first = min(problems, key=lambda one: (one.level != ERROR, one.place.line))
        return f"{name} has {counted}. {'First' if len(problems) > 1 else 'It is'}: {first.in_words()}"
    tried = {one.verdict.word.value for one in checked}
    if tried == {"accepted"}:
        return f"{name} is right, and the cluster would accept it."
    unsure = next(
        (one.verdict.reason for one in checked if one.verdict.word.value != "accepted" and not one.homeless), ""
    )
    return (
        f"Nothing is wrong with {name}, but whether the cluster would accept all of it is not known. {unsure}".strip()
    )


def invalid_summary(results: Sequence[ManifestResult]) -> str:
    """What is said of all manifests that have errors, at most ten by name; '' when none has."""
    bad = [f"{one['name']} ({one['lines'][0].rstrip('.')})" for one in results if not one["valid"]]
    if bad and len(results) == 1:
        return results[0]["msg"]
    return named(bad, len(results), "manifests have errors")
