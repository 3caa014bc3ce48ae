# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks many manifests: each is read, held against the cluster's schema and tried, and its Pod Security worked out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from .._cluster.client import Client
from .._ground.deadline import Deadline
from .._ground.errors import KubelabsError
from .._ground.fleet import run_fleet
from .._ground.json_reading import as_map
from . import pod_security
from .catalog import Catalog
from .dry_run import try_it
from .fields import check_fields
from .kinds import Kind, identify, missing, missing_fields, similar
from .letters import false_mark
from .options import DEFAULT_NAMESPACE, Manifest
from .pitfalls import pitfalls
from .problem import ERROR, WARNING, Path, Place, Problem, in_dots, place_of
from .reader import Document, import_yaml, read_documents
from .result import Checked, ManifestResult, make_result
from .schema import Schema
from .verdict import Verdict, skipped, unknown, warning_problems
from .yaml_words import ENGLISH, NO_BLANK_AFTER_DASH

Value = TypeVar("Value")


def check_manifests(
    manifests: Sequence[Manifest], client: Client, *, concurrency: int, deadline: Deadline
) -> list[ManifestResult]:
    """Checks all manifests and returns their results in order.

    Raises:
        MissingLibrary: PyYAML is not installed.
    """
    import_yaml()
    catalog = Catalog(client, deadline)

    def broken_off(manifest: Manifest, exc: BaseException) -> ManifestResult:
        said = str(exc) if isinstance(exc, KubelabsError) else f"A fault in kubelabs.pods: {type(exc).__name__}."
        return _without_documents(manifest, said)

    return run_fleet(
        manifests,
        lambda manifest: check_manifest(manifest, catalog, client, deadline),
        concurrency=concurrency,
        deadline=deadline,
        on_error=broken_off,
        on_deadline=lambda manifest, begun: _without_documents(
            manifest, f"The task's timeout passed before the check {'had ended' if begun else 'could begin'}."
        ),
    )


def check_manifest(manifest: Manifest, catalog: Catalog, client: Client, deadline: Deadline) -> ManifestResult:
    """The result of one manifest."""
    try:
        data = manifest.read()
    except OSError as exc:
        return _without_documents(manifest, f"The file {manifest.path} cannot be read: {exc.strerror}.")
    documents = [one for document in read_documents(data) for one in _items(document)]
    made = {_identity(document) for document in documents}
    checked = [
        _Check(document, manifest.namespace, catalog, client, deadline).run(made)
        for document in _with_repetitions(documents, manifest.namespace)
    ]
    return make_result(manifest.name, manifest.namespace or None, checked)


def _without_documents(manifest: Manifest, said: str) -> ManifestResult:
    """The result of a manifest that could not be looked at."""
    document = Document(Place(1, 1))
    problem = Problem(document.place, said)
    return make_result(
        manifest.name, manifest.namespace or None, [Checked(document, (problem,), skipped("it could not be read"))]
    )


def _items(document: Document) -> Iterator[Document]:
    """The objects of a `kind: List`, each as a document; of anything else, itself."""
    value = as_map(document.value)
    if value.get("kind") != "List" or not isinstance(value.get("items"), list):
        yield document
        return
    if document.problems:
        yield replace(document, value=None)
    for index, item in enumerate(value["items"]):
        places = _of_item(document.places, index)
        below, written = _of_item(document.below, index), _of_item(document.written, index)
        yield Document(places.get((), document.place), item, places, (), below, written)


def _of_item(by_path: Mapping[Path, Value], index: int) -> dict[Path, Value]:
    return {path[2:]: value for path, value in by_path.items() if path[:2] == ("items", index)}


def _identity(document: Document) -> tuple[Any, Any]:
    value = as_map(document.value)
    name = as_map(value.get("metadata")).get("name")
    return str(value.get("kind")), str(name)


def _with_repetitions(documents: Sequence[Document], namespace: str) -> Iterator[Document]:
    """The documents; an object that an earlier one has made already has a warning."""
    first: dict[tuple[Any, ...], Document] = {}
    for document in documents:
        value = as_map(document.value)
        metadata = as_map(value.get("metadata"))
        kind, name = value.get("kind"), metadata.get("name")
        # Pods of one name may lie in two namespaces, and kinds of one name in two groups.
        group = str(value.get("apiVersion")).rpartition("/")[0]
        one = (group, str(kind), namespace or str(metadata.get("namespace")), str(name))
        before = first.setdefault(one, document)
        if before is not document and kind and name:
            path = ("metadata", "name")
            said = f"The document that begins in line {before.place.line} makes the {one[1][:60]} of this name already."
            what_to_do = "Give each its own name; of two with one name, kubectl apply makes one, as the last one says."
            problem = Problem(place_of(path, document.places), said, what_to_do, path, WARNING)
            yield replace(document, problems=(*document.problems, problem))
        else:
            yield document


