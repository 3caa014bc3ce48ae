# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts of the hand-outs: lab sheets and access cards. Pure, but for the templates.

Nothing here knows a token: what is handed over are names, addresses and times. Names come from rosters, in any script,
and may be anything; whatever stands in HTML is escaped by Jinja2, and no page may run a script or load anything.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..module_utils._ground.addresses import split_credentials
from ..module_utils._ground.errors import ArgumentError
from ..module_utils._ground.times import parse_time, readable
from . import _lab_steps
from ._labels import is_rfc_1123_label, visible
from ._per_student import for_each_student
from ._templates import template

#: The files in a student's directory, and those of the class.
SHEETS = ("lab-sheet.html", "lab-sheet.md")
#: How the file of a student's key is called, beside the sheets.
KEY_FILE = "kubeconfig"
CARDS = "access-cards"
#: The same for a part of the class: they are no reason to lose the cards of all.
PART_OF_CARDS = "access-cards-part"
#: For those who look after all of them: where, and which file.
STAFF_FOLDER, CLASS_LIST = "staff", "class-list.md"
CARDS_PER_PAGE = 8
#: More of a name has no room on a card.
LONGEST_ON_A_CARD = 64
#: Longer names are written smaller on a card.
LONG, VERY_LONG = 22, 44
#: The pods of the lab that students make as well.
PODS = tuple(step.pod for step in _lab_steps.STEPS if step.pod)


class Lab(NamedTuple):
    """What the hand-outs of a class have in common.

    Attributes:
        class_name: of the class.
        server: the URL of the API server, without user and password.
        url: where the students' directories are served, ending with `/`; '' for nowhere.
        pods: the manifests of one student's web, shell and failing pods, with placeholders.
    """

    class_name: str
    server: str
    url: str
    pods: Mapping[str, Mapping[str, Any]]


class Until(NamedTuple):
    """Until when a key is good.

    Attributes:
        known: whether anything is known of it.
        expires: the time, as the module student_kubeconfig gives it; None where it does not expire.
    """

    known: bool = False
    expires: str | None = None

    def __str__(self) -> str:
        """For people; '' where nothing is known."""
        moment = parse_time(self.expires)
        if moment is not None:
            return readable(moment)
        return "the lab is taken down" if self.known else ""


def lab(class_name: str, server: str, url: str, pods: Sequence[Mapping[str, Any]]) -> Lab:
    """What the hand-outs have in common, checked.

    Raises:
        ArgumentError: the URL cannot be used, or one of the lab's pods is missing.
    """
    problem = url_problem(url)
    if problem:
        raise ArgumentError(f"url: {problem}")
    by_name = {str(pod["metadata"].get("name")): pod for pod in pods}
    missing = [name for name in PODS if name not in by_name]
    if missing:
        raise ArgumentError(f"pods: there is no pod {missing[0]}. Give the manifests of {', '.join(PODS)}.")
    return Lab(class_name, _without_credentials(server), _ending_with_slash(url), by_name)


def url_problem(url: str) -> str:
    """Why the students' directories cannot be served under the URL; '' where they can. Everybody sees it, so it
    holds no password."""
    remedy = "Give the beginning of a web address, as in https://files.example.org/pods-lab"
    try:
        parts = urlsplit(url)
        bad = parts.scheme not in ("http", "https") or not parts.hostname
        # A port that is no number raises only when it is asked for.
        _port = parts.port
    except ValueError:
        bad = True
    if not url:
        return ""
    if bad or re.search(r"[\s\x00-\x1f\x7f\"'<>\\`]", url):
        return f"this is no web address. {remedy}."
    if "@" in parts.netloc:
        return f"it has a user name or a password in it, which would be printed. {remedy}, without them."
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return f"the name of each student's directory goes to its end, so there can be no ? and no # in it. {remedy}."
    return ""


def marker(class_name: str) -> str:
    """What stands in every hand-out of a class, so that it is known again."""
    return f"kubelabs.pods: hand-out of the class {class_name}"


def folder_name(student: Mapping[str, Any]) -> str:
    """The name of a student's directory.

    Raises:
        ArgumentError: the namespace is none, and so it could lead anywhere.
    """
    namespace = str(student["namespace"])
    if not is_rfc_1123_label(namespace):
        raise ArgumentError(
            f"students: the namespace {namespace!r} of {visible(str(student['name']))} is no name of a namespace,"
            " and so none of a directory. Use small letters, digits and hyphens."
        )
    return namespace


