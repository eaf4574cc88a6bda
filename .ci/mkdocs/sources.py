"""The files of the site: README, the pages of docs/, and what they link to anywhere in the repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[2]
PLACES = MappingProxyType(
    {
        "README.md": "index.md",
        "docs/README.md": "pages.md",
        "CHANGELOG.md": "changelog.md",
        "CONTRIBUTING.md": "contributing.md",
        "SECURITY.md": "security.md",
        "benchmarks/README.md": "benchmarks.md",
        "reports/README.md": "reports.md",
        "studies/README.md": "studies.md",
        "reports/mf294m.html": "live/mf294m.html",
    }
)
"""Where the site has a file of the repository, if not at the same path, or below docs/."""
START = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
"""The pages outside docs/ that the site has whether a page links to them or not."""
LISTINGS = MappingProxyType({".py": "python", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".json": "json"})
"""The endings of files that become a page with the file in it, and the language of each."""
_CODE = re.compile(r"(^(`{3,}).*?^\2`*$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r'(\]\(|\b(?:src|srcset|href)=")(?![a-z]+:|#|/)([^)#\s"]+)')
_FOOTER = re.compile(r"\n---\n\n\[All pages\]\(README\.md\) · \[README\]\(\.\./README\.md\)\s*\Z")


def site_path(path: str) -> str:
    """Return where the site has a file of the repository, as a path of a source below its docs_dir."""
    below = PLACES.get(path, path.removeprefix("docs/"))
    if below.endswith(".ipynb"):
        return below.removesuffix(".ipynb") + ".md"
    return f"{below}.md" if Path(below).suffix in LISTINGS else below


def linked_files(pages: list[str]) -> dict[str, Path]:
    """Return the files outside docs/ that pages link to, directly or through others, by their path on the site."""
    waiting, seen = [*START, *pages], set(pages)
    outside: dict[str, Path] = {}
    while waiting:
        path = waiting.pop()
        if path not in seen and not path.startswith("docs/") and (ROOT / path).is_file():
            outside[site_path(path)] = ROOT / path
        if path.endswith(".md") and (ROOT / path).is_file():
            waiting += [each for each in _targets(path) if each not in seen and site_path(each) not in outside]
        seen.add(path)
    return outside


def site_text(text: str, path: str) -> str:
    """Return the text of a page with links to the pages of the site, and without the line of links at its end.

    `path` is the place of the page in the repository, from which its links start. The site has links at its left.
    """

    def link(match: re.Match[str]) -> str:
        target = site_path(posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2])))
        return match[1] + posixpath.relpath(target, posixpath.dirname(site_path(path)) or ".")

    return outside_code(_FOOTER.sub("\n", text), lambda prose: _LINK.sub(link, prose))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return a text with a change in its prose, but not in its blocks and pieces of code."""
    pieces, end = [], 0
    for code in _CODE.finditer(text):
        pieces += [change(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*pieces, change(text[end:])])


def listing(file: Path) -> str:
    """Return a page that shows a file."""
    text = file.read_text(encoding="utf-8")
    return f"# {file.relative_to(ROOT).as_posix()}\n\n````{LISTINGS[file.suffix]}\n{text}````\n"


def _targets(path: str) -> Iterator[str]:
    prose = _CODE.sub("", (ROOT / path).read_text(encoding="utf-8"))
    for match in _LINK.finditer(prose):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), match[2]))
