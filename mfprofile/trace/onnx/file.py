"""Read an ONNX file as data: its graph, without the values of its weights. A file that is not valid is a message."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, defs

from mfprofile.errors import InputError
from mfprofile.spec.missing import similar_file
from mfprofile.spec.words import shown
from mfprofile.trace.onnx.functions import inlined, subgraphs
from mfprofile.trace.onnx.tensors import check_tensor, forget_values

MOST_BYTES = 2**31 - 1
"""The largest message that protobuf reads; a larger model keeps its weights in other files."""
MOST_NODES = 500_000
_POINTER = b"version https://git-lfs"


class Model:
    """An ONNX file: its graph with all functions inlined, the version of each domain, and its place for messages."""

    __slots__ = ("domains", "folder", "graph", "ir", "place")

    def __init__(self, place: str, proto: ModelProto) -> None:
        self.place = place
        self.folder = Path(place).absolute().parent
        self.graph = proto.graph
        self.ir = proto.ir_version
        self.domains = {each.domain or "": each.version for each in proto.opset_import}


def read(place: str) -> Model:
    """Return the model in a file, without the values of large tensors; data in other files is not read.

    Raises `InputError` for a file that cannot be read, is not an ONNX model, or is not consistent in itself.
    """
    raw = _bytes(place)
    proto = ModelProto()
    try:
        proto.ParseFromString(raw)
    except (DecodeError, RuntimeError):
        what = "is a pointer of Git LFS; fetch the file with 'git lfs pull'"
        damaged = "is not an ONNX model, or is cut off or damaged; export it again"
        raise InputError(f"{place}: {what if raw.startswith(_POINTER) else damaged}") from None
    del raw
    if not proto.HasField("graph") or not proto.ir_version:
        raise InputError(f"{place}: has no graph, so it is not an ONNX model; export it again")
    if any(isinstance(name, bytes) for name in _names(proto)):
        raise InputError(f"{place}: has names that are not UTF-8 text, so it is damaged; export it again")
    for graph in (proto.graph, *_inner(proto.graph)):
        _check_tensors(place, graph)
    _check_versions(place, proto)
    proto = inlined(place, proto, MOST_NODES)
    number = sum(len(graph.node) for graph in (proto.graph, *_inner(proto.graph)))
    if number > MOST_NODES:
        raise InputError(f"{place}: has {number} nodes; at most {MOST_NODES} are read")
    return Model(place, proto)


def _bytes(place: str) -> bytes:
    file = Path(place)
    try:
        wrong = _refusal(file)
        content = b"" if wrong else file.read_bytes()
    except FileNotFoundError:
        remedy = similar_file(file, (".onnx",))
        raise InputError(f"{place}: no such file{f'; {remedy}' if remedy else ''}") from None
    except (OSError, ValueError) as error:  # ValueError for a null character in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{place}: cannot be read: {reason or error}") from None
    if wrong:
        raise InputError(f"{place}: {wrong}")
    return content


def _refusal(file: Path) -> str:
    """Return why a file is not read, or ''. Raises `OSError` if it does not exist."""
    size = file.stat().st_size
    if file.is_dir():
        return "is a folder; name a file in it"
    if not file.is_file():
        return "is not a regular file"
    too_large = "is larger than 2 GiB; save its weights in another file, as external data"
    return too_large if size > MOST_BYTES else ""


def _inner(graph: GraphProto) -> Iterator[GraphProto]:
    """Yield all graphs inside a graph, such as the branches of an If."""
    for node in graph.node:
        for inner in subgraphs(node):
            yield inner
            yield from _inner(inner)


def _names(proto: ModelProto) -> Iterator[str | bytes]:
    """Yield the names in a model. Those that are not UTF-8 are bytes."""
    yield from (each.domain for each in proto.opset_import)
    nodes = [node for function in proto.functions for node in function.node]
    for function in proto.functions:
        yield from (function.name, function.domain, *function.input, *function.output)
    for graph in (proto.graph, *_inner(proto.graph), *(inner for node in nodes for inner in subgraphs(node))):
        infos = [*graph.input, *graph.output, *graph.value_info]
        yield from (each.name for each in (*infos, *graph.initializer))
        yield from (each.values.name for each in graph.sparse_initializer)
        yield from (side.dim_param for each in infos for side in each.type.tensor_type.shape.dim)
        nodes += graph.node
    for node in nodes:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (each.name for each in node.attribute)


def _check_tensors(place: str, graph: GraphProto) -> None:
    """Check the stored tensors of a graph, and remove the values of large ones."""
    initializers = [*graph.initializer, *(each.values for each in graph.sparse_initializer)]
    constants = ((node.name, each.t) for node in graph.node for each in node.attribute if each.HasField("t"))
    for name, tensor in (*((each.name, each) for each in initializers), *constants):
        what = f"{place}: tensor {shown(name)}"
        check_tensor(what, Path(place), tensor)
        forget_values(tensor)


def _check_versions(place: str, proto: ModelProto) -> None:
    """Raise `InputError` if the model has operators of a version that the installed onnx does not know."""
    known = defs.onnx_opset_version()
    used = max((each.version for each in proto.opset_import if each.domain in ("", "ai.onnx")), default=0)
    if used > known:
        raise InputError(
            f"{place}: has operators of version {used}, but the installed onnx knows them up to {known}; "
            "install a newer one with pip install -U onnx"
        )


def relative(place: str) -> str:
    """Return the name of a network in a file: the path as it was given, with '/'."""
    return place.replace(os.sep, "/")
