"""The page for people with a keyboard, a screen reader, a phone or a dark screen, as axe-core judges it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from effort import one_in
from pages import opened

from mfprofile.cost.device_file import read_device
from mfprofile.spec import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
WITH_ALL = "#tokens.count=4&blocks.8.out=112&A.tokens.dim=128&budget.max.madds=200M&budget.max.latency=99ms"
WRONG = "#stem=x&bridge.heads=3&nosuch=3&convention=fvcor&budget.max.madds=300M"
STATES = [
    ("as it opens", "", "light", 1280),
    ("an error, dark, on a phone", WRONG, "dark", 390),
    pytest.param("an error", WRONG, "light", 1280, marks=pytest.mark.slow),
    pytest.param("as it opens, dark", "", "dark", 1280, marks=pytest.mark.slow),
    pytest.param("a comparison", WITH_ALL, "light", 1024, marks=pytest.mark.slow),
    pytest.param("a comparison, dark", WITH_ALL, "dark", 1400, marks=pytest.mark.slow),
    ("a comparison, on a phone", WITH_ALL, "light", 390),
    pytest.param("on a narrow phone", "", "light", 320, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("state", "fragment", "scheme", "width"), STATES)
def test_axe_has_nothing_to_object(
    chromium: Browser, tmp_path: Path, state: str, fragment: str, scheme: Any, width: int
) -> None:
    """No rule of axe-core is broken, its best practices included."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size: Any = {"width": width, "height": 900}
    device = read_device("example-onnxruntime")
    with opened(chromium, tmp_path, load("mf294m"), fragment, device, color_scheme=scheme, viewport=size) as page:
        violations = axe.run(page).response["violations"]
    shown = [(each["id"], each["impact"], [node["html"][:120] for node in each["nodes"][:4]]) for each in violations]
    assert shown == [], state


@pytest.mark.parametrize(("width", "cards"), one_in(2, [(1400, 5), (1000, 5), (600, 3), (390, 2)]))
def test_the_lines_of_the_cards_are_aligned(chromium: Browser, tmp_path: Path, width: int, cards: int) -> None:
    """The figures of cards side by side are at one height, and so are the lines below them; none is above another."""
    lines = """(selector) => [...document.querySelectorAll(`.tile${innerWidth < 480 ? ":not(.timed)" : ""} > ${selector}`)]
      .filter((node) => node.getClientRects().length).map((node) => Math.round(node.getBoundingClientRect().top))"""
    boxes = """() => [...document.querySelectorAll(".tile > *")].filter((node) => node.getClientRects().length)
      .map((node) => { const range = new Range(); range.selectNodeContents(node); return range.getBoundingClientRect(); })"""
    meet = f"""() => {{ const boxes = ({boxes})(); return boxes.flatMap((one, index) => boxes.slice(index + 1).filter((other) =>
      one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 4 && other.top < one.bottom - 4)).length; }}"""
    size: Any = {"width": width, "height": 900}
    device = read_device("example-onnxruntime")
    for fragment in ("", "#tokens.count=4&A=original&budget.max.madds=1M", "#tokens.count=0"):
        with opened(chromium, tmp_path, load("mf214m"), fragment, device, viewport=size) as page:
            for selector in ("h2", ".figure", "p", *(["span"] if width > 900 else [])):
                tops = page.evaluate(lines, selector)
                assert len(tops) == cards, (selector, tops)
                assert len(set(tops)) == 1, (fragment, selector, tops)
            assert page.evaluate(meet) == 0, fragment


def test_grey_numbers_and_empty_limits_are_explained(chromium: Browser, tmp_path: Path) -> None:
    """A field that shows its default says so to a screen reader, also after an error; a limit that is not set is "none"."""
    field = "#knob-blocks\\.2\\.kernel"
    with opened(chromium, tmp_path, load("mf214m")) as page:
        assert page.inner_text("#grey").startswith("Grey number: the default.")
        assert (page.get_attribute(field, "placeholder"), page.get_attribute(field, "aria-describedby")) == (
            "3",
            "grey",
        )
        page.fill(field, "4")
        assert page.get_attribute(field, "aria-describedby") == "error-blocks.2.kernel"
        page.fill(field, "")
        assert page.get_attribute(field, "aria-describedby") == "grey"
        assert page.get_attribute("#knob-budget\\.max\\.madds", "placeholder") == "none"
        assert "e.g. 300M" in page.inner_text("label[for='knob-budget.max.madds']")


def test_every_word_on_a_control_is_explained(chromium: Browser, tmp_path: Path) -> None:
    """The list opens with the keyboard, and no word on a control is missing in it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with opened(chromium, tmp_path, load("mf214m"), viewport={"width": 390, "height": 844}) as page:
        assert not page.is_visible("#words")
        page.focus("summary")
        page.keyboard.press("Enter")
        assert page.is_visible("#words")
        terms = set(page.locator("#words dt").all_inner_texts())
        labels = set(page.evaluate("[...controls.values()].map(({ knob }) => knob.label)"))
        assert {label for label in labels - terms if not label.startswith("at most ")} == set()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert axe.run(page).response["violations"] == []
