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
from .verdict import Verdict, Word, accepted, refused, takes_its_place, unchangeable, unknown, with_clash

#: Strict is what kubectl asks for. An API server before 1.25 does not know fieldValidation, and does as without it.
DRY_RUN = ("dryRun", "All")
STRICT, IGNORE = "Strict", "Ignore"
#: To whom the fields belong in what is only tried.
MANAGER = (("fieldManager", "kubelabs.pods"), ("force", "true"))
APPLY = "application/apply-patch+yaml"


def try_it(client: Client, kind: Kind, document: Document, namespace: str, deadline: Deadline) -> Verdict:
    """What the API server says to the object of a document.

    It is asked to create it, also where there is one of that name: to apply it is to mix the two, and then what one of
    them has is told of the other. Whether the one that is there could be changed is a second question. Where the server
    stops at fields that there are not, it is asked once more without them, so that everything is told at once.

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
        try:
            return accepted(False, tuple(self._send("POST", self.path, validation).warnings()))
        except ApiError as exc:
            error = exc
        except (TransportError, DeadlineExceeded) as exc:
            return _no_answer(exc)
        verdict = refused(error, self.document)
        name = self.value["metadata"].get("name")
        if verdict.strict or not isinstance(name, str) or not name:
            return verdict
        one = f"{self.path}/{quote(name, safe='')}"
        # Whether the name is taken is looked at last, after validation and admission: a file refused for that is right.
        # Source: k8s.io/apiserver/pkg/registry/generic/registry, Store.create and DryRunnableStorage.Create.
        taken = error.reason == "AlreadyExists"
        if not taken and (verdict.word != Word.REFUSED or not self._exists(one)):
            return verdict
        update = self._apply(one, validation)
        right = taken or takes_its_place(error.message)
        # Fields that there are not cannot be applied at all, whatever becomes of them elsewhere.
        if right and validation == STRICT:
            return update
        return with_clash(accepted(True, ()) if right else verdict, update)

    def _apply(self, path: str, validation: str) -> Verdict:
        """What becomes of the object that has the name."""
        try:
            return accepted(True, tuple(self._send("PATCH", path, validation).warnings()))
        except ApiError as exc:
            return unchangeable(exc, self.document)
        except (TransportError, DeadlineExceeded) as exc:
            return _no_answer(exc)

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


def _no_answer(exc: TransportError | DeadlineExceeded) -> Verdict:
    return unknown(f"There was no answer: {exc}")


def _path(kind: Kind, namespace: str) -> str:
    root = f"/apis/{kind.api_version}" if "/" in kind.api_version else f"/api/{kind.api_version}"
    where = f"/namespaces/{quote(namespace, safe='')}" if kind.namespaced else ""
    return f"{root}{where}/{kind.resource}"
