"""Test audit, check and diff on ONNX files, from the user's side."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from running import ROOT, run, surroundings

pytest.importorskip("onnx")

from onnx import helper
from onnx_files import exported, model_of, saved

node = helper.make_node

WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # an import of it fails
from mfprofile.cli.program import main
try: main(sys.argv[1:])
except SystemExit as done: assert done.code in (None, 0), done.code
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small network, and with another one that is wider."""
    for name, width in (("net.onnx", 8), ("wide.onnx", 16)):
        nodes = [
            node("Conv", ["image", "stem.conv.weight"], ["c"], name="/stem/conv/Conv"),
            node("Relu", ["c"], ["r"], name="/stem/act/Relu"),
            node("GlobalAveragePool", ["r"], ["p"], name="/pool/GlobalAveragePool"),
            node("Flatten", ["p"], ["f"], name="/Flatten"),
            node("Gemm", ["f", "head.weight", "head.bias"], ["y"], name="/head/Gemm", transB=1),
        ]
        stored = {"stem.conv.weight": (width, 3, 3, 3), "head.weight": (10, width), "head.bias": (10,)}
        saved(model_of(nodes, {"image": ["batch", 3, "height", "width"]}, stored), tmp_path, name)
    nodes = [node("Secret", ["x"], ["s"], domain="com.microsoft"), node("Relu", ["x"], ["y"])]
    saved(model_of(nodes, {"x": [1, 4]}, {}), tmp_path, "odd.onnx")
    return tmp_path


def test_audit_prints_the_bill_of_a_file_by_module(folder: Path) -> None:
    """As of a network in code; only what it ran on differs."""
    done = run("audit", "net.onnx", "--input", "3x10x10", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines() if line][:1] == [
        ["net.onnx:", "input", "1×3×10×10", "float32;", "MAdds", "in", "convention", "'core'"]
    ]
    assert done.stdout.splitlines()[4].split() == ["stem", "13,824", "13.82k", "99.4", "216", "216", "70.6"]
    assert done.stdout.splitlines()[-2:] == [
        "read from the file, without running anything",
        "every operator is counted",
    ]


def test_audit_of_a_file_as_json_has_the_same_fields(folder: Path) -> None:
    """`device` is empty, because nothing ran, and there are no values."""
    bill = json.loads(run("audit", "net.onnx", "--input", "3x10x10", "--json", cwd=folder).stdout)
    assert (bill["madds"], bill["params"], bill["device"], bill["coverage"]["complete"]) == (13_904, 306, "", True)
    assert [row["name"] for row in bill["rows"]] == ["stem.conv", "stem.act", "pool", "head"]
    assert "values" not in bill


@pytest.mark.parametrize("axis", ["kind", "op"])
def test_audit_of_a_file_has_all_axes(axis: str, folder: Path) -> None:
    """By kind and by op as well."""
    done = run("audit", "net.onnx", "--input", "3x10x10", "--by", axis, "--csv", cwd=folder)
    assert done.returncode == 0
    assert "conv" in done.stdout


def test_check_judges_files_by_glob_and_names_what_is_not_counted(folder: Path) -> None:
    """One is over its limit; --strict fails on an operator of another domain."""
    done = run("check", "*t.onnx", "wide.onnx", "--input", "3x10x10", "--max-madds", "20k", cwd=folder)
    assert done.returncode == 1
    assert "wide.onnx: madds 27,808 > 20,000" in done.stdout
    assert run("check", "odd.onnx", "--max-madds", "1k", cwd=folder).returncode == 0
    strict = run("check", "odd.onnx", "--max-madds", "1k", "--strict", cwd=folder)
    assert strict.returncode == 1
    assert "com.microsoft.Secret: 1 time" in strict.stderr
    assert run("audit", "odd.onnx", "--strict", cwd=folder).returncode == 1


def test_check_against_a_baseline_of_the_same_file(folder: Path) -> None:
    """An earlier bill of a file is a baseline like any other."""
    (folder / "old.json").write_text(run("audit", "net.onnx", "--input", "3x10x10", "--json", cwd=folder).stdout)
    done = run("check", "net.onnx", "--input", "3x10x10", "--baseline", "old.json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_diff_compares_files_by_module(folder: Path) -> None:
    """What is the same is in one line."""
    done = run("diff", "net.onnx", "wide.onnx", "--input", "3x10x10", "--markdown", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "+13,904 (+100.0 %)" in done.stdout
    assert "class" not in done.stdout.replace("| class |", "")


def test_diff_compares_a_file_with_the_network_that_it_came_from(tmp_path: Path) -> None:
    """Its modules are the same; only the norm is folded into the convolution."""
    torch = pytest.importorskip("torch")
    source = "import torch\n\ndef Net():\n    return torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))\n"
    (tmp_path / "net.py").write_text(source)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))
    exported(model, (torch.randn(1, 3, 8, 8),), tmp_path / "net.onnx")
    done = run("diff", "net.py:Net", "net.onnx", "--input", "3x8x8", "--json", cwd=tmp_path)
    assert done.returncode == 0
    gained = {
        part["a"]: (part["madds"]["difference"], part["params"]["difference"])
        for part in json.loads(done.stdout)["modules"]
    }
    assert gained == {"0": (0, 0), "1": (0, -16)}


