# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback plugin, with a display that keeps what is printed. As people see it: tests/commands/test_progress.py."""

from __future__ import annotations

import io
import os
import socket
import sys
import threading
import tty
from types import SimpleNamespace

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from ansible.playbook.block import Block
from ansible.plugins.callback.default import CallbackModule as DefaultCallback

from ansible_collections.kubelabs.pods.plugins.callback import progress
from ansible_collections.kubelabs.pods.plugins.callback.progress import CallbackModule, Mailbox, Story, last_line
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress import Progress
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress_channel import SOCKET, teller


class Display:
    """What is printed, and what -vvv would say."""

    def __init__(self, verbosity=0):
        self.verbosity = verbosity
        self.printed = []
        self.noted = []
        self.columns = 79
        self._lock = threading.RLock()

    def display(self, text, color=None, stderr=False, **_more):
        self.printed.append(text)

    def banner(self, text, **_more):
        self.printed.append(f"BANNER {text}")

    def warning(self, text, **_more):
        self.printed.append(f"WARNING {text}")

    _warning = warning

    def vvv(self, text, **_more):
        self.noted.append(text)

    def take(self):
        taken, self.printed = self.printed, []
        return taken


@pytest.fixture(name="display")
def fixture_display():
    return Display()


@pytest.fixture(name="story")
def fixture_story(display, clock, monkeypatch):
    """Without a terminal, and with nobody who follows but the test."""
    monkeypatch.setattr(Story, "_follow", lambda self: None)
    story = Story(display, "auto", clock)
    story.begin("/some/where/pods_lab.yml")
    yield story
    story.close()


def wait(story, title="Wait until the pods are ready", action="command"):
    story.task(title, action)
    story.started("localhost")


def test_a_phase_is_a_heading_and_how_long_it_took(story, display, clock):
    story.phase("Provision the lab")
    story.worked()
    story.worked()
    clock.now += 12
    story.phase("Tear down what is not there")  # skipped as a whole
    story.phase("Verify")
    story.worked()
    clock.now += 70
    story.end(failed=False, check_mode=False)
    assert display.printed == [
        "Provision the lab",
        "  Done in 12 s.",
        "",
        "Verify",
        "  Done in 1 min 10 s.",
        "",
        "Done: pods_lab.yml, in 1 min 22 s.",
    ]


def test_a_run_that_fails_says_where_and_so_in_its_last_line(story, display):
    story.phase("Provision")
    story.failed("There is no cluster.", "Reach it, tasks/main.yml:3", stderr=False)
    story.end(failed=True, check_mode=False)
    assert display.printed[1:4] == [
        "  FAILED: There is no cluster.",
        "  (Reach it, tasks/main.yml:3)",
        "  Failed after less than 1 s.",
    ]
    assert display.printed[-1] == "Failed: pods_lab.yml, after less than 1 s."


def test_a_run_that_is_interrupted_says_so(story, display, clock):
    story.phase("Provision")
    wait(story)
    clock.now += 16
    story.leave()
    assert display.printed == ["Not finished: pods_lab.yml, after 16 s. What it has done so far stays."]
    assert SOCKET not in os.environ


@pytest.mark.parametrize("ends", [lambda story: story.end(failed=True, check_mode=False), Story.close])
def test_a_run_that_has_ended_or_is_told_by_the_default_callback_does_not(story, display, ends):
    ends(story)
    display.take()
    story.leave()
    assert display.printed == []


def test_check_mode_says_what_would_change(story, display):
    story.would_change("Apply the pods")
    story.end(failed=False, check_mode=True)
    assert display.printed[0] == "  Would change: Apply the pods"
    assert display.printed[-1].endswith("1 task would change something; nothing was changed.")


def test_what_modules_tell_is_shown_where_it_lasts(story, display, clock):
    wait(story)
    tell = teller(os.environ)
    tell(lambda: Progress(57, 200, "pods ready", "143 Pending"))
    clock.now += 4
    story.tick()
    assert display.printed == []
    clock.now += 1
    story.tick()
    assert display.printed == ["  5 s: Wait until the pods are ready: 57 of 200 pods ready; 143 Pending"]


def test_what_the_last_task_told_is_not_the_next_ones(story, display, clock):
    wait(story)
    teller(os.environ)(lambda: Progress(57, 200, "pods ready"))
    wait(story, "Execute commands")
    clock.now += 5
    story.tick()
    assert display.printed == ["  5 s: Execute commands"]


