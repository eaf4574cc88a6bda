"""The page that lists every file of the package is made of the files' own first sentences."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from running import ROOT

PAGE = ROOT / "docs" / "files.md"
PACKAGE = ROOT / "mfprofile"
ROOMS = ["cli", "view", "verify", "measure", "trace", "explore", "budget", "paper", "cost", "nn", "spec"]
HEAD = """# Every file

For those who search for a line. Each file has its first sentence here, and the public names that it defines. For how the
rooms work together see [Architecture](architecture.md).
"""
FOOT = """
---

[All pages](README.md) · [README](../README.md)
"""


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield the public classes, functions and constants of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _entry(file: Path, folder: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    sentence = " ".join((ast.get_docstring(tree) or "").partition("\n\n")[0].split())
    names = [f"`{name}`" for name in _names(tree) if not name.startswith("_")]
    return f"- `{file.relative_to(folder)}`: {sentence}" + (f" *Defines* {', '.join(names)}." if names else "")


def _section(folder: Path, files: list[Path]) -> str:
    return f"\n## `{folder.name}/`\n\n" + "".join(_entry(file, folder) + "\n" for file in sorted(files))


def _page() -> str:
    sections = [_section(PACKAGE / room, list((PACKAGE / room).rglob("*.py"))) for room in ROOMS]
    return HEAD + "".join([*sections, _section(PACKAGE, list(PACKAGE.glob("*.py")))]) + FOOT


def test_every_file_is_listed_with_its_first_sentence(rewrite: bool) -> None:
    """A file that is added, moved or with a new first sentence changes the page."""
    if rewrite:
        PAGE.write_text(_page(), encoding="utf-8")
    assert _page() == PAGE.read_text(encoding="utf-8")


def test_every_file_says_what_it_is_for() -> None:
    """Only a package's empty `__init__` may be silent."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in PACKAGE.rglob("*.py")}
    silent = [str(file) for file, tree in trees.items() if not ast.get_docstring(tree)]
    assert silent == []
