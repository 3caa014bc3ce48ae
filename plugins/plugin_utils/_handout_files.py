# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hand-outs of a class on the disk: written, and removed, where nothing else is in their place."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..module_utils._ground.addresses import is_of_this_machine
from ..module_utils._ground.errors import KubelabsError
from ..module_utils._ground.wording import named
from ..module_utils._keys import disk
from . import _cards_pdf, _handouts
from ._handouts import Lab, Until

#: A marker stands in the first bytes of a file or in the last ones.
HEAD, TAIL = 2000, 400


@dataclass
class Handouts:
    """The hand-outs of one class under one directory, and what has become of them.

    Attributes:
        path: the directory, absolute.
        class_name: whose they are.
        check_mode: whether nothing is to be written or removed.
        done: how many files are created, changed, unchanged, removed.
        unmet: a sentence for every file that is not as it was to be.
        notes: sentences about what could not be made here, and how to get it.
    """

    path: str
    class_name: str
    check_mode: bool = False
    done: Counter[str] = field(default_factory=Counter)
    unmet: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was written or removed, or would be."""
        return bool(self.done["created"] + self.done["changed"] + self.done["removed"])

    @property
    def summary(self) -> str:
        """One sentence for `msg` that names at most ten files; '' where all are as they were to be."""
        bad = [why.rstrip(".") for why in self.unmet]
        return named(bad, len(bad) + self.done.total(), "hand-outs are not as they were to be")

    def write(
        self,
        students: Sequence[Mapping[str, Any]],
        keys: Mapping[str, Until],
        lab: Lab,
        *,
        part: bool,
        staff: bool = False,
    ) -> None:
        """Writes the sheets of those who have a key, and cards for all; for the staff which namespace is whose.

        Args:
            students: of the class.
            keys: until when the key of a namespace is good; who is not in it has none, and no use for a sheet.
            lab: what they have in common.
            part: whether the students are only a part of the class, whose cards and list stay.
            staff: whether there is any. What is not for anybody any more is removed.

        Raises:
            ArgumentError: what stands in the students or the pods cannot be used.
        """
        # Whatever is wrong with one of them is found before anything is written.
        cards = _handouts.cards(students, lab)
        pages = [
            (_handouts.folder_name(student), _handouts.sheets(student, lab, keys[student["namespace"]]))
            for student in students
            if student["namespace"] in keys
        ]
        for folder, sheets in pages:
            for file, text in sheets.items():
                self._put(os.path.join(self.path, folder, file), text.encode("utf-8", "backslashreplace"))
        if staff and not part:
            self._put(self._class_list, _handouts.class_list(students, lab).encode("utf-8", "backslashreplace"))
        elif not part:
            self._drop(self._class_list)
        if students and is_of_this_machine(lab.server):
            self.notes.append(
                f"Kubeconfigs, sheets and cards say {lab.server}, which leads to the cluster from this machine only."
                " For students at other machines set pods_lab_student_server to an address that they reach."
            )
        name = _handouts.PART_OF_CARDS if part else _handouts.CARDS
        if students:
            self._put(os.path.join(self.path, f"{name}.html"), cards.encode("utf-8", "backslashreplace"))
            self._put_pdf(os.path.join(self.path, f"{name}.pdf"), cards, [str(one["name"]) for one in students])
            if lab.url and not _handouts.can_make_qr_codes():
                self.notes.append(
                    f"The cards in {name}.html have no QR code, because the Python library segno is missing: pip"
                    " install segno."
                )

    def remove(self, students: Sequence[Mapping[str, Any]], *, part: bool) -> None:
        """Removes the sheets of the students and, but for a part of the class, the cards and the list for the staff;
        then empty directories.

        Raises:
            ArgumentError: a namespace cannot be used.
        """
        folders = [os.path.join(self.path, _handouts.folder_name(student)) for student in students]
        for folder in folders:
            for file in _handouts.SHEETS:
                self._drop(os.path.join(folder, file))
        for name in (_handouts.PART_OF_CARDS,) if part else (_handouts.PART_OF_CARDS, _handouts.CARDS):
            for kind in ("html", "pdf"):
                self._drop(os.path.join(self.path, f"{name}.{kind}"))
        if not part:
            self._drop(self._class_list)
        if not self.check_mode:
            for folder in [*folders, os.path.dirname(self._class_list), self.path]:
                disk.remove_empty(folder)

    @property
    def _class_list(self) -> str:
        return os.path.join(self.path, _handouts.STAFF_FOLDER, _handouts.CLASS_LIST)

    def _put(self, path: str, content: bytes) -> None:
        try:
            was = self._ours(path)
            if was == content:
                self.done["unchanged"] += 1
                return
            if not self.check_mode:
                disk.write(path, content)
            self.done["created" if was is None else "changed"] += 1
        except KubelabsError as exc:
            self.unmet.append(str(exc))

    def _put_pdf(self, path: str, cards: str, names: Sequence[str]) -> None:
        """The cards as PDF, where they have changed since it was made. An old one is worse than none."""
        seal = f"{_handouts.marker(self.class_name)}, made of {_handouts.digest(cards)}"
        try:
            was = self._ours(path)
            if was is not None and seal.encode() in was[-TAIL:]:
                self.done["unchanged"] += 1
                return
            trouble = _cards_pdf.trouble(names)
            if trouble:
                raise _cards_pdf.NoPdf(trouble)
            if not self.check_mode:
                # A line that begins with % is a comment, and readers leave alone what follows the end of a PDF.
                disk.write(path, _cards_pdf.made_of(cards) + f"\n%{seal}\n".encode())
            self.done["created" if was is None else "changed"] += 1
        except _cards_pdf.NoPdf as exc:
            self.notes.append(f"There is no {os.path.basename(path)}: {exc} Or print the HTML file from a browser.")
            self._drop(path)
        except KubelabsError as exc:
            self.unmet.append(str(exc))

    def _drop(self, path: str) -> None:
        try:
            if self._ours(path) is None:
                return
            if not self.check_mode:
                disk.remove(path)
            self.done["removed"] += 1
        except KubelabsError as exc:
            self.unmet.append(str(exc))

    def _ours(self, path: str) -> bytes | None:
        """What stands in a hand-out of this class; None where nothing is in its place.

        Raises:
            KubelabsError: something else is there, or it cannot be read.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as stream:
                regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
                content = stream.read() if regular else b""
        except (FileNotFoundError, NotADirectoryError):
            return None
        except IsADirectoryError:
            content = b""
        except OSError as exc:
            if not os.path.islink(path):
                raise KubelabsError(
                    f"{path} cannot be read ({exc.strerror}): run as the user who owns it, or set pods_lab_handout_dir"
                    " to another directory."
                ) from exc
            content = b""
        if _handouts.marker(self.class_name).encode() not in content[:HEAD] + content[-TAIL:]:
            raise KubelabsError(
                f"{path} is no hand-out of the class {self.class_name}, and stays as it is: move it away, or set"
                " pods_lab_handout_dir to another directory."
            )
        return content