def test_garbage_is_nothing(story, display, clock):
    wait(story)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as anybody:
        anybody.connect(os.environ[SOCKET])
        for message in (
            b"",
            b"\xff" * 3000,
            b'{"pid":1,"done":1,"total":2,"what":"\\u001b[2J","note":""}',
            b"x" * 50_000,
        ):
            anybody.send(message)
    clock.now += 5
    story.tick()
    assert display.printed == ["  5 s: Wait until the pods are ready: 1 of 2"]


def test_nothing_is_shown_while_nothing_runs_or_somebody_is_asked(story, display, clock):
    wait(story)
    story.ended("localhost")
    clock.now += 100
    story.tick()
    wait(story, "Ask", "ansible.builtin.pause")
    clock.now += 100
    story.tick()
    assert display.printed == []


def test_a_task_that_is_tried_again(story, display, clock):
    wait(story, "Wait for accounts")
    story.retried(2, 60)
    clock.now += 5
    story.tick()
    assert display.printed == ["  5 s: Wait for accounts: attempt 3 of 61"]


def test_off_is_without_what_is_waited_for(display, clock):
    before = threading.active_count()
    story = Story(display, "off", clock)
    story.begin("a.yml")
    assert SOCKET not in os.environ and threading.active_count() == before
    story.phase("A")
    story.worked()
    assert display.printed == ["A"]


def test_the_thread_and_the_directory_end_with_the_run(display):
    before = threading.active_count()
    story = Story(display, "plain")
    story.begin("a.yml")
    directory = os.path.dirname(os.environ[SOCKET])
    assert os.stat(directory).st_mode & 0o777 == 0o700
    assert threading.active_count() == before + 1
    story.end(failed=False, check_mode=False)
    assert threading.active_count() == before
    assert not os.path.exists(directory) and SOCKET not in os.environ
    story.close()


def test_without_a_socket_the_rest_goes_on(display, clock, monkeypatch, tmp_path):
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    story = Story(display, "plain", clock)
    story.begin("a.yml")
    assert "No module tells how far it is" in display.noted[0]
    assert list(deep.iterdir()) == []
    story.end(failed=False, check_mode=False)
    assert display.printed[-1].startswith("Done: a.yml")


def test_what_goes_wrong_while_following_ends_that_alone(display, monkeypatch):
    story = Story(display, "plain")
    monkeypatch.setattr(story, "tick", lambda: 1 / 0)
    monkeypatch.setattr(progress, "TICK", 0.01)
    story.begin("a.yml")
    story._thread.join(5)
    assert "ZeroDivisionError" in display.noted[-1]
    story.end(failed=False, check_mode=False)
    assert display.printed[-1].startswith("Done: a.yml")


def test_a_child_leaves_the_parents_things_alone(story, monkeypatch):
    path = os.environ[SOCKET]
    monkeypatch.setattr(os, "getpid", lambda: -1)
    story.close()
    monkeypatch.undo()
    assert os.path.exists(path)


@pytest.mark.parametrize("ends", [lambda story: story.end(failed=False, check_mode=True), Story.leave])
def test_all_lines_of_sentences_are_wrapped_by_words(on_screen, display, ends):
    _screen, story = on_screen(columns=60)
    story.phase("Deploy " + "some more pods " * 9)
    story.failed("There is " + "no cluster " * 9, "Look for " + "it " * 60, stderr=False)
    story.would_change("Apply " + "the pods " * 20)
    ends(story)
    assert max(len(line) for text in display.printed for line in text.splitlines()) <= 60


def test_a_flood_is_not_read_to_its_end():
    mailbox = Mailbox()
    try:
        mailbox._socket = SimpleNamespace(recv=lambda size: b"x", close=lambda: None)
        assert len(mailbox.take()) == progress.AT_A_TIME
    finally:
        mailbox.close()


def test_the_last_line_of_a_log(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"a" * 10_000 + b"\nStep 3/7 : \x1b[31mRUN\x1b[0m apt-get\n\n")
    assert last_line(str(log)) == "Step 3/7 : RUN apt-get"
    assert last_line(str(tmp_path / "none")) == last_line(None) == ""


