"""The options that only networks in code have, besides --arg."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import typer

from mfprofile.errors import InputError

HandlesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--handles",
        metavar="FILE",
        help="Python file with formulas for operators, marked by @mfprofile.handle. It is imported. Repeatable.",
    ),
]
BatchOption = Annotated[
    int | None,
    typer.Option(
        "--batch", metavar="N", help="Batch of the inputs (default 1); for a spec, images per batch, for its memory."
    ),
]
NoBatchOption = Annotated[
    bool,
    typer.Option("--no-batch", help="Use the shapes of --input as they are, without a batch dimension, as for graphs."),
]
ValueOption = Annotated[
    list[str] | None,
    typer.Option(
        "--value",
        metavar="NAME=YAML",
        help="Argument of forward that is not a tensor, such as return_dict=false or mode=fast. Repeatable.",
    ),
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Load model files that can run code when they are loaded: TorchScript, pickles, exported programs.",
    ),
]


@dataclass(frozen=True, slots=True)
class Code:
    """Options of networks in code.

    `handles` are files with formulas for operators. `batch` is that of inputs that are made, and `no_batch` is whether
    they have none. `values` are keyword arguments of forward. With `trust`, model files may run code.
    """

    handles: Sequence[str] = ()
    batch: int | None = None
    no_batch: bool = False
    values: Sequence[str] = ()
    trust: bool = False

    def given(self, without: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
        """Yield the name of each option that is given, and what a spec has instead."""
        reasons = {
            "--handles": (self.handles, "all ops of a spec are known"),
            "--batch": (self.batch is not None, "a spec is counted for one image"),
            "--no-batch": (self.no_batch, "a spec is counted for one image"),
            "--value": (self.values, "a spec is counted without inputs"),
            "--trust": (self.trust, "a spec is data"),
        }
        yield from ((name, why) for name, (is_given, why) in reasons.items() if is_given and name not in without)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Import each file once in a with block. There, the handles apply, and files are trusted if so said."""
        from mfprofile.trace.handle_files import handles_of
        from mfprofile.trace.trust import trusted

        with handles_of(self.handles), trusted(self.trust):
            yield


CODE: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {
        "batch": (BatchOption, None),
        "no_batch": (NoBatchOption, False),
        "values": (ValueOption, None),
        "handles": (HandlesOption, None),
        "trust": (TrustOption, False),
    }
)
"""The options as a `Group` lists them."""


def code(
    handles: Sequence[str] | None = None,
    batch: int | None = None,
    no_batch: bool = False,
    values: Sequence[str] | None = None,
    trust: bool = False,
) -> Code:
    """Return the options of networks in code. Raises `InputError` for a batch below 1, or with --no-batch."""
    if batch is not None and batch < 1:
        raise InputError(f"--batch {batch}: must be 1 or more")
    if batch is not None and no_batch:
        raise InputError("--batch and --no-batch cannot be combined; use one of them")
    return Code(handles or (), batch, no_batch, values or (), trust)
