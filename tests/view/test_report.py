"""The reports that are committed: what is in them is what would be written now, and is the same at each run."""

from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from running import ROOT, process, run

from mfprofile.paper.claims import MODELS
from mfprofile.view.report import EXAMPLE, PICTURES, reports

REPORTS = ROOT / "reports"
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


@cache
def fresh() -> dict[str, bytes]:
    """Return each report as it would be written now."""
    return dict(reports())


def data_of(name: str, content: bytes) -> Any:
    """Return what a report says: of a picture its numbers, of a page all but what sympy printed, of a text the text."""
    text = content.decode()
    if name.endswith(".svg"):
        return json.loads(next(ET.fromstring(text).iter(DESCRIPTION)).text or "")
    if name.endswith(".html"):
        scripts = re.findall(r"<script(.*?)>(.*?)</script>", text, re.DOTALL)
        data = next(json.loads(body) for attributes, body in scripts if 'id="data"' in attributes)
        return (
            data,
            scripts[-1][1],
            re.findall(r"<style>(.*?)</style>", text, re.DOTALL),
            unescape(text.split("<script")[0]).partition("script-src")[0],
        )
    return text


@pytest.mark.parametrize("name", ["README.md", "paper.md", *(f"{name}.svg" for name in PICTURES), f"{EXAMPLE}.html"])
def test_a_committed_report_is_fresh(name: str) -> None:
    """`mfprofile report` would change no number in it, nor a word, nor a script."""
    assert data_of(name, (REPORTS / name).read_bytes()) == data_of(name, fresh()[name])


def test_nothing_else_is_committed_there() -> None:
    """Every file in reports/ is one that `mfprofile report` writes; all but the other models' pages are there."""
    kept = {file.name for file in REPORTS.iterdir()}
    assert kept <= set(fresh())
    assert set(fresh()) - kept <= {f"{model}.html" for model in MODELS if model != EXAMPLE}


def test_the_index_shows_every_report() -> None:
    """Each picture with the command that draws it, each page and the paper's tables with a link."""
    index = (REPORTS / "README.md").read_text(encoding="utf-8")
    for name in fresh():
        assert name == "README.md" or f"({name})" in index or f"`{name}`" in index
    for command, _ in PICTURES.values():
        assert f"`mfprofile {command}`" in index


def test_a_folder_that_cannot_be_made_is_told_in_one_line() -> None:
    """Exit code 74, as wherever output cannot be written."""
    done = run("report", "-o", "/dev/null/x")
    message = "error: /dev/null/x/README.md: cannot be written: Not a directory\n"
    assert (done.returncode, done.stdout, done.stderr) == (74, "", message)


@pytest.mark.slow
def test_reports_are_the_same_at_each_run(tmp_path: Path) -> None:
    """Byte for byte, from processes with other hashes; into a folder that was not there."""
    digests = []
    for seed in "12":
        folder = tmp_path / seed / "deep"
        done = process("report", "-o", str(folder), PYTHONHASHSEED=seed)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr.splitlines() == [f"wrote {folder / name}" for name in fresh()]
        digests.append({name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in fresh()})
    assert digests[0] == digests[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_report_is_what_its_command_draws(name: str, tmp_path: Path) -> None:
    """The command that the index tells writes the very file."""
    command, _ = PICTURES[name]
    file = tmp_path / f"{name}.svg"
    assert run(*command.split(), "-o", str(file)).returncode == 0
    assert file.read_bytes() == fresh()[f"{name}.svg"]
