"""Calibrate a latency model: measure whole networks in interleaved sweeps, fit the rates, and judge them.

Every error is that of networks which the rates were not fitted to: the networks are divided into folds, and each fold
is predicted by a fit to the others. The model itself is then fitted to all of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from mfprofile.cost.bill import Bill, count
from mfprofile.cost.device import Device, Errors
from mfprofile.cost.tested import Sums, tested_on
from mfprofile.errors import InputError, NoisyError
from mfprofile.measure.clocks import clock_for
from mfprofile.measure.environment import Environment, environment
from mfprofile.measure.fit import (
    LEAST_JUDGED,
    Predictor,
    Sample,
    by_counts,
    by_madds,
    by_rates,
    errors_of,
    fit,
    held_out,
    rates,
    sample,
)
from mfprofile.measure.journal import Journal
from mfprofile.measure.measurement import Watch, unwatched
from mfprofile.measure.runtimes import calls_of, opened
from mfprofile.measure.setup import Setup
from mfprofile.measure.subjects import of_spec
from mfprofile.measure.summary import noise_of_all
from mfprofile.measure.sweeps import SEED, SWEEPS, Clock, overhead, sweep
from mfprofile.spec.model import Spec
from mfprofile.spec.words import several

if TYPE_CHECKING:
    from mfprofile.measure.runtimes import Program

MOST_NOISE = 0.1
"""With more noise than this, no model is fitted."""
METHODS: Mapping[str, Predictor] = {
    "latency model": by_rates,
    "MAdds, activations, params": by_counts,
    "MAdds alone": by_madds,
}
"""The ways to predict that are compared, the latency model first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network to measure: its bill, how many such inputs it runs at once, and the function that makes its program.

    A program is made when it is prepared, so that not all networks are in memory twice.
    """

    bill: Bill
    images: int
    program: Callable[[], Program]


def candidate(spec: Spec, setup: Setup) -> Candidate:
    """Return the candidate of a spec, with random weights."""
    images = 1 if setup.batch is None else setup.batch
    return Candidate(count(spec), images, lambda: of_spec(spec, setup).program)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A latency model, the networks that it was fitted to, and how they are predicted when they are held out.

    `guesses` are the predictions of each method, in nanoseconds, in the order of `samples`. `noise` is that of the
    measurements; `resumed` the number of sweeps of an earlier run.
    """

    device: Device
    weights: Sums
    samples: Sequence[Sample]
    guesses: Mapping[str, Sequence[float]]
    noise: float
    environment: Environment
    resumed: int

    def errors(self, method: str) -> Errors:
        """Return the errors of a method on held-out networks."""
        return errors_of(self.samples, self.guesses[method], self.noise)


def calibrated(
    name: str,
    candidates: Sequence[Candidate],
    setup: Setup,
    sweeps: int = SWEEPS,
    output: str | Path | None = None,
    watch: Watch = unwatched,
    clock: tuple[str, Clock] | None = None,
    spaces: Sequence[str] = (),
) -> Calibration:
    """Return the latency model called `name` of the networks' times.

    Finished sweeps are kept beside `output`, and used by a later run of the same networks. `spaces` are the names of
    those that the networks were drawn from. Raises `InputError` for too few networks, and `NoisyError` if the times are
    too noisy.
    """
    if len(candidates) < LEAST_JUDGED:
        raise InputError(f"{len(candidates)} networks are too few for a latency model; use {LEAST_JUDGED} or more")
    about, times, resumed = timed(candidates, setup, sweeps, output, watch, clock)
    noise = noise_of_all(times) or 0.0
    if noise > MOST_NOISE:
        raise NoisyError(noise)
    samples = [
        sample(each.bill.name, each.bill.parts, median(series), each.images)
        for each, series in zip(candidates, times, strict=True)
    ]
    guesses = {method: held_out(samples, predictor) for method, predictor in METHODS.items()}
    errors, weights = errors_of(samples, guesses["latency model"], noise), fit(samples)
    kinds = {cost.kind for each in candidates for part in each.bill.parts for _, _, cost in part.ops}
    tested = tested_on(spaces, [each.sums for each in samples]) if spaces else None
    where = conditions(about, len(samples))
    device = Device(name, rates(weights, kinds), where, setup.batch or 1, setup.dtype, errors, tested)
    return Calibration(device, weights, samples, guesses, noise, about, resumed)


def timed(
    candidates: Sequence[Candidate],
    setup: Setup,
    sweeps: int,
    output: str | Path | None,
    watch: Watch = unwatched,
    clock: tuple[str, Clock] | None = None,
) -> tuple[Environment, list[list[float]], int]:
    """Return where the networks were measured, the nanoseconds of each in every sweep, and how many were resumed.

    They are loaded in an order of their own, because networks that are in memory earlier can be slower.
    """
    clock_name, tick = clock_for(setup) if clock is None else clock
    names = [f"{at} {each.bill.name}" for at, each in enumerate(candidates)]
    with opened(setup) as runtime:
        cost = overhead(tick)
        about = environment(setup, runtime.versions, runtime.device, clock_name, cost, sweeps, SEED)
        journal = Journal(output, _key(about, names, candidates))
        if len(journal.sweeps) < sweeps:
            with watch("networks prepared") as progress:
                order = random.Random(SEED).sample(range(len(names)), len(names))
                calls = calls_of(runtime, {names[at]: candidates[at].program for at in order}, progress)
            with watch("sweeps") as progress:
                while len(journal.sweeps) < sweeps:
                    progress(len(journal.sweeps), sweeps)
                    timings = sweep(calls, tick, 1, seed=len(journal.sweeps)).less(cost)
                    journal.add({name: max(timings.series(name)[0], 1.0) for name in names})
    times = [[each[name] for each in journal.sweeps[:sweeps]] for name in names]
    return about, times, min(journal.resumed, sweeps)


def _key(about: Environment, names: Sequence[str], candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Return what the sweeps of two runs must have in common: the machine, the software, the setup, the networks."""
    apart = ("date", "overhead_ns", "sweeps")
    where = {key: value for key, value in about.document().items() if key not in apart}
    counts = [[each.bill.madds, each.bill.params, len(each.bill.rows)] for each in candidates]
    return {**where, "networks": list(names), "counts": counts}


def conditions(about: Environment, networks: int) -> dict[str, str]:
    """Return where and how a model was measured, as text by name."""
    return {
        "processor": about.device or about.processor,
        "on": about.on,
        "runtime": f"{about.runtime} {about.versions[about.runtime]}",
        "threads": several(about.threads, "thread"),
        "clock": about.clock,
        **({"memory": about.allocator[:200]} if about.allocator else {}),
        "system": about.system,
        "versions": ", ".join(f"{name} {number}" for name, number in about.versions.items()),
        "networks": str(networks),
        "sweeps": str(about.sweeps),
        "date": about.date,
    }
