"""How a query of `explore` runs: on which workers, with how much RAM, and with which folder to go on from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.groups import Group
from mfprofile.cli.options import notify
from mfprofile.errors import InputError

if TYPE_CHECKING:
    from mfprofile.explore.resume import Resumable
    from mfprofile.explore.space import Space

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

    def refuse_with(self, option: str) -> None:
        """Raise `InputError` if workers or a folder to resume from are given beside an option that needs neither."""
        for name, value in (("--workers", self.workers), ("--dask", self.dask), ("--resume", self.resume)):
            if value is not None:
                raise InputError(f"{name} cannot be combined with {option}, which needs no workers; remove {name}")

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
