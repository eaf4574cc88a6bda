"""Test memory and limits on memory of ONNX files, and what audit prints of sizes that are not known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import run

pytest.importorskip("onnx")

from onnx import TensorProto, helper
from onnx_files import model_of, saved

node = helper.make_node


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file, with one that has a size that depends on values, and with one of an own operator."""
    nodes = [
        node("Conv", ["image", "stem.weight"], ["c"], name="/stem/Conv"),
        node("Relu", ["c"], ["r"], name="/act/Relu"),
        node("GlobalAveragePool", ["r"], ["y"], name="/pool/GlobalAveragePool"),
    ]
    saved(model_of(nodes, {"image": ["batch", 3, 10, 10]}, {"stem.weight": (8, 3, 3, 3)}), tmp_path)
    nodes = [node("NonZero", ["x"], ["n"]), node("Cast", ["n"], ["y"], to=TensorProto.FLOAT), node("Exp", ["x"], ["e"])]
    saved(model_of(nodes, {"x": [64]}, outputs=("y", "e")), tmp_path, "open.onnx")
    nodes = [
        node("Relu", ["x"], ["r"]),
        node("Secret", ["r"], ["s"], domain="own"),
        node("Known", ["r"], ["k"], domain="own"),
        node("Exp", ["k"], ["e"]),
    ]
    model = model_of(nodes, {"x": [64]}, outputs=("s", "e"))
    model.graph.value_info.append(helper.make_tensor_value_info("k", TensorProto.FLOAT, [64]))
    saved(model, tmp_path, "own.onnx")
    return tmp_path


def test_memory_lists_a_file_by_module(folder: Path) -> None:
    """Two maps of 8 · 8 · 8 floats, 216 weights, and 300 values of the image."""
    done = run("memory", "net.onnx", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[1] == "bytes, MAdds and activations for the whole batch, in the types of the file"
    assert lines[5].split() == ["stem", "13,824", "512", "4,112", "4.11kB", "3.36", "2,048", "2.05kB"]
    assert lines[-2:] == [
        "Peak of 4,096 bytes at act; live at that op: stem 2,048, act 2,048",
        "With 864 bytes of parameters and 1,200 bytes of inputs: 6,160 (6.16kB)",
    ]


def test_memory_of_a_file_is_of_its_batch(folder: Path) -> None:
    """The batch is that of the input that is given."""
    done = run("memory", "net.onnx", "--input", "4x3x10x10", "--json", cwd=folder)
    memory = json.loads(done.stdout)
    assert (memory["peak"]["bytes"], memory["input_bytes"], memory["dtype"]) == (4 * 4096, 4 * 1200, None)
    assert memory["params_by_dtype"] == {"float32": 864}


@pytest.mark.parametrize("option", [["--batch", "2"], ["--dtype", "float16"], ["--in-place"]])
def test_a_file_has_its_own_batch_and_types(option: list[str], folder: Path) -> None:
    """They cannot be given."""
    done = run("memory", "net.onnx", *option, cwd=folder)
    assert done.returncode == 2
    assert option[0] in done.stderr
    assert "remove" in done.stderr


def test_sizes_that_are_not_known_are_named(folder: Path) -> None:
    """The peak is then a lower bound, in each form: 256 bytes of the exp."""
    lines = run("memory", "open.onnx", cwd=folder).stdout.splitlines()
    assert lines[-4].startswith("Peak of at least 256 bytes at ")
    assert lines[-2:] == [
        "not counted: the bytes of 1 tensor of unknown size, in NonZero",
        "not counted: the bytes of 1 tensor of unknown size, in Cast",
    ]
    assert json.loads(run("memory", "open.onnx", "--json", cwd=folder).stdout)["unseen"] == {"NonZero": 1, "Cast": 1}
    assert "of unknown size, in NonZero" in run("memory", "open.onnx", "--csv", cwd=folder).stderr
    several = run("memory", "open.onnx", "net.onnx", cwd=folder).stdout
    assert "\nopen.onnx: not counted: the bytes of 1 tensor of unknown size, in Cast" in several


def test_check_judges_the_memory_of_a_file(folder: Path) -> None:
    """Within and over."""
    done = run("check", "net.onnx", "--max-memory", "5kB", cwd=folder)
    assert done.returncode == 0
    assert done.stdout.startswith("Limits in convention 'core', memory of files as they are\n")
    done = run("check", "net.onnx", "--max-memory", "4kB", cwd=folder)
    assert done.returncode == 1
    assert "memory, bytes 4,096 > 4,000" in done.stdout
    assert "the peak is at act" in done.stdout


def test_check_does_not_judge_by_a_lower_bound_that_does_not_decide(folder: Path) -> None:
    """256 bytes are known: more than 200, but nobody knows whether all are less than 300."""
    assert run("check", "open.onnx", "--max-memory", "200B", cwd=folder).returncode == 1
    done = run("check", "open.onnx", "--max-memory", "300B", cwd=folder)
    assert done.returncode == 2
    assert "open.onnx: memory: only a lower bound is known, without the tensors of NonZero, Cast" in done.stderr
    assert run("check", "open.onnx", "--min", "memory=200B", cwd=folder).returncode == 0
    assert run("check", "open.onnx", "--min", "memory=300B", cwd=folder).returncode == 2


def test_audit_gives_no_share_if_a_size_is_not_known(folder: Path) -> None:
    """The unknown operator may put out more than all others."""
    lines = run("audit", "own.onnx", cwd=folder).stdout.splitlines()
    assert lines[-3:] == [
        "  own.Secret: 1 time, elements not known",
        "  own.Known: 1 time, 64 elements",
        "what share of all elements the counted operators have is not known, because some sizes are not",
    ]
    coverage = json.loads(run("audit", "own.onnx", "--json", cwd=folder).stdout)["coverage"]
    assert [(one["operator"], one["elements"], one["unsized"]) for one in coverage["uncovered"]] == [
        ("own.Secret", 0, 1),
        ("own.Known", 64, 0),
    ]
