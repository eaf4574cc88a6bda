"""A check as GitHub workflow commands: annotations at the line that sets the limit, and a job summary."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mfprofile.budget.checks import Outcome
from mfprofile.budget.reasons import Reason, Reasons
from mfprofile.budget.verdicts import Terms, Verdict
from mfprofile.files import append
from mfprofile.spec.problems import Mark, Problem
from mfprofile.spec.sources import is_file, is_target
from mfprofile.view.code_places import place_in_code
from mfprofile.view.escape import command_data, command_property
from mfprofile.view.summary import outcome_markdown
from mfprofile.view.verdict import outcome_text, reason_lines, uncounted_line


def github_text(outcome: Outcome, reasons: Reasons, terms: Terms) -> str:
    """Return a check as a table, then a workflow command for each missed limit and each problem of a spec."""
    commands = [*map(_problem, outcome.problems, outcome.asked), *map(_reason, reasons.values())]
    commands += [_uncounted(verdict) for verdict in outcome.verdicts if verdict.is_partial]
    return outcome_text(outcome, reasons, terms) + "".join(f"{each}\n" for each in commands)


def _reason(reason: Reason) -> str:
    limit, bill = reason.finding.limit, reason.verdict.bill
    title = f"{bill.name}: {limit.name} {'over' if limit.most else 'under'} its limit"
    return _command(_own(limit.given, reason.verdict.reference), title, "\n".join(reason_lines(reason)))


def _problem(problem: Problem, reference: str) -> str:
    return _command(_own(problem.mark, reference), "not judged", str(problem))


def _own(mark: Mark, reference: str) -> Mark:
    """Return a line in the file of the reference or in another file of the repository, else the reference's start.

    A shipped spec, or a network of a library, has no file there: its limit from a baseline is at the baseline.
    """
    own = Mark(reference, 1, 1)
    if not is_file(mark.source) or not (mark.source == reference or _is_in_root(Path(mark.source))):
        return own
    return mark if mark.line is not None or not any(_place(own)) else own


def _uncounted(verdict: Verdict) -> str:
    return _command(Mark(verdict.reference), f"{verdict.bill.name}: not fully counted", uncounted_line(verdict))


def _command(mark: Mark, title: str, message: str) -> str:
    properties = ",".join(f"{key}={command_property(value)}" for key, value in (*_place(mark), ("title", title)))
    return f"::error {properties}::{command_data(message)}"


def _place(mark: Mark) -> Iterator[tuple[str, str]]:
    if is_target(mark.source):
        mark = place_in_code(mark.source)
    if is_file(mark.source):
        yield "file", _from_root(Path(mark.source))
        if mark.line is not None:
            yield from (("line", str(mark.line)), ("col", str(mark.column)))


def _from_root(file: Path) -> str:
    """Return a file's path relative to the repository's root, as annotations need it."""
    return (file.resolve().relative_to(_root()) if _is_in_root(file) else file).as_posix()


def _is_in_root(file: Path) -> bool:
    return file.resolve().is_relative_to(_root())


def _root() -> Path:
    return Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve()


def append_summary(outcome: Outcome, reasons: Reasons, terms: Terms) -> None:
    """Append the check as Markdown to the job summary in the file `GITHUB_STEP_SUMMARY`; do nothing if it is not set.

    The text is written in one piece, so that it does not mix with the output of other steps. Raises `OutputError`.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    append(name, outcome_markdown(outcome, reasons, terms))
