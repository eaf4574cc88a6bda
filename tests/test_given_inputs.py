"""Inputs as they are: what a function returns, a batch, shapes without one, and plain values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from running import need, run

pytest.importorskip("torch")

NETS = """
import torch
from torch import nn
import inputs


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 4)

    def forward(self, x, mask=None, *, mode="plain", sizes=()):
        assert mode in ("plain", "twice"), mode
        assert isinstance(sizes, (list, tuple)), sizes
        y = self.layer(x if mask is None else x * mask)
        return self.layer(x) + y if mode == "twice" else y


class Nested(Net):
    def forward(self, batch, scale=1):
        assert isinstance(batch["data"], inputs.Batch) and batch["data"].flag is True
        return [self.layer(each) for each in (batch["first"], *batch["data"].views)]


class Gated(Net):
    def forward(self, x):
        return self.layer(x) if x.sum() > 0 else x


class Graph(Net):
    def forward(self, nodes, edges):
        return torch.zeros(len(nodes), 4, device=nodes.device).index_add(0, edges[1], self.layer(nodes)[edges[0]])


class Changing(Net):
    def forward(self, x):
        return self.layer(x.add_(1))
"""
INPUTS = """
from collections import namedtuple
from dataclasses import dataclass

import torch

print("imported")
Pair = namedtuple("Pair", "left right")


@dataclass(frozen=True)
class Batch:
    views: list
    flag: bool = True


def tensor():
    return torch.ones(2, 5, 8)

def several():
    return [torch.ones(2, 5, 8), torch.ones(2, 5, 8, dtype=torch.bool)]

def named():
    return {"x": torch.ones(3, 8), "mode": "twice"}

def both():
    return (torch.ones(3, 8),), {"mode": "twice"}

def nested():
    data = Batch([torch.ones(2, 8), Pair(torch.ones(2, 8), 3).left])
    return {"batch": {"first": torch.ones(2, 8), "data": data}, "scale": 2}

def graph():
    return torch.ones(6, 8), torch.zeros(2, 7, dtype=torch.int64)

def drawn():
    return torch.rand(2, 8) + 0.1

def none(): ...
def number(): return 3
def numbers(): return {"x": [1, 2]}
def keys(): return {1: torch.ones(8)}
def failing(): raise ValueError("no data")
def asking(path): return path
def ending(): raise SystemExit(4)
value = torch.ones(8)
"""
Here = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Return a function that runs the command line in a folder with networks and their inputs."""
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "inputs.py").write_text(INPUTS)
    return lambda *arguments: run(*arguments, cwd=tmp_path)


def audited(done: CompletedProcess[str]) -> dict[str, Any]:
    """Return the JSON of an audit that succeeded."""
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def shapes(document: dict[str, Any]) -> dict[str, list[int]]:
    """Return the shapes of the inputs of a bill by their names."""
    return {each.get("name", ""): each["shape"] for each in document["input"]}


@pytest.mark.parametrize(
    ("function", "madds", "inputs"),
    [
        ("tensor", 2 * 5 * 8 * 4, {"": [2, 5, 8]}),
        ("named", 2 * 3 * 8 * 4, {"x": [3, 8]}),
        ("both", 2 * 3 * 8 * 4, {"": [3, 8]}),
        ("drawn", 2 * 8 * 4, {"": [2, 8]}),
    ],
)
def test_a_function_returns_the_arguments(here: Here, function: str, madds: int, inputs: dict[str, Any]) -> None:
    """A tensor is one argument, a dict has arguments by name, and a tuple and a dict have both."""
    done = here("audit", "nets.py:Net", "--inputs", f"inputs.py:{function}", "--json")
    document = audited(done)
    assert (document["madds"], shapes(document), document["batch"]) == (madds, inputs, None)
    assert (document["device"], document["values"]["inputs"]) == ("meta", "given")
    assert document["remarks"] == [f"forward gets what inputs.py:{function} returns"]
    assert done.stderr == "imported\n"


def test_a_list_has_arguments_in_order(here: Here) -> None:
    """A mask comes second; its type is kept."""
    document = audited(here("audit", "nets.py:Net", "--inputs", "inputs.py:several", "--json"))
    assert [(each["shape"], each["dtype"]) for each in document["input"]] == [
        ([2, 5, 8], "float32"),
        ([2, 5, 8], "bool"),
    ]
    document = audited(here("audit", "nets.py:Graph", "--inputs", "inputs.py:graph", "--json", "--strict"))
    assert (document["madds"], [each["shape"] for each in document["input"]]) == (6 * 8 * 4, [[6, 8], [2, 7]])


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_structure_may_hold_anything(here: Here, device: str) -> None:
    """Dicts, lists, a frozen dataclass of the same module as the network's, flags. Every tensor is accounted for."""
    options = ("--inputs", "inputs.py:nested", "--device", device, "--strict", "--json")
    document = audited(here("audit", "nets.py:Nested", *options))
    assert document["madds"] == 3 * 2 * 8 * 4
    names = ["batch.first", "batch.data.views[0]", "batch.data.views[1]"]
    assert shapes(document) == {key: [2, 8] for key in names}
    assert document["coverage"]["outside"] == []


