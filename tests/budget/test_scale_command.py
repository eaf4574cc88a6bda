"""`mfprofile scale` for its users, and its specs read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import run, shell

from mfprofile.budget.families import FAMILIES
from mfprofile.budget.scale import scale
from mfprofile.cost import count
from mfprofile.spec import load
from mfprofile.view.scaling import scaled_spec

SHOWN = """\
# mf294m scaled by width to at most 200,000,000 MAdds in convention 'core'
#
#                 width        MAdds      params           from the budget
#   as it is          1  286,732,160  11,422,648  86,732,160 (43.4 %) over
#   found           0.8  198,849,616   9,796,132   1,150,384 (0.6 %) under
#   next step up   0.81  201,192,720   9,910,020    1,192,720 (0.6 %) over
# found, in convention 'paper': 204.78M MAdds (204,780,832)
extends: mf294m
width: 0.8
"""


def test_a_spec_is_printed_below_its_figures() -> None:
    """The figures are comments, and the spec extends the shipped one."""
    done = run("scale", "mf294m", "--to-madds", "200M")
    assert (done.returncode, done.stdout, done.stderr) == (0, SHOWN, "")


def test_count_reads_the_output_of_scale() -> None:
    """`scale | count -` counts exactly the printed figures."""
    printed = shell("mfprofile scale mf294m --to-madds 200M | mfprofile count - --json")
    assert json.loads(printed)["madds"] == 198_849_616


@pytest.mark.parametrize("by", FAMILIES)
@pytest.mark.parametrize(
    "source, settings", [("mf294m", []), ("mf26m", ["tokens.count=4", "width=0.9"]), ("mf96m", ["input=192x256"])]
)
def test_the_largest_member_has_the_same_count_when_it_is_loaded_again(
    by: str, source: str, settings: list[str], tmp_path: Path
) -> None:
    """As YAML, extending a shipped spec or in full, and from its assignments."""
    spec = load(source, settings)
    scaling = scale(spec, "madds", count(spec).madds * 6 // 5, by)
    largest = scaling.largest
    assert largest is not None
    for base in (None, *([] if settings else [source])):
        file = tmp_path / "scaled.yaml"
        file.write_text(scaled_spec(scaling, base), encoding="utf-8")
        bill = count(load(file))
        assert (bill.madds, bill.params) == (largest.madds, largest.params)
    bill = count(load(source, [*settings, *largest.step.settings]))
    assert (bill.madds, bill.params) == (largest.madds, largest.params)


def test_a_budget_out_of_reach_names_the_nearest_and_exits_with_1() -> None:
    """Stdout is empty, so nothing can be taken for a spec."""
    done = run("scale", "mf294m", "--to-madds", "200M", "--by", "head.fc")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "mf294m: no head.fc meets the budget of 200,000,000 MAdds in convention 'core'; the nearest is 64, with 282,381,696: "
        "+82,381,696 (+41.2 %)\n"
    )
    answer = run("scale", "mf294m", "--to-madds", "200M", "--by", "head.fc", "--json")
    document = json.loads(answer.stdout)
    assert (answer.returncode, document["found"], document["least"]["madds"]) == (1, None, 282_381_696)


def test_a_budget_above_is_met_by_growing() -> None:
    """A spec within the budget gets larger."""
    document = json.loads(run("scale", "mf294m", "--to-params", "20M", "--by", "depth", "--json").stdout)
    assert document["present"] == {"value": 7, "madds": 286_732_160, "params": 11_422_648}
    assert document["found"]["params"] <= 20_000_000 < document["next"]["params"]
    assert load(document["spec"]).blocks[8].repeat == 6


def test_the_convention_is_that_of_the_budget() -> None:
    """The 294M has 294,051,584 MAdds in `paper`. In `core` only a larger width has as many."""
    for convention, width in (("paper", 1), ("core", 1.03)):
        command = ["scale", "mf294m", "--to-madds", "294_051_584", "--json", "--convention", convention]
        document = json.loads(run(*command).stdout)
        assert (document["convention"], document["found"]["value"]) == (convention, width)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """The file gets the spec with its comments. Only the figures are printed, or JSON."""
    done = run("scale", "mf294m", "--to-madds", "200M", "-o", "small.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote small.yaml\n")
    assert (tmp_path / "small.yaml").read_text(encoding="utf-8") == SHOWN
    assert done.stdout.splitlines()[0] == SHOWN.splitlines()[0].removeprefix("# ")
    assert "extends" not in done.stdout
    done = run("scale", "small.yaml", "--to-madds", "100M", "-o", "small.yaml", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["found"]["madds"] == count(load(tmp_path / "small.yaml")).madds <= 100_000_000
    assert [file.name for file in tmp_path.iterdir()] == ["small.yaml"]


def test_a_file_that_cannot_be_written_is_exit_code_74(tmp_path: Path) -> None:
    """One line, no traceback, no file left."""
    for place, reason in (("nowhere/small.yaml", "No such file or directory"), ("folder.yaml", "Is a directory")):
        (tmp_path / "folder.yaml").mkdir(exist_ok=True)
        done = run("scale", "mf26m", "--to-madds", "20M", "-o", place, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (74, "")
        assert done.stderr == f"error: {place}: cannot be written: {reason}\n"
    assert [file.name for file in tmp_path.iterdir()] == ["folder.yaml"]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    """The file behind the link is replaced, the link stays."""
    (tmp_path / "real.yaml").write_text("old", encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert run("scale", "mf294m", "--to-madds", "200M", "-o", "link.yaml", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text(encoding="utf-8") == SHOWN


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "use one budget, --to-madds 200M, --to-params 8M or --to-latency 12ms"),
        (["--to-madds", "1M", "--to-params", "1M"], "use one budget, --to-madds 200M, --to-params 8M or --to-latency 12ms"),
        (["--to-madds", "200M", "--by", "widht"], "cannot scale by 'widht'; did you mean 'width'?"),
        (["--to-params", "8M", "--by", "input"], "the input size does not change params; scale by another key, or to MAdds"),
        (["--to-madds", "200M", "-o", "small.txt"], "-o small.txt: must end in .yaml or .yml"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_clear_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    """The message is on stderr, and stdout is empty."""
    done = run("scale", "mf294m", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


def test_flops_are_refused_as_a_budget() -> None:
    """FLOPs has two meanings, so the unit must be clear."""
    done = run("scale", "mf294m", "--to-madds", "300MFLOPs")
    assert done.returncode == 2
    assert "1 multiply-add is 2 FLOPs" in done.stderr


def test_the_figures_are_a_table_in_every_form_but_text() -> None:
    """The excess is that of the budget's quantity: exact in CSV, with its share in Markdown, in a unit in LaTeX."""
    command = ("scale", "mf294m", "--to-madds", "200M")
    assert run(*command, "--csv").stdout.splitlines() == [
        "variant,value,madds,params,excess",
        "as it is,1,286732160,11422648,86732160",
        "found,0.8,198849616,9796132,-1150384",
        "next step up,0.81,201192720,9910020,1192720",
    ]
    title = "mf294m scaled by width to at most 200,000,000 MAdds in convention 'core'"
    assert run(*command, "--markdown").stdout.splitlines() == [
        title,
        "",
        "|  | width | MAdds | params | over budget |",
        "| :-- | --: | --: | --: | --: |",
        "| as it is | 1 | 286,732,160 | 11,422,648 | +86,732,160 (+43.4 %) |",
        "| found | 0.8 | 198,849,616 | 9,796,132 | -1,150,384 (-0.6 %) |",
        "| next step up | 0.81 | 201,192,720 | 9,910,020 | +1,192,720 (+0.6 %) |",
        "",
        "found, in convention 'paper': 204.78M MAdds (204,780,832)",
    ]
    assert r"found & 0.8 & 198.85 & 9.80 & -1.15 & -0.6 \\" in run(*command, "--latex").stdout.splitlines()
    chosen = run(*command, "--csv", "--columns", "variant,excess", "--sort", "-excess").stdout
    assert chosen == "variant,excess\nfound,-1150384\nnext step up,1192720\nas it is,86732160\n"


def test_a_table_and_a_spec_are_written_together(tmp_path: Path) -> None:
    """The file has the spec, standard output the table."""
    done = run("scale", "mf294m", "--to-madds", "200M", "--csv", "-o", "small.yaml", cwd=tmp_path)
    assert (tmp_path / "small.yaml").read_text(encoding="utf-8") == SHOWN
    assert done.stdout == run("scale", "mf294m", "--to-madds", "200M", "--csv").stdout


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            ["200M", "--columns", "value"],
            "--columns is for tables, and this is a spec; use --csv, --markdown or --latex",
        ),
        (["200M", "--sort", "value"], "--sort is for tables, and this is a spec; use --csv, --markdown or --latex"),
        (["200M", "-o", "small.json"], "-o small.json: must end in .yaml or .yml"),
        (["200X"], "--to-madds '200X': 'X' is not a unit; use an amount such as 300M"),
    ],
)
def test_what_scale_cannot_do_is_refused_at_its_option(options: list[str], error: str) -> None:
    """The message begins with the option."""
    done = run("scale", "mf294m", "--to-madds", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {error}")
