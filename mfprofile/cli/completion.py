"""What a shell offers at TAB. The tables it is read from are imported only then.

What does not begin with what is typed, typer leaves out; where nothing is left, the shell offers files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module


def names_in(table: str) -> Callable[[], list[str]]:
    """Return a completion that offers the names in a table, written `module:TABLE`.

    >>> names_in("spec.names:AXES")()
    ['block', 'stage', 'pillar', 'kind', 'op']
    """
    module, _, name = table.partition(":")
    return lambda: list(getattr(import_module(f"mfprofile.{module}"), name))


axes = names_in("spec.names:AXES")
dtypes = names_in("cost.memory:DTYPES")


def specs(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the specs that ship, each with what it says of itself, and the YAML files that begin so."""
    yield from _sources("specs", incomplete)


def spaces(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the spaces that ship, as `specs` does specs."""
    yield from _sources("spaces", incomplete)


def quantities() -> list[str]:
    """Return the names of the quantities that a search compares."""
    from mfprofile.spec.names import SUMS

    return list(SUMS)


def _sources(what: str, incomplete: str) -> Iterator[tuple[str, str]]:
    from glob import escape, iglob

    from mfprofile.spec.sources import about, shipped

    for name, file in shipped(what).items():
        if name.startswith(incomplete):
            yield name, about(file)
    for suffix in ("yaml", "yml"):
        files = iglob(f"{escape(incomplete)}*.{suffix}")  # noqa: PTH207 - text as it was written
        yield from ((file, "") for file in sorted(files))


def targets() -> list[str]:
    """Return how a target may begin; their names are in libraries and code, which nothing imports at TAB."""
    return ["timm:", "torchvision:"]


def conventions() -> Iterator[tuple[str, str]]:
    """Yield the conventions, each with what it counts."""
    from mfprofile.cost.conventions import CONVENTIONS

    yield from ((name, convention.about) for name, convention in CONVENTIONS.items())


def counters() -> list[str]:
    """Return the counters that `verify` can run: a convention of each is named like it. Loads no torch."""
    from mfprofile.cost.conventions import CONVENTIONS

    return [name for name, convention in CONVENTIONS.items() if convention.versions]


def tables() -> Iterator[tuple[str, str]]:
    """Yield the paper's tables, each with its title, its claims and the baselines."""
    from mfprofile.paper.tables import TITLES

    yield from TITLES.items()
    yield "claims", "The numbers in the text"
    yield "baselines", "The networks of others, recounted"
