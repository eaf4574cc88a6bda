"""Every table fits the width that there is, and nothing of a number is lost."""

from __future__ import annotations

import re

import pytest
from effort import one_in
from running import in_a_terminal, run

from mfprofile.view.fitting import fitted
from mfprofile.view.grid import text_of
from mfprofile.view.numbers import grouped, human
from mfprofile.view.tables import Column, Table
from mfprofile.view.wrapping import width_of

COMMANDS = (
    "list",
    "count mf294m",
    "count mf151m-retinanet",
    "count mf151m-coco --convention paper-coco",
    "count mf294m --training",
    "count mf294m --latency-model devices/example-torch.json",
    *(f"count mf294m --by {axis}" for axis in ("op", "pillar", "kind", "stage")),
    "count mf294m mf96m",
    "count mf294m mf294m-no-ffn mf96m",
    "count mf294m mf294m-no-ffn mf96m mf26m mf508m",
    *(f"count mf294m mf96m --by {axis}" for axis in ("block", "op", "kind")),
    "check mf294m mf26m --max-madds 280M --max former.madds=10%",
    "check mf96m --max-memory 2MB --batch 2 --dtype float16",
    "memory mf26m",
    "memory mf26m --by op",
    "memory mf294m mf151m-retinanet",
    "sensitivity mf294m",
    "sensitivity mf26m --sort params --convention paper",
    "diff mf151m mf96m",
    "diff mf294m mf294m-mlp --convention paper",
    "paper",
    "paper 4 --convention core",
    "paper claims",
    "paper baselines",
    "complexity",
    "formula mf294m --free tokens.count,tokens.dim",
    "explain mf26m --block 3",
    pytest.param("explore spaces", marks=pytest.mark.slow),
    "explore count tiny --madds 2M:4M --params :45k",
    "explore histogram tiny --quantity params",
    "explore sample tiny -n 3 --madds 2M:4M",
    "explore front tiny --madds :2M --params 30k:",
    "explore best tiny --minimize madds -n 3",
    "sensitivity mf26m --sort -params",
    pytest.param("verify mf26m --counter torch", marks=pytest.mark.slow),
    pytest.param("audit torchvision:resnet18 --verify --counter torch", marks=pytest.mark.slow),
    pytest.param("measure mf26m --sweeps 2 --runtime torch", marks=pytest.mark.slow),
)
COLOURS = re.compile(r"\x1b\[[\d;]*m")


def _too_long(text: str, width: int) -> list[str]:
    """Return the lines that are wider than a width, though they have more than one word."""
    lines = COLOURS.sub("", text).splitlines()
    return [line for line in lines if width_of(line) > width and len(line.split()) > 1]


@pytest.mark.parametrize("command", one_in(2, COMMANDS))
def test_no_line_is_wider_than_the_columns(command: str) -> None:
    """At 80 columns and at 60, tables and the lines around them fit."""
    for width in (60, 80):
        done = run(*command.split(), COLUMNS=str(width))
        assert done.returncode in (0, 1)
        assert _too_long(done.stdout, width) == []


@pytest.mark.parametrize("options", ["--to-madds 200M", "--to-latency 20ms --latency-model devices/example-torch.json"])
def test_the_comments_of_a_scaled_spec_fit(options: str) -> None:
    """At 80 columns, sentences are wrapped. Figures stay in one line."""
    done = run("scale", "mf294m", *options.split(), COLUMNS="80")
    assert done.returncode == 0
    assert done.stdout.startswith("# mf294m scaled by width to at most ")
    assert _too_long(done.stdout, 80) == []


@pytest.mark.parametrize("command", ["count mf294m", "sensitivity mf26m", "paper 4", "explore sample tiny -n 3"])
def test_a_terminal_shows_what_a_pipe_of_its_width_does(command: str) -> None:
    """Except for bold and coloured text."""
    shown = COLOURS.sub("", in_a_terminal(*command.split(), width=80))
    assert shown == run(*command.split(), COLUMNS="80").stdout


def test_a_terminal_shows_verdicts_in_red_and_green() -> None:
    """The words are there as well. With NO_COLOR, and in a pipe, there is neither colour nor bold text."""
    command = ("check", "mf294m", "mf26m", "--max-madds", "280M", "--exit-zero")
    shown = in_a_terminal(*command, width=80)
    assert "\x1b[31mOVER\x1b[0m" in shown
    assert "\x1b[32mwithin\x1b[0m" in shown
    assert "\x1b" not in in_a_terminal(*command, width=80, NO_COLOR="1")
    assert "\x1b" not in run(*command, COLUMNS="80").stdout


