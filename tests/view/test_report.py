"""The committed reports: their content is what would be written now, and the same in every run."""

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
from effort import one_in
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
    """Return the content to compare: a picture's numbers, a page without the formulas of sympy, or the whole text."""
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


@pytest.mark.parametrize(
    "name", ["README.md", "paper.md", *one_in(3, [f"{name}.svg" for name in PICTURES]), f"{EXAMPLE}.html"]
)
def test_a_committed_report_is_fresh(name: str) -> None:
    """`mfprofile report` would change no number, word or script in it."""
    assert data_of(name, (REPORTS / name).read_bytes()) == data_of(name, fresh()[name])


def test_no_other_file_is_committed_there() -> None:
    """Every file in reports/ is a report, and only the pages of the other models are missing."""
    kept = {file.name for file in REPORTS.iterdir()}
    assert kept <= set(fresh())
    assert set(fresh()) - kept <= {f"{model}.html" for model in MODELS if model != EXAMPLE}


def test_the_index_shows_every_report() -> None:
    """It has each picture with its command, and a link to each page and to the paper's tables."""
    index = (REPORTS / "README.md").read_text(encoding="utf-8")
    for name in fresh():
        assert name == "README.md" or f"({name})" in index or f"`{name}`" in index
    for command, _ in PICTURES.values():
        assert f"`mfprofile {command}`" in index


def test_a_folder_that_cannot_be_created_gets_one_line() -> None:
    """The exit code is 74, as for all output that cannot be written."""
    done = run("report", "-o", "/dev/null/x")
    message = "error: /dev/null/x: cannot be written: Not a directory\n"
    assert (done.returncode, done.stdout, done.stderr) == (74, "", message)


@pytest.mark.slow
def test_reports_are_the_same_at_each_run(tmp_path: Path) -> None:
    """They are the same byte for byte with other hash seeds. The folder is created."""
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
def test_the_command_in_the_index_draws_the_picture(name: str, tmp_path: Path) -> None:
    """The command writes the same bytes."""
    command, _ = PICTURES[name]
    file = tmp_path / f"{name}.svg"
    assert run(*command.split(), "-o", str(file)).returncode == 0
    assert file.read_bytes() == fresh()[f"{name}.svg"]
