"""What the questions to a space share on the command line: options, what they mean, and who does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mfprofile.cli.completion import quantities, spaces
from mfprofile.cli.groups import Group
from mfprofile.spec.problems import InputError

if TYPE_CHECKING:
    from mfprofile.explore.front import Aim
    from mfprofile.explore.quantity import Quantity
    from mfprofile.explore.space import Space
    from mfprofile.explore.variant import Variant
    from mfprofile.spec.quantities import Window

SpaceName = Annotated[
    str,
    typer.Argument(
        metavar="SPACE",
        help="A name of 'mfprofile explore spaces', a path, or - for stdin.",
        autocompletion=spaces,
    ),
]


def aims(minimize: list[str] | None, maximize: list[str] | None) -> list[Aim]:
    """Return what is to be least, then what is to be most."""
    from mfprofile.explore.front import Aim
    from mfprofile.explore.quantity import quantity_of

    return [
        Aim(quantity_of(name), most) for names, most in ((minimize, False), (maximize, True)) for name in names or ()
    ]


def pair(minimize: list[str] | None, maximize: list[str] | None) -> tuple[Aim, Aim]:
    """Return a front's two quantities: least madds and most params, if none is asked for."""
    given = aims(minimize, maximize) or aims(["madds"], ["params"])
    if len(given) != 2:
        raise InputError(f"a front is of two quantities, not {len(given)}: give --minimize and --maximize twice in all")
    return given[0], given[1]


def front_of(
    space: Space, given: tuple[Aim, Aim], limits: Sequence[tuple[Quantity, Window]], convention: str, labor: Labor
) -> list[Variant]:
    """Return a space's front, found by the workers that are asked for."""
    from mfprofile.explore.front import front

    with labor.begun() as (executor, progress):
        return front(space, given, limits, convention, labor.room, executor, progress)


def _windows(
    madds: str | None, params: str | None, activations: str | None, within: list[str] | None
) -> list[tuple[Quantity, Window]]:
    """Return the windows that the options give; raises `InputError` for what is none, and for one given twice."""
    from mfprofile.explore.quantity import quantity_of, refuse_twice
    from mfprofile.spec.quantities import window

    given = [("madds", madds, "--madds"), ("params", params, "--params"), ("activations", activations, "--activations")]
    for text in within or ():
        name, equals, limits = text.rpartition("=")
        if not equals:
            raise InputError(f"--within {text}: must be QUANTITY=LEAST:MOST, as in former.madds=:20M")
        given.append((name, limits, f"--within {text}"))
    found: list[tuple[Quantity, Window]] = []
    for name, limits_text, option in given:
        if limits_text is None:
            continue
        try:
            quantity, limits_found = quantity_of(name), window(limits_text, signed=True)
        except InputError as error:
            raise InputError(f"{option}: {error}" if name in option else f"{option} {error}") from None
        found.append((quantity, limits_found))
    refuse_twice(found)
    return found


@dataclass(frozen=True, slots=True)
class Labor:
    """Who does the work of a query: processes of this machine or a Dask cluster, and how much RAM each may take."""

    workers: int | None
    dask: str | None
    ram: str

    @property
    def room(self) -> int:
        """Return how many bytes each worker may take: answers do not depend on how many workers there are."""
        from mfprofile.spec.quantities import quantity

        try:
            return quantity(self.ram, in_bytes=True)
        except InputError as error:
            raise InputError(f"--ram {error}") from None

    @contextmanager
    def begun(self) -> Iterator[tuple[Executor | None, Callable[[int, int], None]]]:
        """Give who does the work, and whom to tell of progress."""
        from mfprofile.explore import pools
        from mfprofile.view.progress import progress_bar

        with progress_bar() as progress:
            if self.dask is not None:
                with pools.cluster(self.dask) as executor:
                    yield executor, progress
            else:
                processes = pools.usable_cpus() if self.workers is None else self.workers
                with pools.workers(processes) as pool:
                    yield pool, progress


def _labor(workers: int | None, dask: str | None, ram: str = "2G") -> Labor:
    if workers is not None and dask is not None:
        raise InputError("--workers and --dask exclude each other: give one")
    labor = Labor(workers, dask, ram)
    assert labor.room >= 0
    return labor


_WINDOWS = {
    "madds": (
        Annotated[str | None, typer.Option("--madds", metavar="LEAST:MOST", help="Window, as 290M:300M or :0.3G.")],
        None,
    ),
    "params": (Annotated[str | None, typer.Option("--params", metavar="LEAST:MOST", help="Window, as :12M.")], None),
    "activations": (
        Annotated[str | None, typer.Option("--activations", metavar="LEAST:MOST", help="Window of elements.")],
        None,
    ),
    "within": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--within",
                metavar="QUANTITY=LEAST:MOST",
                help="Window of another quantity or sum, as 'former.madds + bridge.madds=:30M'. Repeatable.",
            ),
        ],
        None,
    ),
}
Windows = Annotated[list[Any], Group(_WINDOWS, _windows)]
"""The windows that variants must lie in, as pairs of a quantity and its window."""
_WORKERS = {
    "workers": (
        Annotated[
            int | None,
            typer.Option("--workers", metavar="N", min=1, help="Processes; by default one for each CPU it may use."),
        ],
        None,
    ),
    "dask": (
        Annotated[
            str | None, typer.Option("--dask", metavar="ADDRESS", help="A Dask cluster instead, as tcp://HOST:8786.")
        ],
        None,
    ),
}
_RAM = {
    "ram": (
        Annotated[
            str,
            typer.Option("--ram", metavar="BYTES", help="RAM per worker for exact answers; beyond it they are bounds."),
        ],
        "2G",
    )
}
LaborGiven = Annotated[Labor, Group({**_WORKERS, **_RAM}, _labor)]
"""Who does the work, and how much RAM each worker may take."""
WorkersGiven = Annotated[Labor, Group(_WORKERS, _labor)]
"""The same, where RAM does not matter."""
OutputFolder = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="DIR", help="Write each as a YAML spec into a new folder."),
]
Minimize = Annotated[
    list[str] | None,
    typer.Option(
        "--minimize",
        metavar="QUANTITY",
        help="Least is best: madds, former.params, or a sum.",
        autocompletion=quantities,
    ),
]
Maximize = Annotated[
    list[str] | None,
    typer.Option("--maximize", metavar="QUANTITY", help="Most is best.", autocompletion=quantities),
]
