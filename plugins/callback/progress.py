# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
short_description: What people have to see of a run, and how far it is
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Shows each play as a phase, with how long it took; what tasks want people to see, as those of M(ansible.builtin.debug) do;
    warnings; failures as sentences, with the task and where it stands; and the outcome, in the last line, also of a run that
    was interrupted. Banners of tasks and what each came to are not shown, nor phases of which everything was skipped.
  - What is waited for at the moment is shown as well. The modules of this collection tell how far they are, as in C(57 of 200
    pods ready; 120 ContainerCreating, 23 Unschedulable), where they run on the machine of C(ansible-playbook). Of a task whose
    title says C(log in /some/file) it is the last line of that file.
  - On a terminal that is in lines at its end, which follow what happens. They need the Python library C(rich). Elsewhere it is a
    line after 5 seconds, and then every 15 seconds where something has changed, and every minute where nothing has.
  - With C(-v) and more, and with C(--step), it is P(ansible.builtin.default#callback). So it is where something goes wrong
    inside of it, which never changes what the run does or its exit status.
  - It works with all playbooks.
options:
  progress:
    description:
      - V(auto) is live lines on a terminal, and otherwise a line now and then.
      - V(plain) is a line now and then, also on a terminal.
      - V(off) is nothing of what is waited for.
    type: str
    choices: [auto, plain, "off"]
    default: auto
    env:
      - name: KUBELABS_PODS_PROGRESS
    ini:
      - section: kubelabs_pods
        key: progress
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in configuration, as in C(ANSIBLE_STDOUT_CALLBACK=kubelabs.pods.progress)
  - rich (Python library), for live lines
"""

import atexit
import functools
import os
import shutil
import socket
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable
from typing import Any, TextIO

from ansible import constants, context
from ansible.playbook.block import Block
from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback.default import CallbackModule as DefaultCallback
from ansible.utils.color import ANSIBLE_COLOR

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress_channel import SOCKET
from ansible_collections.kubelabs.pods.plugins.plugin_utils._progress import (
    COLUMNS,
    LONG,
    Schedule,
    Waiting,
    duration,
    failure,
    harmless,
    is_laid_out,
    line_width,
    message,
    short,
    wrapped,
)

#: Seconds between two looks at what modules told, and between two pictures on a terminal.
TICK = 0.2
#: Bytes of one message of a module; what is longer is none of ours.
LARGEST = 4096
#: Messages that are read at a time.
AT_A_TIME = 200
#: Columns below which there is no room for a bar, and from which there is for a long one.
NARROW = 60
WIDE = 100
#: What the module assert says when nobody has told it what to say.
ALL_PASSED = "All assertions passed"
PAUSES = frozenset(f"{prefix}pause" for prefix in ("", "ansible.builtin.", "ansible.legacy."))
INDENT = "  "


class Mailbox:
    """A Unix datagram socket in a directory of its own, to which modules tell how far they are.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self) -> None:
        self._directory = tempfile.mkdtemp(prefix="kubelabs-")
        try:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            path = os.path.join(self._directory, "progress")
            self._socket.bind(path)
        except BaseException:
            shutil.rmtree(self._directory, ignore_errors=True)
            raise
        os.environ[SOCKET] = path

    def take(self) -> list[bytes]:
        """What has come since, but not more than a flood would bring."""
        come: list[bytes] = []
        while len(come) < AT_A_TIME:
            try:
                come.append(self._socket.recv(LARGEST))
            except OSError:
                break
        return come

    def close(self) -> None:
        os.environ.pop(SOCKET, None)
        self._socket.close()
        shutil.rmtree(self._directory, ignore_errors=True)


