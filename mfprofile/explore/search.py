"""Search a space for variants that are good by a figure of one's own, such as accuracy after training.

Optuna's samplers propose a value for each choice, and each proposal is repaired: it becomes the variant within the
windows that differs from it in the fewest choices and was not tried before. `ask` and `tell` are as in Optuna.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.conventions import find_convention
from mfprofile.cost.weights import Counting
from mfprofile.explore.feasible import Feasible, Repaired
from mfprofile.explore.goals import VALUE, Goal, check_goals, figures_by_name
from mfprofile.explore.quantity import Quantity
from mfprofile.explore.space import Space
from mfprofile.explore.storages import storage_of
from mfprofile.explore.studies import Direction, Parameter, Repairing, sampler_of, study_of
from mfprofile.spec.content import content_of
from mfprofile.spec.load import load
from mfprofile.spec.model import Spec
from mfprofile.spec.names import LATENCY
from mfprofile.spec.quantities import Window

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.trial import FrozenTrial


_SAME = "another process tries the same variant"
_ENOUGH = "other processes have started all trials"
_DROPPED = (_SAME, _ENOUGH)
"""Why a trial has ended before its variant was evaluated."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A variant to evaluate: its trial, its spec, its content hash, its bill, and how it was repaired."""

    trial: Trial
    spec: Spec
    content: str
    bill: Bill
    repaired: Repaired

    @property
    def number(self) -> int:
        """Return the number of the trial in its study."""
        return self.trial.number


