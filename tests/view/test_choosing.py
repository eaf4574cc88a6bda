"""Columns that a user chooses, and rows that a user sorts."""

from __future__ import annotations

import csv
import io
import shlex
from pathlib import Path
from unittest import mock

import pytest
from effort import one_in
from running import run

from mfprofile.view.choosing import unknown_column

TABLES = (
    "list",
    "count mf26m",
    "count mf26m --by op",
    "count mf26m mf52m",
    "count mf26m mf52m mf96m mf294m",
    "count mf26m mf52m mf96m mf294m --by stage",
    "count mf26m --latency-model devices/example-torch.json",
    "check mf26m --max-madds 30M",
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
    with mock.patch("mfprofile.cli.columns.COLUMNS", {}):  # so that the table is asked, not the list of all columns
        message = run(*shlex.split(command), "--columns", "?").stderr
    names = message.strip().rpartition("use one of ")[2].rpartition("The columns are ")[2]
    return names.partition("; ")[0].split(", ")


def _column(command: str, name: str) -> list[str]:
    return [row[name] for row in csv.DictReader(io.StringIO(run(*shlex.split(command), "--csv").stdout))]


@pytest.mark.parametrize("command", one_in(3, TABLES))
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
        ("--columns madds,madds", "--columns 'madds,madds': madds is given twice; name each column once"),
        ("--json --columns madds", "--columns is for tables, and --json has all fields; use --csv, or remove --columns"),
        ("--json --sort madds", "--sort is for tables, and --json has all fields; use --csv, or remove --sort"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused(options: str, message: str) -> None:
    """The message lists the columns."""
    done = run("count", "mf26m", "--by", "pillar", *options.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")


@pytest.mark.parametrize(
    "command",
    ["measure mf26m", "verify mf26m", "audit timm:resnet18", "memory mf26m", "diff mf26m mf52m"]
    + [
        f"explore {name} tiny"
        for name in ("best --minimize madds", "front", "sample -n 3", "search --objective nosuch.py:f", "count")
    ],
)
@pytest.mark.parametrize("options", ["--columns nosuch", "--sort=-nosuch"])
def test_a_command_that_takes_long_checks_columns_first(command: str, options: str) -> None:
    """So nobody waits for an answer that is then refused. Here, reading a spec would already be an error."""
    done: list[object] = []
    with mock.patch("mfprofile.spec.load.load", side_effect=done.append):
        refused = run(*shlex.split(command), *options.split())
    assert (refused.returncode, refused.stdout, done) == (2, "", [])
    assert refused.stderr.startswith("error: unknown column 'nosuch'; use one of ")


@pytest.mark.parametrize(
    ("command", "options", "name"),
    [
        ("explore best tiny --minimize madds -n 2", "--columns number,latency", "latency"),
        ("explore sample tiny -n 2", "--csv --sort nosuch", "nosuch"),
        ("memory mf26m mf52m", "--columns block", "block"),
    ],
)
def test_no_answer_is_lost_by_a_column_that_only_it_can_refuse(command: str, options: str, name: str) -> None:
    """The whole table is printed, then the error."""
    whole = run(*shlex.split(command), *(["--csv"] if "--csv" in options else []))
    refused = run(*shlex.split(command), *options.split())
    assert (refused.returncode, refused.stdout) == (2, whole.stdout)
    assert refused.stderr.startswith(f"error: unknown column '{name}'; ")


def test_quantities_and_figures_that_options_name_can_be_columns(tmp_path: Path) -> None:
    """They pass the check before the query."""
    (tmp_path / "results.csv").write_text("spec,top1\n", encoding="utf-8")
    done = run(
        "explore", "best", "tiny", "--minimize", "former.params", "-n", "1", "--columns", "former.params", "--csv"
    )
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "former.params")
    asked = ("--maximize", "top1", "--measured", "results.csv", "--columns", "number,top1")
    done = run("explore", "best", "tiny", *asked, "-n", "1", cwd=tmp_path)
    assert "unknown column" not in done.stderr


def test_all_columns_are_listed_once_also_beside_a_suggestion() -> None:
    """Whether they are listed already does not depend on what their names contain."""
    assert str(unknown_column("on", ["one", "o"])) == "unknown column 'on'; did you mean 'one'? The columns are one, o"
    many = [f"column{number}" for number in range(20)]
    assert str(unknown_column("nosuch", many)).count("column19") == 1
    assert str(unknown_column("nosuch", ["a", "b"])) == "unknown column 'nosuch'; use one of a, b"


def test_one_spec_has_a_line_too_if_its_name_is_asked_for() -> None:
    """As several specs do. By op, `name` is that of an op."""
    assert run("count", "mf26m", "--columns", "name,madds", "--csv").stdout == "name,madds\nmf26m,23550208\n"
    assert len(run("count", "mf26m", "--by", "op", "--columns", "name", "--csv").stdout.splitlines()) > 100


def test_specs_side_by_side_say_how_to_get_a_line_each() -> None:
    """If the column is one of those lines."""
    done = run("count", "mf26m", "mf52m", "--columns", "pillar,madds")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("mf52m.params.difference; add name for a line each spec\n")
    assert "add name" not in run("count", "mf26m", "mf52m", "--columns", "pillar,nosuch").stderr


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ("--columns name,madds", ""),
        ("--columns name,former.share", "; shares of the pillars in the MAdds"),
        ("--columns name --by stage", ""),
        ("--columns name,head --by block", "; MAdds of each block"),
    ],
)
def test_the_line_above_mentions_only_parts_that_are_shown(options: str, note: str) -> None:
    """Shares of pillars, or the MAdds of parts."""
    head = run("count", "mf26m", "mf52m", *options.split()).stdout.splitlines()[0]
    assert head == f"2 specs: input 224×224; MAdds in convention 'core'{note}"


def test_sensitivity_sorts_by_other_columns_too() -> None:
    """Then lines are sorted, not knobs, and no note says otherwise."""
    changes = [int(each) for each in _column("sensitivity mf26m --sort -params", "params")]
    assert changes == sorted(changes)
    knobs = _column("sensitivity mf26m --sort knob", "knob")
    assert knobs == sorted(knobs)
    assert "comes first" not in run("sensitivity", "mf26m", "--sort", "knob").stdout
    refused = run("sensitivity", "mf26m", "--sort", "-params", "--json")
    assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.slow
def test_each_choice_of_a_space_is_a_column_on_request() -> None:
    """In every form, to show and to sort by, also one without a dot in its name."""
    sample = ("explore", "sample", "mf294m-stages", "-n", "3")
    options = ("--columns", "number,stem,tokens.count", "--sort", "-stem")
    rows = ["number,stem,tokens.count", "1,12,8", "3,16,8", "2,36,4"]
    assert run(*sample, *options, "--csv").stdout.splitlines() == rows
    text = [",".join(line.split()) for line in run(*sample, *options).stdout.splitlines()]
    assert text[2:7:2] + text[5:6] == ["stem,tokens.count", rows[1], rows[3], rows[2]]
    assert "\n| 3 | 16 | 8 |\n" in run(*sample, *options, "--markdown").stdout
    refused = run(*sample, "--columns", "tokens.cont")
    assert refused.stderr.endswith("choices; each choice is a column, too, such as tokens.count\n")


def test_an_unknown_column_is_answered_with_one_list() -> None:
    """Of all columns, however many there are."""
    names = [f"blocks.{at}" for at in range(20)]
    assert str(unknown_column("a; b?", names)) == f"unknown column 'a; b?'; use one of {', '.join(names)}"
