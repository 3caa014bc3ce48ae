# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown, in words, and when."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubelabs.pods.plugins.plugin_utils import _progress as progress
from ansible_collections.kubelabs.pods.plugins.plugin_utils._progress import Schedule, Told, Waiting, wrapped


def datagram(pid=1, done=57, total=200, what="pods ready", note="", **more):
    return json.dumps({"pid": pid, "done": done, "total": total, "what": what, "note": note, **more}).encode()


def test_what_modules_tell_is_read():
    assert progress.read(datagram(note="3 Pending")) == (1, Told(57, 200, "pods ready", "3 Pending"))
    assert str(Told(57, 200, "pods ready", "3 Pending")) == "57 of 200 pods ready; 3 Pending"
    assert str(Told(1, 2, "probes", "")) == "1 of 2 probes"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'{"pid": 1}',
        datagram(done="57"),
        datagram(done=True),
        datagram(done=-1),
        datagram(done=201),
        datagram(total=10**10),
        datagram(what=None),
        datagram(note=["a"]),
        datagram(note="a" * 5000)[:4096],
    ],
)
def test_anything_else_is_not(garbage):
    waiting = Waiting("Wait")
    waiting.take(garbage)
    assert waiting.said() == "Wait"


def is_harmless(text):
    return not any(unicodedata.category(char) in ("Cc", "Cs") or char in "\u202e\u2066" for char in text)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="surrogatepass")))
def test_no_datagram_does_harm(data):
    Waiting("Wait").take(data)


@given(st.text(), st.text(max_size=500))
def test_no_text_reaches_the_terminal_as_a_command(what, note):
    waiting = Waiting("Wait")
    waiting.take(datagram(what=what, note=note))
    assert is_harmless(waiting.said())
    assert len(waiting.said()) <= 2 * progress.LONGEST + 50
    assert is_harmless(progress.failure({"msg": note}).replace("\n", "").replace("\t", ""))


def test_escape_codes_go_as_a_whole():
    assert progress.harmless("a\x1b[31mred\x1b[0m\x1b]0;title\x07 b\x9b\r\n\u202ec") == "ared b\nc"


def test_names_keep_their_letters():
    for name in ("Zoë", "李雷", "محمد", "क\u094dष", "👩\u200d💻"):
        assert progress.harmless(name) == name


def test_several_modules_that_count_the_same_are_one():
    waiting = Waiting("Wait")
    for message in (datagram(1, 5, 10), datagram(2, 1, 10, note="9 Pending"), datagram(1, 6, 10)):
        waiting.take(message)
    assert waiting.progress == Told(7, 20, "pods ready", "9 Pending")
    waiting.take(datagram(3, 2, 4, "probes"))
    assert waiting.progress == Told(2, 4, "probes", "")


def test_what_is_waited_for_in_one_line():
    waiting = Waiting("Wait", attempt="attempt 2 of 60", log="[3/7] RUN apt-get")
    assert waiting.said() == "Wait: attempt 2 of 60, [3/7] RUN apt-get"


@pytest.mark.parametrize(
    "title, path",
    [
        ("Build an image - a/b, once, log in /var/cache/build-b.log", "/var/cache/build-b.log"),
        ("Build it, log in /tmp/x.log, once", "/tmp/x.log"),
        ("Log in to the registry", None),
        ("Look for the log in the pods", None),
    ],
)
def test_a_title_may_name_the_log(title, path):
    assert Waiting(title).log_file == path


# --- when ---


def lines(*texts, every=1.0):
    """The seconds at which something was told, for a text each second."""
    schedule = Schedule(0.0)
    schedule.begin(0.0)
    return [second for second, text in enumerate(texts) if schedule.is_due(second * every, text)]


def test_a_wait_is_told_after_five_seconds_and_then_seldom():
    assert lines(*map(str, range(60))) == [5, 20, 35, 50]


def test_where_nothing_changes_it_is_told_every_minute():
    assert lines(*["same"] * 200) == [5, 65, 125, 185]


def test_what_changes_late_is_told_at_once():
    assert lines(*["one"] * 40, *["two"] * 40) == [5, 40]


def test_many_short_waits_are_not_silent_for_long():
    schedule, told = Schedule(0.0), []
    for second in range(60):
        if second % 3 == 0:
            schedule.begin(second)
        if schedule.is_due(second, "short"):
            told.append(second)
    assert told == [15, 30, 45]


