"""What each counter prints for recurrent layers and cells is predicted exactly."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from effort import one_in  # noqa: E402
from recurrent import CASES, HIDDEN, INPUTS  # noqa: E402
from torch import nn  # noqa: E402

from mfprofile.trace.libraries import imported, quiet  # noqa: E402
from mfprofile.trace.modules import named_modules  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.counters import COUNTERS, installed, measure  # noqa: E402
from mfprofile.verify.explain import Explanation, explain  # noqa: E402

CELLS = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "rnn": nn.RNNCell}
UNABLE = {
    **{(tool, "packed"): "has no attribute 'shape'" for tool in ("ptflops-pytorch", "calflops", "deepspeed")},
    ("ptflops-pytorch", "vector"): "IndexError",
    **{(tool, "vector"): "tuple index out of range" for tool in ("calflops", "deepspeed")},
}
"""The exceptions of tools whose hooks read the shape of a padded batch, by the tool and the form of its input."""


def explained(tool: str, model: nn.Module, vectors: Any) -> Explanation:
    """Return the explanation of a tool's total for a model."""
    if not installed(tool):
        pytest.skip(f"{tool} is not installed")
    traced = trace(model, vectors)
    return explain(traced.bill(), measure(tool, model, vectors), [path for path, _ in named_modules(model)])


@pytest.mark.parametrize("tool", COUNTERS)
@pytest.mark.parametrize("name", one_in(5, CASES, 4))
def test_every_counter_is_explained_on_every_layer(name: str, tool: str) -> None:
    """The total is predicted, and for tools that have paths also each module's. Some fail for packed sequences."""
    case = CASES[name]
    if (tool, case.form) in UNABLE:
        with pytest.raises((RuntimeError, AttributeError), match=UNABLE[tool, case.form]):
            explained(tool, case.layer(), case.vectors())
        return
    result = explained(tool, case.layer(), case.vectors())
    assert (result.unexplained, result.unexplained_params) == (0, 0)
    assert result.holds


@pytest.mark.parametrize("tool", COUNTERS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3, INPUTS), (INPUTS,)], ids=["batch", "vector"])
@pytest.mark.parametrize("kind", CELLS)
def test_every_counter_is_explained_on_every_cell(kind: str, shape: tuple[int, ...], bias: bool, tool: str) -> None:
    """Fvcore counts the output values of its two Linear layers. Some tools fail for a cell without a batch."""
    cell, vectors = CELLS[kind](INPUTS, HIDDEN, bias=bias), torch.zeros(shape)
    if len(shape) == 1 and (tool, "vector") in UNABLE:
        with pytest.raises((RuntimeError, IndexError), match=UNABLE[tool, "vector"]):
            explained(tool, cell, vectors)
        return
    assert explained(tool, cell, vectors).holds


@pytest.mark.parametrize("tool", ["calflops", "deepspeed"])
def test_a_recurrent_layer_has_flops_but_no_macs(tool: str) -> None:
    """A GRU by their rule: for each of 5 · 3 vectors, two products of 12 rows, 7 values of 4 and two biases of 12.

    A product of n by m is 2 · n · m - n. All of that is added to the FLOPs of the layer, and nothing to its MACs.
    """
    if not installed(tool):
        pytest.skip(f"{tool} is not installed")
    flops, macs = by_tool(tool, nn.GRU(INPUTS, HIDDEN), torch.zeros(5, 3, INPUTS))
    assert (flops, macs) == (15 * (2 * 12 * (INPUTS + HIDDEN) - 2 * 12 + 7 * HIDDEN + 2 * 12), 0)


