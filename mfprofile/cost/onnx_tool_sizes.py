"""The sizes that onnx-tool takes a tensor to have, where they are not its true ones.

It infers sizes by rules of its own. For a ReduceL2 whose axes are an input, as they are since version 18 of ONNX's
operators, it does not read them: it takes one value for the whole tensor. Some operators of several operands, and the
batches of a MatMul, have for it the sizes of the largest operand, also if each is repeated for the other. Operators on
each value pass such sizes on.
"""

from __future__ import annotations

from mfprofile.cost.nodes import Node, Sides, values

_FIRST = frozenset(("BatchNormalization", "Cast", "Dropout", "Erf", "Floor", "Identity"))
"""Operators whose output has the sizes of the first input."""
_LARGEST = frozenset(
    (
        *("Atan", "Clip", "Cos", "CumSum", "Elu", "Exp", "Gelu", "HardSigmoid", "HardSwish", "Hardmax"),
        *("LeakyRelu", "Log", "LogSoftmax", "PRelu", "Pow", "Reciprocal", "Relu", "Sigmoid", "Sign", "Sin"),
        *("Softmax", "Softplus", "Sqrt", "Sum", "Tanh", "Where"),
    )
)
"""Operators whose output has the sizes of the input with the most values."""
_BROADCAST = frozenset(
    (
        *("Abs", "Add", "And", "Ceil", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"),
        *("Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Round", "Sub", "Xor"),
    )
)


def taken(node: Node, is_passed_on: bool) -> Sides | None:
    """Return the sizes that the tool takes the output to have; None if they are the true ones.

    The node's inputs have the sizes that the tool takes them to have; `is_passed_on` is whether one is not true.
    """
    known = [each.sides for each in node.inputs if each.sides is not None]
    if not known or node.outputs[:1] in ((), (None,)):
        return None
    if node.operator == "ReduceL2" and len(node.inputs) > 1:
        return (1,) * len(known[0]) if node.given.get("keepdims", 1) else ()
    if node.operator in _LARGEST:
        return _largest(known)
    if node.operator == "MatMul" and min(map(len, known)) > 1:
        return *_largest([each[:-2] for each in known]), known[0][-2], known[1][-1]
    if not is_passed_on:
        return None
    if node.operator in _FIRST:
        return known[0]
    return _together(known) if node.operator in _BROADCAST else None


def _largest(shapes: list[Sides]) -> Sides:
    """Return the sizes with the most values, the first of them, but of more dimensions if there are as many."""
    return max(shapes, key=lambda sides: (values(sides), len(sides)))


def _together(shapes: list[Sides]) -> Sides:
    rank = max(map(len, shapes))
    return tuple(max(sides) for sides in zip(*((1,) * (rank - len(each)) + each for each in shapes), strict=True))
