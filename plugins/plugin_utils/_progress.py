# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the callback plugin `progress` shows, in words: what a run waits for, messages, and failures. Pure."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: The environment variable in which the callback says how wide the terminal is.
COLUMNS = "KUBELABS_PODS_COLUMNS"
#: Characters of a line at most, on a terminal ...
WIDEST = 120
#: ... and where there is none.
NO_TERMINAL = 100
#: Seconds after which a wait is told where there is no terminal: its first, and those since the last line was printed
#: where it has got on, and where it has not.
FIRST, AGAIN, ALIVE = 5.0, 15.0, 60.0
#: Seconds that a task must last before its title is shown on a terminal.
LONG = 1.0
#: Characters of one text of a module, and of one line of a log.
LONGEST = 200
#: More than a class can have of anything.
MOST = 10**9
#: Lines of a program's output that are shown when it fails.
LAST_LINES = 20
#: What a title says of the file into which the task writes while it works.
LOG = re.compile(r"\blog in (?P<path>/\S+?)[,.;]?(?:\s|$)")
#: What Ansible puts before the sentence of a plugin that says what is wrong: for who writes playbooks.
_CHAIN = re.compile(
    r"\A(?:Task failed: |Module failed: |Action failed: |Finalization of task args for '[^']*' failed: "
    r"|Error while resolving value for '[^']*': |The \w+ plugin '[^']*' failed: |kubelabs\.pods\.\w+: )+"
)

#: Characters that turn the direction of what comes after them, and those that begin a terminal's commands.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_COMMAND = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)


class Told(NamedTuple):
    """What a module told: so many of so many, of what, and what the others wait for."""

    done: int
    total: int
    what: str
    note: str

    def __str__(self) -> str:
        return f"{self.done} of {self.total} {self.what}{'; ' * bool(self.note)}{self.note}"


def harmless(text: Any) -> str:
    """The text without what a terminal would obey: escape codes, control characters but for tab and line feed."""
    text = _COMMAND.sub("", str(text)).replace("\r\n", "\n")
    return "".join(
        char
        for char in text
        if char in "\n\t" or (unicodedata.category(char) not in ("Cc", "Cs") and char not in _TURNING)
    )


def short(text: Any) -> str:
    """The text in one line of at most LONGEST characters."""
    return textwrap.shorten(" ".join(harmless(text).split()), LONGEST, placeholder=" ...")[:LONGEST]


