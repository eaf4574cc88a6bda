"""The keys of a spec, as --set and the completions of a shell write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

from mfprofile.spec.model import BlockSpec, Spec

_BLOCK = re.compile(r"blocks\.[1-9][0-9]*\.")
_OWN = ("name", "blocks", "budget")
"""The fields that --set cannot change as one value."""


def spec_keys() -> Iterator[str]:
    """Yield the keys that have one value, in the order of the file: `stem`, `head.fc`, `tokens.count`.

    >>> [key for key in spec_keys() if key.startswith("t")]
    ['tokens.count', 'tokens.dim']
    """
    for name, kind in get_type_hints(Spec).items():
        if name in _OWN:
            continue
        inner = next((each for each in (kind, *get_args(kind)) if is_dataclass(each)), None)
        yield from (f"{name}.{field.name}" for field in fields(inner)) if inner else (name,)


def block_keys(text: str) -> Iterator[str]:
    """Yield the keys of the block that a text begins with.

    >>> list(block_keys("blocks.8.o"))[:2]
    ['blocks.8.block', 'blocks.8.out']
    """
    if match := _BLOCK.match(text):
        yield from (match[0] + field.name for field in fields(BlockSpec))


def block_numbers(spec: str, settings: Sequence[str]) -> list[str]:
    """Return the numbers of a spec's blocks, with `repeat` expanded, or none if it cannot be read at TAB.

    >>> block_numbers("mf294m", ["blocks.5.repeat=2"])[-1], block_numbers("-", [])
    ('13', [])
    """
    from mfprofile.errors import InputError
    from mfprofile.spec.layout import resolve
    from mfprofile.spec.load import load

    if spec == "-":
        return []
    try:
        return [str(block.number) for block in resolve(load(spec, settings)).blocks]
    except InputError:
        return []


def choice_names(space: str) -> list[str]:
    """Return the choices of a space by name, or none if it cannot be read at TAB.

    >>> choice_names("tiny")[:3], choice_names("nosuch")
    (['input', 'tokens.count', 'tokens.dim'], [])
    """
    from mfprofile.errors import InputError
    from mfprofile.explore.space import read_space

    if space == "-":
        return []
    try:
        return [choice.name for choice in read_space(space).choices]
    except InputError:
        return []
