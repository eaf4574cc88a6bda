"""The options that only networks in code have, besides --arg and --inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import typer

HandlesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--handles",
        metavar="FILE",
        help="Python file with formulas for operators, marked by @mfprofile.handle. It is imported. Repeatable.",
    ),
]


@dataclass(frozen=True, slots=True)
class Code:
    """Options of networks in code: `handles` are files with formulas for operators."""

    handles: Sequence[str] = ()

    def given(self) -> Iterator[tuple[str, str]]:
        """Yield the name of each option that is given, and what a spec has instead."""
        if self.handles:
            yield "--handles", "all ops of a spec are known"


CODE: Mapping[str, tuple[Any, Any]] = MappingProxyType({"handles": (HandlesOption, None)})
"""The options as a `Group` lists them."""


def code(handles: Sequence[str] | None = None) -> Code:
    """Return the options of networks in code."""
    return Code(handles or ())