def read(datagram: bytes) -> tuple[int, Told] | None:
    """(the process, what it told); None where it is not what our modules send: anybody of this user may send."""
    try:
        given = json.loads(datagram)
        pid, done, total = (given[name] for name in ("pid", "done", "total"))
        texts = given["what"], given["note"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if any(isinstance(number, bool) or not isinstance(number, int) for number in (pid, done, total)):
        return None
    if not all(isinstance(text, str) for text in texts) or not 0 <= done <= total <= MOST:
        return None
    return pid, Told(done, total, *map(short, texts))


def together(told: Iterable[Told]) -> Told | None:
    """What several modules told, as one, where they count the same; else the last. None where nothing was told."""
    every = list(told)
    if not every:
        return None
    same = [one for one in every if one.what == every[-1].what]
    notes = "; ".join(dict.fromkeys(one.note for one in same if one.note))
    return Told(sum(one.done for one in same), sum(one.total for one in same), every[-1].what, short(notes))


@dataclass
class Waiting:
    """What a run waits for: one task, on some hosts.

    Attributes:
        title: the task's.
        since: when it began, on the clock.
        hosts: where it has not ended.
        told: what modules told, by process.
        attempt: which one it is, where there are several.
        log: the last line of its log, where its title names one.
    """

    title: str = ""
    since: float = 0.0
    hosts: set[str] = field(default_factory=set)
    told: dict[int, Told] = field(default_factory=dict)
    attempt: str = ""
    log: str = ""

    @property
    def log_file(self) -> str | None:
        """The file that the title names as its log."""
        found = LOG.search(self.title)
        return found["path"] if found else None

    def take(self, datagram: bytes) -> None:
        """Takes in what a module told, if it is that."""
        read_ = read(datagram)
        if read_ is not None:
            pid, told = read_
            self.told.pop(pid, None)  # the last one comes last
            self.told[pid] = told

    @property
    def progress(self) -> Told | None:
        return together(self.told.values())

    def said(self) -> str:
        """All of it in one line, without the time."""
        details = [str(self.progress or ""), self.attempt, self.log]
        return ": ".join(filter(None, [self.title, ", ".join(filter(None, details))]))


class Schedule:
    """When a wait is told where there is no terminal: seldom, so that a log can still be read.

    Args:
        now: on the clock, as in all of its methods.
    """

    def __init__(self, now: float) -> None:
        self._began = self._spoke = now
        self._said = ""

    def begin(self, now: float) -> None:
        """Another wait begins."""
        self._began, self._said = now, ""

    def spoke(self, now: float) -> None:
        """Something else was printed, so people know that it goes on."""
        self._spoke = now

    def is_due(self, now: float, text: str) -> bool:
        """Whether to tell it now; if so, it counts as told."""
        silent = now - self._spoke
        if text == self._said:
            due = silent >= ALIVE
        elif self._said:
            due = silent >= AGAIN
        else:
            due = now - self._began >= FIRST or silent >= AGAIN
        if due:
            self._said, self._spoke = text, now
        return due


def duration(seconds: float) -> str:
    """``less than 1 s``, ``58 s``, ``2 min 05 s``, ``1 h 02 min``."""
    whole = int(seconds)
    if whole < 1:
        return "less than 1 s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def line_width(columns: int) -> int:
    """Characters of a line at most, on a terminal of so many columns; 0 for none."""
    return min(columns, WIDEST) if columns else NO_TERMINAL


def wrapped(text: str, width: int, indent: str = "") -> str:
    """The text in lines of at most the width where blanks allow it.

    Lines that are indented, and columns, stay as they are; what stands between backticks stays in one line, because
    people copy it.
    """
    return "\n".join(_wrapped_line(line, width, indent) for line in text.rstrip("\n").split("\n"))


def is_laid_out(line: str) -> bool:
    """Whether it is indented, or has columns."""
    return line[:1].isspace() or re.search(r"\S\s{2,}\S|-{3,}", line) is not None


def _wrapped_line(line: str, width: int, indent: str) -> str:
    line = line.rstrip()
    if not line:
        return ""
    if is_laid_out(line):
        return indent + line
    room = max(20, width - len(indent))
    kept = re.sub(r"`[^`]+`", lambda found: found[0].replace(" ", "\0") if len(found[0]) < room else found[0], line)
    lines = textwrap.wrap(kept, room, break_long_words=False, break_on_hyphens=False, expand_tabs=False)
    return "\n".join(indent + one for one in lines).replace("\0", " ")


def message(result: Mapping[str, Any]) -> str | None:
    """What a task wants people to see: its `msg`; None where it has none that is text.

    Args:
        result: that of the task.
    """
    said = result.get("msg")
    if isinstance(said, str):
        return harmless(said)
    if isinstance(said, list) and all(isinstance(one, str) for one in said):
        return harmless("\n".join(said))
    return None


def failure(result: Mapping[str, Any]) -> str:
    """Why a task failed: its sentence, and what the program printed that it ran.

    Args:
        result: that of the task.
    """
    if result.get("censored"):
        return harmless(result["censored"])
    code = result.get("rc")
    said = _CHAIN.sub("", message(result) or harmless(result.get("msg") or result.get("reason") or ""), count=1)
    if code and "non-zero return code" in said:  # of the module command, which says no more
        said = f"{_command(result.get('cmd'))} ended with the exit status {code}."
    elif said.startswith("Error executing command"):  # of a program that is not there
        said = f"{_command(result.get('cmd'))} could not be executed: is the program there, and may it be run?"
    # Where failed_when judged it, what was printed is all that tells why.
    tells = bool(code) or "failed_when_result" in result
    outputs = ("stdout", "stderr", "module_stdout", "module_stderr") if tells else ()
    printed = [_end_of(result.get(name)) for name in outputs]
    return "\n".join(filter(None, [said.strip(), *printed])) or "It did not say why; -v shows all that it returned."


def _command(command: Any) -> str:
    words = shlex.join(map(str, command)) if isinstance(command, list) else str(command or "")
    return f"`{short(words)}`" if words else "The command"


def _end_of(output: Any) -> str:
    lines = harmless(output).rstrip().splitlines() if isinstance(output, str) else []
    left_out = [f"    ... ({len(lines) - LAST_LINES} lines before)"] if len(lines) > LAST_LINES else []
    return "\n".join(left_out + [f"    {line}" for line in lines[-LAST_LINES:]])
