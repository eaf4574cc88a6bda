"""The command line, as users run it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from running import ROOT, in_a_terminal, run, shell, surroundings

import mfprofile

GOLDEN = ROOT / "tests" / "golden"
IMAGE = [{"shape": [1, 3, 224, 224], "dtype": "float32"}]
COMMANDS = {
    "count": "count mf294m",
    "count-by-stage": "count mf52m --by stage",
    "count-by-kind": "count mf26m --by kind",
    "count-by-op": "count mf294m-mobile --by op",
    "count-paper-markdown": "count mf294m-mlp --convention paper --markdown",
    "count-csv": "count mf96m --csv",
    "count-input": "count mf26m --input 225x321 --by pillar",
    "count-backbone": "count mf151m-coco",
    "compare": "count mf294m mf294m-no-ffn mf96m",
    "compare-by-block": "count mf96m mf151m --by block --markdown",
    "diff": "diff mf151m mf96m",
    "diff-settings": "diff mf294m --set blocks.8.out=112 --set blocks.9.kernel=5",
    "diff-markdown": "diff mf294m mf294m-mlp --input 192 --convention paper --markdown",
    "diff-csv": "diff mf151m-retinanet mf151m --csv",
    "count-detector": "count mf151m-retinanet --convention paper-coco --by stage",
    "memory": "memory mf26m",
    "memory-by-op": "memory mf294m-mobile --by op --batch 4 --in-place --csv",
    "memory-compare": "memory mf294m mf96m --dtype int8 --markdown",
    "list": "list",
    "paper-7": "paper 7 --convention core",
    "paper-4": "paper 4",
    "paper-claims": "paper claims",
    "paper-baselines": "paper baselines",
    "formula": "formula mf294m --free tokens.count,tokens.dim",
    "formula-block": "formula mf52m --free input,blocks.8.out --by block --markdown",
    "complexity": "complexity",
    "explain": "explain mf26m --block 3",
    "show": "show mf26m",
    "check": "check mf294m mf26m --max-madds 280M --max former.madds=10% --exit-zero",
    "check-memory": "check mf96m --max-memory 2MB --batch 2 --dtype float16 --exit-zero",
    "sensitivity": "sensitivity mf294m",
    "sensitivity-params": "sensitivity mf26m --sort params --convention paper --set width=0.5 --markdown",
    "explore-count": "explore count tiny --madds 2M:4M --params :45k",
    "explore-front": "explore front tiny --madds :2M --params 30k:",
    "help": "--help",
    "help-explore": "explore --help",
    "help-explore-count": "explore count --help",
    "help-count": "count --help",
    "help-check": "check --help",
    "help-memory": "memory --help",
    "help-sensitivity": "sensitivity --help",
    "help-diff": "diff --help",
    "help-audit": "audit --help",
    "help-export": "export --help",
    "help-measure": "measure --help",
}


TYPER_OF_GOLDENS = (0, 29)
"""The version whose help the golden files have."""


def _version(package: str) -> tuple[int, int]:
    major, minor = metadata.version(package).split(".")[:2]
    return int(major), int(minor)


@pytest.mark.parametrize("name", COMMANDS)
def test_output_is_the_golden_file(name: str, rewrite: bool) -> None:
    """A command prints exactly its golden file."""
    if name.startswith("help") and _version("typer") < TYPER_OF_GOLDENS:
        pytest.skip("older versions of typer lay out help differently")
    done = run(*COMMANDS[name].split(), COLUMNS="80")
    file = GOLDEN / f"{name}.txt"
    if rewrite:
        file.write_text(done.stdout, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == file.read_text(encoding="utf-8")


def test_json_rows_sum_to_the_totals() -> None:
    """The rows of `count --json` are all ops with unique names, and sum to the totals and the pillars."""
    for convention in mfprofile.CONVENTIONS:
        bill = json.loads(run("count", "mf96m", "--json", "--convention", convention).stdout)
        rows = bill["rows"]
        assert bill["schema"] == 2
        assert (bill["name"], bill["convention"], bill["input"]) == ("mf96m", convention, IMAGE)
        assert len({row["name"] for row in rows}) == len(rows)
        for measure in ("madds", "params", "activations"):
            assert sum(row[measure] for row in rows) == bill[measure]
            for pillar, total in bill["pillars"].items():
                assert sum(row[measure] for row in rows if row["pillar"] == pillar) == total[measure]


def test_json_has_the_keys_that_readers_rely_on() -> None:
    """Each row has the documented keys, and `--by` adds groups that sum to the whole."""
    bill = json.loads(run("count", "mf26m", "--json", "--by", "stage").stdout)
    keys = {"name", "block", "stage", "pillar", "kind", "role", "madds", "elements", "params", "activations", "out"}
    always = {"schema", "name", "convention", "unit", "input", "madds", "params", "counted_params", "activations"}
    always |= {"mode", "pillars", "rows", "content"}
    assert set(bill) == always | {"groups"}
    assert all(set(row) == keys for row in bill["rows"])
    assert bill["groups"]["by"] == "stage"
    assert sum(group["madds"] for group in bill["groups"]["totals"]) == bill["madds"]


def test_several_specs_give_a_list_of_bills() -> None:
    """`count --json` of two specs is a list of both."""
    bills = json.loads(run("count", "mf26m", "mf52m", "--json").stdout)
    assert [bill["name"] for bill in bills] == ["mf26m", "mf52m"]


def test_csv_holds_exact_integers() -> None:
    """The CSV's columns sum to the totals."""
    rows = list(csv.DictReader(io.StringIO(run("count", "mf294m", "--csv").stdout)))
    assert sum(int(row["madds"]) for row in rows) == 286_732_160
    assert sum(int(row["params"]) for row in rows) == 11_422_648


