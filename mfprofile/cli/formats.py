"""The formats of `check`, and where its outcome goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from mfprofile.cli.options import report_file
from mfprofile.errors import InputError
from mfprofile.files import check, write
from mfprofile.spec.problems import unknown
from mfprofile.view.form import TEXT, Form, FormName

if TYPE_CHECKING:
    from mfprofile.budget.checks import Outcome
    from mfprofile.budget.reasons import Reasons
    from mfprofile.budget.verdicts import Terms

FORMATS = ("table", "json", "github", "junit", "markdown", "latex", "csv")
_FILES = tuple(name for name in FORMATS if name not in ("table", "github"))
"""The formats that can be written into a file, beside the table."""


def format_of(name: str | None, form: Form, output: str | None) -> str:
    """Return the format of --format, or that of the form of --json, --csv, --markdown or --latex.

    Raises `InputError` for options that contradict each other, and for an output file that cannot be written.
    """
    if name is not None and name not in FORMATS:
        raise unknown("format", name, FORMATS)
    if form.name != "text" and name not in (None, form.name):
        raise InputError(f"--{form.name} and --format {name} cannot be combined; use one of them")
    chosen = name or ("table" if form.name == "text" else form.name)
    if chosen in ("json", "github", "junit"):
        for option, given in (("--columns", form.columns), ("--sort", form.sort)):
            if given:
                raise InputError(f"{option} is for tables; remove it, or --format {chosen}")
    if output is not None:
        _check_output(chosen, output)
    return chosen


def _check_output(chosen: str, output: str) -> None:
    if chosen == "github":
        raise InputError("-o and --format github cannot be combined: a runner reads annotations on stdout")
    if output != "-":
        if chosen == "table":
            names = f"{', '.join(_FILES[:-1])} or {_FILES[-1]}"
            raise InputError(f"-o needs --format {names}: the table is printed beside the file")
        check(output)


def print_outcome(
    outcome: Outcome, failures: Reasons, terms: Terms, chosen: str, form: Form, output: str | None
) -> None:
    """Print the outcome in a format. If it is written into a file, print the table."""
    from mfprofile.view.annotations import append_summary, github_text
    from mfprofile.view.tables import show
    from mfprofile.view.verdict import outcome_text

    if chosen == "github":
        show(github_text(outcome, failures, terms))
        append_summary(outcome, failures, terms)
        return
    written = _written(outcome, failures, terms, chosen, form)
    if output in (None, "-"):
        show(written)
    else:
        write(str(output), written)
        report_file(output)
        show(outcome_text(outcome, failures, terms))


def _written(outcome: Outcome, failures: Reasons, terms: Terms, chosen: str, form: Form) -> str:
    """Return the outcome in a format, with the columns and the order of a form."""
    from mfprofile.view.junit import junit_text
    from mfprofile.view.summary import outcome_markdown
    from mfprofile.view.verdict import outcome_text

    if chosen == "junit":
        return junit_text(outcome, failures, terms)
    names: dict[str, FormName] = {name: name for name in get_args(FormName)}
    form = form._replace(name=names.get(chosen, TEXT.name))
    if chosen == "markdown":
        return outcome_markdown(outcome, failures, terms, form)
    return outcome_text(outcome, failures, terms, form)
