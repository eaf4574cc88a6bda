"""Made-up measurements for tests, in the files that `measure --json` and `calibrate` write. Nothing was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from odd_devices import odd_device

from mfprofile.cost.bill import count
from mfprofile.measure.calibration import METHODS, Calibration
from mfprofile.measure.environment import Environment
from mfprofile.measure.fit import Sums, sample
from mfprofile.measure.measurement import Latency, Measurement, Timed
from mfprofile.view.calibration import file_json
from mfprofile.view.measurement import measurement_json

HERE = Environment(
    "abacus", 2, "Linux x86_64", "", "by hand", {"by hand": "1.0"}, "cpu", 1, "float32", 1, "CPU time", 10, 3, 0,
    "2026-01-01T00:00:00+00:00",
)  # fmt: skip
"""The environment of `odd_devices.odd_device`."""
PEAK = Timed("1024×1024 product", 1024**3, [20e6, 22e6, 21e6])
"""A peak whose median is 51.13 GMAdds/s."""


def measurement(networks: Mapping[str, tuple[int, Sequence[float]]], **changes: Any) -> dict[str, Any]:
    """Return the JSON of networks with their multiply-adds and the nanoseconds of three sweeps, beside mf26m.

    The environment is `HERE` with `changes`.
    """
    timed = [Timed(name, madds, series) for name, (madds, series) in networks.items()]
    reference = next((each for each in timed if each.name == "mf26m"), None)
    reference = reference or Timed("mf26m", count("mf26m").madds, [5.8e6, 5.9e6, 5.7e6])
    whole = Measurement(replace(HERE, **changes), tuple(map(Latency, timed)), reference, PEAK)
    return measurement_json(whole, None)


def timed_specs(*names: str, factor: float = 1.0) -> dict[str, tuple[int, Sequence[float]]]:
    """Return specs with multiply-adds as counted, and times of `factor` × (4 ms and 50 ns per thousand)."""
    madds = {name: count(name).madds for name in names}
    each = {name: factor * (4e6 + amount / 20) for name, amount in madds.items()}
    return {name: (amount, [each[name], 1.1 * each[name], 0.95 * each[name]]) for name, amount in madds.items()}


def calibrated_file(predictions: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Return the JSON of a latency model that was fitted to networks with these measured and predicted nanoseconds."""
    samples = [sample(name, count("mf26m").parts, measured) for name, (measured, _) in predictions.items()]
    guesses = {method: [float(guess) for _, guess in predictions.values()] for method in METHODS}
    return file_json(Calibration(odd_device(), Sums(*[1.0] * 6), samples, guesses, 0.013, HERE, 0))


def written(document: Any, folder: Path, name: str = "measured.json") -> str:
    """Write JSON into a folder. Return the path of the file."""
    file = folder / name
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)
