"""The command explore search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import names_in, quantities
from mfprofile.cli.counting import Counting
from mfprofile.cli.explore.answers import end_without_variants
from mfprofile.cli.explore.options import SpaceName, Windows
from mfprofile.cli.objective import Evaluate, objective_of
from mfprofile.cli.options import Changes, FormOptions, need_packages, notify
from mfprofile.errors import InputError
from mfprofile.spec.words import several

if TYPE_CHECKING:
    from mfprofile.explore.goals import Goal
    from mfprofile.explore.search import Candidate, Search
    from mfprofile.view.tables import Form

_IN_A_ROW = 3  # failures after which a search ends: its objective fails always


def command(
    space: SpaceName,
    objective: Annotated[
        str,
        typer.Option(
            "--objective",
            metavar="FILE:FUNCTION",
            help="Function of a Python file: it gets a spec, and returns a number, or one for each goal. It is run.",
        ),
    ],
    number: Annotated[
        int,
        typer.Option("-n", "--number", metavar="N", min=1, help="Trials of the study, with those that it has already."),
    ] = 100,
    study: Annotated[
        str | None,
        typer.Option(
            "--study",
            metavar="URL",
            help="Where trials are kept: sqlite:///study.db, or a file study.log. One that exists goes on.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the study there (default: the space's).")
    ] = None,
    sampler: Annotated[
        str,
        typer.Option(
            "--sampler",
            metavar="NAME",
            help="Sampler of Optuna: tpe, nsga2 or random.",
            autocompletion=names_in("explore.studies:SAMPLERS"),
        ),
    ] = "tpe",
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Random seed. Give each process its own.")
    ] = 0,
    minimize: Annotated[
        list[str] | None,
        typer.Option(
            "--minimize",
            metavar="QUANTITY",
            help="Goal: a figure of the objective, or a counted quantity.",
            autocompletion=quantities,
        ),
    ] = None,
    maximize: Annotated[
        list[str] | None,
        typer.Option(
            "--maximize",
            metavar="QUANTITY",
            help="The same (default: the number that the objective returns).",
            autocompletion=quantities,
        ),
    ] = None,
    *,
    limits: Windows,
    changes: Changes,
    convention: Counting,
    form: FormOptions,
) -> None:
    """Search for the variants that your own function finds best.

    Examples:
        mfprofile explore search tiny --objective train.py:accuracy
        mfprofile explore search tiny --objective train.py:accuracy --study a.log

    The function trains a variant, or measures it. Optuna proposes. Each proposal becomes the variant within the
    windows that differs from it in the fewest choices and was not tried before. A study keeps the trials: run the
    command again to go on, or in several processes to share the work. If no trial is complete, exits with 1.
    """
    need_packages("explore search", "search", "optuna")
    from mfprofile.explore.nearest import nearest
    from mfprofile.explore.search import Search
    from mfprofile.explore.space import read_space
    from mfprofile.explore.studies import quiet

    loaded = read_space(space, changes)
    with objective_of(objective) as evaluate, quiet():
        search = Search(loaded, limits, _goals(minimize, maximize), study, name, sampler, seed, convention)
        is_possible = search.feasible.repaired({choice.name: choice.values[0] for choice in loaded.choices}) is not None
        if is_possible:
            _run(search, evaluate, number, objective, kept=study is not None)
    if is_possible or form.name in ("json", "csv"):
        _show(search, form)
    if not is_possible:
        end_without_variants(loaded, limits, convention, nearest(loaded, limits, convention))
    if not search.best():
        notify(f"{loaded.name}: no trial is complete")
        raise typer.Exit(1)


def _goals(minimize: list[str] | None, maximize: list[str] | None) -> list[Goal]:
    """Return the goals: those to minimize, then those to maximize. By default, the number is maximized."""
    from mfprofile.explore.goals import VALUE, Goal

    named = [Goal(name, most) for names, most in ((minimize, False), (maximize, True)) for name in names or ()]
    return named or [VALUE]


def _run(search: Search, evaluate: Evaluate, number: int, objective: str, kept: bool) -> None:
    """Evaluate variants until the study has a number of trials; failed ones of this run count."""
    from mfprofile.view.progress import progress_bar

    if before := len(search.trials()):
        notify(f"the study goes on: it has {several(before, 'trial')}")
    failures: list[str] = []
    failed = 0
    with progress_bar(what="trials", before="the study is read") as progress:
        while (candidate := search.ask(number - failed)) is not None:
            progress(candidate.number, max(number, candidate.number + 1))
            reason = _evaluated(search, evaluate, candidate, objective, kept)
            failures = [*failures, reason] if reason else []
            failed += bool(reason)
            if len(failures) == _IN_A_ROW:
                raise InputError(f"{reason}; {_IN_A_ROW} trials in a row failed, so the search ends: {_again(kept)}")


def _evaluated(search: Search, evaluate: Evaluate, candidate: Candidate, objective: str, kept: bool) -> str:
    """Evaluate a candidate and store the result; return why it failed, or ''."""
    from optuna import TrialPruned

    try:
        values = evaluate(candidate, search.seed)
        try:
            search.tell(candidate, values)
        except InputError as error:
            raise InputError(f"--objective {objective}: {error}") from None
    except TrialPruned:
        search.tell_pruned(candidate)
    except InputError as error:
        reason = str(error)
        search.tell_failed(candidate, reason)
        notify(f"trial {candidate.number} failed: {reason}")
        return reason
    except KeyboardInterrupt:
        search.tell_failed(candidate, "interrupted")
        notify(f"interrupted; {_again(kept)}")
        raise
    return ""


def _again(kept: bool) -> str:
    return "run the same command again to go on" if kept else "use --study to keep the trials of a search"


def _show(search: Search, form: Form) -> None:
    """Print all trials."""
    from mfprofile.view.searching import search_json, search_table
    from mfprofile.view.tables import dumps, render, show

    show(dumps(search_json(search)) if form.name == "json" else render(search_table(search, form), form))
