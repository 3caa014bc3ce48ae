# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a student's name: how it is shown, what it is compared by, and the label that is made of it. Pure."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from typing import Any

from ..module_utils._ground.wording import one_line

# A namespace's name and a label's value: an RFC 1123 label. Source: Kubernetes' "Object Names and IDs".
RFC_1123_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
RFC_1123_LENGTH = 63
# Letters of European names that Unicode does not decompose into an ASCII letter and a mark; and the dot between the
# names of a person in Japanese, which is no letter.
UNDECOMPOSED = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | {"ħ": "h", "ŋ": "ng", "ŧ": "t", "ə": "e", "・": " "}
)
#: How many digits of a hash tell apart what would have the same label: 16 million, for the few students of one slug.
HASH_LENGTH = 6
#: Joiners that show nothing and are right in Persian and Indic names: these are kept, and do not count.
JOINERS = "\u200c\u200d"


def is_rfc_1123_label(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= RFC_1123_LENGTH and bool(RFC_1123_LABEL.fullmatch(text))


def visible(name: str) -> str:
    """The name in Unicode's form NFC, with every run of white space as one blank, without what shows nothing.

    That is controls, marks of direction and the like, which would also turn around or hide what stands beside the name
    in a table. '' where nothing else is left.
    """
    text = "".join(
        char
        for char in name
        if char.isspace() or char in JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )
    # The white space first: what shows nothing may stand between two blanks.
    text = unicodedata.normalize("NFC", one_line(text))
    return text if text.strip(JOINERS) else ""


def identity(name: str) -> str:
    """What names are compared by: capitals, Unicode's forms of the same letter and joiners do not count; accents do."""
    # Not casefold(): Weiß and Weiss are two people.
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).lower())
    return "".join(char for char in folded if char not in JOINERS)


def slug(name: str, *, transliterated: bool = True) -> str:
    """`name` as an RFC 1123 label: 'Anna Müller' becomes 'anna-muller' and '李雷' 'li-lei'; '' where it has no letter.

    Args:
        transliterated: whether letters that Unicode does not decompose into ASCII are; else they are left out.

    Raises:
        ImportError: there are such letters, and Unidecode is not installed.
    """
    text = unicodedata.normalize("NFC", identity(name).casefold())
    made = []
    foreign = False  # whether the letter before has no ASCII form: then the marks behind it belong to how it is spoken
    for char in text:
        ascii_form = unicodedata.normalize("NFKD", char).translate(UNDECOMPOSED).encode("ascii", "ignore").decode()
        category = unicodedata.category(char)
        if ascii_form or category[0] not in "LMN":
            foreign = False
            made.append(ascii_form)
        elif foreign or (category[0] != "M" and category != "Lm"):
            foreign = True
            made.append(_transliterated(char) if transliterated else "")
    return re.sub(r"[^a-z0-9]+", "-", "".join(made).lower()).strip("-")


def with_hash(label: str, name: str, room: int) -> str:
    """The label with a hash of the whole name behind it, in at most `room` characters: if possible cut between words.

    The hash is that of the name's identity, so that it stays where a capital is corrected.
    """
    digits = hashlib.sha256(identity(name).encode()).hexdigest()[:HASH_LENGTH]
    longest = room - HASH_LENGTH - 1
    head = label[:longest]
    if len(label) > longest and label[longest] != "-":
        # Not where that leaves less than half, as of a long last name behind a short first one.
        between = head.rfind("-")
        head = head[:between] if between * 2 >= longest else head
    return f"{head.rstrip('-')}-{digits}"


@functools.cache
def _transliterated(char: str) -> str:
    """A letter, digit or mark in ASCII letters, digits and blanks; '' where Unidecode does not know it."""
    # Not python-slugify: which of two libraries it asks depends on what else is installed, and namespaces must not.
    import unidecode  # only here: most rosters do without

    # The quotes that stand for soft signs and glottal stops would take names apart.
    return re.sub(r"[^A-Za-z0-9 ]", "", unidecode.unidecode(char, errors="ignore"))
