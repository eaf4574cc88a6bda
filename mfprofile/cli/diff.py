"""The command diff."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.completion import networks
from mfprofile.cli.counting import Counting
from mfprofile.cli.options import FormOptions
from mfprofile.cli.subjects import NetworkOptions, bills_to_compare, refuse_misplaced
from mfprofile.errors import InputError

FROM = "The first network: a name of 'mfprofile list', a path, - for stdin, or a target of 'audit'."
TO = "The second network, in the same form (default: A changed by --set or --arg)."


def command(
    a: Annotated[str, typer.Argument(metavar="A", help=FROM, autocompletion=networks)],
    b: Annotated[str | None, typer.Argument(metavar="B", help=TO, autocompletion=networks)] = None,
    depth: Annotated[int, typer.Option("--depth", metavar="N", help="Levels of modules of networks in code.")] = 2,
    *,
    options: NetworkOptions,
    convention: Counting,
    form: FormOptions,
) -> None:
    """Show what changed from A to B, by pillar and by block.

    Examples:
        mfprofile diff mf294m mf294m-no-ffn
        mfprofile diff mf294m --set blocks.8.out=112 --markdown

    Blocks are aligned even if the depths differ, and each change is described in words. --input applies to both
    networks, --set and --arg only to B. The Markdown output suits a comment on a pull request.

    Networks in code, such as net.py:Net or timm:NAME, are imported and run as with 'audit', and compared by module.
    A spec and a network in code or in an ONNX file are compared by module if their names agree, else by stage and
    by kind of op. Then --set changes the spec, --arg the network, and --input is for both.
    """
    from mfprofile.budget.difference import difference
    from mfprofile.view.difference import difference_text
    from mfprofile.view.tables import show

    if depth < 0:
        raise InputError(f"--depth {depth}: must be 0 or more")
    refuse_misplaced([a, *([b] if b else [])], options, is_mixed_allowed=True)
    before, after = bills_to_compare("diff", a, b, options, convention)
    show(difference_text(difference(before, after, depth), form))
