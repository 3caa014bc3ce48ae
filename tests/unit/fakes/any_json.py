# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON that any server may send, with the keys and words that the readers of pods and events look for."""

from __future__ import annotations

from hypothesis import strategies as st

# fmt: off
KEYS = [
    "action", "annotations", "conditions", "containers", "deletionTimestamp", "exitCode", "exitCodes", "finishedAt",
    "involvedObject", "labels", "lastState", "lastTimestamp", "lastTransitionTime", "message", "metadata", "name",
    "namespace", "operator", "phase", "ready", "reason", "restartCount", "restartPolicy", "restartPolicyRules",
    "running", "series", "started", "startedAt", "state", "status", "terminated", "type", "uid", "values", "waiting",
]
WORDS = [
    "2026-11-22T08:31:41Z", "app", "back-off 1h5m0s restarting failed", "ContainerStatusUnknown", "CrashLoopBackOff",
    "DisruptionTarget", "ErrImagePull", "Evicted", "Failed", "False", "ImagePullBackOff", "In", "Never", "NotIn",
    "PodScheduled", "Ready", "Restart", "RunContainerError", "Succeeded", "TerminationByKubelet", "True",
    "Unschedulable",
]
# fmt: on
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(WORDS)
)
#: Anything.
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=10,
)
#: An object.
OBJECT = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6)

# fmt: off
FIELDS = [
    "$ref", "additionalProperties", "allOf", "annotations", "apiVersion", "capabilities", "command",
    "containers", "contaners", "drop", "env", "format", "groups", "groupVersion", "image", "items",
    "jobTemplate", "kind", "labels", "metadata", "name", "namespace", "ports", "properties", "required",
    "resources", "seccompProfile", "securityContext", "spec", "sysctls", "template", "type", "value",
    "versions", "volumes",
]
# fmt: on
#: What may stand in a manifest, and in what a cluster says of its kinds.
MANIFEST = st.recursive(
    LEAVES | st.sampled_from(["Pod", "Deployment", "v1", "apps/v1", "object", "array", "string", "ALL"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=15,
)
