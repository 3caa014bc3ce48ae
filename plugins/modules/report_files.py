#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation of the action plugin of this name, which does the work.

from __future__ import annotations

DOCUMENTATION = r"""
module: report_files
short_description: Put checks into the files of a report
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Puts the checks of a phase of the lab into C(results.json), in the place of those of the same student and name. A student
    without one of the phase's checks has failed it.
  - A check is skipped where one that it needs did not pass, so that one cause is one failure.
  - Students of the report whom the phase was not about stay as they are.
  - The file is replaced as a whole, so one that is there stays as it is where the new one cannot be written.
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written.
  diff_mode:
    support: none
  platform:
    platforms: posix
options:
  path:
    description:
      - The file. Its directory is made where it is missing. C(docs/results.schema.json) describes what it holds.
    type: path
    required: true
  class_name:
    description:
      - The name of the class. A file of another class is refused.
    type: str
    required: true
  cluster:
    description:
      - The RV(kubelabs.pods.cluster_info#module:cluster) of M(kubelabs.pods.cluster_info).
    type: dict
    required: true
  students:
    description:
      - The students whom the phase was about, as P(kubelabs.pods.roster#filter) returns them.
    type: list
    elements: dict
    required: true
  checks:
    description:
      - The checks, from the filters of this collection whose names end with C(_checks).
    type: list
    elements: dict
    required: true
  restarts:
    description:
      - The RV(kubelabs.pods.pod_restart_watch#module:results) of M(kubelabs.pods.pod_restart_watch). Those of a student
        stay where there are no new ones.
    type: list
    elements: dict
    default: []
  start:
    description:
      - Start a new report, and forget the one that is there.
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
"""

RETURN = r"""
"""
