"""The modules of an ONNX graph, from the names of its nodes, and the names of ops in them.

PyTorch's older exporter names a node by the modules that it is in: `/layer1/layer1.0/conv1/Conv`. Its newer one keeps
their path as metadata. Other exporters write `model/conv1/Conv2D`. A node without any of these belongs to the module
of its weights' names, or to the network itself.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

from onnx import NodeProto

from mfprofile.cost.subject import Module

SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
MOST_LEVELS = 64
"""The most levels of modules in a path; deeper ones are left out."""
_MOST_TEXT = 10_000
_CALL = re.compile(r"_[0-9]+$")
_FOLDED = ("Conv", "ConvTranspose", "Gemm")
"""The layers that exporters fold a norm into; the result has the norm's metadata."""


def module_path(node: NodeProto, weights: Iterable[str] = ()) -> str:
    """Return the path of the module that a node belongs to. `weights` are the names of parameters that it reads.

    >>> from onnx.helper import make_node
    >>> module_path(make_node("Conv", [], [], name="/layer1/layer1.0/conv1/Conv"))
    'layer1.0.conv1'
    >>> module_path(make_node("Conv", [], [], name="node_Conv_7"), ["stem.conv.weight"])
    'stem.conv'
    """
    scopes = _listed(node, SCOPES)
    if len(scopes) > 1:
        return _cut(_layer(node, scopes[-2], weights))
    *modules, _ = [part for part in node.name.split("/") if part] or [""]
    owners = [path for name in weights if (path := parent(name))]
    if modules:
        path = ".".join(_merged(modules))
        return _cut(next((owner for owner in owners if _is_same(owner, path)), path))
    return _cut(owners[0]) if owners else ""


def class_name(node: NodeProto, path: str) -> str:
    """Return the name of the class of a node's module, whose path is given, or '' if the exporter did not write it."""
    classes, scopes = _listed(node, CLASSES), _listed(node, SCOPES)
    is_known = len(classes) > 1 and len(scopes) > 1 and scopes[-2] == path
    return classes[-2].rpartition(".")[2] if is_known else ""


def parent(name: str) -> str:
    """Return the module that a parameter's name names, or '' if it is not a name of torch's.

    >>> parent("stem.conv.weight"), parent("onnx::Conv_193"), parent("input.1")
    ('stem.conv', '', '')
    """
    path, _, last = name.rpartition(".")
    is_path = last.isidentifier() and all(part.isidentifier() or part.isdecimal() for part in path.split("."))
    return path if is_path else ""


def local_name(node: NodeProto) -> str:
    """Return a node's name within its module, or its operator for a node without a name."""
    return node.name.rstrip("/").rpartition("/")[2] or node.op_type


def _layer(node: NodeProto, path: str, weights: Iterable[str]) -> str:
    """Return the path of a layer beside the norm at a path, if that is folded into the layer, else the path."""
    if node.op_type not in _FOLDED or len(node.input) < 3:
        return path
    beside = (each for name in weights if (each := parent(name)).rpartition(".")[0] == path.rpartition(".")[0])
    return next(filter(None, beside), path)


def _is_same(owner: str, path: str) -> bool:
    """Return whether a node's path means the module of its weights, whose path is exact.

    The second call of `first.0` is in `first.0_1`, and a layer that is called from outside its module has a path
    without that: `fc` is `head.fc`.
    """
    one, two = (".".join(_CALL.sub("", part) for part in each.split(".")) for each in (owner, path))
    return one == two or owner.endswith(f".{path}")


def _merged(modules: list[str]) -> list[str]:
    """Return the parts of a path, without those that the next one repeats: `layer1`, `layer1.0` → `layer1.0`."""
    kept: list[str] = []
    for part in modules:
        if kept and part.startswith(f"{kept[-1]}."):
            kept.pop()
        kept.append(part)
    return kept


def _cut(path: str) -> str:
    return ".".join(path.split(".")[:MOST_LEVELS])


def _listed(node: NodeProto, key: str) -> list[str]:
    """Return a list of texts from a node's metadata, or an empty one."""
    text = next((each.value for each in node.metadata_props if each.key == key), "")
    if not isinstance(text, str) or not text or len(text) > _MOST_TEXT:
        return []
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    return value if isinstance(value, list) and all(isinstance(each, str) for each in value) else []


class Names:
    """The names of ops within modules: each is used once, and the only op of a module needs none."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str]] = Counter()
        self._ops: Counter[str] = Counter()

    def add(self, path: str, local: str) -> str:
        """Note an op of a module, and return its name: the local one, with a number if it is used already."""
        self._ops[path] += 1
        self._used[path, local] += 1
        number = self._used[path, local]
        if number == 1:
            return local
        marked = f"{local}#{number}"
        while self._used[path, marked]:
            number += 1
            marked = f"{local}#{number}"
        self._used[path, marked] += 1
        return marked

    def is_alone(self, path: str) -> bool:
        """Return whether a module has only one op."""
        return bool(path) and self._ops[path] == 1


def modules_of(paths: Iterable[str], classes: dict[str, str], params: dict[str, int]) -> dict[str, Module]:
    """Return the modules by path: those of the paths and all that these are in, the network itself first."""
    every: dict[str, None] = {"": None}
    for path in paths:
        above = [path]
        while above[-1]:
            above.append(above[-1].rpartition(".")[0])
        every |= dict.fromkeys(reversed(above))
    parents = {path.rpartition(".")[0] for path in every if path}
    return {path: Module(classes.get(path, ""), path not in parents, False, params.get(path, 0)) for path in every}
