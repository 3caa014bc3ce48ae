# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as people see it: in Debian's chromium, which tests/browser.sh installs."""

from __future__ import annotations

import copy
import json
import pathlib

import pytest
from playwright.sync_api import sync_playwright

from ansible_collections.kubelabs.pods.plugins.plugin_utils._report_file import write_report

CHROMIUM = "/usr/bin/chromium"
RECORDED = pathlib.Path(__file__).parents[1] / "unit/recordings/results.json"


@pytest.fixture(name="recorded")
def fixture_recorded():
    """results.json of a lab with three students."""
    return json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(name="browser", scope="session")
def fixture_browser():
    with sync_playwright() as playwright:
        # Its sandbox refuses to run as root.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(name="show")
def fixture_show(browser, tmp_path):
    """Opens the page of a report. Whatever it does, it has nothing to say on the console, and asks for nothing."""
    contexts, said, asked = [], [], []

    def show(report, **options):
        path = tmp_path / "results.json"
        write_report(str(path), report)
        context = browser.new_context(**options)
        context.set_default_timeout(100_000)  # milliseconds: slowness is not what is tested
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "report.html").as_uri())
        page.wait_for_selector("#shown:not(:empty)")
        return page

    yield show
    for context in contexts:
        context.close()
    assert said == []
    assert set(asked) <= {(tmp_path / "report.html").as_uri()}


@pytest.fixture(name="failed")
def fixture_failed(recorded):
    """The same with a failed check, skipped ones and a note."""
    return with_trouble(recorded)


def with_trouble(report):
    """The second student's DNS does not answer; of the third no shell pod came to be; the first restarted late."""
    first, second, third = report["students"][:3]
    change(second, "dns", status="failed", reason="The cluster's DNS did not give its address.", evidence="timed out")
    change(third, "shell_pod_ready", status="failed", reason="ImagePullBackOff: no such image.")
    for name in ("exec", "environment", "dns"):
        change(third, name, status="skipped", reason="Needs shell_pod_ready, which failed.", evidence="")
    change(first, "back_off", note="Restart 4 came 12 s late: the node is busy.")
    first["restarts"][0]["back_off"]["note"] = "Restart 4 came 12 s late: the node is busy."
    return report


def change(student, name, **changes):
    next(one for one in student["checks"] if one["check"] == name).update(changes)


@pytest.fixture(name="large")
def fixture_large(recorded):
    """500 students, every twentieth with trouble."""
    students = []
    for number in range(500):
        student = copy.deepcopy(recorded["students"][number % 3])
        text = json.dumps(student).replace(student["namespace"], f"monday-s{number}")
        student = {**json.loads(text), "name": f"Student {number}"}
        if number % 20 == 7:
            change(student, "dns", status="failed", reason=f"No answer for monday-s{number}.", evidence="timed out")
        students.append(student)
    return {**recorded, "students": students}
