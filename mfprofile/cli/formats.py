"""The formats of `check`, and where its outcome goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mfprofile.cli.options import report_file
from mfprofile.errors import InputError
from mfprofile.files import check, write
from mfprofile.spec.problems import unknown

if TYPE_CHECKING:
    from mfprofile.budget.checks import Outcome
    from mfprofile.budget.reasons import Reasons
    from mfprofile.budget.verdicts import Terms

FORMATS = ("table", "json", "github", "junit")


def format_of(form: str, as_json: bool, output: str | None) -> str:
    """Return the format of --format or --json.

    Raises `InputError` for options that contradict each other, and for an output file that cannot be written.
    """
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if as_json and form not in ("table", "json"):
        raise InputError(f"--json and --format {form} cannot be combined; use one of them")
    chosen = "json" if as_json else form
    if output is not None:
        if chosen == "github":
            raise InputError("-o and --format github cannot be combined: a runner reads annotations on stdout")
        if output != "-":
            if chosen == "table":
                raise InputError("-o needs --format json or junit: the table is printed beside the file")
            check(output)
    return chosen


def print_outcome(outcome: Outcome, failures: Reasons, terms: Terms, form: str, output: str | None) -> None:
    """Print the outcome in a format. If it is written into a file, print the table."""
    from mfprofile.view.annotations import append_summary, github_text
    from mfprofile.view.junit import junit_text
    from mfprofile.view.tables import show
    from mfprofile.view.verdict import outcome_text

    if form == "github":
        show(github_text(outcome, failures, terms))
        append_summary(outcome, failures, terms)
        return
    written = (junit_text if form == "junit" else partial(outcome_text, form=form))(outcome, failures, terms)
    if output in (None, "-"):
        show(written)
    else:
        write(str(output), written)
        report_file(output)
        show(outcome_text(outcome, failures, terms, "table"))
