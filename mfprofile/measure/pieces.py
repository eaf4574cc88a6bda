"""Isolated parts of a network: modules as programs of their own, on the tensors that they get in a run of the whole.

The parts of a spec are its sub-blocks. Those of a network in code are its modules at a depth; a module that is never
called itself, such as a list, is replaced by its submodules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_map

from mfprofile.cost.bill import Bill
from mfprofile.cost.tree import branches, tree
from mfprofile.errors import InputError
from mfprofile.measure.programs import TorchProgram
from mfprofile.measure.subjects import Subject
from mfprofile.spec.names import PILLARS
from mfprofile.spec.network import Network
from mfprofile.spec.words import raised
from mfprofile.trace.modules import named_modules


@dataclass(frozen=True, slots=True)
class Piece:
    """A module as a program, how often a run of the whole runs it on such tensors, and the group that it belongs to."""

    path: str
    group: str
    program: TorchProgram
    times: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """The isolated parts of a network, and the multiply-adds of each group for one run of the whole."""

    pieces: Sequence[Piece]
    madds: Mapping[str, int]


def pieces_of(subject: Subject, axis: str, depth: int) -> Pieces:
    """Return the isolated parts of a network, in groups by an axis: pillar, block or module.

    Only the parts of a spec have a pillar and a block; `depth` is for a network in code. Raises `InputError` for an
    ONNX file, and for an axis that the network does not have.
    """
    program = subject.program
    if not isinstance(program, TorchProgram):
        raise InputError(f"{subject.name}: the parts of an ONNX file cannot be run by themselves; measure its network")
    groups = _of_spec(subject.bill, axis) if isinstance(subject.bill.subject, Network) else None
    if groups is None and axis != "module":
        raise InputError(f"{subject.name}: --by {axis} needs a spec; use --by module for a network in code")
    called = _calls(program, None if groups is None else groups)
    if groups is None:
        groups = {path: path for path in _cut(program.module, set(called), depth)}
    first = isinstance(subject.bill.subject, Network)
    pieces = [
        Piece(path, group, TorchProgram(f"{subject.name}: {path}", modules, args, kwargs, first), times)
        for path, group in groups.items()
        for modules, args, kwargs, times in called.get(path, ())
    ]
    return Pieces(pieces, _madds(subject, groups, axis))


def _of_spec(bill: Bill, axis: str) -> dict[str, str]:
    """Return the group of each sub-block of a spec, by path. One that holds another, as a detector does, has both."""
    paths = [path for path in dict.fromkeys(part.path for part in bill.parts) if path]
    outer = [path for path in paths if not any(path.startswith(f"{other}.") for other in paths)]
    if axis == "module":
        return {path: path for path in outer}
    return {
        path: "+".join(dict.fromkeys(part.on(axis) for part in bill.parts if _is_in(part.path, path))) for path in outer
    }


def _is_in(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def _cut(model: nn.Module, called: set[str], depth: int) -> Iterator[str]:
    """Yield the modules at a depth or, if they are never called, the first ones below them that are."""
    paths = [path for path, _ in named_modules(model) if path]
    taken: list[str] = []
    for path in paths:  # each parent comes before its children
        if any(_is_in(path, other) for other in taken) or path not in called:
            continue
        below = any(other in called for other in paths if other.startswith(f"{path}."))
        if path.count(".") + 1 >= depth or not below:
            taken.append(path)
            yield path


_Calls = Sequence[tuple[nn.Module, Sequence[Any], Mapping[str, Any], int]]


def _calls(program: TorchProgram, wanted: Mapping[str, str] | None) -> Mapping[str, _Calls]:
    """Return the calls of each wanted module in a run of the whole: equal ones once, with their number."""
    calls: dict[str, dict[str, list[Any]]] = {}

    def note(path: str, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        leaves, structure = tree_flatten((args, kwargs))
        key = f"{[_described(leaf) for leaf in leaves]} {structure}"
        same = calls.setdefault(path, {})
        if key in same:
            same[key][-1] += 1
        else:
            same[key] = [module, *tree_map(_kept, (args, kwargs)), 1]

    hooks = [
        module.register_forward_pre_hook(partial(note, path), with_kwargs=True)
        for path, module in named_modules(program.module)
        if path and (wanted is None or path in wanted)
    ]
    try:
        with torch.no_grad():
            program.module(*program.arguments, **program.options)
    except Exception as error:  # a network can raise anything
        raise InputError(f"{program.label}: cannot be run: {raised(error)}") from error
    finally:
        for hook in hooks:
            hook.remove()
    return {path: [tuple(each) for each in same.values()] for path, same in calls.items()}


def _described(leaf: object) -> str:
    return f"{tuple(leaf.shape)} {leaf.dtype}" if isinstance(leaf, Tensor) else repr(leaf)


def _kept(leaf: Any) -> Any:
    return leaf.detach().clone() if isinstance(leaf, Tensor) else leaf


def _madds(subject: Subject, groups: Mapping[str, str], axis: str) -> Mapping[str, int]:
    """Return the multiply-adds of each group: of all that its modules and their submodules run."""
    sums = dict.fromkeys(groups.values(), 0)
    if isinstance(subject.bill.subject, Network):
        for row, madds in zip(subject.bill.rows, subject.bill.row_madds, strict=True):
            group = next((groups[path] for path in groups if _is_in(row.part.path, path)), None)
            if group is not None:
                sums[group] += subject.images * madds
        return {name: sums[name] for name in PILLARS if name in sums} if axis == "pillar" else sums
    totals = {branch.path: branch.total.madds for branch in branches(tree(subject.bill))}
    return {path: totals.get(path, 0) for path in groups}
