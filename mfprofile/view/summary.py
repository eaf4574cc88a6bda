"""A check as Markdown, for a job or a pull request: verdict, what was counted, one table, and the reasons folded."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from mfprofile.budget.checks import Outcome
from mfprofile.budget.reasons import Reason, Reasons
from mfprofile.budget.verdicts import Terms, Verdict
from mfprofile.cost.conventions import find_convention
from mfprofile.view.escape import line, markdown, markdown_block
from mfprofile.view.tables import MARKDOWN, Form, Table, render
from mfprofile.view.verdict import closing, reason_lines, uncounted_line
from mfprofile.view.verdict_json import conventions_of
from mfprofile.view.verdict_latency import remarks_on
from mfprofile.view.verdict_table import columns, heading, limit_lines

_MET, _MISSED = "✅", "❌"


def outcome_markdown(outcome: Outcome, reasons: Reasons, terms: Terms, form: Form = MARKDOWN) -> str:
    """Return a check as Markdown. The reasons are folded, with the first line of each to see.

    The table has the columns and the order that the form asks for.
    """
    verdict = closing(outcome, terms).removeprefix("FAILED: ")
    parts = [f"### {_MET if outcome.holds else _MISSED} {markdown(verdict)}", ""]
    if outcome.verdicts:
        parts += [*_counted(outcome, terms), "", render(_table(outcome, terms), form)]
    for problem in outcome.problems:
        parts.append(f"- {_MISSED} not judged: {markdown(str(problem))}")
    parts += [line for verdict in outcome.verdicts for line in _remarks(verdict)]
    for reason in reasons.values():
        parts += ["", *_folded(reason)]
    return "\n".join(parts) + "\n"


def _counted(outcome: Outcome, terms: Terms) -> Iterator[str]:
    """Yield what the figures are: the heading of the table, and each convention in half a line."""
    named = [(name, find_convention(name, of_file=True).about) for name in conventions_of(outcome, terms)]
    conventions = "; ".join(f"*{markdown(name)}* counts {markdown(about)}" for name, about in named)
    yield f"`mfprofile check`: {markdown(heading(outcome, terms))} ({conventions})."


def _table(outcome: Outcome, terms: Terms) -> Table:
    """Return the table of limits, with a sign before each verdict."""
    signs = {"within": _MET, "OVER": _MISSED, "UNDER": _MISSED}
    rows = [[*cells, f"{signs.get(word, '')} {word}".strip()] for *cells, word in limit_lines(outcome, terms)]
    return Table(columns(), rows)


def _remarks(verdict: Verdict) -> Iterator[str]:
    """Yield a list of what else is to say about a network."""
    if verdict.is_partial:
        yield f"- {_MISSED} {markdown(uncounted_line(verdict))}"
    yield from (f"- {markdown(remark)}" for remark in remarks_on(verdict))


def _folded(reason: Reason) -> Iterator[str]:
    """Yield the reason of a limit that is not met, folded below its first line."""
    first, *others = (each.removeprefix("  ") for each in reason_lines(reason))
    yield f"<details><summary>{escape(line(first), quote=False)}</summary>"
    yield ""
    yield from markdown_block(others)
    yield ""
    yield "</details>"
