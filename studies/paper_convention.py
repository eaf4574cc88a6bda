"""Search for what the paper counts: try every mixture of weights of a grid on the cells of its ImageNet tables.

Run as `python studies/paper_convention.py`. The paper does not say what its multiply-adds contain. A mixture takes
the products of convolutions and Linear layers once, and one of the weights of `GRID` for each other term. It fits a
cell if its count rounds to the printed figure. There are as many mixtures as combinations of weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from mfprofile.cost.bill import count
from mfprofile.cost.kinds import PRODUCTS
from mfprofile.cost.rows import Row
from mfprofile.paper.cells import IMAGENET, Cell, distinct
from mfprofile.spec.load import load

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the count: the rows and their amount, the weights to try, and why a tool could use them.

    Without roles, the rows are those of all roles.
    """

    name: str
    kinds: tuple[str, ...]
    roles: tuple[str, ...]
    amount: str
    weights: tuple[int, ...]
    reason: str

    def of(self, row: Row) -> int:
        """Return the row's amount that the weight multiplies, or 0 if the row is not of the term."""
        matches = (not self.kinds or row.kind in self.kinds) and (not self.roles or row.role in self.roles)
        return int(getattr(row, self.amount)) if matches else 0


NOT_LAST = ("attention", "bridge")
GRID = (
    Term("products of Mobile→Former's gate", ("linear",), ("gate",), "madds", (0, 1), "not in the paper's text"),
    Term("products of the final bridge", ("linear", "matmul"), ("final",), "madds", (0, 1), "not in the paper's text"),
    Term("products of DY-ReLU's coefficients", ("linear",), ("theta",), "madds", (0, 1), "a hook may skip them"),
    Term("matrix products of attention", ("matmul",), NOT_LAST, "madds", (0, 1), "a module hook does not see them"),
    Term("hidden ReLU6, per element", ("relu6",), ("hidden",), "elements", (0, 1, 2, 3), "a comparison, or two"),
    Term(
        "hidden DY-ReLU, per element",
        ("dy-relu",),
        ("hidden",),
        "elements",
        (0, 1, 2, 3, 4, 5),
        "2 products, 2 sums, a maximum",
    ),
    Term("ReLU6 of the stem, per element", ("relu6",), ("stem",), "elements", (0, 1, 2), "a comparison, or two"),
    Term("ReLU6 of the lite block, per element", ("relu6",), ("lite",), "elements", (0, 1, 2), "a comparison, or two"),
    Term(
        "activations of the head, per element",
        ("relu6", "h-swish"),
        ("head",),
        "elements",
        (0, 1),
        "as other activations",
    ),
    Term(
        "BatchNorm, per element",
        ("batch-norm",),
        (),
        "elements",
        (0, 1, 2),
        "folded, a product, or a product and a sum",
    ),
    Term("LayerNorm, per element", ("layer-norm",), (), "elements", (0, 1, 2), "as BatchNorm"),
    Term("GELU, per element", ("gelu",), (), "elements", (0, 1), "as other activations"),
    Term("softmax, per element", ("softmax",), (), "elements", (0, 1), "an exponential"),
    Term("additions, per element", ("add",), (), "elements", (0, 1), "residual connections"),
    Term("pooling, per element read", ("pool",), (), "elements", (0, 1), "a sum"),
    Term("biases of Linear layers, per output", ("linear",), (), "elements", (0, 1), "an addition"),
)
"""The grid, as it was before the first search. Everything else has one weight: products 1, the rest 0."""
ENOUGH = 18
"""A good mixture fits as many cells as this."""


def cells() -> list[Cell]:
    """Return the distinct cells of multiply-adds in the paper's ImageNet tables."""
    shared = (each.cell for each in distinct())
    return [cell for cell in shared if cell.column == "madds" and cell.convention == IMAGENET]


def amounts(cell: Cell) -> tuple[int, ...]:
    """Return the amount of each term in a cell's network, and last the products that no term is about."""
    rows = count(load(cell.spec)).rows
    terms = [sum(term.of(row) for row in rows) for term in GRID]
    products = sum(row.madds for row in rows if row.kind in PRODUCTS)
    optional = sum(amount for term, amount in zip(GRID, terms, strict=True) if term.amount == "madds")
    return (*terms, products - optional)


def reached(terms: Sequence[int]) -> Ints:
    """Return the count of a network by each mixture, in the order of `mixtures`."""
    counts = np.array([terms[-1]], dtype=np.int64)
    for term, amount in zip(GRID, terms, strict=False):
        counts = np.add.outer(counts, amount * np.array(term.weights, dtype=np.int64)).ravel()
    return counts


def fits(counts: Ints, printed: int, step: int) -> NDArray[np.bool_]:
    """Return which counts round to a printed figure; halves may round up or down, as in the checks of the tables."""
    return np.abs(counts - printed) * 2 <= step


