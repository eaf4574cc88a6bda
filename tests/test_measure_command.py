"""The command measure, as users run it. No test asserts how long anything takes, only that it takes some time."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from effort import one_in
from running import need, process, run

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from mfprofile import count  # noqa: E402
from mfprofile.measure import clocks, eager, measurement, peak  # noqa: E402
from mfprofile.spec.load import load  # noqa: E402

SMALL = """
input: 32
classes: 4
tokens: {count: 2, dim: 16}
stem: 8
blocks:
  - {block: lite, expand: 2, out: 8}
  - {block: mf-down, expand: 2, out: 12}
head: {fc: 16}
"""
NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8, fails=False):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())
        self.blocks = nn.ModuleList(nn.Conv2d(width, width, 3, groups=width) for _ in range(2))
        self.drop = nn.Sequential(nn.Dropout(), nn.Identity())
        self.head = nn.Linear(width, 10)
        self.fails = fails

    def forward(self, image, scale=None):
        for block in self.blocks:
            image = self.stem(image) if block is self.blocks[0] else block(image)
        if scale is not None:
            image = image * scale
        if self.fails and not image.is_meta:
            raise ValueError("no luck")
        return {"logits": self.head(self.drop(image.mean((2, 3))))}
"""
QUICK = ("--sweeps", "2", "--reference", "small.yaml")
"""Options of a short measurement, beside the small spec."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a small spec and a small network in code. The product of the peak is small, too."""
    monkeypatch.setattr(peak, "SIDES", {"cpu": 64, "cuda": 64})
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
    assert document["peak"]["madds"] == 64**3
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
        "allocator",
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


@pytest.mark.parametrize(
    ("axis", "runtime"),
    one_in(2, [("pillar", "onnxruntime"), ("pillar", "torch"), ("module", "torch"), ("block", "torch")]),
)
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


@pytest.mark.slow
def test_the_parts_of_a_network_in_code_are_the_modules_that_are_called(folder: Path) -> None:
    """A list is never called, so its modules are parts. One is never run, and two only pass on their input."""
    line = ("net.py:Net", "--input", "3x16x16", "--arg", "width=4", "--by", "module", "--runtime")
    for runtime in ("torch", "onnxruntime"):
        *parts, rest = measured(folder, *line, runtime)["networks"][0]["parts"]["totals"]
        madds = {"stem.0": 27 * 4 * 196, "stem.1": 0, "blocks.1": 9 * 4 * 144, "drop.0": 0, "drop.1": 0, "head": 40}
        assert {part["name"]: part["madds"] for part in parts} == madds
        assert rest["madds"] == 0
    *parts, rest = measured(folder, *line, "torch", "--depth", "1")["networks"][0]["parts"]["totals"]
    assert [part["name"] for part in parts] == ["stem", "blocks.1", "drop", "head"]


@pytest.mark.slow
def test_inputs_by_name_and_outputs_by_key_are_measured_in_both_runtimes(folder: Path) -> None:
    """A file for ONNX Runtime takes tensors alone."""
    shapes = ("--input", "3x16x16", "--input", "scale=1x1x1", "--batch", "2")
    for runtime in ("torch", "onnxruntime"):
        (network,) = measured(folder, "net.py:Net", *shapes, "--runtime", runtime)["networks"]
        assert network["madds"] == 2 * (27 * 8 * 196 + 9 * 8 * 144 + 80)
        check_times(network)


def test_attention_with_a_fast_path_in_torch_is_measured_in_onnxruntime(folder: Path) -> None:
    """In eval mode torch fuses it into one operator, which no ONNX file can have; the export runs without the fast path."""
    (folder / "attend.py").write_text(
        "from torch import nn\n\ndef Net():\n    return nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)\n"
    )
    (network,) = measured(folder, "attend.py:Net", "--input", "8x16")["networks"]
    check_times(network)


