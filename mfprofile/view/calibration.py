"""A calibration as text, as JSON, and as the file of its latency model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mfprofile.cost.device_file import device_json
from mfprofile.measure.calibration import METHODS, Calibration
from mfprofile.spec.words import several
from mfprofile.view.head import SCHEMA
from mfprofile.view.tables import Column, Table

_MILLION = 10**6


def errors_table(calibration: Calibration) -> Table:
    """Return a line for each way to predict, with its errors on held-out networks."""
    columns = [
        Column("predicted by", "method"),
        Column("mean error, %", "mean", _percent, right=True),
        Column("within ±5 %", "within_5", _percent, right=True),
        Column("within ±10 %", "within_10", _percent, right=True),
        Column("τ", "tau", _digits, right=True),
    ]
    lines = []
    for method in METHODS:
        errors = calibration.errors(method)
        lines.append([method, errors.mean, errors.within_5, errors.within_10, errors.tau])
    return Table(columns, lines, (), heading(calibration), list(_below(calibration)))


def heading(calibration: Calibration) -> list[str]:
    """Return the lines on what was measured, where and how."""
    about, number = calibration.environment, len(calibration.samples)
    where = about.device or f"{about.processor}, {several(about.cores, 'core')}"
    runtime = f"{about.runtime} {about.versions[about.runtime]}"
    times = [each.nanoseconds / _MILLION for each in calibration.samples]
    memory = [f"memory: {about.allocator}"] if about.allocator else []
    resumed = f", {calibration.resumed} of them from an earlier run" if calibration.resumed else ""
    return [
        f"{several(number, 'network')} of {min(times):.1f} to {max(times):.1f} ms, measured on {where}",
        f"{runtime}; {several(about.threads, 'thread')}, {about.dtype}, {about.clock}; "
        f"{several(about.sweeps, 'sweep')}{resumed}; noise {100 * calibration.noise:.1f} %",
        *memory,
    ]


def _below(calibration: Calibration) -> Iterator[str]:
    """Yield lines that explain the figures, and the rates."""
    yield "Each network is predicted by a fit to four fifths of the networks, without it."
    product, depthwise, element, softmax, param, call = calibration.weights
    yield (
        f"A multiply-add takes {product / 1e3:.1f} ps (depthwise {(product + depthwise) / 1e3:.1f}), an element "
        f"{element / 1e3:.0f} ps (softmax {(element + softmax) / 1e3:.0f}), a parameter {param / 1e3:.0f} ps, a call "
        f"{call / 1e9:.1f} µs."
    )


def file_json(calibration: Calibration) -> dict[str, Any]:
    """Return the content of the file: the latency model, and under `networks` what it was fitted to.

    Times are in nanoseconds. `predicted` is the prediction while the network was held out.
    """
    guesses = calibration.guesses["latency model"]
    networks = [
        {
            "name": each.name,
            "measured": round(each.nanoseconds),
            "predicted": round(guess),
            "sums": {key: int(amount) for key, amount in each.sums._asdict().items()},
            **dict(zip(("madds", "activations", "params"), each.counts, strict=True)),
        }
        for each, guess in zip(calibration.samples, guesses, strict=True)
    ]
    return {**device_json(calibration.device), "networks": networks}


def calibration_json(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration for JSON: the model, the errors of each way to predict, and the environment."""
    errors = {method: calibration.errors(method)._asdict() for method in METHODS}
    document = calibration.environment.document()
    return {"schema": SCHEMA, "model": file_json(calibration), "methods": errors, "environment": document}


def _percent(part: float) -> str:
    return f"{100 * part:.1f}"


def _digits(value: float) -> str:
    return f"{value:.2f}"
