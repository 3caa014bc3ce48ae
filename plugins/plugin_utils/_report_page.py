# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as report.html, one page that needs no network. Pure, but for its templates.

All that is read at once is HTML, which Jinja2 escapes. What is seen of every check, which would make the page of a
large class heavy, is JSON, from which the page's script writes text and nothing else. The page may run that script and
use that style, known by their hashes, and load nothing.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from ..module_utils._ground.times import parse_time
from . import _lab_steps
from . import _restart_drawing as drawing
from ._arguments import seconds
from ._checks import BY_NAME, NAMES, Check, Status
from ._harmless import harmless, harmless_line
from ._report import Cause, Report, StudentReport, failures, is_fine, notes, totals
from ._templates import source_hash, template
from ._text_table import columns_of

#: What stands at the beginning of every page of ours, before the name of the class.
MARK = "kubelabs.pods: report of the class"
#: Of a larger class so many restarts are drawn large as well; all are drawn small.
MOST_DRAWN = 60
#: Students named with a failure before the rest is folded, and causes before theirs is.
NAMED = 24
MOST_CAUSES = 20
LONGEST_NAME = 120
#: Of a larger class paper shows those only with whom something was not as expected; the others it names or counts.
MOST_ON_PAPER = 60
#: Lines of a text that are printed of it, as in report.css, and characters that a line on paper has at most.
LINES_ON_PAPER, CHARACTERS_ON_PAPER = 14, 120
#: The checks whose duration is how long a pod took to be ready.
STARTS = ("web_pod_ready", "shell_pod_ready")
PERCENTILES = (50, 90, 99, 100)
#: What stands in the table for each status; '' is that of a check that was not made.
MARKS = {"passed": "✓", "failed": "✗", "skipped": "–", "": ""}
#: What stands in the JSON of each check as text.
TEXTS = ("reason", "note", "evidence", "kubectl")
#: In the JSON: where the student's namespace stands in a text. No text has it, since all are harmless.
_NAMESPACE = "\x01"


class Start(NamedTuple):
    """How long the pods of one kind took to be ready.

    Attributes:
        check: the name of the check.
        number: of how many students it is known.
        at: the percentiles in seconds, by PERCENTILES.
    """

    check: str
    number: int
    at: list[float]


def report_page(report: Report) -> str:
    """The text of report.html."""
    style, script = _part("report.css"), _part("report.js")
    rows = list(_rows(report))
    facts = {
        "mark": f"{MARK} {harmless_line(report['class'], LONGEST_NAME)}",
        "policy": _policy(style, script),
        "style": _as_is(style),
        "script": _as_is(script),
        "class_name": harmless_line(report["class"], LONGEST_NAME),
        "cluster": _cluster(report["cluster"]),
        "times": _times(report),
        "totals": totals(report),
        "failures": _causes(failures(report), report),
        "notes": _causes(notes(report), report),
        "most_causes": MOST_CAUSES,
        "checks": _checks(report),
        "rows": rows,
        "fine": [row["name"] for row in rows if row["fine"]],
        "many": len(rows) > MOST_ON_PAPER,
        "starts": [start for start in starts(report) if start.number],
        "percentiles": PERCENTILES,
        "restarts": _restarts(report),
        "data": _as_is(_json(_data(report))),
        "in_words": drawing.in_words,
        "marks": MARKS,
    }
    return str(template("report.html").render(facts))


def starts(report: Report) -> list[Start]:
    """How long the pods took to be ready, of those that were."""
    made = []
    for name in STARTS:
        known = [
            lasted
            for student in report["students"]
            for one in student["checks"]
            if one["check"] == name and one["status"] == Status.PASSED
            for lasted in [seconds(one.get("duration"))]
            if lasted is not None
        ]
        made.append(Start(name, len(known), [percentile(known, share) for share in PERCENTILES] if known else []))
    return made


