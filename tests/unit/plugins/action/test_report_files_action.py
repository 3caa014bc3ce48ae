# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of `report_files` to files."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.action.report_files import ARGUMENT_SPEC, record, render
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.modules.report_files import DOCUMENTATION
from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import check

NOW = "2026-01-01T00:00:00Z"
ANNA = {"name": "Anna", "label": "anna", "namespace": "monday-anna"}


def options(path, **given):
    defaults = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
    return {
        **defaults,
        "path": str(path / "results.json"),
        "class_name": "monday",
        "cluster": {"server": "https://192.0.2.1:6443"},
        "students": [ANNA],
        "checks": [check("Anna", "logs", True)],
        **given,
    }


def checks(path):
    report = json.loads((path / "results.json").read_text())
    return [made["check"] for student in report["students"] for made in student["checks"]]


def test_phases_add_up_until_a_lab_starts_anew(tmp_path):
    record(options(tmp_path), "2026-01-01T00:00:00Z")
    record(options(tmp_path, checks=[check("Anna", "dns", True)]), "2026-01-01T00:01:00Z")
    assert checks(tmp_path) == ["logs", "dns"]
    record(options(tmp_path, checks=[check("Anna", "exec", True)], start=True), "2026-01-01T00:02:00Z")
    assert checks(tmp_path) == ["exec"]


def test_a_lab_that_starts_leaves_nothing_of_the_one_before(tmp_path):
    gone = {"name": "Ben", "label": "ben", "namespace": "monday-ben"}
    record(options(tmp_path, students=[ANNA, gone]), NOW)
    record(options(tmp_path, checks=[], start=True), NOW)
    assert checks(tmp_path) == []
    assert [one["name"] for one in json.loads((tmp_path / "results.json").read_text())["students"]] == ["Anna"]


def test_a_part_that_starts_anew_leaves_what_is_known_of_the_others(tmp_path):
    ben = {"name": "Ben", "label": "ben", "namespace": "monday-ben"}
    both = [check("Anna", "logs", True), check("Ben", "dns", True)]
    record(options(tmp_path, students=[ANNA, ben], checks=both), NOW)
    before = json.loads((tmp_path / "results.json").read_text())["students"]
    record(options(tmp_path, checks=[], start=True, part=True), NOW)
    after = json.loads((tmp_path / "results.json").read_text())["students"]
    assert after == [{**before[0], "checks": [], "restarts": []}, before[1]]


def test_what_failed_in_the_phase_is_returned(tmp_path):
    assert (
        record(options(tmp_path, checks=[check("Anna", "dns", False, "No name.")]), NOW) == "Failed so far: dns: Anna."
    )
    assert record(options(tmp_path), NOW) == ""


@pytest.mark.parametrize("missing", ["cluster", "students", "checks"])
def test_what_is_missing_is_named(tmp_path, missing):
    with pytest.raises(ArgumentError, match=f"state is recorded, and {missing} is missing"):
        record(options(tmp_path, **{missing: None}), "2026-01-01T00:00:00Z")


def test_the_other_files_are_written_again(tmp_path):
    record(options(tmp_path), "2026-01-01T00:00:00Z")
    page = (tmp_path / "report.html").read_text()
    (tmp_path / "report.html").unlink()
    render(options(tmp_path))
    assert (tmp_path / "report.html").read_text() == page


def test_where_no_lab_has_run_there_is_nothing_to_write(tmp_path):
    with pytest.raises(ArgumentError, match="There is no report of the class monday at"):
        render(options(tmp_path))


def test_the_options_are_those_of_the_documentation():
    documented = yaml.safe_load(DOCUMENTATION)["options"]
    keys = ("type", "elements", "choices", "default", "required")
    assert {name: {key: spec[key] for key in keys if key in spec} for name, spec in documented.items()} == ARGUMENT_SPEC
