"""The gallery: each kind of picture is there, and each is what its command draws."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from pictures import numbers_in
from running import ROOT, need, shell

from mfprofile.cli.program import COMMANDS
from mfprofile.view.report import PICTURES

PAGE = ROOT / "docs" / "gallery.md"
BLOCK = re.compile(r"```(console|py)\n(.*?)```", re.DOTALL)
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")
KEPT = sorted((ROOT / "docs" / "pictures").iterdir())
MOST_BYTES = 500_000


def commands() -> list[list[str]]:
    """Return the commands on the page that draw a picture, as words."""
    blocks = [body for form, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if form == "console"]
    every = [line for body in blocks for line in re.findall(r"^\$ (.*)$", body, re.MULTILINE)]
    return [shlex.split(line.split(" 2>")[0]) for line in every if line.startswith("mfprofile plot ")]


def drawn() -> dict[str, list[str]]:
    """Return the words of each command by the file that it writes."""
    return {words[words.index("-o") + 1]: words for words in commands()}


def shown() -> list[Path]:
    """Return the pictures on the page."""
    return [(PAGE.parent / link).resolve() for link in PICTURE.findall(PAGE.read_text(encoding="utf-8"))]


def test_each_kind_of_picture_is_in_the_gallery() -> None:
    """Each command of `plot` is on the page, and writes a picture that is shown."""
    assert {words[2] for words in commands()} == set(COMMANDS["plot"])
    names = {picture.name for picture in shown()}
    assert set(drawn()) == names


def test_each_picture_exists_and_is_small() -> None:
    """Those of the gallery alone are all shown; the others are reports, by the same commands."""
    assert all(picture.is_file() and picture.stat().st_size < MOST_BYTES for picture in shown())
    assert [picture.name for picture in KEPT] == sorted(
        each.name for each in shown() if each.parent == PAGE.parent / "pictures"
    )
    reports = [each for each in shown() if each.parent == ROOT / "reports"]
    for picture in reports:
        words = drawn()[picture.name]
        assert PICTURES[picture.stem][0].split() == words[1 : words.index("-o")]


@pytest.mark.slow
def test_each_picture_is_what_its_command_draws(tmp_path: Path, rewrite: bool) -> None:
    """All commands of the page are run in order, in one folder; a picture is known by its numbers."""
    need("optuna", "torch", "PIL")
    for form, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if form == "py":
            name, _, code = body.partition("\n")
            (tmp_path / name.removeprefix("# ")).write_text(code, encoding="utf-8")
        for command in re.findall(r"^\$ (.*)$", body, re.MULTILINE) if form == "console" else ():
            if not command.startswith("mfprofile plot ") or _is_kept(command):
                shell(command, tmp_path)
    for file in KEPT if not rewrite else [ROOT / "docs" / "pictures" / name for name in drawn() if _is_kept(name)]:
        fresh = tmp_path / file.name
        if rewrite:
            file.write_bytes(fresh.read_bytes())
        if file.suffix == ".svg":
            assert numbers_in(file) == numbers_in(fresh), file.name


def _is_kept(text: str) -> bool:
    """Return whether a picture, named or drawn by a command, is one of the gallery alone, not one of the reports."""
    name = text.split("-o ")[-1].split()[0]
    return Path(name).stem not in PICTURES
