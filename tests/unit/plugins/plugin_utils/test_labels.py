# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _labels as labels

# The letters of European names as the first slugs knew them, and what they made of those.
FIRST = {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
LATIN = [
    char
    for char in map(chr, range(0x20, 0x250))
    if unicodedata.category(char)[0] in "LZ" or char in "-'.0123456789"
    if char.casefold() in FIRST or any(one.isascii() for one in unicodedata.normalize("NFKD", char.casefold()))
]
MARKS = [chr(code) for code in range(0x300, 0x370) if code != 0x345]  # which is the Greek letter iota


def first_slug(name):
    """What the collection made of names when it could not transliterate: those namespaces stay."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(str.maketrans(FIRST)))
    return re.sub(r"[^a-z0-9]+", "-", decomposed.encode("ascii", "ignore").decode()).strip("-")


@pytest.fixture(name="without_unidecode")
def fixture_without_unidecode(monkeypatch):
    monkeypatch.setitem(sys.modules, "unidecode", None)
    labels._transliterated.cache_clear()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Anna Müller", "anna-muller"),
        ("Weiß", "weiss"),
        ("Ærø", "aero"),
        ("Łukasz", "lukasz"),
        ("--a__b--", "a-b"),
        ("Ñ1", "n1"),
        ("Åse Ødegård", "ase-odegard"),
        ("Jörg Müßig", "jorg-mussig"),
        ("O'Hara", "o-hara"),
        ("O\u2019Hara", "ohara"),
        ("Ǿrsted", "orsted"),
        ("Ħal Ŧoma Ŋ Əli", "hal-toma-ng-eli"),
    ],
)
def test_slugs_of_european_names_need_no_library(name, slug, without_unidecode):
    assert labels.slug(name) == slug


@pytest.mark.parametrize(("letter", "ascii_form"), FIRST.items())
def test_a_letter_that_unicode_does_not_decompose(letter, ascii_form, without_unidecode):
    assert labels.slug(f"A{letter}b {letter.upper()}") == f"a{ascii_form}b-{'i' if letter == 'ı' else ascii_form}"


@given(st.text(st.sampled_from(LATIN) | st.sampled_from(MARKS)))
def test_the_slugs_of_latin_letters_with_marks_stay(name):
    assert labels.slug(name) == first_slug(name)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("李雷", "li-lei"),
        ("王小明", "wang-xiao-ming"),
        ("Ольга Щукина", "olga-shchukina"),
        ("Марʼяна", "mariana"),
        ("Γιώργος Παπαδόπουλος", "giorgos-papadopoulos"),
        ("محمد علي", "mhmd-ly"),
        ("علی\u200cرضا", "lyrd"),
        ("נועה כהן", "nvh-khhn"),
        ("김민준", "gimminjun"),
        ("さくら 田中", "sakura-tian-zhong"),
        ("ジョン・スミス", "ziyon-sumisu"),
        ("राम मोहन", "raam-mohn"),
        ("สมชาย", "smchaay"),
        ("Նարեկ", "narek"),
        ("ნინო", "nino"),
        ("Anna 李", "anna-li"),
        ("١٢", "12"),
        ("𝐀𝐧𝐧𝐚", "anna"),
        ("😀", ""),
        ("Anna 😀", "anna"),
        ("", ""),
    ],
)
def test_names_in_any_script(name, slug):
    assert labels.slug(name) == slug


@given(st.text())
def test_a_slug_is_a_label_or_nothing(name):
    slug = labels.slug(name)
    assert slug == "" or labels.RFC_1123_LABEL.fullmatch(slug)
    assert labels.slug(slug) == slug


@given(st.text())
def test_the_forms_of_unicode_make_no_difference(name):
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    assert len({labels.slug(form) for form in forms}) == 1
    assert len({labels.identity(form) for form in forms}) == 1
    assert len({labels.visible(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (" Anna \n Müller\t", "Anna Müller"),
        ("Mu\u0308ller", "Müller"),
        ("\ufeffAn\u200bna\u00ad", "Anna"),
        ("\u202eannA\u202c", "annA"),
        ("\u200fנועה\u200e", "נועה"),
        ("Anna\x1b[31m\x07", "Anna[31m"),
        ("a \u200b b", "a b"),
        ("\ud800", ""),
        ("\u200b \u200d", ""),
        ("علی\u200cرضا", "علی\u200cرضا"),
    ],
    ids=ascii,
)
def test_what_is_seen_of_a_name(name, seen):
    assert labels.visible(name) == seen


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("anna", "Anna", True),
        ("Ａnna", "Anna", True),
        ("علی\u200cرضا", "علیرضا", True),
        ("ΝΊΚΟΣ", "Νίκος", True),
        ("Zoë", "Zoe", False),
        ("Weiß", "Weiss", False),
        ("Anna-Lena", "Anna Lena", False),
    ],
    ids=ascii,
)
def test_which_names_are_the_same(one, other, same):
    assert (labels.identity(one) == labels.identity(other)) is same


LONG = "Maximilian Alexander Ferdinand von und zu Hohenstein-Langenburg"


@pytest.mark.parametrize(
    ("label", "room", "start"),
    [
        pytest.param("zoe", 20, "zoe-", id="there is room"),
        pytest.param("maximilian-alexander-ferdinand", 30, "maximilian-alexander-", id="between two words"),
        pytest.param("maximilian-alexander-ferdinand", 27, "maximilian-alexander-", id="just there"),
        pytest.param("jo-hohenlohelangenburg", 20, "jo-hohenlohel-", id="in a long word"),
        pytest.param("abcdefghijklmn", 8, "a-", id="hardly any room"),
        pytest.param("a-b", 9, "a-", id="behind a hyphen"),
    ],
)
def test_a_label_with_a_hash(label, room, start):
    made = labels.with_hash(label, LONG, room)
    assert re.fullmatch(rf"{start}[0-9a-f]{{{labels.HASH_LENGTH}}}", made)
    assert len(made) <= room


def test_the_hash_is_that_of_the_whole_name():
    # The very digits: namespaces are found again by them, with every version of the collection.
    assert labels.with_hash("zoe", "Zoe", 20) == labels.with_hash("zoe", "ZOE", 20) == "zoe-9d017e"
    assert labels.with_hash("x", f"{LONG} A", 20) != labels.with_hash("x", f"{LONG} B", 20)


def test_letters_that_need_the_library_without_it(without_unidecode):
    with pytest.raises(ImportError):
        labels.slug("李")
    assert labels.slug("Zoë 😀 李", transliterated=False) == "zoe"
    assert labels.slug("x\u0302\ufe0f ʼb", transliterated=True) == "x-b"
