"""The commands of the paper: paper, formula, complexity, explain and report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import axes, conventions, names_in, tables
from mfprofile.cli.options import (
    AsCsv,
    AsJson,
    AsMarkdown,
    ConventionName,
    Input,
    Settings,
    Spec,
    assigned,
    chosen_form,
    need_torch,
    tell,
)
from mfprofile.spec.problems import InputError

if TYPE_CHECKING:
    from mfprofile.paper.baselines import Recount


def paper(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE...]",
            help="2 to 9 or 11, 'claims' or 'baselines'; all tables if none.",
            autocompletion=tables,
        ),
    ] = None,
    convention: Annotated[
        str | None,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="Count in this one too, beside the inferred one.",
            autocompletion=conventions,
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a cell that held is lost.")] = False,
    recount: Annotated[
        bool, typer.Option("--recount", help="Build and count the baselines anew: needs pip install '.[baselines]'.")
    ] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Set the paper's tables beside our counts, cell by cell.

    Counted in the conventions that were inferred from the tables themselves: paper, and paper-coco for Table 4.
    'claims' are the numbers in its text. 'baselines' are the networks of others in Tables 2 to 4: those that a library
    builds are recounted in core, beside what is printed; the others stand as printed.

    Example: mfprofile paper 7 8 --convention core
    """
    from mfprofile.view.paper import paper_text
    from mfprofile.view.tables import show

    form = chosen_form(as_json, as_csv, as_markdown)
    found = _recounted(tables or []) if recount else None
    text, lost = paper_text(tables or [], convention, form, found)
    show(text)
    if strict and lost:
        sys.stderr.write("".join(f"lost: Table {cell.table}, {cell.model}, {cell.column}\n" for cell in lost))
        raise typer.Exit(1)


def _recounted(tables: list[str]) -> Sequence[Recount]:
    """Return the baselines' counts, made anew."""
    if "baselines" not in (name.lower() for name in tables):
        raise InputError("--recount is for baselines alone: mfprofile paper baselines --recount")
    need_torch("paper baselines --recount", "baselines")
    from mfprofile.view.baselines import recount_anew

    return recount_anew(tell)


def formula(
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
    settings: Settings = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Give the exact cost as a polynomial in some keys of a spec.

    The paper's complexities, tested against the arithmetic, are shown by 'mfprofile complexity'.

    Example: mfprofile formula mf294m --free tokens.count,tokens.dim
    """
    from mfprofile.cost.formulas import formulas
    from mfprofile.spec.load import load
    from mfprofile.view.formula import formula_table
    from mfprofile.view.tables import render, show

    loaded = load(spec, assigned(settings, input_size))
    found = formulas(loaded, [key.strip() for key in free.split(",")], by, convention)
    show(render(formula_table(found, style, loaded.name, by, convention), chosen_form(as_json, as_csv, as_markdown)))


def complexity(as_json: AsJson = False, as_csv: AsCsv = False, as_markdown: AsMarkdown = False) -> None:
    """Test the complexities that the paper states against the arithmetic.

    Example: mfprofile complexity
    """
    from mfprofile.view.formula import complexity_table
    from mfprofile.view.tables import render, show

    show(render(complexity_table(), chosen_form(as_json, as_csv, as_markdown)))


def explain(
    spec: Spec,
    block: Annotated[int, typer.Option("--block", metavar="NUMBER", help="The block, from 1 after 'repeat'.")],
    settings: Settings = None,
    input_size: Input = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Tell one block op by op, as formulas with the numbers put in.

    Example: mfprofile explain mf294m --block 7
    """
    from mfprofile.cost.explain import explained
    from mfprofile.spec.load import load
    from mfprofile.spec.network import resolve
    from mfprofile.view.formula import explained_table
    from mfprofile.view.tables import render, show

    network = resolve(load(spec, assigned(settings, input_size)))
    rows, values = explained(network, block)
    heading = f"{network.name}, block {block}: {network.blocks[block - 1].kind}; MAdds in convention 'core'"
    show(render(explained_table(rows, values, heading), chosen_form(as_json, as_csv, as_markdown)))


def report(
    folder: Annotated[str, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write.")] = "reports",
) -> None:
    """Write the reports: the paper's tables beside our counts, pictures, and the seven models' pages.

    Example: mfprofile report -o reports
    """
    from mfprofile.view.report import write_reports

    for file in write_reports(folder):
        tell(f"wrote {file}")
