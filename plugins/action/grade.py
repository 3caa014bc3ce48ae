# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of a class, graded in Ansible's own process: it one look at the cluster, or many, and the files.

Its documentation is in plugins/modules/grade.py, where Ansible looks for it.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.client import Client
from ansible_collections.kubelabs.pods.plugins.module_utils._frame import auth_argument_spec, connect, prepare
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    ArgumentError,
    KubelabsError,
    MissingLibrary,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import is_of_staff, labels_of
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.secrets import Secrets
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.times import iso_seconds, utc_now
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.wording import named
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.http_log import Served
from ansible_collections.kubelabs.pods.plugins.module_utils._pods.status import is_deleting, metadata, name_of, uid_of
from ansible_collections.kubelabs.pods.plugins.module_utils._survey import survey
from ansible_collections.kubelabs.pods.plugins.module_utils._survey.facts import Past
from ansible_collections.kubelabs.pods.plugins.plugin_utils import (
    _arguments,
    _board,
    _grade,
    _grade_file,
    _grade_points,
    _grade_requests,
    _grade_terms,
    _report,
    _settings,
)
from ansible_collections.kubelabs.pods.plugins.plugin_utils._labels import visible
from ansible_collections.kubelabs.pods.plugins.plugin_utils._progress import line_width, wrapped
from ansible_collections.kubelabs.pods.plugins.plugin_utils._roster import Student

ARGUMENT_SPEC = {
    **auth_argument_spec(),
    "path": {"type": "path", "required": True},
    "class_name": {"type": "str", "required": True},
    "label_selector": {"type": "str", "default": ""},
    "students": {"type": "list", "elements": "dict", "default": []},
    "only": {"type": "bool", "default": False},
    "web_images": {"type": "list", "elements": "str", "default": []},
    "shell_images": {"type": "list", "elements": "str", "default": []},
    "restarts": {"type": "int", "default": 2},
    "settle": {"type": "float", "default": 10},
    "points": {"type": "dict", "default": {}},
    "watch": {"type": "bool", "default": False},
    "watch_interval": {"type": "int", "default": 5},
    "watch_for": {"type": "int", "default": 0},
    "timeout": {"type": "float", "default": 60},
    "concurrency": {"type": "int", "default": 32},
    "columns": {"type": "int", "default": 0},
}
#: Seconds for one look of many, and for its first answer: a board that stands still is to say why.
WATCHED_WITHIN = 30.0
ANSWERED_WITHIN = 10.0
#: Of one pod so many requests are remembered.
MOST_SERVED = 1000


