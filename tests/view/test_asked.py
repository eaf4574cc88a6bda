"""Variants are shown with what was asked for, under the names that the user wrote."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from running import run

SUM = "head.params + former.params"
FRONT = ("explore", "front", "tiny", "--minimize", "madds", "--maximize", "former.params")
WINDOWS = ("--madds", ":1.5M", "--within", f"{SUM}=:40k")


def _rows(*command: str) -> list[dict[str, str]]:
    form = [] if command[1] == "list" else ["--csv"]  # CSV is the only form of a list
    return list(csv.DictReader(io.StringIO(run(*command, *form).stdout)))


@pytest.mark.parametrize(
    "command",
    [
        FRONT,
        ("explore", "best", "tiny", "--maximize", "former.params", "-n", "4"),
        ("explore", "sample", "tiny", "--within", "former.params=:13k", "-n", "4"),
        ("explore", "list", "tiny", "--within", "former.params=:13k"),
    ],
)
def test_each_quantity_that_was_asked_for_is_a_column(command: tuple[str, ...]) -> None:
    """Goals and windows, sums too, by the name that the user wrote; the numbers are those of each spec."""
    rows = _rows(*command, *WINDOWS)
    specs = json.loads(run(*command, *WINDOWS, "--json").stdout) if command[1] != "list" else [None] * len(rows)
    assert rows
    for row, variant in zip(rows, specs, strict=True):
        assert int(row["madds"]) <= 1_500_000
        assert int(row["former.params"]) < int(row[SUM]) <= 40_000
        if variant is not None:
            pillars = variant["pillars"]
            assert int(row["former.params"]) == pillars["former"]["params"]
            assert int(row[SUM]) == pillars["former"]["params"] + pillars["head"]["params"]
            assert variant["quantities"][SUM] == int(row[SUM])


@pytest.mark.parametrize("form", ["--markdown", "--latex", None])
def test_every_form_has_these_columns(form: str | None) -> None:
    """Text, Markdown and LaTeX name them as CSV does; LaTeX continues below."""
    text = run(*FRONT, *WINDOWS, *([form] if form else [])).stdout
    rows = [line for line in text.splitlines() if "choices" in line or "MAdds (M)" in line]
    heads = " ".join(rows) if form == "--latex" else rows[0]
    assert heads.index("MAdds") < heads.index("former.params") < heads.index(SUM) < heads.index("choices")


def test_a_latency_that_was_asked_for_is_a_column_in_milliseconds() -> None:
    """So is that of a pillar."""
    model = ("--latency-model", "devices/example-torch.json")
    text = run("explore", "best", "tiny", "--minimize", "former.latency", *model, "--latency", ":9ms").stdout
    assert text.startswith("best variant: least former.latency; MAdds in convention 'core'\n")
    assert [line.split() for line in text.splitlines() if "former.latency" in line][1] == ["former.latency"]
    assert {"latency", "former.latency"} <= set(_rows(*FRONT, *model, "--within", "former.latency=:9ms")[0])


def test_the_head_says_what_made_the_answer() -> None:
    """Only a sample has no goal."""
    assert run(*FRONT).stdout.startswith("front of 9 variants: least madds, most former.params; MAdds in conv")
    best = ("explore", "best", "tiny", "--minimize", "bridge.madds", "-n")
    assert run(*best, "3").stdout.startswith("best 3 variants: least bridge.madds; MAdds in convention 'core'\n")
    assert run(*best, "1").stdout.startswith("best variant: least bridge.madds; MAdds in convention 'core'\n")
    assert run("explore", "sample", "tiny", "-n", "3").stdout.startswith("3 variants; MAdds in convention 'core'\n")


def test_any_usual_quantity_is_a_column_on_request() -> None:
    """Also to sort by; of a pillar, not of the whole network by mistake."""
    rows = _rows("explore", "sample", "tiny", "-n", "5", "--sort", "former.params", "--columns", "former.params,madds")
    amounts = [int(row["former.params"]) for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    assert list(rows[0]) == ["former.params", "madds"]


def test_a_front_of_trained_variants_has_them_too(tmp_path: Path) -> None:
    """Counted and measured figures alike, and CSV of older versions, with True and False, is read."""
    rows = _rows("explore", "sample", "tiny", "-n", "6")
    assert {row["former.ffn"] for row in rows} <= {"true", "false", ""}
    for number, row in enumerate(rows):
        row["top1"] = str(70 + number)
        if number % 2:
            row["former.ffn"] = row["former.ffn"].title()
        del row["content"], row["number"], row["madds"], row["params"]
    with (tmp_path / "top1.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    command = ("explore", "front", "tiny", "--measured", str(tmp_path / "top1.csv"), "--minimize", "former.params")
    done = run(*command, "--maximize", "top1")
    assert "variants: least former.params, most top1; MAdds in" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
    assert {"former.params", "top1", "madds"} <= set(_rows(*command, "--maximize", "top1")[0])


def test_a_count_without_windows_is_one_line() -> None:
    """There is nothing to compare. CSV has its line all the same, and so has a table of columns."""
    assert run("explore", "count", "tiny").stdout == "tiny: 1,280 variants\n"
    assert run("explore", "count", "tiny", "--markdown").stdout == "tiny: 1,280 variants\n"
    assert run("explore", "count", "tiny", "--csv").stdout == "window,within,excluded\nall,1280,0\n"
    assert "1,280" in run("explore", "count", "tiny", "--columns", "within").stdout
    assert "all together" in run("explore", "count", "tiny", "--madds", ":2M").stdout
