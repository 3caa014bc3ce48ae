# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many pods waited for at once, from lists of events."""

from __future__ import annotations

import pytest

from ansible_collections.kubelabs.pods.plugins.module_utils._ground.errors import ApiError, KubelabsError
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.ready_judge import ReadyJudge
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.restart_judge import RestartJudge, Until
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.roll import (
    LOOK_EVERY,
    REPLACEMENT_PATIENCE,
    Entry,
    progress,
)
from ansible_collections.kubelabs.pods.plugins.module_utils._watch.verdict import (
    DELETED_MEANWHILE,
    OUT_OF_SIGHT,
    Verdict,
    VerdictWord,
)
from ansible_collections.kubelabs.pods.tests.unit.fakes.feed import follow, gone
from ansible_collections.kubelabs.pods.tests.unit.fakes.pods import ended, make_pod, running, terminated, waiting


def ready(pod):
    return ReadyJudge()


def restarted_once(pod):
    return RestartJudge(pod, None, Until(restarts=1))


def pending(name, **more):
    return make_pod(name, ready=False, phase="Pending", containers=[waiting()], **more)


def restarted(name="a", restarts=1, **more):
    return make_pod(name, containers=[running(restarts=restarts, last=ended())], **more)


def key(name, namespace="lab-alice"):
    return (namespace, name)


def words(told):
    return {name: one.verdict.word for name, one in told.items()}


# --- which pods ---


def test_it_ends_as_soon_as_every_pod_is_decided():
    told = follow(
        ready, (0, pending("a")), (0, pending("b")), (3, make_pod("b")), (7, make_pod("a")), (30, pending("late"))
    )
    assert {name: (one.verdict.word, one.after) for name, one in told.items()} == {
        "a": (VerdictWord.REACHED, 7),
        "b": (VerdictWord.REACHED, 3),
    }


def test_endings_are_in_the_order_that_was_asked_for():
    pods = [(0, make_pod(name)) for name in ("a", "b", "c")]
    assert list(follow(ready, *pods, expected=[key("c"), key("a")])) == ["c", "a"]


def test_endings_are_else_by_namespace_and_name():
    pods = [(0, make_pod("c")), (0, make_pod("b", namespace="lab-bob")), (0, make_pod("a"))]
    assert list(follow(ready, *pods)) == ["a", "c", "b"]


def test_namespaces_restrict():
    pods = [(0, make_pod("a")), (0, make_pod("b", namespace="other", ready=False))]
    assert words(follow(ready, *pods, namespaces=["lab-alice"])) == {"a": "reached"}


def test_a_pod_that_never_appears():
    told = follow(ready, (0, make_pod("a")), expected=[key("a"), key("b")], grace=10)
    assert words(told) == {"a": "reached", "b": "never_started"}
    assert (told["b"].after, told["b"].ending.pod, told["b"].ending.uid) == (10, {}, "")
    assert told["b"].verdict.reason == "no such pod appeared within 10 s"
    assert "quota" in told["b"].verdict.hint


def test_a_pod_that_appears_within_the_grace():
    assert words(follow(ready, (9, make_pod("a")), expected=[key("a")], grace=10)) == {"a": "reached"}


def test_the_grace_holds_until_the_list_is_complete():
    """A list of a thousand pods takes a while."""
    assert words(follow(ready, (20, make_pod("a")), expected=[key("a")], grace=10, listed=20)) == {"a": "reached"}


@pytest.mark.parametrize("grace", [0, 10])
def test_no_pod_at_all(grace):
    assert follow(ready, grace=grace) == {}


def test_the_first_pod_may_be_as_late_as_the_grace():
    assert words(follow(ready, (9, make_pod("a")), grace=10)) == {"a": "reached"}


def test_pods_that_are_already_being_deleted_are_not_of_the_class():
    """As during a rollout."""
    told = follow(
        ready,
        (0, make_pod("old", deleting=True)),
        (0, pending("new")),
        (1, gone(make_pod("old", deleting=True))),
        (2, make_pod("new")),
    )
    assert words(told) == {"new": "reached"}


def test_who_asks_for_a_pod_by_its_name_is_told_that_it_is_being_deleted():
    told = follow(ready, (0, make_pod("old", deleting=True)), expected=[key("old")])
    assert told["old"].verdict.word == VerdictWord.DELETED
    assert told["old"].verdict.reason == "the pod is being deleted"
    assert told["old"].after == 0


# --- what becomes of them ---


def test_ready_must_hold_until_the_wait_is_over():
    """While one is late, of those that were ready one crashes, one is deleted, and one is not ready for a moment."""
    told = follow(
        ready,
        *[(0, make_pod(name)) for name in ("crashes", "goes", "wavers")],
        (0, pending("late")),
        (3, make_pod("crashes", ready=False, containers=[terminated(restarts=1)])),
        (3, gone(make_pod("goes"))),
        (3, make_pod("wavers", ready=False)),
        (6, make_pod("wavers")),
        (9, make_pod("late")),
    )
    assert words(told) == {"crashes": "failed", "goes": "deleted", "late": "reached", "wavers": "reached"}
    assert (told["crashes"].after, told["wavers"].after) == (3, 6)


