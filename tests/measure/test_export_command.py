"""The command export."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from running import run

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from mfprofile.measure import onnx_file as measured  # noqa: E402
from mfprofile.nn import build, save_checkpoint  # noqa: E402

SPEC = """input: 32
classes: 10
tokens: {count: 3, dim: 16}
stem: 8
blocks:
- {block: lite, exp: 16, out: 8}
- {block: mf-down, exp: 24, out: 12}
head: {fc: 24}
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a folder with a small spec, `net.yaml`, and an older file, `old.onnx`."""
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "old.onnx").write_bytes(b"old")
    return tmp_path


def files(folder: Path) -> set[str]:
    """Return the names of all files of a folder, hidden ones too."""
    return {file.name for file in folder.iterdir()}


def opset_of(file: Path) -> int:
    """Return the version of the operators in a file: torch's exporters of other versions choose another one."""
    return next(each.version for each in onnx.load(file).opset_import if not each.domain)


def test_the_file_is_written_and_described(here: Path) -> None:
    """Its weights, its input, how far its outputs are from torch's, its size, and that of its parameters by type."""
    done = run("export", "net.yaml", "-o", "old.onnx", "--seed", "3", "--batch", "any", cwd=here)
    assert (done.returncode, done.stderr) == (0, "wrote old.onnx\n")
    lines = done.stdout.splitlines()
    size = (here / "old.onnx").stat().st_size
    params = json.loads(run("count", "net.yaml", "--json", cwd=here).stdout)["params"]
    assert lines[:3] == [
        f"net: ONNX, opset {opset_of(here / 'old.onnx')}, float32",
        "weights: random (seed 3), not trained",
        "input: image batch×3×32×32",
    ]
    assert lines[4].split() == ["output", "shape", "largest", "value", "difference", "allowed"]
    assert lines[6].split()[:2] == ["logits", "batch×10"]
    assert f"The file has {size:,} bytes. Its {params:,} params take, in bytes:" in lines
    assert lines[-1] == f"{4 * params:,} in float32, {2 * params:,} in float16, {params:,} in int8 (without scales)."
    assert files(here) == {"net.yaml", "old.onnx"}


def test_json_has_all_of_it(here: Path) -> None:
    """With the changes of --set and --input, and the versions with which the file was compared."""
    options = ["--set", "classes=7", "--input", "48x64", "--dtype", "float16", "--json"]
    done = run("export", "net.yaml", "-o", "net.onnx", *options, cwd=here)
    result = json.loads(done.stdout)
    (output,) = result.pop("outputs")
    assert (output["name"], output["shape"], output["dtype"], output["agrees"]) == ("logits", [1, 7], "float16", True)
    assert 0 <= output["difference"] <= output["allowed"] < output["largest"]
    assert result.pop("versions").keys() == {"mfprofile", "torch", "onnxruntime"}
    assert result.pop("bytes") == (here / "net.onnx").stat().st_size
    params = result.pop("params")
    assert result == {
        "schema": 2,
        "name": "net",
        "file": "net.onnx",
        "written": True,
        "opset": opset_of(here / "net.onnx"),
        "dtype": "float16",
        "weights": "random (seed 0), not trained",
        "input": {"name": "image", "shape": [1, 3, 48, 64], "dtype": "float16"},
        "images": 1,
        "params_bytes": {"float32": 4 * params, "float16": 2 * params, "int8": params},
    }


def test_audit_of_the_file_prints_the_counts_of_the_spec(here: Path) -> None:
    """Multiply-adds and parameters, for every convention that both can count in."""
    run("export", "net.yaml", "-o", "net.onnx", "--batch", "any", cwd=here)
    ours = json.loads(run("count", "net.yaml", "--json", cwd=here).stdout)
    audited = json.loads(run("audit", "net.onnx", "--input", "1x3x32x32", "--json", "--strict", cwd=here).stdout)
    assert (audited["madds"], audited["params"]) == (ours["madds"], ours["params"])


