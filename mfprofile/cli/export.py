"""The command export."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from mfprofile.cli.completion import names_in, words
from mfprofile.cli.options import AsJson, Changes, Spec, need_packages, notify, report_file
from mfprofile.errors import CheckpointWarning, InputError
from mfprofile.spec.words import EMPTY

ANY = "any"
"""The batch that is free."""


def command(
    spec: Spec,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Output file; it ends in .onnx.")],
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="FILE", help="Weights in the released layout.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, max=2**32 - 1, help="Seed of random weights (default 0)."),
    ] = None,
    batch: Annotated[
        str,
        typer.Option(
            "--batch",
            metavar="N|any",
            help="Images per run of the file, or any: a free batch.",
            autocompletion=words("any"),
        ),
    ] = "1",
    dtype: Annotated[
        str,
        typer.Option(
            "--dtype",
            metavar="TYPE",
            help="Type of weights, input and outputs: float32 or float16.",
            autocompletion=names_in("measure.onnx_file:DTYPES"),
        ),
    ] = "float32",
    as_json: AsJson = False,
    *,
    changes: Changes,
) -> None:
    """Write the torch model of a spec as an ONNX file.

    Examples:
        mfprofile export mf294m -o mf294m.onnx
        mfprofile export mf26m --checkpoint mf26m.pth --batch any -o mf26m.onnx

    The file is compared with torch in ONNX Runtime on random images, and written only if every output agrees.
    Without a checkpoint the weights are random. Nodes and weights keep the paths of their modules, so 'mfprofile
    audit' counts in the file what 'mfprofile count' counts. Needs torch, onnx and onnxruntime: pip install
    '.[latency]'.
    """
    from mfprofile.files import check, write_bytes
    from mfprofile.spec.load import load
    from mfprofile.spec.reading import file_named

    _check_ending(output)
    check(output)
    images = _images(batch)
    if checkpoint is not None and seed is not None:
        raise InputError("--seed is of random weights, but --checkpoint gives weights; remove one of them")
    weights = None if checkpoint is None else file_named(checkpoint, "--checkpoint")
    loaded = load(spec, changes)
    need_packages("export", "latency", "torch", "onnx", "onnxruntime")
    from mfprofile.measure.onnx_file import onnx_file
    from mfprofile.view.onnx_file import differences, onnx_file_text
    from mfprofile.view.tables import show

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CheckpointWarning)
        file = onnx_file(loaded, weights, seed=seed or 0, batch=images, dtype=dtype)
    for each in caught:
        notify(f"note: {each.message}")
    if file.agrees:
        write_bytes(output, file.content)
    show(onnx_file_text(file, output, as_json))
    if not file.agrees:
        notify("\n".join(f"error: {output}: not written: {difference}" for difference in differences(file)))
        raise typer.Exit(1)
    report_file(output)


def _check_ending(output: str) -> None:
    """Raise `InputError` for a file name that does not end in .onnx, and for stdout."""
    if output == "-":
        raise InputError("-o -: an ONNX file cannot be written to stdout; use a file that ends in .onnx")
    if output and Path(output).suffix.lower() != ".onnx":
        raise InputError(f"{output}: must end in .onnx")


def _images(text: str) -> int | None:
    """Return the batch that --batch gives, or None if it is free."""
    if text == ANY:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text)):
        raise InputError(f"--batch {text or EMPTY}: must be a whole number from 1 to 99999, or any")
    return int(text)
