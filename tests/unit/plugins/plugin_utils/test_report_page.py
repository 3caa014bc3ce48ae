# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""report.html as text; tests/browser looks at it with a browser."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _lab_steps
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _report_page as report_page
from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import NAMES, check
from ansible_collections.kubelabs.pods.plugins.plugin_utils._templates import template

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def page(report):
    return html.fromstring(report_page.report_page(report))


def data(root):
    return json.loads(root.get_element_by_id("data").text)


def with_check(report, student, **changes):
    """The report with one of the first checks changed: what is given, of that of the name `check`."""
    made = copy.deepcopy(report)
    one = next(one for one in made["students"][student]["checks"] if one["check"] == changes["check"])
    one.update(changes)
    return made


def words(root):
    """What stands in an element, with blanks between its parts as a browser shows them."""
    return re.sub(r" (?=[.,:;])", "", " ".join(" ".join(root.itertext()).split()))


def test_a_real_lab(recorded_report):
    root = page(recorded_report)
    assert "3 of 3 students passed every check." in words(root.find_class("verdict")[0])
    assert [row.findtext("th/button/bdi") for row in root.get_element_by_id("table").iterfind(".//tbody/tr")] == [
        "Ana Petrović",
        "Benjamin Okafor",
        "陳美玲",
    ]
    assert len(root.xpath("//table[@class='grid']//td[@class='p']")) == 54
    assert not root.xpath("//h2[@id='failures-h']")
    assert "Kubernetes v1.37.2" in words(root)


def test_all_that_was_seen_is_in_the_data(recorded_report):
    found = data(page(recorded_report))
    name, namespace, checks = found["students"][2]
    index, status, reason, note, evidence, kubectl, started, duration = checks[5]
    assert (name, namespace) == ("陳美玲", "monday-chen-mei-ling")
    assert found["checks"][index][:2] == ["logs", "the log of the web pod can be read"]
    assert (found["statuses"][status], found["texts"][reason], found["texts"][note]) == ("passed", "", "")
    assert (found["texts"][evidence], started, duration) == ("Listening on :8080", "11:53:58", 0.048)
    assert found["texts"][kubectl].replace("\x01", namespace).endswith("-n monday-chen-mei-ling logs web -c web")


def test_failures_are_grouped_by_cause_with_all_that_helps(recorded_report):
    made = recorded_report
    for student in (0, 2):
        made = with_check(
            made, student, check="dns", status="failed", reason=f"No answer in try {student}.", evidence="timed out"
        )
    (cause,) = page(made).find_class("cause")
    said = words(cause)
    for part in (
        "dns 2 students No answer in try 0. Said of Ana Petrović, and",
        "What was seen timed out To see the same kubectl ",
        "What it looks like where it works: " + _lab_steps.BY_CHECK["dns"].shows.replace("`", ""),
    ):
        assert part in said
    assert [button.text_content() for button in cause.find_class("student")] == ["Ana Petrović", "陳美玲"]


def test_more_students_than_can_be_read_are_folded_and_none_is_lost(recorded_report):
    base = with_check(recorded_report, 0, check="logs", status="failed", reason="Why.")["students"][0]
    students = [{**base, "name": f"student {number}"} for number in range(100)]
    (cause,) = page({**recorded_report, "students": students}).find_class("cause")
    assert len(cause.find_class("student")) == 100
    assert words(cause.find("details/summary")) == f"{100 - report_page.NAMED} more students"


def test_more_causes_than_can_be_read_are_folded_and_none_is_lost(recorded_report):
    students = [
        with_check(recorded_report, 0, check="logs", status="failed", reason=f"Reason {'i' * number}.")["students"][0]
        for number in range(50)
    ]
    (causes,) = page({**recorded_report, "students": students}).find_class("causes")
    assert len(causes.findall("article")) == report_page.MOST_CAUSES
    assert words(causes.find("details/summary")) == f"{50 - report_page.MOST_CAUSES} more"
    assert len(causes.find_class("reason")) == 50


def test_every_check_has_its_line_and_its_sentence_from_the_one_place():
    assert set(_lab_steps.BY_CHECK) == set(NAMES)
    checks = [check("Anna", name, True) for name in NAMES]
    student = {"name": "Anna", "namespace": "monday-anna", "checks": checks, "restarts": []}
    report = {"class": "monday", "cluster": {}, "started": "", "finished": "", "students": [student]}
    said = words(page(report).find_class("guide")[0])
    for name in NAMES:
        step = _lab_steps.BY_CHECK[name]
        assert step.shows.replace("`", "") in said
        assert all(line in said for line in step.kubectl) and step.kubectl
        assert all(line.startswith("kubectl ") for line in step.kubectl)


