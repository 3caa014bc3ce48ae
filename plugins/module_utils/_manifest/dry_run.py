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

    It is asked to create it, or to apply it where there is one of that name: to create a second one might be refused
    for the first one's sake, as by a quota. Where it stops at fields that there are not, it is asked once more without
    them, so that everything is told at once.

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
        return replace(verdict, problems=(*verdict.problems, *rest.problems), needed=rest.needed)
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
        name = self.value["metadata"].get("name")
        one = f"{self.path}/{quote(name, safe='')}" if isinstance(name, str) and name else ""
        exists = bool(one) and self._exists(one)
        try:
            try:
                answer = self._send("PATCH", one, validation) if exists else self._send("POST", self.path, validation)
            except ApiError as exc:
                # It was made in between, or one may not look whether it is there.
                if exc.reason != "AlreadyExists" or exists or not one:
                    raise
                exists = True
                answer = self._send("PATCH", one, validation)
            return accepted(exists, tuple(answer.warnings()))
        except ApiError as exc:
            return refused(exc, self.document)
        except (TransportError, DeadlineExceeded) as exc:
            return unknown(f"There was no answer: {exc}")

    def _exists(self, path: str) -> bool:
        try:
            self.client.get(path, deadline=self.deadline)
        except (ApiError, TransportError, DeadlineExceeded):
            return False
        return True

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
