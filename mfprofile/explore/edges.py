"""The edges of a space's links: from which width to which, by which values, and which the rules of specs allow.

A link is one step of the chain: the stem, one entry of `blocks`, or the end (final bridge and head). Its states are
widths, the numbers of channels. An edge is one way from a width before the link to a width after it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mfprofile.explore.space import Place

Integers: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = Mapping[Place, Any]

MAX_EDGES = 1_000_000
_NUMBER, _AFTER_WIDTH = re.compile(r"[0-9]+"), re.compile(r" \(after width [^)]*\)$")


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The edges of one link, one array element each; some can be invalid by the rules of specs.

    `source` is the index of the width before the link, `target` the index in `widths` of the width after it. `option`
    is the index in `options`, where each element is one assignment of the link's choices; `unused` has the values of
    its choices without effect. `broken` is the index in `rules`, where each element has the rules that an edge breaks,
    in general words; the first element has none. `reads` is what its blocks read (a `Reads`). `widths` are in channels
    as the spec has them, before the width multiplier.

    `sizes` has the numbers of the entry (channels, kernel, repeat) after the width multiplier. They are all 0 if the
    entry is left out. `exp` are the expanded channels of its first block, `exp_of_repeats` of the other ones.
    """

    source: Integers
    target: Integers
    option: Integers
    broken: Integers
    reads: Integers
    options: tuple[Values, ...]
    unused: tuple[Values, ...]
    rules: tuple[frozenset[str], ...]
    widths: tuple[int, ...]
    sizes: Mapping[str, Integers]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of the sizes: int64, or object for Python's integers."""
        return next(iter(self.sizes.values())).dtype

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Return which edges break no rule."""
        return np.equal(self.broken, 0)

    def breaks(self, rule: str) -> npt.NDArray[np.bool_]:
        """Return which edges break a rule, which is given in general words."""
        return np.isin(self.broken, [at for at, rules in enumerate(self.rules) if rule in rules])

    def select(self, chosen: npt.NDArray[np.generic], **changes: Any) -> Edges:
        """Return the edges that an index array or a mask selects, with other values in some fields."""
        arrays = {name: getattr(self, name)[chosen] for name in ("source", "target", "option", "broken", "reads")}
        sizes = {name: array[chosen] for name, array in self.sizes.items()}
        return dataclasses.replace(self, **{**arrays, "sizes": sizes, **changes})


def largest_edges(edges: Edges, count: int) -> Edges:
    """Return one edge for each of the first `count` options, each with the largest sizes of all edges.

    The sizes are Python's integers, which cannot overflow. The costs of these edges are an upper bound.
    """
    sizes = {name: np.full(count, int(array.max()), object) for name, array in edges.sizes.items()}
    zeros = np.zeros(count, np.int64)
    return dataclasses.replace(
        edges, source=zeros, target=zeros, option=np.arange(count), broken=zeros, reads=zeros, sizes=sizes
    )


def in_general(rule: str) -> str:
    """Return the text of a rule without its numbers, which differ between the combinations that break it.

    >>> in_general("must be a multiple of the 16 input channels (after width 0.5)")
    'must be a multiple of the N input channels'
    """
    return _NUMBER.sub("N", _AFTER_WIDTH.sub("", rule))
