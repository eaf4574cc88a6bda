"""The commands memory and check on the memory of networks in code, as users run them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from running import run

torch = pytest.importorskip("torch")

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.stem(x).flatten(2)
        return self.head(torch.cat([x, x], 2).mean(2))

class Half(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3, dtype=torch.float16)
        self.table = nn.Parameter(torch.zeros(7, dtype=torch.int8), requires_grad=False)

    def forward(self, x):
        return self.layer(x.half())

class Sparse(nn.Module):
    def forward(self, x):
        return x.exp().to_mkldnn().to_dense()
"""
MAP = 4 * 8 * 8 * 8
"""The bytes of the stem's feature map for 3 × 16 × 16."""
WEIGHTS = 4 * (216 + 16 + 90)
Here = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Return a function that runs the command line in a folder with networks."""
    (tmp_path / "net.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return lambda line: run(*line.split(), cwd=tmp_path)


@pytest.mark.parametrize("axis", ["module", "kind", "op"])
def test_json_parts_sum_to_the_whole_and_peak_at_the_peak(here: Here, axis: str) -> None:
    """On every axis, parts sum to the whole, the largest part is the peak, and the live tensors sum to the peak."""
    document = json.loads(here(f"memory net.py:Net --input 3x16x16 --by {axis} --json").stdout)
    parts = document["groups"]["totals"]
    assert (document["batch"], document["dtype"], document["in_place"]) == (1, None, None)
    for measure in ("activations", "madds", "moved_bytes"):
        assert sum(part[measure] for part in parts) == document[measure]
    assert max(part["live_bytes"] for part in parts) == document["peak"]["bytes"]
    assert sum(one["bytes"] for one in document["peak"]["live"]) == document["peak"]["bytes"]
    assert document["total_bytes"] == document["params_bytes"] + document["input_bytes"] + document["peak"]["bytes"]


def test_the_figures_are_those_by_hand(here: Here) -> None:
    """The peak is at `cat`, which reads one map and makes two; ReLU is in place, and the convolution's map is gone."""
    document = json.loads(here("memory net.py:Net --input 3x16x16 --json --by op").stdout)
    assert document["peak"] == {
        "bytes": 3 * MAP,
        "op": "cat",
        "live": [{"name": "stem.1", "bytes": MAP}, {"name": "cat", "bytes": 2 * MAP}],
    }
    assert (document["params_bytes"], document["input_bytes"]) == (WEIGHTS, 4 * 3 * 16 * 16)
    moved = {part["name"]: part["moved_bytes"] for part in document["groups"]["totals"]}
    assert moved == {
        "stem.0": 4 * 3 * 16 * 16 + 4 * 216 + MAP,
        "stem.1": 2 * MAP + 4 * 8 * 4,
        "stem.2": 2 * MAP,
        "flatten": 0,
        "cat": 2 * MAP + MAP,  # the tensor that is given twice is read once
        "mean": 2 * MAP + 4 * 8,
        "head": 4 * (8 + 90 + 10),
    }


def test_a_table_lists_modules_down_to_a_depth(here: Here) -> None:
    """Lines sum to the total at each depth; what makes only views has no line."""
    for depth, modules in {
        0: ["(self)"],
        1: ["stem", "(self)", "head"],
        2: ["stem.0", "stem.1", "stem.2", "(self)", "head"],
    }.items():
        rows = list(
            csv.DictReader(io.StringIO(here(f"memory net.py:Net --input 3x16x16 --depth {depth} --csv").stdout))
        )
        assert [row["module"] for row in rows] == modules
        assert max(int(row["live_bytes"]) for row in rows) == 3 * MAP
        assert sum(int(row["madds"]) for row in rows) == 216 * 64 + 80
    assert [row["class"] for row in rows][:2] == ["Conv2d", "BatchNorm2d"]


def test_the_text_has_the_peak_and_what_is_needed_beside_it(here: Here) -> None:
    """The last lines have the live tensors, the parameters and the inputs."""
    peak, more = here("memory net.py:Net --input 3x16x16").stdout.splitlines()[-2:]
    assert peak == "Peak of 6,144 bytes at cat; live at that op: stem.1 2,048, cat 4,096"
    assert more == "With 1,288 bytes of parameters and 3,072 bytes of inputs: 10,504 (10.50kB)"


def test_parameters_are_listed_by_type_if_they_have_several(here: Here) -> None:
    """float16 has two bytes, int8 one."""
    done = here("memory net.py:Half --input 4")
    assert "\nWith 37 bytes of parameters (int8 7, float16 30) and 8 bytes of inputs: " in done.stdout
    assert json.loads(here("memory net.py:Half --input 4 --json").stdout)["params_by_dtype"] == {
        "int8": 7,
        "float16": 30,
    }


