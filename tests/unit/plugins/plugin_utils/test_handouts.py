# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import builtins
import importlib.util
import re
import sys
from html.parser import HTMLParser

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ArgumentError
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _handouts, _lab_steps
from ansible_collections.kubelabs.pods.plugins.plugin_utils._checks import NAMES
from ansible_collections.kubelabs.pods.plugins.plugin_utils._handouts import Until, cards, lab, sheets, url_problem
from ansible_collections.kubelabs.pods.plugins.plugin_utils._labels import visible

ANNA = {"name": "Anna Müller", "label": "anna", "namespace": "lab-anna"}
NAMES_TO_TRY = [
    "Ben O'Hara",
    "李雷",
    "محمد علي",
    "प्रिया",
    "Łukasz",
    "Zoë",
    "Maximiliana-Konstantina Papadopoulou-Weatherstonehaugh von T",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "Anna \u202eretsnom",
    "a" * 300,
]


def pod(name, **container):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "@namespace@", "labels": {"kubelabs.pods/class": "monday"}},
        "spec": {"containers": [{"name": name, "image": "example.org/app:1", **container}], "affinity": {"x": "y"}},
    }


PODS = [
    pod("web"),
    pod("shell", env=[{"name": "LAB_STUDENT", "value": "@label@"}]),
    pod("failing", command=["sh", "-c", "echo 'a'\nexit 1"]),
]
LAB = lab("monday", "https://kube.example.org:6443", "", PODS)
SERVED = lab("monday", "https://kube.example.org:6443", "https://files.example.org/lab", PODS)


