"""The command diff."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import (
    ArgumentsGiven,
    AsCsv,
    AsJson,
    AsMarkdown,
    ConventionName,
    InputsOfEither,
    chosen_form,
)
from mfprofile.cli.subjects import both, checked
from mfprofile.spec.problems import InputError

FROM = "What it was: a name of 'mfprofile list', a path, - for stdin, or what 'audit' takes."
TO = "What it is now, the same; left out, it is A with what --set or --arg changes."


def command(
    a: Annotated[str, typer.Argument(metavar="A", help=FROM)],
    b: Annotated[str | None, typer.Argument(metavar="B", help=TO)] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a key of B, as tokens.dim=128 or blocks.8.out=112."),
    ] = None,
    inputs: InputsOfEither = None,
    arguments: ArgumentsGiven = None,
    depth: Annotated[int, typer.Option("--depth", metavar="N", help="Of networks in code: how deep in modules.")] = 2,
    convention: ConventionName = "core",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Tell what was gained and lost from A to B, by pillar and by block.

    Blocks are aligned where depth differs, and what changed is put in words; 'count A B' sets bills side by side as
    they are numbered. --input holds for both, --set for B alone. Markdown is made for a comment on a pull request.

    Two networks in code, as net.py:Net or timm:NAME, are imported and run as by 'audit', and compared by the paths of
    their modules; --arg holds for B alone.

    Example: mfprofile diff mf294m mf294m-no-ffn --markdown
    """
    from mfprofile.budget.difference import difference
    from mfprofile.view.difference import difference_text
    from mfprofile.view.tables import show

    form = chosen_form(as_json, as_csv, as_markdown)
    if depth < 0:
        raise InputError(f"--depth {depth}: must be 0 or more")
    given = checked([a, *([b] if b else [])], settings, inputs, arguments)
    before, after = both("diff", a, b, given, convention)
    show(difference_text(difference(before, after, depth), form))
