# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _restart_drawing as drawing
from ansible_collections.kubelabs.pods.tests.unit.fakes.any_json import JSON as ANY_JSON


def at(second):
    return f"2026-01-01T00:{second // 60:02}:{second % 60:02}Z"


def run(number, started, finished, exit_code=1, reason="Error"):
    return {
        "number": number,
        "started": None if started is None else at(started),
        "finished": None if finished is None else at(finished),
        "exit_code": exit_code,
        "reason": reason,
    }


def delay(restart, nominal, high):
    return {"restart": restart, "nominal": nominal, "high": high}


#: It lives 3 s; the waits are 1, 12 and 25 s; it was watched until it ran again.
DOUBLING = {
    "runs": [run(0, 0, 3), run(1, 4, 7), run(2, 19, 22, 137, "OOMKilled"), run(3, 47, None, None, "")],
    "delays": [delay(1, 0, 20), delay(2, 10, 30), delay(3, 20, 40)],
    "started": at(1),
    "duration": 48.0,
}


def shapes(svg, kind):
    """The elements of a class, as mappings of their attributes."""
    return [dict(one.attrib) for one in etree.fromstring(svg).iter() if one.get("class") == kind]


def texts(svg):
    return [one.text for one in etree.fromstring(svg).iter("text")]


def test_runs_and_waits_on_one_axis():
    found = drawing.history(DOUBLING)
    assert [(one.start, one.end, one.ended) for one in found.runs] == [
        (0, 3, True),
        (4, 7, True),
        (19, 22, True),
        (47, 49, False),
    ]
    assert [(one.restart, one.seconds, one.nominal) for one in found.waits] == [(1, 1, 0), (2, 12, 10), (3, 25, 20)]
    assert found.span == 49
    assert drawing.waits_line(found) == "1, 12, 25 s"


def test_the_story_says_all_that_is_drawn():
    assert drawing.story(drawing.history(DOUBLING)) == (
        "first run for 3 s, exit 1; 1 s of waiting (back-off 0 s); restart 1 for 3 s, exit 1; 12 s of waiting (back-off"
        " 10 s); restart 2 for 3 s, exit 137 OOMKilled; 25 s of waiting (back-off 20 s); restart 3 for 2 s, not seen to"
        " end."
    )


def test_the_large_drawing_has_exits_waits_and_the_doubling():
    svg = drawing.large(drawing.history(DOUBLING), "x")
    assert len(shapes(svg, "run")) == 3 and len(shapes(svg, "run open")) == 1 and len(shapes(svg, "exit")) == 3
    said = texts(svg)
    for words in ("exit 137 OOMKilled", "waits 25 s", "back-off 20 s", "25 s waited, back-off 20 s", "×2", "restart 3"):
        assert words in said
    # Doubling, as it is drawn: each bar of the back-off, and the one that comes next, is twice as long.
    first, second = (float(one["width"]) for one in shapes(svg, "back-off")[-2:])
    (coming,) = shapes(svg, "next")
    assert second == pytest.approx(2 * first, abs=0.2) and float(coming["width"]) == pytest.approx(2 * second, abs=0.2)
    assert "would wait 40 s and more" in said


def test_its_ids_and_words_are_for_who_does_not_see_it():
    root = etree.fromstring(drawing.large(drawing.history(DOUBLING), "d7"))
    assert root.get("role") == "img" and root.get("aria-labelledby") == "d7-t d7-d"
    assert root.find("desc").text == drawing.story(drawing.history(DOUBLING))


def test_all_small_ones_have_one_scale():
    found = drawing.history(DOUBLING)
    (runs,) = shapes(drawing.small(found, 490), "run")
    assert [float(x) for x in re.findall(r"M([\d.]+)", runs["d"])] == [0, 8, 39, 96]


def test_restarts_that_were_not_seen_are_a_gap_and_no_wait():
    found = drawing.history({"runs": [run(0, 0, 3), run(4, 90, 93)]})
    assert [(one.missed, one.nominal) for one in found.waits] == [(3, None)]
    assert drawing.waits_line(found) == "? s"
    assert "3 restarts that were not seen" in drawing.story(found)
    assert shapes(drawing.large(found, "x"), "gap") and not shapes(drawing.large(found, "x"), "back-off")


@pytest.mark.parametrize("timeline", [{}, {"runs": []}, {"runs": [run(0, None, None)]}, {"runs": "none"}])
def test_where_no_run_has_a_time_there_is_nothing_to_draw(timeline):
    assert drawing.history(timeline) is None


def test_an_exit_that_tells_something_else_is_not_lost_beside_another():
    found = drawing.history(
        {"runs": [run(0, 0, 3), run(1, 3, 6, 137, "OOMKilled"), run(2, 7, 10, 137, "OOMKilled"), run(9, 120, 123)]}
    )
    said = texts(drawing.large(found, "x"))
    assert said.count("exit 137 OOMKilled") == 1 and said.count("exit 1") == 2


def test_after_the_longest_back_off_the_longest_comes():
    found = drawing.history({"runs": [run(5, 0, 3), run(6, 310, 313)], "delays": [delay(6, 300, 455)]})
    assert "would wait 5 min and more" in texts(drawing.large(found, "x"))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (57, "57 s"), (119, "119 s"), (120, "2 min"), (125.2, "2 min 5 s")]
)
def test_in_words(seconds, words):
    assert drawing.in_words(seconds) == words


def test_reasons_are_escaped():
    found = drawing.history({"runs": [run(0, 0, 3, 1, "<script>alert(1)</script>")]})
    assert "<script" not in drawing.large(found, "x")
    etree.fromstring(drawing.large(found, "x"))


@given(
    st.fixed_dictionaries(
        {
            "runs": st.lists(
                st.fixed_dictionaries(
                    {
                        "number": st.integers(0, 9) | ANY_JSON,
                        "started": st.none() | st.integers(0, 3000).map(at) | ANY_JSON,
                        "finished": st.none() | st.integers(0, 3000).map(at) | ANY_JSON,
                        "exit_code": ANY_JSON,
                        "reason": ANY_JSON,
                    }
                )
            )
            | ANY_JSON,
            "delays": st.lists(
                st.fixed_dictionaries({"restart": st.integers(0, 9) | st.text(), "nominal": ANY_JSON, "high": ANY_JSON})
            )
            | ANY_JSON,
            "started": ANY_JSON,
            "duration": ANY_JSON,
        }
    )
)
def test_whatever_results_json_says_it_is_drawn_or_not_but_never_wrong(timeline):
    found = drawing.history(timeline)
    if found:
        for svg in (drawing.large(found, "x"), drawing.small(found, 1.0)):
            etree.fromstring(svg)
            assert "nan" not in svg and "inf" not in svg
        drawing.story(found)
