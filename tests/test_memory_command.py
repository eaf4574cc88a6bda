"""The command memory, as users run it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from running import run

from mfprofile import count
from mfprofile.cost.memory import peak_memory, traffic


@pytest.mark.parametrize("axis", ["block", "stage", "pillar", "kind", "op"])
def test_json_parts_sum_to_the_whole_and_peak_at_the_peak(axis: str) -> None:
    """On every axis, parts sum to the whole, the largest part is the peak, and the live tensors sum to the peak."""
    line = ["memory", "mf96m", "--by", axis, "--batch", "3", "--dtype", "bfloat16", "--json"]
    document = json.loads(run(*line).stdout)
    parts = document["groups"]["totals"]
    assert (document["batch"], document["dtype"], document["in_place"]) == (3, "bfloat16", False)
    for measure in ("activations", "madds", "moved_bytes"):
        assert sum(part[measure] for part in parts) == document[measure]
    assert max(part["live_bytes"] for part in parts) == document["peak"]["bytes"]
    assert sum(one["bytes"] for one in document["peak"]["live"]) == document["peak"]["bytes"]
    assert document["params_bytes"] == 2 * document["params"]
    assert document["total_bytes"] == document["params_bytes"] + document["peak"]["bytes"]


def test_the_output_has_the_figures_of_the_library() -> None:
    """The CSV by op has the bytes of each row."""
    bill = count("mf26m")
    rows = list(csv.DictReader(io.StringIO(run("memory", "mf26m", "--by", "op", "--csv").stdout)))
    assert [row["name"] for row in rows] == [row.name for row in bill.rows]
    assert [int(row["live_bytes"]) for row in rows] == traffic(bill).live
    assert [int(row["moved_bytes"]) for row in rows] == traffic(bill).moved


def test_the_intensity_is_that_of_the_batch() -> None:
    """It is the MAdds of all images over the bytes they move, with parameters counted once."""
    bill = count("mf26m")
    for batch in (1, 64):
        shown = f"{bill.madds * batch / sum(traffic(bill, batch).moved):.2f}"
        assert f" {shown} " in run("memory", "mf26m", "--batch", str(batch)).stdout.split(" total ")[1]


def test_several_specs_get_one_line_each() -> None:
    """Each line has the peak, and JSON is a list."""
    rows = list(csv.DictReader(io.StringIO(run("memory", "mf26m", "mf52m", "--csv").stdout)))
    assert [row["name"] for row in rows] == ["mf26m", "mf52m"]
    assert [int(row["total_bytes"]) for row in rows] == [peak_memory(count(row["name"])).total for row in rows]
    assert len(json.loads(run("memory", "mf26m", "mf52m", "--json").stdout)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("mf26m --dtype flaot16", "error: unknown dtype 'flaot16'; did you mean 'float16'?\n"),
        ("mf26m --batch 0", "error: --batch 0: must be 1 or more\n"),
        ("mf26m --by clock", "error: cannot count by 'clock'; did you mean 'block'?\n"),
        ("mf26m mf52m --by op", "error: --by op: several networks have one line each; give one, or --json\n"),
    ],
)
def test_invalid_options_are_refused_with_a_remedy(arguments: str, message: str) -> None:
    """One line on stderr, exit code 2."""
    done = run("memory", *arguments.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