def test_inputs_of_a_file_can_be_in_a_pyproject(folder: Path) -> None:
    """As those of a network in code; a mistake there names its place."""
    (folder / "pyproject.toml").write_text('[tool.mfprofile.targets."net.onnx"]\ninput = ["3x10x10"]\n')
    assert "input 1×3×10×10 float32" in run("audit", "net.onnx", cwd=folder).stdout
    (folder / "pyproject.toml").write_text('[tool.mfprofile.targets."net.onnx"]\ninput = ["4x10x10"]\n')
    done = run("audit", "net.onnx", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith(
        'error: pyproject.toml:2:1: tool.mfprofile.targets."net.onnx".input 4x10x10: does not fit'
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("audit net.onnx", "net.onnx: input 'image' has the size batch×3×height×width, which is open; give it without the batch, as in --input image=3x224x224"),
        ("audit net.onnx --input 3x8x8 --counter torch", "--counter torch: runs a network of torch, and 'net.onnx' is a file; use onnx-tool"),
        ("audit net.onnx --device cpu", "--device needs a network in code, but net.onnx is a model file: a model file is read, not run; remove it"),
        ("audit net.onnx --inputs random", "--inputs needs a network in code, but net.onnx is a model file: a model file is read, not run; remove it"),
        ("check net.onnx --arg width=4 --max-madds 1M", "--arg needs a network in code, but net.onnx is a model file: its code was run when it was exported; remove it"),
        ("check net.onnx --input 3x8x8 --training --max-madds 1M", "--training needs a network in code, but net.onnx is a model file: a model file is read, not run; remove it"),
        ("diff net.onnx --arg width=4", "--arg needs a network in code, but net.onnx is a model file: its code was run when it was exported; remove it"),
        ("diff net.onnx mf26m", "net.onnx: input 'image' has the size batch×3×height×width, which is open; give it without the batch, as in --input image=3x224x224"),
        ("diff mf26m net.onnx --arg width=4", "--arg needs a network in code, but net.onnx is a model file: its code was run when it was exported; remove it"),
        ("audit net.onnx --input 3x8x8 --convention thop", "net.onnx: thop counts modules of torch, which a model file does not have; use core or torch"),
        (
            "count net.onnx",
            "net.onnx: use 'mfprofile audit' for it alone; or add another network, or --columns name,madds,params",
        ),
        ("audit nett.onnx", "nett.onnx: no such file; did you mean 'net.onnx'?"),
    ],
)  # fmt: skip
def test_what_does_not_apply_to_a_file_is_a_message(line: str, text: str, folder: Path) -> None:
    """With the remedy, and exit code 2."""
    done = run(*line.split(), cwd=folder)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (
        2,
        "" if "check" not in line else done.stdout.strip(),
        f"error: {text}\n",
    )


def test_audit_without_onnx_names_the_command_that_installs_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch does not matter."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: None if name == "onnx" else object())
    done = run("audit", "net.onnx", "--input", "3x8x8", cwd=folder)
    assert (done.returncode, done.stderr) == (
        2,
        "error: audit of an ONNX file needs onnx; install it with pip install '.[onnx]'\n",
    )


@pytest.mark.parametrize(
    "line",
    [
        "audit net.onnx --input 3x8x8",
        "check net.onnx --input 3x8x8 --max-madds 1M",
        "diff net.onnx wide.onnx --input 3x8x8",
    ],
)
def test_a_file_is_counted_without_torch(line: str, folder: Path) -> None:
    """In a process where an import of torch fails."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *line.split()],
        capture_output=True, text=True, check=False, cwd=folder, env=surroundings(PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "net.onnx" in done.stdout


def test_hostile_names_in_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    """Control characters are printed as escapes, in tables and in messages."""
    evil = "a\x1b[31m\nb"
    fine = model_of([node("MatMul", ["x", "w"], ["y"], name=f"/{evil}/MatMul")], {"x": [3, 4]}, {"w": (4, 5)})
    broken = model_of([node("MatMul", [evil, "w"], ["y"])], {"x": [3, 4]}, {"w": np.zeros((4, 5), np.float32)})
    for model, code in ((fine, 0), (broken, 2)):
        done = run("audit", saved(model, tmp_path), "--by", "op")
        assert done.returncode == code
        assert "\x1b" not in done.stdout + done.stderr
        assert "\nb" not in done.stdout + done.stderr
