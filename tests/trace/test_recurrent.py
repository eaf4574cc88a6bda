"""Recurrent layers equal the same layers written out step by step, as torch's own counter counts them."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from recurrent import CASES, HIDDEN, INPUTS, LENGTHS, STEPS, Case, Unrolled  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.utils.rnn import PackedSequence, unpad_sequence  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from mfprofile.cost.kinds import CELL, FUSED  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402


def test_there_are_enough_cases() -> None:
    """They are the forms that a layer has: layers, directions, projections, biases, batches, packed, types."""
    assert len(CASES) >= 35


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("name", one_in(5, CASES, 4))
def test_a_layer_counts_as_many_products_as_its_steps(name: str) -> None:
    """The steps compute the same values. Parameters and outputs are those of the layer."""
    case = CASES[name]
    layer, vectors = case.layer(), case.vectors()
    steps = Unrolled(layer, case.form)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        expected = steps(vectors)
        _assert_same(layer(vectors)[0], expected, case)
    traced = trace(layer, vectors)
    (row,) = traced.rows
    assert 2 * traced.bill().madds == 2 * row.madds == _steps_flops(counter)
    assert traced.bill().params == sum(each.numel() for each in layer.parameters())
    assert row.cost.biases == sum(each.numel() for each in layer.parameters() if each.dim() == 1)
    assert traced.bill().activations == sum(each.numel() for each in expected)
    assert (traced.coverage, traced.uncovered) == (1, ())


def _steps_flops(counter: Any) -> int:
    """Return the FLOPs of the steps, without those of the layer itself, which is compared with them."""
    return int(sum(counter.get_flop_counts()["Unrolled"].values()))


def _assert_same(out: Any, expected: list[Any], case: Case) -> None:
    """Assert that the layer puts out the values of the steps."""
    if isinstance(out, PackedSequence):
        padded, lengths = nn.utils.rnn.pad_packed_sequence(out)
        sequences = unpad_sequence(padded, lengths)
    else:
        sequences = [out] if case.form == "unbatched" else list(out.unbind(0 if case.options.get("batch_first") else 1))
    tolerance = 0.05 if case.dtype == torch.bfloat16 else 1e-5  # the steps are rounded to the type
    for ours, theirs in zip(sequences, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_layer_counts_the_same_on_each_device(kind: Any, device: str) -> None:
    """Where torch runs an LSTM in one kernel, its operator still arrives whole."""
    (row,) = trace(kind(8, 4, 2, bidirectional=True), torch.zeros(5, 3, 8), device=device).rows
    gates = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}[kind]
    assert row.madds == 15 * gates * 2 * (4 * 8 + 4 * 4 + 4 * 8 + 4 * 4)


def test_packed_sequences_count_only_their_own_vectors() -> None:
    """Eleven vectors in three sequences, where the padded ones have fifteen."""
    padded, packed = (CASES[f"gru plain {form}"] for form in ("padded", "packed"))
    one, other = (trace(case.layer(), case.vectors()).bill().madds for case in (padded, packed))
    assert (one * sum(LENGTHS), sum(LENGTHS)) == (other * 15, 11)
    assert other == 11 * 3 * HIDDEN * (INPUTS + HIDDEN)


CELLS = {"lstm": (nn.LSTMCell, 4), "gru": (nn.GRUCell, 3), "rnn": (nn.RNNCell, 1)}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_is_one_step(kind: str, bias: bool) -> None:
    """Its products are those of two Linear layers, and it is one op, as a layer is."""
    build, gates = CELLS[kind]
    cell, vectors = build(INPUTS, HIDDEN, bias=bias), torch.zeros(3, INPUTS)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        cell(vectors)
    traced = trace(cell, vectors)
    (row,) = traced.rows
    assert (row.kind, row.role) == (kind, CELL)
    assert 2 * row.madds == counter.get_total_flops() == 2 * 3 * gates * HIDDEN * (INPUTS + HIDDEN)
    assert (row.activations, row.params) == (3 * HIDDEN, sum(each.numel() for each in cell.parameters()))


class Loop(nn.Module):
    """A cell that runs over a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(INPUTS, HIDDEN)

    def forward(self, steps: Any) -> Any:
        """Return the last state."""
        state = None
        for step in steps:
            state = self.cell(step, state)
        return state


def test_a_cell_in_a_loop_has_its_parameters_once() -> None:
    """Each call is a row."""
    traced = trace(Loop(), torch.zeros(STEPS, 3, INPUTS))
    madds, params = 3 * 3 * HIDDEN * (INPUTS + HIDDEN), 3 * HIDDEN * (INPUTS + HIDDEN + 2)
    cells = [row for row in traced.rows if row.kind == "gru"]
    assert [(row.name, row.madds, row.params) for row in cells] == [
        ("cell", madds, params),
        *((f"cell#{call}", madds, 0) for call in range(2, STEPS + 1)),
    ]


class Differentiating(nn.Module):
    """A network that differentiates the output of its LSTM."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.layer = nn.LSTM(INPUTS, HIDDEN, **options)

    def forward(self, vectors: Any) -> Any:
        """Return the gradient of the output."""
        vectors = vectors.requires_grad_()
        return torch.autograd.grad(self.layer(vectors)[0].sum(), vectors)[0]


def test_the_kernel_of_a_cpu_is_counted_where_gradients_are_kept() -> None:
    """There torch runs an LSTM as an operator for each layer and direction; that of its backward pass is named."""
    traced = trace(Differentiating(num_layers=2, bidirectional=True), torch.zeros(STEPS, 3, INPUTS), device="cpu")
    rows = [row for row in traced.rows if row.kind == "lstm"]
    first, later = 4 * HIDDEN * (INPUTS + HIDDEN), 4 * HIDDEN * (2 * HIDDEN + HIDDEN)
    assert [(row.madds, row.role) for row in rows] == [(15 * size, FUSED) for size in (first, first, later, later)]
    assert traced.bill().params == sum(
        each.numel() for each in Differentiating(num_layers=2, bidirectional=True).parameters()
    )
    assert [each.operator for each in traced.uncovered] == ["mkldnn_rnn_layer_backward"]