def weights_of(index: int) -> tuple[int, ...]:
    """Return the weights of the mixture with this index."""
    places = np.unravel_index(index, [len(term.weights) for term in GRID])
    return tuple(term.weights[int(place)] for term, place in zip(GRID, places, strict=True))


def by_chance(chances: Sequence[float]) -> list[float]:
    """Return the probability of each number of fits, from 0 on, for independent cells with these chances."""
    spread = np.array([1.0])
    for chance in chances:
        spread = np.convolve(spread, [1 - chance, chance])
    return [float(each) for each in spread]


def shuffled(
    counts: Sequence[Ints], figures: Sequence[tuple[int, int]], core: Sequence[int], times: int
) -> Iterator[int]:
    """Yield the largest number of cells that a mixture fits after the figures' excesses over `core` are shuffled.

    Each figure is then the `core` count of its network plus the relative excess of another cell, rounded as printed.
    """
    random = np.random.default_rng(0)
    excess = [printed / base for (printed, _), base in zip(figures, core, strict=True)]
    for _ in range(times):
        order = random.permutation(len(figures))
        new = [
            (round(base * excess[other] / step) * step, step)
            for base, other, (_, step) in zip(core, order, figures, strict=True)
        ]
        yield int(sum(fits(each, *figure).astype(np.int8) for each, figure in zip(counts, new, strict=True)).max())


def shared_weights(indices: Sequence[int]) -> Mapping[str, Mapping[int, int]]:
    """Return how many of the mixtures use each weight of each term."""
    mixtures = [weights_of(index) for index in indices]
    columns = zip(GRID, zip(*mixtures, strict=True), strict=True)
    return {term.name: {weight: column.count(weight) for weight in term.weights} for term, column in columns}


def main() -> None:
    """Print the grid, the number of fits, how many chance would give, and the weights of the good mixtures."""
    chosen = cells()
    terms = [amounts(cell) for cell in chosen]
    counts = [reached(each) for each in terms]
    figures = [(int(cell.printed.value), int(cell.printed.step)) for cell in chosen]
    matches = np.array([fits(each, *figure) for each, figure in zip(counts, figures, strict=True)])
    number = matches.sum(axis=0)
    print_grid()
    print_fits(number, [1 / span(each, figure[1]) for each, figure in zip(counts, figures, strict=True)])
    core = [sum(each[:4]) + each[-1] for each in terms]
    best = sorted(shuffled(counts, figures, core, 100))
    print(f"\nAfter shuffling the excesses over core among the cells, 100 times, the best mixture fits {best[0]} to")
    print(f"{best[-1]} cells; the median is {best[50]}.")
    print_good(number, matches, [cell.printed.text for cell in chosen])


def span(counts: Ints, step: int) -> int:
    """Return how many printed figures the grid can reach for a cell."""
    return int((counts.max() + step // 2) // step - (counts.min() + step // 2) // step) + 1


def print_grid() -> None:
    """Print the terms and their weights."""
    print("| term | weights | reason |\n| :-- | :-- | :-- |")
    for term in GRID:
        print(f"| {term.name} | {', '.join(map(str, term.weights))} | {term.reason} |")
    print(f"\n{prod(len(term.weights) for term in GRID):,} mixtures")


def print_fits(number: NDArray[np.int64], chances: Sequence[float]) -> None:
    """Print how many mixtures fit how many cells, and how many would if figures were drawn from those in reach."""
    expected = by_chance(chances)
    print("\n| cells that fit | mixtures | by chance |\n| --: | --: | --: |")
    for fitting in range(len(chances), 11, -1):
        print(f"| {fitting} | {int((number == fitting).sum()):,} | {expected[fitting] * number.size:.1g} |")


def print_good(number: NDArray[np.int64], matches: NDArray[np.bool_], figures: Sequence[str]) -> None:
    """Print the mixtures that fit all cells, and the weights and the missed cells of the good ones."""
    for index in np.flatnonzero(number == len(figures)):
        named = zip(GRID, weights_of(int(index)), strict=True)
        print("\nFits all cells: " + "; ".join(f"{term.name} {weight}" for term, weight in named if weight))
    good = [int(each) for each in np.flatnonzero(number >= ENOUGH)]
    print(f"\n{len(good)} mixtures fit {ENOUGH} cells or more. Their weights:\n")
    print("| term | weights, and the number of these mixtures with each |\n| :-- | :-- |")
    for name, used in shared_weights(good).items():
        print(f"| {name} | {', '.join(f'{weight}: {times}' for weight, times in used.items() if times)} |")
    missed = {text: int((~row[good]).sum()) for text, row in zip(figures, matches, strict=True)}
    print("\nMissed: " + ", ".join(f"{text} by {times}" for text, times in missed.items() if times))


if __name__ == "__main__":
    main()