def test_restarts_need_only_have_come_about():
    told = follow(restarted_once, (0, restarted()), (0, pending("b")), (3, gone(restarted())), (9, restarted("b")))
    assert words(told) == {"a": "reached", "b": "reached"}
    assert told["a"].after == 0


def test_a_pod_that_is_gone():
    told = follow(restarted_once, (0, pending("a")), (3, gone(pending("a", deleting=True))))
    assert (told["a"].verdict, told["a"].after) == (DELETED_MEANWHILE, 3)


def test_a_pod_that_drops_out_may_be_there_still():
    """Without a deletionTimestamp it may have been deleted without grace, or have lost its labels."""
    assert follow(restarted_once, (0, pending("a")), (3, gone(pending("a"))))["a"].verdict == OUT_OF_SIGHT


def test_a_pod_that_is_replaced():
    """The restarts of the other pod are not this one's."""
    told = follow(restarted_once, (0, pending("a")), (3, restarted(uid="another", restarts=7)))["a"]
    assert (told.verdict.word, told.after) == (VerdictWord.REPLACED, 3)
    assert "(UID uid-lab-alice-a, now another)" in told.verdict.reason
    assert (told.ending.uid, told.ending.judge.timeline.restarts) == ("uid-lab-alice-a", 0)


def test_a_pod_that_is_replaced_after_a_deletion_with_grace():
    going = make_pod("a", deleting=True)
    told = follow(
        restarted_once, (0, make_pod("a")), (3, going), (4, gone(going)), (4, restarted(uid="another", restarts=7))
    )["a"]
    assert told.verdict.word == VerdictWord.REPLACED
    assert (told.ending.uid, told.ending.judge.timeline.restarts) == ("uid-lab-alice-a", 0)


def test_a_successor_is_waited_for_and_not_for_long():
    events = [(0, make_pod("a")), (3, gone(make_pod("a")))]
    in_time = follow(restarted_once, *events, (3 + REPLACEMENT_PATIENCE - 0.1, make_pod("a", uid="another")))
    too_late = follow(restarted_once, *events, (3 + REPLACEMENT_PATIENCE + 1, make_pod("a", uid="another")))
    assert (words(in_time), words(too_late)) == ({"a": "replaced"}, {"a": "deleted"})


def test_what_is_gone_of_another_uid_is_not_this_one():
    told = follow(
        restarted_once, (0, pending("a", uid="new")), (3, gone(pending("a", uid="old"))), (5, restarted(uid="new"))
    )
    assert words(told) == {"a": "reached"}


# --- the end of the time ---


def test_what_is_undecided_at_the_end():
    told = follow(ready, (0, make_pod("a", ready=False)), (0, make_pod("b")), timeout=5)
    assert words(told) == {"a": "timeout", "b": "reached"}
    assert told["a"].after == 5


def test_what_was_not_even_listed():
    told = follow(ready, expected=[key("a")], listed=None, timeout=5, trouble="etcd is away")
    assert told["a"].verdict == Verdict(
        VerdictWord.TIMEOUT, "the pod was not seen in time; the watch was disturbed: etcd is away"
    )


def test_trouble_is_in_the_reason():
    told = follow(ready, (0, make_pod("a", ready=False)), timeout=5, trouble="etcd is away")
    assert told["a"].verdict.reason == (
        "not ready in time: container app runs and is not ready; the watch was disturbed: etcd is away"
    )


def test_a_watch_that_cannot_go_on_keeps_what_was_seen():
    told = follow(ready, (0, make_pod("a")), (0, pending("b")), (3, ApiError(403, "Forbidden", "the role is gone")))
    assert words(told) == {"a": "reached", "b": "timeout"}
    assert told["b"].after == 3
    assert "the role is gone" in told["b"].verdict.reason


def test_a_watch_that_cannot_begin_is_an_error():
    with pytest.raises(KubelabsError, match="may not list pods"):
        follow(ready, (0, ApiError(403, "Forbidden", "may not list pods")), listed=None)


def test_what_a_watch_does_not_show_is_looked_at_now_and_then():
    looked = []

    def look(roll, now):
        looked.append((now, [entry.key[1] for entry in roll.undecided()]))
        if len(looked) == 2:
            for entry in roll.undecided():
                roll.decide(entry, Verdict(VerdictWord.NEVER_STARTED, "a volume is missing"), now)

    told = follow(ready, (0, pending("a")), (0, make_pod("b")), look=look)
    assert [names for _now, names in looked] == [["a"], ["a"]]
    assert looked[1][0] - looked[0][0] == LOOK_EVERY
    assert told["a"].verdict.reason == "a volume is missing"


# --- what those are told who wait ---


def test_how_many_are_ready_and_what_the_others_do():
    unscheduled = pending("c", conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}])
    entries = [
        Entry(key("a"), pod=make_pod("a"), verdict=Verdict(VerdictWord.REACHED, "")),
        Entry(key("b"), pod=pending("b")),
        Entry(key("c"), pod=unscheduled),
        Entry(key("d")),
        Entry(key("e"), pod=pending("e"), verdict=Verdict(VerdictWord.NEVER_STARTED, "")),
        Entry(key("f"), pod=pending("f")),
    ]
    assert progress(entries, "pods ready") == (
        1,
        6,
        "pods ready",
        "1 failed; 2 ContainerCreating, 1 Unschedulable, 1 not seen yet",
    )