class _Check:
    """The check of one document."""

    def __init__(
        self, document: Document, namespace: str, catalog: Catalog, client: Client, deadline: Deadline
    ) -> None:
        self._document = document
        self._given = namespace
        self._catalog = catalog
        self._client = client
        self._deadline = deadline
        self._value = as_map(document.value)
        own = as_map(self._value.get("metadata")).get("namespace")
        self._own = own if isinstance(own, str) else ""
        self._namespace = namespace or self._own or DEFAULT_NAMESPACE
        #: Whether the namespace that the task names is not on the cluster.
        self._homeless = False

    def run(self, made: set[tuple[Any, Any]]) -> Checked:
        """
        Args:
            made: kinds and names of what the same file makes.
        """
        document = self._document
        if document.value is None or not isinstance(document.value, Mapping):
            return Checked(document, (*document.problems, *self._no_object()), skipped("it is no object"))
        kind, problems = self._identify()
        problems += missing_fields(document)
        if kind is not None:
            problems = [*map(partial(_with_version, kind), problems), *self._fields(kind), *self._scope(kind)]
        problems = [*document.problems, *_without_echoes(problems, document.problems)]
        verdict = self._try(kind, made, problems)
        problems = _together(problems, [*verdict.problems, *warning_problems(verdict, document)])
        problems += pitfalls(self._value, document.places)
        return self._with_pod_security(problems, verdict, kind)

    def _no_object(self) -> Iterator[Problem]:
        value = self._document.value
        if value is None or any(problem.level == ERROR for problem in self._document.problems):
            return
        mistyped = false_mark(value) if isinstance(value, str) else None
        if mistyped:
            column, said = mistyped
            place = self._document.place
            yield Problem(Place(place.line, place.column + column - 1), said, ENGLISH)
            return
        yield Problem(
            self._document.place,
            f"This is {_what(value)}, and an object of Kubernetes is a mapping: keys, each with a colon and a value.",
            "Begin with apiVersion, kind and metadata, each at the very left.",
        )

    def _identify(self) -> tuple[Kind | None, list[Problem]]:
        try:
            return identify(self._document, self._catalog.kinds())
        except KubelabsError as exc:
            return None, [self._unchecked("kinds", exc)]

    def _fields(self, kind: Kind) -> list[Problem]:
        try:
            schema = self._catalog.book(kind.api_version).of_kind(kind.api_version, kind.kind)
        except KubelabsError as exc:
            return [self._unchecked("fields", exc)]
        if schema is None:
            return []  # a kind whose fields nobody has described
        found = check_fields(self._document, schema)
        instead = {similar(name, self._value): name for name in ("apiVersion", "kind", "metadata")}
        found = [one for one in found if not (len(one.path) == 1 and one.path[0] in instead)]
        return [*found, *self._spec(kind, schema, found)]

    def _spec(self, kind: Kind, schema: Schema, found: Sequence[Problem]) -> Iterator[Problem]:
        """Whether the spec is missing. One that has to say nothing may be."""
        spec = schema.field("spec") if "spec" in schema.properties else None
        if spec is None or self._value.get("spec") is not None or kind.kind == "Namespace":
            return
        if any("Did you mean spec?" in one.suggestion for one in found):
            return
        level = ERROR if spec.required or "spec" in schema.required else WARNING
        yield replace(missing(self._document, "spec"), level=level)

    def _scope(self, kind: Kind) -> Iterator[Problem]:
        """Whether the manifest says another namespace than that in which it is to be."""
        place = place_of(("metadata", "namespace"), self._document.places)
        path = ("metadata", "namespace")
        if self._own and kind.namespaced and self._given and self._own != self._given:
            yield Problem(
                place,
                f"The manifest is for the namespace {self._own[:63]}, and not for {self._given}.",
                "Take this line away, so that it can be used in any namespace.",
                path,
            )

    def _unchecked(self, what: str, exc: KubelabsError) -> Problem:
        return Problem(
            self._document.place,
            f"The cluster did not say which {what} it has, so that they are not checked: {exc}",
            "",
            (),
            WARNING,
        )

    def _try(self, kind: Kind | None, made: set[tuple[Any, Any]], problems: Sequence[Problem]) -> Verdict:
        value, metadata = self._value, self._value.get("metadata")
        if kind is None:
            return skipped("The cluster has no such kind")
        if kind.kind != value.get("kind") or kind.api_version != value.get("apiVersion"):
            return skipped("Its apiVersion and kind are not right yet, and so it cannot be tried")
        if not isinstance(metadata, Mapping) or not (metadata.get("name") or metadata.get("generateName")):
            return skipped("An object without a name cannot be tried")
        verdict = try_it(self._client, kind, self._document, self._namespace, self._deadline)
        needed = verdict.needed
        self._homeless = needed == ("Namespace", self._given) and needed not in made
        if needed is None or not (self._homeless or needed in made):
            return verdict
        if verdict.strict:
            # It has fields that there are not; what else the server says is nothing that the student could change.
            said = _lack(needed)
            return replace(verdict, problems=tuple(one for one in verdict.problems if not one.message.startswith(said)))
        if self._homeless:
            return unknown(f"{_lack(needed)} on the cluster", verdict.code, verdict.message)
        return skipped(f"The same file makes the {needed[0]} {needed[1]}, which has to be there before it can be tried")

    def _with_pod_security(self, problems: list[Problem], verdict: Verdict, kind: Kind | None) -> Checked:
        minor = _minor(self._client.version)
        finding = pod_security.examine(self._value, minor)
        if finding is None or kind is None:
            return Checked(self._document, _in_order(problems), verdict, homeless=self._homeless)
        enforced, version = self._enforced()
        if version.startswith("v1."):
            finding = pod_security.examine(self._value, min(minor, _minor(version))) or finding
        if enforced and not pod_security.allows(finding.level, enforced):
            problems = [one for one in problems if "Pod Security level" not in one.message]
            problems += self._not_admitted(finding, enforced)
        used = f"v1.{max(pod_security.OLDEST, minor)}"
        return Checked(self._document, _in_order(problems), verdict, finding, used, enforced, self._homeless)

    def _enforced(self) -> tuple[str, str]:
        try:
            return self._catalog.enforced(self._namespace)
        except KubelabsError:
            return "", ""

    def _not_admitted(self, finding: pod_security.Finding, enforced: str) -> Iterator[Problem]:
        """A pod that breaks the rules of its namespace is refused; a Deployment is accepted, but no pod of it comes."""
        for reason in (*finding.reasons, *finding.stricter):
            if pod_security.allows(reason.level, enforced) and reason.level != enforced:
                continue
            yield Problem(
                place_of(reason.path, self._document.places),
                f"The namespace enforces the Pod Security level {enforced}, which refuses such a pod"
                f" ({in_dots(reason.path)}): {reason.message}",
                reason.fix,
                reason.path,
            )


