"""Outputs in other encodings than UTF-8, and processes whose folder or locale is unusual."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import ROOT, process, run, surroundings

from mfprofile.view.spelling import SPELLINGS, spelled, spelling_codec

ASCII = {"PYTHONUTF8": "0", "LC_ALL": "C"}
_NOT_OURS = "\ufffd\ud800\udfff"
"""The replacement of a control character, which is escaped, and the ends of a range."""
_OF_NAMES = ("fonts.py", "latex_fitting.py", "latex_text.py")
"""Files with letters that names of users may have, for pictures and LaTeX. They print none by themselves."""


def _printed_characters() -> Iterator[tuple[str, str]]:
    """Yield each character beyond ASCII in the texts of the package, its tables and its specs, with the file."""
    for file in sorted(each for each in (ROOT / "mfprofile").rglob("*.py") if each.name not in _OF_NAMES):
        module = ast.parse(file.read_text(encoding="utf-8"))
        documented = ast.Module | ast.ClassDef | ast.FunctionDef
        nodes = [node for node in ast.walk(module) if isinstance(node, documented)]
        helps = (ast.Module, ast.ClassDef) if file.is_relative_to(ROOT / "mfprofile" / "cli") else documented
        unprinted = {ast.get_docstring(node, clean=False) for node in nodes if isinstance(node, helps)}
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in unprinted:
                yield from ((letter, file.name) for letter in node.value if not letter.isascii())
    for folder in (ROOT / "mfprofile" / "paper", ROOT / "specs", ROOT / "spaces"):
        for file in [*folder.rglob("*.csv"), *folder.rglob("*.yaml")]:
            yield from ((letter, file.name) for letter in file.read_text(encoding="utf-8") if not letter.isascii())


def test_each_character_that_the_package_prints_has_a_spelling() -> None:
    """In ASCII, without a question mark and without an escape."""
    letters = {letter for letter, _ in _printed_characters()} - set(_NOT_OURS)
    assert len(letters) > 25
    for letter in letters:
        text = spelled(letter, "ascii")
        assert text.isascii(), letter
        assert not set(text) & {"?", "\\"}, letter


def test_spellings_are_ascii_and_hide_nothing() -> None:
    """No character is dropped."""
    assert all(text.isascii() and text and "?" not in text for text in SPELLINGS.values())


@pytest.mark.parametrize(
    ("text", "encoding", "result"),
    [
        ("2·d² + M → 3·10¹²…", "ascii", "2*d^2 + M -> 3*10^12..."),
        ("d² + 10¹² + 10¹⁰ – θ", "latin-1", "d² + 10¹² + 10^10 - theta"),
        ("d² → – … ×", "cp1252", "d² -> – … ×"),
        ("中.yaml, é", "ascii", r"\u4e2d.yaml, \u00e9"),
        ("\U0001f600", "cp1252", r"\U0001f600"),
        ("中, é →", "utf-8", "中, é →"),
        ("caf\udcc3\udca9", "ascii", r"caf\u00e9"),
        ("caf\udce9", "utf-8", r"caf\udce9"),
    ],
)
def test_what_an_encoding_lacks_is_spelled_or_escaped(text: str, encoding: str, result: str) -> None:
    """Whole powers are spelled, and names of users are escaped."""
    assert spelled(text, encoding) == result
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=spelling_codec(encoding), write_through=True)
    stream.write(text)
    assert raw.getvalue().decode(encoding) == result


@pytest.mark.parametrize("command", ["count mf26m", "formula mf26m --free tokens.dim", "diff mf26m mf52m", "--help"])
def test_an_output_in_ascii_is_the_spelled_output(command: str) -> None:
    """Nothing is lost. Columns are as wide as the spelled cells."""
    plain = process(*command.split(), **ASCII)
    assert (plain.returncode, plain.stderr) == (0, "")
    assert plain.stdout.isascii()
    assert "?" not in plain.stdout
    expected = spelled(run(*command.split()).stdout, "ascii")
    assert plain.stdout.replace("-", "").split() == expected.replace("-", "").split()


def test_columns_are_aligned_in_ascii() -> None:
    """A formula with d^2 is longer than one with d²."""
    lines = process("formula", "mf26m", "--free", "tokens.dim", **ASCII).stdout.splitlines()
    header = next(line for line in lines if "params" in line)
    rows = [line for line in lines if line.startswith((" mobile", " former"))]
    assert len(rows) == 2
    assert all(line[header.index("params") - 1] == " " != line[header.index("params")] for line in rows)


def test_a_usage_error_is_spelled_too() -> None:
    """Also where typer writes it."""
    done = process("count", "mf26m", "--set", "stem=→", **ASCII)
    assert (done.returncode, done.stderr) == (2, "error: --set stem=->: stem = '->': must be a whole number\n")
    assert process("count", "--h→", **ASCII).stderr.isascii()


def test_json_in_ascii_loses_nothing() -> None:
    """Each character is an escape of JSON."""
    command = ("paper", "2", "--json")
    plain = process(*command, **ASCII)
    assert plain.stdout.isascii()
    assert json.loads(plain.stdout) == json.loads(run(*command).stdout)


def test_names_beyond_the_locale_are_opened_and_escaped(tmp_path: Path) -> None:
    """In an argument, in a file, in `--set`, and in the name of an output."""
    (tmp_path / "café.yaml").write_text("extends: mf26m\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("extends: café.yaml\n", encoding="utf-8")
    for name, shown in [("café.yaml", r"caf\u00e9"), ("b.yaml", "b")]:
        done = process("count", name, cwd=tmp_path, **ASCII)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[0].startswith(f"{shown}: input 224x224")
    done = process("count", "mf26m", "--set", "中=1", cwd=tmp_path, **ASCII)
    assert (done.returncode, done.stderr) == (2, "error: --set \\u4e2d=1: \\u4e2d: unknown key\n")
    done = process("page", "café.yaml", "-o", "ö.html", cwd=tmp_path, **ASCII)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote \\u00f6.html\n")
    assert (tmp_path / "ö.html").exists()


@pytest.mark.skipif(os.name != "posix", reason="a folder in use can be deleted only on POSIX")
@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("count mf26m", 0, ""),
        ("list", 0, ""),
        ("check mf26m --max-madds 1M --format github", 1, ""),
        ("check x.yaml", 2, "error: x.yaml: no such file; 'mfprofile list' shows the shipped specs\n"),
        ("audit net.py:Net", 2, "error: the working directory has been deleted; change to a folder that exists\n"),
    ],
)
def test_a_deleted_working_directory_is_no_bug(tmp_path: Path, command: str, code: int, message: str) -> None:
    """What needs no folder works, and the rest is invalid input."""
    folder = tmp_path / "gone"
    folder.mkdir()
    line = 'rmdir "$PWD"; exec "$@"'
    done = subprocess.run(
        ["bash", "-c", line, "bash", sys.executable, "-m", "mfprofile", *command.split()],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=surroundings(PYTHONPATH=str(ROOT)),
    )
    assert (done.returncode, done.stderr) == (code, message)
