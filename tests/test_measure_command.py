"""The command measure, as users run it. No test asserts how long anything takes, only that it takes some time."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from fuzz.specs import SMALL
from running import need, run

need_torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from mfprofile import count  # noqa: E402
from mfprofile.measure import measurement  # noqa: E402
from mfprofile.spec.load import load  # noqa: E402

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8, fails=False):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, 3, groups=width) for _ in range(2))
        self.head = nn.Linear(width, 10)
        self.fails = fails

    def forward(self, image, scale=None):
        for block in self.blocks:
            image = self.stem(image) if block is self.blocks[0] else block(image)
        if scale is not None:
            image = image * scale
        if self.fails and not image.is_meta:
            raise ValueError("no luck")
        return {"logits": self.head(image.mean((2, 3)))}
"""
QUICK = ("--sweeps", "2", "--reference", "small.yaml")
"""Options of a short measurement, beside the small spec."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small spec and a small network in code."""
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def measured(folder: Path, *arguments: str) -> dict[str, Any]:
    """Return the JSON of a measurement that succeeds."""
    done = run("measure", *arguments, *QUICK, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def check_times(timed: dict[str, Any], sweeps: int = 2) -> None:
    """Check that a line has positive times and a median between its ends."""
    assert len(timed["sweeps_ns"]) == sweeps
    assert 0 < timed["low_ns"] <= timed["median_ns"] <= timed["high_ns"]


@pytest.mark.parametrize("runtime", ["onnxruntime", "torch"])
def test_a_spec_is_measured_with_its_exact_multiply_adds(folder: Path, runtime: str) -> None:
    """The environment says how. The reference and the peak have times as well."""
    document = measured(folder, "small.yaml", "--runtime", runtime, "--batch", "3", "--set", "tokens.dim=32")
    (network,) = document["networks"]
    small = load(folder / "small.yaml")
    assert network["madds"] == 3 * count(small.replace(tokens={"dim": 32})).madds
    assert document["reference"]["madds"] == 3 * count(small).madds
    assert document["peak"]["madds"] == 1024**3
    for timed in (network, document["reference"], document["peak"]):
        check_times(timed)
    about = document["environment"]
    wanted = {"runtime": runtime, "on": "cpu", "threads": 1, "dtype": "float32", "batch": 3, "sweeps": 2}
    assert about.items() >= (wanted | {"clock": "CPU time", "device": "", "seed": 0}).items()
    assert set(about) == {
        *wanted,
        "clock",
        "device",
        "seed",
        "processor",
        "cores",
        "system",
        "versions",
        "overhead_ns",
        "date",
    }
    assert set(about["versions"]) == {
        "python",
        "mfprofile",
        *({"torch"} if runtime == "torch" else {"onnxruntime", "onnx"}),
    }
    assert about["processor"]
    assert about["cores"] > 0


def test_a_network_that_is_the_reference_is_measured_once(folder: Path) -> None:
    """Its time against itself is 1, and it has no second line."""
    document = measured(folder, "small.yaml", "--runtime", "torch")
    assert document["networks"][0]["times_reference"] == {"median": 1, "low": 1, "high": 1, "coverage": 0.5}
    assert document["networks"][0]["sweeps_ns"] == document["reference"]["sweeps_ns"]
    text = run("measure", "small.yaml", *QUICK, "--runtime", "torch", cwd=folder).stdout
    assert text.count("\n small ") == 1


def test_the_times_against_the_reference_are_of_the_same_sweep(folder: Path) -> None:
    """The median of the ratios, not the ratio of the medians."""
    document = measured(folder, "small.yaml", "net.py:Net", "--runtime", "torch", "--input", "3x16x16")
    for network in document["networks"]:
        pairs = zip(network["sweeps_ns"], document["reference"]["sweeps_ns"], strict=True)
        assert math.isclose(network["times_reference"]["median"], sum(one / other for one, other in pairs) / 2)


@pytest.mark.parametrize("runtime", ["onnxruntime", "torch"])
@pytest.mark.parametrize("axis", ["pillar", "block", "module"])
def test_the_parts_of_a_spec_and_the_rest_are_the_whole(folder: Path, axis: str, runtime: str) -> None:
    """In each sweep, times sum to that of the whole, and so do multiply-adds. The rest has what no part has."""
    document = measured(folder, "small.yaml", "--by", axis, "--runtime", runtime)
    (network,) = document["networks"]
    assert network["parts"]["by"] == axis
    *parts, rest = network["parts"]["totals"]
    assert rest["name"] == "(rest)"
    assert rest["madds"] == 0
    for at, whole in enumerate(network["sweeps_ns"]):
        assert math.isclose(sum(part["sweeps_ns"][at] for part in (*parts, rest)), whole)
    bill = count(load(folder / "small.yaml"))
    if axis == "module":
        names = [each["name"] for each in parts]
        assert names[:3] == ["stem", "blocks.1.mobile", "blocks.2.mobile_to_former"]
        assert names[-2:] == ["final", "head"]
        assert sum(part["madds"] for part in parts) == bill.madds
    else:
        counted = {total.name: total.madds for total in bill.by(axis) if total.name != "tokens"}
        assert {part["name"]: part["madds"] for part in parts} == counted
    for part in parts:
        check_times(part)


def test_the_parts_of_a_network_in_code_are_the_modules_that_are_called(folder: Path) -> None:
    """A list is never called, so its modules are parts. Two of them share what a parent would be; one is never run."""
    line = ("net.py:Net", "--input", "3x16x16", "--arg", "width=4", "--by", "module", "--runtime")
    for runtime in ("torch", "onnxruntime"):
        *parts, rest = measured(folder, *line, runtime)["networks"][0]["parts"]["totals"]
        madds = {"stem.0": 27 * 4 * 196, "stem.1": 0, "blocks.1": 9 * 4 * 144, "head": 40}
        assert {part["name"]: part["madds"] for part in parts} == madds
        assert rest["madds"] == 0
    *parts, rest = measured(folder, *line, "torch", "--depth", "1")["networks"][0]["parts"]["totals"]
    assert [part["name"] for part in parts] == ["stem", "blocks.1", "head"]


def test_inputs_by_name_and_outputs_by_key_are_measured_in_both_runtimes(folder: Path) -> None:
    """A file for ONNX Runtime takes tensors alone."""
    shapes = ("--input", "3x16x16", "--input", "scale=1x1x1", "--batch", "2")
    for runtime in ("torch", "onnxruntime"):
        (network,) = measured(folder, "net.py:Net", *shapes, "--runtime", runtime)["networks"]
        assert network["madds"] == 2 * (27 * 8 * 196 + 9 * 8 * 144 + 80)
        check_times(network)


def test_an_onnx_file_is_run_as_it_is(folder: Path) -> None:
    """Its multiply-adds are those of its graph. Nothing else needs torch."""
    assert run("export", "small.yaml", "-o", "small.onnx", cwd=folder).returncode == 0
    line = ("measure", "small.onnx", "--reference", "small.onnx", "--sweeps", "1", "--json")
    document = json.loads(run(*line, cwd=folder).stdout)
    assert document["networks"][0]["madds"] == count(load(folder / "small.yaml")).madds
    assert (document["noise"], document["drift"]) == (None, None)
    check_times(document["networks"][0], sweeps=1)


@pytest.mark.parametrize(
    ("runtime", "dtype"), [("torch", "bfloat16"), ("torch", "float16"), ("onnxruntime", "float16")]
)
def test_networks_run_in_shorter_types(folder: Path, runtime: str, dtype: str) -> None:
    """Weights, inputs and the product of the peak have the type."""
    document = measured(folder, "small.yaml", "--runtime", runtime, "--dtype", dtype)
    assert document["environment"]["dtype"] == dtype
    check_times(document["networks"][0])


def test_several_threads_have_the_time_on_the_wall(folder: Path) -> None:
    """The threads of torch are those of before when the command ends."""
    before = need_torch.get_num_threads()
    for runtime in ("torch", "onnxruntime"):
        about = measured(folder, "small.yaml", "--runtime", runtime, "--threads", "3")["environment"]
        assert (about["threads"], about["clock"]) == (3, "wall time")
    assert need_torch.get_num_threads() == before


def test_openvino_runs_what_onnxruntime_does(folder: Path) -> None:
    """It takes the same files."""
    need("openvino")
    document = measured(folder, "small.yaml", "net.py:Net", "--input", "3x16x16", "--runtime", "openvino")
    assert set(document["environment"]["versions"]) == {"openvino", "onnx", "python", "mfprofile"}
    for network in document["networks"]:
        check_times(network)


def test_csv_has_a_line_for_each_network_or_part(folder: Path) -> None:
    """Figures are those of the table, without the peak."""
    line = ("measure", "small.yaml", "net.py:Net", "--input", "3x16x16", *QUICK, "--runtime", "torch", "--csv")
    rows = list(csv.DictReader(io.StringIO(run(*line, cwd=folder).stdout)))
    assert [row["name"] for row in rows] == ["small", "net.py:Net"]
    keys = (
        "median_ms",
        "low_ms",
        "high_ms",
        "times_reference",
        "madds",
        "ms_per_100m",
        "gmadds_per_s",
        "share_of_peak",
    )
    for row in rows:
        assert all(float(row[key]) > 0 for key in keys)
        assert math.isclose(float(row["ms_per_100m"]), float(row["median_ms"]) * 1e8 / int(row["madds"]))
    parts = list(csv.DictReader(io.StringIO(run(*line, "--by", "module", cwd=folder).stdout)))
    assert {part["name"] for part in parts} == {"small", "net.py:Net"}
    assert parts[-1]["module"] == "(rest)"


def test_ctrl_c_ends_with_130(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is printed."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measurement, "sweep", interrupt)
    done = run("measure", "small.yaml", *QUICK, "--runtime", "torch", cwd=folder)
    assert (done.returncode, done.stdout) == (130, "")