def test_a_network_that_cannot_be_exported_prints_nothing_on_stdout(folder: Path) -> None:
    """Torch's exporter prints its graph there, in C++: a process of its own shows it."""
    (folder / "odd.py").write_text(
        "import torch\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n"
        "        return torch.linalg.eigvals(x).abs()\n"
    )
    done = process("measure", "odd.py:Net", "--input", "3x4x4", *QUICK, "--json", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "odd.py:Net: cannot be exported to ONNX: UnsupportedOperatorError: " in done.stderr
    assert done.stderr.endswith("; use --runtime torch\n")


def test_an_onnx_file_is_run_as_it_is(folder: Path) -> None:
    """Its multiply-adds are those of its graph. Nothing else needs torch."""
    assert run("export", "small.yaml", "-o", "small.onnx", cwd=folder).returncode == 0
    line = ("measure", "small.onnx", "--reference", "small.onnx", "--sweeps", "1", "--json")
    document = json.loads(run(*line, cwd=folder).stdout)
    assert document["networks"][0]["madds"] == count(load(folder / "small.yaml")).madds
    assert (document["noise"], document["drift"]) == (None, None)
    check_times(document["networks"][0], sweeps=1)
    done = run(*line, "--by", "module", cwd=folder)
    message = "small.onnx: the parts of an ONNX file cannot be run by themselves; measure its network"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_standard_input_is_read_once(folder: Path) -> None:
    """It can also be the reference, unless an option changes one of the two."""
    line = ("measure", "-", "--reference", "-", "--sweeps", "1", "--runtime", "torch")
    assert run(*line, stdin=SMALL, cwd=folder).returncode == 0
    done = run(*line, "--set", "tokens.dim=32", stdin=SMALL, cwd=folder)
    assert (done.returncode, done.stderr) == (2, "error: -: standard input can be read only once\n")


@pytest.mark.parametrize(
    ("runtime", "dtype"), [("torch", "bfloat16"), ("torch", "float16"), ("onnxruntime", "float16")]
)
def test_networks_run_in_shorter_types(folder: Path, runtime: str, dtype: str) -> None:
    """Weights, inputs and the product of the peak have the type."""
    document = measured(folder, "small.yaml", "--runtime", runtime, "--dtype", dtype)
    assert document["environment"]["dtype"] == dtype
    check_times(document["networks"][0])


@pytest.mark.slow
def test_several_threads_have_the_time_on_the_wall(folder: Path) -> None:
    """The threads of torch are those of before when the command ends."""
    before = torch.get_num_threads()
    for runtime in ("torch", "onnxruntime"):
        about = measured(folder, "small.yaml", "--runtime", runtime, "--threads", "3")["environment"]
        assert (about["threads"], about["clock"]) == (3, "wall time")
    assert torch.get_num_threads() == before


def test_openvino_runs_what_onnxruntime_does(folder: Path) -> None:
    """It takes the same files."""
    need("openvino")
    document = measured(folder, "small.yaml", "net.py:Net", "--input", "3x16x16", "--runtime", "openvino")
    assert set(document["environment"]["versions"]) == {"openvino", "onnx", "python", "mfprofile"}
    for network in document["networks"]:
        check_times(network)


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("small.yaml --runtime torhc", "unknown runtime 'torhc'; did you mean 'torch'?"),
        ("small.yaml --on gpu", "--on 'gpu': use cpu or cuda"),
        ("small.yaml --dtype int8", "unknown dtype 'int8'; use one of float32, float16, bfloat16"),
        ("small.yaml --threads 0", "--threads 0: must be from 1 to 1024"),
        ("small.yaml --sweeps 0", "--sweeps 0: must be from 1 to 10,000"),
        ("small.yaml --batch 0", "--batch 0: must be 1 or more"),
        ("small.yaml --by kind", "unknown axis 'kind'; use one of pillar, block, module"),
        ("small.yaml --depth 2", "--depth needs --by module and a network in code; the modules of a spec are its sub-blocks"),
        ("net.py:Net --by module --depth 0", "--depth 0: must be 1 or more"),
        ("net.py:Net --by pillar --input 3x16x16 --runtime torch", "net.py:Net: --by pillar needs a spec; use --by module for a network in code"),
        ("small.yaml --runtime openvino --on cuda", "--on cuda needs --runtime torch or onnxruntime; openvino has no CUDA"),
        ("small.yaml --dtype bfloat16", "--dtype bfloat16 needs --runtime torch or openvino; onnxruntime has it on no CPU"),
        ("small.yaml --arg width=8", "--arg needs a network in code, such as net.py:Net; use --set to change a spec"),
        ("small.onnx --runtime torch", "small.onnx: is an ONNX file, which torch cannot run; use --runtime onnxruntime"),
        ("small.onnx --dtype float16", "--dtype float16: small.onnx has types of its own; export it in float16"),
        ("none.yaml", "none.yaml: no such file; 'mfprofile list' shows the shipped specs"),
        ("small.yaml --reference none.yaml", "none.yaml: no such file; 'mfprofile list' shows the shipped specs"),
        ("net.py:Net --input 3x16x16 --arg fails=true --runtime torch", "net.py:Net: cannot be run: ValueError: no luck"),
        ("net.py:Net --input 3x16x16 --arg fails=true", "net.py:Net: cannot be exported to ONNX: ValueError: no luck; use --runtime torch"),
        ("net.py:Net --input 3x16x16 --arg fails=true --by module", "net.py:Net: cannot be run: ValueError: no luck"),
        ("small.yaml --json --csv", "--json and --csv cannot be combined; use one of them"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_message(folder: Path, arguments: str, message: str) -> None:
    """It names the network or the option, and what to do. Nothing is printed."""
    (folder / "small.onnx").write_bytes(b"")
    reference = () if "--reference" in arguments else ("--reference", "small.yaml")
    done = run("measure", *arguments.split(), *reference, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


@pytest.mark.parametrize(
    ("package", "runtime", "message"),
    [
        ("torch", "torch", "measure needs torch; install it with pip install '.[latency]'"),
        ("torch", "onnxruntime", "measure needs torch; install it with pip install '.[latency]'"),
        ("onnx", "onnxruntime", "measure needs onnx; install it with pip install '.[latency]'"),
        ("onnxruntime", "onnxruntime", "measure needs onnxruntime; install it with pip install '.[latency]'"),
        ("openvino", "openvino", "measure --runtime openvino needs openvino; install it with pip install openvino"),
    ],
)
def test_a_missing_package_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, package: str, runtime: str, message: str
) -> None:
    """It says what to install."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == package else find(name, *more))
    done = run("measure", "small.yaml", *QUICK, "--runtime", runtime, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_a_gpu_needs_a_runtime_that_has_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each runtime has its own message."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    done = run("measure", "small.yaml", *QUICK, "--on", "cuda", cwd=folder)
    message = "--on cuda: torch sees no GPU; install a torch with CUDA on a machine with one, or use cpu"
    assert (done.returncode, done.stderr) == (2, f"error: {message}\n")
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    done = run("measure", "small.yaml", *QUICK, "--on", "cuda", "--runtime", "onnxruntime", cwd=folder)
    message = "--on cuda: the installed onnxruntime has no CUDAExecutionProvider; install onnxruntime-gpu, or use --runtime torch"
    assert (done.returncode, done.stderr) == (2, f"error: {message}\n")


class Event:
    """An event of a GPU that takes two milliseconds for each call."""

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        """Note nothing: the time between two events is always the same."""

    def elapsed_time(self, _end: Event) -> float:
        return 2.0


@pytest.mark.slow
def test_a_gpu_has_its_own_time_beside_that_on_the_wall(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The GPU is a fake, which runs on the CPU. Its runtime is torch, and it has a name."""
    waited = []
    for name, value in {
        "Event": Event,
        "synchronize": lambda: waited.append(1),
        "get_device_name": lambda: "Fake GPU",
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(eager, "device_of", lambda on: torch.device({"cuda": "cpu"}[on]))
    document = measured(folder, "small.yaml", "--on", "cuda")
    about = document["environment"]
    assert (about["runtime"], about["on"], about["device"]) == ("torch", "cuda", "Fake GPU")
    assert about["clock"] == clocks.GPU_TIME
    for timed in (*document["networks"], document["peak"]):
        check_times(timed)
        assert timed["device"]["sweeps_ns"] == [2_000_000, 2_000_000]
        assert timed["device"]["median_ns"] == 2_000_000
    assert len(waited) >= 2 * 3 * 2 * 2
    text = run("measure", "small.yaml", *QUICK, "--on", "cuda", cwd=folder).stdout
    assert "measured on Fake GPU; torch " in text
    assert "thread" not in text
    assert "GPU ms: between CUDA events; ms: on the wall, until the GPU has nothing left to do" in text
    rows = list(
        csv.DictReader(io.StringIO(run("measure", "small.yaml", *QUICK, "--on", "cuda", "--csv", cwd=folder).stdout))
    )
    assert [row["device_ms"] for row in rows] == ["2.0"]


def test_ctrl_c_ends_with_130(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is printed."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measurement, "sweep", interrupt)
    done = run("measure", "small.yaml", *QUICK, "--runtime", "torch", cwd=folder)
    assert (done.returncode, done.stdout) == (130, "")
