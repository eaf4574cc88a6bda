"""The command formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import axes, names_in
from mfprofile.cli.options import Changes, ConventionName, FormChosen, Spec

if TYPE_CHECKING:
    pass


def command(
    spec: Spec,
    free: Annotated[str, typer.Option("--free", metavar="KEY,...", help="What varies, as tokens.count,tokens.dim.")],
    by: Annotated[
        str, typer.Option("--by", metavar="AXIS", help="block, stage, pillar, kind or op.", autocompletion=axes)
    ] = "pillar",
    style: Annotated[
        str,
        typer.Option(
            "--style", metavar="NAME", help="plain, latex or python.", autocompletion=names_in("view.formula:STYLES")
        ),
    ] = "plain",
    *,
    changes: Changes,
    convention: ConventionName = "core",
    form: FormChosen,
) -> None:
    """Give the exact cost as a polynomial in some keys of a spec.

    The paper's complexities, tested against the arithmetic, are shown by 'mfprofile complexity'.

    Example: mfprofile formula mf294m --free tokens.count,tokens.dim
    """
    from mfprofile.cost.formulas import formulas
    from mfprofile.spec.load import load
    from mfprofile.view.formula import formula_table
    from mfprofile.view.tables import render, show

    loaded = load(spec, changes)
    found = formulas(loaded, [key.strip() for key in free.split(",")], by, convention)
    show(render(formula_table(found, style, loaded.name, by, convention), form))
