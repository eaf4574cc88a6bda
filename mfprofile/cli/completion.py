"""Completions for the TAB key of a shell. The tables behind them are imported only then.

Typer drops the names that do not start with the typed text. If none is left, the shell offers files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from typer import Context


def names_in(table: str) -> Callable[[], list[str]]:
    """Return a completion with the names in a table, written `module:TABLE`.

    >>> names_in("spec.names:AXES")()
    ['block', 'stage', 'pillar', 'kind', 'op']
    """
    module, _, name = table.partition(":")
    return lambda: list(getattr(import_module(f"mfprofile.{module}"), name))


def words(*names: str) -> Callable[[], list[str]]:
    """Return a completion with a few words, beside which an option takes other text."""
    return lambda: list(names)


axes = names_in("spec.names:AXES")
dtypes = names_in("cost.memory:DTYPES")


def specs(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the shipped specs, each with its description, and the YAML files that start with `incomplete`."""
    yield from _sources("specs", incomplete)


def spaces(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the shipped spaces and the YAML files, as `specs` does."""
    yield from _sources("spaces", incomplete)


def spaces_and_specs(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the shipped spaces, the shipped specs and the YAML files."""
    yield from dict([*spaces(incomplete), *specs(incomplete)]).items()


def networks(incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield the specs, then the prefixes of targets."""
    yield from specs(incomplete)
    yield from ((prefix, "A network of this library") for prefix in targets())


def devices() -> list[str]:
    """Return the shipped latency models."""
    from mfprofile.spec.sources import shipped

    return list(shipped("devices"))


def quantities() -> list[str]:
    """Return the names of the quantities that a search can compare."""
    from mfprofile.spec.names import SUMS

    return list(SUMS)


def limits() -> list[str]:
    """Return the quantities that a budget can limit, each with the sign after it."""
    from mfprofile.spec.names import QUANTITIES

    return [f"{name}=" for name in QUANTITIES]


def budgets() -> list[str]:
    """Return the budgets of the nearest pyproject.toml, or none if it cannot be read."""
    from mfprofile.budget.config_file import nearest_config
    from mfprofile.errors import InputError

    try:
        config = nearest_config()
    except InputError:
        return []
    return [] if config is None else list(config.budgets)


def windows() -> list[str]:
    """Return the quantities that a window can be on, each with the sign after it."""
    return [f"{name}=" for name in quantities()]


def keys() -> Iterator[str]:
    """Yield the keys of a spec with one value each, but for those of blocks."""
    from mfprofile.cli.keys import spec_keys

    yield from spec_keys()


def settings(incomplete: str) -> list[str]:
    """Return the keys that can be set, each with the sign after it; those of a block behind its number."""
    from mfprofile.cli.keys import block_keys, spec_keys

    return [f"{key}=" for key in (*spec_keys(), *block_keys(incomplete))]


def free_keys(incomplete: str) -> list[str]:
    """Return the keys that can be free in a formula, behind those that are typed already."""
    from mfprofile.cost.formulas import LETTERS

    typed, comma, _ = incomplete.rpartition(",")
    return [f"{typed}{comma}{key}" for key in LETTERS if key not in typed.split(",")]


def columns(ctx: Context, incomplete: str) -> list[str]:
    """Return the columns of the tables of a command, behind those that are typed already.

    The choices of a space are columns of its variants.
    """
    from mfprofile.cli.columns import COLUMNS, OF_VARIANTS
    from mfprofile.cli.keys import choice_names

    typed, comma, _ = incomplete.rpartition(",")
    command = ctx.command_path.partition(" ")[2]
    names = COLUMNS.get(command, ())
    if command in OF_VARIANTS:
        names = (*names, *choice_names(ctx.params.get("space") or next(iter(ctx.args), "")))
    return [f"{typed}{comma}{name}" for name in names if name not in typed.split(",")]


def parts(ctx: Context) -> list[str]:
    """Return what `explain --block` takes: the numbers of the blocks of the spec on the line, then the other parts.

    Without a spec the numbers are those of mf294m. A spec that cannot be read, and standard input, have none here.
    """
    from mfprofile.cli.explain import PARTS
    from mfprofile.cli.keys import block_numbers

    given = ctx.params.get("spec") or next(iter(ctx.args), "mf294m")  # before an option without its value it is in args
    return [*block_numbers(given, ctx.params.get("settings") or ()), *PARTS]


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
