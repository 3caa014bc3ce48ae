# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib.util
import shutil

import pytest

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _cards_pdf
from ansible_collections.kubelabs.pods.plugins.plugin_utils._cards_pdf import NoPdf, made_of, trouble


@pytest.fixture(name="program")
def fake_program(monkeypatch, tmp_path):
    """A program in the place of WeasyPrint, from the lines of a shell script."""

    def install(*lines):
        script = tmp_path / "weasyprint"
        script.write_text("\n".join(["#!/bin/sh", *lines]))
        script.chmod(0o755)
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
        monkeypatch.setattr(shutil, "which", lambda _name: str(script))

    return install


@pytest.fixture(name="fonts", autouse=True)
def fake_fonts(monkeypatch):
    monkeypatch.setattr(_cards_pdf, "_fonts", lambda: frozenset({(0x20, 0x17F)}))


def test_the_page_goes_in_and_the_pdf_comes_out(program):
    program("printf '%%PDF-'", "cat")
    assert made_of("<p>李") == "%PDF-<p>李".encode()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ["echo warning >&2", "echo OSError: cannot load library libpango >&2", "exit 1"],
            r"failed \(OSError: cannot load",
        ),
        (["exit 1"], r"failed \(it said nothing\)"),
        (["echo no PDF"], "failed"),
    ],
)
def test_a_program_that_fails_says_why(program, lines, words):
    program(*lines)
    with pytest.raises(NoPdf, match=words):
        made_of("<p>")


def test_a_program_that_takes_too_long_is_ended(program, monkeypatch):
    program("exec sleep 60")
    monkeypatch.setattr(_cards_pdf, "LONGEST", 0.2)
    with pytest.raises(NoPdf, match=r"was not ready after 0\.2 s"):
        made_of("<p>")


def test_a_program_that_cannot_be_started(program, tmp_path):
    program()
    (tmp_path / "weasyprint").chmod(0o644)
    with pytest.raises(NoPdf, match="could not be started"):
        made_of("<p>")


def test_it_is_said_where_it_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert trouble(["Anna"]).startswith("WeasyPrint is not installed. For it, pip install weasyprint")


def test_letters_without_a_font_are_named(program):
    program()
    assert trouble(["Łukasz", "Zoë"]) == ""
    assert trouble(["Łukasz", "李雷"]) == (
        "no font on this machine has 李 雷. Install fonts for it, such as Debian's fonts-noto-core and fonts-noto-cjk."
    )


def test_where_fonts_cannot_be_listed_they_are_taken_to_be_there(program, monkeypatch):
    program()
    monkeypatch.setattr(_cards_pdf, "_fonts", frozenset)
    assert trouble(["李雷"]) == ""


def test_how_fonts_are_listed():
    assert _cards_pdf._ranges("20-7e a0\n4e00-9fff what\n") == {(0x20, 0x7E), (0xA0, 0xA0), (0x4E00, 0x9FFF)}


@pytest.mark.skipif(not importlib.util.find_spec("weasyprint"), reason="WeasyPrint is optional")
def test_weasyprint_itself():
    try:
        made = made_of("<!DOCTYPE html><title>x</title><p>Anna")
    except NoPdf as exc:
        pytest.skip(str(exc))
    assert made.startswith(b"%PDF-")