class Search:
    """A search in a space within windows; its trials are in a study of Optuna, `study`.

    `storage` is a URL of Optuna, such as `sqlite:///study.db`, or a journal file (`.log`); without it the study is in
    memory. A study that exists goes on: `name` is its name, by default the space's. Several processes can share it.
    `sampler` is tpe, nsga2 or random. Raises `InputError` for a study that searches something else.
    """

    def __init__(
        self,
        space: Space,
        windows: Sequence[tuple[Quantity, Window]] = (),
        goals: Sequence[Goal] = (VALUE,),
        storage: str | None = None,
        name: str | None = None,
        sampler: str = "tpe",
        seed: int = 0,
        convention: Counting = "core",
    ) -> None:
        self.space, self.goals, self.seed, self.convention = space, tuple(goals), seed, convention
        check_goals(self.goals, convention)
        self.feasible = Feasible(space, windows, convention)
        self._parameters = [Parameter(choice) for choice in space.choices]
        directions: list[Direction] = ["maximize" if goal.most else "minimize" for goal in goals]
        about = _about(space, windows, goals, convention)
        self.study = study_of(name or space.name, storage_of(storage), directions, about, storage)
        inner = sampler_of(sampler, _sampler_seed(seed, len(self.study.get_trials(deepcopy=False))))
        self.study.sampler = Repairing(inner, self._parameters, self._repair)
        self._failed: set[str] = set()  # in this process; another run may try them again
        self._contents: dict[str, str] = {}  # by the values of a variant
        self._next: Repaired | None = None

    def ask(self, most: int | None = None) -> Candidate | None:
        """Return a variant that no trial has tried, or None if all within the windows are tried.

        Also return None if the study has `most` trials that have not failed. A variant is tried if a trial of it is
        running, complete or pruned, in any process. A trial is stored before it is compared with the others. So of two
        processes that ask for the same variant, or for the last trial, at the same time, one or both ask again.
        """
        while most is None or len(self._started()) < most:
            trial, repaired = self._proposed()
            if repaired is None:
                self._drop(trial, "all variants within the windows are tried")
                return None
            candidate = self._candidate(trial, repaired)
            others = [each for each in self._started() if each.number != trial.number]
            if any(each.user_attrs["content"] == candidate.content for each in others):
                self._drop(trial, _SAME)
            elif most is not None and len(others) >= most:
                self._drop(trial, _ENOUGH)
            else:
                return candidate
        return None

    def tell(self, candidate: Candidate, values: float | Sequence[float] | Mapping[str, float]) -> list[float]:
        """Store the figures of a variant, and return those of all goals.

        `values` is one number, or one for each goal that is not counted: in the order of the goals, or by name. Raises
        `InputError` for anything else, and for a number that is not finite; the trial then still runs.
        """
        figures = self._figures(candidate, values)
        self.study.tell(candidate.trial, figures)
        return figures

    def tell_pruned(self, candidate: Candidate) -> None:
        """Store that a training was stopped early."""
        from optuna.trial import TrialState

        self.study.tell(candidate.trial, state=TrialState.PRUNED)

    def tell_failed(self, candidate: Candidate, reason: str) -> None:
        """Store that a variant could not be evaluated. This search does not try it again, but another one can."""
        self._failed.add(candidate.content)
        self._drop(candidate.trial, reason)

    def trials(self) -> list[FrozenTrial]:
        """Return the trials of the study that have a variant, in the order of their numbers."""
        return [
            each
            for each in self.study.get_trials(deepcopy=False)
            if "content" in each.user_attrs and each.user_attrs.get("reason") not in _DROPPED
        ]

    def best(self) -> list[FrozenTrial]:
        """Return the best trial or, of several goals, the Pareto front: complete trials that no other one dominates."""
        from optuna.trial import TrialState

        if not self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            return []
        return self.study.best_trials if len(self.goals) > 1 else [self.study.best_trial]

    def _proposed(self) -> tuple[Trial, Repaired | None]:
        """Return a new trial with its parameters, and the variant to try, or None if all are tried."""
        self._next = None
        trial = self.study.ask()
        try:
            _ = trial.relative_params  # this calls the sampler, also if all parameters are fixed
            if self._next is not None:
                for parameter in self._parameters:
                    parameter.suggest(trial)
        except BaseException:
            self._drop(trial, "interrupted")
            raise
        return trial, self._next

    def _drop(self, trial: Trial, reason: str) -> None:
        from optuna.trial import TrialState

        trial.set_user_attr("reason", reason)
        self.study.tell(trial, state=TrialState.FAIL)

    def _started(self) -> list[FrozenTrial]:
        """Return the trials that have a variant and have not failed."""
        return [each for each in self.trials() if each.state.name != "FAIL"]

    def _repair(self, trial: FrozenTrial, proposed: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of the nearest variant that is not tried; the proposal itself if there is none."""
        proposal = {each.name: each.values[proposed[each.name]] for each in self._parameters}
        tried = {each.user_attrs["content"] for each in self._started()} | self._failed
        nearest = self.feasible.nearest(proposal, _sampler_seed(self.seed, trial.number), most=len(tried) + 1)
        self._next = next((each for each in nearest if self._content(each) not in tried), None)
        choices = proposal if self._next is None else self._next.choices
        return {each.name: each.written(choices[each.name]) for each in self._parameters}

    def _content(self, repaired: Repaired) -> str:
        key = repr(sorted(repaired.choices.items()))
        if key not in self._contents:
            self._contents[key] = content_of(load(repaired.spec()))
        return self._contents[key]

    def _candidate(self, trial: Trial, repaired: Repaired) -> Candidate:
        """Return the candidate of a new trial, and store in the trial what is counted of it."""
        spec = load(repaired.spec())
        candidate = Candidate(trial, spec, self._content(repaired), count(spec, self.convention), repaired)
        for name, value in _attributes(candidate, self.seed).items():
            trial.set_user_attr(name, value)
        return candidate

    def _figures(self, candidate: Candidate, values: float | Sequence[float] | Mapping[str, float]) -> list[float]:
        wanted = [goal.name for goal in self.goals if goal.quantity is None]
        given = figures_by_name(values, wanted)
        bill = candidate.bill
        counted = {
            goal.name: float(goal.quantity.of(bill.parts, bill.convention))
            for goal in self.goals
            if goal.quantity is not None
        }
        return [{**counted, **given}[goal.name] for goal in self.goals]


def _about(
    space: Space, windows: Sequence[tuple[Quantity, Window]], goals: Sequence[Goal], convention: Counting
) -> dict[str, Any]:
    """Return what a search is about, as values of JSON; all searches in one study have the same."""
    device = find_convention(convention).device
    choices = [[choice.name, list(choice.values)] for choice in space.choices]
    text = json.dumps([dict(space.data), choices], sort_keys=True, default=str)
    limits = {quantity.name: f"{_side(window.least)}:{_side(window.most)}" for quantity, window in windows}
    return {
        "space": f"{space.name} ({hashlib.sha256(text.encode()).hexdigest()[:8]})",
        "windows": limits,
        "goals": {goal.name: "maximized" if goal.most else "minimized" for goal in goals},
        "convention": str(convention),
        "latency model": "none" if device is None else device.name,
    }


def _side(limit: int | None) -> str:
    return "" if limit is None else str(limit)


def _attributes(candidate: Candidate, seed: int) -> dict[str, Any]:
    """Return what a trial stores, as values of JSON. The content is the last: a trial that has it has all."""
    bill, repaired = candidate.bill, candidate.repaired
    pillars = {name: {"madds": total.madds, "params": total.params} for name, total in bill.pillars.items()}
    return {
        "madds": bill.madds,
        "params": bill.params,
        **({} if bill.device is None else {LATENCY: bill.latency}),
        "pillars": pillars,
        "choices": repaired.choices,
        "spec": repaired.spec(),
        "changed": repaired.changed,
        "nearest": repaired.exact,
        "seed": seed,
        "content": candidate.content,
    }


def _sampler_seed(seed: int, number: int) -> int:
    """Return a seed of 32 bits for a seed and a number: `seed` itself for the number 0."""
    return seed if number == 0 else int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
