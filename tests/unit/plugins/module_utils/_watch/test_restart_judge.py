# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both judges of a pod, with whatever a server may send."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.module_utils._pods.back_off import back_off, delays
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.ready_judge import ReadyJudge
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.restart_judge import RestartJudge, Until

START = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
KEYS = [
    "name", "state", "lastState", "terminated", "waiting", "running", "startedAt", "finishedAt", "restartCount", "exitCode", "reason",
    "message", "conditions", "type", "status", "phase", "containers", "restartPolicy", "restartPolicyRules", "exitCodes", "operator",
    "values", "action", "ready", "started", "lastTransitionTime", "deletionTimestamp", "labels", "annotations",
]  # fmt: skip
WORDS = [
    "app", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "RunContainerError", "2026-11-22T08:31:41Z", "Ready", "True", "False",
    "PodScheduled", "Unschedulable", "Failed", "Succeeded", "back-off 1h5m0s restarting failed", "In", "NotIn", "Restart", "Never",
]  # fmt: skip
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(WORDS)
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)
OBJECT = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8)


@given(OBJECT, OBJECT, OBJECT, OBJECT)
def test_no_pod_crashes_a_judge_and_every_verdict_has_a_reason(spec, status, metadata, container):
    pod = {
        "metadata": {"namespace": "a", "name": "b", "uid": "u", **metadata},
        "spec": {"containers": [{"name": "app", **spec}], "initContainers": [spec]},
        "status": {**status, "containerStatuses": [{**container, "name": "app"}], "initContainerStatuses": [container]},
    }
    for shape in (pod, {"metadata": metadata, "spec": spec, "status": status}):
        watched = RestartJudge(shape, None, Until(2, True, True))
        for judge in (watched, ReadyJudge(2.0)):
            judge.observe(shape, START, 0.0)
            judge.observe(shape, START, 1.0)
            verdict = judge.verdict(100.0)
            assert verdict is None or verdict.reason
            assert judge.at_timeout().reason
        delays(watched.timeline)
        back_off(watched.timeline)
