# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the API server what it would say to an object. Nothing is ever persisted: every request says dryRun=All.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from .._cluster.client import Client, Response
from .._ground.deadline import Deadline
from .._ground.errors import ApiError, DeadlineExceeded, TransportError
from .kinds import Kind
from .reader import Document
from .verdict import Verdict, accepted, refused, unknown

#: Strict is what kubectl asks for. An API server before 1.25 does not know fieldValidation, and does as without it.
DRY_RUN = ("dryRun", "All")
STRICT, IGNORE = "Strict", "Ignore"
#: To whom the fields belong in what is only tried.
MANAGER = (("fieldManager", "kubelabs.pods"), ("force", "true"))
APPLY = "application/apply-patch+yaml"


def try_it(client: Client, kind: Kind, document: Document, namespace: str, deadline: Deadline) -> Verdict:
    """What the API server says to the object of a document.

    It is asked to create it, and where there is one of that name, to apply it. Where it stops at fields that there are
    not, it is asked once more without them, so that everything is told at once.

    Args:
        namespace: into which; it counts more than what the object says.
    """
    value: Mapping[str, Any] = document.value
    if kind.namespaced:
        value = {**value, "metadata": {**value["metadata"], "namespace": namespace}}
    trial = _Trial(client, _path(kind, namespace), value, document, deadline)
    verdict = trial.run(STRICT)
    if verdict.strict:
        rest = trial.run(IGNORE)
        return replace(verdict, problems=(*verdict.problems, *rest.problems))
    return verdict


@dataclass(frozen=True)
class _Trial:
    client: Client
    path: str
    value: Mapping[str, Any]
    document: Document
    deadline: Deadline

    def run(self, validation: str) -> Verdict:
        """
        Args:
            validation: what becomes of fields that there are not: STRICT or IGNORE.
        """
        try:
            try:
                return accepted(False, tuple(self._send("POST", self.path, validation).warnings()))
            except ApiError as exc:
                name = self.value["metadata"].get("name")
                if exc.reason != "AlreadyExists" or not isinstance(name, str):
                    raise
            answer = self._send("PATCH", f"{self.path}/{quote(name, safe='')}", validation)
            return accepted(True, tuple(answer.warnings()))
        except ApiError as exc:
            return refused(exc, self.document)
        except (TransportError, DeadlineExceeded) as exc:
            return unknown(f"There was no answer: {exc}")

    def _send(self, method: str, path: str, validation: str) -> Response:
        patch = method == "PATCH"
        return self.client.request(
            method,
            path,
            query=(DRY_RUN, ("fieldValidation", validation), *(MANAGER if patch else ())),
            body=self.value,
            deadline=self.deadline,
            content_type=APPLY if patch else "",
            repeatable=True,
        )


def _path(kind: Kind, namespace: str) -> str:
    root = f"/apis/{kind.api_version}" if "/" in kind.api_version else f"/api/{kind.api_version}"
    where = f"/namespaces/{quote(namespace, safe='')}" if kind.namespaced else ""
    return f"{root}{where}/{kind.resource}"
