"""The command plot attention, the only picture that needs torch."""

from __future__ import annotations

import warnings
from typing import Annotated, Literal

import typer

from mfprofile.cli.completion import words
from mfprofile.cli.options import Changes, Spec, need_torch, notify
from mfprofile.cli.plot.options import LookOptions, Output, check_ending, write
from mfprofile.errors import CheckpointWarning, InputError


def command(
    spec: Spec,
    image: Annotated[str, typer.Option("--image", metavar="FILE", help="Image file. It is scaled and center-cropped.")],
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="FILE", help="Weights in the released layout.")
    ] = None,
    blocks: Annotated[
        str | None,
        typer.Option(
            "--blocks",
            metavar="N,...|all",
            help="Numbers of blocks, or 'all' (default 3,5,8,12).",
            autocompletion=words("all"),
        ),
    ] = None,
    token: Annotated[
        int | None,
        typer.Option("--token", metavar="N", help="Only this token, from 1, in each block (default: all tokens)."),
    ] = None,
    output: Output = None,
    *,
    look: LookOptions,
    changes: Changes,
) -> None:
    """Draw the attention of both bridges on an image.

    Examples:
        mfprofile plot attention mf294m --image horse.jpg
        mfprofile plot attention mf26m --image horse.jpg --checkpoint mf26m.pth

    The layout is that of the paper's Figures 4 to 7: a column for each token, a row for each head of a block.
    Without a checkpoint the weights are random, and the picture says so. Needs torch (pip install '.[torch]').
    """
    from mfprofile.spec.load import load
    from mfprofile.spec.reading import file_named

    check_ending(output)
    files = file_named(image, "--image"), None if checkpoint is None else file_named(checkpoint, "--checkpoint")
    loaded = load(spec, changes)
    need_torch("plot attention")
    from mfprofile.view.plots.attention import attention

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CheckpointWarning)
        picture = attention(look, loaded, *files, _numbers(blocks), token)
    for each in caught:
        notify(f"note: {each.message}")
    write(picture, "attention", output, look)


def _numbers(text: str | None) -> list[int] | Literal["all"] | None:
    """Return the blocks that --blocks names. Raise `InputError` for text that is not a list of numbers."""
    if text is None:
        return None
    if text == "all":
        return "all"
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 6 for part in parts):
        raise InputError(f"--blocks {text}: must be numbers of blocks, such as 3,5,8,12, or all")
    return [int(part) for part in parts]
