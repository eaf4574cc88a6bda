"""What README and the pages of docs/ show is what happens."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from running import ROOT, run, shell

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(console|yaml|toml|py)\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
FILE = re.compile(r"# (\S+)\n")
SPEC = re.compile(r"^(extends|blocks):", re.MULTILINE)
WRONG = "wrong.yaml"
"""A file of this name shows what an error looks like: it must be refused."""
INSTALLING = re.compile(r"pip install \S+(?: && )?")
SHOWN = re.compile(r"^```(?:console|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ .*\n?", re.MULTILINE)
RULE = re.compile(r"^ ?─{3}", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _specs(page: Path) -> list[str]:
    return [body for form, body in BLOCK.findall(_text(page)) if form == "yaml" and SPEC.search(body)]


QUICK = ("README.md", "docs/budgets.md", "docs/ci.md", "docs/specs.md")
"""Pages that are run by default. The others take a minute or two in all, and are run with the slow tests."""


def _marked(pages: list[Path]) -> list[ParameterSet]:
    return [
        pytest.param(page, marks=() if _name(page) in QUICK else pytest.mark.slow, id=_name(page)) for page in pages
    ]


pages = pytest.mark.parametrize("page", PAGES, ids=_name)


def _run(text: str, folder: Path) -> str:
    """Return a page with each command's output as it is now, run in a folder with the files shown before it."""

    def fresh(block: re.Match[str]) -> str:
        if block[1] == "console":
            return f"```console\n{_transcript(block[2], folder)}```"
        _save(block[2], folder)
        return block[0]

    return BLOCK.sub(fresh, text)


def _transcript(block: str, folder: Path) -> str:
    """Return a console block with each command's output as it is now.

    Installing, and running these tests themselves, are continuous integration's part.
    """
    lines = []
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        lines.append(f"$ {command}\n")
        after = INSTALLING.sub("", command)
        if after not in ("", "pytest"):
            lines.append(_unindented(shell(after, folder)))
    return "".join(lines)


def _unindented(output: str) -> str:
    """Return output without spaces at the ends of its lines."""
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


@pytest.mark.parametrize("page", _marked(PAGES))
def test_every_command_prints_what_the_page_says(page: Path, rewrite: bool, tmp_path: Path) -> None:
    """Each console block is run and compared with its output."""
    fresh = _run(_text(page), tmp_path)
    if rewrite:
        page.write_text(fresh, encoding="utf-8")
    assert fresh == _text(page)


@pytest.mark.parametrize("page", _marked([page for page in PAGES if "```python" in _text(page)]))
def test_every_python_example_prints_what_the_page_says(
    page: Path, rewrite: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each Python block is run in a folder of its own and compared with the text block after it."""
    monkeypatch.chdir(tmp_path)
    text = _text(page)
    fresh = PYTHON.sub(lambda match: f"```python\n{match[1]}```\n\n```text\n{_executed(match[1])}```", text)
    if rewrite:
        page.write_text(fresh, encoding="utf-8")
    assert len(PYTHON.findall(text)) == text.count("```python")
    assert fresh == _text(page)


@pytest.mark.parametrize("page", [page for page in PAGES if _specs(page)], ids=_name)
def test_every_spec_of_the_page_can_be_counted(page: Path, tmp_path: Path) -> None:
    """Each YAML block that is a spec or a space, saved under the name it begins with, is accepted."""
    for body in _specs(page):
        file = _save(body, tmp_path)
        assert file is not None
        command = ["explore", "count"] if file.parent.name == "spaces" else ["count"]
        done = run(*command, str(file), cwd=tmp_path)
        assert done.returncode == (2 if file.name == WRONG else 0), done.stderr


@pages
def test_tables_fit_a_terminal_of_80_columns(page: Path) -> None:
    """No line of an output with a table is wider. The commands themselves may be."""
    outputs = [output for block in SHOWN.findall(_text(page)) for output in COMMAND.split(block)]
    tables = [output for output in outputs if RULE.search(output)]
    assert [line for table in tables for line in table.splitlines() if len(line) > 80] == []


def test_readme_has_the_two_commands_that_continuous_integration_runs() -> None:
    """Installing and testing are one line each."""
    assert re.findall(r"^\$ (pip install .*)$", _text(README), re.MULTILINE) == [
        "pip install . && mfprofile count mf294m",
        "pip install '.[test]' && pytest",
    ]


def _prose(page: Path) -> str:
    return FENCED.sub("", _text(page))


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    ("page", "file", "anchor"),
    [(page, *link) for page in PAGES for link in LINK.findall(_prose(page))],
    ids=lambda value: _name(value) if isinstance(value, Path) else value,
)
def test_links_inside_the_project_lead_somewhere(page: Path, file: str, anchor: str) -> None:
    """Each relative link names a file, and where it has an anchor a heading in it."""
    target = page.parent / file if file else page
    assert target.exists()
    if anchor:
        assert anchor in [_anchor(heading) for heading in HEADING.findall(_prose(target))]
