"""`--training` and `--causal` of `audit`, `check` and `diff` on networks in code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import run

pytest.importorskip("torch")

NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, frozen=False):
        super().__init__()
        self.stem, self.norm, self.head = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Linear(8, 4)
        self.stem.requires_grad_(not frozen)

    def forward(self, image):
        return self.head(self.norm(self.stem(image)).mean((2, 3)))


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(8, 24)

    def forward(self, vectors):
        three = self.project(vectors)[:, None].chunk(3, -1)
        return nn.functional.scaled_dot_product_attention(*three, is_causal=True)
"""
STEM, HEAD = 27 * 8 * 36, 32
IMAGE = ("--input", "3x8x8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the networks."""
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def test_audit_counts_training(folder: Path) -> None:
    """The image needs no gradient, so the stem counts twice and the head three times."""
    result = json.loads(run("audit", "net.py:Net", *IMAGE, "--training", "--json", cwd=folder).stdout)
    assert (result["mode"], result["madds"]) == ("training", 2 * STEM + 3 * HEAD)
    assert (result["trainable"], result["frozen"]) == (224 + 16 + 36, 0)
    text = run("audit", "net.py:Net", *IMAGE, "--training", cwd=folder).stdout
    assert "MAdds of training (forward and backward) in convention 'core'" in text
    assert "frozen" not in text


def test_frozen_parameters_are_shown_in_every_bill(folder: Path) -> None:
    """The frozen stem has neither gradient, and the text and the JSON say what is frozen, in both modes."""
    frozen = (*IMAGE, "--arg", "frozen=true")
    line = "params: 52 trainable, 224 frozen (requires_grad=False)"
    for more, madds in (([], STEM + HEAD), (["--training"], STEM + 2 * HEAD + HEAD)):
        assert line in run("audit", "net.py:Net", *frozen, *more, cwd=folder).stdout
        result = json.loads(run("audit", "net.py:Net", *frozen, *more, "--json", cwd=folder).stdout)
        assert (result["madds"], result["trainable"], result["frozen"]) == (madds, 52, 224)
        check = run("check", "net.py:Net", *frozen, *more, "--max-madds", "1M", "--json", cwd=folder)
        assert f"note: net.py:Net: {line}" in check.stderr
        assert json.loads(check.stdout)["specs"][0]["frozen"] == 224
    diff = run("diff", "net.py:Net", *frozen, "--training", "--json", cwd=folder)
    assert [json.loads(diff.stdout)[side]["frozen"] for side in "ab"] == [0, 224]
    assert json.loads(diff.stdout)["madds"]["difference"] == -STEM


def test_conventions_without_training_are_refused_before_the_network_runs(folder: Path) -> None:
    """The message comes at once, and names those that can."""
    result = run("audit", "net.py:Missing", "--training", "--convention", "thop", cwd=folder)
    assert result.returncode == 2
    assert "convention 'thop' cannot count training" in result.stderr
    assert "Missing" not in result.stderr


def test_a_baseline_of_a_network_has_a_mode(folder: Path) -> None:
    """A check of training needs a baseline of training."""
    (folder / "plain.json").write_text(run("audit", "net.py:Net", *IMAGE, "--json", cwd=folder).stdout)
    result = run("check", "net.py:Net", *IMAGE, "--training", "--baseline", "plain.json", cwd=folder)
    assert result.returncode == 2
    assert "net.py:Net: was counted in mode 'inference', not 'training'" in result.stderr


def test_causal_attention_is_counted_as_asked(folder: Path) -> None:
    """The JSON says which of the two it is; 5 · 6 / 2 of 25 pairs are visible."""
    counts = {}
    for how in ("all", "pairs"):
        result = run("audit", "net.py:Causal", "--input", "5x8", "--causal", how, "--json", cwd=folder)
        counts[how] = json.loads(result.stdout)
        assert counts[how]["causal"] == how
    assert counts["all"]["madds"] - counts["pairs"]["madds"] == 2 * 10 * 8
    default = run("audit", "net.py:Causal", "--input", "5x8", cwd=folder).stdout
    assert "causal attention is counted with all rows × columns; use --causal pairs" in default
    assert "causal" not in json.loads(run("audit", "net.py:Net", *IMAGE, "--json", cwd=folder).stdout)


def test_a_baseline_of_other_pairs_is_refused(folder: Path) -> None:
    """Its growth would be that of counting more pairs."""
    audit = ("net.py:Causal", "--input", "5x8", "--causal", "pairs")
    (folder / "pairs.json").write_text(run("audit", *audit, "--json", cwd=folder).stdout)
    assert run("check", *audit, "--baseline", "pairs.json", cwd=folder).returncode == 0
    other = run("check", "net.py:Causal", "--input", "5x8", "--baseline", "pairs.json", cwd=folder)
    assert other.returncode == 2
    message = "net.py:Causal: counted 'pairs' of causal attention, not 'all'; use --causal pairs, or count it again"
    assert message in other.stderr + other.stdout


def test_causal_needs_a_network_in_code(folder: Path) -> None:
    """A Mobile-Former has no causal attention, and an unknown way has a message."""
    spec = run("check", "mf26m", "--max-madds", "30M", "--causal", "pairs")
    assert spec.returncode == 2
    assert "--causal needs a network in code, such as net.py:Net; a spec has no causal attention" in spec.stderr
    unknown = run("audit", "net.py:Causal", "--input", "5x8", "--causal", "some", cwd=folder)
    assert unknown.returncode == 2
    assert "unknown --causal 'some'; use one of all, pairs" in unknown.stderr
