# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a class and what people read of it, for plays."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.kubelabs.pods.plugins.module_utils._cluster.kubectl import Kubectl
from ansible_collections.kubelabs.pods.plugins.plugin_utils import _arguments, _report, _report_file


def _or_none(report: Any) -> _report.Report | None:
    """A report, or None for nothing or an empty mapping: there is none yet."""
    return None if report is None or report == {} else _report.a_report(report, "the input")


def read_report(path: Any, class_name: Any) -> _report.Report | dict[str, Any]:
    return _report_file.read_report(_arguments.text(path, "the input"), _arguments.text(class_name, "class_name")) or {}


def report_failures(report: Any, most: Any = _report.MOST_CAUSES) -> list[str]:
    return _report.report_failures(_report.a_report(report, "the input"), _arguments.number(most, "most"))


def report_notes(report: Any, most: Any = _report.MOST_CAUSES) -> list[str]:
    return _report.report_notes(_report.a_report(report, "the input"), _arguments.number(most, "most"))


def report_of(report: Any, checks: Any, students: Any = ()) -> _report.Report:
    return _report.report_of(
        _report.a_report(report, "the input"),
        _arguments.texts(checks, "checks"),
        _arguments.texts(students, "students"),
    )


def report_students(report: Any, namespaces: Any) -> list[Any]:
    return _report.report_students(_or_none(report), _arguments.mappings(namespaces, "namespaces", "name"))


def report_summary(report: Any) -> str:
    return _report.report_summary(_report.a_report(report, "the input"))


def report_table(report: Any, columns: Any = 0) -> str:
    return _report.report_table(_report.a_report(report, "the input"), _arguments.number(columns, "columns"))


def kubectl_line(words: Any, kubeconfig: Any = "", context: Any = "", namespace: Any = "") -> str:
    kubectl = Kubectl(context=context or None, kubeconfig=kubeconfig or None)
    return kubectl.line(*(str(word) for word in _arguments.items(words, "the input")), namespace=namespace or None)


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return _arguments.filters(
            AnsibleFilterError,
            kubectl_line,
            read_report,
            report_failures,
            report_notes,
            report_of,
            report_students,
            report_summary,
            report_table,
        )
