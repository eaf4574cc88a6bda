"""Trace an ONNX file: read it, walk its graph once, and return the ops of its nodes by module."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Sequence
from functools import partial

from mfprofile.cost.rows import Part
from mfprofile.errors import InputError
from mfprofile.spec.words import shown
from mfprofile.trace.onnx.file import read, relative
from mfprofile.trace.onnx.graph import Walk
from mfprofile.trace.onnx.inputs import shapes_of, values_of_inputs
from mfprofile.trace.onnx.names import Names, modules_of
from mfprofile.trace.result import Trace


def traced(place: str, inputs: Sequence[str] = ()) -> Trace:
    """Return the trace of an ONNX file. Nothing is run and no code of the file is executed: it has none.

    `inputs` are texts as of `--input`, for sizes that the file leaves open. The batch is that of the file, or 1.
    Parameters are the stored tensors of floats and small integers, each once; running statistics, scales and zero
    points are not. Raises `InputError` for a file that is not valid, and for sizes that are missing or do not fit.
    """
    model = read(place)
    given = values_of_inputs(place, model.graph, inputs)
    walk = Walk(model)
    scope = ChainMap(dict(given))
    walk.run(model.graph, scope)
    missing = next((each.name for each in model.graph.output if each.name not in scope), None)
    if missing is not None:
        raise InputError(f"{place}: its output {shown(missing)} is put out by no node; export the file again")
    names = Names()
    ops = _named(walk, names)
    paths = [part.path for part in ops]
    tables = list(walk.record.parameters.rest(True, paths))
    parts = [*tables, *ops, *walk.record.parameters.rest(False, paths)]
    params = Counter[str]()
    for part in parts:
        params[part.path] += sum(cost.weights + cost.biases for _, _, cost in part.ops)
    modules = modules_of((part.path for part in parts), walk.record.classes, params)
    returned = [scope[each.name] for each in model.graph.output]
    dataflow = walk.buffers.dataflow(len(tables), given.values(), returned, walk.record.parameters.bytes_by_type())
    by_node, name = partial(walk.nodes.parts, parts, len(tables), names, walk.record), relative(place)
    return Trace(name, shapes_of(given), "", "", modules, parts, fill="", dataflow=dataflow, by_node=by_node)


def _named(walk: Walk, names: Names) -> list[Part]:
    """Return a part for each op. The only op of a module has the module's name."""
    named = [(op, names.add(op.path, op.local)) for op in walk.record.ops]
    return [
        Part("", None, "", op.path, [("" if names.is_alone(op.path) else name, op.role, op.cost)]) for op, name in named
    ]
