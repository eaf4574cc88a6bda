"""The handles of recurrent layers and cells: LSTM, GRU and RNN, on padded or packed sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mfprofile.cost.kinds import CELL, FUSED
from mfprofile.cost.ops import Cost
from mfprofile.cost.recurrent import GATES, Recurrence, recurrent
from mfprofile.trace.products import Named

Handle = Callable[..., Named]

LAYERS: Mapping[str, str] = MappingProxyType({"lstm": "lstm", "gru": "gru", "rnn_tanh": "rnn", "rnn_relu": "rnn"})
CELLS: Mapping[str, str] = MappingProxyType(
    {"lstm_cell": "lstm", "gru_cell": "gru", "rnn_tanh_cell": "rnn", "rnn_relu_cell": "rnn"}
)
IN_ONE_KERNEL = "mkldnn_rnn_layer"
"""The operator of a CPU that runs one layer of an LSTM in one direction."""


class Arguments(NamedTuple):
    """The arguments of a layer's operator after its vectors; packed sequences have the number of them at each step."""

    state: Any
    params: Sequence[Any]
    biased: bool
    layers: int
    dropout: float
    train: bool
    both_ways: bool
    batch_first: bool = False
    batch_sizes: Tensor | None = None

    @property
    def most(self) -> int:
        """Return the number of sequences."""
        state = self.state if isinstance(self.state, Tensor) else self.state[0]
        return int(state.shape[1])


def arguments(*given: Any) -> Arguments:
    """Return the arguments of a layer's operator by name."""
    if isinstance(given[3], bool) and not isinstance(given[2], bool):  # packed: batch sizes, state, parameters, biases
        sizes, *others = given
        return Arguments(*others)._replace(batch_sizes=sizes)
    return Arguments(*given)


def is_known(_: Any, *given: Any) -> bool:
    """Return whether a layer's operator has the arguments of `Arguments`, and no others."""
    return len(given) == 8


def layer(kind: str) -> Handle:
    """Return the handle of a recurrent layer of a kind, on padded or packed sequences."""

    def cost(out: Tensor, vectors: Tensor, *given: Any) -> Named:
        known = arguments(*given)
        count = len(known.params) // (known.layers * (1 + known.both_ways))
        own, back, *rest = known.params[:count]
        sizes = _sizes(kind, own, back, vectors)
        sizes = replace(
            sizes,
            layers=known.layers,
            directions=1 + known.both_ways,
            biased=known.biased,
            projected=len(rest) % 2 == 1,
        )
        return [(kind, recurrent(_on(sizes, known, vectors), *out.shape))]

    return cost


def cell(kind: str) -> Handle:
    """Return the handle of one step of a recurrent layer, called by itself."""

    def cost(
        out: Tensor,
        vectors: Tensor,
        state: Any,  # noqa: ARG001 - ATen's arguments by position
        own: Tensor,
        back: Tensor,
        bias: Tensor | None = None,
        back_bias: Tensor | None = None,  # noqa: ARG001
    ) -> Named:
        sizes = replace(_sizes(kind, own, back, vectors), biased=bias is not None, form="cell")
        return [(kind, recurrent(sizes, *out.shape))]

    return cost


def in_one_kernel(
    out: Tensor, vectors: Tensor, own: Tensor, back: Tensor, bias: Tensor, back_bias: Tensor, *_: Any
) -> Named:
    """Return the cost of a layer of an LSTM in one direction, as torch runs it on a CPU when it keeps gradients."""
    sizes = replace(_sizes("lstm", own, back, vectors), biased=(bias.numel() + back_bias.numel()) > 0)
    return [("lstm", recurrent(sizes, *out.shape))]


def role(name: str, given: Mapping[str, Any]) -> str:
    """Return the role of a recurrent layer or cell: whether torch's own counter sees inside it, or it is one step.

    On a CPU, torch runs an LSTM without projections in one kernel, unless its sequences are packed: use_mkldnn in
    aten/src/ATen/native/RNN.cpp.
    """
    if name in CELLS:
        return CELL
    if name == IN_ONE_KERNEL:
        return FUSED
    if name != "lstm" or "input" not in given:
        return "plain"
    hidden, memory = given["hx"]
    fuses = hidden.shape[2] == memory.shape[2] and given["input"].numel() > 0 and _has_kernel(given["input"].dtype)
    return FUSED if fuses else "plain"


def as_called(cost: Cost, rank: int | None) -> Recurrence | None:
    """Return the sizes of a layer in the form in which its module was called, with so many dimensions of the input."""
    sizes = cost.layer
    if sizes is None or rank is None:
        return sizes
    form = {("layer", 2): "unbatched", ("cell", 1): "unbatched cell"}.get((sizes.form, rank))
    return replace(sizes, form=form) if form else sizes


def _sizes(kind: str, own: Tensor, back: Tensor, vectors: Tensor) -> Recurrence:
    """Return the sizes of one layer in one direction, from its matrices for the input and for the state."""
    positions, hidden = prod(vectors.shape[:-1]), own.shape[0] // GATES[kind]
    return Recurrence(kind, own.shape[1], hidden, back.shape[1], 1, 1, False, False, positions, positions)


def _on(sizes: Recurrence, known: Arguments, vectors: Tensor) -> Recurrence:
    """Return the sizes with those of the sequences."""
    if known.batch_sizes is not None:
        return replace(sizes, padded=known.most * known.batch_sizes.numel(), form="packed")
    by_step = vectors.transpose(0, 1) if known.batch_first else vectors
    return replace(sizes, joined=by_step.is_contiguous())


def _has_kernel(dtype: torch.dtype) -> bool:
    """Return whether a CPU has the kernel for a type; that of float16 is only for a run without gradients."""
    if not (torch._C._has_mkldnn and dtype in (torch.float32, torch.bfloat16)):
        return False
    return dtype == torch.float32 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
