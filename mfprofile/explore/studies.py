"""Optuna's side of a search: its study, its samplers, and the choices of a space as its parameters.

Optuna is imported where it is used. The parameters that it stores for a trial are those of the repaired proposal, so
its samplers learn from what was evaluated.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mfprofile.errors import InputError
from mfprofile.explore.space import Choice
from mfprofile.explore.storages import retried, without_password
from mfprofile.spec.words import instead, shown

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial, TrialState

SAMPLERS = ("tpe", "nsga2", "random")
ABOUT = "mfprofile"
"""The attribute of a study that says what it searches."""

Direction: TypeAlias = Literal["minimize", "maximize"]
Repair: TypeAlias = Callable[["FrozenTrial", dict[str, Any]], dict[str, Any]]
"""A function that returns the parameters of a variant within the windows, for a new trial and proposed parameters."""


def sampler_of(name: str, seed: int) -> BaseSampler:
    """Return Optuna's sampler of a name; raises `InputError` for an unknown one."""
    import optuna

    if name not in SAMPLERS:
        raise InputError(f"--sampler {shown(name)}: unknown sampler; {instead(name, SAMPLERS)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # of `constant_liar` before Optuna 5
        if name == "tpe":  # the liar keeps several processes from proposing the same
            return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
        if name == "nsga2":
            return optuna.samplers.NSGAIISampler(seed=seed)
        return optuna.samplers.RandomSampler(seed=seed)


def study_of(
    name: str, storage: BaseStorage | None, directions: Sequence[Direction], about: Mapping[str, Any], url: str | None
) -> Study:
    """Return the study of a name, a new one if the storage has none.

    `about` says what is searched, as values of JSON. Raises `InputError` if the study searches something else.
    """
    import optuna

    made = {"study_name": name, "storage": storage, "directions": list(directions), "load_if_exists": True}
    study = retried(lambda: optuna.create_study(**made))  # type: ignore[arg-type]
    if ABOUT not in study.user_attrs and not study.get_trials(deepcopy=False):
        retried(lambda: study.set_user_attr(ABOUT, dict(about)))
    known = study.user_attrs.get(ABOUT)
    place = f"study {shown(name)} of {without_password(str(url))}"
    if known is None:
        raise InputError(f"{place}: is not one of 'mfprofile explore search'; use another --name")
    for key, value in about.items():
        if known.get(key) != value:
            what = f"its {key} {'are' if key.endswith('s') else 'is'} {_text(known.get(key))}, not {_text(value)}"
            raise InputError(f"{place}: {what}; use the same as before, or another --name")
    return study


def _text(value: Any) -> str:
    return (
        ", ".join(f"{key} {each}" for key, each in value.items()) or "none" if isinstance(value, dict) else str(value)
    )


class Parameter:
    """A choice as a parameter of Optuna: an integer if its values have equal steps, else one of its values.

    A section or a block, which is a map, is a parameter as its JSON.
    """

    def __init__(self, choice: Choice) -> None:
        self.name = choice.name
        self.values = {self.written(value): value for value in choice.values}
        self.distribution = self._distribution()

    @staticmethod
    def written(value: Any) -> Any:
        """Return a value of the choice as a value of the parameter."""
        return value if isinstance(value, int | float | str) else json.dumps(value)

    def suggest(self, trial: Trial) -> None:
        """Set the parameter of a trial."""
        choices = getattr(self.distribution, "choices", None)
        if choices is not None:
            trial.suggest_categorical(self.name, choices)
        else:
            numbers = self.distribution._asdict()
            trial.suggest_int(self.name, numbers["low"], numbers["high"], step=numbers["step"])

    def _distribution(self) -> BaseDistribution:
        from optuna.distributions import CategoricalDistribution, IntDistribution

        values = list(self.values)
        if len(values) > 2 and all(type(value) is int for value in values):
            ordered = sorted(values)
            step = ordered[1] - ordered[0]
            if ordered == list(range(ordered[0], ordered[-1] + 1, step)):
                return IntDistribution(ordered[0], ordered[-1], step=step)
        return CategoricalDistribution(values)


class Repairing:
    """A sampler of Optuna whose proposals are repaired before the trial stores them.

    Parameters that are fixed before the trial, as by `study.enqueue_trial`, take the place of proposed ones. Optuna
    then stores these as they are; what is evaluated is repaired all the same.
    """

    def __init__(self, sampler: BaseSampler, parameters: Sequence[Parameter], repair: Repair) -> None:
        self.sampler, self.parameters, self.repair = sampler, parameters, repair

    def infer_relative_search_space(self, _study: Study, _trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return all parameters: each trial has all of them."""
        return {each.name: each.distribution for each in self.parameters}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the parameters of a variant within the windows, near those that the sampler proposes."""
        fixed = trial.system_attrs.get("fixed_params", {})
        joint = self.sampler.infer_relative_search_space(study, trial)
        proposed = {**self.sampler.sample_relative(study, trial, joint), **fixed}
        for name, distribution in search_space.items():
            if name not in proposed:
                proposed[name] = self._alone(study, trial, name, distribution)
        return self.repair(trial, {name: proposed[name] for name in search_space})

    def _alone(self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> Any:
        choices: tuple[Any, ...] = getattr(distribution, "choices", ())
        return choices[0] if distribution.single() else self.sample_independent(study, trial, name, distribution)

    def sample_independent(self, study: Study, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> Any:
        """Return what the sampler proposes for one parameter."""
        return self.sampler.sample_independent(study, trial, name, distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Call the sampler's function of this name."""
        self.sampler.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Call the sampler's function of this name."""
        self.sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Call the sampler's function of this name."""
        self.sampler.reseed_rng()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna's notes on each step off stderr inside a with block; its warnings remain."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
