"""`check`: each network against all the limits that are given for it."""

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
from mfprofile.spec.load import located
from mfprofile.spec.merge import Setting
from mfprofile.spec.model import Spec
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
    """What specs are held to, beside their own `budget:`: flags, a pyproject.toml, a baseline.

    Where they are `strict`, all that a network in code runs must be counted.
    """

    flags: Sequence[Limit] = ()
    config: Config | None = None
    growth: Growth | None = None
    strict: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a check: the verdicts, and what is wrong with what could not be judged, each once.

    `unjudged` are those references and globs as they were given.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Return whether each spec could be judged, meets each of its limits, and is counted as far as demanded."""
        return not self.problems and all(verdict.holds for verdict in self.verdicts)

    def expanded(self, references: Iterable[str]) -> Iterable[str]:
        """Return each reference once, globs expanded, in order; a glob that matches nothing is refused."""
        every: dict[str, None] = {}
        for reference in references:
            with self.refusing(reference):
                every |= dict.fromkeys(expanded(reference))
        return every

    @contextlib.contextmanager
    def refusing(self, reference: str) -> Iterator[None]:
        """Keep what is wrong with a network, and go on; what several share is kept once, as the spec they extend."""
        try:
            yield
        except SpecError as error:
            self._refuse(reference, error.problems)
        except InputError as error:  # a message that begins with the reference is not to say it twice
            text = str(error).removeprefix(reference).removeprefix(":").strip()
            self._refuse(reference, [Problem(Mark(reference), "", text)])

    def _refuse(self, reference: str, problems: Iterable[Problem]) -> None:
        self.unjudged.append(reference)
        self.problems += [problem for problem in problems if problem not in self.problems]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network to be judged: what names it, its bill, and of a spec the spec and the limits of its own `budget:`."""

    reference: str
    bill: Bill
    spec: Spec | None = None
    limits: Sequence[Limit] = ()


def candidate(reference: str, terms: Terms, settings: Sequence[str | Setting] = ()) -> Candidate:
    """Return the candidate of a spec; raises `SpecError` for one that breaks rules."""
    spec, root = located(reference, settings)
    return Candidate(reference, count(spec, terms.convention), spec, spec_limits(spec, root))


def judge(one: Candidate, demands: Demands, terms: Terms) -> Verdict:
    """Return the verdict on a network; raises `InputError` where it has no limit or limits that contradict."""
    elsewhere = [*one.limits, *_configured(demands.config, one)]
    limits = [*in_force(demands.flags, elsewhere), *_grown(demands.growth, one)]
    if not limits:
        raise InputError(NO_LIMIT)
    uncounted = [each.operator for each in one.bill.subject.uncovered] if demands.strict else []
    return judged(one.reference, one.spec, one.bill, limits, terms, uncounted)


def _configured(config: Config | None, one: Candidate) -> Iterator[Limit]:
    if config is not None:
        yield from config.limits(one.reference, one.bill.name)


def _grown(growth: Growth | None, one: Candidate) -> Iterator[Limit]:
    """Yield the limits of a baseline; a spec's input is part of it, and may change as all else does."""
    if growth is not None:
        inputs = one.bill.subject.inputs if one.spec is None else None
        yield from growth_limits(growth.baseline, one.bill.name, growth.most, growth.file, inputs)


def check(references: Iterable[str], demands: Demands, terms: Terms, settings: Sequence[str | Setting] = ()) -> Outcome:
    """Judge specs, globs expanded, every one once and to the end, whatever is wrong with another."""
    outcome = Outcome()
    for reference in outcome.expanded(references):
        with outcome.refusing(reference):
            outcome.verdicts.append(judge(candidate(reference, terms, settings), demands, terms))
    return outcome
