"""The cost of recurrent layers and cells, and what the tools count for them by rules of their own.

A layer runs over sequences. At each step it multiplies the input and the hidden state by a matrix for each gate. A tool
may add the arithmetic of the gates, or take its sizes from shapes that do not fit, such as those of padded sequences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic

from mfprofile.cost.ops import Cost
from mfprofile.spec.dimension import D, D_co, Size, product

GATES: Mapping[str, int] = MappingProxyType({"lstm": 4, "gru": 3, "rnn": 1})
"""How many matrices of each sort a layer has, by its kind."""
UNBATCHED = frozenset(("unbatched", "unbatched cell"))
FLAT = frozenset(("packed", "cell", *UNBATCHED))
"""The forms whose output has no dimension for both steps and sequences."""

_OF_THOP: Mapping[str, tuple[int, int]] = MappingProxyType({"lstm": (8, 16), "gru": (7, 13), "rnn": (1, 3)})
_OF_PTFLOPS: Mapping[str, tuple[int, int]] = MappingProxyType({"lstm": (10, 18), "gru": (7, 13), "rnn": (1, 3)})
"""What the tools add for each hidden value, without and with a bias."""


@dataclass(frozen=True, slots=True)
class Recurrence(Generic[D_co]):
    """The sizes of a recurrent layer or cell, and of the sequences that it runs over.

    `inputs`, `hidden` and `outputs` are the sizes of its vectors; `outputs` is less than `hidden` if it is `projected`.
    `positions` is the number of input vectors: the sum of the lengths of all sequences. `padded` is that number if all
    sequences were as long as the longest. `form` is `layer`, `cell`, or one of `FLAT` and `UNBATCHED`. `joined` is
    whether torch adds the first input bias in the same operator as the product.
    """

    kind: str
    inputs: Size[D_co]
    hidden: Size[D_co]
    outputs: Size[D_co]
    layers: int
    directions: int
    biased: bool
    projected: bool
    positions: Size[D_co]
    padded: Size[D_co]
    form: str = "layer"
    joined: bool = True

    @property
    def weights(self) -> Size[D_co]:
        """Return the number of values in all matrices, of all layers and directions."""
        return self.matrices + self.states * self.outputs if self.projected else self.matrices

    @property
    def matrices(self) -> Size[D_co]:
        """Return the number of values in the matrices of the gates: for the input, and for the state."""
        first, later = self.inputs + self.outputs, self.directions * self.outputs + self.outputs
        return GATES[self.kind] * self.hidden * self.directions * (first + (self.layers - 1) * later)

    @property
    def biases(self) -> Size[D_co]:
        """Return the number of biases: two for each hidden value and gate, or none."""
        return self.states * GATES[self.kind] * 2 if self.biased else 0

    @property
    def states(self) -> Size[D_co]:
        """Return the number of hidden values at a step, of all layers and directions."""
        return self.hidden * self.layers * self.directions


def recurrent(layer: Recurrence[D], *out: Size[D]) -> Cost[D]:
    """Return the cost of a recurrent layer or cell that puts out the shape `out`.

    Each input vector meets each matrix of each layer and direction once. The gates' biases, activations and
    multiplications are not multiply-adds.

    >>> layer = Recurrence("lstm", 8, 4, 4, 1, 1, True, False, 15, 15)  # 15 · (4 · 4 · 8 + 4 · 4 · 4)
    >>> cost = recurrent(layer, 5, 3, 4)
    >>> cost.madds, cost.weights, cost.biases, cost.elements
    (2880, 192, 32, 60)
    """
    return Cost(layer.kind, out, layer.positions * layer.weights, product(out), layer.weights, layer.biases, layer)


def thop(layer: Recurrence[D]) -> Size[D]:
    """Return what thop counts: thop/rnn_hooks.py.

    It ignores projections, takes packed sequences as padded, and takes the channels of a sequence without a batch as
    more sequences.

    >>> thop(Recurrence("rnn", 8, 4, 4, 1, 1, True, False, 15, 15))  # 15 · (4 · (8 + 4) + 3 · 4)
    900
    """
    positions = layer.positions * layer.inputs if layer.form in UNBATCHED else layer.padded
    first, later = layer.inputs + layer.hidden, layer.directions * layer.hidden + layer.hidden
    matrices = GATES[layer.kind] * layer.hidden * layer.directions * (first + (layer.layers - 1) * later)
    return positions * (matrices + layer.states * _OF_THOP[layer.kind][layer.biased])


def ultralytics_thop(layer: Recurrence[D]) -> Size[D]:
    """Return what ultralytics-thop counts: thop/rnn_hooks.py, the products and the arithmetic of the gates.

    >>> ultralytics_thop(Recurrence("rnn", 8, 4, 4, 1, 1, True, False, 15, 15))  # 15 · (4 · (8 + 4) + 3 · 4)
    900
    """
    return layer.positions * (layer.weights + layer.states * _OF_THOP[layer.kind][layer.biased])


def ptflops_pytorch(layer: Recurrence[D]) -> Size[D]:
    """Return what ptflops' pytorch backend counts: rnn_flops_counter_hook in ptflops/pytorch_ops.py.

    It does not see the matrices of projections, and takes the channels of a sequence without a batch as more sequences.
    It fails for packed sequences and for a cell without a batch.

    >>> ptflops_pytorch(Recurrence("lstm", 8, 4, 4, 1, 1, False, False, 15, 15))  # 15 · (16 · (8 + 4) + 10 · 4)
    3480
    """
    positions = layer.positions * layer.inputs if layer.form in UNBATCHED else layer.positions
    own = layer.states * _OF_PTFLOPS[layer.kind][layer.biased]
    return positions * (layer.matrices + own)


def ptflops(layer: Recurrence[D]) -> Size[D]:
    """Return what ptflops' aten backend counts: the products, and the biases that torch adds in the same operator.

    >>> ptflops(Recurrence("gru", 8, 4, 4, 1, 1, True, False, 15, 15))  # 15 · (12 · (8 + 4) + 2 · 12)
    2520
    """
    if not layer.biased:
        return layer.positions * layer.weights
    joined = layer.states if layer.joined else layer.hidden * (layer.layers - 1) * layer.directions
    return layer.positions * (layer.weights + GATES[layer.kind] * (layer.states + joined))


def torchinfo(layer: Recurrence[D]) -> Size[D]:
    """Return what torchinfo counts: LayerInfo.calculate_macs, all parameters times the first two sides of the output.

    >>> torchinfo(Recurrence("rnn", 8, 4, 4, 1, 1, True, False, 15, 15))  # 15 · (4 · (8 + 4) + 2 · 4)
    840
    """
    values = layer.outputs * layer.directions if layer.form in FLAT else 1
    return layer.positions * values * (layer.weights + layer.biases)