def test_the_log_that_a_title_names_is_shown(story, display, clock, tmp_path):
    (tmp_path / "log").write_text("Step 1/2\nStep 2/2\n")
    wait(story, f"Build, log in {tmp_path}/log")
    clock.now += 5
    story.tick()
    assert "Step 2/2" in " ".join(display.printed)


# --- on a terminal ---


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(name="on_screen")
def fixture_on_screen(display, clock, monkeypatch):
    """Begins a story on a terminal. In the test itself: pytest has a standard output for each step of it."""
    monkeypatch.setattr(Story, "_follow", lambda self: None)
    stories = []

    def begin(columns=100, option="auto", **environment):
        environment = {"TERM": "xterm-256color", "COLUMNS": str(columns), "NO_COLOR": None, **environment}
        for name, value in environment.items():
            monkeypatch.setenv(name, value or "")
            if value is None:
                monkeypatch.delenv(name)
        screen = Screen()
        monkeypatch.setattr(sys, "stdout", screen)
        stories.append(Story(display, option, clock))
        stories[-1].begin("a.yml")
        return screen, stories[-1]

    yield begin
    for story in stories:
        story.close()


def test_live_lines_and_what_is_printed_in_between(on_screen, clock):
    screen, story = on_screen()
    assert story._terminal is not None
    story.phase("Provision")
    wait(story)
    story.tick()
    assert "Provision, less than 1 s" in screen.getvalue()
    teller(os.environ)(lambda: Progress(57, 200, "pods ready", "143 Pending"))
    clock.now += 3
    story.tick()
    assert "Wait until the pods are ready, 3 s" in screen.getvalue()
    assert "57 of 200 pods ready; 143 Pending" in screen.getvalue()
    drawn = len(screen.getvalue())
    print("WARNING")
    assert "\x1b[2K" in screen.getvalue()[drawn:]
    assert screen.getvalue().endswith("WARNING\n")
    assert screen.getvalue().rindex("\x1b[2K") < screen.getvalue().rindex("WARNING")  # the lines were wiped out before
    assert screen.getvalue().count("\x1b[?25h") >= screen.getvalue().count("\x1b[?25l")
    story.end(failed=False, check_mode=False)
    assert sys.stdout is screen


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_how_long_it_has_lasted_is_seen_however_long_the_title_is(on_screen, clock, columns):
    screen, story = on_screen(columns=columns)
    wait(story, "Watch Kubernetes restart it, with growing back-off (half a minute for 2 restarts, a minute for 3)")
    clock.now += 13
    story.tick()
    assert "…, 13 s" in screen.getvalue()


def test_a_narrow_terminal_has_no_bar(on_screen, clock):
    screen, story = on_screen(columns=40)
    wait(story)
    teller(os.environ)(lambda: Progress(57, 200, "pods ready"))
    clock.now += 3
    story.tick()
    assert "57 of 200" in screen.getvalue() and "\u2501" not in screen.getvalue()


def test_while_keys_are_read_nothing_is_drawn(on_screen, clock, monkeypatch):
    screen, story = on_screen()
    wait(story)
    monkeypatch.setattr(story._terminal, "somebody_is_asked", lambda: True)
    clock.now += 3
    story.tick()
    assert screen.getvalue() == ""


def test_who_reads_single_keys_or_a_password_is_noticed(on_screen, monkeypatch):
    _screen, story = on_screen()
    ours, theirs = os.openpty()
    with open(ours, "rb", buffering=0), open(theirs, "rb", buffering=0) as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        assert not story._terminal.somebody_is_asked()
        tty.setraw(keyboard)
        assert story._terminal.somebody_is_asked()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert not story._terminal.somebody_is_asked()


def test_a_question_wipes_the_lines_out_first(on_screen):
    """input() flushes before it asks, and does not write where we would see it."""
    screen, story = on_screen()
    wait(story)
    story.tick()
    before = len(screen.getvalue())
    sys.stdout.flush()
    assert "\x1b[2K" in screen.getvalue()[before:]


@pytest.mark.parametrize(
    "given",
    [{"TERM": "dumb"}, {"TERM": None}, {"option": "plain"}, {"option": "off"}],
    ids=["dumb", "none", "plain", "off"],
)
def test_where_there_are_no_live_lines(on_screen, given):
    screen, story = on_screen(**given)
    assert story._terminal is None and sys.stdout is screen