def test_one_drawing_is_large_and_the_example_is_the_most_instructive(recorded_report):
    short = copy.deepcopy(recorded_report)
    short["students"][0]["restarts"][0]["runs"] = short["students"][0]["restarts"][0]["runs"][:3]
    root = page(short)
    assert "The app of Benjamin Okafor" in words(root.find_class("example")[0].find("figcaption"))
    assert len(root.xpath("//svg[@class='small']")) == 3


def test_each_app_of_a_student_is_drawn(recorded_report):
    made = copy.deepcopy(recorded_report)
    (timeline,) = made["students"][1]["restarts"]
    made["students"][1]["restarts"].append({**timeline, "pod": "another"})
    items = page(made).xpath("//ol[@class='histories']/li")
    assert [item.get("data-student") for item in items] == ["0", "1", "1", "2"]
    names = [words(item.find_class("name")[0]) for item in items]
    assert names == ["Ana Petrović", "Benjamin Okafor, failing", "Benjamin Okafor, another", "陳美玲"]
    assert all(item.xpath(".//svg[@class='large']") for item in items)
    # Each with a name of its own, to which it refers.
    ids = page(made).xpath("//svg//@id")
    assert len(ids) == len(set(ids))


def test_of_a_large_class_those_are_drawn_large_that_are_not_as_expected(recorded_report):
    base = recorded_report["students"][0]
    students = [{**base, "name": f"student {number}"} for number in range(report_page.MOST_DRAWN + 20)]
    failed = with_check(recorded_report, 0, check="restarts", status="failed", reason="Why.")["students"][0]
    root = page({**recorded_report, "students": [*students, failed]})
    items = root.xpath("//ol[@class='histories many']/li")
    large = [bool(item.xpath(".//svg[@class='large']")) for item in items]
    assert sum(large) == report_page.MOST_DRAWN and large[-1] and large[0] and not large[-2]
    assert "first run for 4 s, exit 1" in words(items[-2])


@pytest.mark.parametrize(("nodes", "said"), [([{}], "1 node"), ([{}, {}], "2 nodes"), ([], "0 nodes"), (None, "")])
def test_the_nodes_of_the_cluster_are_counted(recorded_report, nodes, said):
    made = {**recorded_report, "cluster": {"server": "s", "nodes": nodes}}
    line = words(page(made).find_class("tiles")[0].findall("div")[-1].find("dd/span"))
    assert line == (f"s, {said}" if said else "s")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("x\n" * report_page.LINES_ON_PAPER, False),
        ("x\n" * (report_page.LINES_ON_PAPER + 1), True),
        ("x" * report_page.LINES_ON_PAPER * report_page.CHARACTERS_ON_PAPER, False),
        ("x" * (report_page.LINES_ON_PAPER * report_page.CHARACTERS_ON_PAPER + 1), True),
        ("漢" * (report_page.LINES_ON_PAPER * report_page.CHARACTERS_ON_PAPER // 2 + 1), True),
    ],
)
def test_what_is_cut_on_paper(text, expected):
    assert report_page.long_on_paper(text) is expected


def test_what_is_cut_on_paper_is_said_to_go_on(recorded_report):
    long = "x\n" * (report_page.LINES_ON_PAPER + 1)
    for evidence, said in ((long, 1), ("x", 0)):
        made = with_check(recorded_report, 0, check="dns", status="failed", reason="Why.", evidence=evidence)
        (cause,) = page(made).find_class("cause")
        assert len(cause.xpath("pre[@class='long']")) == said
        assert words(cause).count("This goes on in results.json.") == said
    # As many lines as the style prints.
    assert f"max-height: calc({report_page.LINES_ON_PAPER} * 1.5em" in template("report.css").render()


