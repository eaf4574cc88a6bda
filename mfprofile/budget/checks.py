"""The command `check`: each network against all its limits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from mfprofile.budget.baseline import Baseline, growth_limits
from mfprofile.budget.config import Config
from mfprofile.budget.limits import NO_LIMIT, Limit, in_force, spec_limits
from mfprofile.budget.verdicts import Terms, Verdict, judged
from mfprofile.cost.bill import Bill, count
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.load import located
from mfprofile.spec.merge import Setting
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import Mark, Problem
from mfprofile.spec.sources import expanded


@dataclass(frozen=True, slots=True)
class Growth:
    """The allowed growth over the bills of a file: a whole number, or a Fraction of the earlier amount."""

    file: Path
    baseline: Baseline
    most: int | Fraction = 0


@dataclass(frozen=True, slots=True)
class Demands:
    """The limits on specs that are not in their own `budget:`: flags, a pyproject.toml, a baseline.

    With `strict`, all operators of a network in code must be counted.
    """

    flags: Sequence[Limit] = ()
    config: Config | None = None
    growth: Growth | None = None
    strict: bool = False


@dataclass(slots=True)
class Outcome:
    """The result of a check: the verdicts, and the problems of networks that could not be judged, each listed once.

    `unjudged` has the references and globs of those networks, as given.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Return whether every network could be judged, meets its limits, and is counted as far as required."""
        return not self.problems and all(verdict.holds for verdict in self.verdicts)

    def expanded(self, references: Iterable[str]) -> Iterable[str]:
        """Return each reference once, globs expanded, in order. A glob that matches nothing is a problem."""
        names: dict[str, None] = {}
        for reference in references:
            with self.collecting_problems(reference):
                names |= dict.fromkeys(expanded(reference))
        return names

    @contextlib.contextmanager
    def collecting_problems(self, reference: str) -> Iterator[None]:
        """Collect the problems of a network instead of raising them.

        Problems that several networks share, such as those of a spec that they extend, are kept once.
        """
        try:
            yield
        except SpecError as error:
            self._add_problems(reference, error.problems)
        except InputError as error:  # the reference is printed once, even if the message begins with it
            text = str(error).removeprefix(reference).removeprefix(":").strip()
            self._add_problems(reference, [Problem(Mark(reference), "", text)])

    def _add_problems(self, reference: str, problems: Iterable[Problem]) -> None:
        self.unjudged.append(reference)
        self.problems += [problem for problem in problems if problem not in self.problems]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network to judge: its reference and bill. A spec also has the spec and the limits of its own `budget:`."""

    reference: str
    bill: Bill
    spec: Spec | None = None
    limits: Sequence[Limit] = ()


def candidate(reference: str, terms: Terms, settings: Sequence[str | Setting] = ()) -> Candidate:
    """Return the candidate of a spec. Raise `SpecError` for an invalid one."""
    spec, root = located(reference, settings)
    return Candidate(reference, count(spec, terms.convention), spec, spec_limits(spec, root))


def judge(network: Candidate, demands: Demands, terms: Terms) -> Verdict:
    """Return the verdict on a network. Raise `InputError` if it has no limit, or limits that contradict each other."""
    elsewhere = [*network.limits, *_config_limits(demands.config, network)]
    limits = [*in_force(demands.flags, elsewhere), *_baseline_limits(demands.growth, network)]
    if not limits:
        raise InputError(NO_LIMIT)
    subject = network.bill.subject
    gaps = [*(each.operator for each in subject.uncovered), *(each.text for each in subject.remarks if each.is_gap)]
    uncounted = gaps if demands.strict else []
    return judged(network.reference, network.spec, network.bill, limits, terms, uncounted)


def _config_limits(config: Config | None, network: Candidate) -> Iterator[Limit]:
    if config is not None:
        yield from config.limits(network.reference, network.bill.name)


def _baseline_limits(growth: Growth | None, network: Candidate) -> Iterator[Limit]:
    """Yield the limits of a baseline. A spec's input is part of the spec and may change."""
    if growth is not None:
        inputs = network.bill.subject.inputs if network.spec is None else None
        yield from growth_limits(growth.baseline, network.bill.name, growth.most, growth.file, inputs)


def check(references: Iterable[str], demands: Demands, terms: Terms, settings: Sequence[str | Setting] = ()) -> Outcome:
    """Return the outcome of specs, globs expanded, each judged once. An invalid one does not stop the rest."""
    outcome = Outcome()
    for reference in outcome.expanded(references):
        with outcome.collecting_problems(reference):
            outcome.verdicts.append(judge(candidate(reference, terms, settings), demands, terms))
    return outcome
