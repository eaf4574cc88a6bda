"""The explore commands, as their users meet them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import ROOT, run, surroundings

from mfprofile.cost.bill import count
from mfprofile.spec import load
from mfprofile.spec.sources import shipped

NOWHERE = ["explore", "count", "tiny", "--madds", "100M:200M"]


def test_a_count_in_json_has_exact_figures_and_what_each_window_excludes() -> None:
    """Size, within, exact, lower and upper; nothing is text."""
    done = run("explore", "count", "tiny", "--madds", "2M:4M", "--params", ":45k", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["exact"] is True
    assert found["within"] == found["lower"] == found["upper"]
    assert found["size"] == 1280
    assert found["windows"]["madds"]["within"] + found["windows"]["madds"]["excludes"]["lower"] == 1280
    assert (found["windows"]["params"]["least"], found["windows"]["params"]["most"]) == (None, 45_000)


def test_where_nothing_fits_the_nearest_are_shown_and_all_is_well() -> None:
    """An empty window is an answer: exit 0, and the variants on either side with their specs."""
    done = run(*NOWHERE, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["within"], found["nearest"]["madds"]["above"]) == (0, 0, None)
    below = found["nearest"]["madds"]["below"]
    assert count(load(below["spec"])).madds == below["madds"] == 9_252_352
    assert "nearest in madds: 9,252,352" in run(*NOWHERE).stdout


def test_bounds_are_labelled_as_such() -> None:
    """Where what is exact would not fit, there is no figure within, but one below and one above."""
    done = run("explore", "count", "mf294m-stages", "--madds", "290M:300M", "--ram", "1MB", "--json")
    found = json.loads(done.stdout)
    assert (found["exact"], found["within"]) == (False, None)
    assert found["lower"] < 893_738_828 < found["upper"]
    text = run("explore", "count", "mf294m-stages", "--madds", "290M:300M", "--ram", "1MB").stdout
    assert "bounds: what is exact would take more than --ram" in text


def test_samples_are_specs_with_their_figures() -> None:
    """Each has what it costs, its pillars and a spec that count counts alike."""
    done = run("explore", "sample", "tiny", "-n", "3", "--seed", "5", "--madds", "2M:4M", "--json")
    variants = json.loads(done.stdout)
    assert len(variants) == 3
    for variant in variants:
        bill = count(load(variant["spec"]))
        assert (variant["madds"], variant["params"]) == (bill.madds, bill.params)
        assert {name: each["madds"] for name, each in variant["pillars"].items()} == {
            name: total.madds for name, total in bill.pillars.items()
        }


def test_variants_are_written_into_a_new_folder_ready_for_count(tmp_path: Path) -> None:
    """One YAML each; a folder that holds anything is left as it is."""
    done = run("explore", "sample", "tiny", "-n", "2", "--output", "deep/found", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0
    files = sorted((tmp_path / "deep" / "found").iterdir())
    assert [file.name for file in files] == ["tiny-0001.yaml", "tiny-0002.yaml"]
    listed = run("explore", "sample", "tiny", "-n", "2", "--json", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert [count(load(file)).madds for file in files] == [one["madds"] for one in json.loads(listed.stdout)]
    again = run("explore", "sample", "tiny", "-n", "1", "--output", "deep/found", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert again.returncode == 2
    assert again.stderr == "error: deep/found: is there already, and not empty: name a new folder\n"
    assert sorted((tmp_path / "deep").iterdir()) == [tmp_path / "deep" / "found"]


def test_a_folder_that_cannot_be_written_is_an_error_of_output(tmp_path: Path) -> None:
    """Exit code 74, as of any command; a link to an empty folder is written through."""
    (tmp_path / "file").touch()
    done = run("explore", "sample", "tiny", "-n", "1", "--output", "file/found", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stderr) == (74, "error: file/found: cannot be written: File exists\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    done = run("explore", "sample", "tiny", "-n", "1", "--output", "link", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0
    assert [file.name for file in (tmp_path / "empty").iterdir()] == ["tiny-0001.yaml"]
    assert (tmp_path / "link").is_symlink()


def test_a_window_of_a_difference_may_lie_below_nothing() -> None:
    """What is subtracted may be more than what it is subtracted from."""
    amounts = ["explore", "count", "tiny", "--json", "--within"]
    below, above = (
        json.loads(run(*amounts, f"params - madds={window}").stdout)["within"] for window in ("-2M:-1", ":-2_000_001")
    )
    assert (below > 0, above > 0, below + above) == (True, True, 1280)


def test_the_front_and_the_best_are_told_with_their_choices() -> None:
    """The best params of a budget lie on the front of madds and params."""
    front = list(csv.DictReader(io.StringIO(run("explore", "front", "tiny", "--csv").stdout)))
    best = run("explore", "best", "tiny", "--maximize", "params", "--madds", ":4M", "--csv").stdout
    within = [int(point["params"]) for point in front if int(point["madds"]) <= 4_000_000]
    assert [int(point["params"]) for point in csv.DictReader(io.StringIO(best))] == [max(within)]


def test_every_variant_is_listed_as_csv() -> None:
    """As many lines as there are variants, and one of headings."""
    lines = run("explore", "list", "tiny").stdout.splitlines()
    assert len(lines) == 1281
    assert lines[0].startswith("input,tokens.count,tokens.dim,former.ffn,blocks.2.expand,blocks.2.out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["count", "tinny"],
            "tinny: no such spec ships with mfprofile, nor is there such a file; did you mean 'tiny'?",
        ),
        (["count", "tiny", "--madds", "300M"], "--madds: '300M': must be LEAST:MOST, as in 290M:300M, :300M or 290M:"),
        (["count", "tiny", "--madds", "3M:2M"], "--madds: '3M:2M': is empty: 3,000,000 is more than 2,000,000"),
        (
            ["count", "tiny", "--within", "former.mads=:3M"],
            "--within former.mads=:3M: unknown quantity 'former.mads'; did you mean 'former.madds'?",
        ),
        (
            ["count", "tiny", "--within", "madds"],
            "--within madds: must be QUANTITY=LEAST:MOST, as in former.madds=:20M",
        ),
        (
            ["count", "tiny", "--madds", ":3M", "--within", "madds=:2M"],
            "madds: madds has a window already",
        ),
        (
            ["best", "tiny", "--maximize", "madds", "--madds", ":3M", "--within", "2*madds - madds=4M:"],
            "2*madds - madds: madds has a window already",
        ),
        (
            ["front", "tiny", "--minimize", "madds", "--maximize", "madds", "--ram", "10kB"],
            "tiny: so many variants are unbeaten on the way that they take more than --ram: give more, fewer "
            "windows, or two quantities that do not rise together",
        ),
        (
            ["count", "tiny", "--ram", "much"],
            "--ram 'much': must be an amount such as 12MB, 1.5MiB or 12_000_000",
        ),
        (["best", "tiny"], "the best is of one quantity: give --minimize or --maximize once"),
        (
            ["front", "tiny", "--minimize", "madds"],
            "a front is of two quantities, not 1: give --minimize and --maximize twice in all",
        ),
        (
            ["front", "tiny", "--madds", "2M:3M"],
            "madds is to have its least, so that its window may have no least: leave that side open",
        ),
        (
            ["list", "mf294m-blocks"],
            "mf294m-blocks: up to 39,582,418,599,936 variants are within, more than the 100,000,000 that are listed: "
            "narrow the windows, or draw from them with 'explore sample'",
        ),
        (
            ["best", "mf294m-blocks", "--maximize", "params", "-n", "2"],
            "mf294m-blocks: an exact answer would go through all 39,582,418,599,936 variants, more than 1,000,000,000: "
            "give windows one side each, one window besides that of the aim, more --ram, or ask for one variant",
        ),
    ],
)
def test_what_cannot_be_asked_has_one_line(arguments: list[str], message: str) -> None:
    """Exit code 2, and no traceback."""
    done = run("explore", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_exploring_loads_nothing_heavier_than_numpy() -> None:
    """No torch, pandas, sympy or matplotlib: a query of a small space is over before they would be there."""
    code = (
        "import sys; sys.argv = ['mfprofile', 'explore', 'sample', 'tiny']\n"
        "from mfprofile.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'torch', 'pandas', 'sympy', 'matplotlib', 'distributed'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=surroundings()
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_example_names_a_space_that_ships() -> None:
    """What help shows can be typed as it stands."""
    source = "".join(each.read_text(encoding="utf-8") for each in (ROOT / "mfprofile" / "cli" / "explore").glob("*.py"))
    spaces = re.findall(r"Example: mfprofile explore (?:count|sample|front|best|list) (\S+)", source)
    assert len(spaces) == 5
    assert set(spaces) <= set(shipped("spaces"))
