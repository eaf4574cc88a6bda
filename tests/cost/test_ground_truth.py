"""The totals of the released architecture, and the cells of the paper's tables."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mfprofile.cost import count

RELEASED = {  # parameters, core multiply-adds; fvcore's and thop's totals
    "mf508m": (13_976_976, 498_467_680, 510_642_176, 506_310_432),
    "mf294m": (11_422_648, 286_732_160, 295_430_400, 293_074_048),
    "mf214m": (9_425_920, 208_374_240, 215_252_960, 213_005_536),
    "mf151m": (7_595_828, 146_249_168, 152_012_400, 150_051_088),
    "mf96m": (4_585_252, 92_017_040, 96_334_448, 96_817_488),
    "mf52m": (3_469_092, 49_290_496, 51_786_624, 52_560_896),
    "mf26m": (3_232_788, 23_550_208, 26_046_336, 26_820_608),
}
CELLS = {  # printed #Param in 0.1 M and MAdds in M; our counts in core and `paper`, in 0.01 M
    "mf508m": ("14.0", 508, "498.47", "508.68"),
    "mf294m": ("11.4", 294, "286.73", "294.05"),
    "mf214m": ("9.4", 214, "208.37", "214.00"),
    "mf151m": ("7.6", 151, "146.25", "150.82"),
    "mf96m": ("4.6", 96, "92.02", "95.65"),
    "mf52m": ("3.5", 52, "49.29", "51.66"),
    "mf26m": ("3.2", 26, "23.55", "25.92"),
    "mf294m-mobile": ("6.1", 259, "252.92", "259.28"),
    "mf294m-relu": ("10.1", 290, "285.44", "289.88"),
    "mf294m-kernel5": ("11.5", 332, "324.77", "332.08"),
    "mf294m-tokens1": ("11.4", 269, "259.92", "268.84"),
    "mf294m-tokens3": ("11.4", 279, "270.62", "278.90"),
    "mf294m-tokens9": ("11.4", 309, "302.92", "309.28"),
    "mf294m-dim64": ("7.3", 277, "267.98", "276.50"),
    "mf294m-dim128": ("9.1", 284, "275.71", "283.63"),
    "mf294m-dim256": ("14.3", 308, "301.04", "307.76"),
    "mf294m-dim320": ("17.9", 325, "318.64", "324.76"),
    "mf294m-no-ffn": ("9.8", 284, "277.00", "284.32"),
    "mf294m-mlp": ("10.5", 284, "275.38", "284.34"),
}
PAPER = {
    "mf294m": 294_051_584,
    "mf508m": 508_682_368,
    "mf26m": 25_916_544,
    "mf294m-kernel5": 332_084_992,
    "mf294m-mobile": 259_283_072,
    "mf294m-relu": 289_877_888,
    "mf294m-mlp": 284_336_768,
    "mf294m-no-ffn": 284_319_488,
}


def rounded(value: int, digits: int) -> Fraction:
    """Return the value in millions with `digits` decimals, halves up."""
    step = 10 ** (6 - digits)
    return Fraction((value + step // 2) // step * step, 10**6)


@pytest.mark.parametrize("name", RELEASED)
def test_released_models_have_the_counted_totals(name: str) -> None:
    """Parameters and multiply-adds are exactly those of the released architecture."""
    bill = count(name)
    assert (bill.params, bill.madds, bill.under("fvcore").madds, bill.under("thop").madds) == RELEASED[name]
    assert bill.under("torch").madds == 2 * bill.madds


@pytest.mark.parametrize("name", CELLS)
def test_parameters_round_to_the_printed_digit(name: str) -> None:
    """The test covers each #Param cell of Tables 2 and 5 to 9."""
    assert rounded(count(name).params, 1) == Fraction(CELLS[name][0])


@pytest.mark.parametrize("name", CELLS)
def test_multiply_adds_are_the_tabled_ones_in_both_conventions(name: str) -> None:
    """In core and `paper`, the counts are equal to 0.01 M."""
    bill = count(name)
    counted = rounded(bill.madds, 2), rounded(bill.under("paper").madds, 2)
    assert counted == (Fraction(CELLS[name][2]), Fraction(CELLS[name][3]))


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_convention_counts_exactly_this(name: str) -> None:
    """These are the exact totals of the inferred convention."""
    assert count(name, "paper").madds == PAPER[name]


def test_the_papers_convention_matches_all_cells_but_one_within_rounding() -> None:
    """Only the 508M differs from its printed million."""
    missed = [name for name, cells in CELLS.items() if rounded(count(name, "paper").madds, 0) != cells[1]]
    assert missed == ["mf508m"]


def test_the_294m_is_made_of_these_products() -> None:
    """They are the convolutions, Linear layers and matrix products of the released 294M."""
    kinds = {total.name: total.madds for total in count("mf294m").by("kind")}
    assert kinds["conv"] + kinds["depthwise"] + kinds["pointwise"] == 248_791_424
    assert (kinds["linear"], kinds["matmul"]) == (27_176_448, 10_764_288)


def test_mobile_alone_has_empty_pillars_of_former_and_bridge() -> None:
    """Pillars without rows are in the result, and are 0."""
    pillars = count("mf294m-mobile").pillars
    assert [(pillars[name].madds, pillars[name].params) for name in ("former", "bridge")] == [(0, 0), (0, 0)]
