"""The options of distributions, for the table and for the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import quantities, words
from mfprofile.cli.explore.resources import Resources
from mfprofile.cli.groups import Group
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.spec.words import shown

if TYPE_CHECKING:
    from mfprofile.explore.histogram import Histogram
    from mfprofile.explore.nearest import Nearest
    from mfprofile.explore.quantity import Quantity
    from mfprofile.explore.space import Space
    from mfprofile.spec.quantities import Window

Of = Annotated[
    str,
    typer.Option(
        "--quantity",
        metavar="QUANTITY",
        help="The quantity: madds, params, latency, former.madds, or a sum.",
        autocompletion=quantities,
    ),
]
QUANTILES = "0,5,25,50,75,95,100"


@dataclass(frozen=True, slots=True)
class Bins:
    """The options of a distribution as they were written."""

    number: int | None
    edges: str | None
    quantiles: str
    below: str | None


def _bins(bins: int | None, edges: str | None, quantiles: str, below: str | None) -> Bins:
    if bins is not None and edges is not None:
        raise InputError("--bins and --edges cannot be combined; use one of them")
    _ = _percentages(quantiles)  # an invalid one is refused now
    return Bins(bins, edges, quantiles, below)


BinOptions = Annotated[
    Bins,
    Group(
        {
            "bins": (
                Annotated[
                    int | None,
                    typer.Option(
                        "--bins",
                        metavar="N",
                        min=1,
                        max=1000,
                        help="About so many bins, with round edges (default 20).",
                    ),
                ],
                None,
            ),
            "edges": (
                Annotated[
                    str | None, typer.Option("--edges", metavar="AMOUNT,...", help="Edges of the bins: 100M,150M,200M.")
                ],
                None,
            ),
            "quantiles": (
                Annotated[
                    str,
                    typer.Option(
                        "--quantiles",
                        metavar="PERCENT,...|none",
                        help="Quantiles to find, or none.",
                        autocompletion=words("none"),
                    ),
                ],
                QUANTILES,
            ),
            "below": (
                Annotated[
                    str | None,
                    typer.Option(
                        "--below", metavar="AMOUNT,...", help="Budgets: how many variants have at most 150M,300M."
                    ),
                ],
                None,
            ),
        },
        _bins,
    ),
]
"""The bins, quantiles and budgets of a distribution."""


def distribution(
    space: Space,
    of: str,
    bins: Bins,
    windows: Sequence[tuple[Quantity, Window]],
    convention: Counting,
    resources: Resources,
) -> tuple[Histogram, Mapping[str, Nearest]]:
    """Return the distribution that the options ask for and, if no variant is within the windows, the nearest variants.

    Raises `InputError` for invalid amounts.
    """
    from mfprofile.explore.histogram import BINS, histogram
    from mfprofile.explore.nearest import nearest
    from mfprofile.explore.quantity import quantity_of

    quantity = quantity_of(of)
    edges: Sequence[int] | int = BINS if bins.number is None else bins.number
    if bins.edges is not None:
        edges = _amounts(bins.edges, "--edges", quantity)
    below = [] if bins.below is None else _amounts(bins.below, "--below", quantity)
    shares, memory = _percentages(bins.quantiles), resources.ram_bytes
    with resources.start(space) as (executor, progress):
        answer = histogram(space, quantity, edges, windows, shares, below, convention, memory, executor, progress)
        none = not answer.size.upper
        return answer, nearest(space, windows, convention, memory, executor, progress) if none else {}


def _amounts(text: str, option: str, quantity: Quantity) -> list[int]:
    """Return the amounts of a list, each once and in order; those of a difference may be below 0."""
    from mfprofile.spec.quantities import quantity as amount

    amounts = set()
    for part in text.split(","):
        sign, written = (-1, part.strip()[1:]) if part.strip().startswith("-") else (1, part.strip())
        try:
            amounts.add(sign * amount(written, "time" if quantity.is_timed else "count"))
        except InputError as error:
            raise InputError(f"{option}: {error}") from None
    return sorted(amounts)


def _percentages(text: str) -> list[Fraction]:
    if text.strip() == "none":
        return []
    shares = []
    for part in text.split(","):
        number = part.strip().removesuffix("%").strip()
        digits = number.replace(".", "", 1)
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and Fraction(f"0{number}") <= 100):
            raise InputError(f"--quantiles: {shown(part)} must be a percentage from 0 to 100, as in 5,50,95, or none")
        shares.append(Fraction(f"0{number}"))
    return sorted(set(shares))