def _what(value: Any) -> str:
    """What a document is that is no mapping."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "text" if re.search(r"\s", value.strip()) else "a single word"
    return "true or false" if isinstance(value, bool) else "a number"


def _lack(needed: tuple[str, str]) -> str:
    """How a sentence about it begins in the verdicts."""
    what = "namespace" if needed[0] == "Namespace" else "service account"
    return f"There is no {what} {needed[1]}"


def _together(own: list[Problem], servers: Sequence[Problem]) -> list[Problem]:
    """What was found here, and what only the API server has found. Of one slip that both tell, ours says what to do."""
    errors = [problem for problem in own if problem.level == ERROR]
    result = list(own)
    for problem in servers:
        if problem.level == ERROR and any(_same(problem, one) for one in errors):
            continue
        # Where there are errors already, an answer about no field is about one of them.
        if errors and not problem.path and _is_about_decoding(problem):
            continue
        result.append(problem)
    return result


def _same(of_server: Problem, own: Problem) -> bool:
    """Whether both are about one slip: in the same field or one that holds it, or in the name of the field."""
    if not own.path or not of_server.path:
        return False
    if own.path == of_server.path[: len(own.path)] or own.path[:-1] == of_server.path:
        return True
    if own.suggestion.startswith("It belongs into"):
        return own.path[-1] == of_server.path[-1]
    if own.message == NO_BLANK_AFTER_DASH and own.path[:-1] == of_server.path[:-1]:
        # The list that should begin there is what the server misses.
        return of_server.message.endswith(" is missing.")
    return own.path[:-1] == of_server.path[:-1] and own.suggestion == f"Did you mean {of_server.path[-1]}?"


def _with_version(kind: Kind, problem: Problem) -> Problem:
    """Where the apiVersion is missing, with the one to write."""
    if problem.path == ("apiVersion",) and problem.message == "apiVersion is missing.":
        return replace(
            problem, suggestion=f"{problem.suggestion} For a {kind.kind} write apiVersion: {kind.api_version}"
        )
    return problem


def _without_echoes(problems: Sequence[Problem], of_yaml: Sequence[Problem]) -> list[Problem]:
    """Without what is only said because of something else: a value that YAML has broken, a name that is misspelt."""
    broken = {problem.path for problem in of_yaml if problem.level == ERROR}
    renamed = any(one.path[:1] == ("metadata",) and one.suggestion == "Did you mean name?" for one in problems)
    return [
        problem
        for problem in problems
        if problem.path not in broken - {()} and not (renamed and problem.path == ("metadata", "name"))
    ]


def _is_about_decoding(problem: Problem) -> bool:
    words = "cannot unmarshal|decod|cannot be handled|typed patch|where something else belongs|An amount is not"
    return bool(re.search(words, problem.message))


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.place.line, one.place.column)))


def _minor(version: str) -> int:
    """The 34 of `v1.34.1`."""
    found = re.match(r"v1\.(\d{1,4})", version)
    return int(found[1]) if found else pod_security.NEWEST
