"""The user's networks from a CSV: the networks that are read, and the one line for each error."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import run

from mfprofile import count
from mfprofile.errors import InputError
from mfprofile.view.plots.measured import Measured, points, read_measured


def write_csv(folder: Path, text: str | bytes) -> str:
    """Write a CSV and return its path."""
    file = folder / "mine.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_networks_are_read_from_specs_and_figures(tmp_path: Path) -> None:
    """A spec is counted in the convention. Figures may have a unit. An empty top1 is None."""
    file = write_csv(tmp_path, "name,top1,spec,madds,params\na,78.5,mf294m,,\nb,70,,300M,4_000_000\nc,,,250000000,\n")
    bill = count("mf294m", "paper")
    assert read_measured(file, "paper") == [
        Measured(f"{file}:2", "a", 78.5, bill.madds, bill.counted_params, are_counted=True),
        Measured(f"{file}:3", "b", 70.0, 300_000_000, 4_000_000),
        Measured(f"{file}:4", "c", None, 250_000_000, None),
    ]


def test_csv_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    """A byte order mark, blank lines, quoted cells with commas and line ends, columns in any order and case."""
    text = '\ufeff\r\n"madds", Name,TOP1\r\n\r\n 3M,"one, two",1.5\r\n  ,,\r\n4M,"up\r\ndown",2\r\n'
    networks = read_measured(write_csv(tmp_path, text), "core")
    assert [(each.name, each.madds, each.top1) for each in networks] == [
        ("one, two", 3_000_000, 1.5),
        ("up�down", 4_000_000, 2.0),
    ]


def test_a_spec_is_found_in_the_folder_of_the_file(tmp_path: Path) -> None:
    """The folder of the CSV comes before the current folder."""
    (tmp_path / "own.yaml").write_text("extends: mf26m\ntokens: {count: 2}\n")
    [network] = read_measured(write_csv(tmp_path, "name,spec\nmine,own.yaml\n"), "core")
    assert network.madds == count(tmp_path / "own.yaml").madds


EXAMPLE = "give a header 'name,top1,spec' or 'name,top1,madds', then one line for each network"
MALFORMED = {
    "empty": ("", f": is empty; {EXAMPLE}"),
    "blank": ("\n \n,,\n", f": is empty; {EXAMPLE}"),
    "header alone": ("name,madds\n", f": has no networks; {EXAMPLE}"),
    "no header": ("mine,300M\n", ":1: unknown column 'mine'; use one of name, top1, spec, madds, params"),
    "semicolons": ("name;top1;madds\na;70;3M\n", ":1: cells must be separated by ',', not by ';'"),
    "unknown column": ("name,flops\na,3M\n", ":1: unknown column 'flops'; use one of name, top1, spec, madds, params"),
    "nameless column": ("name,madds,\na,3M,\n", ":1: unknown column ''; use one of name, top1, spec, madds, params"),
    "no cost column": ("name,top1\na,70\n", f":1: the columns must be name and one of spec, madds, params; {EXAMPLE}"),
    "column twice": ("name,madds,madds\na,3M,3M\n", ":1: the column madds occurs twice; remove one"),
    "too few cells": ("name,madds\na,3M\n\nb\n", ":4: has 1 cell for 2 columns"),
    "too many cells": ("name,madds\na,3M,4M\n", ":2: has 3 cells for 2 columns"),
    "no name": ("name,madds\n,3M\n", ":2: name: is empty"),
    "top1 too great": ("name,top1,madds\na,778,3M\n", ":2: top1: '778' must be a percentage between 0 and 100, or empty"),
    "top1 a share": ("name,top1,madds\na,0.77,3M\n", ":2: top1: '0.77' looks like a share of 1; write it in percent: 77"),
    "top1 one": ("name,top1,madds\na,1,3M\n", ":2: top1: '1' looks like a share of 1; write it in percent: 100"),
    "top1 no number": ("name,top1,madds\na,nan,3M\n", ":2: top1: 'nan' must be a percentage between 0 and 100, or empty"),
    "top1 underscored": ("name,top1,madds\na,7_7,3M\n", ":2: top1: '7_7' must be a percentage between 0 and 100, or empty"),
    "no cost": ("name,spec,madds\na,,\n", ":2: a has no cost; give a spec, or madds"),
    "spec and figures": (
        "name,spec,madds\na,mf26m,3M\n",
        ":2: a has both a spec and figures; remove one of them",
    ),
    "no amount": ("name,madds\na,many\n", ":2: madds: 'many' must be an amount such as 300M, 0.3G or 300_000_000"),
    "endless amount": (
        f"name,madds\na,{'9' * 5000}\n",
        f":2: madds: '{'9' * 58}… must be an amount such as 300M, 0.3G or 300_000_000",
    ),
    "too great": (
        "name,madds\na,9000000T\n",
        ":2: madds: '9000000T' must be from 1 to 1,000,000,000,000,000,000",
    ),
    "nothing": ("name,params\na,0\n", ":2: params: '0' must be from 1 to 1,000,000,000,000,000,000"),
    "no unit": ("name,madds\na,200\n", ":2: madds: '200' has no unit; write 200M for millions, or 0.2k for 200"),
    "no unit but decimals": (
        "name,params\na,0200.00\n",
        ":2: params: '0200.00' has no unit; write 200.00M for millions, or 0.2k for 200",
    ),
    "not CSV": ('name,madds\n"a"b,3M\n', ":2: is not CSV: ',' expected after '\"'"),
    "open quote": ('name,madds\n"a,3M\n', ":2: is not CSV: unexpected end of data"),
    "not UTF-8": (b"name,madds\nna\xefve,3M\n", ": is not UTF-8, at byte 14"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_gets_one_line(case: str, tmp_path: Path) -> None:
    """It has the file, the line number, what is wrong and what to write."""
    text, problem = MALFORMED[case]
    file = write_csv(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message == f"{file}{problem}"


def test_every_malformed_line_is_listed(tmp_path: Path) -> None:
    """Nothing is returned as long as one line is wrong."""
    file = write_csv(tmp_path, "name,top1,madds\na,0.5,3M\nb,70,3M\nc,70,210e6\n")
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    assert str(caught.value).splitlines() == [
        f"{file}:2: top1: '0.5' looks like a share of 1; write it in percent: 50",
        f"{file}:4: madds: '210e6' write it without an exponent: 210M",
    ]


def test_a_dash_is_standard_input(tmp_path: Path) -> None:
    """Errors name it as it was given."""
    done = run("plot", "accuracy", "--measured", "-", stdin="name,top1,madds\na,778,3M\n", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: -:2: top1: '778' must be a percentage between 0 and 100, or empty\n"


def test_a_broken_spec_gets_one_line(tmp_path: Path) -> None:
    """The line has the first problem with its place, and the number of further problems."""
    (tmp_path / "own.yaml").write_text("extends: mf26m\ntokens: {count: 0, dim: 7}\nstem: x\n")
    file = write_csv(tmp_path, "name,spec\nmine,own.yaml\n")
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    message = str(caught.value)
    assert message.startswith(f"{file}:2: spec: {tmp_path / 'own.yaml'}:")
    assert message.endswith("more; 'mfprofile show' lists them)")
    assert len(message.splitlines()) == 1


def test_an_unknown_spec_gets_one_line_with_its_place(tmp_path: Path) -> None:
    """The message is that of `count`, with the nearest name."""
    file = write_csv(tmp_path, "name,spec\na,mf293m\n")
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    message = str(caught.value)
    assert message.startswith(f"{file}:2: spec: ")
    assert "mf294m" in message
    assert len(message.splitlines()) == 1


def test_a_spec_whose_name_is_too_long_gets_one_line_with_its_place(tmp_path: Path) -> None:
    """Such a file cannot exist."""
    file = write_csv(tmp_path, f"name,spec\na,{'n' * 300}.yaml\n")
    with pytest.raises(InputError) as caught:
        read_measured(file, "core")
    assert str(caught.value).startswith(f"{file}:2: spec: {'n' * 300}.yaml: no such file; ")


@pytest.mark.parametrize("place", ["missing.csv", "."])
def test_a_place_without_a_file_gets_one_line(place: str, tmp_path: Path) -> None:
    """The place is a missing file or a folder."""
    with pytest.raises(InputError) as caught:
        read_measured(str(tmp_path / place), "core")
    reason = {"missing.csv": "No such file or directory", ".": "Is a directory"}[place]
    assert str(caught.value) == f"{tmp_path / place}: cannot be read: {reason}"


def test_a_network_without_the_drawn_cost_is_not_skipped_silently() -> None:
    """A picture of parameters needs the parameters of each network."""
    with pytest.raises(InputError) as caught:
        list(points([Measured("a.csv:2", "a", 70.0, 3, None)], "params"))
    assert str(caught.value) == "a.csv:2: a has no params to draw; give params, or a spec"


def test_the_command_ends_with_2_and_writes_nothing(tmp_path: Path) -> None:
    """It prints one line on stderr and leaves no part of a picture."""
    file = write_csv(tmp_path, "name,top1,madds\na,778,3M\n")
    done = run("plot", "accuracy", "--measured", file, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {file}:2: top1: '778' must be a percentage between 0 and 100, or empty\n"
    assert [each.name for each in tmp_path.iterdir()] == ["mine.csv"]
