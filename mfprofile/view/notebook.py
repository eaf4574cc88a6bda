"""What a notebook shows of an object: the tables that the command line prints of it, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill, count
from mfprofile.errors import InputError
from mfprofile.spec.layout import resolve
from mfprofile.spec.model import Spec
from mfprofile.spec.network import Network
from mfprofile.view.html import box, lines_html, table_html
from mfprofile.view.numbers import grouped
from mfprofile.view.tables import Column, Table

if TYPE_CHECKING:
    from mfprofile.budget.checks import Outcome
    from mfprofile.budget.difference import Difference
    from mfprofile.budget.scale import Scaling
    from mfprofile.budget.sensitivity import Sensitivity
    from mfprofile.budget.verdicts import Verdict
    from mfprofile.explore.count import SpaceCount
    from mfprofile.explore.space import Space
    from mfprofile.explore.variant import Variant, Variants
    from mfprofile.trace.result import Trace


def html_of(kind: str, value: Any) -> str | None:
    """Return an object of a kind as HTML; None if it has symbols, then the notebook shows its `repr`.

    If it cannot be shown, because a latency model has no price for an op, the HTML is the message.
    """
    try:
        parts = _PARTS[kind](value)
    except InputError as error:
        parts = [lines_html([repr(value)]), lines_html(str(error).splitlines())]
    return None if parts is None else box(parts)


def _bill(bill: Bill) -> Sequence[str] | None:
    from mfprofile.view.bill import bill_table
    from mfprofile.view.coverage import notes

    if getattr(bill.madds, "shape", ()):
        return [table_html(_ranges(bill))]
    if not isinstance(bill.madds, Integral):
        return None
    return [table_html(bill_table(bill, bill.subject.axes[0], below=notes(bill)))]


def _ranges(bill: Bill) -> Table:
    """Return the least and the greatest amounts of many variants that were counted at once, as arrays."""
    from mfprofile.view.bill import counted

    columns = [Column(""), Column("least", write=grouped, right=True), Column("most", write=grouped, right=True)]
    amounts: dict[str, Any] = {bill.convention.unit: bill.madds, "params": bill.params, "activations": bill.activations}
    lines = [[name, *_ends(amount)] for name, amount in amounts.items()]
    number = grouped(amounts[bill.convention.unit].size)
    return Table(columns, lines, above=[f"{bill.name}: {number} variants; {counted(bill)}"])


def _ends(amount: Any) -> tuple[int, int]:
    return (int(amount.min()), int(amount.max())) if getattr(amount, "shape", ()) else (int(amount), int(amount))


def _trace(trace: Trace) -> Sequence[str] | None:
    return _bill(trace.bill())


def _spec(spec: Spec) -> Sequence[str] | None:
    from mfprofile.view.spec import spec_table

    return [table_html(spec_table(spec))] if _is_plain(resolve(spec)) else None


def _network(network: Network[Any]) -> Sequence[str] | None:
    from mfprofile.view.spec import network_table

    return [table_html(network_table(count(network)))] if _is_plain(network) else None


def _is_plain(network: Network[Any]) -> bool:
    """Return whether all dimensions are integers."""
    return isinstance(count(network).madds, Integral)


def _verdict(verdict: Verdict) -> Sequence[str]:
    from mfprofile.budget.checks import Outcome

    return _outcome(Outcome([verdict]))


def _outcome(outcome: Outcome) -> Sequence[str]:
    from mfprofile.budget.reasons import reasons
    from mfprofile.view.verdict import outcome_table

    problems = lines_html([f"not judged: {problem}" for problem in outcome.problems])
    if not outcome.verdicts:
        return [problems or lines_html(["no network was checked"])]
    return [table_html(outcome_table(outcome, reasons(outcome), outcome.verdicts[0].terms)), problems]


def _difference(difference: Difference) -> Sequence[str]:
    from mfprofile.view.difference import headline, part_table, total_tables

    tables = [*total_tables(difference), part_table(difference)]
    return [lines_html([headline(difference)], bold=True), *map(table_html, tables)]


def _variants(variants: Variants) -> Sequence[str]:
    from mfprofile.view.asked import Asked
    from mfprofile.view.form import TEXT
    from mfprofile.view.variants import variants_table

    return [table_html(variants_table(variants, variants.convention, TEXT, Asked(ranked=variants.ranked_by)))]


def _variant(variant: Variant) -> Sequence[str]:
    from mfprofile.explore.variant import Variants

    return _variants(Variants([variant], variant.convention))


def _space(space: Space) -> Sequence[str]:
    from mfprofile.spec.words import several, shown

    columns = [Column("choice"), Column("values", wraps=True)]
    lines = [[choice.name, ", ".join(map(shown, choice.values))] for choice in space.choices]
    title = f"{space.name}: a space with {several(len(lines), 'choice')}; mfprofile.count_space counts its variants"
    return [table_html(Table(columns, lines, above=[title]))]


def _space_count(counted: SpaceCount) -> Sequence[str] | None:
    from mfprofile.view.exploring import counted_table

    if counted.asked is None:
        return None
    table = counted_table(counted.asked.space, counted, counted.asked.windows, counted.asked.convention, {})
    return [table_html(table)] if counted.asked.windows else [lines_html(table.above)]


def _sensitivity(sensitivity: Sensitivity) -> Sequence[str]:
    from mfprofile.view.sensitivity import sensitivity_table

    return [table_html(sensitivity_table(sensitivity))]


def _scaling(scaling: Scaling) -> Sequence[str]:
    from mfprofile.view.scaling import scaling_lines, unreachable

    return [lines_html([unreachable(scaling)] if scaling.largest is None else scaling_lines(scaling))]


_PARTS: Mapping[str, Callable[[Any], Sequence[str] | None]] = MappingProxyType(
    {
        "bill": _bill,
        "difference": _difference,
        "network": _network,
        "outcome": _outcome,
        "scaling": _scaling,
        "sensitivity": _sensitivity,
        "space": _space,
        "space_count": _space_count,
        "spec": _spec,
        "trace": _trace,
        "variant": _variant,
        "variants": _variants,
        "verdict": _verdict,
    }
)
"""What each kind of object is shown as."""