def test_paper_names_of_a_large_class_who_passed_everything_and_shows_the_others(recorded_report):
    base = recorded_report["students"][0]
    students = [{**base, "name": f"student {number}"} for number in range(report_page.MOST_ON_PAPER)]
    assert not page({**recorded_report, "students": students}).find_class("others")
    failed = with_check(recorded_report, 0, check="dns", status="failed", reason="Why.")["students"][0]
    lacking = {**base, "name": "who lacks a check", "checks": base["checks"][1:]}
    skipped = {**base, "name": "who has nothing", "checks": [{**one, "status": "skipped"} for one in base["checks"]]}
    root = page({**recorded_report, "students": [*students, failed, lacking, skipped]})
    assert [words(name) for name in root.xpath("//ul[contains(@class, 'others')]/li")] == [
        one["name"] for one in students
    ]
    rows = root.xpath("//table[contains(@class, 'grid')]/tbody/tr")
    assert [row.get("class") for row in rows] == ["fine"] * len(students) + [None] * 3
    assert f"{len(students)} passed every check that was made:" in words(root.find_class("others")[1])


def test_how_long_pods_took(recorded_report):
    students = []
    for number in range(1, 101):
        made = [check("x", name, True, result={"duration": float(number)}) for name in report_page.STARTS]
        students.append({"name": str(number), "namespace": "x", "checks": made, "restarts": []})
    failed = [check("x", "web_pod_ready", False, "Why.", result={"duration": 9000.0})]
    students.append({"name": "late", "namespace": "x", "checks": failed, "restarts": []})
    web, shell = report_page.starts({**recorded_report, "students": students})
    assert (web.number, web.at) == (100, [50.0, 90.0, 99.0, 100.0]) and web.at == shell.at
    assert "50.0 s 90.0 s 99.0 s 100.0 s" in words(page({**recorded_report, "students": students}))


@pytest.mark.parametrize(("share", "expected"), [(50, 2), (90, 3), (99, 3), (100, 3)])
def test_nearest_rank(share, expected):
    assert report_page.percentile([3, 1, 2], share) == expected


def test_the_policy_allows_the_page_s_own_script_and_style_and_nothing_else(recorded_report):
    root = page(recorded_report)
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    # A directive, a browser's default for all that is not named.
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "*" not in policy
    for kind, name in (("style", "report.css"), ("script", "report.js")):
        text = template(name).render()
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
        assert f"<{kind}>{text}</{kind}>" in report_page.report_page(recorded_report)
    assert not root.xpath("//@style | //@src | //link | //@*[starts-with(name(), 'on')]")
    assert set(root.xpath("//@href")) == {"#table"}


def test_a_file_of_ours_is_known_by_its_beginning(recorded_report):
    assert f'content="{report_page.MARK} monday"' in report_page.report_page(recorded_report)[:300]


def test_what_is_hostile_is_text(recorded_report):
    made = with_check(recorded_report, 0, check="dns", status="failed", reason=ATTACK, evidence=ATTACK, kubectl=ATTACK)
    made["students"][0]["name"] = made["class"] = made["cluster"]["server"] = ATTACK
    made["students"][0]["restarts"][0]["runs"][0]["reason"] = ATTACK
    root = page(made)
    assert len(root.xpath("//script")) == 2 and not root.xpath("//img")
    # `</script ` and `<!--` mean something to a browser in a script element, too, even without what ends a tag.
    island = report_page.report_page(made).partition('id="data">')[2].partition("</script>")[0]
    assert not set("<>&") & set(island)
    assert data(root)["students"][0][0] == ATTACK
    assert words(root.find_class("reason")[0]) == ATTACK


def test_nothing_was_checked():
    report = {"class": "monday", "cluster": {}, "started": "t", "finished": "t", "students": []}
    assert "Nothing was checked: the report has no checks." in words(page(report))


@given(ANY_TEXT, ANY_TEXT)
@settings(max_examples=25)
def test_whatever_anybody_says_it_is_one_page(name, text):
    made = {**check(name, "restarts", False, text, text), "note": text, "kubectl": text, "started": text}
    timeline = {"runs": [{"number": 0, "started": "2026-01-01T00:00:00Z", "reason": text}], "hint": text}
    student = {
        "name": name,
        "namespace": text,
        "checks": [made],
        "restarts": [{**timeline, "back_off": {"note": text}}],
    }
    cluster = {"server": text, "version": text, "context": name, "nodes": text}
    said = report_page.report_page(
        {"class": text, "cluster": cluster, "started": name, "finished": text, "students": [student]}
    )
    said.encode()
    root = etree.fromstring(said.encode(), etree.HTMLParser(huge_tree=True))
    assert len(root.xpath("//script")) == 2 and len(root.xpath("//main")) == 1
    assert not root.xpath("//@*[starts-with(name(), 'on')]")
    json.loads(root.xpath("//script[@id='data']")[0].text)
