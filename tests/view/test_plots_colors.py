"""Colours that are drawn together stay apart, also for colour-blind readers."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest

from mfprofile.paper.results import CNN, OURS, VIT
from mfprofile.view.plots.bars import PILLARS
from mfprofile.view.plots.families import COLORS
from mfprofile.view.plots.look import SERIES, Look
from mfprofile.view.plots.units import YOURS

SEEN = {
    "all colours": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""The colour that is seen in place of one, in linear RGB: Machado, Oliveira and Fernandes, 2009, full severity."""
LEAST = 0.065
"""The least distance of two colours in OKLab. From about 0.02 on, two fields side by side look different."""
TOGETHER = (PILLARS, [COLORS[sort] for sort in (OURS, CNN, VIT, YOURS)], [*SERIES, "quiet"])
PAIRS = sorted({tuple(sorted(pair)) for pair in chain.from_iterable(combinations(each, 2) for each in TOGETHER)})


def oklab(color: str, seen: list[list[float]]) -> np.ndarray:
    """Return how a colour is seen, as lightness and two opponent colours: Ottosson, 2020."""
    shares = np.array(list(bytes.fromhex(color.removeprefix("#")))) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    cones = [[0.41222147, 0.53633254, 0.05144599], [0.21190350, 0.68069955, 0.10739696], [0.08830246, 0.28171884, 0.62997870]]  # fmt: skip
    lab = [[0.21045426, 0.79361779, -0.00407205], [1.97799850, -2.42859221, 0.45059371], [0.02590404, 0.78277177, -0.80867577]]  # fmt: skip
    return np.array(lab) @ np.cbrt(np.array(cones) @ np.clip(np.array(seen) @ linear, 0, 1))


def apart(one: str, other: str, sight: str) -> float:
    """Return the distance of two colours for a kind of sight."""
    return float(np.linalg.norm(oklab(one, SEEN[sight]) - oklab(other, SEEN[sight])))


def test_the_distance_is_that_of_oklab() -> None:
    """Black and white are 1 apart; red and green come together for deuteranopia, blue and green for tritanopia."""
    assert apart("#000000", "#FFFFFF", "protanopia") == pytest.approx(1, abs=1e-4)
    assert apart("#A05000", "#5F7A00", "deuteranopia") < 0.03 < 0.1 < apart("#A05000", "#5F7A00", "all colours")
    assert apart("#56B4E9", "#2FC99A", "tritanopia") < LEAST < apart("#56B4E9", "#2FC99A", "all colours")


@pytest.mark.parametrize("sight", SEEN)
@pytest.mark.parametrize("look", [Look(), Look(dark=True)], ids=["light", "dark"])
def test_colors_that_are_drawn_together_stay_apart(look: Look, sight: str) -> None:
    """Pillars, families of networks, and series without a meaning, such as spaces and words."""
    near = {pair: apart(*(look.colors[name] for name in pair), sight) for pair in PAIRS}
    assert len(near) > 15
    assert {pair: distance for pair, distance in near.items() if distance < LEAST} == {}
