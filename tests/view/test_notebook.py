"""What a notebook shows of each object: the rows of the command line's table, as HTML in which nothing can hide."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest
from running import ROOT, run, surroundings

import mfprofile
from mfprofile.budget.checks import Demands, Outcome, check
from mfprofile.budget.difference import difference
from mfprofile.budget.limits import named_limit
from mfprofile.budget.scale import scale
from mfprofile.budget.sensitivity import sensitivity
from mfprofile.budget.verdicts import Terms
from mfprofile.cost.formulas import formulas
from mfprofile.explore.best import best
from mfprofile.explore.front import Objective, front
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.spec.model import TokensSpec
from mfprofile.spec.quantities import window
from mfprofile.view.html import MOST_ROWS, table_html
from mfprofile.view.notebook import html_of
from mfprofile.view.tables import Column, Table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MADDS = quantity_of("madds")
MOST_PARAMS = Objective(quantity_of("params"), most=True)
WITHIN = [(MADDS, window("4M:8M"))]
TAGS = {"div", "table", "thead", "tbody", "tr", "th", "td", "span", "br"}
ATTRIBUTES = {"style", "scope", "colspan", "tabindex"}
EVIL = "<script>alert('1')</script>&amp;\x1b[31m"


def shown(value: Any) -> ElementTree.Element:
    """Return what a notebook shows of a value. It has no element and no attribute but those of a plain table."""
    root = ElementTree.fromstring(value if isinstance(value, str) else value._repr_html_())
    assert {each.tag for each in root.iter()} <= TAGS
    assert {key for each in root.iter() for key in each.attrib} <= ATTRIBUTES
    return root


def text_of(root: ElementTree.Element) -> str:
    """Return all text, each row, line and cell apart."""
    return "\n".join(part for part in root.itertext() if part.strip())


def rows_of(root: ElementTree.Element) -> list[list[str]]:
    """Return the cells of all rows of all tables, headings included."""
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]


def judged(limits: tuple[str, ...] = ("madds=280M", "former.madds=10%"), *references: str) -> Outcome:
    """Return the outcome of a check of mf294m, or of other references, against maximums."""
    demands = Demands(flags=[named_limit("--max", limit) for limit in limits])
    return check(references or ["mf294m"], demands, Terms(mfprofile.CONVENTIONS["core"]))


def ablation() -> Any:
    """Return the difference of mf294m and its ablation without FFN."""
    return difference(mfprofile.count("mf294m"), mfprofile.count("mf294m-no-ffn"))


def test_a_bill_shows_the_rows_of_the_command_count() -> None:
    """Each block with its exact multiply-adds and parameters, the pillars, the total, and both conventions."""
    bill = mfprofile.count("mf294m")
    root = shown(bill)
    amounts = {row[0]: [int(cell.replace(",", "")) for cell in row[3:7:3]] for row in rows_of(root)[1:]}
    assert {name: amounts[name] for name in bill.pillars if name != "head"} == {
        name: [total.madds, total.params] for name, total in bill.pillars.items() if name != "head"
    }
    assert all(amounts[total.name] == [total.madds, total.params] for total in bill.by("block"))
    assert amounts["total"] == [286_732_160, 11_422_648]
    text = text_of(root)
    assert "mf294m: input 224×224, 6 tokens of 192; MAdds in convention 'core'" in text
    assert "In convention 'paper': 294.05M MAdds (294,051,584)" in text


def test_a_bill_in_another_convention_names_it() -> None:
    """The unit and the name are those of the bill."""
    text = text_of(shown(mfprofile.count("mf26m", "torch")))
    assert "FLOPs in convention 'torch'" in text
    assert "MAdds in convention 'paper'" in text_of(shown(mfprofile.count("mf26m", "paper")))


@pytest.mark.parametrize("name", ["mf294m", "mf294m-mobile", "mf26m"])
def test_a_spec_shows_each_block_with_its_widths(name: str) -> None:
    """Width and stride are those of the network, the kind and the output those of the table of `count`."""
    spec = mfprofile.load(name)
    network = mfprofile.resolve(spec)
    rows = {row[0]: row[1:] for row in rows_of(shown(spec))}
    assert [row for row in rows if row.isdecimal()] == [str(block.number) for block in network.blocks]
    for block in network.blocks:
        expanded = [block.expanded, block.expanded2] if block.kind == "mf-down" else [block.expanded]
        out = block.outputs
        assert rows[str(block.number)] == [
            block.kind, ", ".join(map(str, expanded)), str(block.kernel), str(block.stride),
            f"{out.channels}×{out.height}×{out.width}",
        ]  # fmt: skip
    assert rows_of(shown(network)) == rows_of(shown(spec))
    assert f"{mfprofile.count(spec).madds:,} MAdds in convention 'core'" in text_of(shown(spec))


def test_a_spec_shows_its_width_its_budget_and_its_rules() -> None:
    """They are not parts of the network, so the last lines have them."""
    spec = mfprofile.load({"extends": "mf26m", "width": 0.5, "budget": {"max": {"madds": "10M"}}})
    text = text_of(shown(replace(spec, require=None)))
    assert "width: 0.5\nbudget: {max: {madds: '10M'}}" in text
    ruled = spec.replace(width=1, require={"widths": "nondecreasing"})
    assert "require: {widths: 'nondecreasing'}" in text_of(shown(ruled))


def test_a_verdict_shows_words_and_colours() -> None:
    """A limit that is met is green and `within`, another one red and `OVER`; the remedies follow."""
    outcome = judged()
    for value in (outcome, outcome.verdicts[0]):
        root = shown(value)
        badges = {
            span.text: span.get("style", "") for span in root.iter("span") if "background" in span.get("style", "")
        }
        assert badges.keys() == {"OVER", "within"}
        assert "#cf222e" in badges["OVER"]
        assert "#1a7f37" in badges["within"]
        text = text_of(root)
        assert "    tokens.count 6 → 4:      275,983,232" in text
        assert "FAILED: 1 of 2 limits not met in convention 'core'" in text


def test_a_check_names_what_could_not_be_judged() -> None:
    """Also if nothing was judged at all."""
    both = text_of(shown(judged(("madds=1G",), "mf26m", "nothere")))
    assert "all 2 limits met" not in both
    assert "not judged: nothere: no shipped spec and no file has this name" in both
    alone = shown(judged(("madds=1G",), "nothere"))
    assert not rows_of(alone)
    assert text_of(alone).startswith("not judged: nothere")
    assert text_of(shown(Outcome())) == "no network was checked"


def test_a_difference_shows_the_lines_of_the_command_diff() -> None:
    """Its headline, its pillars and its blocks: each word of the text form."""
    text = " ".join(text_of(shown(ablation())).split())
    printed = run("diff", "mf294m", "mf294m-no-ffn").stdout
    missing = [word for word in printed.split() if word not in text and not word.startswith("─")]
    assert not missing
    assert text.startswith("mf294m → mf294m-no-ffn: MAdds -9,732,096 (-3.4 %), params -1,632,576 (-14.3 %)")


def test_answers_of_a_space_show_a_line_a_variant() -> None:
    """A front, the best, a sample, a part of them and one variant; each names its convention."""
    space = read_space("tiny")
    points = front(space, (Objective(MADDS), MOST_PARAMS), WITHIN, "paper")
    ranked = best(space, MOST_PARAMS, WITHIN, 3, "paper")
    drawn = sample_space(space, 5, seed=1, windows=WITHIN, convention="paper")
    for variants in (points, ranked, drawn, points[1:], ranked[:1]):
        root = shown(variants)
        rows = rows_of(root)[1:]
        assert [row[1:3] for row in rows] == [
            [f"{each.figures[k]:,}" for k in ("madds", "params")] for each in variants
        ]
        assert "MAdds in convention 'paper'" in text_of(root)
    assert rows_of(shown(points[0])) == rows_of(shown(points[:1]))
    assert "0 variants; MAdds in convention 'core'" in text_of(
        shown(best(space, MOST_PARAMS, [(MADDS, window("1:2"))]))
    )


def test_scaling_sensitivity_and_spaces_show_what_their_commands_print() -> None:
    """Each word of the text form; a space shows its choices, of which its file has the values."""
    spec = mfprofile.load("mf294m")
    for value, line in (
        (scale(spec, "madds", 200_000_000), "scale mf294m --to-madds 200M -o -"),
        (sensitivity(spec), "sensitivity mf294m"),
    ):
        text = " ".join(text_of(shown(value)).split())
        done = run(*line.split())
        figures = re.findall(r"\b\d{1,3}(?:,\d{3})+\b", text)
        printed = f"{done.stdout}{done.stderr}".replace(",", "")
        assert len(figures) > 3
        assert not [figure for figure in figures if figure.replace(",", "") not in printed]
    assert "no width meets the budget" in text_of(shown(scale(spec, "madds", 1000)))
    rows = rows_of(shown(read_space("tiny")))
    assert rows[1:] == [[each.name, ", ".join(map(str, each.values)).lower()] for each in read_space("tiny").choices]


def test_a_count_of_a_space_shows_the_table_of_explore_count() -> None:
    """By the public names alone; without windows it is the one line of the command."""
    space = mfprofile.read_space("tiny")
    windows = [
        (mfprofile.quantity_of("madds"), mfprofile.window("4M:8M")),
        (mfprofile.quantity_of("params"), mfprofile.window(":400k")),
    ]
    text = " ".join(text_of(shown(mfprofile.count_space(space, windows))).split())
    printed = run("explore", "count", "tiny", "--madds", "4M:8M", "--params", ":400k").stdout
    rows = [line.split() for line in printed.splitlines() if line.startswith((" madds", " params", " all together"))]
    assert len(rows) == 3
    for row in rows:
        assert " ".join(row) in text
    assert text_of(shown(mfprofile.count_space(space))).strip() == run("explore", "count", "tiny").stdout.strip()


def test_the_middle_of_a_long_table_is_left_out_and_counted() -> None:
    """The first and the last rows are shown, and all rows of a table that is just short enough."""
    for number in (MOST_ROWS, MOST_ROWS + 1, 5000):
        table = Table([Column("", write=str, right=True)], [[at] for at in range(number)], [[[number]]])
        rows = [row[0] for row in rows_of(shown(f"<div>{table_html(table)}</div>"))][1:]
        left_out = number - MOST_ROWS
        half = MOST_ROWS // 2
        first, last = map(str, range(half)), map(str, range(number - half, number))
        gap = [f"… {left_out:,} more row{'s' if left_out > 1 else ''} …"] if left_out else []
        assert rows == [*first, *gap, *last, str(number)]


def test_nothing_in_a_name_becomes_markup() -> None:
    """A name can hold tags, entities, line ends and codes of terminals."""
    data: dict[str, Any] = {"extends": "mf26m"}
    spec = replace(mfprofile.load(data), name=f"{EVIL}\n")
    seen = "<script>alert('1')</script>&amp;�[31m�"
    for value in (spec, mfprofile.count(spec), difference(mfprofile.count(spec), mfprofile.count(spec))):
        assert seen in text_of(shown(value))
        assert repr(value).isprintable()
    table = Table([Column(f"{EVIL}\nb", wraps=True)], [[EVIL]], above=[EVIL], below=[f"  {EVIL}"])
    assert text_of(shown(f"<div>{table_html(table)}</div>")).count(seen[:-1]) == 4


def test_many_variants_at_once_show_the_least_and_the_most() -> None:
    """A bill of arrays has no rows to print; its repr is one line, too."""
    spec = replace(mfprofile.load("mf294m"), tokens=TokensSpec(np.arange(1, 13), 192))  # type: ignore[arg-type]
    bill = mfprofile.count(spec)
    assert rows_of(shown(bill))[1] == ["MAdds", "259,923,200", "319,181,696"]
    assert "12 variants; MAdds in convention 'core'" in text_of(shown(bill))
    assert repr(bill).count("\n") == 0
    assert "madds=12 values from 259923200 to 319181696" in repr(bill)
    assert spec._repr_html_() is None
    assert mfprofile.resolve(spec)._repr_html_() is None
    assert repr(spec) == "Spec(mf294m, input=224, tokens=12 values from 1 to 12×192, blocks=12)"


def test_a_bill_of_symbols_shows_its_repr() -> None:
    """A formula has its own commands; its repr is one short line."""
    polynomials = formulas(mfprofile.load("mf294m"), ["tokens.count", "tokens.dim"])
    count, dim = polynomials.symbols
    spec = replace(mfprofile.load("mf294m"), tokens=TokensSpec(count, 4 * dim))
    bill = mfprofile.count(spec)
    assert bill._repr_html_() is None
    assert spec._repr_html_() is None
    assert len(repr(bill)) < 250


def test_an_amount_that_is_unknown_is_a_message_and_no_traceback() -> None:
    """A latency model without a price for an op, as `count --latency-model` reports it."""
    from mfprofile.errors import InputError

    class Unknown:
        """A bill with an op that the model never saw."""

        @property
        def madds(self) -> int:
            raise InputError("no price\nfor conv")

        def __repr__(self) -> str:
            return "Bill(x)"

    html = html_of("bill", Unknown())
    assert html is not None
    assert text_of(shown(html)) == "Bill(x)\nno price\nfor conv"


def test_a_traced_network_shows_what_is_not_counted() -> None:
    """Its modules as a tree, and below it the operators that its total leaves out."""
    torch = pytest.importorskip("torch")
    from mfprofile.trace.trace import trace

    class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
        """A convolution under a name that is markup, and an operator without a rule."""

        def __init__(self) -> None:
            super().__init__()
            self.add_module(EVIL, torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3)))

        def forward(self, images: Any) -> Any:
            return torch.special.airy_ai(self._modules[EVIL](images))

    result = trace(Net(), (3, 10, 10))
    for value in (result, result.bill()):
        text = text_of(shown(value))
        assert "NOT counted, so the total is a lower bound:\n  special_airy_ai: 1 time, 512 elements" in text
        assert "<script>alert('1')</script>&amp;�[31m" in text
        assert "13,824" in text
    assert repr(result) == "Trace(Net, input=1×3×10×10 float32, ops=2, uncovered=1)"


def reprs() -> Iterator[tuple[Any, str]]:
    """Yield objects, each with its repr."""
    spec = mfprofile.load("mf294m")
    space = read_space("tiny")
    yield spec, "Spec(mf294m, input=224, tokens=6×192, blocks=12)"
    yield replace(spec, tokens=None), "Spec(mf294m, input=224, tokens=none, blocks=12)"
    yield mfprofile.resolve(spec), "Network(mf294m, input=224×224, tokens=6×192, blocks=12)"
    yield judged(), "Outcome(holds=False, networks=1, missed=1, unjudged=0)"
    yield (
        judged().verdicts[0],
        "Verdict(mf294m, holds=False, missed: madds 286732160, limit 280000000)",
    )
    yield judged(("madds=1G",)).verdicts[0], "Verdict(mf294m, holds=True)"
    yield ablation(), "Difference(mf294m → mf294m-no-ffn, madds=-9732096, params=-1632576, convention=core)"
    yield space, "Space(tiny, choices=10)"
    yield scale(spec, "madds", 200_000_000), "Scaling(mf294m, madds ≤ 200000000, width=0.8, madds=198849616)"
    yield scale(spec, "madds", 1000), "Scaling(mf294m, madds ≤ 1000, width=none)"
    points = front(space, (Objective(MADDS), MOST_PARAMS))
    yield points[:2], "Variants(2, madds=1454912…1459008, params=23602…25810, convention=core)"
    yield points[:0], "Variants(0, convention=core)"


def test_a_keyboard_can_scroll_it_and_no_heading_is_empty() -> None:
    """As axe-core demands: what scrolls can have the focus, and a heading without text is a plain cell."""
    roots = [shown(value) for value, _ in reprs() if hasattr(value, "_repr_html_") and value._repr_html_()]
    assert all("overflow-x:auto" in root.attrib["style"] and root.attrib["tabindex"] == "0" for root in roots)
    first = [row[0] for root in roots for row in root.iter("tr")]
    assert any(cell.tag == "td" and cell.text is None for cell in first)
    assert not [cell for root in roots for cell in root.iter("th") if not "".join(cell.itertext()).strip()]


def test_a_repr_is_one_short_line() -> None:
    """It has the name and the amounts, and no dump of all fields."""
    for value, text in reprs():
        assert repr(value) == text


def test_answers_of_a_space_are_still_lists() -> None:
    """They can be compared, indexed, sliced, joined and sorted as before."""
    points = front(read_space("tiny"), (Objective(MADDS), MOST_PARAMS))
    assert isinstance(points, list)
    assert points[::-1][-1] is points[0]
    assert points[:0] == []
    assert [*points[:1], *points[1:]] == points
    assert points.ranked_by == ("madds", "params")


def test_nothing_of_it_is_imported_before_a_notebook_shows_something() -> None:
    """`import mfprofile` and a count stay as fast as they are."""
    code = (
        "import mfprofile, sys; bill = mfprofile.count('mf26m'); before = 'mfprofile.view' in sys.modules;"
        "html = bill._repr_html_(); print(before, 'numpy' in sys.modules, 'html' in sys.modules, '<table' in html)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, cwd=ROOT, env=surroundings(PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    assert done.stdout.split() == ["False", "False", "True", "True"]


def test_ipython_shows_html_and_the_repr() -> None:
    """Its formatters find the method, and no formatter reports an error."""
    formatters = pytest.importorskip("IPython.core.formatters")
    bill = mfprofile.count("mf26m")
    data, _ = formatters.DisplayFormatter().format(bill)
    assert data["text/html"] == bill._repr_html_()
    assert data["text/plain"] == repr(bill)


@pytest.mark.browser
def test_it_can_be_read_in_light_and_dark_themes(chromium: Browser) -> None:
    """Text takes the theme's colour, a verdict has a contrast of 4.5 or more, and numbers are right-aligned."""
    page = chromium.new_page()
    look = """() => ({
        cells: [...new Set([...document.querySelectorAll("td")].map(each => getComputedStyle(each).color))],
        sides: [...document.querySelectorAll("th, td")].filter(each => /^(MAdds|286,732,160)$/.test(each.textContent))
            .map(each => getComputedStyle(each).textAlign),
        badges: [...document.querySelectorAll("td span")].map(each => [
            each.textContent, getComputedStyle(each).color, getComputedStyle(each).backgroundColor]),
    })"""
    for background, text in (("rgb(255, 255, 255)", "rgb(0, 0, 0)"), ("rgb(17, 17, 17)", "rgb(221, 221, 221)")):
        body = f"{judged()._repr_html_()}{mfprofile.count('mf294m')._repr_html_()}"  # type: ignore[operator]
        theme = "td, th {text-align: center; white-space: normal}"  # as a notebook's own rules for all tables
        page.set_content(f'<style>{theme}</style><body style="background:{background};color:{text}">{body}')
        seen = page.evaluate(look)
        assert seen["cells"] == [text]
        assert seen["sides"] == ["right"] * 3
        assert [word for word, *_ in seen["badges"]] == ["OVER", "within"]
        assert all(_contrast(*colours) >= 4.5 for _, *colours in seen["badges"])
    page.close()


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as the Web Content Accessibility Guidelines define it."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
