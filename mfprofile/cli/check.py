"""The command check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import dtypes, names_in, specs
from mfprofile.cli.options import AsJson, ConventionName, notify
from mfprofile.cli.subjects import Given, NetworksGiven, bill_of, need_extra, refuse_misplaced
from mfprofile.spec.problems import InputError, SpecError, unknown
from mfprofile.spec.sources import is_target
from mfprofile.spec.words import printable

if TYPE_CHECKING:
    from mfprofile.budget.checks import Candidate, Demands, Growth, Outcome
    from mfprofile.budget.config import Config
    from mfprofile.budget.limits import Limit
    from mfprofile.budget.verdicts import Terms
    from mfprofile.cost.weights import Convention

FORMATS = ("table", "json", "github")

SpecsAndGlobs = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC",
        help="Names of 'mfprofile list', paths, globs of either, - for stdin, or what 'audit' takes.",
        autocompletion=specs,
    ),
]


def _most(name: str, example: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--max-{name}", metavar="AMOUNT", help=f"At most, as {example}.")
    return option


def command(
    specs: SpecsAndGlobs,
    max_madds: Annotated[str | None, _most("madds", "300M, 0.3G or 300_000_000")] = None,
    min_madds: Annotated[str | None, typer.Option("--min-madds", metavar="AMOUNT", help="At least.")] = None,
    max_params: Annotated[str | None, _most("params", "12M")] = None,
    max_activations: Annotated[str | None, _most("activations", "10M: the values that ops put out")] = None,
    max_memory: Annotated[str | None, _most("memory", "12MB or 12MiB: of activations live at once")] = None,
    most: Annotated[
        list[str] | None,
        typer.Option(
            "--max", metavar="NAME=AMOUNT", help="Any quantity: params=12M, bridge.params=2M, former.madds=10%."
        ),
    ] = None,
    least: Annotated[
        list[str] | None, typer.Option("--min", metavar="NAME=AMOUNT", help="The same, for at least.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline", metavar="FILE", help="An earlier 'count --json', or 'audit --json', to compare with, by name."
        ),
    ] = None,
    max_growth: Annotated[
        str | None,
        typer.Option(
            "--max-growth",
            metavar="GROWTH",
            help="How far madds and params may go beyond it: 1% or 2M; else not at all.",
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="Another pyproject.toml than the nearest, from here upward."),
    ] = None,
    *,
    given: NetworksGiven,
    convention: ConventionName = "core",
    batch: Annotated[int, typer.Option("--batch", metavar="IMAGES", help="Of memory: how many at once.")] = 1,
    dtype: Annotated[
        str,
        typer.Option(
            "--dtype", metavar="TYPE", help="Of memory: float32, float16, bfloat16 or int8.", autocompletion=dtypes
        ),
    ] = "float32",
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="table, json, or github: annotations in a workflow.",
            autocompletion=names_in("cli.check:FORMATS"),
        ),
    ] = "table",
    as_json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where an operator of a network in code is not counted.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 where a limit is passed.")] = False,
) -> None:
    """Hold specs to their budgets: exit code 0 within, 1 over, 2 where the input is wrong.

    Limits come from flags, from 'budget: {max: {madds: 300M, former: {madds: 10%}}, min: {madds: 280M}}' in a spec,
    and from [tool.mfprofile.budgets] in pyproject.toml, where a glob of specs has such a map: '"specs/*.yaml" =
    {max = {madds = "300M"}}'. All hold together; a flag replaces the other two on its quantity. A percentage is a
    pillar's share of the whole. For each limit that is passed, the smallest changes that would meet it are told.

    A network in code, as net.py:Net or timm:NAME, is imported and run as by 'audit', and needs torch; it has no
    pillars, no memory and no knobs here. What of it is not counted is noted on stderr, and fails with --strict.

    Example: mfprofile check 'specs/*.yaml' --max-madds 300M --format github
    """
    from mfprofile.budget.checks import Demands
    from mfprofile.budget.reasons import reasons
    from mfprofile.cost.conventions import find_convention
    from mfprofile.view.annotations import append_summary, github_text
    from mfprofile.view.tables import show
    from mfprofile.view.verdict import outcome_text

    wanted = _format(form, as_json)
    flags = {"--max-madds": max_madds, "--min-madds": min_madds, "--max-params": max_params}
    flags |= {"--max-activations": max_activations, "--max-memory": max_memory}
    terms = _terms(find_convention(convention), batch, dtype)
    growth = _growth(baseline, max_growth, convention)
    demands = Demands(_limits(flags, most, least), _config(config), growth, strict)
    refuse_misplaced(specs, given)
    outcome = _judged(specs, given, demands, terms)
    found = reasons(outcome)
    if wanted == "github":
        show(github_text(outcome, found, terms))
        append_summary(outcome, found, terms)
    else:
        show(outcome_text(outcome, found, terms, wanted))
    if outcome.problems:
        raise SpecError(outcome.problems)
    if not outcome.holds and not exit_zero:
        raise typer.Exit(1)


def _judged(specs: list[str], given: Given, demands: Demands, terms: Terms) -> Outcome:
    """Judge each reference, globs expanded, once and to the end, whatever is wrong with another."""
    from mfprofile.budget.checks import Outcome, judge

    targets = [spec for spec in specs if is_target(spec)]
    if targets:
        need_extra("check of a network in code", targets)
    outcome = Outcome()
    for reference in outcome.expanded(specs):
        with outcome.refusing(reference):
            outcome.verdicts.append(judge(_candidate(reference, given, terms), demands, terms))
    return outcome


def _candidate(reference: str, given: Given, terms: Terms) -> Candidate:
    from mfprofile.budget.checks import Candidate, candidate

    if is_target(reference):
        return Candidate(reference, bill_of(reference, given, terms.convention.name))
    return candidate(reference, terms, given.assignments)


def _terms(convention: Convention, batch: int, dtype: str) -> Terms:
    from mfprofile.budget.verdicts import Terms

    if batch < 1:
        raise InputError(f"--batch {batch}: must be 1 or more")
    if dtype != Terms(convention).dtype:
        from mfprofile.cost.memory import value_bytes

        value_bytes(dtype)
    return Terms(convention, batch, dtype)


def _format(form: str, as_json: bool) -> str:
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if as_json and form == "github":
        raise InputError("--json and --format github exclude each other: give one")
    return "json" if as_json else form


def _limits(flags: dict[str, str | None], most: list[str] | None, least: list[str] | None) -> list[Limit]:
    from mfprofile.budget.limits import flag_limit, in_force, named_limit

    found = [flag_limit(flag, flag[6:], text) for flag, text in flags.items() if text is not None]
    found += [named_limit("--max", text) for text in most or ()]
    return in_force([*found, *(named_limit("--min", text) for text in least or ())], ())


def _config(file: str | None) -> Config | None:
    from mfprofile.budget.config import find_config, read_config

    found = find_config(Path.cwd()) if file is None else read_config(Path(file))
    for glob in found.idle() if found is not None else ():
        notify(
            f"note: tool.mfprofile.budgets has limits for {printable(glob)!r}, which is no file and no spec that ships"
        )
    return found


def _growth(file: str | None, most: str | None, convention: str) -> Growth | None:
    from mfprofile.budget.baseline import growth, read_baseline
    from mfprofile.budget.checks import Growth

    if file is not None:
        return Growth(Path(file), read_baseline(Path(file), convention), growth(most or "0%"))
    if most is not None:
        raise InputError("--max-growth needs --baseline: give the file of an earlier 'mfprofile count SPEC… --json'")
    return None