@pytest.mark.parametrize("command", ["count", "memory", "verify", "plot pillars"])
def test_every_spec_that_cannot_be_read_is_reported_and_none_is_counted(command: str, tmp_path: Path) -> None:
    """All errors come at once, a shared one once. Nothing is printed for the valid specs."""
    (tmp_path / "base.yaml").write_text("extends: mf26m\nstem: x\n", encoding="utf-8")
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    done = run(*command.split(), "mf26m", "a.yaml", "nope.yaml", "b.yaml", "mf293m", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    shared, *missing = done.stderr.splitlines()
    assert "base.yaml:2:7: stem = 'x': " in shared
    assert missing == [
        "error: nope.yaml: no such file; 'mfprofile list' shows the shipped specs",
        "error: mf293m: no shipped spec and no file has this name; did you mean 'mf294m'?",
    ]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("plot blocks mf26m -o -", "-o -: a picture cannot be written to stdout; use a file that ends in .png, .svg or .pdf"),
        ("report -o -", "-o -: reports cannot be written to stdout; use the name of a folder"),
        (
            "explore sample tiny -n 1 -o -",
            "-o -: variants cannot be written to stdout as files; use a folder, or --json for their specs",
        ),
    ],
)  # fmt: skip
def test_a_dash_as_output_is_refused_where_it_cannot_be_stdout(command: str, message: str, tmp_path: Path) -> None:
    """No file or folder of this name is made."""
    done = run(*command.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
    assert not list(tmp_path.iterdir())


def test_a_dash_as_output_is_stdout_for_a_spec_and_a_page(tmp_path: Path) -> None:
    """The text is that of the file."""
    scaled = ("scale", "mf294m", "--to-madds", "200M")
    assert run(*scaled, "-o", "-", cwd=tmp_path).stdout == run(*scaled, cwd=tmp_path).stdout != ""
    page = run("page", "mf26m", "-o", "-", cwd=tmp_path)
    assert (page.returncode, page.stderr) == (0, "")
    assert not list(tmp_path.iterdir())
    assert run("page", "mf26m", cwd=tmp_path).returncode == 0
    assert (tmp_path / "mf26m.html").read_text(encoding="utf-8") == page.stdout


def test_a_dash_as_baseline_is_standard_input(tmp_path: Path) -> None:
    """`count --json` can be piped into `check`."""
    bill = run("count", "mf26m", "--json").stdout
    assert run("check", "mf26m", "--baseline", "-", stdin=bill, cwd=tmp_path).returncode == 0


def test_the_symbols_of_a_formula_are_names_of_its_keys() -> None:
    """`formula` prints `M = tokens.count`, so M is accepted for it."""
    by_symbol = run("formula", "mf294m", "--free", "M,d,C8")
    by_key = run("formula", "mf294m", "--free", "tokens.count,tokens.dim,blocks.8.out")
    assert (by_symbol.returncode, by_symbol.stdout) == (0, by_key.stdout)
    assert "M = tokens.count\n" in by_key.stdout
    assert "C8 = blocks.8.out" in by_key.stdout


def test_standard_input_is_a_spec(tmp_path: Path) -> None:
    """`count -` reads the output of `show`, and the counts are the same, with `width` applied."""
    shown = run("show", "mf294m", "--set", "width=0.75").stdout
    piped = json.loads(run("count", "-", "--json", stdin=shown, cwd=tmp_path).stdout)
    direct = json.loads(run("count", "mf294m", "--set", "width=0.75", "--json").stdout)
    assert (piped["madds"], piped["params"]) == (direct["madds"], direct["params"])


def test_a_reader_that_stops_early_is_not_an_error() -> None:
    """`mfprofile count x | head` ends without a message and with exit code 0."""
    line = "set -o pipefail; mfprofile count mf508m --json | head -1; echo status ${PIPESTATUS[0]}"
    assert shell(line) == "{\nstatus 0\n"


def test_output_has_no_colour_in_a_pipe_or_with_no_color() -> None:
    """A pipe gets no escape sequences, and a terminal none for colours with NO_COLOR."""
    assert "\x1b" not in run("count", "mf26m").stdout
    assert "\x1b[" in in_a_terminal("count", "mf26m")
    plain = in_a_terminal("count", "mf26m", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*(3|4|9|10)[0-7]", plain)  # bold is not a colour


def test_a_narrow_terminal_has_human_units_and_the_exact_totals() -> None:
    """At 80 columns each line has only the human units; a line below has the totals, and one says what is missing."""
    output = in_a_terminal("count", "mf294m", COLUMNS="80").replace("\r\n", "\n")
    assert "\ntotal: 286,732,160 MAdds, 11,422,648 params\n" in output
    assert "286.73M" in output
    assert "10,035,200" not in output
    assert output.endswith("\nnumbers are rounded to fit 80 columns; --csv has the exact ones\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["count", "mf294n"], "error: mf294n: no shipped spec and no file has this name; did you mean 'mf294m'?\n"),
        (["count", "nowhere/x.yaml"], "error: nowhere/x.yaml: no such file; 'mfprofile list' shows the shipped specs\n"),
        (["count", "tests"], "error: tests: is a folder, not a spec; name a spec's file\n"),
        (["count", "mf294m", "--convention", "papr"], "error: unknown convention 'papr'; did you mean 'paper'?\n"),
        (["count", "mf294m", "--by", "pilar"], "error: cannot count by 'pilar'; did you mean 'pillar'?\n"),
        (["count", "mf294m", "--json", "--csv"], "error: --json and --csv cannot be combined; use one of them\n"),
        (["count", "mf294m", "--set", "tokens"], "error: --set tokens: must be KEY=VALUE, as in tokens.dim=128 or blocks.8.out=112\n"),
        (["count", "mf294m", "--set", "stm=3"], "error: --set stm=3: stm: unknown key; did you mean 'stem'?\n"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_clear_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    """Stderr has exactly the message, and stdout is empty."""
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


@pytest.mark.parametrize("arguments", [["cuont"], ["count"], ["count", "mf294m", "--jsn"], ["list", "x"]])
def test_wrong_usage_is_exit_code_2_without_a_traceback(arguments: list[str]) -> None:
    """Typer's own errors use the same exit codes."""
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("check mf26m --max-madds 1M | true", 1),
        ("check mf26m --max-madds 1M --json | head -1", 1),
        ("check nowhere.yaml mf26m --max-madds 300M | true", 2),
        ("check nowhere.yaml 2>&1 | true", 2),
        ("count nowhere.yaml 2>&1 | true", 2),
        ("no-such-command 2>&1 | true", 2),
        ("--help | true", 0),
        ("explore list mf294m-tokens | head -1", 0),
    ],
)
def test_a_reader_that_goes_away_does_not_change_the_exit_code(line: str, code: int) -> None:
    """It is that of the verdict or of the input, for every command."""
    assert shell(f"mfprofile {line} >/dev/null; echo status ${{PIPESTATUS[0]}}").endswith(f"status {code}\n")


@pytest.mark.parametrize("stderr", ["/dev/full", "&-"])
@pytest.mark.parametrize(
    ("line", "code"), [("check mf26m --max-madds 1M", 1), ("count nowhere", 2), ("nowhere", 2), ("count mf26m", 0)]
)
def test_nothing_that_happens_to_stderr_changes_the_exit_code(line: str, code: int, stderr: str) -> None:
    """A full or closed stderr cannot report anything."""
    assert shell(f"mfprofile {line} >/dev/null 2>{stderr}; echo status $?") == f"status {code}\n"


@pytest.mark.parametrize(
    "line",
    [
        *("mfprofile count mf26m > /dev/full", "mfprofile count mf26m --json >&-", "mfprofile --help > /dev/full"),
        *("mfprofile explore --help >&-", "mfprofile --version >/dev/full", "mfprofile explore list tiny >/dev/full"),
    ],
)
def test_output_that_cannot_be_written_is_exit_code_74(line: str) -> None:
    """A full disk or a closed stream gives one line and no traceback."""
    output = shell(f"{line}; echo status $? >&2")
    assert output.startswith("error: standard output")
    assert output.endswith("status 74\n")
    assert output.count("\n") == 2


def test_a_closed_standard_input_is_invalid_input() -> None:
    """The message names it."""
    assert shell("mfprofile count - <&-; echo status $?") == "error: <stdin>: is closed\nstatus 2\n"


def test_standard_input_is_read_once() -> None:
    """A second `-` is refused, since it would be empty."""
    done = run("count", "-", "-", stdin="extends: mf26m")
    assert (done.returncode, done.stderr) == (2, "error: -: standard input can be read only once\n")


def test_one_token_is_singular() -> None:
    """The heading of a bill uses the singular for one token."""
    head = run("count", "mf26m", "--set", "tokens.count=1").stdout.splitlines()[0]
    assert head == "mf26m: input 224×224, 1 token of 128; MAdds in convention 'core'"


def test_the_unit_and_the_counted_params_of_a_convention_are_shown() -> None:
    """FlopCounterMode's total is in FLOPs, and Table 4's parameters exclude norms."""
    bill = json.loads(run("count", "mf151m-coco", "--convention", "paper-coco", "--json").stdout)
    assert (bill["unit"], bill["params"], bill["counted_params"]) == ("MAdds", 4_907_788, 4_877_884)
    text = run("count", "mf26m", "--convention", "torch").stdout
    assert text.splitlines()[2].split()[3] == "FLOPs"
    assert "'thop' counts 3,232,404 of the 3,232,788 params" in run("count", "mf26m", "--convention", "thop").stdout


def test_a_repeated_name_gets_columns_of_its_own() -> None:
    """The second name has a number."""
    header = run("count", "mf26m", "mf26m", "--csv").stdout.splitlines()[0]
    assert header == "pillar,mf26m.madds,mf26m#2.madds,mf26m.params,mf26m#2.params"


@pytest.mark.parametrize("columns", ["60", "80"])
@pytest.mark.parametrize(
    "command",
    [
        *("count mf294m", "count mf26m mf52m", "count mf26m --by op", "diff mf26m mf508m", "paper 2", "paper claims"),
        "sensitivity mf26m",
    ],
)
def test_a_narrow_terminal_cuts_no_name_and_no_digit(command: str, columns: str) -> None:
    """Numbers are rounded, columns skipped, words wrapped, tables continued below. Nothing is cut."""
    assert "…" not in in_a_terminal(*command.split(), COLUMNS=columns)


@pytest.mark.parametrize(
    "command",
    [
        *("count mf294m", "count mf26m mf52m", "diff mf151m mf96m", "paper 7", "paper claims", "complexity", "list"),
        "sensitivity mf26m",
    ],
)
def test_a_wide_terminal_shows_the_same_as_a_pipe(command: str) -> None:
    """The layout is the same. Only headings are bold."""
    shown = re.sub(r"\x1b\[[0-9;]*m", "", in_a_terminal(*command.split(), COLUMNS="400"))
    lines = [line.rstrip() for line in shown.replace("\r\n", "\n").splitlines()]
    assert lines == run(*command.split()).stdout.splitlines()


def test_an_interruption_is_exit_code_130() -> None:
    """Ctrl-C ends with 130 and no traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mfprofile", "count", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=surroundings(),
    )  # fmt: skip
    assert process.stdin is not None
    import signal
    import time

    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_a_bug_is_reported_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception gives one line that says it is a bug, and exit code 70."""
    monkeypatch.setattr("mfprofile.cli.program._run", lambda _: 1 // 0)
    monkeypatch.delenv("MFPROFILE_DEBUG", raising=False)
    done = run("count", "mf26m")
    message = "ZeroDivisionError: integer division or modulo by zero; this is a bug in mfprofile"
    assert (done.returncode, done.stderr) == (70, f"error: {message}; set MFPROFILE_DEBUG=1 to see the traceback\n")


def test_the_version_is_the_packages() -> None:
    """`--version` prints the version of the package metadata."""
    from importlib.metadata import version

    assert run("--version").stdout == f"mfprofile {version('mfprofile')}\n"
