"""`check`: each spec against all the limits that are given for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from mfprofile.budget.baseline import Baseline, growth_limits
from mfprofile.budget.config import Config
from mfprofile.budget.limits import NO_LIMIT, Limit, in_force, spec_limits
from mfprofile.budget.verdicts import Terms, Verdict, judged
from mfprofile.cost.counts import Bill
from mfprofile.spec.load import located
from mfprofile.spec.network import resolve
from mfprofile.spec.problems import InputError, Mark, Problem, SpecError
from mfprofile.spec.sources import expanded


@dataclass(frozen=True, slots=True)
class Growth:
    """How far beyond the bills of a file a spec may grow: by a whole number, or a Fraction of what it was."""

    file: Path
    baseline: Baseline
    most: int | Fraction = 0


@dataclass(frozen=True, slots=True)
class Demands:
    """What specs are held to, beside their own `budget:`: flags, a pyproject.toml, a baseline."""

    flags: Sequence[Limit] = ()
    config: Config | None = None
    growth: Growth | None = None


@dataclass(slots=True)
class Outcome:
    """What came of a check: the verdicts, and what is wrong with the specs that could not be judged."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Return whether each spec could be judged and meets each of its limits."""
        return not self.problems and all(verdict.holds for verdict in self.verdicts)


def check(references: Iterable[str], demands: Demands, terms: Terms, settings: Sequence[str] = ()) -> Outcome:
    """Judge each spec, globs expanded, every one once and to the end, whatever is wrong with another."""
    outcome = Outcome()
    for reference in _each(references, outcome.problems):
        try:
            outcome.verdicts.append(judge(reference, demands, terms, settings))
        except SpecError as error:
            outcome.problems += error.problems
        except InputError as error:
            outcome.problems.append(Problem(Mark(reference), "", str(error)))
    return outcome


def _each(references: Iterable[str], problems: list[Problem]) -> dict[str, None]:
    """Return each reference once, in order; globs that match nothing go to `problems`."""
    found: dict[str, None] = {}
    for reference in references:
        try:
            found |= dict.fromkeys(expanded(reference))
        except SpecError as error:
            problems += error.problems
    return found


def judge(reference: str, demands: Demands, terms: Terms, settings: Sequence[str] = ()) -> Verdict:
    """Return the verdict on one spec.

    Raises `SpecError` for a spec that breaks rules, `InputError` where it has no limit or limits that contradict.
    """
    spec, root = located(reference, settings)
    limits = in_force(demands.flags, [*spec_limits(spec, root), *_configured(demands.config, reference, spec.name)])
    limits += _grown(demands.growth, spec.name)
    if not limits:
        raise InputError(NO_LIMIT)
    return judged(reference, spec, Bill(resolve(spec), terms.convention), limits, terms)


def _configured(config: Config | None, reference: str, name: str) -> Iterator[Limit]:
    if config is not None:
        yield from config.limits(reference, name)


def _grown(growth: Growth | None, name: str) -> Iterator[Limit]:
    if growth is not None:
        yield from growth_limits(growth.baseline, name, growth.most, growth.file)
