"""The bill: its rows sum to the totals on every axis, in each convention."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import pytest
from hypothesis import given
from strategies import Mapping, spec_mappings

from mfprofile.cost import Bill, count
from mfprofile.cost.conventions import CONVENTIONS, find_convention
from mfprofile.cost.ops import averaged, elementwise, linear, repeated
from mfprofile.cost.rows import Ops, Part
from mfprofile.cost.sums import Total
from mfprofile.cost.weights import ANY, Convention, Weight
from mfprofile.errors import InputError
from mfprofile.spec import load, resolve
from mfprofile.spec.names import AXES, PILLARS
from mfprofile.spec.sources import shipped

AXES_LISTED = "block, stage, pillar, kind, op"
CONVENTIONS_LISTED = ", ".join(CONVENTIONS)


def assert_sums(bill: Bill) -> None:
    """Check that the rows, and the totals of every axis, sum to the bill's totals."""
    assert sum(row.params for row in bill.rows) == bill.params
    assert sum(bill.row_madds) == bill.madds
    assert sum(row.activations for row in bill.rows) == bill.activations
    for axis in AXES:
        totals = bill.by(axis)
        assert sum(total.madds for total in totals) == bill.madds
        assert sum(total.params for total in totals) == bill.params
        assert sum(total.activations for total in totals) == bill.activations
        assert len({total.name for total in totals}) == len(totals)


@pytest.mark.parametrize("name", shipped())
def test_rows_of_every_shipped_spec_sum_to_the_totals_on_every_axis(name: str) -> None:
    """The sums are right in every convention."""
    bill = count(name)
    for convention_name in CONVENTIONS:
        assert_sums(bill.under(convention_name))


@given(spec_mappings())
def test_rows_of_any_spec_have_unique_names_and_sum_to_the_totals(mapping: Mapping) -> None:
    """Each number is an int of at least 0, and each side of a shape is at least 1."""
    bill = count(mapping, "paper")
    assert_sums(bill)
    assert len({row.name for row in bill.rows}) == len(bill.rows)
    for row in bill.rows:
        numbers = (row.madds, row.elements, row.weights, row.biases)
        assert all(type(number) is int and number >= 0 for number in numbers)
        assert row.elements > 0
        assert all(type(side) is int and side >= 1 for side in row.out)


@given(spec_mappings())
def test_blocks_stages_and_pillars_are_those_of_the_network(mapping: Mapping) -> None:
    """Blocks are numbered from 1 after `repeat`, stages never decrease, and pillars are in the paper's order."""
    bill = count(mapping)
    blocks = [total.name for total in bill.by("block") if total.name.isdecimal()]
    stages = [int(total.name) for total in bill.by("stage") if total.name != "tokens"]
    assert blocks == [str(block.number) for block in bill.subject.blocks]
    assert stages == list(range(1, bill.subject.last_stage + 1))
    pillars = [total.name for total in bill.by("pillar")]
    assert pillars == [pillar for pillar in PILLARS if pillar in pillars]
    assert list(bill.pillars) == list(PILLARS)


@given(spec_mappings())
def test_the_final_bridge_is_the_part_that_its_switch_removes(mapping: Mapping) -> None:
    """The totals with it and without it differ by the block `final`."""
    spec = load(mapping)
    bill, without = count(spec), count(spec.replace(bridge={"final": False}))
    final = {total.name: total for total in bill.by("block")}.get("final", Total("final"))
    assert bill.madds - without.madds == final.madds
    assert bill.params - without.params == final.params
    assert "final" not in {total.name for total in without.by("block")}


def test_blocks_are_numbered_after_repeat_is_applied() -> None:
    """Entry 3 with `repeat: 0` is no block. Entry 9 with `repeat: 2` is blocks 8 and 9."""
    bill = count(load("mf294m").replace(blocks={3: {"repeat": 0}, 9: {"repeat": 2}}))
    assert [block.entry for block in bill.subject.blocks] == [1, 2, 4, 5, 6, 7, 8, 9, 9, 10, 11, 12]
    assert [block.number for block in bill.subject.blocks] == list(range(1, 13))


def test_a_repeated_block_equals_the_block_written_twice() -> None:
    """The first one has widths in → out, the others out → out."""
    block = {"block": "mf", "expand": 6, "out": 112}
    spec = load("mf294m")
    written = [{"block": "mf", "exp": 576, "out": 112}, {"block": "mf", "exp": 672, "out": 112}]
    base: Mapping = {"tokens": {"count": 6, "dim": 192}, "stem": 96, "head": "none"}
    repeated, twice = count({**base, "blocks": [{**block, "repeat": 2}]}), count({**base, "blocks": written})
    assert (repeated.madds, repeated.params) == (twice.madds, twice.params)
    assert [row.name for row in repeated.rows] == [row.name for row in twice.rows]
    assert count(spec).madds == count(resolve(spec)).madds == count("mf294m").madds


def test_odd_sides_are_halved_and_rounded_up() -> None:
    """225x321 becomes 113x161, 57x81, 29x41, 15x21 and 8x11."""
    bill = count("mf294m", "core")
    odd = count(load("mf294m").replace(input="225x321"))
    shapes = {row.name: row.out for row in odd.rows}
    assert shapes["stem.conv"] == (16, 113, 161)
    assert shapes["blocks.2.mobile.pointwise2.conv"] == (24, 57, 81)
    assert shapes["blocks.12.mobile.pointwise2.conv"] == (192, 8, 11)
    assert odd.params == bill.params