def test_the_weights_are_those_of_a_checkpoint(here: Path) -> None:
    """A note says what was rounded, and the file has the values."""
    model = build(here / "net.yaml", seed=5).double()
    save_checkpoint(model, here / "net.pth")
    done = run("export", "net.yaml", "-o", "net.onnx", "--checkpoint", "net.pth", cwd=here)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1] == "weights: net.pth"
    file = onnx.load(here / "net.onnx")
    stored = {each.name: onnx.numpy_helper.to_array(each) for each in file.graph.initializer}
    assert stored["stem.conv.weight"].tolist() == model.stem.conv.weight.float().tolist()
    assert "net.pth" in [each.value for each in file.metadata_props if each.key == "mfprofile.weights"]


def changed(content: bytes) -> bytes:
    """Return a file with another bias of the last layer."""
    file = onnx.load_from_string(content)
    (bias,) = (each for each in file.graph.initializer if each.name == "head.fc2.bias")
    bias.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(bias) + 1, bias.name))
    return bytes(file.SerializeToString())


@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_with_other_outputs_is_not_written(here: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """The exit code is 1, the difference is printed, and the old file stays."""
    right = measured.onnx_bytes
    monkeypatch.setattr(measured, "onnx_bytes", lambda *given, **named: changed(right(*given, **named)))
    done = run("export", "net.yaml", "-o", "old.onnx", *(["--json"] if as_json else []), cwd=here)
    assert done.returncode == 1
    assert done.stderr.startswith("error: old.onnx: not written: output logits differs from torch's by 1, allowed is ")
    assert done.stderr.count("\n") == 1
    if as_json:
        result = json.loads(done.stdout)
        assert (result["written"], result["outputs"][0]["agrees"]) == (False, False)
        assert result["outputs"][0]["difference"] == pytest.approx(1)
    assert (here / "old.onnx").read_bytes() == b"old"
    assert files(here) == {"net.yaml", "old.onnx"}


def test_outputs_that_are_not_numbers_are_null_in_json(here: Path) -> None:
    """A checkpoint with NaN cannot be compared, so nothing is written."""
    model = build(here / "net.yaml", seed=0)
    model.state_dict()["head.fc2.bias"][3] = float("nan")
    save_checkpoint(model, here / "net.pth")
    done = run("export", "net.yaml", "-o", "new.onnx", "--checkpoint", "net.pth", "--json", cwd=here)
    note, error = done.stderr.splitlines()
    assert done.returncode == 1
    assert note.startswith("note: net.pth: loaded with values that are not finite (1): ")
    assert error == "error: new.onnx: not written: output logits differs from torch's by nan, allowed is nan"
    assert json.loads(done.stdout)["outputs"][0]["difference"] is None
    assert not (here / "new.onnx").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "-"], "-o -: an ONNX file cannot be written to stdout; use a file that ends in .onnx"),
        (["-o", "net.pth"], "net.pth: must end in .onnx"),
        (["-o", ""], "the name of the output file is empty; give a name"),
        (["-o", "sub/"], "sub/: must end in .onnx"),
        (["--batch", "0"], "--batch 0: must be a whole number from 1 to 99999, or any"),
        (["--batch", "all"], "--batch all: must be a whole number from 1 to 99999, or any"),
        (["--batch", "²"], "--batch ²: must be a whole number from 1 to 99999, or any"),
        (["--dtype", "float64"], "--dtype float64: must be float32 or float16"),
        (
            ["--dtype", "bfloat16"],
            "--dtype bfloat16: ONNX Runtime cannot check it on a CPU; use float32 or float16",
        ),
        (
            ["--seed", "1", "--checkpoint", "net.pth"],
            "--seed is of random weights, but --checkpoint gives weights; remove one of them",
        ),
        (["--checkpoint", ""], "--checkpoint '': the name of the file is empty; give a name"),
        (["--checkpoint", "none.pth"], "none.pth: cannot be read: No such file or directory"),
        (
            ["--set", "tokens.dim=3"],
            "--set tokens.dim=3: tokens.dim = 3: must be a multiple of 4: DY-ReLU's θ reduces the token to a quarter; use 4",
        ),
    ],
)
def test_wrong_options_are_messages(here: Path, options: list[str], message: str) -> None:
    """The exit code is 2, and no file is written or changed."""
    before = ["-o", "old.onnx"] if "-o" not in options else []
    done = run("export", "net.yaml", *before, *options, cwd=here)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"error: {message}"
    assert (here / "old.onnx").read_bytes() == b"old"
    assert files(here) == {"net.yaml", "old.onnx"}


