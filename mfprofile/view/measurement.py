"""Measured latency as tables and for JSON. A measurement is printed as one: with interval, noise and environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mfprofile.measure.measurement import Latency, Measurement, Timed
from mfprofile.measure.summary import Summary
from mfprofile.spec.words import several
from mfprofile.view.head import SCHEMA
from mfprofile.view.intervals import digits, with_intervals
from mfprofile.view.numbers import human, share
from mfprofile.view.tables import Column, Form, Table, dumps, render, render_each

NOISY = 0.05
"""The noise above which a measurement has a note."""
REST = "(rest)"
"""The line for what isolated parts do not add up to."""
_MILLION = 1_000_000
"""The nanoseconds of a millisecond."""


def measurement_text(measurement: Measurement, axis: str | None, form: Form) -> str:
    """Return a measurement in one of the four forms. In CSV, the parts replace the networks."""
    if form.name == "json":
        return dumps(measurement_json(measurement, axis))
    if form.name == "csv":
        table = networks_table(measurement) if axis is None else _table_of_all_parts(measurement, axis)
        return render(table, form)
    parts = [] if axis is None else [parts_table(measurement, each, axis) for each in measurement.networks]
    tables = [networks_table(measurement), *parts]
    if form.name in ("text", "markdown") and not (form.columns or form.sort):
        tables = list(map(with_intervals, tables))
    return "\n".join(render_each(tables, form))


def networks_table(measurement: Measurement) -> Table:
    """Return a line for each network, the reference first if it is none of them."""
    timed = _wholes(measurement)
    on_gpu = any(each.beside is not None for each in timed)
    columns = [
        Column("network", "name"),
        *_time_columns(),
        *([Column("GPU ms", "device_ms", digits, right=True)] if on_gpu else []),
        Column(f"× {measurement.reference.name}", "times_reference", digits, right=True),
        *_rate_columns(),
    ]
    data = [
        [each.name, *_times(each), *_on_gpu(each, on_gpu), _against(measurement, each), *_rates(measurement, each)]
        for each in timed
    ]
    return Table(columns, data, [], heading(measurement), _below(measurement, on_gpu))


def parts_table(measurement: Measurement, network: Latency, axis: str) -> Table:
    """Return a line for each isolated part of a network, what they do not add up to, and the whole."""
    columns = [Column(axis, axis), *_time_columns(), Column("%", "share", right=True), *_rate_columns()]
    lines = [[name, *_times(part), _share(part, network), *_rates(measurement, part)] for name, part in _parts(network)]
    whole = ["whole", *_times(network.whole), _share(network.whole, network), *_rates(measurement, network.whole)]
    above = [f"{network.whole.name}: each {axis} by itself, in the same sweeps"]
    below = [f"{REST}: what the parts, each run by itself, do not add up to"]
    return Table(columns, lines, [[whole]], above, below)


def heading(measurement: Measurement) -> list[str]:
    """Return the lines that say where and how it was measured."""
    about = measurement.environment
    versions = ", ".join(f"{name} {about.versions[name]}" for name in about.versions if name not in _OUR_OWN)
    batch = "inputs as given" if about.batch is None else f"batch {about.batch}"
    where = about.device or f"{about.processor}, {several(about.cores, 'core')}"
    how = f"{several(about.threads, 'thread')}, " if about.on == "cpu" else ""
    return [
        f"measured on {where}; {versions}; {how}{about.dtype}, {batch}",
        *([f"memory: {about.allocator}"] if about.allocator else []),
        f"{about.clock}: median of {several(about.sweeps, 'sweep')}{_interval(measurement)}; "
        f"× {measurement.reference.name}: in the same sweeps",
    ]


def measurement_json(measurement: Measurement, axis: str | None) -> dict[str, Any]:
    """Return a measurement for JSON: its environment, its noise, the reference, the peak and the networks.

    Each has its times in nanoseconds: the median, the interval, and that of every sweep.
    """
    return {
        "schema": SCHEMA,
        "environment": measurement.environment.document(),
        "noise": measurement.noise,
        "drift": measurement.drift,
        "reference": _timed_json(measurement, measurement.reference),
        "peak": _timed_json(measurement, measurement.peak),
        "networks": [_network_json(measurement, each, axis) for each in measurement.networks],
    }


def notes(measurement: Measurement) -> list[str]:
    """Return a note if the noise is large."""
    noise = measurement.noise
    if noise is None or noise <= NOISY:
        return []
    return [
        f"note: the noise is {100 * noise:.1f} %: smaller differences mean nothing; end other programs, or use more "
        "--sweeps"
    ]


_OUR_OWN = ("python", "mfprofile")


def _wholes(measurement: Measurement) -> list[Timed]:
    wholes = [each.whole for each in measurement.networks]
    is_one = any(each is measurement.reference for each in wholes)
    return wholes if is_one else [measurement.reference, *wholes]


def _time_columns() -> list[Column]:
    return [
        Column("ms", "median_ms", digits, right=True),
        Column("from", "low_ms", digits, right=True),
        Column("to", "high_ms", digits, right=True),
    ]


def _rate_columns() -> list[Column]:
    return [
        Column("MAdds", "madds", human, right=True),
        Column("ms/100M", "ms_per_100m", digits, right=True),
        Column("GMAdds/s", "gmadds_per_s", digits, right=True),
        Column("% of peak", "share_of_peak", _percent, right=True, optional=1),
    ]


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _ms(nanoseconds: float) -> float:
    return nanoseconds / _MILLION


def _times(timed: Timed) -> list[float]:
    return [_ms(timed.time.median), _ms(timed.time.low), _ms(timed.time.high)]


def _on_gpu(timed: Timed, on_gpu: bool) -> list[float | None]:
    return [None if timed.second is None else _ms(timed.second.median)] if on_gpu else []


def _against(measurement: Measurement, timed: Timed) -> float:
    return timed.against(measurement.reference).median


def _rates(measurement: Measurement, timed: Timed) -> list[float | int | None]:
    if not timed.madds:
        return [timed.madds, None, None, None]
    per_100m = _ms(timed.time.median) * 100 * _MILLION / timed.madds
    return [timed.madds, per_100m, timed.rate, measurement.share_of_peak(timed)]


def _share(part: Timed, network: Latency) -> str:
    return share(round(part.time.median), round(network.whole.time.median))


def _parts(network: Latency) -> list[tuple[str, Timed]]:
    return [*((part.name, part) for part in network.parts), (REST, network.rest)]


def _interval(measurement: Measurement) -> str:
    covered = measurement.reference.time.coverage
    return f" with its {100 * covered:.1f} % interval" if covered else ""


def _below(measurement: Measurement, on_gpu: bool) -> list[str]:
    noise, drift, peak = measurement.noise, measurement.drift, measurement.peak
    lines = [f"peak: {digits(peak.rate)} GMAdds/s in a {peak.name} ({digits(_ms(peak.time.median))} ms)"]
    if noise is not None and drift is not None:
        change = f"{100 * abs(drift):.1f} % {'slower' if drift > 0 else 'faster'}"
        lines.append(f"noise {100 * noise:.1f} %; the reference became {change} during the sweeps")
    if on_gpu:
        lines.append("GPU ms: between CUDA events; ms: on the wall, until the GPU has nothing left to do")
    return [*lines, *notes(measurement)]


def _table_of_all_parts(measurement: Measurement, axis: str) -> Table:
    columns = [Column("network", "name"), *parts_table(measurement, measurement.networks[0], axis).columns]
    data = [
        [each.whole.name, *line] for each in measurement.networks for line in parts_table(measurement, each, axis).data
    ]
    return Table(columns, data)


def _timed_json(measurement: Measurement, timed: Timed) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": timed.name,
        "madds": timed.madds,
        **_summary_json(timed.time),
        "noise": timed.noise,
        "share_of_peak": measurement.share_of_peak(timed),
        "sweeps_ns": list(timed.series),
    }
    if timed.second is not None and timed.beside is not None:
        document["device"] = {**_summary_json(timed.second), "sweeps_ns": list(timed.beside)}
    return document


def _summary_json(time: Summary) -> dict[str, float]:
    return {"median_ns": time.median, "low_ns": time.low, "high_ns": time.high, "coverage": time.coverage}


def _network_json(measurement: Measurement, network: Latency, axis: str | None) -> dict[str, Any]:
    against = network.whole.against(measurement.reference)
    document = {
        **_timed_json(measurement, network.whole),
        "times_reference": {
            "median": against.median,
            "low": against.low,
            "high": against.high,
            "coverage": against.coverage,
        },
    }
    if axis is None:
        return document
    parts: Sequence[tuple[str, Timed]] = _parts(network)
    totals = [{**_timed_json(measurement, part), "name": name} for name, part in parts]
    return {**document, "parts": {"by": axis, "totals": totals}}
