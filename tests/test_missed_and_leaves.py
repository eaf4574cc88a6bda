"""What `verify` and `audit` say of the modules that a tool misses, and which lines of a CSV sum to the total."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

from running import run

CODE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 64))
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 16, 16), nn.ReLU())
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2) + self.token
        return self.head((x + self.attention(x, x, x, need_weights=False)[0]).mean(1))

class Plain(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 8, 3), nn.ReLU())
"""
MISSED = 196 * 64 * (3 * 64) + 2 * 196 * 196 * 64 + 196 * 64 * 64
"""The projections to queries, keys and values, the two products, and the output's projection."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the networks."""
    (tmp_path / "net.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def test_the_modules_that_a_tool_misses_are_named_with_what_they_cost(folder: Path) -> None:
    """A token is the network's own, and the attention includes its output's projection."""
    need("thop")
    assert MISSED == 8_128_512
    text = run("verify", "net.py:Net", "--input", "3x224x224", "--counter", "thop", cwd=folder).stdout
    assert "\nthop misses (self) (Net): 64 params; attention (MultiheadAttention): 8.13M MAdds, 16,640 params\n" in text


def test_an_audit_in_the_convention_of_a_tool_says_what_part_of_the_parameters_it_counts(folder: Path) -> None:
    """The column has all parameters, the line below those of the tool and what is between them."""
    text = run("audit", "net.py:Net", "--input", "3x224x224", "--convention", "thop", cwd=folder).stdout
    counted = 3 * 16 * 16 * 64 + 64 + 64 * 10 + 10
    assert f"\n'thop' counts {counted:,} of the {counted + 16_640 + 64:,} params; it skips (self) (Net): 64 " in text
    assert "'thop' counts 3,232,404 of the 3,232,788 params" in run("count", "mf26m", "--convention", "thop").stdout


def test_a_tool_that_prints_the_core_is_said_to(folder: Path) -> None:
    """The cells of what it adds and misses are empty then."""
    text = run("verify", "net.py:Plain", "--input", "3x16x16", "--counter", "torch", cwd=folder).stdout
    assert "\ntorch prints the same as core, as 2 FLOPs a multiply-add\n" in text
    assert "\nall parameters of the tools are explained\n" in text
    need("fvcore")
    text = run("verify", "net.py:Net", "--input", "3x224x224", "--counter", "fvcore", cwd=folder).stdout
    assert "the same as core" not in text
    assert "\nfvcore itself warns that it skips add (2), " in text
    assert "; its row above has what that misses\n" in text


@pytest.mark.parametrize("width", ["60", "80", "1000"])
def test_no_two_columns_of_a_verification_have_the_same_heading(folder: Path, width: str) -> None:
    """In a narrow table, the difference of explained parameters is hidden; there is one table."""
    done = run("verify", "net.py:Plain", "--input", "3x16x16", "--counter", "torch", cwd=folder, COLUMNS=width)
    (headings,) = [re.split("  +", line.strip()) for line in done.stdout.splitlines() if line.startswith(" tool ")]
    assert len(headings) == len(set(headings))
    assert "unexplained" in headings


@pytest.mark.parametrize("depth", ["1", "2", "3"])
def test_the_leaves_of_a_csv_sum_to_the_total(folder: Path, depth: str) -> None:
    """So do all lines of one level; a module's line includes those below it."""
    line = ("audit", "net.py:Net", "--input", "3x224x224", "--csv", "--depth", depth)
    rows = list(csv.DictReader(io.StringIO(run(*line, cwd=folder).stdout)))
    leaves = [row for row in rows if row["leaf"] == "true"]
    sums = [sum(int(row[key]) for row in leaves) for key in ("madds", "params")]
    assert sums == [9_633_792 + MISSED + 640, 49_216 + 16_640 + 64 + 650]
    assert [row["module"] for row in rows if row["leaf"] == "false"] == ([] if depth == "1" else ["stem"])
    assert list(rows[0])[-1] == "leaf"
    chosen = run(*line, "--columns", "module,leaf", cwd=folder).stdout
    assert chosen.startswith("module,leaf\n")


def need(name: str) -> None:
    """Skip a test without a counter."""
    pytest.importorskip(name)
