"""Fit the rates of a latency model to whole networks that were measured, and judge such fits.

The rates are non-negative and minimize the squared relative errors, with a ridge: each rate is drawn towards a physical
rate, times one free scale. Without the ridge, some rates become 0 in networks of one family, whose sums rise together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mfprofile.cost.device import Errors, Rate
from mfprofile.cost.rows import Part
from mfprofile.cost.sums import activations_of, costs_of, params_of
from mfprofile.cost.tested import UNCALLED, Sums, sums_of
from mfprofile.cost.weights import ANY

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]

MANY = 12
"""From this number of networks on, all six sums are fitted, else four: without the extra terms."""
LEAST = 6
"""The smallest number of networks that can be fitted."""
FOLDS = 5
"""The parts of the networks, each of which is held out once."""
LEAST_JUDGED = 8
"""The smallest number of networks that can be fitted and judged: without the largest fold, `LEAST` are left."""
RIDGES = (1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""The strengths of the ridge that are tried, in squared relative errors for a rate that is off by its own size."""
NEARLY = 1.05
"""The strongest ridge is taken whose errors are at most this multiple of the least: it has the most stable rates."""


PHYSICAL = Sums(15e3, 60e3, 400e3, 1e6, 300e3, 5e9)
"""The rates of one core of a processor, in femtoseconds. Only their ratios matter."""
_EXTRA = (1, 3)
"""The places of the sums that are fitted only to many networks."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A network that was measured: its sums, its multiply-adds, activations and parameters, and its nanoseconds."""

    name: str
    sums: Sums
    counts: tuple[int, int, int]
    nanoseconds: float


def sample(name: str, parts: Sequence[Part], nanoseconds: float, images: int = 1) -> Sample:
    """Return the sample of a network with the parts of one image, that was measured on a batch of `images`."""
    costs = costs_of(parts)
    counts = (sum(cost.madds for cost in costs), activations_of(parts), params_of(parts))
    return Sample(name, sums_of(parts, images), counts, nanoseconds)


def rates(weights: Sums, kinds: Iterable[str]) -> dict[tuple[str, str], Rate]:
    """Return the rate of each kind, in whole femtoseconds, from the weights of the six sums."""
    product, depthwise, element, softmax, param, call = map(round, weights)
    return {
        (kind, ANY): Rate(
            product + (depthwise if kind == "depthwise" else 0),
            element + (softmax if kind == "softmax" else 0),
            param,
            0 if kind in UNCALLED else call,
        )
        for kind in sorted(kinds)
        if kind != "unused"
    }


def fit(samples: Sequence[Sample]) -> Sums:
    """Return the weights of the six sums, in femtoseconds, with the ridge that predicts best what is left out.

    Raises `ValueError` for fewer than `LEAST` samples.
    """
    if len(samples) < LEAST:
        raise ValueError(f"{len(samples)} networks; a latency model needs {LEAST}")
    errors = {ridge: _left_out(samples, ridge) for ridge in RIDGES}
    least = min(errors.values())
    return _fit(samples, max(ridge for ridge, error in errors.items() if error <= NEARLY * least))


def predicted(weights: Sums, sums: Sums) -> float:
    """Return the nanoseconds of a network with these sums."""
    return sum(weight * amount for weight, amount in zip(weights, sums, strict=True)) / 1e6


def _left_out(samples: Sequence[Sample], ridge: float) -> float:
    """Return the sum of the absolute relative errors of each sample, predicted by a fit to all others."""
    errors = 0.0
    for at, one in enumerate(samples):
        weights = _fit([*samples[:at], *samples[at + 1 :]], ridge)
        errors += abs(predicted(weights, one.sums) / one.nanoseconds - 1)
    return errors


def _fit(samples: Sequence[Sample], ridge: float) -> Sums:
    """Return the weights for one strength of the ridge.

    The unknowns are each rate as a multiple of its physical rate on a device of this speed, and the scale that the
    ridge draws them to.
    """
    import numpy as np
    from scipy.optimize import nnls

    used = [at for at in range(len(PHYSICAL)) if len(samples) >= MANY or at not in _EXTRA]
    physical = np.array(PHYSICAL)[used] / 1e6
    relative = np.array([each.sums for each in samples])[:, used] * physical
    relative /= np.array([each.nanoseconds for each in samples])[:, None]
    speed = relative.sum() / (relative.sum(axis=1) ** 2).sum()  # the least squares of one scale for all rates
    physical, relative = physical * speed, relative * speed
    strength = np.sqrt(ridge * len(samples))
    drawn = strength * np.hstack([np.eye(len(used)), -np.ones((len(used), 1))])
    system = np.vstack([np.hstack([relative, np.zeros((len(samples), 1))]), drawn])
    multiples, _ = nnls(system, np.concatenate([np.ones(len(samples)), np.zeros(len(used))]))
    weights = np.zeros(len(PHYSICAL))
    weights[used] = multiples[:-1] * physical * 1e6
    return Sums(*weights.tolist())


Predictor: TypeAlias = "Callable[[Sequence[Sample], Sequence[Sample]], list[float]]"
"""A function that is fitted to samples and predicts others, in nanoseconds."""


def by_rates(known: Sequence[Sample], others: Sequence[Sample]) -> list[float]:
    """Predict with a latency model."""
    weights = fit(known)
    return [predicted(weights, each.sums) for each in others]


def by_madds(known: Sequence[Sample], others: Sequence[Sample]) -> list[float]:
    """Predict with a constant and the multiply-adds alone."""
    return _linear(known, others, 1)


def by_counts(known: Sequence[Sample], others: Sequence[Sample]) -> list[float]:
    """Predict with a constant, the multiply-adds, the activations and the parameters."""
    return _linear(known, others, 3)


def _linear(known: Sequence[Sample], others: Sequence[Sample], columns: int) -> list[float]:
    """Predict with a linear function that has the least squared relative errors."""
    import numpy as np

    def table(samples: Sequence[Sample]) -> Floats:
        return np.array([[1e6, *each.counts[:columns]] for each in samples], float)

    times = np.array([each.nanoseconds for each in known])
    weights, *_ = np.linalg.lstsq(table(known) / times[:, None], np.ones(len(known)), rcond=None)
    values: list[float] = (table(others) @ weights).tolist()
    return values


def held_out(samples: Sequence[Sample], predictor: Predictor) -> list[float]:
    """Return the prediction of each sample by a fit to the folds that it is not in.

    The folds take turns in the order of the samples' times, so that each has fast and slow networks.
    """
    order = sorted(range(len(samples)), key=lambda at: samples[at].nanoseconds)
    results = [0.0] * len(samples)
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        known = [samples[at] for at in order if at not in held]
        for at, time in zip(held, predictor(known, [samples[at] for at in held]), strict=True):
            results[at] = time
    return results


def errors_of(samples: Sequence[Sample], predictions: Sequence[float], noise: float) -> Errors:
    """Return how well predictions agree with the samples. `noise` is that of the measurements."""
    from scipy.stats import kendalltau

    times = [each.nanoseconds for each in samples]
    relative = [abs(guess / time - 1) for guess, time in zip(predictions, times, strict=True)]
    tau = float(kendalltau(predictions, times).statistic)
    mean, within_5, within_10 = (
        sum(values) / len(samples)
        for values in (relative, [each <= 0.05 for each in relative], [each <= 0.1 for each in relative])
    )
    return Errors(len(samples), mean, within_5, within_10, tau if tau == tau else 0.0, noise)
