"""The texts of the project are in plain, modern English: the worst old patterns do not come back."""

import re

import pytest
from running import ROOT

OLD = {
    r"(?<!`)\b(tells?|told|telling)\b(?!\()": "print, show, list, report",  # Optuna's function `tell` is a name
    r"\bstands?\b(?!-)": "is, are",
    r"\banew\b": "again, new",
    r"\bwholly\b": "fully",
    r"\b(lest|thereby|therein|whence|whither|naught|aught)\b": "a modern word",
    r"\b(leaves?|leaving|left) (it |them )?away\b": "remove, skip",
    r"\bhand(s|ed|ing)? (it |them )?over\b": "pass, give",
    r"\b(is|are) to (be|have)\b": "must be, must have, will be",
    r"\bis no (whole|valid|number|unit|name|file|text|spec|list|YAML)\b": "is not a",
    r"\bheld against\b": "compared with",
    r"exclude each other": "cannot be combined; use one of them",
    r"\bthat ships?\b": "shipped",
    r"\b(found|told) = ": "a name that says what the value is",
}
"""Each old pattern, and what to write instead."""
KINDS = ("*.py", "*.md", "*.js", "*.html", "*.yaml", "*.yml", "*.toml", "*.txt")
PLACES = ("mfprofile", "docs", "tests", "benchmarks", "studies", "specs", "spaces", "devices", ".ci", ".github")


def _files() -> list[str]:
    own = [path for place in PLACES for kind in KINDS for path in (ROOT / place).rglob(kind)]
    top = [path for kind in KINDS for path in ROOT.glob(kind)]
    return sorted(str(path.relative_to(ROOT)) for path in (*own, *top) if path.name not in _EXEMPT)


_EXEMPT = {"test_words.py", "CHANGELOG.md"}  # the patterns themselves; the changelog quotes old names


@pytest.mark.parametrize("pattern", OLD)
def test_no_text_uses_an_old_pattern(pattern: str) -> None:
    """Neither messages, help, pages, docstrings, comments nor names."""
    uses = [
        f"{name}:{number}: {line.strip()}"
        for name in _files()
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line, re.IGNORECASE)
    ]
    assert not uses, f"write {OLD[pattern]}"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bstands?\b(?!-)", "each cell stands beside its count"),
        (r"\bis no (whole|valid|number|unit|name|file|text|spec|list|YAML)\b", "'X' is no unit"),
        (r"\b(is|are) to (be|have)\b", "the value is to be 1 or more"),
        (r"\b(leaves?|leaving|left) (it |them )?away\b", "leave it away"),
    ],
)
def test_a_pattern_matches_an_old_text(pattern: str, text: str) -> None:
    """So that the test above can fail."""
    assert re.search(pattern, text)
    assert pattern in OLD
