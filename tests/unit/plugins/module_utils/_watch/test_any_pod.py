# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both judges, with whatever a server may send."""

from __future__ import annotations

import json

from hypothesis import given, settings

from ansible_collections.kubelabs.pods.plugins.module_utils._watch.ready_judge import ReadyJudge
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.restart_judge import RestartJudge, Until
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.result import ready_result, restart_result
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.verdict import Ending
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import OBJECT
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import START


@given(OBJECT, OBJECT, OBJECT, OBJECT)
@settings(max_examples=40)
def test_no_pod_crashes_a_judge_and_every_verdict_has_a_reason(spec, status, metadata, container):
    pod = {
        "metadata": {"namespace": "a", "name": "b", "uid": "u", **metadata},
        "spec": {"containers": [{"name": "app", **spec}], "initContainers": [spec]},
        "status": {**status, "containerStatuses": [{**container, "name": "app"}], "initContainerStatuses": [container]},
    }
    for shape in (pod, {"metadata": metadata, "spec": spec, "status": status}):
        for judge, result in (
            (
                RestartJudge(shape, None, Until(2, True, True)),
                lambda ending: restart_result(ending, None, START, 1.0, ""),
            ),
            (ReadyJudge(2.0), lambda ending: ready_result(ending, START, 1.0, "")),
        ):
            judge.observe(shape, START, 0.0)
            judge.observe(shape, START, 1.0)
            verdict = judge.verdict(100.0)
            assert verdict is None or verdict.reason
            assert judge.at_timeout().reason
            json.dumps(result(Ending(("a", "b"), shape, judge, judge.at_timeout(), 1.0)))