def percentile(values: Sequence[float], share: int) -> float:
    """The nearest-rank percentile: the least of the values that so many in a hundred of them do not exceed."""
    return sorted(values)[max(1, -(-share * len(values) // 100)) - 1]


def long_on_paper(text: str) -> bool:
    """Whether a text has certainly more lines on paper than are printed of it."""
    rows = 0
    for line in text.splitlines():
        columns = len(line) if line.isascii() else columns_of(line)
        rows += max(1, -(-columns // CHARACTERS_ON_PAPER))
        if rows > LINES_ON_PAPER:
            return True
    return False


@functools.cache
def _part(file: str) -> str:
    return str(template(file).render())


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {source_hash(style)}; script-src {source_hash(script)}; base-uri 'none';"
        " form-action 'none'"
    )


def _as_is(text: str) -> Any:
    """What is ours, or has been made safe: not escaped again."""
    import markupsafe

    return markupsafe.Markup(text)


def _json(data: Any) -> str:
    """As it can stand in a script element, whatever is in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _cluster(cluster: Mapping[str, Any]) -> dict[str, str]:
    nodes = cluster.get("nodes")
    return {
        **{key: harmless_line(str(cluster.get(key) or ""), 300) for key in ("context", "server", "version")},
        "nodes": f"{len(nodes)} {'node' if len(nodes) == 1 else 'nodes'}" if isinstance(nodes, list) else "",
    }


def _times(report: Report) -> dict[str, str]:
    started, finished = parse_time(report["started"]), parse_time(report["finished"])
    if started is None or finished is None:
        return {
            "started": harmless_line(str(report["started"]), 40),
            "finished": harmless_line(str(report["finished"]), 40),
            "took": "",
        }
    lasted = max(timedelta(), finished - started).total_seconds()
    end = f"{finished:%H:%M}" if finished.date() == started.date() else f"{finished:%Y-%m-%d %H:%M}"
    return {"started": f"{started:%Y-%m-%d %H:%M}", "finished": end, "took": drawing.in_words(lasted)}


def _name(student: StudentReport) -> str:
    return harmless_line(student["name"], LONGEST_NAME)


def _causes(causes: Iterable[Cause], report: Report) -> list[dict[str, Any]]:
    places = {id(student): place for place, student in enumerate(report["students"])}
    return [_cause(cause, places) for cause in causes]


def _cause(cause: Cause, places: Mapping[int, int]) -> dict[str, Any]:
    """One cause, with what was seen of the first student, and the others by their place in the report."""
    first = cause.checks[0]
    named = [(places[id(student)], _name(student)) for student in cause.students]
    hint = next((str(one.get("hint") or "") for one in cause.students[0].get("restarts") or []), "")
    text, evidence = harmless(cause.texts[0]), harmless(first.get("evidence") or "")
    return {
        "check": cause.check,
        "shows": BY_NAME[cause.check].shows if cause.check in BY_NAME else "",
        "step": _lab_steps.BY_CHECK.get(cause.check),
        "text": text,
        "text_is_long": long_on_paper(text),
        "differs": len(set(cause.texts)) > 1,
        "hint": harmless(hint) if cause.check in ("restarts", "back_off") and hint not in cause.texts[0] else "",
        "evidence": evidence,
        "evidence_is_long": long_on_paper(evidence),
        "kubectl": harmless_line(first.get("kubectl") or ""),
        "students": named[:NAMED],
        "more": named[NAMED:],
        "number": len(named),
    }


def _names(report: Report) -> list[str]:
    """The names of the checks, in the order of the lab; those that this version does not know come last."""
    present = dict.fromkeys(made["check"] for student in report["students"] for made in student["checks"])
    return [*(name for name in NAMES if name in present), *(name for name in present if name not in BY_NAME)]


def _checks(report: Report) -> list[dict[str, Any]]:
    counts: dict[str, dict[str, int]] = {}
    for student in report["students"]:
        for made in student["checks"]:
            of_check = counts.setdefault(made["check"], dict.fromkeys(Status, 0))
            of_check[made["status"]] += 1
    return [
        {
            "name": name,
            "shows": BY_NAME[name].shows if name in BY_NAME else "",
            "step": _lab_steps.BY_CHECK.get(name),
            "counts": counts[name],
        }
        for name in _names(report)
    ]


def _rows(report: Report) -> Iterable[dict[str, Any]]:
    names = _names(report)
    for student in report["students"]:
        statuses = {made["check"]: str(made["status"]) for made in student["checks"]}
        yield {
            "name": _name(student),
            "statuses": [statuses.get(name, "") for name in names],
            "failed": sum(status == Status.FAILED for status in statuses.values()),
            "fine": is_fine(student, names),
        }


@dataclass
class App:
    """A badly configured app of a student.

    Attributes:
        place: of the student in the report.
        name: the student's, with that of the pod where there are several.
        verdict: (how the challenge ended, as one letter; in words).
        reason, note: what was found about its back-off.
        delays: the large drawing as rows of a table.
        large: the large drawing as SVG; '' where it is told in words.
    """

    place: int
    name: str
    history: drawing.History | None
    verdict: tuple[str, str]
    reason: str
    note: str
    delays: list[dict[str, str]]
    large: Any = ""

    @property
    def story(self) -> str:
        return drawing.story(self.history) if self.history else ""

    @property
    def waits(self) -> str:
        return drawing.waits_line(self.history) if self.history else ""

    @property
    def instructive(self) -> tuple[int, bool]:
        """The more of the doubling there is to see."""
        waits = self.history.waits if self.history else []
        return sum(bool(wait.nominal) for wait in waits), self.verdict[0] == "p"

    def small(self, span: float) -> Any:
        return _as_is(drawing.small(self.history, span)) if self.history else ""


def _apps(place: int, student: StudentReport) -> Iterable[App]:
    checks = {made["check"]: made for made in student["checks"]}
    timelines = student.get("restarts") or []
    for timeline in timelines:
        back_off = timeline.get("back_off")
        found = back_off if isinstance(back_off, Mapping) else {}
        known = drawing.history(timeline)
        pod = f", {harmless_line(str(timeline.get('pod') or ''), LONGEST_NAME)}" if len(timelines) > 1 else ""
        yield App(
            place,
            f"{_name(student)}{pod}",
            known,
            _verdict(checks, found),
            harmless(str(found.get("reason") or "")),
            harmless(str(found.get("note") or "")),
            _delay_rows(timeline, known),
        )


def _restarts(report: Report) -> dict[str, Any]:
    """The failing apps: one large example, all small, and those large that are most worth a look."""
    apps = [app for place, student in enumerate(report["students"]) for app in _apps(place, student)]
    known = [app for app in apps if app.history]
    for number, app in enumerate(sorted(known, key=lambda app: app.verdict[0] == "p")[:MOST_DRAWN]):
        app.large = _drawn(app, f"d{number}")
    example = max(known, key=lambda app: app.instructive, default=None)
    return {
        "all": apps,
        "example": example,
        "example_drawing": _drawn(example, "example") if example else "",
        "span": max((app.history.span for app in known if app.history), default=1.0),
        "drawn": min(MOST_DRAWN, len(known)),
        "expected": sum(app.verdict[0] == "p" for app in apps),
    }


def _drawn(app: App, name: str) -> Any:
    return _as_is(drawing.large(app.history, name)) if app.history else ""


def _verdict(checks: Mapping[str, Check], finding: Mapping[str, Any]) -> tuple[str, str]:
    made = [checks[name] for name in ("restarts", "back_off") if name in checks]
    if any(one["status"] == Status.FAILED for one in made):
        return ("f", "failed")
    if finding.get("note"):
        return ("n", "late")
    if any(one["status"] == Status.SKIPPED for one in made):
        return ("s", "skipped")
    return ("p", "as expected")


def _delay_rows(timeline: Any, known: drawing.History | None) -> list[dict[str, str]]:
    """The large drawing as rows of a table."""
    if known is None:
        return []
    said = {
        one.get("restart"): harmless(str(one.get("reason") or ""))
        for one in timeline.get("delays") or []
        if isinstance(one, Mapping)
    }
    waits = {wait.restart: wait for wait in known.waits}
    rows = []
    for run in known.runs:
        wait = waits.get(run.number)
        nominal = wait.nominal if wait and not wait.missed else None
        rows.append(
            {
                "run": run.name,
                "waited": drawing.in_words(wait.seconds) if wait and not wait.missed else "",
                "nominal": "" if nominal is None else drawing.in_words(nominal),
                "at": drawing.in_words(run.start),
                "ran": drawing.in_words(run.end - run.start) if run.ended else "not seen to end",
                "exit": run.exit if run.exit else "",
                "reason": said.get(run.number, ""),
            }
        )
    return rows


def _data(report: Report) -> dict[str, Any]:
    """What is seen of every check, short: texts that many students share stand in it once."""
    names = {name: place for place, name in enumerate(_names(report))}
    statuses = {status: place for place, status in enumerate(Status)}
    texts: dict[str, int] = {"": 0}

    def kept(text: str, namespace: str) -> int:
        shown = harmless(text)
        if namespace:
            shown = shown.replace(namespace, _NAMESPACE)
        return texts.setdefault(shown, len(texts))

    students = []
    for student in report["students"]:
        namespace = harmless_line(student["namespace"], LONGEST_NAME)
        students.append(
            [
                _name(student),
                namespace,
                [
                    [
                        names[made["check"]],
                        statuses[Status(made["status"])],
                        *(kept(str(made.get(key) or ""), namespace) for key in TEXTS),
                        harmless_line(str(made.get("started") or ""), 40)[11:19],
                        seconds(made.get("duration")),
                    ]
                    for made in student["checks"]
                ],
            ]
        )
    checks = []
    for name in names:
        step = _lab_steps.BY_CHECK.get(name)
        checks.append([name, BY_NAME[name].shows if name in BY_NAME else "", step.shows if step else ""])
    return {"checks": checks, "statuses": list(Status), "texts": list(texts), "students": students}
