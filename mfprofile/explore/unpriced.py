"""How far a latency model is of a space's variants: the ops without a price, and whether its error holds for them."""

from __future__ import annotations

import dataclasses

from mfprofile.cost.bill import count
from mfprofile.cost.blocks import network_parts
from mfprofile.cost.device import Device
from mfprofile.cost.tested import is_tested
from mfprofile.errors import SpecError
from mfprofile.explore.settings import global_settings, is_refused
from mfprofile.explore.space import Space, with_values
from mfprofile.spec.layout import resolve
from mfprofile.spec.load import load, typed

_SHAPES = ("input", "classes", "stem", "tokens", "width", "groups")
"""The keys whose values change no kind of op."""


def unpriced(space: Space, device: Device | None) -> list[str]:
    """Return the kinds of ops of the variants that the latency model has no price for, or none without a model.

    They are those of the first values of the blocks, each at least once, in every setting of the other choices.
    """
    kinds: set[str] = set()
    for data in _structures(space) if device is not None else ():
        spec, _ = typed(data, space.tree, space.name)
        if spec is not None and device is not None:
            blocks = tuple(dataclasses.replace(block, repeat=max(1, block.repeat)) for block in spec.blocks)
            kinds |= device.unpriced(network_parts(resolve(dataclasses.replace(spec, blocks=blocks)))).keys()
    return sorted(kinds)


def kinds_in(space: Space, device: Device | None) -> dict[str, bool]:
    """Return whether the error of a latency model holds for the variants of a space, by its name; {} without a model.

    It does for the spaces that the model was fitted to, and for others whose first variant is of the tested kind.
    """
    if device is None:
        return {}
    if device.tested is not None and space.name in device.tested.spaces:
        return {space.name: True}
    try:
        return {space.name: is_tested(count(resolve(load(space.data)), device=device))}
    except SpecError:  # its first variant breaks a rule
        return {space.name: False}


def _structures(space: Space) -> list[dict[str, object]]:
    """Return a document for each combination of the choices that decide which ops there are."""
    documents: dict[str, dict[str, object]] = {}
    for setting in global_settings(space):
        data = with_values(space.data, setting.values)
        key = repr([value for name, value in data.items() if name not in _SHAPES])
        if key not in documents and not is_refused(data):
            documents[key] = dict(data)
    return list(documents.values())
