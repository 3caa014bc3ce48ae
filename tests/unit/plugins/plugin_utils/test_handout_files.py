# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _cards_pdf, _handouts
from ansible_collections.kubelabs.pods.plugins.plugin_utils._handout_files import Handouts
from ansible_collections.kubelabs.pods.plugins.plugin_utils._handouts import Until, lab

ANNA = {"name": "Anna", "label": "anna", "namespace": "lab-anna"}
LI = {"name": "李雷", "label": "li-lei", "namespace": "lab-li-lei"}
PODS = [
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": name}]}}
    for name in _handouts.PODS
]
LAB = lab("monday", "https://kube.example.org:6443", "", PODS)
KEYS = {"lab-anna": Until(True, "2026-11-29T08:31:41.000Z"), "lab-li-lei": Until(True)}


@pytest.fixture(name="pdfs", autouse=True)
def fake_weasyprint(monkeypatch):
    """What became a PDF; WeasyPrint itself is in test_cards_pdf.py."""
    made = []
    monkeypatch.setattr(_cards_pdf, "trouble", lambda _names: "")
    monkeypatch.setattr(_cards_pdf, "made_of", lambda html: made.append(html) or b"%PDF-1.7\n...\n%%EOF\n")
    return made


@pytest.fixture(name="path")
def handout_dir(tmp_path):
    return tmp_path / "handouts/monday"


def hand_out(path, students=(ANNA, LI), keys=None, of=LAB, part=False, staff=False, check_mode=False):
    done = Handouts(str(path), of.class_name, check_mode)
    done.write(students, KEYS if keys is None else keys, of, part=part, staff=staff)
    return done


def remove(path, students=(ANNA, LI), part=False, check_mode=False, class_name="monday"):
    done = Handouts(str(path), class_name, check_mode)
    done.remove(students, part=part)
    return done


def files(path):
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


ALL = [
    "access-cards.html",
    "access-cards.pdf",
    "lab-anna/lab-sheet.html",
    "lab-anna/lab-sheet.md",
    "lab-li-lei/lab-sheet.html",
    "lab-li-lei/lab-sheet.md",
]


def test_what_is_written_is_for_its_owner_alone(path):
    done = hand_out(path)
    assert files(path) == ALL
    assert (done.changed, done.done, done.unmet, done.notes) == (True, {"created": 6}, [], [])
    for entry in [path, *path.rglob("*")]:
        assert entry.stat().st_mode & 0o777 == (0o700 if entry.is_dir() else 0o600), entry


def test_again_nothing_changes(path, pdfs):
    hand_out(path)
    before = {file: os.stat(path / file).st_mtime_ns for file in ALL}
    done = hand_out(path)
    assert (done.changed, done.done) == (False, {"unchanged": 6})
    assert {file: os.stat(path / file).st_mtime_ns for file in ALL} == before
    assert len(pdfs) == 1


def test_a_key_that_was_renewed_changes_its_sheets_and_no_card(path, pdfs):
    hand_out(path)
    done = hand_out(path, keys={**KEYS, "lab-anna": Until(True, "2026-12-06T08:31:41.000Z")})
    assert done.done == {"changed": 2, "unchanged": 4}
    assert "2026-12-06" in (path / "lab-anna/lab-sheet.md").read_text()
    assert len(pdfs) == 1


def test_who_has_no_key_has_a_card(path):
    hand_out(path, keys={"lab-anna": Until()})
    assert files(path) == ALL[:4]
    assert "李雷" in (path / "access-cards.html").read_text()


def test_a_part_of_the_class_leaves_the_cards_of_all(path):
    hand_out(path)
    before = (path / "access-cards.html").read_text()
    hand_out(path, students=[LI], part=True)
    assert (path / "access-cards.html").read_text() == before
    assert "Anna" not in (path / "access-cards-part.html").read_text()


def test_the_staff_is_told_whose_namespace_is_which(path):
    hand_out(path, staff=True)
    text = (path / "staff/class-list.md").read_text()
    assert "| 李雷 | `lab-li-lei` |" in text
    hand_out(path, students=(ANNA,), part=True, staff=True)
    assert (path / "staff/class-list.md").read_text() == text
    # A class that has no staff any more.
    assert hand_out(path).done["removed"] == 1
    assert files(path) == sorted([*ALL, "access-cards-part.html", "access-cards-part.pdf"])
    hand_out(path, staff=True)
    remove(path)
    assert not path.exists()


