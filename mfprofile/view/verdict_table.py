"""The table of `check`: a line for each limit of each network, and what the limits are judged in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mfprofile.budget.checks import Outcome
from mfprofile.budget.limits import Limit, shown_amount
from mfprofile.budget.verdicts import Finding, Terms
from mfprofile.cost.conventions import find_convention
from mfprofile.spec.names import LATENCY, MEMORY
from mfprofile.spec.words import joined, several
from mfprofile.view.numbers import relative
from mfprofile.view.tables import Column, Table
from mfprofile.view.verdict_json import bound, conventions_of
from mfprofile.view.verdict_latency import is_latency, predicted_by, written


def heading(outcome: Outcome, terms: Terms) -> str:
    """Return what the limits of a check are judged in: conventions, units, memory and latency."""
    names = conventions_of(outcome, terms)
    parts = [f"Limits {in_conventions(names)}"]
    units = {name: unit for name in names if (unit := find_convention(name, of_file=True).unit) != "MAdds"}
    parts += [f"madds{f' of {name!r}' if len(names) > 1 else ''} in {unit}" for name, unit in units.items()]
    parts += ["madds of training (forward and backward)"] if terms.training else []
    predicted = predicted_by(outcome.verdicts)
    return ", ".join([*parts, *_memory(outcome, terms), *([f"{LATENCY} {predicted}"] if predicted else [])])


def _memory(outcome: Outcome, terms: Terms) -> Iterator[str]:
    """Yield how the memory of specs is counted, and of networks in code and in files, if there are limits on it."""
    limited = [each for each in outcome.verdicts if any(one.limit.name == MEMORY for one in each.findings)]
    subjects = [each.bill.subject for each in limited]
    if any(each.dataflow is None for each in subjects):
        yield f"memory of {several(terms.batch, 'image')} in {terms.dtype}"
    if any(each.dataflow is not None and each.fill for each in subjects):
        yield "memory of networks in code as they run"
    if any(each.dataflow is not None and not each.fill for each in subjects):
        yield "memory of files as they are"


def in_conventions(conventions: Sequence[str]) -> str:
    """Return the names of conventions as in `in conventions 'core' and 'paper'`."""
    quoted = [f"'{name}'" for name in conventions]
    return f"in convention{'s' if len(conventions) > 1 else ''} {joined(quoted)}"


def columns() -> list[Column]:
    """Return the columns of the table of limits."""
    return [
        Column("spec", "name"),
        Column("quantity", "quantity"),
        Column("counted", "counted", right=True),
        Column("", "relation"),
        Column("limit", "limit", right=True),
        Column("difference", "difference", right=True),
        Column("", "verdict", style=lambda word: {"within": "green", "new": ""}.get(word, "red")),
    ]


def limit_lines(outcome: Outcome, terms: Terms) -> Iterator[list[Any]]:
    """Yield the cells of each limit of each network, the word of its verdict last."""
    several_conventions = len(conventions_of(outcome, terms)) > 1
    for verdict in outcome.verdicts:
        if verdict.is_new:
            yield [verdict.bill.name, "–", None, "", "", "", "new"]
        for finding in verdict.findings:
            difference = relative(finding.excess, finding.allowed) or signed(finding)
            yield [
                verdict.bill.name, quantity(finding, several_conventions),
                written(finding)(finding.counted), relation(finding), _limit(finding), difference, judged(finding),
            ]  # fmt: skip


def judged(finding: Finding) -> str:
    """Return the word of a verdict: within, OVER or UNDER."""
    return "within" if finding.holds else "OVER" if finding.limit.most else "UNDER"


def quantity(finding: Finding, with_convention: bool = False) -> str:
    """Return the name of the limited quantity, with its convention on request.

    Memory and latency are the same in each.
    """
    if finding.limit.name == MEMORY:
        return "memory, bytes"
    if is_latency(finding.limit):
        return f"{finding.limit.name}, ms"
    return f"{finding.limit.name} in {finding.limit.convention}" if with_convention else finding.limit.name


def relation(finding: Finding) -> str:
    """Return the sign between count and limit: `≤` or `>` for a maximum, `≥` or `<` for a minimum."""
    return ("≤" if finding.holds else ">") if finding.limit.most else ("≥" if finding.holds else "<")


def _limit(finding: Finding) -> str:
    allowed = written(finding)(finding.allowed)
    return allowed if finding.whole is None else f"{allowed} ({shown_amount(finding.limit)})"


def signed(finding: Finding) -> str:
    """Return the amount above the limit with its sign, negative below it."""
    return f"{'+' if finding.excess >= 0 else '-'}{written(finding)(abs(finding.excess))}"


def records_table(outcome: Outcome) -> Table:
    """Return the limits as records of plain values: exact amounts, of a latency in nanoseconds, and the verdict."""
    keys = ("name", "spec", "quantity", "convention", "bound", "counted", "limit", "excess", "verdict", "given")
    rows: list[list[Any]] = []
    for verdict in outcome.verdicts:
        names = [verdict.bill.name, verdict.reference]
        if verdict.is_new:
            rows.append([*names, *[None] * 6, "new", None])
        for one in verdict.findings:
            amounts = [one.counted, one.allowed, one.excess]
            limit = one.limit
            rows.append([*names, limit.name, limit.convention, bound(limit), *amounts, judged(one), _place(limit)])
    return Table([Column("", key) for key in keys], rows)


def _place(limit: Limit) -> str:
    """Return where a limit is given. A cell that begins with a dash would be escaped, as it is a formula elsewhere."""
    place = str(limit.given)
    return f"flag {place}" if place.startswith("-") else place
