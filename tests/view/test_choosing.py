"""Columns that a user chooses, and rows that a user sorts."""

from __future__ import annotations

import csv
import io
import shlex

import pytest
from running import run

TABLES = (
    "list",
    "count mf26m",
    "count mf26m --by op",
    "count mf26m mf52m",
    "count mf26m mf52m mf96m mf294m",
    "count mf26m mf52m mf96m mf294m --by stage",
    "count mf26m --latency-model devices/example-torch.json",
    "memory mf26m",
    "memory mf26m mf52m",
    "sensitivity mf26m",
    "diff mf26m mf52m",
    "paper 2",
    "paper 4",
    "paper claims",
    "paper baselines",
    "complexity",
    "formula mf26m --free tokens.count",
    "explain mf26m --block 3",
    "explore spaces",
    "explore count tiny --madds 2M:4M",
    "explore histogram tiny",
    "explore sample tiny -n 3",
    "explore best tiny --minimize madds -n 3",
)


def _names(command: str) -> list[str]:
    """Return the names of the columns of a command, as its error message lists them."""
    message = run(*shlex.split(command), "--columns", "?").stderr
    return message.strip().rpartition("use one of ")[2].rpartition("The columns are ")[2].split(", ")


def _column(command: str, name: str) -> list[str]:
    return [row[name] for row in csv.DictReader(io.StringIO(run(*shlex.split(command), "--csv").stdout))]


@pytest.mark.parametrize("command", TABLES)
def test_every_column_has_a_name_of_its_own(command: str) -> None:
    """A user can ask for any of them by one word, and gets it."""
    names = _names(command)
    assert len(names) > 1
    for name in names:
        assert name
        assert " " not in name
    done = run(*shlex.split(command), "--columns", ",".join(reversed(names)))
    assert (done.returncode, done.stderr) == (0, "")


def test_columns_are_those_asked_for_in_that_order() -> None:
    """In text, Markdown, LaTeX and CSV, also columns that CSV does not have otherwise."""
    asked = ("count", "mf26m", "--by", "pillar", "--columns", "madds.share,pillar")
    assert run(*asked, "--csv").stdout == "madds.share,pillar\n69.3,mobile\n10.1,former\n10.3,bridge\n10.3,head\n"
    assert run(*asked, "--markdown").stdout.splitlines()[2:5] == [
        "| % | pillar |",
        "| --: | :-- |",
        "| 69.3 | mobile |",
    ]
    assert "\n{\\%} & pillar \\\\\n\\midrule\n69.3 & mobile \\\\\n" in run(*asked, "--latex").stdout
    assert [line.split() for line in run(*asked).stdout.splitlines()[2:7:2]] == [
        ["%", "pillar"],
        ["69.3", "mobile"],
        ["10.3", "bridge"],
    ]


def test_a_narrow_table_shows_exact_numbers_if_the_columns_that_were_asked_for_fit() -> None:
    """So nothing is rounded without need."""
    text = run("count", "mf294m", "--columns", "block,madds", COLUMNS="80").stdout
    assert "10,035,200" in text
    assert "rounded" not in text


def test_numbers_are_sorted_with_the_largest_first_and_text_from_a_to_z() -> None:
    """A minus before the name turns it around; empty cells stay last."""
    madds = list(map(int, _column("list --sort madds", "madds")))
    assert madds == sorted(madds, reverse=True)
    assert _column("list --sort=-madds", "madds") == [str(each) for each in reversed(madds)]
    names = _column("list --sort name", "name")
    assert names == sorted(names)
    assert _column("list --sort -name", "name") == names[::-1]
    gained = run("diff", "mf151m", "mf96m", "--sort", "madds.gained").stdout
    assert gained.index("due to the settings above") < gained.index("-21,526,848")


def test_rows_can_be_sorted_by_a_column_that_is_not_shown() -> None:
    """First they are sorted, then columns are chosen."""
    done = run("count", "mf26m", "--by", "pillar", "--sort", "-params", "--columns", "pillar", "--csv")
    assert done.stdout.split() == ["pillar", "bridge", "mobile", "former", "head"]


def test_the_sort_of_sensitivity_keeps_its_meaning() -> None:
    """It is by the size of the change of a quantity, and the knobs stay together."""
    rows = _column("sensitivity mf26m --sort params", "knob")
    assert rows[:4] == ["tokens.dim", "tokens.dim", "blocks.9.repeat", "blocks.9.repeat"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--columns pilar", "unknown column 'pilar'; did you mean 'pillar'? The columns are pillar, madds, madds.share, params, params.share"),
        ("--sort -nope", "unknown column 'nope'; use one of pillar, madds, madds.share, params, params.share"),
        ("--json --columns madds", "--columns is for tables, and --json has all fields; use --csv, or remove --columns"),
        ("--json --sort madds", "--sort is for tables, and --json has all fields; use --csv, or remove --sort"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused(options: str, message: str) -> None:
    """The message lists the columns."""
    done = run("count", "mf26m", "--by", "pillar", *options.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
