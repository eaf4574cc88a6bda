"""The command memory."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import axes, dtypes
from mfprofile.cli.options import Changes, ConventionName, FormChosen, Specs, once


def command(
    specs: Specs,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="AXIS", help="block (the default), stage, pillar, kind or op.", autocompletion=axes
        ),
    ] = None,
    batch: Annotated[int, typer.Option("--batch", metavar="IMAGES", help="How many images are run at once.")] = 1,
    dtype: Annotated[
        str,
        typer.Option(
            "--dtype", metavar="TYPE", help="Of every value: float32, float16, bfloat16 or int8.", autocompletion=dtypes
        ),
    ] = "float32",
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Norms, activations and additions write over what they read.")
    ] = False,
    *,
    changes: Changes,
    convention: ConventionName = "core",
    form: FormChosen,
) -> None:
    """Tell the memory of an inference: activations, bytes moved, and the peak of what is live.

    Bytes moved are each op's inputs, parameters and output, each once; MAdds a byte of those are its arithmetic
    intensity. A tensor is live until the last op that reads it has run. Several specs get a line each.

    Example: mfprofile memory mf294m --batch 8 --dtype float16
    """
    from mfprofile.cost.bill import count
    from mfprofile.cost.memory import Inference
    from mfprofile.spec.load import load
    from mfprofile.view.memory import memory_text
    from mfprofile.view.tables import show

    bills = [count(load(spec, changes), convention) for spec in once(specs)]
    show(memory_text(bills, by, Inference(batch, dtype, in_place), form))