def test_without_rich_there_are_lines_now_and_then(on_screen, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.live", None)
    screen, story = on_screen()
    assert story._terminal is None and sys.stdout is screen


# --- the events of Ansible ---


def task(name="Do it", action="command", **more):
    return SimpleNamespace(
        **{
            "name": name,
            "action": action,
            "loop": None,
            "check_mode": False,
            "ignore_errors": False,
            "ignore_unreachable": False,
            "delegate_to": None,
            "no_log": False,
            "_uuid": name,
            "_parent": None,
            "get_name": lambda: f"role : {name}",
            "get_path": lambda: "/nowhere/tasks/main.yml:3",
            **more,
        }
    )


def result(returned, of=None, host="localhost"):
    """As ansible-core has it, and as 2.18 had it."""
    given, of, where = dict(returned), of or task(), SimpleNamespace(get_name=lambda: host)
    return SimpleNamespace(result=given, _result=given, task=of, _task=of, host=where, _host=where)


@pytest.fixture(name="callback")
def fixture_callback(story, display):
    callback = CallbackModule()
    callback._display = display
    callback._plugin_options = {
        "display_failed_stderr": False,
        "result_format": "yaml",
        "display_skipped_hosts": False,
        "display_ok_hosts": True,
        "show_task_path_on_failure": False,
    }
    callback.story = story
    callback.v2_playbook_on_play_start(SimpleNamespace(get_name=lambda: "A play", check_mode=False, strategy="linear"))
    story.worked()
    display.take()
    return callback


def debug(**returned):
    return result({"_ansible_verbose_always": True, "changed": False, **returned}, task(action="debug"))


def test_what_tasks_say_is_shown_and_what_they_did_is_not(callback, display):
    callback.v2_playbook_on_task_start(task(), False)
    callback.v2_runner_on_ok(result({"changed": True, "msg": "changed something"}))
    callback.v2_runner_on_skipped(result({"skipped": True}))
    callback.v2_playbook_on_include(None)
    callback.v2_playbook_on_notify(None, None)
    callback.v2_runner_on_async_poll(None)
    callback.v2_runner_on_async_ok(None)
    callback.v2_runner_on_async_failed(None)
    callback.v2_playbook_on_no_hosts_remaining()
    assert display.take() == []
    callback.v2_runner_on_ok(debug(msg="Class monday on the cluster kind."))
    callback.v2_runner_item_on_ok(debug(msg=["One.", "Two."]))
    callback.v2_runner_on_ok(debug(msg="All assertions passed"))
    callback.v2_runner_on_ok(debug(answer=42))
    callback.v2_runner_on_ok(debug(msg="rules:\n  - apiGroups: ['']"))
    assert display.take() == [
        "  Class monday on the cluster kind.",
        "  One.\n  Two.",
        "  answer: 42",
        # What is laid out is to be copied as it is.
        "rules:\n  - apiGroups: ['']",
    ]


def test_of_another_host_it_is_told_whose_it_is(callback, display):
    said = debug(msg="Hello.")
    said.host.get_name = lambda: "node-1"
    callback.v2_runner_on_ok(said)
    assert display.take() == ["  node-1: Hello."]


def test_warnings_are_shown_and_deprecations_are_not(callback, display):
    callback._current_task_result = SimpleNamespace(warnings=["Careful."], deprecations=["Old."])
    callback.v2_runner_on_ok(result({"warnings": ["Careful."], "deprecations": [{"msg": "Old."}]}))
    assert display.take() == ["WARNING Careful."]


def test_a_failure_is_a_sentence_with_its_place(callback, display):
    callback.v2_runner_on_failed(result({"msg": "There is no cluster.", "changed": False}))
    assert display.take() == ["  FAILED: There is no cluster.", "  (Do it, /nowhere/tasks/main.yml:3)"]


def test_of_a_loop_the_items_fail_and_not_once_more_the_whole(callback, display):
    looped = task(loop=["a"])
    callback.v2_runner_item_on_failed(result({"msg": "No.", "item": "a"}, looped))
    callback.v2_runner_on_failed(result({"msg": "One or more items failed", "results": []}, looped))
    assert display.take() == ["  FAILED: a: No.", "  (Do it, /nowhere/tasks/main.yml:3)"]


def test_unreachable_is_a_failure(callback, display):
    callback.v2_runner_on_unreachable(result({"msg": "No route."}, host="node-1"))
    assert display.take()[0] == "  UNREACHABLE: node-1: No route."


def test_what_is_ignored_or_rescued_is_a_remark(callback, display):
    callback.v2_runner_on_failed(result({"msg": "No."}), ignore_errors=True)
    inner = task()
    block = Block()
    block.block, block.rescue = [inner], [task("Mend it")]
    inner._parent = block
    callback.v2_runner_on_failed(result({"msg": "No."}, inner))
    in_rescue = task("Mend it", _parent=block)
    callback.v2_runner_on_failed(result({"msg": "No."}, in_rescue))
    assert [line.split(":")[0].strip() for line in display.take()][:3] == [
        "Ignored",
        "Did not work, and is dealt with",
        "FAILED",
    ]


def test_retries_handlers_and_missing_hosts(callback, display, story):
    callback.v2_playbook_on_handler_task_start(task("Restart"))
    callback.v2_runner_on_start(SimpleNamespace(get_name=lambda: "a"), task("Restart"))
    callback.v2_runner_retry(result({"attempts": 1, "retries": 4}))
    assert story._waiting.said() == "Restart: attempt 2 of 4"
    callback.v2_playbook_on_no_hosts_matched()
    assert display.take() == ["  There are no such hosts in the inventory."]


def test_check_mode_names_what_would_change(callback, display):
    callback.v2_runner_on_ok(result({"changed": True}, task(check_mode=True)))
    assert display.take() == ["  Would change: Do it"]


def test_a_difference_has_its_title_above(callback, display):
    callback.v2_on_file_diff(result({"changed": True, "diff": {"before": "a\n", "after": "b\n"}}))
    assert display.take()[0] == "  Do it:"


def test_where_it_breaks_the_default_callback_takes_over(callback, display, monkeypatch):
    monkeypatch.setattr(Story, "show", lambda *args, **kwargs: 1 / 0)
    callback._current_task_result = None
    callback.v2_playbook_on_task_start(task(), False)
    callback.v2_runner_on_ok(debug(msg="Hello."))
    assert callback.story is None and SOCKET not in os.environ
    assert "ZeroDivisionError" in display.noted[-1]
    assert "BANNER TASK [role : Do it]" in display.printed
    assert "Hello." in display.printed[-1]


@pytest.mark.parametrize(
    "verbosity, step, has_story", [(0, False, True), (1, False, False), (4, False, False), (0, True, False)]
)
def test_who_asks_for_more_gets_the_default_callback(monkeypatch, verbosity, step, has_story):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(step=step, check=False, args=()))
    callback = CallbackModule()
    callback._display = Display(verbosity)
    callback._plugin_options = {"progress": "off", "check_mode_markers": False}
    callback.v2_playbook_on_start(SimpleNamespace(_file_name="a.yml"))
    assert (callback.story is not None) is has_story