class Veil:
    """A standard stream before which something is done whenever somebody writes to it, or is about to ask something."""

    def __init__(self, stream: TextIO, before: Callable[[], None]) -> None:
        self._stream = stream
        self._before = before

    def write(self, text: str) -> int:
        self._before()
        return self._stream.write(text)

    def flush(self) -> None:
        self._before()
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Terminal:
    """Lines at the end of a terminal that are drawn anew, and give way to whatever is printed.

    Whoever calls holds the lock of Ansible's display: so does Ansible when it prints and when it makes a process.
    """

    def __init__(self, lock: Any) -> None:
        from rich.console import Console
        from rich.live import Live

        self._lock = lock
        self._streams = sys.stdout, sys.stderr
        self.console = Console(
            file=sys.stdout, no_color=None if ANSIBLE_COLOR else True, highlight=False, markup=False, emoji=False
        )
        # Streams are given way to here: rich would lock them in another order than Ansible.
        self._make_live = functools.partial(
            Live,
            console=self.console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live: Live | None = None
        sys.stdout, sys.stderr = (Veil(stream, self.give_way) for stream in self._streams)

    def show(self, picture: Any) -> None:
        if self._live is None:
            # A new one each time: a used one would wipe out as many lines as it had.
            self._live = self._make_live(picture)
            self._live.start()
            self.console.show_cursor(True)  # whoever is killed leaves no terminal without one
        self._live.update(picture, refresh=True)

    def give_way(self) -> None:
        with self._lock:
            live, self._live = self._live, None
            if live is not None:
                live.stop()

    def somebody_is_asked(self) -> bool:
        """Whether single keys are read, or a password."""
        try:
            modes = termios.tcgetattr(sys.stdin.fileno())[3]
        except (OSError, ValueError, AttributeError, termios.error):
            return False
        return not (modes & termios.ICANON and modes & termios.ECHO)

    def close(self) -> None:
        self.give_way()
        sys.stdout, sys.stderr = self._streams


def draw(phase: str, seconds: float, waiting: Waiting | None, columns: int, now: float) -> Any:
    """The picture of what is waited for, for rich.

    Args:
        phase: its title.
        seconds: for which it has been going on.
        waiting: for what; None where it has not lasted long.
        columns: of the terminal.
        now: on the clock.
    """
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    def line(text: str, style: str = "") -> Text:
        return Text(text, style=style, no_wrap=True, overflow="ellipsis")

    head = Table.grid(padding=(0, 1))
    title, lasts = (waiting.title, now - waiting.since) if waiting is not None else (phase, seconds)
    took = f", {duration(lasts)}"
    whole = line(title)
    whole.truncate(max(1, columns - len("- ") - len(took)), overflow="ellipsis")
    head.add_row(Spinner("line").render(now), whole.append(took))
    rows: list[Any] = [head]
    told = waiting.progress if waiting is not None else None
    if told is not None:
        how_far = Table.grid(padding=(0, 1))
        if columns < NARROW or not told.total:
            how_far.add_row("", line(str(told)))
        else:
            how_far.add_row(
                "",
                ProgressBar(
                    told.total,
                    told.done,
                    width=24 if columns >= WIDE else 12,
                    complete_style="green",
                    finished_style="green",
                ),
                line(str(told)),
            )
        rows.append(how_far)
    if waiting is not None:
        rows += [line(f"{INDENT}{more}", "dim") for more in (waiting.attempt, waiting.log) if more]
    return Group(*rows)


class Story:
    """A run as people are told it.

    Args:
        display: Ansible's.
        progress: the option.
        clock: monotonic seconds.
    """

    def __init__(self, display: Any, progress: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._display = display
        #: Whoever prints holds it, and whoever makes a process; so nothing here is half done in a child.
        self._lock = getattr(display, "_lock", None) or threading.RLock()
        self._progress = progress
        self._clock = clock
        self._process = os.getpid()
        self._playbook, self._began = "", clock()
        self._phase, self._phase_began, self._phase_failed = "", 0.0, False
        self._phases, self._announced = 0, False
        self._waiting = Waiting()
        self._pausing = False
        self._schedule = Schedule(clock())
        self._would_change = 0
        self._mailbox: Mailbox | None = None
        self._terminal: Terminal | None = None
        #: Set while no run is told of.
        self._ended = threading.Event()
        self._ended.set()
        self._thread: threading.Thread | None = None
        atexit.register(self.leave)

    # --- what happens ---

    def begin(self, playbook: str) -> None:
        self._playbook, self._began = os.path.basename(playbook), self._clock()
        self._ended.clear()
        if sys.stdout.isatty():
            # The processes that Ansible makes have no terminal, and tables are written there.
            os.environ[COLUMNS] = str(shutil.get_terminal_size().columns)
        if self._progress == "off":
            return
        try:
            self._mailbox = Mailbox()
        except (OSError, AttributeError) as exc:
            self._display.vvv(f"No module tells how far it is: {exc}")
        if self._progress == "auto":
            self._terminal = self._find_terminal()
        self._thread = threading.Thread(target=self._follow, name="kubelabs.pods.progress", daemon=True)
        self._thread.start()

    def _find_terminal(self) -> Terminal | None:
        if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
            return None
        try:
            return Terminal(self._lock)
        except ImportError:
            return None

    def phase(self, title: str) -> None:
        """A phase begins. People are told once anything in it is done: of one that is skipped nothing is said."""
        self.end_phase()
        self._phase, self._phase_began, self._phase_failed = short(title), self._clock(), False
        self._announced = False

    def worked(self) -> None:
        """Something has been done in this phase."""
        if self._phase and not self._announced:
            self._announced = True
            if self._phases:
                self.say("")
            self._phases += 1
            self.say(self._phase)

    def end_phase(self) -> None:
        self._wait_for("")
        if self._phase and self._announced:
            how, color = (
                ("Failed after", constants.COLOR_ERROR) if self._phase_failed else ("Done in", constants.COLOR_OK)
            )
            self.say(f"{how} {duration(self._clock() - self._phase_began)}.", color, indent=INDENT)
        self._phase = ""

    def task(self, title: str, action: str) -> None:
        self._wait_for(title, pausing=action in PAUSES)

    def _wait_for(self, title: str, *, pausing: bool = False) -> None:
        with self._lock:
            if self._mailbox is not None:
                self._mailbox.take()  # what the last task's modules told at their end
            self._waiting = Waiting(short(title), self._clock())
            self._pausing = pausing
            self._schedule.begin(self._clock())
            if pausing and self._terminal is not None:
                self._terminal.give_way()

    def started(self, host: str) -> None:
        with self._lock:
            self._waiting.hosts.add(host)

    def ended(self, host: str) -> None:
        with self._lock:
            self._waiting.hosts.discard(host)

    def retried(self, attempts: int, retries: int) -> None:
        with self._lock:
            self._waiting.attempt = f"attempt {attempts + 1} of {retries + 1}"

    def show(self, text: str, color: str | None = None, *, stderr: bool = False) -> None:
        """What a task wants people to see. A table, and YAML to copy, are not indented."""
        indent = "" if any(map(is_laid_out, text.splitlines())) else INDENT
        self.say(text, color, stderr=stderr, indent=indent)

    def failed(self, text: str, where: str, *, stderr: bool, how: str = "FAILED") -> None:
        self._phase_failed = True
        self.show(f"{how}: {text}", constants.COLOR_ERROR, stderr=stderr)
        self.say(f"({where})", constants.COLOR_DEBUG, stderr=stderr, indent=INDENT)

    def remark(self, text: str, where: str) -> None:
        """A failure that is none in the end."""
        self.show(f"{text} ({where})", constants.COLOR_SKIP)

    def would_change(self, title: str) -> None:
        self._would_change += 1
        self.say(f"Would change: {short(title)}", constants.COLOR_CHANGED, indent=INDENT)

    def end(self, *, failed: bool, check_mode: bool) -> None:
        self.end_phase()
        took = duration(self._clock() - self._began)
        self.say("")
        if failed:
            self.say(f"Failed: {self._playbook}, after {took}.", constants.COLOR_ERROR)
        elif check_mode:
            tasks = "1 task" if self._would_change == 1 else f"{self._would_change} tasks"
            self.say(f"Checked: {self._playbook}, in {took}. {tasks} would change something; nothing was changed.")
        else:
            self.say(f"Done: {self._playbook}, in {took}.", constants.COLOR_OK)
        self._would_change = self._phases = 0
        self.close()

    def leave(self) -> None:
        """The process ends: after a run that was interrupted, or that Ansible gave up, people are told so."""
        if not self._ended.is_set() and os.getpid() == self._process:
            self.close()
            took = duration(self._clock() - self._began)
            text = f"Not finished: {self._playbook}, after {took}. What it has done so far stays."
            self._display.display(wrapped(text, self._width()), color=constants.COLOR_ERROR)

    def say(self, text: str, color: str | None = None, *, stderr: bool = False, indent: str = "") -> None:
        with self._lock:
            self.worked()
            self._display.display(wrapped(text, self._width(), indent), color=color, stderr=stderr)
            # Ansible leaves that to the end, but whoever waits at a pipe wants to know now.
            (sys.stderr if stderr else sys.stdout).flush()
            self._schedule.spoke(self._clock())

    def _width(self) -> int:
        if self._terminal is not None:
            return line_width(self._terminal.console.width)
        return line_width(shutil.get_terminal_size().columns if sys.stdout.isatty() else 0)

    # --- what is waited for, in a thread of its own ---

    def _follow(self) -> None:
        while not self._ended.wait(TICK):
            try:
                with self._lock:
                    if not self._ended.is_set():
                        self.tick()
            except Exception as exc:  # pylint: disable=broad-except
                # Whatever it is: the next look may go well.
                self._display.vvv(f"What is waited for was not shown: {type(exc).__name__}: {exc}")

    def tick(self) -> None:
        """Looks what modules told, and shows it where it is time to. With the lock."""
        now, waiting = self._clock(), self._waiting
        for datagram in self._mailbox.take() if self._mailbox is not None else []:
            waiting.take(datagram)
        # While nothing runs somebody may be asked something, as by Ansible's debugger.
        if not waiting.hosts or self._pausing:
            return
        long = now - waiting.since >= LONG
        if long:
            waiting.log = last_line(waiting.log_file)
        if self._terminal is None:
            said = waiting.said()
            if long and self._schedule.is_due(now, said):
                self.say(f"{duration(now - waiting.since)}: {said}", indent=INDENT)
        elif not self._terminal.somebody_is_asked():
            columns = self._terminal.console.width
            picture = draw(self._phase, now - self._phase_began, waiting if long else None, columns, now)
            self._terminal.show(picture)

    def close(self) -> None:
        """Leaves the terminal, and nothing else, as it was. Once is enough, and only in the process that began."""
        if os.getpid() != self._process:
            return
        self._ended.set()
        with self._lock:
            terminal, self._terminal = self._terminal, None
            mailbox, self._mailbox = self._mailbox, None
            if terminal is not None:
                terminal.close()
            if mailbox is not None:
                mailbox.close()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(2 * TICK)


def last_line(path: str | None) -> str:
    """Of a log that is being written; '' where there is none."""
    if path is None:
        return ""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LARGEST))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((short(line) for line in reversed(lines) if line.strip()), "")


