"""The command explain."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import Changes, FormOptions, Spec


def command(
    spec: Spec,
    block: Annotated[
        int, typer.Option("--block", metavar="NUMBER", help="Number of the block, from 1, with 'repeat' expanded.")
    ],
    *,
    changes: Changes,
    form: FormOptions,
) -> None:
    """Show one block op by op, as formulas with their numbers.

    Example: mfprofile explain mf294m --block 7
    """
    from mfprofile.cost.explain import explained
    from mfprofile.spec.layout import resolve
    from mfprofile.spec.load import load
    from mfprofile.view.formula import explained_table
    from mfprofile.view.tables import render, show

    network = resolve(load(spec, changes))
    rows, values = explained(network, block)
    heading = f"{network.name}, block {block}: {network.blocks[block - 1].kind}; MAdds in convention 'core'"
    show(render(explained_table(rows, values, heading), form))
