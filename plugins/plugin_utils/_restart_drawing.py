# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an app restarted, as a drawing (SVG) and in words: its runs, its exits, and what it waited between them. Pure.

Colours are those of the page, by class: `run`, `exit` and `exit ok`, `back-off` for what a wait was nominally, `over`
for what it took longer, `gap` for what was not seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from ..module_utils._ground.times import parse_time
from ..module_utils._pods.back_off import CURVE
from ._arguments import seconds
from ._harmless import harmless_line

#: Of a history with more runs the last ones are drawn.
MOST_RUNS = 60
#: Rows of waits in the large drawing.
MOST_ROWS = 12
#: With what comes next there are at least so many rows: the doubling is to be seen where few restarts were waited for.
LEAST_ROWS = 4
#: Reasons that say no more than the exit code.
_PLAIN_REASONS = ("", "Error", "Completed")
_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)

# The large drawing, in units of about a pixel.
WIDTH, LEFT, RIGHT = 960.0, 16.0, 944.0
RUN_TOP, RUN_HEIGHT = 26.0, 40.0
WAIT_TOP, WAIT_HEIGHT = 37.0, 18.0
AXIS = 104.0
ROWS_LEFT, ROWS_RIGHT, ROWS_TOP, ROW_HEIGHT, BAR_HEIGHT = 96.0, 690.0, 176.0, 42.0, 20.0
#: A letter's width, so that no label is written over another.
LETTER = 6.0
# The small one.
SMALL_WIDTH, SMALL_HEIGHT = 1000.0, 20.0


@dataclass(frozen=True)
class RunSpan:
    """One run of the container, in seconds since the first known time of the app.

    Attributes:
        number: 0 for the first; else that of the restart.
        ended: whether its end is known: else `end` is the last that is known of it.
        exit_code, reason: of its end.
    """

    number: int
    start: float
    end: float
    ended: bool
    exit_code: int | None
    reason: str

    @property
    def name(self) -> str:
        return f"restart {self.number}" if self.number else "first run"

    @property
    def exit(self) -> str:
        """`exit 137 OOMKilled`; '' where it is not known."""
        code = "" if self.exit_code is None else f"exit {self.exit_code}"
        return " ".join(part for part in (code, "" if self.reason in _PLAIN_REASONS else self.reason) if part)


@dataclass(frozen=True)
class WaitSpan:
    """What lies between two runs that follow each other among those known.

    Attributes:
        restart: the number of the restart at its end.
        missed: how many restarts in it were not seen.
        nominal: the back-off in seconds; None where it is not known.
        usual: the most that the kubelet's own rhythm explains; None where it is not known.
    """

    restart: int
    start: float
    end: float
    missed: int = 0
    nominal: float | None = None
    usual: float | None = None

    @property
    def seconds(self) -> float:
        return max(0.0, self.end - self.start)


class History(NamedTuple):
    """The history of one app; `span` is how long it is, in seconds."""

    runs: list[RunSpan]
    waits: list[WaitSpan]
    span: float


def history(timeline: Mapping[str, Any]) -> History | None:
    """The history in a result of `pod_restart_watch`; None where no run has a time."""
    known = [run for run in _mappings(timeline.get("runs")) if isinstance(run.get("number"), int)]
    known = sorted(known, key=lambda run: int(run["number"]))[-MOST_RUNS:]
    timed = [(run, parse_time(run.get("started")), parse_time(run.get("finished"))) for run in known]
    timed = [(run, started, finished) for run, started, finished in timed if started or finished]
    moments = [moment for _run, started, finished in timed for moment in (started, finished) if moment]
    if not moments:
        return None
    origin, last = min(moments), max(moments)
    until = max(last, _watched_until(timeline) or last)
    runs = []
    for index, (run, started, finished) in enumerate(timed):
        is_last = index == len(timed) - 1
        start = started or finished or origin
        end = finished or (until if is_last else start)
        code = run.get("exit_code")
        runs.append(
            RunSpan(
                run["number"],
                (start - origin).total_seconds(),
                max(0.0, (end - start).total_seconds()) + (start - origin).total_seconds(),
                finished is not None,
                code if isinstance(code, int) and not isinstance(code, bool) else None,
                harmless_line(str(run.get("reason") or ""), 40),
            )
        )
    delays = {delay.get("restart"): delay for delay in _mappings(timeline.get("delays"))}
    waits = [_wait(before, after, delays.get(after.number, {})) for before, after in pairwise(runs)]
    return History(runs, waits, max(1.0, (until - origin).total_seconds()))


