"""The command diff."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.options import (
    ArgumentsGiven,
    AsCsv,
    AsJson,
    AsMarkdown,
    ConventionName,
    InputsOfEither,
    assigned,
    chosen_form,
    once,
)
from mfprofile.cli.targets import settings_of, tracing
from mfprofile.spec.problems import InputError, printable
from mfprofile.spec.sources import is_target

if TYPE_CHECKING:
    from mfprofile.spec.model import Spec
    from mfprofile.trace.ledger import Trace
    from mfprofile.view.tables import Form

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
    from mfprofile.cost.counts import count
    from mfprofile.view.difference import difference_text
    from mfprofile.view.tables import show

    form = chosen_form(as_json, as_csv, as_markdown)
    if any(map(is_target, (a, b or a))):
        _show_networks(*_traced(a, b, settings, inputs, arguments), convention, depth, form)
        return
    settings_of([a], settings, inputs, arguments)
    before, after = both(a, b, settings, inputs[0] if inputs else None)
    show(difference_text(difference(count(before, convention), count(after, convention)), form))


def _traced(
    a: str, b: str | None, settings: list[str] | None, inputs: list[str] | None, arguments: list[str] | None
) -> tuple[Trace, Trace]:
    """Return the traces of the two networks in code that are compared: B is A where it is left out, with --arg."""
    both_ways = [a, b or a]
    if not all(map(is_target, both_ways)):
        spec = next(reference for reference in both_ways if not is_target(reference))
        raise InputError(f"{spec} is a spec, and is compared with specs alone; networks in code are with one another")
    settings_of(both_ways, settings, inputs, arguments)
    if b is None and not arguments:
        raise InputError("there must be a B, or --arg with what B's factory is given and A's is not")
    before = tracing("diff", both_ways, inputs, None)(a)
    after = tracing("diff", both_ways, inputs, arguments)(both_ways[1])
    return before, replace(after, name=printable(f"{after.name} with {', '.join(arguments)}")) if arguments else after


def _show_networks(before: Trace, after: Trace, convention: str, depth: int, form: Form) -> None:
    from mfprofile.trace.difference import network_difference
    from mfprofile.view.audit_difference import network_difference_text
    from mfprofile.view.tables import show

    if depth < 0:
        raise InputError(f"--depth {depth}: must be 0 or more")
    show(network_difference_text(network_difference(before, after, convention, depth), form))


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
