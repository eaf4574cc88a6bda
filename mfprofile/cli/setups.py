"""The options that say how networks are run while they are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

import typer

from mfprofile.cli.completion import names_in
from mfprofile.cli.groups import Group
from mfprofile.cli.options import need_packages
from mfprofile.errors import InputError
from mfprofile.measure.setup import Setup, setup_of

MOST_SWEEPS = 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """The options of a run, without its batch."""

    runtime: str | None
    on: str
    threads: int
    dtype: str
    sweeps: int

    def setup(self, batch: int | None) -> Setup:
        """Return the setup of a batch. Raises `InputError` for what it cannot be."""
        return setup_of(self.runtime, self.on, self.threads, self.dtype, batch)

    def check_sweeps(self, least: int, why: str = "") -> None:
        """Raise `InputError` for fewer sweeps than `least`, or too many."""
        if not least <= self.sweeps <= MOST_SWEEPS:
            raise InputError(f"--sweeps {self.sweeps}: must be from {least} to {MOST_SWEEPS:,}{why}")


def need(command: str, setup: Setup, with_torch: bool, more: Sequence[str] = ()) -> None:
    """Raise `InputError` with the command that installs what is missing: torch if needed, the runtime, and `more`."""
    if setup.runtime == "openvino" and find_spec("openvino") is None:
        raise InputError(f"{command} --runtime openvino needs openvino; install it with pip install openvino")
    packages = (*(["torch"] if with_torch else ()), *setup.packages, *more)
    need_packages(command, "latency", *dict.fromkeys(packages))


RunOptions = Annotated[
    Run,
    Group(
        {
            "runtime": (
                Annotated[
                    str | None,
                    typer.Option(
                        "--runtime",
                        metavar="NAME",
                        help="onnxruntime (default), torch (default with --on cuda), or openvino.",
                        autocompletion=names_in("measure.setup:RUNTIMES"),
                    ),
                ],
                None,
            ),
            "on": (
                Annotated[
                    str,
                    typer.Option(
                        "--on",
                        metavar="PLACE",
                        help="Run on cpu or cuda.",
                        autocompletion=names_in("measure.setup:PLACES"),
                    ),
                ],
                "cpu",
            ),
            "threads": (
                Annotated[int, typer.Option("--threads", metavar="N", help="Threads on a CPU.")],
                1,
            ),
            "dtype": (
                Annotated[
                    str,
                    typer.Option(
                        "--dtype",
                        metavar="TYPE",
                        help="float32, float16 or bfloat16.",
                        autocompletion=names_in("measure.setup:DTYPES"),
                    ),
                ],
                "float32",
            ),
            "sweeps": (
                Annotated[int, typer.Option("--sweeps", metavar="N", help="Sweeps over everything that is measured.")],
                40,
            ),
        },
        Run,
    ),
]
"""How networks are run, and how many times everything is visited."""