def test_real_values_decide_what_runs(here: Here) -> None:
    """The network then runs on the CPU, on these values; made ones are zeros."""
    done = here("audit", "nets.py:Gated", "--inputs", "inputs.py:drawn", "--json")
    document = audited(done)
    assert (document["madds"], document["device"], document["values"]["decided"]) == (2 * 8 * 4, "cpu", True)
    assert audited(here("audit", "nets.py:Gated", "--input", "8", "--json"))["madds"] == 0
    done = here("check", "nets.py:Gated", "--inputs", "inputs.py:drawn", "--max-madds", "63")
    assert done.returncode == 1
    assert "the bill holds for one draw of weights (seed 0) and the given inputs" in done.stderr
    done = here("diff", "nets.py:Gated", "nets.py:Net", "--inputs", "inputs.py:drawn", "--json")
    assert json.loads(done.stdout)["madds"] == {"a": 64, "b": 64, "difference": 0}


def test_the_tensors_of_a_function_are_copied_for_each_run(here: Here) -> None:
    """A network that writes to its input in place changes a copy."""
    for device in ("meta", "cpu"):
        options = ("--inputs", "inputs.py:tensor", "--device", device, "--json")
        assert audited(here("audit", "nets.py:Changing", *options))["madds"] == 2 * 5 * 8 * 4


def test_counters_get_the_same_arguments(here: Here) -> None:
    """Also by name; keyword-only arguments are refused, because counters pass inputs by position."""
    counter = ("--counter", "torch", "--json")
    document = audited(here("verify", "nets.py:Nested", "--inputs", "inputs.py:nested", *counter))
    assert [each["printed"] for each in document["counters"]] == [2 * 3 * 2 * 8 * 4]
    done = here("verify", "nets.py:Net", "--inputs", "inputs.py:named", *counter)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        "error: other counters pass inputs by position, and some of these inputs are keyword-only"
    )


def test_a_batch_is_one_of_made_inputs_and_the_bill_says_so(here: Here) -> None:
    """It multiplies products and activations, and no parameters."""
    one, eight = (
        audited(here("audit", "nets.py:Net", "--input", "5x8", *more, "--json")) for more in ((), ("--batch", "8"))
    )
    assert (one["batch"], eight["batch"], shapes(eight)) == (1, 8, {"": [8, 5, 8]})
    for name, times in (("madds", 8), ("activations", 8), ("params", 1)):
        assert eight[name] == times * one[name]
    text = here("audit", "nets.py:Net", "--input", "5x8", "--batch", "8").stdout
    assert text.startswith("nets.py:Net: input 8×5×8 float32, batch of 8; MAdds in convention 'core'\n")
    plain = here("audit", "nets.py:Net", "--input", "5x8", "--batch", "1").stdout
    assert plain.startswith("nets.py:Net: input 1×5×8 float32; MAdds in convention 'core'\n")


def test_shapes_can_be_used_as_they_are(here: Here) -> None:
    """As for graphs, whose nodes are not a batch."""
    options = ("--input", "nodes=6x8", "--input", "edges=int64:2x7", "--no-batch")
    document = audited(here("audit", "nets.py:Graph", *options, "--json", "--strict"))
    assert (document["madds"], document["batch"]) == (6 * 8 * 4, None)
    assert shapes(document) == {"nodes": [6, 8], "edges": [2, 7]}
    text = here("audit", "nets.py:Graph", *options).stdout
    assert text.startswith("nets.py:Graph: input nodes=6×8 float32, edges=2×7 int64, no batch dimension; MAdds in")


def test_plain_values_are_arguments_of_forward(here: Here) -> None:
    """They are read as YAML; a list is a value, and not a shape."""
    options = ("audit", "nets.py:Net", "--input", "5x8", "--json")
    document = audited(here(*options, "--value", "mode=twice", "--value", "sizes=[3, 4]", "--value", "mask=null"))
    assert (document["madds"], shapes(document)) == (2 * 5 * 8 * 4, {"": [1, 5, 8]})
    assert document["remarks"] == ["forward gets mode='twice', sizes=[3, 4], mask=null"]
    done = here("audit", "nets.py:Net", "--inputs", "inputs.py:tensor", "--value", "mode=twice", "--json")
    assert audited(done)["madds"] == 2 * 2 * 5 * 8 * 4
    done = here("check", "nets.py:Net", "--input", "5x8", "--value", "mode=other", "--max-madds", "1k")
    assert (done.returncode, "AssertionError: other" in done.stderr) == (2, True)


