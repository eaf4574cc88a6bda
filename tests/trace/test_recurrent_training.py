"""Recurrent layers in training equal the same layers written out step by step, with a real backward pass."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from recurrent import CASES, Unrolled  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from mfprofile.trace.trace import trace  # noqa: E402


def flops(steps: nn.Module, *inputs: Any) -> int:
    """Return the FLOPs of a forward and a backward pass of steps that are written out."""
    with FlopCounterMode(display=False) as mode:
        outputs = [each for each in steps(*inputs) if each.requires_grad]
        if outputs:
            torch.autograd.backward(outputs, [torch.ones_like(each) for each in outputs])
    return int(mode.get_total_flops())


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("how", ["trained", "frozen", "only the input", "only one matrix"])
@pytest.mark.parametrize("name", one_in(5, [name for name in CASES if "torch." not in name], 4))
def test_a_layer_in_training_counts_as_many_products_as_its_steps(name: str, how: str) -> None:
    """In all forms, whatever of them needs a gradient; the first state of a sequence needs none."""
    layer, vectors = CASES[name].layer(), CASES[name].vectors()
    layer.requires_grad_(how == "trained")
    if how == "only one matrix":
        next(each for name, each in layer.named_parameters() if "weight_hh" in name).requires_grad_(True)
    vectors.requires_grad_(how == "only the input")
    bill = trace(layer, vectors, training=True).bill()
    assert 2 * bill.madds == flops(Unrolled(layer, CASES[name].form), vectors)


@pytest.mark.parametrize("cell", [nn.LSTMCell(8, 4), nn.GRUCell(8, 4), nn.RNNCell(8, 4)])
def test_a_cell_in_training_has_both_gradients_of_its_matrices(cell: nn.Module) -> None:
    """Neither the input nor the first state needs one, so there are two products for each one of the forward pass."""
    plain, trained = (trace(cell, (8,), training=training) for training in (False, True))
    assert trained.bill().madds == 2 * plain.bill().madds > 0
    assert trained.remarks == ()


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_real_backward_pass_confirms_a_recurrent_layer(device: str) -> None:
    """Torch runs it step by step too, so that there is no remark on a difference."""
    model = nn.Sequential(nn.Linear(8, 8), nn.GRU(8, 4, 2, bidirectional=True, batch_first=True))
    traced = trace(model, (5, 8), device=device, training=True)
    assert traced.remarks == ()
