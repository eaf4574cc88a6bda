"""The limits of `check` as a table to take away: Markdown, LaTeX and CSV, with columns and order of one's own."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from running import run

LIMITS = ("mf26m", "--max-madds", "30M", "--max", "former.madds=5%")


def test_csv_has_a_record_for_each_limit() -> None:
    """Amounts are exact integers; the place of a limit is with it."""
    assert run("check", *LIMITS, "--csv").stdout.splitlines() == [
        "name,spec,quantity,convention,bound,counted,limit,excess,verdict,given",
        "mf26m,mf26m,madds,core,max,23550208,30000000,-6449792,within,flag --max-madds",
        "mf26m,mf26m,former.madds,core,max,2377728,1177510,1200218,OVER,flag --max former.madds",
    ]


def test_csv_has_a_record_for_a_network_that_is_new(tmp_path: Path) -> None:
    """It has no limit: its cells are empty."""
    baseline = tmp_path / "counts.json"
    baseline.write_text(run("count", "mf52m", "--json").stdout, "utf-8")
    output = run("check", "mf26m", "--baseline", str(baseline), "--allow-new", "--csv").stdout
    empty = dict.fromkeys(("quantity", "convention", "bound", "counted", "limit", "excess", "given"), "")
    assert next(csv.DictReader(output.splitlines())) == {**empty, "name": "mf26m", "spec": "mf26m", "verdict": "new"}


def test_latex_has_the_table_and_the_verdict_without_the_reasons() -> None:
    """Numbers are aligned; the verdict is a comment."""
    lines = run("check", *LIMITS, "--latex", "--label", "tab:limits").stdout.splitlines()
    assert "\\caption{Limits in convention `core'.}" in lines
    assert "\\label{tab:limits}" in lines
    assert r"mf26m & madds & 23550208 & $\leq$ & 30000000 & -21.5 & within \\" in lines
    assert r"mf26m & former.madds & 2377728 & \textgreater{} & {1\,177\,510 (5 \%)} & +101.9 & OVER \\" in lines
    assert lines[-1] == "% FAILED: 1 of 2 limits not met in convention 'core'"


def test_markdown_is_the_summary_of_a_job() -> None:
    """The verdict is first, then the table, then the reasons, folded."""
    done = run("check", *LIMITS, "--markdown")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0] == "### ❌ 1 of 2 limits not met in convention 'core'"
    assert "| mf26m | madds | 23,550,208 | ≤ | 30,000,000 | -21.5 % | ✅ within |" in lines
    assert lines[-1] == "</details>"


@pytest.mark.parametrize("form", ["--markdown", "--csv", "--latex"])
def test_a_format_is_the_flag_of_its_name(form: str) -> None:
    """And `-o` writes what is printed otherwise."""
    assert run("check", *LIMITS, "--format", form[2:]).stdout == run("check", *LIMITS, form).stdout


def test_a_table_is_written_into_a_file(tmp_path: Path) -> None:
    """The table for people is printed beside it."""
    done = run("check", *LIMITS, "--markdown", "-o", "limits.md", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "wrote limits.md\n")
    assert (tmp_path / "limits.md").read_text("utf-8") == run("check", *LIMITS, "--markdown").stdout
    assert done.stdout == run("check", *LIMITS).stdout


def test_columns_and_order_are_chosen_in_every_form() -> None:
    """The reasons stay below."""
    options = ("--columns", "quantity,verdict", "--sort", "-counted")
    text = [" ".join(line.split()) for line in run("check", *LIMITS, *options).stdout.splitlines()]
    assert text[2:6] == ["quantity", "─" * 20, "former.madds OVER", "madds within"]
    assert text[-1] == "FAILED: 1 of 2 limits not met in convention 'core'"
    assert run("check", *LIMITS, "--csv", *options).stdout == "quantity,verdict\nformer.madds,OVER\nmadds,within\n"
    assert "| former.madds | ❌ OVER |\n| madds | ✅ within |" in run("check", *LIMITS, "--markdown", *options).stdout


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--format", "csv", "--latex"], "--latex and --format csv cannot be combined; use one of them"),
        (["--format", "junit", "--sort", "name"], "--sort is for tables; remove it, or --format junit"),
        (["--format", "github", "--columns", "name"], "--columns is for tables; remove it, or --format github"),
        (
            ["--columns", "nope"],
            "unknown column 'nope'; use one of name, quantity, counted, relation, limit, difference, verdict, spec, "
            "convention, bound, excess, given",
        ),
    ],
)
def test_options_that_contradict_each_other_are_refused(options: list[str], error: str) -> None:
    """Before anything is counted."""
    done = run("check", "mf26m", "--max-madds", "30M", *options)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {error}\n")
