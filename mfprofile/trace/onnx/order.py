"""The order in which the nodes of a graph can run."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from onnx import GraphProto, NodeProto

from mfprofile.errors import InputError
from mfprofile.spec.words import shown
from mfprofile.trace.onnx.functions import subgraphs


def ordered(place: str, graph: GraphProto, known: Container[str]) -> Sequence[NodeProto]:
    """Return the nodes of a graph, each after those whose outputs it reads; in the file's order if that is one.

    `known` are the values that exist before. Raises `InputError` for a value that nothing puts out, or that two nodes
    put out, and for nodes that need each other.
    """
    maker: dict[str, int] = {}
    for at, node in enumerate(graph.node):
        for name in filter(None, node.output):
            if name in maker:
                raise InputError(f"{place}: two nodes put out {shown(name)}; each value must have one source")
            maker[name] = at
    needs = {at: list(_needed(place, node, maker, known)) for at, node in enumerate(graph.node)}
    if all(before < at for at, each in needs.items() for before in each):
        return list(graph.node)
    try:
        return [graph.node[at] for at in TopologicalSorter(needs).static_order()]
    except CycleError as error:
        names = [graph.node[at].name or graph.node[at].op_type for at in error.args[1][:3]]
        raise InputError(
            f"{place}: its nodes {', '.join(map(shown, names))} need each other; a graph cannot have cycles"
        ) from None


def _needed(place: str, node: NodeProto, maker: dict[str, int], known: Container[str]) -> Iterator[int]:
    """Yield the numbers of the nodes whose outputs a node reads, also in the graphs of its attributes."""
    for name in filter(None, node.input):
        if name in maker:
            yield maker[name]
        elif name not in known:
            what = f"node {shown(node.name or node.op_type)} reads {shown(name)}, which nothing in the file puts out"
            raise InputError(f"{place}: {what}; export the file again")
    for graph in subgraphs(node):
        yield from (maker[name] for name in read_names(graph) if name in maker)


def read_names(graph: GraphProto) -> Iterator[str]:
    """Yield the name of each value as often as it is read in a graph, in those inside it, and as an output."""
    for node in graph.node:
        yield from node.input
        for inner in subgraphs(node):
            yield from read_names(inner)
    yield from (each.name for each in graph.output)
