"""A user's own networks from a CSV: what is read, and the one line that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import run

from mfprofile import count
from mfprofile.spec.problems import InputError
from mfprofile.view.plots.measured import Measured, points, read_measured


def written(folder: Path, text: str | bytes) -> str:
    """Write a CSV and return its path."""
    file = folder / "mine.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_networks_are_read_with_specs_counted_and_figures_taken(tmp_path: Path) -> None:
    """A spec is counted in the convention; figures may have a unit; an empty top1 is none."""
    file = written(tmp_path, "name,top1,spec,madds,params\na,78.5,mf294m,,\nb,70,,300M,4_000_000\nc,,,250000000,\n")
    bill = count("mf294m", "paper")
    assert read_measured(file, "paper") == [
        Measured(f"{file}:2", "a", 78.5, bill.madds, bill.counted_params),
        Measured(f"{file}:3", "b", 70.0, 300_000_000, 4_000_000),
        Measured(f"{file}:4", "c", None, 250_000_000, None),
    ]


def test_csv_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    """A byte order mark, blank lines, quoted cells with commas and line ends, columns in any order and letters."""
    text = '\ufeff\r\n"madds", Name,TOP1\r\n\r\n 3M,"one, two",1.5\r\n  ,,\r\n4M,"up\r\ndown",2\r\n'
    found = read_measured(written(tmp_path, text), "core")
    assert [(each.name, each.madds, each.top1) for each in found] == [
        ("one, two", 3_000_000, 1.5),
        ("up�down", 4_000_000, 2.0),
    ]


def test_a_spec_is_found_beside_the_file(tmp_path: Path) -> None:
    """The folder of the CSV comes before the folder one is in."""
    (tmp_path / "own.yaml").write_text("extends: mf26m\ntokens: {count: 2}\n")
    [found] = read_measured(written(tmp_path, "name,spec\nmine,own.yaml\n"), "core")
    assert found.madds == count(tmp_path / "own.yaml").madds


EXAMPLE = "give a first line 'name,top1,spec' or 'name,top1,madds', and a line a network below"
MALFORMED = {
    "empty": ("", f": is empty: {EXAMPLE}"),
    "blank": ("\n \n,,\n", f": is empty: {EXAMPLE}"),
    "header alone": ("name,madds\n", f": has no network: {EXAMPLE}"),
    "no header": ("mine,300M\n", ":1: no column is called 'mine'; there are name, top1, spec, madds, params"),
    "semicolons": ("name;top1;madds\na;70;3M\n", ":1: cells must be parted by commas, not by ';'"),
    "unknown column": ("name,flops\na,3M\n", ":1: no column is called 'flops'; there are name, top1, spec, madds, params"),
    "nameless column": ("name,madds,\na,3M,\n", ":1: no column is called ''; there are name, top1, spec, madds, params"),
    "no cost column": ("name,top1\na,70\n", f":1: the columns must be name and one of spec, madds, params: {EXAMPLE}"),
    "column twice": ("name,madds,madds\na,3M,3M\n", ":1: the column madds is given twice"),
    "too few cells": ("name,madds\na,3M\n\nb\n", ":4: has 1 cells under 2 columns"),
    "too many cells": ("name,madds\na,3M,4M\n", ":2: has 3 cells under 2 columns"),
    "no name": ("name,madds\n,3M\n", ":2: name: is empty"),
    "top1 too great": ("name,top1,madds\na,778,3M\n", ":2: top1: '778' must be a percentage between 0 and 100, or empty"),
    "top1 no number": ("name,top1,madds\na,nan,3M\n", ":2: top1: 'nan' must be a percentage between 0 and 100, or empty"),
    "top1 underscored": ("name,top1,madds\na,7_7,3M\n", ":2: top1: '7_7' must be a percentage between 0 and 100, or empty"),
    "no cost": ("name,spec,madds\na,,\n", ":2: a has no cost: give a spec, or madds"),
    "spec and figures": (
        "name,spec,madds\na,mf26m,3M\n",
        ":2: a has a spec and figures as well: its spec is counted, give one",
    ),
    "no amount": ("name,madds\na,many\n", ":2: madds: 'many' must be an amount such as 300M, 0.3G or 300_000_000"),
    "endless amount": (
        f"name,madds\na,{'9' * 5000}\n",
        f":2: madds: '{'9' * 58}… must be an amount such as 300M, 0.3G or 300_000_000",
    ),
    "too great": (
        "name,madds\na,9000000T\n",
        ":2: madds: '9000000T' must be 1 or more, and no more than 1,000,000,000,000,000,000",
    ),
    "nothing": ("name,params\na,0\n", ":2: params: '0' must be 1 or more, and no more than 1,000,000,000,000,000,000"),
    "not CSV": ('name,madds\n"a"b,3M\n', ":2: is not CSV: ',' expected after '\"'"),
    "open quote": ('name,madds\n"a,3M\n', ":2: is not CSV: unexpected end of data"),
    "not UTF-8": (b"name,madds\nna\xefve,3M\n", ": is not UTF-8, at byte 14"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_gets_one_line(case: str, tmp_path: Path) -> None:
    """The line names the file, the line in it, what is wrong and what to write."""
    text, told = MALFORMED[case]
    file = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message == f"{file}{told}"


def test_a_broken_spec_is_told_in_one_line(tmp_path: Path) -> None:
    """The first of its problems, with its own place, and how many more there are."""
    (tmp_path / "own.yaml").write_text("extends: mf26m\ntokens: {count: 0, dim: 7}\nstem: x\n")
    file = written(tmp_path, "name,spec\nmine,own.yaml\n")
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    message = str(caught.value)
    assert message.startswith(f"{file}:2: spec: {tmp_path / 'own.yaml'}:")
    assert message.endswith("more: mfprofile show tells them)")
    assert len(message.splitlines()) == 1


def test_an_unknown_spec_is_told_with_its_line(tmp_path: Path) -> None:
    """As `count` tells it, with the nearest name."""
    file = written(tmp_path, "name,spec\na,mf293m\n")
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    message = str(caught.value)
    assert message.startswith(f"{file}:2: spec: ")
    assert "mf294m" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("place", ["missing.csv", "."])
def test_what_is_no_file_gets_one_line(place: str, tmp_path: Path) -> None:
    """A file that is not there, and a folder."""
    with pytest.raises(InputError) as caught:
        read_measured(str(tmp_path / place), "core")
    told = {"missing.csv": "No such file or directory", ".": "Is a directory"}[place]
    assert str(caught.value) == f"{tmp_path / place}: cannot be read: {told}"


def test_a_network_without_the_cost_that_is_drawn_is_not_left_out_silently() -> None:
    """Who asks for parameters and gives multiply-adds alone is told so."""
    with pytest.raises(InputError) as caught:
        list(points([Measured("a.csv:2", "a", 70.0, 3, None)], "params"))
    assert str(caught.value) == "a.csv:2: a has no params, which are to be drawn: give them, or a spec"


def test_the_command_ends_with_2_and_writes_nothing(tmp_path: Path) -> None:
    """One line on stderr, no picture, no rest of one."""
    file = written(tmp_path, "name,top1,madds\na,778,3M\n")
    done = run("plot", "accuracy", "--measured", file, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {file}:2: top1: '778' must be a percentage between 0 and 100, or empty\n"
    assert [each.name for each in tmp_path.iterdir()] == ["mine.csv"]
