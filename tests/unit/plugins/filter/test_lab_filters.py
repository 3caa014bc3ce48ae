# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of checks, report and placeholders as templates call them, in Ansible's own templating."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from ansible_collections.kubelabs.pods.plugins.filter import checks, per_student, report

CHECKOUT = pathlib.Path(__file__).parents[4]
FILTERS = {
    **checks.FilterModule().filters(),
    **per_student.FilterModule().filters(),
    **report.FilterModule().filters(),
}
STUDENTS = [{"name": "Anna", "label": "anna", "namespace": "lab-anna"}]
POD = {"kind": "Pod", "metadata": {"name": "web", "namespace": "lab-anna"}}
REPORT = {"class": "monday", "cluster": {}, "started": "t", "finished": "t", "students": []}
VARIABLES = {"students": STUDENTS, "pods": [POD], "report": REPORT}

# Templates, without braces and the collection's name, and the beginning of the sentence that refuses them; below,
# those that have a value.
REFUSED = {
    "{} | report_table": "report_table: the input has no 'class'.",
    "[] | report_summary": "report_summary: the input is a list and not an object.",
    "'x' | report_failures": "report_failures: the input is the text 'x' and not an object.",
    "report | report_failures('many')": "report_failures: most is the text 'many' and not a whole number.",
    "report | report_notes(-1)": "report_notes: most is the number -1 and not a whole number.",
    "{} | report_students({})": "report_students: namespaces is an object and not a list.",
    "[] | report_students([])": "report_students: the input is a list and not an object.",
    "3 | read_report('monday')": "read_report: the input is the number 3 and not text.",
    "[] | apply_checks(pods, students, 'logs')": "apply_checks: the input is a list and not an object.",
    "[] | apply_errors(pods)": "apply_errors: the input is a list and not an object.",
    "{} | applied_objects(pods + pods)": "applied_objects: there are 1 answers of kubernetes.core.k8s for 2",
    "[] | staff_apply_problems(pods)": "staff_apply_problems: the input is a list and not an object.",
    "{} | unchangeable_objects([{}])": "unchangeable_objects: definitions[0] has no 'metadata'.",
    "[{}] | definitions_of_pods([])": "definitions_of_pods: definitions[0] has no 'metadata'.",
    "{} | probe_checks(students, [])": "probe_checks: the input is an object and not a list.",
    "[{}] | probe_checks(students, [])": "probe_checks: the input[0] has no 'namespace'.",
    "[] | ready_checks(3, {})": "ready_checks: students is the number 3 and not a list.",
    "[] | ready_checks(students, [])": "ready_checks: names is a list and not an object.",
    "[] | pod_ip_checks(students, 3)": "pod_ip_checks: pod is the number 3 and not text.",
    "[] | restart_checks(students, 'two')": "restart_checks: restarts is the text 'two' and not a whole number.",
    "[] | teardown_checks(students, 'left')": "teardown_checks: left is the text 'left' and not a list.",
    "[] | teardown_checks(students, [], 3)": "teardown_checks: left_alone is the number 3 and not an object.",
    "{'class': 'monday'} | report_of(['cleanup'])": "report_of: the input has no 'cluster'.",
    "'@name@' | for_each_student(students)": "for_each_student: the input is the text '@name@' and not a list.",
    "['@nme@'] | for_each_student(students)": "for_each_student: @nme@ in '@nme@' stands for nothing",
    "[] | students_with_pods([{}], 'web', 'shell')": "students_with_pods: pods[0] has no 'namespace'.",
    "'get' | kubectl_line": "kubectl_line: the input is the text 'get' and not a list.",
}

UNDEFINED = "nowhere | report_table"
ACCEPTED = {
    "['@name@'] | for_each_student(students)": ["Anna"],
    # What Jinja2's own filters return are no lists yet.
    "students | map('combine') | students_with_pods([], 'a', 'b') | map(attribute='web_ip')": [None],
    "{} | applied_objects(pods)": [{"namespace": "lab-anna", "name": "web"}],
    "[] | restart_checks(students, '2') | map(attribute='status')": ["failed", "failed"],
    "'/nowhere/results.json' | read_report('monday')": {},
    "report | report_summary": ("0 of 0 students passed every check (checks: 0 passed, 0 failed, 0 skipped)."),
    "['get', 'pods'] | kubectl_line('~/my config', 'a b', 'ns')": (
        "kubectl --kubeconfig ~/'my config' --context='a b' -n ns get pods"
    ),
}

# A process of its own, because Ansible's loader of collections changes how Python imports.
TEMPLATE_ALL = """
import json, sys
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18 trusts whatever it is given
    trust_as_template = str
init_plugin_loader([sys.argv[1]])
given = json.load(sys.stdin)
templar, answers = Templar(loader=DataLoader(), variables=given["variables"]), {}
for name, template in given["templates"].items():
    try:
        answers[name] = {"value": templar.template(trust_as_template(template))}
    except Exception as exc:
        answers[name] = {"error": str(exc)}
print(json.dumps(answers))
"""


def template(short):
    names = "|".join(FILTERS)
    return "{{ " + re.sub(rf"\| ({names})\b", r"| kubelabs.pods.\1", short) + " }}"


@pytest.fixture(name="answers", scope="module")
def fixture_answers():
    done = subprocess.run(
        [sys.executable, "-c", TEMPLATE_ALL, str(CHECKOUT / ".ansible/collections")],
        input=json.dumps(
            {"variables": VARIABLES, "templates": {one: template(one) for one in [*REFUSED, *ACCEPTED, UNDEFINED]}}
        ),
        env={**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("short", REFUSED)
def test_what_cannot_be_used_is_refused_in_the_filters_name(answers, short):
    assert f"kubelabs.pods.{REFUSED[short]}" in answers[short].get("error", "")


@pytest.mark.parametrize("short", ACCEPTED)
def test_what_can_be_used_is(answers, short):
    assert answers[short] == {"value": ACCEPTED[short]}


def test_a_variable_that_does_not_exist_is_named(answers):
    assert "'nowhere' is undefined" in answers[UNDEFINED]["error"]


def test_each_filter_is_refused_something():
    assert {text.partition(":")[0] for text in REFUSED.values()} == set(FILTERS)


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_the_function_of_its_name_and_documented_with_its_arguments(name):
    documented = yaml.safe_load((CHECKOUT / f"plugins/filter/{name}.yml").read_text())["DOCUMENTATION"]
    assert documented["name"] == FILTERS[name].__name__ == name
    arguments = list(FILTERS[name].__wrapped__.__code__.co_varnames[1 : FILTERS[name].__wrapped__.__code__.co_argcount])
    assert arguments == [one for one in documented.get("positional", "").split(", ") if one]
    assert set(arguments) == set(documented["options"]) - {"_input"}
    defaults = len(FILTERS[name].__wrapped__.__defaults__ or ())
    optional = {option for option, about in documented["options"].items() if not about.get("required")}
    assert optional == set(arguments[len(arguments) - defaults :])


@pytest.mark.parametrize("name", [name for name in FILTERS if name.endswith("_checks")])
def test_what_a_check_holds_is_documented(name):
    described = (CHECKOUT / f"plugins/filter/{name}.yml").read_text()
    for key in checks._checks.Check.__annotations__:
        assert f"V({key})" in described
