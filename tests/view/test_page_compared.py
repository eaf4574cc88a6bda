"""Two variants on the page: A is pinned, B is turned, and the differences are those of Python's counts."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pages import file_of, opened, shown

from mfprofile.cost import Bill, count
from mfprofile.spec import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
A = "A.tokens.dim=128&A.blocks.3.repeat=2"
OF_A = ("tokens.dim=128", "blocks.3.repeat=2")
B = "blocks.8.out=112&tokens.count=4"
OF_B = ("blocks.8.out=112", "tokens.count=4")
ROWS = """(rows) => rows.map((row) => [...row.cells].map((cell) =>
  cell.querySelector(".exact")?.textContent ?? cell.firstChild?.textContent ?? ""))"""


def rows_of(page: Page, quantity: int) -> dict[str, list[str]]:
    """Return the rows of a quantity's table by the name in their first column; those of pillars end with a dot."""
    rows = page.eval_on_selector_all(f".side:nth-of-type({quantity}) tr", ROWS)
    named, ending = {}, ""
    for name, *cells in rows[1:]:
        ending = "." if name == "by pillar" else "" if name == "by block" else ending
        if cells:
            named[name + ending] = cells
    return named


def difference(now: int, before: int) -> str:
    """Return a difference as the page shows it."""
    return "=" if now == before else f"{now - before:+,}".replace("-", "−")


@pytest.mark.parametrize(("quantity", "name"), [(1, "madds"), (2, "params")])
def test_two_variants_are_side_by_side(chromium: Browser, tmp_path: Path, quantity: int, name: str) -> None:
    """Totals, pillars and blocks of both, with differences. Blocks are paired by their place in the spec."""
    a, b = (count(load("mf294m", settings)) for settings in (OF_A, OF_B))
    with opened(chromium, tmp_path, load("mf294m"), f"#{B}&{A}") as page:
        rows = rows_of(page, quantity)
        assert page.inner_text("#apart").splitlines() == [
            "Block 3, repeat: 2 → the default", "Block 8, width: 128 → 112", "tokens: 6 → 4", "token dimension: 128 → 192",
        ]  # fmt: skip
        assert page.inner_text("#madds-change").startswith(difference(b.madds, a.madds))

    def cells(of_a: Bill | dict[str, int], of_b: Bill | dict[str, int]) -> list[str]:
        before, now = (of[name] if isinstance(of, dict) else getattr(of, name) for of in (of_a, of_b))
        return [shown(before), shown(now), difference(now, before)]

    assert rows.pop("total") == cells(a, b)
    for pillar in ("mobile", "former", "bridge", "head"):
        pair = ({name: getattr(bill.pillars[pillar], name)} for bill in (a, b))
        assert rows.pop(f"{pillar}.") == cells(*pair)
    blocks = [{total.name: {name: getattr(total, name)} for total in bill.by("block")} for bill in (a, b)]
    for number in ("tokens", "stem", "1", "2", "3", "final", "head"):
        assert rows.pop(number) == cells(blocks[0][number], blocks[1][number])
    for number in range(4, 13):
        assert rows.pop(f"{number} (A: {number + 1})") == cells(blocks[0][str(number + 1)], blocks[1][str(number)])
    gone = blocks[0]["4"][name]
    assert rows == {"4 of A": [shown(gone), "–", difference(0, gone)]}


