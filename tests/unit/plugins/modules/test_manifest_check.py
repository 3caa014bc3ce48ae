# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import threading

import pytest

from ansible_collections.kubelabs.pods.plugins.modules import manifest_check
from ansible_collections.kubelabs.pods.tests.unit.fakes.api_server import half_open, hang_up, in_order, refuse, reply
from ansible_collections.kubelabs.pods.tests.unit.fakes.catalog import ALWAYS, accept_all, serve
from ansible_collections.kubelabs.pods.tests.unit.fakes.connect import run_module

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: nginx
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      hostNetwork: true
      containers: [{name: web}]
"""


@pytest.fixture(name="check")
def run_manifest_check(api, capfd):
    """Runs it against a server that accepts whatever no test has answered before."""

    def run(*, modern=True, **args):
        serve(api, modern=modern)
        accept_all(api)
        return run_module(manifest_check.main, capfd, api, **args)

    return run


def only(result):
    assert not result.get("failed"), result
    (one,) = result["results"]
    return one


def lines(result):
    return only(result)["lines"]


def trials(api):
    return [(one.method, one.path) for one in api.requests if one.method in ("POST", "PATCH")]


@pytest.mark.parametrize("modern", [True, False], ids=["new", "as 1.20"])
def test_a_right_manifest(api, check, modern):
    result = check(content=POD, namespace="lab-anna", modern=modern)
    one = only(result)
    assert result["changed"] is False
    assert "msg" not in result
    assert (one["name"], one["valid"], one["errors"], one["warnings"], one["lines"]) == ("content", True, 0, 0, [])
    assert one["msg"] == "content is right, and the cluster would accept it."
    (document,) = one["documents"]
    assert (document["line"], document["api_version"], document["kind"], document["name"]) == (1, "v1", "Pod", "web")
    assert document["dry_run"] == {
        "verdict": "accepted",
        "reason": "It would be created.",
        "message": "",
        "code": None,
        "warnings": [],
    }
    assert (document["pod_security"]["level"], document["pod_security"]["enforced"]) == ("baseline", None)
    assert trials(api) == [("POST", "/api/v1/namespaces/lab-anna/pods")]


def test_what_is_accepted_and_never_runs_is_a_warning(check):
    one = only(check(content=POD.replace("nginx", "Nginx")))
    assert (one["valid"], one["errors"], one["warnings"]) == (True, 0, 1)
    assert one["lines"][0].startswith("line 8: No image is called Nginx: ")
    assert one["lines"][0].endswith("Did you mean nginx?")


@pytest.mark.parametrize("modern", [True, False], ids=["new", "as 1.20"])
def test_a_slip_is_found_by_what_the_cluster_says_of_itself(api, check, modern):
    api.fault(
        "/pods$", refuse(400, "BadRequest", 'strict decoding error: unknown field "spec.contaners"'), method="POST"
    )
    api.fault("/pods$", refuse(422, "Invalid", "x", details={"causes": [missing_containers()]}), method="POST")
    result = check(content=POD.replace("containers", "contaners"), modern=modern)
    assert lines(result) == ["line 6: contaners is no field of spec. Did you mean containers?"]
    assert result["msg"] == f"content has 1 error. It is: {lines(result)[0]}"
    assert only(result)["documents"][0]["dry_run"]["verdict"] == "refused"


def missing_containers():
    return {"reason": "FieldValueRequired", "field": "spec.containers", "message": "Required value"}


def test_what_only_the_server_knows_is_told_beside_an_unknown_field(api, check):
    cause = {"field": "metadata.name", "message": "Invalid value: a lowercase RFC 1123 subdomain must consist of"}
    api.fault("/pods$", refuse(400, "BadRequest", 'strict decoding error: unknown field "spec.x"'), method="POST")
    api.fault("/pods$", refuse(422, "Invalid", "x", details={"causes": [cause]}), method="POST")
    found = lines(check(content=POD.replace("web\nspec", "Web\nspec") + "  x: 1\n"))
    assert [line.split(".")[0] for line in found] == ["line 4: metadata", "line 9: x is no field of spec"]
    queries = [one.query["fieldValidation"] for one in api.requests if one.method == "POST"]
    assert queries == [["Strict"], ["Ignore"]]


def test_the_schemas_are_fetched_once_for_all_and_only_those_needed(api, check):
    manifests = [{"name": f"student-{number}", "content": POD, "namespace": "lab"} for number in range(20)]
    result = check(manifests=manifests, concurrency=8)
    assert [one["name"] for one in result["results"]] == [f"student-{number}" for number in range(20)]
    asked = [one.path for one in api.requests if one.method == "GET"]
    assert len([path for path in asked if path.startswith("/openapi")]) == 2
    assert asked.count("/apis") == asked.count("/api") == asked.count("/api/v1/namespaces/lab") == 1
    assert not any("apps" in path for path in asked)


def test_nothing_is_ever_persisted(api, check):
    api.put({"metadata": {"name": "web", "namespace": "lab", "uid": "1"}})
    for content in (POD, DEPLOYMENT, POD.replace("image", "imagee")):
        check(content=content, namespace="lab")
    written = [one for one in api.requests if one.method != "GET"]
    assert {one.method for one in written} == {"POST", "PATCH"}
    assert [one.query["dryRun"] for one in written] == [["All"]] * len(written)


def test_check_mode_makes_no_difference(api, capfd):
    serve(api)
    accept_all(api)
    result = run_module(manifest_check.main, capfd, api, check_mode=True, content=POD)
    assert only(result)["documents"][0]["dry_run"]["verdict"] == "accepted"


UNCHANGEABLE = refuse(
    422, "Invalid", 'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `x`\n  core{'
)
NAME_TAKEN = (
    "line 4: An object of this name exists already, and what the file changes of it cannot be changed."
    " Choose another name, or delete the one that exists first, if it is yours: kubectl delete pod web"
)


@pytest.fixture(name="web")
def pod_of_the_lab(api):
    """A pod named web is in the namespace already."""
    api.put({"metadata": {"name": "web", "namespace": "lab", "uid": "1"}})


@pytest.mark.usefixtures("web")
def test_an_object_that_is_there_is_not_mixed_with_what_the_file_says(api, check):
    causes = [
        {"field": "spec.containers[0].ports[0].containerPort", "message": "Invalid value: must be between 1 and 65535"}
    ]
    api.fault("/pods$", refuse(422, "Invalid", "x", details={"causes": causes}), method="POST")
    mixed = [
        {"field": "spec.containers[1].ports[1].containerPort", "message": "Invalid value: must be between 1 and 65535"}
    ]
    api.fault("/pods/web$", refuse(422, "Invalid", "x", details={"causes": mixed}), method="PATCH")
    content = POD + "    ports:\n    - containerPort: 80808\n"
    assert lines(check(content=content, namespace="lab")) == [
        "line 10: spec.containers[0].ports[0].containerPort is not the number of a port. Ports go from 1 to 65535."
    ]


@pytest.mark.usefixtures("web")
def test_a_right_file_is_also_applied_to_the_object_that_has_its_name(api, check):
    result = check(content=POD, namespace="lab")
    assert trials(api) == [("POST", "/api/v1/namespaces/lab/pods"), ("PATCH", "/api/v1/namespaces/lab/pods/web")]
    patch = next(one for one in api.requests if one.method == "PATCH")
    assert patch.headers["content-type"] == ["application/apply-patch+yaml"]
    assert (patch.one("fieldManager"), patch.one("force")) == ("kubelabs.pods", "true")
    document = only(result)["documents"][0]
    assert only(result)["valid"] and "is there already" in document["dry_run"]["reason"]


@pytest.mark.usefixtures("web")
def test_a_change_that_would_be_refused_is_an_error_with_the_way_out(api, check):
    api.fault("/pods/web$", UNCHANGEABLE, method="PATCH")
    one = only(check(content=POD, namespace="lab"))
    assert (one["lines"], one["valid"]) == ([NAME_TAKEN], False)
    assert (one["documents"][0]["dry_run"]["verdict"], one["documents"][0]["dry_run"]["code"]) == ("refused", 422)


@pytest.mark.usefixtures("web")
def test_what_is_wrong_and_the_name_that_is_taken_are_told_at_once(api, check):
    cause = {"field": "spec.containers[0].image", "message": "Required value"}
    api.fault("/pods$", refuse(422, "Invalid", "x", details={"causes": [cause]}), method="POST")
    api.fault("/pods/web$", UNCHANGEABLE, method="PATCH")
    assert lines(check(content=POD, namespace="lab")) == [
        NAME_TAKEN,
        "line 8: spec.containers[0].image is missing.",
    ]


@pytest.mark.usefixtures("web")
def test_a_field_that_there_is_not_says_nothing_of_the_name(api, check):
    api.fault("/pods$", refuse(400, "BadRequest", 'strict decoding error: unknown field "spec.x"'), method="POST")
    words = "failed to create typed patch object (lab/web; /v1, Kind=Pod): .spec.x: field not declared in schema"
    api.fault("/pods/web$", refuse(400, "BadRequest", words), method="PATCH")
    assert lines(check(content=POD + "  x: 1\n", namespace="lab")) == [
        "line 9: x is no field of spec. Look at: kubectl explain pod.spec"
    ]


@pytest.mark.usefixtures("web")
def test_no_room_beside_the_object_that_has_the_name_is_no_fault(api, check):
    full = 'pods "web" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
    api.fault("/pods$", refuse(403, "Forbidden", full), method="POST", times=2)
    assert only(check(content=POD, namespace="lab"))["lines"] == []
    other = check(content=POD.replace("name: web\nspec", "name: other\nspec"), namespace="lab")
    assert "quota has no room" in lines(other)[0]


@pytest.mark.usefixtures("web")
def test_who_may_not_ask_the_second_question_does_not_know(api, check):
    api.fault("/pods/web$", refuse(403, "Forbidden", 'User "eve" cannot patch resource'), method="PATCH")
    one = only(check(content=POD, namespace="lab"))
    assert (one["valid"], one["documents"][0]["dry_run"]["verdict"]) == (True, "unknown")
    assert one["documents"][0]["dry_run"]["reason"].startswith(
        "The user eve, with whose rights this was asked, may not"
    )


def test_the_namespace_of_the_task_counts(api, check):
    result = check(content=POD.replace("web\nspec", "web\n  namespace: kube-system\nspec"), namespace="lab")
    assert lines(result) == [
        "line 5: The manifest is for the namespace kube-system, and not for lab."
        " Take this line away, so that it can be used in any namespace."
    ]
    assert trials(api) == [("POST", "/api/v1/namespaces/lab/pods")]
    assert next(one for one in api.requests if one.method == "POST").json()["metadata"]["namespace"] == "lab"


@pytest.mark.parametrize(("own", "namespace"), [("", "default"), ("  namespace: theirs\n", "theirs")])
def test_without_one_it_is_that_of_the_manifest(api, check, own, namespace):
    assert only(check(content=POD.replace("web\nspec", f"web\n{own}spec")))["valid"]
    assert trials(api) == [("POST", f"/api/v1/namespaces/{namespace}/pods")]


def test_a_namespace_that_is_not_there_is_nobodys_slip_unless_the_manifest_names_it(api, check):
    api.fault("/pods$", refuse(404, "NotFound", 'namespaces "lab" not found'), method="POST", times=2)
    one = only(check(content=POD, namespace="lab"))
    assert (one["valid"], one["documents"][0]["dry_run"]["verdict"]) == (True, "unknown")
    assert one["namespace_missing"]
    assert one["msg"].startswith("There is no namespace lab on the cluster, and so nothing was tried there: check the")
    one = only(check(content=POD.replace("web\nspec", "web\n  namespace: lab\nspec")))
    assert (one["valid"], one["lines"][0]) == (
        False,
        "line 1: There is no namespace lab. Make it first, or use another one.",
    )


def test_whoever_runs_the_task_is_warned_of_a_namespace_that_is_not_there(api, check, monkeypatch):
    # Ansible's own shows it at once where other tests have imported what only the controller has.
    warnings: list[str] = []
    monkeypatch.setattr(manifest_check, "warn", warnings.append)
    for name in ("lab-a", "lab-b"):
        api.fault(f"/{name}/pods$", refuse(404, "NotFound", f'namespaces "{name}" not found'), method="POST", times=9)
    manifests = [{"content": POD, "namespace": name} for name in ("lab-a", "lab-b", "lab-a", "lab-c")]
    result = check(manifests=manifests)
    assert [one["namespace_missing"] for one in result["results"]] == [True, True, True, False]
    assert [one["valid"] for one in result["results"]] == [True] * 4
    assert len(warnings) == 1
    assert warnings[0].startswith("There is no namespace lab-a, lab-b on the cluster, and so nothing was tried there")
    check(content=POD, namespace="lab-c")
    assert len(warnings) == 1


def test_beside_an_unknown_field_a_namespace_that_is_not_there_is_nobodys_slip_either(api, check):
    api.fault("/pods$", refuse(400, "BadRequest", 'strict decoding error: unknown field "spec.x"'), method="POST")
    api.fault("/pods$", refuse(404, "NotFound", 'namespaces "lab" not found'), method="POST")
    one = only(check(content=POD + "  x: 1\n", namespace="lab"))
    assert one["lines"] == ["line 9: x is no field of spec. Look at: kubectl explain pod.spec"]
    assert one["msg"].startswith("There is no namespace lab on the cluster")


def test_what_the_same_file_makes_twice_is_a_warning(check):
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    one = only(check(content=f"{POD}---\n{service}---\n{POD}"))
    assert (one["valid"], one["warnings"]) == (True, 1)
    assert one["lines"][0].startswith("line 18: The document that begins in line 1 makes the Pod of this name already.")
    other = POD.replace("web\nspec", "web\n  namespace: other\nspec")
    assert only(check(content=f"{POD}---\n{other}"))["lines"] == []
    generated = POD.replace("name: web\nspec", "generateName: web-\nspec")
    assert only(check(content=f"{generated}---\n{generated}"))["lines"] == []


def test_the_server_tells_no_slip_again_that_has_a_character_which_is_not_seen(api, check):
    said = 'strict decoding error: unknown field "spec.containers[0].im\\u200bage"'
    api.fault("/pods$", refuse(400, "BadRequest", said), method="POST")
    (line,) = lines(check(content=POD.replace("image", "im\u200bage")))
    assert "ZERO WIDTH SPACE" in line


def test_a_list_that_does_not_begin_for_want_of_a_blank_is_one_problem(api, check):
    api.fault("/pods$", refuse(400, "BadRequest", 'strict decoding error: unknown field "spec.-name"'), method="POST")
    api.fault("/pods$", refuse(422, "Invalid", "x", details={"causes": [missing_containers()]}), method="POST")
    (line,) = lines(check(content=POD.replace("  - name: web\n    image: nginx\n", "  -name: web\n")))
    assert line == "line 7: There is no blank after the dash. Write: - name: ..."


def test_bytes_as_kubectl_takes_them(api, check, tmp_path):
    (tmp_path / "utf16.yaml").write_bytes(POD.encode("utf-16"))
    (tmp_path / "latin.yaml").write_bytes(POD.replace("kind: Pod", "kind: Pod # für").encode("latin-1"))
    listed = "apiVersion: v1\nkind: List\nitems:\n- " + POD.replace("\n", "\n  ")
    (tmp_path / "list.yaml").write_bytes(listed.encode("utf-16"))
    result = check(manifests=[{"path": str(path)} for path in sorted(tmp_path.iterdir())])
    assert [(one["valid"], one["warnings"]) for one in result["results"]] == [(True, 1)] * 3


def test_what_the_same_file_makes_is_not_missed(api, check):
    api.fault("/pods$", refuse(404, "NotFound", 'namespaces "lab" not found'), method="POST")
    content = "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}\n---\n" + POD.replace(
        "web\nspec", "web\n  namespace: lab\nspec"
    )
    one = only(check(content=content))
    assert [document["dry_run"]["verdict"] for document in one["documents"]] == ["accepted", "skipped"]
    assert (one["valid"], [document["line"] for document in one["documents"]]) == (True, [1, 5])
    assert trials(api)[0] == ("POST", "/api/v1/namespaces")


def test_the_objects_of_a_list_are_checked_each(check):
    content = f"kind: List\napiVersion: v1\nitems:\n- {POD.replace(chr(10), chr(10) + '  ')}\n- kind: Zebra\n"
    one = only(check(content=content))
    assert [document["kind"] for document in one["documents"]] == ["Pod", "Zebra"]
    assert one["documents"][1]["line"] == 13


def enforce(api, level):
    labels = {"pod-security.kubernetes.io/enforce": level}
    api.fault("^/api/v1/namespaces/lab$", reply(200, {"metadata": {"labels": labels}}), times=ALWAYS)


def test_a_deployment_whose_pods_would_be_refused_is_an_error(api, check):
    enforce(api, "baseline")
    one = only(check(content=DEPLOYMENT, namespace="lab"))
    assert one["lines"] == [
        "line 9: The namespace enforces the Pod Security level baseline, which refuses such a pod"
        " (spec.template.spec.hostNetwork): The pod would share the node's network. Remove hostNetwork."
    ]
    security = one["documents"][0]["pod_security"]
    assert (security["level"], security["enforced"]) == ("privileged", "baseline")
    assert {reason["level"] for reason in security["reasons"]} == {"baseline", "restricted"}
    assert (security["reasons"][0]["line"], security["reasons"][0]["path"]) == (9, "spec.template.spec.hostNetwork")


def test_a_pod_that_the_namespace_lets_in_is_right(api, check):
    enforce(api, "baseline")
    one = only(check(content=POD, namespace="lab"))
    assert (one["valid"], one["documents"][0]["pod_security"]["level"]) == (True, "baseline")


def test_the_refusal_of_pod_security_is_told_field_by_field(api, check):
    enforce(api, "restricted")
    api.fault("/pods$", refuse(403, "Forbidden", 'violates PodSecurity "restricted:latest": x'), method="POST")
    found = lines(check(content=POD, namespace="lab"))
    assert len(found) == 4
    assert all("which refuses such a pod (spec.containers[0].securityContext." in line for line in found)


def test_who_may_not_try_gets_everything_else(api, check):
    words = 'pods is forbidden: User "eve" cannot create resource "pods" in API group "" in the namespace "default"'
    api.fault("/pods$", refuse(403, "Forbidden", words), method="POST")
    one = only(check(content=POD))
    assert (one["valid"], one["documents"][0]["dry_run"]["verdict"]) == (True, "unknown")
    assert "The user eve" in one["msg"]


@pytest.mark.parametrize(
    ("path", "fault", "words"),
    [
        ("^/openapi/v3$", refuse(418, "Teapot", "no"), "did not say which fields it has"),
        ("^/apis$", refuse(403, "Forbidden", "no"), "did not say which kinds it has"),
    ],
)
def test_a_cluster_that_says_nothing_of_itself_is_a_warning(api, check, path, fault, words):
    api.fault(path, fault, times=3)
    one = only(check(content=POD.replace("image", "imagee")))
    assert (one["valid"], one["warnings"]) == (True, 1)
    assert words in one["lines"][0]


def test_a_group_whose_server_is_down_is_left_out(api, check):
    api.fault("^/apis/events.k8s.io/v1$", refuse(404, "NotFound", "x"), times=ALWAYS)
    assert only(check(content=DEPLOYMENT, modern=False))["valid"]


def test_warnings_of_the_server_are_told(api, check):
    warning = {"Warning": '299 - "spec.containers[0].ports[1]: duplicate \\"port\\""'}
    api.fault("/pods$", reply(201, {}, warning), method="POST")
    one = only(check(content=POD))
    assert one["documents"][0]["dry_run"]["warnings"] == ['spec.containers[0].ports[1]: duplicate "port"']
    assert (one["valid"], one["warnings"]) == (True, 1)
    assert one["lines"] == ['line 7: The API server warns: spec.containers[0].ports[1]: duplicate "port".']


def test_a_connection_that_breaks_is_tried_again_since_a_dry_run_does_no_harm(api, check):
    api.fault("/pods$", hang_up, method="POST")
    assert only(check(content=POD))["documents"][0]["dry_run"]["verdict"] == "accepted"


# --- files, and what is no manifest ---


def test_files_of_a_class(check, tmp_path):
    (tmp_path / "anna.yaml").write_text(POD)
    (tmp_path / "ben.yaml").write_text(POD.replace("kind: Pod", "kind: pod"))
    (tmp_path / "pipe").mkdir()
    manifests = [
        {"path": str(tmp_path / "anna.yaml")},
        {"name": "ben", "path": str(tmp_path / "ben.yaml"), "namespace": "lab-ben"},
        {"name": "cem", "path": str(tmp_path / "cem.yaml")},
        {"name": "dir", "path": str(tmp_path / "pipe")},
    ]
    result = check(manifests=manifests, namespace="lab")
    anna, ben, cem, folder = result["results"]
    assert not result.get("failed")
    assert (anna["name"], anna["namespace"], anna["valid"]) == ("anna.yaml", "lab", True)
    assert (ben["namespace"], ben["valid"]) == ("lab-ben", False)
    assert cem["lines"] == [f"line 1: The file {tmp_path}/cem.yaml cannot be read: No such file or directory."]
    assert "it is no file" in folder["lines"][0]
    assert result["msg"].startswith("3 of 4 manifests have errors: ben (line 2: kind: pod: ")


def test_a_pipe_keeps_nobody_waiting(check, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    result = check(manifests=[{"path": str(tmp_path / "pipe")}], timeout=5)
    assert "it is no file" in result["results"][0]["lines"][0]


def test_it_may_fail_the_task(check):
    result = check(content="kind: pod", fail_on_problems=True)
    assert result["failed"] and result["results"][0]["errors"] == 4
    assert result["msg"].startswith("content has 4 errors. First: line 1: ")
    assert not check(content=POD, fail_on_problems=True).get("failed")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "There is nothing to check: give path, content or manifests."),
        ({"manifests": []}, "manifests is an empty list"),
        ({"manifests": [{"content": "a"}], "path": "/a"}, "and not both"),
        ({"manifests": [{"name": "anna"}]}, "anna: give either the path of a file or its content."),
        ({"manifests": [{}]}, "manifests[0]: give either"),
        ({"path": "/a", "content": "a"}, "give either the path of a file or its content."),
        ({"path": "/nowhere.yaml"}, "The file /nowhere.yaml cannot be read: No such file or directory."),
        ({"content": POD, "namespace": "Lab"}, "'Lab' cannot be the name of a namespace."),
    ],
)
def test_arguments_that_cannot_be_used(api, check, args, words):
    result = check(**args)
    assert result["failed"]
    assert words in result["msg"]
    assert not api.requests


@pytest.mark.against_the_clock
def test_what_does_not_end_in_time_is_a_result(api, check):
    api.fault("/pods$", half_open, method="POST", times=ALWAYS)
    result = check(manifests=[{"content": POD}, {"content": "a: ["}], timeout=0.8, concurrency=1)
    slow, _not_begun = result["results"]
    assert len(result["results"]) == 2
    assert not slow["valid"] or slow["documents"][0]["dry_run"]["verdict"] == "unknown"


def test_many_at_a_time(api, check):
    together = threading.Barrier(4, timeout=10)
    api.fault("/pods$", in_order(lambda connection, request: together.wait(), reply(201, {})), method="POST", times=4)
    result = check(manifests=[{"content": POD}] * 4, concurrency=4)
    assert all(one["documents"][0]["dry_run"]["verdict"] == "accepted" for one in result["results"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- a\n", "line 1: This is a list, and an object of Kubernetes is a mapping"),
        ("hello\n", "line 1: This is a single word, and an object"),
        ("Hello teacher, I did not manage it.\n", "line 1: This is text, and an object"),
        ("42\n", "line 1: This is a number, and an object"),
        ("yes\n", "line 1: This is true or false, and an object"),
        ("<html>404</html>\n", "line 1: This is HTML"),
        (POD.replace(": ", "\uff1a").replace(":\n", "\uff1a\n"), "line 1: The FULLWIDTH COLON"),
        ("kind\uff1aPod", "line 1: The FULLWIDTH COLON"),
        (
            POD.replace("kind", "k\u0456nd"),
            "line 2: k\u0456nd is no field of an object: letter 2 of it is no i but CYRILLIC SMALL LETTER",
        ),
        (
            POD.replace("Pod", "\u0420od"),
            "line 2: kind: \u0420od: the cluster has no such kind: letter 1 of it is no P but CYRILLIC CAPITAL",
        ),
        ("a:\n\tb: 1\n", "line 2: There is a tab here."),
        ("", "line 1: The file is empty."),
        (POD[: POD.index("spec")], "line 1: spec is missing. It says what the object is to be"),
        (POD.replace("spec:", "specs:"), "line 5: specs is no field of a Pod. Did you mean spec?"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "line 1: spec is missing."),
        (
            POD.replace("name: web\nspec", "names: web\nspec"),
            "line 4: names is no field of metadata. Did you mean name?",
        ),
        (POD.replace("nginx", "{{ image }}"), "line 8: A key has to be a word. This looks like a template"),
        (
            POD.replace("apiVersion: v1\n", ""),
            "line 1: apiVersion is missing. It says which version of the Kubernetes API the object is written for,"
            " as v1 or apps/v1. For a Pod write apiVersion: v1",
        ),
    ],
)
def test_one_slip_is_one_line(check, content, words):
    (line,) = lines(check(content=content))
    assert line.startswith(words)


def test_no_secret_comes_out(api, check):
    content = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: 4711}\ndata: {a: hunter2!}\n"
    api.fault("/secrets$", refuse(400, "BadRequest", "illegal base64 data at input byte 7"), method="POST")
    result = only(check(content=content))
    assert result["errors"] == 2
    assert "4711" not in str(result) and "hunter2" not in str(result)
