"""Predict networks that a latency model never saw, beside simpler ways to predict, and print Markdown tables.

    pip install '.[latency]' && python benchmarks/latency.py [onnxruntime|torch] [FILE.json]

24 networks are drawn to calibrate with, 40 variants of a space to predict, by seeds that were chosen before anything
was measured; no network is in both. The seven models are predicted too. All are measured in the same sweeps. With a
file, the times are kept beside it, and a later run uses them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from statistics import median

from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.measure.calibration import METHODS, candidate, timed
from mfprofile.measure.fit import Sample, errors_of, sample
from mfprofile.measure.samples import networks
from mfprofile.measure.setup import setup_of
from mfprofile.measure.summary import noise_of_all
from mfprofile.measure.sweeps import no_progress
from mfprofile.spec.load import load

SPACE = "mf294m-stages"
CALIBRATED, CALIBRATION_SEED = 24, 0
VARIANTS, VARIANTS_SEED = 40, 20261127
MODELS = ("mf26m", "mf52m", "mf96m", "mf151m", "mf214m", "mf294m", "mf508m")
SWEEPS = 20


def main() -> None:
    """Measure, fit and print."""
    runtime, output = (*sys.argv[1:], *("onnxruntime", "")[len(sys.argv) - 1 :])[:2]
    setup = setup_of(runtime, "cpu", 1, "float32", 1)
    space = read_space(SPACE)
    calibration = networks([space], CALIBRATED, CALIBRATION_SEED)
    drawn = [load(variant.spec()) for variant in sample_space(space, VARIANTS, VARIANTS_SEED)]
    models = [load(name) for name in MODELS]
    assert not {replace(spec, name="") for spec in calibration} & {replace(spec, name="") for spec in drawn}
    candidates = [candidate(spec, setup) for spec in (*calibration, *drawn, *models)]
    about, times, _ = timed(candidates, setup, SWEEPS, output or None, lambda _: nullcontext(no_progress))
    samples = [
        sample(each.bill.name, each.bill.parts, median(series)) for each, series in zip(candidates, times, strict=True)
    ]
    known, held, shipped = samples[:CALIBRATED], samples[CALIBRATED:-7], samples[-7:]
    noise = noise_of_all(times) or 0.0
    where = f"{about.processor}, {about.cores} cores; {about.runtime} {about.versions[about.runtime]}"
    print(f"{where}, one thread, float32; {SWEEPS} sweeps; noise {100 * noise:.1f} %\n")
    show(f"{VARIANTS} variants", known, held, noise)
    show("seven models", known, shipped, noise)
    print("| model | measured, ms | " + " | ".join(f"{method}, %" for method in METHODS) + " |")
    print("| :-- | --: | " + " | ".join("--:" for _ in METHODS) + " |")
    guesses = [method(known, shipped) for method in METHODS.values()]
    for at, each in enumerate(shipped):
        errors = " | ".join(f"{100 * (guess[at] / each.nanoseconds - 1):+.1f}" for guess in guesses)
        print(f"| {each.name} | {each.nanoseconds / 1e6:.1f} | {errors} |")


def show(what: str, known: Sequence[Sample], held: Sequence[Sample], noise: float) -> None:
    """Print the errors of each way to predict on networks that are held out."""
    print(f"| {what} predicted by | mean error, % | within ±5 %, % | within ±10 %, % | τ |")
    print("| :-- | --: | --: | --: | --: |")
    for name, method in METHODS.items():
        errors = errors_of(held, method(known, held), noise)
        shares = f"{100 * errors.mean:.1f} | {100 * errors.within_5:.0f} | {100 * errors.within_10:.0f}"
        print(f"| {name} | {shares} | {errors.tau:.2f} |")
    print()


if __name__ == "__main__":
    main()
