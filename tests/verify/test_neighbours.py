"""The networks that are written from their papers: their parameters by hand, and their products by torch's counter."""

from __future__ import annotations

from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from mfprofile.paper.baselines import NOT_BUILT, baselines  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.baselines import RECIPES, Recipe, traced  # noqa: E402
from mfprofile.verify.neighbours.contnet import Windowed  # noqa: E402

OWN = [recipe for recipe in RECIPES if recipe.paper and recipe.table != "4"]


def _name(recipe: Recipe) -> str:
    return recipe.model


@pytest.mark.parametrize("recipe", OWN, ids=_name)
def test_products_are_those_of_torchs_counter(recipe: Recipe) -> None:
    """Each of these networks writes its attention out, so that the counter sees it."""
    model = recipe.build().eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        logits = model(torch.zeros(1, *recipe.shape, device="meta"))
    assert logits.shape == (1, 1000)
    bill = traced(recipe).bill()
    assert counter.get_total_flops() == 2 * bill.madds
    assert bill.params == sum(each.numel() for each in model.parameters())


def test_vit_c_has_the_parameters_by_hand() -> None:
    """11 layers of 192 channels with an MLP of 576, a stem of four convolutions, tokens, and a head."""
    layer = 4 * 192 * 192 + 4 * 192 + 2 * 192 * 576 + 576 + 192 + 4 * 192
    widths = (3, 24, 48, 96, 192)
    stem = sum(9 * a * b + 2 * b for a, b in pairwise(widths)) + 192 * 192 + 192
    recipe = next(each for each in OWN if each.model == "ViT_C")
    assert traced(recipe).bill().params == 11 * layer + stem + 198 * 192 + 2 * 192 + 192 * 1000 + 1000


def test_t2t_vit_adds_a_layer_at_its_cost_by_hand() -> None:
    """T2T-ViT-12 has 5 layers more than -7: 197 tokens of 256 channels, an MLP of 512, no bias before attention."""
    seven, twelve = (traced(each).bill() for each in OWN if each.model.startswith("T2T"))
    weights = 4 * 256 * 256 + 2 * 256 * 512
    assert twelve.madds - seven.madds == 5 * (197 * weights + 2 * 197 * 197 * 256)
    assert twelve.params - seven.params == 5 * (weights + 256 + 512 + 256 + 4 * 256)


def test_a_window_sees_nothing_of_other_windows() -> None:
    """A change in one 7×7 window changes that window alone, in its place; other sides are padded."""
    torch.manual_seed(0)
    layer = Windowed(8, 16, 2, 7).eval()
    image = torch.rand(1, 8, 20, 14)
    changed = image.clone()
    changed[:, :, 14:, 7:] += 1
    with torch.no_grad():
        difference = (layer(image) - layer(changed)).abs().sum(1)[0] > 0
    assert difference[14:, 7:].all()
    assert difference.sum() == 6 * 7


def test_conts_printed_figures_do_not_count_matrix_products() -> None:
    """ConT-S is printed with 1.5G. That is its count in the convention `thop`; in `core` it is 1.67G."""
    recipe = next(each for each in OWN if each.model == "ConT-S")
    printed = next(row.madds.printed for row in baselines() if row.model == "ConT-S")
    bill = trace(recipe.build(), recipe.shape, device="meta").bill
    assert printed.holds(bill("thop").madds)
    assert not printed.holds(bill("core").madds)


def test_each_baseline_is_recounted_or_says_why_not() -> None:
    """The reasons are of baselines that have no count."""
    assert {row.model for row in baselines() if row.recount is None} == set(NOT_BUILT)
