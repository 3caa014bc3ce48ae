# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Makefile with whatever people write into its variables, and tests/run.sh: with programs that only take notes."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

CHECKOUT = pathlib.Path(__file__).parents[2]
NASTY = {
    "spaces": "some dir/Kurs 10b/Teilnehmer  Liste.csv",
    "quotes": """it's "the" class.csv""",
    "dollars": "costs $5 $HOME ${x} $(id) `id`.csv",
    "backslash": "back\\slash\\ .csv",
    "shell": "a;b&c|d>e#f%g!h*.csv",
    "letters": "Übung – ١.csv",
    "braces": '{"a", [b]}.csv',
    "equals": "name=value.csv",
}


@pytest.fixture(name="checkout")
def fixture_checkout(tmp_path):
    """A checkout whose .venv holds a Python, and an ansible-playbook that prints its arguments as JSON."""
    checkout = tmp_path / "a teacher's checkout"
    (checkout / ".venv/bin").mkdir(parents=True)
    shutil.copytree(CHECKOUT / "tools", checkout / "tools")
    for file in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(CHECKOUT / file, checkout)
    (checkout / ".venv/bin/python").symlink_to(sys.executable)
    playbook = checkout / ".venv/bin/ansible-playbook"
    playbook.write_text('#!/bin/sh\nexec python3 -c "import json, sys; print(json.dumps(sys.argv[1:]))" "$@"\n')
    playbook.chmod(0o755)
    for stamp in ("for-the-lab", "for-tests"):
        (checkout / ".venv" / stamp).touch()
    return checkout


def environment(**variables: str) -> dict[str, str]:
    ours = ("STUDENTS", "ROSTER", "KEEP", "PODS_LAB_CONTEXT", "PODS_LAB_KUBECONFIG", "ARGS", "MAKEFLAGS", "MAKELEVEL")
    return {**{name: value for name, value in os.environ.items() if name not in ours}, **variables}


