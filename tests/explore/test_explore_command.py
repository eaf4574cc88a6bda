"""The explore commands on the command line."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from effort import nightly
from running import ROOT, run, surroundings

from mfprofile.cost.bill import count
from mfprofile.errors import InputError, OutputError
from mfprofile.explore.count import about_size, count_space
from mfprofile.explore.sample import sample_space
from mfprofile.explore.space import read_space
from mfprofile.spec import load
from mfprofile.spec.sources import shipped
from mfprofile.view import variants
from mfprofile.view.exploring import estimated_size

NOWHERE = ["explore", "count", "tiny", "--madds", "100M:200M"]


def test_a_count_in_json_has_exact_numbers_and_those_excluded_by_each_window() -> None:
    """Size, within, exact, lower and upper are numbers and booleans, not text."""
    done = run("explore", "count", "tiny", "--madds", "2M:4M", "--params", ":45k", "--json")
    counts = json.loads(done.stdout)
    assert done.returncode == 0
    assert counts["exact"] is True
    assert counts["within"] == counts["lower"] == counts["upper"]
    assert counts["size"] == 1280
    assert counts["windows"]["madds"]["within"] + counts["windows"]["madds"]["excludes"]["lower"] == 1280
    assert (counts["windows"]["params"]["least"], counts["windows"]["params"]["most"]) == (None, 45_000)


def test_if_nothing_fits_the_nearest_variants_are_shown_and_the_exit_code_is_0() -> None:
    """No variant in a window is a valid answer; the variants on both sides are shown, with their specs."""
    done = run(*NOWHERE, "--json")
    counts = json.loads(done.stdout)
    assert (done.returncode, counts["within"], counts["nearest"]["madds"]["above"]) == (0, 0, None)
    below = counts["nearest"]["madds"]["below"]
    assert count(load(below["spec"])).madds == below["madds"] == 9_252_352
    assert "nearest in madds: 9,252,352" in run(*NOWHERE).stdout


NEAREST = "nearest in madds: 9,252,352 ("


@pytest.mark.parametrize(
    ("form", "stdout"),
    [((), ""), (("--markdown",), ""), (("--json",), "[]\n"), (("--csv",), "number,madds,params,content\n")],
)
@pytest.mark.parametrize(
    "query",
    [
        ("best", "--maximize", "params"),
        pytest.param(("sample",), marks=pytest.mark.slow),
        pytest.param(("front", "--maximize", "madds", "--minimize", "params"), marks=pytest.mark.slow),
    ],
)
def test_a_query_for_variants_without_any_exits_with_1_and_names_the_nearest(
    query: tuple[str, ...], form: tuple[str, ...], stdout: str, tmp_path: Path
) -> None:
    """Stdout stays what a program can read, no folder is made, and the nearest are those of `count`."""
    name, *goals = query
    window = "100M:" if name == "front" else "100M:200M"
    done = run("explore", name, "tiny", *goals, "--madds", window, *form, "-o", str(tmp_path / "variants"))
    assert (done.returncode, done.stdout) == (1, stdout)
    first, second = done.stderr.splitlines()
    assert first == "tiny: no variant is within the window; MAdds in convention 'core'"
    assert second.startswith(NEAREST)
    assert second in run(*NOWHERE).stdout.splitlines()
    assert not (tmp_path / "variants").exists()


def test_what_was_written_is_said(tmp_path: Path) -> None:
    """On stderr, as of every file, with the number of specs."""
    for number, said in ((1, "1 spec"), (2, "2 specs")):
        done = run("explore", "sample", "tiny", "-n", str(number), "-o", f"drawn{number}", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, f"wrote {said} into drawn{number}\n")
        assert len(list((tmp_path / f"drawn{number}").iterdir())) == number


def test_a_list_without_a_variant_is_its_header_and_exits_with_1() -> None:
    """The nearest variant is on stderr."""
    done = run("explore", "list", "tiny", "--madds", "100M:200M")
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 1)
    assert NEAREST in done.stderr


def test_windows_that_exclude_each_other_name_the_nearest_within_the_others() -> None:
    """Each window alone has variants, but no variant is within both."""
    done = run("explore", "sample", "tiny", "--madds", ":1_454_912", "--params", "60k:")
    assert (done.returncode, done.stdout) == (1, "")
    first, madds, params, most = done.stderr.splitlines()
    assert first == "tiny: no variant is within these windows; MAdds in convention 'core'"
    assert madds.startswith("nearest in madds within the other windows: ")
    assert params.startswith("nearest in params within the other windows: ")
    assert "none" not in done.stderr
    assert most == "madds :1,454,912 excludes most: 1,279 variants"


def test_windows_of_which_two_exclude_each_other_leave_open_those_that_exclude_most() -> None:
    """No variant is within any two of the windows on madds, params and the sum, so one of them is left open."""
    windows = ["--madds", ":1_454_912", "--params", "60k:", "--within", "former.madds + bridge.madds=:100"]
    done = run("explore", "sample", "tiny", *windows)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[1] == "nearest in madds within the other windows: none"
    assert lines[2] == "nearest in params within the other windows: none"
    assert lines[3].startswith(
        "nearest in former.madds + bridge.madds within the other windows, with madds left open: "
    )
    assert lines[4] == "former.madds + bridge.madds :100 excludes most: 1,280 variants"
    counts = json.loads(run("explore", "count", "tiny", *windows, "--json").stdout)
    near = counts["nearest"]["former.madds + bridge.madds"]
    assert (near["left_open"], near["below"]) == (["madds"], None)
    assert near["above"]["params"] >= 60_000


def test_bounds_are_labelled_as_bounds() -> None:
    """If the exact answer does not fit in memory, "within" is a lower and an upper bound."""
    done = run("explore", "count", "mf294m-stages", "--madds", "290M:300M", "--ram", "1MB", "--json")
    counts = json.loads(done.stdout)
    assert (counts["exact"], counts["within"]) == (False, None)
    assert counts["lower"] < 893_738_828 < counts["upper"]
    text = run("explore", "count", "mf294m-stages", "--madds", "290M:300M", "--ram", "1MB").stdout
    assert "bounds: exact numbers need more memory than --ram" in text


@nightly
def test_the_size_of_a_huge_space_is_estimated_from_one_setting(tmp_path: Path) -> None:
    """26 blocks of 15 × 11 variants each, with two values of an input, are 2 · 165^26: more than 10^57."""
    blocks = "  - {block: lite, expand: {from: 1, to: 15, step: 1}, out: {from: 8, to: 88, step: 8}}\n" * 26
    text = f"former: none\nmobile: {{activation: relu}}\ninput: [32, 64]\nstem: 8\nblocks:\n{blocks}head: {{fc: 8}}\n"
    (tmp_path / "huge.yaml").write_text(text, encoding="utf-8")
    huge = read_space(tmp_path / "huge.yaml")
    assert about_size(huge) == 2 * 165**26 == count_space(huge).size
    assert estimated_size(huge) == "about 9·10^57 variants"
    assert estimated_size(read_space("mf294m-blocks")) == "about 4·10^13 variants"


def test_a_negative_seed_is_refused() -> None:
    """Python's generator would ignore the sign, and draw the variants of another seed."""
    done = run("explore", "sample", "tiny", "--seed", "-1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Invalid value for '--seed': " in done.stderr
    with pytest.raises(InputError, match=r"^the seed is -1; it must be 0 or more$"):
        sample_space(read_space("tiny"), 3, -1)


def test_samples_are_specs_with_their_counts() -> None:
    """Each has its counts, its pillars, and a spec for which `count` gives the same numbers."""
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
    """There is one YAML file for each variant; a folder that is not empty is not changed."""
    done = run("explore", "sample", "tiny", "-n", "2", "--output", "deep/variants", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0
    files = sorted((tmp_path / "deep" / "variants").iterdir())
    assert [file.name for file in files] == ["tiny-0001.yaml", "tiny-0002.yaml"]
    listed = run("explore", "sample", "tiny", "-n", "2", "--json", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert [count(load(file)).madds for file in files] == [one["madds"] for one in json.loads(listed.stdout)]
    again = run("explore", "sample", "tiny", "-n", "1", "--output", "deep/variants", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert again.returncode == 2
    assert again.stderr == "error: deep/variants: exists and is not empty; use a new folder\n"
    assert sorted((tmp_path / "deep").iterdir()) == [tmp_path / "deep" / "variants"]


def test_a_folder_that_cannot_be_written_is_an_error_of_output(tmp_path: Path) -> None:
    """The exit code is 74, as for all commands; a link to an empty folder is followed."""
    (tmp_path / "file").touch()
    done = run("explore", "sample", "tiny", "-n", "1", "--output", "file/variants", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stderr) == (74, "error: file/variants: cannot be written: Not a directory\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    done = run("explore", "sample", "tiny", "-n", "1", "--output", "link", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0
    assert [file.name for file in (tmp_path / "empty").iterdir()] == ["tiny-0001.yaml"]
    assert (tmp_path / "link").is_symlink()


def test_the_table_is_printed_even_if_the_files_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder was checked before the query, and the disk is full after it. Several best variants have a file each."""
    query = ["explore", "best", "tiny", "--maximize", "params", "-n", "2"]
    folder = str(tmp_path / "variants")
    done = run(*query, "--output", folder)
    assert done.returncode == 0
    assert [file.name for file in sorted(Path(folder).iterdir())] == ["tiny-0001.yaml", "tiny-0002.yaml"]

    def full(*_: object) -> None:
        raise OutputError(f"{folder}: cannot be written: No space left on device")

    monkeypatch.setattr(variants, "write_folder", full)
    failed = run(*query, "--output", str(tmp_path / "others"))
    assert (failed.returncode, failed.stdout) == (74, done.stdout)
    assert failed.stderr == f"error: {folder}: cannot be written: No space left on device\n"


def test_a_window_of_a_difference_can_be_below_0() -> None:
    """The subtracted quantity can be the larger one."""
    command = ["explore", "count", "tiny", "--json", "--within"]
    below, above = (
        json.loads(run(*command, f"params - madds={window}").stdout)["within"] for window in ("-2M:-1", ":-2_000_001")
    )
    assert (below > 0, above > 0, below + above) == (True, True, 1280)


def test_the_front_and_the_best_agree() -> None:
    """The variant with the most params of a budget is on the front of madds and params."""
    front = list(csv.DictReader(io.StringIO(run("explore", "front", "tiny", "--csv").stdout)))
    best = run("explore", "best", "tiny", "--maximize", "params", "--madds", ":4M", "--csv").stdout
    within = [int(point["params"]) for point in front if int(point["madds"]) <= 4_000_000]
    assert [int(point["params"]) for point in csv.DictReader(io.StringIO(best))] == [max(within)]


def test_every_variant_is_listed_as_csv() -> None:
    """There is one line for each variant, and one header line."""
    lines = run("explore", "list", "tiny").stdout.splitlines()
    assert len(lines) == 1281
    assert lines[0].startswith("input,tokens.count,tokens.dim,former.ffn,blocks.2.expand,blocks.2.out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["count", "tinny"],
            "tinny: no shipped spec and no file has this name; did you mean 'tiny'?",
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
            "madds: madds already has a window; give one for each sum",
        ),
        (
            ["best", "tiny", "--maximize", "madds", "--madds", ":3M", "--within", "2*madds - madds=4M:"],
            "2*madds - madds: madds already has a window; give one for each sum",
        ),
        (
            ["front", "mf294m-stages", "--minimize", "madds", "--maximize", "params", "--ram", "10kB"],
            "mf294m-stages: the front needs more memory than --ram; give more --ram, fewer windows, or quantities that do not "
            "grow together",
        ),
        (
            ["count", "tiny", "--ram", "much"],
            "--ram 'much': must be an amount such as 12MB, 1.5MiB or 12_000_000",
        ),
        (["best", "tiny"], "one quantity is needed; give --minimize or --maximize once"),
        (
            ["front", "tiny", "--minimize", "madds"],
            "a front needs two or three quantities, not 1; give --minimize or --maximize that often in all",
        ),
        (
            ["front", "tiny", "--minimize", "madds", "--maximize", "params", "--maximize", "madds"],
            "madds is given twice; the quantities of a front must be different",
        ),
        (
            ["front", "tiny", "--measured", "results.csv", "--maximize", "top1", "--resume", "kept"],
            "--resume cannot be combined with --measured, which needs no workers; remove --resume",
        ),
        (
            ["best", "tiny", "--measured", "results.csv", "--maximize", "top1", "--workers", "2"],
            "--workers cannot be combined with --measured, which needs no workers; remove --workers",
        ),
        (
            ["list", "mf294m-blocks"],
            "mf294m-blocks: up to 39,582,418,599,936 variants are within the windows, but at most 100,000,000 can be listed; "
            "narrow the windows, or use 'explore sample'",
        ),
    ],
)
def test_an_invalid_query_gets_one_line(arguments: list[str], message: str) -> None:
    """The exit code is 2, and there is no traceback."""
    done = run("explore", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_exploring_loads_nothing_heavier_than_numpy() -> None:
    """It loads no torch, pandas, sympy or matplotlib: loading them would take longer than a query of a small space."""
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
    """The examples of the help texts can be run without a change."""
    source = "".join(each.read_text(encoding="utf-8") for each in (ROOT / "mfprofile" / "cli" / "explore").glob("*.py"))
    spaces = re.findall(r"^ +mfprofile explore [a-z]+ ([a-z]\S+)", source, re.MULTILINE)
    assert len(spaces) == 16
    assert set(spaces) <= set(shipped("spaces"))