def test_several_networks_get_one_line_each(here: Here) -> None:
    """Specs and networks in code are in one table, in the order in which they are given."""
    rows = list(csv.DictReader(io.StringIO(here("memory net.py:Net mf26m net.py:Net --input 3x16x16 --csv").stdout)))
    assert [row["name"] for row in rows] == ["net.py:Net", "mf26m", "net.py:Net"]
    assert [row["at"] for row in rows] == ["cat", "blocks.2.mobile.activation1", "cat"]
    assert [int(row["live_bytes"]) for row in rows] == [3 * MAP, 1_055_520, 3 * MAP]


def test_tensors_without_a_storage_are_named(here: Here) -> None:
    """Their bytes are not known, and the output says so."""
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no mkldnn")
    assert (
        "\nnot counted: the bytes of 1 tensor without a storage, in to_mkldnn\n" in here("memory net.py:Sparse").stdout
    )
    assert json.loads(here("memory net.py:Sparse --json").stdout)["unseen"] == {"to_mkldnn": 1}


def test_check_holds_a_network_in_code_to_a_limit_on_memory(here: Here) -> None:
    """A limit that is not met lists what is live at the peak."""
    assert here("check net.py:Net --input 3x16x16 --max-memory 6144").returncode == 0
    done = here("check net.py:Net --input 3x16x16 --max-memory 6143")
    assert done.returncode == 1
    assert done.stdout.startswith("Limits in convention 'core', memory of networks in code as they run\n")
    assert "  the peak is at cat, where these are live:\n    stem.1 2,048\n    cat 4,096\n" in done.stdout
    document = json.loads(here("check net.py:Net --input 3x16x16 --max-memory 6143 --json").stdout)
    assert document["specs"][0]["limits"][0]["peak"] == {"op": "cat", "live": {"stem.1": 2048, "cat": 4096}}


def test_check_says_what_the_memory_of_specs_and_of_code_is_of(here: Here) -> None:
    """A type is for specs; a network in code is not judged with it."""
    both = here("check mf26m net.py:Net --input 3x16x16 --max-memory 2MB").stdout
    heading = "Limits in convention 'core', memory of 1 image in float32, memory of networks in code as they run\n"
    assert both.startswith(heading)
    done = here("check mf26m net.py:Net --input 3x16x16 --max-memory 3MB --dtype float16")
    assert (done.returncode, done.stderr.startswith("error: net.py:Net: memory: dtype is for specs; ")) == (2, True)


def test_a_batch_is_that_of_the_run(here: Here) -> None:
    """Three images need three times the memory; parameters are moved once."""
    one, three = (
        json.loads(here(f"memory net.py:Net --input 3x16x16 --batch {batch} --json").stdout) for batch in (1, 3)
    )
    assert (three["peak"]["bytes"], three["input_bytes"]) == (9 * MAP, 3 * one["input_bytes"])
    norm = 4 * (2 * 8)  # its statistics
    assert three["moved_bytes"] == 3 * one["moved_bytes"] - 2 * (WEIGHTS + norm)
    assert here("check net.py:Net --input 3x16x16 --batch 3 --max-memory 18432").returncode == 0
    assert here("check net.py:Net --input 3x16x16 --batch 3 --max-memory 18431").returncode == 1


def test_training_has_no_memory(here: Here) -> None:
    """What is live in a backward pass is not known."""
    done = here("check net.py:Net --input 3x16x16 --max-memory 1MB --training")
    assert (done.returncode, done.stdout, "memory of one inference; omit --training\n" in done.stderr) == (2, "", True)
    refused = here("memory net.py:Net --training").stderr
    assert "No such option" in refused
    assert "--training" in refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("net.py:Net --dtype float16", "error: --dtype is for specs, but net.py:Net is a network in code, which has the batch, the types and the operators in place that it runs with; remove --dtype\n"),
        ("mf26m net.py:Net --in-place", "error: --in-place is for specs, but net.py:Net is a network in code, which has the batch, the types and the operators in place that it runs with; remove --in-place\n"),
        ("net.py:Net --batch 0", "error: --batch 0: must be 1 or more\n"),
        ("net.py:Net --depth -1", "error: --depth -1: must be 0 or more\n"),
        ("mf26m --depth 1", "error: --depth needs a network in code, such as net.py:Net; a spec has no modules\n"),
        ("net.py:Net --by block --input 3x16x16", "error: cannot count by 'block'; use one of module, kind, op\n"),
        ("mf26m --arg width=3", "error: --arg needs a network in code, such as net.py:Net; use --set to change a spec\n"),
        ("net.py:Net --set stem=8", "error: --set changes a spec, but net.py:Net is a network in code; use --arg for its factory\n"),
        ("net.py:Net mf26m --by op --input 3x16x16", "error: --by op: several networks have one line each; give one, or --json\n"),
    ],
)  # fmt: skip
def test_what_does_not_apply_is_refused_with_a_remedy(here: Here, arguments: str, message: str) -> None:
    """One line on stderr, exit code 2."""
    done = here(f"memory {arguments}")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
