#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation of the action plugin of this name, which does the work.

from __future__ import annotations

DOCUMENTATION = r"""
module: handouts
short_description: Write lab sheets and access cards for a class
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Writes for every student who has a kubeconfig C(NAMESPACE/lab-sheet.html) and C(NAMESPACE/lab-sheet.md) beside it. They have
    the lab step by step, with the student's own commands and YAML.
  - Writes for the class C(access-cards.html), to print and cut, eight cards a page, and C(access-cards.pdf) where WeasyPrint is
    installed and there are fonts for the names. That takes about a minute for a thousand students, and is done anew only when
    the cards have changed.
  - No token or other secret stands in any of them.
  - Files have the mode 0600, directories that are made have 0700. A file is written as a whole or not at all.
  - A file that this module did not write, or wrote for another class, is never overwritten or removed. It knows its own by a
    line in them that names the class.
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is written or removed.
  diff_mode:
    support: none
  platform:
    platforms: posix
options:
  path:
    description:
      - The directory of the hand-outs of the class, in which each student has a directory called as the namespace.
    type: path
    required: true
  class_name:
    description:
      - The name of the class.
    type: str
    required: true
  students:
    description:
      - The students, as P(kubelabs.pods.roster#filter) returns them.
    type: list
    elements: dict
    required: true
  kubeconfigs:
    description:
      - The RV(kubelabs.pods.student_kubeconfig#module:results) of M(kubelabs.pods.student_kubeconfig). Who has none there gets no
        lab sheet; one from before stays as it is.
      - Without it all students get one, which does not say until when the key is good.
    type: list
    elements: dict
  server:
    description:
      - The URL of the API server that the students use. Required where O(state=present). A user name and a password in it are
        left out.
    type: str
  pods:
    description:
      - The manifests of one student's pods C(web), C(shell) and C(failing), with the placeholders of
        P(kubelabs.pods.for_each_student#filter). Required where O(state=present). The students' own, which are called C(my-web)
        and so on, are made of them.
    type: list
    elements: dict
  url:
    description:
      - The beginning of the web address under which you serve O(path) yourself. The cards then say C(URL/NAMESPACE/), also as a
        QR code where the Python library segno is installed.
      - Everybody can guess these addresses, and kubeconfigs are there as well. Serve each directory only to whom it belongs.
    type: str
    default: ""
  part:
    description:
      - The students are only a part of the class. Their cards are called C(access-cards-part), and those of the whole class stay.
    type: bool
    default: false
  staff:
    description:
      - Whether the class has staff, who get C(staff/class-list.md), which says whose namespace is which. It is not written with
        O(part).
    type: bool
    default: false
  state:
    description:
      - V(present) has the hand-outs there.
      - V(absent) removes the students' lab sheets and, without O(part), the cards and the list for the staff, and directories that are empty then if they
        have the mode 0700.
    type: str
    choices: [present, absent]
    default: present
  fail_on_unmet:
    description:
      - Whether the task fails when a file could not be written or removed. It does so at the end, and returns the same.
    type: bool
    default: true
seealso:
  - module: kubelabs.pods.student_kubeconfig
"""

EXAMPLES = r"""
- name: Write lab sheets and access cards
  kubelabs.pods.handouts:
    path: handouts/monday
    class_name: monday
    students: "{{ students }}"
    kubeconfigs: "{{ keys.results }}"
    server: https://kube.example.org:6443
    pods: "{{ pods }}"
    url: https://files.example.org/pods-lab

- name: Remove them
  kubelabs.pods.handouts:
    path: handouts/monday
    class_name: monday
    students: "{{ students }}"
    state: absent
"""

RETURN = r"""
files:
  description: How many files are V(created), V(changed), V(unchanged) or V(removed), or in check mode would be.
  returned: always
  type: dict
  sample: {created: 602}
notes:
  description: What could not be made on this machine and how to get it, a sentence each.
  returned: always
  type: list
  elements: str
  sample:
    - "There is no access-cards.pdf: WeasyPrint is not installed. For it, pip install weasyprint, which needs the library Pango. Or
      print the HTML file from a browser."
msg:
  description: Which files are not as they were to be, at most ten by name.
  returned: when there are some
  type: str
  sample: "1 of 602 hand-outs are not as they were to be: handouts/monday/monday-anna/lab-sheet.md is no hand-out of the class monday, and
    stays as it is: move it away, or set pods_lab_handout_dir to another directory."
"""