def _wait(before: RunSpan, after: RunSpan, delay: Mapping[str, Any]) -> WaitSpan:
    missed = after.number - before.number - 1
    if missed > 0 or not before.ended:
        return WaitSpan(after.number, before.end, after.start, max(0, missed))
    return WaitSpan(after.number, before.end, after.start, 0, seconds(delay.get("nominal")), seconds(delay.get("high")))


def _watched_until(timeline: Mapping[str, Any]) -> datetime | None:
    began, duration = parse_time(timeline.get("started")), seconds(timeline.get("duration"))
    if began is None or duration is None:
        return None
    try:
        return began + timedelta(seconds=duration)
    except OverflowError:
        return None


def in_words(lasting: float) -> str:
    """`57 s`, `2 min 5 s`, `3 h 5 min`, `6 days`."""
    whole = round(lasting)
    if whole < 120:
        return f"{whole} s"
    if whole < 2 * 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    if whole < 48 * 3600:
        return f"{whole // 3600} h" + (f" {whole % 3600 // 60} min" if whole % 3600 >= 60 else "")
    return f"{round(whole / 86400)} days"


def story(of: History) -> str:
    """The drawing in words, for who does not see it."""
    waits = {wait.restart: wait for wait in of.waits}
    said = []
    for run in of.runs:
        wait = waits.get(run.number)
        if wait and wait.missed:
            said.append(f"{wait.missed} restarts that were not seen")
        elif wait:
            back_off = f" (back-off {in_words(wait.nominal)})" if wait.nominal is not None else ""
            said.append(f"{in_words(wait.seconds)} of waiting{back_off}")
        lasted = f" for {in_words(run.end - run.start)}" if run.end > run.start else ""
        ended = f", {run.exit or 'ended'}" if run.ended else ", not seen to end"
        said.append(f"{run.name}{lasted}{ended}")
    return f"{'; '.join(said)}."


def waits_line(of: History) -> str:
    """`1, 13, 28, 57 s`; '' where nothing was restarted."""
    waits = ", ".join("?" if wait.missed else str(round(wait.seconds)) for wait in of.waits)
    return f"{waits} s" if waits else ""


def large(of: History, name: str) -> str:
    """The large drawing as an SVG element: the history on an axis of time, and below it the waits side by side.

    Args:
        name: begins its ids, and so differs from those of other drawings: letters, digits and hyphens.
    """
    rows = [wait for wait in of.waits if not wait.missed][:MOST_ROWS]
    coming = _coming(rows)
    height = ROWS_TOP + ROW_HEIGHT * (len(rows) + len(coming)) if rows else AXIS + 34
    return (
        f'<svg class="large" viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">Restarts of the badly configured app over time</title>'
        f'<desc id="{name}-d">{_escaped(story(of))}</desc>{_over_time(of)}{_side_by_side(rows, coming)}</svg>'
    )


def small(of: History, span: float) -> str:
    """The history alone in a line, where `span` seconds are its whole width: for many drawings, one below another."""
    scale = SMALL_WIDTH / max(span, of.span)
    shapes: dict[str, list[str]] = {}

    def add(kind: str, start: float, end: float, top: float, height: float, least: float = 0.0) -> None:
        width = max(least, (end - start) * scale)
        if width > 0:
            shapes.setdefault(kind, []).append(f"M{start * scale:.0f} {top:g}h{width:.0f}v{height:g}h-{width:.0f}z")

    for wait in of.waits:
        if wait.missed or wait.nominal is None:
            add("gap", wait.start, wait.end, 9, 2)
            continue
        middle = min(wait.end, wait.start + wait.nominal)
        add("back-off", wait.start, middle, 6, 8)
        add("over", middle, wait.end, 6, 8)
    for run in of.runs:
        add("run", run.start, run.end, 1, 18, least=4)
        if run.ended:
            add(_exit_class(run), run.end - 4 / scale, run.end, 1, 18, least=4)
    paths = "".join(f'<path class="{kind}" d="{"".join(parts)}"/>' for kind, parts in shapes.items())
    return (
        f'<svg class="small" viewBox="0 0 {SMALL_WIDTH:g} {SMALL_HEIGHT:g}" preserveAspectRatio="none"'
        f' aria-hidden="true">{paths}</svg>'
    )