def test_messages_are_wrapped_on_a_terminal_alone() -> None:
    """Commands in quotes stay whole. In a pipe, a message is one line, whatever COLUMNS says."""
    shown = in_a_terminal("check", "mf96m", width=60)
    assert shown.splitlines() == [
        "error: mf96m: no limit is given; use a flag such as",
        "  --max-madds 300M, a map 'budget: {max: {madds: 300M}}' in",
        "  the spec, or one under [tool.mfprofile.budgets] in",
        "  pyproject.toml",
    ]
    piped = run("check", "mf96m", COLUMNS="60").stderr
    assert " ".join(shown.split()) == piped.rstrip("\n")


def test_choices_are_wrapped_between_keys_with_their_values() -> None:
    """The key of a block stays beside its first value."""
    output = run("explore", "sample", "mf294m-stages", "-n", "1", COLUMNS="80").stdout
    assert [line[29:] for line in output.splitlines()[4:9]] == [
        "tokens.count 8, tokens.dim 256, stem 12,",
        "blocks.2 expand 8 out 20, blocks.4 expand 4 out 48,",
        "blocks.6 expand 2 out 72, blocks.8 exp 432 out 128,",
        "blocks.10 expand 2 out 144",
        "",
    ]


def test_what_a_narrow_table_hides_is_where_it_says() -> None:
    """The CSV of many specs has a line for each only on request; that of a histogram never has bars."""
    many = ("count", "mf294m", "mf96m", "mf26m", "mf508m")
    assert " ".join(run(*many, COLUMNS="50").stdout.splitlines()[-3:]).endswith("--csv --columns name,… has all")
    assert run(*many, "--csv", "--columns", "name,paper.madds").stdout.splitlines()[1] == "mf294m,294051584"
    bars = run("explore", "histogram", "tiny", COLUMNS="60").stdout.splitlines()[-1]
    assert bars == "hidden to fit 60 columns: bar"


def test_an_explained_block_stays_one_table_at_60_columns() -> None:
    """Its numbers have headings then: the formulas with numbers go first."""
    lines = run("explain", "mf294m", "--block", "8", COLUMNS="60").stdout.splitlines()
    assert lines[2].split() == ["op", "MAdds", "params"]
    assert lines[-1] == "hidden to fit 60 columns: madds_numbers; --csv has all"


AMOUNTS = Table(
    [
        Column("name"),
        Column("MAdds", "madds", grouped, right=True, short=human, pair=True),
        Column("about", optional=1),
        Column("what was changed", wraps=True),
    ],
    [["stem", 5_419_008, "a convolution", "nothing at all, so that each of its numbers is as it was before"]],
    [[["total", 5_419_008, None, None]]],
)


def _headings(width: int | None) -> list[list[str]]:
    return [[" ".join(strip.heading) for strip in block] for block in fitted(AMOUNTS, width).blocks]


def test_a_table_is_narrowed_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Human units come first, then words are wrapped, then optional columns go, then the table goes on below."""
    everything = ["name", "MAdds", "", "about", "what was changed"]
    assert _headings(None) == _headings(104) == [everything]
    assert _headings(103) == _headings(54) == [["name", "MAdds", "about", "what was changed"]]
    assert _headings(53) == _headings(23) == [["name", "MAdds", "what was changed"]]
    assert _headings(22) == [["name", "MAdds"], ["name", "what was changed"]]
    monkeypatch.delenv("COLUMNS", raising=False)
    assert max(map(width_of, text_of(AMOUNTS).splitlines())) == 104


def test_a_pipe_without_columns_gets_the_full_form() -> None:
    """Nobody reads it on a screen of a known width."""
    output = run("paper", "claims", COLUMNS="").stdout
    assert max(map(width_of, output.splitlines())) > 200


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The totals stay exact."""
    monkeypatch.setenv("COLUMNS", "40")
    assert text_of(AMOUNTS).splitlines()[-3:] == [
        "total: 5,419,008 MAdds",
        "hidden to fit 40 columns: about; numbers",
        "  are rounded: --csv has all",
    ]
