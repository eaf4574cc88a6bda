"""Every variant of a space as CSV, some lines at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mfprofile.cost.conventions import find_convention
from mfprofile.cost.measures import usual
from mfprofile.cost.weights import Counting
from mfprofile.errors import InputError
from mfprofile.explore.chain import Chain
from mfprofile.explore.count import count_space
from mfprofile.explore.effects import Reads
from mfprofile.explore.quantity import Quantity, quantity_of
from mfprofile.explore.space import Place, Space
from mfprofile.explore.stream import blocks
from mfprofile.explore.work import Question
from mfprofile.spec.problems import dotted
from mfprofile.spec.quantities import Window
from mfprofile.view.escape import csv_line
from mfprofile.view.variants import plain_value

LISTED = 10**8
"""The largest number of variants that can be listed."""

_LITTLE = 64 << 20  # bytes for the count before the listing: a bound is enough


def listing(space: Space, windows: Sequence[tuple[Quantity, Window]], convention: Counting) -> Iterator[str]:
    """Yield CSV of every variant within the windows, some lines at a time: its choices and its cost.

    Raises `InputError` for too many variants.
    """
    most = count_space(space, windows, convention, _LITTLE).within.upper
    if most > LISTED:
        raise InputError(
            f"{space.name}: up to {most:,} variants are within the windows, but at most {LISTED:,} can be listed; "
            "narrow the windows, or use 'explore sample'"
        )
    names = [quantity.name for quantity, _ in windows]
    sums = [name for name in usual(find_convention(convention)) if name not in names]
    question = Question(space, (*(quantity for quantity, _ in windows), *map(quantity_of, sums)), convention)
    columns = [choice.path for choice in space.choices]
    yield csv_line([*map(dotted, columns), *names, *sums]) + "\n"
    for chain in question.every():
        yield from _listed_chain(chain, columns, [window for _, window in windows])


def _listed_chain(chain: Chain, columns: Sequence[Place], windows: Sequence[Window]) -> Iterator[str]:
    """Yield the lines of one chain. The columns of the globals come first, then those of each link."""
    on_links = [[path for path in columns if any(path in option for option in link.options)] for link in chain.links]
    outer = [path for path in columns if not any(path in paths for paths in on_links)]
    starts = {
        reads: [csv_line([plain_value(shown.get(path)) for path in outer])] if outer else []
        for reads, shown in chain.shown.items()
    }
    texts = [
        [csv_line([plain_value(option.get(path)) for path in paths]) for option in link.options]
        for link, paths in zip(chain.links, on_links, strict=True)
    ]
    for block in blocks(chain, windows):
        chosen = block.within(windows)
        edges = block.edges(chosen)
        parts = [
            [text[option] for option in link.option[edges[:, at]].tolist()]
            for at, (link, text, paths) in enumerate(zip(chain.links, texts, on_links, strict=True))
            if paths
        ]
        start = [starts[Reads(reads)] for reads in chain.reads(edges).tolist()]
        figures = block.figures(chosen).tolist()
        yield "".join(
            ",".join([*outer_cells, *map(str, line)]) + "\n"
            for outer_cells, *line in zip(start, *parts, *figures, strict=True)
        )