def own_pod(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A pod of the lab as a student makes it: the same, under a name of the student's own, and without what ties it to
    the class. The kubeconfig says the namespace."""
    spec = dict(manifest["spec"])
    # It speaks of the labels of the class.
    spec.pop("affinity", None)
    name = _lab_steps.OWN + str(manifest["metadata"]["name"])
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec,
    }


def sheets(student: Mapping[str, Any], of: Lab, until: Until) -> dict[str, str]:
    """The lab sheet of a student, by the names of its files.

    Raises:
        ArgumentError: a placeholder in the pods stands for nothing that the student has.
    """
    filled = for_each_student([own_pod(of.pods[name]) for name in PODS], [student])
    yaml_texts = {name: _yaml(pod) for name, pod in zip(PODS, filled, strict=True)}
    facts = {
        "marker": marker(of.class_name),
        "name": visible(str(student["name"])),
        "namespace": folder_name(student),
        "class_name": of.class_name,
        "server": of.server,
        "until": str(until),
        "key_file": KEY_FILE,
        "yaml": yaml_texts,
        "texts": _lab_steps,
    }
    return {file: template(file).render(facts) for file in SHEETS}


def cards(students: Sequence[Mapping[str, Any]], of: Lab) -> str:
    """The page of access cards as HTML. Where there is a URL and segno, each has a QR code of its folder."""
    addresses = [f"{of.url}{folder_name(student)}/" for student in students] if of.url else []
    codes = _qr_codes(addresses)
    made = []
    for index, student in enumerate(students):
        name = visible(str(student["name"]))
        made.append(
            {
                "name": name if len(name) <= LONGEST_ON_A_CARD else name[: LONGEST_ON_A_CARD - 1] + "…",
                "size": "very-long" if len(name) > VERY_LONG else "long" if len(name) > LONG else "",
                "namespace": folder_name(student),
                "address": addresses[index] if addresses else "",
                "qr_code": codes[index] if codes else "",
            }
        )
    pages = [made[first : first + CARDS_PER_PAGE] for first in range(0, len(made), CARDS_PER_PAGE)]
    facts = {"class_name": of.class_name, "server": of.server, "pages": pages, "key_file": KEY_FILE}
    return str(template("access-cards.html").render(facts, marker=marker(of.class_name)))


def class_list(students: Sequence[Mapping[str, Any]], of: Lab) -> str:
    """Which namespace is whose, in Markdown, for the staff."""
    named = [{"name": visible(str(student["name"])), "namespace": folder_name(student)} for student in students]
    facts = {"class_name": of.class_name, "key_file": KEY_FILE, "marker": marker(of.class_name)}
    return str(template(CLASS_LIST).render(facts, students=named))


def can_make_qr_codes() -> bool:
    """Whether the library for them is there."""
    return importlib.util.find_spec("segno") is not None


def _qr_codes(addresses: Sequence[str]) -> list[str]:
    """The QR codes of web addresses as SVG, to stand in a page; '' for each where the library for it is missing."""
    if not can_make_qr_codes():
        return ["" for _address in addresses]
    import segno

    made = []
    mask = None
    for address in addresses:
        code = segno.make(address, error="m", micro=False, mask=mask)
        # Any mask can be read. To find the best takes most of the time, and the addresses are much alike.
        mask = code.mask
        made.append(str(code.svg_inline(border=4, omitsize=True, light="#fff")))
    return made


def digest(text: str) -> str:
    """A short word that differs where the text does."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _without_credentials(server: str) -> str:
    try:
        return split_credentials(server)[0].geturl()
    except ValueError as exc:
        raise ArgumentError(f"server: {exc}. Give the URL of the API server.") from exc


def _ending_with_slash(url: str) -> str:
    return f"{url.rstrip('/')}/" if url else ""


def _yaml(pod: Mapping[str, Any]) -> str:
    """As people write YAML: in blocks, in the given order, a script as it is."""
    # Through JSON, because Ansible hands over types of its own, which PyYAML does not know.
    return _yaml_of(json.dumps(pod))


@functools.lru_cache(maxsize=16)  # most pods are the same for all students
def _yaml_of(json_text: str) -> str:
    import yaml

    text = yaml.dump(json.loads(json_text), Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1000)
    return str(text)


@functools.cache
def _dumper() -> Any:
    import yaml

    # libyaml where it is there: a class of a thousand is three thousand pods.
    base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: Any = type("Dumper", (base,), {"ignore_aliases": lambda _self, _data: True})
    dumper.add_representer(str, _represent)
    return dumper


def _represent(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
