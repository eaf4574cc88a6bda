"""The option --inputs, and what commands say about networks in which values decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from running import process, run

pytest.importorskip("torch")

SOURCE = """
import random

import numpy
import torch
from torch import nn


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.layer = nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x):
        y = self.gate(x)
        return self.layer(y) if float(y.sum()) > 0 else y


class Any(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 4)

    def forward(self, x):
        return self.layer(x) if x.any() else x


def drawn():
    widths = [8, *(random.randrange(1, 100) for _ in range(3)), *numpy.random.randint(1, 100, 3).tolist()]
    widths += torch.randint(1, 100, (3,), device="cpu").tolist()
    return nn.Sequential(*(nn.Linear(*pair) for pair in zip(widths, widths[1:])))


class Order(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({name: nn.Linear(8, 8) for name in sorted({"a", "b", "c", "d"})})
        self.gated = Gated()

    def forward(self, x):
        for name in {"a", "b", "c", "d"}:
            x = x + self.layers[name](x)
        return self.gated(x)


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 4)

    def forward(self, x):
        return self.layer(x)
"""
LINE = "values decided what ran: item in (self); the bill holds for one draw of weights (seed 0) and inputs of zeros"
Here = Callable[..., CompletedProcess[str]]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Return a function that runs the command line in a folder with the networks."""
    (tmp_path / "nets.py").write_text(SOURCE)
    return lambda *arguments: run(*arguments, cwd=tmp_path)


def test_a_bill_says_that_values_decided_it(here: Here) -> None:
    """`audit` says it under the table, and in the JSON."""
    done = here("audit", "nets.py:Gated", "--input", "8")
    assert LINE in done.stdout.splitlines()
    document = json.loads(here("audit", "nets.py:Gated", "--input", "8", "--json").stdout)
    reads = [{"module": "", "operator": "item", "count": 1}]
    assert document["values"] == {"decided": True, "inputs": "zeros", "seed": 0, "reads": reads}
    assert here("audit", "nets.py:Gated", "--input", "8", "--csv").stderr == f"{LINE}\n"
    plain = json.loads(here("audit", "nets.py:Plain", "--input", "8", "--device", "cpu", "--json").stdout)
    assert plain["values"] == {"decided": False, "inputs": "zeros", "seed": 0, "reads": []}
    assert "values decided" not in here("audit", "nets.py:Plain", "--input", "8", "--device", "cpu").stdout


def test_check_and_diff_note_that_values_decided(here: Here) -> None:
    """The note is on stderr; the JSON has it for each network."""
    done = here("check", "nets.py:Gated", "--input", "8", "--max-madds", "1k", "--json")
    assert (done.returncode, done.stderr) == (0, f"note: nets.py:Gated: {LINE}\n")
    assert json.loads(done.stdout)["specs"][0]["values"]["decided"] is True
    done = here("diff", "nets.py:Gated", "nets.py:Plain", "--input", "8", "--json")
    assert (done.returncode, done.stderr) == (0, f"note: nets.py:Gated: {LINE}\n")
    document = json.loads(done.stdout)
    assert [document[side]["values"]["decided"] for side in "ab"] == [True, False]


def test_inputs_of_zeros_or_random_values_are_chosen(here: Here) -> None:
    """The layer runs only if a value of the input is not 0."""

    def madds(*options: str) -> int:
        done = here("audit", "nets.py:Any", "--input", "8", "--json", *options)
        return int(json.loads(done.stdout)["madds"])

    assert [madds(), madds("--inputs", "zeros"), madds("--inputs", "random")] == [0, 0, 32]
    limit = ("nets.py:Any", "--input", "8", "--max-madds", "31")
    assert [here("check", *limit, *each).returncode for each in ((), ("--inputs", "random"))] == [0, 1]
    done = here("diff", "nets.py:Any", "nets.py:Plain", "--input", "8", "--inputs", "random", "--json")
    assert [json.loads(done.stdout)[side]["values"]["inputs"] for side in "ab"] == ["random", "random"]
    assert "(seed 0) and random inputs" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("audit", "nets.py:Any", "--inputs", "ones"),
            "error: --inputs ones: must be zeros, random or file.py:function\n",
        ),
        (
            ("check", "mf26m", "--inputs", "random", "--max-madds", "1G"),
            "error: --inputs needs a network in code, such as net.py:Net; a spec is counted without inputs\n",
        ),
        (
            ("diff", "mf26m", "mf52m", "--inputs", "zeros"),
            "error: --inputs needs a network in code, such as net.py:Net; a spec is counted without inputs\n",
        ),
    ],
)
def test_a_wrong_choice_of_inputs_is_refused(here: Here, arguments: tuple[str, ...], message: str) -> None:
    """It exits with 2."""
    done = here(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_counters_get_the_same_inputs(here: Here) -> None:
    """So they run the same layers."""
    done = here("audit", "nets.py:Any", "--input", "8", "--inputs", "random", "--counter", "torch", "--json")
    assert json.loads(done.stdout)["verification"]["counters"][0]["printed"] == 64


@pytest.mark.slow
def test_two_processes_count_the_same(tmp_path: Path) -> None:
    """Widths that three libraries draw at random are the same, and so are weights that decide."""
    (tmp_path / "nets.py").write_text(SOURCE)
    for target in ("nets.py:drawn", "nets.py:Order"):
        documents = []
        for number in ("1", "2"):
            done = process("audit", target, "--input", "8", "--json", cwd=tmp_path, PYTHONHASHSEED=number)
            assert done.returncode == 0, done.stderr
            document = json.loads(done.stdout)
            documents.append((document["madds"], document["params"], document["values"], len(document["rows"])))
        assert documents[0] == documents[1]