def result_of(result: Any) -> dict[str, Any]:
    """What a task returned. Up to ansible-core 2.18 its attributes have a leading underscore."""
    returned: dict[str, Any] = result.result if hasattr(result, "result") else result._result
    return returned


def task_of(result: Any) -> Any:
    return result.task if hasattr(result, "task") else result._task


def host_of(result: Any) -> str:
    return str((result.host if hasattr(result, "host") else result._host).get_name())


def is_handled(task: Any) -> bool:
    """Whether a task stands in a block that has a rescue for it."""
    inner, outer = task, task._parent
    while outer is not None:
        if isinstance(outer, Block) and outer.rescue and any(one._uuid == inner._uuid for one in outer.block):
            return True
        inner, outer = outer, outer._parent
    return False


def told(method: Callable[..., None]) -> Callable[..., None]:
    """One event, as the story has it; where there is none, or where it breaks, as the default callback has it."""

    @functools.wraps(method)
    def either(self: CallbackModule, *args: Any, **kwargs: Any) -> None:
        default = getattr(DefaultCallback, method.__name__)
        if self.story is None:
            default(self, *args, **kwargs)
            return
        try:
            method(self, *args, **kwargs)
        except Exception as exc:  # pylint: disable=broad-except
            self.give_up(exc)
            default(self, *args, **kwargs)

    return either