def by_tool(tool: str, model: nn.Module, vectors: torch.Tensor) -> tuple[int, int]:
    """Return the FLOPs and the MACs that a tool prints."""
    with quiet(), torch.no_grad():
        if tool == "calflops":
            options = {"print_results": False, "output_as_string": False}
            flops, macs, _ = imported("calflops").calculate_flops(model, args=[vectors], **options)
        else:
            profiler = imported("deepspeed.profiling.flops_profiler")
            options = {"print_profile": False, "as_string": False, "detailed": False, "warm_up": 0}
            flops, macs, _ = profiler.get_model_profile(model, args=[vectors], **options)
    return int(flops), int(macs)


@pytest.mark.parametrize("tool", ["calflops", "deepspeed", "torchlens"])
@pytest.mark.parametrize("kind", CELLS)
def test_a_recurrent_layer_between_others_is_missed(kind: str, tool: str) -> None:
    """The Linear layers beside it are counted, so only the layer is missing."""
    layer = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[kind](INPUTS, HIDDEN, 2, bidirectional=True)
    model = Between(layer).eval()
    result = explained(tool, model, torch.zeros(5, 3, INPUTS))
    assert result.holds
    assert result.measured.total == 15 * (INPUTS * INPUTS + 2 * HIDDEN * INPUTS)
    matrices = sum(each.numel() for each in layer.parameters() if each.dim() == 2)
    assert (result.adds, result.misses) == ({}, {kind: 15 * matrices})


@pytest.mark.parametrize("tool", ["calflops", "deepspeed"])
def test_a_counter_that_fails_does_not_count_twice_later(tool: str) -> None:
    """Their functions in the place of torch's are removed after a failure."""
    if not installed(tool):
        pytest.skip(f"{tool} is not installed")
    functions = (nn.functional.linear, torch.matmul, torch.Tensor.matmul, torch.Tensor.add)
    with pytest.raises(IndexError):
        measure(tool, nn.GRUCell(INPUTS, HIDDEN), torch.zeros(INPUTS))
    assert functions == (nn.functional.linear, torch.matmul, torch.Tensor.matmul, torch.Tensor.add)
    assert measure(tool, nn.Linear(INPUTS, HIDDEN), torch.zeros(3, INPUTS)).total == 3 * INPUTS * HIDDEN


class Between(nn.Module):
    """A recurrent layer between two Linear layers."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.before, self.layer, self.after = nn.Linear(INPUTS, INPUTS), layer, nn.Linear(2 * HIDDEN, INPUTS)

    def forward(self, vectors: torch.Tensor) -> Any:
        """Return the vectors after all three."""
        return self.after(self.layer(self.before(vectors))[0])


def test_an_lstm_in_one_kernel_is_missed_and_the_same_lstm_of_another_type_is_not() -> None:
    """Torch has no kernel of oneDNN for float64, so its counter sees the products."""
    missed, counted = (
        explained("torch", CASES[name].layer(), CASES[name].vectors())
        for name in ("lstm plain padded", "lstm torch.float64")
    )
    core = 2 * 15 * 4 * HIDDEN * (INPUTS + HIDDEN)
    assert (missed.measured.total, missed.misses) == (0, {"lstm": core})
    assert (counted.measured.total, counted.misses) == (core, {})


def test_the_totals_are_those_of_the_tools_rules() -> None:
    """Worked by hand for a GRU of two layers: 15 · (12 · (8 + 4) + 12 · (4 + 4)) products, and 15 · 8 hidden values."""
    model, vectors = nn.GRU(INPUTS, HIDDEN, 2), torch.zeros(5, 3, INPUTS)
    core, states = 15 * (12 * 12 + 12 * 8), 15 * 8
    by_tool = {tool: trace(model, vectors).bill(tool).madds for tool in COUNTERS}
    assert by_tool == {
        "torch": 2 * core,
        "fvcore": 0,
        "thop": core + 13 * states,
        "ptflops": core + 6 * states,
        "ptflops-pytorch": core + 13 * states,
        "torchinfo": core + 6 * states,
        "ultralytics-thop": core + 13 * states,
        "calflops": 0,
        "deepspeed": 0,
        "torchlens": 0,
    }
