"""The command check."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from mfprofile.cli.completion import budgets, conventions, dtypes, limits, names_in, networks
from mfprofile.cli.counting import ModelOption, UnpricedOption, model_of
from mfprofile.cli.demands import config_of, flag_limits, growth_of, networks_of
from mfprofile.cli.formats import format_of, print_outcome
from mfprofile.cli.options import FormOptions, checked_specs, notify
from mfprofile.cli.subjects import NetworkOptions, Options, bill_of, imported_once, need_extra, refuse_misplaced
from mfprofile.errors import SpecError
from mfprofile.spec.sources import is_target

if TYPE_CHECKING:
    from mfprofile.budget.checks import Candidate, Demands, Outcome
    from mfprofile.budget.verdicts import Terms
    from mfprofile.cost.device import Device

SpecsAndGlobs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SPEC",
        help="Names of 'mfprofile list', paths, globs of either, - for stdin, or targets of 'audit' (default: what "
        "[tool.mfprofile.budgets] names).",
        autocompletion=networks,
    ),
]


def _upper(name: str, text: str) -> typer.models.OptionInfo:
    return typer.Option(f"--max-{name}", metavar="AMOUNT", help=f"Upper limit{text}.")  # type: ignore[no-any-return]


def command(
    specs: SpecsAndGlobs = None,
    max_madds: Annotated[str | None, _upper("madds", ", such as 300M, 0.3G or 300_000_000")] = None,
    min_madds: Annotated[str | None, typer.Option("--min-madds", metavar="AMOUNT", help="Lower limit.")] = None,
    max_params: Annotated[str | None, _upper("params", ", such as 12M")] = None,
    max_activations: Annotated[
        str | None, _upper("activations", " on the output values of all ops, such as 10M")
    ] = None,
    max_memory: Annotated[
        str | None, _upper("memory", " on the peak of live activations, such as 12MB or 12MiB")
    ] = None,
    max_latency: Annotated[
        str | None, _upper("latency", " on the latency that a latency model predicts, such as 12ms")
    ] = None,
    most: Annotated[
        list[str] | None,
        typer.Option(
            "--max",
            metavar="QUANTITY=AMOUNT",
            autocompletion=limits,
            help="Upper limit on any quantity: params=12M, bridge.params=2M, former.madds=10%. Repeatable.",
        ),
    ] = None,
    least: Annotated[
        list[str] | None,
        typer.Option(
            "--min",
            metavar="QUANTITY=AMOUNT",
            help="Lower limit on any quantity. Repeatable.",
            autocompletion=limits,
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="FILE",
            help="Compare with an earlier 'count --json' or 'audit --json', by name; - for stdin.",
        ),
    ] = None,
    max_growth: Annotated[
        str | None,
        typer.Option(
            "--max-growth",
            metavar="GROWTH",
            help="Allowed growth of madds and params over the baseline: 1% or 2M (default 0).",
        ),
    ] = None,
    allow_new: Annotated[
        bool, typer.Option("--allow-new", help="Accept a network without a bill in the baseline, and report it as new.")
    ] = False,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            "--budget",
            metavar="BUDGET",
            help="Use this budget of pyproject.toml, and no other of it, for all that is checked. Repeatable.",
            autocompletion=budgets,
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", metavar="FILE", help="Use this pyproject.toml, not the nearest one."),
    ] = None,
    *,
    options: NetworkOptions,
    convention: Annotated[
        str | None,
        typer.Option(
            "--convention",
            metavar="NAME",
            help="What to count. By default each budget's own convention, else core.",
            show_default=False,
            autocompletion=conventions,
        ),
    ] = None,
    latency_model: ModelOption = None,
    allow_unpriced: UnpricedOption = False,
    dtype: Annotated[
        str,
        typer.Option(
            "--dtype",
            metavar="TYPE",
            help="Type of values, for memory: float32, float16, bfloat16 or int8.",
            autocompletion=dtypes,
        ),
    ] = "float32",
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="table (default), json, csv, markdown, latex, junit (JUnit XML) or github (annotations and a job "
            "summary).",
            autocompletion=names_in("cli.formats:FORMATS"),
        ),
    ] = None,
    form: FormOptions,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write json, csv, markdown, latex or junit to this file, and print the table.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a network is not fully counted.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even if a limit is not met.")] = False,
) -> None:
    """Check specs and networks against their budgets.

    Examples:
        mfprofile check mf294m --max-madds 300M
        mfprofile check 'specs/*.yaml' --max former.madds=20% --format github

    Limits come from flags, from 'budget' in a spec, and from [tool.mfprofile.budgets] in pyproject.toml. All apply,
    but a flag replaces the others on its quantity. Without a SPEC, all networks that these budgets name are checked.
    A percentage is a pillar's share of the whole. For each limit that is not met, the smallest changes that would
    meet it are listed. Exits with 0 if all limits are met, 1 if one is not, 2 for invalid input.

    A budget with a convention is judged in it, and refused if --convention is another. Limits without one are
    judged in that of --convention, else of the spec's budget, else of pyproject.toml, else in core. A limit on
    latency needs a latency model.

    A network in code, such as net.py:Net or timm:NAME, is imported and run as with 'audit', which needs torch. Its
    inputs and arguments may be in [tool.mfprofile.targets]. It has no pillars and no knobs here.
    """
    from mfprofile.budget.checks import Demands
    from mfprofile.budget.reasons import reasons

    chosen_format = format_of(format_name, form, output)
    flags = {"--max-madds": max_madds, "--min-madds": min_madds, "--max-params": max_params}
    flags |= {"--max-activations": max_activations, "--max-memory": max_memory, "--max-latency": max_latency}
    limits, settings = flag_limits(flags, most, least), config_of(config, budget)
    networks = networks_of(specs, settings)
    checked_specs([*networks, *("-" for file in (baseline, latency_model) if file == "-")])
    named = model_of(latency_model, lambda: settings.model if settings else None, allow_unpriced, options.training)
    terms = _terms(convention, named, options.code.batch or 1, dtype, options.training)
    demands = Demands(limits, settings, growth_of(baseline, max_growth, allow_new, terms), strict)
    refuse_misplaced(networks, options, is_mixed_allowed=True, without=["--batch"])
    outcome = _judge_all(networks, replace(options, config=demands.config), demands, terms)
    _note_batch(outcome, named, options.code.batch)
    failures = reasons(outcome)
    print_outcome(outcome, failures, terms, chosen_format, form, output)
    if outcome.problems:
        raise SpecError(outcome.problems)
    if not outcome.holds and not exit_zero:
        raise typer.Exit(1)


def _judge_all(specs: list[str], options: Options, demands: Demands, terms: Terms) -> Outcome:
    """Return the outcome of all references, globs expanded. An invalid one does not stop the rest."""
    from mfprofile.budget.checks import Outcome, judge

    targets = [spec for spec in specs if is_target(spec)]
    if targets:
        need_extra("check of a network in code", targets)
    outcome = Outcome()
    references = list(outcome.expanded(specs))
    options = options.divided(references)
    with imported_once(targets, options):
        for reference in references:
            with outcome.collecting_problems(reference):
                outcome.verdicts.append(judge(_candidate(reference, options, terms), demands, terms))
    return outcome


def _note_batch(outcome: Outcome, model: Device | None, batch: int | None) -> None:
    """Print a note if the latency of a spec is of another batch than its memory."""
    specs = [verdict for verdict in outcome.verdicts if verdict.is_timed and verdict.spec is not None]
    if specs and model is not None and batch not in (None, model.batch):
        notify(
            f"note: --batch {batch} is for memory; the latency of a spec is that of the model's batch, {model.batch}"
        )


def _candidate(reference: str, options: Options, terms: Terms) -> Candidate:
    from mfprofile.budget.checks import Candidate, candidate

    if is_target(reference):
        return Candidate(reference, bill_of(reference, options, terms.convention))
    return candidate(reference, terms, options.assignments)


def _terms(convention: str | None, model: Device | None, batch: int, dtype: str, training: bool) -> Terms:
    from mfprofile.budget.verdicts import Terms
    from mfprofile.cost.conventions import find_convention

    named = find_convention("core" if convention is None else convention, of_file=True)
    terms = Terms(named.on(model), batch, dtype, convention is not None, training)
    if dtype != "float32":
        from mfprofile.cost.memory import value_bytes

        value_bytes(dtype)
    return terms
