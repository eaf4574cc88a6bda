"""The commands `explore histogram` and `plot histogram`: their forms, their options, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from pictures import EACH_LOOK, overlaps
from running import run

from mfprofile.errors import InputError
from mfprofile.explore.histogram import histogram
from mfprofile.explore.quantity import quantity_of
from mfprofile.explore.space import read_space
from mfprofile.spec.quantities import window
from mfprofile.view.plots.histogram import histogram_picture
from mfprofile.view.plots.look import Look


def _lines(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("explore", "histogram", *arguments, "--csv").stdout)))


def test_the_table_has_bins_quantiles_and_budgets() -> None:
    """Each bin has its number, its share and the share so far."""
    done = run("explore", "histogram", "tiny", "--edges", "2M,4M,6M", "--quantiles", "0,50,100", "--below", "3M")
    assert done.stdout.splitlines() == [
        "tiny: 1,280 variants; MAdds in convention 'core'",
        "",
        "     madds                                % up",
        "      over      up to  variants     %  to here",
        " ───────────────────────────────────────────────────────────────────────",
        "            2,000,000       121  9.45     9.45  #####",
        " 2,000,000  4,000,000       557  43.5       53  ########################",
        " 4,000,000  6,000,000       296  23.1     76.1  #############",
        " 6,000,000                  306  23.9      100  #############",
        "",
        "least: 1,454,912",
        "50 % of the variants: at most 3,758,272",
        "greatest: 9,252,352",
        "at most 3,000,000: 452 variants, 35.3 %",
    ]


def test_json_and_csv_have_the_same_numbers_as_count() -> None:
    """Each bin is a window of `explore count`: above its lower edge and up to its upper one."""
    arguments = ("tiny", "--quantity", "params", "--madds", "2M:4M", "--bins", "4", "--below", "40k")
    whole = json.loads(run("explore", "histogram", *arguments, "--json").stdout)
    lines = _lines(*arguments)
    assert (whole["quantity"], whole["windows"]["madds"]) == ("params", {"least": 2_000_000, "most": 4_000_000})
    bins = [line for line in lines if line["kind"] == "bin"]
    assert [int(line["variants"]) for line in bins] == [each["variants"] for each in whole["bins"]]
    for each in whole["bins"]:
        inside = f"{each['over'] + 1}:{each['up_to']}"
        counted = json.loads(run("explore", "count", "tiny", "--madds", "2M:4M", "--params", inside, "--json").stdout)
        assert counted["within"] == each["variants"]
    assert whole["bins"][-1]["so_far"]["variants"] == whole["variants"] == sum(int(line["variants"]) for line in bins)
    assert [line["up_to"] for line in lines if line["kind"] == "below"] == ["40000"]
    quantiles = {line["percent"]: int(line["up_to"]) for line in lines if line["kind"] == "quantile"}
    assert quantiles == {f"{each['percent']:g}": each["amount"] for each in whole["quantiles"]}


def test_times_are_in_milliseconds_in_the_table_and_in_nanoseconds_elsewhere() -> None:
    """Edges of times need a unit."""
    model = ("--latency-model", "example-torch")
    table = run("explore", "histogram", "tiny", "--quantity", "latency", *model, "--edges", "1ms,2ms")
    assert "latency (ms)" in table.stdout
    assert "1.000" in table.stdout
    lines = _lines("tiny", "--quantity", "latency", *model, "--edges", "1ms,2ms")
    assert [line["up_to"] for line in lines if line["kind"] == "bin"] == ["1000000", "2000000", ""]


def test_bounds_are_labelled() -> None:
    """If exact sums do not fit in memory, numbers and quantiles are a lower and an upper bound."""
    arguments = (
        "mf294m-stages",
        "--set",
        "tokens.count=3",
        "--set",
        "tokens.dim=128",
        "--ram",
        "65MB",
        "--quantiles",
        "50",
        "--bins",
        "5",
    )
    done = run("explore", "histogram", *arguments)
    assert "bounds: exact numbers need more memory than --ram" in done.stdout
    whole = json.loads(run("explore", "histogram", *arguments, "--json").stdout)
    (median,) = whole["quantiles"]
    assert (median["exact"], median["amount"], median["lower"] < median["upper"]) == (False, None, True)


@pytest.mark.parametrize(("form", "stdout"), [((), ""), (("--csv",), "kind,percent,over,up_to,variants\n")])
def test_a_histogram_of_nothing_exits_with_1_and_names_the_nearest(form: tuple[str, ...], stdout: str) -> None:
    """As all queries of variants."""
    done = run("explore", "histogram", "tiny", "--madds", "100M:", *form)
    assert (done.returncode, done.stdout) == (1, stdout)
    assert "nearest in madds: 9,252,352 (" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bins", "3", "--edges", "1M"], "--bins and --edges cannot be combined; use one of them"),
        (["--edges", "1M,x"], "--edges: 'x': must be an amount such as 300M, 0.3G or 300_000_000"),
        (["--below", "1MB"], "--below: '1MB': 'MB' is not a unit; use an amount such as 300M, 0.3G or 300_000_000"),
        (["--quantiles", "5,x"], "--quantiles: 'x' must be a percentage from 0 to 100, as in 5,50,95, or none"),
        (["--quantiles", "100.5"], "--quantiles: '100.5' must be a percentage from 0 to 100, as in 5,50,95, or none"),
        (["--quantity", "stem"], "unknown quantity 'stem'; use one of"),
        (["--quantity", "madds + top_1"], "unknown quantity 'top_1'; use one of"),
    ],
)
def test_an_invalid_histogram_gets_one_line(arguments: list[str], message: str) -> None:
    """The exit code is 2."""
    done = run("explore", "histogram", "tiny", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")


def test_several_other_windows_are_refused_in_a_large_space() -> None:
    """The message says what to do; in a small space they are exact."""
    windows = ("--params", ":10M", "--within", "mobile.madds=:250M")
    done = run("explore", "histogram", "mf294m-stages", *windows)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        "error: mf294m-stages: madds is counted within at most one window on another quantity, not 2; remove windows, "
        "or draw fair samples with 'explore sample'"
    )
    assert run("explore", "histogram", "tiny", "--params", ":60k", "--within", "mobile.madds=:3M").returncode == 0


def test_each_space_of_a_histogram_has_its_own_line() -> None:
    """Seven lines differ in colour or dashes, and the axis names the quantity in words, as other pictures do."""
    answer = histogram(read_space("tiny", ["width=1"]), quantity_of("madds"), 4)
    axes = histogram_picture(Look(), [(f"space {at}", answer) for at in range(7)]).figure.axes[0]
    lines = [line for line in axes.lines if line.get_label().startswith("space")]
    assert len({(line.get_color(), str(line._dash_pattern)) for line in lines}) == len(lines) == 7
    assert axes.get_xlabel() == "MAdds, counted (convention 'core')"


@pytest.mark.parametrize("look", EACH_LOOK, ids=str)
@pytest.mark.parametrize("names", [("tiny",), ("tiny", "mf294m-tokens")])
def test_labels_of_a_histogram_do_not_overlap(look: Look, names: tuple[str, ...]) -> None:
    """Budgets are marked on each line; the data has all bins."""
    answers = [
        (name, histogram(read_space(name, ["width=1"]), quantity_of("madds"), 10, below=[3_000_000, 300_000_000]))
        for name in names
    ]
    picture = histogram_picture(look, answers)
    assert len(picture.data) == sum(len(answer.bins) for _, answer in answers)
    assert sum(record["variants"] for record in picture.data if record["space"] == "tiny") == 1280
    assert not overlaps(picture, look)


def test_a_picture_of_nothing_is_refused(tmp_path: Path) -> None:
    """No file is written; the command names the nearest variants."""
    nothing = histogram(read_space("tiny"), quantity_of("madds"), windows=[(quantity_of("madds"), window("100M:"))])
    with pytest.raises(InputError, match="tiny: nothing to draw: no variant is within the windows"):
        histogram_picture(Look(), [("tiny", nothing)])
    file = tmp_path / "x.svg"
    done = run("plot", "histogram", "tiny", "--madds", "100M:", "-o", str(file))
    assert (done.returncode, file.exists()) == (1, False)
    assert (
        run(
            "plot", "histogram", "tiny", "mf294m-tokens", "--set", "width=1", "--below", "3M", "-o", str(file)
        ).returncode
        == 0
    )
    assert file.read_text(encoding="utf-8").startswith("<?xml")
