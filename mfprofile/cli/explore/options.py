"""Options that the commands of `explore` share, and the workers of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mfprofile.cli.completion import quantities, spaces
from mfprofile.cli.groups import Group
from mfprofile.cli.options import notify
from mfprofile.errors import InputError

if TYPE_CHECKING:
    from mfprofile.explore.front import Objective
    from mfprofile.explore.quantity import Quantity
    from mfprofile.explore.resume import Resumable
    from mfprofile.explore.space import Space
    from mfprofile.spec.quantities import Window

SpaceName = Annotated[
    str,
    typer.Argument(
        metavar="SPACE",
        help="A name of 'mfprofile explore spaces', a path, or - for stdin.",
        autocompletion=spaces,
    ),
]


def objectives(minimize: list[str] | None, maximize: list[str] | None) -> list[Objective]:
    """Return the quantities to minimize, then those to maximize."""
    from mfprofile.explore.front import Objective
    from mfprofile.explore.quantity import quantity_of

    return [
        Objective(quantity_of(name), most)
        for names, most in ((minimize, False), (maximize, True))
        for name in names or ()
    ]


def goals_of_front(minimize: list[str] | None, maximize: list[str] | None) -> list[Objective]:
    """Return the two or three quantities of a front. By default, madds are minimized and params are maximized."""
    goals = objectives(minimize, maximize) or objectives(["madds"], ["params"])
    if len(goals) not in (2, 3):
        raise InputError(
            f"a front needs two or three quantities, not {len(goals)}; give --minimize or --maximize that often in all"
        )
    return goals


def windows_of(
    madds: str | None, params: str | None, activations: str | None, latency: str | None, within: list[str] | None
) -> list[tuple[Quantity, Window]]:
    """Return the windows of the options. Raise `InputError` for an invalid one, and for a quantity given twice."""
    from mfprofile.explore.quantity import check_duplicates, quantity_of
    from mfprofile.spec.quantities import window

    given = [("madds", madds, "--madds"), ("params", params, "--params"), ("activations", activations, "--activations")]
    given += [("latency", latency, "--latency")]
    for text in within or ():
        name, equals, limits = text.rpartition("=")
        if not equals:
            raise InputError(f"--within {text}: must be QUANTITY=LEAST:MOST, as in former.madds=:20M")
        given.append((name, limits, f"--within {text}"))
    windows: list[tuple[Quantity, Window]] = []
    for name, limits_text, option in given:
        if limits_text is None:
            continue
        try:
            quantity = quantity_of(name)
            entry = quantity, window(limits_text, "time" if quantity.is_timed else "count", signed=True)
        except InputError as error:
            raise InputError(f"{option}: {error}" if name in option else f"{option} {error}") from None
        windows.append(entry)
    check_duplicates(windows)
    return windows


_PROGRAM = 64 << 20  # bytes that a worker holds before it works: Python, numpy, the space


@dataclass(frozen=True, slots=True)
class Resources:
    """How a query runs: on processes of this machine or on a Dask cluster, and with how much RAM for each worker.

    `resume` is the folder that keeps the results of slices, or None.
    """

    workers: int | None
    dask: str | None
    resume: str | None
    ram: str

    @property
    def ram_bytes(self) -> int:
        """Return the bytes for the exact answers of each worker, without what it holds before it works.

        Answers do not depend on the number of workers.
        """
        from mfprofile.spec.quantities import quantity

        try:
            return max(0, quantity(self.ram, "bytes") - _PROGRAM)
        except InputError as error:
            raise InputError(f"--ram {error}") from None

    @contextmanager
    def start(self, space: Space) -> Iterator[tuple[Executor | None, Callable[[int, int], None]]]:
        """Yield the executor for a query of a space, or None without one, and the function to call with progress.

        With a folder to resume from, the end says on stderr what it has.
        """
        from mfprofile.explore import pools
        from mfprofile.explore.resume import Resumable
        from mfprofile.view.exploring import estimated_size
        from mfprofile.view.progress import progress_bar

        processes = pools.usable_cpus() if self.workers is None else self.workers
        resumable = None if self.resume is None else Resumable(self.resume)
        at_a_time = min(processes, max(2, pools.usable_cpus())) if self.dask is None else 0
        with (
            _reported(resumable),
            pools.workers(processes) if self.dask is None else pools.cluster(self.dask) as executor,
            progress_bar(partial(estimated_size, space), "parts", at_a_time=at_a_time) as progress,  # a thread: at last
        ):
            if resumable is not None:
                resumable.executor = executor
            yield executor if resumable is None else resumable, progress


@contextmanager
def _reported(resumable: Resumable | None) -> Iterator[None]:
    """Say on stderr, at the end of a query, what its folder has and how to go on."""
    try:
        yield
    except InputError:
        raise
    except BaseException:
        if resumable is not None:
            notify(f"{resumable}; the same command goes on from there")
        raise
    if resumable is not None:
        notify(f"{resumable}; remove the folder when its queries are done")


def _resources(workers: int | None, dask: str | None, resume: str | None, ram: str = "2G") -> Resources:
    if workers is not None and dask is not None:
        raise InputError("--workers and --dask cannot be combined; use one of them")
    resources = Resources(workers, dask, resume, ram)
    _ = resources.ram_bytes  # an invalid amount is refused now
    return resources


WINDOW_OPTIONS = {
    "madds": (
        Annotated[
            str | None, typer.Option("--madds", metavar="LEAST:MOST", help="Window, such as 290M:300M or :0.3G.")
        ],
        None,
    ),
    "params": (
        Annotated[str | None, typer.Option("--params", metavar="LEAST:MOST", help="Window, such as :12M.")],
        None,
    ),
    "activations": (
        Annotated[
            str | None,
            typer.Option("--activations", metavar="LEAST:MOST", help="Window on the output values of all ops."),
        ],
        None,
    ),
    "latency": (
        Annotated[
            str | None,
            typer.Option(
                "--latency", metavar="LEAST:MOST", help="Window on the predicted latency, such as :12ms or 8ms:12ms."
            ),
        ],
        None,
    ),
    "within": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--within",
                metavar="QUANTITY=LEAST:MOST",
                help="Window on any quantity or sum, such as 'former.madds + bridge.madds=:30M'. Repeatable.",
            ),
        ],
        None,
    ),
}
Windows = Annotated[list[Any], Group(WINDOW_OPTIONS, windows_of)]
"""The windows that variants must lie in, as pairs of a quantity and its window."""
_WORKERS = {
    "workers": (
        Annotated[
            int | None,
            typer.Option("--workers", metavar="N", min=1, help="Number of processes (default: one per usable CPU)."),
        ],
        None,
    ),
    "dask": (
        Annotated[
            str | None,
            typer.Option("--dask", metavar="ADDRESS", help="Use a Dask cluster instead, such as tcp://HOST:8786."),
        ],
        None,
    ),
    "resume": (
        Annotated[
            str | None,
            typer.Option(
                "--resume",
                metavar="DIR",
                help="Keep the parts that are done in this folder, and go on from those it has: for long queries.",
            ),
        ],
        None,
    ),
}
_RAM = {
    "ram": (
        Annotated[
            str,
            typer.Option(
                "--ram", metavar="BYTES", help="Memory per worker for exact answers; beyond it the answer is bounds."
            ),
        ],
        "2G",
    )
}
ResourceOptions = Annotated[Resources, Group({**_WORKERS, **_RAM}, _resources)]
"""How a query runs, and with how much RAM for each worker."""
WorkerOptions = Annotated[Resources, Group(_WORKERS, _resources)]
"""The same for a query that does not depend on RAM."""


def _output_folder(output: str | None) -> str | None:
    """Return the folder. Raise `InputError` or `OutputError`, before the query, for one that cannot be written."""
    from mfprofile.folders import check_new_folder

    if output == "-":
        raise InputError("-o -: variants cannot be written to stdout as files; use a folder, or --json for their specs")
    if output is not None:
        check_new_folder(output)
    return output


OutputFolder = Annotated[
    str | None,
    Group(
        {
            "output": (
                Annotated[
                    str | None,
                    typer.Option(
                        "-o", "--output", metavar="DIR", help="Write each variant as a YAML spec into this new folder."
                    ),
                ],
                None,
            )
        },
        _output_folder,
    ),
]
"""The folder for the variants, or None."""
Minimize = Annotated[
    list[str] | None,
    typer.Option(
        "--minimize",
        metavar="QUANTITY",
        help="Minimize this quantity: madds, former.params, or a sum.",
        autocompletion=quantities,
    ),
]
Maximize = Annotated[
    list[str] | None,
    typer.Option("--maximize", metavar="QUANTITY", help="Maximize this quantity.", autocompletion=quantities),
]
