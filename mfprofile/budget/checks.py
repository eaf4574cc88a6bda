"""The command `check`: each network against all its limits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from mfprofile.budget.baseline import Baseline, growth_limits
from mfprofile.budget.config import Config
from mfprofile.budget.limits import NO_LIMIT, Limit, in_force, spec_limits
from mfprofile.budget.modes import check_causal_of, refuse_latency_without_model, refuse_limits_of_inference
from mfprofile.budget.verdicts import Terms, Verdict, is_priced, judged
from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.subject import is_whole
from mfprofile.errors import InputError, SpecError
from mfprofile.notebook import shown_as
from mfprofile.spec.limits import convention_of
from mfprofile.spec.load import located
from mfprofile.spec.merge import Setting
from mfprofile.spec.model import Spec
from mfprofile.spec.problems import Mark, Problem
from mfprofile.spec.sources import expanded


@dataclass(frozen=True, slots=True)
class Growth:
    """The allowed growth over the bills of a file: a whole number, or a Fraction of the earlier amount.

    With `allow_new`, a network may have no bill in the file.
    """

    file: Path
    baseline: Baseline
    most: int | Fraction = 0
    allow_new: bool = False

    def allows(self, name: str) -> bool:
        """Return whether a network has no bill in the file and is allowed to have none."""
        return self.allow_new and name not in self.baseline


@dataclass(frozen=True, slots=True)
class Demands:
    """The limits on specs that are not in their own `budget:`: flags, a pyproject.toml, a baseline.

    With `strict`, all operators of a network in code must be counted, and all tensors accounted for. If there is a
    limit on latency, the latency model must know each op.
    """

    flags: Sequence[Limit] = ()
    config: Config | None = None
    growth: Growth | None = None
    strict: bool = False


@dataclass(slots=True, repr=False)
class Outcome:
    """The result of a check: the verdicts, and the problems of networks that could not be judged, each listed once.

    `asked` has the reference or glob of each problem, as given; `unjudged` has those of the networks, each once.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
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
        known = set(map(str, self.problems))
        new = [problem for problem in problems if str(problem) not in known]
        self.problems += new
        self.asked += [reference] * len(new)

    def __repr__(self) -> str:
        missed = sum(len(verdict.missed) for verdict in self.verdicts)
        numbers = f"networks={len(self.verdicts)}, missed={missed}, unjudged={len(self.unjudged)}"
        return f"Outcome(holds={self.holds}, {numbers})"

    _repr_html_ = shown_as("outcome")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network to judge: its reference and bill.

    A spec also has the spec, and the limits and the convention of its own `budget:`.
    """

    reference: str
    bill: Bill
    spec: Spec | None = None
    limits: Sequence[Limit] = ()
    convention: str = ""


def candidate(reference: str, terms: Terms, settings: Sequence[str | Setting] = ()) -> Candidate:
    """Return the candidate of a spec. Raise `SpecError` for an invalid one."""
    spec, root = located(reference, settings)
    own = convention_of(spec.budget or {})
    bill = count(spec, terms.convention, training=terms.training)
    return Candidate(reference, bill, spec, spec_limits(spec, root), own)


def judge(network: Candidate, demands: Demands, terms: Terms) -> Verdict:
    """Return the verdict on a network.

    A limit without a convention is in that of `terms` if it is required, else in that of the spec's own budget, else in
    that of a pyproject.toml, else in that of `terms`. Raises `InputError` if the network has no limit, limits that
    contradict each other, a limit in another convention than required, or one on latency without a latency model.
    """
    terms = _terms_of(network, demands.config, terms)
    in_terms = partial(_with_convention, terms=terms)
    elsewhere = [*network.limits, *_config_limits(demands.config, network)]
    flags = list(map(in_terms, demands.flags))
    limits = in_force(flags, map(in_terms, elsewhere))
    if terms.training:
        refuse_limits_of_inference(limits, flags)
    limits += _baseline_limits(demands.growth, network)
    is_new = demands.growth is not None and demands.growth.allows(network.bill.name)
    if not limits and not is_new:
        raise InputError(NO_LIMIT)
    _refuse_other_conventions(limits, terms)
    refuse_latency_without_model(limits, terms.convention)
    bill = network.bill.under(terms.convention.name)
    is_partial = demands.strict and not (is_whole(bill.subject) and is_priced(bill, limits))
    return judged(network.reference, network.spec, bill, limits, terms, is_partial=is_partial, is_new=is_new)


def _terms_of(network: Candidate, config: Config | None, terms: Terms) -> Terms:
    """Return the terms of a network, in the convention of its limits that do not have their own."""
    of_config = "" if config is None else config.convention(network.reference, network.bill.name)
    own = network.convention or of_config
    if terms.required or terms.training or not own:
        return terms
    return replace(terms, convention=find_convention(own).on(terms.convention.device))


def _with_convention(limit: Limit, terms: Terms) -> Limit:
    return limit if limit.convention else replace(limit, convention=terms.convention.name)


def _refuse_other_conventions(limits: Iterable[Limit], terms: Terms) -> None:
    rule = f"its limit is in convention '{{}}', but --convention is '{terms.convention.name}'"
    remedy = "omit --convention, then each limit is judged in its own"
    problems = [
        Problem(limit.given, limit.name, rule.format(limit.convention), remedy=remedy)
        for limit in limits
        if limit.convention != terms.convention.name
    ]
    if problems and terms.required:
        raise SpecError(problems)


def _config_limits(config: Config | None, network: Candidate) -> Iterator[Limit]:
    if config is not None:
        yield from config.limits(network.reference, network.bill.name)


def _baseline_limits(growth: Growth | None, network: Candidate) -> Iterator[Limit]:
    """Yield the limits of a baseline. A spec's input is part of the spec and may change."""
    if growth is not None and not growth.allows(network.bill.name):
        inputs = network.bill.subject.inputs if network.spec is None else None
        earlier = growth.baseline.get(network.bill.name)
        check_causal_of(growth.file, network.bill, "" if earlier is None else earlier.causal)
        axis = network.bill.subject.axes[0]
        yield from growth_limits(growth.baseline, network.bill.name, growth.most, growth.file, inputs, axis)


def check(references: Iterable[str], demands: Demands, terms: Terms, settings: Sequence[str | Setting] = ()) -> Outcome:
    """Return the outcome of specs, globs expanded, each judged once. An invalid one does not stop the rest."""
    outcome = Outcome()
    for reference in outcome.expanded(references):
        with outcome.collecting_problems(reference):
            outcome.verdicts.append(judge(candidate(reference, terms, settings), demands, terms))
    return outcome