def test_a_link_keeps_both_variants_and_each_can_be_taken_away(chromium: Browser, tmp_path: Path) -> None:
    """YAML and CSV of A are those of its spec. Swapped, B is A. Unpinned, the differences are to the original."""
    with opened(chromium, tmp_path, load("mf294m"), f"#{B}") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.focus("#pin")
        page.keyboard.press("Enter")
        assert page.inner_text("#state") == "No setting of B differs from A. See both side by side"
        page.click("#state button")
        assert page.evaluate("document.activeElement.id") == "compare-title"
        assert page.inner_text("#apart") == "none: A and B are the same"
        page.fill("#knob-stem", "24")
        page.fill("#knob-blocks\\.1\\.exp", "48")
        page.wait_for_url(re.compile("blocks.1.exp=48.*A.tokens.count=4"))
        address = page.url
        page.goto("about:blank")
        page.goto(address)
        assert page.inner_text("#state") == "2 settings of B differ from A. See both side by side"
        assert page.inner_text("#apart").splitlines() == ["stem: 16 → 24", "Block 1, expansion: 32 → 48"]
        page.click("#copy-a")
        page.wait_for_selector("#said:text-is('Copied')", state="attached")
        text = page.evaluate("navigator.clipboard.readText()")
        assert count(load(file_of(tmp_path, text))).madds == count(load("mf294m", OF_B)).madds
        with page.expect_download() as download:
            page.click("#csv-a")
        assert download.value.suggested_filename == "mf294m-A-core.csv"
        rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
        assert sum(int(row["madds"]) for row in rows) == count(load("mf294m", OF_B)).madds
        page.click("#swap")
        assert page.inner_text("#madds") == shown(count(load("mf294m", OF_B)).madds)
        assert page.inner_text("#apart").splitlines() == ["stem: 24 → 16", "Block 1, expansion: 48 → 32"]
        page.click("#unpin")
        assert not page.is_visible("#compare")
        apart = count(load("mf294m", OF_B)).madds - count("mf294m").madds
        assert page.inner_text("#madds-change").startswith(difference(apart, 0))


def test_the_bill_names_what_it_is_compared_with(chromium: Browser, tmp_path: Path) -> None:
    """The columns of changes and the marks on the bars are named, after A or after the original."""
    heads = (
        "[...document.querySelectorAll('#bill thead th:nth-child(4n + 1)')].slice(1).map((node) => node.textContent)"
    )
    with opened(chromium, tmp_path, load("mf294m")) as page:
        assert page.evaluate(heads) == ["change", "change"]
        assert not page.is_visible("#mark")
        page.fill("#knob-tokens\\.count", "4")
        assert page.inner_text("#mark") == "mf294m’s amount, where it differs"
        page.click("#pin")
        assert page.evaluate(heads) == ["B − A", "B − A"]
        assert not page.is_visible("#mark")
        page.fill("#knob-tokens\\.count", "3")
        assert page.inner_text("#mark") == "A’s amount, where it differs"
        assert "A " in (page.get_attribute("#bill .bars:has(.before)", "title") or "")


def test_what_is_wrong_with_a_in_a_link_is_left_out(chromium: Browser, tmp_path: Path) -> None:
    """The rest of A is pinned. A itself, without changes, is the original."""
    with opened(chromium, tmp_path, load("mf294m"), "#A.stem=x&A.nosuch=3&A.classes=10&A=mine&classes=20") as page:
        assert page.inner_text("#wrong").splitlines() == [
            "A: nosuch: unknown key",
            "A = 'mine': must be 'original'; change A with A.KEY=VALUE, as in A.tokens.count=4",
            "A: stem: must be a whole number from 1 to 65536",
        ]
        assert page.inner_text("#apart") == "classes: 10 → 20"
        page.evaluate("() => { location.hash = 'A=original'; }")
        page.wait_for_selector("#apart:has-text('none')")
        assert page.inner_text("#madds-change") == "as A"


@pytest.mark.parametrize("width", [390, 1100])
def test_the_name_of_a_renumbered_block_is_on_one_line(chromium: Browser, tmp_path: Path, width: int) -> None:
    """The percents wrap instead, where there is little room."""
    with opened(chromium, tmp_path, load("mf294m"), f"#{B}&{A}", viewport={"width": width, "height": 800}) as page:
        lines = page.eval_on_selector_all(
            ".sides tbody th",
            """heads => heads.filter(head => head.textContent.includes("(A: ")).map(head => {
              const range = document.createRange();
              range.selectNodeContents(head);
              return range.getClientRects().length;
            })""",
        )
        assert lines == [1] * 18
