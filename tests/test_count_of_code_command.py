"""The command count with networks in code beside specs: a line each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from running import run

from mfprofile import count

torch = pytest.importorskip("torch")

SOURCE = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, width=8):
        super().__init__(nn.Conv2d(3, width, 3), nn.ReLU())

class Odd(nn.Module):
    def forward(self, x):
        return x.det()
"""
CONV = 3 * 8 * 9 * 222 * 222
"""The multiply-adds of Net's convolution, on an image of 224 × 224."""
Here = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Return a function that runs a command beside net.py."""
    (tmp_path / "net.py").write_text(SOURCE)
    return lambda *words, **names: run(*words, cwd=tmp_path, **names)


def test_specs_and_networks_in_code_have_a_line_each(here: Here) -> None:
    """In the order of the command line; without shares of pillars, which a network in code does not have."""
    done = here("count", "mf26m", "net.py:Net", "--csv")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    bill = count("mf26m")
    assert rows == [
        ["name", "input", "madds", "params"],
        ["mf26m", "224×224", str(bill.madds), str(bill.params)],
        ["net.py:Net", "1×3×224×224 float32", str(CONV), str(3 * 8 * 9 + 8)],
    ]
    text = here("count", "net.py:Net", "mf26m", COLUMNS="80").stdout
    assert text.startswith("2 networks: MAdds in convention 'core'\n")
    assert "mobile" not in text


def test_set_changes_the_specs_and_arg_the_networks_in_code(here: Here) -> None:
    """The size of an image is for both, in the form that each has."""
    words = ("--set", "tokens.dim=64", "--arg", "width=16", "--input", "64", "--input", "3x66x66", "--csv")
    rows = list(csv.DictReader(io.StringIO(here("count", "mf26m", "net.py:Net", *words).stdout)))
    own = count({"extends": "mf26m", "tokens": {"dim": 64}, "input": 64})
    assert [int(row["madds"]) for row in rows] == [own.madds, 3 * 16 * 9 * 64 * 64]
    assert [row["input"] for row in rows] == ["64×64", "1×3×66×66 float32"]


def test_json_has_a_document_each(here: Here) -> None:
    """Of a spec with its content hash, and of a network in code with what is counted of it."""
    spec, net = json.loads(here("count", "mf26m", "net.py:Net", "--by", "kind", "--json").stdout)
    assert spec["content"] == json.loads(run("count", "mf26m", "--json").stdout)["content"]
    assert (net["madds"], net["pillars"], net["coverage"]["complete"]) == (CONV, {}, True)
    assert net["groups"]["totals"][0] == {**net["groups"]["totals"][0], "name": "conv", "madds": CONV}


def test_training_counts_both(here: Here) -> None:
    """Each as the command for it alone does."""
    spec, net = json.loads(here("count", "mf26m", "net.py:Net", "--training", "--json").stdout)
    assert spec["madds"] == json.loads(run("count", "mf26m", "--training", "--json").stdout)["madds"]
    assert net["madds"] == json.loads(here("audit", "net.py:Net", "--training", "--json").stdout)["madds"] == 2 * CONV


def test_what_is_not_counted_is_named(here: Here) -> None:
    """On stderr, because the table has a line for the whole network."""
    done = here("count", "mf26m", "net.py:Odd", "--columns", "name,madds", "--input", "1x4x4")
    assert done.stdout.strip().splitlines()[-1].split() == ["net.py:Odd", "0"]
    assert done.stderr.startswith("note: net.py:Odd: NOT counted, so the total is a lower bound:\n")
    assert "det" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "net.py:Net",
            "net.py:Net: use 'mfprofile audit' for it alone; or add another network, or --columns name,madds,params",
        ),
        ("mf26m net.py:Net --by block", "--by 'block': net.py:Net has no such parts; use kind, or omit --by"),
        (
            "mf26m --arg width=8",
            "--arg needs a network in code, such as net.py:Net; use --set to change a spec",
        ),
        ("nope.yaml net.py:Net", "nope.yaml: no such file; 'mfprofile list' shows the shipped specs"),
    ],
)
def test_what_cannot_be_beside_is_refused(here: Here, words: str, message: str) -> None:
    """With a remedy."""
    done = here("count", *words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_a_line_for_one_network_can_be_asked_for(here: Here) -> None:
    """With the column `name`, as for one spec."""
    done = here("count", "net.py:Net", "--columns", "name,madds,params")
    assert done.stdout.strip().splitlines()[-1].split() == ["net.py:Net", f"{CONV:,}", str(3 * 8 * 9 + 8)]
