# Copyright (c) 2026 The kubelabs maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The board of a class as people see it: on a projector, and on a phone."""

from __future__ import annotations

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe

from ansible_collections.kubelabs.pods.plugins.plugin_utils._board import board
from ansible_collections.kubelabs.pods.tests.unit.plugins.plugin_utils.test_grade_file import POINTS, student

PROJECTOR = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1280, "height": 800}
OLD_PROJECTOR = {"width": 1024, "height": 768}
ATTACK = "</style></title><script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>\u202e\x1b[31m=1+1"
REACHED = ("web_pod_ready", "apply", "shell_pod_ready")


def students(number):
    return [student(f"Student {index} of the class", REACHED[: index % 4]) for index in range(number)]


@pytest.fixture(name="show")
def fixture_show(browser, tmp_path):
    """Opens a board. Whatever it does, it has nothing to say on the console, and asks for nothing."""
    contexts, said, asked = [], [], []
    path = tmp_path / "board.html"

    def show(of, refresh=0, name="monday", trouble="", points=None, **options):
        page = board(
            name, of, points or POINTS, "2026-11-26T10:42:00Z", refresh=refresh, trouble=trouble, reason=trouble
        )
        path.write_text(page)
        context = browser.new_context(**{"viewport": PROJECTOR, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    show.path = path
    yield show
    for context in contexts:
        context.close()
    assert said == []
    assert {url.partition("#")[0] for url in asked} == {path.as_uri()}


def overflow(page):
    """How far the page is larger than the screen, (right, down)."""
    return page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("number", [1, 6, 8, 24, 54, 100, 150, 200])
def test_a_whole_class_is_on_one_screen(show, number):
    page = show(students(number))
    right, down = overflow(page)
    assert right <= 0 and down <= 0


#: Of an element the box, and that of its text, as (left, right, top, bottom).
BOXES = """all => all.map(one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return [one, range].map(of => of.getBoundingClientRect()).map(at => [at.left, at.right, at.top, at.bottom]);
})"""


@pytest.mark.parametrize("viewport", [OLD_PROJECTOR, {"width": 1280, "height": 720}, PROJECTOR, PHONE])
@pytest.mark.parametrize("number", [6, 11, 12, 24, 54, 100])
@pytest.mark.parametrize("points", [{}, dict.fromkeys(POINTS, 2.25)])
def test_everything_has_room_where_it_stands(show, number, viewport, points):
    page = show(students(number), viewport=viewport, points=points)
    assert overflow(page)[0] <= 0
    signs = page.locator("td span:not(:empty)")
    sizes = signs.evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
    for (box, sign), size in zip(signs.evaluate_all(BOXES), sizes, strict=True):
        assert box[0] + 1 <= sign[0] and sign[1] <= box[1] - 1
        # Above and below a sign its font may have room for others.
        middle = (sign[2] + sign[3]) / 2
        assert box[2] + 1 <= middle - size / 2 and middle + size / 2 <= box[3] - 1
    for table in page.locator("table").all():
        heads = table.locator("thead span:not(.hidden):visible").evaluate_all(BOXES)
        for (_box, left), (_other, right) in itertools.pairwise(heads):
            assert right[0] - left[1] >= 5
    for box, value in page.locator("td.points").evaluate_all(BOXES):
        assert box[0] <= value[0] and value[1] <= box[1] + 0.5
    counts = page.locator(".steps b").evaluate_all(BOXES)
    if viewport != PHONE:  # there the tiles stand in several rows
        assert len({round(box[2]) for box, _text in counts}) == 1


@pytest.mark.parametrize("viewport", [OLD_PROJECTOR, {"width": 1280, "height": 720}, LAPTOP])
def test_titles_of_steps_are_in_one_line(show, viewport):
    titles = show(students(12), viewport=viewport).locator(".steps strong").evaluate_all(BOXES)
    assert len({round(text[3] - text[2]) for _box, text in titles}) == 1


LONG = "A very long name of somebody"
NAMES = [
    "Anna Müller",
    "محمد بن عبد الله",
    LONG,
    "李雷",
    "María José Fernández de la Cruz y Rodríguez",
    "שרה בת אברהם",
    "欧阳修文与他的非常长的名字",
    "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff " * 3,
    "فاطمة الزهراء بنت محمد بن عبد الرحمن " * 4,
    "x" * 200,
    "MARTHA WILMA WAGEMANN",
    "Willi Illing",
]


def named(number):
    return [student(NAMES[index % len(NAMES)], REACHED) for index in range(number)]


@pytest.mark.parametrize("trouble", ["", "The cluster has not answered since 19:34. This is what was known then."])
@pytest.mark.parametrize("viewport", [PROJECTOR, LAPTOP, OLD_PROJECTOR])
@pytest.mark.parametrize("number", [6, 13, 54, 100])
def test_so_it_is_whatever_the_names_and_with_trouble(show, number, viewport, trouble):
    page = show(named(number), viewport=viewport, trouble=trouble)
    right, down = overflow(page)
    assert right <= 0 and down <= 0
    rows = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().height)")
    assert max(rows) - min(rows) < 1


def cut_names(page):
    """The names that are not shown as a whole."""
    return page.locator("tbody bdi").evaluate_all(
        "names => names.filter(one => one.scrollHeight > one.clientHeight * 1.25).map(one => one.innerText)"
    )


@pytest.mark.parametrize(
    ("number", "viewport"), [(6, PROJECTOR), (13, PROJECTOR), (13, LAPTOP), (24, LAPTOP), (54, PROJECTOR)]
)
def test_ordinary_names_are_not_cut(show, number, viewport):
    assert not set(cut_names(show(named(number), viewport=viewport))) & set(NAMES[:7])


@pytest.mark.parametrize("viewport", [OLD_PROJECTOR, {"width": 1280, "height": 720}, PROJECTOR])
@pytest.mark.parametrize("number", [7, 12])
def test_a_short_name_is_not_cut_whatever_letters_it_is_of(show, number, viewport):
    """So it is where it is guessed narrower than it is."""
    short = ["Ben Okafor 8", "Student 5 4", "Ana 10001", "Otto Stutter", "Doug Hong", "WWW WWW", "Bob Budd"]
    page = show([student(short[index % len(short)], REACHED) for index in range(number)], viewport=viewport)
    assert cut_names(page) == []


@pytest.mark.parametrize(("viewport", "number"), [(LAPTOP, 13), (LAPTOP, 100), (PHONE, 13)])
def test_a_name_is_cut_at_its_end_and_begins_at_the_left(show, viewport, number):
    page = show(named(number), viewport=viewport)
    for name in ("محمد بن عبد الله", NAMES[8], LONG, NAMES[7]):
        shown = page.locator("tbody bdi", has_text=name.strip()).first
        first, box = shown.evaluate(
            """one => {
                const range = document.createRange();
                range.setStart(one.firstChild, 0);
                range.setEnd(one.firstChild, 1);
                return [range, one]
                    .map(of => of.getBoundingClientRect())
                    .map(at => [at.left, at.right, at.top, at.bottom]);
            }"""
        )
        assert box[0] - 1 <= first[0] and first[1] <= box[1] + 1, (name, first, box)
        assert (first[2] + first[3]) / 2 < box[3], (name, first, box)
        # Else the ellipsis is beside the box, where nobody sees it.
        look = shown.evaluate("one => [getComputedStyle(one).direction, getComputedStyle(one).textAlign]")
        assert look == ["ltr" if name.isascii() else "rtl", "start"]
    lefts = page.locator("tbody tr:first-child bdi").first.evaluate("one => one.getBoundingClientRect().left")
    assert lefts <= 30


@pytest.mark.parametrize("number", [6, 100])
def test_on_a_phone_nothing_stands_beside_the_screen(show, number):
    page = show(students(number), viewport=PHONE)
    assert overflow(page)[0] <= 0
    assert page.get_by_role("link", name="Student 5 of the class").is_visible()
    assert page.locator("footer").get_by_text("reached").is_visible()


@pytest.mark.parametrize(("number", "least"), [(6, 40), (24, 30), (100, 15)])
def test_names_can_be_read_from_the_back_of_a_room(show, number, least):
    page = show(students(number))
    size = page.locator("tbody bdi").first.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= least


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_using_it(show, scheme):
    page = show(students(24), color_scheme=scheme)
    assert serious(page) == []
    page.get_by_role("link", name="Student 5 of the class").click()
    assert serious(page) == []


def test_dark_is_dark(show):
    colours = [
        show(students(2), color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(255, 255, 255)", "rgb(18, 22, 27)"]


def test_whatever_stands_in_names_is_text(show):
    bad = student(ATTACK)
    bad["steps"][0]["evidence"] = ATTACK
    page = show([bad], name=ATTACK)
    assert "<script>alert(1)</script>" in page.locator("tbody th").inner_text()
    page.locator("td").first.hover()


@pytest.mark.parametrize("viewport", [PROJECTOR, PHONE])
def test_a_name_shows_what_was_seen_and_goes_on_showing_it(show, viewport):
    of = students(60)
    page = show(of, refresh=1, viewport=viewport)
    seen = page.get_by_role("region", name="Student 49 of the class")
    assert not seen.is_visible()
    page.get_by_role("link", name="Student 49 of the class").click()
    assert seen.get_by_text("my-web is ready.").first.is_visible()
    of[49]["steps"][0]["evidence"] = "my-other-web is ready."
    show.path.write_text(board("monday", of, POINTS, "2026-11-26T10:43:00Z", refresh=1))
    seen.get_by_text("my-other-web is ready.").wait_for(timeout=10000)
    seen.get_by_role("link", name="Back").click()
    assert not seen.is_visible()
    assert page.get_by_role("link", name="Student 49 of the class").is_visible()


def test_it_shows_by_itself_what_has_been_written(show):
    page = show([student("Anna", ())], refresh=1)
    assert page.locator("td.reached").count() == 0
    show.path.write_text(board("monday", [student("Anna", REACHED)], POINTS, "2026-11-26T10:43:00Z", refresh=1))
    page.locator("td.reached").nth(2).wait_for(timeout=10000)