def test_a_story_that_cannot_begin_is_none(monkeypatch):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(step=False, check=False, args=()))
    callback = CallbackModule()
    callback._display = Display()
    callback._plugin_options = {"check_mode_markers": False}  # not even its own option
    callback.v2_playbook_on_start(SimpleNamespace(_file_name="a.yml"))
    assert callback.story is None
    assert "KeyError" in callback._display.noted[-1]


def test_the_end(callback, display, monkeypatch):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(check=False))
    callback.v2_playbook_on_stats(SimpleNamespace(failures={"localhost": 1}, dark={}))
    assert display.printed[-1].startswith("Failed: pods_lab.yml, after ")


def test_every_event_that_the_default_callback_shows_is_ours_or_on_purpose():
    """A new one of ansible-core's would print in the middle of the story."""
    ours = {name for name in vars(CallbackModule) if name.startswith("v2_")}
    theirs = {name for name in vars(DefaultCallback) if name.startswith("v2_")}
    assert theirs - ours <= {"v2_playbook_on_cleanup_task_start"}


def test_one_look_that_goes_wrong_does_not_end_them_all(display, monkeypatch):
    monkeypatch.setattr(progress, "TICK", 0.001)
    looked_twice = threading.Event()
    looks = []

    def tick(_story):
        looks.append(None)
        if len(looks) == 1:
            raise ValueError("no such thing")
        looked_twice.set()

    monkeypatch.setattr(Story, "tick", tick)
    story = Story(display, "plain")
    story.begin("pods_lab.yml")
    try:
        assert looked_twice.wait(30)
    finally:
        story.close()
    assert display.noted == ["What is waited for was not shown: ValueError: no such thing"]
