"""The products of the backward pass of recurrent layers and cells, as if their steps were written out.

At each step, the input and the hidden state are multiplied by a matrix. A gradient of a state is needed as soon as
anything that it depends on needs one. The first state of a sequence is given: it needs none, unless it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from torch import Tensor

from mfprofile.cost.ops import Cost
from mfprofile.trace.recurrent import CELLS, IN_ONE_KERNEL, LAYERS, arguments

T = TypeVar("T")
Asks = Callable[[Any], bool]
"""A function that returns whether a value is a tensor that needs a gradient."""


def backward(name: str, cost: Cost, given: Mapping[str, Any], needs: Asks) -> int | None:
    """Return the products of the backward pass of an operator, or None if it is not one of a recurrent layer.

    `given` are its arguments by name.

    >>> import torch
    >>> from mfprofile.trace.recurrent import cell
    >>> x, state, own, back = (torch.zeros(sides) for sides in ((2, 3), (2, 4), (4, 3), (4, 4)))
    >>> [(_, cost)] = cell("rnn")(state, x, state, own, back)
    >>> given = {"input": x, "hx": state, "w_ih": own, "w_hh": back}
    >>> backward("rnn_tanh_cell", cost, given, lambda each: each is own or each is back)  # 2 · 12 + 2 · 16
    56
    """
    if cost.layer is None:
        return None
    steps = int(cost.layer.positions)
    if name in CELLS:
        state = given["hx"] if isinstance(given["hx"], Tensor) else given["hx"][0]
        pairs = ((given["w_ih"], given["input"]), (given["w_hh"], state))
        return sum(steps * int(weight.numel()) * (needs(weight) + needs(read)) for weight, read in pairs)
    if name == IN_ONE_KERNEL:
        params = [given[f"weight{at}"] for at in range(4)]
        first = needs(given["hx_"]) or needs(given["cx_"])
        return sum(_way(params, needs, needs(given["input"]), first, steps, given["hx_"].shape[-2]))
    return _layers(given, needs, steps) if name in LAYERS else None


def _layers(given: Mapping[str, Any], needs: Asks, steps: int) -> int:
    """Return the products of all layers and directions; a layer reads the outputs of the layer below it."""
    vectors, *others = given.values()
    known = arguments(*others)
    states = [known.state] if isinstance(known.state, Tensor) else known.state
    first, is_read, total = any(map(needs, states)), needs(vectors), 0
    ways = _groups(known.params, len(known.params) // (known.layers * (1 + known.both_ways)))
    for layer in _groups(ways, 1 + known.both_ways):
        total += sum(sum(_way(params, needs, is_read, first, steps, known.most)) for params in layer)
        is_read = is_read or first or any(map(needs, [each for params in layer for each in params]))
    return total


def _groups(values: Sequence[T], size: int) -> list[Sequence[T]]:
    return [values[at : at + size] for at in range(0, len(values), size)]


def _way(
    params: Sequence[Tensor], needs: Asks, is_read: bool, first: bool, steps: int, sequences: int
) -> Iterator[int]:
    """Yield the products of each matrix of one layer in one direction.

    `is_read` and `first` are whether the vectors that it reads and its first states need a gradient. Only the states
    after the first of each sequence depend on what it computes.
    """
    own, back, *rest = params
    state = is_read or first or any(map(needs, params))
    yield own.numel() * steps * (needs(own) + is_read)
    yield back.numel() * (steps * needs(back) + (steps - sequences) * state + sequences * first)
    if len(rest) % 2:
        yield rest[-1].numel() * steps * (needs(rest[-1]) + state)
