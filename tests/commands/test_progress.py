# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback plugin `progress`, in runs of ansible-playbook: on a terminal and without one."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import pytest

from ansible_collections.kubelabs.pods.tests.commands.terminal import Terminal

CHECKOUT = pathlib.Path(__file__).parents[2]
PLAYBOOK = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
#: A module as ours: it tells how far it is, for as long as the file is not there.
TELLS = f"""
import os, sys, time
sys.path[:0] = {sys.path!r}
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress import Progress
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.progress_channel import teller
tell, end = teller(os.environ), time.monotonic() + 20
while time.monotonic() < end and not os.path.exists(sys.argv[1]):
    tell(lambda: Progress(57, 200, "pods ready", "143 Pending"))
    time.sleep(0.1)
"""


@pytest.fixture(name="temporary")
def fixture_temporary():
    """A directory for temporary files, with a short name: Ansible makes a socket in there, too."""
    with tempfile.TemporaryDirectory(prefix="t") as path:
        yield path


@pytest.fixture(name="environment")
def fixture_environment(temporary):
    environment = {
        **os.environ,
        "TMPDIR": temporary,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible/collections"),
        "ANSIBLE_STDOUT_CALLBACK": "kubelabs.pods.progress",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_PIPELINING": "true",
    }
    for name in ("NO_COLOR", "COLUMNS", "LINES", "ANSIBLE_FORCE_COLOR", "KUBELABS_PODS_PROGRESS"):
        environment.pop(name, None)
    return environment


@pytest.fixture(name="write")
def fixture_write(tmp_path):
    """Writes a playbook with these tasks, and the program that tells how far it is."""

    def write(*tasks, **play):
        (tmp_path / "tells.py").write_text(TELLS)
        plays = [{"name": "Make the pods", "hosts": "localhost", "gather_facts": False, "tasks": list(tasks), **play}]
        (tmp_path / "play.yml").write_text(json.dumps(plays))
        return str(tmp_path / "play.yml")

    return write


