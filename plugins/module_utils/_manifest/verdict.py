# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API server's answer to a dry run means, in words for whoever wrote the manifest. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from .._ground.errors import ApiError
from .._ground.json_reading import as_list, as_map, as_text
from .._ground.quantity import parse_quantity
from .._ground.wording import one_line, sentence
from .field_errors import quoted_value, shortened
from .letters import visible, with_strange
from .problem import WARNING, Path, Problem, in_dots, nearest, place_of
from .reader import Document

#: Characters of what the API server says.
LONGEST = 700


class Word(StrEnum):
    """How a dry run ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    #: It was not tried, because it could not be, or what it needs is made by the same file.
    SKIPPED = "skipped"
    #: Whether it would be accepted is not known: one may not ask, or there was no answer.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """What came of a dry run.

    Attributes:
        word: how it ended.
        reason: a sentence about it.
        message: the API server's own words; '' where there are none.
        code: the HTTP status; None where there was no answer.
        warnings: what the API server warns of.
        problems: what is wrong with the manifest, as far as the API server says it.
        needed: the kind and name of what has to be there before, and is not.
    """

    word: Word
    reason: str
    message: str = ""
    code: int | None = None
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    needed: tuple[str, str] | None = None

    def returned(self) -> dict[str, Any]:
        """As it stands in the results of the module."""
        return {
            "verdict": self.word.value,
            "reason": self.reason,
            "message": self.message,
            "code": self.code,
            "warnings": list(self.warnings),
        }

    @property
    def strict(self) -> bool:
        """Whether it is about fields that there are not, before which the API server looks at nothing else."""
        return "strict decoding error" in self.message


def skipped(reason: str) -> Verdict:
    return Verdict(Word.SKIPPED, sentence(reason))


def unknown(reason: str, code: int | None = None, message: str = "") -> Verdict:
    return Verdict(Word.UNKNOWN, sentence(reason), message, code)


class Meaning(NamedTuple):
    """What a refusal comes to; the fields as Verdict and Problem have them."""

    reason: str
    suggestion: str
    path: Path = ()
    word: Word = Word.REFUSED


# By what a message says; the first that is found counts. `{0}` is the first group of the pattern. Sources:
# plugin/pkg/admission and pkg/apis/core/validation in kubernetes/kubernetes; k8s.io/apiserver/pkg/admission;
# k8s.io/pod-security-admission/admission.
MEANINGS = tuple(
    (re.compile(pattern), Meaning(*meaning))
    for pattern, meaning in (
        (
            r"violates PodSecurity \"(\w+)",
            (
                "The namespace only lets in pods of the Pod Security level {0} or a stricter one.",
                "The fields to change stand under pod_security.",
            ),
        ),
        (
            r"exceeded quota: .*requested: ([^,]+=[^,]+)",
            (
                "The namespace's quota has no room for it: it asks for {0}.",
                "Ask for less, or delete what is no longer needed.",
            ),
        ),
        (
            r"failed quota: .*must specify ([a-z.,/-]+)",
            (
                "The namespace has a quota, and so every container has to say {0}.",
                "Write it under resources of each container.",
            ),
        ),
        (
            r"error looking up service account \S+/(\S+?):",
            (
                "There is no service account {0} in the namespace.",
                "Take serviceAccountName away, or make the account first.",
            ),
        ),
        (
            r"namespaces? \"?([^\s\"]+)\"? not found",
            ("There is no namespace {0}.", "Make it first, or use another one."),
        ),
        (
            r"because it is being terminated",
            ("The namespace is being deleted.", "Try again when it is there anew.", (), Word.UNKNOWN),
        ),
        (
            r"User \"?([^\s\"]+)\"? cannot (\w+) resource",
            ("The user {0}, with whose rights this was asked, may not {1} it there.", "", (), Word.UNKNOWN),
        ),
        (
            r"illegal base64 data",
            ("What stands under data must be base64, and is not.", "Put plain text under stringData.", ("data",)),
        ),
        (
            r"cannot unmarshal (\w+) into Go (?:struct field \w+\.([\w.]+)|value) of type",
            ("{1} has {0} where something else belongs.", "Compare it with an example."),
        ),
        (
            r"quantities must match the regular expression",
            ("An amount is not written as Kubernetes reads it.", "Write 100m for a processor, and 64Mi for memory."),
        ),
        (
            r"denied the request|denied request",
            ("A policy of this cluster does not allow it.", "Look at what it says."),
        ),
    )
)

#: What only an object that exists has against a manifest.
_IMMUTABLE = re.compile(
    r"may not change fields other than|is immutable|updates to \S+ spec for fields other than|cannot change roleRef"
)

_FIXED = "An object of this name exists already, and what the file changes of it cannot be changed."

_CAUSES = tuple(
    (re.compile(pattern), message, suggestion)
    for pattern, message, suggestion in (
        (
            r"RFC 1123|DNS-1123|RFC 1035|DNS-1035",
            "{0} is not a name that Kubernetes takes.",
            "Use small letters, digits and -, and begin and end with a letter or a digit.",
        ),
        (
            r"IANA_SVC_NAME|must be no more than 15 characters",
            "{0} is not a name that a port can have.",
            "Use at most 15 small letters, digits and -, with a letter among them.",
        ),
        (
            r"`selector` does not match template `labels`",
            "The labels of the pods ({0}) are not those that the selector looks for.",
            "Write the same labels under spec.selector.matchLabels and spec.template.metadata.labels.",
        ),
        (r"between 1 and 65535", "{0} is not the number of a port.", "Ports go from 1 to 65535."),
        (
            r"must be less than or equal to (cpu|memory) limit",
            "{0} asks for more than its limit.",
            "Make requests smaller than limits, or the same.",
        ),
        (
            r"a valid label must|valid label value|name part must consist of",
            "{0} is not what a label can be.",
            "Use letters, digits, -, _ and ., and begin and end with a letter or a digit.",
        ),
        (r"^Duplicate value", "{0} has a value that stands in the list before.", "Give each its own name."),
        (r"^Required value$", "{0} is missing.", ""),
        (
            r"^Not found",
            "{0} names something that is not in this manifest.",
            "Look at how it is written in both places.",
        ),
    )
)


#: What JSON has in an error of Go's decoder.
_JSON_WORDS = {
    "number": "a number",
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "bool": "true or false",
}


def accepted(exists: bool, warnings: tuple[str, ...]) -> Verdict:
    said = (
        "It is there already, and would be changed to what the file says, if that is different."
        if exists
        else ("It would be created.")
    )
    return Verdict(Word.ACCEPTED, said, warnings=warnings)


def refused(error: ApiError, document: Document) -> Verdict:
    """The verdict where the API server answered a dry run with an error."""
    message = _shown(error)
    if (error.status in (401, 404) and not re.search("namespaces? ", message)) or error.status >= 500:
        return unknown(f"The API server could not say: {message or error.reason}", error.status, message)
    beyond = tuple(_beyond_limits(message, document))
    if beyond:
        return Verdict(Word.REFUSED, _summary(beyond), message, error.status, problems=beyond)
    for pattern, meaning in MEANINGS:
        found = pattern.search(message)
        if found:
            reason = meaning.reason.format(*(_JSON_WORDS.get(word, word or "It") for word in found.groups()))
            if meaning.word == Word.UNKNOWN:
                return unknown(reason, error.status, message)
            path = meaning.path or _of_resources(message, document)
            place = place_of(path, document.places) if path else document.place
            problem = Problem(place, reason, meaning.suggestion, path)
            return Verdict(Word.REFUSED, reason, message, error.status, problems=(problem,), needed=_needed(message))
    problems = tuple(_causes(error, document)) or tuple(_unknown_fields(message, document))
    if not problems:
        text = re.sub(r"^\S+ in version \S+ cannot be handled as a \w+: ", "", message)
        problems = (Problem(document.place, sentence(f"The API server refuses it: {text}")),)
    return Verdict(Word.REFUSED, _summary(problems), message, error.status, problems=problems)


def _needed(message: str) -> tuple[str, str] | None:
    namespace = re.search(r"namespaces? \"?([^\s\"]+)\"? not found", message)
    if namespace:
        return "Namespace", namespace[1]
    account = re.search(r"error looking up service account \S+/(\S+?):", message)
    return ("ServiceAccount", account[1]) if account else None


_LIMIT = re.compile(
    r"(maximum|minimum) (\S+) usage per \w+ is (\S+?)[,.](?=\s|$)"
    r"(?: but (limit|request) is ([^\s,\]]+?)(?=[,.\]]?(?:\s|$)))?"
)


def _beyond_limits(message: str, document: Document) -> Iterator[Problem]:
    """What is more or less than a LimitRange of the namespace allows, each at its line.

    Source: plugin/pkg/admission/limitranger/admission.go, minConstraint and maxConstraint.
    """
    for word, resource, bound, part, amount in _LIMIT.findall(message):
        path = _resource(document, f"{part or 'limit'}s", resource, amount)
        place = place_of(path, document.places) if path else document.place
        said = f"The namespace's {word} of {resource} is {bound} for each."
        yield Problem(place, said, "Change resources of the containers.", path)


def _of_resources(message: str, document: Document) -> Path:
    """The field that a quota of the namespace is about, as far as it is under resources; else ().

    Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota.
    """
    quota = re.search(
        r"exceeded quota: .*?requested: (?:\S*,)?(?:(limits|requests)\.)?(cpu|memory|ephemeral-storage)=", message
    )
    if quota:
        return _resource(document, quota[1] or "requests", quota[2], "")
    lacking = re.search(r"failed quota: .*?must specify (limits|requests)\.([a-z-]+)", message)
    if lacking:
        for path, container in _containers(document):
            if lacking[2] not in as_map(as_map(container.get("resources")).get(lacking[1])):
                return path
    return ()


def _resource(document: Document, part: str, resource: str, amount: str) -> Path:
    """The first such amount in a container, that of the given size before others. A request that is not there is what
    the limit is."""
    found: list[Path] = []
    for one in (part, "limits"):
        for path, container in _containers(document):
            given = as_map(as_map(container.get("resources")).get(one)).get(resource)
            if given is not None:
                found.append((*path, "resources", one, resource))
                if amount and parse_quantity(given) == parse_quantity(amount):
                    return found[-1]
    return found[0] if found else ()


def _containers(document: Document) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    spec = as_map(as_map(document.value).get("spec"))
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(as_list(spec.get(kind))):
            yield ("spec", kind, index), as_map(container)


def takes_its_place(message: str) -> bool:
    """Whether a new object may be refused for what the one that has its name takes up: room in a quota, a port, an
    address. Not where it asks for more than a quota has at all."""
    quota = re.search(r"exceeded quota: .*?requested: (.*), used: .*, limited: (.*)", message)
    if quota is None:
        return "already allocated" in message
    requested, limited = (dict(re.findall(r"([^\s,=]+)=([^\s,]+)", text)) for text in quota.groups())
    amounts = [(parse_quantity(amount), parse_quantity(limited.get(name))) for name, amount in requested.items()]
    return not any(amount and limit is not None and amount > limit for amount, limit in amounts)


def unchangeable(error: ApiError, document: Document) -> Verdict:
    """The verdict where a file is right by itself, and cannot be applied to the object that has its name."""
    verdict = refused(error, document)
    if verdict.word != Word.REFUSED:
        return verdict
    value = as_map(document.value)
    path: Path = ("metadata", "name")
    kind, name = as_text(value.get("kind")), as_text(as_map(value.get("metadata")).get("name"))
    said = _FIXED
    if not _IMMUTABLE.search(error.message.split("\n", 1)[0]):
        said = f"An object of this name exists already, and the API server refuses to change it so: {verdict.message}"
    delete = f"kubectl delete {kind.lower()} {name}"
    told = f"Choose another name, or delete the one that exists first, if it is yours: {delete}"
    problem = Problem(place_of(path, document.places), sentence(said), told, path)
    return replace(verdict, reason=problem.message, problems=(problem,), needed=None)


def with_clash(verdict: Verdict, update: Verdict) -> Verdict:
    """What is wrong with a file, and that it could not be applied to the object that has its name, were it right.

    Args:
        update: what came of applying it. Anything else that it says is of the file, and told already, or of the other.
    """
    if update.reason != _FIXED:
        return verdict
    problems = (*verdict.problems, *update.problems)
    return replace(verdict, reason=_summary(problems), problems=problems)


def _summary(problems: tuple[Problem, ...]) -> str:
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    return problems[0].message + more


def _shown(error: ApiError) -> str:
    """What the server says. Where a pod was to be changed, both of them follow as Go shows them: those stay out."""
    text = error.message.split("\n", 1)[0] if error.status == 422 else error.message
    text = shortened(one_line(text))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _causes(error: ApiError, document: Document) -> Iterator[Problem]:
    details: Mapping[str, Any] = error.answer.details if error.answer else {}
    for cause in map(as_map, as_list(details.get("causes"))):
        path = path_of(as_text(cause.get("field")))
        message = as_text(cause.get("message"))
        if path and message:
            yield _cause(_exactly(path, message, document), shortened(one_line(message)), document)


def _exactly(path: Path, message: str, document: Document) -> Path:
    """The way to the entry that a message about a whole mapping means, as about a label; else the way that it says."""
    quoted, mapping = quoted_value(message), as_map(_at(document.value, path))
    if quoted is None:
        return path
    found = [key for key, value in mapping.items() if _unquoted(quoted) in (key, value)]
    return (*path, found[0]) if len(found) == 1 else path


def _cause(path: Path, message: str, document: Document) -> Problem:
    place = place_of(path, document.places)
    supported = re.search(r"\b(?:supported|valid) values?: (.+)", message)
    if message.startswith("Required value: ") and not supported:
        said = message.removeprefix("Required value: ")
        told = "Write httpGet, tcpSocket or exec below it." if "a handler type" in said else ""
        return Problem(place, f"{in_dots(path)} lacks something: {said[:200].rstrip('.')}.", told, path)
    if supported:
        words = re.findall(r'"([^"]+)"', supported[1])
        given = _at(document.value, path)
        meant = nearest(given, words) if isinstance(given, str) else None
        told = f"Did you mean {meant}?" if meant else f"Choose one of {', '.join(words[:8])}."
        if given is None:
            return Problem(place, f"{in_dots(path)} is missing{_default(path)}.", told, path)
        return Problem(place, with_strange(f"{in_dots(path)} cannot be {visible(str(given)[:60])}.", given), told, path)
    for pattern, said, suggestion in _CAUSES:
        if pattern.search(message):
            return Problem(place, with_strange(said.format(in_dots(path)), _at(document.value, path)), suggestion, path)
    return Problem(place, f"{in_dots(path)}: {message[:300].rstrip('.')}.", "", path)


def _default(path: Path) -> str:
    """Why a field that may be missing elsewhere is needed here."""
    return ", and what holds without it, Always, is not for pods that end" if path[-1:] == ("restartPolicy",) else ""


def _unknown_fields(message: str, document: Document) -> Iterator[Problem]:
    """Of `strict decoding error: unknown field "spec.contaners", unknown field "spec.b"`."""
    for kind, quoted in re.findall(r'(unknown|duplicate) field "((?:[^"\\]|\\.)+)"', message):
        name = _unquoted(quoted)
        path = path_of(name)
        yield Problem(
            place_of(path, document.places),
            f"{visible(name)} is {'no' if kind == 'unknown' else 'a doubled'} field.",
            "",
            path,
        )


_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def _unquoted(text: str) -> str:
    """A text as Go's %q writes it. Source: strconv.Quote."""

    def character(found: re.Match[str]) -> str:
        code = int(found[1] or found[2] or found[3] or "0", 16)
        if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000:
            return chr(code)
        return _ESCAPED.get(found[4], found[4]) or "\ufffd"

    return re.sub(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]{2})|(.))", character, text)


def warning_problems(verdict: Verdict, document: Document) -> Iterator[Problem]:
    """What the API server warns of. Pod Security is told elsewhere, field by field."""
    for text in verdict.warnings:
        if "PodSecurity" in text:
            continue
        # As in `spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]`.
        found = re.match(r"([a-z][\w.\[\]]*): ", text)
        path = path_of(found[1]) if found else ()
        yield Problem(
            place_of(path, document.places), sentence(f"The API server warns: {text[:300]}"), "", path, WARNING
        )


def path_of(text: str) -> Path:
    """The other way round: of ``spec.containers[0].image`` the steps."""
    steps: list[str | int] = []
    for word, index in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", text[:1000]):
        if word:
            steps.append(word)
        elif index.isascii() and index.isdigit() and len(index) < 10:
            steps.append(int(index))
        elif index:
            steps.append(index)
    return tuple(steps)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = as_map(value).get(step)
    return value
