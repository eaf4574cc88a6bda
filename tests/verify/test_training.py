"""`verify --training`: FlopCounterMode's forward and backward pass, explained to the last unit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from running import run  # noqa: E402
from torch import nn  # noqa: E402

from mfprofile import load  # noqa: E402
from mfprofile.errors import InputError  # noqa: E402
from mfprofile.verify.counters import COUNTERS, measure  # noqa: E402
from mfprofile.verify.verify import chosen, verify  # noqa: E402

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, frozen=False):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.depthwise = nn.Conv2d(8, 8, 3, groups=8)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 4)
        self.stem.requires_grad_(not frozen)

    def forward(self, image):
        return self.head(self.norm(self.depthwise(self.stem(image))).mean((2, 3)))


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(8, 24)

    def forward(self, vectors):
        three = self.project(vectors)[:, None].chunk(3, -1)
        return nn.functional.scaled_dot_product_attention(*three, is_causal=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a network."""
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


@pytest.mark.parametrize("name", ["mf26m", "mf52m"])
def test_the_training_of_a_model_is_explained(name: str) -> None:
    """Its total is the core and the excess of convolutions in groups, which has a line of its own."""
    verification = verify(load(name), training=True)
    [one] = verification.explanations
    assert verification.holds
    assert (one.measured.tool, one.unexplained, one.misses) == ("torch", 0, {})
    assert (one.core, list(one.adds)) == (2 * verification.bill.madds, ["grouped-gradient"])
    assert one.measured.total == one.core + one.adds["grouped-gradient"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mf96m", "mf151m", "mf214m", "mf294m", "mf508m"])
def test_the_training_of_the_larger_models_is_explained(name: str) -> None:
    """As above."""
    assert verify(load(name), training=True).holds


def test_verify_says_what_only_one_counter_can(folder: Path) -> None:
    """The text names the excess and says why no other counter has a line."""
    result = run("verify", "net.py:Net", "--input", "3x16x16", "--training", "--arg", "frozen=true", cwd=folder)
    assert result.returncode == 0, result.stderr + result.stdout
    assert "core MAdds of training, " in result.stdout
    assert "grouped-gradient 145,152" in result.stdout  # 2 · 10,368 · 7
    assert "only torch's FlopCounterMode can count training" in result.stdout
    assert "not installed" not in result.stdout


def test_audit_verifies_training_too(folder: Path) -> None:
    """Its JSON has the mode at both places, and the figures of the tool."""
    result = run("audit", "net.py:Net", "--input", "3x16x16", "--training", "--verify", "--json", cwd=folder)
    audit = json.loads(result.stdout)
    [counter] = audit["verification"]["counters"]
    assert (audit["mode"], audit["verification"]["mode"]) == ("training", "training")
    assert (counter["unexplained"], counter["core"]) == (0, 2 * audit["madds"])
    assert counter["adds"] == {"grouped-gradient": 2 * 10_368 * 7}


@pytest.mark.parametrize("name", [name for name, counter in COUNTERS.items() if counter.train is None])
def test_no_other_counter_can_count_training(name: str) -> None:
    """A message says so instead of a total of something else."""
    if name == "fvcore":
        refused = run("verify", "mf26m", "--training", "--counter", "fvcore")
        assert refused.returncode == 2
        assert "--counter fvcore: cannot count training; use torch, or omit --training" in refused.stderr
    with pytest.raises((InputError, KeyError), match=r"cannot count training|not installed"):
        chosen([name], training=True)
    with pytest.raises((KeyError, ImportError), match=r"cannot count training|No package metadata|not found"):
        measure(name, nn.Linear(3, 2), torch.zeros(1, 3), training=True)


@pytest.mark.parametrize("command", [["verify"], ["audit", "--verify"]])
def test_pairs_of_causal_attention_are_not_verified(command: list[str], folder: Path) -> None:
    """All other counters count rows × columns."""
    result = run(*command, "net.py:Causal", "--input", "5x8", "--causal", "pairs", cwd=folder)
    assert result.returncode == 2
    assert "cannot be combined: other counters count all rows × columns; omit --causal" in result.stderr
