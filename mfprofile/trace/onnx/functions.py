"""The functions that an ONNX model defines itself, put in place of the nodes that call them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from onnx import AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, inliner

from mfprofile.errors import InputError
from mfprofile.spec.words import shown

Key = tuple[str, str, str]
"""A function's domain, name and overload."""


def inlined(place: str, proto: ModelProto, most: int) -> ModelProto:
    """Return a model without functions of its own: their nodes are in place of the calls, named after the call.

    Raises `InputError` if a function calls itself, also through others, and if there would be more than `most` nodes.
    """
    if not proto.functions:
        return proto
    functions = {_key(each.domain, each.name, each): each for each in proto.functions}
    sizes: dict[Key, int] = {}
    for key in functions:
        _measure(place, key, functions, sizes, ())
    number = _number(proto.graph.node, functions, sizes)
    if max([number, *sizes.values()]) > most:
        raise InputError(f"{place}: has {number} nodes if all its functions are written out; at most {most} are read")
    try:
        return inliner.inline_local_functions(proto)
    except Exception as error:  # onnx raises any
        raise InputError(f"{place}: its functions cannot be written out: {str(error).splitlines()[0]}") from None


def subgraphs(node: NodeProto) -> Iterator[GraphProto]:
    """Yield the graphs in a node's attributes."""
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        elif attribute.type == AttributeProto.GRAPHS:
            yield from attribute.graphs


def _key(domain: str, name: str, named: FunctionProto | NodeProto) -> Key:
    return domain, name, getattr(named, "overload", "")


def _measure(
    place: str, key: Key, functions: Mapping[Key, FunctionProto], sizes: dict[Key, int], callers: tuple[Key, ...]
) -> None:
    """Note how many nodes a function has if all the functions that it calls are written out."""
    if key in sizes:
        return
    if key in callers or len(callers) > 100:
        raise InputError(f"{place}: the function {shown(key[1])} calls itself; a function must end")
    for called in _called(functions[key].node, functions):
        _measure(place, called, functions, sizes, (*callers, key))
    sizes[key] = _number(functions[key].node, functions, sizes)


def _called(nodes: Iterable[NodeProto], functions: Mapping[Key, FunctionProto]) -> Iterable[Key]:
    """Yield the function that each node calls, also those in the graphs of its attributes."""
    for node in nodes:
        key = _key(node.domain, node.op_type, node)
        if key in functions:
            yield key
        for graph in subgraphs(node):
            yield from _called(graph.node, functions)


def _number(nodes: Iterable[NodeProto], functions: Mapping[Key, FunctionProto], sizes: Mapping[Key, int]) -> int:
    nodes = list(nodes)
    return len(nodes) + sum(sizes[key] for key in _called(nodes, functions))
