"""A check as GitHub workflow commands: annotations at the line that sets the limit, and a job summary."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mfprofile.budget.checks import Outcome
from mfprofile.budget.reasons import Reason, Reasons
from mfprofile.budget.verdicts import Terms, Verdict
from mfprofile.errors import OutputError
from mfprofile.spec.problems import Mark, Problem
from mfprofile.spec.sources import is_target
from mfprofile.view.code_places import place_in_code
from mfprofile.view.verdict import outcome_markdown, outcome_text, reason_lines, uncounted_line


def github_text(outcome: Outcome, reasons: Reasons, terms: Terms) -> str:
    """Return a check as a table, then a workflow command for each missed limit and each problem of a spec."""
    commands = [*map(_problem, outcome.problems), *map(_reason, reasons.values())]
    commands += [_uncounted(verdict) for verdict in outcome.verdicts if verdict.uncounted]
    return _without_commands(outcome_text(outcome, reasons, terms, "table")) + "".join(f"{line}\n" for line in commands)


def _without_commands(text: str) -> str:
    """Return the text with `##[`, and `::` at the start of a line, broken up: no spec's name can be a command."""
    return re.sub(r"(?m)^(\s*):(?=:)", r"\1: ", text).replace("##[", "## [")


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
    properties = ",".join(f"{key}={_property(value)}" for key, value in (*_place(mark), ("title", title)))
    return f"::error {properties}::{_data(message)}"


def _place(mark: Mark) -> Iterator[tuple[str, str]]:
    if is_target(mark.source):
        mark = place_in_code(mark.source)
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


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def append_summary(outcome: Outcome, reasons: Reasons, terms: Terms) -> None:
    """Append the check as Markdown to the job summary in the file `GITHUB_STEP_SUMMARY`; do nothing if it is not set.

    The text is one write, so that it does not mix with the output of other steps. Raises `OutputError`.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, outcome_markdown(outcome, reasons, terms).encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OutputError(f"{name}: cannot be written: {error.strerror or error}") from None