class Grading:
    """The grades of one class, which grow with every look.

    Args:
        client: the API server, which has answered.
        options: of the task.
        check_mode: whether nothing is to be written.
        scrub: takes out of a text what nobody may read.

    Raises:
        ArgumentError: the options or the grades so far cannot be used, or a file is in the way.
    """

    def __init__(
        self,
        client: Client,
        options: Mapping[str, Any],
        check_mode: bool = False,
        scrub: Callable[[str], str] = str,
    ) -> None:
        self.client = client
        self._options = options
        self.check_mode = check_mode
        self._scrub = scrub
        self._directory = _settings.local_path(options["path"])
        self._given = cast("list[Student]", _arguments.students(options["students"]))
        self.rules = rules_of(options)
        _grade_file.refuse_foreign(self._directory)
        kept = os.path.join(self._directory, _grade_file.JSON)
        self._grades = {one["namespace"]: one for one in _grade_file.read_grades(kept, options["class_name"])}
        self._pods: survey.Everywhere | None = survey.Everywhere(client)
        self._served: dict[str, dict[Served, None]] = {}
        self._read_at: dict[str, datetime] = {}
        self._past: dict[str, list[Past]] | None = None
        self._written = ""
        self.looked = iso_seconds(utc_now())
        #: Who has no namespace any more, of those who were looked at.
        self.away: list[str] = []

    @property
    def columns(self) -> int:
        """Columns of the terminal; 0 where they do not matter."""
        return int(self._options["columns"])

    @property
    def students(self) -> list[_grade_terms.StudentGrade]:
        """All of whom something is known, in the order of the roster as far as it is known."""
        return list(self._grades.values())

    # --- a look ---

    def look(self, deadline: Deadline, *, answered_within: float = math.inf, listed: bool = False) -> list[str]:
        """Looks at the cluster once, and says what is new, a line for each student.

        Args:
            answered_within: seconds for the first answer.
            listed: whether the pods are known already, because they are watched.

        Raises:
            KubelabsError: the cluster does not tell enough to judge anybody.
        """
        selector = self._options["label_selector"]
        namespaces, now = survey.class_namespaces(self.client, selector, deadline.within(answered_within))
        students = self._students(namespaces or [])
        if not students and not self._grades:
            raise KubelabsError(
                f"There is no student of the class {self._options['class_name']} on {self.client.describe()}. Is that "
                "its name, and has it been provisioned?"
            )
        names = [student["namespace"] for student in students]
        pods = self._list(names, deadline, listed)
        if self._past is None:
            self._past = survey.past_pods(self.client, names, deadline)
        live = {name_of(item): item for item in namespaces or [] if not is_deleting(item)}
        everywhere = namespaces is None or not selector
        views = {
            name: _grade_terms.View(
                live=everywhere or name in live,
                uid=uid_of(live.get(name, {})),
                now=now,
                pods=pods.by_namespace.get(name, []),
                past=self._past.get(name, []),
                trouble=pods.troubles.get(name, ""),
            )
            for name in names
        }
        self._read_logs(views, now, deadline)
        before = dict(self._grades)
        seen_at = iso_seconds(utc_now())
        for student in students:
            name = student["namespace"]
            self._grades[name] = _grade.judge(
                self._grades.get(name), student["name"], name, self._with_logs(views[name]), self.rules, seen_at
            )
        self._in_order(names)
        looked_at = names if self._options["only"] else list(self._grades)
        self.away = [self._grades[name]["name"] for name in looked_at if not everywhere and name not in live]
        self.looked = seen_at
        return _grade.news(before, [self._grades[name] for name in names], visible)

    def _students(self, namespaces: Sequence[Mapping[str, Any]]) -> list[Student]:
        """Those that were given, and those who have a namespace of the class."""
        if self._options["only"]:
            return self._given
        known = cast(_report.Report, {"students": self._given})
        metas = [metadata(item) for item in namespaces if not is_of_staff(labels_of(item)) and not is_deleting(item)]
        return _report.report_students(known, metas)

    def _list(self, names: Sequence[str], deadline: Deadline, listed: bool) -> survey.Pods:
        if self._pods is not None and not listed:
            try:
                self._pods.list(deadline)
            except ApiError as exc:
                if exc.status != 403:
                    raise
                self._pods = None
        if self._pods is not None:
            return self._pods.pods(names)
        return survey.pods_by_namespace(self.client, names, self._options["concurrency"], deadline)

    def _read_logs(self, views: Mapping[str, _grade_terms.View], now: datetime, deadline: Deadline) -> None:
        wanted = [
            (view, log)
            for name, view in views.items()
            for log in _grade_requests.logs_to_read(self._grades.get(name), view, self.rules, self._read_at.get(name))
        ]
        answers = survey.served(self.client, [log for _view, log in wanted], self._options["concurrency"], deadline)
        failed = set()
        for (view, log), requests in zip(wanted, answers, strict=True):
            if requests is None:
                failed.add(log.namespace)
                continue
            uid = next(uid_of(pod) for pod in view.pods if name_of(pod) == log.pod)
            kept = self._served.setdefault(uid, {})
            kept.update(dict.fromkeys(requests[: max(0, MOST_SERVED - len(kept))]))
        for name in {log.namespace for _view, log in wanted} - failed:
            # The pods were listed after that moment, so what they asked before is in this reading or the next.
            self._read_at[name] = now

    def _with_logs(self, view: _grade_terms.View) -> _grade_terms.View:
        served = {uid_of(pod): list(self._served.get(uid_of(pod), ())) for pod in view.pods}
        return _grade_terms.View(view.live, view.uid, view.now, view.pods, served, view.past, view.trouble)

    def _in_order(self, names: Sequence[str]) -> None:
        """Of whom nothing is known any more comes last; where only some are looked at, all keep their places."""
        if self._options["only"] and not set(self._grades) <= set(names):
            return
        order = {name: index for index, name in enumerate(names)}
        self._grades = dict(sorted(self._grades.items(), key=lambda item: order.get(item[0], len(order))))

    # --- again and again ---

    def watch(self, say: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
        """Looks again every few seconds, and keeps the files up to date, until the time is over.

        Args:
            say: shows a line.
            sleep: waits.

        What the cluster does not answer stands on the board. A file that cannot be written is told, and tried again.
        """
        end = Deadline(self._options["watch_for"] or math.inf)
        say(self.before_watching())
        if self._pods is not None:
            self._pods.follow(end)
        parent = os.getppid()
        silent, unwritten = False, ""
        # Ansible runs an action in a process of its own; one whose parent is gone works for nobody.
        while not end.expired and os.getppid() == parent:
            self._wait(end.clip(self._options["watch_interval"]), sleep)
            trouble = reason = ""
            news: list[str] = []
            try:
                # Where the watch is in trouble, what it has told may be old.
                followed = self._pods is not None and not self._pods.trouble
                within = Deadline(min(self._options["timeout"], WATCHED_WITHIN))
                news = self.look(within, answered_within=ANSWERED_WITHIN, listed=followed)
            except KubelabsError as exc:
                reason = visible(self._scrub(str(exc)))
                trouble = _board.not_answered(self.looked, refused=isinstance(exc, ApiError))
            if bool(trouble) != silent:
                silent = bool(trouble)
                said = f"{trouble} Looking goes on. ({reason})" if silent else "The cluster answers again."
                say(f"{_time_of_day()} {said}")
            for line in news:
                say(f"{_board.clock(self.looked)} {line}")
            before, unwritten = unwritten, self._try_to_write(trouble, reason)
            if unwritten != before:
                said = f"{unwritten} Looking goes on." if unwritten else "The files are written again."
                say(f"{_time_of_day()} {said}")

    def _try_to_write(self, trouble: str, reason: str) -> str:
        """Writes the files of a board that is written anew, and returns why that cannot be done; '' where it could."""
        try:
            self.write(refresh=self._options["watch_interval"], trouble=trouble, reason=reason)
        except ArgumentError as exc:
            return visible(self._scrub(str(exc)))
        return ""

    def before_watching(self) -> str:
        """What who watches has to know. At the end there may be nobody to tell it: Ctrl-C ends all of Ansible."""
        board, points = (os.path.join(self._directory, name) for name in (_grade_file.BOARD, _grade_file.CSV))
        limit = (
            f"After {self._options['watch_for']} s it ends, or with Ctrl-C"
            if self._options["watch_for"]
            else ("Ctrl-C ends it")
        )
        return (
            f"Watching {len(self._grades)} students. For a projector, open this in a browser:\n"
            f"    {board}\n"
            f"It is written anew every {self._options['watch_interval']} s. For a spreadsheet, written where something "
            "is new:\n"
            f"    {points}\n"
            f"{limit}: the files stay. Of Ctrl-C Ansible says 'User interrupted execution'."
        )

    def _wait(self, seconds: float, sleep: Callable[[float], None]) -> None:
        if self._pods is None:
            sleep(seconds)
            return
        try:
            self._pods.wait(seconds)
        except KubelabsError:
            # Who may list and not watch.
            self._pods = None

    # --- files ---

    def write(self, *, refresh: int = 0, trouble: str = "", reason: str = "") -> None:
        """Writes the files; grade.json and grade.csv only where something is new.

        Raises:
            ArgumentError: one cannot be written, or is somebody else's.
        """
        if self.check_mode:
            return
        options, points = self._options, self.rules.points
        news = repr([(one["namespace"], one["steps"], one["pods"]) for one in self.students])
        if news != self._written or not refresh:
            _grade_file.write_grades(
                self._directory,
                {
                    "class": options["class_name"],
                    "cluster": self.client.summary(),
                    "looked": self.looked,
                    "points": points,
                    "students": self.students,
                },
            )
            self._written = news
        page = _board.board(
            options["class_name"], self.students, points, self.looked, refresh=refresh, trouble=trouble, reason=reason
        )
        _grade_file.write_board(self._directory, page)


def rules_of(options: Mapping[str, Any]) -> _grade_terms.Rules:
    """What is judged by.

    Raises:
        ArgumentError: an option cannot be used.
    """
    for option, least in (("restarts", 1), ("settle", 0), ("watch_interval", 1), ("watch_for", 0), ("columns", 0)):
        if not least <= options[option] < math.inf:
            raise ArgumentError(f"{option} is {options[option]}. Give {least} or more.")
    return _grade_terms.Rules(
        web_images=options["web_images"],
        shell_images=options["shell_images"],
        restarts=options["restarts"],
        settle=options["settle"],
        points=_grade_points.weights(options["points"]),
    )


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        secrets = Secrets()
        try:
            prepare(options)
            secrets.add_kubeconfig(options["kubeconfig"])
            rules_of(options)
            client, deadline = connect(options, secrets)
            grading = Grading(client, options, self._task.check_mode, secrets.scrub)
            grading.look(deadline)
            if options["watch"] and not self._task.check_mode:
                grading.write(refresh=options["watch_interval"])
                grading.watch(lambda text: self._display.display(told(text, grading.columns)))
            grading.write()
        except MissingLibrary as exc:
            raise AnsibleActionFail(missing_required_lib(exc.library, exc.reason)) from None
        except KubelabsError as exc:
            # Without the cause, which ansible-core 2.19 and later append: it says the same again.
            raise AnsibleActionFail(secrets.scrub(str(exc))) from None
        return {**result, "changed": False, **answer(grading)}


def _time_of_day() -> str:
    return _board.clock(iso_seconds(utc_now()))


def told(text: str, columns: int) -> str:
    """What stands on a terminal of so many columns, 0 for none, while the task runs: wrapped as results are."""
    return wrapped(text, line_width(columns))


def answer(grading: Grading) -> dict[str, Any]:
    """What the task returns."""
    # In check mode there are no files that have the others.
    rows = len(grading.students) if grading.check_mode else _board.MOST_ROWS
    students = [{key: value for key, value in one.items() if key != "pods"} for one in grading.students]
    return {
        "note": named(
            [visible(name) for name in grading.away],
            len(grading.students),
            "students have no namespace of the class any more, so that their grades are those of before",
        ),
        "students": students,
        "totals": _grade_file.totals(grading.students),
        "table": _board.grade_table(grading.students, grading.rules.points, grading.columns, rows),
        "cluster": grading.client.summary(),
    }
