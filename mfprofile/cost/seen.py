"""What a convention counts of a network's ops: nothing in modules of a traced network that its tool does not see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mfprofile.cost.kinds import CONVOLUTIONS, NORMS
from mfprofile.cost.rows import Part
from mfprofile.cost.weights import DERIVED, OPS, TORCH_LEAVES, Convention
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
    modules, anywhere = subject.modules, convention.seen_anywhere
    seen = [
        cost.kind in anywhere or sees(convention, modules.get(part.path), cost.kind)
        for part in parts
        for _, _, cost in part.ops
    ]
    return [madds if is_seen else 0 for madds, is_seen in zip(counted, seen, strict=True)]


def sees(convention: Convention, module: Module | None, kind: str = "") -> bool:
    """Return whether the convention's tool sees the ops that a module runs itself, of one kind if it is given."""
    if module is None:
        return False
    if convention.sees == DERIVED:
        return bool(module.layer) and (not kind or _is_rule_of(module.layer, kind))
    return module.leaf and (module.of_torch or convention.sees != TORCH_LEAVES)


def _is_rule_of(layer: str, kind: str) -> bool:
    """Return whether the rule of a layer counts ops of a kind: that of a convolution counts no norm inside it."""
    of_layer = next((kinds for name, kinds in _RULES if name in layer), None)
    return of_layer is None or kind in of_layer


_RULES: tuple[tuple[str, frozenset[str]], ...] = (
    ("Conv", frozenset(CONVOLUTIONS)),
    ("Norm", frozenset(NORMS)),
    ("Linear", frozenset(("linear",))),
    ("Sequential", frozenset()),
    ("Module", frozenset()),
)
"""The kinds of ops that a layer's rule counts, by a part of its name; other layers run only ops of their own kind."""
