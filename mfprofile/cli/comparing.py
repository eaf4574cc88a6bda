"""The command diff."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.options import AsCsv, AsJson, AsMarkdown, ConventionName, Input, assigned, chosen_form, once
from mfprofile.spec.problems import InputError, printable

if TYPE_CHECKING:
    from mfprofile.spec.model import Spec

FROM = "What it was: a name of 'mfprofile list', a path, or - for stdin."
TO = "What it is now, the same; left out, it is A with what --set changes."


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help=FROM)],
    b: Annotated[str | None, typer.Argument(metavar="B", help=TO)] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a key of B, as tokens.dim=128 or blocks.8.out=112."),
    ] = None,
    input_size: Input = None,
    convention: ConventionName = "core",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Tell what was gained and lost from A to B, by pillar and by block.

    Blocks are aligned where depth differs, and what changed is put in words; 'count A B' sets bills side by side as
    they are numbered. --input holds for both, --set for B alone. Markdown is made for a comment on a pull request.

    Example: mfprofile diff mf294m mf294m-no-ffn --markdown
    """
    from mfprofile.budget.difference import difference
    from mfprofile.cost.counts import count
    from mfprofile.view.difference import difference_text
    from mfprofile.view.tables import show

    form = chosen_form(as_json, as_csv, as_markdown)
    before, after = both(a, b, settings, input_size)
    show(difference_text(difference(count(before, convention), count(after, convention)), form))


def both(a: str, b: str | None, settings: list[str] | None, input_size: str | None) -> tuple[Spec, Spec]:
    """Return the two specs that are compared: B is A where it is left out, with what --set changes.

    Raises `InputError` where there is no second one.
    """
    from mfprofile.spec.load import load

    if b is None and not settings:
        raise InputError("there must be a B, or --set with what B changes of A")
    once([a, b or ""])
    before = load(a, assigned(None, input_size))
    after = load(before if b is None else b, assigned(settings, input_size))
    if settings:
        after = replace(after, name=printable(f"{after.name} with {', '.join(settings)}"))
    return before, after