@pytest.mark.parametrize("batch", ["1", "3"])
def test_each_counter_is_explained_on_a_batch(here: Here, tmp_path: Path, batch: str) -> None:
    """Of each of its layers; torchinfo multiplies parameters by the batch."""
    need("fvcore", "thop", "ptflops", "torchinfo")
    (tmp_path / "layers.py").write_text(
        "from torch import nn\ndef layers():\n"
        "    image = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.PReLU(), nn.ConvTranspose2d(8, 4, 2, 2), nn.GroupNorm(2, 4)]\n"
        "    vector = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10), nn.LayerNorm(10), nn.Softmax(-1)]\n"
        "    return nn.Sequential(*image, *vector)\n"
    )
    named = ("torch", "fvcore", "thop", "ptflops", "torchinfo")
    counters = [text for name in named for text in ("--counter", name)]
    done = here("verify", "layers.py:layers", "--input", "3x8x8", "--batch", batch, *counters, "--json")
    document = audited(done)
    assert [(each["tool"], each["unexplained"]) for each in document["counters"]] == [(name, 0) for name in named]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            "inputs.py:none",
            "returned None without a tensor in it; return a tensor, a list of arguments, a dict of them",
        ),
        ("inputs.py:number", "returned a value of type int without a tensor in it; return a tensor"),
        ("inputs.py:numbers", "returned a value of type dict without a tensor in it; return a tensor"),
        (
            "inputs.py:keys",
            "returned a dict with keys such as 1, which are not names of arguments; return [the_dict] if",
        ),
        ("inputs.py:failing", "failing() failed: ValueError: no data (inputs.py:"),
        ("inputs.py:asking", "asking() failed: TypeError: asking() missing 1 required positional argument: 'path'"),
        ("inputs.py:ending", "ending() failed: SystemExit: 4 (inputs.py:"),
        ("inputs.py:value", "value is of type Tensor; use a function"),
        ("inputs.py:tensors", "inputs.py has no 'tensors'; did you mean 'tensor'?"),
        ("input.py:tensor", "no such file: input.py; did you mean 'inputs.py'?"),
        ("n" * 300 + ".py:tensor", f"no such file: {'n' * 300}.py"),
        ("broken.py:tensor", "cannot be imported: ZeroDivisionError: "),
        ("inputs.py", "must be zeros, random or file.py:function"),
        ("inputs:tensor", "must be zeros, random or file.py:function"),
        ("ones", "must be zeros, random or file.py:function"),
    ],
)
def test_a_wrong_function_is_a_message(here: Here, tmp_path: Path, function: str, message: str) -> None:
    """It has the option, the line of the user's code and the remedy; the exit code is 2."""
    (tmp_path / "broken.py").write_text("1 // 0\n")
    done = here("audit", "nets.py:Net", "--inputs", function)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(f"error: --inputs {function}: {message}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--batch 0", "--batch 0: must be 1 or more"),
        ("--batch -1", "--batch -1: must be 1 or more"),
        ("--batch 2 --no-batch", "--batch and --no-batch cannot be combined; use one of them"),
        (
            "--batch 2 --inputs inputs.py:tensor",
            "--batch 2 cannot be combined with --inputs inputs.py:tensor, which returns the arguments of forward as they "
            "are; remove one of them",
        ),
        ("--no-batch --inputs inputs.py:tensor", "--no-batch cannot be combined with --inputs inputs.py:tensor, which"),
        ("--input 8 --inputs inputs.py:tensor", "--input 8 cannot be combined with --inputs inputs.py:tensor, which"),
        ("--value mode", "--value mode: must be NAME=YAML, for example return_dict=false or sizes=[2,2]"),
        ("--value mode=1 --value mode=2", "--value mode=2: mode is given twice"),
        ("--value m=[1", "--value m=[1: "),
        ("--input x=8 --value x=1", "--value x: --input gives x a shape already; use one of them"),
        (
            "--inputs inputs.py:named --value mode=plain",
            "--value mode: --inputs inputs.py:named returns an argument mode too; use one of them",
        ),
    ],
)
def test_options_that_are_wrong_or_do_not_fit_together_are_messages(here: Here, options: str, message: str) -> None:
    """The exit code is 2, in every command."""
    for command in ("audit nets.py:Net", "check nets.py:Net --max-madds 1k", "diff nets.py:Net nets.py:Gated"):
        done = here(*command.split(), *options.split())
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1].replace("nets.py:Net: ", "").startswith(f"error: {message}")