def arguments(checkout: pathlib.Path, target: str, *words: str, **variables: str) -> list[str]:
    """What the target gives to ansible-playbook."""
    done = subprocess.run(
        ["make", "--silent", target, *words],
        cwd=checkout,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def split(words: list[str]) -> tuple[list[str], dict[str, Any]]:
    """Playbooks, and the variables as Ansible reads them."""
    playbooks, extra = [], {}
    rest = iter(words)
    for word in rest:
        if word not in ("-e", "--extra-vars"):
            playbooks.append(word)
        elif (value := next(rest)).startswith("{"):
            extra.update(json.loads(value))
        else:
            name, _equals, text = value.partition("=")
            extra[name] = text
    return playbooks, extra


@pytest.mark.parametrize("given", ["in the environment", "after make"])
@pytest.mark.parametrize("path", NASTY.values(), ids=NASTY)
def test_paths_arrive_as_they_are(checkout, path, given):
    variables = {"ROSTER": path, "PODS_LAB_KUBECONFIG": f"/etc/{path}:{path}"}
    if given == "after make":
        words = arguments(checkout, "lab", *[f"{name}={value}" for name, value in variables.items()])
    else:
        words = arguments(checkout, "lab", **variables)
    assert split(words)[1] == {
        "pods_lab_roster": f"{checkout}/{path}",
        "pods_lab_kubeconfig": f"/etc/{path}:{checkout}/{path}",
    }


def test_home_directories_between_quotes(checkout):
    words = arguments(checkout, "lab", HOME="/home/da da", ROSTER="~/class.csv", PODS_LAB_KUBECONFIG="~/a b:~/c")
    assert split(words)[1] == {
        "pods_lab_roster": "/home/da da/class.csv",
        "pods_lab_kubeconfig": "/home/da da/a b:/home/da da/c",
    }


def test_a_list_of_kubeconfigs_may_have_empty_parts(checkout):
    assert split(arguments(checkout, "teardown", PODS_LAB_KUBECONFIG=":/a::/b:"))[1] == {"pods_lab_kubeconfig": "/a:/b"}


@pytest.mark.parametrize(
    "args, words",
    [
        pytest.param(
            "-e 'pods_lab_report_dir=/tmp/some dir'", ["-e", "pods_lab_report_dir=/tmp/some dir"], id="quoted"
        ),
        pytest.param('-e @"my vars/a.yml" -v', ["-e", "@my vars/a.yml", "-v"], id="quoted in part"),
        pytest.param("""-e '{"a": "it'\\''s"}'""", ["-e", """{"a": "it's"}"""], id="JSON"),
        pytest.param('-e "home=$HOME"', ["-e", "home=/home/da da"], id="a variable of the shell"),
        pytest.param("-e @~/vars.yml", ["-e", "@~/vars.yml"], id="for Ansible to expand"),
    ],
)
def test_args_are_words_of_the_shell(checkout, args, words):
    assert arguments(checkout, "cluster-up", HOME="/home/da da", ARGS=args) == ["playbooks/cluster_up.yml", *words]
    assert arguments(checkout, "cluster-down", f"ARGS={args}", HOME="/home/da da")[1:] == words


LAB, UP = "playbooks/pods_lab.yml", "playbooks/cluster_up.yml"


@pytest.mark.parametrize(
    "variables, playbooks, extra",
    [
        pytest.param({}, [UP, LAB], {"pods_lab_students": "3"}, id="nothing"),
        pytest.param({"STUDENTS": "20"}, [UP, LAB], {"pods_lab_students": 20}, id="a number"),
        pytest.param({"STUDENTS": "many"}, [UP, LAB], {"pods_lab_students": "many"}, id="for the lab to refuse"),
        pytest.param(
            {"STUDENTS": "20", "ROSTER": "/r"}, [UP, LAB], {"pods_lab_roster": "/r"}, id="a roster goes first"
        ),
        pytest.param(
            {"STUDENTS": "2", "KEEP": "1"}, [UP, LAB], {"pods_lab_students": 2, "pods_lab_keep": True}, id="keep"
        ),
        pytest.param({"STUDENTS": "2", "KEEP": "no"}, [UP, LAB], {"pods_lab_students": 2}, id="keep it not"),
        pytest.param(
            {"STUDENTS": "2", "PODS_LAB_CONTEXT": "a b"},
            [LAB],
            {"pods_lab_students": 2, "pods_lab_context": "a b"},
            id="a cluster of one's own",
        ),
        pytest.param(
            {"STUDENTS": "2", "PODS_LAB_KUBECONFIG": "/k"},
            [LAB],
            {"pods_lab_students": 2, "pods_lab_kubeconfig": "/k"},
            id="a kubeconfig of one's own",
        ),
    ],
)
def test_lab(checkout, variables, playbooks, extra):
    assert split(arguments(checkout, "lab", **variables)) == (playbooks, extra)


@pytest.mark.parametrize(
    "variables, extra",
    [
        pytest.param({}, {}, id="whoever is in the class"),
        pytest.param({"STUDENTS": "3"}, {"pods_lab_students": 3}, id="those alone that are named"),
        pytest.param({"ROSTER": "/r"}, {"pods_lab_roster": "/r"}, id="those of a roster"),
        pytest.param({"PODS_LAB_CONTEXT": "c"}, {"pods_lab_context": "c"}, id="on another cluster"),
    ],
)
def test_teardown_names_no_students_by_itself(checkout, variables, extra):
    assert split(arguments(checkout, "teardown", **variables)) == (["playbooks/teardown.yml"], extra)


def targets() -> set[str]:
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    return set(phony[1].replace("\\\n", " ").split())


def test_help_names_every_target(checkout):
    done = subprocess.run(["make", "help"], cwd=checkout, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  make (\S+) +\S", done.stdout, re.MULTILINE)) == targets()


class Steps:
    """tests/run.sh with a `make` that notes the target, prints and returns what the test says."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        (path / "tests").mkdir()
        (path / "says").mkdir()
        shutil.copy(CHECKOUT / "tests/run.sh", path / "tests")
        make = path / "make"
        make.write_text('#!/bin/sh\necho "$2" >> made\n! [ -f "says/$2" ] || . "./says/$2"\n')
        make.chmod(0o755)

    def run(self, **says: str) -> tuple[int, str, list[str]]:
        """Exit status, output, and the targets that were made; `says` has the shell line that a target stands for."""
        for name, line in says.items():
            (self._path / "says" / name.replace("_", "-")).write_text(f"{line}\n")
        done = subprocess.run(
            ["bash", "tests/run.sh"],
            cwd=self._path,
            env=environment(PATH=f"{self._path}:{os.environ['PATH']}"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, (self._path / "made").read_text().split()


@pytest.fixture(name="steps")
def fixture_steps(tmp_path):
    return Steps(tmp_path)


def test_every_step_is_a_target_and_is_made_once(steps):
    status, output, made = steps.run()
    assert set(made) <= targets() and len(made) == len(set(made)) > 10
    assert (status, output.splitlines()[-1]) == (0, f"{len(made)} passed, 0 failed")
    # The clusters get the machine to themselves.
    assert made[-4:] == ["live", "live-alone", "molecule", "live-oldest"]


def test_lint_is_made_of_steps(steps):
    rule = re.search(r"^lint: (.*?) ##", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert rule and set(rule[1].split()) < set(steps.run()[2])


def test_a_failed_step_stops_no_other_and_is_shown(steps):
    status, output, made = steps.run(ruff="echo what ruff says; exit 2")
    assert {"types", "molecule"} < set(made)
    assert status == 1 and "[ruff] what ruff says" in output
    assert output.splitlines()[-1] == f"{len(made) - 1} passed, 1 failed"


def test_what_a_passed_step_says_is_kept_and_not_shown(steps, tmp_path):
    _status, output, _made = steps.run(unit="echo a lot; echo '==== 12 passed in 3 s ===='")
    assert "a lot" not in output and "12 passed in 3 s" in output
    assert "a lot" in (tmp_path / "tests/output/unit.log").read_text()


@pytest.mark.parametrize(
    "cluster, on_it",
    [("newest_cluster", {"live", "live-alone", "molecule"}), ("oldest_cluster", {"live-oldest"})],
)
def test_without_a_cluster_there_are_no_tests_on_it(steps, cluster, on_it):
    status, output, made = steps.run(**{cluster: "exit 2"})
    assert status == 1
    assert {"live", "live-alone", "molecule", "live-oldest"} - set(made) == on_it
    assert output.splitlines()[-1] == f"{len(made) - 1} passed, 1 failed"


def test_a_step_that_looked_at_nothing_has_not_passed(steps):
    status, output, made = steps.run(shellcheck="echo 'SKIPPED: no shellcheck here'")
    assert status == 0 and "==> shellcheck: SKIPPED: no shellcheck here" in output
    assert output.splitlines()[-1] == f"{len(made) - 1} passed, 0 failed, 1 skipped"


def test_a_step_that_left_something_out_says_so(steps):
    status, output, made = steps.run(versions="echo all well; echo 'SKIPPED: Python 3.12'")
    assert status == 0 and "[versions] SKIPPED: Python 3.12" in output
    assert output.splitlines()[-1] == f"{len(made)} passed, 0 failed"
