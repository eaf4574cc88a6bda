"""Lower bounds of a search within windows, by Lagrange multipliers.

Each window gets a price, its multiplier: what a unit above its upper limit or below its lower limit adds to the sum
that is minimized. For a path within the windows the prices add nothing or less than nothing. So the least priced sum of
all paths, which is a simple walk along the chain, is a lower bound for the paths within. Where the variants are many,
the best prices give a bound that is very close.

The bounds are in floating point, with a margin that is larger than its rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isinf

import numpy as np

from mfprofile.explore.problem import Floats, Problem
from mfprofile.explore.sums import least_to_end

_ROUNDS, _AGAIN = 14, 4
_LONGEST = 8.0  # the longest first step: a price of 1 is the range of the sum to minimize by that of the window's
_STEPS = 10  # lengths of a step that are tried in each direction
_SHRINK = 0.6  # the longest step of a round, relative to that of the round before
_ROUNDING = 1e-12  # of the largest partial sum; float64 has 1e-16, and a path has some tens of additions


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices of a problem's windows, and the bound that they give.

    `weights` has 1 for the sum to minimize, then a price for each window: positive at its upper limit, negative at its
    lower one. The priced sum of a path within the windows is at most its sum plus `offset`. Each priced sum is exact
    to `margin`.
    """

    weights: Floats
    offset: float
    margin: float
    least: float

    @property
    def bound(self) -> int | None:
        """Return a lower bound of the sum of the paths within the windows, or None if there is no such path."""
        value = self.least - self.offset - 2 * self.margin
        return None if isinf(value) else ceil(value)

    def useful(self, own: int | None) -> Prices | None:
        """Return the prices without that of window `own` of the minimized sum, which is 0; None if all prices are 0."""
        weights = self.weights if own is None else np.delete(self.weights, own + 1)
        return Prices(weights, self.offset, self.margin, self.least) if weights[1:].any() else None


def best_prices(problem: Problem, start: Prices | None = None) -> Prices:
    """Return prices with a high bound.

    The bound is concave in the prices. The search starts at 0, or at `start`, the prices of a similar problem. In each
    round it tries steps along each price, and along the slope, which is how far the best priced path is outside the
    windows. The steps become shorter.
    """
    low, _ = problem.limits
    least, greatest = (side.astype(float) for side in problem.reach)
    spans = np.maximum(greatest - least, 1)
    units = spans[0] / spans[1:]
    best, value = np.zeros(len(low)), -np.inf
    longest, rounds = _LONGEST, _ROUNDS if len(low) else 1
    if start is not None and len(start.weights) == len(low) + 1 and start.weights[1:].any():
        best, longest, rounds = start.weights[1:], float(np.abs(start.weights[1:] / units).max()), _AGAIN
        best = _allowed(problem, best)
    for _ in range(rounds):
        directions = [*(sign * np.eye(len(low))[at] for at in range(len(low)) for sign in (1, -1))]
        slope = _slope(problem, best) / spans[1:]
        if length := float(np.linalg.norm(slope)):
            directions.append(slope / length)
        steps = np.geomspace(longest / 4096, longest, _STEPS)
        tried = np.array([best, *(best + step * way * units for way in directions for step in steps)])
        tried = _allowed(problem, tried)
        values = _bounds(problem, tried)
        at = int(values.argmax())
        if values[at] > value:
            best, value = tried[at], float(values[at])
        longest *= _SHRINK
    return prices(problem, best)


def _allowed(problem: Problem, multipliers: Floats) -> Floats:
    """Return the prices with 0 in place of those of open sides; the last axis is that of the windows.

    The minimized quantity has no price of its own: it would only say that the sum is within its window.
    """
    low, high = problem.limits
    is_open = (multipliers > 0) & np.isinf(high) | (multipliers < 0) & np.isinf(low)
    return np.where(is_open | (np.arange(len(low)) == problem.own), 0, multipliers)


def prices(problem: Problem, multipliers: Floats) -> Prices:
    """Return the bound of some prices, one for each window."""
    weights = np.concatenate([[1.0], multipliers])
    largest = np.sum([np.abs(cost).max(axis=1) for cost in problem.costs], axis=0)
    margin = _ROUNDING * float(np.abs(weights) @ largest)
    least = least_to_end(problem.hops, [(weights @ cost)[None] for cost in problem.costs])[0][0, 0]
    return Prices(weights, float(_offsets(problem, multipliers)), margin, float(least))


def _offsets(problem: Problem, multipliers: Floats) -> Floats:
    """Return the greatest priced amount of sums within the windows; the last axis is that of the windows."""
    low, high = problem.limits
    limits = np.where(multipliers > 0, high, np.where(multipliers < 0, low, 0))
    offsets: Floats = (multipliers * limits).sum(axis=-1)
    return offsets


def _priced(problem: Problem, multipliers: Floats) -> list[Floats]:
    """Return the priced cost of each edge, for each of some vectors of prices: vectors × edges, one array for a hop."""
    return [cost[0] + multipliers @ cost[1:] for cost in problem.costs]


def _bounds(problem: Problem, multipliers: Floats) -> Floats:
    bounds: Floats = least_to_end(problem.hops, _priced(problem, multipliers))[0][:, 0]
    return bounds - _offsets(problem, multipliers)


def _slope(problem: Problem, multipliers: Floats) -> Floats:
    """Return how far the path with the least priced sum is above (positive) or below each window."""
    costs = _priced(problem, multipliers[None])
    levels = least_to_end(problem.hops, costs)
    state, sums = 0, np.zeros(len(multipliers))
    for hop, priced, cost, after in zip(problem.hops, costs, problem.costs, levels[1:], strict=True):
        edges = np.flatnonzero(hop.source == state)
        edge = edges[np.argmin(priced[0, edges] + after[0, hop.target[edges]])]
        sums += cost[1:, edge]
        state = int(hop.target[edge])
    return _outside(problem, multipliers, sums)


def _outside(problem: Problem, multipliers: Floats, sums: Floats) -> Floats:
    low, high = problem.limits
    above, below = sums - high, sums - low
    nearest = np.where(above > 0, above, np.where(below < 0, below, 0))
    return np.where(multipliers > 0, above, np.where(multipliers < 0, below, nearest))


def priced_to_end(problem: Problem, weights: Floats) -> Sequence[Floats]:
    """Return, before each hop and at the end, the least priced sum from each width to the end."""
    levels = least_to_end(problem.hops, [(weights @ cost)[None] for cost in problem.costs])
    return [level[0] for level in levels]
