"""Networks to fit a latency model to: variants of a space, and networks of other depths and sizes beside it.

Inside one space, the number of ops hardly varies, and a fit cannot separate calls from products. So half of the
networks are variants that are also changed in depth, width, tokens and input.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from mfprofile.errors import SpecError
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import Space
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec

_REPEATS = (0, 1, 1, 2, 3)
_WIDTHS = (0.5, 0.75, 1, 1, 1.25)
_INPUTS = (128, 160, 192, 224, 224)
_COUNTS = (1, 3, 4, 6, 9)
_DIMS = (64, 128, 192, 256)
_GROUPS = (1, 1, 1, 4)
_TRIES = 100
"""The changes that are tried for a network, of which rules can refuse many."""


def networks(spaces: Sequence[Space], number: int, seed: int) -> list[Spec]:
    """Return networks to calibrate with: of each space its share, half of them as they are drawn.

    The same seed gives the same networks. There can be fewer than `number` if the spaces have few variants or their
    rules refuse all changes.
    """
    chosen: list[Spec] = []
    for at, space in enumerate(spaces):
        share = number // len(spaces) + (at < number % len(spaces))
        chosen += _of_space(space, share, random.Random(f"{seed} {at}"), seed)
    return chosen


def _of_space(space: Space, number: int, source: random.Random, seed: int) -> Iterator[Spec]:
    """Yield the networks of one space, named after it."""
    drawn = [load(variant.spec()) for variant in sample_space(space, number, seed)]
    inside = drawn if len(drawn) < number // 2 else drawn[: number - number // 2]
    wanted = number - len(inside) if drawn else 0
    beside = [spec for at in range(wanted) if (spec := changed(drawn[-1 - at % len(drawn)], source))]
    for at, spec in enumerate([*inside, *beside], start=1):
        yield replace(spec, name=f"{space.name}-{at}" if len(space.choices) or at > 1 else space.name)


def changed(spec: Spec, source: random.Random) -> Spec | None:
    """Return a spec with another depth, width, input and tokens, or None if rules refuse all that is drawn."""
    for _ in range(_TRIES):
        try:
            return spec.replace(_changes(spec, source))
        except SpecError:
            continue
    return None


def _changes(spec: Spec, source: random.Random) -> dict[str, Any]:
    blocks = {
        at: {"repeat": source.choice(_REPEATS)}
        for at, block in enumerate(spec.blocks, start=1)
        if not block.halves and at > 1 and source.random() < 0.7
    }
    changes: dict[str, Any] = {"blocks": blocks, "width": source.choice(_WIDTHS), "input": source.choice(_INPUTS)}
    if spec.tokens is not None:
        changes["groups"] = source.choice(_GROUPS)
        changes["tokens"] = {"count": source.choice(_COUNTS), "dim": source.choice(_DIMS)}
    return changes
