"""Recurrent layers in all forms, and the same layers written out step by step with Linear layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence

STEPS, BATCH, INPUTS, HIDDEN = 5, 3, 8, 4
LENGTHS = (5, 4, 2)


class Case(NamedTuple):
    """A recurrent layer: its class, the arguments of the class, and the form of its input: padded, packed, unbatched."""

    kind: Any
    options: Mapping[str, Any]
    form: str = "padded"
    dtype: Any = torch.float32

    def layer(self) -> nn.Module:
        """Return the layer."""
        layer = self.kind(INPUTS, HIDDEN, dtype=self.dtype, **self.options)
        return (Packed(layer) if self.form == "packed" else layer).eval()

    def vectors(self) -> Tensor:
        """Return the input."""
        shape = (BATCH, STEPS) if self.options.get("batch_first") else (STEPS, BATCH)
        shape = (STEPS,) if self.form == "unbatched" else shape
        return torch.randn((*shape, INPUTS), generator=torch.Generator().manual_seed(0)).to(self.dtype)


class Packed(nn.Module):
    """A layer that packs its input, and returns the packed output."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer: Any = layer

    def forward(self, vectors: Tensor) -> Any:
        """Return what the layer returns for sequences of different lengths."""
        return self.layer(pack_padded_sequence(vectors, torch.tensor(LENGTHS), batch_first=self.layer.batch_first))


def _cases() -> Iterator[tuple[str, Case]]:
    kinds = {
        "lstm": (nn.LSTM, {}),
        "gru": (nn.GRU, {}),
        "rnn": (nn.RNN, {}),
        "relu": (nn.RNN, {"nonlinearity": "relu"}),
    }
    settings: dict[str, dict[str, Any]] = {
        "plain": {},
        "no bias": {"bias": False},
        "layers": {"num_layers": 3},
        "directions": {"bidirectional": True},
        "all": {"num_layers": 2, "bidirectional": True, "batch_first": True},
    }
    for name, (kind, own) in kinds.items():
        for setting, options in settings.items():
            for form in ("padded", "packed", "unbatched"):
                yield f"{name} {setting} {form}", Case(kind, own | options, form)
        for dtype in (torch.float64, torch.bfloat16):
            yield f"{name} {dtype}", Case(kind, own, dtype=dtype)
    for form in ("padded", "packed", "unbatched"):
        yield f"projected {form}", Case(nn.LSTM, {"proj_size": 2}, form)
        yield f"projected all {form}", Case(nn.LSTM, {"proj_size": 2, **settings["all"], "bias": False}, form)


CASES: Mapping[str, Case] = dict(_cases())


class Unrolled(nn.Module):
    """The same layer, written out: each product of a vector and a matrix is a Linear layer's."""

    def __init__(self, layer: nn.Module, form: str) -> None:
        super().__init__()
        self.layer: Any = layer.layer if isinstance(layer, Packed) else layer
        self.lengths = LENGTHS if form == "packed" else None

    def forward(self, vectors: Tensor) -> list[Tensor]:
        """Return the outputs of each sequence."""
        sequences = [vectors] if vectors.dim() == 2 else list(vectors.unbind(0 if self.layer.batch_first else 1))
        for length, index in zip(self.lengths or (), range(len(sequences)), strict=True) if self.lengths else ():
            sequences[index] = sequences[index][:length]
        return [self._sequence(each) for each in sequences]

    def _sequence(self, steps: Tensor) -> Tensor:
        for at in range(self.layer.num_layers):
            ways = [self._way(steps, f"_l{at}")]
            if self.layer.bidirectional:
                ways.append(self._way(steps.flip(0), f"_l{at}_reverse").flip(0))
            steps = torch.cat(ways, -1)
        return steps

    def _way(self, steps: Tensor, suffix: str) -> Tensor:
        layer, outs = self.layer, []
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        own, back, bias, back_bias, shrink = (getattr(layer, name + suffix, None) for name in names)
        state = torch.zeros(1, layer.proj_size or layer.hidden_size, dtype=steps.dtype)
        memory = torch.zeros(1, layer.hidden_size, dtype=steps.dtype)
        for step in steps.split(1):
            given, kept = functional.linear(step, own, bias), functional.linear(state, back, back_bias)
            state, memory = _step(layer, given, kept, state, memory)
            state = functional.linear(state, shrink) if shrink is not None else state
            outs.append(state)
        return torch.cat(outs)


def _step(layer: Any, given: Tensor, kept: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """Return the next state and memory of a layer, from the products of its input and its state."""
    if isinstance(layer, nn.LSTM):
        enter, forget, cell, leave = (given + kept).chunk(4, -1)
        memory = forget.sigmoid() * memory + enter.sigmoid() * cell.tanh()
        return leave.sigmoid() * memory.tanh(), memory
    if isinstance(layer, nn.GRU):
        (reset, keep, new), (reset_back, keep_back, new_back) = given.chunk(3, -1), kept.chunk(3, -1)
        share = (keep + keep_back).sigmoid()
        new = (new + (reset + reset_back).sigmoid() * new_back).tanh()
        return (1 - share) * new + share * state, memory
    total = given + kept
    return (total.relu() if layer.nonlinearity == "relu" else total.tanh()), memory