def test_a_checkpoint_of_another_network_is_refused(here: Path) -> None:
    """With the names and shapes that do not fit."""
    save_checkpoint(build(here / "net.yaml", seed=0), here / "net.pth")
    done = run("export", "net.yaml", "-o", "new.onnx", "--checkpoint", "net.pth", "--set", "stem=16", cwd=here)
    assert done.returncode == 2
    assert done.stderr.startswith("error: net.pth: does not fit net\nerror:   wrong shape (")
    assert not (here / "new.onnx").exists()


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("none/new.onnx", "none/new.onnx: cannot be written: No such file or directory"),
        ("folder.onnx", "folder.onnx: cannot be written: Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_reported_first(
    here: Path, monkeypatch: pytest.MonkeyPatch, place: str, message: str
) -> None:
    """The exit code is 74, before any network is built."""
    (here / "folder.onnx").mkdir()
    monkeypatch.setattr(measured, "onnx_file", None)
    done = run("export", "net.yaml", "-o", place, cwd=here)
    assert (done.returncode, done.stdout, done.stderr) == (74, "", f"error: {message}\n")


@pytest.mark.parametrize(
    ("missing", "what"),
    [
        (["torch"], "torch; install it"),
        (["onnx"], "onnx; install it"),
        (["onnxruntime"], "onnxruntime; install it"),
        (["torch", "onnx", "onnxruntime"], "torch, onnx and onnxruntime; install them"),
    ],
)
def test_each_missing_package_is_one_line_with_the_command_that_installs_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, missing: list[str], what: str
) -> None:
    """The base install has none of them."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name in missing else real(name, *more))
    done = run("export", "net.yaml", "-o", "new.onnx", cwd=here)
    assert done.returncode == 2
    assert done.stderr == f"error: export needs {what} with pip install '.[latency]'\n"


def test_a_runtime_that_cannot_run_the_file_is_a_message(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an old one with a newer operator would."""
    monkeypatch.setattr(measured, "onnx_bytes", lambda *_given, **_named: unknown_operator())
    done = run("export", "net.yaml", "-o", "new.onnx", cwd=here)
    assert done.returncode == 2
    assert "cannot run the exported network" in done.stderr
    assert "Strange" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (here / "new.onnx").exists()


def test_too_little_memory_is_a_message(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a batch of 99999 images, where the machine refuses to reserve so much. Other errors stay what they are."""

    def refused(*_given: object, **_named: object) -> bytes:
        raise RuntimeError(text)

    monkeypatch.setattr(measured, "onnx_bytes", refused)
    text = "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 60 bytes."
    done = run("export", "net.yaml", "-o", "new.onnx", cwd=here)
    assert (done.returncode, done.stderr) == (
        2,
        "error: net: there is not enough memory; use a smaller batch or input\n",
    )
    text = "something else"
    assert run("export", "net.yaml", "-o", "new.onnx", cwd=here).returncode == 70


def unknown_operator() -> bytes:
    """Return a file with an operator that no runtime knows."""
    from onnx_files import model_of

    node = onnx.helper.make_node("Strange", ["image"], ["logits"], domain="own")
    model: Any = model_of([node], {"image": [1, 3, 32, 32]}, {}, ["logits"])
    model.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, [1, 10]))
    return bytes(model.SerializeToString())