def test_a_batch_is_a_whole_number(here: Here) -> None:
    """The parser of the command line says so."""
    for text in ("1.5", "two"):
        done = here("audit", "nets.py:Net", "--batch", text)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Invalid value for '--batch'" in done.stderr


def test_specs_have_none_of_these_options(here: Here) -> None:
    """Except a batch, which `check` and `memory` use for their memory."""
    for option, why in (
        (("--batch", "2"), "a spec is counted for one image"),
        (("--no-batch",), "a spec is counted for one image"),
        (("--value", "a=1"), "a spec is counted without inputs"),
    ):
        for command in ("diff", "verify"):
            done = here(command, "mf26m", "mf52m", *option)
            message = f"error: {option[0]} needs a network in code, such as net.py:Net; {why}\n"
            assert (done.returncode, done.stderr) == (2, message)
    done = here("check", "mf26m", "--max-memory", "1GB", "--batch", "3")
    assert "memory of 3 images in float32" in done.stdout
    done = here(
        "check", "mf26m", "nets.py:Net", "--input", "float32:5x8", "--max-memory", "1GB", "--batch", "3", "--json"
    )
    assert [each["limits"][0]["counted"] for each in json.loads(done.stdout)["specs"]][1] == 3 * 5 * 4 * 4


PYPROJECT = """
[tool.mfprofile.targets."nets.py:Net"]
{options}
"""


@pytest.mark.parametrize(
    ("options", "more", "madds"),
    [
        ('input = ["5x8"]\nbatch = 2', "", 2 * 160),
        ('input = ["5x8"]\nbatch = 2', "--batch 3", 3 * 160),
        ('input = ["5x8"]\nbatch = 2', "--no-batch", 160),
        ('input = ["6x8"]\nno-batch = true', "", 6 * 32),
        ('input = ["6x8"]\nno-batch = true', "--batch 2", 2 * 6 * 32),
        ('input = ["5x8"]\nno-batch = false', "", 160),
        ('inputs = "inputs.py:tensor"', "", 320),
        ('inputs = "inputs.py:tensor"', "--input 5x8", 160),
        ('input = ["7x8"]\nbatch = 2', "--inputs inputs.py:tensor", 320),
        ('input = ["5x8"]\nvalue = ["mode=twice", "sizes=[1]"]', "", 320),
        ('input = ["5x8"]\nvalue = ["mode=twice"]', "--value mode=plain", 160),
        ('input = ["5x8", "5x8"]', "", 160),
    ],
)
def test_pyproject_can_have_them_all(here: Here, tmp_path: Path, options: str, more: str, madds: int) -> None:
    """What the command line gives replaces it; shapes and a function replace each other. Equal shapes are two."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(options=options))
    assert audited(here("audit", "nets.py:Net", "--json", *more.split()))["madds"] == madds
    done = here("check", "nets.py:Net", "--max-madds", str(madds - 1), *more.split())
    assert (done.returncode, f"{madds:,}" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("options", "more", "message"),
    [
        ("batch = 0", "", "3:1: KEY.batch = 0: must be a whole number of 1 or more"),
        ("batch = true", "", "3:1: KEY.batch = true: must be a whole number of 1 or more"),
        ("batch = 1.5", "", "3:1: KEY.batch = 1.5: must be a whole number of 1 or more"),
        ("no-batch = 1", "", "3:1: KEY.no-batch = 1: must be true or false"),
        ("inputs = 3", "", "3:1: KEY.inputs = 3: must be a string: zeros, random or file.py:function"),
        ('value = ["a"]', "", "3:1: KEY.value = 'a': must be NAME=YAML"),
        ("batches = 3", "", "3:1: KEY.batches: unknown key; did you mean 'batch'?"),
        ('inputs = "ones"', "", "3:1: KEY.inputs ones: must be zeros, random or file.py:function"),
        ('inputs = "inputs.py:none"', "", "3:1: KEY.inputs inputs.py:none: returned None without a tensor in it"),
        ('value = ["a=[1"]', "", "3:1: KEY.value a=[1: "),
        (
            "batch = 2\nno-batch = true",
            "",
            "3:1: KEY.batch and pyproject.toml:4:1: KEY.no-batch cannot be combined; use one of them",
        ),
    ],
)
def test_wrong_values_in_pyproject_are_messages(
    here: Here, tmp_path: Path, options: str, more: str, message: str
) -> None:
    """With the line of the key."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(options=options))
    done = here("audit", "nets.py:Net", *more.split())
    expected = message.replace("KEY", 'tool.mfprofile.targets."nets.py:Net"')
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(f"error: pyproject.toml:{expected}")
