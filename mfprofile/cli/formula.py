"""The command formula."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import axes, free_keys, names_in
from mfprofile.cli.options import Changes, ConventionName, FormOptions, Spec


def command(
    spec: Spec,
    free: Annotated[
        str,
        typer.Option(
            "--free",
            metavar="KEY,...",
            help="The free keys, such as tokens.count,tokens.dim, or their symbols: M,d.",
            autocompletion=free_keys,
        ),
    ],
    by: Annotated[
        str,
        typer.Option("--by", metavar="AXIS", help="Group by block, stage, pillar, kind or op.", autocompletion=axes),
    ] = "pillar",
    style: Annotated[
        str,
        typer.Option(
            "--style",
            metavar="NAME",
            help="plain, latex or python. With --latex, it is latex.",
            autocompletion=names_in("view.formula:STYLES"),
        ),
    ] = "plain",
    *,
    changes: Changes,
    convention: ConventionName = "core",
    form: FormOptions,
) -> None:
    """Print the exact cost as a polynomial in some keys.

    Examples:
        mfprofile formula mf294m --free tokens.count,tokens.dim
        mfprofile formula mf294m --free M,d --by stage --style latex

    'mfprofile complexity' checks the complexities that the paper gives.
    """
    from mfprofile.cost.formulas import formulas
    from mfprofile.spec.load import load
    from mfprofile.view.formula import INLINE, STYLES, formula_table, formula_text
    from mfprofile.view.tables import show

    loaded = load(spec, changes)
    polynomials = formulas(loaded, [key.strip() for key in free.split(",")], by, convention)
    style = INLINE if form.name == "latex" and style in STYLES else style
    table = formula_table(polynomials, style, loaded.name, by, convention)
    show(formula_text(table, style, form))
