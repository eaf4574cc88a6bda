"""The command calibrate. Times are made up, so that nothing depends on the machine; one test measures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from running import run

from mfprofile.cost.bill import count
from mfprofile.cost.device_file import read_device
from mfprofile.measure import calibration, fit
from mfprofile.measure.calibration import Candidate
from mfprofile.measure.environment import Environment
from mfprofile.measure.fit import Sums
from mfprofile.measure.journal import journal_of

pytest.importorskip("scipy", reason="fits need scipy")
pytest.importorskip("torch", reason="a calibration builds the networks")
pytest.importorskip("onnxruntime", reason="the default runtime")

TRUE = Sums(14e3, 55e3, 414e3, 9e5, 332e3, 5.6e9)
HERE = Environment(
    "Some CPU", 2, "Linux x86_64", "", "onnxruntime", {"onnxruntime": "1.0"}, "cpu", 1, "float32", 1, "CPU time", 10, 14,
    0, "2026-01-01T00:00:00+00:00",
)  # fmt: skip


def _made_up(monkeypatch: pytest.MonkeyPatch, spread: float = 0.0, factor: float = 1.0, noise: float = 0.0) -> None:
    """Let each network take the time of the true rates, with an alternating error of `spread`, in two sweeps."""

    def timed(candidates: Sequence[Candidate], *_: Any) -> tuple[Environment, list[list[float]], int]:
        exact = [factor * fit.predicted(TRUE, fit.sums_of(each.bill.parts)) for each in candidates]
        times = [time * (1 + spread * (-1) ** at) for at, time in enumerate(exact)]
        return HERE, [[time, time * (1 + noise)] for time in times], 0

    monkeypatch.setattr(calibration, "timed", timed)


def _calibrate(tmp_path: Path, *more: str, number: int = 12) -> Any:
    return run("calibrate", "tiny", "-n", str(number), "-o", str(tmp_path / "desk.json"), *more)


def test_the_file_is_a_latency_model_that_predicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network outside the calibration is predicted to a hundredth: its times are those of the true rates."""
    _made_up(monkeypatch)
    done = _calibrate(tmp_path)
    assert done.returncode == 0, done.stderr
    device = read_device(tmp_path / "desk.json")
    assert (device.name, device.batch, device.dtype) == ("desk", 1, "float32")
    assert device.conditions["runtime"] == "onnxruntime 1.0"
    assert device.errors is not None
    assert device.errors.mean < 0.05
    assert device.tested is not None
    networks = json.loads((tmp_path / "desk.json").read_text())["networks"]
    assert device.tested.spaces == ("tiny",)
    assert device.tested.least.calls == min(each["sums"]["calls"] for each in networks)
    assert device.tested.most.products == max(each["sums"]["products"] for each in networks)
    parts = count("mf26m").parts
    assert device.total(parts) == pytest.approx(fit.predicted(TRUE, fit.sums_of(parts)), rel=0.1)


def test_the_table_compares_three_ways_to_predict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the noise, and where it was measured."""
    _made_up(monkeypatch)
    text = _calibrate(tmp_path).stdout
    assert "12 networks" in text
    assert "measured on Some CPU, 2 cores" in text
    assert "noise 0.0 %" in text
    assert all(method in text for method in calibration.METHODS)


def test_json_has_the_model_the_networks_and_each_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are in nanoseconds; the file is the same model."""
    _made_up(monkeypatch)
    document = json.loads(_calibrate(tmp_path, "--json").stdout)
    assert document["model"] == json.loads((tmp_path / "desk.json").read_text())
    assert len(document["model"]["networks"]) == 12
    assert list(document["methods"]) == list(calibration.METHODS)
    assert document["environment"]["processor"] == "Some CPU"


def test_the_fewest_networks_make_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fold of them can be predicted."""
    _made_up(monkeypatch)
    done = _calibrate(tmp_path, number=8)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "desk.json").is_file()


def test_a_better_model_is_not_replaced_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worse one is shown, and the command fails; --force writes it."""
    _made_up(monkeypatch)
    assert _calibrate(tmp_path).returncode == 0
    before = (tmp_path / "desk.json").read_bytes()
    _made_up(monkeypatch, spread=0.2)
    done = _calibrate(tmp_path)
    assert done.returncode == 1
    assert "is kept: its mean error is smaller" in done.stderr
    assert (tmp_path / "desk.json").read_bytes() == before
    assert _calibrate(tmp_path, "--force").returncode == 0
    assert (tmp_path / "desk.json").read_bytes() != before


def test_a_better_model_replaces_a_worse_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unasked."""
    _made_up(monkeypatch, spread=0.2)
    assert _calibrate(tmp_path).returncode == 0
    _made_up(monkeypatch)
    assert _calibrate(tmp_path).returncode == 0


def test_a_model_of_another_device_or_another_file_is_not_replaced_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its error."""
    _made_up(monkeypatch, spread=0.2)
    assert _calibrate(tmp_path).returncode == 0
    file = tmp_path / "desk.json"
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "conditions": {**document["conditions"], "processor": "Another"}}))
    _made_up(monkeypatch)
    assert "is kept: it is a model of another processor" in _calibrate(tmp_path).stderr
    file.write_text("{}")
    assert "is kept: it is not a latency model" in _calibrate(tmp_path).stderr
    assert file.read_text() == "{}"


def test_times_that_are_too_noisy_are_not_fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query without an answer: exit code 1, and no file, so that the same command measures again."""
    _made_up(monkeypatch, noise=0.5)
    journal_of(tmp_path / "desk.json").write_text("{}")
    done = _calibrate(tmp_path)
    assert done.returncode == 1
    assert "two halves of the sweeps differ by 40 %" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", ""], "the name of the output file is empty; give a name"),
        (["-o", "desk.yaml"], "-o desk.yaml: must end in .json"),
        (["-o", "desk.json", "-n", "7"], "--number 7: must be from 8 to 1000"),
        (["-o", "desk.json", "--sweeps", "1"], "--sweeps 1: must be from 2 to 10,000"),
        (["-o", "desk.json", "--runtime", "tensorrt"], "unknown runtime 'tensorrt'"),
        (["-o", "no/folder/desk.json"], "no/folder"),
        (["-o", "desk.json", "--set", "tokens.dim=3"], "tiny: only 0 networks can be drawn"),
    ],
)
def test_invalid_options_are_one_message(arguments: list[str], message: str, tmp_path: Path) -> None:
    """Exit code 2, or 74 for a folder that cannot be written, and nothing is written."""
    done = run("calibrate", "tiny", *arguments, cwd=tmp_path)
    assert done.returncode == (74 if "no/folder" in message else 2), done.stderr
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_calibration_goes_on(tmp_path: Path) -> None:
    """Really measured: the sweeps of the first run are those of the second, which measures the rest."""
    from mfprofile.measure.calibration import candidate, timed
    from mfprofile.measure.setup import setup_of
    from mfprofile.spec.load import load

    setup = setup_of("torch", "cpu", 1, "float32", 1)
    candidates = [candidate(load("mf26m", [f"input={size}"]), setup) for size in (32, 64)]
    output = tmp_path / "desk.json"
    _, first, resumed = timed(candidates, setup, 2, output)
    assert resumed == 0
    _, more, resumed = timed(candidates, setup, 3, output)
    assert resumed == 2
    assert [series[:2] for series in more] == first
    assert all(time > 0 for series in more for time in series)
    assert [len(series) for series in more] == [3, 3]
    assert timed(candidates, setup, 1, output)[2] == 1  # of three that are there