class CallbackModule(DefaultCallback):
    """Tells the story, or leaves it to the default callback.

    Attributes:
        story: None where the default callback is wanted, or has to do.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "kubelabs.pods.progress"

    def __init__(self) -> None:
        super().__init__()
        self.story: Story | None = None
        self._broken = False

    def give_up(self, exc: Exception) -> None:
        """From here on it is the default callback."""
        self._broken = True
        story, self.story = self.story, None
        try:
            self._display.vvv(f"The callback is ansible.builtin.default from here on: {type(exc).__name__}: {exc}")
            if story is not None:
                story.close()
        except Exception:  # pylint: disable=broad-except
            return

    # --- a playbook ---

    def v2_playbook_on_start(self, playbook: Any) -> None:
        if self._display.verbosity == 0 and not context.CLIARGS.get("step") and not self._broken:
            try:
                if self.story is None:
                    self.story = Story(self._display, self.get_option("progress"))
                self.story.begin(str(playbook._file_name))
                return
            except Exception as exc:  # pylint: disable=broad-except
                self.give_up(exc)
        super().v2_playbook_on_start(playbook)

    @told
    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play
        mode = " (check mode)" if play.check_mode else ""
        self._story.phase(f"{play.get_name().strip() or 'Play'}{mode}")

    @told
    def v2_playbook_on_stats(self, stats: Any) -> None:
        failed = any(stats.failures.values()) or any(stats.dark.values())
        self._story.end(failed=failed, check_mode=bool(context.CLIARGS.get("check")))

    @told
    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._story.show("There are no such hosts in the inventory.", constants.COLOR_SKIP)

    @told
    def v2_playbook_on_no_hosts_remaining(self) -> None:
        """The failures have been told."""

    @told
    def v2_playbook_on_notify(self, handler: Any, host: Any) -> None:
        """Nobody has to know."""

    @told
    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Nobody has to know."""

    # --- a task ---

    @told
    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._begin(task, "TASK")

    @told
    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._begin(task, "RUNNING HANDLER")

    def _begin(self, task: Any, prefix: str) -> None:
        # What the default callback would remember, for when it has to take over.
        self._task_type_cache[task._uuid] = prefix
        self._last_task_name = task.get_name().strip()
        self._story.task(self._title(task), task.action)

    @told
    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._story.started(host.get_name())

    @told
    def v2_runner_retry(self, result: Any) -> None:
        returned = result_of(result)
        self._story.retried(int(returned["attempts"]), int(returned["retries"]) - 1)

    @told
    def v2_runner_on_ok(self, result: Any) -> None:
        self._story.ended(host_of(result))
        if not isinstance(task_of(result), TaskInclude):
            self._story.worked()
            self._show(result, whole=True)

    @told
    def v2_runner_item_on_ok(self, result: Any) -> None:
        if not isinstance(task_of(result), TaskInclude):
            self._show(result, whole=False)

    @told
    def v2_runner_on_skipped(self, result: Any) -> None:
        self._story.ended(host_of(result))
        self._warn(result)

    @told
    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._warn(result)

    @told
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._story.ended(host_of(result))
        self._warn(result)
        if not (task_of(result).loop and "results" in result_of(result)):
            self._fail(result, ignored=ignore_errors)

    @told
    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._warn(result)
        self._fail(result, ignored=bool(task_of(result).ignore_errors))

    @told
    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._story.ended(host_of(result))
        self._warn(result)
        self._fail(result, ignored=bool(task_of(result).ignore_unreachable), how="UNREACHABLE")

    @told
    def v2_on_file_diff(self, result: Any) -> None:
        # Whoever asks for it with --diff gets it as always.
        DefaultCallback.v2_on_file_diff(self, result)

    @told
    def v2_runner_on_async_poll(self, result: Any) -> None:
        """The time that has passed is shown anyway."""

    @told
    def v2_runner_on_async_ok(self, result: Any) -> None:
        """Nobody has to know."""

    @told
    def v2_runner_on_async_failed(self, result: Any) -> None:
        """It is told as any failure."""

    # --- words ---

    @property
    def _story(self) -> Story:
        if self.story is None:
            raise AssertionError("told() asks the default callback where there is no story")
        return self.story

    def _title(self, task: Any) -> str:
        """Without the role, which where() tells: people read the title."""
        return str(task.name or task.get_name()).strip()

    def _label(self, result: Any) -> str:
        """Whose result it is, where that is not this machine's."""
        host = host_of(result)
        return "" if host in constants.LOCALHOST else f"{host}: "

    def _warn(self, result: Any) -> None:
        returned = result_of(result)
        returned.pop("deprecations", None)  # for who writes playbooks, who runs them with -v
        self._handle_warnings(returned)

    def _show(self, result: Any, *, whole: bool) -> None:
        """What a task wants people to see.

        Args:
            whole: whether it is the result of the task, rather than of an item of its loop.
        """
        self._warn(result)
        returned, task = result_of(result), task_of(result)
        if whole and task.check_mode and returned.get("changed"):
            self._story.would_change(self._title(task))
        if not returned.get("_ansible_verbose_always") or (whole and task.loop and "results" in returned):
            return
        self._clean_results(returned, task.action)
        text = message(returned)
        if text is None:
            text = harmless(self._dump_results(returned)).strip()
        if text != ALL_PASSED:
            self._story.show(f"{self._label(result)}{text}")

    def _fail(self, result: Any, *, ignored: bool, how: str = "FAILED") -> None:
        returned, task = result_of(result), task_of(result)
        item = "" if "item" not in returned else f"{short(self._get_item_label(returned))}: "
        text = f"{self._label(result)}{item}{failure(returned)}"
        if ignored or is_handled(task):
            self._story.remark(
                f"{'Ignored' if ignored else 'Did not work, and is dealt with'}: {text}", self._where(task)
            )
        else:
            self._story.failed(text, self._where(task), stderr=bool(self.get_option("display_failed_stderr")), how=how)

    def _where(self, task: Any) -> str:
        path, here = str(task.get_path() or ""), os.path.realpath(os.getcwd()) + os.sep
        # In the checkout the collection is a link to it. In JSON ansible-core 2.18 knows no lines.
        place = os.path.realpath(path).removeprefix(here) if path else ""
        return ", ".join(filter(None, [short(self._title(task)), place]))

    def _print_task_banner(self, task: Any) -> None:
        """Above a difference stands the task's title."""
        if self.story is None:
            super()._print_task_banner(task)
        else:
            self.story.say(f"{short(self._title(task))}:", indent=INDENT)
