# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a probe's result is what was expected. Pure.

A probe that fails as expected is a success: expecting `no_such_executable` is how an image without a shell becomes a
lesson.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._ground.errors import ArgumentError
from .outcome import Outcome, Word

#: The outcomes of attempts in which nothing was executed or read, so that there is no output.
_WITHOUT_OUTPUT = frozenset({Word.POD_NOT_FOUND, Word.FORBIDDEN})
#: A pattern that expects nothing but that there is something.
_SOMETHING = r"\S"
#: Characters of an output that a sentence quotes.
_QUOTED = 200


@dataclass(frozen=True)
class Expectation:
    """What a result has to be; every part that is given must hold.

    Attributes:
        outcome: acceptable outcomes.
        rc: acceptable exit codes; empty accepts any.
        contains, stderr_contains: texts that stdout and stderr must contain.
        regex: a pattern that must be found in stdout; ^ and $ match at every line.
        json: dotted path to expected value, on stdout read as JSON; the path '' is the whole document.
        not_empty: stdout must have something other than white space.
    """

    outcome: tuple[Word, ...] = (Word.OK,)
    rc: tuple[int, ...] = ()
    contains: tuple[str, ...] = ()
    stderr_contains: tuple[str, ...] = ()
    regex: re.Pattern[str] | None = None
    json: Mapping[str, Any] = field(default_factory=dict)
    not_empty: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any] | None) -> Expectation:
        """From the module option `expect`.

        Without an outcome, ok is expected, and where exit codes are listed also nonzero_exit.

        Raises:
            ArgumentError: the regular expression is none, or no result can meet the expectation.
        """
        options = options or {}
        codes = tuple(options.get("rc") or ())
        outcomes = tuple(Word(word) for word in options.get("outcome") or ())
        expectation = cls(
            outcome=outcomes or ((Word.OK, Word.NONZERO_EXIT) if codes else (Word.OK,)),
            rc=codes,
            contains=tuple(options.get("contains") or ()),
            stderr_contains=tuple(options.get("stderr_contains") or ()),
            regex=_compile(options.get("regex")),
            json=options.get("json") or {},
            not_empty=bool(options.get("not_empty")),
        )
        expectation._check()
        return expectation

    def _check(self) -> None:
        """Raises ArgumentError where no result can meet it: such a probe would blame the pod for a slip in the task."""
        beyond = [code for code in self.rc if not 0 <= code <= 255]
        if beyond:
            raise ArgumentError(f"expect.rc has {beyond[0]}, and exit codes are 0 to 255.")
        words = " or ".join(self.outcome)
        if self.rc and not any((Word.NONZERO_EXIT if code else Word.OK) in self.outcome for code in self.rc):
            codes = " or ".join(str(code) for code in self.rc)
            raise ArgumentError(
                f"expect can never be met: the outcome {words} does not have the exit code {codes}; ok has 0, "
                "nonzero_exit any other, and no other outcome has one. Leave out outcome or rc."
            )
        if _WITHOUT_OUTPUT.issuperset(self.outcome) and (self._unmet_stdout("") or any(self.stderr_contains)):
            raise ArgumentError(
                f"expect can never be met: with the outcome {words} there is no output that it could be about. Leave "
                "out what is expected of the output."
            )

    def unmet(self, outcome: Outcome, stdout: str, stderr: str) -> list[str]:
        """Why the result does not meet the expectation, one clause each; empty when it does.

        Args:
            outcome: what the attempt came to; its reason is quoted.
            stdout, stderr: what was written; each is quoted, shortened, behind the clauses that are about it.
        """
        if outcome.word not in self.outcome:
            said = _last_line(stderr) or _last_line(stdout)
            quoted = f" ({_excerpt(said)})" if outcome.word == Word.NONZERO_EXIT and said else ""
            return [f"expected {' or '.join(self.outcome)}, got {outcome.word}: {outcome.reason}{quoted}"]
        clauses: list[str] = []
        if self.rc and outcome.rc not in self.rc:
            codes = " or ".join(str(code) for code in self.rc)
            clauses.append(f"expected exit code {codes}, got {'none' if outcome.rc is None else outcome.rc}")
        lacking = [f"stderr lacks {text!r}" for text in self.stderr_contains if text not in stderr]
        return clauses + self._unmet_stdout(stdout) + _quoting("stderr", stderr, lacking)

    def _unmet_stdout(self, stdout: str) -> list[str]:
        expects_something = self.not_empty or (self.regex is not None and self.regex.pattern == _SOMETHING)
        if expects_something and not stdout.strip():
            return ["there is no output"]
        clauses = [f"stdout lacks {text!r}" for text in self.contains if text not in stdout]
        if self.regex is not None and not self.regex.search(stdout):
            clauses.append(f"stdout does not match {self.regex.pattern!r}")
        if self.json:
            clauses += _unmet_json(self.json, stdout)
        return _quoting("stdout", stdout, clauses)


def _quoting(stream: str, text: str, clauses: list[str]) -> list[str]:
    """The clauses about one stream, with what the stream holds behind the last of them."""
    return [*clauses[:-1], f"{clauses[-1]} ({stream}: {_excerpt(text)})"] if clauses else []


def _compile(pattern: str | None) -> re.Pattern[str] | None:
    if not pattern:
        return None
    try:
        return re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as exc:
        raise ArgumentError(f"{pattern!r} is not a regular expression: {exc}.") from exc


def _unmet_json(expected: Mapping[str, Any], stdout: str) -> list[str]:
    try:
        document = json.loads(stdout)
    except (ValueError, RecursionError):
        return ["stdout is not JSON"]
    clauses = []
    for path, value in expected.items():
        try:
            found = lookup(document, path)
        except KeyError:
            clauses.append(f"the JSON in stdout has no {path!r}")
            continue
        if not same_value(found, value):
            clauses.append(
                f"the JSON in stdout has {path} = {_short(json.dumps(found))}, expected {_short(json.dumps(value))}"
            )
    return clauses


def lookup(document: Any, path: str) -> Any:
    """The value at a dotted path; a number is an index into a list, and a key that has dots itself is found too.

    Raises:
        KeyError: there is nothing at the path.
    """
    if path == "":
        return document
    if isinstance(document, Mapping):
        if path in document:
            return document[path]
        words = path.split(".")
        for count in range(len(words) - 1, 0, -1):
            head = ".".join(words[:count])
            if head in document:
                return lookup(document[head], ".".join(words[count:]))
    elif isinstance(document, list):
        head, _dot, rest = path.partition(".")
        if re.fullmatch(r"-?\d{1,9}", head) and -len(document) <= int(head) < len(document):
            return lookup(document[int(head)], rest)
    raise KeyError(path)


def same_value(found: Any, expected: Any) -> bool:
    """Equality as JSON has it: true is not 1, but 1 is 1.0."""
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    return bool(found == expected)


def _excerpt(text: str) -> str:
    return repr(_short(text.strip()))


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "..."


def _last_line(text: str) -> str:
    """Where programs say why they gave up."""
    return (text.strip().splitlines() or [""])[-1]
