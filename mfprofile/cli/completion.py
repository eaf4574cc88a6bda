"""Completions for the TAB key of a shell. The tables behind them are imported only then.

Typer drops the names that do not start with the typed text. If none is left, the shell offers files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module


def names_in(table: str) -> Callable[[], list[str]]:
    """Return a completion with the names in a table, written `module:TABLE`.

    >>> names_in("spec.names:AXES")()
    ['block', 'stage', 'pillar', 'kind', 'op']
    """
    module, _, name = table.partition(":")
    return lambda: list(getattr(import_module(f"mfprofile.{module}"), name))


axes = names_in("spec.names:AXES")
dtypes = names_in("cost.memory:DTYPES")


def specs(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the shipped specs, each with its description, and the YAML files that start with `incomplete`."""
    yield from _sources("specs", incomplete)


def spaces(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the shipped spaces and the YAML files, as `specs` does."""
    yield from _sources("spaces", incomplete)


def devices() -> list[str]:
    """Return the shipped latency models."""
    from mfprofile.spec.sources import shipped

    return list(shipped("devices"))


def quantities() -> list[str]:
    """Return the names of the quantities that a search can compare."""
    from mfprofile.spec.names import SUMS

    return list(SUMS)


def _sources(kind: str, incomplete: str) -> Iterator[tuple[str, str]]:
    from glob import escape, iglob

    from mfprofile.spec.sources import about, shipped

    for name, file in shipped(kind).items():
        if name.startswith(incomplete):
            yield name, about(file)
    for suffix in ("yaml", "yml"):
        files = iglob(f"{escape(incomplete)}*.{suffix}")  # noqa: PTH207 - the text as typed
        yield from ((file, "") for file in sorted(files))


def targets() -> list[str]:
    """Return the prefixes of targets. The names after them are in libraries that completion must not import."""
    return ["timm:", "torchvision:", "transformers:"]


def conventions() -> Iterator[tuple[str, str]]:
    """Yield the conventions, each with its description."""
    from mfprofile.cost.conventions import CONVENTIONS, FILE_CONVENTIONS

    yield from ((name, convention.about) for name, convention in {**CONVENTIONS, **FILE_CONVENTIONS}.items())


def counters() -> list[str]:
    """Return the counters that `verify` can run, without importing torch. Each has a convention of its name."""
    from mfprofile.cost.conventions import CONVENTIONS, FILE_CONVENTIONS

    return [name for name, convention in {**CONVENTIONS, **FILE_CONVENTIONS}.items() if convention.versions]


def tables() -> Iterator[tuple[str, str]]:
    """Yield the paper's tables, each with its title, and the claims and baselines."""
    from mfprofile.paper.tables import TITLES

    yield from TITLES.items()
    yield "claims", "The numbers in the text"
    yield "baselines", "The other networks of Tables 2 to 4, recounted"