def test_check_mode_writes_nothing(path, pdfs):
    done = hand_out(path, check_mode=True)
    assert (done.changed, done.done, path.exists(), pdfs) == (True, {"created": 6}, False, [])
    hand_out(path)
    assert not hand_out(path, check_mode=True).changed
    assert remove(path, check_mode=True).done == {"removed": 6}
    assert files(path) == ALL


@pytest.mark.parametrize("file", ALL)
def test_a_foreign_file_stays_as_it_is_and_is_named(path, file):
    (path / file).parent.mkdir(parents=True)
    (path / file).write_text("mine")
    done = hand_out(path)
    assert (path / file).read_text() == "mine"
    assert done.unmet == [
        f"{path / file} is no hand-out of the class monday, and stays as it is: move it away, or set "
        "pods_lab_handout_dir to another directory."
    ]
    assert done.summary.startswith("1 of 6 hand-outs are not as they were to be: ")
    assert done.done["created"] == 5
    assert remove(path).unmet == done.unmet
    assert files(path) == [file]


def test_the_file_of_another_class_is_foreign(path):
    hand_out(path)
    done = hand_out(path, of=LAB._replace(class_name="tuesday"))
    assert len(done.unmet) == 6
    assert "monday" in (path / "access-cards.html").read_text()


@pytest.mark.parametrize("make", ["link", "directory", "fifo"])
def test_what_is_no_file_is_foreign(path, make, tmp_path):
    place = path / "lab-anna/lab-sheet.md"
    place.parent.mkdir(parents=True)
    (tmp_path / "target").write_text(_handouts.marker("monday"))
    {"link": lambda: place.symlink_to(tmp_path / "target"), "directory": place.mkdir, "fifo": lambda: os.mkfifo(place)}[
        make
    ]()
    (why,) = hand_out(path).unmet
    assert str(place) in why
    assert (tmp_path / "target").read_text() == _handouts.marker("monday")


def test_where_it_cannot_be_written_it_is_said(path):
    path.parent.mkdir()
    path.write_text("")
    done = hand_out(path)
    assert not done.changed
    assert "cannot be written" in done.summary


def test_what_was_written_is_removed_with_its_directories(path):
    hand_out(path)
    done = remove(path)
    assert (done.changed, done.done) == (True, {"removed": 6})
    assert not path.exists()
    assert not remove(path).changed


def test_a_directory_that_holds_something_stays(path):
    hand_out(path)
    (path / "lab-anna/kubeconfig").write_text("key")
    (path / "lab-li-lei/notes.txt").write_text("mine")
    remove(path)
    assert files(path) == ["lab-anna/kubeconfig", "lab-li-lei/notes.txt"]


def test_one_student_goes_and_the_cards_stay(path):
    hand_out(path)
    hand_out(path, students=[LI], part=True)
    remove(path, students=[LI], part=True)
    assert files(path) == ALL[:4]
    assert not (path / "lab-li-lei").exists()


def test_without_a_pdf_there_is_the_html_and_a_sentence(path, monkeypatch):
    hand_out(path)
    monkeypatch.setattr(_cards_pdf, "trouble", lambda _names: "WeasyPrint is not installed.")
    done = hand_out(path)
    assert (done.changed, done.notes) == (False, [])  # it is that of these cards
    done = hand_out(path, students=[ANNA])
    assert done.notes == [
        "There is no access-cards.pdf: WeasyPrint is not installed. Or print the HTML file from a browser."
    ]
    assert "access-cards.pdf" not in files(path)  # the old one would tell something else


def test_a_pdf_that_fails_is_a_sentence(path, monkeypatch):
    def fail(_html):
        raise _cards_pdf.NoPdf("WeasyPrint failed.")

    monkeypatch.setattr(_cards_pdf, "made_of", fail)
    done = hand_out(path)
    assert (len(done.notes), done.unmet) == (1, [])


def test_an_address_that_leads_to_the_cluster_from_here_only_is_noted(path):
    (note,) = hand_out(path, of=LAB._replace(server="https://127.0.0.1:6443")).notes
    assert note.startswith("Kubeconfigs, sheets and cards say https://127.0.0.1:6443, which leads")
    assert "pods_lab_student_server" in note


def test_without_qr_codes_it_is_said(path, monkeypatch):
    monkeypatch.setattr(_handouts, "can_make_qr_codes", lambda: False)
    done = hand_out(path, of=LAB._replace(url="https://files.example.org/"))
    assert done.notes == [
        "The cards in access-cards.html have no QR code, because the Python library segno is missing: "
        "pip install segno."
    ]
