"""What README shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from running import ROOT, shell

README = ROOT / "README.md"
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
YAML = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)


def _transcript(block: str) -> str:
    """Return a console block with each command's output as it is now; installing is continuous integration's part."""
    lines = []
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        lines.append(f"$ {command}\n")
        if not command.startswith("pip install"):
            lines.append(_unindented(shell(command)))
    return "".join(lines)


def _unindented(output: str) -> str:
    return "".join(line.rstrip() + "\n" for line in output.rstrip().splitlines())


def _executed(source: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "README.md", "exec"), {})
    return printed.getvalue()


def test_every_command_prints_what_readme_says(rewrite: bool) -> None:
    """Each console block of README is run and compared with its output."""
    text = README.read_text(encoding="utf-8")
    fresh = CONSOLE.sub(lambda match: f"```console\n{_transcript(match[1])}```", text)
    if rewrite:
        README.write_text(fresh, encoding="utf-8")
    assert fresh == README.read_text(encoding="utf-8")


def test_every_python_example_prints_what_readme_says(rewrite: bool) -> None:
    """Each Python block of README is run and compared with the text block after it."""
    text = README.read_text(encoding="utf-8")
    fresh = PYTHON.sub(lambda match: f"```python\n{match[1]}```\n\n```text\n{_executed(match[1])}```", text)
    if rewrite:
        README.write_text(fresh, encoding="utf-8")
    assert PYTHON.search(text)
    assert fresh == README.read_text(encoding="utf-8")


def test_every_spec_of_readme_can_be_counted(tmp_path: Path) -> None:
    """Each YAML block of README, saved under the name it begins with, is accepted."""
    specs = YAML.findall(README.read_text(encoding="utf-8"))
    assert specs
    for name, body in specs:
        (tmp_path / name).write_text(body, encoding="utf-8")
        assert "total" in shell(f"mfprofile count {name}", cwd=tmp_path)


def test_readme_has_the_two_commands_that_continuous_integration_runs() -> None:
    """Installing and testing are one line each."""
    assert re.findall(r"^\$ (pip install .*)$", README.read_text(encoding="utf-8"), re.MULTILINE) == [
        "pip install . && mfprofile count mf294m",
        "pip install '.[test]' && pytest",
    ]


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8")))
def test_links_inside_the_project_lead_somewhere(link: str) -> None:
    """Each relative link names a file."""
    assert (ROOT / link).exists()
