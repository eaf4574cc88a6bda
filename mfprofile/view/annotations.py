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
from mfprofile.view.escape import command_data, command_property
from mfprofile.view.verdict import outcome_markdown, outcome_text, reason_lines, uncounted_line


def github_text(outcome: Outcome, reasons: Reasons, terms: Terms) -> str:
    """Return a check as a table, then a workflow command for each missed limit and each problem of a spec."""
    commands = [*map(_problem, outcome.problems), *map(_reason, reasons.values())]
    commands += [_uncounted(verdict) for verdict in outcome.verdicts if verdict.uncounted]
    return outcome_text(outcome, reasons, terms, "table") + "".join(f"{command}\n" for command in commands)


def _reason(reason: Reason) -> str:
    limit, bill = reason.finding.limit, reason.verdict.bill
    title = f"{bill.name}: {limit.name} {'over' if limit.most else 'under'} its limit"
    in_file = limit.given.line is not None and _is_file(limit.given)
    return _command(
        limit.given if in_file else Mark(reason.verdict.reference, 1, 1), title, "\n".join(reason_lines(reason))
    )


def _problem(problem: Problem) -> str:
    return _command(problem.mark, "not judged", str(problem))


def _uncounted(verdict: Verdict) -> str:
    return _command(Mark(verdict.reference), f"{verdict.bill.name}: not fully counted", uncounted_line(verdict))


def _command(mark: Mark, title: str, message: str) -> str:
    properties = ",".join(f"{key}={command_property(value)}" for key, value in (*_place(mark), ("title", title)))
    return f"::error {properties}::{command_data(message)}"


def _place(mark: Mark) -> Iterator[tuple[str, str]]:
    if _is_file(mark):
        yield "file", _from_root(Path(mark.source))
        if mark.line is not None:
            yield from (("line", str(mark.line)), ("col", str(mark.column)))


def _is_file(mark: Mark) -> bool:
    return "\0" not in mark.source and os.path.isfile(mark.source)  # noqa: PTH113 - Path.is_file() raises for long names


def _from_root(file: Path) -> str:
    """Return a file's path relative to the repository's root, as annotations need it."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve()
    whole = file.resolve()
    return (whole.relative_to(root) if whole.is_relative_to(root) else file).as_posix()


def append_summary(outcome: Outcome, reasons: Reasons, terms: Terms) -> None:
    """Append the check as Markdown to the job summary in the file `GITHUB_STEP_SUMMARY`; do nothing if it is not set.

    The text is written in one piece, so that it does not mix with the output of other steps. Raises `OutputError`.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    append(name, outcome_markdown(outcome, reasons, terms))
