"""What README and the pages of docs/ show is what happens."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from running import ROOT, shell

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(console|yaml|toml)\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
FILE = re.compile(r"# (\S+)\n")
SPEC = re.compile(r"^(extends|blocks):", re.MULTILINE)
LINK = re.compile(r"\]\((?!http)([^)#]+)\)")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _run(text: str, folder: Path) -> str:
    """Return a page with each command's output as it is now, run in a folder with the files shown before it."""

    def fresh(block: re.Match[str]) -> str:
        if block[1] == "console":
            return f"```console\n{_transcript(block[2], folder)}```"
        _save(block[2], folder)
        return block[0]

    return BLOCK.sub(fresh, text)


def _transcript(block: str, folder: Path) -> str:
    """Return a console block with each command's output as it is now; installing is continuous integration's part."""
    lines = []
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        lines.append(f"$ {command}\n")
        if not command.startswith("pip install"):
            lines.append(_unindented(shell(command, folder)))
    return "".join(lines)


def _unindented(output: str) -> str:
    return "".join(line.rstrip() + "\n" for line in output.rstrip().splitlines())


def _save(block: str, folder: Path) -> Path | None:
    """Write a block whose first line is a comment with nothing but a file's name to that file."""
    name = FILE.match(block)
    if name is None:
        return None
    file = folder / name[1]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block, encoding="utf-8")
    return file


def _executed(source: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "README.md", "exec"), {})
    return printed.getvalue()


@pages
def test_every_command_prints_what_the_page_says(page: Path, rewrite: bool, tmp_path: Path) -> None:
    """Each console block is run and compared with its output."""
    fresh = _run(_text(page), tmp_path)
    if rewrite:
        page.write_text(fresh, encoding="utf-8")
    assert fresh == _text(page)


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in _text(page)], ids=lambda page: page.name)
def test_every_python_example_prints_what_the_page_says(page: Path, rewrite: bool) -> None:
    """Each Python block is run and compared with the text block after it."""
    text = _text(page)
    fresh = PYTHON.sub(lambda match: f"```python\n{match[1]}```\n\n```text\n{_executed(match[1])}```", text)
    if rewrite:
        page.write_text(fresh, encoding="utf-8")
    assert len(PYTHON.findall(text)) == text.count("```python")
    assert fresh == _text(page)


@pages
def test_every_spec_of_the_page_can_be_counted(page: Path, tmp_path: Path) -> None:
    """Each YAML block that is a spec or a space, saved under the name it begins with, is accepted."""
    files = [_save(body, tmp_path) for form, body in BLOCK.findall(_text(page)) if form == "yaml" and SPEC.search(body)]
    assert files
    for file in files:
        command = "explore count" if file is not None and file.parent.name == "spaces" else "count"
        assert {"total", "variants"} & set(shell(f"mfprofile {command} '{file}'", tmp_path).split())


def test_readme_has_the_two_commands_that_continuous_integration_runs() -> None:
    """Installing and testing are one line each."""
    assert re.findall(r"^\$ (pip install .*)$", _text(README), re.MULTILINE) == [
        "pip install . && mfprofile count mf294m",
        "pip install '.[test]' && pytest",
    ]


@pytest.mark.parametrize(
    ("page", "link"), [(page, link) for page in PAGES for link in LINK.findall(_text(page))], ids=str
)
def test_links_inside_the_project_lead_somewhere(page: Path, link: str) -> None:
    """Each relative link names a file."""
    assert (page.parent / link).exists()
