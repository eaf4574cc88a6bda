"""The command plot attention, the one picture that needs torch."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from mfprofile.cli.options import Changes, Spec, need_torch
from mfprofile.cli.plot.options import LookGiven, Output, checked, written
from mfprofile.spec.problems import InputError


def command(
    spec: Spec,
    image: Annotated[
        str, typer.Option("--image", metavar="FILE", help="An image; it is scaled, and cut in the middle.")
    ],
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="FILE", help="Weights in the released layout.")
    ] = None,
    blocks: Annotated[
        str | None, typer.Option("--blocks", metavar="N,...", help="Which blocks, or 'all'; 3,5,8,12 by default.")
    ] = None,
    token: Annotated[
        int | None, typer.Option("--token", metavar="N", help="One token, from 1, over the blocks: all by default.")
    ] = None,
    output: Output = None,
    *,
    look: LookGiven,
    changes: Changes,
) -> None:
    """Draw both bridges' attention on an image, as the paper's Figures 4 to 7.

    A column is a token and a row a head of a block. Without a checkpoint weights are random, and the picture says so.
    Needs the extra torch (pip install '.[torch]').

    Example: mfprofile plot attention mf294m --image horse.jpg --checkpoint mf294m.pth
    """
    from mfprofile.spec.load import load

    checked(output)
    loaded = load(spec, changes)
    need_torch("plot attention")
    from mfprofile.view.plots.attention import attention

    written(attention(look, loaded, image, checkpoint, _numbers(blocks), token), "attention", output, look)


def _numbers(text: str | None) -> list[int] | Literal["all"] | None:
    """Return the blocks that --blocks names; raises `InputError` for what is no list of numbers."""
    if text is None:
        return None
    if text == "all":
        return "all"
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 6 for part in parts):
        raise InputError(f"--blocks {text}: must be numbers of blocks, as 3,5,8,12, or all")
    return [int(part) for part in parts]
