"""The command count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mfprofile.cli.completion import axes
from mfprofile.cli.counting import Counting
from mfprofile.cli.options import FormOptions, Networks
from mfprofile.cli.subjects import NetworkOptions, bills_of, refuse_misplaced
from mfprofile.errors import InputError
from mfprofile.spec.sources import is_target
from mfprofile.spec.words import shown

if TYPE_CHECKING:
    from mfprofile.cost.bill import Bill
    from mfprofile.spec.network import Network
    from mfprofile.view.form import Form


def command(
    specs: Networks,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="AXIS",
            help="Group by block, stage, pillar, kind or op (default block; pillar for several specs).",
            autocompletion=axes,
        ),
    ] = None,
    *,
    options: NetworkOptions,
    convention: Counting,
    form: FormOptions,
) -> None:
    """Count multiply-adds and parameters, exactly.

    Examples:
        mfprofile count mf294m
        mfprofile count mf294m timm:mobilenetv3_large_100 --latex

    One spec is shown by block, then by pillar. Two or three specs are shown side by side, more with one line each,
    with differences from the first; --columns name,… asks for a line each. With a latency model, so is the predicted
    latency.

    Networks in code and ONNX files have a line each too. They are imported and run as with 'audit', which shows one
    of them alone by module. --set changes the specs, --arg the networks in code.
    """
    from mfprofile.view.bills import bills_table
    from mfprofile.view.captions import caption_of
    from mfprofile.view.tables import render, show

    refuse_misplaced(specs, options, is_mixed_allowed=True)
    _refuse_alone(specs, by, form)
    bills = bills_of("count", specs, options.divided(specs), convention)
    if form.name == "json":
        _show_json(specs, bills, by)
        return
    table = bills_table(bills, by, form)
    if form.name == "latex":
        table = table._replace(caption=caption_of(bills, by))
    show(render(table, form))


def _refuse_alone(references: Sequence[str], by: str | None, form: Form) -> None:
    """Raise `InputError` for one network in code alone, and for an axis that those beside specs do not have."""
    target = next(filter(is_target, references), None)
    if target is None:
        return
    if len(references) == 1 and "name" not in form.columns:
        raise InputError(
            f"{target}: use 'mfprofile audit' for it alone; or add another network, or --columns name,madds,params"
        )
    if by not in (None, "kind"):
        raise InputError(f"--by {shown(by)}: {target} has no such parts; use kind, or omit --by")


def _show_json(references: Sequence[str], bills: Sequence[Bill], by: str | None) -> None:
    from mfprofile.spec.content import content_of_network
    from mfprofile.view.bill import bill_json
    from mfprofile.view.coverage import coverage_json
    from mfprofile.view.tables import dumps, show

    documents = []
    for reference, bill in zip(references, bills, strict=True):
        if is_target(reference):
            more: Mapping[str, Any] = {"coverage": coverage_json(bill)}
        else:
            more = {"content": content_of_network(cast("Network[int]", bill.subject))}
        documents.append({**bill_json(bill, by), **more})
    show(dumps(documents if len(documents) > 1 else documents[0]))
