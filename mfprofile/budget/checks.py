"""`check`: each spec against all the limits that are given for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from mfprofile.budget.baseline import Baseline, growth_limits
from mfprofile.budget.config import Config
from mfprofile.budget.limits import NO_LIMIT, Limit, in_force, spec_limits
from mfprofile.budget.verdicts import CountedCode, Terms, Verdict, judged
from mfprofile.cost.counts import Bill
from mfprofile.spec.load import located
from mfprofile.spec.network import resolve
from mfprofile.spec.problems import InputError, Mark, Problem, SpecError
from mfprofile.spec.sources import expanded, is_target


@dataclass(frozen=True, slots=True)
class Growth:
    """How far beyond the bills of a file a spec may grow: by a whole number, or a Fraction of what it was."""

    file: Path
    baseline: Baseline
    most: int | Fraction = 0


@dataclass(frozen=True, slots=True)
class Demands:
    """What specs are held to, beside their own `budget:`: flags, a pyproject.toml, a baseline.

    Where they are `strict`, all that a network in code runs must be counted.
    """

    flags: Sequence[Limit] = ()
    config: Config | None = None
    growth: Growth | None = None
    strict: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a check: the verdicts, and what is wrong with the specs that could not be judged, each once.

    `unjudged` are those specs and globs as they were given.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Return whether each spec could be judged, meets each of its limits, and is counted as far as demanded."""
        return not self.problems and all(verdict.holds for verdict in self.verdicts)

    def refuse(self, reference: str, error: InputError) -> None:
        """Add what is wrong with a spec, but for what several share, as a wrong `--set` or the spec they extend."""
        own = error.problems if isinstance(error, SpecError) else [Problem(Mark(reference), "", str(error))]
        self.unjudged.append(reference)
        self.problems += [problem for problem in own if problem not in self.problems]


def check(
    references: Iterable[str],
    demands: Demands,
    terms: Terms,
    settings: Sequence[str] = (),
    counted: Callable[[str], CountedCode] | None = None,
) -> Outcome:
    """Judge each spec, globs expanded, every one once and to the end, whatever is wrong with another.

    `counted` tells the bill of a network in code, in the terms' convention; without it there are specs alone.
    """
    outcome = Outcome()
    for reference in _each(references, outcome):
        try:
            if counted is not None and is_target(reference):
                outcome.verdicts.append(judge_bill(reference, counted(reference), demands, terms))
            else:
                outcome.verdicts.append(judge(reference, demands, terms, settings))
        except InputError as error:
            outcome.refuse(reference, error)
    return outcome


def _each(references: Iterable[str], outcome: Outcome) -> dict[str, None]:
    """Return each reference once, in order; globs that match nothing are refused."""
    found: dict[str, None] = {}
    for reference in references:
        try:
            found |= dict.fromkeys(expanded(reference))
        except InputError as error:
            outcome.refuse(reference, error)
    return found


def judge(reference: str, demands: Demands, terms: Terms, settings: Sequence[str] = ()) -> Verdict:
    """Return the verdict on one spec.

    Raises `SpecError` for a spec that breaks rules, `InputError` where it has no limit or limits that contradict.
    """
    spec, root = located(reference, settings)
    limits = _limits(reference, spec.name, spec_limits(spec, root), demands)
    return judged(reference, spec, Bill(resolve(spec), terms.convention), limits, terms)


def judge_bill(reference: str, bill: CountedCode, demands: Demands, terms: Terms) -> Verdict:
    """Return the verdict on a network in code, whose bill is known; raises `InputError` as `judge` does."""
    limits = _limits(reference, bill.name, [], demands, bill.inputs)
    return judged(reference, None, bill, limits, terms, bill.uncovered if demands.strict else ())


def _limits(
    reference: str, name: str, own: Sequence[Limit], demands: Demands, inputs: Sequence[str] | None = None
) -> list[Limit]:
    limits = in_force(demands.flags, [*own, *_configured(demands.config, reference, name)])
    limits += _grown(demands.growth, name, inputs)
    if not limits:
        raise InputError(NO_LIMIT)
    return limits


def _configured(config: Config | None, reference: str, name: str) -> Iterator[Limit]:
    if config is not None:
        yield from config.limits(reference, name)


def _grown(growth: Growth | None, name: str, inputs: Sequence[str] | None) -> Iterator[Limit]:
    if growth is not None:
        yield from growth_limits(growth.baseline, name, growth.most, growth.file, inputs)