def test_count_accepts_all_sources_that_load_accepts() -> None:
    """These are a name, a mapping and a spec. A network is accepted too."""
    for source in ("mf294m", {"extends": "mf294m"}, load("mf294m"), resolve(load("mf294m"))):
        assert count(source).madds == 286_732_160


def test_frames_contain_the_rows_or_the_totals() -> None:
    """A frame of ops has one line per row; a frame of an axis has its totals. Both sum to the bill."""
    bill = count("mf26m", "paper")
    ops = bill.frame()
    assert list(ops.columns) == [
        "name",
        "block",
        "stage",
        "pillar",
        "kind",
        "role",
        "madds",
        "elements",
        "params",
        "activations",
        "out",
    ]
    assert (len(ops), ops["madds"].sum(), ops["params"].sum()) == (len(bill.rows), 25_916_544, 3_232_788)
    for axis in AXES[:-1]:
        frame = bill.frame(axis)
        assert list(frame.columns) == [axis, "madds", "params", "activations"]
        assert (frame["madds"].sum(), frame["params"].sum()) == (25_916_544, 3_232_788)
        assert list(frame[axis]) == [total.name for total in bill.by(axis)]


@pytest.mark.parametrize("axis, hint", [("pilar", "did you mean 'pillar'?"), ("colour", f"use one of {AXES_LISTED}")])
def test_an_unknown_axis_is_refused_with_a_hint(axis: str, hint: str) -> None:
    """The hint is the most similar axis, or the list of axes, for totals and for frames."""
    for ask in (count("mf26m").by, count("mf26m").frame):
        with pytest.raises(InputError) as caught:
            ask(axis)
        assert str(caught.value) == f"cannot count by '{axis}'; {hint}"


@pytest.mark.parametrize(
    "name, hint", [("papre", "did you mean 'paper'?"), ("xyz", f"use one of {CONVENTIONS_LISTED}"), ("", f"use one of {CONVENTIONS_LISTED}")]
)  # fmt: skip
def test_an_unknown_convention_is_refused_with_a_hint(name: str, hint: str) -> None:
    """The hint is the most similar convention, or the list of conventions."""
    with pytest.raises(InputError) as caught:
        count("mf26m", name)
    assert str(caught.value) == f"unknown convention '{name}'; {hint}"


def test_the_most_specific_weight_is_used() -> None:
    """(kind, role) comes before (*, role), and that before (kind, *). Ops without an entry are not counted."""
    weights = {("linear", "gate"): Weight(7), (ANY, "gate"): Weight(5), ("linear", ANY): Weight(3)}
    rule = Convention("rule", "", "", MappingProxyType(weights))
    cases = [("linear", "gate"), ("add", "gate"), ("linear", "ffn"), ("add", "ffn")]
    assert [rule.weight(*case).products for case in cases] == [7, 5, 3, 0]


def _part(ops: Ops) -> Part:
    return Part("1", 1, "former", "blocks.1", ops)


def test_a_weight_counts_products_elements_outputs_parameters_and_vectors() -> None:
    """Each of them has its own factor."""
    ops: Ops = [("x", "ffn", linear(2, 3, 5))]  # 30 products, 10 elements, 15 + 5 parameters
    for weight, total in [
        (Weight(1), 30),
        (Weight(0, 1), 10),
        (Weight(0, 0, 1), 10),
        (Weight(0, 0, 0, 1), 20),
        (Weight(0, 0, 0, 0, 1), 2),
        (Weight(2, 3, 4, 5, 6), 242),
    ]:
        assert Convention("x", "", "", {("linear", "ffn"): weight}).weigh([_part(ops)]) == [total]


def test_a_weight_counts_the_windows_of_a_pooling() -> None:
    """Two images of 8 planes of 6 values, in three windows of 3."""
    ops: Ops = [("x", "ffn", repeated(averaged("avg-pool", 8, (6,), (9,), 8, 3), 2))]
    rule = Convention("x", "", "", {("avg-pool", ANY): Weight(elements=100, outputs=10_000, windows=1)})
    assert rule.weigh([_part(ops)]) == [144 + 100 * 96 + 10_000 * 48]


def test_the_papers_convention_leaves_out_gate_and_final_bridge() -> None:
    """Their rows count 0. Hidden activations count 2 or 3 per element."""
    paper = find_convention("paper")
    for role in ("gate", "final"):
        assert paper.weigh([_part([("x", role, linear(2, 3, 5))])]) == [0]
    roles = [("dy-relu", "hidden"), ("relu6", "hidden"), ("relu6", "stem"), ("relu6", "lite"), ("relu6", "head")]
    ops: Ops = [("x", role, elementwise(kind, 10)) for kind, role in roles]
    assert paper.weigh([_part(ops)]) == [30, 20, 10, 10, 0]


def test_a_convention_changes_the_counts_and_never_the_parameters() -> None:
    """All bills of one network have the same rows and parameters."""
    bill = count("mf294m")
    assert {bill.under(name).params for name in CONVENTIONS} == {11_422_648}
    assert [row.name for row in bill.under("paper").rows] == [row.name for row in bill.rows]


def test_reprs_show_names_and_amounts() -> None:
    """A bill, a total and a row have a short repr."""
    bill = count("mf294m")
    assert repr(bill) == "Bill(mf294m, madds=286732160, params=11422648, convention=core)"
    assert repr(bill.by("block")[0]) == "Total(tokens, madds=0, params=1152)"
    assert repr(bill.rows[1]) == "Row(stem.conv, conv, madds=5419008, params=432)"
    assert dataclasses.is_dataclass(bill.subject)
