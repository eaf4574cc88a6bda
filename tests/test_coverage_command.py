"""Test what audit and check print of tensors and operators that are not accounted for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from running import run

torch = pytest.importorskip("torch")
pytest.importorskip("numpy")

SOURCE = """
import torch
from torch import nn

class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight, self.head = nn.Parameter(torch.zeros(8, 16)), nn.Linear(16, 4)

class Numpy(Head):
    def forward(self, x):
        return self.head(torch.from_numpy(x.numpy() @ self.weight.detach().numpy()))

class Gemm(Head):
    def forward(self, x):
        out = x.new_empty(1, 16)
        torch.ops.silent.gemm_(out, x, self.weight)
        return self.head(out)

class Both(Head):
    def forward(self, x):
        return torch.linalg.svd(Numpy.forward(self, x), full_matrices=False)[2]

class Counted(Head):
    def forward(self, x):
        return self.head(x @ self.weight)
"""
Here = Callable[..., "CompletedProcess[str]"]
OUTSIDE = "tensors made outside torch: 1, read by linear in head"


@pytest.fixture(scope="module", autouse=True)
def _library() -> Iterator[None]:
    """Define an operator that returns nothing."""
    library = torch.library.Library("silent", "DEF")
    library.define("gemm_(Tensor(a!) out, Tensor x, Tensor w) -> ()")
    library.impl("gemm_", lambda *_: None, "CompositeExplicitAutograd")
    yield
    library._destroy()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Return a function that runs the command line in a folder with the networks."""
    (tmp_path / "net.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run(*arguments, cwd=tmp_path)


@pytest.mark.parametrize(
    ("network", "madds", "lines"),
    [
        ("Numpy", 64, [OUTSIDE]),
        ("Gemm", 64, ["silent::gemm_: 1 time, 16 elements"]),
        ("Both", 64, ["_linalg_svd: 1 time, 6 elements", OUTSIDE]),
    ],
)
def test_audit_names_what_is_not_counted_and_fails_with_strict(
    here: Here, network: str, madds: int, lines: list[str]
) -> None:
    """The total is called a lower bound, in text and on stderr beside a CSV; JSON says that it is not complete."""
    text = "".join(f"  {line}\n" for line in lines)
    for options, code in (((), 0), (("--strict",), 1)):
        done = here("audit", f"net.py:{network}", "--input", "8", *options)
        assert done.returncode == code
        assert f"\nNOT counted, so the total is a lower bound:\n{text}" in done.stdout
        assert "every operator is counted" not in done.stdout
    csv = here("audit", f"net.py:{network}", "--input", "8", "--csv")
    assert f"NOT counted, so the total is a lower bound:\n{text}" in csv.stderr
    result = json.loads(here("audit", f"net.py:{network}", "--input", "8", "--json").stdout)
    assert (result["madds"], result["params"], result["coverage"]["complete"]) == (madds, 196, False)


def test_the_share_of_elements_is_not_called_a_share_of_the_products(here: Here) -> None:
    """An operator that is not counted can have any number of products."""
    done = here("audit", "net.py:Both", "--input", "8")
    share = "the counted operators have 40.0 % of all elements; their share of the multiply-adds is not known\n"
    assert share in done.stdout
    assert "% of all elements" not in here("audit", "net.py:Numpy", "--input", "8").stdout


def test_json_has_the_origin_the_module_and_the_operator(here: Here) -> None:
    """A complete count has none of them."""
    result = json.loads(here("audit", "net.py:Numpy", "--input", "8", "--json").stdout)
    assert result["coverage"]["outside"] == [
        {"origin": "made outside torch", "module": "head", "operator": "linear", "count": 1, "elements": 16}
    ]
    whole = json.loads(here("audit", "net.py:Counted", "--input", "8", "--json").stdout)["coverage"]
    assert (whole["complete"], whole["outside"], whole["uncovered"]) == (True, [], [])
    assert here("audit", "net.py:Counted", "--input", "8", "--strict").returncode == 0


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ("Numpy", OUTSIDE),
        ("Gemm", "not counted: silent::gemm_"),
        ("Both", f"not counted: _linalg_svd; {OUTSIDE}"),
    ],
)
def test_check_fails_with_strict_in_every_format(here: Here, network: str, reason: str) -> None:
    """Without --strict, only the limits decide, and stderr has the same lines as a note."""
    line = ("check", f"net.py:{network}", "--input", "8", "--max-madds", "1k")
    message = f"net.py:{network}: --strict: {reason}"
    without = here(*line)
    assert (without.returncode, f"note: net.py:{network}: NOT counted" in without.stderr) == (0, True)
    table = here(*line, "--strict")
    assert (table.returncode, f"\n{message}\n" in table.stdout) == (1, True)
    assert "FAILED: 1 network not fully counted" in table.stdout
    assert f"not fully counted::{message}\n" in here(*line, "--strict", "--format", "github").stdout
    result = json.loads(here(*line, "--strict", "--json").stdout)
    assert (result["holds"], result["specs"][0]["coverage"]["complete"]) == (False, False)
