#!/usr/bin/python

# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation of the action plugin of this name, which does the work.

from __future__ import annotations

DOCUMENTATION = r"""
module: grade
short_description: Grade what the students of a class did by hand
version_added: 0.1.0
author:
  - The kubelabs maintainers (@kubelabs)
description:
  - Looks at the pods that students made in their own namespaces, whatever they are called, and tells which steps of the lab each
    student has reached, with the evidence. Pods of the lab itself (C(web), C(shell), C(failing) with its labels) do not count.
  - Writes C(grade.json), C(grade.csv) for spreadsheets, and C(board.html) for a projector. The page is one file, runs no script and
    loads nothing.
  - A step that was reached stays reached, with the time at which it was first seen, because students clean up. That is kept in
    C(grade.json). Who gets a new namespace starts again.
  - A file of these names that is somebody else's stays as it is, and the task fails before it looks at anything.
  - Needs a list of the namespaces of the class, one of the pods of the cluster, or of each namespace for who may not list those,
    one of events, and the logs of web pods whose student has not been seen to make a request. Of a pod with several containers
    that is the log of the one with the web image, or where none has one those of three at most. Changes nothing on the cluster.
  - >-
    The steps. V(web_pod_ready): a pod with a web image, or one whose log tells of requests, is ready, and its containers have
    been running for O(settle) seconds. V(apply): a pod was applied with C(kubectl apply), as its field manager says, at once or
    after C(kubectl run) or C(kubectl create) had made it. V(shell_pod_ready): a container with a shell image has been running
    for O(settle) seconds, also beside a web server in one pod. V(exec): a request came from a pod whose own command makes none.
    V(http_between_pods): the log of a web pod has a request from the address that another pod of the same student had then,
    that is no probe of the kubelet and came through no port-forward. V(restarts): a container has restarted O(restarts) times,
    and not with its node. V(cleanup): there were pods and none is left.
  - What a cluster does not tell has the state V(unknown). Commands that were executed leave no trace but in an audit log, and
    whoami logs no requests without C(--verbose). A log is gone with its pod, and begins anew when its container does; a pod
    that never started had none. Of a pod that was gone before anybody looked, events tell for an hour its images and how often
    it was started, but not how it was made, whether it became ready, and whether it made a request. What it cannot have reached
    by that stays V(not_yet).
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - kubelabs.pods.k8s_auth
attributes:
  check_mode:
    support: full
    details:
      - The cluster is looked at once, and nothing is written. RV(table) has all students.
  diff_mode:
    support: none
  platform:
    platforms: posix
options:
  path:
    description:
      - The directory of the files. It is made where it is missing.
    type: path
    required: true
  class_name:
    description:
      - The name of the class. Grades of another class in O(path) are refused.
    type: str
    required: true
  label_selector:
    description:
      - The label selector for the namespaces of the class. Who has one of them and is not in O(students) is a student as well.
      - Without it all of O(students) are taken to have their namespaces.
    type: str
    default: ""
  students:
    description:
      - Students, as P(kubelabs.pods.roster#filter) returns them, in the order of the board.
    type: list
    elements: dict
    default: []
  only:
    description:
      - Look at O(students) alone. Others who are in C(grade.json) stay as they are.
    type: bool
    default: false
  web_images:
    description:
      - Images that count as web pods besides well-known ones such as nginx. Registry and tag do not count.
    type: list
    elements: str
    default: []
  shell_images:
    description:
      - Images that count as shell pods besides well-known ones such as busybox. Registry and tag do not count.
    type: list
    elements: str
    default: []
  restarts:
    description:
      - How many restarts of a container are enough.
    type: int
    default: 2
  settle:
    description:
      - Seconds that the containers of a web pod, and that with a shell image, have to run. An app that keeps failing may have the
        same image, and is ready while it lives.
    type: float
    default: 10
  points:
    description:
      - The points of steps, by their names; 1 for each that is not there.
    type: dict
    default: {}
  watch:
    description:
      - Go on looking, and write the files anew, until O(watch_for) is over or somebody types Ctrl-C. The page then fetches itself
        again. Where the files are is said before. Ctrl-C ends all of Ansible, which says C(User interrupted execution); the
        files stay.
      - While the cluster does not answer, which shows after ten seconds, the page says since when, and looking goes on. The console
        says when that begins and when it ends, and the same of files that cannot be written.
    type: bool
    default: false
  watch_interval:
    description:
      - Seconds between two looks.
    type: int
    default: 5
  watch_for:
    description:
      - Seconds after which the watching ends. V(0) is never.
    type: int
    default: 0
  timeout:
    description:
      - Seconds for one look.
    type: float
    default: 60
  concurrency:
    description:
      - How many logs are read at the same time.
    type: int
    default: 32
  columns:
    description:
      - How wide the terminal is on which RV(table) is shown. Where the table is wider its steps have numbers, and names are cut.
        V(0) where that does not matter.
    type: int
    default: 0
notes:
  - The task is never changed.
  - A log is the word of the program that wrote it. A student can make a pod that logs requests which nobody made.
  - Stop watching before the class is torn down. Pods that are deleted while their namespaces are still there look like a clean-up.
seealso:
  - module: kubelabs.pods.report_files
"""

EXAMPLES = r"""
- name: Grade a class
  kubelabs.pods.grade:
    context: my-cluster
    path: reports/monday
    class_name: monday
    label_selector: app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=monday
    points: {restarts: 2}

- name: Keep the board up to date for an hour
  kubelabs.pods.grade:
    context: my-cluster
    path: reports/monday
    class_name: monday
    label_selector: app.kubernetes.io/managed-by=kubelabs.pods,kubelabs.pods/class=monday
    watch: true
    watch_for: 3600
"""

RETURN = r"""
note:
  description: Of whom nothing new can be known, because they have no namespace of the class any more; empty for nobody.
  returned: always
  type: str
  sample: "1 of 20 students have no namespace of the class any more, so that their grades are those of before: Anna."
students:
  description: Each student of whom something is known.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The student's name.
      type: str
      sample: Anna
    namespace:
      description: The student's namespace.
      type: str
      sample: monday-anna
    uid:
      description: The UID of the namespace; empty where it is not known.
      type: str
      sample: 0b8f3f3c-3b0e-4b8c-9d3c-0a5e0f0d6a11
    looked:
      description: When it was last looked at, by the cluster's clock; empty for never.
      type: str
      sample: "2026-11-26T10:42:10Z"
    points:
      description: The points of the steps that were reached.
      type: float
      sample: 3
    steps:
      description: The steps, in the order of the lab.
      type: list
      elements: dict
      contains:
        step:
          description: The step's name.
          type: str
          sample: http_between_pods
        state:
          description: V(reached), V(not_yet), or V(unknown) where the cluster does not tell.
          type: str
          sample: reached
        seen:
          description: When it was first seen to be reached; none where it was not.
          type: str
          sample: "2026-11-26T10:42:10Z"
        evidence:
          description: What shows it, or what is missing, one sentence.
          type: str
          sample: The log of my-web has a request from my-shell (10.244.1.7) at 2026-11-26T10:42:07Z.
totals:
  description: How many students have reached each step, by its name.
  returned: always
  type: dict
  sample: {web_pod_ready: 20, apply: 18, shell_pod_ready: 17, exec: 12, http_between_pods: 12, restarts: 5, cleanup: 1}
table:
  description: Students by steps, for a terminal of O(columns).
  returned: always
  type: str
  sample: "student points pod ..."
cluster:
  description: Which cluster was looked at.
  returned: always
  type: dict
  sample: {context: my-cluster, server: "https://kube.example.org:6443", version: v1.37.2}
"""
