"""The scripts of studies/ print what their page shows, and search what they say."""

from __future__ import annotations

import re
import runpy
from typing import Any

import pytest
from running import ROOT

from mfprofile.cost.bill import count

SCRIPT = "paper_convention.py"
PAPER = {"gate": 0, "final": 0, "relu6:hidden": 2, "dy-relu": 3, "relu6:stem": 1, "relu6:lite": 1}
"""The weights of the convention `paper`. Products count 1 in all other roles, and nothing else is counted."""


@pytest.fixture(scope="module")
def study() -> Any:
    """Return the names of the script."""
    return runpy.run_path(str(ROOT / "studies" / SCRIPT))


def _weight(term: Any) -> int:
    """Return the weight of a term of the grid in the convention `paper`."""
    for key, weight in PAPER.items():
        kind, _, role = key.rpartition(":")
        if (key in (*term.roles, *term.kinds)) or (kind in term.kinds and role in term.roles):
            return weight
    return int(term.amount == "madds")


def test_the_mixture_of_the_convention_paper_is_its_bill(study: Any) -> None:
    """For each cell, the terms of the grid with the weights of `paper` sum to the bill."""
    weights = [_weight(term) for term in study["GRID"]]
    for cell in study["cells"]():
        *terms, rest = study["amounts"](cell)
        total = rest + sum(weight * term for weight, term in zip(weights, terms, strict=True))
        assert total == count(cell.spec, "paper").madds == cell.counted


def test_a_mixture_has_the_count_at_its_index(study: Any) -> None:
    """Counts are in the order in which indices are turned into weights."""
    terms = study["amounts"](study["cells"]()[0])
    counts = study["reached"](terms)
    for index in (0, 1, 77_777, 1_990_655):
        weights = study["weights_of"](index)
        assert counts[index] == terms[-1] + sum(weight * term for weight, term in zip(weights, terms, strict=False))
    assert len(counts) == 1_990_656


def test_the_chances_of_two_cells_are_those_by_hand(study: Any) -> None:
    """Of two cells with the chances 1/2 and 1/4: none 3/8, one 4/8, both 1/8."""
    assert study["by_chance"]([0.5, 0.25]) == [0.375, 0.5, 0.125]


@pytest.mark.slow
def test_the_page_shows_what_the_script_prints(study: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The search is repeated."""
    study["main"]()
    page = (ROOT / "studies" / "README.md").read_text(encoding="utf-8")
    shown = re.search(rf"<!-- output of {SCRIPT} -->\n\n(.*?)\n\n<!-- end -->", page, re.DOTALL)
    assert shown is not None
    assert capsys.readouterr().out.strip() == shown[1]


@pytest.mark.slow
def test_the_good_mixtures_are_of_two_families(study: Any) -> None:
    """31 count DY-ReLU 3, ReLU6 2 and no norm; 13 count 1 for each element of DY-ReLU, BatchNorm and additions."""
    cells = study["cells"]()
    fits = [
        study["fits"](study["reached"](study["amounts"](cell)), int(cell.printed.value), int(cell.printed.step))
        for cell in cells
    ]
    good = [index for index, number in enumerate(sum(row.astype(int) for row in fits)) if number >= study["ENOUGH"]]
    names = [term.name for term in study["GRID"]]
    keys = (
        "hidden DY-ReLU, per element",
        "hidden ReLU6, per element",
        "BatchNorm, per element",
        "additions, per element",
    )
    families = [tuple(study["weights_of"](each)[names.index(key)] for key in keys) for each in good]
    assert {family: families.count(family) for family in families} == {(3, 2, 0, 0): 31, (1, 0, 1, 1): 13}
