# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of `grade` to looks at a cluster, and to files."""

from __future__ import annotations

import json
import os
import time

import pytest

from ansible_collections.kubelabs.pods.plugins.action.grade import ARGUMENT_SPEC, Grading, answer, told
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.deadline import Deadline
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import (
    ApiError,
    ArgumentError,
    KubelabsError,
    Unreachable,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._ground.ownership import (
    CLASS_LABEL,
    OWNER,
    OWNER_LABEL,
    PART_LABEL,
    STAFF,
    STUDENT_LABEL,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._survey import survey
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _board
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import half_open, refuse, reply
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import make_client
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import make_event, make_pod, running

CLASS = {OWNER_LABEL: OWNER, CLASS_LABEL: "monday"}
SELECTOR = ",".join(f"{key}={value}" for key, value in CLASS.items())
ANNA, BEN = "monday-anna", "monday-ben"
STUDENTS = [{"name": "Ben", "namespace": BEN}, {"name": "Anna", "namespace": ANNA}]


@pytest.fixture(name="lab")
def fixture_class_of_two(api):
    """The API server with the namespaces of Anna and Ben, and that of the staff."""
    for name in ("anna", "ben"):
        api.namespace(
            f"monday-{name}",
            {**CLASS, STUDENT_LABEL: name},
            annotations={"kubelabs.pods/student-name": name.capitalize()},
        )
    api.namespace("monday-staff", {**CLASS, PART_LABEL: STAFF})
    api.namespace("somebody-else")
    return api


def options(path, **given):
    defaults = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
    return {**defaults, "path": str(path), "class_name": "monday", "label_selector": SELECTOR, **given}


def grading(api, path, check_mode=False, **given):
    return Grading(make_client(api), options(path, **given), check_mode)


def watching(api, path, seconds, **given):
    """A class that is looked at every tenth of a second, which no person can ask for."""
    made = grading(api, path, watch=True, **given)
    made._options = {**made._options, "watch_interval": 0.1, "watch_for": seconds}
    return made


def own(name, namespace, image, ip, **more):
    pod = make_pod(name, namespace, labels={}, podIP=ip, podIPs=[{"ip": ip}], **more)
    pod["spec"]["containers"] = [{"name": "app", "image": image, "command": ["sleep", "1"]}]
    pod["metadata"]["managedFields"] = [{"manager": "kubectl-client-side-apply", "operation": "Update"}]
    return pod


def put_web(api, namespace=ANNA, log=b""):
    api.put(own("my-web", namespace, "nginx", "10.0.0.1"))
    api.logs[namespace, "my-web"] = log


def reached(of, name):
    (student,) = (one for one in of.students if one["name"] == name)
    return {one["step"] for one in student["steps"] if one["state"] == "reached"}


def asked(api, word):
    return [request.path for request in api.requests if word in request.path]


def test_a_class_is_graded_in_a_few_requests(lab, tmp_path):
    put_web(lab, log=b'10.0.0.2 "GET / HTTP/1.1" 200\n')
    lab.put(own("my-shell", ANNA, "busybox", "10.0.0.2"))
    lab.put(own("not-of-the-class", "somebody-else", "nginx", "10.0.0.3"))
    made = grading(lab, tmp_path, students=STUDENTS)
    news = made.look(Deadline(10))
    made.write()
    assert [one["name"] for one in made.students] == ["Ben", "Anna"]
    assert reached(made, "Anna") == {"web_pod_ready", "apply", "shell_pod_ready", "exec", "http_between_pods"}
    assert reached(made, "Ben") == set()
    assert news == ["Anna: Web pod, Applied, Shell pod, Exec, HTTP"]
    assert [request.path for request in lab.requests] == [
        "/api/v1/namespaces",
        "/api/v1/pods",
        "/api/v1/events",
        "/api/v1/namespaces/monday-anna/pods/my-web/log",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["board.html", "grade.csv", "grade.json"]
    assert 'http-equiv="refresh"' not in (tmp_path / "board.html").read_text()


def test_without_a_report_the_class_is_who_has_a_namespace(lab, tmp_path):
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    assert [(one["name"], one["namespace"]) for one in made.students] == [("Anna", ANNA), ("Ben", BEN)]


def test_what_was_reached_is_kept_from_run_to_run(lab, tmp_path):
    put_web(lab)
    first = grading(lab, tmp_path)
    first.look(Deadline(10))
    first.write()
    seen = json.loads((tmp_path / "grade.json").read_text())["students"][0]["steps"][0]["seen"]
    lab.remove("my-web", ANNA)
    second = grading(lab, tmp_path)
    assert second.look(Deadline(10)) == ["Anna: Clean-up"]
    second.write()
    assert reached(second, "Anna") == {"web_pod_ready", "apply", "cleanup"}
    (anna, _ben) = json.loads((tmp_path / "grade.json").read_text())["students"]
    assert anna["steps"][0]["seen"] == seen
    # After the teardown there is nothing to look at, and nothing is lost.
    lab.remove(ANNA, "", "namespaces")
    third = grading(lab, tmp_path)
    third.look(Deadline(10))
    assert reached(third, "Anna") == {"web_pod_ready", "apply", "cleanup"}
    assert (answer(second)["note"], answer(third)["note"]) == (
        "",
        "1 of 2 students have no namespace of the class any more, so that their grades are those of before: Anna.",
    )


def test_a_namespace_that_is_being_deleted_is_no_clean_up(lab, tmp_path):
    put_web(lab)
    made = grading(lab, tmp_path, students=STUDENTS)
    made.look(Deadline(10))
    lab.remove("my-web", ANNA)
    lab.namespace(ANNA, CLASS, deletionTimestamp="2026-11-26T10:42:00Z")
    made.look(Deadline(10))
    assert reached(made, "Anna") == {"web_pod_ready", "apply"}


def test_only_some_leaves_the_others_as_they_were(lab, tmp_path):
    put_web(lab)
    put_web(lab, BEN)
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    made.write()
    lab.remove("my-web", ANNA)
    lab.remove("my-web", BEN)
    some = grading(lab, tmp_path, students=STUDENTS[:1], only=True)
    some.look(Deadline(10))
    assert "cleanup" in reached(some, "Ben") and "cleanup" not in reached(some, "Anna")
    assert len(some.students) == 2


def test_only_some_keep_their_places(lab, tmp_path):
    made = grading(lab, tmp_path, students=STUDENTS)
    made.look(Deadline(10))
    made.write()
    some = grading(lab, tmp_path, students=STUDENTS[1:], only=True)
    some.look(Deadline(10))
    assert [one["name"] for one in some.students] == [student["name"] for student in STUDENTS]


def test_who_may_not_list_the_cluster_lists_each_namespace(lab, tmp_path):
    put_web(lab)
    lab.fault("/api/v1/pods$", refuse(403))
    lab.fault(f"/api/v1/namespaces/{BEN}/pods$", refuse(403, message="no right"))
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    assert reached(made, "Anna") == {"web_pod_ready", "apply"}
    (ben,) = (one for one in made.students if one["name"] == "Ben")
    assert {one["state"] for one in ben["steps"]} == {"unknown"}
    assert "no right" in ben["steps"][0]["evidence"]


def test_a_class_that_is_not_there_is_told_and_leaves_no_files(api, tmp_path):
    made = grading(api, tmp_path)
    with pytest.raises(KubelabsError, match="no student of the class monday on the API server"):
        made.look(Deadline(10))
    assert list(tmp_path.iterdir()) == []


def test_who_may_not_list_namespaces_is_told_by_the_roster_alone(lab, tmp_path):
    put_web(lab)
    lab.fault("/api/v1/namespaces$", refuse(403))
    made = grading(lab, tmp_path, students=STUDENTS)
    made.look(Deadline(10))
    assert reached(made, "Anna") == {"web_pod_ready", "apply"}


def test_a_cluster_that_does_not_tell_fails_the_task(lab, tmp_path):
    lab.fault("/api/v1/pods$", refuse(400), times=9)
    with pytest.raises(ApiError):
        grading(lab, tmp_path).look(Deadline(10))


def test_what_was_gone_before_is_asked_for_once(lab, tmp_path):
    event = make_event("Scheduled", uid="x", namespace=ANNA)
    event["involvedObject"]["name"] = "my-web"
    lab.fault("/api/v1/events", reply(200, {"items": [event]}))
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    made.look(Deadline(10))
    assert reached(made, "Anna") == {"cleanup"}
    assert len(asked(lab, "events")) == 1


def test_a_log_is_read_on_from_the_look_before(lab, tmp_path):
    put_web(lab, log=b'10.9.9.9 - - "GET / HTTP/1.1" 200\n')
    said = {"Date": "Thu, 26 Nov 2026 10:42:00 GMT"}
    namespaces = [lab.get(name) for name in (ANNA, BEN)]
    lab.fault("/api/v1/namespaces$", reply(200, {"items": namespaces}, said))
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    lab.logs[ANNA, "my-web"] = b""
    made.look(Deadline(10))
    assert [request.one("sinceTime") for request in lab.requests if request.path.endswith("/log")] == [
        "", "2026-11-26T10:42:00Z",
    ]  # fmt: skip
    # What was read before counts on.
    (anna,) = (one for one in made.students if one["name"] == "Anna")
    assert next(one for one in anna["steps"] if one["step"] == "http_between_pods")["state"] == "unknown"


def test_a_log_that_could_not_be_read_is_read_from_its_beginning_later(lab, tmp_path):
    put_web(lab, log=b'10.0.0.2 "GET / HTTP/1.1" 200\n')
    lab.put(own("my-shell", ANNA, "busybox", "10.0.0.2"))
    lab.fault("/log$", refuse(400))
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    assert "http_between_pods" not in reached(made, "Anna")
    made.look(Deadline(10))
    assert "http_between_pods" in reached(made, "Anna")
    assert [request.one("sinceTime") for request in lab.requests if request.path.endswith("/log")] == ["", ""]


def test_watching_says_what_is_new_and_keeps_the_files_up_to_date(lab, tmp_path):
    made = watching(lab, tmp_path, 1)
    made.look(Deadline(10))
    lab.on_watch("/api/v1/pods", lambda: put_web(lab))
    lines: list[str] = []
    made.watch(lines.append)
    assert lines[0].splitlines() == [
        "Watching 2 students. For a projector, open this in a browser:",
        f"    {tmp_path}/board.html",
        "It is written anew every 0.1 s. For a spreadsheet, written where something is new:",
        f"    {tmp_path}/grade.csv",
        "After 1 s it ends, or with Ctrl-C: the files stay. Of Ctrl-C Ansible says 'User interrupted execution'.",
    ]
    assert [line.partition(" ")[2] for line in lines[1:]] == ["Anna: Web pod, Applied"]
    assert 'http-equiv="refresh" content="0.1"' in (tmp_path / "board.html").read_text()
    assert len([one for one in lab.requests if one.path == "/api/v1/pods" and "watch" not in one.query]) == 1


@pytest.mark.against_the_clock
def test_watching_goes_on_where_the_cluster_does_not_answer_for_a_while(lab, tmp_path):
    made = watching(lab, tmp_path, 0.3, timeout=0.2)
    made.look(Deadline(10))
    lab.fault("/api/v1/namespaces$", refuse(400, message="not now"), times=99)
    lines: list[str] = []
    made.watch(lines.append)
    page = (tmp_path / "board.html").read_text()
    assert "The cluster has answered with errors since" in page and "not now" in page
    assert len(lines) == 2 and "not now" in lines[1]


def test_who_watches_is_told_when_the_cluster_falls_silent_and_when_it_answers_again(lab, tmp_path, monkeypatch):
    made = watching(lab, tmp_path, 1.5, timeout=5)
    made.look(Deadline(10))
    boards = []
    write = made.write

    def silence(*args, **kwargs):
        raise Unreachable("No byte came for too long: a secret.")

    def written(**given):
        write(**given)
        boards.append((tmp_path / "board.html").read_text())
        if len(boards) == 3:
            monkeypatch.undo()

    made._scrub = lambda text: text.replace("a secret", "***")
    monkeypatch.setattr(made, "write", written)
    monkeypatch.setattr("ansible_collections.kubelabs.pods.plugins.action.grade.survey.class_namespaces", silence)
    lines: list[str] = []
    made.watch(lines.append)
    since = _board.clock(made.looked)
    assert len(boards) == 3
    for page in boards:
        assert f"The cluster has not answered since {since}. This is what was known then." in page
        assert "<small>No byte came for too long: ***.</small>" in page
    assert [line.partition(" ")[2] for line in lines[1:]] == [
        f"The cluster has not answered since {since}. This is what was known then. Looking goes on. "
        "(No byte came for too long: ***.)",
        "The cluster answers again.",
    ]
    assert "not answered" not in (tmp_path / "board.html").read_text()


def test_where_the_watch_of_pods_is_in_trouble_they_are_listed(lab, tmp_path, monkeypatch):
    made = watching(lab, tmp_path, 0.5)
    made.look(Deadline(10))
    monkeypatch.setattr(survey.Everywhere, "trouble", "The connection broke.")
    monkeypatch.setattr(survey.Everywhere, "wait", lambda self, seconds: time.sleep(seconds))
    put_web(lab)
    made.watch(lambda line: None)
    assert reached(made, "Anna") == {"web_pod_ready", "apply"}
    assert "not answered" not in (tmp_path / "board.html").read_text()


@pytest.mark.parametrize("name", ["board.html", "grade.csv"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_file_of_somebody_else_is_refused_before_anything_is_asked(lab, tmp_path, name, check_mode):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ArgumentError, match=f"{name} is not of the grades of a class"):
        grading(lab, tmp_path, check_mode)
    assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name).read_text() == "mine"
    assert lab.requests == []


def test_a_web_container_that_is_not_the_first_is_read(lab, tmp_path):
    blog = own("blog", ANNA, "nginx", "10.0.0.1", containers=[running("side"), running("c")])
    blog["spec"]["containers"] = [{"name": "side", "image": "busybox"}, {"name": "c", "image": "nginx"}]
    lab.put(blog)
    lab.put(own("my-shell", ANNA, "busybox", "10.0.0.2"))
    lab.logs[ANNA, "blog"] = b'10.0.0.2 "GET / HTTP/1.1" 200\n'
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    assert {"http_between_pods", "shell_pod_ready"} <= reached(made, "Anna")
    assert [request.one("container") for request in lab.requests if request.path.endswith("/log")] == ["c"]


def test_who_may_not_list_the_cluster_looks_at_each_namespace_again_and_again(lab, tmp_path):
    slept: list[float] = []

    def sleep(seconds):
        slept.append(seconds)
        put_web(lab)
        time.sleep(seconds)

    made = watching(lab, tmp_path, 0.5)
    lab.fault("/api/v1/pods$", refuse(403))
    made.look(Deadline(10))
    made.watch(lambda line: None, sleep=sleep)
    assert slept and reached(made, "Anna") == {"web_pod_ready", "apply"}


def test_who_may_list_and_not_watch_the_cluster_does_so_too(lab, tmp_path, monkeypatch):
    made = watching(lab, tmp_path, 0.5)
    made.look(Deadline(10))
    put_web(lab)

    def refused(seconds):
        raise ApiError(403, "Forbidden", "no right to watch")

    monkeypatch.setattr(made._pods, "wait", refused)
    made.watch(lambda line: None)
    assert reached(made, "Anna") == {"web_pod_ready", "apply"}
    assert "no right" not in (tmp_path / "board.html").read_text()


def test_files_that_cannot_be_written_for_a_while_end_no_watching(lab, tmp_path, monkeypatch):
    made = watching(lab, tmp_path, 1)
    made.look(Deadline(10))
    write, tries = made.write, []

    def full_at_first(**given):
        tries.append(given)
        if len(tries) <= 2:
            raise ArgumentError("There is no room.")
        write(**given)

    monkeypatch.setattr(made, "write", full_at_first)
    put_web(lab)
    lines: list[str] = []
    made.watch(lines.append)
    said = [line.partition(" ")[2] for line in lines[1:]]
    assert said == ["Anna: Web pod, Applied", "There is no room. Looking goes on.", "The files are written again."]
    assert "web_pod_ready apply" in (tmp_path / "grade.csv").read_text()


def test_who_watches_does_not_wait_for_the_first_answer_as_long_as_for_a_look(lab, tmp_path, monkeypatch):
    monkeypatch.setattr("ansible_collections.kubelabs.pods.plugins.action.grade.ANSWERED_WITHIN", 0.2)
    made = watching(lab, tmp_path, 1, timeout=20)
    made.look(Deadline(10))
    lab.fault("/api/v1/namespaces$", half_open, times=99)
    lines: list[str] = []
    made.watch(lines.append)
    assert "The cluster has not answered since" in lines[1]


def test_what_is_said_while_it_runs_is_wrapped_by_words_and_paths_stay_whole():
    text = "10:42 Anna: " + "reached a step, " * 8 + "\n    " + "/a/path" * 12
    for columns, widest in ((60, 60), (0, 100), (500, 120)):
        *lines, path = told(text, columns).splitlines()
        assert widest - 15 < max(map(len, lines)) <= widest
        assert " ".join(lines) == text.splitlines()[0].strip() and path == text.splitlines()[1]


def test_an_orphan_does_not_go_on(lab, tmp_path, monkeypatch):
    made = watching(lab, tmp_path, 0)
    made.look(Deadline(10))
    parents = iter([1, 2])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    made.watch(lambda line: None)


def test_files_are_only_written_anew_where_something_is_new(lab, tmp_path):
    made = grading(lab, tmp_path)
    made.look(Deadline(10))
    made.write(refresh=5)
    (tmp_path / "grade.csv").unlink()
    made.write(refresh=5)
    assert not (tmp_path / "grade.csv").exists()
    put_web(lab)
    made.look(Deadline(10))
    made.write(refresh=5)
    assert (tmp_path / "grade.csv").exists()


def test_in_check_mode_nothing_is_written(lab, tmp_path):
    made = grading(lab, tmp_path / "new", check_mode=True)
    made.look(Deadline(10))
    made.write()
    assert not (tmp_path / "new").exists()


def test_the_table_says_where_the_rest_is_only_where_it_was_written(lab, tmp_path):
    many = [{"name": f"s{number}", "namespace": f"monday-s{number}"} for number in range(50)]
    for check_mode in (False, True):
        made = grading(lab, tmp_path, check_mode, students=many, only=True, columns=60)
        made.look(Deadline(10))
        assert ("see grade.csv" in answer(made)["table"]) is not check_mode
        assert "1 Web pod" not in answer(made)["table"]


def test_a_file_that_cannot_be_written_is_told(lab, tmp_path):
    made = grading(lab, tmp_path / "file" / "below")
    made.look(Deadline(10))
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match="pods_lab_report_dir"):
        made.write()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"restarts": 0}, "restarts is 0. Give 1 or more."),
        ({"settle": -1}, "settle is -1"),
        ({"watch_interval": 0}, "watch_interval"),
        ({"watch_for": -1}, "watch_for"),
        ({"columns": -1}, "columns"),
        ({"points": {"x": 1}}, "points: x is no step"),
        ({"students": [{"name": "Anna"}]}, "students"),
    ],
)
def test_options_that_cannot_be_used_are_told(lab, tmp_path, given, problem):
    with pytest.raises(ArgumentError, match=problem):
        grading(lab, tmp_path, **given)


def test_what_is_returned(lab, tmp_path):
    put_web(lab)
    made = grading(lab, tmp_path, points={"apply": 2})
    made.look(Deadline(10))
    returned = answer(made)
    assert [one["points"] for one in returned["students"]] == [3, 0]
    assert "pods" not in returned["students"][0]
    assert returned["totals"]["apply"] == 1
    assert returned["table"].splitlines()[-1].startswith("(all)")