class Page(HTMLParser):
    """What a browser makes of a page: tags, attributes and visible text."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.text = ""
        self._in_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self._in_style = tag == "style"

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        if not self._in_style:
            self.text += data


def named(name, namespace="lab-x"):
    return {"name": name, "label": "x", "namespace": namespace}


# --- the table of steps ---


def test_a_step_has_the_name_of_a_check():
    checks = [step.check for step in _lab_steps.STEPS]
    assert set(checks) <= set(NAMES)
    assert len(set(checks)) == len(checks)


@pytest.mark.parametrize("step", _lab_steps.STEPS, ids=[step.check for step in _lab_steps.STEPS])
def test_code_in_a_step_ends_where_it_begins(step):
    assert step.commands
    assert all(text.count("`") % 2 == 0 for text in (step.text, step.shows))


def test_students_make_no_pod_of_a_name_of_ours():
    said = " ".join(command for step in _lab_steps.STEPS for command in step.commands)
    made = {_handouts.own_pod(manifest)["metadata"]["name"] for manifest in PODS}
    assert made == {"my-web", "my-shell", "my-failing"}
    assert not re.search(r"(logs|exec -it|pod) (web|shell|failing)\b", said)


# --- sheets ---


def test_a_sheet_says_who_where_and_until_when():
    made = sheets(ANNA, LAB, Until(True, "2026-11-29T08:31:41.000Z"))
    assert set(made) == {"lab-sheet.html", "lab-sheet.md"}
    for text in (Page(made["lab-sheet.html"]).text, made["lab-sheet.md"]):
        for word in ("Anna Müller", "monday", "lab-anna", "https://kube.example.org:6443", "2026-11-29 08:31 UTC"):
            assert word in text
        assert 'export KUBECONFIG="$PWD/kubeconfig"' in text


def test_both_forms_say_the_same():
    made = sheets(ANNA, LAB, Until())
    page, plain = Page(made["lab-sheet.html"]).text, made["lab-sheet.md"]
    for step in _lab_steps.STEPS:
        for command in step.commands:
            assert command in page
            assert f"    {command}\n" in plain
        for text in (step.text, step.shows):
            assert " ".join(text.replace("`", "").split()) in " ".join(page.split())
            assert " ".join(text.split()) in " ".join(plain.split())


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (Until(True, "2026-11-29T08:31:41Z"), "2026-11-29 08:31 UTC"),
        (Until(True), "the lab is taken down"),
        (Until(), ""),
    ],
)
def test_until_when(until, said):
    assert str(until) == said
    assert ("good until" in sheets(ANNA, LAB, until)["lab-sheet.md"]) == bool(said)


def test_the_yaml_is_that_of_the_lab_under_other_names():
    blocks = re.findall(r"```yaml\n(.*?)```", sheets(ANNA, LAB, Until())["lab-sheet.md"], re.DOTALL)
    web, shell, failing = (yaml.safe_load(block) for block in blocks)
    assert web == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "my-web", "labels": {"app": "my-web"}},
        "spec": {"containers": [{"name": "web", "image": "example.org/app:1"}]},
    }
    assert shell["spec"]["containers"][0]["env"] == [{"name": "LAB_STUDENT", "value": "anna"}]
    assert failing["spec"]["containers"][0]["command"][2] == "echo 'a'\nexit 1"
    assert "    - |-\n" in blocks[2]  # a script as people write it


def test_a_pod_that_is_missing_is_named():
    with pytest.raises(ArgumentError, match=r"there is no pod failing\. Give the manifests of web, shell, failing"):
        lab("monday", "https://a", "", PODS[:2])


# --- whatever a name is ---


TAGS = {tag for text in (*sheets(ANNA, LAB, Until()).values(), cards([ANNA], SERVED)) for tag in Page(text).tags}


@pytest.mark.parametrize("name", NAMES_TO_TRY)
def test_a_name_is_only_text(name):
    made = sheets(named(name), LAB, Until())
    for text in (made["lab-sheet.html"], cards([named(name)], SERVED)):
        page = Page(text)
        assert set(page.tags) <= TAGS
        assert not [key for key, _value in page.attributes if key.startswith("on")]
        assert visible(name)[:60] in page.text
    assert f"<bdi><strong>{_escaped(name)}</strong></bdi>" in made["lab-sheet.html"]


@given(st.text(max_size=80))
def test_any_text_is_only_text(name):
    page = Page(cards([named(name)], LAB))
    assert page.tags.count("section") == 1
    assert set(page.tags) <= TAGS
    assert visible(name)[:60] in page.text


@given(st.text(max_size=80))
def test_any_text_means_nothing_in_markdown(name):
    (line,) = [
        line for line in sheets(named(name), LAB, Until())["lab-sheet.md"].splitlines() if line.startswith("- For: ")
    ]
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]<>&|~]", line)


def _escaped(name):
    import markupsafe

    return markupsafe.escape(visible(name))


def test_marks_of_direction_and_controls_are_left_out():
    assert "\u202e" not in cards([named("Anna \u202eretsnom\x1b[31m")], LAB)


@pytest.mark.parametrize("namespace", ["../etc", "a/b", "", ".", "A", "a" * 64])
def test_a_namespace_that_is_none_leads_nowhere(namespace):
    with pytest.raises(ArgumentError, match=r"the namespace .* of Anna is no name of a namespace"):
        cards([named("Anna", namespace)], LAB)


def test_no_page_runs_or_loads_anything():
    for text in (sheets(ANNA, LAB, Until())["lab-sheet.html"], cards([ANNA], SERVED)):
        page = Page(text)
        policy = dict(page.attributes)["content"]
        assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
        assert not [value for key, value in page.attributes if key in ("src", "href", "action")]
        assert "default-src 'none'" in text, policy
        assert "url(" not in text and "@import" not in text


# --- cards ---


def test_eight_cards_a_page():
    many = [named(f"Student {number}", f"lab-{number}") for number in range(17)]
    pages = cards(many, LAB).split('<div class="sheet">')[1:]
    assert [page.count("<section") for page in pages] == [8, 8, 1]


def test_long_names_are_smaller_and_end():
    text = cards([named("a" * 23), named("b" * 45), named("c" * 100)], LAB)
    assert '<h2 class="long"><bdi>' + "a" * 23 in text
    assert '<h2 class="very-long"><bdi>' + "b" * 45 in text
    assert "c" * 63 + "…" in text and "c" * 64 not in text


def test_without_an_address_there_is_no_qr_code():
    text = cards([ANNA], LAB)
    assert "<svg" not in text
    assert "Take your folder" in text


@pytest.mark.parametrize("url", ["https://files.example.org/lab", "https://files.example.org/lab/"])
def test_the_qr_code_holds_the_address_of_the_folder_and_nothing_else(monkeypatch, url):
    import segno

    asked = []
    make = segno.make
    monkeypatch.setattr(segno, "make", lambda what, **options: asked.append(what) or make(what, **options))
    text = cards([ANNA, named("Ben", "lab-ben")], lab("monday", "https://a", url, PODS))
    assert asked == ["https://files.example.org/lab/lab-anna/", "https://files.example.org/lab/lab-ben/"]
    assert text.count("<svg") == 2
    assert "https://files.example.org/lab/lab-anna/" in text


def test_without_the_library_the_address_is_there_all_the_same(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.delitem(sys.modules, "segno", raising=False)
    text = cards([ANNA], SERVED)
    assert "<svg" not in text
    assert "https://files.example.org/lab/lab-anna/" in text


@pytest.mark.parametrize(
    "server", ["https://anna:geheim@kube.example.org:6443", "https://geheim@kube.example.org:6443"]
)
def test_no_password_of_the_server_is_handed_out(server):
    of = lab("monday", server, "", PODS)
    for text in (*sheets(ANNA, of, Until()).values(), cards([ANNA], of)):
        assert "geheim" not in text
        assert "https://kube.example.org:6443" in text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", ""),
        ("https://files.example.org/lab", ""),
        ("http://10.0.0.1:8080", ""),
        ("files.example.org", "no web address"),
        ("javascript:alert(1)", "no web address"),
        ("https://", "no web address"),
        ("https://a:b", "no web address"),
        ("https://[", "no web address"),
        ('https://a/"x', "no web address"),
        ("https://a/ b", "no web address"),
        ("https://anna:pw@a/", "a user name or a password"),
        ("https://a/?token=x", "no ?"),
        ("https://a/#x", "no ?"),
        ("https://a/?", "no ?"),
    ],
)
def test_addresses(url, words):
    problem = url_problem(url)
    assert words in problem
    assert bool(problem) == bool(words)


def test_an_address_that_cannot_be_used_is_refused():
    with pytest.raises(ArgumentError, match="url: it has a user name or a password in it"):
        lab("monday", "https://a", "https://anna:pw@a/", PODS)


def test_templates_are_read_once(monkeypatch):
    sheets(ANNA, LAB, Until())
    monkeypatch.setattr(builtins, "open", None)
    assert sheets(ANNA, LAB, Until())