@pytest.fixture(name="run")
def fixture_run(tmp_path, environment):
    def run(playbook, *options, **more):
        return subprocess.run(
            [PLAYBOOK, playbook, *options],
            cwd=tmp_path,
            env={**environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(name="terminal")
def fixture_terminal(tmp_path, environment):
    opened = []

    def open_terminal(playbook, *options, columns=100, **more):
        opened.append(
            Terminal(
                [PLAYBOOK, playbook, *options], cwd=tmp_path, env={**environment, **more}, columns=columns, lines=40
            )
        )
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.process.kill()
        one.process.wait()


def command(tmp_path, name="Wait until the pods are ready"):
    argv = [sys.executable, str(tmp_path / "tells.py"), str(tmp_path / "enough")]
    return {"name": name, "ansible.builtin.command": {"argv": argv}, "changed_when": False}


def say(text):
    return {"name": "Say it", "ansible.builtin.debug": {"msg": text}}


FAILS = {"name": "Look for the cluster", "ansible.builtin.fail": {"msg": "There is no cluster: make one."}}


def test_what_people_have_to_see_and_nothing_else(write, run):
    tasks = [
        say("Class monday."),
        {"name": "Change it", "ansible.builtin.command": "true"},
        {"name": "Skip it", "ansible.builtin.command": "true", "when": False},
        {"name": "Each", "ansible.builtin.debug": {"msg": "{{ item }}"}, "loop": ["a", "b"]},
    ]
    done = run(write(*tasks))
    assert done.returncode == 0
    assert done.stdout.splitlines()[:4] == ["Make the pods", "  Class monday.", "  a", "  b"]
    assert [line.split(" in ")[0] for line in done.stdout.splitlines()[4:]] == ["  Done", "", "Done: play.yml,"]
    assert done.stderr == ""


def test_a_failure_is_a_sentence_and_the_exit_status_is_ansibles(write, run, tmp_path):
    done = run(write(FAILS))
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert lines[1] == "  FAILED: There is no cluster: make one."
    # In JSON, ansible-core 2.18 knows no lines.
    assert lines[2].startswith(("  (Look for the cluster, play.yml:1", "  (Look for the cluster)"))
    assert lines[-1].startswith("Failed: play.yml, after ")


@pytest.mark.parametrize("options", [["-v"], ["-vvvv"], ["-v", "--check", "--diff"]], ids=" ".join)
def test_with_v_it_is_the_default_callback(write, run, tmp_path, options):
    playbook = write(
        say("Hello."),
        {"ansible.builtin.copy": {"content": "a\n", "dest": "{{ playbook_dir }}/a"}, "diff": True},
        {**FAILS, "ignore_errors": True},
        FAILS,
    )
    ours = run(playbook, *options)
    (tmp_path / "a").unlink(missing_ok=True)
    theirs = run(playbook, *options, ANSIBLE_STDOUT_CALLBACK="ansible.builtin.default")
    assert ours.returncode == theirs.returncode == 2

    def comparable(text):
        """Without which callback it is, and what no two runs share."""
        lines = [line for line in text.splitlines() if "callback" not in line.lower()]
        return re.sub(r"ansible-tmp-[\d.-]+|ansible-local-\w+|tmp\w{8}|\d+\.\d+|\d{5,}", "", "\n".join(lines))

    if options != ["-vvvv"]:
        assert comparable(ours.stdout) == comparable(theirs.stdout)
    for line in ("PLAY [Make the pods]", "TASK [Look for the cluster]", "PLAY RECAP"):
        assert line in ours.stdout


def test_a_difference_and_a_list_of_tasks_are_shown(write, run):
    playbook = write({"name": "Write it", "ansible.builtin.copy": {"content": "a\n", "dest": "{{ playbook_dir }}/a"}})
    done = run(playbook, "--check", "--diff")
    assert done.returncode == 0
    assert "  Write it:\n" in done.stdout and "\n+a\n" in done.stdout
    assert "Would change: Write it" in done.stdout
    assert "1 task would change something" in done.stdout.splitlines()[-1]
    assert "Write it" in run(playbook, "--list-tasks").stdout


def test_without_a_terminal_a_long_wait_is_told_in_lines(write, environment, tmp_path):
    playbook = write(command(tmp_path))
    with subprocess.Popen(
        [PLAYBOOK, playbook], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        told = ""
        while "57 of 200" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        (tmp_path / "enough").touch()
        process.stdout.read()
    assert process.returncode == 0
    assert "s: Wait until the pods are ready: 57 of 200 pods ready; 143 Pending" in " ".join(told.split())
    assert "\x1b" not in told


def test_on_a_terminal_it_is_live(write, terminal, tmp_path, temporary):
    screen = terminal(write(say("Class monday."), command(tmp_path), say("All are there.")))
    seen = screen.until("57 of 200 pods ready; 143 Pending")
    assert re.search(r"[-\\|/] Wait until the pods are ready, \d+ s\n", seen)
    assert "\u2501" in seen
    screen.resize(50, 40)
    screen.follow(1)
    screen.resize(120, 40)
    (tmp_path / "enough").touch()
    assert screen.end() == 0
    lines = screen.text().splitlines()
    # Nothing of it is left, nothing else is gone, and the terminal is as it was.
    assert lines[:3] == ["Make the pods", "  Class monday.", "  All are there."], screen.text()
    assert lines[-1].startswith("Done: play.yml, in ")
    assert not screen.cursor_is_hidden
    assert not [name for name in os.listdir(temporary) if name.startswith("kubelabs-")]


@pytest.mark.parametrize(
    "more", [{"TERM": "dumb"}, {"KUBELABS_PODS_PROGRESS": "plain"}, {"KUBELABS_PODS_PROGRESS": "off"}]
)
def test_a_terminal_without_live_lines(write, terminal, tmp_path, more):
    (tmp_path / "enough").touch()
    screen = terminal(write(command(tmp_path), {"ansible.builtin.command": "sleep 2"}), **more)
    assert screen.end() == 0
    assert b"\x1b[2K" not in screen.raw and b"\x1b[?25" not in screen.raw


def test_no_color_is_no_color(write, terminal, tmp_path):
    (tmp_path / "enough").touch()
    screen = terminal(write(command(tmp_path), {"ansible.builtin.command": "sleep 2"}), NO_COLOR="1")
    assert screen.end() == 0
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]", screen.raw)


def test_ctrl_c_ends_the_run_and_leaves_the_terminal_as_it_was(write, terminal, tmp_path, temporary):
    screen = terminal(write(say("Class monday."), command(tmp_path)))
    screen.until("57 of 200")
    screen.type("\x03")
    assert screen.end() == 99
    assert screen.text().splitlines()[:2] == ["Make the pods", "  Class monday."]
    assert "interrupted" in screen.text() and "57 of 200" not in screen.text()
    assert screen.text().splitlines()[-1].startswith("Not finished: ")
    assert not screen.cursor_is_hidden
    assert not [name for name in os.listdir(temporary) if name.startswith("kubelabs-")]


def test_after_one_that_was_killed_the_next_runs(write, terminal, run, tmp_path):
    playbook = write(command(tmp_path))
    screen = terminal(playbook)
    screen.until("57 of 200")
    screen.process.send_signal(signal.SIGKILL)
    screen.process.wait()
    assert not screen.cursor_is_hidden
    (tmp_path / "enough").touch()
    assert run(playbook).returncode == 0


def test_who_is_asked_something_sees_nothing_move(write, terminal):
    tasks = [{"name": "Ask", "ansible.builtin.pause": {"prompt": "Type a word"}}, say("Thank you.")]
    prompts = [{"name": "who", "prompt": "Who are you", "private": False}]
    screen = terminal(write(*tasks, vars_prompt=prompts))
    screen.until("Who are you")
    screen.type("Anna\n")
    screen.until("Type a word")
    before = len(screen.raw)
    screen.follow(2.5)
    assert screen.raw[before:] == b""
    screen.type("word\r")
    assert screen.end() == 0
    assert "  Thank you." in screen.text()


def test_steps_are_ansibles_own(write, terminal):
    screen = terminal(write(say("Hello.")), "--step")
    screen.until("Perform task: TASK: Say it")
    screen.type("y\n")
    assert screen.end() == 0
    assert "PLAY RECAP" in screen.text()


def test_what_breaks_inside_changes_no_exit_status(write, run, tmp_path):
    """Its own things are made unusable under its hands."""
    plugins = tmp_path / "callback_plugins"
    plugins.mkdir()
    (plugins / "broken.py").write_text(
        f"DOCUMENTATION = {(CHECKOUT / 'plugins/callback/progress.py').read_text().split(chr(34) * 3)[1]!r}"
        ".replace('name: progress', 'name: broken')\n"
        "from ansible_collections.kubelabs.pods.plugins.callback import progress\n"
        "class CallbackModule(progress.CallbackModule):\n"
        "    CALLBACK_NAME = 'broken'\n"
        "def fail(*args, **kwargs): raise RuntimeError('broken')\n"
        "progress.Story.show = progress.Story.tick = fail\n"
    )
    for tasks, status in (([say("Hello."), say("Again.")], 0), ([say("Hello."), FAILS], 2)):
        done = run(write(*tasks), ANSIBLE_STDOUT_CALLBACK="broken", ANSIBLE_CALLBACK_PLUGINS=str(plugins))
        assert done.returncode == status, done.stdout + done.stderr
        assert "TASK [Say it]" in done.stdout and "PLAY RECAP" in done.stdout


def test_many_hosts_at_once_are_one_wait(write, run, tmp_path):
    """With forks, each in a process of its own."""
    (tmp_path / "hosts").write_text(
        "".join(f"host-{number}\n" for number in range(4))
        + f"[all:vars]\nansible_connection=local\nansible_python_interpreter={sys.executable}\n"
    )
    argv = [sys.executable, str(tmp_path / "tells.py"), str(tmp_path / "never")]
    playbook = write(
        {"name": "Wait", "ansible.builtin.command": {"argv": argv}, "timeout": 8, "ignore_errors": True}, hosts="all"
    )
    done = run(playbook, "--inventory", str(tmp_path / "hosts"), "--forks", "4")
    assert "228 of 800 pods ready" in " ".join(done.stdout.split()), done.stdout