def test_whatever_else_is_printed_counts():
    schedule = Schedule(0.0)
    schedule.begin(0.0)
    assert schedule.is_due(5.0, "a")
    schedule.spoke(18.0)
    assert not schedule.is_due(20.0, "b")
    assert schedule.is_due(33.0, "b")


# --- words ---


@pytest.mark.parametrize(
    "seconds, said",
    [
        (0.9, "less than 1 s"),
        (1, "1 s"),
        (59.9, "59 s"),
        (125, "2 min 05 s"),
        (3600, "1 h 00 min"),
        (7325, "2 h 02 min"),
    ],
)
def test_durations(seconds, said):
    assert progress.duration(seconds) == said


def test_a_sentence_is_wrapped_and_what_is_copied_is_not_broken():
    text = "Look at it with `kubectl -n a get pods` or with `kubectl -n a describe pod b`, then run it again."
    assert wrapped(text, 40, "  ").split("\n") == [
        "  Look at it with",
        "  `kubectl -n a get pods` or with",
        "  `kubectl -n a describe pod b`, then",
        "  run it again.",
    ]


def test_a_command_that_fits_in_no_line_is_not_torn_out_of_its_sentence():
    assert wrapped("FAILED: `" + "word " * 20 + "` ended.", 40).startswith("FAILED: `word")


@pytest.mark.parametrize("line", ["student-1 ok        FAIL  -", "    kubectl get pods -o wide", "---- ---", "---"])
def test_tables_and_lines_to_copy_stay_as_they_are(line):
    assert wrapped(line * 1, 5) == line


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="\x00"), max_size=300), st.integers(1, 200))
def test_no_word_is_lost(text, width):
    assert wrapped(text, width, "  ").split() == text.split()


def test_yaml_in_a_failure_can_be_copied():
    text = "Rights are missing.\n---\nkind: Role\nrules:\n- verbs: [get]\n  resources: [pods]\n"
    assert wrapped(text, 100) == text.rstrip("\n")


@pytest.mark.parametrize(
    "result, said",
    [
        ({"msg": "One sentence."}, "One sentence."),
        ({"msg": ["One.", "Two."]}, "One.\nTwo."),
        ({"msg": {"a": 1}}, "{'a': 1}"),
        ({}, "It did not say why; -v shows all that it returned."),
        ({"censored": "hidden", "msg": "secret"}, "hidden"),
        (
            {"msg": "non-zero return code", "rc": 3, "cmd": ["kind", "load"], "stderr": "no\nspace\n", "stdout": ""},
            "`kind load` ended with the exit status 3.\n    no\n    space",
        ),
        ({"msg": "MODULE FAILURE", "rc": 1, "module_stderr": "Traceback"}, "MODULE FAILURE\n    Traceback"),
        ({"msg": "It worked.", "rc": 0, "stdout": "ok"}, "It worked."),
        (
            {
                "msg": "Task failed: Finalization of task args for 'ansible.builtin.assert' failed: "
                "Error while resolving value for 'that': The filter plugin 'kubelabs.pods.read_report' failed: "
                "kubelabs.pods.read_report: "
                "results.json is not JSON."
            },
            "results.json is not JSON.",
        ),
    ],
)
def test_failures_are_sentences(result, said):
    assert progress.failure(result) == said


def test_of_much_output_the_end_is_shown():
    result = {"msg": "non-zero return code", "rc": 1, "stdout": "\n".join(map(str, range(100)))}
    said = progress.failure(result).splitlines()
    assert said[:3] == ["The command ended with the exit status 1.", "    ... (80 lines before)", "    80"]
    assert said[-1] == "    99"


def test_a_program_that_is_not_there_is_named():
    said = progress.failure({"msg": "Error executing command.", "rc": 2, "cmd": ["kubctl", "get it"], "stdout": ""})
    assert said == "`kubctl 'get it'` could not be executed: is the program there, and may it be run?"


def test_what_failed_when_judged_is_shown():
    result = {"msg": "no", "rc": 0, "failed_when_result": True, "stdout": "quota exceeded", "stderr": ""}
    assert progress.failure(result) == "no\n    quota exceeded"
    assert progress.failure({"msg": "no", "rc": 0, "stdout": "quota exceeded"}) == "no"
