"""The command explain."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import parts
from mfprofile.cli.options import Changes, ConventionName, FormOptions, Spec

PARTS = ("tokens", "stem", "final", "head")
"""What is not a block, by name."""


def command(
    spec: Spec,
    block: Annotated[
        str,
        typer.Option(
            "--block",
            metavar="NUMBER|NAME",
            help="Number of the block, from 1, with 'repeat' expanded; or tokens, stem, final, head.",
            autocompletion=parts,
        ),
    ],
    *,
    changes: Changes,
    convention: ConventionName = "core",
    form: FormOptions,
) -> None:
    """Show one block op by op, as formulas with their numbers.

    Examples:
        mfprofile explain mf294m --block 7
        mfprofile explain mf294m --block head --convention paper

    The stem, the table of tokens, the final bridge and the head are shown in the same way.
    """
    from mfprofile.cost.conventions import find_convention
    from mfprofile.cost.explain import explained
    from mfprofile.spec.layout import resolve
    from mfprofile.spec.load import load
    from mfprofile.view.formula import explained_table
    from mfprofile.view.tables import render, show

    network = resolve(load(spec, changes))
    rows, values = explained(network, block.strip(), convention)
    unit = find_convention(convention).unit
    what = next((f"block {block}: {each.kind}" for each in network.blocks if str(each.number) == block.strip()), block)
    heading = f"{network.name}, {what}; {unit} in convention '{convention}'"
    show(render(explained_table(rows, values, heading, unit), form))
