"""The handles of ONNX's operators that multiply: convolutions, matrix products, recurrent layers, attention.

A handle returns the costs of a node by `cost.ops`, from the sizes that it reads and puts out. The walk adds the
parameters later, from the stored tensors that the node reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

from mfprofile.cost import ops
from mfprofile.cost.ops import Cost
from mfprofile.cost.recurrent import GATES, Recurrence, recurrent
from mfprofile.trace.equations import Equation, Sides, contracted, joined, parsed
from mfprofile.trace.layers import attended, convolved, multiplied
from mfprofile.trace.onnx.call import Call, MisfitError, Named
from mfprofile.trace.onnx.values import Shape

Handle = Callable[[Call], Named]


def _convolution(image: int, weight: int, bias: int) -> Handle:
    """Return the handle of a convolution whose image, weight and bias are the inputs of these numbers."""

    def cost(call: Call) -> Named:
        read, kernel, groups = call.shape(image), call.shape(weight), call.number("group", 1)
        if len(read) != len(kernel) or len(read) < 2 or read[1] != kernel[1] * groups:
            raise MisfitError(f"an image of {_text(read)} and a weight of {_text(kernel)} in {groups} groups")
        return _one(convolved(call.out, read, kernel, groups, call.has(bias)))

    return cost


def _transposed(call: Call) -> Named:
    """Return the cost of ConvTranspose, whose weight is inputs × outputs per group × kernel."""
    read, kernel, groups = call.shape(0), call.shape(1), call.number("group", 1)
    if len(read) != len(kernel) or len(read) < 2 or read[1] != kernel[0] or not groups or kernel[0] % groups:
        raise MisfitError(f"an image of {_text(read)} and a weight of {_text(kernel)} in {groups} groups")
    return _one(convolved(call.out, read, kernel, groups, call.has(2), is_transposed=True))


def _gemm(call: Call) -> Named:
    """Return the cost of Gemm, a product of two matrices, each of which may be transposed, plus a bias."""
    first, second = call.shape(0), call.shape(1)
    rows, inner = first[::-1] if call.given.get("transA") else first
    columns = second[0] if call.given.get("transB") else second[1]
    return _one(_product(call, (rows, inner), (inner, columns), (0, 1)))


def _matmul(first: int, second: int) -> Handle:
    """Return the handle of a matrix product of the inputs of these numbers, with broadcast dimensions."""
    return lambda call: _one(_product(call, call.shape(first), call.shape(second), (first, second)))


def _product(call: Call, first: Shape, second: Shape, numbers: tuple[int, int]) -> Cost[int]:
    """Return the cost of a matrix product: a Linear if one operand is a stored tensor, as in a network in code."""
    cost = multiplied(call.out, first, second)
    stored = [value is not None and value.stored is not None for value in (call.inputs[each] for each in numbers)]
    if not any(stored):
        return cost
    batch, rows, columns = cost.out
    return Cost("linear", (batch * rows, columns), cost.madds, cost.elements)


def _einsum(call: Call) -> Named:
    """Return the costs of an einsum: one of two operands as a matrix product, one of more as those of its pairs.

    Pairs are taken from the left, as ONNX Runtime does: a letter is summed as soon as no other operand has it.
    """
    try:
        operands, kept = parsed(str(call.given["equation"]), [call.shape(each) for each in range(len(call.inputs))])
    except ValueError:
        raise MisfitError(f"the equation {call.given['equation']!r}") from None
    if len(operands) == 1:
        return [("", ops.reduction("sum", prod(call.shape(0)), *call.out))] if operands[0].keys() - set(kept) else []
    costs: list[Cost[int]] = []
    first: Sides = operands[0]
    for at, second in enumerate(operands[1:], 2):
        needed = {*kept, *(letter for each in operands[at:] for letter in each)}
        sides = joined(first, second)
        remaining = kept if at == len(operands) else [letter for letter in sides if letter in needed]
        costs.append(contracted(Equation(first, second, remaining)))
        first = {letter: sides[letter] for letter in remaining}
    return [("" if len(costs) == 1 else cost.kind, cost) for cost in costs]


def _recurrent(kind: str) -> Handle:
    """Return the handle of LSTM, GRU or RNN: every weight is multiplied once in each step of each sequence.

    All steps are counted, also those of sequences that `sequence_lens` makes shorter, unless their lengths are known.
    """

    def cost(call: Call) -> Named:
        steps, batch, inputs = call.shape(0)
        directions, gates, hidden = call.shape(2)
        if call.shape(1) != (directions, gates, inputs) or gates != GATES[kind] * hidden:
            raise MisfitError(f"weights of {_text(call.shape(1))} and {_text(call.shape(2))}")
        lengths = call.data(4)
        vectors = steps * batch if lengths is None else int(lengths.sum())
        layer = Recurrence(kind, inputs, hidden, hidden, 1, directions, call.has(3), False, vectors, steps * batch)
        return [("", recurrent(layer, vectors, directions * hidden))]

    return cost


def _attention(call: Call) -> Named:
    """Return the costs of Attention: scores, mask, softmax and aggregation, as those of torch's operator.

    Heads are counted as those of the query, also if several share a key. Keys of the past are counted too.
    """
    query, key, value = (call.shape(number) for number in range(3))
    if len(query) == 4:
        batch, heads, rows, inner = query
        columns, channels = key[2], value[3]
    else:
        heads, shared = call.number("q_num_heads", 0), call.number("kv_num_heads", 0)
        if not heads or not shared:
            raise MisfitError("queries of three dimensions without q_num_heads and kv_num_heads")
        batch, rows, columns = query[0], query[1], key[1]
        inner, channels = query[2] // heads, value[2] // shared
    if call.has(4):
        columns += call.shape(4)[2]
    return attended(batch * heads, rows, inner, columns, channels, call.has(3))


def _affine_grid(call: Call) -> Named:
    """Return the cost of AffineGrid: each position, with a 1 appended, times the matrix of its image."""
    batch, sides = call.out[0], call.out[-1]
    return [("", ops.matmul(batch, prod(call.out[1:-1]), sides + 1, sides))]


def _one(cost: Cost[int]) -> Named:
    return [("", cost)]


def _text(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "one value"


PRODUCTS: Mapping[str, Handle] = MappingProxyType(
    {
        "Conv": _convolution(0, 1, 2),
        "ConvInteger": _convolution(0, 1, 9),
        "QLinearConv": _convolution(0, 3, 8),
        "DeformConv": _convolution(0, 1, 3),
        "ConvTranspose": _transposed,
        "Gemm": _gemm,
        "MatMul": _matmul(0, 1),
        "MatMulInteger": _matmul(0, 1),
        "QLinearMatMul": _matmul(0, 3),
        "Einsum": _einsum,
        "LSTM": _recurrent("lstm"),
        "GRU": _recurrent("gru"),
        "RNN": _recurrent("rnn"),
        "Attention": _attention,
        "AffineGrid": _affine_grid,
    }
)
"""The handle of each operator that multiplies."""
