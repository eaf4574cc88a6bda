"""What each counter prints for recurrent layers and cells is predicted exactly."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from recurrent import CASES, HIDDEN, INPUTS  # noqa: E402
from torch import nn  # noqa: E402

from mfprofile.trace.modules import named_modules  # noqa: E402
from mfprofile.trace.trace import trace  # noqa: E402
from mfprofile.verify.counters import COUNTERS, installed, measure  # noqa: E402
from mfprofile.verify.explain import Explanation, explain  # noqa: E402

CELLS = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "rnn": nn.RNNCell}


def explained(tool: str, model: nn.Module, vectors: Any) -> Explanation:
    """Return the explanation of a tool's total for a model."""
    if not installed(tool):
        pytest.skip(f"{tool} is not installed")
    traced = trace(model, vectors)
    return explain(traced.bill(), measure(tool, model, vectors), [path for path, _ in named_modules(model)])


@pytest.mark.parametrize("tool", COUNTERS)
@pytest.mark.parametrize("name", CASES)
def test_every_counter_is_explained_on_every_layer(name: str, tool: str) -> None:
    """The total is predicted, and for tools that have paths also each module's. ptflops' hooks fail for packed input."""
    case = CASES[name]
    if (tool, case.form) == ("ptflops-pytorch", "packed"):
        with pytest.raises(RuntimeError, match="has no attribute 'shape'"):
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
    """Fvcore counts the output values of its two Linear layers. ptflops' hooks fail for a cell without a batch."""
    cell, vectors = CELLS[kind](INPUTS, HIDDEN, bias=bias), torch.zeros(shape)
    if (tool, len(shape)) == ("ptflops-pytorch", 1):
        with pytest.raises(RuntimeError, match="IndexError"):
            explained(tool, cell, vectors)
        return
    assert explained(tool, cell, vectors).holds


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
