"""Completions of a shell at TAB."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import ROOT, shell

from mfprofile.cli.completion import counters, specs
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


@pytest.mark.parametrize(
    ("line", "offers"),
    [
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
        ("mfprofile sensitivity mf26m --sort ", ["madds", "params", "latency"]),
        ("mfprofile plot waterfall mf26m --quantity ", ["madds", "params", "latency"]),
        ("mfprofile diff mf26", ["mf26m"]),
        ("mfprofile diff mf52m mf26", ["mf26m"]),
        ("mfprofile count README", [""]),
    ],
)
def test_bash_offers_the_valid_words(line: str, offers: list[str]) -> None:
    """Commands, options, specs and values of options. Nothing if bash should offer files itself."""
    assert _offered(line) == offers


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
