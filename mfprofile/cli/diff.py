"""The command diff."""

from __future__ import annotations

from typing import Annotated

import typer

from mfprofile.cli.options import ConventionName, FormChosen
from mfprofile.cli.subjects import NetworksGiven, both, refuse_misplaced
from mfprofile.spec.problems import InputError

FROM = "What it was: a name of 'mfprofile list', a path, - for stdin, or what 'audit' takes."
TO = "What it is now, the same; left out, it is A with what --set or --arg changes."


def command(
    a: Annotated[str, typer.Argument(metavar="A", help=FROM)],
    b: Annotated[str | None, typer.Argument(metavar="B", help=TO)] = None,
    depth: Annotated[int, typer.Option("--depth", metavar="N", help="Of networks in code: how deep in modules.")] = 2,
    *,
    given: NetworksGiven,
    convention: ConventionName = "core",
    form: FormChosen,
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

    if depth < 0:
        raise InputError(f"--depth {depth}: must be 0 or more")
    refuse_misplaced([a, *([b] if b else [])], given)
    before, after = both("diff", a, b, given, convention)
    show(difference_text(difference(before, after, depth), form))
