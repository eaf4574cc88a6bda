"""Completions of a shell at TAB."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from effort import one_in
from running import ROOT, need, run, shell

from mfprofile.cli.columns import COLUMNS
from mfprofile.cli.completion import columns, counters, parts, specs
from mfprofile.cli.groups import with_group_options
from mfprofile.cli.program import COMMANDS, command_at
from mfprofile.verify.files import FILE_COUNTERS


def _offered(line: str, cwd: Path = ROOT) -> list[str]:
    """Return bash's completions at the end of a line, from its function for mfprofile."""
    words = line.split(" ")
    array = " ".join(f"'{word}'" for word in words)
    return shell(
        'eval "$(_MFPROFILE_COMPLETE=source_bash mfprofile)"\n'
        f"COMP_WORDS=({array}) COMP_CWORD={len(words) - 1}\n"
        '_mfprofile_completion mfprofile && printf "%s\\n" "${COMPREPLY[@]}"',
        cwd,
    ).splitlines()


OFFERED: list[tuple[str, list[str]]] = [
    ("mfprofile ch", ["check"]),
    ("mfprofile check --max-m", ["--max-madds", "--max-memory"]),
    ("mfprofile show mf26", ["mf26m"]),
    ("mfprofile count mf294m mf5", ["mf52m", "mf508m", "mf508m-coco", "mf508m-retinanet"]),
    ("mfprofile count specs/mf5", [f"specs/mf5{rest}.yaml" for rest in ("08m-coco", "08m-retinanet", "08m", "2m")]),
    ("mfprofile count mf26m --convention paper", ["paper", "paper-coco"]),
    ("mfprofile count mf26m --by ", ["block", "stage", "pillar", "kind", "op"]),
    ("mfprofile memory mf26m --dtype bf", ["bfloat16"]),
    ("mfprofile check mf26m --format g", ["github"]),
    ("mfprofile verify mf26m --counter th", ["thop"]),
    ("mfprofile audit net.py:Net --by mo", ["module"]),
    ("mfprofile audit net.py:Net --counter pt", ["ptflops", "ptflops-pytorch"]),
    ("mfprofile formula mf26m --style l", ["latex"]),
    ("mfprofile paper c", ["claims"]),
    ("mfprofile explore count ti", ["tiny"]),
    ("mfprofile explore best tiny --maximize former.p", ["former.params"]),
    ("mfprofile scale mf26m --by ", ["width", "tokens.dim", "input", "depth", "head.fc"]),
    ("mfprofile sensitivity mf26m --sort elas", ["elasticity"]),
    ("mfprofile plot waterfall mf26m --quantity ", ["madds", "params", "latency"]),
    ("mfprofile diff mf26", ["mf26m"]),
    ("mfprofile diff mf52m mf26", ["mf26m"]),
    ("mfprofile count README", [""]),
    ("mfprofile memory timm", ["timm:"]),
    ("mfprofile plot contour mf294m-s", ["mf294m-stages"]),
    ("mfprofile plot contour mf26m --x tok", ["tokens.count", "tokens.dim"]),
    ("mfprofile count mf26m --set for", ["former.ffn=", "former.heads="]),
    ("mfprofile count mf26m --set blocks.8.o", ["blocks.8.out="]),
    ("mfprofile check mf26m --max mem", ["memory="]),
    ("mfprofile explore count tiny --within head.p", ["head.params="]),
    ("mfprofile explore search tiny --sampler n", ["nsga2"]),
    ("mfprofile formula mf26m --free tokens.count,in", ["tokens.count,input"]),
    ("mfprofile explain mf26m --block h", ["head"]),
    ("mfprofile explain mf294m --block 1", ["1", "10", "11", "12"]),
    ("mfprofile explain mf26m --block ", [*map(str, range(1, 10)), "tokens", "stem", "final", "head"]),
    ("mfprofile explain mf294m --set blocks.5.repeat=2 --block 13", ["13"]),
    ("mfprofile explain --block 1", ["1", "10", "11", "12"]),
    ("mfprofile explain - --block ", ["tokens", "stem", "final", "head"]),
    ("mfprofile explain no.yaml --block ", ["tokens", "stem", "final", "head"]),
    ("mfprofile list --sort ab", ["about"]),
    ("mfprofile explore best tiny --columns number,par", ["number,params"]),
    ("mfprofile explore sample tiny --sort tok", ["tokens.count", "tokens.dim"]),
]
"""Lines, and the words that bash offers at their ends. Each takes two processes, so every fifth is run by default."""


@pytest.mark.parametrize(
    ("line", "offers"),
    one_in(5, OFFERED, 2),
)
def test_bash_offers_the_valid_words(line: str, offers: list[str]) -> None:
    """Commands, options, specs and values of options. Nothing if bash should offer files itself."""
    assert _offered(line) == offers


FREE = {
    *("FILE", "DIR", "FILE:FUNCTION", "URL", "ADDRESS"),
    *("N", "AMOUNT", "AMOUNT,...", "LEAST:MOST", "GROWTH", "TIME", "BYTES"),
    *("[NAME=][TYPE:]SHAPE", "SIZE", "NAME=YAML"),
    "TEXT",
}
"""The metavars of values that no list has: files, which shells complete, numbers, shapes, and names that users give."""
FREE_OPTIONS = {"--arg", "--name"}
"""The other options whose values no list has: arguments of the user's factory, and the name of her study."""


