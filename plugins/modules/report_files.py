#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation of the action plugin of this name, which does the work.

from __future__ import annotations

DOCUMENTATION = r"""
module: report_files
short_description: Write the files of a class's report
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Puts the checks of a phase of the lab into C(results.json), in the place of those of the same student and name. A student
    without one of the phase's checks has failed it.
  - Beside it writes the same for people (C(report.html), one page that needs no network), for CI systems (C(junit.xml)) and
    for spreadsheets (C(results.csv), a row for each student).
  - A check is skipped where one that it needs did not pass, so that one cause is one failure.
  - Students of the report whom the phase was not about stay as they are.
  - Each file is replaced as a whole, so one that is there stays as it is where the new one cannot be written. A file that is
    in the place of one of them and is not of a report stays, and is named.
  - Names, and what programs and servers said, are shown with all that could do harm made visible, and cut where they are
    very long; C(results.json) has them as they are.
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written. With O(state=writable) only permissions are looked at.
  diff_mode:
    support: none
  platform:
    platforms: posix
options:
  path:
    description:
      - The file C(results.json). Its directory, where the others go as well, is made where it is missing.
        C(docs/results.schema.json) describes what it holds.
    type: path
    required: true
  class_name:
    description:
      - The name of the class. A file of another class is refused.
    type: str
    required: true
  state:
    description:
      - V(recorded) puts the O(checks) into C(results.json), and writes the other files from it.
      - V(rendered) writes the other files again from the C(results.json) that is there.
      - V(writable) leaves nothing behind, and fails where the files could not be written. It tries that out, with one
        mebibyte, so that a lab does not fail at its end because a disk is full.
    type: str
    choices: [recorded, rendered, writable]
    default: recorded
  cluster:
    description:
      - The RV(kubelabs.pods.cluster_info#module:cluster) of M(kubelabs.pods.cluster_info). Required with
        O(state=recorded).
    type: dict
  students:
    description:
      - The students whom the phase was about, as P(kubelabs.pods.roster#filter) returns them. Required with
        O(state=recorded).
    type: list
    elements: dict
  checks:
    description:
      - The checks, from the filters of this collection whose names end with C(_checks). Required with O(state=recorded).
    type: list
    elements: dict
  restarts:
    description:
      - The RV(kubelabs.pods.pod_restart_watch#module:results) of M(kubelabs.pods.pod_restart_watch). Those of a student
        stay where there are no new ones.
    type: list
    elements: dict
    default: []
  start:
    description:
      - Start a new report, and forget the one that is there. Without O(checks) that is all, so that what comes after it and
        is interrupted leaves no report of an earlier lab.
    type: bool
    default: false
  part:
    description:
      - The O(students) are only a part of the class. With O(start) what the report says of others stays.
    type: bool
    default: false
notes:
  - The task is never changed. The times in the report differ at every run, and it is the state of the lab that counts.
"""

EXAMPLES = r"""
- name: Probe the pods
  kubelabs.pods.pod_exec_probe:
    probes:
      - name: my_check
        namespace: lab-anna
        pod: shell
        command: [hostname]
  register: probes

- name: Put what was found into the report
  kubelabs.pods.report_files:
    path: reports/monday/results.json
    class_name: monday
    cluster: "{{ info.cluster }}"
    students: "{{ students }}"
    checks: "{{ probes.results | kubelabs.pods.probe_checks(students, ['my_check']) }}"

- name: Write the page, junit.xml and results.csv again
  kubelabs.pods.report_files:
    path: reports/monday/results.json
    class_name: monday
    state: rendered
"""

RETURN = r"""
failures:
  description: Which of the O(checks) failed and for whom, in one line; empty where none did.
  returned: success, except in check mode where nothing is written
  type: str
  sample: "Failed so far: dns: Ben; exec: 2 students (Anna, Ben)."
page:
  description: The path of C(report.html).
  returned: success, except in check mode where nothing is written
  type: str
  sample: /home/eva/reports/monday/report.html
"""
