"""The handles of quantized layers: their products are those of the same layers of floats.

Their parameters are packed into objects that are no tensors. Their numbers are read from the sizes of what is unpacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import prod
from types import MappingProxyType
from typing import Any

from torch import Tensor

from mfprofile.cost import ops
from mfprofile.cost.ops import Cost
from mfprofile.cost.recurrent import Recurrence, recurrent
from mfprofile.trace import products
from mfprofile.trace.products import Named
from mfprofile.trace.recurrent import arguments, cell

Handle = Callable[..., Named]

_ACTIVATIONS = ("", "_relu", "_leaky_relu", "_tanh")
_CELLS = {f"quantized_{name}_cell_dynamic": name.partition("_")[0] for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")}


def _activation(name: str, out: Tensor) -> Named:
    """Return the cost of the activation that is a part of a layer, by the layer's name."""
    kind = next((each.strip("_") for each in _ACTIVATIONS[:0:-1] if each in name), "").replace("_", "-")
    return [(kind, ops.elementwise(kind, *out.shape))] if kind else []


def _linear(name: str) -> Handle:
    def cost(out: Tensor, vectors: Tensor, packed: Any, *_: Any) -> Named:
        weight, bias = packed.unpack()
        whole = ops.linear(prod(vectors.shape[:-1]), weight.shape[1], weight.shape[0])
        whole.biases = 0 if bias is None else bias.numel()
        return [("linear", whole), *_activation(name, out)]

    return cost


def _convolution(name: str) -> Handle:
    def cost(out: Tensor, image: Tensor, *given: Any) -> Named:
        packed = next(each for each in given if not isinstance(each, Tensor))  # after a tensor that is added
        (weight, bias), groups = packed.unpack(), packed.groups()
        batched, read = (each if image.dim() == out.dim() > 2 else each[None] for each in (out, image))
        named = products.convolution(batched, read, weight, bias, 0, 0, 0, "transpose" in name, 0, groups)
        added = [("add", ops.elementwise("add", *out.shape))] if isinstance(given[0], Tensor) else []
        return [*named, *added, *_activation(name, out)]

    return cost


def _layer(kind: str) -> Handle:
    """Return the handle of a recurrent layer: its sizes are those of its vectors and of its state."""

    def cost(out: Tensor, vectors: Tensor, *given: Any, dtype: Any = None, use_dynamic: bool = False) -> Named:  # noqa: ARG001
        known = arguments(*given)
        state = known.state if isinstance(known.state, Tensor) else known.state[0]
        positions, hidden = prod(vectors.shape[:-1]), state.shape[2]
        ways = 1 + known.both_ways
        sizes = Recurrence(
            kind, vectors.shape[-1], hidden, hidden, known.layers, ways, known.biased, False, positions, positions
        )
        if known.batch_sizes is not None:
            sizes = replace(sizes, padded=known.most * known.batch_sizes.numel(), form="packed")
        return [(kind, recurrent(sizes, *out.shape))]

    return cost


def _cell(kind: str) -> Handle:
    def cost(out: Tensor, vectors: Tensor, state: Any, own: Any, back: Any, *biases: Any) -> Named:
        matrices = own.unpack()[0], back.unpack()[0]
        return cell(kind)(out, vectors, state, *matrices, *biases)

    return cost


def _each(kind: str) -> Handle:
    return lambda out, *_, **__: [(kind, ops.elementwise(kind, *out.shape))]


def _layers() -> Iterator[tuple[str, Handle]]:
    for activation in _ACTIVATIONS:
        for ending in ("", "_dynamic", "_dynamic_fp16"):
            yield f"linear{activation}{ending}", _linear(activation)
    for sides in ("1d", "2d", "3d"):
        for way in (f"conv{sides}", f"conv_transpose{sides}"):
            for ending in ("", "_relu", "_dynamic", "_add", "_add_relu"):
                yield f"{way}{ending}", _convolution(f"{way}{ending}")
    yield from ((name, _cell(kind)) for name, kind in _CELLS.items())


_ON_EACH_VALUE = {
    "add": "add",
    "add_relu": "add",
    "mul": "multiply",
    "mul_relu": "multiply",
    "add_scalar": "shift",
    "add_scalar_relu": "shift",
    "mul_scalar": "scale",
    "mul_scalar_relu": "scale",
    "hardswish": "h-swish",
    "relu6": "relu6",
    "leaky_relu": "leaky-relu",
    "sigmoid": "sigmoid",
    "elu": "elu",
    "celu": "celu",
    "prelu": "prelu",
    "softmax": "softmax",
    "threshold": "threshold",
    "layer_norm": "layer-norm",
    "group_norm": "group-norm",
    "instance_norm": "instance-norm",
    **{f"batch_norm{way}": "batch-norm" for way in ("", "_relu", "1d", "1d_relu", "2d", "2d_relu", "3d", "3d_relu")},
}

HANDLES: Mapping[str, Handle] = MappingProxyType(
    {
        **{f"quantized::{name}": handle for name, handle in _layers()},
        **{f"quantized::{name}": _each(kind) for name, kind in _ON_EACH_VALUE.items()},
        "quantized::matmul": lambda out, first, second, *_: products.product(out, first, second),
        "quantized_lstm": _layer("lstm"),
        "quantized_gru": _layer("gru"),
    }
)

_CONVERSIONS = (
    "quantized::cat quantize_per_tensor quantize_per_channel quantize_per_tensor_dynamic dequantize int_repr "
    "_make_per_tensor_quantized_tensor _make_per_channel_quantized_tensor _empty_affine_quantized "
    "_empty_per_channel_affine_quantized q_per_channel_scales q_per_channel_zero_points"
)
FREE = frozenset(_CONVERSIONS.split())
"""Operators that convert from and to quantized values, as others convert between types of numbers."""


class Packed:
    """The packed parameters that ops have been given: each object's once, by the place of the op that reads it.

    Python has a new object for the same packed parameters in each call, so they are known by the module that runs the
    op and by the op's number among those of that call. `paths` are the paths of these modules.
    """

    def __init__(self) -> None:
        self._seen = set[tuple[str, int]]()
        self.paths = set[str]()

    def claim(self, path: str, number: int, cost: Cost) -> tuple[int, int]:
        """Return the weights and biases of an op, or zeros if it has been seen before."""
        self.paths.add(path)
        is_new = (path, number) not in self._seen
        self._seen.add((path, number))
        return (cost.weights, cost.biases) if is_new else (0, 0)

    def has(self, path: str) -> bool:
        """Return whether an op of a module, or of one around it, was given packed parameters."""
        return any(path == each or path.startswith(f"{each}.") for each in self.paths)
