"""Files of measurements and of calibrations, as pictures read them: one message for each problem, never a traceback."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from odd_devices import odd_device, write_device
from running import run
from timings import PEAK, calibrated_file, measurement, timed_specs, written

from mfprofile.errors import InputError
from mfprofile.view.plots.held_out import read_held_out
from mfprofile.view.plots.timings import read_timings

REMEDY = "use the output of 'mfprofile measure … --json'"
MODEL = "use a file of 'mfprofile calibrate'"
GOOD = measurement(timed_specs("mf294m", "mf52m"))
FITTED = calibrated_file({"one": (10**7, 9 * 10**6), "two": (2 * 10**7, 2 * 10**7)})


def _edited(document: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    other = copy.deepcopy(document)
    change(other)
    return other


def test_what_measure_writes_can_be_read(tmp_path: Path) -> None:
    """The place, the sweeps, the noise, the peak and all networks, with the reference first."""
    read = read_timings(written(measurement(timed_specs("mf294m"), threads=2, batch=8), tmp_path))
    assert str(read.where) == "abacus, by hand 1.0, 2 threads, float32, batch 8, CPU time"
    assert [each.name for each in read.networks] == ["mf26m", "mf294m"]
    assert (read.peak.name, read.peak.madds, read.peak.median) == (PEAK.name, PEAK.madds, 21e6)
    assert read.peak.rate == pytest.approx(PEAK.rate * 1e9)
    assert read.about.startswith("median of 3 sweeps, noise ")
    assert read.interval == "75.0 % interval"


def test_a_measurement_on_a_gpu_names_the_gpu_and_no_threads(tmp_path: Path) -> None:
    """With inputs as they were given, it has no batch."""
    there = {"on": "cuda", "device": "Some GPU", "runtime": "torch", "versions": {"torch": "2.13.0"}, "batch": None}
    read = read_timings(written(measurement(timed_specs("mf294m"), **there), tmp_path))
    assert str(read.where) == "Some GPU, torch 2.13.0, float32, inputs as given, CPU time"


def _network(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: document["networks"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda each: each.pop("environment"), f"environment: is missing; {REMEDY}"),
        (lambda each: each["environment"].pop("threads"), f"environment.threads: is missing; {REMEDY}"),
        (lambda each: each.update(environment=[]), "environment = []: must be a map"),
        (lambda each: each.update(schema=99), "schema = 99: must be 2"),
        (lambda each: each.update(networks=[]), "networks = []: must not be empty"),
        (lambda each: each.update(networks={}), "networks = {}: must be a list"),
        (lambda each: each["networks"].append(None), "networks.3 = null: must be a map"),
        (_network(madds=0), "networks.1.madds = 0: must be at least 1"),
        (_network(madds="9"), "networks.1.madds = '9': must be a whole number"),
        (_network(median_ns="9"), "networks.1.median_ns = '9': must be a number"),
        (_network(median_ns=math.nan), "networks.1.median_ns = nan: must be a finite number"),
        (_network(high_ns=math.inf), "networks.1.high_ns = inf: must be a finite number"),
        (_network(low_ns=-1.0), "networks.1.low_ns = -1.0: must be at least 1.0"),
        (_network(median_ns=1.0, low_ns=2.0, high_ns=3.0), "networks.1.median_ns = 1.0: must be from low_ns = 2 to high_ns = 3"),
        (_network(name=None), "networks.1.name = null: must be text"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(change: Callable[[dict[str, Any]], Any], message: str, tmp_path: Path) -> None:
    """With its place, its value and the rule, or with what to do if it is missing."""
    file = written(_edited(GOOD, change), tmp_path)
    for command in (["latency"], ["roofline", "mf26m", "--latency-model", str(write_device(odd_device(), tmp_path))]):
        done = run("plot", *command, "--measured", file, "-o", str(tmp_path / "a.png"))
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {file}: {message}\n")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"is not JSON; {REMEDY}"),
        ("name,madds\na,1\n", f"is not JSON; {REMEDY}"),
        ("[" * 100_000, f"is not JSON; {REMEDY}"),
        ("\x00", f"is not JSON; {REMEDY}"),
        (f'{{"schema": {"9" * 5000}}}', f"is not JSON; {REMEDY}"),
        ("[]", "[]: must be a map"),
        ("3", "3: must be a map"),
    ],
    ids=range(7),
)
def test_another_file_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """It is not JSON, or no JSON of a measurement."""
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_timings(str(file))
    assert str(caught.value) == f"{file}: {message}"


def test_a_file_of_count_is_not_a_measurement(tmp_path: Path) -> None:
    """All that is missing is named."""
    file = tmp_path / "count.json"
    file.write_text(run("count", "mf26m", "--json").stdout)
    with pytest.raises(InputError) as caught:
        read_timings(str(file))
    missing = ("environment", "noise", "reference", "peak", "networks")
    assert str(caught.value).splitlines() == [f"{file}: {key}: is missing; {REMEDY}" for key in missing]


def test_the_networks_of_a_calibration_can_be_read(tmp_path: Path) -> None:
    """Each with its measured and its predicted nanoseconds."""
    device, networks = read_held_out(written(FITTED, tmp_path))
    assert device == odd_device()
    assert [tuple(each) for each in networks] == [("one", 10**7, 9 * 10**6), ("two", 2 * 10**7, 2 * 10**7)]
    assert [each.error for each in networks] == [-0.1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda each: each.pop("networks"), f"does not have the networks that it was fitted to; {MODEL}"),
        (lambda each: each.update(networks=[]), "networks = []: must not be empty"),
        (lambda each: each.update(networks=3), "networks = 3: must be a list"),
        (lambda each: each["networks"][1].pop("measured"), f"networks.2.measured: is missing; {MODEL}"),
        (lambda each: each["networks"][1].update(predicted=0), "networks.2.predicted = 0: must be at least 1"),
        (lambda each: each["networks"][1].update(predicted=1.5), "networks.2.predicted = 1.5: must be a whole number"),
        (lambda each: each.pop("rates"), f"rates: is missing; {MODEL}"),
    ],
)
def test_a_wrong_field_of_a_calibration_is_named(
    change: Callable[[dict[str, Any]], Any], message: str, tmp_path: Path
) -> None:
    """As of any latency model."""
    file = written(_edited(FITTED, change), tmp_path)
    done = run("plot", "prediction", file, "-o", str(tmp_path / "a.png"))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {file}: {message}\n")


def test_a_measurement_is_not_a_latency_model(tmp_path: Path) -> None:
    """Standard input is called so."""
    done = run("plot", "prediction", "-", stdin=json.dumps(GOOD), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: <stdin>: type: is missing; {MODEL}\n")
