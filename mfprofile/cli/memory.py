"""The command memory."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import axes, dtypes
from mfprofile.cli.options import Changes, ConventionName, FormOptions, Specs, load_all


def command(
    specs: Specs,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="Group by block (default), stage, pillar, kind or op.",
            autocompletion=axes,
        ),
    ] = None,
    batch: Annotated[int, typer.Option("--batch", metavar="IMAGES", help="Images per batch.")] = 1,
    dtype: Annotated[
        str,
        typer.Option(
            "--dtype",
            metavar="TYPE",
            help="Type of all values: float32, float16, bfloat16 or int8.",
            autocompletion=dtypes,
        ),
    ] = "float32",
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Let norms, activations and additions overwrite their input.")
    ] = False,
    *,
    changes: Changes,
    convention: ConventionName = "core",
    form: FormOptions,
) -> None:
    """Report the memory of one inference.

    Lists activations, bytes moved and the peak of live memory. Bytes moved are the inputs, parameters and output of
    each op, each counted once. Arithmetic intensity is MAdds per byte moved. A tensor is live until the last op that
    reads it has run. Several specs get one line each.

    Example: mfprofile memory mf294m --batch 8 --dtype float16
    """
    from mfprofile.cost.bill import count
    from mfprofile.cost.memory import Inference
    from mfprofile.view.memory import memory_text
    from mfprofile.view.tables import show

    bills = [count(spec, convention) for spec in load_all(specs, changes)]
    show(memory_text(bills, by, Inference(batch, dtype, in_place), form))
