"""What a convention counts of a network's ops: nothing in modules of a traced network that its tool does not see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mfprofile.cost.kinds import FORMULAS
from mfprofile.cost.ops import Cost
from mfprofile.cost.rows import Part
from mfprofile.cost.weights import LAYERS, NOTHING, OPS, TORCH_LEAVES, Convention, weighted
from mfprofile.errors import InputError

if TYPE_CHECKING:
    from mfprofile.cost.subject import Module, Subject


def weighed(subject: Subject, parts: Sequence[Part], convention: Convention) -> list[int]:
    """Return the multiply-adds that the convention counts for each op: 0 in modules that its tool does not see.

    Raises `InputError` for a convention that counts modules, and a model file, which has none.
    """
    if convention.sees != OPS and subject.modules and not subject.fill:  # it did not run
        what = f"{convention.name} counts modules of torch, which a model file does not have"
        raise InputError(f"{subject.name}: {what}; use core or torch")
    counted = convention.weigh(parts, subject.batch or 1)
    if convention.sees == OPS or not subject.modules:
        return counted
    if convention.sees == LAYERS:
        return list(_of_layers(subject, parts, convention, counted))
    seen = [sees(convention, subject.modules.get(part.path)) for part in parts for _ in part.ops]
    return [madds if is_seen else 0 for madds, is_seen in zip(counted, seen, strict=True)]


def sees(convention: Convention, module: Module | None) -> bool:
    """Return whether the convention's tool sees the ops that a module runs itself."""
    if module is None:
        return False
    if convention.sees == LAYERS:
        return module.layer in convention.layers
    return module.leaf and (module.of_torch or convention.sees != TORCH_LEAVES)


def _of_layers(
    subject: Subject, parts: Sequence[Part], convention: Convention, counted: Sequence[int]
) -> Iterator[int]:
    """Yield what the rule of each op's layer counts, or outside of layers, that of the function that runs it."""
    modules, functions, hidden = subject.modules, _functions(subject), dict[str, bool]()
    ops = ((part.path, role, cost) for part in parts for _, role, cost in part.ops)
    for at, ((path, role, cost), madds) in enumerate(zip(ops, counted, strict=True)):
        layer = modules[path].layer if path in modules else ""
        if cost.kind in convention.layers.get(layer, ()):
            yield madds
        elif role in FORMULAS or _is_in_layer(path, modules, convention, hidden):
            yield 0
        else:
            yield _by_function(cost, functions.get(at, ""), convention, subject.batch or 1)


def _by_function(cost: Cost[int], function: str, convention: Convention, batch: int) -> int:
    weights = convention.functions.get(function, {})
    return weighted(cost, weights.get(cost.kind, NOTHING), batch)


def _functions(subject: Subject) -> dict[int, str]:
    """Return the function that runs each row of a bill, by the row's number."""
    ran = () if subject.dataflow is None else subject.dataflow.operators
    return {row: each.function for each in ran for row in range(*each.rows)}


def _is_in_layer(path: str, modules: Mapping[str, Module], convention: Convention, known: dict[str, bool]) -> bool:
    """Return whether a module, or one above it, has a rule of the convention's tool."""
    if path not in known:
        is_layer = sees(convention, modules.get(path))
        known[path] = is_layer or (bool(path) and _is_in_layer(path.rpartition(".")[0], modules, convention, known))
    return known[path]
