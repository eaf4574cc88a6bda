"""The commands plot blocks, pillars, sensitivity and waterfall: pictures of one variant or several."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.comparing import both
from mfprofile.cli.completion import names_in, specs
from mfprofile.cli.options import ConventionName, Input, Settings, Spec, assigned, once
from mfprofile.cli.pictures import Columns, Dark, Output, app, checked, look_of, written

Of = Annotated[
    str,
    typer.Option("--of", metavar="QUANTITY", help="madds or params.",
                 autocompletion=names_in("view.plots.waterfall:QUANTITIES")),
]  # fmt: skip


@app.command("blocks")
def plot_blocks(
    spec: Spec,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Draw MAdds and parameters by block, stacked by pillar.

    Example: mfprofile plot blocks mf294m -o blocks.svg
    """
    from mfprofile.cost.counts import count
    from mfprofile.spec.load import load
    from mfprofile.view.plots.blocks import blocks

    checked(output)
    look = look_of(columns, dark)
    bill = count(load(spec, assigned(settings, input_size)), convention)
    written(blocks(look, bill), "blocks", output, look)


@app.command("pillars")
def plot_pillars(
    variants: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC...]",
            help="Names of 'mfprofile list' or paths; the seven models if none.",
            autocompletion=specs,
        ),
    ] = None,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Draw the pillars' shares of MAdds and parameters, of several variants.

    Example: mfprofile plot pillars mf294m mf294m-mlp mf294m-mobile -o pillars.pdf
    """
    from mfprofile.cost.counts import count
    from mfprofile.paper.claims import MODELS
    from mfprofile.spec.load import load
    from mfprofile.view.plots.pillars import pillars

    checked(output)
    look = look_of(columns, dark)
    bills = [count(load(each, assigned(settings, input_size)), convention) for each in once(variants or list(MODELS))]
    written(pillars(look, bills), "pillars", output, look)


@app.command("sensitivity")
def plot_sensitivity(
    spec: Spec,
    of: Of = "madds",
    most: Annotated[int, typer.Option("--top", metavar="N", min=1, help="So many knobs, those that change most.")] = 20,
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Draw what one step of each knob is worth, as a tornado.

    Example: mfprofile plot sensitivity mf294m --top 12 -o sensitivity.svg
    """
    from mfprofile.budget.sensitivity import sensitivity
    from mfprofile.spec.load import load
    from mfprofile.view.plots.tornado import tornado

    checked(output)
    look = look_of(columns, dark)
    found = sensitivity(load(spec, assigned(settings, input_size)), convention, of)
    written(tornado(look, found, most), "sensitivity", output, look)


@app.command("waterfall")
def plot_waterfall(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help="What it was: a name of 'mfprofile list', a path, or - for stdin.", autocompletion=specs
        ),
    ],
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="What it is now, the same; left out, it is A with what --set changes.",
            autocompletion=specs,
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="AXIS", help="block or pillar.", autocompletion=names_in("view.plots.waterfall:AXES")
        ),
    ] = "block",
    of: Of = "madds",
    output: Output = None,
    columns: Columns = 2,
    dark: Dark = False,
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
) -> None:
    """Draw how A's total becomes B's, part by part.

    Blocks are aligned where depth differs, as in 'mfprofile diff'.

    Example: mfprofile plot waterfall mf294m mf214m -o waterfall.svg
    """
    from mfprofile.budget.difference import difference
    from mfprofile.cost.counts import count
    from mfprofile.view.plots.waterfall import waterfall

    checked(output)
    look = look_of(columns, dark)
    bills = [count(spec, convention) for spec in both(a, b, settings, input_size)]
    written(waterfall(look, difference(*bills), by, of), "waterfall", output, look)