def _over_time(of: History) -> str:
    scale = (RIGHT - LEFT) / of.span

    def at(moment: float) -> float:
        return LEFT + moment * scale

    parts = []
    above, below = _Labels(), _Labels()
    for wait in of.waits:
        parts.append(_wait_over_time(wait, at))
    for run in of.runs:
        start, end = at(run.start), max(at(run.end), at(run.start) + 5)
        kind = "run" if run.ended else "run open"
        parts.append(_rect(kind, start, RUN_TOP, end - start, RUN_HEIGHT, 3))
        above.put(f"↻ {run.number}" if run.number else "start", start, RUN_TOP - 8, "start", "")
        if run.ended:
            parts.append(_rect(_exit_class(run), end - 4, RUN_TOP, 4, RUN_HEIGHT, 1))
            below.put(run.exit, end, RUN_TOP + RUN_HEIGHT + 16, "end", "code ok" if run.exit_code == 0 else "code")
    parts.append(f'<path class="axis" d="M{LEFT:g} {AXIS:g}H{RIGHT:g}"/>')
    step = next((step for step in _STEPS if of.span / step <= 10), 3600.0 * math.ceil(of.span / 36000))
    for tick in range(int(of.span // step) + 1):
        x = at(tick * step)
        parts.append(f'<path class="axis" d="M{x:.1f} {AXIS:g}v5"/>')
        anchor = "start" if tick == 0 else "end" if x > RIGHT - 20 else "middle"
        parts.append(_text("tick", x, AXIS + 19, in_words(tick * step), anchor))
    return "".join([*parts, *above.texts, *below.texts])


def _wait_over_time(wait: WaitSpan, at: Any) -> str:
    start, end = at(wait.start), at(wait.end)
    if end <= start:
        return ""
    middle = min(end, at(wait.start + wait.nominal)) if wait.nominal is not None else start
    top = WAIT_TOP
    if wait.missed or wait.nominal is None:
        said = f"{wait.missed} not seen" if wait.missed else in_words(wait.seconds)
        line = f'<path class="gap" d="M{start:.1f} {top + WAIT_HEIGHT / 2:g}H{end:.1f}"/>'
        fits = len(said) * LETTER < end - start
        return line + (_text("wait", (start + end) / 2, top - 2, said, "middle") if fits else "")
    parts = [_rect("back-off", start, top, middle - start, WAIT_HEIGHT)]
    parts.append(_rect("over", middle, top, end - middle, WAIT_HEIGHT))
    said = f"waits {in_words(wait.seconds)}"
    if len(said) * LETTER < end - start - 6:
        parts.append(_text("wait", (start + end) / 2, top - 5, said, "middle"))
    if len(said) * LETTER < middle - start - 6:
        nominal = f"back-off {in_words(wait.nominal)}"
        parts.append(_text("wait quiet", (start + middle) / 2, top + WAIT_HEIGHT + 14, nominal, "middle"))
    return "".join(parts)


def _coming(rows: Sequence[WaitSpan]) -> list[WaitSpan]:
    """The waits that come next, at least one, where the last back-off is known."""
    made: list[WaitSpan] = []
    last = rows[-1] if rows else None
    while last and last.nominal is not None and (not made or len(rows) + len(made) < LEAST_ROWS):
        last = WaitSpan(last.restart + 1, 0.0, 0.0, 0, _after(last.nominal))
        made.append(last)
    return made


def _after(nominal: float) -> float:
    """The back-off after this one: twice as long, up to the longest."""
    return max(nominal, min(2 * nominal, CURVE[-1])) or CURVE[1]


def _side_by_side(rows: Sequence[WaitSpan], coming: Sequence[WaitSpan]) -> str:
    if not rows:
        return ""
    most = max(max(wait.seconds, wait.nominal or 0.0, wait.usual or 0.0) for wait in [*rows, *coming]) or 1.0
    scale = (ROWS_RIGHT - ROWS_LEFT) / most
    parts = [_text("title", LEFT, ROWS_TOP - 16, "What it waited before each restart")]
    ends: list[tuple[float, float, float]] = []  # the nominal back-offs: seconds, and where they are drawn
    for index, wait in enumerate(rows):
        top = ROWS_TOP + index * ROW_HEIGHT
        middle = top + BAR_HEIGHT / 2
        parts.append(_text("label", LEFT, middle + 4, f"restart {wait.restart}"))
        if wait.usual is not None and wait.nominal is not None:
            start = ROWS_LEFT + wait.nominal * scale
            parts.append(_rect("usual", start, top - 3, (wait.usual - wait.nominal) * scale, BAR_HEIGHT + 6, 2))
        length = min(wait.seconds, wait.nominal if wait.nominal is not None else wait.seconds) * scale
        parts.append(_rect("back-off", ROWS_LEFT, top, length, BAR_HEIGHT))
        parts.append(_rect("over", ROWS_LEFT + length, top, wait.seconds * scale - length, BAR_HEIGHT))
        said = f"{in_words(wait.seconds)} waited"
        if wait.nominal is not None:
            x = ROWS_LEFT + wait.nominal * scale
            parts.append(f'<path class="nominal" d="M{x:.1f} {top - 5:g}v{BAR_HEIGHT + 10:g}"/>')
            parts.append(_doubling(ends[-1], (wait.nominal, x, top)) if ends else "")
            ends.append((wait.nominal, x, top))
            said += f", back-off {in_words(wait.nominal)}" if wait.nominal else ", the first is free"
        parts.append(_text("label", ROWS_RIGHT + 14, middle + 4, said))
    for index, wait in enumerate(coming, len(rows)):
        top, nominal = ROWS_TOP + index * ROW_HEIGHT, wait.nominal or 0.0
        x = ROWS_LEFT + nominal * scale
        parts.append(_text("label quiet", LEFT, top + BAR_HEIGHT / 2 + 4, f"restart {wait.restart}"))
        parts.append(_rect("next", ROWS_LEFT, top, nominal * scale, BAR_HEIGHT))
        parts.append(_doubling(ends[-1], (nominal, x, top)) if ends else "")
        ends.append((nominal, x, top))
        said = f"would wait {in_words(nominal)} and more"
        parts.append(_text("label quiet", ROWS_RIGHT + 14, top + BAR_HEIGHT / 2 + 4, said))
    return "".join(parts)


def _doubling(before: tuple[float, float, float], after: tuple[float, float, float]) -> str:
    """The step from one nominal back-off down to the next, with `×2` where that is what it is."""
    (first, x, top), (second, next_x, next_top) = before, after
    turn = (top + BAR_HEIGHT + next_top) / 2
    path = f'<path class="stair" d="M{x:.1f} {top + BAR_HEIGHT + 5:g}V{turn:g}H{next_x:.1f}V{next_top - 5:g}"/>'
    if first <= 0 or second != 2 * first or next_x - x < 30:
        return path
    return path + _text("times", (x + next_x) / 2, turn - 2, "×2", "middle")


class _Labels:
    """Texts in a line, none of them over another: of two that would be, the first stays where it is.

    The second is left out, or moved behind it where it is of a kind that tells something of its own.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._free = -math.inf
        self._last = ""

    def put(self, said: str, x: float, y: float, anchor: str, kind: str) -> None:
        width = len(said) * LETTER + 2
        left = x - width if anchor == "end" else x
        # At the edges it is moved in, as long as it has room.
        left = min(max(left, 2.0), WIDTH - width - 2)
        if kind and said != self._last:
            left = max(left, self._free)
        if said and self._free <= left <= WIDTH - width:
            self.texts.append(_text(f"label {kind}".strip(), left, y, said))
            self._free, self._last = left + width + 3, said


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: float = 0.0) -> str:
    if width <= 0:
        return ""
    corners = f' rx="{radius:g}"' if radius else ""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{height:g}"{corners}/>'


def _text(kind: str, x: float, y: float, said: str, anchor: str = "start") -> str:
    anchored = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{x:.1f}" y="{y:g}"{anchored}>{_escaped(said)}</text>'


def _exit_class(run: RunSpan) -> str:
    return "exit ok" if run.exit_code == 0 else "exit"


def _escaped(text: str) -> str:
    import markupsafe

    return str(markupsafe.escape(text))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
