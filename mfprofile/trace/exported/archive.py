"""Read the graph of a `.pt2` file as data: its JSON, without its weights and without torch's loader, which unpickles.

Only what cannot do anything but compute is accepted: operators of ATen that torch dispatches on tensors, and arithmetic
of sizes. Text of the file is never evaluated.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Container, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload

from mfprofile.errors import InputError
from mfprofile.spec.words import printable, shown
from mfprofile.trace.exported.export import frames_of
from mfprofile.trace.exported.program import Argument, Exported, Frame, Program, Ref, Step
from mfprofile.trace.exported.values import DTYPES, UnreadableError, argument, operator_named

MOST_BYTES = 256 << 20
MOST_SIZE = 1 << 40
_HELD = {"parameter": "parameter_name", "buffer": "buffer_name", "tensor_constant": "tensor_constant_name"}


def network_in(place: str) -> nn.Module:
    """Return the network of a `.pt2` file, whose tensors have no values; it runs on meta tensors only.

    Raises `InputError` for a graph that is not read so, with the reason.
    """
    try:
        return _network(_json(place)["graph_module"])
    except UnreadableError as error:
        why = f"can only be read by torch's loader, which can run any code of the file: {error}"
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        why = f"has a graph that cannot be read: {type(error).__name__}: {shown(str(error))}"
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        why = "is cut off or damaged; save it again"
        raise InputError(f"{printable(place)}: {why}") from None
    raise InputError(f"{printable(place)}: {printable(why)}; add --trust if you trust its source")


def _json(place: str) -> Any:
    with zipfile.ZipFile(place) as archive:
        names = [name for name in archive.namelist() if _is_graph(name)]
        if len(names) != 1:
            raise UnreadableError(f"it has {len(names)} graphs")
        with archive.open(names[0]) as stream:  # the size in its header can be wrong
            raw = stream.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise UnreadableError(f"its graph is larger than {MOST_BYTES >> 20} MiB")
    return json.loads(raw)


def _is_graph(name: str) -> bool:
    inner = name.partition("/")[2]
    return name == "serialized_exported_program.json" or (inner.startswith("models/") and inner.endswith(".json"))


def _network(module: Mapping[str, Any]) -> nn.Module:
    graph, inputs = module["graph"], []
    held: dict[str, str] = {}
    fixed: dict[str, Any] = {}
    tensors: dict[str, Tensor] = {}
    for spec in module["signature"]["input_specs"]:
        ((sort, given),) = spec.items()
        name = _name(given["arg"])
        if sort in _HELD and name:
            held[name] = path = _path(given[_HELD[sort]])
            tensors[path] = _blank(graph["tensor_values"][name], is_parameter=sort == "parameter")
        elif sort == "user_input" and name:
            inputs.append(_argument(name, graph["tensor_values"][name]))
        elif sort in ("constant_input", "user_input"):
            fixed |= _constant(given)
        else:
            raise UnreadableError(f"it has an input of sort {shown(sort)}")
    outputs = [argument(each) for each in graph["outputs"]]
    program = Program(inputs, list(_steps(graph["nodes"])), outputs, held, fixed, is_data=True)
    return Exported(program, tensors)


def _name(given: Mapping[str, Any]) -> str:
    """Return the name of a tensor, or '' for another value."""
    return str(given["name"] if "name" in given else given.get("as_tensor", {}).get("name", ""))


def _path(text: Any) -> str:
    if not isinstance(text, str) or not all(text.split(".")):
        raise UnreadableError(f"it has a tensor with the path {shown(text)}")
    return text


def _constant(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value that the program takes, but that does not change."""
    value = argument(given.get("value", given["arg"]))
    if isinstance(value, Ref):
        raise UnreadableError("it has inputs that are not tensors")
    return {given["name"]: value} if "name" in given else {}


def _argument(name: str, meta: Mapping[str, Any]) -> Argument:
    sizes = tuple(map(_size, meta["sizes"]))
    return Argument(name, sizes, tuple("as_int" not in each for each in meta["sizes"]), DTYPES[meta["dtype"]])


def _size(given: Mapping[str, Any]) -> int:
    """Return a size of a tensor; of an open one, that of the export."""
    size = given["as_int"] if "as_int" in given else given["as_expr"]["hint"]["as_int"]
    if type(size) is not int or not 0 <= size <= MOST_SIZE:
        raise UnreadableError(f"it has a tensor of size {shown(size)}")
    return size


def _blank(meta: Mapping[str, Any], is_parameter: bool) -> Tensor:
    if meta.get("layout", 7) != 7:
        raise UnreadableError("it has tensors that are not dense")
    tensor = torch.empty(tuple(map(_size, meta["sizes"])), dtype=DTYPES[meta["dtype"]], device="meta")
    can_learn = tensor.is_floating_point() or tensor.is_complex()
    return nn.Parameter(tensor, requires_grad=can_learn and bool(meta["requires_grad"])) if is_parameter else tensor


def _steps(nodes: list[Mapping[str, Any]]) -> Iterator[Step]:
    frames: list[Frame] = []
    for node in nodes:
        frames = _frames(node["metadata"].get("nn_module_stack", "")) or frames
        target = operator_named(node["target"])
        by_name = _by_name(target)
        inputs = [((each.get("kind") or 1 + (each["name"] in by_name)) == 2, each) for each in node["inputs"]]
        args = [argument(each["arg"]) for is_option, each in inputs if not is_option]
        options = {each["name"]: argument(each["arg"]) for is_option, each in inputs if is_option}
        yield Step(_puts(node["outputs"]), target, args, options, frames[1:])


def _by_name(target: Any) -> Container[str]:
    """Return the arguments of an operator that files of older versions of torch mean by name: they have no kinds."""
    arguments = target._schema.arguments if isinstance(target, OpOverload) else ()
    return {each.name for each in arguments if each.kwarg_only or each.has_default_value()}


def _frames(text: str) -> list[Frame]:
    """Return the frames of a stack of modules, each written as `key,path,class`."""
    parts = [each.split(",") for each in text.split(";") if text]
    if any(len(part) != 3 for part in parts):
        return []
    frames = frames_of([(key, (path, kind)) for key, path, kind in parts])
    return frames if all(all(frame.path.split(".")) for frame in frames[1:]) else []


def _puts(outputs: list[Mapping[str, Any]]) -> Any:
    names = [_names(argument(each)) for each in outputs]
    return names[0] if len(names) == 1 else names


def _names(value: Any) -> Any:
    """Return the names of an output: one, or a list of them."""
    return value.name if isinstance(value, Ref) else [_names(each) for each in value or []] or None
