"""Slips with networks in code: torch's own message is followed by what to do, where that is known to help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from running import run

pytest.importorskip("torch")

NETS = """
from torch import nn


class Part(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layer = nn.Conv2d(3, channels, 3)

    def forward(self, x):
        return self.layer(x)


class Other(nn.Linear):
    pass


class Net(nn.Module):
    def __init__(self, width=4, dim=2):
        super().__init__()
        self.part = Part(width)
        self.head = nn.Linear(width, dim)

    def forward(self, x):
        return self.head(self.part(x).mean((2, 3)))


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 4)

    def forward(self, ids):
        images, length = ids.shape
        return self.table(ids)


def outer(**options):
    return Net(**options)


def fixed():
    return Net()
"""
Here = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Return a function that runs the command line in a folder with networks."""
    (tmp_path / "nets.py").write_text(NETS, encoding="utf-8")
    return lambda *arguments: run(*arguments, cwd=tmp_path)


@pytest.mark.parametrize(
    ("target", "given", "remedy"),
    [
        ("Net", "1x3x8x8", "a shape is given without the batch dimension: use --input 3x8x8, or --no-batch"),
        ("Net", "5x3x8x8", "a shape is given without the batch dimension: use --input 3x8x8 --batch 5"),
        (
            "Words",
            "ids=int64:1x7",
            "a shape is given without the batch dimension: use --input ids=int64:7, or --no-batch",
        ),
        ("Net", "8", "use --input 3x8x8"),
        ("Net", "8x9", "use --input 3x8x9"),
        ("Net", "8x9x3", "the channels come first: use --input 3x8x9"),
    ],
)
def test_a_shape_with_which_a_network_runs_is_proposed(here: Here, target: str, given: str, remedy: str) -> None:
    """The message of torch comes first."""
    done = here("audit", f"nets.py:{target}", "--input", given)
    assert (done.returncode, done.stderr.endswith(f"); {remedy}\n")) == (2, True), done.stderr
    assert "error: " in done.stderr


@pytest.mark.parametrize("given", ["1x2x8x8", "2x8x8", "1", "2x2"])
def test_no_shape_is_proposed_that_fails_too(here: Here, given: str) -> None:
    """Two channels are as wrong without a batch, and images of 1 and 2 pixels are too small."""
    done = here("audit", "nets.py:Net", "--input", given)
    assert (done.returncode, done.stderr.endswith("float32)\n")) == (2, True), done.stderr


def test_verify_proposes_a_shape_too(here: Here) -> None:
    """It traces the network with real tensors."""
    done = here("verify", "nets.py:Net", "--input", "1x3x8x8", "--counter", "torch")
    assert done.returncode == 2
    assert done.stderr.endswith(": use --input 3x8x8, or --no-batch\n")


@pytest.mark.parametrize(
    ("target", "given", "remedy"),
    [
        ("Net", "width=4,dim=2", "; each --arg is one KEY=VALUE: use --arg width=4 --arg dim=2"),
        ("Net", "heads=3", "unexpected keyword argument 'heads'; use one of width, dim"),
        ("Net", "wdth=3", "unexpected keyword argument 'wdth'; did you mean 'width'?"),
        ("fixed", "heads=3", "unexpected keyword argument 'heads'; it takes no arguments: remove --arg heads"),
        ("outer", "heads=3", "unexpected keyword argument 'heads' (nets.py:39); use one of width, dim"),
    ],
)
def test_arguments_that_a_factory_does_not_take_are_followed_by_those_that_it_does(
    here: Here, target: str, given: str, remedy: str
) -> None:
    """If a factory passes its arguments on, the class that refuses one names its own."""
    done = here("audit", f"nets.py:{target}", "--arg", given)
    assert (done.returncode, done.stderr.endswith(f"{remedy}\n")) == (2, True), done.stderr


def test_an_argument_that_a_class_needs_is_asked_for(here: Here) -> None:
    """It is a part of a network, which cannot be made alone."""
    done = here("audit", "nets.py:Part")
    assert done.stderr.endswith("missing 1 required positional argument: 'channels'; give it --arg channels=VALUE\n")


def test_of_a_file_the_last_class_that_no_other_uses_is_proposed_and_the_others_are_named(here: Here) -> None:
    """`Part` is used by `Net`, so it is not the network."""
    remedy = "name a network in it, as in nets.py:Words (it also has Part, Other, Net)"
    assert here("audit", "nets.py").stderr == f"error: nets.py: is Python code; {remedy}\n"
    assert "'mfprofile audit nets.py:Words' (it also has Part, Other, Net)" in here("count", "nets.py").stderr


def test_verify_says_in_which_mode_the_counters_ran_a_network_with_two(here: Here, tmp_path: Path) -> None:
    """A script that does not call `.eval()` prints more in fvcore, for batch-norm. `Words` is the same in both modes."""
    layers = "nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout(), nn.BatchNorm2d(4)"
    (tmp_path / "normed.py").write_text(f"from torch import nn\nNet = lambda: nn.Sequential({layers})\n")
    given = ("--input", "3x8x8", "--counter", "torch")
    line = "BatchNorm2d, Dropout behave differently in"
    evaluated = here("verify", "normed.py:Net", *given).stdout.splitlines()
    assert (
        f"the counters ran the network in eval mode, as after .eval(): {line} training, where a tool can print more"
        in evaluated
    )
    trained = here("verify", "normed.py:Net", *given, "--training").stdout.splitlines()
    assert f"the counters ran the network in training mode, as after .train(): {line} eval mode" in trained
    assert "eval" not in here("verify", "nets.py:Words", "--input", "int64:7", "--counter", "torch").stdout


def test_a_bill_is_no_spec_but_a_baseline(here: Here, tmp_path: Path) -> None:
    """Its name is not what is wrong with it."""
    (tmp_path / "counts.json").write_text("{}", encoding="utf-8")
    remedy = "if it is a bill of an earlier count, compare with it by 'mfprofile check SPEC --baseline counts.json'"
    assert here("count", "counts.json").stderr == f"error: counts.json: is JSON, not a spec; {remedy}\n"
