# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as junit.xml, which CI systems read: a suite for each student, a case for each check. Pure.

In the form of Jenkins' schema (junit-4.xsd), which GitLab reads as well. GitLab tells cases apart by `classname` and
`name`, and shows both; Jenkins takes what is before the last dot of `classname` for a package. So the class is the
package, and the namespace, which no two students share, the class in it.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ..module_utils._ground.times import iso_seconds, parse_time
from ._arguments import seconds
from ._checks import BY_NAME, Check, Status
from ._harmless import harmless, harmless_line
from ._report import Report, StudentReport

#: How the root's name begins, by which a file of ours is known.
MARK = "kubelabs.pods: report of the class"


def junit_xml(report: Report) -> str:
    """The text of the file."""
    everything = [made for student in report["students"] for made in student["checks"]]
    root = ET.Element(
        "testsuites",
        # Students are looked at side by side, so their times do not add up to that of the whole.
        {
            "name": f"{MARK} {harmless_line(report['class'])}",
            **_numbers(everything, skipped=False),
            "time": _lasted(report),
        },
    )
    for student in report["students"]:
        root.append(_suite(report, student))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _lasted(report: Report) -> str:
    """Seconds from the beginning to the end of the lab."""
    began, ended = parse_time(report["started"]), parse_time(report["finished"])
    return f"{max(0.0, (ended - began).total_seconds()) if began and ended else 0.0:.3f}"


def _suite(report: Report, student: StudentReport) -> ET.Element:
    namespace = harmless_line(student["namespace"], 200)
    began = parse_time(report["started"])
    suite = ET.Element(
        "testsuite",
        {
            "name": harmless_line(student["name"], 200),
            **({"timestamp": iso_seconds(began).removesuffix("Z")} if began else {}),
            "package": harmless_line(report["class"], 200),
            **_numbers(student["checks"]),
        },
    )
    properties = ET.SubElement(suite, "properties")
    server, version = (harmless_line(str(report["cluster"].get(key) or "")) for key in ("server", "version"))
    for name, value in (("namespace", namespace), ("cluster", server), ("kubernetes", version)):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for made in student["checks"]:
        suite.append(_case(made, f"{harmless_line(report['class'], 200)}.{namespace}"))
    return suite


def _case(made: Check, classname: str) -> ET.Element:
    case = ET.Element("testcase", {"name": harmless_line(made["check"], 200), "classname": classname})
    lasted = seconds(made.get("duration"))
    if lasted is not None:
        case.set("time", f"{lasted:.3f}")
    said = harmless(made["reason"])
    if made["status"] == Status.SKIPPED:
        ET.SubElement(case, "skipped").text = said
    elif made["status"] == Status.FAILED:
        failure = ET.SubElement(case, "failure", {"message": harmless_line(made["reason"]), "type": "failed"})
        failure.text = "\n".join(part for part in (said, *_details(made)) if part)
    if made.get("note"):
        ET.SubElement(case, "system-out").text = f"Note: {harmless(made['note'])}"
    return case


def _details(made: Check) -> list[str]:
    known = BY_NAME.get(made["check"])
    seen, line = harmless(made.get("evidence") or ""), harmless_line(made.get("kubectl") or "")
    return [
        f"This check shows that {known.shows}." if known else "",
        f"Seen:\n{seen}" if seen else "",
        f"To see the same: {line}" if line else "",
    ]


def _numbers(checks: list[Check], *, skipped: bool = True) -> dict[str, str]:
    """What the elements say of all in them. Jenkins' schema has `skipped` for a suite only."""
    total = sum(seconds(made.get("duration")) or 0.0 for made in checks)
    return {
        "tests": str(len(checks)),
        "failures": str(sum(made["status"] == Status.FAILED for made in checks)),
        "errors": "0",
        **({"skipped": str(sum(made["status"] == Status.SKIPPED for made in checks))} if skipped else {}),
        "time": f"{total:.3f}",
    }