def _parameters() -> Iterator[Any]:
    """Yield every option and argument with a value, of each command, as pytest parameters."""
    for name, inner in COMMANDS.items():
        for each in inner or ("",):
            path = " ".join(filter(None, (name, each)))
            signature = inspect.signature(with_group_options(command_at(*path.split())))
            for parameter in signature.parameters.values():
                info = next(each for each in parameter.annotation.__metadata__ if hasattr(each, "autocompletion"))
                if parameter.annotation.__origin__ not in (bool, bool | None):
                    flag = next((text for text in info.param_decls or () if text.startswith("--")), info.default)
                    yield pytest.param(info, id=f"{path} {flag if isinstance(flag, str) else info.metavar}")


@pytest.mark.parametrize("info", list(_parameters()))
def test_every_value_that_has_a_list_is_completed(info: Any) -> None:
    """Each option and argument has a metavar. It offers words, unless no list has its values."""
    assert info.metavar
    if info.autocompletion is None:
        names = {*(info.param_decls or ()), info.default}
        assert info.metavar in FREE or names & FREE_OPTIONS
    else:
        takes_text = len(inspect.signature(info.autocompletion).parameters) == 1
        if info.autocompletion in (columns, parts):
            return  # see below
        offers = list(info.autocompletion("") if takes_text else info.autocompletion())
        names = [offer if isinstance(offer, str) else offer[0] for offer in offers]
        assert names or info.metavar == "BUDGET"  # those of the user's file, see budget/test_config.py
        assert all(name and isinstance(name, str) for name in names)


def test_every_command_with_tables_has_columns_to_offer() -> None:
    """The names are listed by command."""
    commands = {str(each.id).rpartition(" ")[0] for each in _parameters() if each.values[0].autocompletion is columns}
    assert commands == set(COLUMNS)


@pytest.mark.parametrize(
    "line",
    [
        *("list", "count mf26m", "count mf26m mf52m mf96m mf294m", "count mf26m --by stage", "diff mf26m mf52m"),
        *("count mf26m --latency-model example-torch", "memory mf26m", "memory mf26m mf52m", "complexity"),
        *("explain mf26m --block 3", "formula mf26m --free M", "sensitivity mf26m", "explore spaces"),
        *("explore count tiny", "explore best tiny --maximize params", "explore front tiny", "explore sample tiny"),
        *("audit timm:resnet18 --by op", "verify mf26m --counter torch --csv", "diff mf26m mf52m --csv"),
        *("explore histogram tiny --csv", "count mf26m --by op", "memory mf26m --by op"),
        *("paper 3", "paper claims", "paper baselines", "explore histogram tiny"),
        *("check mf26m --max-madds 30M", "check mf26m --max-madds 30M --csv", "scale mf26m --to-madds 20M --csv"),
    ],
)
def test_the_offered_columns_are_those_of_the_tables(line: str) -> None:
    """Each column that the command names is offered."""
    if line.startswith(("audit", "verify")):
        need("torch", "torchvision", "timm")
    with mock.patch("mfprofile.cli.columns.COLUMNS", {}):  # so that the table is asked, not the list itself
        done = run(*line.split(), "--columns", "nosuch")
    assert done.returncode == 2
    names = done.stderr.strip().rpartition("use one of ")[2].partition("; ")[0].split(", ")
    command = next(name for name in sorted(COLUMNS, key=len, reverse=True) if line.startswith(name))
    assert set(names) <= set(COLUMNS[command])


def test_an_option_takes_one_thing_in_all_commands() -> None:
    """It has one metavar, but for a few that take more in one command."""
    metavars: dict[str, set[str]] = {}
    for each in _parameters():
        name = str(each.id).rpartition(" ")[2]
        metavars.setdefault(name, set()).add(each.values[0].metavar)
    assert {name: kinds for name, kinds in metavars.items() if len(kinds) > 1 and name.startswith("--")} == {
        "--batch": {"N", "N|any"},  # of an exported file
        "--by": {"AXIS", "KEY"},  # the key that scale changes
        "--sort": {"COLUMN", "QUANTITY"},  # of sensitivity
        "--x": {"KEY[=FROM:TO]", "QUANTITY"},  # of a contour, and of variants
        "--y": {"KEY[=FROM:TO]", "QUANTITY"},
        "--input": {"SIZE", "[NAME=][TYPE:]SHAPE"},  # of a network in code
        "--output": {"FILE", "DIR"},  # of several files
    }


def test_files_of_the_folder_are_offered_with_the_shipped_specs(tmp_path: Path) -> None:
    """YAML files with either suffix are offered, for any name. Other files are not."""
    for name in ("mf5.yaml", "mf5[1].yml", "mf5.json"):
        (tmp_path / name).write_text("", encoding="utf-8")
    offered = _offered("mfprofile count mf5", tmp_path)
    assert offered[4:] == ["mf5.yaml", "mf5[1].yml"]
    assert list(specs(str(tmp_path / "mf5["))) == [(str(tmp_path / "mf5[1].yml"), "")]


@pytest.mark.parametrize(("form", "separator"), [("zsh", '":"'), ("fish", "\t")])
def test_zsh_and_fish_offer_each_name_with_its_description(form: str, separator: str) -> None:
    """Each name has one line of any length. A second line would be another offer."""
    typed = "_TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS='mfprofile count --convention paper'"
    lines = shell(f"_MFPROFILE_COMPLETE=complete_{form} {typed} mfprofile").splitlines()
    assert len(lines) == 2
    for line, name, end in zip(lines, ("paper", "paper-coco"), ("DY-ReLU", "no matrix product"), strict=True):
        assert f"{name}{separator}" in line
        assert end in line


def test_the_offered_counters_are_those_that_exist() -> None:
    """Their names are known without torch."""
    audit = pytest.importorskip("mfprofile.verify.counters")
    assert set(counters()) == {*audit.COUNTERS, *FILE_COUNTERS}
